/* SPDX-License-Identifier: MIT */
/*
 * A diagnostic that is none of netdiag's, made of engine headers alone: one
 * echo, and who answered with what TTL. The engine needs no word of it.
 */
#include "engine/ctx.h"
#include "engine/random.h"
#include "engine/task.h"

#include "fake_net.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define NONCE 8

enum outcome { WAITING, REACHED, ROUTER, SILENT, REFUSED };

struct look {
	struct nd_task task; /* first */
	enum outcome outcome;
	int ttl, tos; /* of the answer */
	struct nd_addr from;
	int64_t rtt_ns;
	int forged, again, settled, held_back;
	bool free_when_done;
	int *freed;
};

static struct look *
of(struct nd_task *task)
{
	return (struct look *)(void *)task;
}

static void
nonce_of(const struct nd_task *task, uint8_t nonce[NONCE])
{
	uint64_t v = nd_siphash(task->ctx->key, &task->addr.ip, 16);

	memcpy(nonce, &v, NONCE);
}

static void
end(struct look *l, enum outcome outcome)
{
	l->outcome = outcome;
	if (!l->free_when_done)
		return;
	++*l->freed;
	nd_task_free(&l->task);
}

static int
look_send(struct nd_task *task)
{
	struct nd_ctx *ctx = task->ctx;
	struct nd_wbuf w = nd_wbuf_init(ctx->tx, ND_CTX_TX_SIZE);
	struct nd_sock *s = nd_ctx_sock(ctx, task->addr.family, task->proto);
	struct nd_shot shot = {
	    .timeout_ns = SEC, .ttl = 64, .tos = -1, .data = ctx->tx};
	struct nd_probe *p;
	uint8_t nonce[NONCE];
	uint16_t seq = 7;
	int r;

	if (of(task)->held_back > 0) {
		of(task)->held_back--;
		return -EAGAIN;
	}
	while (nd_task_tag_used(task, (uint32_t)s->ident << 16 | seq))
		seq++;
	shot.tag = (uint32_t)s->ident << 16 | seq;
	nonce_of(task, nonce);
	shot.len = nd_icmp_echo_put(
	    &w, task->addr.family, s->ident, seq, nonce, NONCE);
	r = nd_task_shoot(task, &shot, &p);
	if (r != 0 && r != -EAGAIN)
		end(of(task), REFUSED);
	return r;
}

static bool
authentic(struct nd_task *task, const struct nd_answer *a)
{
	uint8_t nonce[NONCE];

	nonce_of(task, nonce);
	if (a->fault == ND_INVALID_COUNT && a->payload_len >= NONCE &&
	    memcmp(a->payload, nonce, NONCE) == 0)
		return true;
	of(task)->forged++;
	nd_task_invalid(
	    task, a->fault != ND_INVALID_COUNT ? a->fault : ND_INVALID_TAG);
	return false;
}

static bool
look_reply(struct nd_task *task, struct nd_probe *p, const struct nd_answer *a)
{
	struct look *l = of(task);
	struct nd_timing t;

	if (!authentic(task, a))
		return true;
	if (nd_probe_answered(p, a, &t) != ND_VERDICT_IN_TIME) {
		l->again++;
		return true;
	}
	l->ttl = a->packet->ttl;
	l->tos = a->packet->tos;
	l->from = a->packet->from;
	l->rtt_ns = t.rtt_ns;
	end(l, REACHED);
	return true;
}

static void
look_error(struct nd_task *task, struct nd_probe *p, const struct nd_answer *a)
{
	struct look *l = of(task);
	struct nd_timing t;

	if (!authentic(task, a))
		return;
	if (nd_probe_failed(p, a, &t) != ND_VERDICT_IN_TIME) {
		l->again++;
		return;
	}
	l->ttl = a->packet->ttl;
	l->tos = a->packet->tos;
	l->from = a->packet->from;
	end(l, ROUTER);
}

static void
look_expired(struct nd_task *task, struct nd_probe *p)
{
	(void)p;
	end(of(task), SILENT);
}

static void
look_settled(struct nd_task *task, const struct nd_probe *p)
{
	cr_assert_eq(nd_probe_number(p), 1);
	of(task)->settled++;
}

static const struct nd_task_ops look_ops = {.send = look_send,
    .reply = look_reply,
    .error = look_error,
    .expired = look_expired,
    .settled = look_settled};

static struct look *
look_start(struct nd_ctx *ctx, struct nd_addr addr)
{
	struct look *l = calloc(1, sizeof(*l));

	cr_assert_not_null(l);
	l->task.addr = addr;
	l->task.proto = addr.family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	cr_assert_eq(nd_task_start(&l->task, ctx, &look_ops), 0);
	nd_task_due(&l->task, nd_monotonic(&ctx->time));
	return l;
}

static int
echo(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	(void)arg;
	fake_message_arrives(net, sent->reply, 20 * MS);
	return 0;
}

static struct virtual_clock vc;
static struct fake_net net;

static struct nd_ctx *
begin(fake_send_fn *script)
{
	struct nd_limits limits = ND_LIMITS_INIT;

	limits.rate_pps = 0;
	virtual_clock_init(&vc, 100 * SEC);
	fake_net_init(&net, &vc);
	net.on_send = script;
	return fake_net_ctx(&net, &limits);
}

static void
finish(struct nd_ctx *ctx)
{
	struct nd_ctx_stats s = {.size = sizeof(s)};

	cr_assert_eq(nd_ctx_stats(ctx, &s), 0);
	cr_assert_eq(s.tasks, 0);
	cr_assert_eq(s.in_flight, 0);
	cr_assert_eq(ctx->table.used, 0);
	nd_ctx_free(ctx);
	fake_net_free(&net);
}

static void
run(struct nd_ctx *ctx, int64_t for_ns)
{
	(void)fake_net_run(&net, ctx, vc.now_ns + for_ns);
}

Test(diagnostic, tells_the_ttl_of_the_answer)
{
	static const char *const to[] = {"192.0.2.9", "2001:db8::9"};

	for (int i = 0; i < 2; i++) {
		struct nd_ctx *ctx = begin(echo);
		struct nd_addr addr = fake_addr(to[i]);
		struct look *l = look_start(ctx, addr);

		run(ctx, 2 * SEC);
		cr_assert_eq(l->outcome, REACHED);
		cr_assert_eq(l->ttl, 57);
		cr_assert_eq(l->rtt_ns, 20 * MS);
		cr_assert(nd_addr_equal(&l->from, &addr));
		cr_assert_eq(l->settled, 1);
		nd_task_free(&l->task);
		finish(ctx);
	}
}

static int
exceeded(struct fake_net *n, const struct fake_sent *sent, void *arg)
{
	const struct fake_error e = {.type = 11, .quoted = 16};
	struct fake_message m = fake_error_make(sent->reply, &e);

	(void)arg;
	fake_message_arrives(n, &m, 5 * MS);
	fake_message_arrives(n, &m, 6 * MS);
	return 0;
}

Test(diagnostic, hears_of_a_router)
{
	struct nd_ctx *ctx = begin(exceeded);
	struct look *l = look_start(ctx, fake_addr("192.0.2.9"));
	struct nd_addr router = fake_addr("192.0.2.254");

	run(ctx, 2 * SEC);
	cr_assert_eq(l->outcome, ROUTER);
	cr_assert_eq(l->ttl, 63);
	cr_assert(nd_addr_equal(&l->from, &router));
	cr_assert_eq(l->again, 1);
	cr_assert_eq(l->settled, 1);
	nd_task_free(&l->task);
	finish(ctx);
}

Test(diagnostic, times_out_and_hears_of_what_comes_late)
{
	struct nd_ctx *ctx = begin(NULL);
	struct look *l = look_start(ctx, fake_addr("192.0.2.9"));

	run(ctx, SEC - MS);
	cr_assert_eq(l->outcome, WAITING);
	run(ctx, 2 * MS);
	cr_assert_eq(l->outcome, SILENT);
	fake_message_arrives(&net, fake_net_recent(&net, 1), 0);
	run(ctx, 0);
	cr_assert_eq(l->again, 1);
	/* Forgotten after 10 s. */
	run(ctx, 11 * SEC);
	fake_message_arrives(&net, fake_net_recent(&net, 1), 0);
	run(ctx, 0);
	cr_assert_eq(l->again, 1);
	cr_assert_eq(ctx->stats.invalid[ND_INVALID_UNKNOWN], 1);
	nd_task_free(&l->task);
	finish(ctx);
}

Test(diagnostic, judges_answers_itself)
{
	struct nd_ctx *ctx = begin(NULL);
	struct look *l = look_start(ctx, fake_addr("192.0.2.9"));
	struct fake_message m;

	run(ctx, 0);
	m = *fake_net_recent(&net, 1);
	m.data[8] ^= 1;
	fake_message_seal(&m);
	fake_message_arrives(&net, &m, 0);
	m.data[9] ^= 1; /* and the checksum is wrong too */
	fake_message_arrives(&net, &m, 0);
	run(ctx, 10 * MS);
	cr_assert_eq(l->outcome, WAITING);
	cr_assert_eq(l->forged, 2);
	cr_assert_eq(ctx->stats.invalid[ND_INVALID_TAG], 1);
	cr_assert_eq(ctx->stats.invalid[ND_INVALID_CHECKSUM], 1);
	fake_message_arrives(&net, fake_net_recent(&net, 1), 0);
	run(ctx, 0);
	cr_assert_eq(l->outcome, REACHED);
	nd_task_free(&l->task);
	finish(ctx);
}

static int
refuse(struct fake_net *n, const struct fake_sent *sent, void *arg)
{
	(void)n;
	(void)sent;
	(void)arg;
	return -EHOSTUNREACH;
}

Test(diagnostic, hears_of_a_refused_send)
{
	struct nd_ctx *ctx = begin(refuse);
	struct look *l = look_start(ctx, fake_addr("192.0.2.9"));

	run(ctx, 2 * SEC);
	cr_assert_eq(l->outcome, REFUSED);
	cr_assert_eq(l->task.in_flight, 0);
	cr_assert_eq(l->task.numbers, 1);
	nd_task_free(&l->task);
	finish(ctx);
}

Test(diagnostic, gets_another_turn_when_it_asks)
{
	struct nd_ctx *ctx = begin(echo);
	struct look *l = look_start(ctx, fake_addr("192.0.2.9"));
	struct look *other = look_start(ctx, fake_addr("192.0.2.10"));

	l->held_back = 100;
	run(ctx, 0);
	/* The other one need not wait for it. */
	cr_assert_eq(net.sends, 1);
	run(ctx, SEC);
	cr_assert_eq(l->outcome, REACHED);
	cr_assert_eq(other->outcome, REACHED);
	cr_assert_eq(ctx->stats.send_retries, 100);
	nd_task_free(&l->task);
	nd_task_free(&other->task);
	finish(ctx);
}

Test(diagnostic, may_free_itself_at_any_outcome)
{
	fake_send_fn *const scripts[] = {echo, exceeded, refuse, NULL};

	for (size_t i = 0; i < 4; i++) {
		struct nd_ctx *ctx = begin(scripts[i]);
		int freed = 0;

		for (uint8_t host = 1; host <= 100; host++) {
			struct nd_addr addr = fake_addr("198.51.100.0");
			struct look *l;

			addr.ip[3] = host;
			l = look_start(ctx, addr);
			l->free_when_done = true;
			l->freed = &freed;
		}
		run(ctx, 2 * SEC);
		cr_assert_eq(freed, 100);
		finish(ctx);
	}
}

Test(diagnostic, shares_an_address_with_others)
{
	enum { N = 100 };
	struct nd_ctx *ctx = begin(echo);
	struct look *l[N];

	for (int i = 0; i < N; i++)
		l[i] = look_start(ctx, fake_addr("192.0.2.9"));
	run(ctx, 2 * SEC);
	for (int i = 0; i < N; i++) {
		cr_assert_eq(l[i]->outcome, REACHED);
		cr_assert_eq(l[i]->again + l[i]->forged, 0);
		nd_task_free(&l[i]->task);
	}
	finish(ctx);
}

/* Each is answered in its own way: 1 by the host, 2 by a router, 3 not. */
static int
each_its_own(struct fake_net *n, const struct fake_sent *sent, void *arg)
{
	const struct fake_error e = {.type = 11, .quoted = 16};
	struct fake_message m = *sent->reply;

	(void)arg;
	cr_assert_eq(sent->send->ttl, 64);
	switch (sent->send->to->ip[3]) {
	case 1:
		m.ttl = 51;
		m.tos = 0xb8;
		fake_message_arrives(n, &m, 30 * MS);
		/* To the nonce of 1, as if 3 had answered. */
		m.from = fake_addr("192.0.2.3");
		fake_message_arrives(n, &m, 10 * MS);
		return 0;
	case 2:
		m = fake_error_make(sent->reply, &e);
		m.tos = 0xc0;
		fake_message_arrives(n, &m, 20 * MS);
		return 0;
	default:
		return 0;
	}
}

Test(diagnostic, hears_of_no_answer_but_its_own)
{
	struct nd_ctx *ctx = begin(each_its_own);
	struct look *l[] = {look_start(ctx, fake_addr("192.0.2.1")),
	    look_start(ctx, fake_addr("192.0.2.2")),
	    look_start(ctx, fake_addr("192.0.2.3"))};

	run(ctx, 2 * SEC);
	cr_assert_eq(l[0]->outcome, REACHED);
	cr_assert_eq(l[0]->ttl, 51);
	cr_assert_eq(l[0]->tos, 0xb8);
	cr_assert_eq(l[0]->rtt_ns, 30 * MS);
	cr_assert_eq(l[1]->outcome, ROUTER);
	cr_assert_eq(l[1]->tos, 0xc0);
	cr_assert_eq(l[2]->outcome, SILENT);
	cr_assert_eq(l[2]->forged, 1);
	for (int i = 0; i < 3; i++) {
		cr_assert_eq(l[i]->again, 0);
		cr_assert_eq(l[i]->settled, 1);
		nd_task_free(&l[i]->task);
	}
	finish(ctx);
}
