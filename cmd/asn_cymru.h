/* SPDX-License-Identifier: MIT */
/*
 * asn_cymru.h: the IP to ASN service of Team Cymru over DNS: what is asked, and
 * how an answer is read. Nothing of it but numbers goes on from here.
 */
#ifndef CMD_ASN_CYMRU_H
#define CMD_ASN_CYMRU_H

#include "asn_origins.h"
#include "lookup.h"

/* TXT records: the text of an answer is that of asn_origins_text(). */
extern const struct lookup_kind asn_cymru_kind;

/*
 * Whether ADDR may be announced on the internet, so that there is an answer and
 * nobody learns of addresses inside: neither private nor else special (RFC
 * 6890 and IANA's registries of special-purpose addresses).
 */
bool asn_cymru_is_public(const struct asn_prefix *addr);

/*
 * Reads the LEN bytes of TEXT, such as
 *
 *	64500 64501 | 192.0.2.0/24 | US | arin | 2020-01-01
 *
 * What stands behind the second '|' is not looked at. False, with both
 * untouched, where it has another form or the prefix does not hold ADDR.
 */
bool asn_cymru_parse(const char *text, size_t len,
    const struct asn_prefix *addr, struct asn_prefix *ret_prefix,
    struct asn_origins *ret);

#endif
