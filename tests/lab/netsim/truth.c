/* SPDX-License-Identifier: MIT */
/* The truth log of packets: what came, and what became of it. */
#include "truth.h"

#include "answer.h"
#include "ext.h"
#include "json.h"
#include "wire/cursor.h"

#include <netinet/in.h>
#include <string.h>

void
ns_truth_begin(struct ns_truth *t, int64_t mono, int64_t real, uint64_t seed,
    const char *file, const char *device)
{
	ns_json(t, "{\"type\":\"begin\",\"mono_ns\":");
	ns_json_i64(t, mono);
	ns_json(t, ",\"real_ns\":");
	ns_json_i64(t, real);
	ns_json_number(t, ",\"seed\":", seed);
	ns_json(t, ",\"file\":");
	ns_json_string(t, file);
	ns_json(t, ",\"device\":");
	ns_json_string(t, device);
	ns_json(t, "}\n");
	ns_truth_flush(t);
}

#define ERROR_HEADER 8u

static const char *const kind_names[NS_KINDS] = {
    [NS_ECHO_REPLY] = "echo_reply",
    [NS_UDP_REPLY] = "udp_reply",
    [NS_SYN_ACK] = "syn_ack",
    [NS_SYN_ACK_AGAIN] = "syn_ack_again",
    [NS_CHALLENGE_ACK] = "challenge_ack",
    [NS_RST] = "rst",
    [NS_FIN_ACK] = "fin_ack",
    [NS_TTL_EXCEEDED] = "ttl_exceeded",
    [NS_UNREACHABLE] = "unreachable",
    [NS_TOO_BIG] = "too_big",
    [NS_PARAMETER] = "parameter",
    [NS_REDIRECT] = "redirect",
    [NS_OTHER_ERROR] = "other_error",
};

/* Why it was never written. */
static const char *
lost_name(const struct ns_answer *a)
{
	switch (a->lost) {
	case NS_LOST_LOSS:
		return "\"loss\"";
	case NS_LOST_DOWN:
		return "\"down\"";
	case NS_LOST_TTL:
		return "\"ttl\"";
	case NS_LOST_MTU:
		return "\"mtu\"";
	case NS_LOST_NOT:
	default:
		return a->out < 0 ? "\"end\"" : "null";
	}
}

/* What the error D says of the packet that it quotes, and its extensions. */
static void
describe_error(struct ns_error_said *said, const struct ns_draft *d)
{
	const uint8_t *q = d->l4 + ERROR_HEADER;
	bool v4 = d->proto == IPPROTO_ICMP;
	unsigned n = 0;

	*said = (struct ns_error_said){
	    .quotes = d->len >= ERROR_HEADER + (v4 ? 20u : 40u)};
	if (!said->quotes)
		return;
	said->ttl = q[v4 ? 8 : 7];
	said->tos = (uint8_t)(v4 ? q[1] : (q[0] << 4 | q[1] >> 4) & 0xff);
	if (d->ext == NULL || d->len <= ERROR_HEADER + NS_EXT_QUOTE)
		return;
	said->interface = d->ext->interface;
	for (; n < d->ext->n_labels; n++)
		said->label[n] = d->ext->label[n];
	said->n_labels = (uint8_t)n;
}

void
ns_describe(struct ns_answer *a, const struct ns_draft *d)
{
	struct nd_rbuf b = nd_rbuf_init(d->l4, d->len);

	a->tos = d->tos;
	a->icmp = d->proto == IPPROTO_ICMP || d->proto == IPPROTO_ICMPV6;
	a->tcp = d->proto == IPPROTO_TCP;
	if (a->icmp) {
		a->icmp_type = nd_get8(&b);
		a->icmp_code = nd_get8(&b);
		nd_skip(&b, d->proto == IPPROTO_ICMP ? 4 : 2);
		a->mtu = d->proto == IPPROTO_ICMP ? nd_get16(&b) : nd_get32(&b);
		if (a->kind != NS_ECHO_REPLY)
			describe_error(&a->error, d);
	} else if (a->tcp) {
		nd_skip(&b, 8);
		a->tcp_ack = nd_get32(&b);
		nd_skip(&b, 1);
		a->tcp_flags = nd_get8(&b);
		a->segment = d->said;
	}
}

/* VALUE, or null where there is none. */
static void
put_or_null(struct ns_truth *t, const char *key, bool has, uint64_t value)
{
	ns_json(t, key);
	if (has)
		ns_json_u64(t, value);
	else
		ns_json(t, "null");
}

static void
put_error(struct ns_truth *t, const struct ns_error_said *said)
{
	put_or_null(t, ",\"quoted_ttl\":", said->quotes, said->ttl);
	put_or_null(t, ",\"quoted_tos\":", said->quotes, said->tos);
	ns_json_bool(t, ",\"interface\":", said->interface);
	ns_json(t, ",\"mpls\":[");
	for (unsigned i = 0; i < said->n_labels; i++) {
		const struct ns_label *l = &said->label[i];

		ns_json_number(
		    t, i == 0 ? "{\"label\":" : ",{\"label\":", l->label);
		ns_json_number(t, ",\"tc\":", l->tc);
		ns_json_number(t, ",\"ttl\":", l->ttl);
		ns_json(t, "}");
	}
	ns_json(t, "]");
}

static void
put_segment(struct ns_truth *t, const struct ns_segment_said *said)
{
	put_or_null(t, ",\"tsecr\":", said->ts, said->tsecr);
	ns_json_number(t, ",\"tcp_seq\":", said->seq);
	ns_json_number(t, ",\"window\":", said->window);
	put_or_null(t, ",\"mss\":", said->mss > 0, said->mss);
	put_or_null(t, ",\"wscale\":", said->wscale >= 0,
	    said->wscale >= 0 ? (uint64_t)said->wscale : 0);
	ns_json_bool(t, ",\"sack\":", said->sack);
}

static void
put_answer_kind(struct ns_truth *t, const struct ns_answer *a)
{
	if (a->icmp) {
		ns_json_number(t, ",\"icmp_type\":", a->icmp_type);
		ns_json_number(t, ",\"icmp_code\":", a->icmp_code);
		if (a->kind == NS_TOO_BIG)
			ns_json_number(t, ",\"mtu\":", a->mtu);
		if (a->kind != NS_ECHO_REPLY)
			put_error(t, &a->error);
	}
	if (a->tcp) {
		ns_json_number(t, ",\"tcp_flags\":", a->tcp_flags);
		ns_json_number(t, ",\"tcp_ack\":", a->tcp_ack);
		put_segment(t, &a->segment);
	}
}

static void
put_answer(
    struct ns_truth *t, const struct ns_topo *topo, const struct ns_answer *a)
{
	ns_json(t, "{\"kind\":\"");
	ns_json(t, kind_names[a->kind]);
	ns_json(t, "\",\"by\":");
	if (a->by != NS_NONE)
		ns_json_router(t, topo, a->by);
	else
		ns_json_addr(t, &a->by_addr);
	ns_json(t, ",\"from\":");
	ns_json_addr(t, &a->from);
	ns_json_number(t, ",\"ttl\":", a->ttl);
	ns_json_number(t, ",\"tos\":", a->tos);
	ns_json_number(t, ",\"len\":", a->len);
	ns_json(t, ",\"due\":");
	ns_json_i64(t, a->due);
	ns_json(t, ",\"t_out\":");
	if (a->out >= 0)
		ns_json_i64(t, a->out);
	else
		ns_json(t, "null");
	ns_json(t, ",\"lost\":");
	ns_json(t, lost_name(a));
	ns_json(t, ",\"lost_by\":");
	if (a->lost != NS_LOST_NOT && a->lost_by != NS_NONE)
		ns_json_router(t, topo, a->lost_by);
	else
		ns_json(t, "null");
	ns_json_number(t, ",\"copy\":", a->copy);
	ns_json_bool(t, ",\"forged\":", a->forged);
	ns_json(t, ",\"hostile\":");
	ns_json(t, a->hostile != NS_HOSTILE_NONE ? "\"" : "null");
	if (a->hostile != NS_HOSTILE_NONE) {
		ns_json(t, ns_hostile_names[a->hostile]);
		ns_json(t, "\"");
	}
	ns_json_bool(t, ",\"corrupt\":", a->corrupt);
	put_answer_kind(t, a);
	ns_json(t, "}");
}

static void
put_answers(
    struct ns_truth *t, const struct ns_topo *topo, const struct ns_record *r)
{
	ns_json(t, ",\"answers\":[");
	for (const struct ns_answer *a = r->first; a != NULL; a = a->next) {
		if (a != r->first)
			ns_json(t, ",");
		put_answer(t, topo, a);
	}
	ns_json(t, "]}\n");
}

static void
put_proto(struct ns_truth *t, const struct ns_packet *p)
{
	ns_json(t, ",\"proto\":\"");
	switch (p->proto) {
	case IPPROTO_ICMP:
		ns_json(t, "icmp");
		break;
	case IPPROTO_ICMPV6:
		ns_json(t, "icmp6");
		break;
	case IPPROTO_UDP:
		ns_json(t, "udp");
		break;
	case IPPROTO_TCP:
		ns_json(t, "tcp");
		break;
	default:
		ns_json_u64(t, p->proto);
	}
	ns_json(t, "\"");
}

static void
put_transport(struct ns_truth *t, const struct ns_record *r)
{
	const struct ns_packet *p = &r->pkt;

	if (!p->whole)
		return;
	if (ns_packet_is_icmp(p)) {
		ns_json_number(t, ",\"icmp_type\":", p->icmp_type);
		ns_json_number(t, ",\"icmp_code\":", p->icmp_code);
		ns_json_number(t, ",\"ident\":", p->ident);
		ns_json_number(t, ",\"seq\":", p->seq);
		return;
	}
	ns_json_number(t, ",\"sport\":", p->sport);
	ns_json_number(t, ",\"dport\":", p->dport);
	if (p->proto != IPPROTO_TCP)
		return;
	ns_json_number(t, ",\"tcp_seq\":", p->tcp_seq);
	ns_json_number(t, ",\"tcp_ack\":", p->tcp_ack);
	ns_json_number(t, ",\"tcp_flags\":", p->tcp_flags);
	put_or_null(t, ",\"tsval\":", r->has_tsval, r->tsval);
}

static void
put_way(
    struct ns_truth *t, const struct ns_topo *topo, const struct ns_record *r)
{
	ns_json(t, ",\"path\":[");
	for (unsigned i = 0; i < r->n_path; i++) {
		if (i > 0)
			ns_json(t, ",");
		ns_json_router(t, topo, r->path[i]);
	}
	ns_json_number(t, "],\"hops\":", r->n_path);
	ns_json(t, ",\"end\":");
	/* A host that its router answers for is not reached. */
	if (r->host != NS_NONE && (r->first == NULL || r->first->by == NS_NONE))
		ns_json_addr(t, &r->pkt.dst);
	else
		ns_json_router(t, topo, r->path[r->n_path - 1]);
	ns_json(t, ",\"host\":");
	if (r->host != NS_NONE)
		ns_json_prefix(t, &topo->host[r->host].prefix);
	else
		ns_json(t, "null");
	ns_json(t, ",\"why\":");
	ns_json(t, r->why != NS_WHY_NONE ? "\"" : "null");
	if (r->why != NS_WHY_NONE) {
		ns_json(t, ns_why_names[r->why]);
		ns_json(t, "\"");
	}
}

static void
put_repeat(
    struct ns_truth *t, const struct ns_topo *topo, const struct ns_record *r)
{
	ns_json_number(t, "{\"type\":\"repeat\",\"of\":", r->of);
	ns_json_number(t, ",\"n\":", r->n);
	ns_json(t, ",\"dst\":");
	ns_json_addr(t, &r->pkt.dst);
	ns_json_number(t, ",\"sport\":", r->pkt.sport);
	ns_json_number(t, ",\"dport\":", r->pkt.dport);
	put_answers(t, topo, r);
}

void
ns_truth_record(
    struct ns_truth *t, const struct ns_sim *sim, const struct ns_record *r)
{
	const struct ns_packet *p = &r->pkt;
	uint8_t flow[8];

	if (r->of != 0) {
		put_repeat(t, &sim->topo, r);
		return;
	}
	ns_json_number(t, "{\"type\":\"packet\",\"id\":", r->id);
	ns_json(t, ",\"t_in\":");
	ns_json_i64(t, r->t_in);
	ns_json(
	    t, p->af == AF_INET ? ",\"af\":4,\"src\":" : ",\"af\":6,\"src\":");
	ns_json_addr(t, &p->src);
	ns_json(t, ",\"dst\":");
	ns_json_addr(t, &p->dst);
	put_proto(t, p);
	ns_json_number(t, ",\"ttl\":", p->ttl);
	ns_json_number(t, ",\"tos\":", p->tos);
	ns_json_number(t, ",\"len\":", p->len);
	ns_json_number(t, ",\"ip_id\":", p->id);
	ns_json_number(t, ",\"label\":", p->label);
	ns_json_bool(t, ",\"df\":", p->df);
	ns_json(t, ",\"fragmented\":");
	if (r->fragmented != NS_NONE)
		ns_json_router(t, &sim->topo, r->fragmented);
	else
		ns_json(t, "null");
	put_transport(t, r);
	ns_json(t, ",\"l4\":\"");
	ns_json_hex(t, r->l4, r->n_l4);
	ns_json(t, "\",\"flow\":\"");
	for (unsigned i = 0; i < 8; i++)
		flow[i] = (uint8_t)(r->flow >> (56 - 8 * i));
	ns_json_hex(t, flow, sizeof(flow));
	ns_json_number(t, "\",\"n\":", r->n);
	put_way(t, &sim->topo, r);
	put_answers(t, &sim->topo, r);
}

void
ns_truth_event(struct ns_truth *t, int64_t at, unsigned line)
{
	ns_json(t, "{\"type\":\"event\",\"t\":");
	ns_json_i64(t, at);
	ns_json_number(t, ",\"line\":", line);
	ns_json(t, "}\n");
}
