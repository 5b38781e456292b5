/* SPDX-License-Identifier: MIT */
/*
 * A context over the fake backend, a virtual clock, and a log of every event,
 * for the tests of ping.
 */
#ifndef TEST_PING_RIG_H
#define TEST_PING_RIG_H

#include "diag/ping.h"
#include "fake_net.h"

#define RIG_LOG 4096

struct rig_event {
	struct nd_ping_event e; /* e.from is not kept: see below */
	struct nd_addr from;	/* family 0: none */
	int64_t at_ns;
};

struct ping_rig {
	struct virtual_clock clock;
	struct fake_net net;
	struct nd_ctx *ctx;
	int64_t begin_ns, rtt_ns; /* rtt_ns: of rig_echo() */
	uint64_t count[ND_PING_DONE + 1];
	struct rig_event log[RIG_LOG]; /* the first ones */
	size_t logged;
	/* Called with each event, for what tests do inside a callback. */
	void (*hook)(struct ping_rig *r, struct nd_ping *ping,
	    const struct nd_ping_event *e);
	void *hook_arg;
	struct sockaddr_storage addr;
};

/* On the heap; echoes come back after 10 ms. LIMITS may be NULL: no rate. */
struct ping_rig *rig_new(const struct nd_limits *limits);
/* Checks that nothing is left of tasks and probes. */
void rig_free(struct ping_rig *r);

/* Options for ADDR with defaults; valid until the next call. */
struct nd_ping_opts rig_opts(struct ping_rig *r, const char *addr);
struct nd_ping *rig_start(struct ping_rig *r, const struct nd_ping_opts *opts);
/* With defaults. */
struct nd_ping *rig_ping(struct ping_rig *r, const char *addr, uint64_t count);
void rig_run(struct ping_rig *r, int64_t for_ns);
/* The NTH event (from 1) of STATUS in the log; it must be there. */
const struct rig_event *rig_event(
    const struct ping_rig *r, enum nd_ping_status status, size_t nth);
/* Checks what holds for all statistics. */
struct nd_ping_stats rig_stats(const struct nd_ping *ping);
struct nd_ctx_stats rig_ctx_stats(const struct ping_rig *r);
/* The NTH attempt to send is answered DELAY_NS from now. */
void rig_answer(struct ping_rig *r, uint64_t nth, int64_t delay_ns);

/* Scripts: every send is echoed after rtt_ns, or none is. */
fake_send_fn rig_echo, rig_silence;

#endif
