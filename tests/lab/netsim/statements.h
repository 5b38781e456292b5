/* SPDX-License-Identifier: MIT */
/*
 * The statements of the topology file: one line, one change of the topology.
 */
#ifndef NETSIM_STATEMENTS_H
#define NETSIM_STATEMENTS_H

#include "topo.h"

/* Routers are made in the first pass, so that any line may name any. */
enum ns_pass { NS_PASS_ROUTERS, NS_PASS_REST, NS_PASS_EVENTS, NS_PASSES };

/*
 * Carries out the statement TEXT, of LINE, if it belongs to PASS, or, where
 * EVENT, as what an `at` says. With DRY it is only checked. 0; -ENOMEM, or
 * -EINVAL with the cause in FAULT.
 */
struct ns_statement {
	struct ns_topo *topo;
	struct ns_fault *fault;
	enum ns_pass pass;
	bool event, dry;
	unsigned line;
};
int ns_statement_run(const struct ns_statement *st, const char *text);

/* Adds a route and makes it the one in force. 0 or -ENOMEM. */
int ns_topo_add_route(struct ns_topo *topo, const struct ns_route *route);

/*
 * ITEMS, of N of SIZE bytes and room for *CAP, with room for one more: where it
 * is now, or NULL (then ITEMS is as it was).
 */
void *ns_grow(void *items, uint32_t n, uint32_t *cap, size_t size);

#endif
