/* SPDX-License-Identifier: MIT */
/* portlist.c: lists of ports: strict parsing, and the walk over them. */
#include "portlist.h"

#include <errno.h>
#include <string.h>

#define PORT_MAX 65535
#define WORD_BITS 64u
#define SHOWN_MAX 48 /* of a part in a message */

struct parser {
	const char *subject;
	struct portlist *list;
	struct opt_error *err;
};

/* The LEN bytes of PART are WHAT. */
static int
fail_part(const struct parser *p, const char *part, size_t len,
    const char *what, const char *hint)
{
	/* More than is shown, so that a cut character is none of it. */
	char copy[2 * SHOWN_MAX], shown[SHOWN_MAX];

	(void)snprintf(copy, sizeof(copy), "%.*s",
	    (int)(len < sizeof(copy) ? len : sizeof(copy)), part);
	(void)opt_show(copy, shown, sizeof(shown));
	(void)opt_error_set(p->err, p->subject, "\"%s\" is %s", shown, what);
	opt_error_hint(p->err, "%s", hint);
	return -EINVAL;
}

/* The number that all LEN bytes of TEXT are, 1..65535, or -1. */
static int
read_port(const char *text, size_t len)
{
	int port = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		port = port * 10 + (text[i] - '0');
		if (port > PORT_MAX)
			return -1;
	}
	return port > 0 ? port : -1;
}

/* A whole word at a time: a line may hold thousands of ranges. */
static void
add(struct portlist *list, unsigned first, unsigned last)
{
	for (unsigned w = first / WORD_BITS; w <= last / WORD_BITS; w++) {
		uint64_t mask = UINT64_MAX;

		if (w == first / WORD_BITS)
			mask &= UINT64_MAX << first % WORD_BITS;
		if (w == last / WORD_BITS)
			mask &=
			    UINT64_MAX >> (WORD_BITS - 1 - last % WORD_BITS);
		list->bits[w] |= mask;
	}
	if (list->words < last / WORD_BITS + 1)
		list->words = last / WORD_BITS + 1;
}

/* What stands between two commas. */
static int
parse_part(const struct parser *p, const char *part, size_t len)
{
	const char *dash = memchr(part, '-', len);
	size_t first_len = dash != NULL ? (size_t)(dash - part) : len;
	int first = read_port(part, first_len), last = first;

	if (dash != NULL)
		last = read_port(dash + 1, len - first_len - 1);
	if (first < 0 || last < 0)
		return fail_part(p, part, len,
		    dash != NULL ? "not a range of ports" : "not a port",
		    "a port is a number from 1 to 65535, a range is written "
		    "as 8000-8010");
	if (last < first)
		return fail_part(p, part, len, "a range that runs backwards",
		    "the lower port comes first");
	add(p->list, (unsigned)first, (unsigned)last);
	return 0;
}

int
portlist_parse(const char *text, const char *subject, struct portlist *ret,
    struct opt_error *err)
{
	struct portlist list = {.bits = {0}};
	const struct parser p = {subject, &list, err};
	const char *part = text;

	if (*text == '\0')
		return opt_error_set(err, subject, "no port is given");
	for (;;) {
		size_t len = strcspn(part, ",");
		int r;

		if (len == 0) {
			(void)opt_error_set(
			    err, subject, "a port is missing beside a ','");
			opt_error_hint(
			    err, "a list is written as 22,80,8000-8010");
			return -EINVAL;
		}
		r = parse_part(&p, part, len);
		if (r < 0)
			return r;
		if (part[len] == '\0')
			break;
		part += len + 1;
	}
	*ret = list;
	return 0;
}

unsigned
portlist_count(const struct portlist *list)
{
	unsigned count = 0;

	for (size_t w = 0; w < list->words; w++)
		count += (unsigned)__builtin_popcountll(list->bits[w]);
	return count;
}

uint16_t
portlist_next(const struct portlist *list, uint16_t port)
{
	unsigned at = port + 1u, w = at / WORD_BITS;
	uint64_t left;

	if (w >= list->words)
		return 0;
	left = list->bits[w] & (UINT64_MAX << at % WORD_BITS);
	while (left == 0 && ++w < list->words)
		left = list->bits[w];
	if (left == 0)
		return 0;
	return (uint16_t)(w * WORD_BITS + (unsigned)__builtin_ctzll(left));
}
