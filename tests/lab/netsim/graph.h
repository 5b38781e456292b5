/* SPDX-License-Identifier: MIT */
/* All the links that packets to a host may take. */
#ifndef NETSIM_GRAPH_H
#define NETSIM_GRAPH_H

#include "topo.h"

#include <stdio.h>

struct ns_graph_link {
	unsigned hop;	/* the TTL at which TO answers */
	uint32_t from;	/* router, or NS_NONE: the client */
	uint32_t to;	/* router, or NS_NONE: the host */
	uint32_t route; /* how FROM chooses; NS_NONE: it does not */
	uint32_t weight;
};

struct ns_graph {
	uint32_t host;
	struct ns_graph_link *link;
	uint32_t n, cap;
};

/*
 * From the client to the first address of host I, by all routes there are or
 * were. 0 or -ENOMEM; GRAPH is to be freed on success.
 */
int ns_graph_make(
    struct ns_graph *graph, const struct ns_topo *topo, uint32_t i);
void ns_graph_free(struct ns_graph *graph);

/* All of it for Graphviz. 0 or a negative errno. */
int ns_graph_dot(const struct ns_topo *topo, FILE *out);

#endif
