/* SPDX-License-Identifier: MIT */
/* The simulation: receives, lets things happen in time, keeps the records. */
#include "sim.h"

#include "answer.h"
#include "graph.h"
#include "hash.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

void
ns_sim_init(struct ns_sim *sim, struct ns_topo *topo, struct ns_truth *truth)
{
	memset(sim, 0, offsetof(struct ns_sim, draft));
	sim->topo = *topo;
	sim->truth = truth;
	*topo = (struct ns_topo){.seed = 0};
}

/* ---- Records and answers ----------------------------------------------- */

struct ns_record *
ns_sim_record(struct ns_sim *sim)
{
	struct ns_record *r = sim->free_records;

	if (r != NULL) {
		sim->free_records = r->next_free;
	} else {
		r = malloc(sizeof(*r));
		if (r == NULL) {
			sim->counts.no_memory++;
			return NULL;
		}
	}
	r->id = r->of = 0;
	r->first = r->last = NULL;
	r->n_answers = r->pending = 0;
	r->n_path = 0;
	r->n_l4 = 0;
	r->host = r->fragmented = NS_NONE;
	r->why = NS_WHY_NONE;
	r->open = true;
	r->has_tsval = false;
	return r;
}

struct ns_answer *
ns_sim_answer(struct ns_sim *sim, struct ns_record *record)
{
	struct ns_answer *a = sim->free_answers;

	if (a != NULL) {
		sim->free_answers = a->next;
	} else {
		a = malloc(sizeof(*a));
		if (a == NULL) {
			sim->counts.no_memory++;
			return NULL;
		}
	}
	memset(a, 0, offsetof(struct ns_answer, small));
	a->record = record;
	a->out = -1;
	if (record->last != NULL)
		record->last->next = a;
	else
		record->first = a;
	record->last = a;
	record->n_answers++;
	return a;
}

static void
free_bytes(struct ns_answer *a)
{
	if (a->bytes != a->small)
		free(a->bytes);
	a->bytes = NULL;
}

/* Logs RECORD, and makes its memory free for others. */
static void
finish(struct ns_sim *sim, struct ns_record *record)
{
	struct ns_answer *a, *next;

	sim->counts.records++;
	if (sim->truth != NULL)
		ns_truth_record(sim->truth, sim, record);
	for (a = record->first; a != NULL; a = next) {
		next = a->next;
		free_bytes(a);
		a->next = sim->free_answers;
		sim->free_answers = a;
	}
	record->next_free = sim->free_records;
	sim->free_records = record;
}

void
ns_sim_close(struct ns_sim *sim, struct ns_record *record)
{
	record->open = false;
	if (record->pending == 0)
		finish(sim, record);
}

/* ---- Receiving --------------------------------------------------------- */

static bool
is_unicast(const struct ns_packet *p)
{
	if (p->af == AF_INET)
		return p->dst.b[0] < 224;
	return p->dst.b[0] != 0xff &&
	       !(p->dst.b[0] == 0xfe && (p->dst.b[1] & 0xc0) == 0x80);
}

static enum ns_why
at_host(struct ns_reply *reply, bool flipped)
{
	struct ns_host *host = reply->host;
	struct ns_packet *p = reply->pkt;
	struct ns_icmp_opts *icmp =
	    host != NULL
		? &host->icmp
		: &reply->sim->topo
		       .router[reply->origin.path[reply->origin.n_path - 1]]
		       .icmp;

	if (p->fragment)
		return NS_WHY_UNHANDLED;
	if (host != NULL && host->error.set)
		return ns_answer_error(reply, icmp, false,
		    p->af == AF_INET ? host->error.type4 : host->error.type6,
		    p->af == AF_INET ? host->error.code4 : host->error.code6,
		    0);
	if (ns_packet_is_icmp(p) || p->proto == IPPROTO_UDP ||
	    p->proto == IPPROTO_TCP) {
		if (!p->whole)
			return NS_WHY_BAD_PACKET;
		if (!ns_packet_sum_ok(p))
			return flipped ? NS_WHY_CORRUPT : NS_WHY_CHECKSUM;
	}
	if (ns_packet_is_echo(p))
		return ns_answer_echo(reply, icmp);
	if (ns_packet_is_icmp(p))
		return NS_WHY_UNHANDLED;
	if (p->proto == IPPROTO_UDP)
		return ns_answer_udp(reply);
	if (p->proto == IPPROTO_TCP)
		return ns_answer_tcp(reply);
	return ns_answer_error(reply, icmp, host == NULL,
	    p->af == AF_INET ? 3 : 4, p->af == AF_INET ? 2 : 1, 0);
}

/* Answers what the way of one copy came to. */
static void
answer(struct ns_sim *sim, struct ns_record *record, struct ns_journey *j,
    const struct ns_verdict *v)
{
	struct ns_reply reply = {.sim = sim, .record = record, .at = j->at};
	struct ns_icmp_opts *icmp;
	enum ns_why why = v->why;
	struct ns_router *router = &sim->topo.router[j->path[j->n_path - 1]];

	ns_origin_init(&reply.origin, j, &record->pkt.src);
	reply.pkt = &j->pkt;
	reply.router = router;
	icmp = &router->icmp;
	if (v->end == NS_END_HOST)
		reply.host = &sim->topo.host[v->host];
	else
		reply.origin.host = NS_NONE;
	if (v->end == NS_END_ERROR)
		why = ns_answer_error(
		    &reply, icmp, true, v->type, v->code, v->mtu);
	else if (v->end != NS_END_DROP)
		why = at_host(&reply, j->flipped);
	if (j->copy > 0) /* the log tells the way of the first */
		return;
	record->why = why;
	record->host = v->host;
	record->fragmented = j->fragmented;
	record->n_path = j->n_path;
	memcpy(record->path, j->path, sizeof(j->path[0]) * j->n_path);
}

/* Answers made from FROM on are of the duplicate COPY. */
static void
mark_copies(struct ns_record *record, uint32_t from, uint32_t copy)
{
	uint32_t i = 0;

	for (struct ns_answer *a = record->first; a != NULL; a = a->next)
		if (i++ >= from)
			a->copy += copy;
}

static void
apply_events(struct ns_sim *sim, int64_t now)
{
	const struct ns_topo *topo = &sim->topo;

	while (sim->started && sim->next_event < topo->n_events) {
		const struct ns_event *e = &topo->event[sim->next_event];

		if (sim->start + e->at > now)
			return;
		if (ns_topo_apply(&sim->topo, sim->next_event) != 0)
			sim->counts.no_memory++;
		if (sim->truth != NULL)
			ns_truth_event(sim->truth, sim->start + e->at, e->line);
		sim->next_event++;
	}
}

static void
walk_all(struct ns_sim *sim, struct ns_record *record, struct ns_packet *pkt,
    uint64_t fate, int64_t now)
{
	struct ns_journey j;
	struct ns_verdict v;

	sim->clones.n = 0;
	ns_journey_init(&j, &sim->topo, pkt, fate, now);
	v = ns_walk(&sim->topo, &j, &sim->clones);
	answer(sim, record, &j, &v);
	/* Duplicates may be doubled again on their way. */
	for (unsigned i = 0; i < sim->clones.n; i++) {
		struct ns_journey *c = &sim->clones.journey[i];
		uint32_t before = record->n_answers;

		v = ns_walk(&sim->topo, c, &sim->clones);
		answer(sim, record, c, &v);
		mark_copies(record, before, c->copy);
		free(c->pkt.data);
	}
}

void
ns_sim_receive(struct ns_sim *sim, uint8_t *data, size_t len, int64_t now)
{
	struct ns_packet pkt;
	struct ns_record *record;
	uint32_t tsecr;

	if (ns_packet_decode(&pkt, data, len) != 0 || !is_unicast(&pkt)) {
		sim->counts.ignored++;
		return;
	}
	if (!sim->started) {
		sim->started = true;
		sim->start = now;
	}
	apply_events(sim, now);
	sim->counts.in++;
	record = ns_sim_record(sim);
	if (record == NULL)
		return;
	record->id = sim->counts.in;
	record->t_in = now;
	record->pkt = pkt;
	record->n_l4 =
	    (uint8_t)(pkt.l4_len < sizeof(record->l4) ? pkt.l4_len
						      : sizeof(record->l4));
	memcpy(record->l4, pkt.data + pkt.l4, record->n_l4);
	record->has_tsval = ns_packet_timestamps(&pkt, &record->tsval, &tsecr);
	record->flow = ns_flow_hash(&pkt);
	record->n = ns_flows_next(&sim->flows, record->flow);
	walk_all(sim, record, &pkt,
	    ns_hash2(sim->topo.seed ^ record->flow, record->n), now);
	ns_sim_close(sim, record);
}

/* ---- In time ----------------------------------------------------------- */

int64_t
ns_sim_next(const struct ns_sim *sim)
{
	const struct ns_due *first = ns_sched_first(&sim->sched);
	int64_t next = first != NULL ? first->at : INT64_MAX;

	if (sim->started && sim->next_event < sim->topo.n_events) {
		int64_t at = sim->start + sim->topo.event[sim->next_event].at;

		if (at < next)
			next = at;
	}
	return next;
}

struct ns_answer *
ns_sim_due(struct ns_sim *sim, int64_t now)
{
	const struct ns_due *first;

	apply_events(sim, now);
	while (
	    (first = ns_sched_first(&sim->sched)) != NULL && first->at <= now) {
		struct ns_due due = ns_sched_take(&sim->sched);
		struct ns_half *half;

		if (due.todo == NS_TODO_ANSWER)
			return due.what;
		half = due.what;
		if (half->generation == due.generation)
			ns_half_timer(sim, half, due.at);
	}
	return NULL;
}

void
ns_sim_written(struct ns_sim *sim, struct ns_answer *a, int64_t out)
{
	struct ns_record *record = a->record;

	a->out = out;
	if (out < 0) {
		sim->counts.write_errors++;
	} else {
		sim->counts.out++;
		ns_late_add(&sim->late, out - a->due);
	}
	free_bytes(a);
	record->pending--;
	if (record->pending == 0 && !record->open)
		finish(sim, record);
}

/* ---- The end ----------------------------------------------------------- */

/* Logs the records of answers that were never written. */
static void
finish_pending(struct ns_sim *sim)
{
	while (sim->sched.n > 0) {
		struct ns_due due = ns_sched_take(&sim->sched);
		struct ns_answer *a = due.what;

		if (due.todo != NS_TODO_ANSWER)
			continue;
		if (--a->record->pending == 0)
			finish(sim, a->record);
	}
}

void
ns_sim_end(struct ns_sim *sim, uint64_t dropped_in)
{
	struct ns_graph graph;

	finish_pending(sim);
	if (sim->truth == NULL)
		return;
	ns_truth_topology(sim->truth, &sim->topo);
	for (uint32_t i = 0; i < sim->topo.n_hosts; i++) {
		if (ns_graph_make(&graph, &sim->topo, i) != 0)
			continue;
		ns_truth_graph(sim->truth, &sim->topo, &graph);
		ns_graph_free(&graph);
	}
	ns_truth_summary(sim->truth, sim, dropped_in);
	ns_truth_flush(sim->truth);
}

void
ns_sim_free(struct ns_sim *sim)
{
	struct ns_truth *truth = sim->truth;
	struct ns_answer *a;
	struct ns_record *r;

	sim->truth = NULL;
	finish_pending(sim);
	while ((a = sim->free_answers) != NULL) {
		sim->free_answers = a->next;
		free(a);
	}
	while ((r = sim->free_records) != NULL) {
		sim->free_records = r->next_free;
		free(r);
	}
	ns_keyed_free(&sim->flows);
	ns_keyed_free(&sim->limits);
	ns_sched_free(&sim->sched);
	ns_halves_free(&sim->halves);
	ns_topo_free(&sim->topo);
	sim->truth = truth;
}
