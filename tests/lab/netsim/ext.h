/* SPDX-License-Identifier: MIT */
/*
 * Extensions of ICMP errors: their structure (RFC 4884), MPLS label stacks
 * (RFC 4950), interface information (RFC 5837).
 */
#ifndef NETSIM_EXT_H
#define NETSIM_EXT_H

#include "topo.h"
#include "wire/cursor.h"

#define NS_EXT_QUOTE 128u /* bytes: the quote is padded to at least that */

bool ns_ext_any(const struct ns_icmp_opts *icmp);

/*
 * Writes the extension structure with its checksum. ADDR is the router's
 * address on the incoming interface IFACE, which may be NULL.
 */
void ns_ext_put(struct nd_wbuf *w, const struct ns_icmp_opts *icmp,
    const struct ns_addr *addr, const struct ns_iface *iface);

#endif
