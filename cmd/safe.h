/* SPDX-License-Identifier: MIT */
/*
 * safe.h: the one filter for text from afar (names, targets, messages) on its
 * way to a terminal or a file: control bytes, escape sequences, C1 and bidi
 * controls and invalid UTF-8 come out as \xNN, byte by byte.
 */
#ifndef CMD_SAFE_H
#define CMD_SAFE_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

/* Appends STR filtered. */
void safe_str(struct buf *buf, const char *str);
/* How many columns safe_str(STR) takes on a terminal. */
size_t safe_width(const char *str);
/*
 * Appends STR filtered and padded to exactly WIDTH columns. Where it is wider:
 * with CUT it is cut and ends in "~" (or an ellipsis with UTF8), else it
 * stays whole.
 */
void safe_column(
    struct buf *buf, const char *str, size_t width, bool cut, bool utf8);

#endif
