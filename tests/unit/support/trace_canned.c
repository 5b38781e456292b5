/* SPDX-License-Identifier: MIT */
/* trace_canned.c: builds traces that never were. */
#include "trace_canned.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <string.h>

static const struct nd_rtt no_rtt = {0, -1, -1, -1, -1, -1, -1, -1, -1};

void
trace_canned_init(struct trace_canned *canned)
{
	memset(canned, 0, sizeof(*canned));
	canned->view.hops = canned->hops;
	canned->view.nodes = canned->nodes;
	canned->view.links = canned->links;
	canned->stats = (struct nd_trace_stats){
	    .size = sizeof(canned->stats),
	    .cycles = 1,
	    .confidence = -1,
	    .mtu = -1,
	    .rtt = no_rtt,
	    .clock = ND_CLOCK_NONE,
	    .paths = 1,
	    .duration_ns = 41000000,
	};
}

static struct report_trace_view_hop *
last_hop(struct trace_canned *canned)
{
	cr_assert_gt(canned->view.nhops, 0);
	return &canned->hops[canned->view.nhops - 1];
}

struct nd_trace_hop *
trace_canned_hop(struct trace_canned *canned, unsigned ttl, uint64_t sent)
{
	struct report_trace_view_hop *hop;

	cr_assert_lt(canned->view.nhops, CANNED_HOPS);
	canned->view.nhops++;
	hop = last_hop(canned);
	hop->hop = (struct nd_trace_hop){
	    .ttl = ttl, .sent = sent, .lost = sent, .rate_limited = -1};
	hop->nodes = canned->nodes + canned->view.nnodes;
	hop->links = canned->links + canned->view.nlinks;
	canned->stats.shown = ttl;
	canned->stats.sent += sent;
	canned->stats.lost += sent;
	return &hop->hop;
}

struct nd_trace_node *
trace_canned_node(struct trace_canned *canned, const char *addr, uint64_t flows,
    int64_t avg_ns)
{
	const uint64_t n = (uint64_t)__builtin_popcountll(flows);
	struct report_trace_view_hop *hop = last_hop(canned);
	struct nd_trace_node *node;

	cr_assert_lt(canned->view.nnodes, CANNED_NODES);
	node = &canned->nodes[canned->view.nnodes++].node;
	hop->nnodes++;
	hop->hop.nodes++;
	hop->hop.received += n;
	hop->hop.lost -= n;
	canned->stats.received += n;
	canned->stats.lost -= n;
	canned->stats.hops = hop->hop.ttl;
	*node = (struct nd_trace_node){.ttl = hop->hop.ttl,
	    .received = n,
	    .reply_ttl = -1,
	    .reply_tos = -1,
	    .return_hops = -1,
	    .quoted_ttl = 1,
	    .quoted_tos = -1,
	    .icmp_type = -1,
	    .icmp_code = -1,
	    .mtu = -1,
	    .flows = {{flows}}};
	node->rtt = (struct nd_rtt){.samples = n,
	    .min_ns = avg_ns - avg_ns / 10,
	    .avg_ns = avg_ns,
	    .max_ns = avg_ns + avg_ns / 10,
	    .stddev_ns = avg_ns / 20,
	    .p50_ns = avg_ns,
	    .p95_ns = avg_ns + avg_ns / 20,
	    .p99_ns = avg_ns + avg_ns / 10,
	    .jitter_ns = avg_ns / 40};
	(void)trace_canned_addr(addr, &node->addr);
	return node;
}

struct nd_trace_node *
trace_canned_destination(struct trace_canned *canned, const char *addr,
    uint64_t flows, int64_t avg_ns)
{
	struct nd_trace_node *node =
	    trace_canned_node(canned, addr, flows, avg_ns);

	node->destination = true;
	last_hop(canned)->hop.ends = (unsigned)__builtin_popcountll(flows);
	canned->stats.reached = true;
	canned->stats.end = ND_TRACE_END_REACHED;
	canned->stats.rtt = node->rtt;
	return node;
}

void
trace_canned_link(
    struct trace_canned *canned, unsigned from, unsigned to, uint64_t flows)
{
	struct report_trace_view_hop *hop = last_hop(canned);

	cr_assert_lt(canned->view.nlinks, CANNED_LINKS);
	canned->links[canned->view.nlinks++] = (struct nd_trace_link){
	    .ttl = hop->hop.ttl, .from = from, .to = to, .flows = {{flows}}};
	hop->nlinks++;
}

void
trace_canned_balancing(
    struct trace_canned *canned, enum nd_trace_balancing balancing)
{
	cr_assert_gt(canned->view.nnodes, 0);
	canned->nodes[canned->view.nnodes - 1].balancing = balancing;
}

const struct sockaddr *
trace_canned_addr(const char *addr, struct sockaddr_storage *ret)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	memset(ret, 0, sizeof(*ret));
	if (inet_pton(AF_INET, addr, &in.sin_addr) == 1) {
		memcpy(ret, &in, sizeof(in));
	} else {
		cr_assert_eq(inet_pton(AF_INET6, addr, &in6.sin6_addr), 1);
		memcpy(ret, &in6, sizeof(in6));
	}
	return (const struct sockaddr *)ret;
}

struct nd_trace_event
trace_canned_event(enum nd_trace_status status, unsigned ttl, unsigned flow,
    const struct sockaddr *from, int64_t rtt_ns)
{
	return (struct nd_trace_event){.status = status,
	    .ttl = ttl,
	    .cycle = 1,
	    .attempt = 1,
	    .flow = flow,
	    .rtt_ns = rtt_ns,
	    .clock = ND_CLOCK_KERNEL,
	    .from = from,
	    .reply_ttl = 64,
	    .reply_tos = 0,
	    .quoted_ttl = 1,
	    .quoted_tos = 0,
	    .icmp_type = -1,
	    .icmp_code = -1,
	    .mtu = -1,
	    .invalid = ND_INVALID_COUNT};
}
