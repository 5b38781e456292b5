/* SPDX-License-Identifier: MIT */
/*
 * All paths: what the Multipath Detection Algorithm asks, and how its questions
 * become cells. What is not answered is asked once more before it counts as
 * silent.
 */
#include "diag/trace.h"

#define ATTEMPTS 2

/* A cell that was silent once. */
static bool
find_silent(const struct nd_trace *trace, struct nd_trace_ask *ask)
{
	const struct nd_trace_profile *f = trace->profile;

	if (trace->silent == 0)
		return false;
	for (unsigned ttl = f->first; ttl <= f->max; ttl++)
		for (unsigned flow = 0; flow < f->flows; flow++) {
			const struct nd_trace_cell *c =
			    nd_trace_cell_at(trace, ttl, flow);

			if (c->state == ND_CELL_SILENT &&
			    c->attempts < ATTEMPTS) {
				*ask = (struct nd_trace_ask){ttl, flow};
				return true;
			}
		}
	return false;
}

bool
nd_trace_paths_next(struct nd_trace *trace, struct nd_trace_ask *ask)
{
	unsigned ttl, flow;
	bool again;

	if (find_silent(trace, ask)) {
		trace->silent--;
		return true;
	}
	if (!nd_mda_next(trace->mda, &ttl, &flow, &again))
		return false;
	*ask = (struct nd_trace_ask){ttl, flow - 1};
	if (again) {
		/* Its answer may be another one; if there is none, the first
		 * one stays. */
		struct nd_trace_cell *c =
		    nd_trace_cell_at(trace, ttl, flow - 1);

		*c = (struct nd_trace_cell){.was = c->state,
		    .node = c->node,
		    .in_flight = c->in_flight};
	}
	return true;
}

void
nd_trace_paths_heard(struct nd_trace *trace, unsigned ttl, unsigned flow)
{
	struct nd_trace_cell *c = nd_trace_cell_at(trace, ttl, flow);
	enum nd_mda_answer answer = ND_MDA_SILENT;
	unsigned node = 0;

	if (c->state == ND_CELL_SILENT && c->attempts < ATTEMPTS) {
		trace->silent++;
		return;
	}
	if (nd_trace_is_answered(c)) {
		answer =
		    c->state == ND_CELL_HOP ? ND_MDA_HOP : ND_MDA_DESTINATION;
		node = trace->vertices[c->node].index;
	}
	nd_mda_heard(trace->mda, ttl, flow + 1, answer, node);
	if (answer == ND_MDA_SILENT && c->was != ND_CELL_NEW) {
		c->state = c->was;
		nd_trace_join(trace, ttl, flow);
	}
}

void
nd_trace_paths_late(struct nd_trace *trace, unsigned ttl, unsigned flow)
{
	/* That it is silent was told after the second attempt. */
	if (nd_trace_cell_at(trace, ttl, flow)->attempts >= ATTEMPTS)
		return;
	if (trace->held && trace->ask.ttl == ttl && trace->ask.flow == flow)
		trace->held = false;
	else
		trace->silent--;
	nd_trace_paths_heard(trace, ttl, flow);
}

bool
nd_trace_paths_done(const struct nd_trace *trace, enum nd_trace_end *end)
{
	static const enum nd_trace_end ends[] = {
	    [ND_MDA_END_NONE] = ND_TRACE_END_GAP,
	    [ND_MDA_END_REACHED] = ND_TRACE_END_REACHED,
	    [ND_MDA_END_GAP] = ND_TRACE_END_GAP,
	    [ND_MDA_END_MAX] = ND_TRACE_END_MAX_TTL};

	if (trace->silent > 0 || !nd_mda_done(trace->mda))
		return false;
	*end = ends[nd_mda_end(trace->mda)];
	if (*end == ND_TRACE_END_REACHED && !trace->reached)
		*end = ND_TRACE_END_UNREACHABLE;
	return true;
}

/* The vertex at TTL that the algorithm knows by its INDEX. */
static uint16_t
vertex_at(const struct nd_trace *trace, unsigned ttl, unsigned index)
{
	uint16_t i = trace->rows[ttl].first_vertex;

	while (i != ND_TRACE_NOBODY && trace->vertices[i].index != index)
		i = trace->vertices[i].next;
	return i;
}

/* All that is at TTL + 1 was reached through the one at TTL. */
static void
fan_out(struct nd_trace *trace, unsigned ttl, uint16_t from)
{
	uint16_t to = trace->rows[ttl + 1].first_vertex;

	nd_trace_clear_edges(trace, ttl);
	for (; to != ND_TRACE_NOBODY; to = trace->vertices[to].next)
		(void)nd_trace_add_edge(
		    trace, ttl, from, to, &trace->vertices[to].flows);
}

void
nd_trace_paths_close(struct nd_trace *trace)
{
	const unsigned end = nd_trace_plan_end(trace);
	uint16_t one = ND_TRACE_NOBODY;
	unsigned node;

	for (unsigned ttl = trace->profile->first; ttl < end; ttl++) {
		if (nd_mda_sole(trace->mda, ttl, &node))
			one = vertex_at(trace, ttl, node);
		if (one != ND_TRACE_NOBODY && !trace->vertices[one].destination)
			fan_out(trace, ttl, one);
		else if (!nd_mda_sole(trace->mda, ttl + 1, &node) &&
			 (nd_mda_moving(trace->mda, ttl) ||
			     nd_mda_moving(trace->mda, ttl + 1)))
			nd_trace_clear_edges(trace, ttl);
		one = ND_TRACE_NOBODY;
	}
}
