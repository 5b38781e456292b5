/* SPDX-License-Identifier: MIT */
/* What hostile hosts and middleboxes make of answers, and send besides. */
#include "answer.h"
#include "hash.h"
#include "wire/cursor.h"

#include <netinet/in.h>
#include <string.h>

#define STORM_GAP INT64_C(50000) /* ns */
#define STALE_BY (1u << 20)
#define HEADER 8u /* of ICMP and UDP */

static bool
is_kind(const struct ns_host *host, enum ns_hostile_kind kind, uint32_t *n)
{
	for (unsigned i = 0; i < host->n_hostile; i++) {
		if (host->hostile[i].kind == kind) {
			*n = host->hostile[i].n;
			return true;
		}
	}
	return false;
}

static uint16_t
load16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t
load32(const uint8_t *p)
{
	return (uint32_t)load16(p) << 16 | load16(p + 2);
}

static void
store32(uint8_t *p, uint32_t v)
{
	nd_store16(p, (uint16_t)(v >> 16));
	nd_store16(p + 2, (uint16_t)v);
}

static bool
has_payload(const struct ns_draft *d)
{
	return d->kind == NS_ECHO_REPLY || d->kind == NS_UDP_REPLY;
}

static void
cut(struct ns_draft *d, size_t n)
{
	if (d->len > HEADER + n)
		d->len = HEADER + n;
	if (d->kind == NS_UDP_REPLY)
		nd_store16(d->l4 + 4, (uint16_t)d->len);
}

/* False where this kind has nothing to do with such an answer. */
static bool
change_echo(struct ns_draft *d, enum ns_hostile_kind kind, uint32_t n)
{
	uint8_t *l4 = d->l4;

	switch (kind) {
	case NS_HOSTILE_PAYLOAD:
		for (size_t i = HEADER; i < d->len; i++)
			l4[i] = (uint8_t)~l4[i];
		return true;
	case NS_HOSTILE_ZEROED:
		memset(l4 + HEADER, 0, d->len - HEADER);
		return true;
	case NS_HOSTILE_CUT:
		cut(d, n);
		return true;
	case NS_HOSTILE_SEQ:
		if (d->kind == NS_ECHO_REPLY)
			nd_store16(l4 + 6, (uint16_t)(load16(l4 + 6) + n));
		return d->kind == NS_ECHO_REPLY;
	case NS_HOSTILE_IDENT:
		if (d->kind == NS_ECHO_REPLY)
			nd_store16(l4 + 4, (uint16_t)(load16(l4 + 4) + n));
		return d->kind == NS_ECHO_REPLY;
	default:
		return false;
	}
}

static bool
change(struct ns_draft *d, enum ns_hostile_kind kind, uint32_t n)
{
	switch (kind) {
	case NS_HOSTILE_SOURCE:
		d->from.b[ns_addr_size(d->from.af) - 1] ^= 1;
		return true;
	case NS_HOSTILE_CHECKSUM:
		d->bad_sum = true;
		return true;
	case NS_HOSTILE_OPTIONS:
		d->options = true;
		return true;
	case NS_HOSTILE_SHORT:
		if (d->proto == IPPROTO_TCP || d->proto == IPPROTO_UDP)
			return false;
		d->len = 4;
		return true;
	case NS_HOSTILE_ACK:
		if (d->proto != IPPROTO_TCP)
			return false;
		store32(d->l4 + 8, load32(d->l4 + 8) + n);
		return true;
	default:
		return has_payload(d) && d->len >= HEADER &&
		       change_echo(d, kind, n);
	}
}

/* ---- What is sent besides ---------------------------------------------- */

/* A forged segment to PKT's sender, sooner by half of the way out. */
static void
send_forged_segment(struct ns_reply *reply, enum ns_hostile_kind hostile,
    enum ns_kind kind, uint8_t flags, uint32_t ack)
{
	const struct ns_packet *p = reply->pkt;
	struct ns_draft d = ns_draft_init(reply, kind, IPPROTO_TCP);
	struct ns_segment seg = {
	    .sport = p->dport,
	    .dport = p->sport,
	    .flags = flags,
	    .ack = ack,
	    .window = kind == NS_SYN_ACK ? 65160 : 0,
	};

	d.l4 = reply->sim->quote;
	d.hostile = hostile;
	d.forged = true;
	if (kind == NS_RST)
		d.ttl = 255;
	ns_segment_put(&d, &seg);
	ns_send(reply, &d, -(reply->at - reply->record->t_in) / 2);
}

static void
send_before(struct ns_reply *reply)
{
	const struct ns_packet *p = reply->pkt;
	uint32_t n;

	if (p == NULL || p->proto != IPPROTO_TCP ||
	    (p->tcp_flags & NS_TCP_SYN) == 0)
		return;
	if (is_kind(reply->host, NS_HOSTILE_STALE, &n))
		send_forged_segment(reply, NS_HOSTILE_STALE, NS_SYN_ACK,
		    NS_TCP_SYN | NS_TCP_ACK, p->tcp_seq - STALE_BY + 1);
	if (is_kind(reply->host, NS_HOSTILE_RST, &n))
		send_forged_segment(reply, NS_HOSTILE_RST, NS_RST,
		    NS_TCP_RST | NS_TCP_ACK, p->tcp_seq + 1);
}

/* Random where a guesser must guess. */
static void
forge(struct ns_draft *d, uint64_t draw)
{
	if (d->proto == IPPROTO_TCP && d->len >= 12) {
		store32(d->l4 + 8, (uint32_t)draw);
		return;
	}
	if (d->kind == NS_ECHO_REPLY && d->len >= HEADER)
		store32(d->l4 + 4, (uint32_t)draw);
	for (size_t i = HEADER; i < d->len && i < HEADER + 8; i++)
		d->l4[i] = (uint8_t)(ns_mix(draw) >> 8 * (i - HEADER));
}

static void
send_flood(struct ns_reply *reply, struct ns_draft *d, uint32_t n)
{
	uint64_t fate = reply->origin.fate;

	d->forged = true;
	d->hostile = NS_HOSTILE_FLOOD;
	for (uint32_t i = 0; i < n; i++) {
		forge(d, ns_draw(fate, NS_ASK_FORGED, i, 0));
		ns_send(reply, d, 0);
	}
}

/* The packet that came, as if it were another one. */
static void
forge_quoted(struct ns_packet *q, uint64_t draw)
{
	uint8_t *l4 = q->data + q->l4;

	if (!q->whole)
		return;
	if (ns_packet_is_icmp(q)) {
		store32(l4 + 4, (uint32_t)draw);
		return;
	}
	nd_store16(l4, (uint16_t)(draw >> 32));
	if (q->proto == IPPROTO_TCP)
		store32(l4 + 4, (uint32_t)draw);
}

static void
send_errors(struct ns_reply *reply, uint32_t n)
{
	const struct ns_packet *p = reply->pkt;
	bool v4 = p->af == AF_INET;
	struct ns_draft d = ns_draft_init(
	    reply, NS_UNREACHABLE, v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	struct ns_packet q = *p;

	d.forged = true;
	d.hostile = NS_HOSTILE_ERRORS;
	q.data = reply->sim->quote;
	memcpy(q.data, p->data, p->len);
	for (uint32_t i = 0; i < n; i++) {
		forge_quoted(
		    &q, ns_draw(reply->origin.fate, NS_ASK_FORGED, i, 1));
		ns_error_put(reply, &d, &reply->host->icmp, &q, v4 ? 3 : 1,
		    v4 ? 1 : 3, 0);
		ns_send(reply, &d, 0);
	}
}

void
ns_send_host(struct ns_reply *reply, struct ns_draft *d)
{
	const struct ns_host *host = reply->host;
	uint32_t n, copies = 0;

	if (host == NULL || host->n_hostile == 0 ||
	    !ns_chance(host->hostile_share,
		ns_draw(reply->origin.fate, NS_ASK_HOSTILE, d->kind, 0))) {
		ns_send(reply, d, 0);
		return;
	}
	send_before(reply);
	for (unsigned i = 0; i < host->n_hostile; i++)
		if (change(d, host->hostile[i].kind, host->hostile[i].n))
			d->hostile = host->hostile[i].kind;
	ns_send(reply, d, 0);
	if (is_kind(host, NS_HOSTILE_STORM, &copies)) {
		d->hostile = NS_HOSTILE_STORM;
		for (d->copy = 1; d->copy <= copies; d->copy++)
			ns_send(reply, d, STORM_GAP * d->copy);
		d->copy = 0;
	}
	if (is_kind(host, NS_HOSTILE_FLOOD, &n))
		send_flood(reply, d, n);
	if (is_kind(host, NS_HOSTILE_ERRORS, &n) && reply->pkt != NULL)
		send_errors(reply, n);
}
