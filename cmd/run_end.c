/* SPDX-License-Identifier: MIT */
/*
 * run_end.c: the end of a run: summaries of what was not told yet, sums, the
 * exit status, and what the output still owes to a slow reader.
 */
#include "run.h"

#include "cmd.h"
#include "message.h"
#include "out.h"
#include "signals.h"

#include <errno.h>

#define DRAIN_AT (OUT_SOFT_LIMIT / 2)

/*
 * A signal after the measurement was over by itself. The one that ended it
 * leaves the reader its time; a second ends the process from its handler.
 */
static bool
killed(void *user)
{
	const struct run *run = user;

	return run->reason != REPORT_INTERRUPTED && signals_caught() != 0;
}

/* After a signal a reader has so long to take something. */
#define PATIENCE_NS INT64_C(5000000000)

/* As if the reader had gone away: the exit status is still to be found. */
static void
give_up(struct run *run)
{
	run->gave_up = true;
	out_fail(run->out, EPIPE);
}

/* Waits for the reader; at a signal, what it has not taken is dropped. */
static void
drain(struct run *run)
{
	const bool interrupted = run->reason == REPORT_INTERRUPTED;
	size_t before;
	int r;

	if (run->gave_up)
		return;
	do {
		before = out_pending(run->out);
		r = out_drain(run->out,
		    interrupted ? clock_monotonic_ns() + PATIENCE_NS : -1,
		    killed, run);
	} while (r == -ETIMEDOUT && out_pending(run->out) < before);
	if (r == -ETIMEDOUT) {
		run_message(run, "standard output",
		    "nobody reads it: the rest is dropped", NULL);
		run_status_at_least(run, EXIT_SYSTEM);
	}
	if (r == -ETIMEDOUT || r == -EINTR)
		give_up(run);
}

/* What the reader has not taken yet must not fill the memory. */
static void
make_room(struct run *run)
{
	if (out_pending(run->out) > DRAIN_AT)
		drain(run);
}

/* Its name was not found before the run was over. */
static void
not_resolved(struct run *run, struct row *row)
{
	if (row->family != AF_UNSPEC || row->state == ROW_FAILED)
		return;
	row->state = ROW_FAILED;
	row->code = REPORT_RESOLVE;
	row->cause = "not resolved in time";
	run_status_at_least(run, EXIT_USAGE);
	/* Once a name, however many ports of it are rows. */
	if (!row->secondary)
		run_message(run, row->name, row->cause, NULL);
}

/* What they hold back is told before the first summary. */
static void
stop_all(struct run *run)
{
	for (size_t i = 0; i < run->rows.n; i++) {
		struct row *row = rows_at(&run->rows, i);

		if (row->task != NULL && !row->told) {
			run->ops->stop(row);
			make_room(run);
		}
	}
}

static void
tell_all(struct run *run)
{
	stop_all(run);
	for (size_t i = 0; i < run->rows.n; i++) {
		struct row *row = rows_at(&run->rows, i);

		/* Nobody hears it, and a signal gives the exit status. */
		if (out_state(run->out) != OUT_OPEN && !run->gave_up)
			return;
		if (row->secondary)
			continue;
		for (; row != NULL; row = row->sibling) {
			not_resolved(run, row);
			run_tell(run, row,
			    row->state == ROW_DONE ? REPORT_DONE : run->reason);
			make_room(run);
		}
	}
}

static void
tell_end(struct run *run, uint64_t sent)
{
	struct nd_ctx_stats ctx = {.size = sizeof(ctx)};
	struct report_end *e = &run->end;

	(void)nd_ctx_stats(run->ctx, &ctx);
	if (run->reason == REPORT_INTERRUPTED && sent == 0)
		run->status = 128 + signals_caught();
	e->exit_status = run->status;
	e->reason = run->reason;
	e->ok = run->status == EXIT_MET;
	e->targets = run->rows.n;
	e->local_drops = ctx.local_drops;
	e->stalled_ns = out_stalled_ns(run->out);
	run->report->ops->end(run->report, e, clock_realtime_ns());
}

/* The measurement is over: summaries, then what the output still owes. */
void
run_end(struct run *run)
{
	struct nd_ctx_stats ctx = {.size = sizeof(ctx)};

	(void)nd_ctx_stats(run->ctx, &ctx);
	if (run->rdns != NULL)
		run_release(run, true);
	tell_all(run);
	if (run->ops->finish != NULL)
		run->ops->finish(run);
	tell_end(run, ctx.sent);
	drain(run);
	if (out_state(run->out) == OUT_FAILED)
		run_status_at_least(run, EXIT_SYSTEM);
}
