/* SPDX-License-Identifier: MIT */
/* The addresses to which probes are limited: places in a table. */
#include "engine/peers.h"

#include <stdlib.h>
#include <string.h>

/* Keyed, as the table of probes is; the multipliers are odd and arbitrary. */
static uint64_t
hash_of(const struct nd_peers *peers, const struct nd_addr *addr)
{
	uint64_t word[2], h;

	memcpy(word, addr->ip, sizeof(word));
	h = (word[0] ^ peers->secret) * 0x9e3779b97f4a7c15;
	h ^= h >> 32;
	h = (h + word[1]) * 0xd6e8feb86659fd93;
	h ^= h >> 32;
	h = (h + addr->scope) * 0xa0761d6478bd642f;
	return h >> 32;
}

struct nd_peer *
nd_peers_get(struct nd_peers *peers, const struct nd_addr *addr)
{
	/* The system gives the memory as it is used. */
	if (peers->table == NULL)
		peers->table = calloc(ND_PEERS, sizeof(*peers->table));
	if (peers->table == NULL)
		return NULL;
	return &peers->table[hash_of(peers, addr) % ND_PEERS];
}

void
nd_peers_free(struct nd_peers *peers)
{
	free(peers->table);
	peers->table = NULL;
}
