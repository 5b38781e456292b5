/* SPDX-License-Identifier: MIT */
/*
 * ping_events.c: from the events of the library to the report. Where a reverse
 * name is wanted, lines wait for it, in order and for a bounded time.
 */
#include "ping_run.h"

/* The report's lines as they come, without a name. */
static void
report_event(struct ping_run *run, struct row *row,
    const struct nd_ping_event *event, const char *name)
{
	char text[ADDRTEXT_MAX];
	struct report_target t = row_target(row, text);

	run->report->ops->probe(
	    run->report, &t, event, name, clock_realtime_ns());
}

static void
report_start(struct ping_run *run, struct row *row, const char *addr_name)
{
	const struct ping_opts *o = &run->opts;
	char text[ADDRTEXT_MAX], src_text[ADDRTEXT_MAX];
	struct report_target t = row_target(row, text);
	struct sockaddr_storage addr, src;
	struct report_start start = {
	    .proto = row->family == AF_INET ? "icmp" : "icmp6",
	    .dns_ns = row->dns_ns,
	    .show_source = o->interface_arg != NULL || o->source_arg != NULL,
	    .device = o->device,
	    .addr_name = addr_name,
	    .pattern = o->pattern.bytes,
	    .pattern_len = o->pattern.len};

	(void)row_addr(row, &addr);
	if (o->source.af != AF_UNSPEC)
		start.src =
		    addrtext((const struct sockaddr *)&run->source, src_text);
	else if (nd_ctx_source(
		     run->ctx, (const struct sockaddr *)&addr, &src) == 0)
		start.src = addrtext((const struct sockaddr *)&src, src_text);
	run->report->ops->start(run->report, &t, &start, clock_realtime_ns());
}

/* ---- Waiting for names ----------------------------------------------------
 */

static struct row *
only_row(const struct ping_run *run)
{
	return rows_at(&run->rows, 0);
}

static void
let_go(struct ping_run *run, const struct held *h, const char *name)
{
	if (h->is_start)
		report_start(run, only_row(run), name);
	else
		report_event(run, only_row(run), &h->event, name);
}

/* The name of ADDR as far as known; PENDING: it may still come. */
static const char *
name_of(struct ping_run *run, const struct sockaddr *addr, bool *pending)
{
	*pending = false;
	return addr != NULL ? rdns_lookup(run->rdns, addr, pending) : NULL;
}

void
ping_release(struct ping_run *run, bool all)
{
	const struct held *h;

	while ((h = hold_first(&run->hold)) != NULL) {
		const int64_t now = clock_monotonic_ns();
		bool pending;
		const char *name = name_of(run, h->event.from, &pending);

		if (pending && !all && now < h->until_ns) {
			ev_timer_stop(run->loop, &run->hold_timer);
			ev_timer_set(&run->hold_timer,
			    (double)(h->until_ns - now) * 1e-9, 0);
			ev_timer_start(run->loop, &run->hold_timer);
			return;
		}
		let_go(run, h, name);
		hold_pop(&run->hold);
	}
	ev_timer_stop(run->loop, &run->hold_timer);
	if (run->undecided == 0)
		ping_finish(run, REPORT_DONE);
}

void
ping_on_name(void *user, const struct sockaddr *addr, const char *name)
{
	(void)addr;
	(void)name;
	ping_release(user, false);
}

void
ping_on_hold_timer(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	ping_release(w->data, false);
}

/* Behind what is held already, or where its own name is not known yet. */
static void
hold_or_tell(struct ping_run *run, struct row *row,
    const struct nd_ping_event *event, bool is_start)
{
	bool pending;
	const char *name = name_of(run, event->from, &pending);
	struct held direct = {.event = *event, .is_start = is_start};

	(void)row;
	if (!pending && hold_first(&run->hold) == NULL) {
		let_go(run, &direct, name);
		return;
	}
	if (!hold_push(&run->hold, event, is_start,
		clock_monotonic_ns() + run->opts.resolve_wait_ns)) {
		ping_release(run, true);
		let_go(run, &direct, name);
		return;
	}
	if (run->hold.n == 1)
		ping_release(run, false);
}

/* ---- What the library tells ------------------------------------------------
 */

void
ping_told_start(struct ping_run *run, struct row *row)
{
	struct sockaddr_storage addr;
	struct nd_ping_event event = {0};

	/* Records of starts and headers: nothing else wants a source address.
	 */
	if (run->opts.quiet && run->opts.format == PING_FORMAT_JSON)
		return;
	if (run->opts.format == PING_FORMAT_TEXT && run->targets > 1)
		return;
	if (run->rdns == NULL) {
		report_start(run, row, NULL);
		return;
	}
	(void)row_addr(row, &addr);
	event.from = (const struct sockaddr *)&addr;
	hold_or_tell(run, row, &event, true);
}

void
ping_on_event(
    struct nd_ping *ping, const struct nd_ping_event *event, void *user)
{
	struct row *row = user;
	struct ping_run *run = row->run;

	(void)ping;
	if (run->rdns == NULL || event->status == ND_PING_SENT)
		report_event(run, row, event, NULL);
	else
		hold_or_tell(run, row, event, false);
}
