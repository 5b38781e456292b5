/* SPDX-License-Identifier: MIT */
/*
 * A simulated internet from a few lines of text, over a clock that only the
 * test moves: packets in, answers out, each decoded by lib/wire.
 */
#ifndef TEST_NETSIM_RIG_H
#define TEST_NETSIM_RIG_H

#include "netsim/answer.h"
#include "netsim/sim.h"
#include "wire/checksum.h"
#include "wire/icmp.h"
#include "wire/ip.h"
#include "wire/quote.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS INT64_C(1000000)
#define RIG_START (1000 * MS)
#define RIG_CLIENT4 "10.255.0.2"
#define RIG_CLIENT6 "fd00:255::2"

struct rig {
	struct ns_sim *sim;
	struct ns_truth *truth;
	char log[65536];
	size_t log_len;
	int64_t now;
	uint8_t packet[2048]; /* the last one sent */
	size_t len;
};

/* An answer, its bytes kept, and decoded; PAYLOAD lies in BYTES. */
struct rig_answer {
	int64_t at; /* when it came, after the packet that it is for */
	enum ns_kind kind;
	enum ns_hostile_kind hostile;
	bool forged;
	uint32_t copy;
	uint8_t bytes[2048];
	size_t len;
	struct nd_ip ip;
	struct nd_icmp icmp; /* ICMP only */
};

static inline int
rig_write(void *arg, const char *data, size_t len)
{
	struct rig *rig = arg;

	cr_assert_lt(rig->log_len + len, sizeof(rig->log));
	memcpy(rig->log + rig->log_len, data, len);
	rig->log_len += len;
	rig->log[rig->log_len] = '\0';
	return 0;
}

/* The result of reading TEXT, with FAULT set where it is wrong. */
static inline int
rig_read(struct ns_topo *topo, const char *text, struct ns_fault *fault)
{
	char *copy = strdup(text);
	FILE *in = fmemopen(copy, strlen(copy), "r");
	int r;

	cr_assert_not_null(in);
	r = ns_topo_read(topo, in, fault);
	(void)fclose(in);
	free(copy);
	return r;
}

static inline struct rig *
rig_new(const char *text)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	struct ns_topo topo;
	struct ns_fault fault;

	cr_assert_not_null(rig);
	rig->sim = calloc(1, sizeof(*rig->sim));
	rig->truth = calloc(1, sizeof(*rig->truth));
	cr_assert(rig->sim != NULL && rig->truth != NULL);
	rig->truth->write = rig_write;
	rig->truth->arg = rig;
	rig->now = RIG_START;
	cr_assert_eq(rig_read(&topo, text, &fault), 0, "line %u: %s",
	    fault.line, fault.message);
	ns_sim_init(rig->sim, &topo, rig->truth);
	return rig;
}

/* For many packets: no log from now on. */
static inline void
rig_mute(struct rig *rig)
{
	rig->sim->truth = NULL;
}

static inline void
rig_free(struct rig *rig)
{
	ns_sim_free(rig->sim);
	free(rig->sim);
	free(rig->truth);
	free(rig);
}

static inline struct ns_addr
rig_addr(const char *text)
{
	struct ns_addr addr;

	cr_assert_eq(ns_addr_parse(&addr, text), 0);
	return addr;
}

/* What a packet is made of; zero members have usual values. */
struct rig_probe {
	const char *dst;
	uint8_t proto; /* 0: ICMP echo */
	uint8_t ttl;   /* 0: 64 */
	uint8_t tos;
	bool df;
	uint16_t id;
	uint32_t label;
	uint16_t ident, seq;   /* echo */
	uint16_t sport, dport; /* UDP, TCP; 0: 40000, 80 */
	uint8_t flags;	       /* TCP; 0: SYN */
	uint32_t tcp_seq, tcp_ack;
	uint32_t tsval; /* TCP: 0: no options, else MSS, SACK, TS, WS */
	size_t payload; /* bytes: 00 01 02... */
};

static inline void
rig_put_tcp(struct nd_wbuf *w, const struct rig_probe *p)
{
	nd_put16(w, p->sport != 0 ? p->sport : 40000);
	nd_put16(w, p->dport != 0 ? p->dport : 80);
	nd_put32(w, p->tcp_seq);
	nd_put32(w, p->tcp_ack);
	nd_put8(w, p->tsval != 0 ? 0xa0 : 0x50);
	nd_put8(w, p->flags != 0 ? p->flags : NS_TCP_SYN);
	nd_put16(w, 64240);
	nd_put32(w, 0);
	if (p->tsval == 0)
		return;
	nd_put32(w, 0x020405b4);
	nd_put16(w, 0x0402);
	nd_put16(w, 0x080a);
	nd_put32(w, p->tsval);
	nd_put32(w, 0);
	nd_put32(w, 0x01030307);
}

/* The transport header of P, without its checksum. */
static inline void
rig_put_header(struct nd_wbuf *w, const struct rig_probe *p, bool v4)
{
	if (p->proto == IPPROTO_TCP) {
		rig_put_tcp(w, p);
	} else if (p->proto == IPPROTO_UDP) {
		nd_put16(w, p->sport != 0 ? p->sport : 40000);
		nd_put16(w, p->dport != 0 ? p->dport : 80);
		nd_put16(w, (uint16_t)(8 + p->payload));
		nd_put16(w, 0);
	} else {
		nd_put8(w, v4 ? 8 : 128);
		nd_put8(w, 0);
		nd_put16(w, 0);
		nd_put16(w, p->ident);
		nd_put16(w, p->seq);
	}
}

/* Makes the packet; it is left in rig->packet too. */
static inline void
rig_make(struct rig *rig, const struct rig_probe *p)
{
	struct ns_addr dst = rig_addr(p->dst);
	bool v4 = dst.af == AF_INET;
	struct ns_addr src = rig_addr(v4 ? RIG_CLIENT4 : RIG_CLIENT6);
	uint8_t l4[1500];
	struct nd_wbuf w = nd_wbuf_init(l4, sizeof(l4));
	struct nd_ip ip = {.af = dst.af,
	    .ttl = p->ttl != 0 ? p->ttl : 64,
	    .tos = p->tos,
	    .df = p->df,
	    .id = p->id,
	    .flow_label = p->label};
	size_t n, at;
	uint32_t acc = 0;

	ip.proto = p->proto != 0 ? p->proto
		   : v4		 ? IPPROTO_ICMP
				 : IPPROTO_ICMPV6;
	rig_put_header(&w, p, v4);
	for (size_t i = 0; i < p->payload; i++)
		nd_put8(&w, (uint8_t)i);
	n = nd_wbuf_len(&w);
	cr_assert_gt(n, 0);
	if (!v4)
		acc = nd_sum_pseudo6(src.b, dst.b, ip.proto, (uint32_t)n);
	else if (ip.proto != IPPROTO_ICMP)
		acc = nd_sum_pseudo4(src.b, dst.b, ip.proto, (uint16_t)n);
	at = ip.proto == IPPROTO_TCP ? 16 : ip.proto == IPPROTO_UDP ? 6 : 2;
	nd_patch16(&w, at, nd_sum_fold(nd_sum(acc, l4, n)));
	ip.payload_len = n;
	memcpy(ip.src, src.b, 16);
	memcpy(ip.dst, dst.b, 16);
	w = nd_wbuf_init(rig->packet, sizeof(rig->packet));
	(void)(v4 ? nd_ip4_put(&w, &ip) : nd_ip6_put(&w, &ip));
	nd_put_bytes(&w, l4, n);
	rig->len = nd_wbuf_len(&w);
}

/* Sends what rig_make() made, now. */
static inline void
rig_send_made(struct rig *rig)
{
	uint8_t copy[2048];

	memcpy(copy, rig->packet, rig->len);
	ns_sim_receive(rig->sim, copy, rig->len, rig->now);
}

static inline void
rig_send(struct rig *rig, const struct rig_probe *p)
{
	rig_make(rig, p);
	rig_send_made(rig);
}

/* Whether its transport checksum is right. */
static inline bool
rig_sum_ok(const struct rig_answer *a)
{
	const struct nd_ip *ip = &a->ip;
	uint32_t acc = 0;

	if (ip->af == AF_INET6)
		acc = nd_sum_pseudo6(
		    ip->src, ip->dst, ip->proto, (uint32_t)ip->payload_len);
	else if (ip->proto != IPPROTO_ICMP)
		acc = nd_sum_pseudo4(
		    ip->src, ip->dst, ip->proto, (uint16_t)ip->payload_len);
	return nd_sum_ok(acc, ip->payload, ip->payload_len);
}

static inline void
rig_decode(struct rig_answer *ret)
{
	enum nd_wire status =
	    ret->bytes[0] >> 4 == 4
		? nd_ip4_decode(&ret->ip, ret->bytes, ret->len)
		: nd_ip6_decode(&ret->ip, ret->bytes, ret->len);

	cr_assert_eq(status, ND_WIRE_OK);
	cr_assert_eq(ret->ip.total_len, ret->len);
	memset(&ret->icmp, 0, sizeof(ret->icmp));
	if (ret->ip.proto == IPPROTO_ICMP)
		(void)nd_icmp_decode(
		    &ret->icmp, AF_INET, ret->ip.payload, ret->ip.payload_len);
	else if (ret->ip.proto == IPPROTO_ICMPV6)
		(void)nd_icmp6_decode_verify(&ret->icmp, ret->ip.src,
		    ret->ip.dst, ret->ip.payload, ret->ip.payload_len);
}

/*
 * Moves the clock to the next answer, if that is at most LIMIT away: false
 * where none is.
 */
static inline bool
rig_next(struct rig *rig, struct rig_answer *ret, int64_t limit)
{
	int64_t end = rig->now + limit, at;
	struct ns_answer *a;

	while ((at = ns_sim_next(rig->sim)) <= end) {
		if (at > rig->now)
			rig->now = at;
		a = ns_sim_due(rig->sim, rig->now);
		if (a == NULL)
			continue;
		ret->at = a->due - a->record->t_in;
		ret->kind = a->kind;
		ret->hostile = a->hostile;
		ret->forged = a->forged;
		ret->copy = a->copy;
		ret->len = a->len;
		cr_assert_leq(a->len, sizeof(ret->bytes));
		memcpy(ret->bytes, a->bytes, a->len);
		ns_sim_written(rig->sim, a, rig->now);
		rig_decode(ret);
		return true;
	}
	rig->now = end;
	return false;
}

/* The answer to P, of KIND, within 10 s. */
static inline void
rig_ask(struct rig *rig, const struct rig_probe *p, enum ns_kind kind,
    struct rig_answer *ret)
{
	rig_send(rig, p);
	cr_assert(rig_next(rig, ret, 10000 * MS), "no answer");
	cr_assert_eq(ret->kind, kind);
}

/* P gets no answer within 100 ms; the log says WHY. */
static inline void
rig_ask_silence(struct rig *rig, const struct rig_probe *p, const char *why)
{
	struct rig_answer a;
	char want[64];
	size_t at;

	ns_truth_flush(rig->truth);
	at = rig->log_len;
	rig_send(rig, p);
	cr_assert_not(rig_next(rig, &a, 100 * MS));
	ns_truth_flush(rig->truth);
	(void)snprintf(want, sizeof(want), "\"why\":\"%s\"", why);
	cr_assert_not_null(strstr(rig->log + at, want), "%s", rig->log + at);
}

static inline bool
rig_from(const struct rig_answer *a, const char *text)
{
	struct ns_addr addr = rig_addr(text);

	return addr.af == a->ip.af && memcmp(a->ip.src, addr.b, 16) == 0;
}

/* What the error A quotes. */
static inline struct nd_quote
rig_quote(const struct rig_answer *a)
{
	struct nd_quote quote;

	cr_assert(nd_icmp_is_error(a->icmp.kind));
	cr_assert_eq(nd_quote_decode(&quote, a->icmp.body, a->icmp.quote_len),
	    ND_WIRE_OK);
	return quote;
}

#endif
