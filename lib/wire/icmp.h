/* SPDX-License-Identifier: MIT */
/*
 * ICMP (RFC 792) and ICMPv6 (RFC 4443) messages in one neutral form, so that
 * nothing above knows the type numbers of either.
 */
#ifndef ND_WIRE_ICMP_H
#define ND_WIRE_ICMP_H

#include "wire/cursor.h"
#include "wire/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ND_ICMP_HEADER 8u /* bytes, in both versions */

enum nd_icmp_kind {
	ND_ICMP_OTHER, /* not handled, the ICMPv6 redirect among them */
	ND_ICMP_ECHO_REQUEST,
	ND_ICMP_ECHO_REPLY,
	/* Errors: they quote the packet that caused them. */
	ND_ICMP_UNREACHABLE,  /* other than ND_ICMP_TOO_BIG */
	ND_ICMP_TTL_EXCEEDED, /* in transit: a hop */
	ND_ICMP_REASSEMBLY,   /* time exceeded in reassembly: not a hop */
	ND_ICMP_TOO_BIG,      /* fragmentation needed; packet too big */
	ND_ICMP_PARAMETER,
	ND_ICMP_REDIRECT,      /* IPv4 only */
	ND_ICMP_SOURCE_QUENCH, /* IPv4 only */
};

struct nd_icmp {
	enum nd_icmp_kind kind;
	uint8_t type, code;  /* as on the wire */
	uint16_t ident, seq; /* echo only, else 0 */
	uint32_t mtu;	     /* TOO_BIG only; 0: unknown */
	uint32_t pointer;    /* PARAMETER only: the offset of what is wrong */
	const uint8_t *body; /* what follows the 8 bytes of the header: an
			      * echo's payload, an error's quote and the rest */
	size_t body_len;
	size_t
	    quote_len; /* errors: how much of the body is the quote; else 0 */
	size_t len;    /* the whole message */
};

/* Of family AF's TYPE and CODE. */
enum nd_icmp_kind nd_icmp_kind_of(int af, uint8_t type, uint8_t code);

/* Whether the body starts with a quoted datagram. */
bool nd_icmp_is_error(enum nd_icmp_kind kind);

/*
 * One whole message of family AF. The checksum is verified for AF_INET; for
 * AF_INET6 the kernel has done it, since it covers addresses that a raw socket
 * does not show. RET points into DATA, and is untouched unless ND_WIRE_OK.
 */
enum nd_wire nd_icmp_decode(
    struct nd_icmp *ret, int af, const uint8_t *data, size_t len);
/*
 * The same for an ICMPv6 message whose addresses, of 16 bytes each, are known:
 * verifies the checksum.
 */
enum nd_wire nd_icmp6_decode_verify(struct nd_icmp *ret, const uint8_t *src,
    const uint8_t *dst, const uint8_t *data, size_t len);

/*
 * Writes an echo request with LEN bytes of payload. The checksum is filled in
 * for AF_INET and left 0 for AF_INET6, where the kernel does it. Returns the
 * size of the message; 0, with W bad, where there is no room.
 */
size_t nd_icmp_echo_put(struct nd_wbuf *w, int af, uint16_t ident, uint16_t seq,
    const void *payload, size_t len);

#endif
