/* SPDX-License-Identifier: MIT */
/*
 * Who answered at which TTL, and which two of them a flow has met one after the
 * other. Room is made before a probe is sent: what is received only fills it.
 */
#include "diag/trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Who answers from ever new addresses does not take all memory. */
#define VERTICES_MAX 8192u

/* ---- Room ---------------------------------------------------------------- */

static int
grow(void *array, uint32_t *room, uint32_t need, size_t size)
{
	uint32_t more = *room > 0 ? *room : 8;
	void *old, *bigger;

	if (need > VERTICES_MAX)
		need = VERTICES_MAX;
	if (need <= *room)
		return 0;
	while (more < need)
		more *= 2;
	memcpy(&old, array, sizeof(old));
	bigger = realloc(old, more * size);
	if (bigger == NULL)
		return -ENOMEM;
	memcpy(array, &bigger, sizeof(bigger));
	memset((uint8_t *)bigger + *room * size, 0, (more - *room) * size);
	*room = more;
	return 0;
}

/*
 * Each answer that is awaited may be of one that is new, and all of them to a
 * TTL of the same one.
 */
static int
reserve_vertices(struct nd_trace *trace, uint32_t here, uint32_t all)
{
	struct nd_rtt_budget *budget = &trace->task.ctx->rtt_budget;
	uint32_t from = trace->vertex_room;
	int r = grow(&trace->vertices, &trace->vertex_room,
	    trace->vertex_count + all, sizeof(*trace->vertices));

	if (r != 0)
		return r;
	if (here > trace->spare_samples) {
		trace->spare_samples = here > 2 * trace->spare_samples
					   ? here
					   : 2 * trace->spare_samples;
		from = trace->vertex_count;
	}
	for (; from < trace->vertex_room; from++)
		nd_rtt_reserve(
		    &trace->vertices[from].rtt, budget, trace->spare_samples);
	return 0;
}

int
nd_trace_reserve(struct nd_trace *trace, unsigned ttl)
{
	struct nd_rtt_budget *budget = &trace->task.ctx->rtt_budget;
	const struct nd_trace_row *row = &trace->rows[ttl];
	const uint32_t late = trace->expired < trace->task.remembered
				  ? trace->expired
				  : trace->task.remembered;
	const uint32_t all = trace->task.in_flight + late + 1;
	const uint32_t here = row->in_flight + 1;
	int r = reserve_vertices(trace, here, all);

	/* An answer may have a neighbour on either side. */
	if (r == 0)
		r = grow(&trace->edges, &trace->edge_room,
		    trace->edge_count + 2 * all, sizeof(*trace->edges));
	if (r != 0)
		return r;
	for (uint16_t i = row->first_vertex; i != ND_TRACE_NOBODY;
	     i = trace->vertices[i].next)
		nd_rtt_reserve(&trace->vertices[i].rtt, budget, here);
	nd_rtt_reserve(&trace->rtt, budget, all);
	return 0;
}

void
nd_trace_free_graph(struct nd_trace *trace)
{
	struct nd_rtt_budget *budget = &trace->task.ctx->rtt_budget;

	for (uint32_t i = 0; i < trace->vertex_room; i++)
		nd_rtt_free(&trace->vertices[i].rtt, budget);
	nd_rtt_free(&trace->rtt, budget);
	free(trace->vertices);
	free(trace->edges);
	trace->vertices = NULL;
	trace->edges = NULL;
	trace->vertex_count = trace->vertex_room = 0;
	trace->edge_count = trace->edge_room = 0;
}

/* ---- Vertices and edges ---------------------------------------------------
 */

static void
add_flow(struct nd_trace_flows *flows, unsigned flow)
{
	flows->bits[flow / 64] |= UINT64_C(1) << flow % 64;
}

static struct nd_trace_vertex *
add_vertex(struct nd_trace *trace, unsigned ttl, const struct nd_addr *addr)
{
	struct nd_trace_row *row = &trace->rows[ttl];
	struct nd_trace_vertex *v;
	uint16_t i;

	if (trace->vertex_count >= trace->vertex_room)
		return NULL;
	i = (uint16_t)trace->vertex_count++;
	v = &trace->vertices[i];
	v->addr = *addr;
	v->ttl = (uint8_t)ttl;
	v->next = ND_TRACE_NOBODY;
	v->index = row->vertices++;
	v->reply_ttl = v->reply_tos = v->quoted_ttl = v->quoted_tos = -1;
	v->icmp_type = v->icmp_code = -1;
	v->mtu = -1;
	if (row->last_vertex != ND_TRACE_NOBODY)
		trace->vertices[row->last_vertex].next = i;
	else
		row->first_vertex = i;
	row->last_vertex = i;
	return v;
}

struct nd_trace_vertex *
nd_trace_note(struct nd_trace *trace, unsigned ttl, unsigned flow,
    const struct nd_addr *addr)
{
	struct nd_trace_vertex *v;
	uint16_t i = trace->rows[ttl].first_vertex;

	while (i != ND_TRACE_NOBODY &&
	       !nd_addr_equal(&trace->vertices[i].addr, addr))
		i = trace->vertices[i].next;
	v = i != ND_TRACE_NOBODY ? &trace->vertices[i]
				 : add_vertex(trace, ttl, addr);
	if (v != NULL)
		add_flow(&v->flows, flow);
	return v;
}

/* The edge at TTL, made if it is new; NULL: no room. */
static struct nd_trace_edge *
edge_of(struct nd_trace *trace, unsigned ttl, uint16_t from, uint16_t to)
{
	struct nd_trace_row *row = &trace->rows[ttl];
	struct nd_trace_edge *e;
	uint16_t i;

	for (i = row->first_edge; i != ND_TRACE_NOBODY; i = e->next) {
		e = &trace->edges[i];
		if (e->from == from && e->to == to)
			return e;
	}
	if (trace->edge_count >= trace->edge_room)
		return NULL;
	i = (uint16_t)trace->edge_count++;
	e = &trace->edges[i];
	*e = (struct nd_trace_edge){
	    .from = from, .to = to, .next = row->first_edge};
	row->first_edge = i;
	return e;
}

static void
add_edge(struct nd_trace *trace, unsigned ttl, uint16_t from, uint16_t to,
    unsigned flow)
{
	struct nd_trace_edge *e = edge_of(trace, ttl, from, to);

	if (e != NULL)
		add_flow(&e->flows, flow);
}

void
nd_trace_clear_edges(struct nd_trace *trace, unsigned ttl)
{
	trace->rows[ttl].first_edge = ND_TRACE_NOBODY;
}

int
nd_trace_add_edge(struct nd_trace *trace, unsigned ttl, uint16_t from,
    uint16_t to, const struct nd_trace_flows *flows)
{
	struct nd_trace_edge *e;
	int r = grow(&trace->edges, &trace->edge_room, trace->edge_count + 1,
	    sizeof(*trace->edges));

	if (r != 0)
		return r;
	e = edge_of(trace, ttl, from, to);
	for (size_t i = 0; i < sizeof(flows->bits) / sizeof(flows->bits[0]);
	     i++)
		e->flows.bits[i] |= flows->bits[i];
	return 0;
}

/* What is beyond the destination is no part of the way to it. */
static bool
leads_on(const struct nd_trace_cell *from, const struct nd_trace_cell *to)
{
	return from->node != ND_TRACE_NOBODY && to->node != ND_TRACE_NOBODY &&
	       from->state == ND_CELL_HOP;
}

void
nd_trace_join(struct nd_trace *trace, unsigned ttl, unsigned flow)
{
	const struct nd_trace_profile *f = trace->profile;
	const struct nd_trace_cell *here = nd_trace_cell_at(trace, ttl, flow);
	const struct nd_trace_cell *there;

	if ((f->flags & ND_TRACE_F_CLASSIC) != 0 || trace->pathless)
		return;
	if (ttl > f->first) {
		there = nd_trace_cell_at(trace, ttl - 1, flow);
		if (leads_on(there, here))
			add_edge(trace, ttl - 1, there->node, here->node, flow);
	}
	if (ttl < f->max) {
		there = nd_trace_cell_at(trace, ttl + 1, flow);
		if (leads_on(here, there))
			add_edge(trace, ttl, here->node, there->node, flow);
	}
}

/* ---- Paths ----------------------------------------------------------------
 */

#define FNV_START UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

static uint64_t
hash(uint64_t h, const uint8_t ip[16])
{
	for (int i = 0; i < 16; i++)
		h = (h ^ ip[i]) * FNV_PRIME;
	return h;
}

/* Whether nobody has ever answered at TTL: it is silent, nothing was lost. */
static bool
is_silent(const struct nd_trace *trace, unsigned ttl)
{
	return trace->rows[ttl].vertices == 0;
}

/* False: a probe of it was lost where others were answered. */
static bool
hash_of_path(const struct nd_trace *trace, unsigned flow, uint64_t *ret)
{
	static const uint8_t nobody[16];
	const struct nd_trace_way *way = &trace->ways[flow];
	const unsigned end = way->end > 0 ? way->end : way->top;
	uint64_t h = FNV_START;

	for (unsigned ttl = trace->profile->first; ttl <= end; ttl++) {
		const struct nd_trace_cell *c =
		    nd_trace_cell_at(trace, ttl, flow);

		if (c->node != ND_TRACE_NOBODY)
			h = hash(h, trace->vertices[c->node].addr.ip);
		else if (is_silent(trace, ttl))
			h = hash(h, nobody);
		else
			return false;
	}
	*ret = h;
	return true;
}

/* As many as there are ways through the edges, from the vertices of TTL on. */
static unsigned
count_ways(const struct nd_trace *trace)
{
	const uint32_t n = trace->vertex_count;
	uint32_t *ways = calloc(n > 0 ? n : 1, sizeof(*ways));
	uint32_t sum = 0;

	if (ways == NULL)
		return 0;
	/* From the end: each vertex has those of all that it leads to. */
	for (unsigned ttl = trace->profile->max; ttl > 0; ttl--) {
		const struct nd_trace_row *row = &trace->rows[ttl];
		const struct nd_trace_edge *e;

		for (uint16_t i = row->first_edge; i != ND_TRACE_NOBODY;
		     i = e->next) {
			e = &trace->edges[i];
			ways[e->from] += ways[e->to] > 0 ? ways[e->to] : 1;
			if (ways[e->from] > INT32_MAX)
				ways[e->from] = INT32_MAX;
		}
	}
	for (uint16_t i = trace->rows[trace->profile->first].first_vertex;
	     i != ND_TRACE_NOBODY; i = trace->vertices[i].next)
		sum += ways[i] > 0 ? ways[i] : 1;
	free(ways);
	return sum;
}

static unsigned
count_different(const struct nd_trace *trace)
{
	uint64_t seen[ND_FLOWS_MAX], h;
	unsigned n = 0, i;

	for (unsigned flow = 0; flow < trace->profile->flows; flow++) {
		if (trace->ways[flow].top == 0 ||
		    !hash_of_path(trace, flow, &h))
			continue;
		for (i = 0; i < n && seen[i] != h; i++)
			;
		if (i == n)
			seen[n++] = h;
	}
	return n;
}

void
nd_trace_judge_paths(struct nd_trace *trace)
{
	if ((trace->profile->flags & ND_TRACE_F_CLASSIC) != 0 ||
	    trace->pathless || trace->ways[0].top == 0)
		return;
	trace->has_path = hash_of_path(trace, 0, &trace->path);
	trace->paths =
	    trace->mda != NULL ? count_ways(trace) : count_different(trace);
}
