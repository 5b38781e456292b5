/* SPDX-License-Identifier: MIT */
/* What knock makes of each kind of answer: events, counters, states. */
#include "knock_rig.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static struct nd_knock *
start(struct knock_rig *r, const char *addr, uint64_t count)
{
	struct nd_knock_opts o = knock_rig_opts(r, addr);

	o.count = count;
	return knock_rig_start(r, &o);
}

static void
end(struct knock_rig *r, struct nd_knock *knock)
{
	nd_knock_free(knock);
	knock_rig_free(r);
}

static void
assert_from(const struct knock_log *e, const char *want)
{
	struct nd_addr from, addr = fake_addr(want);

	cr_assert_not_null(e->e.from);
	cr_assert_eq(nd_addr_from(&from, e->e.from), 0);
	cr_assert(nd_addr_equal(&from, &addr));
}

static void
check_open(const char *addr)
{
	struct knock_rig *r = knock_rig_new(1);
	struct nd_knock *knock = start(r, addr, 5);
	struct nd_knock_stats s;
	const struct knock_log *e;

	knock_rig_run(r, 20 * SEC);
	s = knock_rig_stats(knock);
	cr_assert_eq(s.sent, 5);
	cr_assert_eq(s.received, 5);
	cr_assert_eq(s.syn_acks, 5);
	cr_assert_eq(s.state, ND_KNOCK_STATE_OPEN);
	cr_assert_not(s.mixed || s.rst_lost || s.rst_ttl_differs);
	cr_assert_eq(s.ttl, 57);
	cr_assert(s.has_tcp);
	cr_assert_eq(s.tcp.mss, 1460);
	cr_assert_eq(s.rtt.samples, 5);
	cr_assert_eq(s.rtt.min_ns, 10 * MS);
	cr_assert_eq(s.rtt.max_ns, 10 * MS);
	cr_assert_geq(s.duration_ns, 4 * SEC + 10 * MS);
	cr_assert_leq(s.duration_ns, 4 * SEC + 20 * MS);
	cr_assert_eq(r->logged, 6);
	e = knock_rig_event(r, ND_KNOCK_OPEN, 5);
	cr_assert_eq(e->e.seq, 5);
	cr_assert_eq(e->e.flow, 1);
	cr_assert_eq(e->e.rtt_ns, 10 * MS);
	cr_assert_eq(e->e.clock, ND_CLOCK_RX);
	cr_assert_eq(e->e.ttl, 57);
	cr_assert_eq(
	    e->e.sent_real_ns, virtual_clock_real(&r->clock, r->sent[4].at_ns));
	cr_assert_eq(e->tcp.mss, 1460);
	cr_assert_eq(e->tcp.wscale, 7);
	cr_assert_eq(e->tcp.window, 65160);
	cr_assert(e->tcp.sack && e->tcp.timestamps);
	cr_assert_not(e->tcp.ecn || e->tcp.ecn_mirror);
	assert_from(e, addr);
	cr_assert_eq(r->log[5].e.status, ND_KNOCK_DONE);
	end(r, knock);
}

Test(knock, open)
{
	check_open("192.0.2.7");
	check_open("2001:db8::7");
}

Test(knock, closed)
{
	struct knock_rig *r = knock_rig_new(1);
	struct nd_knock *knock;
	struct nd_knock_stats s;
	const struct knock_log *e;

	r->net.on_send = knock_closed;
	knock = start(r, "2001:db8::7", 3);
	knock_rig_run(r, 20 * SEC);
	s = knock_rig_stats(knock);
	cr_assert_eq(s.received, 3);
	cr_assert_eq(s.rsts, 3);
	cr_assert_eq(s.state, ND_KNOCK_STATE_CLOSED);
	cr_assert_not(s.mixed || s.has_tcp);
	cr_assert_eq(s.rtt.samples, 3);
	e = knock_rig_event(r, ND_KNOCK_CLOSED, 3);
	cr_assert_eq(e->e.rtt_ns, 10 * MS);
	assert_from(e, "2001:db8::7");
	end(r, knock);
}

/* An answer of each kind, by the number of the SYN: S, R, or nothing. */
static int
by_plan(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	const struct knock_rig *r = arg;
	const char *plan = r->hook_arg;

	switch (plan[sent->nth - 1]) {
	case 'S':
		return knock_open(net, sent, arg);
	case 'R':
		return knock_closed(net, sent, arg);
	default:
		return knock_silent(net, sent, arg);
	}
}

static struct nd_knock_stats
stats_of_plan(char *plan)
{
	struct knock_rig *r = knock_rig_new(1);
	struct nd_knock_stats s;
	struct nd_knock *knock;

	r->net.on_send = by_plan;
	r->hook_arg = plan;
	knock = start(r, "192.0.2.7", strlen(plan));
	knock_rig_run(r, 100 * SEC);
	s = knock_rig_stats(knock);
	end(r, knock);
	return s;
}

static void
check_state(const char *plan, enum nd_knock_state state, bool mixed)
{
	char copy[16] = "";
	struct nd_knock_stats s;

	(void)snprintf(copy, sizeof(copy), "%s", plan);
	s = stats_of_plan(copy);
	cr_assert_eq(s.state, state, "of %s", plan);
	cr_assert_eq(s.mixed, mixed, "of %s", plan);
}

Test(knock, state_is_of_what_answered_more_often)
{
	check_state("....", ND_KNOCK_STATE_FILTERED, false);
	check_state("...S", ND_KNOCK_STATE_OPEN, false);
	check_state("R...", ND_KNOCK_STATE_CLOSED, false);
	check_state("RS", ND_KNOCK_STATE_OPEN, true);
	check_state("SR", ND_KNOCK_STATE_OPEN, true);
	check_state("SRR", ND_KNOCK_STATE_CLOSED, true);
	check_state("RSRS.", ND_KNOCK_STATE_OPEN, true);
}

/* Both answers come for each SYN, the second with the TTL in `hook_arg`. */
static int
both(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	struct knock_rig *r = arg;
	const struct nd_tcp rst =
	    fake_answer_to(&sent->tcp, ND_TCP_RST | ND_TCP_ACK);
	struct fake_message from = *sent->reply;

	from.ttl = *(int *)r->hook_arg;
	(void)knock_open(net, sent, arg);
	knock_segment_arrives(r, &from, &rst, 0, r->rtt_ns + 5 * MS);
	return 0;
}

Test(knock, rst_after_a_syn_ack_is_mixed)
{
	struct knock_rig *r = knock_rig_new(1);
	int ttl = 57;
	struct nd_knock_stats s;
	struct nd_knock *knock;

	r->net.on_send = both;
	r->hook_arg = &ttl;
	knock = start(r, "192.0.2.7", 3);
	knock_rig_run(r, 20 * SEC);
	s = knock_rig_stats(knock);
	cr_assert_eq(s.received, 3);
	/* The last one comes after DONE. */
	cr_assert_eq(s.duplicates, 2);
	cr_assert(s.mixed);
	cr_assert_eq(s.state, ND_KNOCK_STATE_OPEN);
	cr_assert_not(s.rst_ttl_differs);
	cr_assert_eq(knock_rig_event(r, ND_KNOCK_DUPLICATE, 1)->e.answer,
	    ND_KNOCK_ANSWER_RST);
	end(r, knock);
}

/* The RST is the first answer, or the second one. */
static void
check_middlebox(fake_send_fn *on_send)
{
	struct knock_rig *r = knock_rig_new(1);
	int ttl = 62;
	struct nd_knock_stats s;
	struct nd_knock *knock;

	r->net.on_send = on_send;
	r->hook_arg = &ttl;
	knock = start(r, "192.0.2.7", 2);
	knock_rig_run(r, 20 * SEC);
	s = knock_rig_stats(knock);
	cr_assert(s.mixed);
	cr_assert(s.rst_ttl_differs);
	end(r, knock);
}

static int
rst_first(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	struct knock_rig *r = arg;
	const struct nd_tcp rst =
	    fake_answer_to(&sent->tcp, ND_TCP_RST | ND_TCP_ACK);
	struct fake_message from = *sent->reply;

	from.ttl = *(int *)r->hook_arg;
	knock_segment_arrives(r, &from, &rst, 0, r->rtt_ns - 5 * MS);
	return knock_open(net, sent, arg);
}

static int
in_turns(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	const struct knock_rig *r = arg;

	if (sent->nth % 2 == 0)
		return knock_open(net, sent, arg);
	sent->reply->ttl = *(int *)r->hook_arg;
	return knock_closed(net, sent, arg);
}

Test(knock, rst_of_a_middlebox_has_another_ttl)
{
	check_middlebox(both);
	check_middlebox(rst_first);
	check_middlebox(in_turns);
}

/* ---- Late, twice, refused by this host -------------------------------------
 */

static int
open_twice(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	struct knock_rig *r = arg;
	const struct nd_tcp tcp = fake_syn_ack_to(&sent->tcp);

	(void)knock_open(net, sent, arg);
	knock_segment_arrives(r, sent->reply, &tcp, 0, r->rtt_ns + MS);
	return 0;
}

Test(knock, duplicates_are_counted_apart)
{
	struct knock_rig *r = knock_rig_new(1);
	struct nd_knock_opts o = knock_rig_opts(r, "192.0.2.7");
	struct nd_knock_stats s;
	struct nd_knock *knock;

	o.count = 4;
	r->net.on_send = open_twice;
	knock = knock_rig_start(r, &o);
	knock_rig_run(r, 2500 * MS);
	s = knock_rig_stats(knock);
	cr_assert_eq(s.received, 3);
	cr_assert_eq(s.duplicates, 3);
	cr_assert_eq(s.syn_acks, 3);
	cr_assert_eq(s.rtt.samples, 3);
	cr_assert_not(s.rst_lost);
	cr_assert_eq(knock_rig_event(r, ND_KNOCK_DUPLICATE, 2)->e.seq, 2);
	end(r, knock);
}

Test(knock, late_is_lost_and_told_after_its_timeout)
{
	struct knock_rig *r = knock_rig_new(1);
	struct nd_knock_opts o = knock_rig_opts(r, "192.0.2.7");
	struct nd_knock_stats s;
	struct nd_knock *knock;
	const struct knock_log *e;

	o.count = 1;
	o.timeout_ns = 300 * MS;
	r->rtt_ns = 450 * MS;
	o.count = 2;
	o.interval_ns = 10 * SEC;
	knock = knock_rig_start(r, &o);
	knock_rig_run(r, 5 * SEC);
	s = knock_rig_stats(knock);
	cr_assert_eq(s.lost, 1);
	cr_assert_eq(s.late, 1);
	cr_assert_eq(s.received, 0);
	cr_assert_eq(s.syn_acks, 1);
	cr_assert_eq(s.rtt.samples, 0);
	cr_assert_eq(s.state, ND_KNOCK_STATE_OPEN);
	cr_assert_eq(r->logged, 2);
	cr_assert_eq(r->log[0].e.status, ND_KNOCK_TIMEOUT);
	e = knock_rig_event(r, ND_KNOCK_LATE, 1);
	cr_assert_eq(e->e.answer, ND_KNOCK_ANSWER_SYN_ACK);
	cr_assert_eq(e->e.rtt_ns, 450 * MS);
	end(r, knock);
}

static int
not_permitted(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	return sent->nth == 2 ? -EPERM : knock_open(net, sent, arg);
}

Test(knock, send_errors_are_not_sent)
{
	struct knock_rig *r = knock_rig_new(1);
	struct nd_knock_stats s;
	struct nd_knock *knock;
	const struct knock_log *e;

	r->net.on_send = not_permitted;
	knock = start(r, "192.0.2.7", 3);
	knock_rig_run(r, 20 * SEC);
	s = knock_rig_stats(knock);
	cr_assert_eq(s.sent, 2);
	cr_assert_eq(s.received, 2);
	cr_assert_eq(s.send_errors, 1);
	e = knock_rig_event(r, ND_KNOCK_SEND_ERROR, 1);
	cr_assert_eq(e->e.seq, 2);
	cr_assert_eq(e->e.err, -EPERM);
	cr_assert_eq(r->count[ND_KNOCK_DONE], 1);
	end(r, knock);
}

/* Later ones overtake: each answer is counted for its own probe. */
static int
overtaken(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	struct knock_rig *r = arg;

	r->rtt_ns = sent->nth == 1 ? 2500 * MS : 10 * MS;
	return knock_open(net, sent, arg);
}

/* A dense series is spread over ports: no answer can be mistaken. */
Test(knock, answers_out_of_order)
{
	struct knock_rig *r = knock_rig_new(4);
	struct nd_knock_opts o = knock_rig_opts(r, "192.0.2.7");
	struct nd_knock_stats s;
	struct nd_knock *knock;

	o.count = 4;
	o.flows = 4;
	o.interval_ns = 100 * MS;
	r->net.on_send = overtaken;
	knock = knock_rig_start(r, &o);
	knock_rig_run(r, 20 * SEC);
	s = knock_rig_stats(knock);
	cr_assert_eq(s.received, 4);
	cr_assert_eq(s.ambiguous, 0);
	cr_assert_eq(s.rtt.max_ns, 2500 * MS);
	cr_assert_eq(knock_rig_event(r, ND_KNOCK_OPEN, 4)->e.seq, 1);
	end(r, knock);
}

/* Departure and arrival by the kernel; or there are no stamps. */
Test(knock, rtt_is_between_the_stamps)
{
	struct knock_rig *r = knock_rig_new(1);
	struct nd_limits limits = ND_LIMITS_INIT;
	struct nd_knock_stats s;
	struct nd_knock *knock;

	limits.expected_pps = 1;
	cr_assert_eq(nd_ctx_set_limits(r->ctx, &limits), 0);
	r->net.tx_delay_ns = 3 * MS;
	knock = start(r, "192.0.2.7", 5);
	knock_rig_run(r, 20 * SEC);
	s = knock_rig_stats(knock);
	cr_assert_eq(s.clock, ND_CLOCK_KERNEL);
	cr_assert_eq(s.rtt.min_ns, 7 * MS);
	cr_assert_eq(s.rtt.max_ns, 7 * MS);
	end(r, knock);
	r = knock_rig_new(1);
	r->net.no_rx_stamps = true;
	knock = start(r, "2001:db8::7", 5);
	knock_rig_run(r, 20 * SEC);
	s = knock_rig_stats(knock);
	cr_assert_eq(s.clock, ND_CLOCK_USER);
	cr_assert_eq(s.rtt.max_ns, 10 * MS);
	end(r, knock);
}

/* A loss while our own socket dropped packets may be none. */
Test(knock, own_drops_make_losses_uncertain)
{
	struct knock_rig *r = knock_rig_new(1);
	struct nd_knock *knock;

	r->net.on_send = knock_silent;
	knock = start(r, "192.0.2.7", 1);
	knock_rig_run(r, SEC);
	r->net.drops = 5;
	knock_rig_run(r, 20 * SEC);
	cr_assert(knock_rig_stats(knock).loss_uncertain);
	end(r, knock);
	r = knock_rig_new(1);
	r->net.on_send = knock_silent;
	knock = start(r, "192.0.2.7", 1);
	knock_rig_run(r, 20 * SEC);
	cr_assert_not(knock_rig_stats(knock).loss_uncertain);
	end(r, knock);
}
