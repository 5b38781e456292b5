/* SPDX-License-Identifier: MIT */
/*
 * The datagram that an ICMP error quotes, RFC 792 and RFC 4443 section 2.4:
 * which probe the error is about. Eight bytes of the transport header do.
 */
#ifndef ND_WIRE_QUOTE_H
#define ND_WIRE_QUOTE_H

#include "wire/wire.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Everything is as quoted, perhaps rewritten under way: to be compared with
 * what was sent, and never trusted. Members of other protocols are 0.
 */
struct nd_quote {
	int af;
	uint8_t src[16], dst[16]; /* network order; IPv4: 4 bytes, then zeros */
	uint8_t proto;		  /* IPPROTO_ICMP, _ICMPV6, _UDP or _TCP */
	uint8_t ttl, tos;
	uint16_t ip_id;	       /* IPv4; may come byte-swapped */
	uint16_t sport, dport; /* UDP, TCP */
	uint8_t icmp_type, icmp_code;
	uint16_t ident, seq; /* ICMP echo */
	uint16_t checksum;   /* ICMP, UDP; never verified */
	uint32_t tcp_seq;
	int tcp_flags;	  /* TCP; -1: not quoted so far */
	uint16_t udp_len; /* UDP */
	const uint8_t
	    *payload;	    /* ICMP, UDP: what follows the 8 bytes, as far */
	size_t payload_len; /* as it was quoted; may end in padding */
};

/*
 * DATA is an error's body, LEN its quote_len. ND_WIRE_TYPE for another
 * protocol, and for a fragment other than the first: it has no transport
 * header. RET points into DATA, and is untouched unless ND_WIRE_OK.
 */
enum nd_wire nd_quote_decode(
    struct nd_quote *ret, const uint8_t *data, size_t len);

#endif
