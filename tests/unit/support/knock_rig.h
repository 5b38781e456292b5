/* SPDX-License-Identifier: MIT */
/*
 * A context over the fake backend, a virtual clock, and a log of every event,
 * for the tests of knock. At each event it is checked that the statistics agree
 * with each other and with all events so far.
 */
#ifndef TEST_KNOCK_RIG_H
#define TEST_KNOCK_RIG_H

#include "fake_net.h"

struct tcp_server;

#define KNOCK_LOG 4096
#define KNOCK_SENT 4096
#define KNOCK_PORT 443

struct knock_log {
	struct nd_knock_event e; /* e.from and e.tcp point into this */
	struct sockaddr_storage from;
	struct nd_knock_tcp tcp;
	int64_t at_ns;
};

struct knock_rig {
	struct virtual_clock clock;
	struct fake_net net;
	struct nd_ctx *ctx;
	int64_t begin_ns, rtt_ns; /* rtt_ns: of knock_open() and its like */
	uint64_t count[ND_KNOCK_DONE + 1];
	struct knock_log log[KNOCK_LOG]; /* the first ones */
	size_t logged;
	uint8_t *told; /* by number: its TIMEOUT event, its decision */
	uint64_t told_size;
	/* The SYNs of knock_note(). */
	struct knock_syn {
		struct nd_tcp tcp;
		int64_t at_ns;
		int ttl, tos;
	} sent[KNOCK_SENT];
	size_t sent_count;
	/* Called with each event, for what tests do inside a callback. */
	void (*hook)(struct knock_rig *r, struct nd_knock *knock,
	    const struct nd_knock_event *e);
	void *hook_arg;		   /* for the hook */
	struct tcp_server *server; /* of tcp_server_new(), or NULL */
	bool multiple; /* several diagnostics: counts are of all of them */
	struct sockaddr_storage addr, source;
};

/* On the heap; SYNs are answered by SYN-ACKs after 10 ms. */
struct knock_rig *knock_rig_new(unsigned flows);
/* The same as if by connect(2). */
struct knock_rig *knock_rig_connect(void);
/* Checks that nothing is left of tasks and probes. */
void knock_rig_free(struct knock_rig *r);

/* Options for KNOCK_PORT of ADDR with defaults; valid until the next call. */
struct nd_knock_opts knock_rig_opts(struct knock_rig *r, const char *addr);
struct nd_knock *knock_rig_start(
    struct knock_rig *r, const struct nd_knock_opts *opts);
void knock_rig_run(struct knock_rig *r, int64_t for_ns);
/* The NTH event (from 1) of STATUS in the log; it must be there. */
const struct knock_log *knock_rig_event(
    const struct knock_rig *r, enum nd_knock_status status, size_t nth);
/* Checks what holds for all statistics. */
struct nd_knock_stats knock_rig_stats(const struct nd_knock *knock);
struct nd_ctx_stats knock_rig_ctx_stats(const struct knock_rig *r);

/*
 * Scripts: every SYN gets a SYN-ACK, an RST or nothing; it is kept in `sent`.
 */
fake_send_fn knock_open, knock_closed, knock_silent;
/* Keeps a SYN in `sent`, for scripts. */
void knock_note(struct knock_rig *r, const struct fake_sent *sent);
/* TCP, with LEN bytes of payload, arrives DELAY_NS from now, for SYN. */
void knock_segment_arrives(struct knock_rig *r, const struct fake_message *syn,
    const struct nd_tcp *tcp, size_t len, int64_t delay_ns);

#endif
