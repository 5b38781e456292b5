/* SPDX-License-Identifier: MIT */
/* A model of the way to a destination over the fake backend. */
#include "trace_rig.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEST4 "198.51.100.7"
#define DEST6 "2001:db8:ffff::7"

struct nd_addr
trace_rig_addr(const struct trace_rig *r, unsigned ttl)
{
	char text[64];

	if (ttl == 0 || ttl > r->hops)
		return fake_addr(r->family == AF_INET ? DEST4 : DEST6);
	if (r->hop[ttl - 1].addr != NULL)
		return fake_addr(r->hop[ttl - 1].addr);
	(void)snprintf(text, sizeof(text),
	    r->family == AF_INET ? "10.0.0.%u" : "2001:db8::%x", ttl);
	return fake_addr(text);
}

/* ---- What answers -----------------------------------------------------------
 */

static void
error_arrives(struct trace_rig *r, const struct fake_sent *sent,
    const struct trace_hop *hop, const struct nd_addr *from)
{
	const bool is4 = r->family == AF_INET;
	struct fake_error e = {
	    .type = is4 ? 11 : 3, .quoted = sent->reply->len};
	struct fake_message m;

	if (hop->type != 0) {
		e.type = hop->type;
		e.code = hop->code;
	}
	if (hop->quoted > 0 && hop->quoted < e.quoted)
		e.quoted = hop->quoted;
	m = fake_error_make(sent->reply, &e);
	m.from = *from;
	fake_message_seal(&m);
	for (unsigned i = 0; i <= hop->copies; i++)
		fake_message_arrives(&r->net, &m, hop->rtt_ns);
}

static void
destination_answers(struct trace_rig *r, const struct fake_sent *sent)
{
	const bool is4 = r->family == AF_INET;
	const struct trace_hop port = {
	    .rtt_ns = r->rtt_ns, .type = is4 ? 3 : 1, .code = is4 ? 3 : 4};
	const struct nd_addr from = trace_rig_addr(r, 0);
	struct fake_message m;

	if (sent->proto == IPPROTO_TCP) {
		const struct nd_tcp tcp =
		    r->closed
			? fake_answer_to(&sent->tcp, ND_TCP_RST | ND_TCP_ACK)
			: fake_syn_ack_to(&sent->tcp);

		m = fake_segment_make(sent->reply, &tcp, 0);
	} else if (sent->proto == IPPROTO_UDP && r->answers) {
		m = fake_datagram_make(sent->reply, 4);
	} else if (sent->proto == IPPROTO_UDP) {
		error_arrives(r, sent, &port, &from);
		return;
	} else {
		m = *sent->reply;
	}
	fake_message_arrives(&r->net, &m, r->rtt_ns);
}

static struct trace_sent
note(struct trace_rig *r, const struct fake_sent *sent)
{
	const struct nd_send *send = sent->send;
	struct trace_sent s = {.at_ns = r->clock.now_ns,
	    .ttl = (unsigned)send->ttl,
	    .proto = sent->proto,
	    .tos = (uint8_t)send->tos,
	    .ip_id = send->ip_id,
	    .df = send->df,
	    .flow_label = send->flow_label,
	    .len = send->len};
	struct nd_rbuf b = nd_rbuf_init(send->data, send->len);

	if (sent->proto == IPPROTO_TCP) {
		s.sport = sent->tcp.sport;
		s.dport = sent->tcp.dport;
		s.tcp_seq = sent->tcp.seq;
	} else if (sent->proto == IPPROTO_UDP) {
		s.sport = sent->udp.sport;
		s.dport = sent->udp.dport;
		s.checksum = sent->udp.checksum;
	} else {
		nd_skip(&b, 2);
		s.checksum = nd_get16(&b);
		s.ident = sent->ident;
		s.seq = sent->seq;
	}
	cr_assert_lt(r->sent_count, (size_t)TRACE_SENT);
	r->sent[r->sent_count++] = s;
	return s;
}

static int
on_send(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	struct trace_rig *r = arg;
	struct trace_sent s;
	const struct trace_hop *hop = NULL;
	struct nd_addr from;

	(void)net;
	if (r->error != 0)
		return r->error;
	s = note(r, sent);
	r->asked[s.ttl]++;
	if (r->route != NULL)
		hop = r->route(r, &s);
	else if (s.ttl <= r->hops)
		hop = &r->hop[s.ttl - 1];
	if (hop == NULL) {
		if (!r->dest_silent && r->asked[s.ttl] > r->dest_deaf)
			destination_answers(r, sent);
		return 0;
	}
	if (hop->silent || r->asked[s.ttl] <= hop->deaf)
		return 0;
	from =
	    hop->addr != NULL ? fake_addr(hop->addr) : trace_rig_addr(r, s.ttl);
	error_arrives(r, sent, hop, &from);
	return 0;
}

/* ---- Life -------------------------------------------------------------------
 */

struct trace_rig *
trace_rig_new(int family, unsigned hops, int64_t rtt_ns)
{
	struct nd_limits unlimited = ND_LIMITS_INIT;
	struct trace_rig *r = calloc(1, sizeof(*r));

	cr_assert_not_null(r);
	cr_assert_leq(hops, (unsigned)TRACE_HOPS);
	unlimited.rate_pps = 0;
	r->begin_ns = 100 * HOUR;
	r->family = family;
	r->hops = hops;
	r->rtt_ns = rtt_ns;
	for (unsigned i = 0; i < hops; i++)
		r->hop[i].rtt_ns = (int64_t)(i + 1) * MS;
	virtual_clock_init(&r->clock, r->begin_ns);
	fake_net_init(&r->net, &r->clock);
	r->net.methods = ND_TRACE | ND_UDP | ND_TCP | ND_ICMP;
	r->net.flows = ND_FLOWS_MAX;
	r->net.on_send = on_send;
	r->net.arg = r;
	r->ctx = fake_net_ctx(&r->net, &unlimited);
	/* Nobody is asked for the way to an address that does not exist. */
	r->addr = fake_sockaddr(family == AF_INET ? DEST4 : DEST6);
	return r;
}

void
trace_rig_free(struct trace_rig *r)
{
	struct nd_ctx_stats s = {.size = sizeof(s)};

	cr_assert_eq(nd_ctx_stats(r->ctx, &s), 0);
	cr_assert_eq(s.tasks, 0);
	cr_assert_eq(s.in_flight, 0);
	cr_assert_eq(s.histogram_bytes, 0);
	cr_assert_eq(r->ctx->table.used, 0);
	cr_assert_null(r->ctx->shared);
	nd_ctx_free(r->ctx);
	cr_assert_eq(r->net.opened, 0);
	fake_net_free(&r->net);
	free(r);
}

struct nd_trace_opts
trace_rig_opts(struct trace_rig *r, enum nd_trace_method method)
{
	static struct sockaddr_storage source;
	struct nd_trace_opts o = ND_TRACE_OPTS_INIT;

	source =
	    fake_sockaddr(r->family == AF_INET ? "192.0.2.1" : "2001:db8:1::1");
	o.addr = (const struct sockaddr *)&r->addr;
	o.source = (const struct sockaddr *)&source;
	o.method = method;
	return o;
}

static void
on_event(struct nd_trace *trace, const struct nd_trace_event *e, void *user)
{
	struct trace_rig *r = user;

	r->count[e->status]++;
	if (r->logged < TRACE_LOG) {
		struct trace_log *l = &r->log[r->logged++];

		l->e = *e;
		l->at_ns = r->clock.now_ns;
		if (e->from != NULL) {
			memcpy(&l->from, e->from,
			    e->from->sa_family == AF_INET
				? sizeof(struct sockaddr_in)
				: sizeof(struct sockaddr_in6));
			l->e.from = (const struct sockaddr *)&l->from;
		}
	}
	if (r->hook != NULL)
		r->hook(r, trace, e);
}

struct nd_trace *
trace_rig_start(struct trace_rig *r, const struct nd_trace_opts *opts)
{
	struct nd_trace *trace = NULL;

	cr_assert_eq(nd_trace_start(&trace, r->ctx, opts, on_event, r), 0);
	cr_assert_not_null(trace);
	return trace;
}

void
trace_rig_run(struct trace_rig *r, int64_t for_ns)
{
	(void)fake_net_run(&r->net, r->ctx, r->clock.now_ns + for_ns);
}

/* Beyond the end of the way nobody has to answer. */
static uint64_t
timeouts_to(const struct trace_rig *r, unsigned ttl)
{
	uint64_t n = 0;

	for (size_t i = 0; i < r->logged; i++)
		if (r->log[i].e.status == ND_TRACE_TIMEOUT &&
		    r->log[i].e.ttl <= ttl)
			n++;
	return n;
}

/* Hops are told in order, each once, and all of them. */
static void
check_hops(
    const struct trace_rig *r, const struct nd_trace_stats *s, unsigned first)
{
	unsigned told = first - 1;

	for (size_t i = 0; i < r->logged; i++)
		if (r->log[i].e.status == ND_TRACE_HOP_DONE)
			cr_assert_eq(r->log[i].e.ttl, ++told);
	cr_assert_geq(s->shown + 1, told);
}

struct nd_trace_stats
trace_rig_finish(struct trace_rig *r, struct nd_trace *trace)
{
	struct nd_trace_stats s = {.size = sizeof(s)};

	for (int i = 0; i < 1000 && r->count[ND_TRACE_DONE] == 0; i++)
		trace_rig_run(r, SEC);
	cr_assert_eq(r->count[ND_TRACE_DONE], 1, "it never ends");
	cr_assert_eq(nd_trace_stats(trace, &s), 0);
	cr_assert_eq(s.sent, s.received + s.lost + s.unfinished);
	cr_assert_eq(r->count[ND_TRACE_HOP] + r->count[ND_TRACE_DESTINATION] +
			 r->count[ND_TRACE_UNREACHABLE],
	    s.received);
	cr_assert_eq(timeouts_to(r, s.shown), s.lost);
	cr_assert_eq(r->count[ND_TRACE_LATE], s.late);
	cr_assert_eq(r->count[ND_TRACE_DUPLICATE], s.duplicates);
	cr_assert_eq(r->count[ND_TRACE_SEND_ERROR], s.send_errors);
	cr_assert_eq(s.sent + s.sized, r->sent_count);
	check_hops(r, &s, 1);
	return s;
}

int64_t
trace_rig_took(const struct trace_rig *r)
{
	const struct trace_log *last = &r->log[r->logged - 1];

	cr_assert_gt(r->sent_count, (size_t)0);
	cr_assert_eq(last->e.status, ND_TRACE_DONE);
	return last->at_ns - r->sent[0].at_ns;
}

bool
trace_rig_is_hop(
    const struct trace_rig *r, const struct nd_trace *trace, unsigned ttl)
{
	const struct nd_addr want = trace_rig_addr(r, ttl);
	struct nd_trace_node node, other;
	struct nd_addr have;

	if (nd_trace_node(trace, ttl, 0, &node) != 0 ||
	    nd_trace_node(trace, ttl, 1, &other) == 0 ||
	    nd_addr_from(&have, (const struct sockaddr *)&node.addr) != 0)
		return false;
	return nd_addr_equal(&have, &want);
}
