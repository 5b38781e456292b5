/* SPDX-License-Identifier: MIT */
/* What the files of the ping diagnostic share. */
#ifndef ND_DIAG_PING_H
#define ND_DIAG_PING_H

#include "engine/ctx.h"
#include "netdiag.h"

struct nd_senders;

/* What many diagnostics have in common; kept once, compared by its bytes. */
struct nd_ping_profile {
	nd_ping_cb *cb;
	uint64_t count;
	int64_t interval_ns, least_interval_ns, timeout_ns, first_timeout_ns;
	struct nd_addr source; /* family 0: the system chooses */
	uint32_t payload, preload;
	int32_t ttl, tos;
	uint32_t flags;
	uint32_t pattern_len;
	uint8_t pattern[16];
};

struct nd_ping {
	struct nd_task task; /* first: freed through it */
	const struct nd_ping_profile *profile;
	void *user;
	struct nd_senders *senders; /* ANY_SOURCE, else NULL */
	struct nd_rtt_acc rtt;	    /* rtt.n: received */
	uint64_t send_errors, errors, late, late_errors, duplicates, invalid;
	uint64_t pipe;
	int64_t largest_ns; /* RTT ever seen, late ones too; -1: none */
	int64_t last_sent_ns;
	int64_t first_ns, last_ns; /* first departure, last event; -1: none */
	uint32_t serial;	   /* no other of the context has it */
	uint16_t base;		   /* wire sequence number of number 0 */
	uint8_t clock;		   /* enum nd_clock: the least exact used */
	bool loss_uncertain;
	bool waited; /* ANY_SOURCE: the last probe had all its time */
};

/* ---- ping_task.c: the state machine ------------------------------------ */

extern const struct nd_task_ops nd_ping_ops;

/* ---- ping_packet.c: the bytes ------------------------------------------- */

/*
 * A wire sequence number that no remembered probe to this address has: the
 * number's own where it is free. -EAGAIN: all 65,536 are taken.
 */
int nd_ping_pick_seq(struct nd_ping *ping, uint16_t ident, uint16_t *ret);
/* Builds the echo request for NUMBER in the context's buffer: its length. */
size_t nd_ping_build(
    struct nd_ping *ping, uint64_t number, uint16_t ident, uint16_t seq);

struct nd_ping_check {
	enum nd_invalid fault; /* ND_INVALID_COUNT: none */
	int diff_offset;       /* -1: none */
	uint8_t want, got;
};
/* Whether a reply's whole payload is what probe NUMBER carried. */
struct nd_ping_check nd_ping_check_reply(const struct nd_ping *ping,
    uint64_t number, const uint8_t *payload, size_t len);
/* Whether an ICMP error that quotes LEN bytes of payload has the tag in it. */
bool nd_ping_quotes_tag(const struct nd_ping *ping, size_t len);
/* The same for as much as is quoted: only the tag can tell. */
bool nd_ping_check_quote(const struct nd_ping *ping, uint64_t number,
    const uint8_t *payload, size_t len);

/* ---- ping_senders.c: who answered --------------------------------------- */

/* NULL: out of memory. */
struct nd_senders *nd_senders_new(void);
void nd_senders_free(struct nd_senders *s);
/* FROM answered probe NUMBER. False: it had done so before. */
bool nd_senders_note(struct nd_senders *s, const struct nd_addr *from,
    uint64_t number, int64_t rtt_ns);
/* As nd_ping_sender(). */
int nd_senders_get(
    const struct nd_senders *s, size_t i, struct nd_ping_sender *ret);

#endif
