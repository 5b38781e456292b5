/* SPDX-License-Identifier: MIT */
/*
 * A probe is one packet that was sent and is awaited, and for a while after
 * that remembered. The table of all probes of a context finds the one that a
 * received packet answers: open addressing over a pool, O(1), no allocation
 * but when a probe is made.
 */
#ifndef ND_ENGINE_PROBE_H
#define ND_ENGINE_PROBE_H

#include "engine/wheel.h"
#include "net/addr.h"

#include <stdbool.h>
#include <stdint.h>

struct nd_task;

enum nd_probe_state {
	ND_PROBE_FREE,
	ND_PROBE_IN_FLIGHT,
	ND_PROBE_ANSWERED, /* in time, or by an ICMP error */
	ND_PROBE_EXPIRED,  /* not in time; may still be answered late */
	ND_PROBE_LATE,	   /* expired, then answered */
	ND_PROBE_FORGOTTEN /* not in the table any more */
};

/* 64 bytes: one cache line. */
struct nd_probe {
	struct nd_timer timer; /* in flight: its timeout; then: to forget it */
	struct nd_task *task;
	struct nd_probe *next; /* of the same task, in order of sending */
	int64_t sent_ns;       /* departure: the kernel's if `stamped` */
	uint64_t rtt : 48;     /* nd_probe_rtt() */
	uint64_t note : 16;    /* what its diagnostic keeps with it */
	uint32_t tag;	       /* what an answer must bring back */
	uint32_t number : 24;  /* low bits: nd_probe_number() */
	uint32_t state : 4;    /* enum nd_probe_state */
	uint32_t stamped : 1;
	uint32_t settled : 1;
};

#define ND_PROBE_NO_RTT (((uint64_t)1 << 48) - 1)

/* In ns, of an answer in time (39 hours at most); else -1. */
static inline int64_t
nd_probe_rtt(const struct nd_probe *p)
{
	return p->rtt != ND_PROBE_NO_RTT ? (int64_t)p->rtt : -1;
}

/*
 * What finds a probe: the address it went to, its protocol and tag. ADDR NULL:
 * a probe of a task that takes answers from any address of FAMILY.
 */
struct nd_key {
	const struct nd_addr *addr;
	uint16_t family;
	uint8_t proto;
	uint32_t tag;
};

struct nd_table {
	uint64_t secret; /* mixed into the hash */
	struct slot {
		uint32_t hash, index; /* index 0: empty */
	} * slots;
	uint32_t size, used; /* size: a power of two */
	struct nd_probe **chunks;
	uint32_t chunk_count, pool_used; /* pool_used: indices given out */
	struct nd_probe *free_list;	 /* by `next` */
	uint64_t longest;		 /* most steps of one search so far */
};

int nd_table_init(struct nd_table *t, uint64_t secret);
void nd_table_free(struct nd_table *t);

/* A new probe of TASK with TAG, in the table; NULL: out of memory. */
struct nd_probe *nd_table_insert(
    struct nd_table *t, struct nd_task *task, uint32_t tag);
/* The probe that KEY names, or NULL. */
struct nd_probe *nd_table_find(struct nd_table *t, const struct nd_key *key);
/* Takes P out of the table; it stays allocated. */
void nd_table_forget(struct nd_table *t, struct nd_probe *p);
/* Gives P back to the pool; it must not be in the table. */
void nd_table_release(struct nd_table *t, struct nd_probe *p);

/*
 * Looks through the pool for what a packet that names no probe may have meant:
 * a probe of KEY's protocol with its tag, whatever the address, or, where
 * BY_ADDR, one to its address (NULL: any of its family), whatever the tag.
 * Continues after *AT (0 to begin with), looks at *BUDGET entries at most, and
 * counts it down. NULL: none left.
 */
struct nd_probe *nd_table_scan(struct nd_table *t, const struct nd_key *key,
    bool by_addr, uint32_t *at, uint32_t *budget);

#endif
