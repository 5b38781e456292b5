/* SPDX-License-Identifier: MIT */
/* Decodes and writes UDP datagrams. */
#include "wire/udp.h"

#include "wire/checksum.h"
#include "wire/ip.h"

#include <netinet/in.h>
#include <sys/socket.h>

#define CHECKSUM_OFFSET 6u
#define PIN_SIZE 2u /* bytes of payload that make a chosen checksum right */

enum nd_wire
nd_udp_decode(struct nd_udp *ret, int af, const uint8_t *src,
    const uint8_t *dst, const uint8_t *data, size_t len)
{
	struct nd_rbuf b = nd_rbuf_init(data, len);
	struct nd_udp udp = {.sport = nd_get16(&b), .dport = nd_get16(&b)};
	size_t said = nd_get16(&b);

	udp.checksum = nd_get16(&b);
	if (af != AF_INET && af != AF_INET6)
		return ND_WIRE_VERSION;
	if (b.bad)
		return ND_WIRE_TRUNCATED;
	if (said < ND_UDP_HEADER)
		return ND_WIRE_LENGTH;
	udp.payload_len = said - ND_UDP_HEADER;
	udp.payload = nd_get_bytes(&b, udp.payload_len);
	if (b.bad)
		return ND_WIRE_TRUNCATED;
	if (udp.checksum == 0) {
		if (af == AF_INET6)
			return ND_WIRE_CHECKSUM;
	} else if (src != NULL && dst != NULL) {
		uint32_t acc = nd_ip_pseudo(af, src, dst, IPPROTO_UDP, said);

		if (!nd_ip_transport_ok(
			&udp.unfinished, acc, udp.checksum, data, said))
			return ND_WIRE_CHECKSUM;
	}
	*ret = udp;
	return ND_WIRE_OK;
}

/*
 * What two bytes at an even offset have to be for the checksum to be right: in
 * one's complement arithmetic the one solution of ACC + x = 0, where ACC is the
 * sum of all the rest, the checksum included.
 */
static uint16_t
pin(uint32_t acc)
{
	return nd_sum_fold(acc);
}

size_t
nd_udp_put(struct nd_wbuf *w, const struct nd_udp *udp, int af,
    const uint8_t *src, const uint8_t *dst, enum nd_udp_sum sum)
{
	uint8_t bytes[ND_UDP_HEADER + PIN_SIZE];
	struct nd_wbuf b = nd_wbuf_init(bytes, sizeof(bytes));
	size_t skip = sum == ND_UDP_SUM_PINNED ? PIN_SIZE : 0;
	size_t len = ND_UDP_HEADER + udp->payload_len;
	uint16_t checksum = udp->checksum;
	const uint8_t *rest;
	uint32_t acc;

	if (udp->payload_len > ND_UDP_MAX_PAYLOAD || udp->payload_len < skip) {
		w->bad = true;
		return 0;
	}
	rest = skip > 0 ? udp->payload + skip : udp->payload;
	nd_put16(&b, udp->sport);
	nd_put16(&b, udp->dport);
	nd_put16(&b, (uint16_t)len);
	nd_put16(&b, 0);
	if (sum != ND_UDP_SUM_NONE) {
		acc = nd_ip_pseudo(af, src, dst, IPPROTO_UDP, len);
		acc = nd_sum(acc, bytes, ND_UDP_HEADER);
		acc = nd_sum(acc, rest, udp->payload_len - skip);
		if (sum == ND_UDP_SUM_COMPUTED)
			checksum = nd_sum_fold(acc);
		/* Zero is for none: its other form is sent, RFC 768. */
		if (checksum == 0)
			checksum = 0xffff;
		nd_patch16(&b, CHECKSUM_OFFSET, checksum);
		if (skip > 0)
			nd_put16(&b, pin(acc + checksum));
	}
	nd_put_bytes(w, bytes, nd_wbuf_len(&b));
	nd_put_bytes(w, rest, udp->payload_len - skip);
	return w->bad ? 0 : len;
}
