/* SPDX-License-Identifier: MIT */
/* The context: made of sockets and parts, limits, counters. */
#include "engine/ctx.h"
#include "engine/loop.h"
#include "engine/random.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* From this rate on, departures get no kernel stamps: they cost 20 %. */
#define STAMPS_BELOW_PPS 10000
#define DEFAULT_MESSAGE 1500

static bool
opts_valid(const struct nd_ctx_opts *o)
{
	return o->size == sizeof(*o) && o->mode <= ND_MODE_DGRAM &&
	       o->pmtu <= ND_PMTU_PROBE && o->ident >= -1 &&
	       o->ident <= 65535 &&
	       (o->families & ~(ND_INET | ND_INET6)) == 0 &&
	       (o->source == NULL || o->source->sa_family == AF_INET ||
		   o->source->sa_family == AF_INET6);
}

static struct nd_sock_opts
sock_opts(const struct nd_ctx_opts *o, uint16_t ident)
{
	static const enum nd_net_pmtu pmtu[] = {
	    [ND_PMTU_SYSTEM] = ND_NET_PMTU_SYSTEM,
	    [ND_PMTU_DO] = ND_NET_PMTU_DO,
	    [ND_PMTU_WANT] = ND_NET_PMTU_WANT,
	    [ND_PMTU_DONT] = ND_NET_PMTU_DONT,
	    [ND_PMTU_PROBE] = ND_NET_PMTU_PROBE};

	struct nd_addr source = {.family = 0};

	if (o->source != NULL)
		(void)nd_addr_from(&source, o->source);
	return (struct nd_sock_opts){.device = o->device,
	    .source = source,
	    .has_mark = o->has_mark,
	    .mark = o->mark,
	    .broadcast = o->broadcast,
	    .pmtu = pmtu[o->pmtu],
	    .ident = ident};
}

/* One family over one backend. A family that the system lacks is no error. */
static int
open_family(struct nd_ctx *ctx, int family, const struct nd_net_ops *ops,
    const struct nd_sock_opts *opts, void *arg)
{
	struct nd_sock *s = &ctx->socks[ctx->sock_count];
	int r;

	*s = (struct nd_sock){.ops = ops,
	    .fd = -1,
	    .family = family,
	    .proto = family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6,
	    .arg = arg};
	r = ops->open(s, opts);
	if (r == -EAFNOSUPPORT)
		return 0;
	if (r != 0)
		return r;
	ctx->sock_count++;
	return ops->reserve(s, DEFAULT_MESSAGE);
}

static void
close_socks(struct nd_ctx *ctx)
{
	while (ctx->sock_count > 0) {
		struct nd_sock *s = &ctx->socks[--ctx->sock_count];

		s->ops->close(s);
	}
}

static int
open_backend(struct nd_ctx *ctx, const struct nd_ctx_opts *o,
    const struct nd_net_ops *ops, const struct nd_sock_opts *opts, void *arg)
{
	const unsigned families =
	    o->families != 0 ? o->families : ND_INET | ND_INET6;
	int r = 0;

	if ((families & ND_INET) != 0)
		r = open_family(ctx, AF_INET, ops, opts, arg);
	if (r == 0 && (families & ND_INET6) != 0)
		r = open_family(ctx, AF_INET6, ops, opts, arg);
	if (r == 0 && ctx->sock_count == 0)
		r = ND_EFAMILY;
	if (r != 0)
		close_socks(ctx);
	return r;
}

/* The first backend that the system allows. */
static int
open_socks(struct nd_ctx *ctx, const struct nd_ctx_opts *o,
    const struct nd_ctx_parts *parts)
{
	struct nd_sock_opts opts;
	uint16_t ident;
	int r = nd_random(&ident, sizeof(ident));

	if (r != 0)
		return r;
	opts = sock_opts(o, o->ident >= 0 ? (uint16_t)o->ident : ident);
	r = -EPERM;
	for (size_t i = 0; parts->backends[i] != NULL; i++) {
		ctx->mode = parts->backends[i] == &nd_net_dgram ? ND_MODE_DGRAM
								: ND_MODE_RAW;
		r = open_backend(
		    ctx, o, parts->backends[i], &opts, parts->net_arg);
		if (r != -EPERM && r != -EACCES)
			break;
	}
	return r == -EPERM || r == -EACCES ? ND_EPRIV : r;
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
	ctx->ready_tail = &ctx->ready;
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
	r = make_parts(ctx, opts, parts->clock);
	if (r == 0)
		r = open_socks(ctx, opts, parts);
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
	static const struct nd_net_ops *const all[] = {
	    &nd_net_raw, &nd_net_dgram, NULL};
	static const struct nd_ctx_opts defaults = ND_CTX_OPTS_INIT;
	const struct nd_net_ops *chosen[] = {&nd_net_raw, NULL};
	struct nd_ctx_parts parts = {
	    .backends = all, .clock = &nd_clock_system};
	struct nd_sock_opts source_opts;
	struct nd_ctx *ctx;
	int r;

	if (opts == NULL)
		opts = &defaults;
	if (opts->mode != ND_MODE_AUTO) {
		if (opts->mode == ND_MODE_DGRAM)
			chosen[0] = &nd_net_dgram;
		parts.backends = chosen;
	}
	r = nd_ctx_make(&ctx, opts, &parts);
	if (r != 0)
		return r;
	source_opts = sock_opts(opts, 0);
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
	close_socks(ctx);
	nd_source_close(&ctx->source);
	nd_table_free(&ctx->table);
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

unsigned
nd_ctx_families(const struct nd_ctx *ctx)
{
	unsigned families = 0;

	for (int i = 0; i < ctx->sock_count; i++)
		families |=
		    ctx->socks[i].family == AF_INET ? ND_INET : ND_INET6;
	return families;
}

static int
enable_stamps(struct nd_ctx *ctx)
{
	int r = 0;

	for (int i = 0; i < ctx->sock_count && r == 0; i++)
		r = nd_departures_init(&ctx->departures[i], &ctx->socks[i]);
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
