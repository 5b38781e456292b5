/* SPDX-License-Identifier: MIT */
/* knock_probe.c: what is measured: SYNs as the options ask for them. */
#include "knock.h"

#include <netinet/in.h>
#include <string.h>

/* By connect(2) the system makes the SYN: what it cannot do is refused. */
int
knock_opened(struct run *run)
{
	const struct knock_opts *o = &knock_of_const(run)->opts;
	const char *option = NULL, *hint = NULL;

	if (nd_ctx_mode(run->ctx) != ND_MODE_CONNECT)
		return 0;
	if (o->flows > 1)
		option = "--flows";
	else if (o->ecn)
		option = "--ecn";
	else if (o->syn_given)
		option = "--syn-options";
	else if (o->run.mark >= 0)
		option = "--mark";
	if (option == NULL)
		return 0;
	if (o->full)
		hint = "leave out --full";
	else if (o->run.unprivileged)
		hint = "leave out --unprivileged";
	return run_refuse_option(run, option,
	    "not possible without a raw socket: the system makes the SYN",
	    hint);
}

int
knock_prepare(struct run *run)
{
	struct knock *knock = knock_of(run);
	const struct knock_opts *o = &knock->opts;
	struct nd_knock_opts *p = &knock->probe;

	/* Each probe in flight is a descriptor. */
	if (nd_ctx_mode(run->ctx) == ND_MODE_CONNECT)
		run->max_in_flight = run_files_for_probes();
	*p = (struct nd_knock_opts)ND_KNOCK_OPTS_INIT;
	p->count = (uint64_t)o->run.count;
	p->interval_ns = o->run.interval_ns;
	p->timeout_ns = o->run.timeout_ns > 0 ? o->run.timeout_ns : 0;
	p->first_timeout_ns = run_first_timeout(&o->run);
	p->flows = (unsigned)o->flows;
	p->ttl = (int)o->run.ttl;
	p->tos = o->run.tos;
	p->options = (enum nd_syn_options)o->syn_options;
	if (o->ecn)
		p->flags |= ND_KNOCK_F_ECN;
	if (o->full)
		p->flags |= ND_KNOCK_F_FULL;
	if (o->run.source.af != AF_UNSPEC)
		p->source = (const struct sockaddr *)&run->source;
	run->interval_ns = p->interval_ns;
	run->once = p->count == 1;
	return 0;
}

static void
on_event(struct nd_knock *task, const struct nd_knock_event *event, void *user)
{
	struct row *row = user;

	(void)task;
	if (event->status == ND_KNOCK_DONE)
		run_done(row->run, row);
	else
		run_event(row, event, event->from);
}

static void
set_port(struct sockaddr_storage *addr, uint16_t port)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (addr->ss_family == AF_INET) {
		memcpy(&v4, addr, sizeof(v4));
		v4.sin_port = htons(port);
		memcpy(addr, &v4, sizeof(v4));
	} else {
		memcpy(&v6, addr, sizeof(v6));
		v6.sin6_port = htons(port);
		memcpy(addr, &v6, sizeof(v6));
	}
}

int
knock_start(struct run *run, struct row *row, int64_t start_ns)
{
	struct nd_knock_opts opts = knock_of(run)->probe;
	struct sockaddr_storage addr;
	struct nd_knock *task;
	int r;

	(void)row_addr(row, &addr);
	set_port(&addr, row->port);
	opts.addr = (const struct sockaddr *)&addr;
	opts.start_ns = start_ns;
	r = nd_knock_start(&task, run->ctx, &opts, on_event, row);
	if (r == 0)
		row->task = task;
	return r;
}
