/* SPDX-License-Identifier: MIT */
/* Source ports: several to take turns, and another where our RSTs are eaten. */
#include "tcp_server.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>

/* What leaves from the 3rd port gets lost, or takes 30 ms. */
static int
third_is_bad(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	struct knock_rig *r = arg;
	const bool third = sent->tcp.sport == FAKE_FIRST_PORT + 2;

	if (third && sent->nth > 20)
		return knock_silent(net, sent, arg);
	r->rtt_ns = third ? 30 * MS : 10 * MS;
	return knock_open(net, sent, arg);
}

Test(knock_flows, take_turns_and_are_counted_apart)
{
	struct knock_rig *r = knock_rig_new(4);
	struct nd_knock_opts o = knock_rig_opts(r, "192.0.2.7");
	struct nd_knock_flow f;
	struct nd_knock *knock;

	o.flows = 4;
	o.count = 40;
	r->net.on_send = third_is_bad;
	knock = knock_rig_start(r, &o);
	knock_rig_run(r, 200 * SEC);
	cr_assert_eq(r->count[ND_KNOCK_DONE], 1);
	for (size_t i = 0; i < 40; i++)
		cr_assert_eq(r->sent[i].tcp.sport, FAKE_FIRST_PORT + i % 4);
	for (unsigned i = 0; i < 4; i++) {
		cr_assert_eq(nd_knock_flow(knock, i, &f), 0);
		cr_assert_eq(f.port, FAKE_FIRST_PORT + i);
		cr_assert_eq(f.sent, 10);
		cr_assert_eq(f.received, i == 2 ? 5 : 10);
		cr_assert_eq(f.lost, i == 2 ? 5 : 0);
		cr_assert_eq(f.errors, 0);
		cr_assert_eq(f.min_ns, (i == 2 ? 30 : 10) * MS);
		cr_assert_eq(f.avg_ns, f.min_ns);
		cr_assert_eq(f.max_ns, f.min_ns);
	}
	f.port = 1;
	cr_assert_eq(nd_knock_flow(knock, 4, &f), -ENOENT);
	cr_assert_eq(f.port, 1);
	for (size_t i = 0; i < r->logged; i++)
		if (r->log[i].e.seq > 0)
			cr_assert_eq(
			    r->log[i].e.flow, (r->log[i].e.seq - 1) % 4 + 1);
	nd_knock_free(knock);
	knock_rig_free(r);
}

Test(knock_flows, one_is_kept_for_the_run)
{
	struct knock_rig *r = knock_rig_new(4);
	struct nd_knock_opts o = knock_rig_opts(r, "192.0.2.7");
	struct nd_knock_flow f;
	struct nd_knock *knock;

	o.count = 100;
	knock = knock_rig_start(r, &o);
	knock_rig_run(r, 200 * SEC);
	for (size_t i = 0; i < 100; i++)
		cr_assert_eq(r->sent[i].tcp.sport, FAKE_FIRST_PORT);
	cr_assert_eq(nd_knock_flow(knock, 1, &f), -ENOENT);
	nd_knock_free(knock);
	knock_rig_free(r);
}

/* The ISN of a flow is repeated on that flow alone. */
Test(knock_flows, each_has_its_own_isn)
{
	struct knock_rig *r = knock_rig_new(3);
	struct nd_knock_opts o = knock_rig_opts(r, "2001:db8::7");
	struct nd_knock *knock;

	o.flows = 3;
	o.interval_ns = 700 * MS;
	r->net.on_send = knock_silent;
	knock = knock_rig_start(r, &o);
	knock_rig_run(r, 30 * SEC);
	cr_assert_gt(r->sent_count, 30);
	for (size_t i = 3; i < r->sent_count; i++)
		cr_assert_eq(r->sent[i].tcp.seq, r->sent[i - 3].tcp.seq);
	cr_assert_neq(r->sent[0].tcp.seq, r->sent[1].tcp.seq);
	cr_assert_neq(r->sent[1].tcp.seq, r->sent[2].tcp.seq);
	nd_knock_free(knock);
	knock_rig_free(r);
}

Test(knock_flows, two_targets_share_the_ports)
{
	struct knock_rig *r = knock_rig_new(1);
	struct nd_knock_opts o = knock_rig_opts(r, "192.0.2.7");
	struct nd_knock *a, *b;
	struct nd_knock_stats s;

	r->multiple = true;
	o.count = 10;
	a = knock_rig_start(r, &o);
	o = knock_rig_opts(r, "192.0.2.8");
	o.count = 10;
	b = knock_rig_start(r, &o);
	knock_rig_run(r, 30 * SEC);
	for (size_t i = 0; i < r->sent_count; i++)
		cr_assert_eq(r->sent[i].tcp.sport, FAKE_FIRST_PORT);
	s = knock_rig_stats(a);
	cr_assert_eq(s.received, 10);
	s = knock_rig_stats(b);
	cr_assert_eq(s.received, 10);
	nd_knock_free(a);
	nd_knock_free(b);
	knock_rig_free(r);
}

/* Two ports of one host, from the same source port, or twice the same one. */
Test(knock_flows, two_of_one_address)
{
	struct knock_rig *r = knock_rig_new(1);
	struct nd_knock_opts o = knock_rig_opts(r, "192.0.2.7");
	struct nd_knock *knock[3];

	r->multiple = true;
	o.count = 20;
	o.interval_ns = 50 * MS;
	knock[0] = knock_rig_start(r, &o);
	knock[1] = knock_rig_start(r, &o);
	((struct sockaddr_in *)(void *)&r->addr)->sin_port = 0x5000;
	knock[2] = knock_rig_start(r, &o);
	knock_rig_run(r, 30 * SEC);
	for (size_t i = 0; i < 3; i++) {
		const struct nd_knock_stats s = knock_rig_stats(knock[i]);

		cr_assert_eq(s.received, 20);
		cr_assert_eq(s.rtt.max_ns, 10 * MS);
		nd_knock_free(knock[i]);
	}
	knock_rig_free(r);
}

/* ---- Our RSTs are eaten
 * ------------------------------------------------------ */

struct eaten {
	struct nd_knock_stats stats;
	uint64_t told, ports;
};

static void
count_told(
    struct knock_rig *r, struct nd_knock *knock, const struct nd_knock_event *e)
{
	struct eaten *t = r->hook_arg;

	(void)knock;
	if (e->rst_lost) {
		t->told++;
		cr_assert(e->status == ND_KNOCK_DUPLICATE ||
			  e->status == ND_KNOCK_CHALLENGE);
	}
}

static struct eaten
eat(enum tcp_server_kind kind, int64_t permille)
{
	struct knock_rig *r = knock_rig_new(1);
	struct tcp_server *s = tcp_server_new(r, kind, 1);
	struct nd_knock_opts o = knock_rig_opts(r, "192.0.2.7");
	struct eaten t = {.told = 0};
	struct nd_knock *knock;
	bool used[64] = {false};

	s->eats_rsts = true;
	s->loss_out_permille = s->loss_back_permille = permille;
	o.count = 100;
	r->hook = count_told;
	r->hook_arg = &t;
	knock = knock_rig_start(r, &o);
	knock_rig_run(r, 300 * SEC);
	t.stats = knock_rig_stats(knock);
	cr_assert_eq(r->count[ND_KNOCK_DONE], 1);
	for (size_t i = 0; i < r->sent_count; i++) {
		const size_t port = r->sent[i].tcp.sport - FAKE_FIRST_PORT;

		cr_assert_lt(port, 64);
		t.ports += !used[port];
		used[port] = true;
	}
	nd_knock_free(knock);
	knock_rig_free(r);
	tcp_server_free(s);
	return t;
}

Test(knock_flows, eaten_rsts_are_told_once_and_the_port_changes)
{
	const struct eaten t = eat(TCP_SERVER_LINUX, 0);

	cr_assert_eq(t.told, 1);
	cr_assert(t.stats.rst_lost);
	cr_assert_gt(t.ports, 1);
	cr_assert_eq(t.stats.state, ND_KNOCK_STATE_OPEN);
	/* The server is there, and every SYN gets to it. */
	cr_assert_eq(t.stats.lost, 0);
	cr_assert_eq(t.stats.invalid, 0);
	cr_assert_eq(t.stats.rtt.max_ns, 10 * MS);
}

Test(knock_flows, nothing_is_told_where_nothing_is_eaten)
{
	struct knock_rig *r = knock_rig_new(1);
	struct tcp_server *s = tcp_server_new(r, TCP_SERVER_LINUX, 1);
	struct nd_knock_opts o = knock_rig_opts(r, "192.0.2.7");
	struct nd_knock *knock;

	o.count = 1000;
	knock = knock_rig_start(r, &o);
	knock_rig_run(r, 2000 * SEC);
	cr_assert_not(knock_rig_stats(knock).rst_lost);
	cr_assert_eq(r->count[ND_KNOCK_OPEN], 1000);
	cr_assert_eq(s->rsts_taken, 1000);
	cr_assert_eq(s->repeats + s->challenges + s->resets, 0);
	nd_knock_free(knock);
	knock_rig_free(r);
	tcp_server_free(s);
}

/* With cookies there is nothing to be reset, hence nothing to tell. */
Test(knock_flows, cookies_need_no_rst)
{
	const struct eaten t = eat(TCP_SERVER_SYNCOOKIE, 0);

	cr_assert_eq(t.told, 0);
	cr_assert_not(t.stats.rst_lost);
	cr_assert_eq(t.stats.lost, 0);
	cr_assert_eq(t.stats.rtt.samples, 100);
}
