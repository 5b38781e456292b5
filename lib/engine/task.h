/* SPDX-License-Identifier: MIT */
/*
 * A task is what a diagnostic is to the engine: something that asks to send at
 * a time, owns probes, and is told what became of each. A diagnostic embeds
 * struct nd_task as its first member and brings a const table of operations.
 */
#ifndef ND_ENGINE_TASK_H
#define ND_ENGINE_TASK_H

#include "engine/peers.h"
#include "engine/probe.h"
#include "net/net.h"
#include "netdiag.h"
#include "wire/icmp.h"
#include "wire/quote.h"
#include "wire/tcp.h"
#include "wire/udp.h"

struct nd_task;

/* A received packet that names a probe. Valid during the call. */
struct nd_answer {
	const struct nd_packet *packet;
	bool is_message;       /* else the kernel's report of an ICMP error, or
				* of the outcome of connect(): packet->outcome */
	struct nd_icmp icmp;   /* of a report: kind, type, code, mtu, pointer;
				* all 0 where it is not ICMP */
	struct nd_quote quote; /* of an ICMP error */
	struct nd_tcp tcp;     /* of a TCP segment */
	bool has_udp;	       /* it is a UDP datagram: */
	struct nd_udp udp;
	/* It came to the probe's own socket: UDP has its payload alone. */
	bool named;
	const uint8_t *payload; /* of ours, that came back: of the reply or of
				 * the quote */
	size_t payload_len;
	int64_t arrival_ns;    /* monotonic */
	bool arrival_exact;    /* the kernel's */
	bool rewritten;	       /* the addresses in QUOTE are not ours, or TCP's
				* or UDP's port, or UDP's checksum: NAT */
	enum nd_invalid fault; /* only to be counted, as that;
				* ND_INVALID_COUNT: none */
};

/* What an authentic answer is to its probe. */
enum nd_verdict { ND_VERDICT_IN_TIME, ND_VERDICT_LATE, ND_VERDICT_DUPLICATE };

struct nd_task_ops {
	/*
	 * It is the task's turn to send one probe, by nd_task_shoot(). -EAGAIN
	 * asks for another turn shortly. Where no number is used up, the turn
	 * takes nothing of the rate.
	 */
	int (*send)(struct nd_task *task);
	/*
	 * An answer for P, to be authenticated by the task. False, and nothing
	 * has happened: by what it brings back it is no answer to P. Then it
	 * comes again with its fault set, for P or for whom it proves to be.
	 * A UDP datagram names no probe, unless it is `named`: P is any one to
	 * its sender, and which one is answered the task has to find out.
	 */
	bool (*reply)(struct nd_task *task, struct nd_probe *p,
	    const struct nd_answer *answer);
	/* An ICMP error that quotes P, to be authenticated by the task. */
	void (*error)(struct nd_task *task, struct nd_probe *p,
	    const struct nd_answer *answer);
	/*
	 * Whether the payload alone proves that ANSWER, whose addresses are
	 * others or whose tag is in doubt, is about P. NULL: never.
	 */
	bool (*proves)(struct nd_task *task, const struct nd_probe *p,
	    const struct nd_answer *answer);
	/* P was not answered in time. */
	void (*expired)(struct nd_task *task, struct nd_probe *p);
	/* Once a probe, in order of sending, when it and all before it are
	 * decided. Must not free the task. */
	void (*settled)(struct nd_task *task, const struct nd_probe *p);
	/* P, which is decided, will not be remembered any more. NULL: that is
	 * nothing to the task. Not called where the task is stopped. */
	void (*forgotten)(struct nd_task *task, struct nd_probe *p);
};

struct nd_task {
	struct nd_timer timer; /* when it wants to send; also links it into the
				* queue of those that may */
	const struct nd_task_ops *ops;
	struct nd_ctx *ctx;
	struct nd_addr addr;		  /* the target */
	struct nd_probe *oldest, *newest; /* in order of sending */
	struct nd_probe *unsettled;	  /* the first that is */
	uint32_t remembered;		  /* probes in that list */
	uint32_t in_flight;
	struct nd_peer *peer; /* where it has a limit */
	uint64_t numbers;     /* probe numbers given out: 1 .. numbers */
	uint16_t peer_limit;  /* probes in flight to its address at most, of all
			       * tasks there that have one; 0: none */
	uint16_t remember_s;  /* decided probes, at least so long; 0: 10 s */
	uint8_t proto;	      /* IPPROTO_* */
	bool any_source;      /* answers may come from any address */
	bool waiting;	      /* in the queue of those that may send */
	bool in_line;	      /* waits for a place at its peer */
	bool placed;	      /* has one, for the next probe */
	bool active;	      /* counted in the context */
	bool dead;	      /* freed by its owner, to be reclaimed */
};

struct nd_shot {
	uint32_t tag;
	uint16_t note; /* of the probe */
	uint16_t port; /* the destination's, where the socket connects */
	bool full;     /* there: complete the handshake */
	int64_t timeout_ns;
	const struct nd_addr *from; /* or NULL */
	int ttl, tos;		    /* or -1 */
	const uint8_t *data;
	size_t len;
	/* By the header socket of the context, as of nd_send: `from` is set. */
	bool own_header;
	uint16_t ip_id;
	bool df;
	uint32_t flow_label;
};

/*
 * Makes TASK known to CTX. ADDR, PROTO, any_source and peer_limit must be set.
 * 0, ND_EFAMILY, ND_ELIMIT or -ENOMEM.
 */
int nd_task_start(
    struct nd_task *task, struct nd_ctx *ctx, const struct nd_task_ops *ops);
/* TASK wants to send at DUE_NS, monotonic; replaces what it wanted before. */
void nd_task_due(struct nd_task *task, int64_t due_ns);
/* Sends no more, forgets all probes; `in_flight` keeps its value. */
void nd_task_stop(struct nd_task *task);
/*
 * Stops TASK and frees it with free(3), at once or, inside a callback of the
 * engine, when that is over.
 */
void nd_task_free(struct nd_task *task);

/*
 * Sends one probe, numbered task->numbers + 1. 0; -EAGAIN: wait, nothing has
 * happened; else a negative errno from the local host: the number is used up.
 */
int nd_task_shoot(
    struct nd_task *task, const struct nd_shot *shot, struct nd_probe **ret);
/* Whether a probe with TAG of this task's address is remembered. */
bool nd_task_tag_used(struct nd_task *task, uint32_t tag);

/*
 * A packet for TASK failed a check: counts it in the context. The task keeps
 * its own count.
 */
void nd_task_invalid(struct nd_task *task, enum nd_invalid reason);

/* The 64-bit number of P. */
uint64_t nd_probe_number(const struct nd_probe *p);

/*
 * An authentic answer has come for P: changes its state, and calls `expired`
 * first where it comes too late. RTT and clock of it in RET.
 */
struct nd_timing {
	int64_t rtt_ns;
	enum nd_clock clock;
};
enum nd_verdict nd_probe_answered(
    struct nd_probe *p, const struct nd_answer *answer, struct nd_timing *ret);
/* The same for an authentic ICMP error. */
enum nd_verdict nd_probe_failed(
    struct nd_probe *p, const struct nd_answer *answer, struct nd_timing *ret);

/*
 * P, if it is in flight, times out at DUE_NS, monotonic, where that is earlier
 * than it would; at once where that is past. Departure and arrival decide as
 * ever whether an answer is in time.
 */
void nd_probe_hasten(struct nd_probe *p, int64_t due_ns);

/* ---- For the turn of the context alone ---------------------------------- */

/* The queue of the tasks that may send. */
void nd_task_enqueue(struct nd_task *task);
struct nd_task *nd_task_dequeue(struct nd_ctx *ctx);
/*
 * It is TASK's turn: whether there is room for a probe to its address. If not,
 * it waits in line there, and is in the queue again once there is.
 */
bool nd_task_admit(struct nd_task *task);
/* TASK has had its turn: the place that it did not use is free. */
void nd_task_leave_place(struct nd_task *task);
/* The timeout of P has come. */
void nd_probe_expire(struct nd_probe *p);
/*
 * P, which is decided, is not to be found any more. False: the task was stopped
 * while it was told, and P is gone.
 */
bool nd_probe_forget(struct nd_probe *p);
/* Lets go of the oldest probes that nobody needs to remember. */
void nd_task_trim(struct nd_task *task);

#endif
