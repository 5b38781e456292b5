/* SPDX-License-Identifier: MIT */
/* What the files of statements share; FORMAT.md has the statements. */
#ifndef NETSIM_STATEMENT_PARTS_H
#define NETSIM_STATEMENT_PARTS_H

#include "statements.h"

#define NS_MAX_WORDS 512u

struct ns_words {
	char *word[NS_MAX_WORDS];
	unsigned n;
};

/* Puts the cause into st->fault; -EINVAL. */
int ns_fault(const struct ns_statement *st, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The router NAME. 0, or -EINVAL with the cause. */
int ns_find_router(
    const struct ns_statement *st, uint32_t *ret, const char *name);
/* NEXT[*WEIGHT],... into the ways of ROUTE; the same. LIST is changed. */
int ns_parse_ways(
    const struct ns_statement *st, struct ns_route *route, char *list);

/* Statements; W has their words, the name first. 0 or a negative errno. */
int ns_run_route(const struct ns_statement *st, struct ns_words *w);
int ns_run_path(const struct ns_statement *st, struct ns_words *w);
int ns_run_return(const struct ns_statement *st, struct ns_words *w);
int ns_run_host(const struct ns_statement *st, struct ns_words *w);

#endif
