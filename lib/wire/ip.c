/* SPDX-License-Identifier: MIT */
/*
 * Decodes and writes IPv4 and IPv6 headers. The strict and the lenient
 * decoders differ only in what they make of the length and, in IPv4, of the
 * fragment field.
 */
#include "wire/ip.h"

#include "wire/checksum.h"

#include <netinet/in.h>
#include <sys/socket.h>

#define IP4_DF 0x4000u
#define IP4_OFFSET 0x1fffu /* in units of 8 bytes */
#define IP6_OFFSET 0xfff8u

/*
 * Old BSD systems quote the fragment field in host order, so that DF and MF
 * show up as the offsets 512 and 256. No error is ever sent about a fragment
 * other than the first (RFC 1122 section 3.2.2): such an offset is a flag.
 */
static uint16_t
quoted_fragment_field(uint16_t field)
{
	const uint16_t swapped_flags = 0x60;

	if ((field & ~swapped_flags) == 0)
		return (uint16_t)(field << 8);
	return field;
}

/* The IPv4 header proper; RET->header_len is as said, options not read. */
static enum nd_wire
ip4_header(struct nd_ip *ret, struct nd_rbuf *b, bool quoted)
{
	uint8_t first = nd_get8(b);
	uint16_t field;

	if (!b->bad && first >> 4 != 4)
		return ND_WIRE_VERSION;
	*ret = (struct nd_ip){.af = AF_INET};
	ret->header_len = (size_t)(first & 0xf) * 4;
	ret->tos = nd_get8(b);
	ret->total_len = nd_get16(b);
	ret->id = nd_get16(b);
	field = nd_get16(b);
	if (quoted)
		field = quoted_fragment_field(field);
	ret->df = (field & IP4_DF) != 0;
	ret->fragment = (field & IP4_OFFSET) != 0;
	ret->ttl = nd_get8(b);
	ret->proto = nd_get8(b);
	nd_skip(b, 2); /* the header checksum */
	nd_get_copy(b, ret->src, 4);
	nd_get_copy(b, ret->dst, 4);
	if (b->bad)
		return ND_WIRE_TRUNCATED;
	if (ret->header_len < ND_IP4_HEADER)
		return ND_WIRE_LENGTH;
	return ND_WIRE_OK;
}

enum nd_wire
nd_ip4_decode(struct nd_ip *ret, const uint8_t *data, size_t len)
{
	struct nd_rbuf b = nd_rbuf_init(data, len);
	struct nd_ip ip;
	enum nd_wire status = ip4_header(&ip, &b, false);

	if (status != ND_WIRE_OK)
		return status;
	if (ip.total_len < ip.header_len)
		return ND_WIRE_LENGTH;
	if (ip.total_len > len)
		return ND_WIRE_TRUNCATED;
	nd_skip(&b, ip.header_len - ND_IP4_HEADER);
	ip.payload_len = ip.total_len - ip.header_len;
	ip.payload = nd_get_bytes(&b, ip.payload_len);
	*ret = ip;
	return ND_WIRE_OK;
}

static bool
is_extension(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_FRAGMENT:
	case IPPROTO_DSTOPTS:
	case IPPROTO_AH:
		return true;
	default:
		return false;
	}
}

/*
 * Walks the extension headers at B, RFC 8200 section 4 and RFC 4302 section
 * 2.2, and leaves in RET->proto what follows them. Each takes 8 bytes or more,
 * so the walk always comes to an end.
 */
static enum nd_wire
ip6_extensions(struct nd_ip *ret, struct nd_rbuf *b)
{
	for (int n = 0; is_extension(ret->proto) && !ret->fragment; n++) {
		uint8_t next = nd_get8(b);
		size_t length = nd_get8(b);
		uint16_t field = nd_get16(b);

		if (n == ND_IP6_MAX_EXTENSIONS)
			return ND_WIRE_LENGTH;
		if (ret->proto == IPPROTO_FRAGMENT) {
			nd_skip(b, 4);
			/* Only the first one has the next header. */
			ret->fragment = (field & IP6_OFFSET) != 0;
		} else if (ret->proto == IPPROTO_AH) {
			nd_skip(b, (length + 2) * 4 - 4);
		} else {
			nd_skip(b, (length + 1) * 8 - 4);
		}
		if (b->bad)
			return ND_WIRE_TRUNCATED;
		ret->proto = next;
	}
	return ND_WIRE_OK;
}

/* The IPv6 header proper, without its extension headers. */
static enum nd_wire
ip6_header(struct nd_ip *ret, struct nd_rbuf *b)
{
	uint32_t first = nd_get32(b);

	if (!b->bad && first >> 28 != 6)
		return ND_WIRE_VERSION;
	*ret = (struct nd_ip){.af = AF_INET6};
	ret->tos = (uint8_t)(first >> 20);
	ret->flow_label = first & 0xfffff;
	ret->total_len = (size_t)nd_get16(b) + ND_IP6_HEADER;
	ret->proto = nd_get8(b);
	ret->ttl = nd_get8(b);
	nd_get_copy(b, ret->src, 16);
	nd_get_copy(b, ret->dst, 16);
	return b->bad ? ND_WIRE_TRUNCATED : ND_WIRE_OK;
}

/* Follows the header with its extension headers and its payload, all of B. */
static enum nd_wire
ip6_rest(struct nd_ip *ret, struct nd_rbuf *b)
{
	size_t left = nd_left(b);
	enum nd_wire status = ip6_extensions(ret, b);

	if (status != ND_WIRE_OK)
		return status;
	ret->header_len = ND_IP6_HEADER + left - nd_left(b);
	ret->payload_len = nd_left(b);
	ret->payload = nd_rest(b);
	return ND_WIRE_OK;
}

enum nd_wire
nd_ip6_decode(struct nd_ip *ret, const uint8_t *data, size_t len)
{
	struct nd_rbuf b = nd_rbuf_init(data, len), content;
	struct nd_ip ip;
	enum nd_wire status = ip6_header(&ip, &b);

	if (status != ND_WIRE_OK)
		return status;
	content = nd_sub(&b, ip.total_len - ND_IP6_HEADER);
	if (b.bad)
		return ND_WIRE_TRUNCATED;
	status = ip6_rest(&ip, &content);
	if (status == ND_WIRE_OK)
		*ret = ip;
	return status;
}

static enum nd_wire
ip4_quoted(struct nd_ip *ret, struct nd_rbuf *b)
{
	enum nd_wire status = ip4_header(ret, b, true);

	if (status != ND_WIRE_OK)
		return status;
	nd_skip(b, ret->header_len - ND_IP4_HEADER);
	if (b->bad)
		return ND_WIRE_TRUNCATED;
	ret->payload_len = nd_left(b);
	ret->payload = nd_rest(b);
	return ND_WIRE_OK;
}

enum nd_wire
nd_ip_decode_quoted(struct nd_ip *ret, const uint8_t *data, size_t len)
{
	struct nd_rbuf b = nd_rbuf_init(data, len);
	struct nd_ip ip;
	enum nd_wire status;

	if (len > 0 && nd_rest(&b)[0] >> 4 == 4) {
		status = ip4_quoted(&ip, &b);
	} else {
		status = ip6_header(&ip, &b);
		if (status == ND_WIRE_OK)
			status = ip6_rest(&ip, &b);
	}
	if (status == ND_WIRE_OK)
		*ret = ip;
	return status;
}

size_t
nd_ip4_put(struct nd_wbuf *w, const struct nd_ip *ip)
{
	uint8_t bytes[ND_IP4_HEADER];
	struct nd_wbuf b = nd_wbuf_init(bytes, sizeof(bytes));

	if (ip->payload_len > UINT16_MAX - ND_IP4_HEADER) {
		w->bad = true;
		return 0;
	}
	nd_put8(&b, 4 << 4 | ND_IP4_HEADER / 4);
	nd_put8(&b, ip->tos);
	nd_put16(&b, (uint16_t)(ND_IP4_HEADER + ip->payload_len));
	nd_put16(&b, ip->id);
	nd_put16(&b, ip->df ? IP4_DF : 0);
	nd_put8(&b, ip->ttl);
	nd_put8(&b, ip->proto);
	nd_put16(&b, 0);
	nd_put_bytes(&b, ip->src, 4);
	nd_put_bytes(&b, ip->dst, 4);
	nd_patch16(&b, 10, nd_sum_fold(nd_sum(0, bytes, sizeof(bytes))));
	nd_put_bytes(w, bytes, sizeof(bytes));
	return w->bad ? 0 : sizeof(bytes);
}

size_t
nd_ip6_put(struct nd_wbuf *w, const struct nd_ip *ip)
{
	uint8_t bytes[ND_IP6_HEADER];
	struct nd_wbuf b = nd_wbuf_init(bytes, sizeof(bytes));

	if (ip->payload_len > UINT16_MAX) {
		w->bad = true;
		return 0;
	}
	nd_put32(&b, (uint32_t)6 << 28 | (uint32_t)ip->tos << 20 |
			 (ip->flow_label & 0xfffff));
	nd_put16(&b, (uint16_t)ip->payload_len);
	nd_put8(&b, ip->proto);
	nd_put8(&b, ip->ttl);
	nd_put_bytes(&b, ip->src, 16);
	nd_put_bytes(&b, ip->dst, 16);
	nd_put_bytes(w, bytes, sizeof(bytes));
	return w->bad ? 0 : sizeof(bytes);
}

uint32_t
nd_ip_pseudo(
    int af, const uint8_t *src, const uint8_t *dst, uint8_t proto, size_t len)
{
	if (af == AF_INET)
		return nd_sum_pseudo4(src, dst, proto, (uint16_t)len);
	return nd_sum_pseudo6(src, dst, proto, (uint32_t)len);
}

bool
nd_ip_transport_ok(bool *unfinished, uint32_t acc, uint16_t checksum,
    const uint8_t *data, size_t len)
{
	if (nd_sum_ok(acc, data, len))
		return true;
	if (checksum != acc)
		return false;
	*unfinished = true;
	return true;
}
