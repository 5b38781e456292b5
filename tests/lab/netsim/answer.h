/* SPDX-License-Identifier: MIT */
/*
 * Answers: drafts by protocol, changed where the host is hostile, then sent
 * the way back, where they may be lost, delayed, doubled or corrupted.
 */
#ifndef NETSIM_ANSWER_H
#define NETSIM_ANSWER_H

#include "sim.h"

/* Where answers start, and how the packet that they are for got there. */
struct ns_origin {
	uint64_t fate;
	uint64_t flow;	     /* ns_balance_hash() of what came */
	uint32_t host;	     /* or NS_NONE: the last router of the path */
	struct ns_addr addr; /* the host's */
	struct ns_addr client;
	struct ns_nat nat[NS_MAX_NATS];
	unsigned n_nats;
	unsigned n_path;
	uint16_t path[NS_MAX_PATH];
};

/* A packet to be: its transport header and what follows are in L4. */
struct ns_draft {
	enum ns_kind kind;
	enum ns_hostile_kind hostile;
	bool forged, bad_sum, options;
	bool by_router; /* made by the last router, not by the host */
	struct ns_segment_said said;	/* TCP */
	const struct ns_icmp_opts *ext; /* an error's extensions; NULL: none */
	uint32_t copy;
	struct ns_addr from; /* as the client sees it, but for NAT */
	uint8_t proto, tos, ttl;
	uint32_t label;
	uint8_t *l4;
	size_t len, room;
};

/* What is needed all along while a packet is answered. */
struct ns_reply {
	struct ns_sim *sim;
	struct ns_record *record;
	struct ns_origin origin;
	struct ns_packet *pkt; /* as it arrived; NULL for a server's timer */
	const struct ns_router *router;
	struct ns_host *host; /* or NULL */
	int64_t at;	      /* when it arrived */
};

void ns_origin_init(struct ns_origin *origin, const struct ns_journey *j,
    const struct ns_addr *client);

/* Begins a draft in the simulation's own buffer. */
struct ns_draft ns_draft_init(
    struct ns_reply *reply, enum ns_kind kind, uint8_t proto);

/*
 * Sends D at reply->at + DELAY: fills in checksum and IP header, chooses the
 * way back. Hosts' own delay is part of the way that came.
 */
void ns_send(struct ns_reply *reply, const struct ns_draft *d, int64_t delay);

/* truth.c: what the log tells of the message of D itself. */
void ns_describe(struct ns_answer *a, const struct ns_draft *d);

/* D as it is, or what a hostile host makes of it, and all else it sends. */
void ns_send_host(struct ns_reply *reply, struct ns_draft *d);

/*
 * answer_icmp.c: takes a token; false where there is none. *NEXT is the
 * bucket's state, 0 at first. NOW may go back a little.
 */
bool ns_bucket_take(const struct ns_bucket *bucket, int64_t *next, int64_t now);

/* answer_icmp.c: of a router's own address, a host, an error. */
enum ns_why ns_answer_echo(
    struct ns_reply *reply, const struct ns_icmp_opts *icmp);
enum ns_why ns_answer_error(struct ns_reply *reply,
    const struct ns_icmp_opts *icmp, bool by_router, uint8_t type, uint8_t code,
    uint32_t mtu);
/* The bytes of an error that quotes Q into D: type, code, quote, extensions. */
void ns_error_put(struct ns_reply *reply, struct ns_draft *d,
    const struct ns_icmp_opts *icmp, const struct ns_packet *q, uint8_t type,
    uint8_t code, uint32_t mtu);

/* answer_udp.c, answer_tcp.c */
enum ns_why ns_answer_udp(struct ns_reply *reply);
enum ns_why ns_answer_tcp(struct ns_reply *reply);
/* RST|ACK or RST to a segment, RFC 9293 section 3.5.2. */
void ns_send_rst(struct ns_reply *reply, bool hostile);
/* A segment in D: header, options by SYNACK where given, no data. */
struct ns_segment {
	uint16_t sport, dport, window;
	uint32_t seq, ack;
	uint8_t flags;
	const struct ns_synack *options; /* NULL: none but timestamps */
	bool ts, sack, wscale;
	uint32_t tsval, tsecr;
};
void ns_segment_put(struct ns_draft *d, const struct ns_segment *seg);
/* The timer of a half-open connection: its SYN-ACK again. */
void ns_half_timer(struct ns_sim *sim, struct ns_half *half, int64_t now);

#endif
