/* SPDX-License-Identifier: MIT */
/* lib/engine/ctx.h: how a context is made of backends, and its limits. */
#include "engine/ctx.h"

#include "ping_rig.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

static struct virtual_clock vc;
static struct fake_net net;

static int
make(struct nd_ctx **ret, const struct nd_net_ops *const *backends,
    const struct nd_ctx_opts *opts)
{
	const struct nd_ctx_parts parts = {
	    .backends = backends, .clock = &vc.ops, .net_arg = &net};

	return nd_ctx_make(ret, opts, &parts);
}

static void
begin(void)
{
	virtual_clock_init(&vc, 100 * SEC);
	fake_net_init(&net, &vc);
}

static const struct nd_net_ops *const only_fake[] = {&fake_net_ops, NULL};

Test(ctx, refuses_options_out_of_range)
{
	const struct nd_ctx_opts good = ND_CTX_OPTS_INIT;
	struct nd_ctx_opts bad[7];
	struct nd_ctx *ctx = NULL;

	begin();
	for (size_t i = 0; i < 7; i++)
		bad[i] = good;
	bad[0].size--;
	bad[1].families = 4;
	bad[2].mode = ND_MODE_DGRAM + 1;
	bad[3].pmtu = ND_PMTU_PROBE + 1;
	bad[4].ident = 65536;
	bad[5].ident = -2;
	bad[6].size = 0;
	for (size_t i = 0; i < 7; i++) {
		cr_assert_eq(make(&ctx, only_fake, &bad[i]), ND_EOPTION);
		cr_assert_null(ctx);
	}
	cr_assert_eq(net.opened, 0);
	cr_assert_eq(make(&ctx, only_fake, NULL), 0);
	nd_ctx_free(ctx);
	nd_ctx_free(NULL);
	fake_net_free(&net);
}

Test(ctx, opens_the_families_that_are_wanted)
{
	for (unsigned families = 0; families <= 3; families++) {
		struct nd_ctx_opts o = ND_CTX_OPTS_INIT;
		const unsigned both = ND_INET | ND_INET6;
		struct nd_ctx *ctx = NULL;

		begin();
		o.families = families;
		cr_assert_eq(make(&ctx, only_fake, &o), 0);
		cr_assert_eq(
		    nd_ctx_families(ctx), families != 0 ? families : both);
		cr_assert_eq(net.opened, nd_ctx_families(ctx) == both ? 2 : 1);
		cr_assert_eq(nd_ctx_sock(ctx, AF_INET, IPPROTO_ICMP) != NULL,
		    (nd_ctx_families(ctx) & ND_INET) != 0);
		cr_assert_null(nd_ctx_sock(ctx, AF_INET, IPPROTO_UDP));
		nd_ctx_free(ctx);
		cr_assert_eq(net.opened, 0);
		fake_net_free(&net);
	}
}

static void
ignore(struct nd_ping *ping, const struct nd_ping_event *e, void *user)
{
	(void)ping;
	(void)e;
	(void)user;
}

Test(ctx, does_without_a_family_that_the_system_lacks)
{
	struct nd_ping_opts o = ND_PING_OPTS_INIT;
	struct sockaddr_storage to = fake_sockaddr("2001:db8::1");
	struct nd_ctx *ctx = NULL;
	struct nd_ping *ping = NULL;

	begin();
	net.open_refused = ND_INET6;
	net.open_error = -EAFNOSUPPORT;
	cr_assert_eq(make(&ctx, only_fake, NULL), 0);
	cr_assert_eq(nd_ctx_families(ctx), ND_INET);
	o.addr = (const struct sockaddr *)&to;
	cr_assert_eq(nd_ping_start(&ping, ctx, &o, ignore, NULL), ND_EFAMILY);
	cr_assert_null(ping);
	cr_assert_eq(ctx->stats.tasks, 0);
	nd_ctx_free(ctx);
	fake_net_free(&net);
}

Test(ctx, tells_why_no_socket_could_be_opened)
{
	static const int errors[][2] = {{-EAFNOSUPPORT, ND_EFAMILY},
	    {-EPERM, ND_EPRIV}, {-EACCES, ND_EPRIV}, {-EMFILE, -EMFILE}};

	for (size_t i = 0; i < 4; i++) {
		struct nd_ctx *ctx = NULL;

		begin();
		net.open_refused = ND_INET | ND_INET6;
		net.open_error = errors[i][0];
		cr_assert_eq(make(&ctx, only_fake, NULL), errors[i][1]);
		cr_assert_null(ctx);
		/* One that was open already is closed again. */
		net.open_refused = ND_INET6;
		if (errors[i][0] != -EAFNOSUPPORT)
			cr_assert_eq(make(&ctx, only_fake, NULL), errors[i][1]);
		cr_assert_eq(net.opened, 0);
		fake_net_free(&net);
	}
}

static int first_error;

static int
open_first(struct nd_sock *s, const struct nd_sock_opts *opts)
{
	(void)s;
	(void)opts;
	return first_error;
}

Test(ctx, takes_the_next_backend_where_a_privilege_is_missing)
{
	struct nd_net_ops first = fake_net_ops;
	const struct nd_net_ops *const two[] = {&first, &fake_net_ops, NULL};
	struct nd_ctx *ctx = NULL;

	begin();
	first.open = open_first;
	first_error = -EACCES;
	cr_assert_eq(make(&ctx, two, NULL), 0);
	cr_assert_eq(ctx->socks[0].ops, &fake_net_ops);
	nd_ctx_free(ctx);
	ctx = NULL;
	first_error = -ENOMEM;
	cr_assert_eq(make(&ctx, two, NULL), -ENOMEM);
	cr_assert_null(ctx);
	fake_net_free(&net);
}

Test(ctx, sockets_have_the_ident_that_was_asked_for_or_a_random_one)
{
	struct nd_ctx_opts o = ND_CTX_OPTS_INIT;
	struct nd_ctx *ctx = NULL;
	uint16_t seen[8], same = 0;

	begin();
	o.ident = 0;
	cr_assert_eq(make(&ctx, only_fake, &o), 0);
	cr_assert_eq(ctx->socks[0].ident, 0);
	cr_assert_eq(ctx->socks[1].ident, 0);
	nd_ctx_free(ctx);
	for (int i = 0; i < 8; i++) {
		cr_assert_eq(make(&ctx, only_fake, NULL), 0);
		seen[i] = ctx->socks[0].ident;
		same = (uint16_t)(same + (seen[i] == seen[0]));
		nd_ctx_free(ctx);
	}
	cr_assert_lt(same, 8);
	fake_net_free(&net);
}

Test(ctx, keys_differ_unless_they_are_given)
{
	struct nd_ctx_opts o = ND_CTX_OPTS_INIT;
	struct nd_ctx *a = NULL, *b = NULL;

	begin();
	cr_assert_eq(make(&a, only_fake, NULL), 0);
	cr_assert_eq(make(&b, only_fake, NULL), 0);
	cr_assert_neq(memcmp(a->key, b->key, sizeof(a->key)), 0);
	nd_ctx_free(a);
	nd_ctx_free(b);
	o.has_key = true;
	memset(o.key, 7, sizeof(o.key));
	cr_assert_eq(make(&a, only_fake, &o), 0);
	cr_assert_eq(memcmp(a->key, o.key, sizeof(o.key)), 0);
	nd_ctx_free(a);
	fake_net_free(&net);
}

Test(ctx, limits_are_checked_and_set_before_the_first_task)
{
	struct nd_limits limits = ND_LIMITS_INIT;
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping;

	limits.size--;
	cr_assert_eq(nd_ctx_set_limits(r->ctx, &limits), ND_EOPTION);
	limits.size++;
	limits.max_in_flight = 0;
	cr_assert_eq(nd_ctx_set_limits(r->ctx, &limits), ND_EOPTION);
	limits.max_in_flight = 1;
	cr_assert_eq(nd_ctx_set_limits(r->ctx, &limits), 0);
	ping = rig_ping(r, "192.0.2.7", 1);
	cr_assert_eq(nd_ctx_set_limits(r->ctx, &limits), -EBUSY);
	nd_ping_free(ping);
	cr_assert_eq(nd_ctx_set_limits(r->ctx, &limits), -EBUSY);
	rig_free(r);
}

Test(ctx, stamps_of_departure_are_for_known_and_moderate_rates)
{
	static const struct {
		uint64_t pps;
		bool stamps;
	} rates[] = {{0, false}, {1, true}, {9999, true}, {10000, false}};

	for (size_t i = 0; i < 4; i++) {
		struct nd_limits limits = ND_LIMITS_INIT;
		struct ping_rig *r;

		limits.expected_pps = rates[i].pps;
		r = rig_new(&limits);
		cr_assert_eq(r->net.tx_stamps, rates[i].stamps);
		rig_free(r);
	}
}

Test(ctx, statistics_want_their_size)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ctx_stats s = {.size = 1, .sent = 77};

	cr_assert_eq(nd_ctx_stats(r->ctx, &s), ND_EOPTION);
	cr_assert_eq(s.sent, 77);
	rig_free(r);
}

Test(ctx, errors_have_a_text_and_some_a_hint)
{
	const int codes[] = {0, ND_EPRIV, ND_EFAMILY, ND_ELIMIT, ND_EOPTION,
	    -EPERM, -ENOBUFS, ENOBUFS};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		const char *text = nd_strerror(codes[i]);

		cr_assert_gt(strlen(text), 0);
		cr_assert_neq(text[strlen(text) - 1], '.');
		for (size_t j = 0; j < i && i != 7; j++)
			cr_assert_str_neq(text, nd_strerror(codes[j]));
	}
	cr_assert_str_eq(nd_strerror(ENOBUFS), nd_strerror(-ENOBUFS));
	cr_assert_str_eq(nd_strerror(-4000), "unknown error");
	cr_assert_not_null(nd_hint(ND_EPRIV));
	cr_assert_null(nd_hint(0));
	cr_assert_str_neq(nd_version(), "");
	for (int i = 0; i < ND_INVALID_COUNT; i++)
		for (int j = 0; j < i; j++)
			cr_assert_str_neq(nd_invalid_name((enum nd_invalid)i),
			    nd_invalid_name((enum nd_invalid)j));
}
