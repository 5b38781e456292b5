/* SPDX-License-Identifier: MIT */
/*
 * lib/engine/peers.h: no address has more than its limit in flight, however
 * many tasks there are for it, and nobody else notices.
 */
#include "diag/knock.h"
#include "knock_rig.h"
#include "prng.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

#define LIMIT ND_KNOCK_IN_FLIGHT
#define MANY 400

/* MANY ports of one address, and what is true of them at each moment. */
struct crowd {
	struct knock_rig *r;
	struct nd_knock *port[MANY];
	uint32_t most; /* in flight at once */
	fake_send_fn *then;
	bool full; /* the host takes nothing for the crowd */
	uint64_t seed;
};

static struct crowd *
crowd_of(struct knock_rig *r)
{
	return r->hook_arg;
}

static bool
is_crowd(const struct fake_sent *sent)
{
	const struct nd_addr *to = sent->send->to;

	return to->ip[nd_addr_len(to) - 1] == 7;
}

/* Counted by the tasks, not by what is tested. */
static uint32_t
in_flight(const struct crowd *c)
{
	uint32_t n = 0;

	for (size_t i = 0; i < MANY; i++)
		if (c->port[i] != NULL && c->port[i]->task.active)
			n += c->port[i]->task.in_flight;
	return n;
}

/* The crowd is answered as it is said there, the others by SYN-ACKs. */
static int
on_send(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	struct crowd *c = crowd_of(arg);
	uint32_t n;

	if (!is_crowd(sent))
		return knock_open(net, sent, arg);
	if (c->full)
		return -EAGAIN;
	n = in_flight(c) + 1;
	cr_assert_leq(n, LIMIT);
	if (n > c->most)
		c->most = n;
	return c->then(net, sent, arg);
}

static struct nd_knock *
start(struct knock_rig *r, const char *addr, uint16_t port, uint64_t count)
{
	struct nd_knock_opts o = knock_rig_opts(r, addr);

	/* In both families the port comes right after the family. */
	((uint8_t *)&r->addr)[2] = (uint8_t)(port >> 8);
	((uint8_t *)&r->addr)[3] = (uint8_t)port;
	o.count = count;
	o.timeout_ns = SEC;
	return knock_rig_start(r, &o);
}

static struct crowd *
crowd_new(const char *addr, uint64_t count, fake_send_fn *then)
{
	struct crowd *c = calloc(1, sizeof(*c));

	cr_assert_not_null(c);
	c->r = knock_rig_new(1);
	c->r->multiple = true;
	c->r->hook_arg = c;
	c->r->net.on_send = on_send;
	c->then = then;
	for (uint16_t i = 0; i < MANY; i++)
		c->port[i] = start(c->r, addr, 1000 + i, count);
	return c;
}

static void
crowd_free(struct crowd *c)
{
	for (size_t i = 0; i < MANY; i++)
		nd_knock_free(c->port[i]);
	knock_rig_free(c->r);
	free(c);
}

static void
limit_holds(const char *crowd, const char *other)
{
	struct crowd *c = crowd_new(crowd, 2, knock_silent);
	struct nd_knock *single = start(c->r, other, 443, 20);
	struct nd_knock_stats s;

	knock_rig_run(c->r, 60 * SEC);
	cr_assert_eq(c->most, LIMIT);
	cr_assert_eq(c->r->count[ND_KNOCK_DONE], MANY + 1);
	cr_assert_eq(c->r->count[ND_KNOCK_TIMEOUT], 2 * MANY);
	/* To the tick as if it were alone. */
	s = knock_rig_stats(single);
	cr_assert_eq(s.received, 20);
	cr_assert_leq(s.duration_ns, 19 * SEC + 10 * MS + ND_WHEEL_TICK_NS);
	nd_knock_free(single);
	crowd_free(c);
}

Test(peers, hold_an_address_to_its_limit_and_nobody_else)
{
	limit_holds("192.0.2.7", "192.0.2.8");
	limit_holds("2001:db8::7", "2001:db8::8");
}

/* The first probes of all, as they were started; only then the second ones. */
Test(peers, those_who_wait_have_their_turn_in_order)
{
	struct crowd *c = crowd_new("192.0.2.7", 2, knock_silent);

	knock_rig_run(c->r, 60 * SEC);
	cr_assert_eq(c->r->sent_count, 2 * MANY);
	for (uint16_t i = 0; i < MANY; i++)
		cr_assert_eq(c->r->sent[i].tcp.dport, 1000 + i);
	for (uint16_t i = 0; i < MANY; i++)
		cr_assert_eq(c->port[i]->task.numbers, 2);
	crowd_free(c);
}

static int
refused(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	const struct fake_error error = {3, 13, 0, 8};
	struct fake_message m = fake_error_make(sent->reply, &error);

	(void)arg;
	fake_message_arrives(net, &m, 10 * MS);
	return 0;
}

static int
every_way(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	switch (sent->tcp.dport % 5) {
	case 0:
		return refused(net, sent, arg);
	case 1:
		return knock_silent(net, sent, arg);
	case 2:
		return knock_closed(net, sent, arg);
	case 3:
		return -ENETUNREACH;
	default:
		return knock_open(net, sent, arg);
	}
}

static int64_t
time_of_all(fake_send_fn *answer)
{
	struct crowd *c = crowd_new("192.0.2.7", 1, answer);
	int64_t took;

	knock_rig_run(c->r, 60 * SEC);
	cr_assert_eq(c->r->count[ND_KNOCK_DONE], MANY);
	took = c->r->log[c->r->logged - 1].at_ns - c->r->begin_ns;
	crowd_free(c);
	return took;
}

/* Four times the limit at most: four times what one takes, and the timers. */
Test(peers, each_end_of_a_probe_makes_room)
{
	cr_assert_lt(time_of_all(knock_open), 45 * MS);
	cr_assert_lt(time_of_all(knock_closed), 45 * MS);
	cr_assert_lt(time_of_all(refused), 45 * MS);
	cr_assert_lt(time_of_all(knock_silent), 4010 * MS);
	cr_assert_lt(time_of_all(every_way), 1100 * MS);
}

Test(peers, who_waits_is_not_asked_again)
{
	struct crowd *c = crowd_new("192.0.2.7", 1, knock_silent);

	/* Nothing is done until the first one times out. */
	cr_assert_lt(
	    fake_net_run(&c->r->net, c->r->ctx, c->r->begin_ns + 900 * MS), 50);
	cr_assert_eq(c->r->net.attempts, LIMIT);
	crowd_free(c);
}

Test(peers, who_stops_or_is_freed_makes_room)
{
	struct crowd *c = crowd_new("192.0.2.7", 1, knock_silent);

	knock_rig_run(c->r, 100 * MS);
	/* One in flight, the first and the last in line, and some between. */
	nd_knock_stop(c->port[0]);
	nd_knock_free(c->port[LIMIT]);
	c->port[LIMIT] = NULL;
	nd_knock_stop(c->port[MANY - 1]);
	for (size_t i = 200; i < 300; i++) {
		nd_knock_free(c->port[i]);
		c->port[i] = NULL;
	}
	knock_rig_run(c->r, MS);
	/* It had a place for a moment, and was freed. */
	cr_assert_eq(c->r->sent_count, LIMIT + 1);
	cr_assert_eq(c->r->sent[LIMIT].tcp.dport, 1000 + LIMIT + 1);
	knock_rig_run(c->r, 10 * SEC);
	cr_assert_eq(c->r->count[ND_KNOCK_DONE], MANY - 103);
	cr_assert_eq(c->r->sent_count, MANY - 102);
	crowd_free(c);
}

/* At any event one, or the one that it is about, stops or is freed. */
static void
one_ends(
    struct knock_rig *r, struct nd_knock *knock, const struct nd_knock_event *e)
{
	struct crowd *c = crowd_of(r);
	size_t i = prng(&c->seed) % MANY;

	(void)e;
	if (prng(&c->seed) % 2 == 0)
		for (i = 0; i < MANY && c->port[i] != knock;)
			i++;
	if (i == MANY || c->port[i] == NULL || prng(&c->seed) % 3 == 0)
		return;
	if (prng(&c->seed) % 2 == 0) {
		nd_knock_stop(c->port[i]);
		return;
	}
	nd_knock_free(c->port[i]);
	c->port[i] = NULL;
}

Test(peers, hold_whatever_ends_inside_of_callbacks)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct crowd *c = crowd_new("192.0.2.7", 3, every_way);

		c->seed = seed;
		c->r->hook = one_ends;
		knock_rig_run(c->r, 60 * SEC);
		for (size_t i = 0; i < MANY; i++)
			cr_assert(
			    c->port[i] == NULL || !c->port[i]->task.active);
		crowd_free(c);
	}
}

static int
first_only(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	return sent->nth == 1 ? knock_silent(net, sent, arg) : -ENETUNREACH;
}

Test(peers, what_the_host_refuses_for_good_takes_no_place)
{
	struct knock_rig *r = knock_rig_new(1);
	struct nd_knock_opts o = knock_rig_opts(r, "192.0.2.7");
	struct nd_knock *knock;

	o.count = 2;
	o.timeout_ns = 10 * SEC;
	r->net.on_send = first_only;
	knock = knock_rig_start(r, &o);
	knock_rig_run(r, 5 * SEC);
	cr_assert_eq(r->count[ND_KNOCK_SEND_ERROR], 1);
	cr_assert_eq(knock->task.peer->taken, 1);
	knock_rig_run(r, 10 * SEC);
	cr_assert_eq(r->count[ND_KNOCK_DONE], 1);
	nd_knock_free(knock);
	knock_rig_free(r);
}

/* What the host refuses keeps its place, and that is all. */
Test(peers, hold_while_a_queue_of_the_host_is_full)
{
	struct crowd *c = crowd_new("192.0.2.7", 1, knock_silent);
	struct nd_knock *other = start(c->r, "192.0.2.8", 443, 1);

	c->full = true;
	knock_rig_run(c->r, 100 * MS);
	cr_assert_eq(c->r->count[ND_KNOCK_DONE], 1);
	cr_assert_eq(c->r->net.sends, 1);
	c->full = false;
	knock_rig_run(c->r, 10 * SEC);
	cr_assert_eq(c->r->count[ND_KNOCK_DONE], MANY + 1);
	cr_assert_eq(c->most, LIMIT);
	nd_knock_free(other);
	crowd_free(c);
}

/* ---- The rate -------------------------------------------------------------
 */

static struct knock_rig *
rig_at(uint64_t rate_pps, struct crowd *c)
{
	struct nd_limits limits = ND_LIMITS_INIT;
	struct knock_rig *r = knock_rig_new(1);

	limits.rate_pps = rate_pps;
	cr_assert_eq(nd_ctx_set_limits(r->ctx, &limits), 0);
	r->multiple = true;
	r->hook_arg = c;
	r->net.on_send = on_send;
	*c = (struct crowd){.r = r, .then = knock_silent};
	return r;
}

Test(peers, who_waits_takes_nothing_of_the_rate)
{
	struct crowd *c = calloc(1, sizeof(*c));
	struct knock_rig *r = rig_at(100, c);
	struct nd_knock *other;

	for (uint16_t i = 0; i < MANY; i++) {
		struct nd_knock_opts o = knock_rig_opts(r, "192.0.2.7");

		o.timeout_ns = HOUR;
		o.count = 1;
		c->port[i] = knock_rig_start(r, &o);
	}
	other = start(r, "192.0.2.8", 443, 1);
	/* Behind all of them: 129 packets, the first one at once. */
	knock_rig_run(r, 1290 * MS);
	cr_assert_eq(r->net.sends, LIMIT + 1);
	cr_assert_eq(knock_rig_stats(other).sent, 1);
	nd_knock_free(other);
	for (size_t i = 0; i < MANY; i++)
		nd_knock_free(c->port[i]);
	knock_rig_free(r);
	free(c);
}

Test(peers, who_is_refused_takes_nothing_of_the_rate)
{
	struct crowd *c = calloc(1, sizeof(*c));
	struct knock_rig *r = rig_at(100, c);
	struct nd_knock_opts o;
	struct nd_knock *other;

	c->full = true;
	c->port[0] = start(r, "192.0.2.7", 443, 1);
	o = knock_rig_opts(r, "192.0.2.8");
	o.interval_ns = 10 * MS;
	o.count = 1000;
	other = knock_rig_start(r, &o);
	knock_rig_run(r, 10100 * MS);
	cr_assert_geq(knock_rig_stats(other).sent, 990);
	nd_knock_free(other);
	nd_knock_free(c->port[0]);
	knock_rig_free(r);
	free(c);
}
