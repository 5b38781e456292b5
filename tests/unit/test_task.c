/* SPDX-License-Identifier: MIT */
/*
 * lib/engine/task.h: how long a finished probe is remembered, tags that run
 * out, numbers beyond what a probe keeps of them, memory over a long run.
 */
#include "ping_rig.h"

#include <criterion/criterion.h>
#include <malloc.h>
#include <string.h>

static struct nd_ping *
every(struct ping_rig *r, int64_t interval_ns, int64_t timeout_ns)
{
	struct nd_ping_opts o = rig_opts(r, "192.0.2.7");

	o.interval_ns = interval_ns;
	o.timeout_ns = timeout_ns;
	return rig_start(r, &o);
}

static void
free_all(struct ping_rig *r, struct nd_ping *ping)
{
	nd_ping_free(ping);
	rig_free(r);
}

/* What the answer to number 1 is worth AFTER_NS after it was decided. */
static struct nd_ping_stats
worth(int64_t timeout_ns, bool answered, int64_t after_ns)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping;
	struct nd_ping_stats s;

	if (!answered)
		r->net.on_send = rig_silence;
	ping = every(r, HOUR, timeout_ns);
	rig_run(r, (answered ? r->rtt_ns : timeout_ns + MS) + after_ns);
	rig_answer(r, 1, 0);
	rig_run(r, 0);
	s = rig_stats(ping);
	free_all(r, ping);
	return s;
}

Test(task, remembers_a_finished_probe_for_10_s_or_twice_the_timeout)
{
	cr_assert_eq(worth(SEC, true, 9900 * MS).duplicates, 1);
	cr_assert_eq(worth(SEC, true, 10100 * MS).duplicates, 0);
	cr_assert_eq(worth(SEC, true, 10100 * MS).invalid, 0);
	cr_assert_eq(worth(SEC, false, 9900 * MS).late, 1);
	cr_assert_eq(worth(SEC, false, 10100 * MS).late, 0);
	cr_assert_eq(worth(30 * SEC, true, 59 * SEC).duplicates, 1);
	cr_assert_eq(worth(30 * SEC, true, 61 * SEC).duplicates, 0);
	cr_assert_eq(worth(30 * SEC, false, 59 * SEC).late, 1);
	cr_assert_eq(worth(30 * SEC, false, 61 * SEC).late, 0);
}

Test(task, remembers_a_finished_probe_until_256_newer_ones)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping = every(r, 10 * MS, SEC);

	rig_run(r, 256 * 10 * MS + 5 * MS);
	cr_assert_eq(r->net.sends, 257);
	rig_answer(r, 1, 0);
	rig_run(r, 0);
	cr_assert_eq(rig_stats(ping).duplicates, 1);
	rig_run(r, 10 * MS);
	rig_answer(r, 1, 0);
	rig_run(r, 0);
	cr_assert_eq(rig_stats(ping).duplicates, 1);
	cr_assert_eq(rig_stats(ping).invalid, 1);
	cr_assert_leq(ping->task.remembered, 257);
	free_all(r, ping);
}

/* Number 1 is never answered, all others are. */
static int
all_but_the_first(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	return sent->nth == 1 ? 0 : rig_echo(net, sent, arg);
}

Test(task, a_probe_in_flight_outlives_any_number_of_newer_ones)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping;
	struct nd_ping_stats s;

	r->net.on_send = all_but_the_first;
	ping = every(r, MS, 60 * SEC);
	rig_run(r, 500 * MS);
	cr_assert_gt(r->net.sends, 490);
	rig_answer(r, 1, 0);
	rig_run(r, 0);
	s = rig_stats(ping);
	cr_assert_eq(rig_event(r, ND_PING_REPLY, s.received)->e.seq, 1);
	/* What it held back is let go. */
	rig_run(r, MS);
	cr_assert_leq(ping->task.remembered, 257 + 10);
	free_all(r, ping);
}

/* The answer to the first of two, one after the other, comes late. */
static struct nd_ping_stats
successor(uint32_t payload)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping_opts o = rig_opts(r, "192.0.2.7");
	struct nd_ping *ping;
	struct nd_ping_stats s;

	o.count = 1;
	o.payload = payload;
	r->net.on_send = rig_silence;
	for (int i = 0; i < 2; i++) {
		ping = rig_start(r, &o);
		rig_run(r, 100 * MS);
		if (i == 0)
			nd_ping_free(ping);
	}
	rig_answer(r, 1, 0);
	rig_run(r, MS);
	s = rig_stats(ping);
	free_all(r, ping);
	return s;
}

Test(task, an_answer_to_one_that_is_gone_is_not_credited_to_another)
{
	for (uint32_t payload = 0; payload <= 56; payload += 4) {
		struct nd_ping_stats s = successor(payload);

		cr_assert_eq(s.received, 0);
		cr_assert_eq(s.invalid, 1);
	}
}

Test(task, waits_when_all_sequence_numbers_are_taken)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping_opts o = rig_opts(r, "192.0.2.7");
	struct nd_ping *ping, *other;
	struct nd_ping_stats s;

	o.preload = 70000;
	o.count = 70000;
	o.timeout_ns = 5 * SEC;
	r->net.on_send = rig_silence;
	ping = rig_start(r, &o);
	rig_run(r, 4900 * MS);
	cr_assert_eq(r->net.sends, 65536);
	cr_assert_eq(rig_stats(ping).unfinished, 65536);
	/* It is a matter of that address: others are served. */
	r->net.on_send = rig_echo;
	other = rig_ping(r, "192.0.2.8", 1);
	rig_run(r, 50 * MS);
	cr_assert_eq(rig_stats(other).received, 1);
	/* Time frees them, and it goes on. */
	rig_run(r, 5 * SEC);
	s = rig_stats(ping);
	cr_assert_eq(s.sent, 70000);
	cr_assert_eq(s.lost, 65536);
	cr_assert_eq(s.received, 70000 - 65536);
	cr_assert_eq(s.send_errors + s.invalid + s.duplicates, 0);
	nd_ping_free(other);
	free_all(r, ping);
}

Test(task, numbers_beyond_24_bits_are_told_whole)
{
	const uint64_t before[] = {
	    0xffffff - 5, ((uint64_t)1 << 32) - 5, ((uint64_t)1 << 48) - 5};

	for (size_t i = 0; i < 3; i++) {
		struct ping_rig *r = rig_new(NULL);
		struct nd_ping_opts o = rig_opts(r, "192.0.2.7");
		struct nd_ping *ping;

		o.count = before[i] + 10;
		o.interval_ns = MS;
		ping = rig_start(r, &o);
		/* As if so many had been sent. */
		ping->task.numbers = before[i];
		rig_run(r, SEC);
		for (uint64_t n = 1; n <= 10; n++)
			cr_assert_eq(rig_event(r, ND_PING_REPLY, n)->e.seq,
			    before[i] + n);
		cr_assert_eq(r->count[ND_PING_DONE], 1);
		free_all(r, ping);
	}
}

static size_t
live_bytes(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

/* Some answers are late, some twice, some never come. */
static int
mixed(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	const int64_t delay[] = {5 * MS, 1500 * MS, 80 * MS, -1};
	int64_t d = delay[sent->nth % 4];

	(void)arg;
	if (d >= 0)
		fake_message_arrives(net, sent->reply, d);
	if (sent->nth % 8 == 2)
		fake_message_arrives(net, sent->reply, 3 * SEC);
	return 0;
}

Test(task, memory_is_the_same_after_10_and_60_minutes)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *pings[20];
	size_t after_10, used;
	uint32_t pool;

	r->net.on_send = mixed;
	for (int i = 0; i < 20; i++)
		pings[i] = every(r, 200 * MS, SEC);
	rig_run(r, 600 * SEC);
	after_10 = live_bytes();
	pool = r->ctx->table.pool_used;
	used = r->ctx->table.size;
	rig_run(r, 3000 * SEC);
	cr_assert_eq(r->ctx->table.pool_used, pool);
	cr_assert_eq(r->ctx->table.size, used);
	/* Packets under way differ by a few from one moment to the next. */
	cr_assert_leq(live_bytes(), after_10 + 8192);
	for (int i = 0; i < 20; i++)
		nd_ping_free(pings[i]);
	rig_free(r);
}
