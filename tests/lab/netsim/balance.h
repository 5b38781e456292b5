/* SPDX-License-Identifier: MIT */
/* Which of several next hops a packet takes. */
#ifndef NETSIM_BALANCE_H
#define NETSIM_BALANCE_H

#include "packet.h"
#include "topo.h"

/*
 * What balancers hash, per flow: the 5-tuple; of ICMP type, code, checksum and
 * ident; of IPv6 the flow label too.
 */
uint64_t ns_balance_hash(const struct ns_packet *p);

/* The router to go to. ROUTE has at least one way; per-packet takes turns. */
uint32_t ns_balance_next(
    struct ns_route *route, const struct ns_packet *p, uint64_t seed);
/* One of N by flow, for NODE. */
unsigned ns_balance_pick(
    const struct ns_packet *p, uint64_t seed, uint32_t node, unsigned n);

#endif
