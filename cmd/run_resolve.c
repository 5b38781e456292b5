/* SPDX-License-Identifier: MIT */
/*
 * run_resolve.c: from a name to rows that start. The rows of a name, one a
 * port, hang on the first; with --all as many more do for each further address.
 */
#include "run.h"

#include <stdlib.h>
#include <string.h>

/* One more row, behind LAST, for a further address of the name of ROW. */
static struct row *
add_sibling(struct run *run, struct row *last, const struct row *row)
{
	struct row *next = rows_add(&run->rows);

	if (next == NULL)
		return NULL;
	*next = (struct row){.run = run,
	    .at = next->at,
	    .dns_ns = row->dns_ns,
	    .index = row->index,
	    .port = row->port,
	    .secondary = true};
	next->name = strdup(row->name);
	if (next->name == NULL)
		return NULL;
	last->sibling = next;
	run->undecided++;
	return next;
}

static void
widen(struct run *run, const struct row *row)
{
	char text[ADDRTEXT_MAX];
	struct report_target t = row_target(row, text);
	size_t width = report_name_width(&t, run->opts->all);

	if (width > run->report->opts.name_width)
		run->report->opts.name_width = width;
}

static bool
is_before(const struct addrinfo *first, const struct addrinfo *a)
{
	for (; first != a; first = first->ai_next)
		if (first->ai_addrlen == a->ai_addrlen &&
		    memcmp(first->ai_addr, a->ai_addr, a->ai_addrlen) == 0)
			return true;
	return false;
}

/* Some systems list an address twice, such as that of localhost with -4. */
static const struct addrinfo *
next_address(const struct addrinfo *first, const struct addrinfo *a)
{
	do
		a = a->ai_next;
	while (a != NULL && is_before(first, a));
	return a;
}

/* Behind LAST, the rows from FIRST on, PORTS of them, at a further address. */
static struct row *
add_further(struct run *run, struct row *last, const struct row *first,
    size_t ports, const struct sockaddr *addr)
{
	const struct row *row = first;

	for (size_t i = 0; i < ports; i++, row = row->sibling) {
		struct row *next = add_sibling(run, last, row);

		if (next == NULL)
			return NULL;
		row_set_addr(next, addr);
		next->state = (uint8_t)run_first_state(run, i);
		last = next;
	}
	return last;
}

/* How many addresses a name has, others say: they count as if typed. */
static bool
may_add(struct run *run, const struct row *first, size_t ports)
{
	struct opt_error err;

	run->wanted += ports;
	if (run->ops->limit == NULL ||
	    run->ops->limit(run, run->wanted, &err) == 0)
		return true;
	run_message(run, first->name,
	    "has more addresses than a run takes: the rest is left out",
	    err.hint);
	run_status_at_least(run, EXIT_USAGE);
	return false;
}

static void
set_addresses(struct run *run, struct row *first, const struct addrinfo *list)
{
	const struct addrinfo *a = list;
	struct row *last = first;
	size_t ports = 0;

	for (struct row *row = first; row != NULL; row = row->sibling) {
		row_set_addr(row, a->ai_addr);
		row->state = (uint8_t)run_first_state(run, ports++);
		last = row;
	}
	while (run->opts->all && last != NULL &&
	       (a = next_address(list, a)) != NULL &&
	       may_add(run, first, ports))
		last = add_further(run, last, first, ports, a->ai_addr);
	if (last == NULL) {
		run_message(run, first->name, "out of memory", NULL);
		run_status_at_least(run, EXIT_SYSTEM);
	}
}

static void
fail_all(
    struct run *run, struct row *first, const char *cause, const char *hint)
{
	struct row *next;

	for (struct row *row = first; row != NULL; row = next) {
		next = row->sibling;
		run_fail(run, row, REPORT_RESOLVE, cause, hint);
	}
}

void
run_resolve(struct run *run, struct row *first)
{
	int r;

	first->state = ROW_NAME;
	r = resolve_start(
	    run->resolver, first->name, run_opts_family(run->opts), first);
	if (r != 0)
		fail_all(run, first, nd_strerror(r), NULL);
}

void
run_resolved(void *user, int err, const struct addrinfo *list, int64_t took_ns)
{
	struct row *first = user, *row;
	struct run *run = first->run;

	if (run->stopping)
		return;
	for (row = first; row != NULL; row = row->sibling)
		row->dns_ns = took_ns;
	if (err != 0 || list == NULL) {
		fail_all(run, first,
		    resolve_strerror(err != 0 ? err : EAI_NONAME),
		    resolve_hint(err));
		return;
	}
	/* All of them before one starts, so that the run is not over. */
	set_addresses(run, first, list);
	for (row = first; row != NULL; row = row->sibling) {
		widen(run, row);
		if (row->state == ROW_NEW)
			run_ready(run, row);
	}
	run_start_ready(run);
}
