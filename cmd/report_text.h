/* SPDX-License-Identifier: MIT */
/*
 * report_text.h: what the text reports share among themselves: one target as
 * ping(8) shows it, many with a table, or the mere names of --alive, --down.
 */
#ifndef CMD_REPORT_TEXT_H
#define CMD_REPORT_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "report.h"

#define TEXT_TOLD 16 /* different send errors that are told once each */

struct text_report {
	struct report head;
	struct buf line;     /* what is being written */
	const char *mode;    /* of begin */
	int told[TEXT_TOLD]; /* send errors that stderr knows already */
	size_t ntold;
	int hinted[TEXT_TOLD]; /* those whose hint it knows */
	size_t nhinted;
	uint64_t decided; /* bit: seq % 64 was answered or failed */
	bool lines;	  /* something was printed before the table */
	bool header;	  /* the head of the table was printed */
};

extern const struct report_ops report_text_one_ops;
extern const struct report_ops report_text_many_ops;
extern const struct report_ops report_text_names_ops;

struct text_report *text_self(struct report *report);
/* Empties `line`; with --timestamps it begins with the time. */
struct buf *text_line(struct text_report *text, int64_t now_ns);
/* Hands `line` to the output. */
void text_flush(struct text_report *text);

/* The target's name as typed, or its address; filtered. */
void text_name(struct buf *line, const struct report_target *target);
/* "NAME (ADDR)", or "ADDR" where NAME is NULL; filtered. */
void text_who(struct buf *line, const char *name, const char *addr);
/* 100 * PART / WHOLE with at most three decimals; never 0 or 100 by rounding.
 */
void text_loss(struct buf *line, uint64_t part, uint64_t whole);

/* What all forms do with an event; ONE: as ping(8), else with the target. */
void text_probe(struct text_report *text, const struct report_target *target,
    const struct nd_ping_event *event, const char *name, bool one,
    int64_t now_ns);
/* The line of --every. */
void text_interim(struct text_report *text, const struct report_target *target,
    const struct nd_ping_stats *stats, int64_t now_ns);
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
/* Who answered to a broadcast or multicast. */
void text_senders(struct buf *line, const struct report_summary *summary);
/* "local drops: 12, so the loss is uncertain": nothing if DROPS is 0. */
void text_drops(struct buf *line, uint64_t drops);
void text_free(struct report *report);

#endif
