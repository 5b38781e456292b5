/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a probe. What load balancers hash is a matter of its flow alone:
 * addresses and ports; of ICMP type, code, checksum and ident; of IPv6 the flow
 * label too (RFC 6438). What tells the probes of a flow apart: UDP, the IPv4
 * identification and the checksum, which two bytes of payload make right; TCP,
 * the sequence number, ascending, as a server that half knows us answers no
 * other; ICMP, the sequence number, the checksum being made the flow's.
 */
#include "diag/trace.h"
#include "engine/random.h"
#include "wire/checksum.h"
#include "wire/icmp.h"
#include "wire/ip.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#define PIN_SIZE 2u /* what makes the checksum right */
#define PROOF_SIZE 8u
#define LEAST_PAYLOAD (PIN_SIZE + PROOF_SIZE)
#define TRIES 65536
#define MSS4 1460
#define MSS6 1440
#define WINDOW 64240
#define WSCALE 7
#define CHECKSUM_AT 2 /* in a header of ICMP */

/* Numbers of flows are scattered by odd steps, so that no two are equal. */
#define LABEL_STEP 4099u
#define CHECKSUM_STEP 257u

enum use { USE_PROOF, USE_FLOWS, USE_SEQUENCE, USE_TAGS, USE_TSVAL };

static uint64_t
keyed(const struct nd_trace *trace, enum use use, uint64_t what)
{
	const struct nd_task *task = &trace->task;
	uint8_t in[16 + 4 + 4 + 8];
	struct nd_wbuf w = nd_wbuf_init(in, sizeof(in));

	nd_put_bytes(&w, task->addr.ip, sizeof(task->addr.ip));
	nd_put32(&w, trace->serial);
	nd_put32(&w, use);
	nd_put64(&w, what);
	return nd_siphash(task->ctx->key, in, sizeof(in));
}

uint32_t
nd_trace_least_payload(enum nd_trace_method method)
{
	return method == ND_TRACE_TCP ? 0 : LEAST_PAYLOAD;
}

static bool
is_classic(const struct nd_trace *trace)
{
	return (trace->profile->flags & ND_TRACE_F_CLASSIC) != 0;
}

/* ---- What a flow is ------------------------------------------------------ */

static uint16_t
source_port(const struct nd_trace *trace, unsigned flow)
{
	const struct nd_ctx *ctx = trace->task.ctx;
	const struct nd_ports *ports = trace->profile->method == ND_TRACE_TCP
					   ? &ctx->tcp_ports
					   : &ctx->udp_ports;
	const unsigned i = is_classic(trace) ? 0 : flow;

	return i < ports->n ? ports->port[i] : 0;
}

uint16_t
nd_trace_port(const struct nd_trace *trace, uint64_t number)
{
	const struct nd_trace_profile *f = trace->profile;

	if (!is_classic(trace) || f->method != ND_TRACE_UDP)
		return f->port;
	return (uint16_t)(f->port + (number - 1) % (65536u - f->port));
}

static uint32_t
flow_label(const struct nd_trace *trace, unsigned flow)
{
	const uint32_t first = (uint32_t)keyed(trace, USE_FLOWS, 6);

	return 1 + (first + flow * LABEL_STEP) % 0xfffff;
}

/* Neither 0 nor 0xffff, which are the same number. */
static uint16_t
flow_checksum(const struct nd_trace *trace, unsigned flow)
{
	const uint32_t first = (uint16_t)keyed(trace, USE_FLOWS, 4);

	return (uint16_t)(1 + (first + flow * CHECKSUM_STEP) % 0xfffe);
}

/* ---- What tells the probes of a flow apart --------------------------------
 */

static uint32_t
tag_of(const struct nd_trace *trace, unsigned flow, uint16_t n)
{
	const struct nd_task *task = &trace->task;

	if (trace->profile->method == ND_TRACE_UDP)
		return (uint32_t)source_port(trace, flow) << 16 | n;
	return (uint32_t)nd_ctx_sock(task->ctx, task->addr.family, task->proto)
		       ->ident
		   << 16 |
	       n;
}

/* A number that is neither 0 nor 0xffff: some set them themselves. */
static uint16_t
next_number(struct nd_trace *trace)
{
	if (trace->task.numbers == 0 && trace->tag == 0)
		trace->tag = (uint16_t)keyed(trace, USE_TAGS, 0);
	do
		trace->tag++;
	while (trace->tag == 0 || trace->tag == UINT16_MAX);
	return trace->tag;
}

static int
pick_tag(struct nd_trace *trace, unsigned flow, struct nd_trace_make *m)
{
	m->ip_id = next_number(trace);
	if (trace->profile->method == ND_TRACE_TCP) {
		m->tag = (uint32_t)keyed(trace, USE_SEQUENCE,
			     is_classic(trace) ? 0 : flow) +
			 ++trace->isns[is_classic(trace) ? 0 : flow];
		return 0;
	}
	for (int i = 0; i < TRIES; i++) {
		m->tag = tag_of(trace, flow, m->ip_id);
		if (!nd_task_tag_used(&trace->task, m->tag))
			return 0;
		m->ip_id = next_number(trace);
	}
	return -EAGAIN;
}

/* ---- Bytes --------------------------------------------------------------- */

/* The payload at DATA, its first two bytes zero. */
static void
put_payload(
    const struct nd_trace *trace, uint64_t number, uint8_t *data, size_t len)
{
	struct nd_wbuf w = nd_wbuf_init(data, len);

	nd_put16(&w, 0);
	nd_put64(&w, keyed(trace, USE_PROOF, number));
	for (size_t i = LEAST_PAYLOAD; i < len; i++)
		data[i] = (uint8_t)i;
}

static size_t
build_udp(
    const struct nd_trace *trace, unsigned flow, const struct nd_trace_make *m)
{
	const struct nd_task *task = &trace->task;
	const uint64_t number = task->numbers + 1;
	uint8_t *out = task->ctx->tx;
	struct nd_wbuf w = nd_wbuf_init(out, ND_CTX_TX_SIZE);
	const struct nd_udp udp = {.sport = source_port(trace, flow),
	    .dport = nd_trace_port(trace, number),
	    .checksum = m->ip_id,
	    .payload = out + ND_UDP_HEADER,
	    .payload_len = trace->payload};

	put_payload(trace, number, out + ND_UDP_HEADER, udp.payload_len);
	/* Without a header of ours the kernel makes that of UDP, too. */
	if (!trace->own_header) {
		memmove(out, out + ND_UDP_HEADER, udp.payload_len);
		return udp.payload_len;
	}
	return nd_udp_put(&w, &udp, task->addr.family, trace->from.ip,
	    task->addr.ip, ND_UDP_SUM_PINNED);
}

static size_t
build_tcp(
    const struct nd_trace *trace, unsigned flow, const struct nd_trace_make *m)
{
	const struct nd_task *task = &trace->task;
	const bool is4 = task->addr.family == AF_INET;
	struct nd_wbuf w = nd_wbuf_init(task->ctx->tx, ND_CTX_TX_SIZE);
	const struct nd_tcp tcp = {.sport = source_port(trace, flow),
	    .dport = trace->profile->port,
	    .seq = m->tag,
	    .window = WINDOW,
	    .mss = is4 ? MSS4 : MSS6,
	    .wscale = WSCALE,
	    .tsval = (uint32_t)keyed(trace, USE_TSVAL, 0)};

	return nd_tcp_syn_put(&w, &tcp, task->addr.family, trace->from.ip,
	    task->addr.ip, ND_TCP_SYN_LINUX);
}

/*
 * Two bytes that make the checksum WANTED, where it is summed up to SUM without
 * them. One's complement arithmetic: RFC 1624 section 2.
 */
static uint16_t
pin_for(uint16_t wanted, uint32_t sum)
{
	const uint32_t pin = (uint16_t)~wanted + (uint32_t)nd_sum_fold(sum);

	return (uint16_t)((pin & 0xffff) + (pin >> 16));
}

static size_t
build_icmp(
    const struct nd_trace *trace, unsigned flow, const struct nd_trace_make *m)
{
	const struct nd_task *task = &trace->task;
	const int family = task->addr.family;
	const size_t len = trace->payload;
	uint8_t *out = task->ctx->tx, *payload = out + ND_ICMP_HEADER;
	struct nd_wbuf w = nd_wbuf_init(out, ND_CTX_TX_SIZE);
	uint32_t pseudo = 0;
	size_t size;

	put_payload(trace, task->numbers + 1, payload, len);
	size = nd_icmp_echo_put(
	    &w, family, (uint16_t)(m->tag >> 16), m->ip_id, payload, len);
	nd_patch16(&w, CHECKSUM_AT, 0);
	if (family == AF_INET6)
		pseudo = nd_ip_pseudo(AF_INET6, trace->from.ip, task->addr.ip,
		    IPPROTO_ICMPV6, size);
	if (!is_classic(trace))
		nd_patch16(&w, ND_ICMP_HEADER,
		    pin_for(
			flow_checksum(trace, flow), nd_sum(pseudo, out, size)));
	nd_patch16(&w, CHECKSUM_AT, nd_sum_fold(nd_sum(pseudo, out, size)));
	return size;
}

int
nd_trace_build(struct nd_trace *trace, unsigned flow, struct nd_trace_make *ret)
{
	struct nd_trace_make m = {
	    .flow = flow, .flow_label = flow_label(trace, flow)};
	int r = pick_tag(trace, flow, &m);

	if (r != 0)
		return r;
	switch ((enum nd_trace_method)trace->profile->method) {
	case ND_TRACE_UDP:
		m.len = build_udp(trace, flow, &m);
		break;
	case ND_TRACE_TCP:
		m.len = build_tcp(trace, flow, &m);
		break;
	case ND_TRACE_ICMP:
		m.len = build_icmp(trace, flow, &m);
		break;
	}
	*ret = m;
	return 0;
}

/* ---- What comes back ------------------------------------------------------
 */

enum proof { PROOF_NONE, PROOF_RIGHT, PROOF_WRONG };

/*
 * What is quoted short may have been padded with zeros (RFC 4884 section 5.1):
 * those prove nothing either way.
 */
static enum proof
proof_of(const struct nd_trace *trace, const struct nd_probe *p,
    const uint8_t *payload, size_t len)
{
	struct nd_rbuf b = nd_rbuf_init(payload, len);
	uint64_t got, want, padding = UINT64_MAX;

	if (trace->profile->method == ND_TRACE_TCP || len < LEAST_PAYLOAD)
		return PROOF_NONE;
	nd_skip(&b, PIN_SIZE);
	got = nd_get64(&b);
	want = keyed(trace, USE_PROOF, nd_probe_number(p));
	if (got == want)
		return PROOF_RIGHT;
	/* The last bytes, as many as are zero. */
	while (padding != 0 && (got & padding) != 0)
		padding >>= 8;
	return (got & ~padding) == (want & ~padding) && padding != 0
		   ? PROOF_NONE
		   : PROOF_WRONG;
}

bool
nd_trace_check_quote(const struct nd_trace *trace, const struct nd_probe *p,
    const struct nd_answer *a, bool *rewritten)
{
	const struct nd_quote *q = &a->quote;
	const unsigned flow = nd_trace_flow_of(p);
	const enum proof proof = proof_of(trace, p, a->payload, a->payload_len);

	*rewritten = a->rewritten;
	if (proof == PROOF_WRONG)
		return false;
	/* The kernel's report has no quote, but our own message. */
	if (!a->is_message || q->proto == 0)
		return true;
	if (trace->profile->method == ND_TRACE_ICMP) {
		if (!is_classic(trace) && q->checksum != 0 &&
		    q->checksum != flow_checksum(trace, flow))
			*rewritten = true;
		return true;
	}
	if (q->sport != source_port(trace, flow))
		*rewritten = true;
	if (q->dport != nd_trace_port(trace, nd_probe_number(p))) {
		*rewritten = true;
		return proof == PROOF_RIGHT;
	}
	return true;
}

bool
nd_trace_check_echo(const struct nd_trace *trace, const struct nd_probe *p,
    const struct nd_answer *a)
{
	return proof_of(trace, p, a->payload, a->payload_len) == PROOF_RIGHT;
}

bool
nd_trace_proves(
    struct nd_task *task, const struct nd_probe *p, const struct nd_answer *a)
{
	const struct nd_trace *trace =
	    (const struct nd_trace *)(const void *)task;

	return proof_of(trace, p, a->payload, a->payload_len) == PROOF_RIGHT;
}
