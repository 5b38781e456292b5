/* SPDX-License-Identifier: MIT */
/* A context with TCP over a fake network, and what arrives there. */
#include "syn_rig.h"
#include "wire/checksum.h"
#include "wire/cursor.h"
#include "wire/ip.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static struct syn_rig *
rig_of(struct nd_sock *s)
{
	return (struct syn_rig *)(void *)((char *)s->arg -
					  offsetof(struct syn_rig, net));
}

static int
ports(struct nd_ports *ret, int family, uint8_t proto, size_t n)
{
	(void)family;
	(void)proto;
	ret->n = n;
	for (size_t i = 0; i < n; i++) {
		ret->fd[i] = -1;
		ret->port[i] = (uint16_t)(SYN_PORT + i);
	}
	return 0;
}

static int
tcp_open(struct nd_sock *s, const struct nd_sock_opts *opts)
{
	int r = fake_net_ops.open(s, opts);

	s->caps |= rig_of(s)->caps;
	return r;
}

static int
tcp_send(struct nd_sock *s, const struct nd_send *send)
{
	struct syn_rig *r = rig_of(s);

	if (r->send_error != 0)
		return r->send_error;
	r->sends++;
	r->sent_tag = send->tag;
	r->sent_port = send->port;
	r->sent_full = send->full;
	s->sends++;
	return 0;
}

static void
tcp_forget(struct nd_sock *s, const struct nd_addr *to, uint32_t tag)
{
	struct syn_rig *r = rig_of(s);

	r->forgets++;
	r->forgot = *to;
	r->forgot_tag = tag;
}

struct syn_rig *
syn_rig_new(unsigned methods, unsigned caps)
{
	struct syn_rig *r = calloc(1, sizeof(*r));
	const struct nd_net_ops *backends[] = {&fake_net_ops, NULL};
	const struct nd_net_ops *tcp[] = {NULL, NULL};
	struct nd_ctx_opts opts = ND_CTX_OPTS_INIT;
	struct nd_limits limits = ND_LIMITS_INIT;
	struct nd_ctx_parts parts = {.backends = backends, .tcp_backends = tcp};

	cr_assert_not_null(r);
	virtual_clock_init(&r->clock, 100 * SEC);
	fake_net_init(&r->net, &r->clock);
	r->ops = fake_net_ops;
	r->ops.ports = ports;
	r->ops.open = tcp_open;
	r->ops.send = tcp_send;
	r->ops.forget = tcp_forget;
	tcp[0] = &r->ops;
	r->caps = caps;
	opts.methods = methods;
	opts.flows = 3;
	opts.ident = FAKE_IDENT;
	parts.clock = &r->clock.ops;
	parts.net_arg = &r->net;
	cr_assert_eq(nd_ctx_make(&r->ctx, &opts, &parts), 0);
	limits.rate_pps = 0;
	cr_assert_eq(nd_ctx_set_limits(r->ctx, &limits), 0);
	return r;
}

void
syn_rig_free(struct syn_rig *r)
{
	cr_assert_eq(r->ctx->stats.tasks, 0);
	cr_assert_eq(r->ctx->stats.in_flight, 0);
	cr_assert_eq(r->ctx->table.used, 0);
	nd_ctx_free(r->ctx);
	cr_assert_eq(r->net.opened, 0);
	fake_net_free(&r->net);
	free(r);
}

void
syn_rig_run(struct syn_rig *r, int64_t for_ns)
{
	(void)fake_net_run(&r->net, r->ctx, r->clock.now_ns + for_ns);
}

/* ---- The task ----------------------------------------------------------- */

static struct syn_task *
of(struct nd_task *task)
{
	return (struct syn_task *)(void *)task;
}

static void
told(struct syn_task *t)
{
	if (!t->ends)
		return;
	++*t->ended;
	nd_task_free(&t->task);
}

static void
take_down(struct syn_task *t, const struct nd_answer *a)
{
	t->last = *a;
	t->last.packet = NULL;
	t->last.payload = NULL;
}

static int
on_send(struct nd_task *task)
{
	const uint8_t data[20] = {0};
	const struct nd_shot shot = {.tag = of(task)->tag,
	    .note = 77,
	    .port = SYN_SERVER,
	    .full = true,
	    .timeout_ns = SEC,
	    .ttl = -1,
	    .tos = -1,
	    .data = data,
	    .len = sizeof(data)};
	struct nd_probe *p;
	int r = nd_task_shoot(task, &shot, &p);

	if (r == 0)
		cr_assert_eq(p->note, 77);
	return r;
}

static bool
on_reply(struct nd_task *task, struct nd_probe *p, const struct nd_answer *a)
{
	struct syn_task *t = of(task);

	if (a->fault != ND_INVALID_COUNT) {
		t->faults[a->fault]++;
		nd_task_invalid(task, a->fault);
	} else if (t->refuses) {
		return false;
	} else if (nd_probe_answered(p, a, &t->timing) == ND_VERDICT_IN_TIME) {
		t->replies++;
	} else {
		t->late++;
	}
	take_down(t, a);
	told(t);
	return true;
}

static void
on_error(struct nd_task *task, struct nd_probe *p, const struct nd_answer *a)
{
	struct syn_task *t = of(task);

	if (nd_probe_failed(p, a, &t->timing) == ND_VERDICT_IN_TIME)
		t->errors++;
	else
		t->late++;
	take_down(t, a);
	told(t);
}

static bool
on_proves(
    struct nd_task *task, const struct nd_probe *p, const struct nd_answer *a)
{
	(void)p;
	(void)a;
	return of(task)->proves;
}

static void
on_expired(struct nd_task *task, struct nd_probe *p)
{
	(void)p;
	of(task)->expired++;
	told(of(task));
}

static void
on_forgotten(struct nd_task *task, struct nd_probe *p)
{
	cr_assert_neq(p->state, ND_PROBE_IN_FLIGHT);
	of(task)->forgotten++;
	told(of(task));
}

static void
on_settled(struct nd_task *task, const struct nd_probe *p)
{
	(void)task;
	(void)p;
}

static const struct nd_task_ops syn_ops = {.send = on_send,
    .reply = on_reply,
    .error = on_error,
    .proves = on_proves,
    .expired = on_expired,
    .forgotten = on_forgotten,
    .settled = on_settled};

struct syn_task *
syn_rig_send(struct syn_rig *r, const char *addr, uint32_t tag)
{
	struct syn_task *t = calloc(1, sizeof(*t));

	cr_assert_not_null(t);
	t->rig = r;
	t->tag = tag;
	t->task.addr = fake_addr(addr);
	t->task.proto = IPPROTO_TCP;
	cr_assert_eq(nd_task_start(&t->task, r->ctx, &syn_ops), 0);
	nd_task_due(&t->task, r->clock.now_ns);
	syn_rig_run(r, 0);
	return t;
}

void
syn_rig_end(struct syn_task *t)
{
	nd_task_free(&t->task);
}

/* ---- What arrives ------------------------------------------------------- */

static struct nd_addr
our_address(int family)
{
	return fake_addr(family == AF_INET ? "192.0.2.1" : "2001:db8::1");
}

static void
put_segment(struct nd_wbuf *w, const struct nd_tcp *tcp)
{
	nd_put16(w, tcp->sport != 0 ? tcp->sport : SYN_SERVER);
	nd_put16(w, tcp->dport != 0 ? tcp->dport : SYN_PORT);
	nd_put32(w, tcp->seq);
	nd_put32(w, tcp->ack);
	nd_put16(w, (uint16_t)(0x5000 | tcp->flags));
	nd_put16(w, 65535);
	nd_put32(w, 0);
}

static uint16_t
checksum(const struct syn_segment *s, const struct nd_addr *from,
    const struct nd_addr *to, const uint8_t *data, size_t len)
{
	const uint32_t acc =
	    nd_ip_pseudo(from->family, from->ip, to->ip, IPPROTO_TCP, len);
	uint16_t sum = nd_sum_fold(nd_sum(acc, data, len));

	if (s->unfinished)
		sum = (uint16_t)~nd_sum_fold(acc);
	return s->damaged ? sum ^ 0x5555 : sum;
}

static void
arrive(struct syn_rig *r, const struct nd_packet *p)
{
	fake_net_deliver(&r->net, p, r->clock.now_ns);
	syn_rig_run(r, 0);
}

void
syn_segment_arrives(struct syn_rig *r, const struct syn_segment *s)
{
	const struct nd_addr from = fake_addr(s->from),
			     to = our_address(from.family);
	uint8_t data[20];
	struct nd_wbuf w = nd_wbuf_init(data, sizeof(data));
	struct nd_packet p = {.kind = ND_PACKET_MESSAGE,
	    .proto = IPPROTO_TCP,
	    .from = from,
	    .ttl = 57,
	    .tos = 0,
	    .data = data};

	put_segment(&w, &s->tcp);
	cr_assert(!w.bad);
	p.len = s->len != 0 ? s->len : nd_wbuf_len(&w);
	nd_store16(data + 16, checksum(s, &from, &to, data, p.len));
	if (!s->no_dst)
		p.to = to;
	arrive(r, &p);
}

/* The header of the SYN, as a router quotes it. */
static void
put_quoted_header(
    struct nd_wbuf *w, const struct nd_addr *from, const struct nd_addr *to)
{
	if (to->family == AF_INET) {
		nd_put32(w, 0x4500003c);
		nd_put32(w, 0x00004000);
		nd_put8(w, 1);
		nd_put8(w, IPPROTO_TCP);
		nd_put16(w, 0);
	} else {
		nd_put32(w, 0x60000000);
		nd_put16(w, 40);
		nd_put8(w, IPPROTO_TCP);
		nd_put8(w, 1);
	}
	nd_put_bytes(w, from->ip, nd_addr_len(from));
	nd_put_bytes(w, to->ip, nd_addr_len(to));
}

void
syn_quote_arrives(struct syn_rig *r, const struct syn_quote *q)
{
	const struct nd_addr to = fake_addr(q->to);
	const bool v4 = to.family == AF_INET;
	const struct nd_addr us = our_address(to.family),
			     from = q->from != NULL ? fake_addr(q->from) : us;
	struct fake_message m = {
	    .from = fake_addr(v4 ? "192.0.2.254" : "2001:db8::fe"),
	    .to = us,
	    .ttl = 63};
	struct nd_wbuf w = nd_wbuf_init(m.data, sizeof(m.data));

	nd_put8(&w, q->type);
	nd_put8(&w, q->code);
	nd_put16(&w, 0);
	nd_put32(&w, q->word);
	put_quoted_header(&w, &from, &to);
	nd_put16(&w, q->sport != 0 ? q->sport : SYN_PORT);
	nd_put16(&w, SYN_SERVER);
	nd_put32(&w, q->seq);
	cr_assert(!w.bad);
	m.len = nd_wbuf_len(&w);
	fake_message_seal(&m);
	fake_message_arrives(&r->net, &m, 0);
	syn_rig_run(r, 0);
}
