/* SPDX-License-Identifier: MIT */
/*
 * Longest prefix match for many routers at once: one hash table of (owner,
 * prefix), asked from the longest length that this owner has to the shortest.
 */
#ifndef NETSIM_LPM_H
#define NETSIM_LPM_H

#include "addr.h"

#include <stdint.h>

struct ns_lpm_entry;
struct ns_lpm_lengths;

/* All zero: empty. */
struct ns_lpm {
	struct ns_lpm_entry *slot;
	uint32_t n_slots, used;
	struct ns_lpm_lengths *lengths; /* by owner */
	uint32_t n_owners;
};

#define NS_LPM_NONE UINT32_MAX

/*
 * Sets the value of exactly (OWNER, PREFIX); NS_LPM_NONE takes it away. 0 or
 * -ENOMEM.
 */
int ns_lpm_set(struct ns_lpm *lpm, uint32_t owner,
    const struct ns_prefix *prefix, uint32_t value);
/* Its value, or NS_LPM_NONE. */
uint32_t ns_lpm_get(
    const struct ns_lpm *lpm, uint32_t owner, const struct ns_prefix *prefix);
/* The value of OWNER's longest prefix with ADDR in it, or NS_LPM_NONE. */
uint32_t ns_lpm_find(
    const struct ns_lpm *lpm, uint32_t owner, const struct ns_addr *addr);
void ns_lpm_free(struct ns_lpm *lpm);

#endif
