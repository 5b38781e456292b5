/* SPDX-License-Identifier: MIT */
/*
 * Decodes the datagram that an ICMP error quotes: its IP header, leniently,
 * and the first 8 bytes of its transport header.
 */
#include "wire/quote.h"

#include "wire/cursor.h"
#include "wire/ip.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static void
transport_icmp(struct nd_quote *quote, struct nd_rbuf *b)
{
	quote->icmp_type = nd_get8(b);
	quote->icmp_code = nd_get8(b);
	quote->checksum = nd_get16(b);
	quote->ident = nd_get16(b);
	quote->seq = nd_get16(b);
	quote->payload = nd_rest(b);
	quote->payload_len = nd_left(b);
}

static void
transport_udp(struct nd_quote *quote, struct nd_rbuf *b)
{
	quote->sport = nd_get16(b);
	quote->dport = nd_get16(b);
	quote->udp_len = nd_get16(b);
	quote->checksum = nd_get16(b);
	quote->payload = nd_rest(b);
	quote->payload_len = nd_left(b);
}

static void
transport_tcp(struct nd_quote *quote, struct nd_rbuf *b)
{
	quote->sport = nd_get16(b);
	quote->dport = nd_get16(b);
	quote->tcp_seq = nd_get32(b);
	quote->tcp_flags = -1;
	/* Behind the acknowledgement and the data offset. */
	if (nd_left(b) >= 6) {
		nd_skip(b, 5);
		quote->tcp_flags = nd_get8(b);
	}
}

enum nd_wire
nd_quote_decode(struct nd_quote *ret, const uint8_t *data, size_t len)
{
	struct nd_quote quote = {0};
	struct nd_rbuf b;
	struct nd_ip ip;
	enum nd_wire status = nd_ip_decode_quoted(&ip, data, len);

	if (status != ND_WIRE_OK)
		return status;
	if (ip.fragment)
		return ND_WIRE_TYPE;
	quote.af = ip.af;
	memcpy(quote.src, ip.src, sizeof(quote.src));
	memcpy(quote.dst, ip.dst, sizeof(quote.dst));
	quote.proto = ip.proto;
	quote.ttl = ip.ttl;
	quote.tos = ip.tos;
	quote.ip_id = ip.id;
	b = nd_rbuf_init(ip.payload, ip.payload_len);
	if (ip.proto == (ip.af == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6))
		transport_icmp(&quote, &b);
	else if (ip.proto == IPPROTO_UDP)
		transport_udp(&quote, &b);
	else if (ip.proto == IPPROTO_TCP)
		transport_tcp(&quote, &b);
	else
		return ND_WIRE_TYPE;
	if (b.bad)
		return ND_WIRE_TRUNCATED;
	*ret = quote;
	return ND_WIRE_OK;
}
