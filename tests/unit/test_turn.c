/* SPDX-License-Identifier: MIT */
/*
 * One turn of a context: what it reads, lets expire and sends, in which order,
 * and how much of it at once.
 */
#include "ping_rig.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define MANY 1000

/* COUNT probes each to MANY addresses. */
static struct nd_ping **
start_many(struct ping_rig *r, uint64_t count, int64_t timeout_ns)
{
	struct nd_ping **pings = calloc(MANY, sizeof(struct nd_ping *));

	cr_assert_not_null(pings);
	for (int i = 0; i < MANY; i++) {
		char text[32];
		struct nd_ping_opts o;

		(void)snprintf(
		    text, sizeof(text), "10.0.%d.%d", i / 250, i % 250 + 1);
		o = rig_opts(r, text);
		o.count = count;
		o.timeout_ns = timeout_ns;
		pings[i] = rig_start(r, &o);
	}
	return pings;
}

static void
free_pings(struct nd_ping **pings)
{
	for (int i = 0; i < MANY; i++)
		nd_ping_free(pings[i]);
	free(pings);
}

static void
free_many(struct ping_rig *r, struct nd_ping **pings)
{
	free_pings(pings);
	rig_free(r);
}

Test(turn, nothing_is_due_without_tasks)
{
	struct ping_rig *r = rig_new(NULL);

	cr_assert(!nd_ctx_turn(r->ctx));
	cr_assert_eq(nd_ctx_next(r->ctx), INT64_MAX);
	rig_free(r);
}

Test(turn, lets_a_bounded_portion_expire)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping **pings[3];

	r->net.on_send = rig_silence;
	for (int i = 0; i < 3; i++)
		pings[i] = start_many(r, 1, SEC);
	rig_run(r, 0);
	cr_assert_eq(r->net.sends, 3 * MANY);
	r->clock.now_ns += 2 * SEC;
	/* Between two portions the sockets are read. */
	cr_assert(nd_ctx_turn(r->ctx));
	cr_assert_gt(r->count[ND_PING_TIMEOUT], 0);
	cr_assert_leq(r->count[ND_PING_TIMEOUT], 1024);
	rig_run(r, 0);
	cr_assert_eq(r->count[ND_PING_TIMEOUT], 3 * MANY);
	free_pings(pings[0]);
	free_pings(pings[1]);
	free_many(r, pings[2]);
}

static void
turn_again(
    struct ping_rig *r, struct nd_ping *ping, const struct nd_ping_event *e)
{
	(void)ping;
	if (e->status == ND_PING_REPLY)
		cr_assert(!nd_ctx_turn(r->ctx));
}

/* What the rest of its batch points to is still needed. */
Test(turn, inside_a_callback_is_none)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping[2];

	r->hook = turn_again;
	ping[0] = rig_ping(r, "192.0.2.7", 1);
	ping[1] = rig_ping(r, "192.0.2.8", 1);
	rig_run(r, SEC);
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(rig_stats(ping[i]).received, 1);
		nd_ping_free(ping[i]);
	}
	rig_free(r);
}

/* A run that ends before anything times out knows of them, too. */
Test(turn, drops_are_looked_up_when_it_pauses)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping = rig_ping(r, "192.0.2.7", 1);

	rig_run(r, SEC);
	r->net.drops = 7;
	nd_ctx_pause(r->ctx, true);
	cr_assert_eq(rig_ctx_stats(r).local_drops, 7);
	nd_ctx_pause(r->ctx, false);
	nd_ping_free(ping);
	rig_free(r);
}

Test(turn, sends_a_bounded_portion)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping **pings = start_many(r, 1, SEC);

	cr_assert(nd_ctx_turn(r->ctx));
	cr_assert_eq(r->net.sends, 64);
	rig_run(r, SEC);
	cr_assert_eq(r->net.sends, MANY);
	cr_assert_eq(r->count[ND_PING_REPLY], MANY);
	free_many(r, pings);
}

Test(turn, lets_nothing_expire_while_there_is_more_to_read)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping **pings;

	r->net.on_send = rig_silence;
	pings = start_many(r, 1, SEC);
	rig_run(r, 0);
	/* Answers that came in time, behind thousands of other packets. */
	for (int i = 0; i < 5000; i++)
		rig_answer(r, MANY - 100, 10 * MS);
	for (uint64_t i = MANY - 99; i <= MANY; i++)
		rig_answer(r, i, 20 * MS);
	r->clock.now_ns += 5 * SEC;
	cr_assert(nd_ctx_turn(r->ctx));
	cr_assert_eq(r->count[ND_PING_TIMEOUT], 0);
	rig_run(r, 0);
	cr_assert_eq(r->count[ND_PING_REPLY], 101);
	cr_assert_eq(r->count[ND_PING_TIMEOUT], MANY - 101);
	free_many(r, pings);
}

struct window {
	int64_t at_ns[4096];
	size_t n;
};

static int
note_time(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	struct window *w = ((struct ping_rig *)arg)->hook_arg;

	cr_assert_lt(w->n, 4096);
	w->at_ns[w->n++] = net->clock->now_ns;
	return rig_echo(net, sent, arg);
}

Test(turn, the_rate_holds_for_all_tasks_together)
{
	struct nd_limits limits = ND_LIMITS_INIT;
	struct window *w = calloc(1, sizeof(*w));
	struct nd_ping **pings;
	struct ping_rig *r;

	limits.rate_pps = 150;
	r = rig_new(&limits);
	r->hook_arg = w;
	r->net.on_send = note_time;
	pings = start_many(r, 0, SEC);
	rig_run(r, 20 * SEC);
	/* All that the rate allows, and one for the beginning. */
	cr_assert(w->n >= 2990 && w->n <= 3002);
	for (size_t i = 0; i < w->n; i += 11)
		for (size_t j = i; j < w->n; j += 13)
			cr_assert_leq((int64_t)(j - i),
			    (w->at_ns[j] - w->at_ns[i]) * 150 / SEC + 2);
	/* Each gets its share. */
	for (int i = 0; i < MANY; i++)
		cr_assert(
		    pings[i]->task.numbers >= 2 && pings[i]->task.numbers <= 4);
	free_many(r, pings);
	free(w);
}

Test(turn, keeps_no_more_in_flight_than_allowed)
{
	struct nd_limits limits = ND_LIMITS_INIT;
	struct nd_ping **pings;
	struct ping_rig *r;

	limits.rate_pps = 0;
	limits.max_in_flight = 10;
	r = rig_new(&limits);
	r->net.on_send = rig_silence;
	pings = start_many(r, 1, SEC);
	rig_run(r, 900 * MS);
	cr_assert_eq(r->net.sends, 10);
	cr_assert_eq(rig_ctx_stats(r).in_flight, 10);
	r->net.on_send = rig_echo;
	rig_run(r, 300 * MS);
	cr_assert_gt(r->net.sends, 100);
	cr_assert_leq(rig_ctx_stats(r).in_flight, 10);
	rig_run(r, 20 * SEC);
	cr_assert_eq(r->count[ND_PING_DONE], MANY);
	cr_assert_eq(r->count[ND_PING_TIMEOUT], 10);
	free_many(r, pings);
}

/* The queue towards 10.0.0.1 is full. */
static int
one_is_full(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	if (sent->send->to->ip[2] == 0 && sent->send->to->ip[3] == 1)
		return -EAGAIN;
	return rig_echo(net, sent, arg);
}

Test(turn, a_full_queue_of_one_neighbour_holds_nobody_else_up)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping **pings;

	r->net.on_send = one_is_full;
	pings = start_many(r, 1, SEC);
	rig_run(r, 100 * MS);
	cr_assert_eq(r->count[ND_PING_REPLY], MANY - 1);
	r->net.on_send = rig_echo;
	rig_run(r, 100 * MS);
	cr_assert_eq(r->count[ND_PING_REPLY], MANY);
	cr_assert_eq(r->count[ND_PING_SEND_ERROR], 0);
	free_many(r, pings);
}

static void
pause_at_timeout(
    struct ping_rig *r, struct nd_ping *ping, const struct nd_ping_event *e)
{
	(void)ping;
	if (e->status == ND_PING_TIMEOUT && r->count[ND_PING_TIMEOUT] == 5)
		nd_ctx_pause(r->ctx, true);
}

Test(turn, a_pause_holds_from_the_callback_on)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping **pings;

	r->net.on_send = rig_silence;
	r->hook = pause_at_timeout;
	pings = start_many(r, 2, 500 * MS);
	rig_run(r, 10 * SEC);
	cr_assert_eq(r->count[ND_PING_TIMEOUT], 5);
	cr_assert_eq(r->net.sends, MANY);
	cr_assert_eq(nd_ctx_next(r->ctx), INT64_MAX);
	/* Told twice, it is counted once. */
	nd_ctx_pause(r->ctx, true);
	nd_ctx_pause(r->ctx, false);
	nd_ctx_pause(r->ctx, false);
	rig_run(r, 10 * SEC);
	cr_assert_eq(r->count[ND_PING_TIMEOUT], 2 * MANY);
	cr_assert_eq(r->count[ND_PING_DONE], MANY);
	cr_assert_gt(rig_ctx_stats(r).paused_ns, 9 * SEC);
	cr_assert_lt(rig_ctx_stats(r).paused_ns, 10 * SEC);
	free_many(r, pings);
}

/* ---- Stamps ------------------------------------------------------------- */

/*
 * More packets than one turn reads were stamped before the step; when the rest
 * is read, the clock is trusted again, and their stamps are an hour off.
 */
static void
step_before_a_long_queue(int64_t step_ns)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping **pings;
	struct nd_ping_stats s;

	r->net.on_send = rig_silence;
	pings = start_many(r, 1, 10 * SEC);
	rig_run(r, 0);
	for (int i = 0; i < 3000; i++)
		rig_answer(r, 1000, 10 * MS);
	for (uint64_t i = MANY - 99; i < MANY; i++)
		rig_answer(r, i, 10 * MS);
	r->clock.now_ns += 100 * MS;
	virtual_clock_step(&r->clock, step_ns);
	rig_run(r, 100 * MS);
	cr_assert_eq(rig_ctx_stats(r).clock_steps, 1);
	cr_assert_eq(r->count[ND_PING_REPLY], 100);
	cr_assert_eq(r->count[ND_PING_TIMEOUT], 0);
	for (int i = MANY - 100; i < MANY; i++) {
		s = rig_stats(pings[i]);
		cr_assert(s.rtt.max_ns >= 10 * MS && s.rtt.max_ns <= SEC);
		cr_assert_eq(s.clock, ND_CLOCK_USER);
	}
	free_many(r, pings);
}

Test(turn, clock_that_steps_on_before_a_long_queue)
{
	step_before_a_long_queue(HOUR);
}

Test(turn, clock_that_steps_back_before_a_long_queue)
{
	step_before_a_long_queue(-HOUR);
}
