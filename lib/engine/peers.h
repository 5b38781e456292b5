/* SPDX-License-Identifier: MIT */
/*
 * The addresses to which probes in flight are limited. All tasks of one address
 * share its places; a task that finds none free waits in line, and is not asked
 * again before one is its own.
 *
 * Addresses share a table of fixed size, which costs a sweep of many hosts
 * nothing. Two that meet there, one pair in 65,536, have the places of one.
 */
#ifndef ND_ENGINE_PEERS_H
#define ND_ENGINE_PEERS_H

#include "engine/queue.h"
#include "net/addr.h"

#include <stdint.h>

struct nd_peer {
	struct nd_queue line; /* tasks that wait for a place */
	uint32_t taken;	      /* places: of probes in flight, and of tasks
			       * that are about to send one */
};

#define ND_PEERS 65536

/* All zero but for the secret to begin with. */
struct nd_peers {
	uint64_t secret;       /* mixed into the hash */
	struct nd_peer *table; /* [ND_PEERS], from the first use on */
};

/* The one of ADDR, as long as PEERS is there; NULL: out of memory. */
struct nd_peer *nd_peers_get(
    struct nd_peers *peers, const struct nd_addr *addr);
void nd_peers_free(struct nd_peers *peers);

#endif
