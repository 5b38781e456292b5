/* SPDX-License-Identifier: MIT */
/*
 * run_names.c: headers and events on their way to the report. Where a reverse
 * name is wanted, lines wait for it, in order and for a bounded time.
 */
#include "run.h"

static void
report_start(struct run *run, struct row *row, const char *addr_name)
{
	const struct run_opts *o = run->opts;
	char text[ADDRTEXT_MAX], src_text[ADDRTEXT_MAX];
	struct report_target t = row_target(row, text);
	struct sockaddr_storage addr, src;
	struct report_start start = {.dns_ns = row->dns_ns,
	    .show_source = o->interface_arg != NULL || o->source_arg != NULL,
	    .device = o->device,
	    .addr_name = addr_name};

	(void)row_addr(row, &addr);
	if (o->source.af != AF_UNSPEC)
		start.src =
		    addrtext((const struct sockaddr *)&run->source, src_text);
	else if (nd_ctx_source(
		     run->ctx, (const struct sockaddr *)&addr, &src) == 0)
		start.src = addrtext((const struct sockaddr *)&src, src_text);
	run->ops->describe(run, row, &start);
	run->report->ops->start(run->report, &t, &start, clock_realtime_ns());
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
		run->ops->tell(run, only_row(run), h->event, name);
}

/* The name of ADDR as far as known; PENDING: it may still come. */
static const char *
name_of(struct run *run, const struct sockaddr *addr, bool *pending)
{
	*pending = false;
	return addr != NULL ? rdns_lookup(run->rdns, addr, pending) : NULL;
}

void
run_release(struct run *run, bool all)
{
	const struct held *h;

	while ((h = hold_first(&run->hold)) != NULL) {
		const int64_t now = clock_monotonic_ns();
		bool pending;
		const char *name = name_of(run, held_from(h), &pending);

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
		run_finish(run, REPORT_DONE);
}

static void
on_name(void *user, const struct sockaddr *addr, const char *name)
{
	(void)addr;
	(void)name;
	run_release(user, false);
}

static void
on_hold_timer(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	run_release(w->data, false);
}

/*
 * Told at once where its name is known and nothing waits before it; false where
 * it has to be held.
 */
static bool
may_tell(struct run *run, const struct sockaddr *from, const char **name)
{
	bool pending;

	*name = name_of(run, from, &pending);
	return !pending && hold_first(&run->hold) == NULL;
}

/* A place behind what is held already; NULL: it all went, this may too. */
static struct held *
hold_line(struct run *run, const struct sockaddr *from, bool is_start)
{
	struct held *h = hold_push(&run->hold, from, is_start,
	    clock_monotonic_ns() + run->opts->resolve_wait_ns);

	if (h == NULL)
		run_release(run, true);
	return h;
}

/* The first line that is held sets the timer. */
static void
held_line(struct run *run)
{
	if (run->hold.n == 1)
		run_release(run, false);
}

/*
 * Only the lines of one target show reverse names, as those of ping(8) do, and
 * only where the target was a name.
 */
int
run_open_reverse(struct run *run)
{
	const struct rdns_opts opts = {
	    .timeout_ns = run->opts->resolve_wait_ns};

	ev_timer_init(&run->hold_timer, on_hold_timer, 0, 0);
	run->hold_timer.data = run;
	if (!run->has_names || run->opts->numeric || run->targets > 1 ||
	    run->opts->format != RUN_FORMAT_TEXT || run->nameless ||
	    run->opts->resolve_wait_ns == 0)
		return 0;
	/* Without a resolver there are no names, that is all. */
	if (rdns_new(&run->rdns, run->loop, &opts, on_name, run) != 0)
		run->rdns = NULL;
	return hold_init(&run->hold, run->ops->event_size);
}

/* ---- What the library tells ------------------------------------------------
 */

void
run_tell_start(struct run *run, struct row *row)
{
	struct sockaddr_storage addr;
	const struct sockaddr *from;
	const char *name;

	/* Records of starts and headers: nothing else wants a source address.
	 */
	if (run->opts->quiet && run->opts->format == RUN_FORMAT_JSON)
		return;
	if (run->opts->format == RUN_FORMAT_TEXT && run->targets > 1 &&
	    !run->each_start)
		return;
	if (run->rdns == NULL) {
		report_start(run, row, NULL);
		return;
	}
	(void)row_addr(row, &addr);
	from = (const struct sockaddr *)&addr;
	if (may_tell(run, from, &name) || hold_line(run, from, true) == NULL)
		report_start(run, row, name);
	else
		held_line(run);
}

void
run_event(struct row *row, const void *event, const struct sockaddr *from)
{
	struct run *run = row->run;
	const char *name = NULL;
	struct held *h;

	if (run->rdns == NULL || may_tell(run, from, &name) ||
	    (h = hold_line(run, from, false)) == NULL) {
		run->ops->tell(run, row, event, name);
		return;
	}
	run->ops->keep(h->event, event, held_from(h));
	held_line(run);
}
