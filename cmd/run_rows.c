/* SPDX-License-Identifier: MIT */
/*
 * run_rows.c: the life of a row: its name is resolved, it is started, it is
 * decided.
 */
#include "run.h"

#include "cmd.h"
#include "message.h"
#include "out.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define START_AT_ONCE 64
/* Before the first probe leaves: half of what a signal may have to wait. */
#define START_FIRST_NS INT64_C(50000000)

static void
decided(struct run *run, struct row *row, enum row_state state)
{
	row->state = (uint8_t)state;
	run->undecided--;
	if (!run->report->ops->at_end)
		run_tell_soon(run, row);
	if (run->undecided == 0 &&
	    (run->ops->holds == NULL || !run->ops->holds(run)))
		run_finish(run, REPORT_DONE);
}

static void
fail(struct run *run, struct row *row, enum report_code code, const char *cause,
    const char *hint)
{
	char text[ADDRTEXT_MAX];
	struct report_target t = row_target(row, text);

	row->code = (uint8_t)code;
	row->cause = cause;
	run_status_at_least(run, report_code_status(code));
	/* Once a name, however many ports of it are rows. */
	if (code != REPORT_RESOLVE || !row->secondary)
		run_message(run, t.name != NULL ? t.name : t.addr, cause, hint);
	decided(run, row, ROW_FAILED);
}

void
run_fail(
    struct run *run, struct row *row, enum report_code code, const char *cause)
{
	fail(run, row, code, cause, NULL);
}

/* ---- Measuring ------------------------------------------------------------
 */

void
run_done(struct run *run, struct row *row)
{
	decided(run, row, ROW_DONE);
}

/* Starts are spread over the interval, from the beginning of the run. */
static int64_t
start_after(const struct run *run, const struct row *row)
{
	const int64_t interval = run->interval_ns;
	int64_t at, past;

	if (run->once || run->targets == 1)
		return 0;
	at = (int64_t)((double)interval *
		       ((double)row->index / (double)run->targets));
	past = clock_monotonic_ns() - run->started_ns;
	return at > past ? at - past : 0;
}

static void
start_row(struct run *run, struct row *row)
{
	int r;

	row->state = ROW_RUNNING;
	if (run->ops->started == NULL || !run->ops->started(run, row))
		run_tell_start(run, row, &(struct report_start){0});
	r = run->ops->start(run, row, start_after(run, row));
	if (r != 0)
		run_fail(run, row, REPORT_SOCKET, nd_strerror(r));
}

/* ---- Names ----------------------------------------------------------------
 */

/* One more row, behind LAST, for a further address of the name of ROW. */
static struct row *
add_sibling(struct run *run, struct row *last, const struct row *row)
{
	struct row *next = rows_add(&run->rows);

	if (next == NULL)
		return NULL;
	*next = (struct row){.run = run,
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

static void
unresolved(struct run *run, struct row *row, int err)
{
	fail(run, row, REPORT_RESOLVE,
	    resolve_strerror(err != 0 ? err : EAI_NONAME), resolve_hint(err));
}

/*
 * The rows of a name, one a port, hang on FIRST. They get the first address;
 * with --all there are as many again for each further one.
 */
static void
set_addresses(struct run *run, struct row *first, const struct addrinfo *list)
{
	const struct addrinfo *a = list;
	struct row *last = first, *row;
	size_t ports = 1;

	for (; last->sibling != NULL; last = last->sibling)
		ports++;
	for (row = first; row != NULL; row = row->sibling) {
		row_set_addr(row, a->ai_addr);
		widen(run, row);
	}
	while (run->opts->all && (a = next_address(list, a)) != NULL) {
		row = first;
		for (size_t i = 0; i < ports; i++, row = row->sibling) {
			struct row *next = add_sibling(run, last, row);

			if (next == NULL)
				return;
			row_set_addr(next, a->ai_addr);
			widen(run, next);
			last = next;
		}
	}
}

void
run_resolved(void *user, int err, const struct addrinfo *list, int64_t took_ns)
{
	struct row *first = user, *row;
	struct run *run = first->run;

	if (run->stopping)
		return;
	for (row = first; row != NULL; row = row->sibling) {
		row->dns_ns = took_ns;
		if (err != 0 || list == NULL)
			unresolved(run, row, err);
	}
	if (err != 0 || list == NULL)
		return;
	/* All of them before one starts, so that the run is not over. */
	set_addresses(run, first, list);
	for (row = first; row != NULL; row = row->sibling)
		start_row(run, row);
}

static void
start_name(struct run *run, struct row *row)
{
	int r;

	row->state = ROW_NAME;
	r = resolve_start(
	    run->resolver, row->name, run_opts_family(run->opts), row);
	if (r != 0)
		run_fail(run, row, REPORT_RESOLVE, nd_strerror(r));
}

static void
start_some(struct run *run)
{
	for (int i = 0; i < START_AT_ONCE && run->unstarted > 0; i++) {
		struct row *row =
		    rows_at(&run->rows, run->typed - run->unstarted);

		if (run->stopping || run->stalled)
			return;
		run->unstarted--;
		/* Its elder starts it. */
		if (row->secondary)
			continue;
		if (row->family == AF_UNSPEC)
			start_name(run, row);
		else
			start_row(run, row);
	}
}

/* The loop turns between two portions: replies and signals do not wait. */
static void
start_soon(struct run *run)
{
	if (run->unstarted == 0 || run->stopping || run->stalled)
		return;
	ev_timer_set(&run->start, 0, 0);
	ev_timer_start(run->loop, &run->start);
}

static void
on_start(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	start_some(w->data);
	start_soon(w->data);
}

void
run_start_rows(struct run *run)
{
	/* Siblings are added behind, and start by themselves. */
	run->started_ns = clock_monotonic_ns();
	run->unstarted = run->typed = run->rows.n;
	ev_timer_init(&run->start, on_start, 0, 0);
	run->start.data = run;
	do
		start_some(run);
	while (run->unstarted > 0 && !run->stopping && !run->stalled &&
	       clock_monotonic_ns() - run->started_ns < START_FIRST_NS);
	start_soon(run);
}

void
run_stalled(struct run *run, bool stalled)
{
	/* The end has a way of its own to wait for the reader. */
	if (run->stopping)
		return;
	run->stalled = stalled;
	nd_ctx_pause(run->ctx, stalled);
	if (stalled)
		return;
	run_tell_resume(run);
	if (!ev_is_active(&run->start))
		start_soon(run);
}
