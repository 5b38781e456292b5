/* SPDX-License-Identifier: MIT */
/*
 * What comes back. TTL exceeded is a hop, whoever says it (a translator may
 * answer with the target's address); an echo reply, what TCP acknowledges, a
 * UDP answer and port unreachable come from the end of the way. RFC 792, RFC
 * 4443, RFC 9293 section 3.10.7.
 */
#include "diag/trace.h"

#include <netinet/in.h>
#include <string.h>

static struct nd_trace *
of(struct nd_task *task)
{
	return (struct nd_trace *)(void *)task;
}

/* Failed a check: counted, and told at P. */
static void
reject(struct nd_trace *trace, const struct nd_probe *p,
    const struct nd_answer *a, enum nd_invalid fault)
{
	struct nd_trace_event e =
	    nd_trace_event_of_probe(trace, ND_TRACE_INVALID, p);
	struct sockaddr_storage from;

	nd_task_invalid(&trace->task, fault);
	trace->invalid++;
	if (a->packet->from.family != 0) {
		(void)nd_addr_to(&a->packet->from, &from);
		e.from = (const struct sockaddr *)&from;
	}
	e.reply_ttl = a->packet->ttl;
	e.reply_tos = a->packet->tos;
	e.invalid = fault;
	(void)nd_trace_emit(trace, &e);
}

/* ---- What an answer says of who answered ------------------------------------
 */

static uint32_t
wire_of(const struct nd_ext_label *l)
{
	return l->label << 12 | (uint32_t)l->tc << 9 | (uint32_t)l->s << 8 |
	       l->ttl;
}

static void
note_interface(
    struct nd_trace_vertex *v, const struct nd_ext_interface *interface)
{
	v->has_interface = true;
	v->ifindex = interface->ifindex;
	v->ifmtu = interface->mtu;
	v->ifaddr = interface->af != 0
			? nd_addr_of(interface->af, interface->addr)
			: (struct nd_addr){.family = 0};
	memcpy(v->ifname, interface->name, interface->name_len);
	v->ifname[interface->name_len] = '\0';
}

static const struct nd_ext_interface *
incoming(const struct nd_ext *ext)
{
	for (size_t i = 0; i < ext->n_interfaces; i++)
		if (ext->interface[i].role == ND_EXT_INCOMING)
			return &ext->interface[i];
	return ext->n_interfaces > 0 ? &ext->interface[0] : NULL;
}

/* What of an answer goes into its event, and has to live as long. */
struct told {
	struct nd_trace_event event;
	struct sockaddr_storage from;
	struct nd_ext ext;
	struct nd_trace_label labels[ND_TRACE_LABELS];
	struct nd_trace_interface interface;
};

static void
tell_interface(struct told *t, const struct nd_ext_interface *interface)
{
	struct nd_trace_interface *i = &t->interface;

	*i = (struct nd_trace_interface){
	    .ifindex = interface->ifindex, .mtu = interface->mtu};
	if (interface->af != 0) {
		const struct nd_addr addr =
		    nd_addr_of(interface->af, interface->addr);

		(void)nd_addr_to(&addr, &i->addr);
	}
	memcpy(i->name, interface->name, interface->name_len);
	t->event.interface = i;
}

/* Of a report the kernel has found where they begin. */
static enum nd_wire
decode_extensions(struct nd_ext *ret, int family, const struct nd_answer *a)
{
	const struct nd_packet *packet = a->packet;

	if (a->is_message)
		return nd_ext_decode_icmp(ret, family, &a->icmp);
	return packet->ext != NULL
		   ? nd_ext_decode(ret, packet->ext, packet->ext_len)
		   : ND_WIRE_TYPE;
}

static void
tell_extensions(struct told *t, int family, const struct nd_answer *a)
{
	const struct nd_ext_interface *interface;

	if (decode_extensions(&t->ext, family, a) != ND_WIRE_OK) {
		t->ext.n_labels = t->ext.n_interfaces = 0;
		return;
	}
	for (size_t i = 0; i < t->ext.n_labels; i++)
		t->labels[i] =
		    (struct nd_trace_label){.label = t->ext.label[i].label,
			.tc = t->ext.label[i].tc,
			.ttl = t->ext.label[i].ttl,
			.s = t->ext.label[i].s};
	t->event.labels = t->labels;
	t->event.label_count = (unsigned)t->ext.n_labels;
	interface = incoming(&t->ext);
	if (interface != NULL)
		tell_interface(t, interface);
}

static void
tell_error(struct told *t, const struct nd_answer *a, bool rewritten)
{
	struct nd_trace_event *e = &t->event;

	e->icmp_type = a->icmp.type;
	e->icmp_code = a->icmp.code;
	e->rewritten = rewritten;
	if (a->icmp.kind == ND_ICMP_TOO_BIG)
		e->mtu = (int)a->icmp.mtu;
	if (a->is_message) {
		e->quoted_ttl = a->quote.ttl;
		e->quoted_tos = a->quote.tos;
	}
}

static void
note(struct nd_trace_vertex *v, const struct told *t)
{
	const struct nd_trace_event *e = &t->event;
	const struct nd_ext_interface *interface = incoming(&t->ext);

	v->reply_ttl = (int16_t)e->reply_ttl;
	v->reply_tos = (int16_t)e->reply_tos;
	if (e->icmp_type < 0)
		return;
	v->quoted_ttl = (int16_t)e->quoted_ttl;
	v->quoted_tos = (int16_t)e->quoted_tos;
	v->nat = v->nat || e->rewritten;
	if (e->mtu >= 0)
		v->mtu = e->mtu;
	v->label_count = (uint8_t)t->ext.n_labels;
	for (size_t i = 0; i < t->ext.n_labels; i++)
		v->labels[i] = wire_of(&t->ext.label[i]);
	if (interface != NULL)
		note_interface(v, interface);
}

/* ---- What an answer is worth
 * ------------------------------------------------- */

static enum nd_trace_cell_state
state_of(enum nd_trace_status status)
{
	switch (status) {
	case ND_TRACE_DESTINATION:
		return ND_CELL_DESTINATION;
	case ND_TRACE_UNREACHABLE:
		return ND_CELL_UNREACHABLE;
	default:
		return ND_CELL_HOP;
	}
}

/* It is the first answer to P, of whatever time. */
static void
count(struct nd_trace *trace, const struct nd_probe *p, enum nd_verdict verdict,
    enum nd_trace_status status, const struct nd_timing *timing)
{
	struct nd_trace_row *row = &trace->rows[nd_trace_ttl_of(p)];

	if (timing->rtt_ns > trace->largest_ns)
		trace->largest_ns = timing->rtt_ns;
	if (status == ND_TRACE_DESTINATION) {
		trace->reached = true;
		if (timing->rtt_ns > trace->arrived_ns)
			trace->arrived_ns = timing->rtt_ns;
	}
	if (verdict == ND_VERDICT_LATE) {
		row->late++;
		trace->late++;
		return;
	}
	row->in_flight--;
	row->received++;
	trace->received++;
	if (status == ND_TRACE_UNREACHABLE) {
		row->errors++;
		trace->errors++;
	}
	if (status == ND_TRACE_DESTINATION) {
		nd_rtt_add(&trace->rtt, timing->rtt_ns);
	}
	if (trace->exactness == ND_CLOCK_NONE ||
	    timing->clock > trace->exactness)
		trace->exactness = (uint8_t)timing->clock;
}

/* The cell takes the first answer; the strategy hears of it. */
static void
fill(struct nd_trace *trace, const struct nd_probe *p, enum nd_verdict verdict,
    enum nd_trace_status status, const struct nd_trace_vertex *v)
{
	const unsigned ttl = nd_trace_ttl_of(p), flow = nd_trace_flow_of(p);
	struct nd_trace_cell *cell = nd_trace_cell_at(trace, ttl, flow);
	const bool was_silent = cell->state == ND_CELL_SILENT;

	if (nd_probe_number(p) < trace->first_number)
		return;
	if (verdict == ND_VERDICT_IN_TIME && cell->in_flight > 0)
		cell->in_flight--;
	if (nd_trace_is_answered(cell))
		return;
	if (v == NULL) {
		/* There is no room for ever more addresses: nothing is known.
		 */
		if (cell->state == ND_CELL_ASKED && cell->in_flight == 0)
			nd_trace_silence(trace, ttl, flow);
		return;
	}
	cell->state = (uint8_t)state_of(status);
	cell->late = verdict == ND_VERDICT_LATE;
	cell->node = (uint16_t)(v - trace->vertices);
	trace->heard_ns = trace->task.ctx->now_ns;
	nd_trace_join(trace, ttl, flow);
	if (trace->over)
		return;
	nd_trace_plan_heard(trace, ttl, flow);
	if (trace->mda != NULL && was_silent)
		nd_trace_paths_late(trace, ttl, flow);
	else if (trace->mda != NULL)
		nd_trace_paths_heard(trace, ttl, flow);
}

/*
 * Who answers P, if that is the first answer to it: before it is decided, since
 * then its turn in the order of sending may have come.
 */
static struct nd_trace_vertex *
meet(struct nd_trace *trace, const struct nd_probe *p,
    const struct nd_answer *a, enum nd_trace_status status)
{
	const uint64_t number = nd_probe_number(p);
	struct nd_trace_vertex *v;

	if ((p->state != ND_PROBE_IN_FLIGHT && p->state != ND_PROBE_EXPIRED) ||
	    nd_trace_is_size(trace, p))
		return NULL;
	v = nd_trace_note(
	    trace, nd_trace_ttl_of(p), nd_trace_flow_of(p), &a->packet->from);
	if (v != NULL)
		trace->heard[number % ND_TRACE_HEARD] =
		    (struct nd_trace_heard){.number = (uint32_t)number,
			.vertex = (uint16_t)(v - trace->vertices),
			.destination = status == ND_TRACE_DESTINATION};
	return v;
}

/*
 * An authentic answer to P, of STATUS where it is the first one and in time. T
 * has what is known of it.
 */
static void
take(struct nd_trace *trace, struct nd_probe *p, const struct nd_answer *a,
    struct told *t)
{
	const enum nd_trace_status status = t->event.status;
	struct nd_trace_vertex *const v = meet(trace, p, a, status);
	struct nd_timing timing;
	const enum nd_verdict verdict = nd_probe_answered(p, a, &timing);

	if (!trace->task.active)
		return;
	if (nd_trace_is_size(trace, p)) {
		if (verdict != ND_VERDICT_IN_TIME)
			return;
		nd_trace_sizes_heard(trace, p, a);
		nd_task_due(&trace->task, trace->task.ctx->now_ns);
		return;
	}
	(void)nd_addr_to(&a->packet->from, &t->from);
	t->event.from = (const struct sockaddr *)&t->from;
	t->event.reply_ttl = a->packet->ttl;
	t->event.reply_tos = a->packet->tos;
	t->event.rtt_ns = timing.rtt_ns;
	t->event.clock = timing.clock;
	if (verdict == ND_VERDICT_DUPLICATE) {
		trace->duplicates++;
		t->event.status = ND_TRACE_DUPLICATE;
		(void)nd_trace_emit(trace, &t->event);
		return;
	}
	if (verdict == ND_VERDICT_LATE)
		t->event.status = ND_TRACE_LATE;
	count(trace, p, verdict, status, &timing);
	if (v != NULL) {
		v->received++;
		if (verdict == ND_VERDICT_IN_TIME)
			nd_rtt_add(&v->rtt, timing.rtt_ns);
		note(v, t);
		if (status == ND_TRACE_DESTINATION)
			v->destination = true;
		if (status == ND_TRACE_UNREACHABLE) {
			v->icmp_type = (int16_t)a->icmp.type;
			v->icmp_code = (int16_t)a->icmp.code;
		}
	}
	fill(trace, p, verdict, status, v);
	if (nd_trace_emit(trace, &t->event))
		nd_trace_go_on(trace);
}

/* ---- Of the destination
 * ------------------------------------------------------- */

/* Whether UDP, from the destination, may be an answer to P. */
static bool
is_awaited(const struct nd_trace *trace, const struct nd_probe *p,
    const struct nd_udp *udp)
{
	const struct nd_ports *ports = &trace->task.ctx->udp_ports;
	const struct nd_trace_way *way = &trace->ways[nd_trace_flow_of(p)];
	const unsigned i = (trace->profile->flags & ND_TRACE_F_CLASSIC) != 0
			       ? 0
			       : nd_trace_flow_of(p);

	return p->state == ND_PROBE_IN_FLIGHT && i < ports->n &&
	       ports->port[i] == udp->dport &&
	       nd_trace_port(trace, nd_probe_number(p)) == udp->sport &&
	       !nd_trace_is_size(trace, p) &&
	       nd_trace_ttl_of(p) > (way->end > 0 ? way->end : way->top);
}

/*
 * A UDP answer tells its flow, by the port. Where it brings back what was sent,
 * it names its probe. Else it is that of the lowest TTL that is awaited, not
 * below where other flows have been or have arrived.
 */
static struct nd_probe *
find_asked(struct nd_trace *trace, const struct nd_answer *a)
{
	const unsigned from =
	    trace->arrived > 0 ? trace->arrived : trace->top + 1;
	struct nd_probe *best = NULL;

	for (struct nd_probe *p = trace->task.unsettled; p != NULL;
	     p = p->next) {
		const unsigned ttl = nd_trace_ttl_of(p);

		if (!is_awaited(trace, p, &a->udp))
			continue;
		if (nd_trace_check_echo(trace, p, a))
			return p;
		if (best == NULL ||
		    (ttl >= from) > (nd_trace_ttl_of(best) >= from) ||
		    ((ttl >= from) == (nd_trace_ttl_of(best) >= from) &&
			ttl < nd_trace_ttl_of(best)))
			best = p;
	}
	return best;
}

/* True where TCP acknowledges P: RFC 9293 section 3.10.7.3. */
static bool
acknowledges(const struct nd_probe *p, const struct nd_tcp *tcp)
{
	return (tcp->flags & ND_TCP_ACK) != 0 && tcp->ack == p->tag + 1 &&
	       (tcp->flags & (ND_TCP_SYN | ND_TCP_RST)) != 0;
}

bool
nd_trace_on_reply(
    struct nd_task *task, struct nd_probe *p, const struct nd_answer *a)
{
	struct nd_trace *trace = of(task);
	struct told t = {.ext = {.n_labels = 0}};

	if (p == trace->door && a->fault != ND_INVALID_COUNT)
		return false;
	if (a->fault != ND_INVALID_COUNT) {
		reject(trace, p, a, a->fault);
		return true;
	}
	if (a->has_udp) {
		if (!a->named)
			p = find_asked(trace, a);
		if (p == NULL)
			return false;
	} else if (task->proto == IPPROTO_TCP) {
		if (!acknowledges(p, &a->tcp))
			return false;
	} else if (!nd_trace_check_echo(trace, p, a)) {
		return false;
	}
	t.event = nd_trace_event_of_probe(trace, ND_TRACE_DESTINATION, p);
	take(trace, p, a, &t);
	return true;
}

/* ---- ICMP errors
 * --------------------------------------------------------------- */

/* RFC 792: 3/3. RFC 4443 section 3.1: 1/4. */
static bool
is_port_unreachable(int family, const struct nd_icmp *icmp)
{
	return family == AF_INET ? icmp->type == 3 && icmp->code == 3
				 : icmp->type == 1 && icmp->code == 4;
}

void
nd_trace_on_error(
    struct nd_task *task, struct nd_probe *p, const struct nd_answer *a)
{
	struct nd_trace *trace = of(task);
	const struct nd_icmp *icmp = &a->icmp;
	struct told t = {.ext = {.n_labels = 0}};
	enum nd_trace_status status = ND_TRACE_UNREACHABLE;
	bool rewritten;

	/* These say that something else happened, not what became of it. */
	if (icmp->kind == ND_ICMP_REDIRECT ||
	    icmp->kind == ND_ICMP_SOURCE_QUENCH)
		return;
	if (!nd_trace_check_quote(trace, p, a, &rewritten)) {
		reject(trace, p, a, ND_INVALID_TAG);
		return;
	}
	if (icmp->kind == ND_ICMP_TTL_EXCEEDED)
		status = ND_TRACE_HOP;
	else if (is_port_unreachable(task->addr.family, icmp))
		status = ND_TRACE_DESTINATION;
	t.event = nd_trace_event_of_probe(trace, status, p);
	tell_error(&t, a, rewritten);
	tell_extensions(&t, task->addr.family, a);
	take(trace, p, a, &t);
}
