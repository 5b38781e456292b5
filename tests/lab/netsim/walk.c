/* SPDX-License-Identifier: MIT */
/* Forwarding: one router after the other, until the packet's way ends. */
#include "walk.h"

#include "balance.h"
#include "fate.h"
#include "hash.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

const char *const ns_why_names[NS_WHYS] = {
    [NS_WHY_NONE] = "none",
    [NS_WHY_LOSS] = "loss",
    [NS_WHY_DOWN] = "down",
    [NS_WHY_CORRUPT] = "corrupt",
    [NS_WHY_LOOP] = "loop",
    [NS_WHY_PROHIBITED] = "prohibited-silently",
    [NS_WHY_SILENT] = "silent",
    [NS_WHY_RATE] = "rate-limit",
    [NS_WHY_BLACKHOLE] = "blackhole",
    [NS_WHY_ABSENT] = "absent",
    [NS_WHY_CHECKSUM] = "checksum",
    [NS_WHY_ECHO_OFF] = "echo-off",
    [NS_WHY_PORT_SILENT] = "port-silent",
    [NS_WHY_NO_STATE] = "no-state",
    [NS_WHY_SYN_LIMIT] = "syn-limit",
    [NS_WHY_RESET] = "reset",
    [NS_WHY_ACKED] = "acked",
    [NS_WHY_BAD_PACKET] = "bad-packet",
    [NS_WHY_UNHANDLED] = "unhandled",
};

void
ns_journey_init(struct ns_journey *j, const struct ns_topo *topo,
    const struct ns_packet *pkt, uint64_t fate, int64_t now)
{
	j->pkt = *pkt;
	j->fate = fate;
	j->at = now;
	j->copy = 0;
	j->flipped = j->arrived = false;
	j->router = topo->entry;
	j->host = j->fragmented = NS_NONE;
	j->n_path = j->n_nats = 0;
}

static struct ns_verdict
drop(enum ns_why why)
{
	return (struct ns_verdict){
	    .end = NS_END_DROP, .why = why, .host = NS_NONE};
}

static struct ns_verdict
error(int af, const struct ns_error *err)
{
	return (struct ns_verdict){
	    .end = NS_END_ERROR,
	    .host = NS_NONE,
	    .type = af == AF_INET ? err->type4 : err->type6,
	    .code = af == AF_INET ? err->code4 : err->code6,
	};
}

/* A bit of what follows the IP header; nobody on the way looks there. */
static void
flip_bit(struct ns_packet *p, uint64_t draw)
{
	if (p->l4_len > 0)
		p->data[p->l4 + draw / 8 % p->l4_len] ^=
		    (uint8_t)(1u << draw % 8);
}

static void
clone(struct ns_journey *j, struct ns_clones *clones)
{
	struct ns_journey *c = &clones->journey[clones->n];

	if (clones->n == NS_MAX_COPIES)
		return;
	*c = *j;
	c->pkt.data = malloc(j->pkt.len);
	if (c->pkt.data == NULL)
		return;
	memcpy(c->pkt.data, j->pkt.data, j->pkt.len);
	c->arrived = true;
	c->copy = ++clones->n;
}

/*
 * The link to NODE, and what happens on it by chance. Delay is by WHERE. False:
 * lost.
 */
static bool
cross(struct ns_journey *j, const struct ns_impair *impair, uint32_t node,
    uint64_t where)
{
	uint32_t salt = j->copy << 1;

	j->at += ns_pick(&impair->delay[NS_OUT], where, NS_ASK_DELAY, node, 0);
	if (ns_ask(impair->loss[NS_OUT], j->fate, NS_ASK_LOSS, node, salt))
		return false;
	j->at += ns_pick(&(struct ns_range){0, impair->jitter}, j->fate,
	    NS_ASK_JITTER, node, salt);
	if (ns_ask(
		impair->reorder[NS_OUT], j->fate, NS_ASK_REORDER, node, salt))
		j->at += impair->reorder_by;
	if (ns_ask(
		impair->corrupt[NS_OUT], j->fate, NS_ASK_CORRUPT, node, salt)) {
		flip_bit(
		    &j->pkt, ns_draw(j->fate, NS_ASK_CORRUPT_BIT, node, salt));
		j->flipped = true;
	}
	return true;
}

static bool
doubled(
    const struct ns_journey *j, const struct ns_impair *impair, uint32_t node)
{
	return ns_ask(
	    impair->dup[NS_OUT], j->fate, NS_ASK_DUP, node, j->copy << 1);
}

/* RFC 3168 section 6.1.1. */
static bool
asks_for_ecn(const struct ns_packet *p)
{
	const uint8_t all = NS_TCP_SYN | NS_TCP_ECE | NS_TCP_CWR;

	return (p->tcp_flags & (all | NS_TCP_ACK)) == all;
}

static bool
rule_fits(const struct ns_rule *rule, const struct ns_packet *p)
{
	if (rule->icmp)
		return ns_packet_is_icmp(p);
	if (rule->proto != p->proto ||
	    (rule->rst && (p->tcp_flags & NS_TCP_RST) == 0) ||
	    (rule->ecn && !asks_for_ecn(p)))
		return false;
	return (rule->lo == 0 && rule->hi == UINT16_MAX) ||
	       (p->whole && p->dport >= rule->lo && p->dport <= rule->hi);
}

/* Whether the packet ends by a rule of the router, with what. */
static bool
forbidden(const struct ns_router *r, const struct ns_packet *p,
    struct ns_verdict *ret)
{
	for (unsigned i = 0; i < r->n_rules; i++) {
		if (!rule_fits(&r->rule[i], p))
			continue;
		*ret = r->rule[i].drop ? drop(NS_WHY_PROHIBITED)
				       : error(p->af, &r->forbid);
		return true;
	}
	if (!r->refuse.set)
		return false;
	*ret = error(p->af, &r->refuse);
	return true;
}

static void
translate(struct ns_journey *j, const struct ns_router *r)
{
	const struct ns_addr *src =
	    j->pkt.af == AF_INET ? &r->snat4 : &r->snat6;

	if (src->af != 0 && j->n_nats < NS_MAX_NATS) {
		j->nat[j->n_nats++] = (struct ns_nat){
		    .fix = r->nat_fix, .was = j->pkt.src, .is = *src};
		ns_packet_set_src(&j->pkt, src);
	}
	if (r->dnat_from.af != 0 && j->n_nats < NS_MAX_NATS &&
	    ns_addr_eq(&r->dnat_from, &j->pkt.dst)) {
		j->nat[j->n_nats++] = (struct ns_nat){.dst = true,
		    .fix = r->nat_fix,
		    .was = j->pkt.dst,
		    .is = r->dnat_to};
		ns_packet_set_dst(&j->pkt, &r->dnat_to);
	}
}

static void
rewrite(struct ns_journey *j, const struct ns_router *r)
{
	struct ns_packet *p = &j->pkt;
	int64_t tos = p->tos;

	if (r->tos >= 0)
		tos = r->tos;
	if (r->dscp >= 0)
		tos = (tos & 3) | r->dscp << 2;
	if (r->ecn >= 0)
		tos = (tos & ~INT64_C(3)) | r->ecn;
	if (tos != p->tos)
		ns_packet_set_tos(p, (uint8_t)tos);
	if (r->strip_ecn && p->whole && p->proto == IPPROTO_TCP &&
	    (p->tcp_flags & (NS_TCP_ECE | NS_TCP_CWR)) != 0)
		ns_packet_set_tcp_flags(
		    p, (uint8_t)(p->tcp_flags & ~(NS_TCP_ECE | NS_TCP_CWR)));
	translate(j, r);
}

/* Decrements the TTL; false where it expires here. */
static bool
take_ttl(struct ns_journey *j, const struct ns_router *r)
{
	if (r->hidden)
		return true;
	if (j->pkt.ttl == 0 || (j->pkt.ttl == 1 && !r->zero_ttl))
		return false;
	ns_packet_set_ttl(&j->pkt, (uint8_t)(j->pkt.ttl - 1));
	return true;
}

static struct ns_verdict
too_big(const struct ns_router *r, const struct ns_packet *p)
{
	struct ns_error err = {true, 3, 4, 2, 0};
	struct ns_verdict v = error(p->af, &err);

	if (r->blackhole)
		return drop(NS_WHY_BLACKHOLE);
	v.mtu = (uint32_t)(r->mtu_told >= 0 ? r->mtu_told : r->mtu);
	return v;
}

static struct ns_verdict
to_host(struct ns_topo *topo, struct ns_journey *j, uint32_t i,
    struct ns_clones *clones)
{
	const struct ns_host *host = &topo->host[i];
	uint32_t node = topo->n_routers + i;
	uint64_t where =
	    ns_hash_bytes(topo->seed, j->pkt.dst.b, sizeof(j->pkt.dst.b));
	struct ns_verdict v = {.end = NS_END_HOST, .host = i};

	if (host->unreachable.set) {
		v = error(j->pkt.af, &host->unreachable);
		v.host = i;
		return v;
	}
	if (!cross(j, &host->impair, node, where)) {
		v = drop(NS_WHY_LOSS);
		v.host = i;
		return v;
	}
	if (ns_chance(host->absent, ns_draw(where, NS_ASK_ABSENT, node, 1))) {
		v = drop(NS_WHY_ABSENT);
		v.host = i;
		return v;
	}
	j->host = i;
	if (doubled(j, &host->impair, node))
		clone(j, clones);
	return v;
}

/*
 * What the router where the packet is does with it. False: it goes on to
 * j->router.
 */
static bool
at_router(struct ns_topo *topo, struct ns_journey *j, struct ns_clones *clones,
    struct ns_verdict *ret)
{
	const struct ns_error expired = {true, 11, 0, 3, 0};
	const struct ns_error no_route = {true, 3, 0, 1, 0};
	const struct ns_router *r = &topo->router[j->router];
	struct ns_decision d;

	if (ns_topo_owner(topo, &j->pkt.dst) == j->router) {
		*ret =
		    (struct ns_verdict){.end = NS_END_ROUTER, .host = NS_NONE};
		return true;
	}
	if (!take_ttl(j, r)) {
		*ret = error(j->pkt.af, &expired);
		return true;
	}
	if (forbidden(r, &j->pkt, ret))
		return true;
	rewrite(j, r);
	d = ns_topo_decide(topo, j->router, &j->pkt.dst);
	if (d.host == NS_NONE &&
	    (d.route == NS_NONE || topo->route[d.route].n_ways == 0)) {
		*ret = error(j->pkt.af, &no_route);
		return true;
	}
	if (r->mtu > 0 && j->pkt.len > (size_t)r->mtu) {
		if (j->pkt.df || j->pkt.af == AF_INET6) {
			*ret = too_big(r, &j->pkt);
			return true;
		}
		if (j->fragmented == NS_NONE)
			j->fragmented = j->router;
	}
	if (d.host != NS_NONE) {
		*ret = to_host(topo, j, d.host, clones);
		return true;
	}
	j->router = ns_balance_next(&topo->route[d.route], &j->pkt, topo->seed);
	return false;
}

/* What a delay that differs by flow goes by; 0 where that is not needed. */
static uint64_t
flow_of(const struct ns_journey *j, const struct ns_router *r)
{
	const struct ns_range *delay = &r->impair.delay[NS_OUT];

	return delay->lo == delay->hi ? 0 : ns_flow_hash(&j->pkt);
}

struct ns_verdict
ns_walk(struct ns_topo *topo, struct ns_journey *j, struct ns_clones *clones)
{
	struct ns_verdict v;

	if (j->host != NS_NONE) /* a duplicate made on the last link */
		return (struct ns_verdict){.end = NS_END_HOST, .host = j->host};
	for (;;) {
		const struct ns_router *r = &topo->router[j->router];

		if (!j->arrived) {
			if (j->n_path == NS_MAX_PATH)
				return drop(NS_WHY_LOOP);
			j->path[j->n_path++] = (uint16_t)j->router;
			if (r->down)
				return drop(NS_WHY_DOWN);
			if (!cross(j, &r->impair, j->router, flow_of(j, r)))
				return drop(NS_WHY_LOSS);
			if (doubled(j, &r->impair, j->router))
				clone(j, clones);
		}
		j->arrived = false;
		if (at_router(topo, j, clones, &v))
			return v;
	}
}
