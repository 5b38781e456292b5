/* SPDX-License-Identifier: MIT */
/*
 * A context over the fake backend, a virtual clock, and a model of the way to a
 * destination, for the tests of trace. Every event is logged, and checked
 * against the others.
 */
#ifndef TEST_TRACE_RIG_H
#define TEST_TRACE_RIG_H

#include "fake_net.h"

#define TRACE_LOG 8192
#define TRACE_HOPS 64
#define TRACE_SENT 8192

/* Who answers at a TTL. */
struct trace_hop {
	const char *addr; /* NULL: that of the rig's, by family and TTL */
	int64_t rtt_ns;
	bool silent;
	unsigned deaf;	    /* to so many probes, the first ones */
	uint8_t type, code; /* of its error; 0: TTL exceeded */
	unsigned copies;    /* more answers than one */
	unsigned quoted;    /* bytes after the IP header; 0: all */
};

struct trace_log {
	struct nd_trace_event e; /* e.from points into this */
	struct sockaddr_storage from;
	int64_t at_ns;
};

struct trace_sent {
	int64_t at_ns;
	unsigned ttl;
	uint8_t proto, tos;
	uint16_t sport, dport, checksum, ip_id, ident, seq;
	uint32_t tcp_seq, flow_label;
	bool df;
	size_t len;
};

struct trace_rig {
	struct virtual_clock clock;
	struct fake_net net;
	struct nd_ctx *ctx;
	int64_t begin_ns;
	int family;
	/* The way: HOPS of it, then the destination. */
	unsigned hops;
	struct trace_hop hop[TRACE_HOPS];
	int64_t rtt_ns;	  /* of the destination */
	bool dest_silent; /* to all */
	unsigned dest_deaf;
	bool closed;			  /* TCP: RST */
	bool answers;			  /* UDP: an answer, no ICMP error */
	unsigned asked[TRACE_HOPS + 256]; /* by TTL */
	/* Another way, by the probe; NULL: the one above. */
	const struct trace_hop *(*route)(
	    struct trace_rig *r, const struct trace_sent *sent);
	int error; /* what sending returns, if not 0 */

	struct trace_log log[TRACE_LOG];
	size_t logged;
	struct trace_sent sent[TRACE_SENT];
	size_t sent_count;
	uint64_t count[ND_TRACE_DONE + 1];
	void (*hook)(struct trace_rig *r, struct nd_trace *trace,
	    const struct nd_trace_event *e);
	struct sockaddr_storage addr;
};

/*
 * On the heap: HOPS hops with 1 ms between them, the destination RTT_NS away.
 */
struct trace_rig *trace_rig_new(int family, unsigned hops, int64_t rtt_ns);
/* Checks that nothing is left of tasks and probes. */
void trace_rig_free(struct trace_rig *r);
struct nd_trace_opts trace_rig_opts(
    struct trace_rig *r, enum nd_trace_method method);
struct nd_trace *trace_rig_start(
    struct trace_rig *r, const struct nd_trace_opts *opts);
void trace_rig_run(struct trace_rig *r, int64_t for_ns);
/* Runs until it is done, which must happen; checks what holds for all. */
struct nd_trace_stats trace_rig_finish(
    struct trace_rig *r, struct nd_trace *trace);
/* How long it took, from its first departure to the DONE event. */
int64_t trace_rig_took(const struct trace_rig *r);
/* The address of the hop at TTL. */
struct nd_addr trace_rig_addr(const struct trace_rig *r, unsigned ttl);
/* Whether the only node at TTL has the address of the model. */
bool trace_rig_is_hop(
    const struct trace_rig *r, const struct nd_trace *trace, unsigned ttl);

#endif
