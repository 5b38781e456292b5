/* SPDX-License-Identifier: MIT */
/* Chance by hashing, and the count of packets of each flow. */
#include "fate.h"

#include "hash.h"

#include <netinet/in.h>
#include <stdlib.h>

#define MAX_FLOWS (1u << 22) /* then an old one is forgotten for a new one */

struct ns_flow_count {
	uint64_t flow; /* 0: free */
	uint32_t count;
};

uint64_t
ns_flow_hash(const struct ns_packet *p)
{
	size_t n = ns_addr_size(p->af);
	uint64_t h = ns_hash_bytes(p->proto, p->src.b, n);
	uint64_t ports = (uint64_t)p->sport << 32 | (uint64_t)p->dport << 16;

	h = ns_hash_bytes(h, p->dst.b, n);
	h = ns_mix(h ^ (ports | p->ident));
	return h != 0 ? h : 1;
}

uint64_t
ns_draw(uint64_t fate, enum ns_question question, uint32_t node, uint32_t where)
{
	return ns_hash2(
	    fate, (uint64_t)question << 56 | (uint64_t)where << 32 | node);
}

bool
ns_chance(uint32_t share, uint64_t draw)
{
	return share > 0 && draw % NS_WHOLE < share;
}

int64_t
ns_between(const struct ns_range *range, uint64_t draw)
{
	uint64_t span = (uint64_t)(range->hi - range->lo) + 1;

	return range->lo + (int64_t)(draw % span);
}

/* The slot of FLOW, or the free one where it would go. */
static struct ns_flow_count *
lookup(const struct ns_flows *flows, uint64_t flow)
{
	uint32_t i = (uint32_t)flow & (flows->n_slots - 1);

	while (flows->slot[i].flow != 0 && flows->slot[i].flow != flow)
		i = (i + 1) & (flows->n_slots - 1);
	return &flows->slot[i];
}

/* False where there is no memory for more. */
static bool
grow(struct ns_flows *flows)
{
	struct ns_flows bigger = *flows;

	bigger.n_slots = flows->n_slots > 0 ? flows->n_slots * 2 : 1024;
	bigger.slot = calloc(bigger.n_slots, sizeof(*bigger.slot));
	if (bigger.slot == NULL)
		return false;
	for (uint32_t i = 0; i < flows->n_slots; i++)
		if (flows->slot[i].flow != 0)
			*lookup(&bigger, flows->slot[i].flow) = flows->slot[i];
	free(flows->slot);
	*flows = bigger;
	return true;
}

uint32_t
ns_flows_next(struct ns_flows *flows, uint64_t flow)
{
	struct ns_flow_count *slot;

	if (flows->used * 2 >= flows->n_slots &&
	    (flows->n_slots >= 2 * MAX_FLOWS || !grow(flows))) {
		if (flows->n_slots == 0)
			return 0;
		slot = &flows->slot[flow & (flows->n_slots - 1)];
		if (slot->flow != flow)
			slot = lookup(flows, flow);
		if (slot->flow == 0) {
			/* Takes the place of another, the count starts anew. */
			slot = &flows->slot[flow & (flows->n_slots - 1)];
			*slot = (struct ns_flow_count){.flow = flow};
		}
		return slot->count++;
	}
	slot = lookup(flows, flow);
	if (slot->flow == 0) {
		slot->flow = flow;
		flows->used++;
	}
	return slot->count++;
}

void
ns_flows_free(struct ns_flows *flows)
{
	free(flows->slot);
	*flows = (struct ns_flows){.slot = NULL};
}
