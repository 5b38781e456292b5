/* SPDX-License-Identifier: MIT */
/*
 * From a received packet to the one probe that it answers. What names no probe
 * is counted under its reason, and never does harm.
 */
#include "engine/ctx.h"

#include <netinet/in.h>

static void
invalid(struct nd_ctx *ctx, enum nd_invalid reason)
{
	ctx->stats.invalid[reason]++;
}

static uint32_t
echo_tag(uint16_t ident, uint16_t seq)
{
	return (uint32_t)ident << 16 | seq;
}

/* By address; else among the tasks that take answers from anywhere. */
static struct nd_probe *
find(
    struct nd_ctx *ctx, const struct nd_addr *addr, uint8_t proto, uint32_t tag)
{
	struct nd_key key = {
	    .addr = addr, .family = addr->family, .proto = proto, .tag = tag};
	struct nd_probe *p = nd_table_find(&ctx->table, &key);

	if (p != NULL)
		return p;
	key.addr = NULL;
	return nd_table_find(&ctx->table, &key);
}

static void
set_arrival(struct nd_ctx *ctx, struct nd_answer *a)
{
	int64_t at = nd_timebase_convert(
	    &ctx->time, a->packet->stamp_real_ns, ctx->now_ns);

	/* Packets may come in while the batch is read: look at the clock. */
	if (at < 0 && ctx->time.trusted && a->packet->stamp_real_ns != 0)
		at = nd_timebase_convert(&ctx->time, a->packet->stamp_real_ns,
		    nd_monotonic(&ctx->time));
	a->arrival_exact = at >= 0;
	a->arrival_ns = at >= 0 ? at : nd_monotonic(&ctx->time);
}

/*
 * A probe with KEY's tag, whatever its address, that A proves to be about by
 * what it brings back; or NULL.
 */
static struct nd_probe *
find_proven(
    struct nd_ctx *ctx, const struct nd_answer *a, const struct nd_key *key)
{
	struct nd_probe *p;
	uint32_t at = 0;

	while ((p = nd_table_scan(
		    &ctx->table, key, false, &at, &ctx->scan_budget)) != NULL) {
		const struct nd_task_ops *ops = p->task->ops;

		if (ops->proves != NULL && ops->proves(p->task, p, a))
			return p;
	}
	return NULL;
}

/*
 * Not an answer to the probe P that has its address and tag, or to none (NULL).
 * It may be one to another, from the wrong address. Else it is counted where
 * its sender is a target.
 */
static void
stray_reply(struct nd_ctx *ctx, struct nd_answer *a, const struct nd_key *key,
    struct nd_probe *p)
{
	struct nd_probe *proven = find_proven(ctx, a, key);
	uint32_t at = 0;

	if (proven != NULL) {
		a->fault = ND_INVALID_SOURCE;
		p = proven;
	} else if (p != NULL) {
		a->fault = ND_INVALID_TAG;
	} else {
		a->fault = ND_INVALID_UNKNOWN;
		p = nd_table_scan(
		    &ctx->table, key, true, &at, &ctx->scan_budget);
	}
	if (p == NULL || !p->task->ops->reply(p->task, p, a))
		invalid(ctx, a->fault);
}

static void
echo_reply(struct nd_ctx *ctx, struct nd_sock *s, struct nd_answer *a)
{
	const struct nd_icmp *icmp = &a->icmp;
	const struct nd_key key = {.addr = &a->packet->from,
	    .family = a->packet->from.family,
	    .proto = s->proto,
	    .tag = echo_tag(icmp->ident, icmp->seq)};
	struct nd_probe *p;

	if (icmp->ident != s->ident) {
		ctx->stats.ignored++;
		return;
	}
	a->payload = icmp->body;
	a->payload_len = icmp->body_len;
	p = find(ctx, &a->packet->from, s->proto, key.tag);
	if (p == NULL || !p->task->ops->reply(p->task, p, a))
		stray_reply(ctx, a, &key, p);
}

/* The quote must be of an echo request of ours: RFC 792, RFC 4443 2.4. */
static bool
quotes_us(const struct nd_sock *s, const struct nd_quote *q)
{
	const uint8_t request = s->family == AF_INET ? 8 : 128;

	return q->af == s->family && q->proto == s->proto &&
	       q->icmp_type == request && q->ident == s->ident;
}

static bool
is_source_rewritten(const struct nd_packet *packet, const struct nd_quote *q)
{
	const struct nd_addr src = nd_addr_of(q->af, q->src);

	return packet->to.family != 0 && !nd_addr_equal(&src, &packet->to);
}

/*
 * Behind a translator that leaves the quotes of errors alone, what they quote
 * went from or to other addresses than ours did. Where it is the destination,
 * the payload has to prove which probe it was.
 */
static struct nd_probe *
find_quoted(struct nd_ctx *ctx, struct nd_sock *s, struct nd_answer *a)
{
	const struct nd_addr dst = nd_addr_of(a->quote.af, a->quote.dst);
	const struct nd_key key = {.addr = &dst,
	    .family = dst.family,
	    .proto = s->proto,
	    .tag = echo_tag(a->quote.ident, a->quote.seq)};
	struct nd_probe *p = find(ctx, &dst, s->proto, key.tag);

	a->rewritten = p == NULL || is_source_rewritten(a->packet, &a->quote);
	if (p == NULL)
		p = find_proven(ctx, a, &key);
	return p;
}

static void
icmp_error(struct nd_ctx *ctx, struct nd_sock *s, struct nd_answer *a)
{
	struct nd_quote *q = &a->quote;
	struct nd_probe *p;

	switch (nd_quote_decode(q, a->icmp.body, a->icmp.quote_len)) {
	case ND_WIRE_OK:
		break;
	case ND_WIRE_TYPE:
		/* Of a protocol that we do not send. */
		ctx->stats.ignored++;
		return;
	default:
		invalid(ctx, ND_INVALID_TRUNCATED);
		return;
	}
	if (!quotes_us(s, q)) {
		ctx->stats.ignored++;
		return;
	}
	a->payload = q->payload;
	a->payload_len = q->payload_len;
	p = find_quoted(ctx, s, a);
	if (p != NULL)
		p->task->ops->error(p->task, p, a);
	else
		invalid(ctx, ND_INVALID_UNKNOWN);
}

/*
 * What is damaged proves nothing, but if it names a probe its target gets it
 * counted.
 */
static void
bad_checksum(struct nd_ctx *ctx, struct nd_sock *s, struct nd_answer *a)
{
	struct nd_rbuf b = nd_rbuf_init(a->packet->data, a->packet->len);
	struct nd_probe *p;
	uint16_t ident, seq;

	nd_skip(&b, 4);
	ident = nd_get16(&b);
	seq = nd_get16(&b);
	p = find(ctx, &a->packet->from, s->proto, echo_tag(ident, seq));
	a->fault = ND_INVALID_CHECKSUM;
	if (p == NULL || b.bad || !p->task->ops->reply(p->task, p, a))
		invalid(ctx, ND_INVALID_CHECKSUM);
}

static void
message(struct nd_ctx *ctx, struct nd_sock *s, struct nd_answer *a)
{
	switch (nd_icmp_decode(
	    &a->icmp, s->family, a->packet->data, a->packet->len)) {
	case ND_WIRE_OK:
		break;
	case ND_WIRE_CHECKSUM:
		bad_checksum(ctx, s, a);
		return;
	default:
		invalid(ctx, ND_INVALID_TRUNCATED);
		return;
	}
	a->is_message = true;
	if (a->icmp.kind == ND_ICMP_ECHO_REPLY)
		echo_reply(ctx, s, a);
	else if (nd_icmp_is_error(a->icmp.kind))
		icmp_error(ctx, s, a);
	else
		ctx->stats.ignored++;
}

/* What the kernel tells of an ICMP error, as if it had been decoded. */
static struct nd_icmp
reported(const struct nd_packet *packet, int family)
{
	struct nd_icmp icmp = {.type = packet->icmp_type,
	    .code = packet->icmp_code,
	    .kind =
		nd_icmp_kind_of(family, packet->icmp_type, packet->icmp_code)};

	if (icmp.kind == ND_ICMP_TOO_BIG)
		icmp.mtu = packet->info;
	else if (icmp.kind == ND_ICMP_PARAMETER)
		icmp.pointer = packet->info;
	return icmp;
}

/* DATA is our own message as it was sent. */
static void
error_report(struct nd_ctx *ctx, struct nd_sock *s, struct nd_answer *a)
{
	struct nd_rbuf b = nd_rbuf_init(a->packet->data, a->packet->len);
	struct nd_probe *p;
	uint16_t ident, seq;

	nd_skip(&b, 4);
	ident = nd_get16(&b);
	seq = nd_get16(&b);
	if (b.bad || ident != s->ident) {
		ctx->stats.ignored++;
		return;
	}
	a->icmp = reported(a->packet, s->family);
	a->payload = nd_rest(&b);
	a->payload_len = nd_left(&b);
	p = find(ctx, &a->packet->to, s->proto, echo_tag(ident, seq));
	if (p != NULL)
		p->task->ops->error(p->task, p, a);
	else
		invalid(ctx, ND_INVALID_UNKNOWN);
}

void
nd_demux(struct nd_ctx *ctx, struct nd_sock *s, const struct nd_packet *packet)
{
	struct nd_answer a = {.packet = packet, .fault = ND_INVALID_COUNT};

	ctx->stats.received++;
	if (packet->kind == ND_PACKET_BAD) {
		invalid(ctx, ND_INVALID_TRUNCATED);
		return;
	}
	set_arrival(ctx, &a);
	if (packet->kind == ND_PACKET_ERROR)
		error_report(ctx, s, &a);
	else
		message(ctx, s, &a);
}
