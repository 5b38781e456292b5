/* SPDX-License-Identifier: MIT */
/* trace_probe.c: what is measured: traces as the options ask for them. */
#include "trace.h"

#include "cmd.h"
#include "message.h"

#include <errno.h>
#include <stdlib.h>

#define USUAL_HOPS 12 /* of a path, where nothing is known of it yet */
#define MDA_PROBES 10 /* a hop, where some have several ways on */

/* As far as that can be told: a cycle is as long as the path. */
static unsigned
probes_a_cycle(const struct trace_opts *o)
{
	const int64_t ttls = o->max - o->first + 1;
	const unsigned hops = ttls < USUAL_HOPS ? (unsigned)ttls : USUAL_HOPS;

	return hops * (o->mda >= 0 ? MDA_PROBES : (unsigned)o->run.count);
}

static void
set_flags(const struct trace_opts *o, struct nd_trace_opts *p)
{
	if (o->classic)
		p->flags |= ND_TRACE_F_CLASSIC;
	if (o->mtu)
		p->flags |= ND_TRACE_F_MTU;
	if (o->pmtu == TRACE_PMTU_DONT)
		p->flags |= ND_TRACE_F_MAY_FRAGMENT;
}

static void
set_probe(struct trace *trace)
{
	const struct trace_opts *o = &trace->opts;
	struct nd_trace_opts *p = &trace->probe;

	*p = (struct nd_trace_opts)ND_TRACE_OPTS_INIT;
	p->method = trace->method;
	p->port = trace->method != ND_TRACE_ICMP ? (uint16_t)o->port : 0;
	p->flows = o->mda >= 0 ? ND_FLOWS_MAX : (unsigned)o->run.count;
	p->first = (unsigned)o->first;
	p->max = (unsigned)o->max;
	p->gap = (unsigned)o->gap;
	p->cycles = (uint64_t)o->cycles;
	p->interval_ns = o->run.interval_ns;
	p->timeout_ns = o->run.timeout_ns > 0 ? o->run.timeout_ns : 0;
	p->payload = o->size > 0 ? (uint32_t)o->size : 0;
	p->tos = o->run.tos;
	p->confidence = o->mda >= 0 ? trace_mda_pct[o->mda] : 0;
	if (!priv_is_root_user(trace->run.priv))
		p->spacing_ns = RUN_USER_INTERVAL_NS;
	if (o->run.source.af != AF_UNSPEC)
		p->source = (const struct sockaddr *)&trace->run.source;
	set_flags(o, p);
}

int
trace_prepare(struct run *run)
{
	struct trace *trace = trace_of(run);
	const struct trace_opts *o = &trace->opts;

	set_probe(trace);
	if (nd_ctx_mode(run->ctx) != ND_MODE_RAW &&
	    trace->method == ND_TRACE_UDP)
		run->max_in_flight = run_files_for_probes();
	/* Only the others can show what is balanced by destination. */
	run->all_at_end = o->mda >= 0 && run->targets > 1;
	run->interval_ns = o->run.interval_ns;
	run->once = o->cycles == 1;
	run->turn = probes_a_cycle(o);
	run->nameless = true; /* names of hops are a matter of trace_names.c */
	run->each_start = true;
	trace->has_lines = run->targets == 1 && o->cycles == 1 &&
			   o->run.format == RUN_FORMAT_TEXT;
	if (trace->dot_fd >= 0) {
		trace_dot_init(&trace->dot, trace->dot_fd);
		trace->has_dot = true;
		trace->dot_fd = -1;
	}
	return trace_names_open(trace);
}

static void
on_event(struct nd_trace *nd, const struct nd_trace_event *event, void *user)
{
	struct trace_task *task = user;

	(void)nd;
	switch (event->status) {
	case ND_TRACE_HOP_DONE:
		trace_hop_final(task, event->ttl);
		break;
	case ND_TRACE_CYCLE:
		break;
	case ND_TRACE_DONE:
		trace_over(task);
		break;
	case ND_TRACE_HOP:
	case ND_TRACE_DESTINATION:
	case ND_TRACE_UNREACHABLE:
	case ND_TRACE_TIMEOUT:
	case ND_TRACE_SEND_ERROR:
	case ND_TRACE_DUPLICATE:
	case ND_TRACE_LATE:
	case ND_TRACE_INVALID:
		trace_tell(task, event);
		break;
	}
}

int
trace_start(struct run *run, struct row *row, int64_t start_ns)
{
	struct nd_trace_opts opts = trace_of(run)->probe;
	struct trace_task *task = calloc(1, sizeof(*task));
	struct sockaddr_storage addr;
	int r;

	if (task == NULL)
		return -ENOMEM;
	(void)row_addr(row, &addr);
	opts.addr = (const struct sockaddr *)&addr;
	opts.start_ns = start_ns;
	task->row = row;
	r = nd_trace_start(&task->nd, run->ctx, &opts, on_event, task);
	if (r == 0)
		row->task = task;
	else
		free(task);
	return r;
}

void
trace_stop(struct row *row)
{
	const struct trace_task *task = row->task;

	nd_trace_stop(task->nd);
}

void
trace_free(struct row *row)
{
	struct trace_task *task = row->task;

	nd_trace_free(task->nd);
	free(task);
}
