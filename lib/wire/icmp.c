/* SPDX-License-Identifier: MIT */
/*
 * Decodes ICMP and ICMPv6 messages, and writes echo requests. Type numbers:
 * RFC 792, RFC 4443; the length of the quote: RFC 4884.
 */
#include "wire/icmp.h"

#include "wire/checksum.h"
#include "wire/ip.h"

#include <netinet/in.h>
#include <sys/socket.h>

enum {
	ICMP4_ECHO_REPLY = 0,
	ICMP4_UNREACHABLE = 3,
	ICMP4_SOURCE_QUENCH = 4,
	ICMP4_REDIRECT = 5,
	ICMP4_ECHO_REQUEST = 8,
	ICMP4_TIME_EXCEEDED = 11,
	ICMP4_PARAMETER = 12,
	ICMP4_CODE_NEED_FRAGMENT = 4,

	ICMP6_UNREACHABLE = 1,
	ICMP6_TOO_BIG = 2,
	ICMP6_TIME_EXCEEDED = 3,
	ICMP6_PARAMETER = 4,
	ICMP6_ECHO_REQUEST = 128,
	ICMP6_ECHO_REPLY = 129,

	/* The same in both. */
	CODE_IN_TRANSIT = 0,
	CODE_REASSEMBLY = 1,
};

#define CHECKSUM_OFFSET 2u
#define MIN_TRANSPORT 8u /* what an error quotes of it at least, RFC 792 */

static enum nd_icmp_kind
time_exceeded_kind(uint8_t code)
{
	switch (code) {
	case CODE_IN_TRANSIT:
		return ND_ICMP_TTL_EXCEEDED;
	case CODE_REASSEMBLY:
		return ND_ICMP_REASSEMBLY;
	default:
		return ND_ICMP_OTHER;
	}
}

static enum nd_icmp_kind
kind4(uint8_t type, uint8_t code)
{
	switch (type) {
	case ICMP4_ECHO_REQUEST:
		return ND_ICMP_ECHO_REQUEST;
	case ICMP4_ECHO_REPLY:
		return ND_ICMP_ECHO_REPLY;
	case ICMP4_UNREACHABLE:
		if (code == ICMP4_CODE_NEED_FRAGMENT)
			return ND_ICMP_TOO_BIG;
		return ND_ICMP_UNREACHABLE;
	case ICMP4_TIME_EXCEEDED:
		return time_exceeded_kind(code);
	case ICMP4_PARAMETER:
		return ND_ICMP_PARAMETER;
	case ICMP4_REDIRECT:
		return ND_ICMP_REDIRECT;
	case ICMP4_SOURCE_QUENCH:
		return ND_ICMP_SOURCE_QUENCH;
	default:
		return ND_ICMP_OTHER;
	}
}

static enum nd_icmp_kind
kind6(uint8_t type, uint8_t code)
{
	switch (type) {
	case ICMP6_ECHO_REQUEST:
		return ND_ICMP_ECHO_REQUEST;
	case ICMP6_ECHO_REPLY:
		return ND_ICMP_ECHO_REPLY;
	case ICMP6_UNREACHABLE:
		return ND_ICMP_UNREACHABLE;
	case ICMP6_TOO_BIG:
		return ND_ICMP_TOO_BIG;
	case ICMP6_TIME_EXCEEDED:
		return time_exceeded_kind(code);
	case ICMP6_PARAMETER:
		return ND_ICMP_PARAMETER;
	default:
		return ND_ICMP_OTHER;
	}
}

enum nd_icmp_kind
nd_icmp_kind_of(int af, uint8_t type, uint8_t code)
{
	return af == AF_INET ? kind4(type, code) : kind6(type, code);
}

bool
nd_icmp_is_error(enum nd_icmp_kind kind)
{
	return kind >= ND_ICMP_UNREACHABLE;
}

/*
 * RFC 4884 section 4: where these types have a length, in words of 4 (IPv4) or
 * 8 bytes (IPv6), the quote ends there, and extensions may follow. Elsewhere,
 * and where there is none, it is all of the body. A length that leaves no room
 * for a quote, or runs past the end, is junk in what used to be unused bytes.
 */
static size_t
quote_length(const struct nd_icmp *icmp, int af, uint32_t word)
{
	bool v4 = af == AF_INET;
	size_t least, len;

	if (v4) {
		if (icmp->type != ICMP4_UNREACHABLE &&
		    icmp->type != ICMP4_TIME_EXCEEDED &&
		    icmp->type != ICMP4_PARAMETER)
			return icmp->body_len;
		least = ND_IP4_HEADER + MIN_TRANSPORT;
		len = (size_t)(word >> 16 & 0xff) * 4;
	} else {
		if (icmp->type != ICMP6_UNREACHABLE &&
		    icmp->type != ICMP6_TIME_EXCEEDED)
			return icmp->body_len;
		least = ND_IP6_HEADER + MIN_TRANSPORT;
		len = (size_t)(word >> 24) * 8;
	}
	return len < least || len > icmp->body_len ? icmp->body_len : len;
}

/* Of at least ND_ICMP_HEADER bytes; the checksum is the caller's business. */
static void
decode(struct nd_icmp *ret, int af, const uint8_t *data, size_t len)
{
	struct nd_rbuf b = nd_rbuf_init(data, len);
	struct nd_icmp icmp = {.len = len};
	uint32_t word;

	icmp.type = nd_get8(&b);
	icmp.code = nd_get8(&b);
	nd_skip(&b, 2); /* the checksum */
	word = nd_get32(&b);
	icmp.kind = nd_icmp_kind_of(af, icmp.type, icmp.code);
	icmp.body = nd_rest(&b);
	icmp.body_len = nd_left(&b);
	if (icmp.kind == ND_ICMP_ECHO_REQUEST ||
	    icmp.kind == ND_ICMP_ECHO_REPLY) {
		icmp.ident = (uint16_t)(word >> 16);
		icmp.seq = (uint16_t)word;
	} else if (icmp.kind == ND_ICMP_TOO_BIG) {
		/* RFC 1191 section 4 has 16 bits, RFC 4443 section 3.2 32. */
		icmp.mtu = af == AF_INET ? word & 0xffff : word;
	} else if (icmp.kind == ND_ICMP_PARAMETER) {
		/* RFC 792 has 8 bits, RFC 4443 section 3.4 32. */
		icmp.pointer = af == AF_INET ? word >> 24 : word;
	}
	if (nd_icmp_is_error(icmp.kind))
		icmp.quote_len = quote_length(&icmp, af, word);
	*ret = icmp;
}

enum nd_wire
nd_icmp_decode(struct nd_icmp *ret, int af, const uint8_t *data, size_t len)
{
	if (af != AF_INET && af != AF_INET6)
		return ND_WIRE_VERSION;
	if (len < ND_ICMP_HEADER)
		return ND_WIRE_TRUNCATED;
	if (af == AF_INET && !nd_sum_ok(0, data, len))
		return ND_WIRE_CHECKSUM;
	decode(ret, af, data, len);
	return ND_WIRE_OK;
}

enum nd_wire
nd_icmp6_decode_verify(struct nd_icmp *ret, const uint8_t *src,
    const uint8_t *dst, const uint8_t *data, size_t len)
{
	uint32_t acc;

	if (len < ND_ICMP_HEADER)
		return ND_WIRE_TRUNCATED;
	acc = nd_sum_pseudo6(src, dst, IPPROTO_ICMPV6, (uint32_t)len);
	if (!nd_sum_ok(acc, data, len))
		return ND_WIRE_CHECKSUM;
	decode(ret, AF_INET6, data, len);
	return ND_WIRE_OK;
}

size_t
nd_icmp_echo_put(struct nd_wbuf *w, int af, uint16_t ident, uint16_t seq,
    const void *payload, size_t len)
{
	uint8_t bytes[ND_ICMP_HEADER];
	struct nd_wbuf b = nd_wbuf_init(bytes, sizeof(bytes));
	uint32_t acc;

	nd_put8(&b, af == AF_INET ? ICMP4_ECHO_REQUEST : ICMP6_ECHO_REQUEST);
	nd_put8(&b, 0);
	nd_put16(&b, 0);
	nd_put16(&b, ident);
	nd_put16(&b, seq);
	if (af == AF_INET) {
		acc = nd_sum(0, bytes, sizeof(bytes));
		acc = nd_sum(acc, payload, len);
		nd_patch16(&b, CHECKSUM_OFFSET, nd_sum_fold(acc));
	}
	nd_put_bytes(w, bytes, sizeof(bytes));
	nd_put_bytes(w, payload, len);
	return w->bad ? 0 : sizeof(bytes) + len;
}
