/* SPDX-License-Identifier: MIT */
/*
 * One turn of a context. The order matters: all that has come is read before
 * anything times out, error queues (departures) before replies, and no more is
 * sent at once than the receive buffer can take the answers of.
 */
#include "engine/ctx.h"

#include <errno.h>
#include <stdlib.h>

#define SENDS_A_TURN 64
#define BATCHES_A_TURN 16
#define EXPIRIES_A_TURN 1024
#define BLOCKED_NS 1000000
#define REFUSALS 16
#define SCANS_A_TURN 65536

/* True when the queue is empty. */
static bool
drain_errors(struct nd_ctx *ctx, int sock)
{
	struct nd_packet batch[ND_NET_BATCH];
	struct nd_sock *s = &ctx->socks[sock];
	int n;

	for (int i = 0; i < BATCHES_A_TURN; i++) {
		n = s->ops->recv_errors(s, batch, ND_NET_BATCH);
		for (int j = 0; j < n; j++) {
			if (batch[j].kind == ND_PACKET_STAMP)
				nd_departures_stamp(&ctx->departures[sock],
				    &ctx->time, &batch[j]);
			else if (batch[j].kind != ND_PACKET_LOCAL)
				nd_demux(ctx, s, &batch[j]);
		}
		if (n < ND_NET_BATCH)
			return true;
	}
	return false;
}

/* True when the socket is empty. */
static bool
drain_replies(struct nd_ctx *ctx, struct nd_sock *s)
{
	struct nd_packet batch[ND_NET_BATCH];
	int n;

	for (int i = 0; i < BATCHES_A_TURN; i++) {
		n = s->ops->recv(s, batch, ND_NET_BATCH);
		for (int j = 0; j < n; j++)
			nd_demux(ctx, s, &batch[j]);
		if (n < ND_NET_BATCH)
			return true;
	}
	return false;
}

static bool
drain(struct nd_ctx *ctx)
{
	bool empty = true;

	ctx->now_ns = nd_timebase_update(&ctx->time);
	for (int i = 0; i < ctx->sock_count; i++) {
		if (!drain_errors(ctx, i))
			empty = false;
		if (!drain_replies(ctx, &ctx->socks[i]))
			empty = false;
	}
	return empty;
}

void
nd_ctx_look_for_drops(struct nd_ctx *ctx)
{
	uint64_t drops = 0;

	for (int i = 0; i < ctx->sock_count; i++)
		drops += ctx->socks[i].ops->drops(&ctx->socks[i]);
	if (drops != ctx->stats.local_drops)
		ctx->last_drop_ns = ctx->now_ns;
	ctx->stats.local_drops = drops;
}

/* A probe that is decided was remembered for long enough. */
static void
forget(struct nd_probe *p)
{
	struct nd_task *task = p->task;

	if (nd_probe_forget(p))
		nd_task_trim(task);
}

static void
expire(struct nd_ctx *ctx)
{
	struct nd_timer *t;
	bool looked = false;

	for (int i = 0; i < EXPIRIES_A_TURN; i++) {
		/* A callback may pause it. */
		t = ctx->paused ? NULL
				: nd_wheel_pop(&ctx->probe_timers, ctx->now_ns);
		if (t == NULL)
			return;
		/* The timer is the first member. */
		struct nd_probe *p = (struct nd_probe *)(void *)t;

		if (p->state != ND_PROBE_IN_FLIGHT) {
			forget(p);
			continue;
		}
		/* Its departure was later than it seemed. */
		if (p->timer.due_ns > ctx->now_ns) {
			nd_wheel_add(&ctx->probe_timers, &p->timer);
			continue;
		}
		if (!looked)
			nd_ctx_look_for_drops(ctx);
		looked = true;
		nd_probe_expire(p);
	}
}

static void
collect_ready(struct nd_ctx *ctx)
{
	struct nd_timer *t;

	while ((t = nd_wheel_pop(&ctx->task_timers, ctx->now_ns)) != NULL)
		nd_task_enqueue((struct nd_task *)(void *)t);
}

/*
 * Once a send has failed, stamps that have come are read before the next one:
 * then the kernel's count of sends can start anew.
 */
static bool
is_count_unsure(const struct nd_ctx *ctx)
{
	for (int i = 0; i < ctx->sock_count; i++)
		if (ctx->socks[i].sends_unsure &&
		    (ctx->socks[i].caps & ND_NET_TX_STAMPS) != 0)
			return true;
	return false;
}

static bool
may_send(struct nd_ctx *ctx, int64_t now_ns)
{
	return !ctx->paused && ctx->ready.first != NULL &&
	       now_ns >= ctx->blocked_until_ns &&
	       ctx->stats.in_flight < ctx->limits.max_in_flight;
}

/*
 * The turn of TASK, with the credit for one packet: it comes back where none
 * was sent. 0, or -EAGAIN: a queue of the host is full.
 */
static int
take_turn(struct nd_task *task)
{
	struct nd_ctx *ctx = task->ctx;
	const uint64_t numbers = task->numbers;
	int r = 0;

	/* Before it, so that their tags are free again. */
	nd_task_trim(task);
	/* It may end itself there. */
	if (task->active && nd_task_admit(task))
		r = task->ops->send(task);
	if (r != -EAGAIN)
		nd_task_leave_place(task);
	if (task->numbers == numbers)
		nd_pacer_give_back(&ctx->pacer);
	return task->dead ? 0 : r;
}

static void
send_some(struct nd_ctx *ctx)
{
	for (int i = 0; i < SENDS_A_TURN; i++) {
		/* Without a limit the time of the turn will do. */
		int64_t now = ctx->pacer.rate_pps > 0 ? nd_monotonic(&ctx->time)
						      : ctx->now_ns;
		struct nd_task *task;

		if (!may_send(ctx, now) || !nd_pacer_grant(&ctx->pacer, now))
			return;
		task = nd_task_dequeue(ctx);
		if (take_turn(task) != -EAGAIN) {
			ctx->refusals = 0;
			if (is_count_unsure(ctx))
				return;
			continue;
		}
		/*
		 * A queue of the host is full. It may be that of one neighbour,
		 * so that others get their turn; not so after some refusals.
		 */
		nd_task_enqueue(task);
		ctx->stats.send_retries++;
		if (++ctx->refusals < REFUSALS)
			continue;
		ctx->refusals = 0;
		ctx->blocked_until_ns = nd_monotonic(&ctx->time) + BLOCKED_NS;
		return;
	}
}

void
nd_ctx_reclaim(struct nd_ctx *ctx)
{
	struct nd_task *task;

	if (ctx->depth > 0)
		return;
	while ((task = ctx->dead) != NULL) {
		ctx->dead = (struct nd_task *)(void *)task->timer.next;
		free(task);
	}
}

bool
nd_ctx_turn(struct nd_ctx *ctx)
{
	bool empty;

	/* From inside a callback: the batch that it comes from is not done. */
	if (ctx->depth > 0)
		return false;
	ctx->depth++;
	ctx->scan_budget = SCANS_A_TURN;
	empty = drain(ctx);
	if (empty)
		expire(ctx);
	collect_ready(ctx);
	send_some(ctx);
	ctx->depth--;
	nd_ctx_reclaim(ctx);
	return !empty || nd_ctx_next(ctx) <= nd_monotonic(&ctx->time);
}

int64_t
nd_ctx_next(struct nd_ctx *ctx)
{
	int64_t now = nd_monotonic(&ctx->time), next = INT64_MAX, t;

	if (!ctx->paused)
		next = nd_wheel_next(&ctx->probe_timers);
	if (ctx->ready.first == NULL || ctx->paused) {
		t = nd_wheel_next(&ctx->task_timers);
		/* Paused: what becomes due waits in the queue. */
		return ctx->paused || t > next ? next : t;
	}
	if (ctx->stats.in_flight >= ctx->limits.max_in_flight)
		return next;
	t = nd_pacer_next(&ctx->pacer, now);
	if (t < ctx->blocked_until_ns)
		t = ctx->blocked_until_ns;
	return t < next ? t : next;
}
