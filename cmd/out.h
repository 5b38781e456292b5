/* SPDX-License-Identifier: MIT */
/*
 * out.h: standard output as a bounded queue on the libev loop, so that a slow
 * or stuck reader never stops the measurement, nor loses a byte.
 *
 * The flags of the descriptor are never changed. Pipes, sockets and terminals
 * get at most PIPE_BUF bytes at a time, cut behind a line, and only when
 * poll() says that they take it.
 */
#ifndef CMD_OUT_H
#define CMD_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ev_loop;
struct out;

#define OUT_SOFT_LIMIT ((size_t)1 << 20)

enum out_state {
	OUT_OPEN,
	OUT_CLOSED, /* EPIPE: the reader went away, end quietly */
	OUT_FAILED  /* any other error: out_error() */
};

struct out_events {
	/*
	 * The queue is more than half full: stop producing (true), or less than
	 * a quarter: go on (false). May come from inside out_write().
	 */
	void (*stall)(void *user, bool stalled);
	/*
	 * Once: the state is OUT_CLOSED or OUT_FAILED now, ERR is the errno.
	 * May come from inside out_write(); the queue must not be freed here.
	 */
	void (*error)(void *user, enum out_state state, int err);
};

/*
 * FD stays the caller's. EVENTS is copied; its members may be NULL. Best called
 * while the terminal may still be opened: a terminal is reopened so that a
 * frozen one cannot block. SIGPIPE is to be ignored by the caller. -ENOMEM.
 */
int out_new(struct out **ret, struct ev_loop *loop, int fd,
    const struct out_events *events, void *user);
/* Throws away what is still queued: out_drain() first. NULL is allowed. */
void out_free(struct out *out);

/*
 * Appends whole lines (a call's bytes stay together). Writes only where much
 * is waiting; on a terminal each call is written at once if possible. After an
 * error it is ignored.
 */
void out_write(struct out *out, const char *bytes, size_t n);
/* Writes what the descriptor takes without blocking: when the loop is idle. */
void out_flush_try(struct out *out);
/*
 * Writes all of it, waiting in poll(). Ends early with -ETIMEDOUT at
 * DEADLINE_NS (CLOCK_MONOTONIC, -1: none), with -EINTR once STOP(USER) says
 * true (asked at least each 50 ms; NULL: never), or with the error.
 */
int out_drain(
    struct out *out, int64_t deadline_ns, bool (*stop)(void *user), void *user);
/* Ends it as an error of write() would: for a report out of memory. */
void out_fail(struct out *out, int err);

enum out_state out_state(const struct out *out);
int out_error(const struct out *out);
size_t out_pending(const struct out *out);
bool out_is_terminal(const struct out *out);
/* How long all stalls together were, the present one included. */
int64_t out_stalled_ns(const struct out *out);

#endif
