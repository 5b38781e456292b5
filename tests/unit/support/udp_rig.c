/* SPDX-License-Identifier: MIT */
/* A context with UDP over a fake network, and what arrives there. */
#include "udp_rig.h"
#include "wire/udp.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdlib.h>

static struct nd_addr
our_address(int family)
{
	return fake_addr(family == AF_INET ? "192.0.2.1" : "2001:db8::1");
}

static int
note_send(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	struct udp_rig *r = arg;

	(void)net;
	r->sent = *sent->send;
	r->sent_from = *sent->send->from;
	r->sent.to = r->sent.from = NULL;
	r->sent.data = NULL;
	return 0;
}

struct udp_rig *
udp_rig_new(unsigned methods)
{
	struct udp_rig *r = calloc(1, sizeof(*r));
	struct nd_limits limits = ND_LIMITS_INIT;

	cr_assert_not_null(r);
	virtual_clock_init(&r->clock, 100 * SEC);
	fake_net_init(&r->net, &r->clock);
	r->net.on_send = note_send;
	r->net.arg = r;
	r->net.methods = methods;
	r->net.flows = UDP_PORTS;
	limits.rate_pps = 0;
	limits.expected_pps = 100;
	r->ctx = fake_net_ctx(&r->net, &limits);
	return r;
}

void
udp_rig_free(struct udp_rig *r)
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
udp_rig_run(struct udp_rig *r, int64_t for_ns)
{
	(void)fake_net_run(&r->net, r->ctx, r->clock.now_ns + for_ns);
}

/* ---- The task ----------------------------------------------------------- */

static struct udp_task *
of(struct nd_task *task)
{
	return (struct udp_task *)(void *)task;
}

static void
take_down(
    struct udp_task *t, const struct nd_probe *p, const struct nd_answer *a)
{
	t->told = p->tag;
	t->last = *a;
	t->last.packet = NULL;
	t->last.payload = NULL;
}

static int
on_send(struct nd_task *task)
{
	static const uint8_t payload[UDP_PAYLOAD] = {0};
	const uint32_t tag = of(task)->tag;
	const struct nd_addr us = our_address(task->addr.family);
	const struct nd_udp udp = {.sport = (uint16_t)(tag >> 16),
	    .dport = UDP_SERVER,
	    .checksum = (uint16_t)tag,
	    .payload = payload,
	    .payload_len = sizeof(payload)};
	uint8_t data[ND_UDP_HEADER + UDP_PAYLOAD];
	struct nd_wbuf w = nd_wbuf_init(data, sizeof(data));
	const struct nd_shot shot = {.tag = tag,
	    .timeout_ns = SEC,
	    .from = &us,
	    .ttl = 7,
	    .tos = 8,
	    .data = data,
	    .len = nd_udp_put(
		&w, &udp, us.family, us.ip, task->addr.ip, ND_UDP_SUM_PINNED),
	    .own_header = true,
	    .ip_id = (uint16_t)tag,
	    .df = true,
	    .flow_label = 0xabcde};
	struct nd_probe *p;

	return nd_task_shoot(task, &shot, &p);
}

static bool
on_reply(struct nd_task *task, struct nd_probe *p, const struct nd_answer *a)
{
	struct udp_task *t = of(task);

	if (t->refuses) {
		t->asked++;
		return false;
	}
	if (a->fault != ND_INVALID_COUNT) {
		t->faults[a->fault]++;
		nd_task_invalid(task, a->fault);
	} else if (nd_probe_answered(p, a, &t->timing) == ND_VERDICT_IN_TIME) {
		t->replies++;
	}
	take_down(t, p, a);
	return true;
}

static void
on_error(struct nd_task *task, struct nd_probe *p, const struct nd_answer *a)
{
	struct udp_task *t = of(task);

	if (nd_probe_failed(p, a, &t->timing) == ND_VERDICT_IN_TIME)
		t->errors++;
	take_down(t, p, a);
}

static bool
on_proves(
    struct nd_task *task, const struct nd_probe *p, const struct nd_answer *a)
{
	(void)a;
	return of(task)->proven != 0 && of(task)->proven == p->tag;
}

static void
on_expired(struct nd_task *task, struct nd_probe *p)
{
	(void)task;
	(void)p;
}

static void
on_settled(struct nd_task *task, const struct nd_probe *p)
{
	(void)task;
	(void)p;
}

static const struct nd_task_ops udp_ops = {.send = on_send,
    .reply = on_reply,
    .error = on_error,
    .proves = on_proves,
    .expired = on_expired,
    .settled = on_settled};

struct udp_task *
udp_task_new(struct udp_rig *r, const char *addr)
{
	struct udp_task *t = calloc(1, sizeof(*t));

	cr_assert_not_null(t);
	t->rig = r;
	t->task.addr = fake_addr(addr);
	t->task.proto = IPPROTO_UDP;
	cr_assert_eq(nd_task_start(&t->task, r->ctx, &udp_ops), 0);
	return t;
}

void
udp_task_shoot(struct udp_task *t, uint16_t port, uint16_t number)
{
	const uint64_t before = t->task.numbers;

	t->tag = udp_tag(port, number);
	nd_task_due(&t->task, t->rig->clock.now_ns);
	udp_rig_run(t->rig, 0);
	cr_assert_eq(t->task.numbers, before + 1);
}

void
udp_task_end(struct udp_task *t)
{
	nd_task_free(&t->task);
}

/* ---- What arrives ------------------------------------------------------- */

void
udp_quote_arrives(struct udp_rig *r, const struct udp_quote *q)
{
	const struct nd_addr to = fake_addr(q->to);
	const bool v4 = to.family == AF_INET;
	const struct nd_addr us = our_address(to.family);
	/* The datagram, as if it had been answered. */
	struct fake_message request = {.from = to,
	    .to = q->from != NULL ? fake_addr(q->from) : us,
	    .proto = IPPROTO_UDP,
	    .ip_id = q->ip_id,
	    .len = ND_UDP_HEADER};
	struct nd_wbuf w = nd_wbuf_init(request.data, sizeof(request.data));
	struct fake_message m;

	nd_put16(&w, q->sport);
	nd_put16(&w, UDP_SERVER);
	nd_put16(&w, ND_UDP_HEADER + UDP_PAYLOAD);
	nd_put16(&w, q->checksum);
	m = fake_error_make(
	    &request, &(const struct fake_error){
			  .type = v4 ? 11 : 3, .quoted = request.len});
	m.to = us;
	fake_message_arrives(&r->net, &m, 0);
	udp_rig_run(r, 0);
}
