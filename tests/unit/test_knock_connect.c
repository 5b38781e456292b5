/* SPDX-License-Identifier: MIT */
/* Knock where the kernel connects: what comes of its outcomes. */
#include "knock_rig.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>

static const struct nd_outcome open_in_time = {.open = true,
    .rtt_ns = 7 * MS,
    .mss = 1448,
    .wscale = 9,
    .sack = true,
    .timestamps = true,
    .ecn = true};

/* `hook_arg` is the outcome, to be told after the rig's RTT; NULL: none. */
static int
connects(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	const struct knock_rig *r = arg;
	struct nd_outcome outcome;

	cr_assert_eq(sent->send->port, KNOCK_PORT);
	if (r->hook_arg == NULL)
		return 0;
	outcome = *(const struct nd_outcome *)r->hook_arg;
	outcome.tag = sent->send->tag;
	fake_outcome_arrives(net, sent->send->to, &outcome, r->rtt_ns);
	return 0;
}

struct connect_test {
	struct knock_rig *r;
	struct nd_knock *knock;
	struct nd_outcome outcome;
};

static struct connect_test *
connect_start(struct connect_test *t, const struct nd_outcome *outcome,
    const char *addr, uint64_t count, int64_t timeout_ns)
{
	struct nd_knock_opts o;

	t->r = knock_rig_connect();
	o = knock_rig_opts(t->r, addr);
	o.count = count;
	o.timeout_ns = timeout_ns;
	t->r->net.on_send = connects;
	if (outcome != NULL) {
		t->outcome = *outcome;
		t->r->hook_arg = &t->outcome;
	}
	t->knock = knock_rig_start(t->r, &o);
	return t;
}

static void
end(struct connect_test *t)
{
	nd_knock_free(t->knock);
	knock_rig_free(t->r);
}

Test(knock_connect, open)
{
	struct connect_test t;
	struct nd_knock_stats s;
	const struct knock_log *e;

	connect_start(&t, &open_in_time, "2001:db8::7", 3, 0);
	cr_assert_eq(nd_ctx_mode(t.r->ctx), ND_MODE_CONNECT);
	knock_rig_run(t.r, 20 * SEC);
	s = knock_rig_stats(t.knock);
	cr_assert_eq(s.received, 3);
	cr_assert_eq(s.syn_acks, 3);
	cr_assert_eq(s.state, ND_KNOCK_STATE_OPEN);
	cr_assert_eq(s.rtt.samples, 3);
	/* The kernel's, not that of the event. */
	cr_assert_eq(s.rtt.max_ns, 7 * MS);
	cr_assert_eq(s.ttl, -1);
	e = knock_rig_event(t.r, ND_KNOCK_OPEN, 1);
	cr_assert_eq(e->e.rtt_ns, 7 * MS);
	cr_assert_eq(e->e.ttl, -1);
	cr_assert_eq(e->e.flow, 1);
	cr_assert_eq(e->tcp.mss, 1448);
	cr_assert_eq(e->tcp.wscale, 9);
	cr_assert_eq(e->tcp.window, -1);
	cr_assert(e->tcp.sack && e->tcp.timestamps && e->tcp.ecn);
	cr_assert_eq(t.r->count[ND_KNOCK_DONE], 1);
	end(&t);
}

Test(knock_connect, closed)
{
	const struct nd_outcome refused = {
	    .rtt_ns = -1, .mss = -1, .wscale = -1};
	struct connect_test t;
	struct nd_knock_stats s;

	connect_start(&t, &refused, "192.0.2.7", 2, 0);
	knock_rig_run(t.r, 20 * SEC);
	s = knock_rig_stats(t.knock);
	cr_assert_eq(s.received, 2);
	cr_assert_eq(s.rsts, 2);
	cr_assert_eq(s.state, ND_KNOCK_STATE_CLOSED);
	cr_assert_not(s.has_tcp);
	/* The kernel tells none: the time of the event has to do. */
	cr_assert_eq(s.rtt.min_ns, 10 * MS);
	end(&t);
}

/* An ICMP error, reported by a router. */
static int
refused_by_router(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	const struct nd_outcome outcome = {
	    .tag = sent->send->tag, .icmp = true, .rtt_ns = -1};
	const struct nd_packet p = {.kind = ND_PACKET_OUTCOME,
	    .proto = IPPROTO_TCP,
	    .icmp_type = 3,
	    .icmp_code = 13,
	    .err = EHOSTUNREACH,
	    .from = fake_addr("192.0.2.254"),
	    .to = *sent->send->to,
	    .ttl = -1,
	    .tos = -1,
	    .outcome = &outcome};
	const struct knock_rig *r = arg;

	fake_net_deliver(net, &p, net->clock->now_ns + r->rtt_ns);
	return 0;
}

Test(knock_connect, unreachable)
{
	struct connect_test t;
	struct nd_knock_stats s;
	const struct knock_log *e;
	struct nd_addr from;
	const struct nd_addr router = fake_addr("192.0.2.254");

	connect_start(&t, NULL, "192.0.2.7", 2, 0);
	t.r->net.on_send = refused_by_router;
	knock_rig_run(t.r, 20 * SEC);
	s = knock_rig_stats(t.knock);
	cr_assert_eq(s.errors, 2);
	cr_assert_eq(s.received, 0);
	cr_assert_eq(s.state, ND_KNOCK_STATE_FILTERED);
	e = knock_rig_event(t.r, ND_KNOCK_UNREACHABLE, 1);
	cr_assert_eq(e->e.icmp_type, 3);
	cr_assert_eq(e->e.icmp_code, 13);
	cr_assert_eq(nd_addr_from(&from, e->e.from), 0);
	cr_assert(nd_addr_equal(&from, &router));
	end(&t);
}

/* A SYN that the kernel had to repeat was lost, and the RTT is of another. */
Test(knock_connect, repeated_syns_are_lost_and_late)
{
	struct nd_outcome repeated = open_in_time;
	struct connect_test t;
	struct nd_knock_stats s;
	const struct knock_log *e;

	repeated.repeats = 1;
	connect_start(&t, &repeated, "192.0.2.7", 3, 3 * SEC);
	t.r->rtt_ns = 1010 * MS;
	knock_rig_run(t.r, 20 * SEC);
	s = knock_rig_stats(t.knock);
	cr_assert_eq(s.sent, 3);
	cr_assert_eq(s.received, 0);
	cr_assert_eq(s.lost, 3);
	cr_assert_eq(s.late, 3);
	cr_assert_eq(s.lost_unknown, 3);
	cr_assert_eq(s.syn_acks, 3);
	cr_assert_eq(s.rtt.samples, 0);
	cr_assert_eq(s.state, ND_KNOCK_STATE_OPEN);
	cr_assert_eq(t.r->count[ND_KNOCK_TIMEOUT], 3);
	e = knock_rig_event(t.r, ND_KNOCK_LATE, 1);
	cr_assert_eq(e->e.rtt_ns, -1);
	cr_assert(e->e.ambiguous);
	cr_assert_eq(t.r->count[ND_KNOCK_DONE], 1);
	end(&t);
}

Test(knock_connect, what_times_out_is_forgotten)
{
	struct connect_test t;
	struct nd_knock_stats s;

	connect_start(&t, NULL, "192.0.2.7", 3, 400 * MS);
	knock_rig_run(t.r, 390 * MS);
	cr_assert_eq(t.r->net.forgotten, 0);
	knock_rig_run(t.r, 20 * MS);
	cr_assert_eq(t.r->net.forgotten, 1);
	knock_rig_run(t.r, 20 * SEC);
	cr_assert_eq(t.r->net.forgotten, 3);
	s = knock_rig_stats(t.knock);
	cr_assert_eq(s.lost, 3);
	cr_assert_eq(s.lost_unknown, 3);
	cr_assert_eq(t.r->count[ND_KNOCK_TIMEOUT], 3);
	cr_assert_eq(t.r->count[ND_KNOCK_DONE], 1);
	end(&t);
}

Test(knock_connect, timeouts_are_told_at_once)
{
	struct connect_test t;

	connect_start(&t, NULL, "192.0.2.7", 0, 400 * MS);
	knock_rig_run(t.r, 420 * MS);
	cr_assert_eq(t.r->count[ND_KNOCK_TIMEOUT], 1);
	end(&t);
}

Test(knock_connect, stop_forgets_what_is_in_flight)
{
	struct connect_test t;

	connect_start(&t, NULL, "192.0.2.7", 0, 2500 * MS);
	knock_rig_run(t.r, 2100 * MS);
	cr_assert_eq(t.r->net.forgotten, 0);
	nd_knock_stop(t.knock);
	cr_assert_eq(t.r->net.forgotten, 3);
	cr_assert_eq(knock_rig_stats(t.knock).unfinished, 3);
	end(&t);
	connect_start(&t, NULL, "192.0.2.7", 0, 2500 * MS);
	knock_rig_run(t.r, 2100 * MS);
	nd_knock_free(t.knock);
	cr_assert_eq(t.r->net.forgotten, 3);
	knock_rig_free(t.r);
}

/* It is the socket's business what became of those that have an outcome. */
Test(knock_connect, what_is_answered_is_not_forgotten_again)
{
	struct connect_test t;

	connect_start(&t, &open_in_time, "192.0.2.7", 5, 0);
	knock_rig_run(t.r, 20 * SEC);
	cr_assert_eq(t.r->net.forgotten, 0);
	end(&t);
}

Test(knock_connect, outcome_of_nobody)
{
	struct connect_test t;
	struct nd_outcome wrong = open_in_time;
	const struct nd_addr to = fake_addr("192.0.2.7");
	const struct nd_addr other = fake_addr("192.0.2.8");

	connect_start(&t, NULL, "192.0.2.7", 1, 0);
	t.r->net.on_send = NULL;
	knock_rig_run(t.r, 10 * MS);
	wrong.tag = 0x12345678;
	fake_outcome_arrives(&t.r->net, &to, &wrong, 0);
	fake_outcome_arrives(&t.r->net, &other, &wrong, 0);
	knock_rig_run(t.r, 10 * MS);
	cr_assert_eq(t.r->logged, 0);
	cr_assert_eq(knock_rig_ctx_stats(t.r).invalid[ND_INVALID_UNKNOWN], 2);
	end(&t);
}

static int
full_or_not(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	const struct knock_rig *r = arg;

	(void)net;
	cr_assert_eq(sent->send->full, r->hook_arg != NULL);
	return 0;
}

Test(knock_connect, full_is_passed_on)
{
	for (int full = 0; full < 2; full++) {
		struct knock_rig *r = knock_rig_connect();
		struct nd_knock_opts o = knock_rig_opts(r, "192.0.2.7");
		struct nd_knock *knock;

		o.flags = full ? ND_KNOCK_F_FULL : 0;
		r->hook_arg = full ? r : NULL;
		r->net.on_send = full_or_not;
		knock = knock_rig_start(r, &o);
		knock_rig_run(r, 10 * MS);
		cr_assert_eq(r->net.sends, 1);
		nd_knock_free(knock);
		knock_rig_free(r);
	}
}

static void
never(struct nd_knock *knock, const struct nd_knock_event *e, void *user)
{
	(void)knock;
	(void)e;
	(void)user;
	cr_assert_fail("an event of what was refused");
}

Test(knock_connect, one_flow_only)
{
	struct knock_rig *r = knock_rig_connect();
	struct nd_knock_opts o = knock_rig_opts(r, "192.0.2.7");
	struct nd_knock *knock;

	o.flows = 2;
	cr_assert_eq(
	    nd_knock_start(&knock, r->ctx, &o, never, NULL), ND_EOPTION);
	knock_rig_free(r);
}
