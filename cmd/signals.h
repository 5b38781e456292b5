/* SPDX-License-Identifier: MIT */
/*
 * signals.h: SIGINT, SIGTERM and SIGQUIT on the loop. They are counted in the
 * handler too, so that code which waits outside of the loop can ask.
 */
#ifndef CMD_SIGNALS_H
#define CMD_SIGNALS_H

#include <stdbool.h>

struct ev_loop;
struct pollfd;
struct timespec;

struct signals_events {
	void (*stop)(void *user);   /* the first SIGINT or SIGTERM */
	void (*status)(void *user); /* SIGQUIT */
};

/*
 * From now on. A second SIGINT or SIGTERM ends the process at once with 130 or
 * 143. SIGPIPE is ignored: writing says EPIPE. One at a time in a process.
 */
void signals_start(
    struct ev_loop *loop, const struct signals_events *events, void *user);
void signals_stop(struct ev_loop *loop);
/*
 * ppoll(2) of one descriptor, outside of the loop: ends at a signal, whose
 * event was told by then.
 */
int signals_poll(struct pollfd *pfd, const struct timespec *timeout);
/* The first SIGINT or SIGTERM that came, or 0. */
int signals_caught(void);
/* Dies of SIGPIPE, as a program does that does not handle it. */
void signals_die_of_pipe(void);

#endif
