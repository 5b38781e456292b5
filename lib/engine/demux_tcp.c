/* SPDX-License-Identifier: MIT */
/*
 * TCP (RFC 9293): segments to our ports, and what became of a connect(). A
 * probe is a SYN; what acknowledges it names it by that number, less one.
 */
#include "engine/demux.h"

#include <netinet/in.h>

static struct nd_key
key_of(const struct nd_addr *addr, uint32_t tag)
{
	return (struct nd_key){.addr = addr,
	    .family = addr->family,
	    .proto = IPPROTO_TCP,
	    .tag = tag};
}

static bool
is_to_us(const struct nd_ctx *ctx, const struct nd_tcp *tcp)
{
	return nd_ports_find(&ctx->tcp_ports, tcp->dport) >= 0;
}

/*
 * What does not acknowledge has nothing to name a probe by: a SYN of somebody
 * who connects to us, a bare RST.
 */
static void
segment(struct nd_ctx *ctx, struct nd_answer *a)
{
	const struct nd_key key = key_of(&a->packet->from, a->tcp.ack - 1);

	if ((a->tcp.flags & ND_TCP_ACK) != 0)
		nd_demux_reply(ctx, a, &key);
	else
		nd_demux_unknown(ctx, a, &key);
}

/*
 * What is damaged proves nothing, but if it names a probe its target gets it
 * counted.
 */
static void
bad_checksum(struct nd_ctx *ctx, struct nd_answer *a)
{
	const struct nd_key key = key_of(&a->packet->from, a->tcp.ack - 1);
	struct nd_probe *p = NULL;

	if ((a->tcp.flags & ND_TCP_ACK) != 0)
		p = nd_demux_find(ctx, &key);
	nd_demux_fault(ctx, a, p, ND_INVALID_CHECKSUM);
}

void
nd_demux_tcp(struct nd_ctx *ctx, struct nd_sock *s, struct nd_answer *a)
{
	const struct nd_packet *p = a->packet;
	const bool known =
	    p->from.family == s->family && p->to.family == s->family;
	enum nd_wire status;

	/* Without addresses it is decoded as it is. */
	if (nd_tcp_decode(&a->tcp, s->family, NULL, NULL, p->data, p->len) !=
	    ND_WIRE_OK) {
		nd_demux_invalid(ctx, ND_INVALID_TRUNCATED);
		return;
	}
	if (!is_to_us(ctx, &a->tcp)) {
		ctx->stats.ignored++;
		return;
	}
	a->is_message = true;
	status = known ? nd_tcp_decode(&a->tcp, s->family, p->from.ip, p->to.ip,
			     p->data, p->len)
		       : ND_WIRE_OK;
	if (status == ND_WIRE_OK)
		segment(ctx, a);
	else
		bad_checksum(ctx, a);
}

void
nd_demux_outcome(struct nd_ctx *ctx, struct nd_sock *s, struct nd_answer *a)
{
	const struct nd_packet *packet = a->packet;
	const struct nd_key key = key_of(&packet->to, packet->outcome->tag);
	struct nd_probe *p = nd_demux_find(ctx, &key);

	if (p == NULL) {
		nd_demux_invalid(ctx, ND_INVALID_UNKNOWN);
		return;
	}
	if (packet->outcome->icmp) {
		a->icmp = nd_demux_reported(packet, s->family);
		p->task->ops->error(p->task, p, a);
	} else if (!p->task->ops->reply(p->task, p, a)) {
		nd_demux_invalid(ctx, ND_INVALID_UNKNOWN);
	}
}
