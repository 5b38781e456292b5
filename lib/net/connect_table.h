/* SPDX-License-Identifier: MIT */
/*
 * The connected sockets of a backend that has one a probe, each found by what
 * the engine knows of it: its destination and its tag.
 */
#ifndef ND_NET_CONNECT_TABLE_H
#define ND_NET_CONNECT_TABLE_H

#include "net/addr.h"

#include <stdint.h>

struct nd_connect {
	struct nd_connect *next; /* of its bucket, or of those that are free */
	struct nd_addr to;
	uint32_t tag;
	int fd;	 /* its socket; -1: none yet */
	int err; /* positive errno: connect() was refused by then; else 0 */
	uint32_t send_id; /* of its departure: ND_PACKET_STAMP */
};

struct nd_connect_chunk;

/* All zero: empty. */
struct nd_connect_table {
	struct nd_connect **buckets;
	uint32_t size, used; /* size: 0 or a power of two */
	struct nd_connect *free_list;
	struct nd_connect_chunk *chunks; /* what they all are allocated in */
};

/*
 * A new one, of the table, with no socket. NULL: out of memory. Nothing else
 * here allocates.
 */
struct nd_connect *nd_connect_add(
    struct nd_connect_table *t, const struct nd_addr *to, uint32_t tag);
/* NULL: there is none. Of several that are alike, the newest. */
struct nd_connect *nd_connect_find(
    const struct nd_connect_table *t, const struct nd_addr *to, uint32_t tag);
/* Closes its socket; C may be given out again by the next nd_connect_add(). */
void nd_connect_remove(struct nd_connect_table *t, struct nd_connect *c);
/* Closes all sockets; T is empty then. */
void nd_connect_clear(struct nd_connect_table *t);

#endif
