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

/* How many packets each flow has had. All zero: none yet. */
struct ns_flows {
	struct ns_flow_count *slot;
	uint32_t n_slots, used;
};

/* The number of the next packet of FLOW, from 0. */
uint32_t ns_flows_next(struct ns_flows *flows, uint64_t flow);
void ns_flows_free(struct ns_flows *flows);

#endif
