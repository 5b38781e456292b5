/* SPDX-License-Identifier: MIT */
/*
 * The bytes of probes: what load balancers hash is the same for all of a flow,
 * what tells probes apart is not, and what comes back is credited to the probe
 * that it names. The fake backend checks each checksum.
 */
#include "support/trace_rig.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdio.h>

static const enum nd_trace_method methods[] = {
    ND_TRACE_UDP, ND_TRACE_TCP, ND_TRACE_ICMP};
static const int families[] = {AF_INET, AF_INET6};

static struct trace_rig *
traced(int family, enum nd_trace_method method, unsigned flows, unsigned flags)
{
	struct trace_rig *r = trace_rig_new(family, 20, 30 * MS);
	struct nd_trace_opts o = trace_rig_opts(r, method);
	struct nd_trace *trace;

	o.flows = flows;
	o.flags = flags;
	o.tos = 0x48;
	trace = trace_rig_start(r, &o);
	(void)trace_rig_finish(r, trace);
	nd_trace_free(trace);
	return r;
}

/* What identifies the flow of S to a load balancer: all but the tags. */
static bool
is_same_flow(const struct trace_sent *a, const struct trace_sent *b)
{
	if (a->flow_label != b->flow_label || a->sport != b->sport ||
	    a->dport != b->dport || a->ident != b->ident || a->tos != b->tos)
		return false;
	return a->proto == IPPROTO_TCP || a->proto == IPPROTO_UDP ||
	       a->checksum == b->checksum;
}

static unsigned
flows_of(const struct trace_rig *r)
{
	size_t first[128];
	unsigned n = 0, i;

	for (size_t k = 0; k < r->sent_count; k++) {
		for (i = 0; i < n; i++)
			if (is_same_flow(&r->sent[first[i]], &r->sent[k]))
				break;
		if (i == n) {
			cr_assert_lt(n, 128u);
			first[n++] = k;
		}
	}
	return n;
}

Test(trace_packet, keeps_each_flow_over_all_hops)
{
	for (size_t m = 0; m < 3; m++)
		for (size_t f = 0; f < 2; f++)
			for (unsigned flows = 1; flows <= 16; flows += 5) {
				struct trace_rig *r =
				    traced(families[f], methods[m], flows, 0);

				cr_assert_eq(flows_of(r), flows,
				    "method %zu, family %zu: %u", m, f,
				    flows_of(r));
				trace_rig_free(r);
			}
}

Test(trace_packet, has_labels_and_identifications_of_its_own)
{
	for (size_t m = 0; m < 3; m++)
		for (size_t f = 0; f < 2; f++) {
			struct trace_rig *r =
			    traced(families[f], methods[m], 3, 0);

			for (size_t i = 0; i < r->sent_count; i++) {
				const struct trace_sent *s = &r->sent[i];

				cr_assert_eq(s->tos, 0x48);
				cr_assert_neq(s->ip_id, 0);
				cr_assert_neq(s->ip_id, 0xffff);
				cr_assert(s->df);
				cr_assert_neq(s->flow_label, 0u);
				cr_assert_lt(s->flow_label, 1u << 20);
				if (s->proto == IPPROTO_UDP)
					cr_assert_eq(s->checksum, s->ip_id);
			}
			trace_rig_free(r);
		}
}

Test(trace_packet, tells_the_probes_of_a_flow_apart)
{
	for (size_t m = 0; m < 3; m++)
		for (size_t f = 0; f < 2; f++) {
			struct trace_rig *r =
			    traced(families[f], methods[m], 4, 0);

			for (size_t i = 0; i < r->sent_count; i++)
				for (size_t k = 0; k < i; k++) {
					const struct trace_sent *a =
								    &r->sent[i],
								*b =
								    &r->sent[k];

					cr_assert_neq(a->ip_id, b->ip_id);
					if (!is_same_flow(a, b))
						continue;
					if (a->proto == IPPROTO_TCP)
						cr_assert_eq(
						    (int32_t)(a->tcp_seq -
							      b->tcp_seq) > 0,
						    true, "ascending");
				}
			trace_rig_free(r);
		}
}

Test(trace_packet, varies_its_header_like_the_first_ones_if_told_so)
{
	struct trace_rig *r =
	    traced(AF_INET, ND_TRACE_UDP, 3, ND_TRACE_F_CLASSIC);

	for (size_t i = 0; i < r->sent_count; i++) {
		cr_assert_eq(r->sent[i].dport, 33434 + i);
		cr_assert_eq(r->sent[i].sport, r->sent[0].sport);
	}
	trace_rig_free(r);
	r = traced(AF_INET6, ND_TRACE_TCP, 3, ND_TRACE_F_CLASSIC);
	for (size_t i = 1; i < r->sent_count; i++) {
		cr_assert_eq(r->sent[i].tcp_seq, r->sent[i - 1].tcp_seq + 1);
		cr_assert_eq(r->sent[i].dport, 80);
	}
	trace_rig_free(r);
	r = traced(AF_INET, ND_TRACE_ICMP, 3, ND_TRACE_F_CLASSIC);
	cr_assert_gt(flows_of(r), 20u);
	trace_rig_free(r);
}

/* Eight bytes must do; whatever is quoted, nobody else's probe gets it. */
Test(trace_packet, is_known_by_as_little_as_eight_quoted_bytes)
{
	for (size_t m = 0; m < 3; m++)
		for (size_t f = 0; f < 2; f++)
			for (unsigned n = 8; n < 44; n++) {
				struct trace_rig *r =
				    trace_rig_new(families[f], 12, 20 * MS);
				const struct nd_trace_opts o =
				    trace_rig_opts(r, methods[m]);
				struct nd_trace *trace;
				struct nd_trace_stats s;

				for (unsigned i = 0; i < 12; i++)
					r->hop[i].quoted = n;
				trace = trace_rig_start(r, &o);
				s = trace_rig_finish(r, trace);
				cr_assert(s.reached);
				cr_assert_eq(s.invalid, 0);
				for (unsigned ttl = 1; ttl <= 13; ttl++)
					cr_assert(
					    trace_rig_is_hop(r, trace, ttl));
				nd_trace_free(trace);
				trace_rig_free(r);
			}
}

Test(trace_packet, reaches_whatever_answers_for_the_destination)
{
	for (unsigned i = 0; i < 4; i++)
		for (size_t f = 0; f < 2; f++) {
			struct trace_rig *r =
			    trace_rig_new(families[f], 6, 20 * MS);
			const struct nd_trace_opts o = trace_rig_opts(
			    r, i < 2 ? ND_TRACE_TCP : ND_TRACE_UDP);
			struct nd_trace *trace;
			struct nd_trace_stats s;

			r->closed = i == 1;
			r->answers = i == 2;
			trace = trace_rig_start(r, &o);
			s = trace_rig_finish(r, trace);
			cr_assert(s.reached);
			cr_assert_eq(s.hops, 7);
			cr_assert_eq(s.invalid, 0);
			cr_assert_eq(s.rtt.max_ns, 20 * MS);
			nd_trace_free(trace);
			trace_rig_free(r);
		}
}

/* Its own address, but TTL exceeded: a translator in front of it. */
Test(trace_packet, does_not_take_a_hop_for_the_destination)
{
	struct trace_rig *r = trace_rig_new(AF_INET, 6, 20 * MS);
	const struct nd_trace_opts o = trace_rig_opts(r, ND_TRACE_UDP);
	struct nd_trace *trace;
	struct nd_trace_stats s;
	struct nd_trace_node node;

	r->hop[4].addr = "198.51.100.7";
	trace = trace_rig_start(r, &o);
	s = trace_rig_finish(r, trace);
	cr_assert_eq(s.hops, 7);
	cr_assert_eq(nd_trace_node(trace, 5, 0, &node), 0);
	cr_assert_not(node.destination);
	cr_assert_eq(nd_trace_node(trace, 7, 0, &node), 0);
	cr_assert(node.destination);
	nd_trace_free(trace);
	trace_rig_free(r);
}

/* Many at once over the same ports: each gets its own answers. */
Test(trace_packet, is_never_credited_to_another_trace)
{
	enum { N = 50 };
	struct trace_rig *r = trace_rig_new(AF_INET, 10, 20 * MS);
	struct nd_trace_opts o = trace_rig_opts(r, ND_TRACE_UDP);
	struct nd_trace *traces[N];
	struct nd_trace_stats s = {.size = sizeof(s)};

	for (unsigned i = 0; i < N; i++) {
		char text[32];

		(void)snprintf(text, sizeof(text), "203.0.113.%u", i + 1);
		r->addr = fake_sockaddr(text);
		traces[i] = trace_rig_start(r, &o);
	}
	trace_rig_run(r, 10 * SEC);
	cr_assert_eq(r->count[ND_TRACE_DONE], N);
	cr_assert_eq(r->count[ND_TRACE_INVALID], 0);
	cr_assert_eq(r->count[ND_TRACE_DUPLICATE], 0);
	for (unsigned i = 0; i < N; i++) {
		cr_assert_eq(nd_trace_stats(traces[i], &s), 0);
		cr_assert_eq(s.hops, 11);
		cr_assert_eq(s.lost, 0);
		nd_trace_free(traces[i]);
	}
	trace_rig_free(r);
}
