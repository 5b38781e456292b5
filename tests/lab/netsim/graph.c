/* SPDX-License-Identifier: MIT */
/* Follows the routes towards a host, breadth first. */
#include "graph.h"

#include "statements.h"
#include "walk.h"

#include <errno.h>
#include <stdlib.h>

static int
add_link(struct ns_graph *graph, const struct ns_graph_link *link)
{
	void *items;

	for (uint32_t i = 0; i < graph->n; i++) {
		const struct ns_graph_link *have = &graph->link[i];

		if (have->hop == link->hop && have->from == link->from &&
		    have->to == link->to)
			return 0;
	}
	items = ns_grow(graph->link, graph->n, &graph->cap, sizeof(*link));
	if (items == NULL)
		return -ENOMEM;
	graph->link = items;
	graph->link[graph->n++] = *link;
	return 0;
}

/* What leaves the router at the end of AT, by routes of today and before. */
static int
leave(struct ns_graph *graph, const struct ns_topo *topo,
    const struct ns_graph_link *at)
{
	const struct ns_host *host = &topo->host[graph->host];
	struct ns_decision d = ns_topo_decide(topo, at->to, &host->prefix.addr);
	unsigned hop = at->hop + !topo->router[at->to].hidden;
	int r = 0;

	if (d.host == graph->host) {
		struct ns_graph_link link = {hop, at->to, NS_NONE, NS_NONE, 1};

		return add_link(graph, &link);
	}
	for (uint32_t i = d.route; i != NS_NONE; i = topo->route[i].older) {
		const struct ns_route *route = &topo->route[i];

		for (unsigned k = 0; k < route->n_ways && r == 0; k++) {
			struct ns_graph_link link = {hop, at->to,
			    route->way[k].router, i, route->way[k].weight};

			r = add_link(graph, &link);
		}
	}
	return r;
}

int
ns_graph_make(struct ns_graph *graph, const struct ns_topo *topo, uint32_t i)
{
	struct ns_graph_link first = {1, NS_NONE, topo->entry, NS_NONE, 1};
	struct ns_graph made = {.host = i};
	int r = add_link(&made, &first);

	/* The list grows while it is followed; hops bound it. */
	for (uint32_t k = 0; k < made.n && r == 0; k++) {
		struct ns_graph_link at = made.link[k];

		if (at.to != NS_NONE && at.hop < NS_MAX_PATH &&
		    made.n < topo->n_routers * NS_MAX_PATH)
			r = leave(&made, topo, &at);
	}
	if (r != 0) {
		ns_graph_free(&made);
		return r;
	}
	*graph = made;
	return 0;
}

void
ns_graph_free(struct ns_graph *graph)
{
	free(graph->link);
	*graph = (struct ns_graph){.link = NULL};
}

static const char *
balance_name(const struct ns_route *route)
{
	if (route->n_ways < 2)
		return "solid";
	return route->balance == NS_PER_FLOW ? "bold" : "dashed";
}

static void
dot_router(const struct ns_router *r, FILE *out)
{
	char text[NS_ADDR_TEXT];

	(void)fprintf(out, "\t\"%s\" [label=\"%s", r->name, r->name);
	if (r->addr4.af != 0) {
		(void)ns_addr_text(text, &r->addr4);
		(void)fprintf(out, "\\n%s", text);
	}
	if (r->addr6.af != 0) {
		(void)ns_addr_text(text, &r->addr6);
		(void)fprintf(out, "\\n%s", text);
	}
	(void)fprintf(
	    out, "\"%s];\n", r->silent || r->hidden ? ", style=dotted" : "");
}

int
ns_graph_dot(const struct ns_topo *topo, FILE *out)
{
	char text[NS_ADDR_TEXT + 4];

	(void)fprintf(out,
	    "digraph netsim {\n\trankdir=LR;\n"
	    "\tclient [shape=box];\n\tclient -> \"%s\";\n",
	    topo->router[topo->entry].name);
	for (uint32_t i = 0; i < topo->n_routers; i++)
		dot_router(&topo->router[i], out);
	for (uint32_t i = 0; i < topo->n_routes; i++) {
		const struct ns_route *route = &topo->route[i];

		(void)ns_prefix_text(text, &route->prefix);
		for (unsigned k = 0; k < route->n_ways; k++)
			(void)fprintf(out,
			    "\t\"%s\" -> \"%s\" [label=\"%s\", style=%s];\n",
			    topo->router[route->router].name,
			    topo->router[route->way[k].router].name, text,
			    balance_name(route));
	}
	for (uint32_t i = 0; i < topo->n_hosts; i++) {
		(void)ns_prefix_text(text, &topo->host[i].prefix);
		(void)fprintf(out, "\t\"%s\" [shape=box];\n", text);
		for (unsigned k = 0; k < topo->host[i].n_at; k++)
			(void)fprintf(out, "\t\"%s\" -> \"%s\";\n",
			    topo->router[topo->host[i].at[k]].name, text);
	}
	(void)fprintf(out, "}\n");
	return ferror(out) ? -EIO : 0;
}
