/* SPDX-License-Identifier: MIT */
/*
 * UDP probes by header sockets over a context whose network is a fake one: a
 * task that takes down all it is told, and ICMP errors that quote what they
 * like.
 */
#ifndef TEST_UDP_RIG_H
#define TEST_UDP_RIG_H

#include "engine/ctx.h"
#include "fake_net.h"

#define UDP_PORT FAKE_FIRST_UDP_PORT /* the first of ours */
#define UDP_PORTS 3
#define UDP_SERVER 33434
#define UDP_PAYLOAD 12

struct udp_rig {
	struct virtual_clock clock;
	struct fake_net net;
	struct nd_ctx *ctx;
	struct nd_send sent; /* the last one, without its pointers */
	struct nd_addr sent_from;
};

/* One target, and what has come for it. */
struct udp_task {
	struct nd_task task; /* first */
	struct udp_rig *rig;
	uint32_t tag;	     /* of its next probe */
	uint32_t proven;     /* every answer is proof for the probe with it */
	bool refuses;	     /* no answer is good enough */
	int asked;	     /* how often it has refused */
	int replies, errors; /* in time */
	int faults[ND_INVALID_COUNT];
	uint32_t told;	       /* the tag of the probe of the last one */
	struct nd_answer last; /* without its pointers */
	struct nd_timing timing;
};

static inline uint32_t
udp_tag(uint16_t port, uint16_t number)
{
	return (uint32_t)port << 16 | number;
}

/* METHODS as of nd_ctx_opts. */
struct udp_rig *udp_rig_new(unsigned methods);
void udp_rig_free(struct udp_rig *r);
void udp_rig_run(struct udp_rig *r, int64_t for_ns);

struct udp_task *udp_task_new(struct udp_rig *r, const char *addr);
/* Sends a probe from PORT with NUMBER. */
void udp_task_shoot(struct udp_task *t, uint16_t port, uint16_t number);
void udp_task_end(struct udp_task *t);

/* An ICMP error arrives now that quotes a datagram of ours. */
struct udp_quote {
	const char *to;	  /* where the datagram went */
	const char *from; /* NULL: our address */
	uint16_t sport;
	uint16_t ip_id, checksum;
};
void udp_quote_arrives(struct udp_rig *r, const struct udp_quote *q);

#endif
