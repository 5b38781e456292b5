/* SPDX-License-Identifier: MIT */
/* The trace diagnostic, as a program sees it: what was found. */
#include "diag/trace.h"

#include <errno.h>
#include <string.h>

#define SURE 3 /* probes that a later TTL has to have answered */

/* ---- TTLs ------------------------------------------------------------------
 */

static const struct nd_trace_row *
row_of(const struct nd_trace *trace, unsigned ttl)
{
	if (trace->rows == NULL || ttl < trace->profile->first ||
	    ttl > trace->profile->max)
		return NULL;
	return &trace->rows[ttl];
}

static uint64_t
lost_of(const struct nd_trace_row *row)
{
	return row->sent - row->received - row->in_flight;
}

/* The highest TTL that belongs to the way, whatever was asked beyond it. */
static unsigned
last_of(const struct nd_trace *trace)
{
	return trace->shown > 0 ? trace->shown : trace->top;
}

/*
 * Loss is a router's own, and no matter of the network, where whatever came
 * further by the same ways lost nothing.
 */
static int
rate_limited(const struct nd_trace *trace, unsigned ttl)
{
	const bool loses = lost_of(&trace->rows[ttl]) > 0;
	bool later = false;

	for (unsigned t = ttl + 1; t <= last_of(trace); t++) {
		const struct nd_trace_row *row = &trace->rows[t];

		if (row->received == 0)
			continue;
		later = true;
		if (lost_of(row) > 0 || row->received < SURE)
			return 0;
	}
	if (!later)
		return -1;
	return loses && trace->rows[ttl].vertices > 0 ? 1 : 0;
}

static unsigned
ends_at(const struct nd_trace *trace, unsigned ttl)
{
	unsigned n = 0;

	for (unsigned f = 0; f < trace->profile->flows; f++)
		if (trace->ways[f].end == ttl &&
		    trace->ways[f].why == ND_TRACE_END_REACHED)
			n++;
	return n;
}

int
nd_trace_hop(
    const struct nd_trace *trace, unsigned ttl, struct nd_trace_hop *ret)
{
	const struct nd_trace_row *row = row_of(trace, ttl);

	if (row == NULL || row->sent + row->send_errors == 0)
		return -ENOENT;
	*ret = (struct nd_trace_hop){.ttl = ttl,
	    .sent = row->sent,
	    .received = row->received,
	    .lost = lost_of(row),
	    .late = row->late,
	    .errors = row->errors,
	    .send_errors = row->send_errors,
	    .unfinished = row->in_flight,
	    .nodes = row->vertices,
	    .rate_limited = rate_limited(trace, ttl),
	    .ends = ends_at(trace, ttl)};
	return 0;
}

/* ---- Nodes ------------------------------------------------------------------
 */

static const struct nd_trace_vertex *
vertex_of(const struct nd_trace *trace, unsigned ttl, unsigned i)
{
	const struct nd_trace_row *row = row_of(trace, ttl);
	uint16_t at = row != NULL ? row->first_vertex : ND_TRACE_NOBODY;

	while (at != ND_TRACE_NOBODY && i-- > 0)
		at = trace->vertices[at].next;
	return at != ND_TRACE_NOBODY ? &trace->vertices[at] : NULL;
}

int
nd_trace_hops_of(int ttl)
{
	if (ttl < 0)
		return -1;
	return (ttl <= 64 ? 64 : ttl <= 128 ? 128 : 255) - ttl + 1;
}

static void
read_extensions(struct nd_trace_node *n, const struct nd_trace_vertex *v)
{
	n->label_count = v->label_count;
	for (unsigned i = 0; i < v->label_count; i++)
		n->labels[i] =
		    (struct nd_trace_label){.label = v->labels[i] >> 12,
			.tc = v->labels[i] >> 9 & 7,
			.s = (v->labels[i] >> 8 & 1) != 0,
			.ttl = v->labels[i] & 0xff};
	n->has_interface = v->has_interface;
	if (!v->has_interface)
		return;
	n->interface.ifindex = v->ifindex;
	n->interface.mtu = v->ifmtu;
	if (v->ifaddr.family != 0)
		(void)nd_addr_to(&v->ifaddr, &n->interface.addr);
	memcpy(n->interface.name, v->ifname, sizeof(n->interface.name));
}

int
nd_trace_node(const struct nd_trace *trace, unsigned ttl, unsigned i,
    struct nd_trace_node *ret)
{
	const struct nd_trace_vertex *v = vertex_of(trace, ttl, i);
	struct nd_trace_node n = {.ttl = ttl};

	if (v == NULL)
		return -ENOENT;
	(void)nd_addr_to(&v->addr, &n.addr);
	n.destination = v->destination;
	n.received = v->received;
	nd_rtt_report(&v->rtt, &n.rtt);
	n.reply_ttl = v->reply_ttl;
	n.reply_tos = v->reply_tos;
	n.return_hops = nd_trace_hops_of(v->reply_ttl);
	n.quoted_ttl = v->quoted_ttl;
	n.quoted_tos = v->quoted_tos;
	n.icmp_type = v->icmp_type;
	n.icmp_code = v->icmp_code;
	n.mtu = v->mtu;
	n.nat = v->nat;
	n.flows = v->flows;
	read_extensions(&n, v);
	*ret = n;
	return 0;
}

/* ---- Links
 * ------------------------------------------------------------------- */

int
nd_trace_link(const struct nd_trace *trace, unsigned ttl, unsigned i,
    struct nd_trace_link *ret)
{
	const struct nd_trace_row *row = row_of(trace, ttl);
	uint16_t at = row != NULL ? row->first_edge : ND_TRACE_NOBODY;
	const struct nd_trace_edge *e;

	while (at != ND_TRACE_NOBODY && i-- > 0)
		at = trace->edges[at].next;
	if (at == ND_TRACE_NOBODY)
		return -ENOENT;
	e = &trace->edges[at];
	*ret = (struct nd_trace_link){.ttl = ttl,
	    .from = trace->vertices[e->from].index,
	    .to = trace->vertices[e->to].index,
	    .flows = e->flows};
	return 0;
}

static bool
share(const struct nd_trace_flows *a, const struct nd_trace_flows *b)
{
	for (size_t i = 0; i < sizeof(a->bits) / sizeof(a->bits[0]); i++)
		if ((a->bits[i] & b->bits[i]) != 0)
			return true;
	return false;
}

/* Whether a flow that has met V has also met another one at the same TTL. */
static bool
is_per_packet(const struct nd_trace *trace, const struct nd_trace_edge *e)
{
	for (uint16_t i = e->next; i != ND_TRACE_NOBODY;
	     i = trace->edges[i].next)
		if (trace->edges[i].from == e->from &&
		    share(&e->flows, &trace->edges[i].flows))
			return true;
	return false;
}

enum nd_trace_balancing
nd_trace_balancing(const struct nd_trace *trace, unsigned ttl, unsigned i)
{
	static const enum nd_trace_balancing of_mda[] = {
	    [ND_MDA_SINGLE] = ND_TRACE_BALANCE_NONE,
	    [ND_MDA_FLOW] = ND_TRACE_BALANCE_FLOW,
	    [ND_MDA_PACKET] = ND_TRACE_BALANCE_PACKET,
	    [ND_MDA_UNKNOWN] = ND_TRACE_BALANCE_UNKNOWN};
	const struct nd_trace_vertex *v = vertex_of(trace, ttl, i);
	const struct nd_trace_row *row = row_of(trace, ttl);
	const struct nd_trace_edge *e;
	unsigned links = 0;

	if (v == NULL)
		return ND_TRACE_BALANCE_UNKNOWN;
	if (v->by_destination && !v->not_by_destination)
		return ND_TRACE_BALANCE_DESTINATION;
	if (trace->mda != NULL)
		return of_mda[nd_mda_kind(trace->mda, ttl, i)];
	for (uint16_t at = row->first_edge; at != ND_TRACE_NOBODY;
	     at = e->next) {
		e = &trace->edges[at];
		if (&trace->vertices[e->from] != v)
			continue;
		links++;
		if (is_per_packet(trace, e))
			return ND_TRACE_BALANCE_PACKET;
	}
	return links > 1 ? ND_TRACE_BALANCE_FLOW : ND_TRACE_BALANCE_NONE;
}

/*
 * Where all that meets the vertex AT of TTL goes next; NULL: nowhere that is
 * known, several ways (then SPREADS), or to the destination.
 */
static const struct nd_trace_vertex *
only_next(
    const struct nd_trace *trace, unsigned ttl, uint16_t at, bool *spreads)
{
	const struct nd_trace_vertex *next = NULL;
	const struct nd_trace_edge *e;

	*spreads = false;
	for (uint16_t i = trace->rows[ttl].first_edge; i != ND_TRACE_NOBODY;
	     i = e->next) {
		e = &trace->edges[i];
		if (e->from != at)
			continue;
		*spreads = next != NULL;
		if (*spreads || trace->vertices[e->to].destination)
			return NULL;
		next = &trace->vertices[e->to];
	}
	return next;
}

static uint16_t
find_vertex(
    const struct nd_trace *trace, unsigned ttl, const struct nd_addr *addr)
{
	const struct nd_trace_row *row = row_of(trace, ttl);
	uint16_t i = row != NULL ? row->first_vertex : ND_TRACE_NOBODY;

	while (i != ND_TRACE_NOBODY &&
	       !nd_addr_equal(&trace->vertices[i].addr, addr))
		i = trace->vertices[i].next;
	return i;
}

void
nd_trace_compare(struct nd_trace *trace, const struct nd_trace *other)
{
	for (uint32_t i = 0; i < trace->vertex_count; i++) {
		struct nd_trace_vertex *v = &trace->vertices[i];
		const uint16_t k = find_vertex(other, v->ttl, &v->addr);
		const struct nd_trace_vertex *a, *b;
		bool spreads;

		if (k == ND_TRACE_NOBODY)
			continue;
		a = only_next(trace, v->ttl, (uint16_t)i, &spreads);
		b = only_next(other, v->ttl, k, &spreads);
		/* It chooses by flow; here that was missed. */
		if (spreads)
			v->not_by_destination = true;
		if (a != NULL && b != NULL &&
		    !nd_addr_equal(&a->addr, &b->addr))
			v->by_destination = true;
	}
}

/* ---- All of it
 * ---------------------------------------------------------------- */

/* In flight, or past the end of the way, where nobody has to answer. */
static uint64_t
unfinished(const struct nd_trace *trace)
{
	uint64_t n = 0;

	if (trace->rows == NULL)
		return 0;
	for (unsigned t = 1; t <= trace->profile->max; t++) {
		const struct nd_trace_row *row = &trace->rows[t];

		n += row->in_flight;
		if (t > last_of(trace))
			n += lost_of(row);
	}
	return n;
}

int
nd_trace_stats(const struct nd_trace *trace, struct nd_trace_stats *ret)
{
	const struct nd_task *task = &trace->task;
	struct nd_trace_stats s = {.size = sizeof(s)};

	if (ret->size != sizeof(*ret))
		return ND_EOPTION;
	s.reached = trace->reached;
	s.end = (enum nd_trace_end)trace->end;
	s.hops = trace->hops;
	s.shown = trace->shown;
	s.cycles = trace->cycles;
	s.sent = task->numbers - trace->send_errors - trace->sized;
	s.received = trace->received;
	s.errors = trace->errors;
	s.unfinished = unfinished(trace);
	s.lost = s.sent - s.received - s.unfinished;
	s.late = trace->late;
	s.duplicates = trace->duplicates;
	s.invalid = trace->invalid;
	s.send_errors = trace->send_errors;
	s.loss_uncertain = trace->loss_uncertain;
	s.has_path = trace->has_path;
	s.path = trace->path;
	s.paths = trace->paths;
	s.confidence = trace->mda != NULL ? nd_mda_confidence(trace->mda) : -1;
	s.mtu = trace->mtu;
	s.mtu_black_hole = trace->black_hole;
	s.sized = trace->sized;
	s.clock = (enum nd_clock)trace->exactness;
	if (trace->first_ns >= 0 && trace->last_ns > trace->first_ns)
		s.duration_ns = trace->last_ns - trace->first_ns;
	nd_rtt_report(&trace->rtt, &s.rtt);
	*ret = s;
	return 0;
}
