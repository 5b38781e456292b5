/* SPDX-License-Identifier: MIT */
/* Decodes TCP segments with their options, and writes SYNs. */
#include "wire/tcp.h"

#include "wire/checksum.h"
#include "wire/ip.h"

#include <netinet/in.h>
#include <sys/socket.h>

/* RFC 9293 section 3.2, RFC 7323, RFC 2018. */
enum {
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_MSS = 2,
	OPTION_WSCALE = 3,
	OPTION_SACK = 4,
	OPTION_TIMESTAMPS = 8,
};

#define OFFSET_OFFSET 12u
#define CHECKSUM_OFFSET 16u
#define MAX_WSCALE 14u

/* How many bytes follow the kind and the length; -1 for an unknown option. */
static int
content_size(uint8_t kind)
{
	switch (kind) {
	case OPTION_MSS:
		return 2;
	case OPTION_WSCALE:
		return 1;
	case OPTION_SACK:
		return 0;
	case OPTION_TIMESTAMPS:
		return 8;
	default:
		return -1;
	}
}

static void
decode_option(struct nd_tcp *tcp, uint8_t kind, struct nd_rbuf *content)
{
	int size = content_size(kind);

	if (size < 0)
		return;
	if ((size_t)size != nd_left(content)) {
		tcp->bad_options = true;
		return;
	}
	if (kind == OPTION_TIMESTAMPS) {
		tcp->has_timestamps = true;
		tcp->tsval = nd_get32(content);
		tcp->tsecr = nd_get32(content);
		return;
	}
	if ((tcp->flags & ND_TCP_SYN) == 0)
		return;
	if (kind == OPTION_MSS) {
		tcp->mss = nd_get16(content);
	} else if (kind == OPTION_WSCALE) {
		tcp->has_wscale = true;
		tcp->wscale = nd_get8(content);
		if (tcp->wscale > MAX_WSCALE)
			tcp->wscale = MAX_WSCALE;
	} else {
		tcp->sack = true;
	}
}

/* All that is between the header proper and the data. */
static void
decode_options(struct nd_tcp *tcp, struct nd_rbuf *b)
{
	while (nd_left(b) > 0) {
		uint8_t kind = nd_get8(b), length;
		struct nd_rbuf content;

		if (kind == OPTION_END)
			return;
		if (kind == OPTION_NOP)
			continue;
		length = nd_get8(b);
		if (length < 2 || (size_t)length - 2 > nd_left(b)) {
			tcp->bad_options = true;
			return;
		}
		content = nd_sub(b, (size_t)length - 2);
		decode_option(tcp, kind, &content);
	}
}

enum nd_wire
nd_tcp_decode(struct nd_tcp *ret, int af, const uint8_t *src,
    const uint8_t *dst, const uint8_t *data, size_t len)
{
	struct nd_rbuf b = nd_rbuf_init(data, len), options;
	struct nd_tcp tcp = {.sport = nd_get16(&b), .dport = nd_get16(&b)};
	size_t header;

	tcp.seq = nd_get32(&b);
	tcp.ack = nd_get32(&b);
	header = (size_t)(nd_get8(&b) >> 4) * 4;
	tcp.flags = nd_get8(&b);
	tcp.window = nd_get16(&b);
	tcp.checksum = nd_get16(&b);
	tcp.urgent = nd_get16(&b);
	if (af != AF_INET && af != AF_INET6)
		return ND_WIRE_VERSION;
	if (b.bad)
		return ND_WIRE_TRUNCATED;
	if (header < ND_TCP_HEADER)
		return ND_WIRE_LENGTH;
	options = nd_sub(&b, header - ND_TCP_HEADER);
	if (b.bad)
		return ND_WIRE_TRUNCATED;
	if (src != NULL && dst != NULL) {
		uint32_t acc = nd_ip_pseudo(af, src, dst, IPPROTO_TCP, len);

		if (!nd_ip_transport_ok(
			&tcp.unfinished, acc, tcp.checksum, data, len))
			return ND_WIRE_CHECKSUM;
	}
	decode_options(&tcp, &options);
	tcp.payload_len = nd_left(&b);
	tcp.payload = nd_rest(&b);
	*ret = tcp;
	return ND_WIRE_OK;
}

/* In the order of Linux, and without a NOP where it needs none. */
static void
put_options(struct nd_wbuf *b, const struct nd_tcp *tcp,
    enum nd_tcp_syn_options options)
{
	if (options == ND_TCP_SYN_BARE)
		return;
	nd_put8(b, OPTION_MSS);
	nd_put8(b, 4);
	nd_put16(b, tcp->mss);
	if (options == ND_TCP_SYN_MSS)
		return;
	nd_put8(b, OPTION_SACK);
	nd_put8(b, 2);
	nd_put8(b, OPTION_TIMESTAMPS);
	nd_put8(b, 10);
	nd_put32(b, tcp->tsval);
	nd_put32(b, 0); /* TSecr: nothing to echo yet */
	nd_put8(b, OPTION_NOP);
	nd_put8(b, OPTION_WSCALE);
	nd_put8(b, 3);
	nd_put8(b, tcp->wscale);
}

size_t
nd_tcp_syn_put(struct nd_wbuf *w, const struct nd_tcp *tcp, int af,
    const uint8_t *src, const uint8_t *dst, enum nd_tcp_syn_options options)
{
	uint8_t bytes[ND_TCP_SYN_SIZE];
	struct nd_wbuf b = nd_wbuf_init(bytes, sizeof(bytes));
	uint32_t acc;
	size_t len;

	nd_put16(&b, tcp->sport);
	nd_put16(&b, tcp->dport);
	nd_put32(&b, tcp->seq);
	nd_put32(&b, 0); /* no acknowledgment */
	nd_put8(&b, 0);
	nd_put8(&b, ND_TCP_SYN | (tcp->flags & (ND_TCP_ECE | ND_TCP_CWR)));
	nd_put16(&b, tcp->window);
	nd_put32(&b, 0); /* checksum, urgent pointer */
	put_options(&b, tcp, options);
	len = nd_wbuf_len(&b);
	bytes[OFFSET_OFFSET] = (uint8_t)(len / 4 << 4);
	acc = nd_ip_pseudo(af, src, dst, IPPROTO_TCP, len);
	nd_patch16(&b, CHECKSUM_OFFSET, nd_sum_fold(nd_sum(acc, bytes, len)));
	nd_put_bytes(w, bytes, len);
	return w->bad ? 0 : len;
}
