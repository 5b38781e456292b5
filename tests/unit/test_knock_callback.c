/* SPDX-License-Identifier: MIT */
/* What a program may do inside the callback of knock, and when it ends. */
#include "prng.h"
#include "tcp_server.h"

#include <criterion/criterion.h>
#include <errno.h>

/* Every kind of event comes. */
static int
one_of_each(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	struct knock_rig *r = arg;
	const struct fake_error error = {3, 1, 0, 8};
	struct fake_message m = fake_error_make(sent->reply, &error);
	struct nd_tcp tcp = fake_answer_to(&sent->tcp, ND_TCP_ACK);

	switch (sent->nth % 8) {
	case 1: /* and a duplicate */
		(void)knock_open(net, sent, arg);
		return knock_open(net, sent, arg);
	case 2:
		return knock_closed(net, sent, arg);
	case 3:
		fake_message_arrives(net, &m, 5 * MS);
		return 0;
	case 4: /* late */
		r->rtt_ns = 650 * MS;
		(void)knock_open(net, sent, arg);
		r->rtt_ns = 10 * MS;
		return 0;
	case 5: /* lost; something invalid comes */
		tcp.ack += 77;
		tcp.flags = ND_TCP_SYN | ND_TCP_ACK;
		knock_segment_arrives(r, sent->reply, &tcp, 0, 5 * MS);
		return 0;
	case 6: /* ambiguous */
		return knock_open(net, sent, arg);
	case 7: /* a challenge: names the one that is answered above */
		tcp.ack = r->sent[0].tcp.seq + 1;
		knock_segment_arrives(r, sent->reply, &tcp, 0, 5 * MS);
		return 0;
	default:
		return -EPERM;
	}
}

static struct nd_knock *
start(struct knock_rig *r)
{
	struct nd_knock_opts o = knock_rig_opts(r, "192.0.2.7");

	o.count = 16;
	o.timeout_ns = 600 * MS;
	r->net.on_send = one_of_each;
	return knock_rig_start(r, &o);
}

Test(knock_callback, every_status_comes)
{
	struct knock_rig *r = knock_rig_new(1);
	struct nd_knock *knock = start(r);

	knock_rig_run(r, 60 * SEC);
	for (int i = 0; i <= ND_KNOCK_DONE; i++)
		cr_assert_gt(r->count[i], 0, "status %d", i);
	nd_knock_free(knock);
	knock_rig_free(r);
}

/* What is done at the nth event. */
struct act {
	size_t nth;
	bool done;
	bool free, restart;
	struct nd_knock *another;
};

static void
act(struct knock_rig *r, struct nd_knock *knock, const struct nd_knock_event *e)
{
	struct act *a = r->hook_arg;

	(void)e;
	cr_assert_not(a->done && !a->restart, "an event after the end");
	if (a->done || r->logged != a->nth)
		return;
	a->done = true;
	if (!a->free) {
		/* Those that wait are told: not to be taken for more. */
		r->hook = NULL;
		nd_knock_stop(knock);
		r->hook = act;
		nd_knock_stop(knock);
		return;
	}
	nd_knock_free(knock);
	if (a->restart) {
		struct nd_knock_opts o = knock_rig_opts(r, "2001:db8::7");

		o.count = 1;
		r->multiple = true;
		r->net.on_send = knock_open;
		a->another = knock_rig_start(r, &o);
	}
}

/* At each event in turn. */
static void
at_each_event(bool frees, bool restarts)
{
	for (size_t nth = 1; nth <= 20; nth++) {
		struct knock_rig *r = knock_rig_new(1);
		struct nd_knock *knock = start(r);
		struct act a = {.nth = nth, .free = frees, .restart = restarts};

		r->hook = act;
		r->hook_arg = &a;
		knock_rig_run(r, 60 * SEC);
		cr_assert(a.done);
		if (!frees) {
			const struct nd_knock_stats s = knock_rig_stats(knock);

			cr_assert_eq(r->count[ND_KNOCK_TIMEOUT], s.lost);
			nd_knock_free(knock);
		}
		if (restarts)
			nd_knock_free(a.another);
		knock_rig_free(r);
	}
}

Test(knock_callback, stop_inside)
{
	at_each_event(false, false);
}

Test(knock_callback, free_inside)
{
	at_each_event(true, false);
}

Test(knock_callback, free_and_start_another_inside)
{
	at_each_event(true, true);
}

Test(knock_callback, nothing_is_told_inside_start_and_free)
{
	struct knock_rig *r = knock_rig_new(1);
	struct nd_knock *knock = start(r);

	cr_assert_eq(r->logged, 0);
	cr_assert_eq(r->net.attempts, 0);
	/* In time for a TIMEOUT that waits: probe 4 is lost. */
	knock_rig_run(r, 3700 * MS);
	cr_assert_gt(knock_rig_stats(knock).lost, 0);
	r->logged = 0;
	nd_knock_free(knock);
	cr_assert_eq(r->logged, 0);
	nd_knock_free(NULL);
	nd_knock_stop(NULL);
	knock_rig_free(r);
}

Test(knock_callback, stop_before_the_first_probe)
{
	struct knock_rig *r = knock_rig_new(1);
	struct nd_knock *knock = start(r);
	struct nd_knock_stats s;

	nd_knock_stop(knock);
	knock_rig_run(r, 10 * SEC);
	s = knock_rig_stats(knock);
	cr_assert_eq(s.sent, 0);
	cr_assert_eq(s.duration_ns, 0);
	cr_assert_eq(s.clock, ND_CLOCK_NONE);
	cr_assert_eq(s.rtt.min_ns, -1);
	cr_assert_eq(s.state, ND_KNOCK_STATE_FILTERED);
	cr_assert_eq(r->net.attempts, 0);
	nd_knock_free(knock);
	knock_rig_free(r);
}

/* Stopped at any time: told is what is lost, whatever servers do. */
Test(knock_callback, stopped_at_any_time)
{
	uint64_t random = 7;

	for (unsigned i = 0; i < 200; i++) {
		struct knock_rig *r = knock_rig_new(3);
		struct tcp_server *s = tcp_server_new(
		    r, (enum tcp_server_kind)(i % TCP_SERVER_KINDS), i);
		struct nd_knock_opts o = knock_rig_opts(r, "192.0.2.7");
		struct nd_knock_stats st;
		struct nd_knock *knock;

		s->loss_back_permille = s->loss_out_permille = 300;
		s->eats_rsts = i % 7 == 0;
		o.flows = i % 3 + 1;
		o.interval_ns = prng_in(&random, 50 * MS, 1500 * MS);
		o.timeout_ns = prng_in(&random, 5 * MS, 3 * SEC);
		knock = knock_rig_start(r, &o);
		knock_rig_run(r, prng_in(&random, 0, 30 * SEC));
		nd_knock_stop(knock);
		st = knock_rig_stats(knock);
		cr_assert_eq(r->count[ND_KNOCK_TIMEOUT], st.lost);
		cr_assert_eq(r->count[ND_KNOCK_DONE], 0);
		knock_rig_run(r, 20 * SEC);
		nd_knock_free(knock);
		knock_rig_free(r);
		tcp_server_free(s);
	}
}
