/* SPDX-License-Identifier: MIT */
/* trace_tell.c: what is told of a target: probes, hops and its numbers. */
#include "trace.h"

#include "cmd.h"
#include "message.h"

#include <string.h>

#define NEIGHBOURS 8 /* rows on either side that one is compared with */

/* ---- Probes and hops ------------------------------------------------------
 */

void
trace_tell(struct trace_task *task, const struct nd_trace_event *event)
{
	struct run *run = task->row->run;
	char text[ADDRTEXT_MAX];
	struct report_target t = row_target(task->row, text);

	if (event->from != NULL && event->status != ND_TRACE_INVALID)
		trace_names_want(trace_of(run), event->from);
	if (event->status == ND_TRACE_DESTINATION)
		report_ewma(run->report, event->rtt_ns);
	report_trace_ops(run->report)
	    ->probe(run->report, &t, event, clock_realtime_ns());
}

/* The rest of NAMES and STATS has to last as long as what is returned. */
static struct report_trace_summary
summary_of(struct trace *trace, const struct trace_task *task,
    const struct nd_trace_stats *stats, const struct report_trace_names *names)
{
	const bool pathless = nd_ctx_mode(trace->run.ctx) != ND_MODE_RAW &&
			      trace->method == ND_TRACE_UDP;

	return (struct report_trace_summary){
	    .trace = task != NULL ? task->nd : NULL,
	    .stats = stats,
	    .names = names,
	    .links = !pathless && !trace->opts.classic,
	    .mda = trace->opts.mda >= 0,
	    .judged_rtt_ns = -1};
}

/* False, and nothing is known of it: it has not started. */
static bool
get_stats(const struct trace_task *task, struct nd_trace_stats *ret)
{
	static const struct nd_trace_stats nothing = {.confidence = -1,
	    .mtu = -1,
	    .rtt = {0, -1, -1, -1, -1, -1, -1, -1, -1},
	    .clock = ND_CLOCK_NONE,
	    .duration_ns = -1};

	ret->size = sizeof(*ret);
	if (task != NULL && nd_trace_stats(task->nd, ret) == 0)
		return true;
	*ret = nothing;
	return false;
}

void
trace_tell_hop(struct trace_task *task, unsigned ttl)
{
	struct run *run = task->row->run;
	struct trace *trace = trace_of(run);
	const struct report_trace_ops *ops = report_trace_ops(run->report);
	const struct report_trace_names names = trace_names(trace);
	struct report_trace_summary summary;
	struct nd_trace_stats stats;
	char text[ADDRTEXT_MAX];
	struct report_target t = row_target(task->row, text);

	(void)get_stats(task, &stats);
	summary = summary_of(trace, task, &stats, &names);
	ops->hop(run->report, &t, &summary, ttl, clock_realtime_ns());
}

/* ---- Numbers --------------------------------------------------------------
 */

bool
trace_stats(
    const struct row *row, struct report_counts *counts, struct nd_rtt *rtt)
{
	struct nd_trace_stats stats;

	if (!get_stats(row->task, &stats))
		return false;
	*counts = report_trace_counts(&stats);
	*rtt = stats.rtt;
	return true;
}

bool
trace_met(const struct run *run, const struct row *row,
    const struct report_counts *counts)
{
	struct nd_trace_stats stats;

	(void)run;
	(void)counts;
	return get_stats(row->task, &stats) && stats.reached;
}

/* Routers may be silent: the thresholds are the destination's. */
static struct run_verdict
judge(const struct run *run, const struct row *row,
    struct report_trace_summary *summary)
{
	const struct report_counts counts = report_trace_destination(summary);
	const struct run_verdict v =
	    run_judge(run, row, &counts, &summary->stats->rtt);

	summary->ok = v.ok;
	summary->over_loss = v.over_loss;
	summary->over_rtt = v.over_rtt;
	summary->judged_rtt_ns = v.judged_rtt_ns;
	return v;
}

/* A prefix that is routed as one, as a rule: /24, /64. */
static bool
is_same_prefix(const struct row *a, const struct row *b)
{
	return a->family == b->family && a->family != AF_UNSPEC &&
	       memcmp(a->ip, b->ip, a->family == AF_INET ? 3 : 8) == 0;
}

/*
 * What is balanced by destination, only another one can show. ROW is told and
 * gone soon: the others are to learn of it now.
 */
static void
compare(const struct run *run, const struct row *row)
{
	const struct trace_task *task = row->task, *other;
	const size_t from = row->at > NEIGHBOURS ? row->at - NEIGHBOURS : 0;

	for (size_t i = from; i < run->rows.n && i <= row->at + NEIGHBOURS;
	     i++) {
		const struct row *next = rows_at(&run->rows, i);

		other = next->task;
		if (next == row || other == NULL || !is_same_prefix(row, next))
			continue;
		nd_trace_compare(task->nd, other->nd);
		nd_trace_compare(other->nd, task->nd);
	}
}

void
trace_summary(struct run *run, struct row *row, enum report_reason why)
{
	struct trace *trace = trace_of(run);
	const struct trace_task *task = row->task;
	const struct report_trace_names names = trace_names(trace);
	struct nd_ctx_stats ctx = {.size = sizeof(ctx)};
	struct report_trace_summary summary;
	struct report_counts counts;
	struct run_verdict verdict;
	struct nd_trace_stats stats;
	char text[ADDRTEXT_MAX];
	struct report_target t = row_target(row, text);

	if (task != NULL && trace->opts.mda >= 0)
		compare(run, row);
	(void)get_stats(task, &stats);
	summary = summary_of(trace, task, &stats, &names);
	/* It was over before the run was: only names were waited for. */
	summary.reason = task != NULL && task->over ? REPORT_DONE : why;
	verdict = judge(run, row, &summary);
	counts = report_trace_counts(&stats);
	run_add_up(run, row, &counts, &verdict);
	if (run->targets == 1 && nd_ctx_stats(run->ctx, &ctx) == 0)
		summary.ctx = &ctx;
	report_trace_ops(run->report)
	    ->summary(run->report, &t, &summary, clock_realtime_ns());
	if (trace->has_dot)
		trace_dot_add(&trace->dot, &t, &summary);
}

void
trace_interim(struct run *run, struct row *row)
{
	struct trace *trace = trace_of(run);
	const struct report_trace_names names = trace_names(trace);
	struct report_trace_summary summary;
	struct nd_trace_stats stats;
	char text[ADDRTEXT_MAX];
	struct report_target t = row_target(row, text);

	if (!get_stats(row->task, &stats))
		return;
	summary = summary_of(trace, row->task, &stats, &names);
	(void)judge(run, row, &summary);
	report_trace_ops(run->report)
	    ->interim(run->report, &t, &summary, clock_realtime_ns());
}

void
trace_finish(struct run *run)
{
	struct trace *trace = trace_of(run);
	int r;

	if (!trace->has_dot)
		return;
	trace->has_dot = false;
	r = trace_dot_end(&trace->dot);
	if (r == 0)
		return;
	run_message(run, trace->opts.dot, nd_strerror(r), NULL);
	run_status_at_least(run, EXIT_SYSTEM);
}
