/* SPDX-License-Identifier: MIT */
/*
 * UDP (RFC 768): datagrams to our ports. Nothing in one names a probe: it is
 * offered to those who have one on the way to its sender. What comes to a
 * socket that a probe has for itself is about that probe.
 */
#include "engine/demux.h"

#include <netinet/in.h>

/* What is damaged proves nothing, but its sender's task gets it counted. */
static void
offer(struct nd_ctx *ctx, struct nd_answer *a, enum nd_invalid fault)
{
	const struct nd_key key = {.addr = &a->packet->from,
	    .family = a->packet->from.family,
	    .proto = IPPROTO_UDP};

	/* A task may have left an entry with the tag 0, to be found by. */
	struct nd_probe *p = nd_table_find(&ctx->table, &key);

	a->fault = fault;
	if (p != NULL && p->task->ops->reply(p->task, p, a))
		return;
	if (!nd_demux_offer(ctx, a, &key))
		nd_demux_invalid(ctx,
		    fault != ND_INVALID_COUNT ? fault : ND_INVALID_UNKNOWN);
}

void
nd_demux_udp(struct nd_ctx *ctx, struct nd_sock *s, struct nd_answer *a)
{
	const struct nd_packet *p = a->packet;
	const bool known =
	    p->from.family == s->family && p->to.family == s->family;
	enum nd_wire status;

	/* Without addresses it is decoded as it is. */
	status = nd_udp_decode(&a->udp, s->family, NULL, NULL, p->data, p->len);
	if (status != ND_WIRE_OK) {
		/* Without a checksum where there has to be one. */
		nd_demux_invalid(ctx, status == ND_WIRE_CHECKSUM
					  ? ND_INVALID_CHECKSUM
					  : ND_INVALID_TRUNCATED);
		return;
	}
	if (nd_ports_find(&ctx->udp_ports, a->udp.dport) < 0) {
		ctx->stats.ignored++;
		return;
	}
	a->is_message = a->has_udp = true;
	a->payload = a->udp.payload;
	a->payload_len = a->udp.payload_len;
	if (known)
		status = nd_udp_decode(
		    &a->udp, s->family, p->from.ip, p->to.ip, p->data, p->len);
	offer(ctx, a,
	    status == ND_WIRE_OK ? ND_INVALID_COUNT : ND_INVALID_CHECKSUM);
}

/*
 * The kernel has compared addresses and ports. An error brings what it quotes
 * of our payload.
 */
void
nd_demux_each(struct nd_ctx *ctx, struct nd_sock *s, struct nd_answer *a)
{
	const struct nd_packet *packet = a->packet;
	const bool is_error = packet->kind == ND_PACKET_ERROR;
	const struct nd_addr *addr = is_error ? &packet->to : &packet->from;
	const struct nd_key key = {.addr = addr,
	    .family = addr->family,
	    .proto = IPPROTO_UDP,
	    .tag = packet->tag};
	struct nd_probe *p = nd_demux_find(ctx, &key);

	a->payload = packet->data;
	a->payload_len = packet->len;
	if (is_error) {
		a->icmp = nd_demux_reported(packet, s->family);
		if (p != NULL)
			p->task->ops->error(p->task, p, a);
		else
			nd_demux_invalid(ctx, ND_INVALID_UNKNOWN);
		return;
	}
	a->is_message = a->has_udp = a->named = true;
	a->udp.payload = packet->data;
	a->udp.payload_len = packet->len;
	if (p == NULL)
		nd_demux_invalid(ctx, ND_INVALID_UNKNOWN);
	else if (!p->task->ops->reply(p->task, p, a))
		nd_demux_fault(ctx, a, p, ND_INVALID_TAG);
}
