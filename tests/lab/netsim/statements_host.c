/* SPDX-License-Identifier: MIT */
/* The statement `host`, also as an event. */
#include "statement_parts.h"

#include "options.h"
#include "values.h"

#include <errno.h>
#include <string.h>

static int
parse_at(const struct ns_statement *st, struct ns_host *host, char *list)
{
	struct ns_route ways = {.n_ways = 0};

	if (ns_parse_ways(st, &ways, list) != 0)
		return -EINVAL;
	for (unsigned i = 0; i < ways.n_ways; i++)
		host->at[i] = ways.way[i].router;
	host->n_at = ways.n_ways;
	return 0;
}

static int
attach(struct ns_topo *topo, uint32_t i)
{
	struct ns_host *host = &topo->host[i];
	int r = 0;

	for (unsigned k = 0; k < host->n_at && r == 0; k++)
		r = ns_lpm_set(&topo->hosts, host->at[k], &host->prefix, i);
	return r;
}

/* Routers that no longer deliver the prefix ask their routes from now on. */
static void
detach(struct ns_topo *topo, uint32_t i)
{
	struct ns_host *host = &topo->host[i];

	for (unsigned k = 0; k < host->n_at; k++)
		(void)ns_lpm_set(
		    &topo->hosts, host->at[k], &host->prefix, NS_NONE);
}

static int
host_options(const struct ns_statement *st, struct ns_host *host,
    struct ns_words *w, unsigned k)
{
	for (; k < w->n; k++)
		if (ns_host_option(host, w->word[k], st->fault) != 0)
			return -EINVAL;
	return 0;
}

static int
change_host(const struct ns_statement *st, struct ns_host *host,
    struct ns_words *w, uint32_t i)
{
	unsigned k = 2;

	if (w->n > 3 && strcmp(w->word[2], "at") == 0) {
		if (parse_at(st, host, w->word[3]) != 0)
			return -EINVAL;
		k = 4;
	}
	if (host_options(st, host, w, k) != 0)
		return -EINVAL;
	if (st->dry)
		return 0;
	detach(st->topo, i);
	st->topo->host[i] = *host;
	return attach(st->topo, i);
}

int
ns_run_host(const struct ns_statement *st, struct ns_words *w)
{
	struct ns_topo *topo = st->topo;
	struct ns_prefix prefix;
	struct ns_host host;
	uint32_t i;
	void *items;

	if (w->n < 3)
		return ns_fault(st, "expected: host PREFIX at ROUTER ...");
	if (ns_prefix_parse(&prefix, w->word[1]) != 0)
		return ns_fault(st,
		    "not a prefix, or with bits of the host set: "
		    "%.63s",
		    w->word[1]);
	i = ns_lpm_get(&topo->blocks, 0, &prefix);
	if (st->event) {
		if (i == NS_NONE)
			return ns_fault(st, "no such host: %.63s", w->word[1]);
		host = topo->host[i];
		return change_host(st, &host, w, i);
	}
	if (i != NS_NONE)
		return ns_fault(st, "a second host %.63s", w->word[1]);
	if (w->n < 4 || strcmp(w->word[2], "at") != 0)
		return ns_fault(st, "expected: host PREFIX at ROUTER ...");
	ns_host_defaults(&host);
	host.prefix = prefix;
	if (parse_at(st, &host, w->word[3]) != 0 ||
	    host_options(st, &host, w, 4) != 0)
		return -EINVAL;
	items =
	    ns_grow(topo->host, topo->n_hosts, &topo->cap_hosts, sizeof(host));
	if (items == NULL)
		return -ENOMEM;
	topo->host = items;
	topo->host[topo->n_hosts] = host;
	if (ns_lpm_set(&topo->blocks, 0, &prefix, topo->n_hosts) != 0)
		return -ENOMEM;
	return attach(topo, topo->n_hosts++);
}
