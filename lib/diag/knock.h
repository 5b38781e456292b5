/* SPDX-License-Identifier: MIT */
/*
 * What the files of the knock diagnostic share.
 *
 * Servers remember half-open connections, so that what a SYN gets depends on
 * those before it. The SYNs from one source port of ours that repeat one
 * initial sequence number (ISN) are a series. It begins with a new ISN, which
 * the server must not know, and ends with the first answer, which makes the
 * kernel reset the server. Until then a further SYN has to repeat the ISN: the
 * server would not answer another as it answers a stranger. Which SYN of a
 * series is answered, the time stamps tell (RFC 7323): each has its own TSval.
 */
#ifndef ND_DIAG_KNOCK_H
#define ND_DIAG_KNOCK_H

#include "engine/ctx.h"
#include "netdiag.h"

/* What many diagnostics have in common; kept once, compared by its bytes. */
struct nd_knock_profile {
	nd_knock_cb *cb;
	uint64_t count;
	int64_t interval_ns, timeout_ns, first_timeout_ns;
	struct nd_addr source; /* family 0: the system chooses */
	uint32_t flows, flags, options;
	int32_t ttl, tos;
};

/*
 * The server's clock of time stamps, as far as it can be told. Linux has one a
 * connection, or one for all between two addresses: RFC 7323 section 5.4.
 */
struct nd_knock_clock {
	int64_t at_ns; /* when TSVAL arrived; 0: never */
	uint32_t tsval;
	bool agreed; /* it was where it was expected, the last time */
};

/* A source port of ours, as it is used towards one target. */
struct nd_knock_port {
	/* Its series. */
	int64_t first_ns, last_ns; /* departures of its SYNs */
	int64_t answered_ns;	   /* first answer */
	uint64_t newest;	   /* number of its last probe; 0: none */
	uint32_t isn;
	uint32_t count;	 /* SYNs */
	bool open;	 /* not answered yet: the next SYN repeats it */
	bool reset_late; /* an older series was in the server's mind until a
			  * moment ago: what it forgot, was not lost */
	uint8_t answer;	 /* enum nd_knock_answer: the first one */
	struct nd_knock_clock clock;
	/* All that left from it. */
	uint64_t sent, received, lost, errors, samples;
	int64_t min_ns, max_ns, sum_ns;
};

/* With ND_KNOCK_F_ECN: SYNs of these kinds take turns. */
enum nd_knock_kind {
	ND_KNOCK_ASKS, /* for ECN */
	ND_KNOCK_PLAIN,
	ND_KNOCK_MARKED, /* asks, and has ECT(0) in the IP header */
	ND_KNOCK_KINDS
};

/* What was seen of ECN. */
struct nd_knock_ecn_seen {
	uint32_t open[ND_KNOCK_KINDS];	 /* SYN-ACKs, none of them ambiguous */
	uint32_t agreed[ND_KNOCK_KINDS]; /* of them: that agree to ECN */
	uint32_t failed[ND_KNOCK_KINDS]; /* RSTs, errors, no answer in time */
	bool unsure[ND_KNOCK_KINDS];	 /* there were ambiguous SYN-ACKs */
	bool cleared, marked;		 /* something on the way did that */
	uint8_t server;			 /* enum nd_knock_ecn */
};

struct nd_knock {
	struct nd_task task; /* first: freed through it */
	const struct nd_knock_profile *profile;
	void *user;
	struct nd_knock_port *ports; /* [port_count], as ctx->tcp_ports */
	unsigned port_count;
	uint16_t port; /* the target's */
	uint16_t mss;
	uint32_t tsval; /* of number 0 */
	struct nd_addr from;
	int64_t routed_ns; /* when `from` and `mss` were found; -1: never */
	int64_t due_ns;	   /* by the schedule */
	struct nd_rtt_acc rtt;
	uint64_t received, send_errors, errors, late, late_errors, duplicates;
	uint64_t invalid, ambiguous, syn_acks, rsts, challenges;
	/* Losses by direction. OUT_IF: out, if the server proves to keep the
	 * first TSval. */
	uint64_t lost_out, lost_back, lost_out_if;
	uint64_t waiting;	      /* TIMEOUT events that are not told yet */
	int64_t least_ns, largest_ns; /* unambiguous RTTs, late ones too; -1 */
	int64_t suspect_ns;	   /* an RTT that was not believed; -1: none */
	unsigned suspects;	   /* how often in a row */
	int64_t first_ns, last_ns; /* first departure, last event; -1: none */
	struct nd_knock_tcp tcp;   /* of the last SYN-ACK */
	struct nd_knock_ecn_seen ecn;
	int16_t ttl, syn_ack_ttl, rst_ttl; /* last ones; -1: none */
	uint8_t exactness; /* enum nd_clock: the least exact used */
	uint8_t repeats;   /* SYN-ACKs that show that our RSTs are lost */
	bool has_tcp, mixed, rst_ttl_differs, rst_lost, loss_uncertain;
	bool late_follows; /* an answer after the TIMEOUT event: not done yet */
	bool first_signs;  /* it seemed to keep... */
	bool keeps_first;  /* the server has shown to keep the first TSval */
};

/* nd_probe.note: the index of its port, and what is known of its loss. */
#define ND_KNOCK_NOTE_PORT 0xffu
#define ND_KNOCK_NOTE_TOLD 0x100u /* its TIMEOUT event */
#define ND_KNOCK_NOTE_OUT 0x200u
#define ND_KNOCK_NOTE_BACK 0x400u
#define ND_KNOCK_NOTE_OUT_IF 0x800u
#define ND_KNOCK_NOTE_DIR                                                      \
	(ND_KNOCK_NOTE_OUT | ND_KNOCK_NOTE_BACK | ND_KNOCK_NOTE_OUT_IF)

static inline struct nd_knock_port *
nd_knock_port_of(struct nd_knock *knock, const struct nd_probe *p)
{
	return &knock->ports[p->note & ND_KNOCK_NOTE_PORT];
}

/* ---- knock_task.c: the state machine ------------------------------------ */

extern const struct nd_task_ops nd_knock_ops;

struct nd_knock_event nd_knock_event_of(
    struct nd_knock *knock, enum nd_knock_status status, uint64_t number);
struct nd_knock_event nd_knock_event_of_probe(struct nd_knock *knock,
    enum nd_knock_status status, const struct nd_probe *p);
/* True while the diagnostic goes on: the callback may have ended it. */
bool nd_knock_emit(struct nd_knock *knock, const struct nd_knock_event *e);
/* Tells the TIMEOUT of P, which has expired, unless that was done. */
bool nd_knock_tell_loss(struct nd_knock *knock, struct nd_probe *p);
/* All that wait; those up to NUMBER and of PORT only, if that is not NULL. */
bool nd_knock_tell_losses(
    struct nd_knock *knock, const struct nd_knock_port *port, uint64_t number);
/* The DONE event, if nothing is to be sent or awaited any more. */
void nd_knock_finish_if_done(struct nd_knock *knock);

/* ---- knock_port.c: which port, which ISN, when --------------------------- */

/*
 * The port from which a SYN may leave at NOW_NS. NULL: none, before *RETRY_NS;
 * or (then that is -1) out of memory.
 */
struct nd_knock_port *nd_knock_pick_port(
    struct nd_knock *knock, int64_t now_ns, int64_t *retry_ns);
/* An ISN for a new series from PORT. */
uint32_t nd_knock_pick_isn(
    struct nd_knock *knock, const struct nd_knock_port *port);
/*
 * How long before its time the next SYN should go where the last one from PORT
 * is still not answered; 0: not at all.
 */
int64_t nd_knock_head_start(
    const struct nd_knock *knock, const struct nd_knock_port *port);

/* ---- knock_answer.c: answers of the target ------------------------------- */

bool nd_knock_on_reply(
    struct nd_task *task, struct nd_probe *p, const struct nd_answer *answer);
void nd_knock_on_error(
    struct nd_task *task, struct nd_probe *p, const struct nd_answer *answer);
bool nd_knock_on_proves(struct nd_task *task, const struct nd_probe *p,
    const struct nd_answer *answer);

/* ---- knock_credit.c: what an answer is worth ----------------------------- */

/* An answer of the target to P, from PORT. */
struct nd_knock_credit {
	struct nd_probe *p;
	struct nd_knock_port *port;
	enum nd_knock_answer answer;
	bool ambiguous;
	const struct nd_knock_tcp *tcp;
	bool rst_lost;
};
/*
 * Counts it and tells it. True while the diagnostic goes on and the answer was
 * one in time that has an RTT.
 */
bool nd_knock_credit(struct nd_knock *knock, const struct nd_knock_credit *c,
    const struct nd_answer *a);
/* A failed a check: counted and told at P. */
void nd_knock_reject(struct nd_knock *knock, const struct nd_probe *p,
    const struct nd_answer *a, enum nd_invalid fault);
enum nd_knock_status nd_knock_status_of(
    enum nd_knock_answer answer, enum nd_verdict verdict);
/* EVENT, with what is known of the packet that came. As nd_knock_emit(). */
bool nd_knock_emit_answer(struct nd_knock *knock,
    const struct nd_knock_event *event, const struct nd_answer *a);

/* ---- knock_ecn.c: what becomes of ECN -------------------------------------
 */

/* Flags and TOS (-1: the system's) of the SYN with that number. */
uint8_t nd_knock_ecn_flags(const struct nd_knock *knock, uint64_t number);
int nd_knock_ecn_tos(const struct nd_knock *knock, uint64_t number);
/* P has expired, or was met by an ICMP error. */
void nd_knock_ecn_lost(struct nd_knock *knock, const struct nd_probe *p);
/* A is the first answer of the target to its probe, in time or late. */
void nd_knock_ecn_answered(struct nd_knock *knock,
    const struct nd_knock_credit *c, const struct nd_answer *a);
/* A is an ICMP error that quotes P, and no other SYN. */
void nd_knock_ecn_quoted(struct nd_knock *knock, const struct nd_probe *p,
    const struct nd_answer *a);
enum nd_knock_ecn_path nd_knock_ecn_path(const struct nd_knock *knock);

/* ---- knock_series.c: what time stamps prove ------------------------------ */

/*
 * When the SYN left that a SYN-ACK, arrived at AT_NS, answers at once, by the
 * TSval: its own if it was not repeated, later if it was. -1: nobody can tell.
 */
int64_t nd_knock_asked_at(const struct nd_knock *knock,
    const struct nd_knock_port *port, const struct nd_tcp *tcp, int64_t at_ns);
/* A SYN-ACK that came at once: sets the clock by it. */
void nd_knock_set_clock(
    struct nd_knock_port *port, const struct nd_tcp *tcp, int64_t at_ns);
/* Whether that was long before SENT_NS. */
bool nd_knock_is_older(int64_t asked_ns, int64_t sent_ns);
/*
 * Whether a SYN-ACK that came at AT_NS, and to a SYN that left at SENT_NS, may
 * be one that the server repeated by itself, the first one being lost.
 */
bool nd_knock_is_repeat(const struct nd_knock *knock, int64_t sent_ns,
    int64_t at_ns, int64_t asked_ns);
/* That was so, and not of a duplicate: after some alike it is the RTT. */
void nd_knock_note_suspect(struct nd_knock *knock, int64_t elapsed_ns);
/* The probe of the series with ISN and that number, or NULL. */
struct nd_probe *nd_knock_find(
    struct nd_knock *knock, uint32_t isn, uint64_t number);
/*
 * The number of the probe whose TSval is echoed by TCP, of those from FIRST to
 * NEWEST; 0: none, or there are no time stamps.
 */
uint64_t nd_knock_echoed(const struct nd_knock *knock, const struct nd_tcp *tcp,
    uint64_t first, uint64_t newest);
/*
 * A SYN-ACK came at AT_NS for the open series of PORT, and echoes the TSval of
 * probe ECHOED: notes what that proves of the losses in the series.
 */
void nd_knock_judge(struct nd_knock *knock, struct nd_knock_port *port,
    uint64_t echoed, int64_t at_ns, int64_t asked_ns);
/* P has expired: counts it under its direction as far as that is known. */
void nd_knock_count_loss(struct nd_knock *knock, const struct nd_probe *p);
/*
 * P, which was given up, is answered, and unless that is AMBIGUOUS by its own
 * answer: it was slow, and not lost anywhere.
 */
void nd_knock_came_after_all(
    struct nd_knock *knock, struct nd_probe *p, bool ambiguous);

#endif
