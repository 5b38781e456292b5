/* SPDX-License-Identifier: MIT */
/* ping_probe.c: what is measured: echo requests as the options ask for them. */
#include "ping.h"

#define FLOOD_INTERVAL_NS 10000000 /* at least 100 a second */
#define SWEEP_COUNT 3		   /* --alive, --down without -c and -w */

int
ping_prepare(struct run *run)
{
	struct ping *ping = ping_of(run);
	const struct ping_opts *o = &ping->opts;
	struct nd_ping_opts *p = &ping->probe;

	*p = (struct nd_ping_opts)ND_PING_OPTS_INIT;
	p->count = o->run.count > 0 ? (uint64_t)o->run.count : 0;
	p->interval_ns = o->run.interval_ns;
	p->timeout_ns = o->run.timeout_ns > 0 ? o->run.timeout_ns : 0;
	p->first_timeout_ns = run_first_timeout(&o->run);
	p->payload = (uint32_t)o->size;
	p->preload = o->preload > 0 ? (uint32_t)o->preload : 0;
	p->pattern = o->pattern.bytes;
	p->pattern_len = o->pattern.len;
	p->ttl = (int)o->run.ttl;
	p->tos = o->run.tos;
	if (o->adaptive || o->flood)
		p->flags |= ND_PING_F_ADAPTIVE;
	if (o->adaptive && !priv_is_root_user(run->priv))
		p->least_interval_ns = RUN_USER_INTERVAL_NS;
	if (o->flood)
		p->interval_ns = FLOOD_INTERVAL_NS;
	if (o->first_reply)
		p->flags |= ND_PING_F_FIRST_REPLY;
	if ((o->alive || o->down) && o->run.count < 0 &&
	    o->run.deadline_ns < 0) {
		p->count = SWEEP_COUNT;
		p->flags |= ND_PING_F_FIRST_REPLY;
	}
	if ((o->outstanding || o->flood) && run->targets == 1)
		p->flags |= ND_PING_F_SENT;
	if (o->run.source.af != AF_UNSPEC)
		p->source = (const struct sockaddr *)&run->source;
	run->interval_ns = p->interval_ns;
	run->at_own_pace = (p->flags & ND_PING_F_ADAPTIVE) != 0;
	run->once = p->count == 1;
	run->nameless = o->alive || o->down;
	return 0;
}

static void
on_event(struct nd_ping *task, const struct nd_ping_event *event, void *user)
{
	struct row *row = user;

	(void)task;
	if (event->status == ND_PING_DONE)
		run_done(row->run, row);
	else if (event->status == ND_PING_SENT)
		ping_tell(row->run, row, event, NULL);
	else
		run_event(row, event, event->from);
}

int
ping_start(struct run *run, struct row *row, int64_t start_ns)
{
	struct nd_ping_opts opts = ping_of(run)->probe;
	struct sockaddr_storage addr;
	struct nd_ping *task;
	int r;

	(void)row_addr(row, &addr);
	opts.addr = (const struct sockaddr *)&addr;
	opts.start_ns = start_ns;
	if (row->any_source)
		opts.flags |= ND_PING_F_ANY_SOURCE;
	r = nd_ping_start(&task, run->ctx, &opts, on_event, row);
	if (r == 0)
		row->task = task;
	return r;
}
