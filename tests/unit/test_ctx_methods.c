/* SPDX-License-Identifier: MIT */
/*
 * lib/engine/open.h: which sockets a context opens for its methods and
 * families, and what it does where a privilege, a family or descriptors lack.
 */
#include "engine/ctx.h"

#include "fake_net.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <ev.h>
#include <netinet/in.h>
#include <string.h>

#define OPENS 16

_Static_assert(ND_CTX_HEADERS == ND_TRACE, "one bit by two names");

/* Backends that note down what is asked of them. */
struct opened {
	char backend; /* first letter */
	int family;
	uint8_t proto;
	bool echo, any_port;
	size_t ports, udp_ports;
};

static struct opened opens[OPENS];
static size_t open_count;
static int closes;
static int raw_icmp_error, raw_tcp_error, dgram_error, v6_error, ports_error;
static int reserved_family;
static bool stamps[ND_CTX_SOCKS];

static void
note(const struct nd_sock *s, const struct nd_sock_opts *o)
{
	cr_assert_lt(open_count, OPENS);
	opens[open_count++] = (struct opened){.backend = s->ops->name[0],
	    .family = s->family,
	    .proto = s->proto,
	    .echo = o->echo,
	    .any_port = o->any_port,
	    .ports = o->tcp_ports != NULL ? o->tcp_ports->n : 0,
	    .udp_ports = o->udp_ports != NULL ? o->udp_ports->n : 0};
}

static int
open_raw(struct nd_sock *s, const struct nd_sock_opts *o)
{
	int r = s->proto == IPPROTO_TCP ? raw_tcp_error : raw_icmp_error;

	if (s->family == AF_INET6 && v6_error != 0)
		r = v6_error;
	if (r != 0)
		return r;
	s->caps = ND_NET_OUTER_DST | ND_NET_RAW_ERRORS;
	if (s->proto == IPPROTO_RAW)
		s->caps |= ND_NET_OWN_HEADER;
	note(s, o);
	return 0;
}

static int
open_dgram(struct nd_sock *s, const struct nd_sock_opts *o)
{
	cr_assert(s->proto == IPPROTO_ICMP || s->proto == IPPROTO_ICMPV6);
	if (dgram_error != 0)
		return dgram_error;
	note(s, o);
	return 0;
}

static int
open_connect(struct nd_sock *s, const struct nd_sock_opts *o)
{
	cr_assert_eq(s->proto, IPPROTO_TCP);
	s->caps = ND_NET_CONNECTS;
	note(s, o);
	return 0;
}

static int
reserve(struct nd_sock *s, size_t len)
{
	(void)s;
	(void)len;
	return 0;
}

static int
enable_stamps(struct nd_sock *s)
{
	stamps[s->family == AF_INET ? s->proto == IPPROTO_TCP
				    : 2 + (s->proto == IPPROTO_TCP)] = true;
	return 0;
}

static void
close_it(struct nd_sock *s)
{
	(void)s;
	closes++;
}

static int
ports(struct nd_ports *ret, int family, uint8_t proto, size_t n)
{
	(void)proto;
	if (ports_error != 0)
		return ports_error;
	reserved_family = family;
	*ret = (struct nd_ports){.n = n};
	for (size_t i = 0; i < n; i++) {
		ret->fd[i] = -1;
		ret->port[i] = (uint16_t)(40000 + i);
	}
	return 0;
}

static const struct nd_net_ops raw = {.name = "raw",
    .headers = true,
    .ports = ports,
    .open = open_raw,
    .enable_stamps = enable_stamps,
    .reserve = reserve,
    .close = close_it};
static const struct nd_net_ops dgram = {
    .name = "dgram", .open = open_dgram, .reserve = reserve, .close = close_it};
static const struct nd_net_ops connects = {.name = "connect",
    .open = open_connect,
    .reserve = reserve,
    .close = close_it};

static struct virtual_clock vc;

static int
make(struct nd_ctx **ret, unsigned methods, unsigned families, unsigned flows)
{
	static const struct nd_net_ops *const icmp[] = {&raw, &dgram, NULL};
	static const struct nd_net_ops *const tcp[] = {&raw, &connects, NULL};
	static const struct nd_net_ops *const udp[] = {&raw, NULL, NULL};
	const struct nd_ctx_parts parts = {.backends = icmp,
	    .tcp_backends = tcp,
	    .udp_backends = udp,
	    .clock = &vc.ops};
	struct nd_ctx_opts o = ND_CTX_OPTS_INIT;

	virtual_clock_init(&vc, 100 * SEC);
	o.methods = methods;
	o.families = families;
	o.flows = flows;
	open_count = 0;
	closes = 0;
	return nd_ctx_make(ret, &o, &parts);
}

/* How many sockets BACKEND was asked to open for PROTO of FAMILY. */
static int
asked(char backend, int family, uint8_t proto)
{
	int n = 0;

	for (size_t i = 0; i < open_count; i++)
		n += opens[i].backend == backend && opens[i].family == family &&
		     opens[i].proto == proto;
	return n;
}

Test(ctx_methods, each_needs_its_sockets)
{
	/* TCP alone: errors come to the ICMP socket, which is the only one. */
	for (unsigned methods = 0; methods <= 3; methods++) {
		const bool tcp = (methods & ND_TCP) != 0;
		struct nd_ctx *ctx = NULL;

		cr_assert_eq(make(&ctx, methods, 0, 0), 0);
		cr_assert_eq(asked('r', AF_INET, IPPROTO_ICMP), 1);
		cr_assert_eq(asked('r', AF_INET6, IPPROTO_ICMPV6), 1);
		cr_assert_eq(asked('r', AF_INET, IPPROTO_TCP), tcp);
		cr_assert_eq(asked('r', AF_INET6, IPPROTO_TCP), tcp);
		cr_assert_eq(open_count, tcp ? 4 : 2);
		for (size_t i = 0; i < open_count; i++) {
			cr_assert_eq(opens[i].echo, methods != ND_TCP);
			cr_assert_eq(opens[i].ports, tcp ? 17 : 0);
		}
		cr_assert_eq(nd_ctx_mode(ctx), ND_MODE_RAW);
		cr_assert_eq(nd_ctx_families(ctx), ND_INET | ND_INET6);
		nd_ctx_free(ctx);
		cr_assert_eq(closes, (int)open_count);
	}
}

Test(ctx_methods, are_for_the_families_that_are_wanted)
{
	for (unsigned families = 1; families <= 2; families++) {
		struct nd_ctx *ctx = NULL;

		cr_assert_eq(make(&ctx, ND_TCP | ND_ICMP, families, 0), 0);
		cr_assert_eq(open_count, 2);
		cr_assert_eq(nd_ctx_families(ctx), families);
		cr_assert_eq(
		    reserved_family, families == ND_INET ? AF_INET : AF_INET6);
		nd_ctx_free(ctx);
	}
}

Test(ctx_methods, ports_are_for_the_flows_and_16_more)
{
	static const unsigned flows[][2] = {
	    {0, 1}, {1, 1}, {8, 8}, {ND_FLOWS_MAX, ND_FLOWS_MAX}};

	for (size_t i = 0; i < 4; i++) {
		struct nd_ctx *ctx = NULL;

		cr_assert_eq(make(&ctx, ND_TCP, 0, flows[i][0]), 0);
		cr_assert_eq(ctx->flows, flows[i][1]);
		cr_assert_eq(ctx->tcp_ports.n, flows[i][1] + 16);
		cr_assert_leq(ctx->tcp_ports.n, ND_PORTS_MAX);
		nd_ctx_free(ctx);
	}
}

Test(ctx_methods, out_of_range_are_refused)
{
	struct nd_ctx *ctx = NULL;

	cr_assert_eq(make(&ctx, 16, 0, 0), ND_EOPTION);
	cr_assert_eq(make(&ctx, ND_TCP, 0, ND_FLOWS_MAX + 1), ND_EOPTION);
	/* Over none of the methods. */
	cr_assert_eq(make(&ctx, ND_TRACE, 0, 0), ND_EOPTION);
	cr_assert_null(ctx);
	cr_assert_eq(open_count, 0);
}

Test(ctx_methods, one_refusal_closes_all_raw_sockets)
{
	/* Where it is refused: at once, after TCP, at the second family. */
	for (int i = 0; i < 3; i++) {
		struct nd_ctx *ctx = NULL;

		raw_tcp_error = i == 0 ? -EPERM : 0;
		raw_icmp_error = i == 1 ? -EACCES : 0;
		v6_error = i == 2 ? -EPERM : 0;
		cr_assert_eq(make(&ctx, ND_TCP | ND_ICMP, 0, 0), 0);
		cr_assert_eq(closes, i);
		cr_assert_eq(ctx->sock_count, 4);
		cr_assert_eq(ctx->tcp_ports.n, 0);
		cr_assert_eq(asked('d', AF_INET, IPPROTO_ICMP), 1);
		cr_assert_eq(asked('d', AF_INET6, IPPROTO_ICMPV6), 1);
		cr_assert_eq(asked('c', AF_INET, IPPROTO_TCP), 1);
		cr_assert_eq(asked('c', AF_INET6, IPPROTO_TCP), 1);
		for (int j = 0; j < 4; j++)
			cr_assert_neq(ctx->socks[j].ops, &raw);
		cr_assert_eq(nd_ctx_mode(ctx), ND_MODE_DGRAM);
		nd_ctx_free(ctx);
	}
}

Test(ctx_methods, unprivileged_tcp_needs_no_icmp)
{
	struct nd_ctx *ctx = NULL;

	raw_tcp_error = -EPERM;
	dgram_error = -EACCES;
	cr_assert_eq(make(&ctx, ND_TCP, 0, 5), 0);
	cr_assert_eq(open_count, 2);
	cr_assert_eq(nd_ctx_mode(ctx), ND_MODE_CONNECT);
	cr_assert_eq(nd_ctx_families(ctx), ND_INET | ND_INET6);
	cr_assert_eq(ctx->tcp_ports.n, 0);
	nd_ctx_free(ctx);
	ctx = NULL;
	cr_assert_eq(make(&ctx, ND_TCP | ND_ICMP, 0, 5), ND_EPRIV);
	cr_assert_null(ctx);
	cr_assert_eq(closes, (int)open_count);
}

Test(ctx_methods, a_family_has_to_have_all_of_them)
{
	struct nd_ctx *ctx = NULL;

	v6_error = -EAFNOSUPPORT;
	cr_assert_eq(make(&ctx, ND_TCP | ND_ICMP, 0, 0), 0);
	cr_assert_eq(nd_ctx_families(ctx), ND_INET);
	nd_ctx_free(ctx);
	ctx = NULL;
	cr_assert_eq(make(&ctx, ND_TCP, ND_INET6, 0), ND_EFAMILY);
	v6_error = 0;
	raw_tcp_error = -EAFNOSUPPORT;
	cr_assert_eq(make(&ctx, ND_TCP | ND_ICMP, 0, 0), ND_EFAMILY);
	cr_assert_null(ctx);
	cr_assert_eq(closes, 2);
}

Test(ctx_methods, a_lack_of_descriptors_for_ports_is_told)
{
	struct nd_ctx *ctx = NULL;

	ports_error = -EMFILE;
	cr_assert_eq(make(&ctx, ND_TCP, 0, 100), -EMFILE);
	cr_assert_eq(open_count, 0);
	cr_assert_not_null(nd_hint(-EMFILE));
	cr_assert_not_null(nd_hint(-ENFILE));
	/* Echo alone has none. */
	cr_assert_eq(make(&ctx, ND_ICMP, 0, 100), 0);
	nd_ctx_free(ctx);
}

Test(ctx_methods, departures_are_stamped_where_something_is_sent)
{
	for (unsigned methods = 1; methods <= 3; methods++) {
		struct nd_limits limits = ND_LIMITS_INIT;
		struct nd_ctx *ctx = NULL;

		memset(stamps, 0, sizeof(stamps));
		limits.expected_pps = 100;
		cr_assert_eq(make(&ctx, methods, 0, 0), 0);
		cr_assert_eq(nd_ctx_set_limits(ctx, &limits), 0);
		for (size_t i = 0; i < 4; i++)
			cr_assert_eq(stamps[i],
			    (methods & (i % 2 == 1 ? ND_TCP : ND_ICMP)) != 0);
		nd_ctx_free(ctx);
	}
}

Test(ctx_methods, headers_of_our_own_need_a_socket_of_each_family)
{
	static const unsigned methods[] = {
	    ND_UDP, ND_TCP, ND_ICMP, ND_UDP | ND_TCP | ND_ICMP};
	static const int families[] = {AF_INET, AF_INET6};

	for (size_t m = 0; m < 4; m++) {
		const bool tcp = (methods[m] & ND_TCP) != 0;
		const bool udp = (methods[m] & ND_UDP) != 0;
		const bool icmp = (methods[m] & ND_ICMP) != 0;
		struct nd_ctx *ctx = NULL;

		cr_assert_eq(make(&ctx, methods[m] | ND_TRACE, 0, 5), 0);
		cr_assert_eq(open_count, 2u * (2u + tcp + udp));
		cr_assert_eq(nd_ctx_mode(ctx), ND_MODE_RAW);
		cr_assert_eq(nd_ctx_families(ctx), ND_INET | ND_INET6);
		cr_assert_eq(ctx->flows, tcp || udp ? 5 : 0);
		for (size_t f = 0; f < 2; f++) {
			const struct nd_sock *s =
			    nd_ctx_sock(ctx, families[f], IPPROTO_RAW);

			/* It is the first: departures before answers. */
			cr_assert_eq(s, &ctx->socks[f * open_count / 2]);
			cr_assert_neq(s->caps & ND_NET_OWN_HEADER, 0);
			cr_assert_eq(asked('r', families[f], IPPROTO_RAW), 1);
			cr_assert_eq(asked('r', families[f], IPPROTO_TCP), tcp);
			cr_assert_eq(asked('r', families[f], IPPROTO_UDP), udp);
			cr_assert_eq(
			    nd_ctx_sock(ctx, families[f], IPPROTO_UDP) != NULL,
			    udp);
		}
		for (size_t i = 0; i < open_count; i++) {
			cr_assert(opens[i].any_port);
			cr_assert_eq(opens[i].echo, icmp);
			cr_assert_eq(opens[i].ports, tcp ? 21 : 0);
			/* None is spare. */
			cr_assert_eq(opens[i].udp_ports, udp ? 5 : 0);
		}
		nd_ctx_free(ctx);
		cr_assert_eq(closes, (int)open_count);
	}
}

Test(ctx_methods, without_traces_no_header_socket_is_opened)
{
	for (unsigned methods = 1; methods <= 7; methods++) {
		const bool udp = (methods & ND_UDP) != 0;
		struct nd_ctx *ctx = NULL;

		cr_assert_eq(make(&ctx, methods, 0, 0), 0);
		cr_assert_null(nd_ctx_sock(ctx, AF_INET, IPPROTO_RAW));
		cr_assert_eq(asked('r', AF_INET, IPPROTO_RAW), 0);
		cr_assert_eq(asked('r', AF_INET6, IPPROTO_UDP), udp);
		for (size_t i = 0; i < open_count; i++)
			cr_assert(!opens[i].any_port);
		nd_ctx_free(ctx);
	}
}

Test(ctx_methods, unprivileged_there_are_no_headers_of_our_own)
{
	struct nd_ctx *ctx = NULL;

	raw_icmp_error = -EPERM;
	cr_assert_eq(make(&ctx, ND_ICMP | ND_TRACE, 0, 0), 0);
	cr_assert_eq(nd_ctx_mode(ctx), ND_MODE_DGRAM);
	cr_assert_eq(open_count, 2);
	cr_assert_null(nd_ctx_sock(ctx, AF_INET, IPPROTO_RAW));
	nd_ctx_free(ctx);
	ctx = NULL;
	raw_tcp_error = -EPERM;
	cr_assert_eq(make(&ctx, ND_TCP | ND_TRACE, 0, 0), 0);
	cr_assert_eq(nd_ctx_mode(ctx), ND_MODE_CONNECT);
	nd_ctx_free(ctx);
	/* There is no such backend of UDP. */
	ctx = NULL;
	cr_assert_eq(make(&ctx, ND_UDP | ND_TRACE, 0, 5), ND_EPRIV);
	cr_assert_eq(make(&ctx, ND_UDP | ND_ICMP, 0, 5), ND_EPRIV);
	cr_assert_null(ctx);
	cr_assert_eq(closes, (int)open_count);
}

/* Whatever this process may do, this needs no privilege. */
Test(ctx_methods, no_raw_socket_where_none_is_wanted)
{
	static const enum nd_mode modes[] = {ND_MODE_DGRAM, ND_MODE_CONNECT};

	for (size_t i = 0; i < 2; i++) {
		struct nd_ctx_opts o = ND_CTX_OPTS_INIT;
		struct ev_loop *loop = ev_loop_new(0);
		struct nd_ctx *ctx = NULL;

		o.methods = ND_TCP;
		o.mode = modes[i];
		cr_assert_eq(nd_ctx_new(&ctx, loop, &o), 0);
		cr_assert_eq(nd_ctx_mode(ctx), ND_MODE_CONNECT);
		nd_ctx_free(ctx);
		ev_loop_destroy(loop);
	}
}
