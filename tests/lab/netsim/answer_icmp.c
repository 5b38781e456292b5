/* SPDX-License-Identifier: MIT */
/*
 * ICMP answers: echo replies, and errors with what they quote (RFC 792, RFC
 * 1812 section 4.3.2, RFC 4443 section 3).
 */
#include "answer.h"

#include "ext.h"
#include "hash.h"
#include "wire/checksum.h"
#include "wire/ip.h"

#include <netinet/in.h>
#include <string.h>

#define IP4_ERROR_MAX 576u
#define IP6_ERROR_MAX 1280u
#define ROUTE_RECORD 8u /* bytes of IP options in a quote */
#define ERROR_TOS 0xc0	/* internetwork control, RFC 1812 section 4.3.2.5 */

static uint8_t
icmp_proto(int af)
{
	return af == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
}

/* The next token but burst - 1 is there at *NEXT. */
bool
ns_bucket_take(const struct ns_bucket *bucket, int64_t *next, int64_t now)
{
	int64_t at = *next > now ? *next : now, owed;

	if (bucket->interval == 0)
		return true;
	owed =
	    (at - now) / bucket->interval + ((at - now) % bucket->interval > 0);
	if (owed > bucket->burst - 1 || at > INT64_MAX - bucket->interval)
		return false;
	*next = at + bucket->interval;
	return true;
}

/* Which of the rate limits of a node. */
enum limit { LIMIT_ERRORS = 1, LIMIT_ECHOES };

/* A token of the router's, or of this very host's. */
static bool
may_send(struct ns_reply *reply, const struct ns_bucket *bucket,
    enum limit limit, bool by_router)
{
	const struct ns_origin *o = &reply->origin;
	uint64_t key;
	int64_t *next;

	if (bucket->interval == 0)
		return true;
	if (by_router)
		key = ns_hash2(limit, o->path[o->n_path - 1]);
	else
		key = ns_hash_bytes(limit, o->addr.b, sizeof(o->addr.b));
	next = ns_keyed_at(&reply->sim->limits, key | 1);
	return next == NULL || ns_bucket_take(bucket, next, reply->at);
}

enum ns_why
ns_answer_echo(struct ns_reply *reply, const struct ns_icmp_opts *icmp)
{
	const struct ns_packet *p = reply->pkt;
	struct ns_draft d =
	    ns_draft_init(reply, NS_ECHO_REPLY, icmp_proto(p->af));

	if (icmp->no_echo)
		return NS_WHY_ECHO_OFF;
	if (!may_send(reply, &icmp->echoes, LIMIT_ECHOES, reply->host == NULL))
		return NS_WHY_RATE;
	memcpy(d.l4, p->data + p->l4, p->l4_len);
	d.l4[0] = p->af == AF_INET ? 0 : 129;
	d.len = p->l4_len;
	d.tos = p->tos;
	d.label = p->label;
	if (reply->host != NULL)
		ns_send_host(reply, &d);
	else
		ns_send(reply, &d, 0);
	return NS_WHY_NONE;
}

static enum ns_kind
error_kind(int af, uint8_t type, uint8_t code)
{
	if (af == AF_INET6)
		switch (type) {
		case 1:
			return NS_UNREACHABLE;
		case 2:
			return NS_TOO_BIG;
		case 3:
			return code == 0 ? NS_TTL_EXCEEDED : NS_OTHER_ERROR;
		case 4:
			return NS_PARAMETER;
		default:
			return NS_OTHER_ERROR;
		}
	switch (type) {
	case 3:
		return code == 4 ? NS_TOO_BIG : NS_UNREACHABLE;
	case 5:
		return NS_REDIRECT;
	case 11:
		return code == 0 ? NS_TTL_EXCEEDED : NS_OTHER_ERROR;
	case 12:
		return NS_PARAMETER;
	default:
		return NS_OTHER_ERROR;
	}
}

/* RFC 4884 section 4: these have a length field, and extensions. */
static bool
may_extend(int af, uint8_t type)
{
	return af == AF_INET ? type == 3 || type == 11 || type == 12
			     : type == 1 || type == 3;
}

/* The quoted IP header, with options where wanted. */
static void
quote_header(struct nd_wbuf *w, const struct ns_icmp_opts *icmp,
    const struct ns_packet *q)
{
	uint8_t *header = w->p;
	size_t n = q->l4;

	if (icmp->quote_options && q->af == AF_INET && n == ND_IP4_HEADER) {
		nd_put_bytes(w, q->data, n);
		nd_put8(w, 7); /* record route, empty: RFC 791 section 3.1 */
		nd_put8(w, 7);
		nd_put8(w, 4);
		nd_put_zero(w, ROUTE_RECORD - 3);
		n += ROUTE_RECORD;
		if (!w->bad) {
			header[0] = (uint8_t)(4 << 4 | n / 4);
			nd_store16(header + 2, (uint16_t)(q->len + 8));
		}
	} else if (icmp->quote_options && q->af == AF_INET6 &&
		   n == ND_IP6_HEADER) {
		nd_put_bytes(w, q->data, n);
		nd_put8(w, q->proto); /* hop-by-hop options: PadN */
		nd_put8(w, 0);
		nd_put8(w, 1);
		nd_put8(w, 4);
		nd_put_zero(w, 4);
		if (!w->bad) {
			header[6] = IPPROTO_HOPOPTS;
			nd_store16(
			    header + 4, (uint16_t)(q->len - ND_IP6_HEADER + 8));
		}
	} else {
		nd_put_bytes(w, q->data, n);
	}
	if (w->bad)
		return;
	if (icmp->quote_ttl >= 0)
		header[q->af == AF_INET ? 8 : 7] = (uint8_t)icmp->quote_ttl;
	if (q->af == AF_INET) {
		if (icmp->quote_swap_id) {
			header[4] = (uint8_t)q->id;
			header[5] = (uint8_t)(q->id >> 8);
		}
		nd_store16(header + 10, 0);
		nd_store16(header + 10, nd_sum_fold(nd_sum(0, header, n)));
	}
}

static void
quote_transport(struct nd_wbuf *w, const struct ns_icmp_opts *icmp,
    const struct ns_packet *q, size_t n)
{
	size_t at = ns_packet_is_icmp(q) ? 2 : q->proto == IPPROTO_UDP ? 6 : 16;
	uint8_t *l4 = w->p;

	nd_put_bytes(w, q->data + q->l4, n);
	if (icmp->quote_zero_checksum && !w->bad && n >= at + 2)
		nd_store16(l4 + at, 0);
}

/* How many bytes after the IP header are quoted, WITH extensions or not. */
static size_t
quote_len(const struct ns_icmp_opts *icmp, const struct ns_packet *q, bool with)
{
	size_t head = q->l4 + (icmp->quote_options ? ROUTE_RECORD : 0);
	size_t n = icmp->quote < q->l4_len ? icmp->quote : q->l4_len;
	size_t max = NS_MAX_PACKET;

	if (q->af == AF_INET6)
		max = IP6_ERROR_MAX - ND_IP6_HEADER - 8 - head;
	else if (icmp->quote != NS_QUOTE_ALL)
		max = IP4_ERROR_MAX - ND_IP4_HEADER - 8 - head;
	if (with)
		max = head < NS_EXT_QUOTE ? NS_EXT_QUOTE - head : 0;
	return n < max ? n : max;
}

void
ns_error_put(struct ns_reply *reply, struct ns_draft *d,
    const struct ns_icmp_opts *icmp, const struct ns_packet *q, uint8_t type,
    uint8_t code, uint32_t mtu)
{
	const struct ns_topo *topo = &reply->sim->topo;
	const struct ns_origin *o = &reply->origin;
	bool with = ns_ext_any(icmp) && may_extend(q->af, type);
	struct nd_wbuf w = nd_wbuf_init(d->l4, d->room);
	uint32_t prev = o->n_path > 1 ? o->path[o->n_path - 2] : NS_NONE;
	size_t quoted;

	nd_put8(&w, type);
	nd_put8(&w, code);
	nd_put16(&w, 0);
	nd_put32(&w, mtu);
	quote_header(&w, icmp, q);
	quote_transport(&w, icmp, q, quote_len(icmp, q, with));
	quoted = nd_wbuf_len(&w) - 8;
	if (with && !w.bad) {
		if (quoted < NS_EXT_QUOTE)
			nd_put_zero(&w, NS_EXT_QUOTE - quoted);
		if (!icmp->legacy && q->af == AF_INET)
			d->l4[5] = NS_EXT_QUOTE / 4;
		else if (!icmp->legacy)
			d->l4[4] = NS_EXT_QUOTE / 8;
		ns_ext_put(&w, icmp, &d->from,
		    ns_topo_iface(topo, o->path[o->n_path - 1], prev));
	}
	d->len = nd_wbuf_len(&w);
	d->ext = with ? icmp : NULL;
}

/* The packet as the client sent it where every NAT on the way back helps. */
static void
undo_nat(struct ns_reply *reply, struct ns_packet *q)
{
	const struct ns_origin *o = &reply->origin;

	*q = *reply->pkt;
	q->data = reply->sim->quote;
	memcpy(q->data, reply->pkt->data, reply->pkt->len);
	for (unsigned i = o->n_nats; i-- > 0;) {
		if (!o->nat[i].fix)
			continue;
		if (o->nat[i].dst)
			ns_packet_set_dst(q, &o->nat[i].was);
		else
			ns_packet_set_src(q, &o->nat[i].was);
	}
}

/* No error about an error, nor about a later fragment: RFC 1122, 3.2.2. */
static bool
deserves_error(const struct ns_packet *p)
{
	if (p->fragment)
		return false;
	if (!ns_packet_is_icmp(p))
		return true;
	return ns_packet_is_echo(p) ||
	       (p->whole && p->af == AF_INET && p->icmp_type >= 13);
}

enum ns_why
ns_answer_error(struct ns_reply *reply, const struct ns_icmp_opts *icmp,
    bool by_router, uint8_t type, uint8_t code, uint32_t mtu)
{
	const struct ns_packet *p = reply->pkt;
	const struct ns_origin *o = &reply->origin;
	struct ns_draft d = ns_draft_init(
	    reply, error_kind(p->af, type, code), icmp_proto(p->af));
	struct ns_packet q;
	uint32_t prev = o->n_path > 1 ? o->path[o->n_path - 2] : NS_NONE;

	if (!deserves_error(p))
		return NS_WHY_UNHANDLED;
	if (by_router) {
		d.by_router = true;
		d.from = ns_topo_addr(
		    &reply->sim->topo, o->path[o->n_path - 1], prev, p->af);
		if (reply->router->silent || d.from.af == 0)
			return NS_WHY_SILENT;
		d.ttl = (uint8_t)icmp->ttl;
	}
	if (!may_send(reply, &icmp->errors, LIMIT_ERRORS, by_router))
		return NS_WHY_RATE;
	undo_nat(reply, &q);
	d.tos = ERROR_TOS;
	ns_error_put(reply, &d, icmp, &q, type, code, mtu);
	reply->at += ns_between(&icmp->delay,
	    ns_draw(o->fate, NS_ASK_ICMP_DELAY, o->path[o->n_path - 1], 0));
	if (by_router)
		ns_send(reply, &d, 0);
	else
		ns_send_host(reply, &d);
	return NS_WHY_NONE;
}
