/* SPDX-License-Identifier: MIT */
/*
 * What is asked when, in a trace of every day. All TTLs are asked at once, as
 * far as that wastes little: one flow goes ahead of the highest TTL that has
 * answered, the others follow closer. Nobody waits for a silent hop: how long
 * an answer may take, the destination's own answer tells; until then, the
 * largest RTT so far.
 */
#include "diag/trace.h"

#define MS INT64_C(1000000)

/* TTLs beyond the highest that answered: together some 12 probes wasted. */
#define SCOUT_AHEAD 6u
#define OTHERS_AHEAD 3u

/* Once the destination has answered. */
#define LEAST_WAIT_NS (50 * MS)
/* A nearer hop that is not heard by then is asked once more. */
#define GRACE_NS (5 * MS)
#define LEAST_GRACE_NS (1 * MS)
#define ATTEMPTS 2

/* While it has not: four times the largest RTT and half a second in all. */
#define UNSURE_NS (50 * MS)
#define LAST_WAIT_NS (400 * MS)
/* While nobody has. */
#define NOBODY_WAIT_NS (1000 * MS)
#define LONGEST_WAIT_NS (3500 * MS)
/* In later cycles. */
#define LEISURE_NS (1000 * MS)

#define REFUSALS 3 /* by the local host, in a row: that flow gets nowhere */

/* ---- How far a flow goes ---------------------------------------------------
 */

/* How many TTLs in a row, after TTL, were asked in vain. */
static unsigned
silent_after(const struct nd_trace *trace, unsigned ttl)
{
	const unsigned scout = trace->scout;
	unsigned n = 0;

	while (ttl + n < trace->profile->max) {
		for (unsigned f = scout; f < trace->profile->flows; f++) {
			const struct nd_trace_cell *c =
			    nd_trace_cell_at(trace, ttl + n + 1, f);

			if (trace->ways[f].end == 0 &&
			    (c->state == ND_CELL_ASKED ||
				(c->state == ND_CELL_NEW && f == scout)))
				return n;
		}
		n++;
	}
	return n;
}

static unsigned
max_of(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

static unsigned
min_of(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* The highest TTL that may be asked of FLOW now. */
static unsigned
limit_of(const struct nd_trace *trace, unsigned flow)
{
	const struct nd_trace_profile *f = trace->profile;
	const struct nd_trace_way *way = &trace->ways[flow];
	const unsigned ahead = flow == trace->scout
				   ? max_of(SCOUT_AHEAD, f->gap + 1)
				   : OTHERS_AHEAD;
	unsigned limit;

	if (way->end > 0)
		return way->end;
	/* The others' end is likely to be its own; else it goes on alone. */
	if (trace->arrived > 0)
		return min_of(f->max, max_of(trace->arrived, way->top + 1U));
	/* An earlier cycle has found the end; if it is not there any more... */
	if (trace->known > 0 &&
	    nd_trace_cell_at(trace, trace->known, flow)->state < ND_CELL_SILENT)
		return trace->known;
	limit = max_of(trace->top + ahead, trace->known);
	if (f->gap == 0 || trace->past_gap)
		limit += silent_after(trace, trace->top);
	return min_of(limit, f->max);
}

/* ---- How long to wait ------------------------------------------------------
 */

/* What the destination's RTT allows the others. */
static int64_t
wait_of(const struct nd_trace *trace)
{
	const int64_t twice = 2 * trace->arrived_ns;

	return twice > LEAST_WAIT_NS ? twice : LEAST_WAIT_NS;
}

/* What the last probe gets, and all that is in flight beside it. */
static int64_t
last_wait(const struct nd_trace *trace)
{
	return trace->largest_ns > 0 ? 2 * trace->largest_ns + LAST_WAIT_NS
				     : LAST_WAIT_NS;
}

/* When there is no hurry, all that is slow is to be counted as received. */
static int64_t
leisure_of(const struct nd_trace *trace)
{
	const int64_t most = trace->profile->interval_ns / 10 * 9;

	if (trace->cycle == 1)
		return 0;
	return most < LEISURE_NS ? most : LEISURE_NS;
}

int64_t
nd_trace_plan_timeout(const struct nd_trace *trace)
{
	const int64_t leisure = leisure_of(trace);
	int64_t wait = LONGEST_WAIT_NS;

	if (trace->profile->timeout_ns > 0)
		return trace->profile->timeout_ns;
	if (trace->arrived_ns >= 0)
		wait = wait_of(trace);
	else if (trace->last_asked ||
		 (trace->mda != NULL && trace->largest_ns >= 0))
		wait = last_wait(trace);
	return wait > leisure ? wait : leisure;
}

/* All in flight of this cycle are given up at DUE_NS, or SINCE they left. */
static void
hasten(struct nd_trace *trace, int64_t due_ns, int64_t since_ns)
{
	if (trace->profile->timeout_ns > 0)
		return;
	for (struct nd_probe *p = trace->task.unsettled; p != NULL; p = p->next)
		if (p->state == ND_PROBE_IN_FLIGHT &&
		    nd_probe_number(p) >= trace->first_number)
			nd_probe_hasten(
			    p, since_ns >= 0 ? p->sent_ns + since_ns : due_ns);
}

/* ---- Asking ----------------------------------------------------------------
 */

/* In the order of TTLs, so that what is near is told soon. */
static bool
find_new(const struct nd_trace *trace, struct nd_trace_ask *ask)
{
	const struct nd_trace_profile *f = trace->profile;
	unsigned limit[ND_FLOWS_MAX], highest = 0;

	for (unsigned flow = 0; flow < f->flows; flow++) {
		limit[flow] = limit_of(trace, flow);
		highest = max_of(highest, limit[flow]);
	}
	for (unsigned ttl = f->first; ttl <= highest; ttl++)
		for (unsigned flow = 0; flow < f->flows; flow++)
			if (ttl <= limit[flow] &&
			    nd_trace_cell_at(trace, ttl, flow)->state ==
				ND_CELL_NEW) {
				*ask = (struct nd_trace_ask){ttl, flow};
				return true;
			}
	return false;
}

/* Whether it would be asked once more, were the destination to answer. */
static bool
may_retry(const struct nd_trace *trace, unsigned ttl, unsigned flow)
{
	const struct nd_trace_cell *cell = nd_trace_cell_at(trace, ttl, flow);
	const struct nd_trace_way *way = &trace->ways[flow];

	/* Later cycles count what is lost, and find nothing new. */
	return trace->cycle == 1 && cell->attempts < ATTEMPTS &&
	       (cell->state == ND_CELL_ASKED ||
		   cell->state == ND_CELL_SILENT) &&
	       (way->end == 0 || ttl < way->end);
}

static bool
has_retry(const struct nd_trace *trace, unsigned ttl, unsigned flow)
{
	return trace->arrived > 0 && may_retry(trace, ttl, flow);
}

/* The departure of the last probe to that cell; -1: it is not in flight. */
static int64_t
left_at(const struct nd_trace *trace, unsigned ttl, unsigned flow)
{
	const uint16_t note = (uint16_t)(flow << 8 | ttl);
	int64_t left = -1;

	for (const struct nd_probe *p = trace->task.unsettled; p != NULL;
	     p = p->next)
		if (p->state == ND_PROBE_IN_FLIGHT && p->note == note)
			left = p->sent_ns;
	return left;
}

static int64_t
grace_of(const struct nd_trace *trace)
{
	const int64_t quarter = trace->arrived_ns / 4;

	if (quarter > GRACE_NS)
		return GRACE_NS;
	return quarter > LEAST_GRACE_NS ? quarter : LEAST_GRACE_NS;
}

/*
 * The destination has answered: what is nearer and has taken longer than that
 * is asked once more.
 */
static bool
find_silent(const struct nd_trace *trace, int64_t now_ns,
    struct nd_trace_ask *ask, int64_t *wake_ns)
{
	const struct nd_trace_profile *f = trace->profile;
	const int64_t grace = grace_of(trace);

	for (unsigned flow = 0; flow < f->flows; flow++) {
		const unsigned limit = limit_of(trace, flow);

		for (unsigned ttl = f->first; ttl <= limit; ttl++) {
			int64_t when = now_ns;

			if (!has_retry(trace, ttl, flow))
				continue;
			if (nd_trace_cell_at(trace, ttl, flow)->state ==
			    ND_CELL_ASKED)
				when = left_at(trace, ttl, flow) +
				       trace->arrived_ns + grace;
			if (when <= now_ns) {
				*ask = (struct nd_trace_ask){ttl, flow};
				return true;
			}
			if (when < *wake_ns)
				*wake_ns = when;
		}
	}
	return false;
}

/* Nobody more answers: is the destination there at all? */
static bool
find_last(struct nd_trace *trace, int64_t now_ns, struct nd_trace_ask *ask,
    int64_t *wake_ns)
{
	const struct nd_trace_profile *f = trace->profile;
	const struct nd_trace_cell *cell = nd_trace_cell_at(trace, f->max, 0);
	const bool fixed = f->timeout_ns > 0;
	int64_t when = trace->heard_ns + UNSURE_NS;

	if (trace->largest_ns > 0)
		when += trace->largest_ns;
	else
		when += NOBODY_WAIT_NS - UNSURE_NS;
	if (fixed)
		when = trace->heard_ns + f->timeout_ns / 2;
	if (when > now_ns) {
		if (when < *wake_ns)
			*wake_ns = when;
		return false;
	}
	trace->last_asked = true;
	hasten(trace, now_ns + last_wait(trace), -1);
	if (f->gap == 0 || cell->state != ND_CELL_NEW)
		return false;
	*ask = (struct nd_trace_ask){f->max, 0};
	return true;
}

bool
nd_trace_plan_next(struct nd_trace *trace, int64_t now_ns,
    struct nd_trace_ask *ask, int64_t *wake_ns)
{
	*wake_ns = INT64_MAX;
	if (find_new(trace, ask))
		return true;
	if (trace->arrived > 0)
		return find_silent(trace, now_ns, ask, wake_ns);
	if (!trace->last_asked)
		return find_last(trace, now_ns, ask, wake_ns);
	return false;
}

/* ---- What was heard ---------------------------------------------------------
 */

/*
 * An address that was met before, with others in between, and the next one
 * likewise: this flow goes in circles.
 */
static bool
is_loop(const struct nd_trace *trace, unsigned flow, unsigned ttl)
{
	const struct nd_trace_cell *last = nd_trace_cell_at(trace, ttl, flow);
	const struct nd_trace_cell *before =
	    nd_trace_cell_at(trace, ttl - 1, flow);

	if (last->state != ND_CELL_HOP || before->state != ND_CELL_HOP)
		return false;
	for (unsigned t = ttl - 2; t > trace->profile->first; t--) {
		const struct nd_trace_cell *c =
		    nd_trace_cell_at(trace, t, flow);
		const struct nd_trace_cell *d =
		    nd_trace_cell_at(trace, t - 1, flow);

		if (c->state == ND_CELL_HOP && d->state == ND_CELL_HOP &&
		    nd_addr_equal(&trace->vertices[c->node].addr,
			&trace->vertices[last->node].addr) &&
		    nd_addr_equal(&trace->vertices[d->node].addr,
			&trace->vertices[before->node].addr) &&
		    !nd_addr_equal(&trace->vertices[c->node].addr,
			&trace->vertices[d->node].addr))
			return true;
	}
	return false;
}

static void
end_way(
    struct nd_trace *trace, unsigned flow, unsigned ttl, enum nd_trace_end why)
{
	struct nd_trace_way *way = &trace->ways[flow];

	if (why == ND_TRACE_END_REACHED &&
	    (trace->arrived == 0 || ttl < trace->arrived))
		trace->arrived = ttl;
	if (way->end > 0 && way->end <= ttl &&
	    (way->why == ND_TRACE_END_REACHED || why != ND_TRACE_END_REACHED))
		return;
	way->end = (uint8_t)ttl;
	way->why = (uint8_t)why;
	while (trace->scout < trace->profile->flows &&
	       trace->ways[trace->scout].end > 0)
		trace->scout++;
}

void
nd_trace_plan_heard(struct nd_trace *trace, unsigned ttl, unsigned flow)
{
	const struct nd_trace_profile *f = trace->profile;
	const struct nd_trace_cell *cell = nd_trace_cell_at(trace, ttl, flow);
	struct nd_trace_way *way = &trace->ways[flow];
	const bool is_last = ttl == f->max && trace->last_asked &&
			     ttl > trace->top + SCOUT_AHEAD;

	switch ((enum nd_trace_cell_state)cell->state) {
	case ND_CELL_DESTINATION:
		/* The last probe says that it is there, not where. */
		if (is_last)
			trace->past_gap = true;
		else
			end_way(trace, flow, ttl, ND_TRACE_END_REACHED);
		if (trace->cycle == 1)
			hasten(trace, 0, wait_of(trace));
		break;
	case ND_CELL_UNREACHABLE:
		if (!is_last)
			end_way(trace, flow, ttl, ND_TRACE_END_UNREACHABLE);
		break;
	case ND_CELL_REFUSED:
		if (++way->refused >= REFUSALS && way->top == 0)
			end_way(trace, flow, ttl, ND_TRACE_END_UNREACHABLE);
		return;
	default:
		break;
	}
	way->refused = 0;
	if (is_last)
		return;
	if (ttl > way->top)
		way->top = (uint8_t)ttl;
	if (ttl > trace->top)
		trace->top = ttl;
	for (unsigned t = max_of(ttl, f->first + 3); t <= way->top; t++)
		if (way->end == 0 && is_loop(trace, flow, t))
			end_way(trace, flow, t, ND_TRACE_END_LOOP);
}

/* ---- The end
 * ----------------------------------------------------------------- */

/* Nothing of the cell is awaited, nor will be. */
static bool
is_settled(const struct nd_trace *trace, unsigned ttl, unsigned flow)
{
	const struct nd_trace_cell *cell = nd_trace_cell_at(trace, ttl, flow);

	if (nd_trace_is_answered(cell) || cell->state == ND_CELL_REFUSED)
		return true;
	return cell->state == ND_CELL_SILENT && !has_retry(trace, ttl, flow);
}

/* All up to where FLOW ends. */
static bool
is_flow_done(const struct nd_trace *trace, unsigned flow)
{
	const unsigned limit = limit_of(trace, flow);

	for (unsigned ttl = trace->profile->first; ttl <= limit; ttl++)
		if (!is_settled(trace, ttl, flow))
			return false;
	return true;
}

/* Some flow has come to an end of its own: the others may be judged by it. */
static bool
has_end(const struct nd_trace *trace)
{
	for (unsigned f = 0; f < trace->profile->flows; f++)
		if (trace->ways[f].end > 0)
			return true;
	return false;
}

/* Why, where all flows have come to an end, or some to the destination. */
static enum nd_trace_end
why_of(const struct nd_trace *trace)
{
	enum nd_trace_end why = ND_TRACE_END_NONE;

	for (unsigned f = 0; f < trace->profile->flows; f++) {
		const enum nd_trace_end own =
		    (enum nd_trace_end)trace->ways[f].why;

		if (own == ND_TRACE_END_REACHED)
			return own;
		if (own != ND_TRACE_END_NONE && why != ND_TRACE_END_LOOP)
			why = own;
	}
	return why;
}

/* The last probe is awaited. */
static bool
awaits_last(const struct nd_trace *trace)
{
	return trace->last_asked &&
	       nd_trace_cell_at(trace, trace->profile->max, 0)->state ==
		   ND_CELL_ASKED;
}

unsigned
nd_trace_plan_end(const struct nd_trace *trace)
{
	unsigned end = 0;

	for (unsigned f = 0; f < trace->profile->flows; f++) {
		const struct nd_trace_way *way = &trace->ways[f];

		end = max_of(end, way->end > 0 ? way->end : way->top);
	}
	return end;
}

bool
nd_trace_plan_done(struct nd_trace *trace, enum nd_trace_end *end)
{
	const struct nd_trace_profile *f = trace->profile;
	const unsigned silent = silent_after(trace, trace->top);
	bool all_ended = true;

	for (unsigned flow = 0; flow < f->flows; flow++) {
		if (!is_flow_done(trace, flow))
			return false;
		if (trace->ways[flow].end == 0)
			all_ended = false;
	}
	if (has_end(trace) && (all_ended || trace->arrived > 0)) {
		*end = why_of(trace);
		return true;
	}
	if (awaits_last(trace))
		return false;
	if (trace->top + silent >= f->max && !has_end(trace))
		*end = ND_TRACE_END_MAX_TTL;
	else if (f->gap > 0 && silent >= f->gap && trace->last_asked &&
		 !trace->past_gap)
		*end = has_end(trace) ? why_of(trace) : ND_TRACE_END_GAP;
	else if (trace->top + silent >= f->max)
		*end = why_of(trace);
	else
		return false;
	return true;
}

bool
nd_trace_plan_final(const struct nd_trace *trace, unsigned ttl)
{
	for (unsigned flow = 0; flow < trace->profile->flows; flow++) {
		const struct nd_trace_way *way = &trace->ways[flow];
		const struct nd_trace_cell *cell =
		    nd_trace_cell_at(trace, ttl, flow);

		if (way->end > 0 && ttl > way->end)
			continue;
		/* What is not answered may be asked again in the end. */
		if (!is_settled(trace, ttl, flow) ||
		    (cell->state == ND_CELL_SILENT &&
			may_retry(trace, ttl, flow)))
			return false;
	}
	return true;
}
