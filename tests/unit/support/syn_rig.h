/* SPDX-License-Identifier: MIT */
/*
 * Probes with bare tags over a context whose network is a fake one: a task that
 * takes down all it is told, and TCP segments and ICMP errors for it.
 */
#ifndef TEST_SYN_RIG_H
#define TEST_SYN_RIG_H

#include "engine/ctx.h"
#include "fake_net.h"
#include "wire/tcp.h"

#define SYN_PORT 40000 /* the first of ours */
#define SYN_SERVER 443

struct syn_rig {
	struct virtual_clock clock;
	struct fake_net net;
	struct nd_net_ops ops; /* the fake ones, but for TCP */
	unsigned caps;	       /* of its sockets, beside the fake ones */
	struct nd_ctx *ctx;
	/* What the socket was asked. */
	int sends, forgets;
	uint32_t sent_tag, forgot_tag;
	uint16_t sent_port;
	bool sent_full;
	struct nd_addr forgot;
	int send_error;
};

/* One target, and what has come for it. */
struct syn_task {
	struct nd_task task; /* first */
	struct syn_rig *rig;
	uint32_t tag;	     /* of its next probe */
	bool refuses;	     /* no answer is good enough */
	bool proves;	     /* every one is proof */
	bool ends;	     /* frees itself when it is told anything */
	int *ended;	     /* counts that */
	int replies, errors; /* in time */
	int late, expired, forgotten;
	int faults[ND_INVALID_COUNT];
	struct nd_answer last; /* without its pointers */
	struct nd_timing timing;
};

/* METHODS as of nd_ctx_opts; CAPS beside those of the fake backend. */
struct syn_rig *syn_rig_new(unsigned methods, unsigned caps);
void syn_rig_free(struct syn_rig *r);
void syn_rig_run(struct syn_rig *r, int64_t for_ns);
/* Sends one probe with TAG at once. */
struct syn_task *syn_rig_send(
    struct syn_rig *r, const char *addr, uint32_t tag);
void syn_rig_end(struct syn_task *t);

/* A segment from FROM to us arrives now. */
struct syn_segment {
	const char *from;
	struct nd_tcp tcp; /* ports 0: as they should be */
	bool damaged, unfinished;
	bool no_dst; /* where to is not known */
	size_t len;  /* 0: as it is; else cut there */
};
void syn_segment_arrives(struct syn_rig *r, const struct syn_segment *s);

/* An ICMP error arrives now that quotes a SYN of ours. */
struct syn_quote {
	const char *to;	  /* where the SYN went */
	const char *from; /* NULL: our address */
	uint16_t sport;	  /* 0: SYN_PORT */
	uint32_t seq;
	uint8_t type, code;
	uint32_t word; /* the second one of the header: the MTU */
};
void syn_quote_arrives(struct syn_rig *r, const struct syn_quote *q);

#endif
