/* SPDX-License-Identifier: MIT */
/*
 * The simulation: packets in, answers out when they are due, all without I/O
 * and over the caller's clock. One thread.
 */
#ifndef NETSIM_SIM_H
#define NETSIM_SIM_H

#include "fate.h"
#include "halfopen.h"
#include "sched.h"
#include "topo.h"
#include "truth.h"
#include "walk.h"

#define NS_MAX_PACKET 65536u
#define NS_SMALL 160u /* answers up to this many bytes need no malloc() */

enum ns_kind {
	NS_ECHO_REPLY,
	NS_UDP_REPLY,
	NS_SYN_ACK,
	NS_SYN_ACK_AGAIN,
	NS_CHALLENGE_ACK,
	NS_RST,
	NS_FIN_ACK,
	NS_TTL_EXCEEDED,
	NS_UNREACHABLE,
	NS_TOO_BIG,
	NS_PARAMETER,
	NS_REDIRECT,
	NS_OTHER_ERROR,
	NS_KINDS,
};

enum ns_lost {
	NS_LOST_NOT,
	NS_LOST_LOSS,
	NS_LOST_DOWN,
	NS_LOST_TTL,
	NS_LOST_MTU,
};

/* What a TCP segment says but for ports, flags and acknowledgment. */
struct ns_segment_said {
	bool ts, sack;
	int wscale;	      /* -1: not said */
	uint16_t mss, window; /* mss 0: not said */
	uint32_t seq, tsecr;
};

/* What an ICMP error says: of the packet that it quotes, and in extensions. */
struct ns_error_said {
	bool quotes, interface;
	uint8_t ttl, tos;
	uint8_t n_labels;
	struct ns_label label[NS_MAX_LABELS];
};

/* A packet to the client, made and not yet logged. */
struct ns_answer {
	struct ns_answer *next; /* of the same record; or in the free list */
	struct ns_record *record;
	enum ns_kind kind;
	enum ns_hostile_kind hostile;
	enum ns_lost lost;
	uint32_t by;	  /* router, or NS_NONE: the host by_addr */
	uint32_t lost_by; /* router, or NS_NONE: the last link's host */
	struct ns_addr by_addr, from;
	int64_t due, out; /* out: -1 until it is written */
	uint32_t copy;
	bool forged, corrupt, icmp, tcp;
	uint8_t icmp_type, icmp_code, tcp_flags, ttl, tos;
	uint32_t mtu, tcp_ack;
	size_t len;
	uint8_t *bytes; /* `small`, or from malloc(); freed when written */
	uint8_t small[NS_SMALL];
	struct ns_segment_said segment; /* where `tcp` */
	struct ns_error_said error;	/* of errors */
};

/* What came, what became of it, and the answers: a line of the truth log. */
struct ns_record {
	struct ns_record *next_free;
	uint64_t id, of; /* of != 0: a server's SYN-ACK by its timer */
	int64_t t_in;
	uint64_t flow;
	uint32_t n;
	struct ns_packet pkt; /* as it came; `data` is not to be used */
	uint8_t l4[16];
	uint8_t n_l4;
	bool has_tsval;
	uint32_t tsval;
	uint16_t path[NS_MAX_PATH];
	unsigned n_path;
	uint32_t fragmented; /* by this router first, or NS_NONE */
	uint32_t host;	     /* or NS_NONE */
	enum ns_why why;
	struct ns_answer *first, *last;
	uint32_t n_answers, pending;
	bool open; /* more answers may come */
};

struct ns_counts {
	uint64_t in, ignored, out, lost, write_errors, records, no_memory;
};

struct ns_sim {
	struct ns_topo topo;
	struct ns_keyed flows;	/* packets */
	struct ns_keyed limits; /* rate limits */
	struct ns_sched sched;
	struct ns_halves halves;
	struct ns_truth *truth; /* borrowed; NULL: no log */
	struct ns_counts counts;
	struct ns_late late;
	struct ns_answer *free_answers;
	struct ns_record *free_records;
	struct ns_clones clones;
	bool started;
	int64_t start; /* when the first packet came */
	uint32_t next_event;
	uint8_t draft[NS_MAX_PACKET], quote[NS_MAX_PACKET];
};

/* TOPO is moved into SIM; TRUTH is borrowed. */
void ns_sim_init(
    struct ns_sim *sim, struct ns_topo *topo, struct ns_truth *truth);
void ns_sim_free(struct ns_sim *sim);

/*
 * A packet that came at NOW. DATA, LEN bytes from the IP header on, is changed
 * and not kept.
 */
void ns_sim_receive(struct ns_sim *sim, uint8_t *data, size_t len, int64_t now);

/* When something is to be done next; INT64_MAX: nothing. */
int64_t ns_sim_next(const struct ns_sim *sim);

/*
 * Lets all happen that is due at NOW, up to the next answer to be written:
 * returned, or NULL where there is none any more. The caller writes its bytes,
 * then calls ns_sim_written() with the time right before that, or with -1 if
 * it could not be written.
 */
struct ns_answer *ns_sim_due(struct ns_sim *sim, int64_t now);
void ns_sim_written(struct ns_sim *sim, struct ns_answer *answer, int64_t out);

/* The run is over: logs what is left, topology, graphs and summary. */
void ns_sim_end(struct ns_sim *sim, uint64_t dropped_in);

/* For the files of answers: a new one in RECORD; NULL: no memory. */
struct ns_answer *ns_sim_answer(struct ns_sim *sim, struct ns_record *record);
struct ns_record *ns_sim_record(struct ns_sim *sim);
/* No more answers will be added: logged once all are out. */
void ns_sim_close(struct ns_sim *sim, struct ns_record *record);

#endif
