/* SPDX-License-Identifier: MIT */
/*
 * What the files of the trace diagnostic share.
 *
 * A probe is of a TTL and a flow. All that load balancers look at is the same
 * for every probe of a flow, so that the answers from TTL after TTL show one
 * real path; what tells its probes apart, they do not look at. Each pair of TTL
 * and flow is a cell of a table, which a cycle fills. A strategy says which
 * cell is asked next: trace_plan.c the one of every day, trace_paths.c the one
 * that finds all paths.
 */
#ifndef ND_DIAG_TRACE_H
#define ND_DIAG_TRACE_H

#include "diag/mda.h"
#include "diag/mtu.h"
#include "engine/ctx.h"
#include "netdiag.h"
#include "wire/ext.h"

#define ND_TRACE_NOBODY UINT16_MAX /* no node */
#define ND_TRACE_HEARD 64	   /* probes that may be unsettled behind one */
#define ND_TRACE_STARTS 8 /* cycles whose late answers are told apart */

/* What many diagnostics have in common; kept once, compared by its bytes. */
struct nd_trace_profile {
	nd_trace_cb *cb;
	uint64_t cycles;
	int64_t interval_ns, timeout_ns, spacing_ns;
	struct nd_addr source; /* family 0: the system chooses */
	uint32_t method, flows, first, max, gap, payload, confidence, flags;
	int32_t tos;
	uint16_t port;
};

enum nd_trace_cell_state {
	ND_CELL_NEW,	     /* not asked */
	ND_CELL_ASKED,	     /* not decided */
	ND_CELL_SILENT,	     /* asked, and not answered in time */
	ND_CELL_REFUSED,     /* the local host would not send it */
	ND_CELL_HOP,	     /* answered: TTL exceeded */
	ND_CELL_DESTINATION, /* answered: it has arrived */
	ND_CELL_UNREACHABLE, /* answered: by another ICMP error */
};

/* A TTL and a flow, in this cycle. */
struct nd_trace_cell {
	uint8_t state; /* enum nd_trace_cell_state; a late answer is one */
	uint8_t attempts;
	uint8_t in_flight; /* of them */
	bool late;	   /* answered, but not in time */
	uint8_t was;	   /* all paths: STATE before it was asked again */
	uint16_t node;	   /* that answered, or ND_TRACE_NOBODY */
};

/* An address that answered at a TTL. */
struct nd_trace_vertex {
	struct nd_addr addr;
	uint8_t ttl;
	bool destination, nat;
	bool by_destination, not_by_destination; /* nd_trace_compare() */
	uint8_t label_count;
	bool has_interface;
	uint16_t next;	/* of the same TTL, or ND_TRACE_NOBODY */
	uint16_t index; /* among them */
	int16_t reply_ttl, reply_tos, quoted_ttl, quoted_tos;
	int16_t icmp_type, icmp_code;
	int32_t mtu;
	uint64_t received;
	struct nd_rtt_acc rtt;
	struct nd_trace_flows flows;
	uint32_t labels[ND_TRACE_LABELS]; /* as on the wire, RFC 3032 */
	uint32_t ifindex, ifmtu;
	struct nd_addr ifaddr;
	char ifname[ND_EXT_NAME + 1];
};

/* Two vertices that one flow has met, one after the other. */
struct nd_trace_edge {
	uint16_t from, to;
	uint16_t next; /* that starts at the same TTL, or ND_TRACE_NOBODY */
	struct nd_trace_flows flows;
};

/* All that is counted of a TTL. */
struct nd_trace_row {
	uint64_t sent, received, late, errors, send_errors;
	uint32_t in_flight;
	uint16_t first_vertex, last_vertex, vertices;
	uint16_t first_edge;
};

/* How far a flow has come in this cycle. */
struct nd_trace_way {
	uint8_t top; /* the highest TTL that answered; 0: none */
	uint8_t end; /* the lowest TTL that asks no further; 0: none known */
	uint8_t why; /* enum nd_trace_end of it */
	uint8_t refused; /* in a row, by the local host */
};

/* Who answered a probe: for what is done in the order of sending. */
struct nd_trace_heard {
	uint32_t number; /* low bits of the probe's */
	uint16_t vertex;
	bool destination;
};

/* What is to be asked. */
struct nd_trace_ask {
	unsigned ttl, flow; /* flow from 0 */
};

struct nd_trace {
	struct nd_task task; /* first: freed through it */
	const struct nd_trace_profile *profile;
	void *user;
	struct nd_addr from;
	int64_t routed_ns;     /* when `from` was found; -1: never */
	struct nd_probe *door; /* UDP: finds the trace by its address */
	uint32_t serial; /* among the tasks of the context: keys the tags */
	uint16_t tag;	 /* the last 16-bit one */
	bool pathless;	 /* a flow is not kept: one socket a probe */
	bool own_header; /* IP headers are ours: the context has raw sockets */
	uint32_t *isns;	 /* [flows]; TCP: sequence numbers given out */

	/* The graph: trace_graph.c. Room is made before a probe is sent. */
	struct nd_trace_row *rows; /* [profile->max + 1], by TTL */
	struct nd_trace_vertex *vertices;
	struct nd_trace_edge *edges;
	struct nd_trace_heard *heard; /* [ND_TRACE_HEARD], by number */
	uint32_t vertex_count, vertex_room, edge_count, edge_room;
	uint32_t expired;	/* probes that may still be answered */
	uint32_t spare_samples; /* room for RTTs in those that are new */

	/* This cycle. */
	struct nd_trace_cell *cells;	  /* [(profile->max + 1) * flows] */
	struct nd_trace_way *ways;	  /* [flows] */
	uint64_t cycle;			  /* from 1 */
	uint64_t first_number;		  /* of its probes */
	uint64_t starts[ND_TRACE_STARTS]; /* that, by cycle % STARTS */
	int64_t due_ns;			  /* when it was to begin */
	int64_t sent_ns;		  /* last departure; -1: none */
	int64_t heard_ns;		  /* last answer or departure of news */
	int64_t largest_ns;		  /* RTT; -1: none, of all cycles */
	int64_t arrived_ns;   /* largest RTT of the destination, or -1 */
	unsigned top;	      /* the highest TTL that answered */
	unsigned arrived;     /* the lowest at which a flow arrived; 0 */
	unsigned scout;	      /* the first flow that has no end yet */
	unsigned known;	      /* the end of the way, by earlier cycles */
	bool last_asked;      /* the probe past the gap */
	bool past_gap;	      /* it was answered: the gap is no end */
	bool over;	      /* waits for the next cycle */
	struct nd_mtu *sizes; /* ND_TRACE_F_MTU, or NULL */
	uint64_t first_size;  /* number of its first probe */
	uint32_t payload;     /* of the next probe */
	bool sizing;	      /* all else is done */
	bool size_awaited;
	struct nd_mda *mda; /* or NULL */
	uint32_t silent;    /* all paths: cells to be asked again */
	unsigned told;	    /* HOP_DONE, up to this TTL */
	bool held;	    /* ASK was chosen, and has not left yet */
	struct nd_trace_ask ask;

	/* What is known in the end. */
	bool reached, path_done, has_path, loss_uncertain;
	uint8_t end; /* enum nd_trace_end */
	uint8_t exactness;
	unsigned hops, shown, paths, black_hole;
	int mtu;
	uint64_t sized; /* probes of other sizes */
	uint64_t path, cycles;
	uint64_t duplicates, invalid, received, errors, late, send_errors;
	struct nd_rtt_acc rtt; /* of the destination */
	int64_t first_ns, last_ns;
};

/* nd_probe.note: its TTL and its flow, from 0. */
static inline unsigned
nd_trace_ttl_of(const struct nd_probe *p)
{
	return p->note & 0xffu;
}

static inline unsigned
nd_trace_flow_of(const struct nd_probe *p)
{
	return p->note >> 8;
}

/* FLOW from 0. */
static inline struct nd_trace_cell *
nd_trace_cell_at(const struct nd_trace *trace, unsigned ttl, unsigned flow)
{
	return &trace->cells[ttl * trace->profile->flows + flow];
}

static inline bool
nd_trace_is_answered(const struct nd_trace_cell *cell)
{
	return cell->state >= ND_CELL_HOP;
}

/* ---- trace.c ----------------------------------------------------------------
 */

/* UDP answers are not found any more. */
void nd_trace_shut(struct nd_trace *trace);

/* ---- trace_packet.c: bytes and tags -------------------------------------- */

/* What one probe is made of. */
struct nd_trace_make {
	unsigned flow; /* from 0 */
	uint32_t tag;  /* of nd_shot */
	uint16_t ip_id;
	uint32_t flow_label;
	size_t len; /* of what is in ctx->tx */
};

/*
 * The next probe of FLOW, with a tag that is free, into the buffer of the
 * context. 0, or -EAGAIN where no tag is.
 */
int nd_trace_build(
    struct nd_trace *trace, unsigned flow, struct nd_trace_make *ret);
/*
 * The destination port of probe NUMBER: as the first traceroutes did, it goes
 * up with each one, if it is CLASSIC.
 */
uint16_t nd_trace_port(const struct nd_trace *trace, uint64_t number);
/* How many bytes of payload a probe has at least. */
uint32_t nd_trace_least_payload(enum nd_trace_method method);
/*
 * Whether what came back from probe P, as quoted by A, is ours as far as it was
 * quoted; sets *REWRITTEN where a translator has changed it.
 */
bool nd_trace_check_quote(const struct nd_trace *trace,
    const struct nd_probe *p, const struct nd_answer *a, bool *rewritten);
/* Whether the payload of an echo reply is that of P. */
bool nd_trace_check_echo(const struct nd_trace *trace, const struct nd_probe *p,
    const struct nd_answer *a);
/* Whether A quotes enough of the payload to prove that it is P's. */
bool nd_trace_proves(
    struct nd_task *task, const struct nd_probe *p, const struct nd_answer *a);

/* ---- trace_graph.c: who answered ------------------------------------------
 */

/* Room for the answers to all that is in flight and one more. 0 or -ENOMEM. */
int nd_trace_reserve(struct nd_trace *trace, unsigned ttl);
/*
 * ADDR has answered at TTL to FLOW: its vertex, made if it is new; NULL where
 * it has no room any more.
 */
struct nd_trace_vertex *nd_trace_note(struct nd_trace *trace, unsigned ttl,
    unsigned flow, const struct nd_addr *addr);
/* The cell of TTL and FLOW was answered: links it with its neighbours. */
void nd_trace_join(struct nd_trace *trace, unsigned ttl, unsigned flow);
/* Forgets the edges that start at TTL. */
void nd_trace_clear_edges(struct nd_trace *trace, unsigned ttl);
/* Adds one of FLOWS, not while something is received. 0 or -ENOMEM. */
int nd_trace_add_edge(struct nd_trace *trace, unsigned ttl, uint16_t from,
    uint16_t to, const struct nd_trace_flows *flows);
void nd_trace_free_graph(struct nd_trace *trace);
/* The cycle is over: path and paths, if it was the first. */
void nd_trace_judge_paths(struct nd_trace *trace);

/* ---- trace_read.c -----------------------------------------------------------
 */

/*
 * How far away somebody is whose packets arrive with TTL: they began with one
 * of the usual 64, 128 and 255; a neighbour is one hop away. -1: not known.
 */
int nd_trace_hops_of(int ttl);

/* ---- trace_task.c: the state machine --------------------------------------
 */

extern const struct nd_task_ops nd_trace_ops;

struct nd_trace_event nd_trace_event_of(
    struct nd_trace *trace, enum nd_trace_status status);
/* True while the diagnostic goes on: the callback may have ended it. */
bool nd_trace_emit(struct nd_trace *trace, const struct nd_trace_event *e);
struct nd_trace_event nd_trace_event_of_probe(struct nd_trace *trace,
    enum nd_trace_status status, const struct nd_probe *p);
/*
 * Something was decided: tells the hops that are final, begins the next cycle
 * or ends, or else has the task wake up when there is something to do.
 */
void nd_trace_go_on(struct nd_trace *trace);

/* The cell of TTL and FLOW, which was asked, is given up. */
void nd_trace_silence(struct nd_trace *trace, unsigned ttl, unsigned flow);
/* No more is awaited: what is not in flight gets its turn in the order. */
void nd_trace_settle(struct nd_trace *trace);
/* It is stopped in the middle of a cycle: what is known of that counts. */
void nd_trace_close(struct nd_trace *trace);

/* ---- trace_answer.c: what comes back ---------------------------------------
 */

bool nd_trace_on_reply(
    struct nd_task *task, struct nd_probe *p, const struct nd_answer *answer);
void nd_trace_on_error(
    struct nd_task *task, struct nd_probe *p, const struct nd_answer *answer);

/* ---- Strategies ------------------------------------------------------------
 */

/* trace_plan.c. True: ASK it now. False: *WAKE_NS, or INT64_MAX: nothing
 * before something is decided. May hasten probes in flight. */
bool nd_trace_plan_next(struct nd_trace *trace, int64_t now_ns,
    struct nd_trace_ask *ask, int64_t *wake_ns);
/* Whether the cycle is over, and why. */
bool nd_trace_plan_done(struct nd_trace *trace, enum nd_trace_end *end);
/* Whether nothing will be asked of TTL any more, and all is decided. */
bool nd_trace_plan_final(const struct nd_trace *trace, unsigned ttl);
/* The last TTL that belongs to the way of some flow, as far as it is known. */
unsigned nd_trace_plan_end(const struct nd_trace *trace);
/* How long a probe that leaves now may take. */
int64_t nd_trace_plan_timeout(const struct nd_trace *trace);
/* A probe was answered (or refused): how far its flow has come. */
void nd_trace_plan_heard(struct nd_trace *trace, unsigned ttl, unsigned flow);

/* trace_mtu.c: after the last cycle. 0 or -ENOMEM. */
int nd_trace_sizes_new(struct nd_trace *trace);
void nd_trace_sizes_begin(struct nd_trace *trace);
/* False: all is known. */
bool nd_trace_sizes_next(struct nd_trace *trace, struct nd_trace_ask *ask);
/* P was answered by A; NULL: it was not. */
void nd_trace_sizes_heard(struct nd_trace *trace, const struct nd_probe *p,
    const struct nd_answer *a);
void nd_trace_sizes_refused(struct nd_trace *trace);
void nd_trace_sizes_end(struct nd_trace *trace);

static inline bool
nd_trace_is_size(const struct nd_trace *trace, const struct nd_probe *p)
{
	return trace->sizing && nd_probe_number(p) >= trace->first_size;
}

/* trace_paths.c: the same for all paths. */
bool nd_trace_paths_next(struct nd_trace *trace, struct nd_trace_ask *ask);
bool nd_trace_paths_done(const struct nd_trace *trace, enum nd_trace_end *end);
/*
 * All is asked: makes the edges of what was not sent all the way, since another
 * flow has shown it. Not while something is received.
 */
void nd_trace_paths_close(struct nd_trace *trace);
/* It was answered after it was given up. */
void nd_trace_paths_late(struct nd_trace *trace, unsigned ttl, unsigned flow);
/* The cell of TTL and FLOW was decided. */
void nd_trace_paths_heard(struct nd_trace *trace, unsigned ttl, unsigned flow);

#endif
