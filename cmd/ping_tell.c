/* SPDX-License-Identifier: MIT */
/*
 * ping_tell.c: what is told of a row: its summary or error, once, and interim
 * summaries. They wait for moments in which nothing else is to be done, so that
 * they do not hold up a sweep, and for a reader that keeps up.
 */
#include "ping_run.h"

#include "cmd.h"

#include <stdlib.h>

#define SENDERS_MAX 1024
#define TELL_AT_ONCE 64
/* Without a moment of leisure for so long, many are told nevertheless. */
#define TELL_WAIT_S 1.0
#define TELL_LATE_S 0.1
#define TELL_LATE_AT_ONCE 8192

/*
 * Sets `ok` of SUMMARY, whose `stats` are given: at least one reply, late ones
 * included, and within the thresholds; and which of those it is beyond.
 */
static void
judge(const struct ping_opts *o, struct report_summary *summary)
{
	const struct nd_ping_stats *s = summary->stats;
	const uint64_t replies = s->received + s->late - s->late_errors;
	const struct report_share loss = report_goal_loss(s);
	/* Where percentiles were given up, the largest stands for them. */
	const int64_t rtt = s->rtt.p95_ns >= 0 ? s->rtt.p95_ns : s->rtt.max_ns;

	/* max_loss is in millionths of a percent. */
	summary->over_loss =
	    o->max_loss >= 0 && loss.whole > 0 &&
	    (double)loss.part * 1e8 > (double)o->max_loss * (double)loss.whole;
	/* A target that is down has no time to blame. */
	summary->over_rtt = o->max_rtt_ns >= 0 && replies > 0 &&
			    (rtt < 0 || rtt > o->max_rtt_ns);
	summary->judged_rtt_ns = rtt;
	summary->ok = replies > 0 && !summary->over_loss && !summary->over_rtt;
}

static void
add_up(struct ping_run *run, const struct row *row,
    const struct report_summary *summary)
{
	const struct nd_ping_stats *s = summary->stats;
	struct report_end *e = &run->end;

	e->sent += s->sent;
	e->received += s->received;
	e->lost += s->lost;
	e->late += s->late;
	e->errors += s->errors;
	e->send_errors += s->send_errors;
	e->unfinished += s->unfinished;
	e->alive += row->alive;
	e->failed += !row->met;
	e->not_probed += report_not_probed(s);
	e->over_loss += summary->over_loss;
	e->over_rtt += summary->over_rtt;
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

static void
tell_summary(struct ping_run *run, struct row *row, enum report_reason why)
{
	/* Of a row that the run's end found not started. */
	static const struct nd_ping_stats nothing = {
	    .rtt = {0, -1, -1, -1, -1, -1, -1, -1, -1},
	    .clock = ND_CLOCK_NONE,
	    .duration_ns = -1};
	struct nd_ping_stats stats = {.size = sizeof(stats)};
	struct nd_ctx_stats ctx = {.size = sizeof(ctx)};
	struct nd_ping_sender *senders = NULL;
	struct report_summary summary = {.stats = &stats, .reason = why};
	char text[ADDRTEXT_MAX];
	struct report_target t = row_target(row, text);

	if (row->ping == NULL || nd_ping_stats(row->ping, &stats) != 0)
		stats = nothing;
	judge(&run->opts, &summary);
	row->met = summary.ok;
	row->alive = stats.received + stats.late > stats.late_errors;
	add_up(run, row, &summary);
	if (!row->met)
		ping_status_at_least(run, EXIT_UNMET);
	if (run->targets == 1 && nd_ctx_stats(run->ctx, &ctx) == 0)
		summary.ctx = &ctx;
	if (row->any_source && row->ping != NULL)
		senders = senders_of(row->ping, &summary.nsenders);
	summary.senders = senders;
	run->report->ops->summary(
	    run->report, &t, &summary, clock_realtime_ns());
	free(senders);
	nd_ping_free(row->ping);
	row->ping = NULL;
}

static void
tell_error(struct ping_run *run, const struct row *row)
{
	const struct report_error error = {
	    .code = (enum report_code)row->code, .message = row->cause};
	char text[ADDRTEXT_MAX];
	struct report_target t = row_target(row, text);

	if (row->code == REPORT_RESOLVE)
		run->end.unresolved++;
	else
		run->end.failed++;
	run->report->ops->error(run->report, &t, &error, clock_realtime_ns());
}

void
ping_tell(struct ping_run *run, struct row *row, enum report_reason why)
{
	if (row->told)
		return;
	row->told = true;
	if (row->state == ROW_FAILED)
		tell_error(run, row);
	else
		tell_summary(run, row, why);
}

/* ---- In moments of leisure ------------------------------------------------
 */

static void
tell_interim(struct ping_run *run, const struct row *row)
{
	struct nd_ping_stats stats = {.size = sizeof(stats)};
	struct report_summary interim = {.stats = &stats};
	char text[ADDRTEXT_MAX];
	struct report_target t = row_target(row, text);

	if (row->state != ROW_RUNNING || row->ping == NULL ||
	    nd_ping_stats(row->ping, &stats) != 0)
		return;
	judge(&run->opts, &interim);
	run->report->ops->interim(
	    run->report, &t, &interim, clock_realtime_ns());
}

static bool
is_all_told(const struct ping_run *run)
{
	return run->untold == NULL && run->interim_next == run->interim_end;
}

static void
tell_some(struct ping_run *run, int n)
{
	struct row *row;

	for (; n > 0 && !run->stalled && !is_all_told(run); n--) {
		if ((row = run->untold) != NULL) {
			run->untold = row->untold;
			ping_tell(run, row, REPORT_DONE);
		} else {
			row = rows_at(&run->rows, run->interim_next++);
			tell_interim(run, row);
		}
	}
	if (!run->stalled && !is_all_told(run))
		return;
	ev_idle_stop(run->loop, &run->tell);
	ev_timer_stop(run->loop, &run->tell_late);
}

void
ping_tell_resume(struct ping_run *run)
{
	if (run->stalled || is_all_told(run) || ev_is_active(&run->tell))
		return;
	ev_idle_start(run->loop, &run->tell);
	ev_timer_set(&run->tell_late, TELL_WAIT_S, TELL_LATE_S);
	ev_timer_start(run->loop, &run->tell_late);
}

void
ping_tell_soon(struct ping_run *run, struct row *row)
{
	if (run->untold == NULL)
		run->untold = row;
	else
		run->untold_last->untold = row;
	run->untold_last = row;
	ping_tell_resume(run);
}

void
ping_tell_interims(struct ping_run *run)
{
	/* Those of the time before are not all told yet: these are left out. */
	if (run->interim_next < run->interim_end)
		return;
	run->interim_next = 0;
	run->interim_end = run->rows.n;
	ping_tell_resume(run);
}

static void
on_idle(struct ev_loop *loop, ev_idle *w, int events)
{
	(void)loop;
	(void)events;
	tell_some(w->data, TELL_AT_ONCE);
}

static void
on_late(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	tell_some(w->data, TELL_LATE_AT_ONCE);
}

void
ping_tell_init(struct ping_run *run)
{
	ev_idle_init(&run->tell, on_idle);
	ev_set_priority(&run->tell, EV_MINPRI);
	run->tell.data = run;
	ev_timer_init(&run->tell_late, on_late, TELL_WAIT_S, TELL_LATE_S);
	run->tell_late.data = run;
}
