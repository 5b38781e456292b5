/* SPDX-License-Identifier: MIT */
/*
 * The Multipath Detection Algorithm (MDA) as a machine of its own: which flow
 * to send to which TTL next, what the answers say of the graph, and when all of
 * it is known with the confidence asked for. It neither sends nor waits nor
 * allocates while it is told of answers, so that it runs over a model network
 * as well as over the real one.
 *
 * MDA-Lite first, hop by hop with flows shared between neighbours; the full
 * MDA, with node control, only where a hop proves to be meshed or its sides to
 * be asymmetric. Probes of one round may all be in flight at once; rounds of
 * several TTLs run side by side.
 */
#ifndef ND_DIAG_MDA_H
#define ND_DIAG_MDA_H

#include <stdbool.h>
#include <stdint.h>

#define ND_MDA_FLOWS_MAX 240 /* flow ids, from 1 */
#define ND_MDA_NODES_MAX 256 /* of one TTL */

/* ---- Stopping points: mda_table.c ---------------------------------------- */

/*
 * How many flows have to go through a node before it has no link beyond K that
 * were seen, with FAILURE (0.05, 0.01) the probability to be wrong: the
 * smallest n(k) such that, were there k + 1 links of equal share, sending on
 * with these very points would have stopped at k at most with that probability:
 * 6 11 16 21 27 33 39 ... for 0.05, 8 15 21 28 36 43 51 ... for 0.01. Computed
 * exactly for K from 1 on; 0 beyond MAX_K.
 */
#define ND_MDA_MAX_K 96
unsigned nd_mda_stop(double failure, unsigned k);
/* Fills RET[1 .. MAX_K] with all of them. */
void nd_mda_stops(double failure, uint16_t ret[ND_MDA_MAX_K + 1]);
/* The K-th, where STOPS[1 .. K - 1] are known: one step of nd_mda_stops(). */
unsigned nd_mda_stop_after(double failure, const uint16_t *stops, unsigned k);

/* ---- The machine --------------------------------------------------------- */

struct nd_mda_opts {
	unsigned confidence; /* per cent: 95, 99 */
	unsigned first, max; /* TTLs */
	unsigned flows;	     /* ids that may be used: 1 .. flows */
	unsigned gap;	     /* silent TTLs in a row that end it; 0: never */
};

enum nd_mda_answer {
	ND_MDA_SILENT, /* not answered, also when asked again */
	ND_MDA_HOP,
	ND_MDA_DESTINATION, /* also an unreachable that ends that flow */
};

struct nd_mda;

/*
 * -ENOMEM; -EINVAL. All memory that it will ever need: 3 bytes for each TTL and
 * flow id, 12 for each TTL, and 0.5 KiB: 24 KiB for 30 TTLs and all flow ids.
 */
int nd_mda_new(struct nd_mda **ret, const struct nd_mda_opts *opts);
void nd_mda_free(struct nd_mda *mda);

/*
 * The next probe to be sent: true, with TTL and FLOW. Never twice the same pair
 * but for the check of per-packet balancing, which asks a flow again (then
 * AGAIN is set). False: nothing before something is heard, or it is done.
 */
bool nd_mda_next(
    struct nd_mda *mda, unsigned *ttl, unsigned *flow, bool *again);
/*
 * What came of one: NODE is the number that the caller gives the address that
 * answered, 0 .. ND_MDA_NODES_MAX - 1, its own for each TTL (the same address
 * at the same TTL has the same number). Never allocates.
 */
void nd_mda_heard(struct nd_mda *mda, unsigned ttl, unsigned flow,
    enum nd_mda_answer answer, unsigned node);
/* Nothing more to send, nothing awaited. */
bool nd_mda_done(const struct nd_mda *mda);

/* ---- What is known --------------------------------------------------------
 */

/* How a node chooses. */
enum nd_mda_kind {
	ND_MDA_SINGLE,	/* one link */
	ND_MDA_FLOW,	/* several, a flow keeps to its own */
	ND_MDA_PACKET,	/* a flow was seen on several */
	ND_MDA_UNKNOWN, /* not all of its flows were answered */
};

enum nd_mda_kind nd_mda_kind(
    const struct nd_mda *mda, unsigned ttl, unsigned node);
/*
 * Whether all flows go through one node at TTL, NODE: those too that were never
 * sent there, since MDA-Lite takes it to be so once the stopping point of that
 * hop is reached. A node of TTL + 1 that has no flow in common with it is
 * linked to it all the same.
 */
bool nd_mda_sole(const struct nd_mda *mda, unsigned ttl, unsigned *node);
/*
 * Whether flows do not keep to the nodes of TTL, since a node before them
 * chooses anew for each packet: what a flow seems to show of their links need
 * not exist.
 */
bool nd_mda_moving(const struct nd_mda *mda, unsigned ttl);
/*
 * Whether the nodes of TTL had to be found by the full MDA: between them and
 * those of TTL - 1 links cross, or shares differ.
 */
bool nd_mda_meshed(const struct nd_mda *mda, unsigned ttl);
/*
 * The confidence that was reached for each branching node: that of the options,
 * or -1 where flows went unanswered, or ran out before the stopping point, or
 * not all is known yet.
 */
int nd_mda_confidence(const struct nd_mda *mda);
/* Why: every flow came to the destination; a gap; the last TTL. */
enum nd_mda_end {
	ND_MDA_END_NONE,
	ND_MDA_END_REACHED,
	ND_MDA_END_GAP,
	ND_MDA_END_MAX
};
enum nd_mda_end nd_mda_end(const struct nd_mda *mda);
/* Probes asked for so far. */
uint64_t nd_mda_probes(const struct nd_mda *mda);

#endif
