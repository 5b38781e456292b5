/* SPDX-License-Identifier: MIT */
/*
 * asn_origins.h: AS numbers, read strictly and written as "AS64500/AS64501".
 * Whatever text they came in, nothing but numbers goes on from here.
 */
#ifndef CMD_ASN_ORIGINS_H
#define CMD_ASN_ORIGINS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define ASN_ORIGINS_MAX 8 /* of one prefix; what is more is left out */
#define ASN_TEXT_MAX (ASN_ORIGINS_MAX * sizeof("AS4294967295"))

/* Who announces a prefix: N different numbers, in the order they came. */
struct asn_origins {
	unsigned n;
	uint32_t asn[ASN_ORIGINS_MAX];
};

/* A block of addresses; what lies behind LEN bits is zero. */
struct asn_prefix {
	sa_family_t family;
	uint8_t len;	   /* bits */
	uint8_t bytes[16]; /* network order; AF_INET: the first four */
};

/*
 * Reads the LEN bytes of TEXT as decimal numbers of AS, 1 to 4294967295, with
 * SEPARATOR (a blank: any number of blanks) between them; with PREFIX_OK "AS"
 * may stand before each. False, with RET untouched, where there is anything
 * else or none.
 */
bool asn_origins_parse(const char *text, size_t len, char separator,
    bool prefix_ok, struct asn_origins *ret);
/* Adds ASN where it is new and there is room. */
void asn_origins_add(struct asn_origins *origins, uint32_t asn);
/* "AS64500/AS64501" of N > 0. */
void asn_origins_text(
    const struct asn_origins *origins, char ret[ASN_TEXT_MAX]);

/*
 * Reads the LEN bytes of TEXT as ADDRESS/BITS. False, with RET untouched, where
 * it is none, or where the address has bits behind the prefix.
 */
bool asn_prefix_parse(const char *text, size_t len, struct asn_prefix *ret);
/* The whole of ADDR as a prefix; false where it is neither IPv4 nor IPv6. */
bool asn_prefix_of(const struct sockaddr *addr, struct asn_prefix *ret);
/* Whether all of INNER is in OUTER. */
bool asn_prefix_holds(
    const struct asn_prefix *outer, const struct asn_prefix *inner);

#endif
