/* SPDX-License-Identifier: MIT */
/*
 * Messages of ICMP (RFC 792, RFC 4443): replies to echo, and errors, which
 * quote a packet of ours.
 */
#include "engine/demux.h"
#include "engine/demux_quote.h"

#include <netinet/in.h>

static uint32_t
echo_tag(uint16_t ident, uint16_t seq)
{
	return (uint32_t)ident << 16 | seq;
}

static struct nd_key
echo_key(const struct nd_addr *addr, uint16_t ident, uint16_t seq)
{
	return (struct nd_key){.addr = addr,
	    .family = addr->family,
	    .proto = addr->family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6,
	    .tag = echo_tag(ident, seq)};
}

static void
echo_reply(struct nd_ctx *ctx, struct nd_sock *s, struct nd_answer *a)
{
	const struct nd_icmp *icmp = &a->icmp;
	const struct nd_key key =
	    echo_key(&a->packet->from, icmp->ident, icmp->seq);

	if (icmp->ident != s->ident) {
		ctx->stats.ignored++;
		return;
	}
	a->payload = icmp->body;
	a->payload_len = icmp->body_len;
	nd_demux_reply(ctx, a, &key);
}

/* It has a port, and that is none of ours. */
static bool
is_foreign(const struct nd_ctx *ctx, const struct nd_quote *q)
{
	if (q->proto == IPPROTO_TCP)
		return nd_ports_find(&ctx->tcp_ports, q->sport) < 0;
	return q->proto == IPPROTO_UDP &&
	       nd_ports_find(&ctx->udp_ports, q->sport) < 0;
}

/* Whether it may have been one of ours: a translator has changed it. */
static bool
may_be_foreign(const struct nd_ctx *ctx, const struct nd_quote *q)
{
	const unsigned method = q->proto == IPPROTO_TCP ? ND_TCP : ND_UDP;

	return (ctx->methods & ND_CTX_HEADERS) != 0 &&
	       (ctx->methods & method) != 0;
}

/*
 * The quote must be of an echo request of ours (RFC 792, RFC 4443 section 2.4)
 * or of a segment or datagram from one of our ports: then KEY, to DST, is what
 * it names; a datagram is found by more than that.
 */
static bool
quotes_us(const struct nd_ctx *ctx, const struct nd_sock *s,
    const struct nd_quote *q, const struct nd_addr *dst, struct nd_key *key)
{
	const bool is4 = s->family == AF_INET;

	if (q->af != s->family)
		return false;
	if (q->proto == IPPROTO_TCP || q->proto == IPPROTO_UDP) {
		*key = (struct nd_key){.addr = dst,
		    .family = dst->family,
		    .proto = q->proto,
		    .tag = q->tcp_seq};
		return !is_foreign(ctx, q) || may_be_foreign(ctx, q);
	}
	*key = echo_key(dst, q->ident, q->seq);
	return q->proto == key->proto && q->icmp_type == (is4 ? 8 : 128) &&
	       q->ident == s->ident;
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
 * what else is quoted has to prove which probe it was.
 */
static struct nd_probe *
find_quoted(struct nd_ctx *ctx, struct nd_answer *a, const struct nd_key *key,
    bool foreign)
{
	struct nd_probe *p;

	if (key->proto == IPPROTO_UDP)
		return nd_demux_quoted_udp(ctx, a, key->addr);
	p = nd_demux_find(ctx, key);
	a->rewritten =
	    p == NULL || foreign || is_source_rewritten(a->packet, &a->quote);
	return p != NULL || foreign ? p : nd_demux_find_proven(ctx, a, key);
}

static void
icmp_error(struct nd_ctx *ctx, struct nd_sock *s, struct nd_answer *a)
{
	struct nd_quote *q = &a->quote;
	struct nd_addr dst;
	struct nd_key key;
	struct nd_probe *p;
	bool foreign;

	switch (nd_quote_decode(q, a->icmp.body, a->icmp.quote_len)) {
	case ND_WIRE_OK:
		break;
	case ND_WIRE_TYPE:
		/* Of a protocol that we do not send. */
		ctx->stats.ignored++;
		return;
	default:
		nd_demux_invalid(ctx, ND_INVALID_TRUNCATED);
		return;
	}
	dst = nd_addr_of(q->af, q->dst);
	if (!quotes_us(ctx, s, q, &dst, &key)) {
		ctx->stats.ignored++;
		return;
	}
	a->payload = q->payload;
	a->payload_len = q->payload_len;
	foreign = is_foreign(ctx, q);
	p = find_quoted(ctx, a, &key, foreign);
	if (p != NULL)
		p->task->ops->error(p->task, p, a);
	else if (foreign)
		ctx->stats.ignored++;
	else
		nd_demux_invalid(ctx, ND_INVALID_UNKNOWN);
}

/*
 * What is damaged proves nothing, but if it names a probe its target gets it
 * counted.
 */
static void
bad_checksum(struct nd_ctx *ctx, struct nd_answer *a)
{
	struct nd_rbuf b = nd_rbuf_init(a->packet->data, a->packet->len);
	struct nd_key key;
	uint16_t ident, seq;

	nd_skip(&b, 4);
	ident = nd_get16(&b);
	seq = nd_get16(&b);
	key = echo_key(&a->packet->from, ident, seq);
	nd_demux_fault(ctx, a, b.bad ? NULL : nd_demux_find(ctx, &key),
	    ND_INVALID_CHECKSUM);
}

void
nd_demux_icmp(struct nd_ctx *ctx, struct nd_sock *s, struct nd_answer *a)
{
	switch (nd_icmp_decode(
	    &a->icmp, s->family, a->packet->data, a->packet->len)) {
	case ND_WIRE_OK:
		break;
	case ND_WIRE_CHECKSUM:
		bad_checksum(ctx, a);
		return;
	default:
		nd_demux_invalid(ctx, ND_INVALID_TRUNCATED);
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

/* DATA is our own message as it was sent. */
void
nd_demux_icmp_report(struct nd_ctx *ctx, struct nd_sock *s, struct nd_answer *a)
{
	struct nd_rbuf b = nd_rbuf_init(a->packet->data, a->packet->len);
	struct nd_key key;
	struct nd_probe *p;
	uint16_t ident, seq;

	nd_skip(&b, 4);
	ident = nd_get16(&b);
	seq = nd_get16(&b);
	if (b.bad || ident != s->ident) {
		ctx->stats.ignored++;
		return;
	}
	a->icmp = nd_demux_reported(a->packet, s->family);
	a->payload = nd_rest(&b);
	a->payload_len = nd_left(&b);
	key = echo_key(&a->packet->to, ident, seq);
	p = nd_demux_find(ctx, &key);
	if (p != NULL)
		p->task->ops->error(p->task, p, a);
	else
		nd_demux_invalid(ctx, ND_INVALID_UNKNOWN);
}
