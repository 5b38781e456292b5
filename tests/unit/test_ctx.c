/* SPDX-License-Identifier: MIT */
/* lib/engine/ctx.h: how a context is made of backends, and its limits. */
#include "engine/ctx.h"

#include "ping_rig.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <malloc.h>
#include <netinet/in.h>
#include <stdlib.h>
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
	bad[2].mode = ND_MODE_CONNECT + 1;
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

static int open_errors[2], opens[2];

static int
open_counted(struct nd_sock *s, const struct nd_sock_opts *opts)
{
	int i = s->ops->name[0] - '1';

	(void)opts;
	opens[i]++;
	/* In order: the first one comes before the second. */
	cr_assert_eq(opens[0], 1);
	return open_errors[i];
}

Test(ctx, tries_backends_in_order_until_one_fails_for_another_reason)
{
	/* What each says, what comes of it, how often the second is tried. */
	static const int cases[][4] = {{-EPERM, -EACCES, ND_EPRIV, 1},
	    {-EACCES, -EPERM, ND_EPRIV, 1}, {-EPERM, -EMFILE, -EMFILE, 1},
	    {-EMFILE, -EPERM, -EMFILE, 0}};
	const struct nd_net_ops first = {.name = "1", .open = open_counted};
	const struct nd_net_ops second = {.name = "2", .open = open_counted};
	const struct nd_net_ops *const two[] = {&first, &second, NULL};
	struct nd_ctx *ctx = NULL;

	begin();
	for (size_t i = 0; i < 4; i++) {
		memcpy(open_errors, cases[i], sizeof(open_errors));
		memset(opens, 0, sizeof(opens));
		cr_assert_eq(make(&ctx, two, NULL), cases[i][2]);
		cr_assert_null(ctx);
		cr_assert_eq(opens[0], 1);
		cr_assert_eq(opens[1], cases[i][3]);
	}
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

#define RATE 1000
#define SENDS 4096

struct sends {
	size_t n;
	int64_t at_ns[SENDS];
	uint8_t host[SENDS];
};

static int
note(struct fake_net *n, const struct fake_sent *sent, void *arg)
{
	struct sends *s = ((struct ping_rig *)arg)->hook_arg;

	cr_assert_lt(s->n, SENDS);
	s->host[s->n] = sent->send->to->ip[3];
	s->at_ns[s->n++] = n->clock->now_ns;
	return 0;
}

static int
note_and_refuse(struct fake_net *n, const struct fake_sent *sent, void *arg)
{
	(void)note(n, sent, arg);
	return -EAGAIN;
}

/* Pings 192.0.2.1 to 192.0.2.20, every millisecond. */
static void
ping_20(struct ping_rig *r, struct nd_ping *pings[20])
{
	for (uint8_t i = 0; i < 20; i++) {
		struct nd_ping_opts o = rig_opts(r, "192.0.2.1");

		((struct sockaddr_in *)(void *)&r->addr)->sin_addr.s_addr =
		    htonl(0xc0000201u + i);
		o.interval_ns = MS;
		pings[i] = rig_start(r, &o);
	}
}

static void
free_20(struct ping_rig *r, struct nd_ping *pings[20])
{
	for (int i = 0; i < 20; i++)
		nd_ping_free(pings[i]);
	free(r->hook_arg);
	rig_free(r);
}

Test(ctx, the_rate_holds_over_any_100_ms)
{
	struct nd_limits limits = ND_LIMITS_INIT;
	struct sends *s = calloc(1, sizeof(*s));
	struct nd_ping *pings[20];
	struct ping_rig *r;

	limits.rate_pps = RATE;
	r = rig_new(&limits);
	r->hook_arg = s;
	r->net.on_send = note;
	ping_20(r, pings);
	rig_run(r, SEC);
	/* A pause saves up 10 ms' worth, no more. */
	nd_ctx_pause(r->ctx, true);
	rig_run(r, SEC);
	nd_ctx_pause(r->ctx, false);
	rig_run(r, SEC);
	cr_assert_geq(s->n, 2 * RATE);
	for (size_t i = 0, j = 0; j < s->n; j++) {
		while (s->at_ns[j] - s->at_ns[i] >= 100 * MS)
			i++;
		cr_assert_leq(j - i + 1, RATE / 10 + RATE / 100 + 1);
	}
	free_20(r, pings);
}

Test(ctx, waits_1_ms_when_16_sends_in_a_row_are_refused)
{
	struct ping_rig *r = rig_new(NULL);
	struct sends *s = calloc(1, sizeof(*s));
	struct nd_ping *pings[20];

	r->hook_arg = s;
	r->net.on_send = note_and_refuse;
	ping_20(r, pings);
	rig_run(r, 5 * MS - 1);
	cr_assert_eq(s->n, 5 * 16);
	for (size_t i = 0; i < s->n; i++) {
		cr_assert_eq(s->at_ns[i], r->begin_ns + (int64_t)(i / 16) * MS);
		/* Each gets its turn before anyone gets a second one. */
		cr_assert_eq(s->host[i], i % 20 + 1);
	}
	cr_assert_eq(rig_ctx_stats(r).send_retries, 5 * 16);
	cr_assert_eq(rig_ctx_stats(r).sent, 0);
	free_20(r, pings);
}

static size_t
in_use(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

/* What malloc() has lent, while COUNT tasks wait for an answer and after. */
static void
lent(uint32_t count, size_t *during, size_t *after)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping **pings = calloc(count, sizeof(struct nd_ping *));
	struct nd_ping_opts o = rig_opts(r, "10.0.0.0");

	cr_assert_not_null(pings);
	r->net.on_send = rig_silence;
	o.count = 1;
	for (uint32_t i = 0; i < count; i++) {
		((struct sockaddr_in *)(void *)&r->addr)->sin_addr.s_addr =
		    htonl(0x0a000000u + i);
		pings[i] = rig_start(r, &o);
	}
	rig_run(r, 0);
	cr_assert_eq(rig_ctx_stats(r).in_flight, count);
	*during = in_use();
	for (uint32_t i = 0; i < count; i++)
		nd_ping_free(pings[i]);
	free(pings);
	rig_free(r);
	*after = in_use();
}

Test(ctx, gives_all_memory_back)
{
	size_t before, during, after;

	lent(1000, &during, &before);
	/* A sanitizer's malloc() counts nothing: it looks for leaks itself. */
	if (before == 0)
		return;
	lent(100000, &during, &after);
	cr_assert_gt(during, before + 100000 * sizeof(struct nd_ping));
	/* malloc() keeps a few small blocks at hand, and counts them as lent:
	 * less than one block of probes, or a byte a task. */
	cr_assert_leq(after, before + 32768);
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
	const int hints[] = {
	    ND_EPRIV, -EPERM, -EACCES, ND_EFAMILY, -EAFNOSUPPORT, -EMFILE};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		const char *text = nd_strerror(codes[i]);

		cr_assert_gt(strlen(text), 0);
		cr_assert_neq(text[strlen(text) - 1], '.');
		for (size_t j = 0; j < i && i != 7; j++)
			cr_assert_str_neq(text, nd_strerror(codes[j]));
	}
	cr_assert_str_eq(nd_strerror(ENOBUFS), nd_strerror(-ENOBUFS));
	cr_assert_str_eq(nd_strerror(-4000), "unknown error");
	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		cr_assert_not_null(nd_hint(hints[i]));
	cr_assert_null(nd_hint(0));
	cr_assert_null(nd_hint(ND_ELIMIT));
	cr_assert_null(nd_hint(ND_EOPTION));
	cr_assert_str_neq(nd_version(), "");
	for (int i = 0; i < ND_INVALID_COUNT; i++)
		for (int j = 0; j < i; j++)
			cr_assert_str_neq(nd_invalid_name((enum nd_invalid)i),
			    nd_invalid_name((enum nd_invalid)j));
	cr_assert_null(nd_invalid_name(ND_INVALID_COUNT));
}
