/* SPDX-License-Identifier: MIT */
/* report_trace_view.c: reads a trace into plain tables. */
#include "report_trace_view.h"

#include <errno.h>
#include <stdlib.h>

/* How many hops, nodes and links the TTLs have. */
static void
count(struct report_trace_view *view, const struct nd_trace *trace,
    unsigned from, unsigned to)
{
	struct nd_trace_link link;
	struct nd_trace_hop hop;

	for (unsigned ttl = from; ttl <= to; ttl++) {
		unsigned links = 0;

		if (nd_trace_hop(trace, ttl, &hop) != 0)
			continue;
		while (nd_trace_link(trace, ttl, links, &link) == 0)
			links++;
		view->nhops++;
		view->nnodes += hop.nodes;
		view->nlinks += links;
	}
}

/* Fills HOP, its nodes and links being the next ones of the tables. */
static void
fill(struct report_trace_view *view, const struct nd_trace *trace,
    struct report_trace_view_hop *hop)
{
	const unsigned ttl = hop->hop.ttl;

	hop->nodes = view->nodes + view->nnodes;
	hop->links = view->links + view->nlinks;
	for (unsigned i = 0; i < hop->hop.nodes; i++) {
		struct report_trace_view_node *node = &hop->nodes[i];

		if (nd_trace_node(trace, ttl, i, &node->node) != 0)
			break;
		node->balancing = nd_trace_balancing(trace, ttl, i);
		hop->nnodes++;
	}
	while (nd_trace_link(trace, ttl, (unsigned)hop->nlinks,
		   &hop->links[hop->nlinks]) == 0)
		hop->nlinks++;
	view->nnodes += hop->nnodes;
	view->nlinks += hop->nlinks;
}

int
report_trace_read(struct report_trace_view *ret, const struct nd_trace *trace,
    unsigned from, unsigned to)
{
	struct report_trace_view view = {0};

	if (trace != NULL)
		count(&view, trace, from, to);
	/* One too many: an empty table is none, and a link is asked past the
	 * last. */
	view.hops = calloc(view.nhops + 1, sizeof(*view.hops));
	view.nodes = calloc(view.nnodes + 1, sizeof(*view.nodes));
	view.links = calloc(view.nlinks + 1, sizeof(*view.links));
	if (view.hops == NULL || view.nodes == NULL || view.links == NULL) {
		report_trace_view_free(&view);
		return -ENOMEM;
	}
	view.nhops = view.nnodes = view.nlinks = 0;
	for (unsigned ttl = from; trace != NULL && ttl <= to; ttl++) {
		struct report_trace_view_hop *hop = &view.hops[view.nhops];

		if (nd_trace_hop(trace, ttl, &hop->hop) != 0)
			continue;
		fill(&view, trace, hop);
		view.nhops++;
	}
	*ret = view;
	return 0;
}

void
report_trace_view_free(struct report_trace_view *view)
{
	free(view->hops);
	free(view->nodes);
	free(view->links);
	*view = (struct report_trace_view){0};
}
