/* SPDX-License-Identifier: MIT */
/* The trace diagnostic, as a program sees it: start and stop. */
#include "diag/trace.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST_NS ((int64_t)1 << 61) /* 73 years: sums do not overflow */
#define MOST_PAYLOAD 65467u /* the whole is an IPv4 datagram at most */
#define UDP_PORT 33434
#define TCP_PORT 80
#define FLAGS (ND_TRACE_F_CLASSIC | ND_TRACE_F_MTU | ND_TRACE_F_MAY_FRAGMENT)

static bool
is_duration(int64_t ns)
{
	return ns >= 0 && ns <= LONGEST_NS;
}

static bool
is_confidence(const struct nd_trace_opts *o)
{
	if (o->confidence == 0)
		return true;
	return (o->confidence == 95 || o->confidence == 99) &&
	       (o->flags & ND_TRACE_F_CLASSIC) == 0;
}

static bool
opts_valid(const struct nd_trace_opts *o)
{
	return o->size == sizeof(*o) && o->addr != NULL &&
	       o->method <= ND_TRACE_ICMP && o->flows >= 1 &&
	       o->flows <= ND_FLOWS_MAX && o->first >= 1 &&
	       o->first <= o->max && o->max <= ND_TRACE_TTL_MAX &&
	       o->gap <= ND_TRACE_TTL_MAX && o->interval_ns >= 1000 &&
	       o->interval_ns <= LONGEST_NS && is_duration(o->timeout_ns) &&
	       is_duration(o->start_ns) && is_duration(o->spacing_ns) &&
	       o->payload <= MOST_PAYLOAD && o->tos >= -1 && o->tos <= 255 &&
	       is_confidence(o) && (o->flags & ~FLAGS) == 0 &&
	       ((o->flags & ND_TRACE_F_MTU) == 0 || o->method != ND_TRACE_TCP);
}

static uint16_t
port_of(const struct nd_trace_opts *o)
{
	if (o->port != 0)
		return o->port;
	return o->method == ND_TRACE_UDP ? UDP_PORT : TCP_PORT;
}

static int
make_profile(
    struct nd_trace_profile *f, const struct nd_trace_opts *o, nd_trace_cb *cb)
{
	const uint32_t least = nd_trace_least_payload(o->method);

	/* Compared by its bytes: the padding too. */
	memset(f, 0, sizeof(*f));
	f->cb = cb;
	f->cycles = o->confidence > 0 ? 1 : o->cycles;
	f->interval_ns = o->interval_ns;
	f->timeout_ns = o->timeout_ns;
	f->spacing_ns = o->spacing_ns;
	f->method = (uint32_t)o->method;
	f->flows = o->confidence > 0 ? ND_MDA_FLOWS_MAX : o->flows;
	f->first = o->first;
	f->max = o->max;
	f->gap = o->gap;
	f->payload = o->payload > least ? o->payload : least;
	f->confidence = o->confidence;
	f->flags = o->flags;
	f->tos = o->tos;
	f->port = port_of(o);
	return o->source != NULL ? nd_addr_from(&f->source, o->source) : 0;
}

/* What the context's sockets can do of it. */
static int
check_sockets(
    struct nd_ctx *ctx, struct nd_trace *trace, struct nd_trace_profile *f)
{
	const int family = trace->task.addr.family;
	const struct nd_sock *s = nd_ctx_sock(ctx, family, trace->task.proto);

	if (s == NULL || (ctx->methods & ND_TRACE) == 0)
		return ND_EFAMILY;
	trace->own_header = nd_ctx_sock(ctx, family, IPPROTO_RAW) != NULL;
	if (!trace->own_header) {
		if (f->method == ND_TRACE_TCP || f->confidence > 0 ||
		    (f->flags & ND_TRACE_F_MTU) != 0)
			return ND_EPRIV;
		trace->pathless = f->method == ND_TRACE_UDP;
	}
	if (f->confidence > 0) {
		if (f->method != ND_TRACE_ICMP && f->flows > ctx->flows)
			f->flows = ctx->flows;
		return 0;
	}
	return trace->own_header && f->method != ND_TRACE_ICMP &&
		       f->flows > ctx->flows
		   ? ND_EOPTION
		   : 0;
}

static int
make_tables(struct nd_trace *trace)
{
	const struct nd_trace_profile *f = trace->profile;
	const size_t rows = (size_t)f->max + 1;
	const struct nd_mda_opts opts = {.confidence = f->confidence,
	    .first = f->first,
	    .max = f->max,
	    .flows = f->flows,
	    .gap = f->gap};

	trace->rows = calloc(rows, sizeof(*trace->rows));
	trace->cells = calloc(rows * f->flows, sizeof(*trace->cells));
	trace->ways = calloc(f->flows, sizeof(*trace->ways));
	trace->isns = calloc(f->flows, sizeof(*trace->isns));
	trace->heard = calloc(ND_TRACE_HEARD, sizeof(*trace->heard));
	if (trace->heard == NULL || trace->rows == NULL ||
	    trace->cells == NULL || trace->ways == NULL || trace->isns == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < rows; i++)
		trace->rows[i].first_vertex = trace->rows[i].last_vertex =
		    trace->rows[i].first_edge = ND_TRACE_NOBODY;
	if ((f->flags & ND_TRACE_F_MTU) != 0 && nd_trace_sizes_new(trace) != 0)
		return -ENOMEM;
	return f->confidence > 0 ? nd_mda_new(&trace->mda, &opts) : 0;
}

static void
free_tables(struct nd_trace *trace)
{
	free(trace->rows);
	free(trace->cells);
	free(trace->ways);
	free(trace->isns);
	free(trace->heard);
	free(trace->sizes);
	nd_mda_free(trace->mda);
	trace->rows = NULL;
	trace->cells = NULL;
	trace->ways = NULL;
	trace->isns = NULL;
	trace->heard = NULL;
	trace->sizes = NULL;
	trace->mda = NULL;
}

static void
set_unknown(struct nd_trace *trace)
{
	trace->routed_ns = trace->sent_ns = trace->largest_ns = -1;
	trace->arrived_ns = trace->first_ns = -1;
	trace->exactness = ND_CLOCK_NONE;
	trace->over = true;
	trace->mtu = -1;
}

static uint8_t
proto_of(enum nd_trace_method method, int family)
{
	if (method == ND_TRACE_ICMP)
		return family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	return method == ND_TRACE_TCP ? IPPROTO_TCP : IPPROTO_UDP;
}

/* The last part of nd_trace_start(), from where the profile is there. */
static int
start(struct nd_trace *trace, struct nd_ctx *ctx, int64_t start_ns)
{
	int r = make_tables(trace);

	if (r == 0)
		r = nd_task_start(&trace->task, ctx, &nd_trace_ops);
	if (r != 0) {
		free_tables(trace);
		return r;
	}
	/* No probe has the tag 0. What UDP answers names no probe. */
	if (trace->task.proto == IPPROTO_UDP) {
		trace->door = nd_table_insert(&ctx->table, &trace->task, 0);
		if (trace->door == NULL) {
			nd_task_stop(&trace->task);
			free_tables(trace);
			return -ENOMEM;
		}
	}
	trace->serial = (uint32_t)ctx->started;
	trace->told = trace->profile->first - 1;
	trace->payload = trace->profile->payload;
	trace->due_ns = nd_monotonic(&ctx->time) + start_ns;
	nd_task_due(&trace->task, trace->due_ns);
	return 0;
}

int
nd_trace_start(struct nd_trace **ret, struct nd_ctx *ctx,
    const struct nd_trace_opts *opts, nd_trace_cb *cb, void *user)
{
	struct nd_trace_profile profile;
	struct nd_trace *trace;
	int r;

	if (!opts_valid(opts) || cb == NULL)
		return ND_EOPTION;
	r = make_profile(&profile, opts, cb);
	if (r != 0)
		return r;
	trace = calloc(1, sizeof(*trace));
	if (trace == NULL)
		return -ENOMEM;
	r = nd_addr_from(&trace->task.addr, opts->addr);
	if (r == 0 && profile.source.family != 0 &&
	    profile.source.family != trace->task.addr.family)
		r = ND_EOPTION;
	if (r != 0)
		goto fail;
	trace->task.proto = proto_of(opts->method, trace->task.addr.family);
	trace->user = user;
	set_unknown(trace);
	r = check_sockets(ctx, trace, &profile);
	if (r != 0)
		goto fail;
	r = -ENOMEM;
	trace->profile = nd_shared_get(&ctx->shared, &profile, sizeof(profile));
	if (trace->profile == NULL)
		goto fail;
	r = start(trace, ctx, opts->start_ns);
	if (r != 0)
		goto fail_shared;
	*ret = trace;
	return 0;
fail_shared:
	nd_shared_put(&ctx->shared, trace->profile);
fail:
	free(trace);
	return r;
}

void
nd_trace_shut(struct nd_trace *trace)
{
	struct nd_table *table = &trace->task.ctx->table;

	if (trace->door == NULL)
		return;
	nd_table_forget(table, trace->door);
	nd_table_release(table, trace->door);
	trace->door = NULL;
}

void
nd_trace_stop(struct nd_trace *trace)
{
	if (trace == NULL || !trace->task.active)
		return;
	nd_trace_close(trace);
	nd_trace_shut(trace);
	nd_task_stop(&trace->task);
}

void
nd_trace_free(struct nd_trace *trace)
{
	struct nd_ctx *ctx;

	if (trace == NULL)
		return;
	ctx = trace->task.ctx;
	nd_trace_shut(trace);
	nd_task_stop(&trace->task);
	nd_trace_free_graph(trace);
	free_tables(trace);
	nd_shared_put(&ctx->shared, trace->profile);
	nd_task_free(&trace->task);
}
