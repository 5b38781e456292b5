/* SPDX-License-Identifier: MIT */
/*
 * hold.h: lines that wait, in order, for the name of the address in them. The
 * measurement goes on meanwhile; a name that does not come in time is left out.
 */
#ifndef CMD_HOLD_H
#define CMD_HOLD_H

#include <netdiag.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOLD_MAX 256 /* events held: the oldest then goes without its name */

struct held {
	struct nd_ping_event event; /* `from` points to FROM, or is NULL */
	struct sockaddr_storage from;
	bool is_start;	  /* the header; EVENT has only `from` */
	int64_t until_ns; /* CLOCK_MONOTONIC */
};

struct hold {
	struct held *ring; /* HOLD_MAX of them */
	size_t first, n;
};

int hold_init(struct hold *hold);
void hold_free(struct hold *hold);
/* Appends a copy; false when it is full. */
bool hold_push(struct hold *hold, const struct nd_ping_event *event,
    bool is_start, int64_t until_ns);
/* The oldest, or NULL. */
const struct held *hold_first(const struct hold *hold);
void hold_pop(struct hold *hold);

#endif
