/* SPDX-License-Identifier: MIT */
/*
 * ping.c: one run of `netdiag ping`, from the command line to the exit status.
 * The order is that of the privileges: options, sockets, the drop, and only
 * then files, names, the environment and packets.
 */
#include "ping_run.h"

#include "cmd.h"
#include "message.h"
#include "out.h"
#include "signals.h"

#include <locale.h>
#include <stdlib.h>

void
ping_status_at_least(struct ping_run *run, int status)
{
	if (status > run->status)
		run->status = status;
}

void
ping_finish(struct ping_run *run, enum report_reason reason)
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
	ping_finish(user, REPORT_INTERRUPTED);
}

static void
on_status(void *user)
{
	struct ping_run *run = user;
	struct nd_ping_stats stats = {.size = sizeof(stats)};
	struct nd_ctx_stats ctx = {.size = sizeof(ctx)};
	struct report_end now = run->end;
	struct buf line = BUF_INIT;
	const struct row *first;

	if (run->report == NULL) {
		message("ping", NULL, "targets are still being read", NULL);
		return;
	}
	first = rows_at(&run->rows, 0);
	(void)nd_ctx_stats(run->ctx, &ctx);
	now.targets = run->rows.n;
	for (size_t i = 0; i < run->rows.n; i++) {
		const struct row *row = rows_at(&run->rows, i);

		if (row->ping == NULL || nd_ping_stats(row->ping, &stats) != 0)
			continue;
		now.sent += stats.sent;
		now.received += stats.received;
		now.lost += stats.lost;
		now.errors += stats.errors;
		now.unfinished += stats.unfinished;
		now.alive += stats.received + stats.late > stats.late_errors;
	}
	now.duration_ns = clock_monotonic_ns() - run->began_ns;
	report_status(run->report,
	    run->targets == 1 && first->ping != NULL ? &stats : NULL, &now,
	    &line);
	if (!line.failed)
		(void)fwrite(line.data, 1, line.len, stderr);
	buf_free(&line);
}

static void
on_deadline(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	ping_finish(w->data, REPORT_DEADLINE);
}

static void
on_every(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	ping_tell_interims(w->data);
}

/* Before the loop waits. */
static void
on_prepare(struct ev_loop *loop, ev_prepare *w, int events)
{
	struct ping_run *run = w->data;

	(void)loop;
	(void)events;
	if (out_pending(run->out) > 0)
		out_flush_try(run->out);
}

static void
start_watchers(struct ping_run *run)
{
	const struct ping_opts *o = &run->opts;
	int64_t left_ns;

	/* Timers count from when the loop last looked at its clock. */
	ev_now_update(run->loop);
	ev_prepare_init(&run->flush, on_prepare);
	run->flush.data = run;
	ev_prepare_start(run->loop, &run->flush);
	ping_tell_init(run);
	ev_timer_init(&run->hold_timer, ping_on_hold_timer, 0, 0);
	run->hold_timer.data = run;
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
measure(struct ping_run *run)
{
	start_watchers(run);
	ping_tell_begin(run);
	ping_start_rows(run);
	if (!run->stopping)
		(void)ev_run(run->loop, 0);
	ping_end(run);
	if (out_state(run->out) == OUT_CLOSED && !run->gave_up)
		signals_die_of_pipe();
	return run->status;
}

/* ---- The whole ------------------------------------------------------------
 */

static int
parse(struct ping_run *run, int argc, char **argv)
{
	struct opt_error err;
	int r;

	ping_opts_init(&run->opts);
	r = ping_opts_parse(&run->opts, argc, argv, &err);
	if (r == 0 && (run->opts.help || run->opts.version))
		return 0;
	if (r == 0 && !priv_is_root_user(run->priv))
		r = ping_opts_limit_user(&run->opts, &err);
	if (r == 0)
		r = ping_parse_targets(run, &err);
	if (r != 0)
		message_error("ping", &err);
	return r != 0 ? EXIT_USAGE : 0;
}

/* From the drop on. */
static int
prepare(struct ping_run *run)
{
	static const struct signals_events events = {
	    .stop = on_stop, .status = on_status};
	int r = priv_drop(run->priv);

	if (r != 0) {
		message("ping", run->priv->failed, nd_strerror(r), NULL);
		return EXIT_SYSTEM;
	}
	(void)setlocale(LC_CTYPE, "");
	run->began_ns = clock_monotonic_ns();
	signals_start(run->loop, &events, run);
	r = ping_check_source(run);
	if (r == 0)
		r = ping_make_rows(run);
	if (r != 0)
		return r;
	ping_make_probe(run);
	if (ping_set_limits(run) != 0 || ping_make_report(run) != 0 ||
	    ping_open_names(run) != 0) {
		message("ping", NULL, "out of memory", NULL);
		return EXIT_SYSTEM;
	}
	return 0;
}

static void
release(struct ping_run *run)
{
	for (size_t i = 0; i < run->rows.n; i++)
		nd_ping_free(rows_at(&run->rows, i)->ping);
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
	free(run);
}

int
cmd_ping(struct priv *priv, int argc, char **argv)
{
	struct ping_run *run = calloc(1, sizeof(*run));
	int status;

	if (run == NULL) {
		message("ping", NULL, "out of memory", NULL);
		return EXIT_SYSTEM;
	}
	run->priv = priv;
	status = parse(run, argc, argv);
	if (status == 0 && run->opts.help) {
		status = cmd_help(&cmd_ping_entry);
	} else if (status == 0 && run->opts.version) {
		(void)printf("netdiag %s\n", nd_version());
		status = cmd_flushed("ping");
	} else if (status == 0) {
		ping_make_identity(run);
		run->loop = ev_default_loop(EVFLAG_NOENV);
		status = run->loop != NULL ? ping_open(run) : EXIT_SYSTEM;
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

const struct cmd cmd_ping_entry = {.name = "ping",
    .summary = "ICMP echo to one or a million targets",
    .usage = "ping [options] TARGET...",
    .table = ping_opts_table,
    .run = cmd_ping};
