/* SPDX-License-Identifier: MIT */
/*
 * report_text_table.h: the table of many targets: a row for each, the columns
 * that the terminal has room for.
 */
#ifndef CMD_REPORT_TEXT_TABLE_H
#define CMD_REPORT_TEXT_TABLE_H

#include "report_text.h"

#define TEXT_COLUMNS 16 /* most of a table, that of the names not counted */

struct text_column {
	const char *head;
	size_t width; /* the blank before it included */
	bool left;    /* flush left: words */
};

struct text_table {
	const struct text_column *columns;
	size_t ncolumns; /* up to TEXT_COLUMNS */
	/*
	 * In this order columns are given up on a narrow terminal: the first
	 * NKEEP so that names stay whole, the others before they are too short.
	 */
	const unsigned *least;
	size_t nleast, nkeep;
};

/* What of a table fits. */
struct text_layout {
	size_t name;  /* width of the first column */
	size_t width; /* of all columns */
	bool cut;     /* the name may be longer than that */
	bool shown[TEXT_COLUMNS];
};

void text_layout(const struct text_table *table, const struct report_opts *opts,
    struct text_layout *ret);
/* The terminal shows ^C where the table is about to begin. */
void text_interrupted(struct text_report *text, enum report_reason reason);
/*
 * Begins a row: the head of the table before the first, then the name. For each
 * column that is shown a text_cell() follows.
 */
void text_row(struct text_report *text, const struct report_target *target,
    const struct text_table *table, const struct text_layout *layout);
/* CELL, ASCII, is emptied. COLOR: NULL for none. */
void text_cell(struct buf *line, const struct text_column *column,
    struct buf *cell, const char *color);
/*
 * Ends a row of numbers. NOTE, ASCII, is what has no column: behind the
 * numbers, or below them where the terminal is too narrow. It is freed.
 */
void text_row_note(struct text_report *text, const struct text_layout *layout,
    struct buf *note);
/* Ends a row, of which COLUMN columns are taken, with a message. */
void text_row_message(
    struct text_report *text, size_t column, const char *message);
/*
 * The line over all, ASCII: two clauses, in two lines or more where the
 * terminal is too narrow for one. They are freed.
 */
void text_over_all(
    struct text_report *text, struct buf *targets, struct buf *packets);

/* "3 over --max-loss 5%, 1 over --max-rtt 10ms": ", " before each. */
void text_over_limits(struct buf *line, const struct report_opts *opts,
    const struct report_end *end);
/* "over --max-loss, over --max-rtt", "3 late, 2 send errors" of a row. */
void text_note_goal(struct buf *note, const struct report_counts *counts,
    const struct text_goal *goal);
void text_note_counts(struct buf *note, const struct report_counts *counts);

/* Members of struct report_ops. */
void text_table_begin(
    struct report *report, const struct report_run *run, int64_t now_ns);

#endif
