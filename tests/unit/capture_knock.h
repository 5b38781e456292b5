/* SPDX-License-Identifier: MIT */
/* Events and numbers to feed the reports of `netdiag knock`. */
#ifndef TEST_CAPTURE_KNOCK_H
#define TEST_CAPTURE_KNOCK_H

#include "capture.h"
#include "report_knock.h"

static const struct nd_knock_tcp linux_tcp = {.mss = 1460,
    .wscale = 7,
    .window = 65160,
    .sack = true,
    .timestamps = true};

/* An event without an answer. */
static inline struct nd_knock_event
knock_event(enum nd_knock_status status, uint64_t seq)
{
	return (struct nd_knock_event){.status = status,
	    .answer = ND_KNOCK_ANSWER_NONE,
	    .seq = seq,
	    .flow = 1,
	    .sent_real_ns = NOW,
	    .rtt_ns = -1,
	    .clock = ND_CLOCK_NONE,
	    .ttl = -1,
	    .tos = -1,
	    .icmp_type = -1,
	    .icmp_code = -1,
	    .info = -1,
	    .invalid = ND_INVALID_COUNT};
}

static inline struct nd_knock_event
knock_open(uint64_t seq, const struct sockaddr *from, int64_t rtt_ns)
{
	struct nd_knock_event event = knock_event(ND_KNOCK_OPEN, seq);

	event.answer = ND_KNOCK_ANSWER_SYN_ACK;
	event.from = from;
	event.rtt_ns = rtt_ns;
	event.clock = ND_CLOCK_KERNEL;
	event.ttl = 57;
	event.tos = 0;
	event.tcp = &linux_tcp;
	return event;
}

static inline struct nd_knock_event
knock_closed(uint64_t seq, const struct sockaddr *from, int64_t rtt_ns)
{
	struct nd_knock_event event = knock_open(seq, from, rtt_ns);

	event.status = ND_KNOCK_CLOSED;
	event.answer = ND_KNOCK_ANSWER_RST;
	event.ttl = 64;
	event.tcp = NULL;
	return event;
}

static inline struct nd_knock_event
knock_unreachable(uint64_t seq, const struct sockaddr *from, int type, int code)
{
	struct nd_knock_event event = knock_event(ND_KNOCK_UNREACHABLE, seq);

	event.answer = ND_KNOCK_ANSWER_ICMP;
	event.from = from;
	event.rtt_ns = MS;
	event.clock = ND_CLOCK_RX;
	event.ttl = 250;
	event.tos = 192;
	event.icmp_type = type;
	event.icmp_code = code;
	return event;
}

/* Statistics of RECEIVED SYN-ACKs out of SENT, the others lost. */
static inline struct nd_knock_stats
knock_stats(uint64_t sent, uint64_t received)
{
	struct nd_knock_stats stats = {.size = sizeof(stats),
	    .sent = sent,
	    .received = received,
	    .lost = sent - received,
	    .lost_unknown = sent - received,
	    .syn_acks = received,
	    .state = ND_KNOCK_STATE_FILTERED,
	    .ttl = -1,
	    .clock = ND_CLOCK_NONE,
	    .duration_ns = 3004 * MS};

	stats.rtt = (struct nd_rtt){0, -1, -1, -1, -1, -1, -1, -1, -1};
	if (received > 0) {
		stats.state = ND_KNOCK_STATE_OPEN;
		stats.ttl = 57;
		stats.has_tcp = true;
		stats.tcp = linux_tcp;
		stats.clock = ND_CLOCK_KERNEL;
		stats.rtt = (struct nd_rtt){.samples = received,
		    .min_ns = 11800000,
		    .avg_ns = 11900000,
		    .max_ns = 12100000,
		    .stddev_ns = 100000,
		    .p50_ns = 11900000,
		    .p95_ns = 12100000,
		    .p99_ns = 12100000,
		    .jitter_ns = 50000};
	}
	return stats;
}

/* The same of RSTs. */
static inline struct nd_knock_stats
knock_stats_closed(uint64_t sent, uint64_t received)
{
	struct nd_knock_stats stats = knock_stats(sent, received);

	stats.state = ND_KNOCK_STATE_CLOSED;
	stats.rsts = received;
	stats.syn_acks = 0;
	stats.has_tcp = false;
	stats.ttl = 64;
	return stats;
}

static const struct report_knock_flow knock_flows[] = {
    {1, {40001, 10, 10, 0, 0, 11800000, 11900000, 12100000}},
    {2, {40002, 10, 4, 6, 0, 11800000, 12000000, 13500000}},
    {3, {40003, 1, 0, 0, 0, -1, -1, -1}},
};

#endif
