/* SPDX-License-Identifier: MIT */
/* Longest prefix match: an open-addressed table and a set of lengths. */
#include "lpm.h"

#include "hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct ns_lpm_entry {
	struct ns_prefix prefix;
	uint32_t owner, value;
	bool used;
};

/* Which lengths an owner has, bit by bit: IPv4, IPv6. */
struct ns_lpm_lengths {
	uint64_t word[2][3];
};

static uint64_t
key_hash(uint32_t owner, const struct ns_prefix *prefix)
{
	uint64_t h =
	    ns_hash_bytes(owner, prefix->addr.b, ns_addr_size(prefix->addr.af));

	return ns_mix(h ^ (uint64_t)prefix->len << 1 ^
		      (uint64_t)(prefix->addr.af == AF_INET6));
}

/* The entry of that key, or the free one where it would go. */
static struct ns_lpm_entry *
lookup(const struct ns_lpm *lpm, uint32_t owner, const struct ns_prefix *prefix)
{
	uint32_t i = (uint32_t)key_hash(owner, prefix) & (lpm->n_slots - 1);

	for (;; i = (i + 1) & (lpm->n_slots - 1)) {
		struct ns_lpm_entry *e = &lpm->slot[i];

		if (!e->used ||
		    (e->owner == owner && e->prefix.len == prefix->len &&
			ns_addr_eq(&e->prefix.addr, &prefix->addr)))
			return e;
	}
}

static int
grow_slots(struct ns_lpm *lpm)
{
	struct ns_lpm bigger = *lpm;

	bigger.n_slots = lpm->n_slots > 0 ? lpm->n_slots * 2 : 64;
	bigger.slot = calloc(bigger.n_slots, sizeof(*bigger.slot));
	if (bigger.slot == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < lpm->n_slots; i++) {
		const struct ns_lpm_entry *e = &lpm->slot[i];

		if (e->used)
			*lookup(&bigger, e->owner, &e->prefix) = *e;
	}
	free(lpm->slot);
	*lpm = bigger;
	return 0;
}

static int
grow_owners(struct ns_lpm *lpm, uint32_t owner)
{
	uint32_t n = owner < 32 ? 64 : owner * 2;
	struct ns_lpm_lengths *lengths;

	if (owner < lpm->n_owners)
		return 0;
	lengths = realloc(lpm->lengths, n * sizeof(*lengths));
	if (lengths == NULL)
		return -ENOMEM;
	memset(
	    lengths + lpm->n_owners, 0, (n - lpm->n_owners) * sizeof(*lengths));
	lpm->lengths = lengths;
	lpm->n_owners = n;
	return 0;
}

int
ns_lpm_set(struct ns_lpm *lpm, uint32_t owner, const struct ns_prefix *prefix,
    uint32_t value)
{
	int v6 = prefix->addr.af == AF_INET6;
	struct ns_lpm_entry *e;

	if (lpm->used * 2 >= lpm->n_slots && grow_slots(lpm) != 0)
		return -ENOMEM;
	if (grow_owners(lpm, owner) != 0)
		return -ENOMEM;
	e = lookup(lpm, owner, prefix);
	if (!e->used)
		lpm->used++;
	*e = (struct ns_lpm_entry){
	    .prefix = *prefix, .owner = owner, .value = value, .used = true};
	lpm->lengths[owner].word[v6][prefix->len / 64] |= UINT64_C(1)
							  << prefix->len % 64;
	return 0;
}

uint32_t
ns_lpm_get(
    const struct ns_lpm *lpm, uint32_t owner, const struct ns_prefix *prefix)
{
	const struct ns_lpm_entry *e;

	if (lpm->n_slots == 0)
		return NS_LPM_NONE;
	e = lookup(lpm, owner, prefix);
	return e->used ? e->value : NS_LPM_NONE;
}

uint32_t
ns_lpm_find(
    const struct ns_lpm *lpm, uint32_t owner, const struct ns_addr *addr)
{
	const uint64_t *word;

	if (owner >= lpm->n_owners)
		return NS_LPM_NONE;
	word = lpm->lengths[owner].word[addr->af == AF_INET6];
	for (unsigned w = 3; w-- > 0;) {
		for (uint64_t left = word[w]; left != 0;) {
			unsigned bit = 63 - (unsigned)__builtin_clzll(left);
			struct ns_prefix prefix = {
			    .addr = *addr, .len = w * 64 + bit};
			const struct ns_lpm_entry *e;

			ns_addr_mask(&prefix.addr, prefix.len);
			e = lookup(lpm, owner, &prefix);
			if (e->used && e->value != NS_LPM_NONE)
				return e->value;
			left &= ~(UINT64_C(1) << bit);
		}
	}
	return NS_LPM_NONE;
}

void
ns_lpm_free(struct ns_lpm *lpm)
{
	free(lpm->slot);
	free(lpm->lengths);
	*lpm = (struct ns_lpm){.slot = NULL};
}
