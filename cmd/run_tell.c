/* SPDX-License-Identifier: MIT */
/*
 * run_tell.c: what is told of a row: its summary or error, once, and interim
 * summaries. They wait for moments in which nothing else is to be done, so that
 * they do not hold up a sweep, and for a reader that keeps up.
 */
#include "run.h"

#include "cmd.h"

#define TELL_AT_ONCE 64
/* Without a moment of leisure for so long, many are told nevertheless. */
#define TELL_WAIT_S 1.0
#define TELL_LATE_S 0.1
#define TELL_LATE_AT_ONCE 8192

struct run_verdict
run_judge(const struct run *run, const struct row *row,
    const struct report_counts *counts, const struct nd_rtt *rtt)
{
	const struct run_opts *o = run->opts;
	const uint64_t replies =
	    counts->received + counts->late - counts->late_errors;
	const struct report_share loss = report_goal_loss(counts);
	/* Where percentiles were given up, the largest stands for them. */
	const int64_t judged = rtt->p95_ns >= 0 ? rtt->p95_ns : rtt->max_ns;
	struct run_verdict v = {.judged_rtt_ns = judged};

	/* max_loss is in millionths of a percent. */
	v.over_loss =
	    o->max_loss >= 0 && loss.whole > 0 &&
	    (double)loss.part * 1e8 > (double)o->max_loss * (double)loss.whole;
	/* A target that is down has no time to blame. */
	v.over_rtt = o->max_rtt_ns >= 0 && replies > 0 &&
		     (judged < 0 || judged > o->max_rtt_ns);
	v.ok = run->ops->met(run, row, counts) && !v.over_loss && !v.over_rtt;
	return v;
}

bool
run_answered(const struct run *run, const struct row *row,
    const struct report_counts *counts)
{
	if (run->ops->answered != NULL)
		return run->ops->answered(row, counts);
	return counts->received + counts->late > counts->late_errors;
}

void
run_add_up(struct run *run, struct row *row, const struct report_counts *counts,
    const struct run_verdict *verdict)
{
	struct report_end *e = &run->end;

	row->met = verdict->ok;
	row->alive = run_answered(run, row, counts);
	e->sent += counts->sent;
	e->received += counts->received;
	e->lost += counts->lost;
	e->late += counts->late;
	e->errors += counts->errors;
	e->send_errors += counts->send_errors;
	e->unfinished += counts->unfinished;
	e->alive += row->alive;
	e->failed += !row->met;
	e->not_probed += report_not_probed(counts);
	e->over_loss += verdict->over_loss;
	e->over_rtt += verdict->over_rtt;
	if (!row->met)
		run_status_at_least(run, EXIT_UNMET);
}

static void
tell_error(struct run *run, const struct row *row)
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
run_tell(struct run *run, struct row *row, enum report_reason why)
{
	if (row->told)
		return;
	row->told = true;
	if (row->state == ROW_FAILED) {
		tell_error(run, row);
		return;
	}
	run->ops->summary(run, row, why);
	if (row->task != NULL)
		run->ops->free(row);
	row->task = NULL;
}

/* ---- In moments of leisure ------------------------------------------------
 */

static void
tell_interim(struct run *run, struct row *row)
{
	if (row->state == ROW_RUNNING && row->task != NULL)
		run->ops->interim(run, row);
}

static bool
is_all_told(const struct run *run)
{
	return run->untold == NULL && run->interim_next == run->interim_end;
}

static void
tell_some(struct run *run, int n)
{
	struct row *row;

	for (; n > 0 && !run->stalled && !is_all_told(run); n--) {
		if ((row = run->untold) != NULL) {
			run->untold = row->next;
			run_tell(run, row, REPORT_DONE);
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
run_tell_resume(struct run *run)
{
	if (run->stalled || is_all_told(run) || ev_is_active(&run->tell))
		return;
	ev_idle_start(run->loop, &run->tell);
	ev_timer_set(&run->tell_late, TELL_WAIT_S, TELL_LATE_S);
	ev_timer_start(run->loop, &run->tell_late);
}

void
run_tell_soon(struct run *run, struct row *row)
{
	row->next = NULL;
	if (run->untold == NULL)
		run->untold = row;
	else
		run->untold_last->next = row;
	run->untold_last = row;
	run_tell_resume(run);
}

void
run_tell_interims(struct run *run)
{
	/* Those of the time before are not all told yet: these are left out. */
	if (run->interim_next < run->interim_end)
		return;
	run->interim_next = 0;
	run->interim_end = run->rows.n;
	run_tell_resume(run);
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
run_tell_init(struct run *run)
{
	ev_idle_init(&run->tell, on_idle);
	ev_set_priority(&run->tell, EV_MINPRI);
	run->tell.data = run;
	ev_timer_init(&run->tell_late, on_late, TELL_WAIT_S, TELL_LATE_S);
	run->tell_late.data = run;
}
