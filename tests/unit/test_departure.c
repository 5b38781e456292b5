/* SPDX-License-Identifier: MIT */
/* Departures by the kernel's stamps: whose they are, and which time it is. */
#include "ping_rig.h"

#include <criterion/criterion.h>
#include <errno.h>

static struct ping_rig *
with_departures(void)
{
	struct nd_limits limits = ND_LIMITS_INIT;

	limits.rate_pps = 0;
	limits.expected_pps = 100;
	return rig_new(&limits);
}

Test(departure, a_departure_that_is_stamped_late_puts_the_timeout_off)
{
	struct ping_rig *r = with_departures();
	struct nd_ping_opts o = rig_opts(r, "192.0.2.7");
	struct nd_ping *ping;
	const struct rig_event *e;

	/* It waits in a queue of this host for 400 ms. */
	r->net.tx_delay_ns = 400 * MS;
	r->rtt_ns = 1300 * MS;
	o.count = 1;
	o.timeout_ns = SEC;
	ping = rig_start(r, &o);
	rig_run(r, 3 * SEC);
	e = rig_event(r, ND_PING_REPLY, 1);
	cr_assert_eq(e->e.rtt_ns, 900 * MS);
	cr_assert_eq(e->e.clock, ND_CLOCK_KERNEL);
	cr_assert_eq(r->count[ND_PING_TIMEOUT], 0);
	nd_ping_free(ping);
	rig_free(r);
}

Test(departure, stamps_of_departures_that_nobody_awaits_are_left)
{
	struct ping_rig *r = with_departures();
	struct nd_ping_opts o = rig_opts(r, "192.0.2.7");
	struct nd_packet p = {
	    .kind = ND_PACKET_STAMP, .to = {.family = AF_INET}};
	struct nd_ping *ping;

	o.count = 1;
	r->net.on_send = rig_silence;
	ping = rig_start(r, &o);
	rig_run(r, 0);
	r->net.tx_stamps = false;
	/* One never sent, one of 4096 sends ago, one seen before. */
	for (uint32_t id = 0; id < 3; id++) {
		p.send_id = id == 0 ? 5 : (id == 1 ? 0 - 4096u : 0);
		fake_net_deliver(&r->net, &p, r->clock.now_ns + 50 * MS);
	}
	rig_answer(r, 1, 100 * MS);
	rig_run(r, SEC);
	cr_assert_eq(rig_event(r, ND_PING_REPLY, 1)->e.rtt_ns, 100 * MS);
	nd_ping_free(ping);
	rig_free(r);
}

Test(departure, departures_of_freed_tasks_touch_nothing)
{
	struct ping_rig *r = with_departures();
	struct nd_ping *ping;

	r->net.tx_delay_ns = 5 * MS;
	for (int i = 0; i < 100; i++) {
		ping = rig_ping(r, "192.0.2.7", 1);
		rig_run(r, 0);
		nd_ping_free(ping);
	}
	ping = rig_ping(r, "192.0.2.7", 1);
	rig_run(r, SEC);
	cr_assert_eq(rig_stats(ping).received, 1);
	cr_assert_eq(rig_stats(ping).rtt.max_ns, 5 * MS);
	nd_ping_free(ping);
	rig_free(r);
}

/* The next one takes the memory of the task and of the probe, and no stamp. */
Test(departure, of_a_freed_task_is_not_taken_for_the_next_ones)
{
	struct ping_rig *r = with_departures();
	struct nd_ping *ping;

	r->rtt_ns = 100 * MS;
	r->net.tx_delay_ns = 50 * MS;
	for (int i = 0; i < 20; i++) {
		ping = rig_ping(r, "192.0.2.7", 1);
		rig_run(r, 0);
		nd_ping_free(ping);
	}
	rig_run(r, 20 * MS);
	r->net.tx_stamps = false;
	ping = rig_ping(r, "192.0.2.8", 1);
	rig_run(r, SEC);
	cr_assert_eq(rig_stats(ping).rtt.max_ns, 100 * MS);
	cr_assert_eq(rig_stats(ping).clock, ND_CLOCK_RX);
	nd_ping_free(ping);
	rig_free(r);
}

/* The one probe's RTT, with that much between entering and leaving. */
static int64_t
rtt_with_queue(int64_t queue_ns)
{
	struct ping_rig *r = with_departures();
	struct nd_ping *ping;
	int64_t rtt_ns;

	r->net.tx_delay_ns = 2 * MS;
	r->net.queue_delay_ns = queue_ns;
	ping = rig_ping(r, "192.0.2.7", 1);
	rig_run(r, SEC);
	cr_assert_eq(rig_event(r, ND_PING_REPLY, 1)->e.clock, ND_CLOCK_KERNEL);
	rtt_ns = rig_stats(ping).rtt.min_ns;
	nd_ping_free(ping);
	rig_free(r);
	return rtt_ns;
}

Test(departure, is_in_the_middle_of_entering_and_leaving_the_host)
{
	cr_assert_eq(rtt_with_queue(0), 8 * MS);
	cr_assert_eq(rtt_with_queue(10000), 8 * MS + 5000);
}

Test(departure, of_what_a_queue_held_is_when_it_left)
{
	cr_assert_eq(rtt_with_queue(MS), 8 * MS);
}

/* Every third send is refused. */
static int
refuse_some(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	return sent->nth % 3 == 0 ? -EPERM : rig_echo(net, sent, arg);
}

/* With and without the kernel counting the sends that failed. */
static void
refused_sends(uint32_t counted)
{
	struct ping_rig *r = with_departures();
	struct nd_ping *ping;

	r->net.on_send = refuse_some;
	r->net.failures_count = counted;
	r->net.tx_delay_ns = MS;
	ping = rig_ping(r, "192.0.2.7", 9);
	rig_run(r, 10 * SEC);
	cr_assert_eq(rig_stats(ping).received, 6);
	cr_assert_eq(rig_stats(ping).clock, ND_CLOCK_KERNEL);
	/* Each by its own stamp, which is a millisecond after send(). */
	cr_assert_eq(rig_stats(ping).rtt.min_ns, 9 * MS);
	cr_assert_eq(rig_stats(ping).rtt.max_ns, 9 * MS);
	nd_ping_free(ping);
	rig_free(r);
}

Test(departure, is_known_again_after_a_send_that_failed)
{
	refused_sends(0);
	refused_sends(1);
}

/* 192.0.2.9 is down; the second send of all is refused. */
static int
refuse_one(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	if (sent->nth == 2)
		return -EPERM;
	return sent->send->to->ip[3] == 9 ? 0 : rig_echo(net, sent, arg);
}

Test(departure, is_known_again_beside_a_target_that_is_down)
{
	struct ping_rig *r = with_departures();
	struct nd_ping *ping[3];

	r->net.on_send = refuse_one;
	r->net.failures_count = 1;
	ping[0] = rig_ping(r, "192.0.2.7", 100);
	ping[1] = rig_ping(r, "192.0.2.8", 1);
	ping[2] = rig_ping(r, "192.0.2.9", 0);
	rig_run(r, 110 * SEC);
	cr_assert_eq(rig_stats(ping[1]).send_errors, 1);
	cr_assert_eq(rig_stats(ping[0]).received, 100);
	cr_assert_eq(rig_stats(ping[0]).clock, ND_CLOCK_KERNEL);
	for (int i = 0; i < 3; i++)
		nd_ping_free(ping[i]);
	rig_free(r);
}

/* All RTTs that claim to be exact are; how many of REPLIES do. */
static uint64_t
exact_replies(const struct ping_rig *r, size_t first, size_t last)
{
	uint64_t exact = 0;

	for (size_t i = first; i <= last; i++) {
		const struct nd_ping_event *e =
		    &rig_event(r, ND_PING_REPLY, i)->e;
		bool stamped = e->clock == ND_CLOCK_KERNEL;

		cr_assert_eq(e->rtt_ns, stamped ? 500 * MS : 4 * SEC);
		exact += stamped;
	}
	return exact;
}

/* A stamp of before must not be taken for one of the new count. */
Test(departure, the_count_starts_anew_when_no_stamp_is_awaited)
{
	struct ping_rig *r = with_departures();
	struct nd_ping_opts o = rig_opts(r, "192.0.2.7");
	struct nd_ping *ping[2];

	r->net.on_send = refuse_some;
	r->net.failures_count = 1;
	r->net.tx_delay_ns = 3500 * MS;
	r->rtt_ns = 4 * SEC;
	o.timeout_ns = 10 * SEC;
	o.count = 12;
	for (int i = 0; i < 2; i++) {
		ping[i] = rig_start(r, &o);
		/* Long enough for all stamps. */
		rig_run(r, 20 * SEC);
	}
	/* The two before a failure, each time; then something is awaited. */
	cr_assert_eq(exact_replies(r, 1, 8), 2);
	cr_assert_eq(exact_replies(r, 9, 16), 2);
	nd_ping_free(ping[0]);
	nd_ping_free(ping[1]);
	rig_free(r);
}
