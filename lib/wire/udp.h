/* SPDX-License-Identifier: MIT */
/*
 * UDP datagrams, RFC 768. On request the checksum is one that the caller
 * chose: routers keep it, and quote it in their errors, so that it tells one
 * probe of a flow from the other.
 */
#ifndef ND_WIRE_UDP_H
#define ND_WIRE_UDP_H

#include "wire/cursor.h"
#include "wire/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ND_UDP_HEADER 8u /* bytes */
#define ND_UDP_MAX_PAYLOAD (UINT16_MAX - ND_UDP_HEADER)

struct nd_udp {
	uint16_t sport, dport;
	uint16_t checksum;
	bool unfinished; /* decoded: see nd_ip_transport_ok() */
	const uint8_t *payload;
	size_t payload_len;
};

enum nd_udp_sum {
	ND_UDP_SUM_COMPUTED,
	ND_UDP_SUM_NONE, /* 0: IPv4 without one, or the kernel fills it in */
	ND_UDP_SUM_PINNED,
};

/*
 * One datagram of family AF. Bytes after its length are left out; one that
 * says it is longer than LEN is truncated. SRC and DST, 4 or 16 bytes in
 * network order, are NULL where they are not known: then the checksum is not
 * verified. It may be 0 in IPv4, and never in IPv6 (RFC 8200 section 8.1). RET
 * points into DATA, and is untouched unless ND_WIRE_OK.
 */
enum nd_wire nd_udp_decode(struct nd_udp *ret, int af, const uint8_t *src,
    const uint8_t *dst, const uint8_t *data, size_t len);

/*
 * Writes a datagram of UDP's ports and payload. For ND_UDP_SUM_PINNED its
 * checksum is UDP->checksum, 0xffff for 0 (which means none), and right: the
 * first two bytes of the payload, of which there must be two, are replaced by
 * what makes it so. SRC and DST may be NULL for ND_UDP_SUM_NONE. Returns the
 * size of the datagram; 0, with W bad, where there is no room or the payload is
 * too long or too short.
 */
size_t nd_udp_put(struct nd_wbuf *w, const struct nd_udp *udp, int af,
    const uint8_t *src, const uint8_t *dst, enum nd_udp_sum sum);

#endif
