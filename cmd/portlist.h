/* SPDX-License-Identifier: MIT */
/*
 * portlist.h: lists of TCP ports as they are typed: 443, 22,80,443, 8000-8010
 * or a mix. A set of fixed size (8 KiB), which may be copied; what is typed
 * twice is in it once, and it is walked in ascending order.
 */
#ifndef CMD_PORTLIST_H
#define CMD_PORTLIST_H

#include "opt.h"

#define PORTLIST_WORDS 1024

struct portlist {
	uint64_t bits[PORTLIST_WORDS]; /* port N: bit N % 64 of word N / 64 */
	unsigned words;		       /* of them, from the first, in use */
};

/*
 * Parses the whole of TEXT, strictly: numbers from 1 to 65535, FIRST-LAST with
 * FIRST at most LAST, commas between them, no blanks, no service names.
 * -EINVAL with ERR, whose subject is SUBJECT.
 */
int portlist_parse(const char *text, const char *subject, struct portlist *ret,
    struct opt_error *err);
/* How many ports are in it; 0 where it is all zeroes. */
unsigned portlist_count(const struct portlist *list);
/*
 * The lowest port above PORT, or 0 where there is none:
 *
 *	for (uint16_t p = 0; (p = portlist_next(&list, p)) != 0;)
 */
uint16_t portlist_next(const struct portlist *list, uint16_t port);

#endif
