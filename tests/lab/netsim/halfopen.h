/* SPDX-License-Identifier: MIT */
/*
 * What servers remember of half-open connections, and what they do with a
 * segment because of it. FORMAT.md has the kinds of servers.
 */
#ifndef NETSIM_HALFOPEN_H
#define NETSIM_HALFOPEN_H

#include "packet.h"
#include "topo.h"

struct ns_origin;

struct ns_half {
	struct ns_half *next; /* in its bucket, or in the free list */
	struct ns_addr client, server;
	uint16_t client_port, server_port;
	uint32_t generation; /* counts its uses, for timers */
	uint32_t host;
	uint64_t id; /* of the packet with the SYN */
	uint32_t irs, iss;
	uint32_t ts_recent;
	bool ts, sack, wscale, ecn;
	bool established;
	int64_t last_repeat, last_challenge; /* -1: never */
	int64_t timer;		  /* when the SYN-ACK goes out again */
	unsigned repeats;	  /* by timer, so far */
	struct ns_origin *origin; /* owned */
};

/* All zero: none. */
struct ns_halves {
	struct ns_half **bucket;
	struct ns_half *free;
	uint32_t n;
};

#define NS_HALF_REPEATS 3u /* 1, 3 and 7 s after the first */

struct ns_half *ns_half_find(
    const struct ns_halves *halves, const struct ns_packet *pkt);
/* A new one for PKT's addresses and ports; NULL: no memory. */
struct ns_half *ns_half_new(
    struct ns_halves *halves, const struct ns_packet *pkt);
void ns_half_drop(struct ns_halves *halves, struct ns_half *half);
void ns_halves_free(struct ns_halves *halves);

/* What a server does with a segment. */
enum ns_act {
	NS_ACT_SYN_ACK,	       /* of a new connection */
	NS_ACT_SYN_ACK_REPEAT, /* the same again */
	NS_ACT_CHALLENGE,
	NS_ACT_RESET_DROP, /* RST|ACK, the connection is gone */
	NS_ACT_RESET,	   /* RST to what belongs to no connection */
	NS_ACT_FIN_ACK,
	NS_ACT_LIMITED, /* nothing: 500 ms are not over */
	NS_ACT_RST_TAKEN,
	NS_ACT_ACK_TAKEN,
	NS_ACT_NOTHING,
};

/*
 * Of KIND, at NOW, in state HALF (NULL: none). Changes HALF but for dropping
 * or making it.
 */
enum ns_act ns_half_step(struct ns_half *half, enum ns_server kind,
    uint16_t window, const struct ns_packet *pkt, int64_t now);

#endif
