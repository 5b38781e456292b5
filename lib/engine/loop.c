/* SPDX-License-Identifier: MIT */
/* A context on the caller's libev loop. */
#include "engine/loop.h"
#include "engine/ctx.h"

#include <errno.h>
#include <ev.h>
#include <stdlib.h>

struct nd_loop {
	struct ev_loop *ev;
	struct nd_ctx *ctx;
	ev_io io[ND_CTX_SOCKS];
	ev_timer timer;
	ev_idle idle; /* active: there is more to do at once */
	int64_t armed_ns;
	bool reading;
};

static void
turn(struct nd_loop *l)
{
	bool more = nd_ctx_turn(l->ctx);

	if (more && l->ctx->stats.tasks > 0)
		ev_idle_start(l->ev, &l->idle);
	else
		ev_idle_stop(l->ev, &l->idle);
	l->armed_ns = -1;
	nd_loop_update(l);
}

static void
on_io(struct ev_loop *ev, ev_io *w, int events)
{
	(void)ev;
	(void)events;
	turn(w->data);
}

static void
on_timer(struct ev_loop *ev, ev_timer *w, int events)
{
	(void)ev;
	(void)events;
	turn(w->data);
}

static void
on_idle(struct ev_loop *ev, ev_idle *w, int events)
{
	(void)ev;
	(void)events;
	turn(w->data);
}

int
nd_loop_new(struct nd_loop **ret, struct ev_loop *loop, struct nd_ctx *ctx)
{
	struct nd_loop *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return -ENOMEM;
	l->ev = loop;
	l->ctx = ctx;
	l->armed_ns = -1;
	for (int i = 0; i < ctx->sock_count; i++) {
		ev_io_init(&l->io[i], on_io, ctx->socks[i].fd, EV_READ);
		l->io[i].data = l;
	}
	ev_timer_init(&l->timer, on_timer, 0, 0);
	l->timer.data = l;
	ev_idle_init(&l->idle, on_idle);
	l->idle.data = l;
	*ret = l;
	return 0;
}

static void
set_reading(struct nd_loop *l, bool on)
{
	if (l->reading == on)
		return;
	l->reading = on;
	for (int i = 0; i < l->ctx->sock_count; i++) {
		if (on)
			ev_io_start(l->ev, &l->io[i]);
		else
			ev_io_stop(l->ev, &l->io[i]);
	}
}

void
nd_loop_free(struct nd_loop *l)
{
	if (l == NULL)
		return;
	set_reading(l, false);
	ev_timer_stop(l->ev, &l->timer);
	ev_idle_stop(l->ev, &l->idle);
	free(l);
}

void
nd_loop_update(struct nd_loop *l)
{
	const bool on = l->ctx->stats.tasks > 0;
	int64_t next = on ? nd_ctx_next(l->ctx) : INT64_MAX, now;
	double after;

	set_reading(l, on);
	if (next == INT64_MAX || ev_is_active(&l->idle)) {
		ev_timer_stop(l->ev, &l->timer);
		l->armed_ns = -1;
		if (!on)
			ev_idle_stop(l->ev, &l->idle);
		return;
	}
	if (next == l->armed_ns)
		return;
	now = nd_monotonic(&l->ctx->time);
	after = next > now ? (double)(next - now) * 1e-9 : 0;
	ev_timer_stop(l->ev, &l->timer);
	/* The loop counts from when it last looked at its clock. */
	ev_now_update(l->ev);
	ev_timer_set(&l->timer, after, 0);
	ev_timer_start(l->ev, &l->timer);
	l->armed_ns = next;
}
