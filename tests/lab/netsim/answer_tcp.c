/* SPDX-License-Identifier: MIT */
/* What hosts answer to TCP, with their half-open connections. */
#include "answer.h"

#include "hash.h"
#include "values.h"
#include "wire/cursor.h"

#include <netinet/in.h>
#include <stdlib.h>

#define MS INT64_C(1000000)

static void
put_options(struct nd_wbuf *w, const struct ns_segment *seg)
{
	const struct ns_synack *o = seg->options;

	if (o != NULL && o->mss > 0)
		nd_put32(w, 0x02040000 | (uint32_t)o->mss);
	/* Padded with NOP so that each word is whole. */
	if (seg->sack || seg->ts)
		nd_put16(w, seg->sack ? 0x0402 : 0x0101);
	if (seg->ts) {
		nd_put16(w, 0x080a);
		nd_put32(w, seg->tsval);
		nd_put32(w, seg->tsecr);
	} else if (seg->sack) {
		nd_put16(w, 0x0101);
	}
	if (seg->wscale && o != NULL)
		nd_put32(w, 0x01030300 | (uint32_t)o->wscale);
}

void
ns_segment_put(struct ns_draft *d, const struct ns_segment *seg)
{
	const struct ns_synack *o = seg->options;
	struct nd_wbuf w = nd_wbuf_init(d->l4, d->room);

	nd_put16(&w, seg->sport);
	nd_put16(&w, seg->dport);
	nd_put32(&w, seg->seq);
	nd_put32(&w, seg->ack);
	nd_put8(&w, 0);
	nd_put8(&w, seg->flags);
	nd_put16(&w, seg->window);
	nd_put32(&w, 0); /* checksum, urgent pointer */
	put_options(&w, seg);
	d->len = nd_wbuf_len(&w);
	d->l4[12] = (uint8_t)(d->len / 4 << 4);
	d->said = (struct ns_segment_said){
	    .ts = seg->ts,
	    .sack = seg->sack,
	    .wscale = seg->wscale && o != NULL ? o->wscale : -1,
	    .mss = o != NULL ? o->mss : 0,
	    .window = seg->window,
	    .seq = seg->seq,
	    .tsecr = seg->tsecr,
	};
}

/*
 * Milliseconds of the server's own clock, from an offset of each connection's
 * own, as Linux has it.
 */
static uint32_t
server_clock(const struct ns_reply *reply, const struct ns_half *half)
{
	uint64_t ports = (uint64_t)half->client_port << 16 | half->server_port;
	uint64_t skew = ns_hash_bytes(ports, reply->origin.addr.b, 16);

	return (uint32_t)(skew + (uint64_t)(reply->at / MS));
}

void
ns_send_rst(struct ns_reply *reply, bool hostile)
{
	const struct ns_packet *p = reply->pkt;
	bool ack = (p->tcp_flags & NS_TCP_ACK) != 0;
	size_t header = (size_t)(p->data[p->l4 + 12] >> 4) * 4;
	uint32_t len = (p->tcp_flags & (NS_TCP_SYN | NS_TCP_FIN)) != 0;
	struct ns_segment seg = {.sport = p->dport, .dport = p->sport};
	struct ns_draft d = ns_draft_init(reply, NS_RST, IPPROTO_TCP);

	if (header < p->l4_len)
		len += (uint32_t)(p->l4_len - header);
	seg.flags = NS_TCP_RST;
	if (ack) {
		seg.seq = p->tcp_ack;
	} else {
		seg.flags |= NS_TCP_ACK;
		seg.ack = p->tcp_seq + len;
	}
	ns_segment_put(&d, &seg);
	if (hostile && reply->host != NULL)
		ns_send_host(reply, &d);
	else
		ns_send(reply, &d, 0);
}

/* A SYN-ACK of HALF, of KIND, after its options were agreed. */
static void
send_syn_ack(
    struct ns_reply *reply, const struct ns_half *half, enum ns_kind kind)
{
	const struct ns_synack *o = &reply->host->synack;
	struct ns_segment seg = {
	    .sport = half->server_port,
	    .dport = half->client_port,
	    .seq = half->iss,
	    .ack = half->irs + 1,
	    .window = o->window,
	    .flags = NS_TCP_SYN | NS_TCP_ACK,
	    .options = o,
	    .ts = half->ts,
	    .sack = half->sack,
	    .wscale = half->wscale,
	    .tsval = server_clock(reply, half),
	    .tsecr = half->ts_recent,
	};
	struct ns_draft d = ns_draft_init(reply, kind, IPPROTO_TCP);

	if (half->ecn)
		seg.flags |= NS_TCP_ECE;
	ns_segment_put(&d, &seg);
	ns_send_host(reply, &d);
}

static void
send_ack(struct ns_reply *reply, const struct ns_half *half, enum ns_kind kind,
    uint8_t flags, uint32_t ack)
{
	struct ns_segment seg = {
	    .sport = half->server_port,
	    .dport = half->client_port,
	    .seq = half->iss + 1,
	    .ack = ack,
	    .window = reply->host->synack.window,
	    .flags = flags,
	    .ts = half->ts,
	    .tsval = server_clock(reply, half),
	    .tsecr = half->ts_recent,
	};
	struct ns_draft d = ns_draft_init(reply, kind, IPPROTO_TCP);

	ns_segment_put(&d, &seg);
	ns_send_host(reply, &d);
}

/* What server and client agree on, from the SYN. */
static void
agree(const struct ns_reply *reply, struct ns_half *half)
{
	const struct ns_synack *o = &reply->host->synack;
	const struct ns_packet *p = reply->pkt;
	uint8_t both = NS_TCP_ECE | NS_TCP_CWR;
	uint32_t tsecr;

	half->id = reply->record->id;
	half->host = reply->origin.host;
	half->irs = p->tcp_seq;
	half->iss = (uint32_t)ns_draw(
	    reply->origin.fate, NS_ASK_ISN, half->host, half->server_port);
	half->ts = ns_packet_timestamps(p, &half->ts_recent, &tsecr) && o->ts &&
		   reply->host->server != NS_NOTS;
	half->sack = o->sack && ns_packet_tcp_option(p, 4);
	half->wscale = o->wscale >= 0 && ns_packet_tcp_option(p, 3);
	/* Linux agrees to none that comes with a mark. */
	half->ecn = o->ecn && (p->tcp_flags & both) == both &&
		    ((p->tos & 3) == 0 || reply->host->server == NS_BSD);
}

static int
start_timer(struct ns_sim *sim, struct ns_half *half)
{
	return ns_sched_put(
	    &sim->sched, half->timer, NS_TODO_TIMER, half, half->generation);
}

/* A new connection, kept unless the server has no state. */
static void
open_half(struct ns_reply *reply, struct ns_half *half)
{
	struct ns_halves *halves = &reply->sim->halves;
	struct ns_half cookie = {
	    .client_port = reply->pkt->sport,
	    .server_port = reply->pkt->dport,
	};

	if (half != NULL)
		ns_half_drop(halves, half);
	if (reply->host->server == NS_SYNCOOKIE) {
		agree(reply, &cookie);
		cookie.iss =
		    (uint32_t)ns_hash2(cookie.irs, ns_flow_hash(reply->pkt));
		send_syn_ack(reply, &cookie, NS_SYN_ACK);
		return;
	}
	half = ns_half_new(halves, reply->pkt);
	if (half == NULL) {
		reply->sim->counts.no_memory++;
		return;
	}
	half->origin = malloc(sizeof(*half->origin));
	if (half->origin == NULL) {
		ns_half_drop(halves, half);
		reply->sim->counts.no_memory++;
		return;
	}
	*half->origin = reply->origin;
	agree(reply, half);
	half->timer = reply->at + 1000 * MS;
	if (start_timer(reply->sim, half) != 0)
		reply->sim->counts.no_memory++;
	send_syn_ack(reply, half, NS_SYN_ACK);
}

/* Carries out what the server does with the segment. */
static enum ns_why
act(struct ns_reply *reply, struct ns_half *half, enum ns_act what)
{
	struct ns_halves *halves = &reply->sim->halves;

	switch (what) {
	case NS_ACT_SYN_ACK:
		open_half(reply, half);
		return NS_WHY_NONE;
	case NS_ACT_SYN_ACK_REPEAT:
		send_syn_ack(reply, half, NS_SYN_ACK);
		return NS_WHY_NONE;
	case NS_ACT_CHALLENGE:
		send_ack(
		    reply, half, NS_CHALLENGE_ACK, NS_TCP_ACK, half->irs + 1);
		return NS_WHY_NONE;
	case NS_ACT_RESET_DROP:
		ns_half_drop(halves, half);
		ns_send_rst(reply, true);
		return NS_WHY_NONE;
	case NS_ACT_RESET:
		ns_send_rst(reply, true);
		return NS_WHY_NONE;
	case NS_ACT_FIN_ACK:
		send_ack(reply, half, NS_FIN_ACK, NS_TCP_FIN | NS_TCP_ACK,
		    reply->pkt->tcp_seq + 1);
		ns_half_drop(halves, half);
		return NS_WHY_NONE;
	case NS_ACT_LIMITED:
		return NS_WHY_SYN_LIMIT;
	case NS_ACT_RST_TAKEN:
		ns_half_drop(halves, half);
		return NS_WHY_RESET;
	case NS_ACT_ACK_TAKEN:
		return NS_WHY_ACKED;
	case NS_ACT_NOTHING:
	default:
		return NS_WHY_NO_STATE;
	}
}

static enum ns_tcp
port_state(const struct ns_host *host, uint16_t port)
{
	static const enum ns_tcp order[] = {
	    NS_TCP_OPEN, NS_TCP_SILENT, NS_TCP_REFUSED, NS_TCP_CLOSED};

	if (host == NULL)
		return NS_TCP_CLOSED;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (ns_ports_have(&host->tcp_ports[order[i]], port))
			return order[i];
	return host->tcp;
}

enum ns_why
ns_answer_tcp(struct ns_reply *reply)
{
	const struct ns_packet *p = reply->pkt;
	struct ns_host *host = reply->host;
	struct ns_half *half;
	bool v4 = p->af == AF_INET;

	switch (port_state(host, p->dport)) {
	case NS_TCP_SILENT:
		return NS_WHY_PORT_SILENT;
	case NS_TCP_REFUSED:
		return ns_answer_error(reply, &host->icmp, false,
		    v4 ? host->refuse.type4 : host->refuse.type6,
		    v4 ? host->refuse.code4 : host->refuse.code6, 0);
	case NS_TCP_OPEN:
		half = ns_half_find(&reply->sim->halves, p);
		return act(reply, half,
		    ns_half_step(
			half, host->server, host->synack.window, p, reply->at));
	case NS_TCP_CLOSED:
	default:
		if ((p->tcp_flags & NS_TCP_RST) != 0)
			return NS_WHY_NO_STATE;
		ns_send_rst(reply, true);
		return NS_WHY_NONE;
	}
}

void
ns_half_timer(struct ns_sim *sim, struct ns_half *half, int64_t now)
{
	struct ns_reply reply = {.sim = sim};

	if (half->established)
		return;
	if (half->timer > now) { /* put off by a repeated SYN */
		(void)start_timer(sim, half);
		return;
	}
	if (half->repeats == NS_HALF_REPEATS) {
		ns_half_drop(&sim->halves, half);
		return;
	}
	reply.record = ns_sim_record(sim);
	if (reply.record == NULL)
		return;
	half->repeats++;
	reply.record->of = half->id;
	reply.record->n = half->repeats;
	reply.record->t_in = now;
	reply.record->pkt = (struct ns_packet){
	    .af = half->server.af,
	    .dst = half->server,
	    .sport = half->client_port,
	    .dport = half->server_port,
	};
	reply.origin = *half->origin;
	reply.origin.fate = ns_hash2(half->origin->fate, half->repeats);
	reply.host = &sim->topo.host[half->host];
	reply.router =
	    &sim->topo.router[reply.origin.path[reply.origin.n_path - 1]];
	reply.at = half->timer;
	half->timer += 1000 * MS << half->repeats;
	send_syn_ack(&reply, half, NS_SYN_ACK_AGAIN);
	(void)start_timer(sim, half);
	ns_sim_close(sim, reply.record);
}
