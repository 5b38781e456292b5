/* SPDX-License-Identifier: MIT */
/*
 * ping_rows.c: the life of a row: its name is resolved, it is started, it is
 * decided, its summary is told.
 */
#include "ping_run.h"

#include "cmd.h"
#include "message.h"
#include "out.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define SENDERS_MAX 1024

/* ---- Telling ------------------------------------------------------------- */

void
ping_judge(const struct ping_opts *o, struct report_summary *summary)
{
	const struct nd_ping_stats *s = summary->stats;
	const uint64_t replies = s->received + s->late - s->late_errors;
	const uint64_t decided = s->sent - s->unfinished;
	const uint64_t lost = s->lost + s->errors;
	/* Where percentiles were given up, the largest stands for them. */
	const int64_t rtt = s->rtt.p95_ns >= 0 ? s->rtt.p95_ns : s->rtt.max_ns;

	/* max_loss is in millionths of a percent. */
	summary->over_loss =
	    o->max_loss >= 0 && decided > 0 &&
	    (double)lost * 1e8 > (double)o->max_loss * (double)decided;
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
	struct nd_ping_stats stats = {.size = sizeof(stats)};
	struct nd_ctx_stats ctx = {.size = sizeof(ctx)};
	struct nd_ping_sender *senders = NULL;
	struct report_summary summary = {.stats = &stats, .reason = why};
	char text[ADDRTEXT_MAX];
	struct report_target t = row_target(row, text);

	(void)nd_ping_stats(row->ping, &stats);
	ping_judge(&run->opts, &summary);
	row->met = summary.ok;
	row->alive = stats.received + stats.late > stats.late_errors;
	add_up(run, row, &summary);
	if (!row->met)
		ping_status_at_least(run, EXIT_UNMET);
	if (run->targets == 1 && nd_ctx_stats(run->ctx, &ctx) == 0)
		summary.ctx = &ctx;
	if (row->any_source)
		senders = senders_of(row->ping, &summary.nsenders);
	summary.senders = senders;
	run->report->ops->summary(
	    run->report, &t, &summary, ping_realtime_ns());
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
	run->report->ops->error(run->report, &t, &error, ping_realtime_ns());
}

void
ping_tell(struct ping_run *run, struct row *row, enum report_reason why)
{
	if (row->told)
		return;
	row->told = true;
	if (row->ping != NULL)
		tell_summary(run, row, why);
	else if (row->state == ROW_FAILED)
		tell_error(run, row);
}

/*
 * Summaries wait until nothing else is to be done, so that they do not hold up
 * a sweep, but not for long.
 */
#define TELL_WAIT_NS INT64_C(1000000000)
#define TELL_AT_ONCE 64

static void
tell_some(struct ping_run *run)
{
	struct row *row;

	for (int i = 0; i < TELL_AT_ONCE && run->untold != NULL; i++) {
		row = run->untold;
		run->untold = row->untold;
		ping_tell(run, row, REPORT_DONE);
	}
	run->untold_since_ns = ping_monotonic_ns();
	if (run->untold == NULL)
		ev_idle_stop(run->loop, &run->tell);
}

void
ping_on_idle(struct ev_loop *loop, ev_idle *w, int events)
{
	(void)loop;
	(void)events;
	tell_some(w->data);
}

static void
tell_soon(struct ping_run *run, struct row *row)
{
	if (run->untold == NULL) {
		run->untold = row;
		run->untold_since_ns = ping_monotonic_ns();
		ev_idle_start(run->loop, &run->tell);
	} else {
		run->untold_last->untold = row;
	}
	run->untold_last = row;
	if (ping_monotonic_ns() - run->untold_since_ns > TELL_WAIT_NS)
		tell_some(run);
}

static void
decided(struct ping_run *run, struct row *row, enum row_state state)
{
	row->state = (uint8_t)state;
	run->undecided--;
	if (!run->report->ops->at_end)
		tell_soon(run, row);
	if (run->undecided == 0 && hold_first(&run->hold) == NULL)
		ping_finish(run, REPORT_DONE);
}

void
ping_fail(struct ping_run *run, struct row *row, enum report_code code,
    const char *cause)
{
	char text[ADDRTEXT_MAX];
	struct report_target t = row_target(row, text);

	row->code = (uint8_t)code;
	row->cause = cause;
	ping_status_at_least(run, report_code_status(code));
	message("ping", t.name != NULL ? t.name : t.addr, cause, NULL);
	decided(run, row, ROW_FAILED);
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
	past = ping_monotonic_ns() - run->began_ns;
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

void
ping_resolved(void *user, int err, const struct addrinfo *list, int64_t took_ns)
{
	struct row *row = user;
	struct ping_run *run = row->run;

	if (run->stopping)
		return;
	if (err != 0 || list == NULL) {
		ping_fail(run, row, REPORT_RESOLVE,
		    resolve_strerror(err != 0 ? err : EAI_NONAME));
		return;
	}
	row->dns_ns = took_ns;
	for (;; list = list->ai_next) {
		row_set_addr(row, list->ai_addr);
		widen(run, row);
		if (!run->opts.all || list->ai_next == NULL)
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

void
ping_start_rows(struct ping_run *run)
{
	/* Siblings are added behind, and start by themselves. */
	const size_t n = run->rows.n;

	for (size_t i = 0; i < n && !run->stopping; i++) {
		struct row *row = rows_at(&run->rows, i);

		if (row->family == AF_UNSPEC)
			start_name(run, row);
		else
			start_row(run, row);
	}
}
