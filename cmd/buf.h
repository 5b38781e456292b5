/* SPDX-License-Identifier: MIT */
/*
 * buf.h: a growable byte buffer and the number formatting of all reports.
 *
 * Nothing here looks at the locale, and no floating point number is printed.
 * A failed allocation is remembered (`failed`); from then on appending does
 * nothing, so that a caller checks once, at the end.
 */
#ifndef CMD_BUF_H
#define CMD_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	char *data; /* not terminated; NULL while nothing was appended */
	size_t len, cap;
	bool failed;
};
#define BUF_INIT                                                               \
	{                                                                      \
		NULL, 0, 0, false                                              \
	}

/* Frees what it holds; it may be used again. */
void buf_free(struct buf *buf);
/* Empties it and keeps the memory. */
void buf_reset(struct buf *buf);
/* Room for N more bytes, to be written at the result, then added to `len`. */
char *buf_room(struct buf *buf, size_t n);

void buf_add(struct buf *buf, const char *bytes, size_t n);
void buf_str(struct buf *buf, const char *str);
void buf_char(struct buf *buf, char c);
/* N times C. */
void buf_fill(struct buf *buf, char c, size_t n);

void buf_u64(struct buf *buf, uint64_t value);
void buf_i64(struct buf *buf, int64_t value);
/* With leading zeros to at least WIDTH digits. */
void buf_u64_zero(struct buf *buf, uint64_t value, unsigned width);
/* With leading zeros, lower case. */
void buf_hex(struct buf *buf, uint64_t value, unsigned width);

/* NS in ms: up to six decimals, trailing zeros cut ("1.5", "0.045", "2"). */
void buf_ms(struct buf *buf, int64_t ns);
/* NS in ms with three decimals, rounded. */
void buf_ms3(struct buf *buf, int64_t ns);
/* NS in s: up to six decimals, trailing zeros cut. */
void buf_sec(struct buf *buf, int64_t ns);

/* 100 * PART / WHOLE: rounded to DECIMALS (0..6), trailing zeros cut. */
void buf_pct(struct buf *buf, uint64_t part, uint64_t whole, unsigned decimals);
/* The same as ping(8) prints it: the nearest float with printf()'s %g. */
void buf_pct_g(struct buf *buf, uint64_t part, uint64_t whole);

/*
 * Pads what was appended since LEN was FROM with blanks, to the right edge of
 * a column WIDTH wide (right) or to its left edge. Counts bytes: for ASCII.
 */
void buf_pad_left(struct buf *buf, size_t from, size_t width);
void buf_pad_right(struct buf *buf, size_t from, size_t width);

#endif
