/* SPDX-License-Identifier: MIT */
/* Decodes packets that come, and rewrites them as routers do. */
#include "packet.h"

#include "wire/checksum.h"
#include "wire/cursor.h"
#include "wire/ip.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#define TCP_HEADER 20u
#define UDP_HEADER 8u
#define ICMP_HEADER 8u

bool
ns_packet_is_icmp(const struct ns_packet *p)
{
	return p->proto == (p->af == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
}

bool
ns_packet_is_echo(const struct ns_packet *p)
{
	return p->whole && ns_packet_is_icmp(p) &&
	       p->icmp_type == (p->af == AF_INET ? 8 : 128);
}

static void
decode_icmp(struct ns_packet *p, struct nd_rbuf *b)
{
	uint8_t reply = p->af == AF_INET ? 0 : 129;

	p->whole = nd_left(b) >= ICMP_HEADER;
	if (!p->whole)
		return;
	p->icmp_type = nd_get8(b);
	p->icmp_code = nd_get8(b);
	p->icmp_sum = nd_get16(b);
	if (ns_packet_is_echo(p) || p->icmp_type == reply) {
		p->ident = nd_get16(b);
		p->seq = nd_get16(b);
	}
}

static void
decode_ports(struct ns_packet *p, struct nd_rbuf *b)
{
	bool tcp = p->proto == IPPROTO_TCP;

	p->whole = nd_left(b) >= (tcp ? TCP_HEADER : UDP_HEADER);
	if (!p->whole)
		return;
	p->sport = nd_get16(b);
	p->dport = nd_get16(b);
	if (!tcp)
		return;
	p->tcp_seq = nd_get32(b);
	p->tcp_ack = nd_get32(b);
	nd_skip(b, 1);
	p->tcp_flags = nd_get8(b);
}

int
ns_packet_decode(struct ns_packet *p, uint8_t *data, size_t len)
{
	struct nd_ip ip;
	struct nd_rbuf b;
	enum nd_wire status;

	if (len == 0)
		return -EINVAL;
	status = data[0] >> 4 == 4 ? nd_ip4_decode(&ip, data, len)
				   : nd_ip6_decode(&ip, data, len);
	if (status != ND_WIRE_OK)
		return -EINVAL;
	*p = (struct ns_packet){
	    .data = data,
	    .len = ip.total_len,
	    .l4 = ip.header_len,
	    .l4_len = ip.payload_len,
	    .af = ip.af,
	    .proto = ip.proto,
	    .ttl = ip.ttl,
	    .tos = ip.tos,
	    .df = ip.df,
	    .fragment = ip.fragment,
	    .id = ip.id,
	    .label = ip.flow_label,
	    .src = ns_addr_make(ip.af, ip.src),
	    .dst = ns_addr_make(ip.af, ip.dst),
	};
	b = nd_rbuf_init(ip.payload, ip.payload_len);
	if (p->fragment)
		return 0;
	if (ns_packet_is_icmp(p))
		decode_icmp(p, &b);
	else if (p->proto == IPPROTO_UDP || p->proto == IPPROTO_TCP)
		decode_ports(p, &b);
	return 0;
}

static uint32_t
pseudo(const struct ns_packet *p)
{
	if (p->af == AF_INET)
		return ns_packet_is_icmp(p)
			   ? 0
			   : nd_sum_pseudo4(p->src.b, p->dst.b, p->proto,
				 (uint16_t)p->l4_len);
	return nd_sum_pseudo6(
	    p->src.b, p->dst.b, p->proto, (uint32_t)p->l4_len);
}

/* Where the checksum is in the transport header; 0: it has none. */
static size_t
sum_offset(const struct ns_packet *p)
{
	if (ns_packet_is_icmp(p))
		return 2;
	if (p->proto == IPPROTO_UDP)
		return 6;
	return p->proto == IPPROTO_TCP ? 16 : 0;
}

bool
ns_packet_sum_ok(const struct ns_packet *p)
{
	const uint8_t *l4 = p->data + p->l4;

	if (!p->whole)
		return false;
	if (p->proto == IPPROTO_UDP && l4[6] == 0 && l4[7] == 0)
		return p->af == AF_INET; /* not in use, RFC 768 */
	return nd_sum_ok(pseudo(p), l4, p->l4_len);
}

/* The IPv4 header checksum, anew. */
static void
seal_header(struct ns_packet *p)
{
	if (p->af != AF_INET)
		return;
	nd_store16(p->data + 10, 0);
	nd_store16(p->data + 10, nd_sum_fold(nd_sum(0, p->data, p->l4)));
}

/* TTL and protocol are one word of the IPv4 header: RFC 1624, as below. */
void
ns_packet_set_ttl(struct ns_packet *p, uint8_t ttl)
{
	uint32_t sum;

	if (p->af != AF_INET) {
		p->data[7] = ttl;
	} else {
		sum = (uint32_t)(p->data[10] << 8 | p->data[11]);
		sum = (~sum & 0xffff) + (~((uint32_t)p->ttl << 8) & 0xffff) +
		      ((uint32_t)ttl << 8);
		p->data[8] = ttl;
		nd_store16(p->data + 10, nd_sum_fold(sum));
	}
	p->ttl = ttl;
}

void
ns_packet_set_tos(struct ns_packet *p, uint8_t tos)
{
	p->tos = tos;
	if (p->af == AF_INET) {
		p->data[1] = tos;
		seal_header(p);
		return;
	}
	p->data[0] = (uint8_t)(0x60 | tos >> 4);
	p->data[1] = (uint8_t)((tos & 0xf) << 4 | (p->data[1] & 0xf));
}

/*
 * The transport checksum after the partial sum of something that it covers
 * went from OLD to NEW: HC' = ~(~HC + ~m + m'), RFC 1624.
 */
static void
adjust_sum(struct ns_packet *p, uint32_t old, uint32_t new)
{
	size_t offset = sum_offset(p);
	uint8_t *at = p->data + p->l4 + offset;
	uint32_t sum;

	if (!p->whole || offset == 0)
		return;
	sum = (uint32_t)(at[0] << 8 | at[1]);
	if (p->proto == IPPROTO_UDP && sum == 0)
		return;
	sum = (~sum & 0xffff) + (~old & 0xffff) + new;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~sum & 0xffff;
	if (p->proto == IPPROTO_UDP && sum == 0)
		sum = 0xffff;
	nd_store16(at, (uint16_t)sum);
	if (ns_packet_is_icmp(p))
		p->icmp_sum = (uint16_t)sum;
}

/* Replaces the address MEMBER, which is OFFSET into the header. */
static void
set_addr(struct ns_packet *p, struct ns_addr *member, size_t offset,
    const struct ns_addr *addr)
{
	size_t n = ns_addr_size(p->af);

	/* ICMP of IPv4 has no pseudo header. */
	if (p->af != AF_INET || !ns_packet_is_icmp(p))
		adjust_sum(p, nd_sum(0, member->b, n), nd_sum(0, addr->b, n));
	*member = *addr;
	memcpy(p->data + offset, addr->b, n);
	seal_header(p);
}

void
ns_packet_set_src(struct ns_packet *p, const struct ns_addr *addr)
{
	set_addr(p, &p->src, p->af == AF_INET ? 12 : 8, addr);
}

void
ns_packet_set_dst(struct ns_packet *p, const struct ns_addr *addr)
{
	set_addr(p, &p->dst, p->af == AF_INET ? 16 : 24, addr);
}

void
ns_packet_set_tcp_flags(struct ns_packet *p, uint8_t flags)
{
	uint8_t *at = p->data + p->l4 + 13;

	adjust_sum(p, *at, flags);
	*at = flags;
	p->tcp_flags = flags;
}

/* The bytes of the option KIND after its length byte, and how many; or NULL. */
static const uint8_t *
find_option(const struct ns_packet *p, uint8_t kind, size_t *len)
{
	const uint8_t *l4 = p->data + p->l4;
	size_t header;
	struct nd_rbuf b;

	if (!p->whole || p->proto != IPPROTO_TCP)
		return NULL;
	header = (size_t)(l4[12] >> 4) * 4;
	if (header < TCP_HEADER || header > p->l4_len)
		return NULL;
	b = nd_rbuf_init(l4 + TCP_HEADER, header - TCP_HEADER);
	while (nd_left(&b) > 0) {
		uint8_t k = nd_get8(&b);
		size_t n;

		if (k == 0)
			return NULL;
		if (k == 1)
			continue;
		n = nd_get8(&b);
		if (n < 2 || n - 2 > nd_left(&b))
			return NULL;
		if (k == kind) {
			*len = n - 2;
			return nd_rest(&b);
		}
		nd_skip(&b, n - 2);
	}
	return NULL;
}

bool
ns_packet_tcp_option(const struct ns_packet *p, uint8_t kind)
{
	size_t len;

	return find_option(p, kind, &len) != NULL;
}

bool
ns_packet_timestamps(
    const struct ns_packet *p, uint32_t *tsval, uint32_t *tsecr)
{
	size_t len = 0;
	const uint8_t *at = find_option(p, 8, &len);
	struct nd_rbuf b;

	if (at == NULL || len != 8)
		return false;
	b = nd_rbuf_init(at, len);
	*tsval = nd_get32(&b);
	*tsecr = nd_get32(&b);
	return true;
}
