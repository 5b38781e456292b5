/* SPDX-License-Identifier: MIT */
/*
 * ping_events.c: from the events of the library to the report. Where a reverse
 * name is wanted, lines wait for it, in order and for a bounded time.
 */
#include "ping.h"

/* The report's lines as they come, without a name. */
static void
report_event(struct run *run, struct row *row,
    const struct nd_ping_event *event, const char *name)
{
	char text[ADDRTEXT_MAX];
	struct report_target t = row_target(row, text);

	report_ping_ops(run->report)
	    ->probe(run->report, &t, event, name, clock_realtime_ns());
}

static void
report_start(struct run *run, struct row *row, const char *addr_name)
{
	const struct ping_opts *o = &ping_of(run)->opts;
	struct report_start start = {
	    .proto = row->family == AF_INET ? "icmp" : "icmp6",
	    .addr_name = addr_name,
	    .pattern = o->pattern.bytes,
	    .pattern_len = o->pattern.len};

	run_tell_start(run, row, &start);
}

/* ---- Waiting for names ----------------------------------------------------
 */

static struct row *
only_row(const struct run *run)
{
	return rows_at(&run->rows, 0);
}

static void
let_go(struct run *run, const struct held *h, const char *name)
{
	if (h->is_start)
		report_start(run, only_row(run), name);
	else
		report_event(run, only_row(run), &h->event, name);
}

/* The name of ADDR as far as known; PENDING: it may still come. */
static const char *
name_of(struct run *run, const struct sockaddr *addr, bool *pending)
{
	*pending = false;
	return addr != NULL ? rdns_lookup(ping_of(run)->rdns, addr, pending)
			    : NULL;
}

static void
release(struct run *run, bool all)
{
	const struct held *h;

	while ((h = hold_first(&ping_of(run)->hold)) != NULL) {
		const int64_t now = clock_monotonic_ns();
		bool pending;
		const char *name = name_of(run, h->event.from, &pending);

		if (pending && !all && now < h->until_ns) {
			ev_timer_stop(run->loop, &ping_of(run)->hold_timer);
			ev_timer_set(&ping_of(run)->hold_timer,
			    (double)(h->until_ns - now) * 1e-9, 0);
			ev_timer_start(run->loop, &ping_of(run)->hold_timer);
			return;
		}
		let_go(run, h, name);
		hold_pop(&ping_of(run)->hold);
	}
	ev_timer_stop(run->loop, &ping_of(run)->hold_timer);
	if (run->undecided == 0)
		run_finish(run, REPORT_DONE);
}

static void
on_name(void *user, const struct sockaddr *addr, const char *name)
{
	(void)addr;
	(void)name;
	release(user, false);
}

static void
on_hold_timer(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	release(w->data, false);
}

/* Behind what is held already, or where its own name is not known yet. */
static void
hold_or_tell(struct run *run, struct row *row,
    const struct nd_ping_event *event, bool is_start)
{
	bool pending;
	const char *name = name_of(run, event->from, &pending);
	struct held direct = {.event = *event, .is_start = is_start};

	(void)row;
	if (!pending && hold_first(&ping_of(run)->hold) == NULL) {
		let_go(run, &direct, name);
		return;
	}
	if (!hold_push(&ping_of(run)->hold, event, is_start,
		clock_monotonic_ns() + run->opts->resolve_wait_ns)) {
		release(run, true);
		let_go(run, &direct, name);
		return;
	}
	if (ping_of(run)->hold.n == 1)
		release(run, false);
}

/* ---- What the run and the library tell ------------------------------------
 */

/*
 * Only ping(8)'s lines, those of one target, show reverse names, and only where
 * the target was a name.
 */
int
ping_open_names(struct run *run)
{
	struct ping *ping = ping_of(run);
	const struct rdns_opts rdns = {
	    .timeout_ns = run->opts->resolve_wait_ns};

	ev_timer_init(&ping->hold_timer, on_hold_timer, 0, 0);
	ping->hold_timer.data = run;
	if (!run->has_names || run->opts->numeric || run->targets > 1 ||
	    run->opts->format != RUN_FORMAT_TEXT || ping->opts.alive ||
	    ping->opts.down || run->opts->resolve_wait_ns == 0)
		return 0;
	/* Without a resolver there are no names, that is all. */
	if (rdns_new(&ping->rdns, run->loop, &rdns, on_name, run) != 0)
		ping->rdns = NULL;
	return hold_init(&ping->hold);
}

bool
ping_started(struct run *run, struct row *row)
{
	struct sockaddr_storage addr;
	struct nd_ping_event event = {0};

	if (ping_of(run)->rdns == NULL) {
		report_start(run, row, NULL);
		return true;
	}
	(void)row_addr(row, &addr);
	event.from = (const struct sockaddr *)&addr;
	hold_or_tell(run, row, &event, true);
	return true;
}

void
ping_ending(struct run *run)
{
	if (ping_of(run)->rdns != NULL)
		release(run, true);
}

bool
ping_holds(const struct run *run)
{
	return hold_first(&ping_of_const(run)->hold) != NULL;
}

void
ping_on_event(
    struct nd_ping *ping, const struct nd_ping_event *event, void *user)
{
	struct row *row = user;
	struct run *run = row->run;

	(void)ping;
	if (ping_of(run)->rdns == NULL || event->status == ND_PING_SENT)
		report_event(run, row, event, NULL);
	else
		hold_or_tell(run, row, event, false);
}
