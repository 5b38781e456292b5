/* SPDX-License-Identifier: MIT */
/*
 * A trace as a task of the engine: it sends what its strategy asks for, tells
 * what became of it, and goes from cycle to cycle.
 */
#include "diag/schedule.h"
#include "diag/trace.h"

#include <errno.h>
#include <string.h>

#define ROUTE_NS INT64_C(30000000000)
#define NO_TAG_NS 100000000 /* until a number is free */

static struct nd_trace *
of(struct nd_task *task)
{
	return (struct nd_trace *)(void *)task;
}

/* ---- Reporting ------------------------------------------------------------
 */

struct nd_trace_event
nd_trace_event_of(struct nd_trace *trace, enum nd_trace_status status)
{
	trace->last_ns = trace->task.ctx->now_ns;
	return (struct nd_trace_event){.status = status,
	    .cycle = trace->cycle,
	    .rtt_ns = -1,
	    .clock = ND_CLOCK_NONE,
	    .reply_ttl = -1,
	    .reply_tos = -1,
	    .quoted_ttl = -1,
	    .quoted_tos = -1,
	    .icmp_type = -1,
	    .icmp_code = -1,
	    .mtu = -1,
	    .invalid = ND_INVALID_COUNT};
}

/* The cycle that probe NUMBER was sent in. */
static uint64_t
cycle_of(const struct nd_trace *trace, uint64_t number)
{
	uint64_t cycle = trace->cycle;

	while (cycle > 1 && trace->cycle - cycle < ND_TRACE_STARTS - 1 &&
	       number < trace->starts[cycle % ND_TRACE_STARTS])
		cycle--;
	return cycle;
}

/* Which one it is to its TTL and flow in its cycle, from 1. */
static unsigned
attempt_of(const struct nd_trace *trace, const struct nd_probe *p)
{
	const uint64_t cycle = cycle_of(trace, nd_probe_number(p));
	const struct nd_probe *q = trace->task.oldest;
	unsigned n = 1;

	for (; q != NULL && q != p; q = q->next)
		if (q->note == p->note &&
		    cycle_of(trace, nd_probe_number(q)) == cycle)
			n++;
	return n;
}

struct nd_trace_event
nd_trace_event_of_probe(struct nd_trace *trace, enum nd_trace_status status,
    const struct nd_probe *p)
{
	struct nd_trace_event e = nd_trace_event_of(trace, status);

	e.ttl = nd_trace_ttl_of(p);
	e.flow = nd_trace_flow_of(p) + 1;
	e.cycle = cycle_of(trace, nd_probe_number(p));
	e.attempt = attempt_of(trace, p);
	e.sent_real_ns = p->sent_ns + trace->task.ctx->time.offset_ns;
	return e;
}

bool
nd_trace_emit(struct nd_trace *trace, const struct nd_trace_event *e)
{
	trace->profile->cb(trace, e, trace->user);
	return trace->task.active;
}

static void
on_settled(struct nd_task *task, const struct nd_probe *p)
{
	struct nd_trace *trace = of(task);
	const uint64_t number = nd_probe_number(p);
	const struct nd_trace_heard *h = &trace->heard[number % ND_TRACE_HEARD];

	/* Of what is far ahead of one that is slow, the order is lost. */
	if (nd_probe_rtt(p) < 0 || h->number != (uint32_t)number)
		return;
	nd_rtt_add_ordered(&trace->vertices[h->vertex].rtt, nd_probe_rtt(p));
	if (h->destination)
		nd_rtt_add_ordered(&trace->rtt, nd_probe_rtt(p));
}

void
nd_trace_settle(struct nd_trace *trace)
{
	for (const struct nd_probe *p = trace->task.unsettled; p != NULL;
	     p = p->next)
		if (p->state != ND_PROBE_IN_FLIGHT)
			on_settled(&trace->task, p);
}

/* ---- Cycles ----------------------------------------------------------------
 */

static void
begin_cycle(struct nd_trace *trace, int64_t now_ns)
{
	const struct nd_trace_profile *f = trace->profile;
	const size_t cells = (size_t)(f->max + 1) * f->flows;

	for (size_t i = 0; i < cells; i++)
		trace->cells[i] =
		    (struct nd_trace_cell){.node = ND_TRACE_NOBODY};
	memset(trace->ways, 0, f->flows * sizeof(trace->ways[0]));
	trace->cycle++;
	trace->first_number = trace->task.numbers + 1;
	trace->starts[trace->cycle % ND_TRACE_STARTS] = trace->first_number;
	trace->top = f->first - 1;
	trace->arrived = trace->scout = 0;
	trace->last_asked = trace->past_gap = trace->over = false;
	trace->heard_ns = now_ns;
}

/* How far the way is, as seen in this cycle. */
static void
measure(struct nd_trace *trace, enum nd_trace_end end)
{
	const struct nd_trace_profile *f = trace->profile;
	const unsigned last = nd_trace_plan_end(trace);
	unsigned shown = last;

	trace->end = (uint8_t)end;
	if (trace->arrived > 0)
		trace->hops = trace->arrived;
	else if (!trace->reached || trace->hops < last)
		trace->hops = last;
	if (end == ND_TRACE_END_GAP)
		shown += f->gap;
	else if (end == ND_TRACE_END_MAX_TTL)
		shown = f->max;
	if (shown > f->max)
		shown = f->max;
	if (shown > trace->shown)
		trace->shown = shown;
	trace->known = trace->arrived > 0 ? trace->arrived : last;
	if (trace->cycle == 1)
		nd_trace_judge_paths(trace);
}

void
nd_trace_close(struct nd_trace *trace)
{
	const uint8_t end = trace->end;

	nd_trace_settle(trace);
	if (!trace->over && !trace->sizing)
		measure(trace, ND_TRACE_END_NONE);
	/* Of the last cycle that ended. */
	trace->end = end;
}

/* The hops that are final, in order. False: the callback has ended it. */
static bool
tell_hops(struct nd_trace *trace, unsigned last)
{
	struct nd_trace_event e;

	while (trace->told < last) {
		e = nd_trace_event_of(trace, ND_TRACE_HOP_DONE);
		e.ttl = ++trace->told;
		if (!nd_trace_emit(trace, &e))
			return false;
	}
	return true;
}

/* Of the first cycle, while it goes on: up to what is final in a row. */
static unsigned
final_to(const struct nd_trace *trace)
{
	unsigned ttl = trace->told;

	if (trace->mda != NULL || trace->sizes != NULL)
		return ttl;
	while (ttl < trace->top && nd_trace_plan_final(trace, ttl + 1) &&
	       (trace->arrived == 0 || ttl < trace->arrived))
		ttl++;
	return ttl;
}

static void
finish(struct nd_trace *trace)
{
	struct nd_trace_event e;

	nd_trace_settle(trace);
	nd_trace_shut(trace);
	nd_task_stop(&trace->task);
	e = nd_trace_event_of(trace, ND_TRACE_DONE);
	(void)nd_trace_emit(trace, &e);
}

static void
end_cycle(struct nd_trace *trace, enum nd_trace_end end)
{
	const struct nd_trace_profile *f = trace->profile;
	struct nd_trace_event e;

	if (trace->mda != NULL)
		nd_trace_paths_close(trace);
	measure(trace, end);
	/* A hop is not final before its MTU is known. */
	if (trace->cycle == 1 && trace->sizes == NULL &&
	    !tell_hops(trace, trace->shown))
		return;
	trace->cycles++;
	if (f->cycles > 0 && trace->cycles >= f->cycles) {
		if (trace->sizes != NULL) {
			nd_trace_sizes_begin(trace);
			nd_task_due(&trace->task, trace->task.ctx->now_ns);
		} else {
			finish(trace);
		}
		return;
	}
	trace->over = true;
	e = nd_trace_event_of(trace, ND_TRACE_CYCLE);
	if (!nd_trace_emit(trace, &e))
		return;
	trace->due_ns =
	    nd_next_due(trace->due_ns, f->interval_ns, trace->task.ctx->now_ns);
	nd_task_due(&trace->task, trace->due_ns);
}

static bool
is_done(struct nd_trace *trace, enum nd_trace_end *end)
{
	return trace->mda != NULL ? nd_trace_paths_done(trace, end)
				  : nd_trace_plan_done(trace, end);
}

/* When the next probe may leave. */
static int64_t
next_due(const struct nd_trace *trace)
{
	const int64_t now = trace->task.ctx->now_ns;
	const int64_t due = trace->sent_ns + trace->profile->spacing_ns;

	return trace->sent_ns >= 0 && trace->profile->spacing_ns > 0 &&
		       due > now
		   ? due
		   : now;
}

void
nd_trace_go_on(struct nd_trace *trace)
{
	struct nd_task *task = &trace->task;
	enum nd_trace_end end;

	if (trace->over || trace->sizing)
		return;
	if (trace->mda == NULL && is_done(trace, &end)) {
		end_cycle(trace, end);
		return;
	}
	if (trace->cycle == 1 && !tell_hops(trace, final_to(trace)))
		return;
	if (!task->waiting)
		nd_task_due(task, next_due(trace));
}

/* ---- Sending ---------------------------------------------------------------
 */

/* The source address, asked for again from time to time. */
static int
find_route(struct nd_trace *trace, int64_t now_ns)
{
	int r;

	if (trace->profile->source.family != 0) {
		trace->from = trace->profile->source;
		return 0;
	}
	if (trace->routed_ns >= 0 && now_ns - trace->routed_ns < ROUTE_NS)
		return 0;
	r = nd_source_find(
	    &trace->task.ctx->source, &trace->task.addr, &trace->from);
	if (r == 0)
		trace->routed_ns = now_ns;
	return r;
}

/* The host would not send it: a result of that probe, and of no other. */
static void
refuse(struct nd_trace *trace, const struct nd_trace_ask *ask, int err)
{
	struct nd_trace_cell *cell =
	    nd_trace_cell_at(trace, ask->ttl, ask->flow);
	struct nd_trace_event e = nd_trace_event_of(trace, ND_TRACE_SEND_ERROR);

	/* The route may have changed. */
	trace->routed_ns = -1;
	trace->send_errors++;
	trace->rows[ask->ttl].send_errors++;
	if (cell->state == ND_CELL_NEW)
		cell->state = ND_CELL_REFUSED;
	e.ttl = ask->ttl;
	e.flow = ask->flow + 1;
	e.attempt = ++cell->attempts;
	e.sent_real_ns = trace->last_ns + trace->task.ctx->time.offset_ns;
	e.err = err;
	if (err == -EMSGSIZE)
		e.mtu =
		    nd_source_mtu(&trace->task.ctx->source, &trace->task.addr);
	if (e.mtu < 0)
		e.mtu = -1;
	if (!nd_trace_emit(trace, &e))
		return;
	nd_trace_plan_heard(trace, ask->ttl, ask->flow);
	if (trace->mda != NULL &&
	    (cell->state == ND_CELL_REFUSED || cell->state == ND_CELL_SILENT))
		nd_trace_paths_heard(trace, ask->ttl, ask->flow);
	nd_trace_go_on(trace);
}

static int
shoot(struct nd_trace *trace, const struct nd_trace_ask *ask)
{
	const struct nd_trace_profile *f = trace->profile;
	struct nd_trace_make make;
	struct nd_shot shot = {.timeout_ns = nd_trace_plan_timeout(trace),
	    .note = (uint16_t)(ask->flow << 8 | ask->ttl),
	    .ttl = (int)ask->ttl,
	    .tos = f->tos,
	    .port = nd_trace_port(trace, trace->task.numbers + 1),
	    .own_header = trace->own_header,
	    .df = (f->flags & ND_TRACE_F_MAY_FRAGMENT) == 0,
	    .data = trace->task.ctx->tx};
	struct nd_trace_cell *cell =
	    nd_trace_cell_at(trace, ask->ttl, ask->flow);
	struct nd_trace_row *row = &trace->rows[ask->ttl];
	struct nd_probe *p;
	int r = nd_trace_build(trace, ask->flow, &make);

	if (r != 0)
		return r;
	/* Else it is the bound one, if any. */
	if (trace->own_header || f->source.family != 0)
		shot.from = &trace->from;
	shot.tag = make.tag;
	shot.ip_id = make.ip_id;
	shot.flow_label = make.flow_label;
	shot.len = make.len;
	r = nd_task_shoot(&trace->task, &shot, &p);
	if (r != 0 || trace->sizing)
		return r;
	cell->state = ND_CELL_ASKED;
	cell->attempts++;
	cell->in_flight++;
	row->sent++;
	row->in_flight++;
	trace->sent_ns = p->sent_ns;
	if (cell->attempts == 1)
		trace->heard_ns = p->sent_ns;
	if (trace->first_ns < 0)
		trace->first_ns = p->sent_ns;
	return 0;
}

/* Nothing is to be asked before WAKE_NS, and nothing is done. */
static void
wait(struct nd_trace *trace, int64_t wake_ns)
{
	if (wake_ns < INT64_MAX)
		nd_task_due(&trace->task, wake_ns);
	else if (trace->task.in_flight == 0)
		/* No strategy leaves it so; it must not hang all the same. */
		end_cycle(trace, ND_TRACE_END_GAP);
}

static bool
next(struct nd_trace *trace, int64_t now_ns, struct nd_trace_ask *ask,
    int64_t *wake_ns)
{
	*wake_ns = INT64_MAX;
	if (trace->held)
		*ask = trace->ask;
	else if (trace->mda != NULL
		     ? !nd_trace_paths_next(trace, ask)
		     : !nd_trace_plan_next(trace, now_ns, ask, wake_ns))
		return false;
	/* A strategy says it once: until it has left, or was refused. */
	trace->held = true;
	trace->ask = *ask;
	return true;
}

/* After the last cycle: one probe at a time. */
static int
send_size(struct nd_trace *trace)
{
	struct nd_trace_ask ask;
	int r;

	if (trace->size_awaited)
		return 0;
	if (!nd_trace_sizes_next(trace, &ask)) {
		nd_trace_sizes_end(trace);
		if (tell_hops(trace, trace->shown))
			finish(trace);
		return 0;
	}
	r = shoot(trace, &ask);
	if (r == -EAGAIN)
		return r;
	trace->size_awaited = r == 0;
	if (r == 0) {
		trace->sized++;
		return 0;
	}
	trace->task.numbers--;
	nd_trace_sizes_refused(trace);
	nd_task_due(&trace->task, trace->task.ctx->now_ns);
	return 0;
}

static int
on_send(struct nd_task *task)
{
	struct nd_trace *trace = of(task);
	const int64_t now = nd_monotonic(&task->ctx->time);
	struct nd_trace_ask ask;
	int64_t wake;
	int r;

	if (trace->sizing)
		return send_size(trace);
	if (trace->over)
		begin_cycle(trace, now);
	if (!next(trace, now, &ask, &wake)) {
		enum nd_trace_end end;

		if (is_done(trace, &end))
			end_cycle(trace, end);
		else
			wait(trace, wake);
		return 0;
	}
	if (nd_trace_reserve(trace, ask.ttl) != 0) {
		nd_task_due(task, now + NO_TAG_NS);
		return 0;
	}
	r = find_route(trace, now);
	if (r == 0)
		r = shoot(trace, &ask);
	else if (r != -EAGAIN)
		task->numbers++;
	if (r == -EAGAIN)
		return r;
	trace->held = false;
	if (r != 0)
		refuse(trace, &ask, r);
	else
		nd_task_due(task, next_due(trace));
	return 0;
}

/* ---- Not answered -----------------------------------------------------------
 */

void
nd_trace_silence(struct nd_trace *trace, unsigned ttl, unsigned flow)
{
	nd_trace_cell_at(trace, ttl, flow)->state = ND_CELL_SILENT;
	if (trace->mda != NULL)
		nd_trace_paths_heard(trace, ttl, flow);
}

static void
on_expired(struct nd_task *task, struct nd_probe *p)
{
	struct nd_trace *trace = of(task);
	const unsigned ttl = nd_trace_ttl_of(p), flow = nd_trace_flow_of(p);
	const bool is_current = nd_probe_number(p) >= trace->first_number;
	struct nd_trace_cell *cell = nd_trace_cell_at(trace, ttl, flow);
	struct nd_trace_event e =
	    nd_trace_event_of_probe(trace, ND_TRACE_TIMEOUT, p);

	if (p->sent_ns <= task->ctx->last_drop_ns)
		trace->loss_uncertain = true;
	if (nd_trace_is_size(trace, p)) {
		nd_trace_sizes_heard(trace, p, NULL);
		nd_task_due(task, task->ctx->now_ns);
		return;
	}
	trace->rows[ttl].in_flight--;
	trace->expired++;
	if (is_current && cell->in_flight > 0 && --cell->in_flight == 0 &&
	    cell->state == ND_CELL_ASKED)
		nd_trace_silence(trace, ttl, flow);
	if (nd_trace_emit(trace, &e))
		nd_trace_go_on(trace);
}

const struct nd_task_ops nd_trace_ops = {.send = on_send,
    .reply = nd_trace_on_reply,
    .error = nd_trace_on_error,
    .proves = nd_trace_proves,
    .expired = on_expired,
    .settled = on_settled};
