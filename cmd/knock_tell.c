/* SPDX-License-Identifier: MIT */
/* knock_tell.c: what is told of a port: its events and its numbers. */
#include "knock.h"

#include <stdlib.h>

void
knock_tell(
    struct run *run, struct row *row, const void *event, const char *name)
{
	char text[ADDRTEXT_MAX];
	struct report_target t = row_target(row, text);

	report_knock_ops(run->report)
	    ->probe(run->report, &t, event, name, clock_realtime_ns());
}

void
knock_keep(void *ret, const void *event, const struct sockaddr *from)
{
	struct knock_kept *copy = ret;

	copy->event = *(const struct nd_knock_event *)event;
	copy->event.from = from;
	if (copy->event.tcp == NULL)
		return;
	copy->tcp = *copy->event.tcp;
	copy->event.tcp = &copy->tcp;
}

bool
knock_stats(
    const struct row *row, struct report_counts *counts, struct nd_rtt *rtt)
{
	struct nd_knock_stats stats = {.size = sizeof(stats)};

	if (nd_knock_stats(row->task, &stats) != 0)
		return false;
	*counts = report_knock_counts(&stats);
	*rtt = stats.rtt;
	return true;
}

/*
 * Whether the port is as expected. Closed is said of a port that does not also
 * answer as an open one; filtered, of one that was asked.
 */
bool
knock_met(const struct run *run, const struct row *row,
    const struct report_counts *counts)
{
	const enum nd_knock_state expect =
	    (enum nd_knock_state)knock_of_const(run)->opts.expect;
	struct nd_knock_stats stats = {.size = sizeof(stats)};

	if (row->task == NULL || nd_knock_stats(row->task, &stats) != 0 ||
	    stats.state != expect)
		return false;
	if (expect == ND_KNOCK_STATE_CLOSED)
		return !stats.mixed;
	return expect == ND_KNOCK_STATE_OPEN ||
	       counts->lost + counts->errors > 0;
}

/* The flows that were used: a list for the report, or NULL. */
static struct report_knock_flow *
flows_of(const struct nd_knock *task, size_t *n)
{
	struct nd_knock_flow stats;
	struct report_knock_flow *list;
	unsigned i, count = 0;

	*n = 0;
	while (nd_knock_flow(task, count, &stats) == 0)
		count++;
	list = calloc(count > 0 ? count : 1, sizeof(*list));
	for (i = 0; list != NULL && i < count; i++)
		if (nd_knock_flow(task, i, &stats) == 0 && stats.sent > 0)
			list[(*n)++] = (struct report_knock_flow){
			    .flow = i + 1, .stats = stats};
	return list;
}

static void
tell(struct run *run, struct row *row, const struct nd_knock_stats *stats,
    enum report_reason why, bool is_final)
{
	const struct report_counts counts = report_knock_counts(stats);
	const struct run_verdict v = run_judge(run, row, &counts, &stats->rtt);
	const struct report_knock_ops *ops = report_knock_ops(run->report);
	struct report_knock_summary s = {.stats = stats,
	    .reason = why,
	    .ok = v.ok,
	    .over_loss = v.over_loss,
	    .over_rtt = v.over_rtt,
	    .judged_rtt_ns = v.judged_rtt_ns,
	    .expect = (enum nd_knock_state)knock_of(run)->opts.expect};
	struct nd_ctx_stats ctx = {.size = sizeof(ctx)};
	struct report_knock_flow *flows = NULL;
	char text[ADDRTEXT_MAX];
	struct report_target t = row_target(row, text);

	if (is_final)
		run_add_up(run, row, &counts, &v);
	if (run->targets == 1 && nd_ctx_stats(run->ctx, &ctx) == 0)
		s.ctx = &ctx;
	if (row->task != NULL)
		flows = flows_of(row->task, &s.nflows);
	s.flows = flows;
	(is_final ? ops->summary : ops->interim)(
	    run->report, &t, &s, clock_realtime_ns());
	free(flows);
}

void
knock_summary(struct run *run, struct row *row, enum report_reason why)
{
	/* Of a row that the run's end found not started. */
	static const struct nd_knock_stats nothing = {
	    .state = ND_KNOCK_STATE_FILTERED,
	    .ttl = -1,
	    .rtt = {0, -1, -1, -1, -1, -1, -1, -1, -1},
	    .clock = ND_CLOCK_NONE,
	    .duration_ns = -1};
	struct nd_knock_stats stats = {.size = sizeof(stats)};

	if (row->task == NULL || nd_knock_stats(row->task, &stats) != 0)
		stats = nothing;
	tell(run, row, &stats, why, true);
}

void
knock_interim(struct run *run, struct row *row)
{
	struct nd_knock_stats stats = {.size = sizeof(stats)};

	if (nd_knock_stats(row->task, &stats) == 0)
		tell(run, row, &stats, REPORT_DONE, false);
}
