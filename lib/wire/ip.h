/* SPDX-License-Identifier: MIT */
/*
 * IP headers: IPv4 (RFC 791) with options, IPv6 (RFC 8200) with its extension
 * headers. Strict for the packet that carries a message, lenient for the one
 * that an ICMP error quotes.
 */
#ifndef ND_WIRE_IP_H
#define ND_WIRE_IP_H

#include "wire/cursor.h"
#include "wire/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ND_IP4_HEADER 20u	/* bytes, without options */
#define ND_IP6_HEADER 40u	/* bytes, without extension headers */
#define ND_IP6_MAX_EXTENSIONS 8 /* a longer chain is not followed */

struct nd_ip {
	int af;			  /* AF_INET, AF_INET6 */
	uint8_t src[16], dst[16]; /* network order; IPv4: 4 bytes, then zeros */
	uint8_t proto;		  /* IPv6: after the extension headers */
	uint8_t ttl;		  /* TTL, hop limit */
	uint8_t tos;		  /* TOS, traffic class */
	uint16_t id;		  /* IPv4 only */
	uint32_t flow_label;	  /* IPv6 only */
	bool df;		  /* IPv4 only: do not fragment */
	bool fragment;		  /* not the first: has no transport header */
	size_t header_len;	  /* with options or extension headers */
	size_t total_len;	  /* header and payload, as the header says */
	const uint8_t *payload;	  /* inside the data given */
	size_t payload_len;
};

/*
 * One datagram at DATA. Bytes after its total length are left out; a datagram
 * that says it is longer than LEN is truncated. The header checksum is not
 * verified: the kernel has done it. RET points into DATA, and is untouched
 * unless ND_WIRE_OK.
 */
enum nd_wire nd_ip4_decode(struct nd_ip *ret, const uint8_t *data, size_t len);
enum nd_wire nd_ip6_decode(struct nd_ip *ret, const uint8_t *data, size_t len);

/*
 * The start of a datagram of either version, as quoted in an ICMP error.
 * Routers change what they quote: nothing is verified. `total_len` is what it
 * says, perhaps byte-swapped or decremented, and bounds nothing: the payload
 * goes on to the end of DATA, and may be cut short or padded.
 */
enum nd_wire nd_ip_decode_quoted(
    struct nd_ip *ret, const uint8_t *data, size_t len);

/*
 * Writes a header without options for IP->payload_len bytes of payload, which
 * the caller puts next. It is made of `src`, `dst`, `proto`, `ttl`, `tos` and
 * `id`, `df` (IPv4) or `flow_label` (IPv6). Returns the size of the header; 0,
 * with W bad, where there is no room or the payload is too long for IP.
 */
size_t nd_ip4_put(struct nd_wbuf *w, const struct nd_ip *ip);
size_t nd_ip6_put(struct nd_wbuf *w, const struct nd_ip *ip);

/*
 * The partial sum of the pseudo header of family AF, which is AF_INET or
 * AF_INET6, for a transport header and all that follows it, LEN bytes.
 */
uint32_t nd_ip_pseudo(
    int af, const uint8_t *src, const uint8_t *dst, uint8_t proto, size_t len);

/*
 * Whether such a message, with the partial sum ACC of its pseudo header and the
 * checksum that it says, is intact. A packet of this host, or of one that
 * shares its kernel, comes to a raw socket with a checksum that was left to the
 * hardware: it is still the sum of the pseudo header. That one is let pass, and
 * sets UNFINISHED.
 */
bool nd_ip_transport_ok(bool *unfinished, uint32_t acc, uint16_t checksum,
    const uint8_t *data, size_t len);

#endif
