/* SPDX-License-Identifier: MIT */
/* run_rows.c: the life of a row: it is started, in portions, and decided. */
#include "run.h"

#include "cmd.h"
#include "message.h"
#include "out.h"

#define START_AT_ONCE 64
/*
 * Of one address, with -c 1: then a row is one SYN, and more of them would only
 * wait for the limit of that address. They need not be there before: a run of
 * all ports of many hosts takes the memory of those that are under way.
 */
#define PORTS_AT_ONCE ND_KNOCK_IN_FLIGHT
/* Before the first probe leaves: half of what a signal may have to wait. */
#define START_FIRST_NS INT64_C(50000000)

/* ---- Starting -------------------------------------------------------------
 */

enum row_state
run_first_state(const struct run *run, size_t n)
{
	if (run->opts->count == 1 && n >= PORTS_AT_ONCE)
		return ROW_WAITING;
	return ROW_NEW;
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
	run_tell_start(run, row);
	r = run->ops->start(run, row, start_after(run, row));
	if (r != 0)
		run_fail(run, row, REPORT_SOCKET, nd_strerror(r), NULL);
}

void
run_ready(struct run *run, struct row *row)
{
	row->state = ROW_READY;
	row->next = NULL;
	if (run->ready == NULL)
		run->ready = row;
	else
		run->ready_last->next = row;
	run->ready_last = row;
}

static bool
is_all_started(const struct run *run)
{
	return run->ready == NULL && run->unstarted == 0;
}

/* Takes the next of those that are ready, or of those that were typed. */
static struct row *
next_row(struct run *run)
{
	struct row *row = run->ready;

	if (row != NULL) {
		run->ready = row->next;
		return row;
	}
	row = rows_at(&run->rows, run->typed - run->unstarted);
	run->unstarted--;
	return row;
}

static void
start_some(struct run *run)
{
	for (int i = 0; i < START_AT_ONCE && !is_all_started(run); i++) {
		struct row *row;

		if (run->stopping || run->stalled)
			return;
		row = next_row(run);
		/* Others start it, or have. */
		if (row->state != ROW_NEW && row->state != ROW_READY)
			continue;
		if (row->family == AF_UNSPEC)
			run_resolve(run, row);
		else
			start_row(run, row);
	}
}

/* The loop turns between two portions: replies and signals do not wait. */
static void
start_soon(struct run *run)
{
	if (is_all_started(run) || run->stopping || run->stalled ||
	    ev_is_active(&run->start))
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
run_start_ready(struct run *run)
{
	start_some(run);
	start_soon(run);
}

void
run_start_rows(struct run *run)
{
	/* Siblings are added behind, and get ready by themselves. */
	run->started_ns = clock_monotonic_ns();
	run->unstarted = run->typed = run->rows.n;
	ev_timer_init(&run->start, on_start, 0, 0);
	run->start.data = run;
	do
		start_some(run);
	while (!is_all_started(run) && !run->stopping && !run->stalled &&
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
	start_soon(run);
}

/* ---- Decided --------------------------------------------------------------
 */

/* The port of the same address that waits for this one. */
static void
start_next(struct run *run, const struct row *row)
{
	const size_t at = (size_t)row->at + PORTS_AT_ONCE;
	struct row *next;

	if (row->port == 0 || at >= run->rows.n)
		return;
	next = rows_at(&run->rows, at);
	if (next->state != ROW_WAITING || !row_same_addr(row, next))
		return;
	run_ready(run, next);
	start_soon(run);
}

static void
decided(struct run *run, struct row *row, enum row_state state)
{
	row->state = (uint8_t)state;
	run->undecided--;
	if (!run->report->ops->at_end && !run->all_at_end)
		run_tell_soon(run, row);
	start_next(run, row);
	if (run->undecided == 0 && hold_first(&run->hold) == NULL)
		run_finish(run, REPORT_DONE);
}

void
run_done(struct run *run, struct row *row)
{
	decided(run, row, ROW_DONE);
}

void
run_fail(struct run *run, struct row *row, enum report_code code,
    const char *cause, const char *hint)
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
