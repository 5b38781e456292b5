/* SPDX-License-Identifier: MIT */
/*
 * lib/engine/demux_udp.c: what comes to a socket that one probe has for itself,
 * over a fake network; and over loopback a context made of such sockets.
 */
#include "udp_rig.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <ev.h>
#include <netinet/in.h>
#include <string.h>

#define N 0x1234

static const char *const target[] = {"192.0.2.7", "2001:db8::7"};
static const char *const router[] = {"198.51.100.1", "2001:db8:1::1"};
static const uint8_t ours[] = {1, 2, 3};

static struct udp_rig *
rig_new(void)
{
	struct udp_rig *r = udp_rig_new(ND_UDP | ND_TRACE);

	for (int i = 0; i < r->ctx->sock_count; i++)
		if (r->ctx->socks[i].proto == IPPROTO_UDP)
			r->ctx->socks[i].caps = ND_NET_EACH;
	return r;
}

/* Three probes, of which the second one is meant. */
static struct udp_task *
three(struct udp_rig *r, int i)
{
	struct udp_task *t = udp_task_new(r, target[i]);

	for (uint16_t n = 0; n < 3; n++)
		udp_task_shoot(t, 0, (uint16_t)(N + n));
	return t;
}

static void
finish(struct udp_rig *r, struct udp_task *t)
{
	udp_task_end(t);
	udp_rig_free(r);
}

static void
come(struct udp_rig *r, const struct nd_packet *p)
{
	fake_net_deliver(&r->net, p, r->clock.now_ns);
	udp_rig_run(r, 0);
}

/* TTL exceeded, told by a router; or what the target answers. */
static struct nd_packet
packet(int i, bool error, uint32_t tag)
{
	const struct nd_addr to = fake_addr(target[i]);

	return (struct nd_packet){
	    .kind = error ? ND_PACKET_ERROR : ND_PACKET_MESSAGE,
	    .proto = IPPROTO_UDP,
	    .icmp_type = i == 0 ? 11 : 3,
	    .from = error ? fake_addr(router[i]) : to,
	    .to = error ? to : (struct nd_addr){.family = 0},
	    .ttl = 61,
	    .tos = -1,
	    .data = ours,
	    .len = sizeof(ours),
	    .tag = tag};
}

Test(demux_each, an_error_is_about_the_probe_with_its_tag)
{
	for (int i = 0; i < 2; i++) {
		struct udp_rig *r = rig_new();
		struct udp_task *t = three(r, i);
		const struct nd_packet p = packet(i, true, N + 1);

		come(r, &p);
		cr_assert_eq(t->errors, 1);
		cr_assert_eq(t->replies, 0);
		cr_assert_eq(t->told, N + 1);
		cr_assert(!t->last.is_message);
		cr_assert_eq(t->last.icmp.kind, ND_ICMP_TTL_EXCEEDED);
		cr_assert_eq(t->last.icmp.type, i == 0 ? 11 : 3);
		cr_assert_eq(t->last.quote.proto, 0);
		cr_assert(!t->last.rewritten);
		cr_assert_eq(t->last.payload_len, sizeof(ours));
		cr_assert_eq(t->timing.clock, ND_CLOCK_KERNEL);
		cr_assert_eq(r->ctx->stats.in_flight, 2);
		finish(r, t);
	}
}

Test(demux_each, an_error_tells_the_mtu)
{
	static const uint8_t type[] = {3, 2}, code[] = {4, 0};

	for (int i = 0; i < 2; i++) {
		struct udp_rig *r = rig_new();
		struct udp_task *t = three(r, i);
		struct nd_packet p = packet(i, true, N);

		p.icmp_type = type[i];
		p.icmp_code = code[i];
		p.info = 1280;
		come(r, &p);
		cr_assert_eq(t->last.icmp.kind, ND_ICMP_TOO_BIG);
		cr_assert_eq(t->last.icmp.mtu, 1280);
		finish(r, t);
	}
}

Test(demux_each, an_answer_is_named)
{
	for (int i = 0; i < 2; i++) {
		struct udp_rig *r = rig_new();
		struct udp_task *t = three(r, i);
		const struct nd_packet p = packet(i, false, N + 1);

		come(r, &p);
		cr_assert_eq(t->replies, 1);
		cr_assert_eq(t->errors, 0);
		cr_assert_eq(t->told, N + 1);
		cr_assert(t->last.has_udp);
		cr_assert(t->last.named);
		cr_assert(t->last.is_message);
		cr_assert_eq(t->last.udp.payload_len, sizeof(ours));
		cr_assert_eq(t->last.icmp.kind, ND_ICMP_OTHER);
		cr_assert_eq(r->ctx->stats.in_flight, 2);
		finish(r, t);
	}
}

Test(demux_each, what_is_about_no_probe_is_counted)
{
	for (int i = 0; i < 4; i++) {
		struct udp_rig *r = rig_new();
		struct udp_task *t = three(r, i / 2);
		const struct nd_packet p = packet(i / 2, i % 2 == 1, N + 3);

		come(r, &p);
		cr_assert_eq(t->replies + t->errors, 0);
		cr_assert_eq(r->ctx->stats.invalid[ND_INVALID_UNKNOWN], 1);
		cr_assert_eq(r->ctx->stats.in_flight, 3);
		finish(r, t);
	}
}

Test(demux_each, an_answer_that_is_refused_is_a_fault)
{
	struct udp_rig *r = rig_new();
	struct udp_task *t = three(r, 0);
	const struct nd_packet p = packet(0, false, N);

	t->refuses = true;
	come(r, &p);
	cr_assert_eq(t->asked, 2);
	cr_assert_eq(r->ctx->stats.invalid[ND_INVALID_TAG], 1);
	cr_assert_eq(r->ctx->stats.in_flight, 3);
	finish(r, t);
}

/* ---- Over loopback ------------------------------------------------------ */

struct alone {
	struct nd_task task; /* first */
	struct ev_loop *loop;
	int errors, expired, send_error;
	uint32_t told;
	struct nd_timing timing;
	struct nd_answer last;
};

static struct alone *
alone_of(struct nd_task *task)
{
	return (struct alone *)(void *)task;
}

static int
on_send(struct nd_task *task)
{
	/* Nobody has port 1. */
	const struct nd_shot shot = {.tag = 77,
	    .port = 1,
	    .timeout_ns = 20 * SEC,
	    .ttl = 9,
	    .tos = -1,
	    .data = ours,
	    .len = sizeof(ours)};
	struct nd_probe *p;
	int r = nd_task_shoot(task, &shot, &p);

	if (r == -EAGAIN)
		return r;
	alone_of(task)->send_error = r;
	if (r != 0)
		ev_break(alone_of(task)->loop, EVBREAK_ALL);
	return 0;
}

static bool
on_reply(struct nd_task *task, struct nd_probe *p, const struct nd_answer *a)
{
	(void)task;
	(void)p;
	(void)a;
	return false;
}

static void
on_error(struct nd_task *task, struct nd_probe *p, const struct nd_answer *a)
{
	struct alone *t = alone_of(task);

	(void)nd_probe_failed(p, a, &t->timing);
	t->errors++;
	t->told = p->tag;
	t->last = *a;
	ev_break(t->loop, EVBREAK_ALL);
}

static void
on_expired(struct nd_task *task, struct nd_probe *p)
{
	(void)p;
	alone_of(task)->expired++;
	ev_break(alone_of(task)->loop, EVBREAK_ALL);
}

static void
on_settled(struct nd_task *task, const struct nd_probe *p)
{
	(void)task;
	(void)p;
}

static const struct nd_task_ops alone_ops = {.send = on_send,
    .reply = on_reply,
    .error = on_error,
    .expired = on_expired,
    .settled = on_settled};

/* Whatever this process may do, this needs no privilege. */
static void
expect_port_unreachable(const char *addr, unsigned family)
{
	struct nd_limits limits = ND_LIMITS_INIT;
	struct nd_ctx_opts o = ND_CTX_OPTS_INIT;
	struct ev_loop *loop = ev_loop_new(0);
	struct alone *t = calloc(1, sizeof(*t));
	struct nd_ctx *ctx = NULL;

	limits.expected_pps = 100;
	o.methods = ND_UDP | ND_TRACE;
	o.mode = ND_MODE_DGRAM;
	cr_assert_eq(nd_ctx_new(&ctx, loop, &o), 0);
	cr_assert_eq(nd_ctx_mode(ctx), ND_MODE_DGRAM);
	cr_assert_eq(nd_ctx_set_limits(ctx, &limits), 0);
	for (int i = 0; i < ctx->sock_count; i++)
		cr_assert_eq(ctx->socks[i].ops, &nd_net_each);
	if ((nd_ctx_families(ctx) & family) == 0)
		cr_skip_test("no such family here");
	t->loop = loop;
	t->task.addr = fake_addr(addr);
	t->task.proto = IPPROTO_UDP;
	cr_assert_eq(nd_task_start(&t->task, ctx, &alone_ops), 0);
	nd_task_due(&t->task, 0);
	(void)ev_run(loop, 0);
	cr_assert_eq(t->send_error, 0);
	cr_assert_eq(t->expired, 0);
	cr_assert_eq(t->errors, 1);
	cr_assert_eq(t->told, 77);
	cr_assert_eq(t->last.icmp.kind, ND_ICMP_UNREACHABLE);
	cr_assert_eq(t->last.icmp.code, family == ND_INET ? 3 : 4);
	cr_assert_geq(t->timing.rtt_ns, 0);
	nd_task_free(&t->task);
	nd_ctx_free(ctx);
	ev_loop_destroy(loop);
}

Test(demux_each, without_a_privilege_port_unreachable_is_told)
{
	expect_port_unreachable("127.0.0.1", ND_INET);
}

Test(demux_each, without_a_privilege_port_unreachable_is_told_ipv6)
{
	expect_port_unreachable("::1", ND_INET6);
}
