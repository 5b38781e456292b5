/* SPDX-License-Identifier: MIT */
/* The context: made of sockets and parts, limits, counters. */
#include "engine/ctx.h"
#include "engine/loop.h"
#include "engine/open.h"
#include "engine/random.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* From this rate on, departures get no kernel stamps: they cost 20 %. */
#define STAMPS_BELOW_PPS 10000

static bool
opts_valid(const struct nd_ctx_opts *o)
{
	return o->size == sizeof(*o) && o->mode <= ND_MODE_CONNECT &&
	       o->pmtu <= ND_PMTU_PROBE && o->ident >= -1 &&
	       o->ident <= 65535 &&
	       (o->families & ~(ND_INET | ND_INET6)) == 0 &&
	       (o->methods & ~(ND_ICMP | ND_TCP | ND_UDP | ND_CTX_HEADERS)) ==
		   0 &&
	       o->methods != ND_CTX_HEADERS && o->flows <= ND_FLOWS_MAX &&
	       (o->source == NULL || o->source->sa_family == AF_INET ||
		   o->source->sa_family == AF_INET6);
}

static int
make_parts(struct nd_ctx *ctx, const struct nd_ctx_opts *o,
    const struct nd_clock_ops *clock)
{
	uint64_t secret;
	int r;

	if (o->has_key)
		memcpy(ctx->key, o->key, sizeof(ctx->key));
	else if ((r = nd_random(ctx->key, sizeof(ctx->key))) != 0)
		return r;
	secret = nd_siphash(ctx->key, "table", 5);
	r = nd_table_init(&ctx->table, secret);
	if (r != 0)
		return r;
	ctx->tx = malloc(ND_CTX_TX_SIZE);
	if (ctx->tx == NULL)
		return -ENOMEM;
	nd_timebase_init(&ctx->time, clock);
	ctx->now_ns = nd_monotonic(&ctx->time);
	ctx->last_drop_ns = INT64_MIN;
	nd_wheel_init(&ctx->task_timers, ctx->now_ns);
	nd_wheel_init(&ctx->probe_timers, ctx->now_ns);
	ctx->peers.secret = secret;
	return nd_ctx_set_limits(ctx, &(const struct nd_limits)ND_LIMITS_INIT);
}

int
nd_ctx_make(struct nd_ctx **ret, const struct nd_ctx_opts *opts,
    const struct nd_ctx_parts *parts)
{
	static const struct nd_ctx_opts defaults = ND_CTX_OPTS_INIT;
	struct nd_ctx *ctx;
	int r;

	if (opts == NULL)
		opts = &defaults;
	if (!opts_valid(opts))
		return ND_EOPTION;
	ctx = calloc(1, sizeof(*ctx));
	if (ctx == NULL)
		return -ENOMEM;
	ctx->source = (struct nd_source){-1, -1};
	ctx->methods = opts->methods != 0 ? opts->methods : ND_ICMP;
	r = make_parts(ctx, opts, parts->clock);
	if (r == 0)
		r = nd_open_socks(ctx, opts, parts);
	if (r != 0) {
		nd_ctx_free(ctx);
		return r;
	}
	*ret = ctx;
	return 0;
}

int
nd_ctx_new(
    struct nd_ctx **ret, struct ev_loop *loop, const struct nd_ctx_opts *opts)
{
	/* The first ones are for who has a privilege. */
	static const struct nd_net_ops *const icmp[] = {
	    &nd_net_raw, &nd_net_dgram, NULL};
	static const struct nd_net_ops *const tcp[] = {
	    &nd_net_raw, &nd_net_connect, NULL};
	static const struct nd_net_ops *const udp[] = {
	    &nd_net_raw, &nd_net_each, NULL};
	static const struct nd_net_ops *const raw[] = {&nd_net_raw, NULL};
	static const struct nd_ctx_opts defaults = ND_CTX_OPTS_INIT;
	struct nd_ctx_parts parts = {.backends = icmp,
	    .tcp_backends = tcp,
	    .udp_backends = udp,
	    .clock = &nd_clock_system};
	struct nd_sock_opts source_opts;
	struct nd_ctx *ctx;
	int r;

	if (opts == NULL)
		opts = &defaults;
	if (opts->mode == ND_MODE_RAW) {
		parts.backends = raw;
		parts.tcp_backends = raw;
		parts.udp_backends = raw;
	} else if (opts->mode != ND_MODE_AUTO) {
		parts.backends = icmp + 1;
		parts.tcp_backends = tcp + 1;
		parts.udp_backends = udp + 1;
	}
	r = nd_ctx_make(&ctx, opts, &parts);
	if (r != 0)
		return r;
	source_opts = nd_open_opts(opts, 0);
	r = nd_source_open(&ctx->source, &source_opts);
	if (r == 0)
		r = nd_loop_new(&ctx->loop, loop, ctx);
	if (r != 0) {
		nd_ctx_free(ctx);
		return r;
	}
	*ret = ctx;
	return 0;
}

void
nd_ctx_free(struct nd_ctx *ctx)
{
	if (ctx == NULL)
		return;
	nd_loop_free(ctx->loop);
	nd_close_socks(ctx);
	nd_source_close(&ctx->source);
	nd_table_free(&ctx->table);
	nd_peers_free(&ctx->peers);
	for (int i = 0; i < ND_CTX_SOCKS; i++)
		nd_departures_free(&ctx->departures[i]);
	free(ctx->tx);
	explicit_bzero(ctx->key, sizeof(ctx->key));
	free(ctx);
}

enum nd_mode
nd_ctx_mode(const struct nd_ctx *ctx)
{
	return ctx->mode;
}

static unsigned
method_of(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return ND_TCP;
	case IPPROTO_UDP:
		return ND_UDP;
	case IPPROTO_RAW:
		return ND_CTX_HEADERS;
	default:
		return ND_ICMP;
	}
}

/* Those of which there is a socket for each method. */
unsigned
nd_ctx_families(const struct nd_ctx *ctx)
{
	const unsigned wanted = ctx->methods & (ND_ICMP | ND_TCP | ND_UDP);
	unsigned v4 = 0, v6 = 0;

	for (int i = 0; i < ctx->sock_count; i++) {
		const struct nd_sock *s = &ctx->socks[i];

		if (s->family == AF_INET)
			v4 |= method_of(s->proto);
		else
			v6 |= method_of(s->proto);
	}
	return ((v4 & wanted) == wanted ? ND_INET : 0) |
	       ((v6 & wanted) == wanted ? ND_INET6 : 0);
}

static int
enable_stamps(struct nd_ctx *ctx)
{
	int r = 0;

	for (int i = 0; i < ctx->sock_count && r == 0; i++) {
		struct nd_sock *s = &ctx->socks[i];

		/* Nothing is sent over one that is there for errors alone. */
		if (nd_ctx_sock(ctx, s->family, s->proto) != NULL)
			r = nd_departures_init(&ctx->departures[i], s);
	}
	return r;
}

int
nd_ctx_set_limits(struct nd_ctx *ctx, const struct nd_limits *limits)
{
	if (limits->size != sizeof(*limits) || limits->max_in_flight == 0)
		return ND_EOPTION;
	if (ctx->started > 0)
		return -EBUSY;
	ctx->limits = *limits;
	ctx->rtt_budget.limit = limits->histogram_bytes;
	nd_pacer_init(&ctx->pacer, limits->rate_pps, nd_monotonic(&ctx->time));
	if (limits->expected_pps > 0 && limits->expected_pps < STAMPS_BELOW_PPS)
		return enable_stamps(ctx);
	return 0;
}

void
nd_ctx_pause(struct nd_ctx *ctx, bool pause)
{
	int64_t now = nd_monotonic(&ctx->time);

	if (pause == ctx->paused)
		return;
	ctx->paused = pause;
	if (pause) {
		/* It may be for good. */
		nd_ctx_look_for_drops(ctx);
		ctx->paused_since_ns = now;
	} else {
		ctx->stats.paused_ns += now - ctx->paused_since_ns;
		nd_ctx_wake(ctx);
	}
}

int
nd_ctx_stats(const struct nd_ctx *ctx, struct nd_ctx_stats *ret)
{
	if (ret->size != sizeof(*ret))
		return ND_EOPTION;
	*ret = ctx->stats;
	ret->size = sizeof(*ret);
	ret->histogram_bytes = ctx->rtt_budget.used;
	ret->histogram_full = ctx->rtt_budget.full;
	ret->clock_steps = ctx->time.steps;
	if (ctx->paused)
		ret->paused_ns +=
		    nd_monotonic(&ctx->time) - ctx->paused_since_ns;
	return 0;
}

int
nd_ctx_source(struct nd_ctx *ctx, const struct sockaddr *dst,
    struct sockaddr_storage *ret)
{
	struct nd_addr to, from;
	int r = nd_addr_from(&to, dst);

	if (r == 0)
		r = nd_source_find(&ctx->source, &to, &from);
	if (r == 0)
		(void)nd_addr_to(&from, ret);
	return r;
}

struct nd_sock *
nd_ctx_sock(struct nd_ctx *ctx, int family, uint8_t proto)
{
	/* An ICMP socket may be there for errors alone. */
	if ((ctx->methods & method_of(proto)) == 0)
		return NULL;
	for (int i = 0; i < ctx->sock_count; i++)
		if (ctx->socks[i].family == family &&
		    ctx->socks[i].proto == proto)
			return &ctx->socks[i];
	return NULL;
}

void
nd_ctx_wake(struct nd_ctx *ctx)
{
	/* Inside a turn the loop looks again by itself, after it. */
	if (ctx->loop != NULL && ctx->depth == 0)
		nd_loop_update(ctx->loop);
}
