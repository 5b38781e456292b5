/* SPDX-License-Identifier: MIT */
/* From a received packet to the one probe that it answers. */
#include "engine/demux.h"

#include <netinet/in.h>

void
nd_demux_invalid(struct nd_ctx *ctx, enum nd_invalid reason)
{
	ctx->stats.invalid[reason]++;
}

struct nd_probe *
nd_demux_find(struct nd_ctx *ctx, const struct nd_key *key)
{
	struct nd_probe *p = nd_table_find(&ctx->table, key);
	struct nd_key anywhere = *key;

	if (p != NULL)
		return p;
	anywhere.addr = NULL;
	return nd_table_find(&ctx->table, &anywhere);
}

struct nd_probe *
nd_demux_find_proven(
    struct nd_ctx *ctx, const struct nd_answer *a, const struct nd_key *key)
{
	struct nd_probe *p;
	uint32_t at = 0;

	while ((p = nd_table_scan(
		    &ctx->table, key, false, &at, &ctx->scan_budget)) != NULL) {
		const struct nd_task *task = p->task;

		if (task->ops->proves != NULL &&
		    !nd_addr_equal(&task->addr, key->addr) &&
		    task->ops->proves(p->task, p, a))
			return p;
	}
	return NULL;
}

void
nd_demux_fault(struct nd_ctx *ctx, struct nd_answer *a, struct nd_probe *p,
    enum nd_invalid reason)
{
	a->fault = reason;
	if (p == NULL || !p->task->ops->reply(p->task, p, a))
		nd_demux_invalid(ctx, reason);
}

/* Several tasks may have that address: whose it is they know. */
bool
nd_demux_offer(
    struct nd_ctx *ctx, struct nd_answer *a, const struct nd_key *key)
{
	const struct nd_task *refused = NULL;
	struct nd_probe *p;
	uint32_t at = 0;

	while ((p = nd_table_scan(
		    &ctx->table, key, true, &at, &ctx->scan_budget)) != NULL) {
		if (p->task == refused)
			continue;
		if (p->task->ops->reply(p->task, p, a))
			return true;
		refused = p->task;
	}
	return false;
}

void
nd_demux_unknown(
    struct nd_ctx *ctx, struct nd_answer *a, const struct nd_key *key)
{
	a->fault = ND_INVALID_UNKNOWN;
	if (!nd_demux_offer(ctx, a, key))
		nd_demux_invalid(ctx, ND_INVALID_UNKNOWN);
}

void
nd_demux_reply(
    struct nd_ctx *ctx, struct nd_answer *a, const struct nd_key *key)
{
	struct nd_probe *p = nd_demux_find(ctx, key), *proven;

	if (p != NULL && p->task->ops->reply(p->task, p, a))
		return;
	/* It may answer another, from the wrong address. */
	proven = nd_demux_find_proven(ctx, a, key);
	if (proven != NULL)
		nd_demux_fault(ctx, a, proven, ND_INVALID_SOURCE);
	else if (p != NULL)
		nd_demux_fault(ctx, a, p, ND_INVALID_TAG);
	else
		nd_demux_unknown(ctx, a, key);
}

struct nd_icmp
nd_demux_reported(const struct nd_packet *packet, int family)
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

void
nd_demux(struct nd_ctx *ctx, struct nd_sock *s, const struct nd_packet *packet)
{
	struct nd_answer a = {.packet = packet, .fault = ND_INVALID_COUNT};

	ctx->stats.received++;
	if (packet->kind == ND_PACKET_BAD) {
		nd_demux_invalid(ctx, ND_INVALID_TRUNCATED);
		return;
	}
	set_arrival(ctx, &a);
	if (packet->kind == ND_PACKET_OUTCOME)
		nd_demux_outcome(ctx, s, &a);
	else if ((s->caps & ND_NET_EACH) != 0)
		nd_demux_each(ctx, s, &a);
	else if (packet->kind == ND_PACKET_ERROR)
		nd_demux_icmp_report(ctx, s, &a);
	else if (packet->proto == IPPROTO_TCP)
		nd_demux_tcp(ctx, s, &a);
	else if (packet->proto == IPPROTO_UDP)
		nd_demux_udp(ctx, s, &a);
	else
		nd_demux_icmp(ctx, s, &a);
}
