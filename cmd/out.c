/* SPDX-License-Identifier: MIT */
/* out.c: standard output as a bounded queue on the libev loop. */
#include "out.h"

#include <errno.h>
#include <ev.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "out_fd.h"

#define CHUNK ((size_t)64 * 1024)
#define RETRY_S 0.005 /* a file that said EAGAIN: cannot be waited for */
#define DRAIN_STEP_MS 50
#define NS_PER_MS INT64_C(1000000)

struct chunk {
	struct chunk *next;
	size_t begin, end, cap; /* DATA from BEGIN to END is to be written */
	char data[];
};

struct out {
	struct ev_loop *loop;
	struct out_fd fd;
	struct ev_io io; /* exactly one of both while it is not ready */
	struct ev_timer timer;
	bool waiting;
	struct chunk *head, *tail;
	struct chunk *spare; /* one is kept: no malloc() while output flows */
	size_t pending;
	bool stalled;
	int64_t stall_began_ns, stalled_ns;
	enum out_state state;
	int err;
	struct out_events events;
	void *user;
};

static void
chunk_free(struct out *out, struct chunk *chunk)
{
	if (out->spare == NULL && chunk->cap == CHUNK)
		out->spare = chunk;
	else
		free(chunk);
}

static void
queue_clear(struct out *out)
{
	struct chunk *chunk;

	while ((chunk = out->head) != NULL) {
		out->head = chunk->next;
		free(chunk);
	}
	out->tail = NULL;
	out->pending = 0;
}

static void
set_stalled(struct out *out, bool stalled)
{
	if (out->stalled == stalled)
		return;
	out->stalled = stalled;
	if (stalled)
		out->stall_began_ns = clock_monotonic_ns();
	else
		out->stalled_ns += clock_monotonic_ns() - out->stall_began_ns;
	if (out->events.stall != NULL)
		out->events.stall(out->user, stalled);
}

static void
set_waiting(struct out *out, bool waiting)
{
	if (out->waiting == waiting)
		return;
	out->waiting = waiting;
	if (!waiting) {
		ev_io_stop(out->loop, &out->io);
		ev_timer_stop(out->loop, &out->timer);
	} else if (out->fd.kind == OUT_FD_READY) {
		ev_timer_set(&out->timer, RETRY_S, 0.);
		ev_timer_start(out->loop, &out->timer);
	} else {
		ev_io_start(out->loop, &out->io);
	}
}

void
out_fail(struct out *out, int err)
{
	if (out->state != OUT_OPEN)
		return;
	out->state = err == EPIPE ? OUT_CLOSED : OUT_FAILED;
	out->err = err;
	queue_clear(out);
	set_waiting(out, false);
	set_stalled(out, false);
	if (out->events.error != NULL)
		out->events.error(out->user, out->state, err);
}

/* How much of CHUNK to hand over: whole lines where there are any. */
static size_t
portion(const struct out *out, const struct chunk *chunk)
{
	const char *begin = chunk->data + chunk->begin;
	size_t n = chunk->end - chunk->begin;
	const char *eol;

	if (n <= out->fd.limit)
		return n;
	eol = memrchr(begin, '\n', out->fd.limit);
	return eol != NULL ? (size_t)(eol - begin) + 1 : out->fd.limit;
}

/* One write(); false where there is no point in another now. */
static bool
write_some(struct out *out)
{
	struct chunk *chunk = out->head;
	ssize_t n;

	if (chunk == NULL)
		return false;
	n = out_fd_write(
	    &out->fd, chunk->data + chunk->begin, portion(out, chunk));
	if (n < 0)
		out_fail(out, (int)-n);
	if (n <= 0)
		return false;
	chunk->begin += (size_t)n;
	out->pending -= (size_t)n;
	if (chunk->begin == chunk->end) {
		out->head = chunk->next;
		if (out->head == NULL)
			out->tail = NULL;
		chunk_free(out, chunk);
	}
	if (out->pending < OUT_SOFT_LIMIT / 4)
		set_stalled(out, false);
	return true;
}

static void
flush(struct out *out)
{
	while (write_some(out))
		continue;
	if (out->state == OUT_OPEN)
		set_waiting(out, out->pending > 0);
}

static void
on_io(struct ev_loop *loop, struct ev_io *io, int revents)
{
	(void)loop;
	(void)revents;
	flush(io->data);
}

static void
on_timer(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	struct out *out = timer->data;

	(void)loop;
	(void)revents;
	out->waiting = false;
	flush(out);
}

int
out_new(struct out **ret, struct ev_loop *loop, int fd,
    const struct out_events *events, void *user)
{
	struct out *out = calloc(1, sizeof(*out));

	if (out == NULL)
		return -ENOMEM;
	out->loop = loop;
	out->events = *events;
	out->user = user;
	out_fd_open(&out->fd, fd);
	ev_io_init(&out->io, on_io, out->fd.fd, EV_WRITE);
	out->io.data = out;
	ev_timer_init(&out->timer, on_timer, RETRY_S, 0.);
	out->timer.data = out;
	*ret = out;
	return 0;
}

void
out_free(struct out *out)
{
	if (out == NULL)
		return;
	set_waiting(out, false);
	queue_clear(out);
	free(out->spare);
	out_fd_close(&out->fd);
	free(out);
}

/* A chunk with room for N bytes at the end of the queue, or NULL. */
static struct chunk *
room(struct out *out, size_t n)
{
	size_t cap = n > CHUNK ? n : CHUNK;
	struct chunk *chunk = out->tail;

	if (chunk != NULL && chunk->cap - chunk->end >= n)
		return chunk;
	if (cap == CHUNK && out->spare != NULL) {
		chunk = out->spare;
		out->spare = NULL;
	} else {
		chunk = malloc(sizeof(*chunk) + cap);
		if (chunk == NULL)
			return NULL;
	}
	chunk->next = NULL;
	chunk->begin = chunk->end = 0;
	chunk->cap = cap;
	if (out->tail != NULL)
		out->tail->next = chunk;
	else
		out->head = chunk;
	out->tail = chunk;
	return chunk;
}

void
out_write(struct out *out, const char *bytes, size_t n)
{
	bool much;
	struct chunk *chunk;

	if (out->state != OUT_OPEN || n == 0)
		return;
	chunk = room(out, n);
	if (chunk == NULL) {
		out_fail(out, ENOMEM);
		return;
	}
	memcpy(chunk->data + chunk->end, bytes, n);
	chunk->end += n;
	out->pending += n;
	much = out->pending >= out->fd.limit || out->fd.kind == OUT_FD_TERMINAL;
	if (much && !out->waiting)
		flush(out);
	if (out->pending > OUT_SOFT_LIMIT / 2)
		set_stalled(out, true);
}

void
out_flush_try(struct out *out)
{
	if (out->state == OUT_OPEN && out->pending > 0 && !out->waiting)
		flush(out);
}

/* The next wait of out_drain() in ms, 0 once DEADLINE_NS is reached. */
static int
drain_step(int64_t deadline_ns)
{
	int64_t left_ns;

	if (deadline_ns < 0)
		return DRAIN_STEP_MS;
	left_ns = deadline_ns - clock_monotonic_ns();
	if (left_ns <= 0)
		return 0;
	if (left_ns > DRAIN_STEP_MS * NS_PER_MS)
		return DRAIN_STEP_MS;
	return (int)((left_ns + NS_PER_MS - 1) / NS_PER_MS);
}

int
out_drain(
    struct out *out, int64_t deadline_ns, bool (*stop)(void *user), void *user)
{
	while (out->pending > 0) {
		int step_ms;

		if (write_some(out) || out->state != OUT_OPEN)
			continue;
		if (stop != NULL && stop(user))
			return -EINTR;
		step_ms = drain_step(deadline_ns);
		if (step_ms == 0)
			return -ETIMEDOUT;
		out_fd_wait(&out->fd, step_ms);
	}
	if (out->state != OUT_OPEN)
		return -out->err;
	set_waiting(out, false);
	return 0;
}

enum out_state
out_state(const struct out *out)
{
	return out->state;
}

int
out_error(const struct out *out)
{
	return out->err;
}

size_t
out_pending(const struct out *out)
{
	return out->pending;
}

bool
out_is_terminal(const struct out *out)
{
	return out->fd.kind == OUT_FD_TERMINAL;
}

int64_t
out_stalled_ns(const struct out *out)
{
	return out->stalled_ns +
	       (out->stalled ? clock_monotonic_ns() - out->stall_began_ns : 0);
}
