/* SPDX-License-Identifier: MIT */
/* A network backend without a network. */
#include "fake_net.h"
#include "fake_queue.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct fake_net *
of(struct nd_sock *s)
{
	return s->arg;
}

static struct fake_queue *
queue_for(struct fake_net *net, int family, uint8_t proto, bool errors)
{
	const int kind = proto == IPPROTO_TCP	? 1
			 : proto == IPPROTO_UDP ? 2
			 : proto == IPPROTO_RAW ? 3
						: 0;

	return net->queue[(family == AF_INET ? 0 : 8) + 2 * kind + errors];
}

static struct fake_queue *
queue_of(struct nd_sock *s, bool errors)
{
	return queue_for(of(s), s->family, s->proto, errors);
}

/* None of them is taken from the system. */
static int
fake_ports(struct nd_ports *ret, int family, uint8_t proto, size_t n)
{
	const int first =
	    proto == IPPROTO_UDP ? FAKE_FIRST_UDP_PORT : FAKE_FIRST_PORT;

	(void)family;
	cr_assert_leq(n, ND_PORTS_MAX);
	for (ret->n = 0; ret->n < n; ret->n++) {
		ret->fd[ret->n] = -1;
		ret->port[ret->n] = (uint16_t)((size_t)first + ret->n);
	}
	return 0;
}

static int
fake_open(struct nd_sock *s, const struct nd_sock_opts *opts)
{
	struct fake_net *net = of(s);
	unsigned family = s->family == AF_INET ? ND_INET : ND_INET6;

	if ((net->open_refused & family) != 0)
		return net->open_error;
	s->ident = opts->ident;
	s->caps = ND_NET_OUTER_DST | ND_NET_RAW_ERRORS;
	if (s->proto == IPPROTO_TCP && net->connects)
		s->caps = ND_NET_CONNECTS;
	else if (net->dgram)
		s->caps = 0;
	else if (s->proto == IPPROTO_RAW)
		s->caps |= ND_NET_OWN_HEADER;
	net->opened++;
	return 0;
}

static int
fake_enable_stamps(struct nd_sock *s)
{
	of(s)->tx_stamps = true;
	s->caps |= ND_NET_TX_STAMPS;
	s->sends = 0;
	s->sends_unsure = false;
	of(s)->next_id = 0;
	return 0;
}

static void
stamp_departure(struct nd_sock *s)
{
	struct fake_net *net = of(s);
	int64_t at = net->clock->now_ns + net->tx_delay_ns;
	struct nd_packet p = {.kind = ND_PACKET_STAMP,
	    .proto = s->proto,
	    .to = {.family = (uint16_t)s->family},
	    .enqueued = true,
	    .send_id = net->next_id++};

	if (net->queue_delay_ns >= 0)
		fake_net_deliver(net, &p, at - net->queue_delay_ns);
	p.enqueued = false;
	fake_net_deliver(net, &p, at);
}

/* What is sent: by a header socket it is of any protocol; 0: ICMP. */
static uint8_t
proto_of(const struct nd_sock *s, const struct nd_send *send)
{
	const bool own = (s->caps & ND_NET_OWN_HEADER) != 0;
	const uint8_t proto = own ? send->proto : s->proto;

	return proto == IPPROTO_TCP || proto == IPPROTO_UDP ? proto : 0;
}

/* The echo reply to a request, as an honest host would send it. */
static void
answer_to(struct fake_message *m, struct nd_sock *s, const struct nd_send *send)
{
	bool v4 = s->family == AF_INET;

	cr_assert_leq(send->len, sizeof(m->data));
	*m = (struct fake_message){.from = *send->to,
	    .to = fake_addr(v4 ? "192.0.2.1" : "2001:db8::1"),
	    .proto = proto_of(s, send),
	    .ip_id = send->ip_id,
	    .flow_label = send->flow_label,
	    .ttl = 57,
	    .len = send->len};
	if (send->len > 0)
		memcpy(m->data, send->data, send->len);
	if (send->from != NULL &&
	    (m->proto != 0 || (s->caps & ND_NET_OWN_HEADER) != 0))
		m->to = *send->from;
	if (m->proto != 0)
		return;
	m->data[0] = v4 ? 0 : 129;
	fake_message_seal(m);
}

/* A header socket chooses nothing, and fills nothing in. */
static void
check_header(const struct nd_sock *s, const struct nd_send *send)
{
	cr_assert_not_null(send->from, "the header needs a source");
	cr_assert_eq(send->from->family, s->family);
	cr_assert_neq(send->proto, 0);
}

static void
check_icmp6(const struct nd_send *send)
{
	struct nd_icmp icmp;

	cr_assert_eq(nd_icmp6_decode_verify(&icmp, send->from->ip, send->to->ip,
			 send->data, send->len),
	    ND_WIRE_OK);
}

/* What a script wants to know of it. What is wrong fails the test. */
static void
read_request(
    struct fake_sent *sent, struct nd_sock *s, const struct nd_send *send)
{
	if ((s->caps & ND_NET_CONNECTS) != 0) {
		cr_assert_eq(send->len, 0);
		return;
	}
	if ((s->caps & ND_NET_OWN_HEADER) != 0)
		check_header(s, send);
	sent->proto = proto_of(s, send);
	if (sent->proto != 0)
		cr_assert_not_null(send->from, "the checksum needs a source");
	if (sent->proto == IPPROTO_TCP) {
		cr_assert_eq(
		    nd_tcp_decode(&sent->tcp, s->family, send->from->ip,
			send->to->ip, send->data, send->len),
		    ND_WIRE_OK);
		return;
	}
	if (sent->proto == IPPROTO_UDP) {
		cr_assert_eq(
		    nd_udp_decode(&sent->udp, s->family, send->from->ip,
			send->to->ip, send->data, send->len),
		    ND_WIRE_OK);
		return;
	}
	sent->proto = s->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	if (s->family == AF_INET6 && (s->caps & ND_NET_OWN_HEADER) != 0)
		check_icmp6(send);
	sent->ident = (uint16_t)(send->data[4] << 8 | send->data[5]);
	sent->seq = (uint16_t)(send->data[6] << 8 | send->data[7]);
}

static int
fake_send(struct nd_sock *s, const struct nd_send *send)
{
	struct fake_net *net = of(s);
	struct fake_message *m = &net->recent[++net->attempts % FAKE_RECENT];
	struct fake_sent sent = {
	    .nth = net->attempts, .send = send, .reply = m};
	int r;

	answer_to(m, s, send);
	read_request(&sent, s, send);
	r = net->on_send != NULL ? net->on_send(net, &sent, net->arg) : 0;
	if (r != 0) {
		s->sends_unsure = true;
		net->next_id += net->failures_count;
		return r;
	}
	net->sends++;
	s->sends++;
	if (net->tx_stamps && (s->caps & ND_NET_CONNECTS) == 0)
		stamp_departure(s);
	return 0;
}

static void
fake_forget(struct nd_sock *s, const struct nd_addr *to, uint32_t tag)
{
	cr_assert_eq(to->family, s->family);
	of(s)->forgotten++;
	of(s)->forgotten_tag = tag;
}

static int
fake_recv(struct nd_sock *s, struct nd_packet *ret, int max)
{
	return fake_queue_read(
	    queue_of(s, false), of(s)->clock->now_ns, ret, max);
}

static int
fake_recv_errors(struct nd_sock *s, struct nd_packet *ret, int max)
{
	return fake_queue_read(
	    queue_of(s, true), of(s)->clock->now_ns, ret, max);
}

static int
fake_reserve(struct nd_sock *s, size_t len)
{
	if (len > of(s)->reserved)
		of(s)->reserved = len;
	return 0;
}

static uint64_t
fake_drops(struct nd_sock *s)
{
	return s->family == AF_INET ? of(s)->drops : 0;
}

static void
fake_close(struct nd_sock *s)
{
	of(s)->opened--;
}

#define FAKE_OPS                                                               \
	.open = fake_open, .enable_stamps = fake_enable_stamps,                \
	.send = fake_send, .recv = fake_recv, .recv_errors = fake_recv_errors, \
	.forget = fake_forget, .reserve = fake_reserve, .drops = fake_drops,   \
	.close = fake_close

const struct nd_net_ops fake_net_ops = {
    .name = "fake", .headers = true, .ports = fake_ports, FAKE_OPS};

const struct nd_net_ops fake_dgram_ops = {
    .name = "fake dgram", .ports = fake_ports, FAKE_OPS};

void
fake_net_init(struct fake_net *net, struct virtual_clock *clock)
{
	*net = (struct fake_net){.clock = clock, .queue_delay_ns = -1};
	for (int i = 0; i < FAKE_QUEUES; i++)
		net->queue[i] = fake_queue_new();
}

void
fake_net_free(struct fake_net *net)
{
	for (int i = 0; i < FAKE_QUEUES; i++)
		fake_queue_free(net->queue[i]);
}

struct nd_ctx *
fake_net_ctx(struct fake_net *net, const struct nd_limits *limits)
{
	const struct nd_net_ops *const backends[] = {
	    net->dgram ? &fake_dgram_ops : &fake_net_ops, NULL};
	const struct nd_ctx_parts parts = {
	    .backends = backends, .clock = &net->clock->ops, .net_arg = net};
	struct nd_ctx_opts opts = ND_CTX_OPTS_INIT;
	struct nd_ctx *ctx = NULL;

	opts.methods = net->methods;
	opts.flows = net->flows;
	opts.ident = FAKE_IDENT;
	opts.has_key = true;
	for (uint8_t i = 0; i < sizeof(opts.key); i++)
		opts.key[i] = i;
	cr_assert_eq(nd_ctx_make(&ctx, &opts, &parts), 0);
	if (limits != NULL)
		cr_assert_eq(nd_ctx_set_limits(ctx, limits), 0);
	return ctx;
}

/* When something comes, or the far end wants to do something. */
static int64_t
next_arrival(struct fake_net *net)
{
	int64_t next = INT64_MAX, t;

	/* It may let something arrive: first. */
	if (net->on_time != NULL)
		next = net->on_time(net, net->arg);
	for (int i = 0; i < FAKE_QUEUES; i++) {
		t = fake_queue_next(net->queue[i]);
		if (t < next)
			next = t;
	}
	return next;
}

uint64_t
fake_net_run(struct fake_net *net, struct nd_ctx *ctx, int64_t until_ns)
{
	uint64_t turns = 0, idle = 0;
	int64_t *now = &net->clock->now_ns, next, arrival;

	for (;;) {
		turns++;
		if (nd_ctx_turn(ctx)) {
			/* "Call again soon" must come to an end. */
			cr_assert_lt(++idle, 10000000u);
			continue;
		}
		next = nd_ctx_next(ctx);
		cr_assert_gt(next, *now, "the time of the next turn is past");
		arrival = next_arrival(net);
		if (arrival < next)
			next = arrival;
		if (next > until_ns)
			break;
		/* Else a send has just made something arrive. */
		if (next > *now) {
			idle = 0;
			*now = next;
		}
	}
	*now = until_ns;
	(void)nd_ctx_turn(ctx);
	return turns + 1;
}

struct fake_message *
fake_net_recent(struct fake_net *net, uint64_t nth)
{
	cr_assert(nth > 0 && nth <= net->attempts &&
		  nth + FAKE_RECENT > net->attempts);
	return &net->recent[nth % FAKE_RECENT];
}

void
fake_net_deliver(
    struct fake_net *net, const struct nd_packet *packet, int64_t at_ns)
{
	bool error = packet->kind == ND_PACKET_STAMP ||
		     packet->kind == ND_PACKET_ERROR ||
		     packet->kind == ND_PACKET_LOCAL;
	bool about_us = error || packet->kind == ND_PACKET_OUTCOME;
	int family = about_us ? packet->to.family : packet->from.family;
	struct nd_packet p = *packet;

	if (packet->kind == ND_PACKET_STAMP || !net->no_rx_stamps)
		p.stamp_real_ns = virtual_clock_real(net->clock, at_ns);
	net->delivered++;
	fake_queue_put(queue_for(net, family, packet->proto, error), &p, at_ns);
}

void
fake_message_arrives(
    struct fake_net *net, const struct fake_message *m, int64_t delay_ns)
{
	const uint8_t icmp =
	    m->from.family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	struct nd_packet p = {.kind = ND_PACKET_MESSAGE,
	    .proto = m->proto != 0 ? m->proto : icmp,
	    .from = m->from,
	    .ttl = m->ttl,
	    .tos = m->tos,
	    .data = m->data,
	    .len = m->len};

	if (!net->no_outer_dst)
		p.to = m->to;
	fake_net_deliver(net, &p, net->clock->now_ns + delay_ns);
}

void
fake_outcome_arrives(struct fake_net *net, const struct nd_addr *to,
    const struct nd_outcome *outcome, int64_t delay_ns)
{
	const struct nd_packet p = {.kind = ND_PACKET_OUTCOME,
	    .proto = IPPROTO_TCP,
	    .from = *to,
	    .to = *to,
	    .ttl = -1,
	    .tos = -1,
	    .outcome = outcome};

	fake_net_deliver(net, &p, net->clock->now_ns + delay_ns);
}

struct nd_addr
fake_addr(const char *text)
{
	uint8_t ip[16];
	int family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;

	cr_assert_eq(inet_pton(family, text, ip), 1);
	return nd_addr_of(family, ip);
}

struct sockaddr_storage
fake_sockaddr(const char *text)
{
	struct nd_addr a = fake_addr(text);
	struct sockaddr_storage ss;

	memset(&ss, 0, sizeof(ss));
	(void)nd_addr_to(&a, &ss);
	return ss;
}
