/* SPDX-License-Identifier: MIT */
/*
 * Chance, without a random number: what becomes of a packet is a hash of the
 * seed, its flow and its number in the flow. So it does not depend on timing.
 */
#ifndef NETSIM_FATE_H
#define NETSIM_FATE_H

#include "packet.h"
#include "topo.h"

/* Which question chance is asked; each gets an answer of its own. */
enum ns_question {
	NS_ASK_LOSS,
	NS_ASK_DUP,
	NS_ASK_CORRUPT,
	NS_ASK_CORRUPT_BIT,
	NS_ASK_REORDER,
	NS_ASK_JITTER,
	NS_ASK_DELAY,
	NS_ASK_ICMP_DELAY,
	NS_ASK_HOSTILE,
	NS_ASK_FORGED,
	NS_ASK_RETURN,
	NS_ASK_ABSENT,
	NS_ASK_ISN,
};

/* Source, destination, protocol; ports, or the ident of an echo. */
uint64_t ns_flow_hash(const struct ns_packet *p);

/* A number for QUESTION about NODE; WHERE tells apart what else may. */
uint64_t ns_draw(
    uint64_t fate, enum ns_question question, uint32_t node, uint32_t where);
bool ns_chance(uint32_t share, uint64_t draw);
/* From range->lo to range->hi, both included. */
int64_t ns_between(const struct ns_range *range, uint64_t draw);

/*
 * The same for a draw that need not be made: most shares are 0, and most ranges
 * have one value.
 */
static inline bool
ns_ask(uint32_t share, uint64_t fate, enum ns_question question, uint32_t node,
    uint32_t where)
{
	return share > 0 &&
	       ns_chance(share, ns_draw(fate, question, node, where));
}

static inline int64_t
ns_pick(const struct ns_range *range, uint64_t fate, enum ns_question question,
    uint32_t node, uint32_t where)
{
	return range->lo == range->hi
		   ? range->lo
		   : ns_between(range, ns_draw(fate, question, node, where));
}

/*
 * A number by key, 0 before: of flows their packets, of rate limits the state.
 * All zero: empty. Beyond some millions an old key is forgotten for a new one.
 */
struct ns_keyed {
	struct ns_keyed_slot *slot;
	uint32_t n_slots, used;
};

/* The number of KEY, not 0, until the next call; NULL: no memory. */
int64_t *ns_keyed_at(struct ns_keyed *keyed, uint64_t key);
void ns_keyed_free(struct ns_keyed *keyed);
/* The number of the next packet of FLOW, from 0. */
uint32_t ns_flows_next(struct ns_keyed *flows, uint64_t flow);

#endif
