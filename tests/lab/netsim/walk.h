/* SPDX-License-Identifier: MIT */
/*
 * The way of a packet from the client: through which routers, how long, and
 * where and why it ends. Pure: topology, packet and time in, verdict out; the
 * turns of per-packet balancing are the only state.
 */
#ifndef NETSIM_WALK_H
#define NETSIM_WALK_H

#include "packet.h"
#include "topo.h"

#define NS_MAX_PATH 64u
#define NS_MAX_COPIES 4u /* of one packet, made on the way out */
#define NS_MAX_NATS 4u

/* Why there is no answer. The names are in walk.c, in this order. */
enum ns_why {
	NS_WHY_NONE,
	NS_WHY_LOSS,
	NS_WHY_DOWN,
	NS_WHY_CORRUPT,
	NS_WHY_LOOP,
	NS_WHY_PROHIBITED,
	NS_WHY_SILENT,
	NS_WHY_RATE,
	NS_WHY_BLACKHOLE,
	NS_WHY_ABSENT,
	NS_WHY_CHECKSUM,
	NS_WHY_ECHO_OFF,
	NS_WHY_PORT_SILENT,
	NS_WHY_NO_STATE,
	NS_WHY_SYN_LIMIT,
	NS_WHY_RESET,
	NS_WHY_ACKED,
	NS_WHY_BAD_PACKET,
	NS_WHY_UNHANDLED,
	NS_WHYS,
};

extern const char *const ns_why_names[NS_WHYS];

enum ns_end {
	NS_END_DROP,   /* silently, `why` */
	NS_END_ERROR,  /* the last router of the path answers `type`, `code` */
	NS_END_ROUTER, /* it reached an address of that router */
	NS_END_HOST,   /* it reached `host` */
};

struct ns_verdict {
	enum ns_end end;
	enum ns_why why;
	uint32_t host;	    /* or NS_NONE */
	uint8_t type, code; /* of the error */
	uint32_t mtu;	    /* in it */
};

/* An address rewritten under way, to be undone in quotes and answers. */
struct ns_nat {
	bool dst, fix;
	struct ns_addr was, is;
};

struct ns_journey {
	struct ns_packet pkt;
	uint64_t fate;
	int64_t at;	     /* the time where the packet is */
	uint32_t copy;	     /* 0, or the how manieth duplicate */
	bool flipped;	     /* a router flipped a bit */
	bool arrived;	     /* duplicates go on from where they were made */
	uint32_t router;     /* where it is, or goes next */
	uint32_t host;	     /* the one it came to, or NS_NONE */
	uint32_t fragmented; /* by this router first, or NS_NONE */
	uint16_t path[NS_MAX_PATH];
	unsigned n_path;
	struct ns_nat nat[NS_MAX_NATS];
	unsigned n_nats;
};

/* Duplicates that still have to walk; their packets are copies to be freed. */
struct ns_clones {
	struct ns_journey journey[NS_MAX_COPIES];
	unsigned n;
};

/* Begins at the entry router. PKT->data is changed under way. */
void ns_journey_init(struct ns_journey *j, const struct ns_topo *topo,
    const struct ns_packet *pkt, uint64_t fate, int64_t now);

struct ns_verdict ns_walk(
    struct ns_topo *topo, struct ns_journey *j, struct ns_clones *clones);

#endif
