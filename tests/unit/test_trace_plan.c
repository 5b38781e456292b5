/* SPDX-License-Identifier: MIT */
/* When a trace asks what, how long it waits, and how it ends. */
#include "support/trace_rig.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>

static const enum nd_trace_method methods[] = {
    ND_TRACE_UDP, ND_TRACE_TCP, ND_TRACE_ICMP};
static const int families[] = {AF_INET, AF_INET6};

/* As seen from afar: the last link is the long one. */
static struct trace_rig *
far_away(int family)
{
	struct trace_rig *r = trace_rig_new(family, 11, 20 * MS);

	for (unsigned i = 0; i < 11; i++)
		r->hop[i].rtt_ns = (int64_t)(i + 1) * MS / 5;
	return r;
}

Test(trace_plan, finds_each_hop_quickly_and_wastes_little)
{
	for (size_t m = 0; m < 3; m++)
		for (size_t f = 0; f < 2; f++) {
			struct trace_rig *r = far_away(families[f]);
			const struct nd_trace_opts o =
			    trace_rig_opts(r, methods[m]);
			struct nd_trace *trace = trace_rig_start(r, &o);
			const struct nd_trace_stats s =
			    trace_rig_finish(r, trace);

			cr_assert(s.reached);
			cr_assert_eq(s.end, ND_TRACE_END_REACHED);
			cr_assert_eq(s.hops, 12);
			cr_assert_eq(s.shown, 12);
			cr_assert_eq(s.lost, 0);
			cr_assert_eq(s.paths, 1);
			cr_assert(s.has_path);
			for (unsigned ttl = 1; ttl <= 12; ttl++)
				cr_assert(trace_rig_is_hop(r, trace, ttl));
			cr_assert_leq(r->sent_count, (size_t)(3 * 12 + 12));
			cr_assert_leq(trace_rig_took(r), 30 * MS);
			nd_trace_free(trace);
			trace_rig_free(r);
		}
}

Test(trace_plan, asks_silent_hops_once_more_and_does_not_wait_for_them)
{
	struct trace_rig *r = far_away(AF_INET);
	const struct nd_trace_opts o = trace_rig_opts(r, ND_TRACE_UDP);
	struct nd_trace *trace;
	struct nd_trace_stats s;

	r->hop[4].silent = r->hop[5].silent = true;
	trace = trace_rig_start(r, &o);
	s = trace_rig_finish(r, trace);
	cr_assert(s.reached);
	cr_assert_eq(s.hops, 12);
	/* One RTT, max(2 RTT, 50 ms), and 10 ms. */
	cr_assert_leq(trace_rig_took(r), (20 + 50 + 10) * MS);
	cr_assert_eq(r->asked[5], 6);
	cr_assert_eq(r->asked[6], 6);
	cr_assert_eq(r->asked[7], 3);
	cr_assert(s.has_path, "what is silent was not lost");
	nd_trace_free(trace);
	trace_rig_free(r);
}

Test(trace_plan, gives_up_on_a_silent_destination)
{
	for (int64_t far = 1; far <= 256; far *= 4) {
		struct trace_rig *r = trace_rig_new(AF_INET, 9, 0);
		const struct nd_trace_opts o = trace_rig_opts(r, ND_TRACE_ICMP);
		struct nd_trace *trace;
		struct nd_trace_stats s;

		for (unsigned i = 0; i < 9; i++)
			r->hop[i].rtt_ns = far * MS;
		r->dest_silent = true;
		trace = trace_rig_start(r, &o);
		s = trace_rig_finish(r, trace);
		cr_assert_not(s.reached);
		cr_assert_eq(s.end, ND_TRACE_END_GAP);
		cr_assert_eq(s.hops, 9);
		cr_assert_eq(s.shown, 14);
		/* Of probes that go ahead each three hops take an RTT. */
		cr_assert_leq(trace_rig_took(r), (4 + 2) * far * MS + 500 * MS,
		    "%lld of %lld ms", (long long)trace_rig_took(r) / MS,
		    (long long)far);
		cr_assert_eq(r->asked[30], 1, "the last probe");
		nd_trace_free(trace);
		trace_rig_free(r);
	}
}

Test(trace_plan, ends_though_nobody_answers)
{
	struct trace_rig *r = trace_rig_new(AF_INET6, 0, 0);
	const struct nd_trace_opts o = trace_rig_opts(r, ND_TRACE_UDP);
	struct nd_trace *trace;
	struct nd_trace_stats s;

	r->dest_silent = true;
	trace = trace_rig_start(r, &o);
	s = trace_rig_finish(r, trace);
	cr_assert_eq(s.end, ND_TRACE_END_GAP);
	cr_assert_eq(s.hops, 0);
	cr_assert_leq(trace_rig_took(r), 2 * SEC);
	nd_trace_free(trace);
	trace_rig_free(r);
}

Test(trace_plan, goes_on_behind_a_gap_where_the_destination_lives)
{
	struct trace_rig *r = trace_rig_new(AF_INET, 12, 15 * MS);
	const struct nd_trace_opts o = trace_rig_opts(r, ND_TRACE_UDP);
	struct nd_trace *trace;
	struct nd_trace_stats s;

	for (unsigned i = 3; i < 12; i++)
		r->hop[i].silent = true;
	trace = trace_rig_start(r, &o);
	s = trace_rig_finish(r, trace);
	cr_assert(s.reached);
	cr_assert_eq(s.end, ND_TRACE_END_REACHED);
	cr_assert_eq(s.hops, 13);
	nd_trace_free(trace);
	trace_rig_free(r);
}

Test(trace_plan, stops_where_routers_say_so_to_all_flows)
{
	struct trace_rig *r = trace_rig_new(AF_INET, 20, 40 * MS);
	const struct nd_trace_opts o = trace_rig_opts(r, ND_TRACE_UDP);
	struct nd_trace *trace;
	struct nd_trace_stats s;
	struct nd_trace_node node;

	for (unsigned i = 4; i < 20; i++) {
		r->hop[i].addr = "10.0.0.5";
		r->hop[i].type = 3;
		r->hop[i].code = 1;
	}
	trace = trace_rig_start(r, &o);
	s = trace_rig_finish(r, trace);
	cr_assert_not(s.reached);
	cr_assert_eq(s.end, ND_TRACE_END_UNREACHABLE);
	cr_assert_eq(s.hops, 5);
	cr_assert_eq(s.shown, 5);
	cr_assert_eq(nd_trace_node(trace, 5, 0, &node), 0);
	cr_assert_eq(node.icmp_type, 3);
	cr_assert_eq(node.icmp_code, 1);
	nd_trace_free(trace);
	trace_rig_free(r);
}

/* The first flow's way ends early; the others' go on. */
static const struct trace_hop *
half_dead(struct trace_rig *r, const struct trace_sent *sent)
{
	static const struct trace_hop dead = {
	    .addr = "10.9.9.9", .rtt_ns = 3 * MS, .type = 3, .code = 0};

	if (sent->ttl > r->hops)
		return NULL;
	if (sent->ttl >= 4 && sent->sport == FAKE_FIRST_UDP_PORT)
		return &dead;
	return &r->hop[sent->ttl - 1];
}

Test(trace_plan, goes_on_where_one_flow_alone_is_refused)
{
	struct trace_rig *r = trace_rig_new(AF_INET, 8, 20 * MS);
	const struct nd_trace_opts o = trace_rig_opts(r, ND_TRACE_UDP);
	struct nd_trace *trace;
	struct nd_trace_stats s;

	r->route = half_dead;
	trace = trace_rig_start(r, &o);
	s = trace_rig_finish(r, trace);
	cr_assert(s.reached);
	cr_assert_eq(s.hops, 9);
	nd_trace_free(trace);
	trace_rig_free(r);
}

Test(trace_plan, sees_a_loop)
{
	struct trace_rig *r = trace_rig_new(AF_INET, 30, 40 * MS);
	const struct nd_trace_opts o = trace_rig_opts(r, ND_TRACE_UDP);
	struct nd_trace *trace;
	struct nd_trace_stats s;

	for (unsigned i = 4; i < 30; i++)
		r->hop[i].addr = i % 2 == 0 ? "10.0.0.50" : "10.0.0.51";
	trace = trace_rig_start(r, &o);
	s = trace_rig_finish(r, trace);
	cr_assert_eq(s.end, ND_TRACE_END_LOOP);
	cr_assert_leq(s.hops, 14);
	nd_trace_free(trace);
	trace_rig_free(r);
}

Test(trace_plan, takes_no_repeated_address_for_a_loop)
{
	struct trace_rig *r = trace_rig_new(AF_INET, 8, 20 * MS);
	const struct nd_trace_opts o = trace_rig_opts(r, ND_TRACE_UDP);
	struct nd_trace *trace;
	struct nd_trace_stats s;

	/* Forwarding at TTL 0, and a router met again by another address. */
	r->hop[3].addr = r->hop[4].addr = "10.0.0.40";
	r->hop[6].addr = "10.0.0.3";
	trace = trace_rig_start(r, &o);
	s = trace_rig_finish(r, trace);
	cr_assert_eq(s.end, ND_TRACE_END_REACHED);
	cr_assert_eq(s.hops, 9);
	nd_trace_free(trace);
	trace_rig_free(r);
}

Test(trace_plan, fills_a_hop_by_a_late_answer)
{
	struct trace_rig *r = trace_rig_new(AF_INET, 5, 10 * MS);
	struct nd_trace_opts o = trace_rig_opts(r, ND_TRACE_UDP);
	struct nd_trace *trace;
	struct nd_trace_stats s;

	o.cycles = 2;
	r->hop[2].rtt_ns = 300 * MS;
	trace = trace_rig_start(r, &o);
	s = trace_rig_finish(r, trace);
	cr_assert(s.reached);
	cr_assert_gt(s.late, 0);
	cr_assert(trace_rig_is_hop(r, trace, 3));
	nd_trace_free(trace);
	trace_rig_free(r);
}

Test(trace_plan, tells_duplicates_apart)
{
	struct trace_rig *r = trace_rig_new(AF_INET, 5, 10 * MS);
	const struct nd_trace_opts o = trace_rig_opts(r, ND_TRACE_UDP);
	struct nd_trace *trace;
	struct nd_trace_stats s;
	struct nd_trace_hop hop;

	r->hop[1].copies = 2;
	trace = trace_rig_start(r, &o);
	s = trace_rig_finish(r, trace);
	cr_assert_eq(s.duplicates, 6);
	cr_assert_eq(nd_trace_hop(trace, 2, &hop), 0);
	cr_assert_eq(hop.received, 3);
	nd_trace_free(trace);
	trace_rig_free(r);
}

Test(trace_plan, counts_over_all_cycles)
{
	struct trace_rig *r = far_away(AF_INET);
	struct nd_trace_opts o = trace_rig_opts(r, ND_TRACE_ICMP);
	struct nd_trace *trace;
	struct nd_trace_stats s;
	struct nd_trace_hop hop;

	o.cycles = 10;
	trace = trace_rig_start(r, &o);
	s = trace_rig_finish(r, trace);
	cr_assert_eq(s.cycles, 10);
	cr_assert_eq(r->count[ND_TRACE_CYCLE], 9);
	for (unsigned ttl = 1; ttl <= 12; ttl++) {
		cr_assert_eq(nd_trace_hop(trace, ttl, &hop), 0);
		cr_assert_eq(hop.sent, 30);
		cr_assert_eq(hop.received, 30);
	}
	/* Later cycles know how far it is. */
	cr_assert_leq(r->sent_count, (size_t)(10 * 36 + 12));
	cr_assert_geq(trace_rig_took(r), 9 * SEC);
	cr_assert_leq(trace_rig_took(r), 9 * SEC + 50 * MS);
	nd_trace_free(trace);
	trace_rig_free(r);
}

Test(trace_plan, takes_what_the_host_refuses_for_a_result)
{
	static const int errors[] = {-EPERM, -ENETUNREACH, -EHOSTUNREACH};

	for (size_t i = 0; i < 3; i++) {
		struct trace_rig *r = trace_rig_new(AF_INET, 3, 10 * MS);
		const struct nd_trace_opts o = trace_rig_opts(r, ND_TRACE_UDP);
		struct nd_trace *trace;
		struct nd_trace_stats s;

		r->error = errors[i];
		trace = trace_rig_start(r, &o);
		s = trace_rig_finish(r, trace);
		cr_assert_eq(s.sent, 0);
		cr_assert_gt(s.send_errors, 0);
		cr_assert_leq(s.send_errors, 30);
		cr_assert_not(s.reached);
		cr_assert_eq(r->log[0].e.err, errors[i]);
		nd_trace_free(trace);
		trace_rig_free(r);
	}
}

Test(trace_plan, keeps_to_first_and_last_ttl)
{
	struct trace_rig *r = trace_rig_new(AF_INET, 20, 40 * MS);
	struct nd_trace_opts o = trace_rig_opts(r, ND_TRACE_UDP);
	struct nd_trace *trace;
	struct nd_trace_stats s = {.size = sizeof(s)};

	o.first = 4;
	o.max = 9;
	trace = trace_rig_start(r, &o);
	trace_rig_run(r, 10 * SEC);
	cr_assert_eq(r->count[ND_TRACE_DONE], 1);
	cr_assert_eq(nd_trace_stats(trace, &s), 0);
	cr_assert_eq(s.end, ND_TRACE_END_MAX_TTL);
	for (unsigned ttl = 1; ttl < 40; ttl++)
		cr_assert_eq(r->asked[ttl], ttl >= 4 && ttl <= 9 ? 3 : 0);
	nd_trace_free(trace);
	trace_rig_free(r);
}

Test(trace_plan, never_ends_for_a_gap_if_told_so)
{
	struct trace_rig *r = trace_rig_new(AF_INET, 25, 40 * MS);
	struct nd_trace_opts o = trace_rig_opts(r, ND_TRACE_UDP);
	struct nd_trace *trace;
	struct nd_trace_stats s;

	o.gap = 0;
	for (unsigned i = 2; i < 25; i++)
		r->hop[i].silent = true;
	trace = trace_rig_start(r, &o);
	s = trace_rig_finish(r, trace);
	cr_assert(s.reached);
	cr_assert_eq(s.hops, 26);
	nd_trace_free(trace);
	trace_rig_free(r);
}

Test(trace_plan, waits_as_long_as_it_is_told)
{
	struct trace_rig *r = trace_rig_new(AF_INET, 5, 10 * MS);
	struct nd_trace_opts o = trace_rig_opts(r, ND_TRACE_UDP);
	struct nd_trace *trace;
	struct nd_trace_stats s;

	o.timeout_ns = 700 * MS;
	r->hop[2].rtt_ns = 650 * MS;
	trace = trace_rig_start(r, &o);
	s = trace_rig_finish(r, trace);
	cr_assert_eq(s.lost, 0);
	cr_assert(trace_rig_is_hop(r, trace, 3));
	nd_trace_free(trace);
	trace_rig_free(r);
}

/* Whatever answers or does not, it ends, and its numbers agree. */
Test(trace_plan, ends_over_any_network)
{
	uint32_t x = 12345;

	for (int round = 0; round < 300; round++) {
		struct trace_rig *r = trace_rig_new(
		    families[round % 2], 1 + (unsigned)round % 25, 30 * MS);
		struct nd_trace_opts o = trace_rig_opts(r, methods[round % 3]);
		struct nd_trace *trace;

		for (unsigned i = 0; i < r->hops; i++) {
			struct trace_hop *h = &r->hop[i];

			x = x * 1664525 + 1013904223;
			h->silent = x >> 28 < 4;
			h->deaf = x >> 24 & 3;
			h->copies = (x >> 20 & 7) == 0;
			h->rtt_ns = (int64_t)(x >> 12 & 0xff) * MS;
			if ((x >> 8 & 31) == 0) {
				h->type = r->family == AF_INET ? 3 : 1;
				h->code = r->family == AF_INET ? 1 : 3;
			}
		}
		x = x * 1664525 + 1013904223;
		r->dest_silent = x >> 31 != 0;
		r->dest_deaf = x >> 29 & 3;
		r->answers = (x >> 27 & 1) != 0;
		r->closed = (x >> 26 & 1) != 0;
		o.flows = 1 + (x >> 20) % 6;
		o.cycles = 1 + (x >> 16) % 3;
		trace = trace_rig_start(r, &o);
		(void)trace_rig_finish(r, trace);
		nd_trace_free(trace);
		trace_rig_free(r);
	}
}
