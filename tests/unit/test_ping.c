/* SPDX-License-Identifier: MIT */
/*
 * When ping sends, and what the times of departure and arrival make of a
 * probe: answered, timed out, late, duplicate.
 */
#include "ping_rig.h"

#include <criterion/criterion.h>

#define TICK (2 * ND_WHEEL_TICK_NS) /* how late two timers in a row may be */

static const struct nd_rtt no_rtt = {.samples = 0,
    .min_ns = -1,
    .avg_ns = -1,
    .max_ns = -1,
    .stddev_ns = -1,
    .p50_ns = -1,
    .p95_ns = -1,
    .p99_ns = -1,
    .jitter_ns = -1};

static void
assert_near(int64_t got_ns, int64_t want_ns)
{
	cr_assert(got_ns >= want_ns && got_ns <= want_ns + TICK,
	    "%lld ns, wanted %lld ns", (long long)got_ns, (long long)want_ns);
}

Test(ping, no_loss)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping = rig_ping(r, "192.0.2.7", 5);
	struct nd_ping_stats s;
	const struct rig_event *e;

	rig_run(r, 10 * SEC);
	s = rig_stats(ping);
	cr_assert_eq(s.sent, 5);
	cr_assert_eq(s.received, 5);
	cr_assert_eq(s.lost + s.errors + s.unfinished + s.send_errors, 0);
	cr_assert_eq(s.duplicates + s.late + s.invalid, 0);
	cr_assert_eq(s.rtt.min_ns, 10 * MS);
	cr_assert_eq(s.rtt.max_ns, 10 * MS);
	cr_assert_eq(s.rtt.stddev_ns, 0);
	cr_assert_eq(s.pipe, 1);
	cr_assert_not(s.loss_uncertain);
	assert_near(s.duration_ns, 4 * SEC + 10 * MS);
	cr_assert_eq(r->logged, 6);
	e = rig_event(r, ND_PING_REPLY, 5);
	cr_assert_eq(e->e.seq, 5);
	cr_assert_eq(e->e.bytes, 64);
	cr_assert_eq(e->e.ttl, 57);
	cr_assert_eq(r->log[5].e.status, ND_PING_DONE);
	cr_assert_eq(r->log[5].e.seq, 0);
	nd_ping_free(ping);
	rig_free(r);
}

Test(ping, silence_times_out)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping_opts o = rig_opts(r, "2001:db8::7");
	struct nd_ping *ping;
	struct nd_ping_stats s;

	o.count = 2;
	o.timeout_ns = 300 * MS;
	r->net.on_send = rig_silence;
	ping = rig_start(r, &o);
	rig_run(r, 5 * SEC);
	s = rig_stats(ping);
	cr_assert_eq(s.lost, 2);
	cr_assert_eq(s.clock, ND_CLOCK_NONE);
	cr_assert_eq(s.rtt.min_ns, no_rtt.min_ns);
	cr_assert_eq(s.rtt.p99_ns, no_rtt.p99_ns);
	cr_assert_eq(s.rtt.jitter_ns, no_rtt.jitter_ns);
	cr_assert_eq(r->count[ND_PING_TIMEOUT], 2);
	assert_near(
	    rig_event(r, ND_PING_TIMEOUT, 1)->at_ns, r->begin_ns + 300 * MS);
	cr_assert_eq(rig_event(r, ND_PING_TIMEOUT, 2)->e.seq, 2);
	cr_assert_eq(r->count[ND_PING_DONE], 1);
	nd_ping_free(ping);
	rig_free(r);
}

/* Number 2 is answered after 20 ms, 4 after 600 ms; the others never. */
static int
some_answers(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	(void)arg;
	if (sent->nth == 2)
		fake_message_arrives(net, sent->reply, 20 * MS);
	if (sent->nth == 4)
		fake_message_arrives(net, sent->reply, 600 * MS);
	return 0;
}

Test(ping, timeout_adapts_to_the_largest_rtt)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping_opts o = rig_opts(r, "192.0.2.7");
	struct nd_ping *ping;
	const int64_t begin = r->begin_ns;

	o.count = 5;
	o.interval_ns = 10 * SEC;
	r->net.on_send = some_answers;
	ping = rig_start(r, &o);
	rig_run(r, 60 * SEC);
	assert_near(rig_event(r, ND_PING_TIMEOUT, 1)->at_ns, begin + 3500 * MS);
	/* 3 x 20 ms is less than a second. */
	assert_near(rig_event(r, ND_PING_TIMEOUT, 2)->at_ns, begin + 21 * SEC);
	assert_near(
	    rig_event(r, ND_PING_TIMEOUT, 3)->at_ns, begin + 41800 * MS);
	cr_assert_eq(rig_stats(ping).lost, 3);
	nd_ping_free(ping);
	rig_free(r);
}

Test(ping, arrival_stamp_decides_when_the_process_stalls)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping_opts o = rig_opts(r, "192.0.2.7");
	struct nd_ping *ping;
	struct nd_ping_stats s;

	o.count = o.preload = 20;
	o.timeout_ns = SEC;
	ping = rig_start(r, &o);
	while (nd_ctx_turn(r->ctx))
		;
	cr_assert_eq(r->net.sends, 20);
	r->clock.now_ns += 2 * SEC;
	while (nd_ctx_turn(r->ctx))
		;
	s = rig_stats(ping);
	cr_assert_eq(s.received, 20);
	cr_assert_eq(s.rtt.max_ns, 10 * MS);
	cr_assert_eq(r->count[ND_PING_TIMEOUT], 0);
	cr_assert_eq(r->count[ND_PING_LATE], 0);
	nd_ping_free(ping);
	rig_free(r);
}

Test(ping, stamp_past_the_timeout_is_late_though_no_timer_ran)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping_opts o = rig_opts(r, "192.0.2.7");
	struct nd_ping *ping;

	o.count = 2;
	o.timeout_ns = SEC;
	o.interval_ns = 10 * SEC;
	r->rtt_ns = 1500 * MS;
	ping = rig_start(r, &o);
	(void)nd_ctx_turn(r->ctx);
	r->clock.now_ns += 2 * SEC;
	(void)nd_ctx_turn(r->ctx);
	cr_assert_eq(r->logged, 2);
	cr_assert_eq(r->log[0].e.status, ND_PING_TIMEOUT);
	cr_assert_eq(r->log[1].e.status, ND_PING_LATE);
	cr_assert_eq(r->log[1].e.rtt_ns, 1500 * MS);
	cr_assert_eq(rig_stats(ping).lost, 1);
	nd_ping_free(ping);
	rig_free(r);
}

Test(ping, late_reply_then_its_duplicate)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping_opts o = rig_opts(r, "192.0.2.7");
	struct nd_ping *ping;
	struct nd_ping_stats s;

	o.count = 2;
	o.interval_ns = 5 * SEC;
	o.timeout_ns = SEC;
	r->net.on_send = rig_silence;
	ping = rig_start(r, &o);
	rig_run(r, 2 * SEC);
	rig_answer(r, 1, 0);
	rig_answer(r, 1, 100 * MS);
	rig_run(r, SEC);
	s = rig_stats(ping);
	cr_assert_eq(s.lost, 1);
	cr_assert_eq(s.late, 1);
	cr_assert_eq(s.late_errors, 0);
	cr_assert_eq(s.duplicates, 1);
	cr_assert_eq(s.rtt.samples, 0);
	cr_assert_eq(r->logged, 3);
	cr_assert_eq(r->log[0].e.status, ND_PING_TIMEOUT);
	cr_assert_eq(r->log[1].e.status, ND_PING_LATE);
	cr_assert_eq(r->log[1].e.rtt_ns, 2 * SEC);
	cr_assert_eq(r->log[2].e.status, ND_PING_DUPLICATE);
	nd_ping_free(ping);
	rig_free(r);
}

/* Each reply comes three times. */
static int
thrice(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	(void)arg;
	for (int i = 1; i <= 3; i++)
		fake_message_arrives(net, sent->reply, i * MS);
	return 0;
}

Test(ping, duplicates_are_counted_apart)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping;
	struct nd_ping_stats s;

	r->net.on_send = thrice;
	ping = rig_ping(r, "192.0.2.7", 0);
	rig_run(r, 3 * SEC + 500 * MS);
	s = rig_stats(ping);
	cr_assert_eq(s.sent, 4);
	cr_assert_eq(s.received, 4);
	cr_assert_eq(s.duplicates, 8);
	cr_assert_eq(s.rtt.max_ns, MS);
	cr_assert_eq(rig_event(r, ND_PING_DUPLICATE, 2)->e.rtt_ns, 3 * MS);
	nd_ping_free(ping);
	rig_free(r);
}

/* The first answer takes longer than that to the second. */
static int
overtaken(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	(void)arg;
	fake_message_arrives(
	    net, sent->reply, sent->nth == 1 ? 37 * MS : 5 * MS);
	return 0;
}

Test(ping, reordering_is_no_fault)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping_opts o = rig_opts(r, "192.0.2.7");
	struct nd_ping *ping;
	struct nd_ping_stats s;

	o.count = 2;
	o.preload = 2;
	r->net.on_send = overtaken;
	ping = rig_start(r, &o);
	rig_run(r, SEC);
	s = rig_stats(ping);
	cr_assert_eq(s.received, 2);
	cr_assert_eq(s.duplicates + s.invalid + s.late, 0);
	cr_assert_eq(rig_event(r, ND_PING_REPLY, 1)->e.seq, 2);
	cr_assert_eq(rig_event(r, ND_PING_REPLY, 2)->e.seq, 1);
	/* RFC 3550: a sixteenth of the 32 ms between them. */
	cr_assert_eq(s.rtt.jitter_ns, 2 * MS);
	cr_assert_eq(s.pipe, 2);
	nd_ping_free(ping);
	rig_free(r);
}

struct drift {
	uint64_t seen;
	int64_t interval_ns, worst_ns;
};

static void
note_drift(
    struct ping_rig *r, struct nd_ping *ping, const struct nd_ping_event *e)
{
	struct drift *d = r->hook_arg;
	int64_t off;

	(void)ping;
	if (e->status != ND_PING_SENT)
		return;
	off =
	    r->clock.now_ns - r->begin_ns - (int64_t)d->seen++ * d->interval_ns;
	cr_assert_geq(off, 0, "sent before its time");
	if (off > d->worst_ns)
		d->worst_ns = off;
}

Test(ping, no_drift_over_100000_intervals)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping_opts o = rig_opts(r, "192.0.2.7");
	struct drift d = {.interval_ns = 333333333};
	struct nd_ping *ping;

	o.count = 100001;
	o.interval_ns = d.interval_ns;
	o.flags = ND_PING_F_SENT;
	r->hook = note_drift;
	r->hook_arg = &d;
	ping = rig_start(r, &o);
	rig_run(r, 100001 * d.interval_ns);
	cr_assert_eq(d.seen, 100001);
	cr_assert_leq(d.worst_ns, ND_WHEEL_TICK_NS);
	cr_assert_eq(rig_stats(ping).received, 100001);
	nd_ping_free(ping);
	rig_free(r);
}

Test(ping, stop_of_10_s_skips_what_was_missed)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping = rig_ping(r, "192.0.2.7", 0);
	const int64_t begin = r->begin_ns;

	rig_run(r, 2500 * MS);
	cr_assert_eq(r->net.sends, 3);
	r->clock.now_ns += 10 * SEC;
	while (nd_ctx_turn(r->ctx))
		;
	/* The one that was due, at 12.5 s, and none for those missed. */
	cr_assert_eq(r->net.sends, 4);
	/* The old schedule goes on: at 13, 14, 15 s. */
	rig_run(r, 3 * SEC);
	cr_assert_eq(r->net.sends, 7);
	for (size_t i = 1; i <= 3; i++)
		assert_near(rig_event(r, ND_PING_REPLY, 4 + i)->at_ns,
		    begin + (12 + (int64_t)i) * SEC + 10 * MS);
	cr_assert_eq(rig_stats(ping).lost, 0);
	nd_ping_free(ping);
	rig_free(r);
}

Test(ping, preload_leaves_at_once)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping_opts o = rig_opts(r, "192.0.2.7");
	struct nd_ping *ping;

	o.count = 6;
	o.preload = 4;
	ping = rig_start(r, &o);
	rig_run(r, 0);
	cr_assert_eq(r->net.sends, 4);
	rig_run(r, 900 * MS);
	cr_assert_eq(r->net.sends, 4);
	rig_run(r, 200 * MS);
	cr_assert_eq(r->net.sends, 5);
	rig_run(r, 2 * SEC);
	cr_assert_eq(rig_stats(ping).received, 6);
	cr_assert_eq(rig_stats(ping).pipe, 4);
	nd_ping_free(ping);
	rig_free(r);
}

Test(ping, adaptive_keeps_the_least_interval)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping_opts o = rig_opts(r, "192.0.2.7");
	struct drift d = {.interval_ns = 50 * MS};
	struct nd_ping *ping;

	o.flags = ND_PING_F_ADAPTIVE | ND_PING_F_SENT;
	o.least_interval_ns = 50 * MS;
	r->hook = note_drift;
	r->hook_arg = &d;
	ping = rig_start(r, &o);
	rig_run(r, SEC + 25 * MS);
	/* Each may be late by a tick, and the next follows it. */
	cr_assert(d.seen >= 20 && d.seen <= 21);
	nd_ping_free(ping);
	rig_free(r);
}

Test(ping, adaptive_follows_the_answers)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping_opts o = rig_opts(r, "192.0.2.7");
	struct nd_ping *ping;

	o.flags = ND_PING_F_ADAPTIVE;
	ping = rig_start(r, &o);
	rig_run(r, SEC + 5 * MS);
	cr_assert_eq(r->net.sends, 101);
	/* Without answers the interval counts. */
	r->net.on_send = rig_silence;
	rig_run(r, 3 * SEC);
	cr_assert_eq(r->net.sends, 104);
	nd_ping_free(ping);
	rig_free(r);
}

/* A slow target is there, too. */
Test(ping, a_late_first_reply_ends_it)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping_opts o = rig_opts(r, "192.0.2.7");
	struct nd_ping *ping;

	r->rtt_ns = 2500 * MS;
	o.timeout_ns = SEC;
	o.count = 10;
	o.flags = ND_PING_F_FIRST_REPLY;
	ping = rig_start(r, &o);
	rig_run(r, 20 * SEC);
	cr_assert_eq(rig_stats(ping).sent, 3);
	cr_assert_eq(rig_stats(ping).late, 1);
	cr_assert_eq(r->count[ND_PING_DONE], 1);
	nd_ping_free(ping);
	rig_free(r);
}

Test(ping, first_reply_ends_it)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping_opts o = rig_opts(r, "192.0.2.7");
	struct nd_ping *ping;
	struct nd_ping_stats s;

	o.count = 10;
	o.preload = 3;
	o.flags = ND_PING_F_FIRST_REPLY;
	ping = rig_start(r, &o);
	rig_run(r, 20 * SEC);
	s = rig_stats(ping);
	cr_assert_eq(s.sent, 3);
	cr_assert_eq(s.received, 1);
	cr_assert_eq(s.unfinished, 2);
	cr_assert_eq(r->logged, 2);
	cr_assert_eq(r->log[1].e.status, ND_PING_DONE);
	nd_ping_free(ping);
	rig_free(r);
}
