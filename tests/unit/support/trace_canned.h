/* SPDX-License-Identifier: MIT */
/*
 * trace_canned.h: traces that never were, as the reports read them: hops, their
 * nodes and links are added one by one, in order of TTLs.
 */
#ifndef TEST_TRACE_CANNED_H
#define TEST_TRACE_CANNED_H

#include <netdiag.h>

#include "report_trace_view.h"

#define CANNED_HOPS 32
#define CANNED_NODES 128
#define CANNED_LINKS 256

struct trace_canned {
	struct report_trace_view view;
	struct report_trace_view_hop hops[CANNED_HOPS];
	struct report_trace_view_node nodes[CANNED_NODES];
	struct nd_trace_link links[CANNED_LINKS];
	struct nd_trace_stats stats;
};

/* Begins an empty one: nothing sent, nothing known. */
void trace_canned_init(struct trace_canned *canned);
/* The next hop, of SENT probes: all of them lost so far. */
struct nd_trace_hop *trace_canned_hop(
    struct trace_canned *canned, unsigned ttl, uint64_t sent);
/*
 * A node of the last hop, that answered the flows of the mask FLOWS (bit 0:
 * flow 1), a probe each, in AVG_NS, a tenth less and a tenth more.
 */
struct nd_trace_node *trace_canned_node(struct trace_canned *canned,
    const char *addr, uint64_t flows, int64_t avg_ns);
/* The same as the destination, which makes it reached. */
struct nd_trace_node *trace_canned_destination(struct trace_canned *canned,
    const char *addr, uint64_t flows, int64_t avg_ns);
/* From the node FROM of the last hop to TO of the next one. */
void trace_canned_link(
    struct trace_canned *canned, unsigned from, unsigned to, uint64_t flows);
/* How the last node chooses. */
void trace_canned_balancing(
    struct trace_canned *canned, enum nd_trace_balancing balancing);

/* ADDR as text, into RET: its address. */
const struct sockaddr *trace_canned_addr(
    const char *addr, struct sockaddr_storage *ret);
/* An answer to a probe. */
struct nd_trace_event trace_canned_event(enum nd_trace_status status,
    unsigned ttl, unsigned flow, const struct sockaddr *from, int64_t rtt_ns);

#endif
