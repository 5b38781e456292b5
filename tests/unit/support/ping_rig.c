/* SPDX-License-Identifier: MIT */
/* A context over the fake backend with a log of every event. */
#include "ping_rig.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

int
rig_echo(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	const struct ping_rig *r = arg;

	fake_message_arrives(net, sent->reply, r->rtt_ns);
	return 0;
}

int
rig_silence(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	(void)net;
	(void)sent;
	(void)arg;
	return 0;
}

struct ping_rig *
rig_new(const struct nd_limits *limits)
{
	struct nd_limits unlimited = ND_LIMITS_INIT;
	struct ping_rig *r = calloc(1, sizeof(*r));

	cr_assert_not_null(r);
	unlimited.rate_pps = 0;
	r->begin_ns = 100 * HOUR;
	r->rtt_ns = 10 * MS;
	virtual_clock_init(&r->clock, r->begin_ns);
	fake_net_init(&r->net, &r->clock);
	r->net.on_send = rig_echo;
	r->net.arg = r;
	r->ctx = fake_net_ctx(&r->net, limits != NULL ? limits : &unlimited);
	return r;
}

void
rig_free(struct ping_rig *r)
{
	struct nd_ctx_stats s = rig_ctx_stats(r);

	cr_assert_eq(s.tasks, 0);
	cr_assert_eq(s.in_flight, 0);
	cr_assert_eq(s.histogram_bytes, 0);
	cr_assert_eq(r->ctx->table.used, 0);
	cr_assert_null(r->ctx->shared);
	nd_ctx_free(r->ctx);
	cr_assert_eq(r->net.opened, 0);
	fake_net_free(&r->net);
	free(r);
}

struct nd_ping_opts
rig_opts(struct ping_rig *r, const char *addr)
{
	struct nd_ping_opts o = ND_PING_OPTS_INIT;

	r->addr = fake_sockaddr(addr);
	o.addr = (const struct sockaddr *)&r->addr;
	return o;
}

static void
on_event(struct nd_ping *ping, const struct nd_ping_event *e, void *user)
{
	struct ping_rig *r = user;
	struct rig_event *at;

	r->count[e->status]++;
	if (r->logged < RIG_LOG) {
		at = &r->log[r->logged++];
		*at = (struct rig_event){.e = *e, .at_ns = r->clock.now_ns};
		at->e.from = NULL;
		if (e->from != NULL)
			cr_assert_eq(nd_addr_from(&at->from, e->from), 0);
	}
	if (r->hook != NULL)
		r->hook(r, ping, e);
}

struct nd_ping *
rig_start(struct ping_rig *r, const struct nd_ping_opts *opts)
{
	struct nd_ping *ping = NULL;

	cr_assert_eq(nd_ping_start(&ping, r->ctx, opts, on_event, r), 0);
	return ping;
}

struct nd_ping *
rig_ping(struct ping_rig *r, const char *addr, uint64_t count)
{
	struct nd_ping_opts o = rig_opts(r, addr);

	o.count = count;
	return rig_start(r, &o);
}

void
rig_run(struct ping_rig *r, int64_t for_ns)
{
	(void)fake_net_run(&r->net, r->ctx, r->clock.now_ns + for_ns);
}

const struct rig_event *
rig_event(const struct ping_rig *r, enum nd_ping_status status, size_t nth)
{
	for (size_t i = 0; i < r->logged; i++)
		if (r->log[i].e.status == status && --nth == 0)
			return &r->log[i];
	cr_assert_fail("no such event of status %d", (int)status);
	return NULL;
}

struct nd_ping_stats
rig_stats(const struct nd_ping *ping)
{
	struct nd_ping_stats s = {.size = sizeof(s)};

	cr_assert_eq(nd_ping_stats(ping, &s), 0);
	cr_assert_eq(s.sent, s.received + s.lost + s.errors + s.unfinished);
	/* What is unsigned must not have gone below 0. */
	cr_assert_leq(s.lost, s.sent);
	cr_assert_leq(s.late, s.lost);
	cr_assert_leq(s.late_errors, s.late);
	cr_assert_eq(s.rtt.samples, s.received);
	return s;
}

struct nd_ctx_stats
rig_ctx_stats(const struct ping_rig *r)
{
	struct nd_ctx_stats s = {.size = sizeof(s)};

	cr_assert_eq(nd_ctx_stats(r->ctx, &s), 0);
	return s;
}

void
rig_answer(struct ping_rig *r, uint64_t nth, int64_t delay_ns)
{
	fake_message_arrives(&r->net, fake_net_recent(&r->net, nth), delay_ns);
}
