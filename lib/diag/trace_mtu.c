/* SPDX-License-Identifier: MIT */
/*
 * The largest packet that gets to each hop: asked at the end, when the way is
 * known, of the first flow. IP headers of our own with DF: what other programs
 * have made the system believe of the path is neither used nor changed.
 */
#include "diag/mtu.h"
#include "diag/trace.h"
#include "wire/ip.h"
#include "wire/udp.h"

#include <errno.h>
#include <stdlib.h>

static unsigned
headers_of(const struct nd_trace *trace)
{
	/* That of ICMP is as long as that of UDP. */
	return (trace->task.addr.family == AF_INET ? ND_IP4_HEADER
						   : ND_IP6_HEADER) +
	       ND_UDP_HEADER;
}

int
nd_trace_sizes_new(struct nd_trace *trace)
{
	trace->sizes = malloc(sizeof(*trace->sizes));
	return trace->sizes != NULL ? 0 : -ENOMEM;
}

/* The cell of the first flow, of this cycle. */
static const struct nd_trace_cell *
cell_of(const struct nd_trace *trace, unsigned ttl)
{
	return nd_trace_cell_at(trace, ttl, 0);
}

void
nd_trace_sizes_begin(struct nd_trace *trace)
{
	const struct nd_trace_profile *f = trace->profile;
	const struct nd_trace_way *way = &trace->ways[0];
	const unsigned last = way->end > 0 ? way->end : way->top;
	const int most =
	    nd_source_link_mtu(&trace->task.ctx->source, &trace->from);

	trace->sizing = true;
	trace->first_size = trace->task.numbers + 1;
	nd_mtu_init(trace->sizes, f->first, last,
	    f->payload + headers_of(trace),
	    most > 0 ? (unsigned)most : f->payload + headers_of(trace));
	for (unsigned ttl = f->first; ttl <= last; ttl++)
		if (nd_trace_is_answered(cell_of(trace, ttl)))
			nd_mtu_add(trace->sizes, ttl);
}

bool
nd_trace_sizes_next(struct nd_trace *trace, struct nd_trace_ask *ask)
{
	struct nd_mtu_ask size;

	if (!nd_mtu_next(trace->sizes, &size))
		return false;
	*ask = (struct nd_trace_ask){size.ttl, 0};
	trace->payload = size.size - headers_of(trace);
	return true;
}

/* Where the vertex with ADDR is on the way to TTL; 0: nowhere. */
static unsigned
place_of(const struct nd_trace *trace, const struct nd_addr *addr, unsigned ttl)
{
	for (unsigned t = trace->profile->first; t < ttl; t++) {
		const struct nd_trace_cell *c = cell_of(trace, t);

		if (nd_trace_is_answered(c) &&
		    nd_addr_equal(&trace->vertices[c->node].addr, addr))
			return t;
	}
	return 0;
}

void
nd_trace_sizes_heard(
    struct nd_trace *trace, const struct nd_probe *p, const struct nd_answer *a)
{
	enum nd_mtu_answer answer = ND_MTU_SILENT;
	unsigned mtu = 0, at = 0;

	trace->size_awaited = false;
	if (a != NULL && a->icmp.kind == ND_ICMP_TOO_BIG) {
		answer = ND_MTU_BIG;
		mtu = a->icmp.mtu < UINT16_MAX ? (unsigned)a->icmp.mtu : 0;
		at = place_of(trace, &a->packet->from, nd_trace_ttl_of(p));
	} else if (a != NULL) {
		answer = ND_MTU_GOT;
	}
	nd_mtu_heard(trace->sizes, answer, mtu, at);
}

void
nd_trace_sizes_refused(struct nd_trace *trace)
{
	const int mtu =
	    nd_source_mtu(&trace->task.ctx->source, &trace->task.addr);

	trace->size_awaited = false;
	nd_mtu_heard(
	    trace->sizes, ND_MTU_REFUSED, mtu > 0 ? (unsigned)mtu : 0, 0);
}

/* 0: it answered too late to be asked. */
static void
note(struct nd_trace_vertex *v, unsigned mtu)
{
	if (mtu > 0)
		v->mtu = (int32_t)mtu;
}

void
nd_trace_sizes_end(struct nd_trace *trace)
{
	const struct nd_trace_way *way = &trace->ways[0];
	const unsigned last = way->end > 0 ? way->end : way->top;

	trace->sizing = false;
	trace->black_hole = nd_mtu_black_hole(trace->sizes);
	for (unsigned ttl = trace->profile->first; ttl <= last; ttl++) {
		const struct nd_trace_cell *c = cell_of(trace, ttl);

		if (nd_trace_is_answered(c))
			note(&trace->vertices[c->node],
			    nd_mtu_of(trace->sizes, ttl));
	}
	if (way->why == ND_TRACE_END_REACHED &&
	    nd_mtu_of(trace->sizes, way->end) > 0)
		trace->mtu = (int)nd_mtu_of(trace->sizes, way->end);
}
