/* SPDX-License-Identifier: MIT */
/*
 * opt_error.c: what a usage error says: its texts, made safe to show, and the
 * word that was probably meant.
 */
#include "buf.h"
#include "opt.h"
#include "safe.h"
#include "utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define WORD_MAX 48 /* longer words are like no option */

int
opt_error_set(
    struct opt_error *err, const char *subject, const char *format, ...)
{
	va_list args;

	(void)opt_show(subject, err->option, sizeof(err->option));
	va_start(args, format);
	(void)vsnprintf(err->message, sizeof(err->message), format, args);
	va_end(args);
	err->hint[0] = '\0';
	return -EINVAL;
}

void
opt_error_hint(struct opt_error *err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(err->hint, sizeof(err->hint), format, args);
	va_end(args);
}

/* The bytes of the LEN at TEXT that fit into ROOM, whole characters only. */
static size_t
fit(const char *text, size_t len, size_t room)
{
	size_t at = 0;

	while (at < len) {
		uint32_t code;
		size_t n = utf8_decode(text + at, len - at, &code);

		if (n == 0 || at + n > room)
			break;
		at += n;
	}
	return at;
}

char *
opt_show(const char *text, char *buf, size_t size)
{
	struct buf safe = BUF_INIT;
	size_t len;

	safe_str(&safe, text);
	len = safe.failed ? 0 : safe.len;
	if (len >= size) {
		len = fit(safe.data, len, size - sizeof("..."));
		memcpy(buf + len, "...", sizeof("..."));
	} else {
		buf[len] = '\0';
	}
	if (len > 0)
		memcpy(buf, safe.data, len);
	buf_free(&safe);
	return buf;
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Damerau-Levenshtein, each pair of neighbours swapped at most once. */
unsigned
opt_distance(const char *a, const char *b, unsigned limit)
{
	unsigned rows[3][WORD_MAX + 1];
	unsigned *before = rows[0], *above = rows[1], *row = rows[2];
	size_t la = strlen(a), lb = strlen(b);

	if (la > WORD_MAX || lb > WORD_MAX)
		return limit + 1;
	memset(rows, 0, sizeof(rows));
	for (size_t j = 0; j <= lb; j++)
		above[j] = (unsigned)j;
	for (size_t i = 1; i <= la; i++) {
		unsigned *spare = before;

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned differ = a[i - 1] != b[j - 1];

			row[j] = least(above[j], row[j - 1]) + 1;
			row[j] = least(row[j], above[j - 1] + differ);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
		before = above;
		above = row;
		row = spare;
	}
	return least(above[lb], limit + 1);
}

const char *
opt_nearest(const char *text, const char *const *candidates)
{
	const char *found = NULL;
	unsigned best = 3;

	for (; *candidates != NULL; candidates++) {
		unsigned n = opt_distance(text, *candidates, 2);

		if (n < best && n < strlen(text)) {
			best = n;
			found = *candidates;
		}
	}
	return found;
}
