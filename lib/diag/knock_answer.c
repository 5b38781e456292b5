/* SPDX-License-Identifier: MIT */
/*
 * Answers to SYNs: which probe each is about, and what it does to the series.
 * RFC 9293 section 3.10.7.3 says what a SYN may be answered by.
 */
#include "diag/knock.h"

#define MS INT64_C(1000000)
/* What comes so much later than the first answer was not sent with it. */
#define REPEAT_AFTER_NS (700 * MS)
/* So many signs in a row that the server was not reset are no chance. */
#define RST_LOST_SIGNS 5

/* Tasks are the first member of diagnostics. */
static struct nd_knock *
of(struct nd_task *task)
{
	return (struct nd_knock *)(void *)task;
}

/* The probes with one ISN that are remembered. */
struct series {
	struct nd_probe *newest;
	uint64_t first, last; /* numbers */
	unsigned n;
};

static struct series
series_of(const struct nd_knock *knock, uint32_t isn)
{
	struct series s = {.n = 0};
	struct nd_probe *p;

	for (p = knock->task.oldest; p != NULL; p = p->next) {
		if (p->tag != isn || p->state == ND_PROBE_FORGOTTEN)
			continue;
		s.newest = p;
		s.last = nd_probe_number(p);
		if (s.n++ == 0)
			s.first = s.last;
	}
	return s;
}

/* One more sign that the server is not reset. True: told for the first time. */
static bool
note_not_reset(struct nd_knock *knock)
{
	if (knock->rst_lost || ++knock->repeats < RST_LOST_SIGNS)
		return false;
	knock->rst_lost = true;
	return true;
}

/* The series of PORT is over: the kernel resets the server. */
static void
end_series(
    struct nd_knock_port *port, enum nd_knock_answer answer, int64_t at_ns)
{
	if (!port->open)
		return;
	port->open = false;
	port->answer = (uint8_t)answer;
	port->answered_ns = at_ns;
}

/* ---- SYN-ACK --------------------------------------------------------------
 */

static struct nd_knock_tcp
tcp_of(const struct nd_tcp *tcp)
{
	const unsigned ecn = tcp->flags & (ND_TCP_ECE | ND_TCP_CWR);

	return (struct nd_knock_tcp){.mss = tcp->mss > 0 ? tcp->mss : -1,
	    .wscale = tcp->has_wscale ? tcp->wscale : -1,
	    .window = tcp->window,
	    .sack = tcp->sack,
	    .timestamps = tcp->has_timestamps,
	    .ecn = ecn == ND_TCP_ECE,
	    .ecn_mirror = ecn == (ND_TCP_ECE | ND_TCP_CWR)};
}

/*
 * Which probe of the series a SYN-ACK is about. It is the newest, unless this
 * one was under way for long, or came sooner than an answer to that can.
 */
static void
choose(struct nd_knock *knock, const struct series *s, uint64_t echoed,
    int64_t at_ns, int64_t asked_ns, struct nd_knock_credit *c)
{
	const int64_t sent = s->newest->sent_ns;
	struct nd_probe *q;
	bool is_other;

	c->p = s->newest;
	c->ambiguous = s->n > 1 && echoed != s->last;
	q = echoed != 0 && echoed != s->last
		? nd_knock_find(knock, s->newest->tag, echoed)
		: NULL;
	/* Without a clock: too soon for an answer, whatever the jitter. */
	is_other = asked_ns >= 0 ? nd_knock_is_older(asked_ns, sent)
				 : at_ns - sent < knock->least_ns / 4;
	if (q != NULL && is_other) {
		c->p = q;
		c->ambiguous = asked_ns < 0;
	}
	if (!nd_knock_is_repeat(knock, c->p->sent_ns, at_ns, asked_ns))
		return;
	c->ambiguous = true;
	if (c->p->state == ND_PROBE_IN_FLIGHT ||
	    c->p->state == ND_PROBE_EXPIRED)
		nd_knock_note_suspect(knock, at_ns - c->p->sent_ns);
}

static void
on_syn_ack(
    struct nd_knock *knock, struct nd_probe *p, const struct nd_answer *a)
{
	struct nd_knock_port *port = nd_knock_port_of(knock, p);
	const bool current = p->tag == port->isn && port->open;
	const struct series s = series_of(knock, p->tag);
	const uint64_t echoed =
	    nd_knock_echoed(knock, &a->tcp, s.first, s.last);
	const int64_t asked =
	    nd_knock_asked_at(knock, port, &a->tcp, a->arrival_ns);
	const struct nd_knock_tcp tcp = tcp_of(&a->tcp);
	struct nd_knock_credit c = {
	    .port = port, .answer = ND_KNOCK_ANSWER_SYN_ACK, .tcp = &tcp};

	choose(knock, &s, echoed, a->arrival_ns, asked, &c);
	knock->tcp = tcp;
	knock->has_tcp = true;
	if (current) {
		nd_knock_judge(knock, port, echoed, a->arrival_ns, asked);
		if (!c.ambiguous && s.n == 1 && port->sent > 1)
			knock->repeats = 0;
	} else if (a->arrival_ns - port->answered_ns > REPEAT_AFTER_NS) {
		c.rst_lost = note_not_reset(knock);
	}
	port->reset_late = !current;
	if (p->tag == port->isn) {
		if (!port->open && port->answer == ND_KNOCK_ANSWER_RST)
			knock->mixed = true;
		end_series(port, ND_KNOCK_ANSWER_SYN_ACK, a->arrival_ns);
	}
	if (nd_knock_credit(knock, &c, a))
		nd_knock_set_clock(port, &a->tcp, a->arrival_ns);
}

/* ---- RST and challenge ACK -------------------------------------------------
 */

static void
on_rst(struct nd_knock *knock, struct nd_probe *p, const struct nd_answer *a)
{
	struct nd_knock_port *port = nd_knock_port_of(knock, p);
	const struct series s = series_of(knock, p->tag);
	const struct nd_knock_credit c = {.p = s.newest,
	    .port = port,
	    .answer = ND_KNOCK_ANSWER_RST,
	    .ambiguous = s.n > 1};

	if (p->tag == port->isn) {
		if (!port->open && port->answer == ND_KNOCK_ANSWER_SYN_ACK)
			knock->mixed = true;
		end_series(port, ND_KNOCK_ANSWER_RST, a->arrival_ns);
	}
	(void)nd_knock_credit(knock, &c, a);
}

/*
 * RFC 5961 section 4: the server has an older series in mind. It got the newest
 * SYN, and our kernel resets it now.
 */
static bool
on_challenge(
    struct nd_knock *knock, struct nd_probe *p, const struct nd_answer *a)
{
	struct nd_knock_port *port = nd_knock_port_of(knock, p);
	struct series s;
	struct nd_knock_credit c = {
	    .port = port, .answer = ND_KNOCK_ANSWER_ACK};

	if (p->tag == port->isn || !port->open)
		return false;
	s = series_of(knock, port->isn);
	if (s.n == 0)
		return false;
	c.p = s.newest;
	port->reset_late = true;
	c.rst_lost = note_not_reset(knock);
	end_series(port, ND_KNOCK_ANSWER_ACK, a->arrival_ns);
	(void)nd_knock_credit(knock, &c, a);
	return true;
}

/* ---- Of the kernel's connect() ---------------------------------------------
 */

static bool
on_outcome(
    struct nd_knock *knock, struct nd_probe *p, const struct nd_answer *a)
{
	const struct nd_outcome *o = a->packet->outcome;
	const struct nd_knock_tcp tcp = {.mss = o->mss,
	    .wscale = o->wscale,
	    .window = -1,
	    .sack = o->sack,
	    .timestamps = o->timestamps,
	    .ecn = o->ecn};
	const struct nd_knock_credit c = {.p = p,
	    .port = nd_knock_port_of(knock, p),
	    .answer = o->open ? ND_KNOCK_ANSWER_SYN_ACK : ND_KNOCK_ANSWER_RST,
	    .tcp = o->open ? &tcp : NULL,
	    .ambiguous = o->repeats > 0};
	struct nd_answer answer = *a;

	/* The first SYN was lost: what is answered is one of the kernel's. */
	if (o->repeats > 0 && p->state == ND_PROBE_IN_FLIGHT) {
		knock->late_follows = true;
		nd_probe_expire(p);
		knock->late_follows = false;
		if (!knock->task.active)
			return true;
	}
	if (o->rtt_ns >= 0) {
		answer.arrival_ns = p->sent_ns + o->rtt_ns;
		answer.arrival_exact = true;
		p->stamped = 1;
	}
	if (o->open) {
		knock->tcp = tcp;
		knock->has_tcp = true;
	}
	(void)nd_knock_credit(knock, &c, &answer);
	return true;
}

/* ---- All of them ------------------------------------------------------------
 */

static enum nd_knock_answer
kind_of(const struct nd_tcp *tcp)
{
	const unsigned flags =
	    tcp->flags & (ND_TCP_SYN | ND_TCP_ACK | ND_TCP_RST | ND_TCP_FIN);

	if (flags == (ND_TCP_SYN | ND_TCP_ACK))
		return ND_KNOCK_ANSWER_SYN_ACK;
	if (flags == (ND_TCP_RST | ND_TCP_ACK))
		return ND_KNOCK_ANSWER_RST;
	return flags == ND_TCP_ACK && tcp->payload_len == 0
		   ? ND_KNOCK_ANSWER_ACK
		   : ND_KNOCK_ANSWER_NONE;
}

static uint16_t
source_port(const struct nd_knock *knock, const struct nd_probe *p)
{
	return knock->task.ctx->tcp_ports.port[p->note & ND_KNOCK_NOTE_PORT];
}

bool
nd_knock_on_reply(
    struct nd_task *task, struct nd_probe *p, const struct nd_answer *a)
{
	struct nd_knock *knock = of(task);

	if (a->fault != ND_INVALID_COUNT) {
		/* Of another port of the same address. */
		if (a->fault == ND_INVALID_UNKNOWN &&
		    a->tcp.sport != knock->port)
			return false;
		nd_knock_reject(knock, p, a, a->fault);
		return true;
	}
	if (a->packet->kind == ND_PACKET_OUTCOME)
		return on_outcome(knock, p, a);
	if (a->tcp.sport != knock->port ||
	    a->tcp.dport != source_port(knock, p))
		return false;
	switch (kind_of(&a->tcp)) {
	case ND_KNOCK_ANSWER_SYN_ACK:
		on_syn_ack(knock, p, a);
		return true;
	case ND_KNOCK_ANSWER_RST:
		on_rst(knock, p, a);
		return true;
	case ND_KNOCK_ANSWER_ACK:
		return on_challenge(knock, p, a);
	default:
		return false;
	}
}

/* The ISN, of 32 keyed bits, is right: with the ports that is proof. */
bool
nd_knock_on_proves(
    struct nd_task *task, const struct nd_probe *p, const struct nd_answer *a)
{
	const struct nd_knock *knock = of(task);

	if (nd_icmp_is_error(a->icmp.kind))
		return a->quote.sport == source_port(knock, p) &&
		       a->quote.dport == knock->port;
	return a->tcp.dport == source_port(knock, p) &&
	       a->tcp.sport == knock->port;
}

void
nd_knock_on_error(
    struct nd_task *task, struct nd_probe *p, const struct nd_answer *a)
{
	struct nd_knock *knock = of(task);
	struct nd_knock_port *port = nd_knock_port_of(knock, p);
	const struct nd_icmp *icmp = &a->icmp;
	const struct series s = series_of(knock, p->tag);
	struct nd_knock_event e;
	enum nd_verdict verdict;
	struct nd_timing t;

	/* These say that something else happened, not that it failed. */
	if (icmp->kind == ND_ICMP_REDIRECT ||
	    icmp->kind == ND_ICMP_SOURCE_QUENCH)
		return;
	if (a->packet->kind != ND_PACKET_OUTCOME && !a->rewritten &&
	    (a->quote.sport != source_port(knock, p) ||
		a->quote.dport != knock->port)) {
		nd_knock_reject(knock, p, a, ND_INVALID_TAG);
		return;
	}
	/* Which of several equal SYNs it quotes nobody can tell. */
	p = s.newest;
	e = nd_knock_event_of_probe(knock, ND_KNOCK_UNREACHABLE, p);
	if (!nd_knock_tell_losses(knock, port, e.seq))
		return;
	knock->late_follows = true;
	verdict = nd_probe_failed(p, a, &t);
	knock->late_follows = false;
	if (verdict == ND_VERDICT_DUPLICATE || !task->active ||
	    !nd_knock_tell_losses(knock, port, e.seq))
		return;
	e.status = nd_knock_status_of(ND_KNOCK_ANSWER_ICMP, verdict);
	e.answer = ND_KNOCK_ANSWER_ICMP;
	e.icmp_type = icmp->type;
	e.icmp_code = icmp->code;
	e.rewritten = a->rewritten;
	if (icmp->kind == ND_ICMP_TOO_BIG)
		e.info = (int)icmp->mtu;
	else if (icmp->kind == ND_ICMP_PARAMETER)
		e.info = (int)icmp->pointer;
	e.ambiguous = s.n > 1;
	if (!e.ambiguous) {
		e.rtt_ns = t.rtt_ns;
		e.clock = t.clock;
	}
	if (!e.ambiguous && a->packet->kind != ND_PACKET_OUTCOME)
		nd_knock_ecn_quoted(knock, p, a);
	if (verdict == ND_VERDICT_IN_TIME) {
		nd_knock_ecn_lost(knock, p);
		knock->errors++;
		port->errors++;
		/* It did not arrive, so that the server knows nothing of it. */
		if (s.n == 1 && p->tag == port->isn)
			end_series(port, ND_KNOCK_ANSWER_ICMP, a->arrival_ns);
	} else {
		knock->late++;
		knock->late_errors++;
	}
	if (nd_knock_emit_answer(knock, &e, a))
		nd_knock_finish_if_done(knock);
}
