/* SPDX-License-Identifier: MIT */
/* Tasks: their queue, their probes, and what becomes of each probe. */
#include "engine/task.h"
#include "engine/ctx.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

/*
 * A finished probe is remembered at least so long, or until so many newer: the
 * round trip of a far target takes many a probe of a dense series, and a flood
 * must not use up the 65,536 sequence numbers of an address.
 */
#define REMEMBER_S 10
#define SECOND INT64_C(1000000000)
#define REMEMBER_NEWER 256

/* The timer is the first member. */
static struct nd_task *
task_of(struct nd_timer *t)
{
	return (struct nd_task *)(void *)t;
}

void
nd_task_enqueue(struct nd_task *task)
{
	nd_queue_append(&task->ctx->ready, &task->timer);
	task->waiting = true;
}

static void
unqueue(struct nd_task *task)
{
	nd_queue_remove(&task->ctx->ready, &task->timer);
	task->waiting = false;
}

struct nd_task *
nd_task_dequeue(struct nd_ctx *ctx)
{
	struct nd_task *task = task_of(ctx->ready.first);

	unqueue(task);
	return task;
}

/* ---- Places at an address ----------------------------------------------- */

static bool
has_room(const struct nd_task *task)
{
	return task->peer->taken < task->peer_limit;
}

static void
take_place(struct nd_task *task)
{
	task->peer->taken++;
	task->placed = true;
}

/* N places at PEER are free: they go to those who have waited longest. */
static void
free_places(struct nd_peer *peer, uint32_t n)
{
	struct nd_task *task;

	peer->taken -= n;
	while (peer->line.first != NULL &&
	       has_room(task = task_of(peer->line.first))) {
		nd_queue_remove(&peer->line, &task->timer);
		task->in_line = false;
		take_place(task);
		nd_task_enqueue(task);
	}
}

bool
nd_task_admit(struct nd_task *task)
{
	if (task->peer == NULL || task->placed)
		return true;
	/* None that is free would be another's: see free_places(). */
	if (has_room(task)) {
		take_place(task);
		return true;
	}
	nd_queue_append(&task->peer->line, &task->timer);
	task->in_line = true;
	return false;
}

void
nd_task_leave_place(struct nd_task *task)
{
	if (!task->placed)
		return;
	task->placed = false;
	free_places(task->peer, 1);
}

/* ---- When a task sends --------------------------------------------------- */

static void
disarm(struct nd_task *task)
{
	if (task->waiting) {
		unqueue(task);
	} else if (task->in_line) {
		nd_queue_remove(&task->peer->line, &task->timer);
		task->in_line = false;
	} else {
		nd_wheel_remove(&task->ctx->task_timers, &task->timer);
	}
	nd_task_leave_place(task);
}

int
nd_task_start(
    struct nd_task *task, struct nd_ctx *ctx, const struct nd_task_ops *ops)
{
	if (nd_ctx_sock(ctx, task->addr.family, task->proto) == NULL)
		return ND_EFAMILY;
	if (task->peer_limit > 0) {
		task->peer = nd_peers_get(&ctx->peers, &task->addr);
		if (task->peer == NULL)
			return -ENOMEM;
	}
	task->ctx = ctx;
	task->ops = ops;
	task->active = true;
	ctx->stats.tasks++;
	ctx->started++;
	return 0;
}

void
nd_task_due(struct nd_task *task, int64_t due_ns)
{
	struct nd_ctx *ctx = task->ctx;

	disarm(task);
	task->timer.due_ns = due_ns;
	/* The wheel rounds up to its tick: what is due now need not wait. */
	if (due_ns <= (ctx->depth > 0 ? ctx->now_ns : nd_monotonic(&ctx->time)))
		nd_task_enqueue(task);
	else
		nd_wheel_add(&ctx->task_timers, &task->timer);
	nd_ctx_wake(ctx);
}

/* ---- The probes of a task ---------------------------------------------- */

uint64_t
nd_probe_number(const struct nd_probe *p)
{
	const uint64_t last = p->task->numbers;

	return last - ((last - p->number) & 0xffffff);
}

bool
nd_probe_forget(struct nd_probe *p)
{
	struct nd_task *task = p->task;

	if (task->ops->forgotten != NULL)
		task->ops->forgotten(task, p);
	if (!task->active)
		return false;
	nd_wheel_remove(&task->ctx->probe_timers, &p->timer);
	nd_table_forget(&task->ctx->table, p);
	return true;
}

void
nd_task_trim(struct nd_task *task)
{
	struct nd_table *table = &task->ctx->table;
	struct nd_probe *p;

	while ((p = task->oldest) != NULL && p->settled) {
		if (p->state != ND_PROBE_FORGOTTEN) {
			if (task->remembered <= REMEMBER_NEWER ||
			    !nd_probe_forget(p))
				return;
		}
		task->oldest = p->next;
		if (task->oldest == NULL)
			task->newest = NULL;
		task->remembered--;
		nd_table_release(table, p);
	}
}

static void
remember_new(struct nd_task *task, struct nd_probe *p)
{
	if (task->newest != NULL)
		task->newest->next = p;
	else
		task->oldest = p;
	task->newest = p;
	if (task->unsettled == NULL)
		task->unsettled = p;
	task->remembered++;
}

/* The socket need not wait any longer for what P is in flight for. */
static void
abandon(struct nd_probe *p)
{
	struct nd_task *task = p->task;
	struct nd_sock *s =
	    nd_ctx_sock(task->ctx, task->addr.family, task->proto);

	if (s->ops->forget != NULL)
		s->ops->forget(s, &task->addr, p->tag);
}

void
nd_task_stop(struct nd_task *task)
{
	struct nd_ctx *ctx = task->ctx;
	struct nd_probe *p;

	if (!task->active)
		return;
	task->active = false;
	disarm(task);
	while ((p = task->oldest) != NULL) {
		task->oldest = p->next;
		if (p->state == ND_PROBE_IN_FLIGHT)
			abandon(p);
		nd_wheel_remove(&ctx->probe_timers, &p->timer);
		if (p->state != ND_PROBE_FORGOTTEN)
			nd_table_forget(&ctx->table, p);
		nd_table_release(&ctx->table, p);
	}
	task->newest = task->unsettled = NULL;
	task->remembered = 0;
	if (task->peer != NULL)
		free_places(task->peer, task->in_flight);
	ctx->stats.in_flight -= task->in_flight;
	ctx->stats.tasks--;
	nd_ctx_wake(ctx);
}

void
nd_task_free(struct nd_task *task)
{
	struct nd_ctx *ctx = task->ctx;

	nd_task_stop(task);
	task->dead = true;
	if (ctx->depth == 0) {
		free(task);
		return;
	}
	task->timer.next = (struct nd_timer *)(void *)ctx->dead;
	ctx->dead = task;
}

void
nd_task_invalid(struct nd_task *task, enum nd_invalid reason)
{
	task->ctx->stats.invalid[reason]++;
}

bool
nd_task_tag_used(struct nd_task *task, uint32_t tag)
{
	const struct nd_key key = {
	    .addr = task->any_source ? NULL : &task->addr,
	    .family = task->addr.family,
	    .proto = task->proto,
	    .tag = tag};

	return nd_table_find(&task->ctx->table, &key) != NULL;
}

int
nd_task_shoot(
    struct nd_task *task, const struct nd_shot *shot, struct nd_probe **ret)
{
	struct nd_ctx *ctx = task->ctx;
	struct nd_sock *s = nd_ctx_sock(ctx, task->addr.family,
	    shot->own_header ? IPPROTO_RAW : task->proto);
	struct nd_departures *departures = &ctx->departures[s - ctx->socks];
	struct nd_send send = {.to = &task->addr,
	    .from = shot->from,
	    .ttl = shot->ttl,
	    .tos = shot->tos,
	    .data = shot->data,
	    .len = shot->len,
	    .proto = task->proto,
	    .ip_id = shot->ip_id,
	    .df = shot->df,
	    .flow_label = shot->flow_label,
	    .tag = shot->tag,
	    .port = shot->port,
	    .full = shot->full};
	/* The answer may be there before send() returns: first in the table. */
	struct nd_probe *p = nd_table_insert(&ctx->table, task, shot->tag);
	int r;

	if (p == NULL)
		return -EAGAIN;
	if (s->sends_unsure)
		nd_departures_restart(departures, s, nd_monotonic(&ctx->time));
	p->number = (uint32_t)(task->numbers + 1) & 0xffffff;
	p->note = shot->note;
	p->sent_ns = nd_monotonic(&ctx->time);
	p->timer.due_ns = p->sent_ns + shot->timeout_ns;
	r = s->ops->send(s, &send);
	if (r != 0) {
		nd_table_forget(&ctx->table, p);
		nd_table_release(&ctx->table, p);
		if (r != -EAGAIN)
			task->numbers++;
		return r;
	}
	task->numbers++;
	task->in_flight++;
	if (task->peer != NULL && !task->placed)
		task->peer->taken++;
	task->placed = false;
	ctx->stats.in_flight++;
	ctx->stats.sent++;
	nd_departures_note(departures, s, p);
	nd_wheel_add(&ctx->probe_timers, &p->timer);
	remember_new(task, p);
	*ret = p;
	return 0;
}

/* ---- What becomes of a probe ------------------------------------------- */

/* Tells the task of all probes that are decided now, in order of sending. */
static void
settle(struct nd_task *task)
{
	struct nd_probe *p;

	while (
	    (p = task->unsettled) != NULL && p->state != ND_PROBE_IN_FLIGHT) {
		task->unsettled = p->next;
		p->settled = 1;
		task->ops->settled(task, p);
	}
}

/* P is decided: remembered for a while from now on. */
static void
decide(struct nd_probe *p, enum nd_probe_state state)
{
	struct nd_task *task = p->task;
	struct nd_ctx *ctx = task->ctx;
	const int64_t timeout = p->timer.due_ns - p->sent_ns;
	const int64_t least =
	    SECOND * (task->remember_s > 0 ? task->remember_s : REMEMBER_S);

	p->state = state;
	nd_wheel_remove(&ctx->probe_timers, &p->timer);
	p->timer.due_ns =
	    ctx->now_ns + (2 * timeout > least ? 2 * timeout : least);
	nd_wheel_add(&ctx->probe_timers, &p->timer);
	task->in_flight--;
	ctx->stats.in_flight--;
	if (task->peer != NULL)
		free_places(task->peer, 1);
	settle(task);
}

static void
expire(struct nd_probe *p)
{
	decide(p, ND_PROBE_EXPIRED);
	p->task->ops->expired(p->task, p);
}

void
nd_probe_expire(struct nd_probe *p)
{
	abandon(p);
	expire(p);
}

/*
 * Not before now: what has come until now was in time when it came.
 */
void
nd_probe_hasten(struct nd_probe *p, int64_t due_ns)
{
	struct nd_ctx *ctx = p->task->ctx;
	const int64_t now = nd_monotonic(&ctx->time);

	if (due_ns < now)
		due_ns = now;
	if (p->state != ND_PROBE_IN_FLIGHT || due_ns >= p->timer.due_ns)
		return;
	nd_wheel_remove(&ctx->probe_timers, &p->timer);
	p->timer.due_ns = due_ns;
	nd_wheel_add(&ctx->probe_timers, &p->timer);
	nd_ctx_wake(ctx);
}

/*
 * Nothing arrives before it has left. Where the stamp says so, the wall clock
 * was stepped unseen, and the time at which it is read has to do.
 */
static struct nd_timing
timing(const struct nd_probe *p, const struct nd_answer *answer)
{
	if (!answer->arrival_exact || answer->arrival_ns < p->sent_ns)
		return (struct nd_timing){
		    .rtt_ns = nd_monotonic(&p->task->ctx->time) - p->sent_ns,
		    .clock = ND_CLOCK_USER};
	return (struct nd_timing){.rtt_ns = answer->arrival_ns - p->sent_ns,
	    .clock = p->stamped ? ND_CLOCK_KERNEL : ND_CLOCK_RX};
}

static enum nd_verdict
answered(struct nd_probe *p, const struct nd_answer *answer, bool error,
    struct nd_timing *ret)
{
	const struct nd_task *task = p->task;

	*ret = timing(p, answer);
	if (p->state == ND_PROBE_IN_FLIGHT) {
		if (p->sent_ns + ret->rtt_ns <= p->timer.due_ns) {
			if (!error)
				p->rtt =
				    (uint64_t)ret->rtt_ns & ND_PROBE_NO_RTT;
			decide(p, ND_PROBE_ANSWERED);
			return ND_VERDICT_IN_TIME;
		}
		expire(p);
		if (!task->active)
			return ND_VERDICT_DUPLICATE;
	}
	if (p->state == ND_PROBE_EXPIRED) {
		p->state = ND_PROBE_LATE;
		return ND_VERDICT_LATE;
	}
	return ND_VERDICT_DUPLICATE;
}

enum nd_verdict
nd_probe_answered(
    struct nd_probe *p, const struct nd_answer *answer, struct nd_timing *ret)
{
	return answered(p, answer, false, ret);
}

enum nd_verdict
nd_probe_failed(
    struct nd_probe *p, const struct nd_answer *answer, struct nd_timing *ret)
{
	return answered(p, answer, true, ret);
}
