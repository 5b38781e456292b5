/* SPDX-License-Identifier: MIT */
/*
 * Which way a probe was lost: against models of servers, and the truth about
 * every SYN. A direction that is told has to be right; and for a server like
 * Linux it has to be told as a rule.
 */
#include "prng.h"
#include "tcp_server.h"

#include <criterion/criterion.h>

#define SEEDS 20
#define PROBES 2000

struct tally {
	uint64_t lost, directed;
};

/*
 * Whether the SYN arrived, and no answer to it did, or did in time: what is
 * late has been lost so far.
 */
static bool
is_lost_back(const struct tcp_truth *t)
{
	return t->arrived && t->answers > 0 &&
	       t->answers_lost + t->answers_slow == t->answers;
}

static void
check_direction(
    struct knock_rig *r, struct nd_knock *knock, const struct nd_knock_event *e)
{
	const struct tcp_truth *t;
	struct tally *tally = r->hook_arg;

	(void)knock;
	if (e->status != ND_KNOCK_TIMEOUT)
		return;
	t = &r->server->truth[e->seq];
	tally->lost++;
	tally->directed += e->lost_dir != ND_LOST_UNKNOWN;
	if (e->lost_dir == ND_LOST_OUT)
		cr_assert_not(t->arrived, "probe %llu was not lost out",
		    (unsigned long long)e->seq);
	if (e->lost_dir == ND_LOST_BACK)
		cr_assert(is_lost_back(t), "probe %llu was not lost back",
		    (unsigned long long)e->seq);
}

/* What the statistics say can be more than the events, but not more than so. */
static void
check_sums(const struct tcp_server *s, const struct nd_knock_stats *st)
{
	uint64_t out = 0, back = 0;

	for (uint64_t i = 1; i <= s->syns; i++) {
		out += !s->truth[i].arrived;
		back += is_lost_back(&s->truth[i]);
	}
	cr_assert_leq(st->lost_out, out);
	cr_assert_leq(st->lost_back, back);
}

struct loss_case {
	enum tcp_server_kind kind;
	int64_t permille;
	uint64_t seed;
	int64_t interval_ns, jitter_ns, slow_permille;
	unsigned flows;
};

static struct tally
run(const struct loss_case *c)
{
	struct knock_rig *r = knock_rig_new(c->flows);
	struct tcp_server *s = tcp_server_new(r, c->kind, c->seed);
	struct nd_knock_opts o = knock_rig_opts(r, "192.0.2.7");
	struct tally tally = {.lost = 0};
	struct nd_knock_stats st;
	struct nd_knock *knock;

	/* A path like any: now and then one of our RSTs gets lost as well. */
	s->out_ns = prng_in(&s->random, 0, 60 * MS);
	s->back_ns = prng_in(&s->random, 0, 60 * MS);
	s->jitter_ns = c->jitter_ns;
	s->slow_permille = c->slow_permille;
	s->slow_ns = 4 * SEC;
	/* Some forget after 15 s already. */
	s->timers = c->seed % 2 == 0 ? 5 : 3;
	s->loss_out_permille = s->loss_back_permille = c->permille;
	o.count = PROBES;
	o.flows = c->flows;
	o.interval_ns = c->interval_ns;
	r->hook = check_direction;
	r->hook_arg = &tally;
	knock = knock_rig_start(r, &o);
	knock_rig_run(r, 4 * c->interval_ns * PROBES + 60 * SEC);
	cr_assert_eq(r->count[ND_KNOCK_DONE], 1);
	st = knock_rig_stats(knock);
	cr_assert_eq(st.sent, PROBES);
	check_sums(s, &st);
	if (c->permille <= 50 && c->slow_permille == 0)
		cr_assert_not(st.rst_lost, "some are lost, not all");
	nd_knock_free(knock);
	knock_rig_free(r);
	tcp_server_free(s);
	return tally;
}

/* At intervals of all kinds, with and without jitter. */
static struct tally
run_seeds(enum tcp_server_kind kind, int64_t permille)
{
	static const int64_t intervals[] = {
	    SEC, SEC, 200 * MS, 700 * MS, 1500 * MS, 2 * SEC, 3 * SEC};
	struct tally all = {.lost = 0};

	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		const struct loss_case c = {.kind = kind,
		    .permille = permille,
		    .seed = seed,
		    .interval_ns = intervals[seed % 7],
		    .jitter_ns = seed % 3 == 2 ? 20 * MS : 0,
		    .flows = seed % 5 == 4 ? 3 : 1};
		const struct tally one = run(&c);

		all.lost += one.lost;
		all.directed += one.directed;
	}
	return all;
}

static void
never_wrong(enum tcp_server_kind kind)
{
	cr_assert_gt(run_seeds(kind, 50).lost, SEEDS * PROBES / 20);
	cr_assert_gt(run_seeds(kind, 200).lost, SEEDS * PROBES / 5);
}

Test(knock_loss, never_a_wrong_direction_with_linux)
{
	never_wrong(TCP_SERVER_LINUX);
}

Test(knock_loss, never_a_wrong_direction_with_syn_cookies)
{
	never_wrong(TCP_SERVER_SYNCOOKIE);
}

Test(knock_loss, never_a_wrong_direction_with_bsd)
{
	never_wrong(TCP_SERVER_BSD);
}

Test(knock_loss, never_a_wrong_direction_without_timestamps)
{
	never_wrong(TCP_SERVER_NOTS);
}

Test(knock_loss, never_a_wrong_direction_of_a_closed_port)
{
	never_wrong(TCP_SERVER_CLOSED);
}

/* Answers overtake each other, and come when a new series has begun. */
Test(knock_loss, never_a_wrong_direction_of_what_is_late)
{
	for (unsigned i = 0; i < 4 * TCP_SERVER_KINDS; i++) {
		const struct loss_case c = {
		    .kind = (enum tcp_server_kind)(i / 4),
		    .permille = 20,
		    .seed = 1000 + i,
		    .interval_ns = i % 2 == 0 ? SEC : 600 * MS,
		    .slow_permille = 100,
		    .flows = 1};

		cr_assert_gt(run(&c).lost, PROBES / 100);
	}
}

/* Probe by probe, at the default interval. */
Test(knock_loss, linux_tells_the_direction_of_four_losses_in_five)
{
	struct tally all = {.lost = 0};

	for (uint64_t seed = 100; seed < 100 + SEEDS; seed++) {
		const struct loss_case c = {.kind = TCP_SERVER_LINUX,
		    .permille = 50,
		    .seed = seed,
		    .interval_ns = SEC,
		    .flows = 1};
		const struct tally one = run(&c);

		all.lost += one.lost;
		all.directed += one.directed;
	}
	cr_log_info("%llu of %llu", (unsigned long long)all.directed,
	    (unsigned long long)all.lost);
	cr_assert_gt(all.lost, SEEDS * PROBES / 20);
	cr_assert_geq(10 * all.directed, 8 * all.lost,
	    "%llu of %llu have a direction", (unsigned long long)all.directed,
	    (unsigned long long)all.lost);
}

/* ---- Single losses --------------------------------------------------------
 */

/* What is lost of probe 3: its SYN; or every answer to it. */
static bool
lose_syn_3(struct tcp_server *s, const struct tcp_passing *p, void *arg)
{
	(void)s;
	(void)arg;
	return p->number == 3 && p->way == TCP_OUT &&
	       (p->flags & ND_TCP_SYN) != 0;
}

static bool
lose_answers_3(struct tcp_server *s, const struct tcp_passing *p, void *arg)
{
	(void)s;
	(void)arg;
	return p->number == 3 && p->way == TCP_BACK;
}

/* Both: a loss back first shows that the server keeps the first TSval. */
static bool
lose_answers_3_syn_7(struct tcp_server *s, const struct tcp_passing *p, void *a)
{
	return lose_answers_3(s, p, a) ||
	       (p->number == 7 && p->way == TCP_OUT &&
		   (p->flags & ND_TCP_SYN) != 0);
}

struct single {
	struct knock_rig *r;
	struct tcp_server *s;
	struct nd_knock *knock;
	struct nd_knock_stats stats;
};

static struct single
lose_with(enum tcp_server_kind kind, tcp_lose_fn *fn,
    enum nd_syn_options options, int64_t timeout_ns)
{
	struct single t = {.r = knock_rig_new(1)};
	struct nd_knock_opts o = knock_rig_opts(t.r, "192.0.2.7");

	t.s = tcp_server_new(t.r, kind, 1);
	t.s->lose = fn;
	o.count = 10;
	o.options = options;
	o.timeout_ns = timeout_ns;
	t.knock = knock_rig_start(t.r, &o);
	knock_rig_run(t.r, 60 * SEC);
	cr_assert_eq(t.r->count[ND_KNOCK_DONE], 1);
	t.stats = knock_rig_stats(t.knock);
	return t;
}

static struct single
lose(enum tcp_server_kind kind, tcp_lose_fn *fn, enum nd_syn_options options)
{
	return lose_with(kind, fn, options, 0);
}

static void
end(struct single *t)
{
	nd_knock_free(t->knock);
	knock_rig_free(t->r);
	tcp_server_free(t->s);
}

Test(knock_loss, linux_back)
{
	struct single t = lose(TCP_SERVER_LINUX, lose_answers_3, ND_SYN_LINUX);
	const struct knock_log *e = knock_rig_event(t.r, ND_KNOCK_TIMEOUT, 1);

	cr_assert_eq(t.stats.lost, 1);
	cr_assert_eq(t.stats.lost_back, 1);
	cr_assert_eq(e->e.seq, 3);
	cr_assert_eq(e->e.lost_dir, ND_LOST_BACK);
	cr_assert_eq(t.stats.received, 9);
	/* Number 4 got the answer that was kept for 3. */
	cr_assert_eq(t.stats.ambiguous, 1);
	e = knock_rig_event(t.r, ND_KNOCK_OPEN, 3);
	cr_assert_eq(e->e.seq, 4);
	cr_assert(e->e.ambiguous);
	cr_assert_eq(e->e.rtt_ns, -1);
	end(&t);
}

/* A server that was never seen to keep the first TSval might echo the newest.
 */
Test(knock_loss, out_is_unknown_until_the_server_is_known)
{
	struct single t = lose(TCP_SERVER_LINUX, lose_syn_3, ND_SYN_LINUX);

	cr_assert_eq(t.stats.lost, 1);
	cr_assert_eq(t.stats.lost_unknown, 1);
	cr_assert_eq(knock_rig_event(t.r, ND_KNOCK_TIMEOUT, 1)->e.lost_dir,
	    ND_LOST_UNKNOWN);
	/* The only SYN that it saw of the series: no doubt about the RTT. */
	cr_assert_eq(t.stats.ambiguous, 0);
	cr_assert_eq(t.stats.rtt.samples, 9);
	end(&t);
}

Test(knock_loss, linux_out_once_it_is_known)
{
	struct single t =
	    lose(TCP_SERVER_LINUX, lose_answers_3_syn_7, ND_SYN_LINUX);

	cr_assert_eq(t.stats.lost, 2);
	cr_assert_eq(t.stats.lost_back, 1);
	cr_assert_eq(t.stats.lost_out, 1);
	cr_assert_eq(knock_rig_event(t.r, ND_KNOCK_TIMEOUT, 2)->e.seq, 7);
	cr_assert_eq(
	    knock_rig_event(t.r, ND_KNOCK_TIMEOUT, 2)->e.lost_dir, ND_LOST_OUT);
	end(&t);
}

/* The same losses, where the newest TSval is echoed, prove nothing. */
Test(knock_loss, syn_cookies_prove_nothing)
{
	struct single t =
	    lose(TCP_SERVER_SYNCOOKIE, lose_answers_3_syn_7, ND_SYN_LINUX);

	cr_assert_eq(t.stats.lost, 2);
	cr_assert_eq(t.stats.lost_unknown, 2);
	end(&t);
	t = lose(TCP_SERVER_BSD, lose_answers_3_syn_7, ND_SYN_LINUX);
	cr_assert_eq(t.stats.lost, 2);
	cr_assert_eq(t.stats.lost_out, 0);
	end(&t);
}

Test(knock_loss, no_timestamps_no_direction_no_rtt)
{
	struct single t =
	    lose(TCP_SERVER_NOTS, lose_answers_3_syn_7, ND_SYN_LINUX);

	cr_assert_eq(t.stats.lost, 2);
	cr_assert_eq(t.stats.lost_unknown, 2);
	cr_assert_eq(t.stats.ambiguous, 2);
	end(&t);
	t = lose(TCP_SERVER_LINUX, lose_answers_3_syn_7, ND_SYN_MSS);
	cr_assert_eq(t.stats.lost, 2);
	cr_assert_eq(t.stats.lost_unknown, 2);
	cr_assert_eq(t.stats.ambiguous, 2);
	cr_assert_not(t.stats.tcp.timestamps);
	end(&t);
}

/* ---- When the TIMEOUT event comes -----------------------------------------
 */

/* Long after the timeout: when the next probe of its flow is answered. */
Test(knock_loss, timeout_event_waits_for_the_next_probe)
{
	struct single t =
	    lose_with(TCP_SERVER_LINUX, lose_answers_3, ND_SYN_LINUX, 200 * MS);
	const struct knock_log *e = knock_rig_event(t.r, ND_KNOCK_TIMEOUT, 1);

	cr_assert_eq(e->e.seq, 3);
	cr_assert_eq(e->e.lost_dir, ND_LOST_BACK);
	cr_assert_gt(e->at_ns, t.s->truth[4].sent_ns);
	cr_assert_leq(e->at_ns, knock_rig_event(t.r, ND_KNOCK_OPEN, 3)->at_ns);
	end(&t);
}

/* Nothing can come that would explain it. */
Test(knock_loss, timeout_event_does_not_wait_for_nothing)
{
	struct single t =
	    lose_with(TCP_SERVER_LINUX, lose_answers_3, ND_SYN_NONE, 200 * MS);
	const struct knock_log *e = knock_rig_event(t.r, ND_KNOCK_TIMEOUT, 1);

	cr_assert_eq(e->e.seq, 3);
	cr_assert_leq(e->at_ns, t.s->truth[3].sent_ns + 210 * MS);
	end(&t);
}

Test(knock_loss, silence_tells_each_timeout_once)
{
	struct knock_rig *r = knock_rig_new(1);
	struct nd_knock_opts o = knock_rig_opts(r, "2001:db8::7");
	struct nd_knock *knock;

	o.count = 50;
	r->net.on_send = knock_silent;
	knock = knock_rig_start(r, &o);
	knock_rig_run(r, 200 * SEC);
	cr_assert_eq(r->count[ND_KNOCK_TIMEOUT], 50);
	cr_assert_eq(r->count[ND_KNOCK_DONE], 1);
	/* In order, with nothing left to wait for. */
	for (size_t i = 1; i <= 50; i++)
		cr_assert_eq(knock_rig_event(r, ND_KNOCK_TIMEOUT, i)->e.seq, i);
	cr_assert_eq(knock_rig_stats(knock).state, ND_KNOCK_STATE_FILTERED);
	nd_knock_free(knock);
	knock_rig_free(r);
}

Test(knock_loss, stop_tells_the_timeouts_that_wait)
{
	struct knock_rig *r = knock_rig_new(1);
	struct nd_knock_opts o = knock_rig_opts(r, "192.0.2.7");
	struct nd_knock_stats s;
	struct nd_knock *knock;

	o.timeout_ns = 300 * MS;
	o.interval_ns = 900 * MS;
	r->net.on_send = knock_silent;
	knock = knock_rig_start(r, &o);
	/* The 4th has left 100 ms ago, the 3rd is lost. */
	knock_rig_run(r, 2800 * MS);
	s = knock_rig_stats(knock);
	cr_assert_eq(s.sent, 4);
	cr_assert_eq(s.lost, 3);
	cr_assert_lt(r->count[ND_KNOCK_TIMEOUT], 3);
	nd_knock_stop(knock);
	cr_assert_eq(r->count[ND_KNOCK_TIMEOUT], 3);
	s = knock_rig_stats(knock);
	cr_assert_eq(s.lost, 3);
	cr_assert_eq(s.unfinished, 1);
	/* No further one, neither of what is in flight nor DONE. */
	knock_rig_run(r, 20 * SEC);
	nd_knock_stop(knock);
	cr_assert_eq(r->logged, 3);
	nd_knock_free(knock);
	knock_rig_free(r);
}
