/* SPDX-License-Identifier: MIT */
/*
 * What the files of the MDA share. Cells hold what was asked and heard; all
 * else that is known of the graph is read from them when a TTL is looked at, so
 * that no count has to be put right when a flow proves to have ended earlier.
 */
#ifndef ND_DIAG_MDA_INTERNAL_H
#define ND_DIAG_MDA_INTERNAL_H

#include "diag/mda.h"

#include <stddef.h>

enum nd_mda_state {
	ND_MDA_NEW, /* never asked */
	ND_MDA_WANTED,
	ND_MDA_ASKED,
	ND_MDA_UNANSWERED,
	ND_MDA_PASSED, /* a hop answered: the flow goes on */
	ND_MDA_ENDED,
	/* The others are never stored: see nd_mda_state(). */
	ND_MDA_DOUBTFUL,
	ND_MDA_BEYOND
};

/* The check of per-packet balancing. */
enum nd_mda_again {
	ND_MDA_AGAIN_NOT,
	ND_MDA_AGAIN_WANTED,
	ND_MDA_AGAIN_ASKED,
	ND_MDA_AGAIN_SAME, /* or unanswered */
	ND_MDA_AGAIN_MOVED
};

struct nd_mda_cell {
	uint8_t state, again; /* of the enums above */
	uint8_t node;	      /* the first that answered */
};

struct nd_mda_row {
	uint16_t wanted; /* cells, to be sent or sent again */
	bool dirty;	 /* to be planned again */
	bool open;	 /* some flow may come here, as far as known */
	bool settled;	 /* its stopping point is reached, nothing awaited */
	bool final;	 /* and the tests are done, for the time being */
	bool full;	 /* node control */
	bool uneven;	 /* its nodes do not get equal shares */
	bool checked;	 /* flows were asked again */
	bool moving;	 /* flows do not keep to its nodes */
	bool lacking;	 /* no flow was left before the stopping point */
};

struct nd_mda {
	struct nd_mda_opts opts;
	double failure;
	unsigned stops_known;
	uint16_t stops[ND_MDA_MAX_K + 1];
	uint8_t ends[ND_MDA_FLOWS_MAX + 1]; /* a flow's nearest end, or 0 */
	unsigned used;			    /* flow ids so far */
	unsigned scouted; /* how far flow 1 was sent, to see what is there */
	unsigned heard;	  /* the furthest hop that answered */
	unsigned nearest; /* the nearest end of all flows, or UINT_MAX */
	unsigned horizon; /* nd_mda_horizon() when last planned */
	unsigned wanted, in_flight;
	unsigned turn; /* the TTL that was sent to last */
	bool dirty;    /* some row is */
	uint64_t probes;
	struct nd_mda_row *rows;   /* 0 .. opts.max + 1 */
	struct nd_mda_cell *cells; /* of a row: flows 1 .. opts.flows */
};

/* One TTL, as far as it is known. */
struct nd_mda_view {
	unsigned width;	  /* nodes */
	unsigned passing; /* nodes that flows leave again */
	unsigned answered, passed, pending, silent; /* flows */
	unsigned again, moved;			    /* of the check */
	uint16_t hits[ND_MDA_NODES_MAX];   /* flows that a node answered */
	uint16_t passes[ND_MDA_NODES_MAX]; /* those of them that go on */
};

/* What flows say of two neighbouring TTLs. */
struct nd_mda_pair {
	/* By node of the nearer: flows known at the further, or asked there; */
	uint16_t known[ND_MDA_NODES_MAX];
	uint16_t lost[ND_MDA_NODES_MAX]; /* and those unanswered there. */
	/* The same by node of the further. */
	uint16_t back[ND_MDA_NODES_MAX];
	uint16_t back_lost[ND_MDA_NODES_MAX];
	/* Links. */
	uint16_t out[ND_MDA_NODES_MAX], in[ND_MDA_NODES_MAX];
	uint64_t linked[ND_MDA_NODES_MAX][ND_MDA_NODES_MAX / 64];
};

/* A TTL that is being planned, and the one before it. */
struct nd_mda_step {
	struct nd_mda *mda;
	unsigned ttl;
	struct nd_mda_row *row, *row_before;
	struct nd_mda_view here, before;
	struct nd_mda_pair pair; /* unless SOLE */
	bool sole;		 /* whoever comes here came through one node */
	bool gated; /* of the flows some end before: only those known to pass */
	bool held;  /* more is to be asked once more is known */
	unsigned asked; /* by this step, here or before */
};

/* ---- mda.c: cells ---------------------------------------------------------
 */

static inline struct nd_mda_cell *
nd_mda_cell_at(const struct nd_mda *mda, unsigned ttl, unsigned flow)
{
	return &mda->cells[(size_t)ttl * mda->opts.flows + flow - 1];
}

/* FLOW is to be sent to TTL, which it never was. */
void nd_mda_want(struct nd_mda *mda, unsigned ttl, unsigned flow);
/* Once more. */
void nd_mda_want_again(struct nd_mda *mda, unsigned ttl, unsigned flow);
/* TTL has to be planned again. */
void nd_mda_touch(struct nd_mda *mda, unsigned ttl);

/* ---- mda_graph.c: what they say -------------------------------------------
 */

/*
 * Of a cell, in the light of the others: BEYOND past the end of its flow, or
 * where the flow may as well have ended unheard a TTL before; DOUBTFUL while
 * that is not known.
 */
enum nd_mda_state nd_mda_state(
    const struct nd_mda *mda, unsigned ttl, unsigned flow);
bool nd_mda_is_pending(enum nd_mda_state state);
void nd_mda_look(
    const struct nd_mda *mda, unsigned ttl, struct nd_mda_view *ret);
/* Of TTL - 1 and TTL. */
void nd_mda_relate(
    const struct nd_mda *mda, unsigned ttl, struct nd_mda_pair *ret);
bool nd_mda_is_sole(const struct nd_mda_view *view);

/* ---- mda_plan.c: which TTL is worth a probe -------------------------------
 */

/* All that can be wanted by now becomes so. */
void nd_mda_plan(struct nd_mda *mda);
/* The furthest TTL that is known to be part of the way. */
unsigned nd_mda_horizon(const struct nd_mda *mda);

/* ---- mda_lite.c, mda_full.c: the stopping rules ---------------------------
 */

/* The stopping point for K links. */
unsigned nd_mda_need(struct nd_mda *mda, unsigned k);
/*
 * How many flows count: answered or awaited ones, and those unanswered beyond
 * one stopping point's worth, for which others were sent. All of them where
 * none is answered.
 */
unsigned nd_mda_spent(
    struct nd_mda *mda, unsigned answered, unsigned awaited, unsigned lost);
/* Each hop as one node. */
void nd_mda_lite(struct nd_mda_step *step);
/* Node by node. */
void nd_mda_full(struct nd_mda_step *step);
/* Up to COUNT new flows for the TTL before; false: there is none left. */
bool nd_mda_hunt(struct nd_mda_step *step, unsigned count);

/* ---- mda_check.c: what MDA-Lite takes for granted --------------------------
 */

/* True: all is tested. False: more was asked, or node control has begun. */
bool nd_mda_check(struct nd_mda_step *step);

#endif
