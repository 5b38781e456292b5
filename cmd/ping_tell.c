/* SPDX-License-Identifier: MIT */
/* ping_tell.c: what is told of a target: its events and its numbers. */
#include "ping.h"

#include <stdlib.h>

#define SENDERS_MAX 1024

void
ping_tell(struct run *run, struct row *row, const void *event, const char *name)
{
	char text[ADDRTEXT_MAX];
	struct report_target t = row_target(row, text);

	report_ping_ops(run->report)
	    ->probe(run->report, &t, event, name, clock_realtime_ns());
}

void
ping_keep(void *ret, const void *event, const struct sockaddr *from)
{
	struct nd_ping_event *copy = ret;

	*copy = *(const struct nd_ping_event *)event;
	copy->from = from;
}

bool
ping_stats(
    const struct row *row, struct report_counts *counts, struct nd_rtt *rtt)
{
	struct nd_ping_stats stats = {.size = sizeof(stats)};

	if (nd_ping_stats(row->task, &stats) != 0)
		return false;
	*counts = report_ping_counts(&stats);
	*rtt = stats.rtt;
	return true;
}

/* At least one reply, late ones included. */
bool
ping_met(const struct run *run, const struct row *row,
    const struct report_counts *counts)
{
	(void)run;
	(void)row;
	return counts->received + counts->late > counts->late_errors;
}

/* Who answered a broadcast: a list for the report, or NULL. */
static struct nd_ping_sender *
senders_of(const struct nd_ping *ping, size_t *n)
{
	struct nd_ping_sender *list;

	*n = 0;
	list = calloc(SENDERS_MAX, sizeof(*list));
	while (list != NULL && *n < SENDERS_MAX &&
	       nd_ping_sender(ping, *n, &list[*n]) == 0)
		++*n;
	return list;
}

static struct run_verdict
judge(const struct run *run, const struct row *row,
    struct report_ping_summary *summary)
{
	const struct report_counts counts = report_ping_counts(summary->stats);
	const struct run_verdict v =
	    run_judge(run, row, &counts, &summary->stats->rtt);

	summary->ok = v.ok;
	summary->over_loss = v.over_loss;
	summary->over_rtt = v.over_rtt;
	summary->judged_rtt_ns = v.judged_rtt_ns;
	return v;
}

void
ping_summary(struct run *run, struct row *row, enum report_reason why)
{
	/* Of a row that the run's end found not started. */
	static const struct nd_ping_stats nothing = {
	    .rtt = {0, -1, -1, -1, -1, -1, -1, -1, -1},
	    .clock = ND_CLOCK_NONE,
	    .duration_ns = -1};
	struct nd_ping_stats stats = {.size = sizeof(stats)};
	struct nd_ctx_stats ctx = {.size = sizeof(ctx)};
	struct nd_ping_sender *senders = NULL;
	struct report_ping_summary summary = {.stats = &stats, .reason = why};
	char text[ADDRTEXT_MAX];
	struct report_target t = row_target(row, text);
	struct report_counts counts;
	struct run_verdict verdict;

	if (row->task == NULL || nd_ping_stats(row->task, &stats) != 0)
		stats = nothing;
	verdict = judge(run, row, &summary);
	counts = report_ping_counts(&stats);
	run_add_up(run, row, &counts, &verdict);
	if (run->targets == 1 && nd_ctx_stats(run->ctx, &ctx) == 0)
		summary.ctx = &ctx;
	if (row->any_source && row->task != NULL)
		senders = senders_of(row->task, &summary.nsenders);
	summary.senders = senders;
	report_ping_ops(run->report)
	    ->summary(run->report, &t, &summary, clock_realtime_ns());
	free(senders);
}

void
ping_interim(struct run *run, struct row *row)
{
	struct nd_ping_stats stats = {.size = sizeof(stats)};
	struct report_ping_summary interim = {.stats = &stats};
	char text[ADDRTEXT_MAX];
	struct report_target t = row_target(row, text);

	if (nd_ping_stats(row->task, &stats) != 0)
		return;
	(void)judge(run, row, &interim);
	report_ping_ops(run->report)
	    ->interim(run->report, &t, &interim, clock_realtime_ns());
}
