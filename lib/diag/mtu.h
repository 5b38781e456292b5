/* SPDX-License-Identifier: MIT */
/*
 * The largest packet that gets to each hop of a known way, as a machine of its
 * own: which size to send to which TTL next. One probe at a time, the far end
 * first: where it gets a packet of the first hop's MTU, all is known. A router
 * that cannot forward says so (RFC 1191, RFC 8201); where none does, sizes are
 * searched (RFC 4821 section 7), and the black hole is named.
 */
#ifndef ND_DIAG_MTU_H
#define ND_DIAG_MTU_H

#include <stdbool.h>
#include <stdint.h>

#define ND_MTU_TTLS 256

/* A size that is asked of a TTL. All sizes are of whole IP packets. */
struct nd_mtu_ask {
	unsigned ttl, size;
};

enum nd_mtu_answer {
	ND_MTU_GOT,    /* the TTL answered as it does to small packets */
	ND_MTU_BIG,    /* a router said "too big" */
	ND_MTU_SILENT, /* nobody answered */
	ND_MTU_REFUSED /* the local host would not send it */
};

struct nd_mtu {
	unsigned first, last, least; /* TTLs; the smallest size that is asked */
	uint8_t attempts;	     /* of the size that is being asked */
	struct nd_mtu_ttl {
		bool asked;    /* it answers at all, and is of interest */
		uint16_t got;  /* the largest known to get there */
		uint16_t not ; /* the smallest known not to */
		uint16_t hint; /* what a router said it would take; 0: none */
		bool silently; /* NOT was learnt by silence */
	} ttl[ND_MTU_TTLS];
	struct nd_mtu_ask ask;
};

/*
 * TTLs FIRST to LAST, of which those that have answered are told by
 * nd_mtu_add(). Packets of LEAST bytes get to all of them; MOST is what the
 * first link takes.
 */
void nd_mtu_init(struct nd_mtu *m, unsigned first, unsigned last,
    unsigned least, unsigned most);
void nd_mtu_add(struct nd_mtu *m, unsigned ttl);
/* True: ASK that, and only that, until it is heard of. False: all is known. */
bool nd_mtu_next(struct nd_mtu *m, struct nd_mtu_ask *ask);
/*
 * What became of it. MTU: what BIG and REFUSED tell, 0: nothing. AT: the TTL at
 * which the router is that said BIG, 0: not known.
 */
void nd_mtu_heard(
    struct nd_mtu *m, enum nd_mtu_answer answer, unsigned mtu, unsigned at);
/* The largest size that gets to TTL; 0: not asked. */
unsigned nd_mtu_of(const struct nd_mtu *m, unsigned ttl);
/* The first TTL that larger packets never reach, without a word; 0: none. */
unsigned nd_mtu_black_hole(const struct nd_mtu *m);

#endif
