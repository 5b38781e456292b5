/* SPDX-License-Identifier: MIT */
/*
 * run.c: a run from its options to the exit status: what ends it, signals, and
 * the order in which everything happens.
 */
#include "run.h"

#include "cmd.h"
#include "message.h"
#include "out.h"
#include "signals.h"

#include <locale.h>
#include <stdlib.h>

void
run_status_at_least(struct run *run, int status)
{
	if (status > run->status)
		run->status = status;
}

void
run_message(const struct run *run, const char *subject, const char *cause,
    const char *hint)
{
	message(run->cmd->name, subject, cause, hint);
}

void
run_finish(struct run *run, enum report_reason reason)
{
	if (run->stopping)
		return;
	run->stopping = true;
	run->reason = reason;
	/* The loop goes through what is due once more, and must not send. */
	if (run->ctx != NULL)
		nd_ctx_pause(run->ctx, true);
	run->end.duration_ns = clock_monotonic_ns() - run->began_ns;
	ev_break(run->loop, EVBREAK_ALL);
}

/* ---- Running --------------------------------------------------------------
 */

static void
on_stop(void *user)
{
	run_finish(user, REPORT_INTERRUPTED);
}

static void
on_status(void *user)
{
	struct run *run = user;
	struct report_counts counts, only = {0};
	struct report_end now = run->end;
	struct buf line = BUF_INIT;
	struct nd_rtt rtt;
	bool has_only = false;

	if (run->report == NULL) {
		run_message(run, NULL, "targets are still being read", NULL);
		return;
	}
	now.targets = run->rows.n;
	for (size_t i = 0; i < run->rows.n; i++) {
		const struct row *row = rows_at(&run->rows, i);

		if (row->task == NULL || !run->ops->stats(row, &counts, &rtt))
			continue;
		has_only = run->targets == 1;
		only = counts;
		now.sent += counts.sent;
		now.received += counts.received;
		now.lost += counts.lost;
		now.errors += counts.errors;
		now.unfinished += counts.unfinished;
		now.alive += run_answered(run, row, &counts);
	}
	now.duration_ns = clock_monotonic_ns() - run->began_ns;
	report_status(run->report, has_only ? &only : NULL, &rtt, &now, &line);
	if (!line.failed)
		(void)fwrite(line.data, 1, line.len, stderr);
	buf_free(&line);
}

static void
on_deadline(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	run_finish(w->data, REPORT_DEADLINE);
}

static void
on_every(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	run_tell_interims(w->data);
}

/* Before the loop waits. */
static void
on_prepare(struct ev_loop *loop, ev_prepare *w, int events)
{
	struct run *run = w->data;

	(void)loop;
	(void)events;
	if (out_pending(run->out) > 0)
		out_flush_try(run->out);
}

static void
start_watchers(struct run *run)
{
	const struct run_opts *o = run->opts;
	int64_t left_ns;

	/* Timers count from when the loop last looked at its clock. */
	ev_now_update(run->loop);
	ev_prepare_init(&run->flush, on_prepare);
	run->flush.data = run;
	ev_prepare_start(run->loop, &run->flush);
	run_tell_init(run);
	if (o->deadline_ns > 0) {
		left_ns = run->began_ns + o->deadline_ns - clock_monotonic_ns();
		ev_timer_init(&run->deadline, on_deadline,
		    left_ns > 0 ? (double)left_ns * 1e-9 : 0, 0);
		run->deadline.data = run;
		/* Ahead of a probe that is due at the same moment. */
		ev_set_priority(&run->deadline, EV_MAXPRI);
		ev_timer_start(run->loop, &run->deadline);
	}
	if (o->every_ns > 0) {
		ev_timer_init(&run->every, on_every, (double)o->every_ns * 1e-9,
		    (double)o->every_ns * 1e-9);
		run->every.data = run;
		ev_timer_start(run->loop, &run->every);
	}
}

static int
measure(struct run *run)
{
	start_watchers(run);
	run_tell_begin(run);
	run_start_rows(run);
	if (!run->stopping)
		(void)ev_run(run->loop, 0);
	run_end(run);
	if (out_state(run->out) == OUT_CLOSED && !run->gave_up)
		signals_die_of_pipe();
	return run->status;
}

/* ---- The whole ------------------------------------------------------------
 */

/* From the drop on. */
static int
prepare(struct run *run)
{
	static const struct signals_events events = {
	    .stop = on_stop, .status = on_status};
	int r = priv_drop(run->priv);

	if (r != 0) {
		run_message(run, run->priv->failed, nd_strerror(r), NULL);
		return EXIT_SYSTEM;
	}
	(void)setlocale(LC_CTYPE, "");
	run->began_ns = clock_monotonic_ns();
	signals_start(run->loop, &events, run);
	r = run_check_source(run);
	if (r == 0 && run->ops->files != NULL)
		r = run->ops->files(run);
	if (r == 0)
		r = run_make_rows(run);
	if (r != 0)
		return r;
	r = run->ops->prepare(run);
	if (r != 0)
		return r;
	if (run_set_limits(run) != 0 || run_make_report(run) != 0 ||
	    run_open_names(run) != 0) {
		run_message(run, NULL, "out of memory", NULL);
		return EXIT_SYSTEM;
	}
	return 0;
}

static void
release(struct run *run)
{
	for (size_t i = 0; i < run->rows.n; i++) {
		struct row *row = rows_at(&run->rows, i);

		if (row->task != NULL)
			run->ops->free(row);
	}
	rdns_free(run->rdns);
	resolver_free(run->resolver);
	hold_free(&run->hold);
	if (run->report != NULL)
		run->report->ops->free(run->report);
	nd_ctx_free(run->ctx);
	out_free(run->out);
	rows_free(&run->rows);
	free(run->files);
	free(run->specs);
	free(run->words);
}

/* Help and version are all that is asked for; 0: they are not. */
static bool
tells_itself(const struct run *run, int *status)
{
	if (run->opts->help) {
		*status = cmd_help(run->cmd);
		return true;
	}
	if (!run->opts->version)
		return false;
	(void)printf("netdiag %s\n", nd_version());
	*status = cmd_flushed(run->cmd->name);
	return true;
}

int
run_main(struct run *run, int status)
{
	if (status == 0 && !tells_itself(run, &status)) {
		run_make_identity(run);
		run->loop = ev_default_loop(EVFLAG_NOENV);
		status = run->loop != NULL ? run_open(run) : EXIT_SYSTEM;
		if (status == 0)
			status = prepare(run);
		if (status == 0)
			status = measure(run);
		if (run->began_ns != 0)
			signals_stop(run->loop);
	}
	release(run);
	return status;
}
