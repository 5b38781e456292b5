/* SPDX-License-Identifier: MIT */
/*
 * A context with very many tasks does work in proportion to them. What is
 * counted is work, not time: turns, steps of the longest search, memory.
 */
#include "ping_rig.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdlib.h>

static struct nd_ping *
ping_to(struct ping_rig *r, uint32_t host, int64_t start_ns)
{
	struct nd_ping_opts o = rig_opts(r, "10.0.0.0");
	struct sockaddr_in *in = (struct sockaddr_in *)(void *)&r->addr;

	in->sin_addr.s_addr = htonl(0x0a000000u | host);
	o.count = 2;
	o.interval_ns = 10 * SEC;
	o.timeout_ns = SEC;
	o.start_ns = start_ns;
	o.payload = 8;
	return rig_start(r, &o);
}

/* Two probes each to N targets, spread over 10 s; every 16th is silent. */
static int
mostly_echo(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	return sent->send->to->ip[3] % 16 == 3 ? 0 : rig_echo(net, sent, arg);
}

static uint64_t
turns_for(uint32_t n)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping **pings = calloc(n, sizeof(struct nd_ping *));
	uint64_t turns, silent = n / 16;

	cr_assert_not_null(pings);
	r->net.on_send = mostly_echo;
	for (uint32_t i = 0; i < n; i++)
		pings[i] = ping_to(r, i, 10 * SEC * (int64_t)i / n);
	turns = fake_net_run(&r->net, r->ctx, r->begin_ns + 25 * SEC);
	cr_assert_eq(r->count[ND_PING_DONE], n);
	cr_assert_eq(r->count[ND_PING_TIMEOUT], 2 * silent);
	cr_assert_eq(r->count[ND_PING_REPLY], 2 * (n - silent));
	cr_assert_eq(rig_ctx_stats(r).sent, 2 * (uint64_t)n);
	cr_assert_lt(r->ctx->table.longest, 200);
	/* A table and a pool for what is remembered, no more. */
	cr_assert_leq(r->ctx->table.pool_used, 2 * n + 1024);
	cr_assert_leq(r->ctx->table.size, 8 * (uint64_t)n);
	for (uint32_t i = 0; i < n; i++)
		nd_ping_free(pings[i]);
	free(pings);
	rig_free(r);
	return turns;
}

/* At most two events of the wheel and one arrival a probe. */
Test(scale, of_100k_tasks_takes_turns_in_proportion, .timeout = 60)
{
	uint64_t small = turns_for(10000), large = turns_for(100000);

	cr_assert_leq(small, 3 * 2 * 10000u);
	cr_assert_leq(large, 10 * small + 1000);
}

Test(scale, of_a_million_tasks_takes_turns_in_proportion, .timeout = 120)
{
	uint64_t turns = turns_for(1000000);

	cr_assert_leq(turns, 3 * 2 * 1000000u);
}
