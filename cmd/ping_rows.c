/* SPDX-License-Identifier: MIT */
/*
 * ping_rows.c: the life of a row: its name is resolved, it is started, it is
 * decided.
 */
#include "ping_run.h"

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
decided(struct ping_run *run, struct row *row, enum row_state state)
{
	row->state = (uint8_t)state;
	run->undecided--;
	if (!run->report->ops->at_end)
		ping_tell_soon(run, row);
	if (run->undecided == 0 && hold_first(&run->hold) == NULL)
		ping_finish(run, REPORT_DONE);
}

static void
fail(struct ping_run *run, struct row *row, enum report_code code,
    const char *cause, const char *hint)
{
	char text[ADDRTEXT_MAX];
	struct report_target t = row_target(row, text);

	row->code = (uint8_t)code;
	row->cause = cause;
	ping_status_at_least(run, report_code_status(code));
	message("ping", t.name != NULL ? t.name : t.addr, cause, hint);
	decided(run, row, ROW_FAILED);
}

void
ping_fail(struct ping_run *run, struct row *row, enum report_code code,
    const char *cause)
{
	fail(run, row, code, cause, NULL);
}

/* ---- Measuring ------------------------------------------------------------
 */

static void
on_row_event(
    struct nd_ping *ping, const struct nd_ping_event *event, void *user)
{
	struct row *row = user;

	if (event->status == ND_PING_DONE)
		decided(row->run, row, ROW_DONE);
	else
		ping_on_event(ping, event, user);
}

/* Starts are spread over the interval, from the beginning of the run. */
static int64_t
start_after(const struct ping_run *run, const struct row *row)
{
	const int64_t interval = run->probe.interval_ns;
	int64_t at, past;

	if (run->probe.count == 1 || run->targets == 1)
		return 0;
	at = (int64_t)((double)interval *
		       ((double)row->index / (double)run->targets));
	past = clock_monotonic_ns() - run->started_ns;
	return at > past ? at - past : 0;
}

static void
start_row(struct ping_run *run, struct row *row)
{
	struct nd_ping_opts opts = run->probe;
	struct sockaddr_storage addr;
	int r;

	(void)row_addr(row, &addr);
	opts.addr = (const struct sockaddr *)&addr;
	opts.start_ns = start_after(run, row);
	if (row->any_source)
		opts.flags |= ND_PING_F_ANY_SOURCE;
	row->state = ROW_RUNNING;
	ping_told_start(run, row);
	r = nd_ping_start(&row->ping, run->ctx, &opts, on_row_event, row);
	if (r != 0)
		ping_fail(run, row, REPORT_SOCKET, nd_strerror(r));
}

/* ---- Names ----------------------------------------------------------------
 */

/* One more row for a further address of ROW's name. */
static struct row *
add_sibling(struct ping_run *run, struct row *row)
{
	struct row *next = rows_add(&run->rows);

	if (next == NULL)
		return NULL;
	*next = (struct row){.run = run,
	    .dns_ns = row->dns_ns,
	    .index = row->index,
	    .secondary = true};
	next->name = strdup(row->name);
	if (next->name == NULL)
		return NULL;
	row->sibling = next;
	run->undecided++;
	return next;
}

static void
widen(struct ping_run *run, const struct row *row)
{
	char text[ADDRTEXT_MAX];
	struct report_target t = row_target(row, text);
	size_t width = report_name_width(&t, run->opts.all);

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

void
ping_resolved(void *user, int err, const struct addrinfo *list, int64_t took_ns)
{
	const struct addrinfo *a = list;
	struct row *row = user;
	struct ping_run *run = row->run;

	if (run->stopping)
		return;
	if (err != 0 || list == NULL) {
		fail(run, row, REPORT_RESOLVE,
		    resolve_strerror(err != 0 ? err : EAI_NONAME),
		    resolve_hint(err));
		return;
	}
	row->dns_ns = took_ns;
	for (;;) {
		row_set_addr(row, a->ai_addr);
		widen(run, row);
		a = next_address(list, a);
		if (!run->opts.all || a == NULL)
			break;
		/* Before its elder starts, so that the run is not over. */
		struct row *next = add_sibling(run, row);

		if (next == NULL)
			break;
		start_row(run, row);
		row = next;
	}
	start_row(run, row);
}

static void
start_name(struct ping_run *run, struct row *row)
{
	int r;

	row->state = ROW_NAME;
	r = resolve_start(
	    run->resolver, row->name, ping_opts_family(&run->opts), row);
	if (r != 0)
		ping_fail(run, row, REPORT_RESOLVE, nd_strerror(r));
}

static void
start_some(struct ping_run *run)
{
	for (int i = 0; i < START_AT_ONCE && run->unstarted > 0; i++) {
		struct row *row =
		    rows_at(&run->rows, run->typed - run->unstarted);

		if (run->stopping || run->stalled)
			return;
		run->unstarted--;
		if (row->family == AF_UNSPEC)
			start_name(run, row);
		else
			start_row(run, row);
	}
}

/* The loop turns between two portions: replies and signals do not wait. */
static void
start_soon(struct ping_run *run)
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
ping_start_rows(struct ping_run *run)
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
ping_stalled(struct ping_run *run, bool stalled)
{
	/* The end has a way of its own to wait for the reader. */
	if (run->stopping)
		return;
	run->stalled = stalled;
	nd_ctx_pause(run->ctx, stalled);
	if (stalled)
		return;
	ping_tell_resume(run);
	if (!ev_is_active(&run->start))
		start_soon(run);
}
