/* SPDX-License-Identifier: MIT */
/*
 * SYNs that repeat an ISN: when they may, what tells them apart, and what an
 * answer to one of them is worth.
 */
#include "prng.h"
#include "tcp_server.h"

#include <criterion/criterion.h>

#define LEAST_DISTANCE (1u << 20)

/* ---- What is sent ----------------------------------------------------------
 */

static struct knock_rig *
silence(int64_t interval_ns, unsigned flows, int64_t for_ns)
{
	struct knock_rig *r = knock_rig_new(flows);
	struct nd_knock_opts o = knock_rig_opts(r, "192.0.2.7");
	struct nd_knock *knock;

	o.interval_ns = interval_ns;
	o.flows = flows;
	r->net.on_send = knock_silent;
	knock = knock_rig_start(r, &o);
	knock_rig_run(r, for_ns);
	nd_knock_free(knock);
	cr_assert_gt(r->sent_count, 4);
	return r;
}

Test(knock_series, unanswered_the_isn_is_repeated)
{
	struct knock_rig *r = silence(SEC, 1, 20 * SEC);
	const struct nd_tcp *first = &r->sent[0].tcp;

	for (size_t i = 1; i < r->sent_count; i++) {
		const struct nd_tcp *tcp = &r->sent[i].tcp;

		cr_assert_eq(tcp->seq, first->seq);
		cr_assert_eq(tcp->sport, first->sport);
		/* Its own, and newer: RFC 7323 section 5.3. */
		cr_assert(nd_seq_before(r->sent[i - 1].tcp.tsval, tcp->tsval));
	}
	knock_rig_free(r);
}

static void
check_distances(const char *addr)
{
	struct knock_rig *r = knock_rig_new(1);
	struct nd_knock_opts o = knock_rig_opts(r, addr);
	struct nd_knock *knock;

	o.interval_ns = 20 * MS;
	o.count = KNOCK_SENT;
	knock = knock_rig_start(r, &o);
	knock_rig_run(r, 200 * SEC);
	cr_assert_eq(r->sent_count, KNOCK_SENT);
	for (size_t i = 1; i < r->sent_count; i++) {
		const uint32_t isn = r->sent[i].tcp.seq,
			       last = r->sent[i - 1].tcp.seq;

		cr_assert_eq(r->sent[i].tcp.sport, FAKE_FIRST_PORT);
		cr_assert_geq(isn - last, LEAST_DISTANCE);
		cr_assert_geq(last - isn, LEAST_DISTANCE);
	}
	nd_knock_free(knock);
	knock_rig_free(r);
}

/* Of 2048 pairs of random numbers one is nearer. */
Test(knock_series, answered_the_isn_is_new_and_far)
{
	check_distances("192.0.2.7");
	check_distances("192.0.2.8");
	check_distances("2001:db8::7");
	check_distances("2001:db8::8");
}

/*
 * What no SYN that repeats an ISN may do: come within 500 ms of the one before
 * it, or where the server repeats its SYN-ACK, 1, 3 and 7 s after the first SYN
 * or, where that repeated one was answered, anew after the last.
 */
static void
check_spacing(const struct knock_rig *r, size_t i)
{
	static const int64_t repeats[] = {SEC, 3 * SEC, 7 * SEC};
	const struct knock_syn *syn = &r->sent[i], *first = NULL, *last = NULL;

	for (size_t j = 0; j < i; j++)
		if (r->sent[j].tcp.sport == syn->tcp.sport &&
		    r->sent[j].tcp.seq == syn->tcp.seq) {
			if (first == NULL)
				first = &r->sent[j];
			last = &r->sent[j];
		}
	if (first == NULL)
		return;
	cr_assert_geq(syn->at_ns - last->at_ns, 500 * MS);
	for (size_t k = 0; k < 3; k++) {
		const int64_t a = syn->at_ns - first->at_ns - repeats[k],
			      b = syn->at_ns - last->at_ns - repeats[k];

		cr_assert(a >= 100 * MS || a <= -100 * MS,
		    "%lld ms after the first",
		    (long long)((syn->at_ns - first->at_ns) / MS));
		cr_assert(b >= 100 * MS || b <= -100 * MS,
		    "%lld ms after the last",
		    (long long)((syn->at_ns - last->at_ns) / MS));
	}
}

Test(knock_series, repeats_keep_away_from_those_of_the_server)
{
	static const int64_t intervals[] = {10 * MS, 50 * MS, 100 * MS,
	    250 * MS, 490 * MS, 500 * MS, 600 * MS, 900 * MS, SEC, 1100 * MS,
	    1500 * MS, 2 * SEC, 3 * SEC, 3500 * MS, 7 * SEC};

	for (size_t n = 0; n < sizeof(intervals) / sizeof(intervals[0]); n++)
		for (unsigned flows = 1; flows <= 4; flows += 3) {
			struct knock_rig *r =
			    silence(intervals[n], flows, 60 * SEC);

			for (size_t i = 0; i < r->sent_count && i < 1000; i++)
				check_spacing(r, i);
			knock_rig_free(r);
		}
}

/* The port is another one, not the rate. */
Test(knock_series, a_short_interval_goes_to_another_flow)
{
	struct knock_rig *r = silence(100 * MS, 1, 10 * SEC);
	unsigned ports = 0;

	/* 17 ports, once each every 510 ms or so, are enough for that. */
	cr_assert_geq(r->sent_count, 95);
	for (size_t i = 0; i < r->sent_count; i++) {
		const unsigned port = r->sent[i].tcp.sport - FAKE_FIRST_PORT;

		cr_assert_lt(port, 17);
		ports |= 1u << port;
	}
	cr_assert_neq(ports, 1);
	knock_rig_free(r);
}

/* The truth: no repeated SYN meets the server's own SYN-ACK. */
Test(knock_series, no_syn_arrives_as_the_server_repeats)
{
	for (uint64_t seed = 0; seed < 5; seed++) {
		struct knock_rig *r = knock_rig_new(1);
		struct tcp_server *s =
		    tcp_server_new(r, TCP_SERVER_LINUX, seed);
		struct nd_knock_opts o = knock_rig_opts(r, "192.0.2.7");
		uint64_t near = 0;
		struct nd_knock *knock;

		s->loss_back_permille = s->loss_out_permille = 50;
		o.count = 2000;
		knock = knock_rig_start(r, &o);
		knock_rig_run(r, 3000 * SEC);
		for (uint64_t i = 1; i <= s->syns; i++)
			near += s->truth[i].near_repeat;
		cr_assert_eq(near, 0);
		/* Nor is it ever silent for having been asked too soon. */
		cr_assert_eq(s->limited, 0);
		cr_assert_eq(s->resets, 0);
		nd_knock_free(knock);
		knock_rig_free(r);
		tcp_server_free(s);
	}
}

/* ---- What an answer is worth ------------------------------------------------
 */

/* The 3rd SYN gets nothing, the 4th a SYN-ACK: which the tests change. */
struct second {
	bool no_timestamps;
	int64_t tsecr_of; /* how many SYNs before */
	uint32_t tsecr_off;
};

static int
second_try(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	struct knock_rig *r = arg;
	const struct second *s = r->hook_arg;
	struct nd_tcp tcp = fake_syn_ack_to(&sent->tcp);

	(void)net;
	knock_note(r, sent);
	if (sent->nth == 3)
		return 0;
	if (sent->nth == 4)
		tcp.tsecr = r->sent[3 - s->tsecr_of].tcp.tsval + s->tsecr_off;
	tcp.has_timestamps = !s->no_timestamps;
	knock_segment_arrives(r, sent->reply, &tcp, 0, r->rtt_ns);
	return 0;
}

static void
check_second(struct second second, bool ambiguous)
{
	struct knock_rig *r = knock_rig_new(1);
	struct nd_knock_opts o = knock_rig_opts(r, "192.0.2.7");
	const struct nd_knock_event *e;
	struct nd_knock_stats s;
	struct nd_knock *knock;

	o.count = 6;
	r->net.on_send = second_try;
	r->hook_arg = &second;
	knock = knock_rig_start(r, &o);
	knock_rig_run(r, 20 * SEC);
	s = knock_rig_stats(knock);
	cr_assert_eq(s.received, 5);
	cr_assert_eq(s.lost, 1);
	cr_assert_eq(s.ambiguous, ambiguous);
	cr_assert_eq(s.rtt.samples, ambiguous ? 4 : 5);
	e = &knock_rig_event(r, ND_KNOCK_OPEN, 3)->e;
	cr_assert_eq(e->seq, 4);
	cr_assert_eq(e->ambiguous, ambiguous);
	cr_assert_eq(e->rtt_ns, ambiguous ? -1 : 10 * MS);
	cr_assert_eq(r->sent[3].tcp.seq, r->sent[2].tcp.seq);
	cr_assert_neq(r->sent[4].tcp.seq, r->sent[3].tcp.seq);
	nd_knock_free(knock);
	knock_rig_free(r);
}

/* Karn: what may answer either of two has no RTT. */
Test(knock_series, ambiguity)
{
	check_second((struct second){.tsecr_of = 0}, false);
	check_second((struct second){.tsecr_of = 1}, true);
	check_second((struct second){.no_timestamps = true}, true);
	/* Echoes nothing that was sent in this series. */
	check_second((struct second){.tsecr_off = 1}, true);
	check_second((struct second){.tsecr_of = 2}, true);
	check_second((struct second){.tsecr_off = 0x80000000}, true);
}

/* Only the server's own repeats get through, when an RTT is known. */
static bool
lose_answers(struct tcp_server *s, const struct tcp_passing *p, void *arg)
{
	(void)s;
	(void)arg;
	return p->way == TCP_BACK && p->number > 3 && p->repeats == 0;
}

static void
check_own_repeats(
    enum tcp_server_kind kind, int64_t interval_ns, int64_t timeout_ns)
{
	struct knock_rig *r = knock_rig_new(1);
	struct tcp_server *s = tcp_server_new(r, kind, 1);
	struct nd_knock_opts o = knock_rig_opts(r, "192.0.2.7");
	struct nd_knock_stats st;
	struct nd_knock *knock;

	s->lose = lose_answers;
	o.count = 20;
	o.interval_ns = interval_ns;
	o.timeout_ns = timeout_ns;
	knock = knock_rig_start(r, &o);
	knock_rig_run(r, 40 * interval_ns);
	st = knock_rig_stats(knock);
	cr_assert_gt(s->repeats, 0);
	cr_assert_eq(st.rtt.max_ns, 10 * MS, "%lld ms is no RTT",
	    (long long)(st.rtt.max_ns / MS));
	for (size_t i = 0; i < r->logged; i++)
		cr_assert_leq(r->log[i].e.rtt_ns, 10 * MS, "%lld ms is no RTT",
		    (long long)(r->log[i].e.rtt_ns / MS));
	nd_knock_free(knock);
	knock_rig_free(r);
	tcp_server_free(s);
}

Test(knock_series, a_repeat_of_the_server_is_no_rtt)
{
	check_own_repeats(TCP_SERVER_LINUX, 10 * SEC, 9 * SEC);
	check_own_repeats(TCP_SERVER_LINUX, 10 * SEC, 0);
	check_own_repeats(TCP_SERVER_LINUX, 2 * SEC, 1500 * MS);
	check_own_repeats(TCP_SERVER_NOTS, 10 * SEC, 9 * SEC);
	check_own_repeats(TCP_SERVER_BSD, 10 * SEC, 9 * SEC);
	check_own_repeats(TCP_SERVER_NOTS, 2 * SEC, 3 * SEC);
}

/* No RTT that comes of losses is longer than the way. */
static void
longest_rtt(
    struct knock_rig *r, struct nd_knock *knock, const struct nd_knock_event *e)
{
	struct nd_knock_stats s = {.size = sizeof(s)};

	cr_assert_eq(nd_knock_stats(knock, &s), 0);
	if (s.rtt.samples == 0 || e->rtt_ns < 0)
		return;
	cr_assert_leq(e->rtt_ns, r->rtt_ns, "%lld ms: probe %llu",
	    (long long)(e->rtt_ns / MS), (unsigned long long)e->seq);
}

Test(knock_series, no_rtt_is_made_of_losses)
{
	for (unsigned kind = 0; kind < TCP_SERVER_KINDS; kind++)
		for (uint64_t seed = 0; seed < 4; seed++) {
			struct knock_rig *r = knock_rig_new(1);
			struct tcp_server *s =
			    tcp_server_new(r, (enum tcp_server_kind)kind, seed);
			struct nd_knock_opts o = knock_rig_opts(r, "192.0.2.7");
			struct nd_knock *knock;

			s->loss_back_permille = s->loss_out_permille = 100;
			s->jitter_ns = 5 * MS;
			r->rtt_ns = 20 * MS; /* at most, there and back */
			r->hook = longest_rtt;
			o.count = 1000;
			o.timeout_ns = seed % 2 == 0 ? 0 : 4 * SEC;
			knock = knock_rig_start(r, &o);
			knock_rig_run(r, 1500 * SEC);
			nd_knock_free(knock);
			knock_rig_free(r);
			tcp_server_free(s);
		}
}
