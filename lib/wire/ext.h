/* SPDX-License-Identifier: MIT */
/*
 * Extensions of ICMP errors: where they are and their structure (RFC 4884),
 * MPLS label stacks (RFC 4950), interface information (RFC 5837).
 */
#ifndef ND_WIRE_EXT_H
#define ND_WIRE_EXT_H

#include "wire/icmp.h"
#include "wire/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is kept of an error. */
#define ND_EXT_LABELS 16u
#define ND_EXT_INTERFACES 4u /* RFC 5837 section 4: one of each role */
#define ND_EXT_NAME 63u	     /* bytes, RFC 5837 section 4.3 */

/* One entry of the stack that the packet came with, the outermost first. */
struct nd_ext_label {
	uint32_t label;
	uint8_t tc, ttl;
	bool s; /* bottom of stack */
};

enum nd_ext_role { /* as on the wire, RFC 5837 section 4.1 */
	ND_EXT_INCOMING,
	ND_EXT_INCOMING_SUB, /* the part of it below IP */
	ND_EXT_OUTGOING,
	ND_EXT_NEXT_HOP,
};

struct nd_ext_interface {
	enum nd_ext_role role;
	uint32_t ifindex; /* 0: not given */
	uint32_t mtu;	  /* 0: not given */
	int af;		  /* of `addr`; 0: not given */
	uint8_t addr[16]; /* network order; IPv4: 4 bytes, then zeros */
	uint8_t name_len; /* 0: not given */
	uint8_t name[ND_EXT_NAME]; /* any bytes at all, not terminated */
};

struct nd_ext {
	size_t quote_len;  /* nd_ext_decode_icmp(): where the quote ends */
	bool legacy;	   /* found without the help of a length field */
	bool has_checksum; /* and it is right */
	bool malformed;	   /* a length was wrong: something was left out */
	bool cut;	   /* there was more than is kept of something */
	size_t n_labels, n_interfaces;
	size_t n_unknown; /* objects of other classes, skipped */
	struct nd_ext_label label[ND_EXT_LABELS];
	struct nd_ext_interface interface[ND_EXT_INTERFACES];
};

/*
 * An extension structure, RFC 4884 section 7: all of the LEN bytes at DATA. A
 * checksum of 0 was not computed. What is wrong inside of an object costs only
 * what it hides, and sets `malformed`; after an object whose own length is
 * wrong nothing is read. RET is untouched unless ND_WIRE_OK.
 */
enum nd_wire nd_ext_decode(struct nd_ext *ret, const uint8_t *data, size_t len);

/*
 * The same for an error of family AF, ND_WIRE_TYPE where it has no extensions.
 * They begin where the message's length field has the quote end. Many routers
 * have no such field, as RFC 4884 section 5.5 tells, and some a wrong one: then
 * they may begin after 128 bytes, and are taken for extensions where version
 * and checksum fit, or without a checksum where each object fits up to the last
 * byte.
 */
enum nd_wire nd_ext_decode_icmp(
    struct nd_ext *ret, int af, const struct nd_icmp *icmp);

#endif
