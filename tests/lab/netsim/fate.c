/* SPDX-License-Identifier: MIT */
/* Chance by hashing, and numbers by key. */
#include "fate.h"

#include "hash.h"

#include <netinet/in.h>
#include <stdlib.h>

#define MAX_KEYS (1u << 22)

struct ns_keyed_slot {
	uint64_t key; /* 0: free */
	int64_t value;
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

/* The slot of KEY, or the free one where it would go. */
static struct ns_keyed_slot *
lookup(const struct ns_keyed *keyed, uint64_t key)
{
	uint32_t i = (uint32_t)key & (keyed->n_slots - 1);

	while (keyed->slot[i].key != 0 && keyed->slot[i].key != key)
		i = (i + 1) & (keyed->n_slots - 1);
	return &keyed->slot[i];
}

/* False where there is no memory for more. */
static bool
grow(struct ns_keyed *keyed)
{
	struct ns_keyed bigger = *keyed;

	bigger.n_slots = keyed->n_slots > 0 ? keyed->n_slots * 2 : 1024;
	bigger.slot = calloc(bigger.n_slots, sizeof(*bigger.slot));
	if (bigger.slot == NULL)
		return false;
	for (uint32_t i = 0; i < keyed->n_slots; i++)
		if (keyed->slot[i].key != 0)
			*lookup(&bigger, keyed->slot[i].key) = keyed->slot[i];
	free(keyed->slot);
	*keyed = bigger;
	return true;
}

int64_t *
ns_keyed_at(struct ns_keyed *keyed, uint64_t key)
{
	bool full = keyed->used * 2 >= keyed->n_slots &&
		    (keyed->n_slots >= 2 * MAX_KEYS || !grow(keyed));
	struct ns_keyed_slot *slot;

	if (keyed->n_slots == 0)
		return NULL;
	slot = lookup(keyed, key);
	if (slot->key == 0 && full) {
		/* Takes the place of another, and begins anew. */
		slot = &keyed->slot[key & (keyed->n_slots - 1)];
		*slot = (struct ns_keyed_slot){.key = key};
	} else if (slot->key == 0) {
		slot->key = key;
		keyed->used++;
	}
	return &slot->value;
}

void
ns_keyed_free(struct ns_keyed *keyed)
{
	free(keyed->slot);
	*keyed = (struct ns_keyed){.slot = NULL};
}

uint32_t
ns_flows_next(struct ns_keyed *flows, uint64_t flow)
{
	int64_t *count = ns_keyed_at(flows, flow);

	return count != NULL ? (uint32_t)(*count)++ : 0;
}
