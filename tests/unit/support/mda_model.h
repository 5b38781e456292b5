/* SPDX-License-Identifier: MIT */
/*
 * A network without a kernel for the MDA: nodes and links. A hash of the key,
 * the node and the flow says which link a flow takes.
 */
#ifndef TEST_MDA_MODEL_H
#define TEST_MDA_MODEL_H

#include "diag/mda.h"

#define MODEL_NODES 256
#define MODEL_LINKS 100 /* of a node */
#define MODEL_TTLS 32

enum model_flags {
	MODEL_END = 1,	  /* the destination */
	MODEL_SILENT = 2, /* forwards, never answers */
	MODEL_PACKET = 4, /* chooses anew for each packet */
	MODEL_MEAN = 8	  /* answers six probes, no more */
};

struct model {
	uint64_t key;
	unsigned nodes; /* the first is the source */
	unsigned loss;	/* per cent of the probes */
	bool shuffled;	/* answers come one by one, in any order */
	struct model_node {
		unsigned flags, links;
		uint16_t to[MODEL_LINKS];
	} node[MODEL_NODES];
};

/* What a run came to. */
struct model_result {
	struct nd_mda *mda; /* of the caller, to be freed */
	unsigned probes, rounds;
	unsigned beyond; /* probes past the end of their flow */
	unsigned missed; /* links */
	unsigned wrong;	 /* links that do not exist */
	/* The number that a node has at a TTL, plus one; 0: never seen there.
	 */
	uint16_t number[MODEL_TTLS][MODEL_NODES];
};

struct model *model_new(void);
unsigned model_add(struct model *model, unsigned flags);
void model_link(struct model *model, unsigned from, unsigned to);
/*
 * Source and, one TTL each, layers of so many nodes up to a 0, the last one the
 * destination. Links do not cross: each node has its share of the wider layer.
 */
struct model *model_layers(const unsigned *widths);
/* In one of these: the N-th node of TTL. */
unsigned model_at(const unsigned *widths, unsigned ttl, unsigned n);
/* All of one layer with all of the next. */
void model_mesh(struct model *model, const unsigned *widths, unsigned ttl);

/* One run that comes to its end and asks nothing twice. */
void model_run(struct model *model, const struct nd_mda_opts *opts,
    struct model_result *ret);

/* The sum of runs. */
struct model_total {
	unsigned failed, meshed, unsure, beyond;
	unsigned wrong;	       /* links, in those that missed none */
	unsigned most, rounds; /* of one run */
	double probes;
	unsigned packet, flow, unknown; /* kinds of the first node of TTL */
};
/* With the keys 0 .. COUNT - 1. */
struct model_total model_run_all(struct model *model,
    const struct nd_mda_opts *opts, unsigned count, unsigned ttl);

/* Layers for the above. */
#define MODEL_LAYERS(...) ((const unsigned[]){__VA_ARGS__, 0})

/*
 * The most of COUNT that an event with the probability P takes, but for a
 * chance of one in a thousand.
 */
#define MODEL_SIGMAS 3.1
double model_most(unsigned count, double p);

extern const struct nd_mda_opts model_usual; /* 95 per cent, 30 TTLs, gap 5 */

#endif
