/* SPDX-License-Identifier: MIT */
/*
 * What an answer is worth: the counters, RTTs and states that it changes, and
 * the event that tells of it.
 */
#include "diag/knock.h"

/* ---- What is told -------------------------------------------------------- */

bool
nd_knock_emit_answer(struct nd_knock *knock, const struct nd_knock_event *event,
    const struct nd_answer *a)
{
	struct nd_knock_event e = *event;
	struct sockaddr_storage from;

	if (a->packet->from.family != 0) {
		(void)nd_addr_to(&a->packet->from, &from);
		e.from = (const struct sockaddr *)&from;
	}
	e.ttl = a->packet->ttl;
	e.tos = a->packet->tos;
	return nd_knock_emit(knock, &e);
}

void
nd_knock_reject(struct nd_knock *knock, const struct nd_probe *p,
    const struct nd_answer *a, enum nd_invalid fault)
{
	struct nd_knock_event e =
	    nd_knock_event_of_probe(knock, ND_KNOCK_INVALID, p);

	nd_task_invalid(&knock->task, fault);
	knock->invalid++;
	/* A number that was never given out, or cannot be believed. */
	if (fault == ND_INVALID_UNKNOWN)
		e.seq = 0;
	e.invalid = fault;
	(void)nd_knock_emit_answer(knock, &e, a);
}

enum nd_knock_status
nd_knock_status_of(enum nd_knock_answer answer, enum nd_verdict verdict)
{
	static const enum nd_knock_status in_time[] = {
	    [ND_KNOCK_ANSWER_NONE] = ND_KNOCK_INVALID,
	    [ND_KNOCK_ANSWER_SYN_ACK] = ND_KNOCK_OPEN,
	    [ND_KNOCK_ANSWER_RST] = ND_KNOCK_CLOSED,
	    [ND_KNOCK_ANSWER_ACK] = ND_KNOCK_CHALLENGE,
	    [ND_KNOCK_ANSWER_ICMP] = ND_KNOCK_UNREACHABLE};

	if (verdict == ND_VERDICT_LATE)
		return ND_KNOCK_LATE;
	return verdict == ND_VERDICT_DUPLICATE ? ND_KNOCK_DUPLICATE
					       : in_time[answer];
}

/* ---- What it is worth ---------------------------------------------------- */

/* Of duplicates too: a middlebox answers beside the server. */
static void
note_ttl(struct nd_knock *knock, enum nd_knock_answer answer, int ttl)
{
	knock->ttl = (int16_t)ttl;
	if (answer == ND_KNOCK_ANSWER_SYN_ACK)
		knock->syn_ack_ttl = (int16_t)ttl;
	else if (answer == ND_KNOCK_ANSWER_RST)
		knock->rst_ttl = (int16_t)ttl;
	if (knock->syn_ack_ttl >= 0 && knock->rst_ttl >= 0 &&
	    knock->syn_ack_ttl != knock->rst_ttl)
		knock->rst_ttl_differs = true;
}

static void
note_answer(struct nd_knock *knock, enum nd_knock_answer answer)
{
	if (answer == ND_KNOCK_ANSWER_SYN_ACK)
		knock->syn_acks++;
	else if (answer == ND_KNOCK_ANSWER_RST)
		knock->rsts++;
	else
		knock->challenges++;
	if (knock->syn_acks > 0 && knock->rsts > 0)
		knock->mixed = true;
}

static void
note_rtt(struct nd_knock *knock, struct nd_knock_port *port,
    const struct nd_timing *t, bool in_time)
{
	if (t->rtt_ns > knock->largest_ns)
		knock->largest_ns = t->rtt_ns;
	if (knock->least_ns < 0 || t->rtt_ns < knock->least_ns)
		knock->least_ns = t->rtt_ns;
	if (!in_time)
		return;
	nd_rtt_add(&knock->rtt, t->rtt_ns);
	if (knock->exactness == ND_CLOCK_NONE || t->clock > knock->exactness)
		knock->exactness = (uint8_t)t->clock;
	if (port->samples == 0 || t->rtt_ns < port->min_ns)
		port->min_ns = t->rtt_ns;
	if (t->rtt_ns > port->max_ns)
		port->max_ns = t->rtt_ns;
	port->sum_ns += t->rtt_ns;
	port->samples++;
}

bool
nd_knock_credit(struct nd_knock *knock, const struct nd_knock_credit *c,
    const struct nd_answer *a)
{
	struct nd_task *task = &knock->task;
	const bool timed = !c->ambiguous && c->answer != ND_KNOCK_ANSWER_ACK;
	struct nd_knock_event e =
	    nd_knock_event_of_probe(knock, ND_KNOCK_OPEN, c->p);
	enum nd_verdict verdict;
	struct nd_timing t;

	/* While the counters still are what they were. */
	if (!nd_knock_tell_losses(knock, c->port, e.seq))
		return false;
	knock->late_follows = true;
	verdict = timed ? nd_probe_answered(c->p, a, &t)
			: nd_probe_failed(c->p, a, &t);
	knock->late_follows = false;
	if (!task->active || !nd_knock_tell_losses(knock, c->port, e.seq))
		return false;
	e.status = nd_knock_status_of(c->answer, verdict);
	e.answer = c->answer;
	e.ambiguous = c->ambiguous;
	e.tcp = c->tcp;
	e.rst_lost = c->rst_lost;
	if (timed) {
		e.rtt_ns = t.rtt_ns;
		e.clock = t.clock;
	}
	note_ttl(knock, c->answer, a->packet->ttl);
	if (verdict == ND_VERDICT_DUPLICATE) {
		knock->duplicates++;
	} else {
		note_answer(knock, c->answer);
		nd_knock_ecn_answered(knock, c, a);
		if (timed)
			note_rtt(
			    knock, c->port, &t, verdict == ND_VERDICT_IN_TIME);
	}
	if (verdict == ND_VERDICT_LATE) {
		knock->late++;
		nd_knock_came_after_all(knock, c->p, c->ambiguous);
	}
	if (verdict == ND_VERDICT_IN_TIME) {
		knock->received++;
		c->port->received++;
		knock->ambiguous += c->ambiguous;
	}
	if (!nd_knock_emit_answer(knock, &e, a))
		return false;
	nd_knock_finish_if_done(knock);
	return task->active && timed && verdict == ND_VERDICT_IN_TIME;
}
