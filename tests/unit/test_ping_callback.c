/* SPDX-License-Identifier: MIT */
/*
 * What a caller may do to a ping while it runs, inside callbacks too, and what
 * the clocks under it may do.
 */
#include "ping_rig.h"

#include <criterion/criterion.h>
#include <errno.h>

/* ---- Ending it ---------------------------------------------------------- */

/*
 * With it each kind of event comes: sent, a reply, its duplicate, a late
 * one, a timeout, two ICMP errors, an invalid reply, a refused send.
 */
static int
one_of_each(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	struct fake_error e = {.type = 3, .code = 1, .quoted = 64};
	struct fake_message m = *sent->reply;

	(void)arg;
	switch (sent->nth) {
	case 1:
		fake_message_arrives(net, &m, 10 * MS);
		fake_message_arrives(net, &m, 20 * MS);
		break;
	case 2:
		fake_message_arrives(net, &m, 300 * MS);
		break;
	case 3:
	case 4:
		e.type = sent->nth == 3 ? 3 : 11;
		m = fake_error_make(sent->reply, &e);
		fake_message_arrives(net, &m, 10 * MS);
		break;
	case 5:
		m.data[20] ^= 0x01;
		fake_message_seal(&m);
		fake_message_arrives(net, &m, 10 * MS);
		break;
	case 6:
		return -EPERM;
	default:
		fake_message_arrives(net, &m, 10 * MS);
		break;
	}
	return 0;
}

struct act {
	enum nd_ping_status at; /* do it with the first event of that */
	struct nd_ping *other;	/* to be freed besides, or started */
	uint64_t after;		/* events that came after it was done */
	bool done;
};

static struct nd_ping_opts
each_kind(struct ping_rig *r)
{
	struct nd_ping_opts o = rig_opts(r, "192.0.2.7");

	o.count = 8;
	o.interval_ns = SEC;
	o.timeout_ns = 200 * MS;
	o.flags = ND_PING_F_SENT;
	r->net.on_send = one_of_each;
	return o;
}

static void
act_free(
    struct ping_rig *r, struct nd_ping *ping, const struct nd_ping_event *e)
{
	struct act *a = r->hook_arg;

	if (a->done)
		a->after++;
	if (a->done || e->status != a->at)
		return;
	a->done = true;
	nd_ping_free(ping);
}

Test(ping_callback, free_at_each_kind_of_event)
{
	for (int at = 0; at <= ND_PING_DONE; at++) {
		struct ping_rig *r = rig_new(NULL);
		struct nd_ping_opts o = each_kind(r);
		struct act a = {.at = (enum nd_ping_status)at};

		r->hook = act_free;
		r->hook_arg = &a;
		(void)rig_start(r, &o);
		rig_run(r, 20 * SEC);
		cr_assert(a.done, "status %d", at);
		cr_assert_eq(a.after, 0);
		rig_free(r);
	}
}

/* A reply that comes too late tells of the timeout first. */
Test(ping_callback, free_at_the_timeout_before_a_late_reply)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping_opts o = rig_opts(r, "192.0.2.7");
	struct act a = {.at = ND_PING_TIMEOUT};

	o.timeout_ns = 5 * MS;
	r->hook = act_free;
	r->hook_arg = &a;
	(void)rig_start(r, &o);
	(void)nd_ctx_turn(r->ctx);
	r->clock.now_ns += 20 * MS;
	(void)nd_ctx_turn(r->ctx);
	cr_assert(a.done);
	cr_assert_eq(a.after, 0);
	rig_free(r);
}

static void
act_stop(
    struct ping_rig *r, struct nd_ping *ping, const struct nd_ping_event *e)
{
	struct act *a = r->hook_arg;

	if (a->done)
		a->after++;
	if (a->done || e->status != a->at)
		return;
	a->done = true;
	nd_ping_stop(ping);
	(void)rig_stats(ping);
}

Test(ping_callback, stop_at_each_kind_of_event)
{
	for (int at = 0; at <= ND_PING_DONE; at++) {
		struct ping_rig *r = rig_new(NULL);
		struct nd_ping_opts o = each_kind(r);
		struct act a = {.at = (enum nd_ping_status)at};
		struct nd_ping *ping;

		r->hook = act_stop;
		r->hook_arg = &a;
		ping = rig_start(r, &o);
		rig_run(r, 20 * SEC);
		cr_assert(a.done, "status %d", at);
		cr_assert_eq(a.after, 0);
		cr_assert_eq(rig_ctx_stats(r).in_flight, 0);
		(void)rig_stats(ping);
		nd_ping_free(ping);
		rig_free(r);
	}
}

static void
act_free_other(
    struct ping_rig *r, struct nd_ping *ping, const struct nd_ping_event *e)
{
	struct act *a = r->hook_arg;

	if (ping == a->other)
		cr_assert_not(a->done, "an event of a freed one");
	if (ping == a->other || a->done || e->status != a->at)
		return;
	a->done = true;
	nd_ping_free(a->other);
}

/* Its packets lie in the same batch, its timers in the same turn. */
Test(ping_callback, free_another_at_each_kind_of_event)
{
	for (int at = 0; at <= ND_PING_DONE; at++) {
		struct ping_rig *r = rig_new(NULL);
		struct nd_ping_opts o = each_kind(r);
		struct act a = {.at = (enum nd_ping_status)at};
		struct nd_ping *ping;

		r->hook = act_free_other;
		r->hook_arg = &a;
		ping = rig_start(r, &o);
		o.count = 0;
		o.interval_ns = 5 * MS;
		o.timeout_ns = 50 * MS;
		o.start_ns = 10 * SEC;
		if (at == ND_PING_DONE || at == ND_PING_SEND_ERROR)
			o.start_ns = 6500 * MS;
		a.other = rig_start(r, &o);
		rig_run(r, 20 * SEC);
		cr_assert(a.done, "status %d", at);
		nd_ping_free(ping);
		rig_free(r);
	}
}

static void
act_start(
    struct ping_rig *r, struct nd_ping *ping, const struct nd_ping_event *e)
{
	struct act *a = r->hook_arg;
	struct nd_ping_opts o;

	(void)ping;
	if (a->done || e->status != a->at)
		return;
	a->done = true;
	o = rig_opts(r, "2001:db8::7");
	o.count = 3;
	a->other = rig_start(r, &o);
}

Test(ping_callback, start_another_at_each_kind_of_event)
{
	for (int at = 0; at <= ND_PING_DONE; at++) {
		struct ping_rig *r = rig_new(NULL);
		struct nd_ping_opts o = each_kind(r);
		struct act a = {.at = (enum nd_ping_status)at};
		struct nd_ping *ping;
		struct nd_ping_stats s;

		r->hook = act_start;
		r->hook_arg = &a;
		ping = rig_start(r, &o);
		rig_run(r, 30 * SEC);
		cr_assert(a.done, "status %d", at);
		cr_assert_eq(r->count[ND_PING_DONE], 2);
		s = rig_stats(a.other);
		cr_assert_eq(s.sent + s.send_errors, 3);
		nd_ping_free(a.other);
		nd_ping_free(ping);
		rig_free(r);
	}
}

Test(ping_callback, stop_leaves_unfinished)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping = rig_ping(r, "192.0.2.7", 0);
	struct nd_ping_stats s;

	rig_run(r, 2005 * MS);
	nd_ping_stop(ping);
	rig_run(r, 10 * SEC);
	s = rig_stats(ping);
	cr_assert_eq(s.sent, 3);
	cr_assert_eq(s.received, 2);
	cr_assert_eq(s.unfinished, 1);
	cr_assert_eq(s.lost, 0);
	cr_assert_eq(r->logged, 2);
	nd_ping_free(ping);
	rig_free(r);
}

/* ---- Pauses and drops --------------------------------------------------- */

Test(ping_callback, pause_makes_no_false_loss)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping_opts o = rig_opts(r, "192.0.2.7");
	struct nd_ping *ping;
	struct nd_ping_stats s;

	o.timeout_ns = SEC;
	ping = rig_start(r, &o);
	rig_run(r, 2005 * MS);
	nd_ctx_pause(r->ctx, true);
	rig_run(r, 10 * SEC);
	/* It received the answer of what was out, and sent nothing. */
	cr_assert_eq(r->net.sends, 3);
	cr_assert_eq(rig_stats(ping).received, 3);
	nd_ctx_pause(r->ctx, false);
	rig_run(r, 5 * SEC);
	s = rig_stats(ping);
	cr_assert_geq(s.received, 7);
	/* Those of the pause are not made up for. */
	cr_assert_leq(s.sent, 10);
	cr_assert_eq(s.lost, 0);
	cr_assert_eq(rig_ctx_stats(r).paused_ns, 10 * SEC);
	nd_ping_free(ping);
	rig_free(r);
}

Test(ping_callback, what_is_lost_times_out_after_the_pause)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping_opts o = rig_opts(r, "192.0.2.7");
	struct nd_ping *ping;

	o.timeout_ns = SEC;
	o.count = 1;
	r->net.on_send = rig_silence;
	ping = rig_start(r, &o);
	rig_run(r, 5 * MS);
	nd_ctx_pause(r->ctx, true);
	rig_run(r, 10 * SEC);
	cr_assert_eq(r->logged, 0);
	nd_ctx_pause(r->ctx, false);
	rig_run(r, SEC);
	cr_assert_eq(rig_stats(ping).lost, 1);
	cr_assert_eq(r->count[ND_PING_DONE], 1);
	nd_ping_free(ping);
	rig_free(r);
}

/* DROPS grow while the probe waits, or have been there before. */
static bool
loss_uncertain(bool meanwhile)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping;
	struct nd_ping_stats s;

	if (!meanwhile) {
		/* Another one's loss makes the context see them. */
		r->net.drops = 7;
		r->net.on_send = rig_silence;
		ping = rig_ping(r, "192.0.2.8", 1);
		rig_run(r, 5 * SEC);
		cr_assert_eq(rig_stats(ping).lost, 1);
		nd_ping_free(ping);
	}
	r->net.on_send = rig_silence;
	ping = rig_ping(r, "192.0.2.7", 1);
	rig_run(r, SEC);
	if (meanwhile)
		r->net.drops = 7;
	rig_run(r, 5 * SEC);
	s = rig_stats(ping);
	cr_assert_eq(s.lost, 1);
	cr_assert_eq(rig_ctx_stats(r).local_drops, 7);
	nd_ping_free(ping);
	rig_free(r);
	return s.loss_uncertain;
}

Test(ping_callback, own_drops_make_the_loss_uncertain)
{
	cr_assert(loss_uncertain(true));
	cr_assert_not(loss_uncertain(false));
}

/* ---- Clocks ------------------------------------------------------------- */

Test(ping_callback, clock_of_the_kernel)
{
	struct nd_limits limits = ND_LIMITS_INIT;
	struct ping_rig *r;
	struct nd_ping *ping;
	struct nd_ping_stats s;

	limits.expected_pps = 1;
	r = rig_new(&limits);
	r->net.tx_delay_ns = 3 * MS;
	ping = rig_ping(r, "192.0.2.7", 2);
	rig_run(r, 5 * SEC);
	s = rig_stats(ping);
	cr_assert_eq(s.clock, ND_CLOCK_KERNEL);
	cr_assert_eq(s.rtt.min_ns, 7 * MS);
	cr_assert_eq(s.rtt.max_ns, 7 * MS);
	nd_ping_free(ping);
	rig_free(r);
}

Test(ping_callback, clock_without_stamps_of_departure)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping = rig_ping(r, "192.0.2.7", 2);

	rig_run(r, 5 * SEC);
	cr_assert_eq(rig_stats(ping).clock, ND_CLOCK_RX);
	cr_assert_eq(rig_stats(ping).rtt.max_ns, 10 * MS);
	nd_ping_free(ping);
	rig_free(r);
}

Test(ping_callback, clock_without_stamps_at_all)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping;

	r->net.no_rx_stamps = true;
	ping = rig_ping(r, "192.0.2.7", 2);
	rig_run(r, 5 * SEC);
	cr_assert_eq(rig_stats(ping).clock, ND_CLOCK_USER);
	cr_assert_eq(rig_stats(ping).rtt.max_ns, 10 * MS);
	nd_ping_free(ping);
	rig_free(r);
}

/* Two probes out when the wall clock is stepped; one reply was there before. */
static void
wall_step(int64_t by_ns)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping_opts o = rig_opts(r, "192.0.2.7");
	struct nd_ping *ping;
	struct nd_ping_stats s;

	o.count = 5;
	o.interval_ns = 8 * MS;
	ping = rig_start(r, &o);
	rig_run(r, 9 * MS);
	r->clock.now_ns += 2 * MS;
	virtual_clock_step(&r->clock, by_ns);
	rig_run(r, SEC);
	s = rig_stats(ping);
	cr_assert_eq(s.received, 5);
	cr_assert_eq(s.lost + s.late + s.invalid, 0);
	cr_assert_geq(s.rtt.min_ns, 10 * MS);
	cr_assert_leq(s.rtt.max_ns, 11 * MS);
	/* The one that the step made doubtful; then it is exact again. */
	cr_assert_eq(s.clock, ND_CLOCK_USER);
	cr_assert_eq(rig_event(r, ND_PING_REPLY, 5)->e.clock, ND_CLOCK_RX);
	cr_assert_eq(rig_ctx_stats(r).clock_steps, 1);
	nd_ping_free(ping);
	rig_free(r);
}

Test(ping_callback, wall_clock_steps_an_hour_on)
{
	wall_step(HOUR);
}

Test(ping_callback, wall_clock_steps_an_hour_back)
{
	wall_step(-HOUR);
}
