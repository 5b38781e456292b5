/* SPDX-License-Identifier: MIT */
/*
 * report_trace_view.h: what a trace has found, read from the library into plain
 * tables, so that the reports draw and count without asking it again.
 */
#ifndef CMD_REPORT_TRACE_VIEW_H
#define CMD_REPORT_TRACE_VIEW_H

#include <stddef.h>

#include <netdiag.h>

struct report_trace_view_node {
	struct nd_trace_node node;
	enum nd_trace_balancing balancing;
};

/* One TTL. A link's `from` is an index into `nodes`, its `to` into those of the
 * next TTL. */
struct report_trace_view_hop {
	struct nd_trace_hop hop;
	struct report_trace_view_node *nodes;
	size_t nnodes;
	struct nd_trace_link *links; /* to the next TTL */
	size_t nlinks;
};

struct report_trace_view {
	struct report_trace_view_hop *hops; /* in order of TTLs */
	size_t nhops;
	/* All of them, in order: where the hops' tables are. */
	struct report_trace_view_node *nodes;
	struct nd_trace_link *links;
	size_t nnodes, nlinks;
};

/*
 * Reads the TTLs FROM to TO of TRACE that were asked; none where TRACE is NULL:
 * it never started. To be freed. -ENOMEM.
 */
int report_trace_read(struct report_trace_view *ret,
    const struct nd_trace *trace, unsigned from, unsigned to);
void report_trace_view_free(struct report_trace_view *view);

#endif
