/* SPDX-License-Identifier: MIT */
/* Sends drafts: checksum, IP header, and the way back to the client. */
#include "answer.h"

#include "balance.h"
#include "hash.h"
#include "wire/checksum.h"
#include "wire/cursor.h"
#include "wire/ip.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define IP4_OPTIONS 40u	       /* bytes of NOP */
#define IP6_OPTIONS 8u	       /* a destination options header: PadN */
#define DUP_GAP INT64_C(20000) /* ns between a packet and its double */

void
ns_origin_init(struct ns_origin *origin, const struct ns_journey *j,
    const struct ns_addr *client)
{
	origin->fate = j->fate;
	origin->flow = ns_balance_hash(&j->pkt);
	origin->host = j->host;
	origin->addr = j->pkt.dst;
	origin->client = *client;
	origin->n_nats = j->n_nats;
	origin->n_path = j->n_path;
	memcpy(origin->nat, j->nat, sizeof(j->nat[0]) * j->n_nats);
	memcpy(origin->path, j->path, sizeof(j->path[0]) * j->n_path);
}

struct ns_draft
ns_draft_init(struct ns_reply *reply, enum ns_kind kind, uint8_t proto)
{
	const struct ns_icmp_opts *icmp =
	    reply->host != NULL ? &reply->host->icmp : &reply->router->icmp;

	return (struct ns_draft){
	    .kind = kind,
	    .proto = proto,
	    .ttl = (uint8_t)icmp->ttl,
	    .from = reply->origin.addr,
	    .by_router = reply->host == NULL,
	    .l4 = reply->sim->draft,
	    .room = sizeof(reply->sim->draft),
	};
}

/* ---- The way back ------------------------------------------------------ */

/* What becomes of an answer between its maker and the client. */
struct back {
	const struct ns_sim *sim;
	uint64_t fate;
	uint32_t where; /* which answer, for chance */
	size_t len;
	bool df; /* routers do not fragment it */
	int64_t delay;
	unsigned hops;
	bool flip;
	uint64_t flip_draw;
	unsigned doubles;
	enum ns_lost lost;
	uint32_t lost_by;
};

static bool
ask(const struct back *b, enum ns_question q, uint32_t node, uint32_t share)
{
	return ns_ask(share, b->fate, q, node, b->where);
}

/* The link that leads to NODE, backwards. */
static void
cross_back(struct back *b, const struct ns_impair *impair, uint32_t node,
    uint64_t flow)
{
	if (b->lost != NS_LOST_NOT)
		return;
	if (ask(b, NS_ASK_LOSS, node, impair->loss[NS_BACK])) {
		b->lost = NS_LOST_LOSS;
		b->lost_by = node < b->sim->topo.n_routers ? node : NS_NONE;
		return;
	}
	if (node < b->sim->topo.n_routers)
		b->delay +=
		    ns_pick(&impair->delay[impair->has_back ? NS_BACK : NS_OUT],
			flow, NS_ASK_DELAY, node, impair->has_back);
	b->delay += ns_pick(&(struct ns_range){0, impair->jitter}, b->fate,
	    NS_ASK_JITTER, node, b->where);
	if (ask(b, NS_ASK_REORDER, node, impair->reorder[NS_BACK]))
		b->delay += impair->reorder_by;
	if (ask(b, NS_ASK_CORRUPT, node, impair->corrupt[NS_BACK])) {
		b->flip = true;
		b->flip_draw =
		    ns_draw(b->fate, NS_ASK_CORRUPT_BIT, node, b->where);
	}
	if (ask(b, NS_ASK_DUP, node, impair->dup[NS_BACK]))
		b->doubles++;
}

/*
 * Router I lets it pass, but perhaps not its size. Its TTL is looked at later.
 * What the router tells the sender of too large a packet changes nothing here.
 */
static void
pass_back(struct back *b, uint32_t i)
{
	const struct ns_router *r = &b->sim->topo.router[i];

	if (b->lost != NS_LOST_NOT)
		return;
	if (r->down) {
		b->lost = NS_LOST_DOWN;
		b->lost_by = i;
	} else if (r->mtu > 0 && b->len > (size_t)r->mtu && b->df) {
		b->lost = NS_LOST_MTU;
		b->lost_by = i;
	}
	if (!r->hidden)
		b->hops++;
}

/* The `return` line that ROUTER's answers of this flow take, or NULL. */
static const struct ns_return *
choose_return(const struct ns_topo *topo, uint32_t router, uint64_t flow)
{
	const struct ns_router *r = &topo->router[router];
	uint64_t n;
	uint32_t i = r->first_return;

	if (r->n_returns == 0)
		return NULL;
	n = ns_hash2(flow, ~(uint64_t)router) % r->n_returns;
	while (n-- > 0)
		i = topo->ret[i].next;
	return &topo->ret[i];
}

static void
go_back(struct back *b, const struct ns_origin *o, bool by_router)
{
	const struct ns_topo *topo = &b->sim->topo;
	unsigned k = o->n_path - 1;
	uint32_t last = o->path[k];
	const struct ns_return *ret = choose_return(topo, last, o->flow);

	if (!by_router) {
		if (o->host != NS_NONE)
			cross_back(b, &topo->host[o->host].impair,
			    topo->n_routers + o->host, o->flow);
		pass_back(b, last);
	}
	if (ret != NULL) {
		for (unsigned i = 0; i < ret->n; i++) {
			uint32_t router = ret->router[i];

			pass_back(b, router);
			cross_back(
			    b, &topo->router[router].impair, router, o->flow);
		}
		return;
	}
	for (;; k--) {
		uint32_t router = o->path[k];

		cross_back(b, &topo->router[router].impair, router, o->flow);
		if (k == 0)
			return;
		pass_back(b, o->path[k - 1]);
	}
}

/* ---- Bytes ------------------------------------------------------------- */

static size_t
sum_at(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return 2;
	case IPPROTO_UDP:
		return 6;
	default:
		return 16;
	}
}

/* The transport checksum of D, from FROM to TO. */
static void
seal(const struct ns_draft *d, const struct ns_addr *from,
    const struct ns_addr *to)
{
	size_t at = sum_at(d->proto);
	uint32_t acc = 0;
	uint16_t sum;

	if (d->len < at + 2)
		return;
	if (to->af == AF_INET6)
		acc =
		    nd_sum_pseudo6(from->b, to->b, d->proto, (uint32_t)d->len);
	else if (d->proto != IPPROTO_ICMP)
		acc =
		    nd_sum_pseudo4(from->b, to->b, d->proto, (uint16_t)d->len);
	nd_store16(d->l4 + at, 0);
	sum = nd_sum_fold(nd_sum(acc, d->l4, d->len));
	if (d->proto == IPPROTO_UDP && sum == 0)
		sum = 0xffff;
	if (d->bad_sum)
		sum ^= 0x5555;
	nd_store16(d->l4 + at, sum);
}

/* IPv4 with 40 bytes of options, which nd_ip4_put() does not write. */
static void
put_ip4_options(struct nd_wbuf *w, const struct nd_ip *ip)
{
	uint8_t *header = w->p;
	struct nd_ip longer = *ip;
	size_t n = ND_IP4_HEADER + IP4_OPTIONS;

	longer.payload_len += IP4_OPTIONS;
	(void)nd_ip4_put(w, &longer);
	for (unsigned i = 0; i < IP4_OPTIONS; i++)
		nd_put8(w, 1);
	if (w->bad)
		return;
	header[0] = (uint8_t)(4 << 4 | n / 4);
	nd_store16(header + 10, 0);
	nd_store16(header + 10, nd_sum_fold(nd_sum(0, header, n)));
}

static void
put_ip6_options(struct nd_wbuf *w, const struct nd_ip *ip)
{
	struct nd_ip longer = *ip;

	longer.proto = IPPROTO_DSTOPTS;
	longer.payload_len += IP6_OPTIONS;
	(void)nd_ip6_put(w, &longer);
	nd_put8(w, ip->proto);
	nd_put8(w, 0);
	nd_put8(w, 1); /* PadN, RFC 8200 section 4.2 */
	nd_put8(w, 4);
	nd_put_zero(w, 4);
}

/* Room for LEN bytes; false: no memory. */
static bool
take_room(struct ns_answer *a, size_t len)
{
	a->bytes = len <= sizeof(a->small) ? a->small : malloc(len);
	return a->bytes != NULL;
}

/* With its IP header, to a client of family AF. */
static size_t
whole_len(const struct ns_draft *d, int af)
{
	size_t len = d->len + (af == AF_INET ? ND_IP4_HEADER : ND_IP6_HEADER);

	if (d->options)
		len += af == AF_INET ? IP4_OPTIONS : IP6_OPTIONS;
	return len;
}

/* Of IPv4 as Linux sends it: TCP looks for the path's MTU, ICMP does not. */
static bool
has_df(const struct ns_draft *d)
{
	return d->proto == IPPROTO_TCP;
}

static bool
put_bytes(struct ns_answer *a, const struct ns_draft *d, uint16_t id,
    const struct ns_addr *to, uint8_t ttl)
{
	struct nd_ip ip = {
	    .af = to->af,
	    .proto = d->proto,
	    .ttl = ttl,
	    .tos = d->tos,
	    .id = id,
	    .df = has_df(d),
	    .flow_label = d->label,
	    .payload_len = d->len,
	};
	size_t size = whole_len(d, to->af);
	struct nd_wbuf w;

	if (!take_room(a, size))
		return false;
	memcpy(ip.src, a->from.b, sizeof(ip.src));
	memcpy(ip.dst, to->b, sizeof(ip.dst));
	w = nd_wbuf_init(a->bytes, size);
	if (to->af == AF_INET6 && d->options)
		put_ip6_options(&w, &ip);
	else if (d->options)
		put_ip4_options(&w, &ip);
	else if (to->af == AF_INET)
		(void)nd_ip4_put(&w, &ip);
	else
		(void)nd_ip6_put(&w, &ip);
	nd_put_bytes(&w, d->l4, d->len);
	a->len = nd_wbuf_len(&w);
	return a->len > 0;
}

/* ---- Sending ----------------------------------------------------------- */

/* The source as the client sees it: destination NAT undone. */
static struct ns_addr
seen_from(const struct ns_origin *o, const struct ns_draft *d)
{
	struct ns_addr from = d->from;

	for (unsigned i = o->n_nats; i-- > 0;)
		if (o->nat[i].dst && ns_addr_eq(&o->nat[i].is, &from))
			from = o->nat[i].was;
	return from;
}

/* One packet of draft D; it may be lost, but is in the log. */
static struct ns_answer *
send_one(struct ns_reply *reply, const struct ns_draft *d, int64_t delay,
    unsigned *doubles)
{
	struct ns_sim *sim = reply->sim;
	const struct ns_origin *o = &reply->origin;
	struct ns_answer *a = ns_sim_answer(sim, reply->record);
	struct back b = {
	    .sim = sim,
	    .fate = o->fate,
	    .lost_by = NS_NONE,
	    .len = whole_len(d, o->client.af),
	    .df = has_df(d) || o->client.af == AF_INET6,
	};
	uint64_t id;

	if (a == NULL)
		return NULL;
	b.where = (reply->record->n_answers << 1 | 1) & 0xffffff;
	a->kind = d->kind;
	a->hostile = d->hostile;
	a->forged = d->forged;
	a->copy = d->copy;
	a->by = d->by_router ? o->path[o->n_path - 1] : NS_NONE;
	a->by_addr = o->addr;
	a->from = seen_from(o, d);
	go_back(&b, o, d->by_router);
	if (b.lost == NS_LOST_NOT && b.hops >= d->ttl) {
		b.lost = NS_LOST_TTL;
		b.lost_by = o->path[0];
	}
	a->lost = b.lost;
	a->lost_by = b.lost_by;
	a->ttl = (uint8_t)(d->ttl > b.hops ? d->ttl - b.hops : 0);
	a->due = reply->at + delay + b.delay;
	seal(d, &a->from, &o->client);
	ns_describe(a, d);
	id = ns_draw(o->fate, NS_ASK_ISN, 0, b.where);
	if (!put_bytes(a, d, (uint16_t)id, &o->client, a->ttl)) {
		sim->counts.no_memory++;
		a->lost = NS_LOST_LOSS;
		return NULL;
	}
	if (b.flip) {
		size_t header = a->len - d->len;

		a->corrupt = true;
		a->bytes[header + b.flip_draw / 8 % d->len] ^=
		    (uint8_t)(1u << b.flip_draw % 8);
	}
	*doubles = b.doubles;
	return a;
}

static void
schedule(struct ns_sim *sim, struct ns_answer *a)
{
	if (a->lost != NS_LOST_NOT) {
		sim->counts.lost++;
		return;
	}
	if (ns_sched_put(&sim->sched, a->due, NS_TODO_ANSWER, a, 0) != 0) {
		sim->counts.no_memory++;
		a->lost = NS_LOST_LOSS;
		return;
	}
	a->record->pending++;
}

void
ns_send(struct ns_reply *reply, const struct ns_draft *d, int64_t delay)
{
	struct ns_sim *sim = reply->sim;
	unsigned doubles = 0;
	struct ns_answer *a = send_one(reply, d, delay, &doubles);

	if (a == NULL)
		return;
	schedule(sim, a);
	if (a->lost != NS_LOST_NOT)
		return;
	for (unsigned i = 1; i <= doubles; i++) {
		struct ns_answer *more = ns_sim_answer(sim, reply->record);
		struct ns_answer *next, *first;

		if (more == NULL)
			return;
		next = more->next;
		first = a;
		*more = *first;
		more->next = next;
		more->copy = a->copy + i;
		more->due = a->due + DUP_GAP * i;
		if (!take_room(more, a->len)) {
			more->lost = NS_LOST_LOSS;
			return;
		}
		memcpy(more->bytes, a->bytes, a->len);
		schedule(sim, more);
	}
}
