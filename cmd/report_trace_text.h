/* SPDX-License-Identifier: MIT */
/*
 * report_trace_text.h: the parts of trace's text: a line a hop and address, the
 * table of several cycles, the graph of --mda, and the last sentence. All of
 * them append to the line of a struct trace_text, from a struct
 * report_trace_view.
 */
#ifndef CMD_REPORT_TRACE_TEXT_H
#define CMD_REPORT_TRACE_TEXT_H

#include "report_text.h"
#include "report_trace.h"
#include "report_trace_view.h"

/* ---- The RTT of each probe: report_trace_text_rtts.c --------------------- */

/* What became of the probe of a flow to a TTL. */
struct trace_rtt {
	uint8_t ttl, flow;
	bool answered, late; /* neither: lost */
	uint8_t addr[16];    /* who answered */
	int64_t rtt_ns;
};

/* Those of one target. */
struct trace_rtts {
	struct trace_rtts *next;
	char *key;
	unsigned users; /* rows of that name and address */
	struct trace_rtt *list;
	size_t n, cap;
};

/* Those of all targets that have not ended: a hash table. */
struct trace_rtts_table {
	struct trace_rtts **buckets;
	size_t nbuckets, n;
};

/* One more row of TARGET begins. -ENOMEM. */
int trace_rtts_begin(
    struct trace_rtts_table *table, const struct report_target *target);
/* Takes in EVENT, whatever it is. -ENOMEM; nothing for an unknown target. */
int trace_rtts_add(struct trace_rtts_table *table,
    const struct report_target *target, const struct nd_trace_event *event);
/* Or NULL. */
const struct trace_rtts *trace_rtts_of(
    const struct trace_rtts_table *table, const struct report_target *target);
/* The row is over. */
void trace_rtts_end(
    struct trace_rtts_table *table, const struct report_target *target);
void trace_rtts_free(struct trace_rtts_table *table);
/* The answer of ADDR to FLOW at TTL, or NULL. RTTS may be NULL. */
const struct trace_rtt *trace_rtt_answer(const struct trace_rtts *rtts,
    unsigned ttl, unsigned flow, const struct sockaddr_storage *addr);
/* Whether FLOW was asked at TTL, and nobody answered. */
bool trace_rtt_lost(const struct trace_rtts *rtts, unsigned ttl, unsigned flow);

/* ---- The report ---------------------------------------------------------- */

#define TRACE_FLOW_COLUMNS 8 /* flows that get a column each, at most */

/* Lines of hops, as far as they are told: they come one by one. */
struct trace_lines {
	size_t who;    /* width of the column of addresses */
	bool by_flow;  /* a column a flow, else min, avg, max */
	bool head;     /* the head was told */
	unsigned told; /* up to this TTL */
	unsigned silent,
	    silent_to; /* a run of silent hops not told yet, or 0 */
	int tos;       /* what arrived at the last hop */
	bool nat;      /* a translator was seen */
	uint16_t nodes[ND_TRACE_TTL_MAX + 1]; /* told of each TTL */
};

struct trace_text {
	struct text_report text; /* first */
	struct trace_rtts_table rtts;
	struct trace_lines lines; /* with one target */
	bool blocks;		  /* something stands above */
	bool interrupted; /* the line of the ^C of a terminal is ended */
	uint64_t reached, not_reached; /* with several targets */
};

struct trace_text *trace_text_self(struct report *report);

/* What is drawn. */
struct trace_draw {
	struct trace_text *self;
	const struct report_target *target;
	const struct report_trace_summary *summary;
	const struct report_trace_view *view; /* may be some of the hops */
	const struct trace_rtts *rtts;	      /* or NULL */
};

/* ---- Addresses: report_trace_text_who.c ---------------------------------- */

/* How wide the column of the TTLs is, blanks included. */
size_t trace_ttl_width(const struct report_opts *opts);
/*
 * Appends "NAME (ADDR) [AS64500]" in at most MAX columns (0: any): what is too
 * much is taken from the name. Returns its width.
 */
size_t trace_who(const struct trace_draw *draw, struct buf *line,
    const struct sockaddr_storage *addr, size_t max);
/* The widest of the view's. */
size_t trace_who_widest(const struct trace_draw *draw);
/*
 * Appends an address, to WIDTH columns, of a line with COLUMN columns so far on
 * which REST more follow. Where that is too much for the terminal, what follows
 * goes to a further line. Returns in which column it ends.
 */
size_t trace_who_column(const struct trace_draw *draw,
    const struct sockaddr_storage *addr, size_t column, size_t width,
    size_t rest);

/* ---- What is peculiar: report_trace_text_notes.c ------------------------- */

bool trace_flow_in(const struct nd_trace_flows *flows, unsigned flow);
unsigned trace_flow_count(const struct nd_trace_flows *flows);
/* "1-4,7" */
void trace_flow_list(struct buf *line, const struct nd_trace_flows *flows);
/* Appends ", " where NOTE is not empty, then WORDS. */
void trace_note(struct buf *note, const char *words);
/* Notes on a node; LINES remembers what was told already. */
void trace_note_node(const struct trace_draw *draw, struct trace_lines *lines,
    struct buf *note, const struct nd_trace_node *node);
/* Notes on a hop as a whole. */
void trace_note_hop(struct buf *note, const struct nd_trace_hop *hop);
/*
 * Ends a line, of which COLUMN columns are taken: with the node's mark (NULL:
 * no node) and with NOTE, on further lines, indented, where the terminal is too
 * narrow. NOTE is freed.
 */
void trace_note_end(const struct trace_draw *draw, size_t column, size_t indent,
    const struct nd_trace_node *node, struct buf *note);

/* ---- Lines: report_trace_text_lines.c ------------------------------------ */

void trace_lines_init(struct trace_lines *lines, const struct report_opts *opts,
    int af, bool has_rtts);
/* Appends those of HOP from its node FROM on, unless it is silent. */
void trace_lines_hop(const struct trace_draw *draw, struct trace_lines *lines,
    const struct report_trace_view_hop *hop, size_t from);
/* The same of the whole view, as far as it was not told. */
void trace_lines_all(const struct trace_draw *draw, struct trace_lines *lines);

/* ---- Tables, graphs, sentences ------------------------------------------- */

/* The statistics of each hop and address. */
void trace_table(const struct trace_draw *draw);
/* All paths as branches, and the diamonds that they make. */
void trace_graph(const struct trace_draw *draw);
/* What is rare, or asked for, about the whole: lines before the sentence. */
void trace_facts(const struct trace_draw *draw);
/*
 * "reached 192.0.2.8 in 7 hops, 12.3 ms", "not reached: silent after hop 5
 * (198.51.100.7)"; the address of the target only with ADDR. No end of line.
 */
void trace_verdict(const struct trace_draw *draw, bool addr);
/* Three digits, as ping(8): "0.412 ms", "12.3 ms". */
void trace_ms(struct buf *line, int64_t ns);

/* ---- What the members of struct report_trace_ops draw with a view -------- */

void trace_text_hop(const struct trace_draw *draw, int64_t now_ns);
void trace_text_interim(const struct trace_draw *draw, int64_t now_ns);
void trace_text_summary(const struct trace_draw *draw, int64_t now_ns);

#endif
