/* SPDX-License-Identifier: MIT */
/*
 * Which sockets a context has: for each family those that its methods need,
 * all of them over one backend, or over the next one where a privilege is
 * missing.
 */
#include "engine/open.h"
#include "engine/ctx.h"
#include "engine/random.h"

#include <errno.h>
#include <netinet/in.h>

#define DEFAULT_MESSAGE 1500
#define SPARE_PORTS 16

/* One implementation a method; UDP may have none. */
struct way {
	const struct nd_net_ops *icmp, *tcp, *udp;
	void *arg;
};

struct nd_sock_opts
nd_open_opts(const struct nd_ctx_opts *o, uint16_t ident)
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

void
nd_close_socks(struct nd_ctx *ctx)
{
	while (ctx->sock_count > 0) {
		struct nd_sock *s = &ctx->socks[--ctx->sock_count];

		s->ops->close(s);
	}
	nd_ports_release(&ctx->tcp_ports);
	nd_ports_release(&ctx->udp_ports);
	ctx->flows = 0;
}

/* A family that the system lacks is no error: then *RET is NULL. */
static int
open_sock(struct nd_ctx *ctx, int family, uint8_t proto,
    const struct nd_net_ops *ops, const struct nd_sock_opts *opts, void *arg,
    struct nd_sock **ret)
{
	struct nd_sock *s = &ctx->socks[ctx->sock_count];
	int r;

	*s = (struct nd_sock){
	    .ops = ops, .fd = -1, .family = family, .proto = proto, .arg = arg};
	*ret = NULL;
	r = ops->open(s, opts);
	if (r == -EAFNOSUPPORT)
		return 0;
	if (r != 0)
		return r;
	ctx->sock_count++;
	*ret = s;
	return ops->reserve(s, DEFAULT_MESSAGE);
}

/* Errors about what is sent for it come to the ICMP socket. */
static bool
leaves_errors(const struct nd_sock *s)
{
	return (s->caps & ND_NET_RAW_ERRORS) != 0 &&
	       (s->caps & ND_NET_CONNECTS) == 0;
}

static void
swap(struct nd_sock *a, struct nd_sock *b)
{
	const struct nd_sock kept = *a;

	*a = *b;
	*b = kept;
}

/*
 * Errors about packets that are sent as they are come to the ICMP socket, and
 * answers to what a header socket sends to the others: these come later, so
 * that the departure of a packet is known before either is read. UDP is last:
 * which probe an answer is for, the errors about the others tell.
 */
static int
open_family(struct nd_ctx *ctx, int family, const struct way *way,
    const struct nd_sock_opts *opts)
{
	const uint8_t icmp = family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	const struct {
		unsigned method;
		uint8_t proto;
		const struct nd_net_ops *ops;
	} socks[] = {{ND_CTX_HEADERS, IPPROTO_RAW,
			 way->icmp->headers ? way->icmp : NULL},
	    {ND_TCP, IPPROTO_TCP, way->tcp}, {ND_UDP, IPPROTO_UDP, way->udp}};
	bool wants_icmp = (ctx->methods & ND_ICMP) != 0;
	struct nd_sock *s = NULL, *before;
	int r = 0;

	for (size_t i = 0; i < 3 && r == 0; i++) {
		if ((ctx->methods & socks[i].method) == 0 ||
		    socks[i].ops == NULL)
			continue;
		r = open_sock(ctx, family, socks[i].proto, socks[i].ops, opts,
		    way->arg, &s);
		if (r == 0 && s != NULL && leaves_errors(s))
			wants_icmp = true;
	}
	before = s;
	if (r == 0 && wants_icmp)
		r = open_sock(ctx, family, icmp, way->icmp, opts, way->arg, &s);
	if (r == 0 && before != NULL && before->proto == IPPROTO_UDP &&
	    s == before + 1)
		swap(before, s);
	return r;
}

static int
reserve_ports(struct nd_ctx *ctx, const struct way *way, unsigned families,
    unsigned flows)
{
	const int family = families == ND_INET ? AF_INET : AF_INET6;
	int r = 0;

	if ((ctx->methods & ND_TCP) != 0 && way->tcp->ports != NULL) {
		r = way->tcp->ports(&ctx->tcp_ports, family, IPPROTO_TCP,
		    (size_t)flows + SPARE_PORTS);
		ctx->flows = flows;
	}
	if (r == 0 && (ctx->methods & ND_UDP) != 0 && way->udp->ports != NULL) {
		r = way->udp->ports(
		    &ctx->udp_ports, family, IPPROTO_UDP, flows);
		ctx->flows = flows;
	}
	return r;
}

static int
open_way(struct nd_ctx *ctx, const struct nd_ctx_opts *o, const struct way *way,
    struct nd_sock_opts *opts)
{
	const unsigned families =
	    o->families != 0 ? o->families : ND_INET | ND_INET6;
	int r;

	if ((ctx->methods & ND_UDP) != 0 && way->udp == NULL)
		return -EPERM;
	r = reserve_ports(ctx, way, families, o->flows != 0 ? o->flows : 1);
	opts->tcp_ports = ctx->tcp_ports.n > 0 ? &ctx->tcp_ports : NULL;
	opts->udp_ports = ctx->udp_ports.n > 0 ? &ctx->udp_ports : NULL;
	if (r == 0 && (families & ND_INET) != 0)
		r = open_family(ctx, AF_INET, way, opts);
	if (r == 0 && (families & ND_INET6) != 0)
		r = open_family(ctx, AF_INET6, way, opts);
	if (r == 0 && nd_ctx_families(ctx) == 0)
		r = ND_EFAMILY;
	if (r != 0)
		nd_close_socks(ctx);
	return r;
}

static enum nd_mode
mode_of(const struct nd_ctx *ctx)
{
	if ((ctx->socks[0].caps & ND_NET_RAW_ERRORS) != 0)
		return ND_MODE_RAW;
	return (ctx->methods & ~ND_CTX_HEADERS) == ND_TCP ? ND_MODE_CONNECT
							  : ND_MODE_DGRAM;
}

int
nd_open_socks(struct nd_ctx *ctx, const struct nd_ctx_opts *o,
    const struct nd_ctx_parts *parts)
{
	struct nd_sock_opts opts;
	uint16_t ident;
	int r = nd_random(&ident, sizeof(ident));

	if (r != 0)
		return r;
	opts = nd_open_opts(o, o->ident >= 0 ? (uint16_t)o->ident : ident);
	opts.echo = (ctx->methods & ND_ICMP) != 0;
	opts.any_port = (ctx->methods & ND_CTX_HEADERS) != 0;
	r = -EPERM;
	for (size_t i = 0; parts->backends[i] != NULL; i++) {
		const struct way way = {.icmp = parts->backends[i],
		    .tcp = parts->tcp_backends != NULL ? parts->tcp_backends[i]
						       : parts->backends[i],
		    .udp = parts->udp_backends != NULL ? parts->udp_backends[i]
						       : parts->backends[i],
		    .arg = parts->net_arg};

		r = open_way(ctx, o, &way, &opts);
		if (r != -EPERM && r != -EACCES)
			break;
	}
	if (r == 0)
		ctx->mode = mode_of(ctx);
	return r == -EPERM || r == -EACCES ? ND_EPRIV : r;
}
