/* SPDX-License-Identifier: MIT */
/* Load balancing by hash or in turn, with weights. */
#include "balance.h"

#include "hash.h"

uint64_t
ns_balance_hash(const struct ns_packet *p)
{
	size_t n = ns_addr_size(p->af);
	uint64_t h = ns_hash_bytes(p->proto, p->src.b, n);
	uint64_t rest;

	h = ns_hash_bytes(h, p->dst.b, n);
	if (ns_packet_is_icmp(p))
		rest = (uint64_t)p->icmp_type << 40 |
		       (uint64_t)p->icmp_code << 32 |
		       (uint64_t)p->icmp_sum << 16 | p->ident;
	else
		rest = (uint64_t)p->sport << 16 | p->dport;
	return ns_hash2(h ^ rest, p->label);
}

/* The way that has the N-th of the route's weights. */
static uint32_t
weighted(const struct ns_route *route, uint64_t n)
{
	unsigned i = 0;

	n %= route->weights;
	while (n >= route->way[i].weight) {
		n -= route->way[i].weight;
		i++;
	}
	return route->way[i].router;
}

uint32_t
ns_balance_next(
    struct ns_route *route, const struct ns_packet *p, uint64_t seed)
{
	uint64_t salt;

	if (route->n_ways == 1)
		return route->way[0].router;
	salt = ns_hash2(seed, route->router);
	switch (route->balance) {
	case NS_PER_PACKET:
		return weighted(route, route->turn++);
	case NS_PER_DEST:
		return weighted(
		    route, ns_hash_bytes(salt, p->dst.b, sizeof(p->dst.b)));
	case NS_PER_FLOW:
	default:
		return weighted(route, ns_hash2(salt, ns_balance_hash(p)));
	}
}

unsigned
ns_balance_pick(
    const struct ns_packet *p, uint64_t seed, uint32_t node, unsigned n)
{
	uint64_t salt = ns_hash2(seed, ~(uint64_t)node);

	return (unsigned)(ns_hash2(salt, ns_balance_hash(p)) % n);
}
