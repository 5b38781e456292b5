/* SPDX-License-Identifier: MIT */
/*
 * report_text.h: what the text reports of all commands share: the line that is
 * being written, and its parts.
 */
#ifndef CMD_REPORT_TEXT_H
#define CMD_REPORT_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "report.h"

#define TEXT_TOLD 16  /* different send errors that are told once each */
#define TEXT_STATES 3 /* of a port */

struct text_report {
	struct report head;
	struct buf line;     /* what is being written */
	const char *mode;    /* of begin */
	int told[TEXT_TOLD]; /* send errors that stderr knows already */
	size_t ntold;
	int hinted[TEXT_TOLD]; /* those whose hint it knows */
	size_t nhinted;
	bool lines;  /* something was printed before the table */
	bool header; /* the head of the table was printed */
	/* ping */
	uint64_t decided; /* bit: seq % 64 was answered or failed */
	/* knock */
	uint64_t rows[TEXT_STATES]; /* that ended so: enum nd_knock_state */
	uint64_t unexpected;	    /* rows in another state than --expect */
	bool rst_lost;		    /* stderr knows it already */
	int syn_ack_ttl, rst_ttl;   /* of the last of them, or 0 */
};

/* What a target was held against. */
struct text_goal {
	bool over_loss, over_rtt;
	int64_t judged_rtt_ns; /* or -1 */
};

/* A report with OPS. PORTS: a target is a port. -ENOMEM. */
int text_report(struct report **ret, const struct report_opts *opts,
    const struct report_ops *ops, bool ports);
struct text_report *text_self(struct report *report);
/* Empties `line`; with --timestamps it begins with the time. */
struct buf *text_line(struct text_report *text, int64_t now_ns);
/* With --verbose, for stderr: the kind of the socket and the source. */
void text_set_up(struct text_report *text, const struct report_start *start);
/* Hands `line` to the output. */
void text_flush(struct text_report *text);

/* The target's name as typed, or its address; filtered. */
void text_name(struct buf *line, const struct report_target *target);
/* The same with its port, if it has one: "NAME:443", "[2001:db8::1]:443". */
void text_name_port(struct buf *line, const struct report_target *target);
/* "NAME (ADDR)", or "ADDR" where NAME is NULL; filtered. */
void text_who(struct buf *line, const char *name, const char *addr);
/* 100 * PART / WHOLE with at most three decimals; never 0 or 100 by rounding.
 */
void text_loss(struct buf *line, uint64_t part, uint64_t whole);

/*
 * "1 late", "2 send errors": N and WHAT, with an s where N is not 1 and PLURAL
 * is set. Nothing if N is 0; ", " before it if LINE is longer than FROM.
 */
void text_count(
    struct buf *line, size_t from, uint64_t n, const char *what, bool plural);
/* "--max-loss 5%", "--max-rtt 10ms". */
void text_max_loss(struct buf *line, const struct report_opts *opts);
void text_max_rtt(struct buf *line, const struct report_opts *opts);
/*
 * Appends TEXT, LEN bytes of ASCII of which COLUMN columns of the line are
 * taken, in as many lines as COLUMNS (0: any) ask for: broken behind a comma or
 * a semicolon, the further ones indented by INDENT.
 */
void text_wrap(struct buf *line, const char *text, size_t len, size_t column,
    size_t columns, size_t indent);
/*
 * Appends NAME, filtered, in exactly WIDTH columns. Where it is wider its
 * middle gives way to "..." (an ellipsis with UTF8): names and addresses differ
 * at their ends.
 */
void text_middle(struct buf *line, const char *name, size_t width, bool utf8);
/* "local drops: 12, so the loss is uncertain": nothing if DROPS is 0. */
void text_drops(struct buf *line, uint64_t drops);

/* ---- report_text_stats.c ---- */

/* " time=0.045 ms" with as many digits as ping(8) shows; nothing if < 0. */
void text_time(struct buf *line, int64_t rtt_ns);
/* With three decimals and without a unit, or "-" if < 0. */
void text_ms(struct buf *line, int64_t ns);
/* "min/avg/max = 0.045/0.049/1.235 ms" */
void text_min_avg_max(
    struct buf *line, int64_t min_ns, int64_t avg_ns, int64_t max_ns);
/* The line of --every. STATE: a word, or NULL. */
void text_interim(struct text_report *text, const struct report_target *target,
    const char *state, const struct report_counts *counts,
    const struct nd_rtt *rtt, int64_t now_ns);
/* "rtt min/avg/max/mdev = ... ms", without an end of line. */
void text_rtt(struct buf *line, const struct nd_rtt *rtt);
/* "p50/p95/p99/jitter = ... ms" and its end; nothing below two samples. */
void text_percentiles(struct buf *line, const struct nd_rtt *rtt);
/* " (2 checksum, 1 tag)": invalid packets of the run. */
void text_reasons(struct buf *line, const struct nd_ctx_stats *ctx);
/*
 * "failed: 25% loss (--max-loss 5%), p95 12.345 ms (--max-rtt 10ms)"; "90% loss
 * with send errors" where other lines leave these out. Nothing where it is
 * within both.
 */
void text_over(struct text_report *text, const struct report_counts *counts,
    const struct nd_rtt *rtt, const struct text_goal *goal);
/* "9 sent, 3 received, 66.667% loss, 1 late, 2.003 s" */
void text_packets(struct buf *line, const struct report_end *end);

/* ---- report_text_send.c ---- */

/* What to look at when ERR, of send(2), came; nothing where nothing is known.
 */
void text_send_hint(
    struct buf *hint, const struct report_target *target, int err);
/*
 * Whether ERR is to be told: each once; with ONE (target) until something was
 * sent again (`ntold` is 0 then).
 */
bool text_send_news(struct text_report *text, int err, bool one);
/* Tells it; HINT once a run. The three are freed. */
void text_send_warn(struct text_report *text, int err, struct buf *subject,
    struct buf *cause, struct buf *hint);

/* ---- Members of struct report_ops; text_quiet_... print nothing ---- */

void text_quiet_start(struct report *report, const struct report_target *target,
    const struct report_start *start, int64_t now_ns);
void text_quiet_error(struct report *report, const struct report_target *target,
    const struct report_error *error, int64_t now_ns);
void text_quiet_end(
    struct report *report, const struct report_end *end, int64_t now_ns);
void text_free(struct report *report);

#endif
