/* SPDX-License-Identifier: MIT */
/*
 * hold.h: lines that wait, in order, for the name of the address in them. The
 * measurement goes on meanwhile; a name that does not come in time is left out.
 */
#ifndef CMD_HOLD_H
#define CMD_HOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define HOLD_MAX 256 /* events held: the oldest then goes without its name */

struct held {
	struct sockaddr_storage from; /* AF_UNSPEC: no address is named */
	bool is_start;		      /* the header: there is no event */
	int64_t until_ns;	      /* CLOCK_MONOTONIC */
	void *event;		      /* a place for it */
};

struct hold {
	struct held *ring; /* HOLD_MAX of them */
	void *events;	   /* as many places */
	size_t first, n;
};

/* EVENT_SIZE: of a struct of the command. -ENOMEM. */
int hold_init(struct hold *hold, size_t event_size);
void hold_free(struct hold *hold);
/*
 * Appends one with a copy of FROM, which may be NULL: its event is the caller's
 * to write. NULL: it is full.
 */
struct held *hold_push(struct hold *hold, const struct sockaddr *from,
    bool is_start, int64_t until_ns);
/* The address that is named, or NULL. */
const struct sockaddr *held_from(const struct held *held);
/* The oldest, or NULL. */
const struct held *hold_first(const struct hold *hold);
void hold_pop(struct hold *hold);

#endif
