/* SPDX-License-Identifier: MIT */
/* Statements about routes: `route`, `path`, `return`. */
#include "statement_parts.h"

#include "values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int
ns_parse_ways(const struct ns_statement *st, struct ns_route *route, char *list)
{
	char *item;

	route->n_ways = 0;
	route->weights = 0;
	while ((item = ns_next_item(&list)) != NULL) {
		char *star = strchr(item, '*');
		int64_t weight = 1;
		uint32_t next = NS_NONE;

		if (star != NULL)
			*star++ = '\0';
		if (star != NULL &&
		    ns_parse_number(&weight, star, 1, 1000) != 0)
			return ns_fault(st, "not a weight: %.63s", star);
		if (route->n_ways == NS_MAX_WAYS)
			return ns_fault(
			    st, "more than %u next hops", NS_MAX_WAYS);
		if (ns_find_router(st, &next, item) != 0)
			return -EINVAL;
		route->way[route->n_ways].router = next;
		route->way[route->n_ways++].weight = (uint32_t)weight;
		route->weights += (uint32_t)weight;
	}
	return 0;
}

/* Takes the word about balancing off the end, if there is one. */
static void
take_balance(struct ns_words *w, enum ns_balance *ret)
{
	static const char *const names[] = {
	    [NS_PER_FLOW] = "per-flow",
	    [NS_PER_PACKET] = "per-packet",
	    [NS_PER_DEST] = "per-dest",
	};

	*ret = NS_PER_FLOW;
	for (int i = 0; i < 3 && w->n > 0; i++) {
		if (strcmp(w->word[w->n - 1], names[i]) == 0) {
			*ret = (enum ns_balance)i;
			w->n--;
			return;
		}
	}
}

/* PREFIX, or `default` for both families: 1 or 2 prefixes, or -EINVAL. */
static int
parse_prefixes(
    const struct ns_statement *st, struct ns_prefix prefix[2], const char *text)
{
	if (strcmp(text, "default") == 0) {
		prefix[0] = (struct ns_prefix){.addr.af = AF_INET};
		prefix[1] = (struct ns_prefix){.addr.af = AF_INET6};
		return 2;
	}
	if (ns_prefix_parse(&prefix[0], text) != 0)
		return ns_fault(st,
		    "not a prefix, or with bits of the host set: "
		    "%.63s",
		    text);
	return 1;
}

static int
add_routes(const struct ns_statement *st, struct ns_route *route,
    const struct ns_prefix *prefix, int n)
{
	int r = 0;

	if (st->dry)
		return 0;
	for (int i = 0; i < n && r == 0; i++) {
		route->prefix = prefix[i];
		r = ns_topo_add_route(st->topo, route);
	}
	return r;
}

int
ns_run_route(const struct ns_statement *st, struct ns_words *w)
{
	struct ns_route route = {.n_ways = 0};
	struct ns_prefix prefix[2];
	int n;

	take_balance(w, &route.balance);
	if (w->n != 4)
		return ns_fault(st, "expected: route ROUTER PREFIX NEXT,... ");
	if (ns_find_router(st, &route.router, w->word[1]) != 0)
		return -EINVAL;
	n = parse_prefixes(st, prefix, w->word[2]);
	if (n < 0)
		return n;
	if (strcmp(w->word[3], "none") != 0 &&
	    ns_parse_ways(st, &route, w->word[3]) != 0)
		return -EINVAL;
	return add_routes(st, &route, prefix, n);
}

int
ns_run_path(const struct ns_statement *st, struct ns_words *w)
{
	struct ns_route from = {.n_ways = 0}, route = {.n_ways = 0};
	struct ns_prefix prefix[2];
	int n, r;

	take_balance(w, &route.balance);
	if (w->n < 4)
		return ns_fault(st, "expected: path PREFIX STEP STEP...");
	n = parse_prefixes(st, prefix, w->word[1]);
	if (n < 0)
		return n;
	if (ns_parse_ways(st, &from, w->word[2]) != 0)
		return -EINVAL;
	for (unsigned k = 3; k < w->n; k++) {
		if (ns_parse_ways(st, &route, w->word[k]) != 0)
			return -EINVAL;
		for (unsigned i = 0; i < from.n_ways; i++) {
			route.router = from.way[i].router;
			r = add_routes(st, &route, prefix, n);
			if (r != 0)
				return r;
		}
		memcpy(from.way, route.way, sizeof(from.way));
		from.n_ways = route.n_ways;
	}
	return 0;
}

int
ns_run_return(const struct ns_statement *st, struct ns_words *w)
{
	struct ns_topo *topo = st->topo;
	struct ns_return ret = {.n = 0};
	struct ns_router *router;
	uint32_t start = NS_NONE, next = NS_NONE;
	void *items;

	if (w->n < 2 || w->n - 2 > NS_MAX_RETURN)
		return ns_fault(st, "expected: return ROUTER ROUTER...");
	if (ns_find_router(st, &start, w->word[1]) != 0)
		return -EINVAL;
	for (unsigned k = 2; k < w->n; k++) {
		if (ns_find_router(st, &next, w->word[k]) != 0)
			return -EINVAL;
		ret.router[ret.n++] = next;
	}
	items = ns_grow(
	    topo->ret, topo->n_returns, &topo->cap_returns, sizeof(ret));
	if (items == NULL)
		return -ENOMEM;
	topo->ret = items;
	router = &topo->router[start];
	ret.next = router->first_return;
	router->first_return = topo->n_returns;
	router->n_returns++;
	topo->ret[topo->n_returns++] = ret;
	return 0;
}
