/* SPDX-License-Identifier: MIT */
/*
 * A ping as a task of the engine: when to send, which answers are authentic,
 * what they mean to the counters, what to report.
 */
#include "diag/ping.h"
#include "diag/schedule.h"

#include <errno.h>

#define NO_SEQ_NS 100000000 /* until a sequence number is free */

/* Tasks are the first member of diagnostics. */
static struct nd_ping *
of(struct nd_task *task)
{
	return (struct nd_ping *)(void *)task;
}

/* ---- Reporting ---------------------------------------------------------- */

static struct nd_ping_event
event_of(struct nd_ping *ping, enum nd_ping_status status, uint64_t number)
{
	ping->last_ns = ping->task.ctx->now_ns;
	return (struct nd_ping_event){.status = status,
	    .seq = number,
	    .rtt_ns = -1,
	    .clock = ND_CLOCK_NONE,
	    .ttl = -1,
	    .tos = -1,
	    .bytes = -1,
	    .icmp_type = -1,
	    .icmp_code = -1,
	    .info = -1,
	    .invalid = ND_INVALID_COUNT,
	    .diff_offset = -1};
}

static struct nd_ping_event
event_of_probe(
    struct nd_ping *ping, enum nd_ping_status status, const struct nd_probe *p)
{
	struct nd_ping_event e = event_of(ping, status, nd_probe_number(p));

	e.sent_real_ns = p->sent_ns + ping->task.ctx->time.offset_ns;
	return e;
}

/* True while the diagnostic goes on: the callback may have ended it. */
static bool
emit(struct nd_ping *ping, const struct nd_ping_event *e)
{
	ping->profile->cb(ping, e, ping->user);
	return ping->task.active;
}

/* With what is known of the packet that came. */
static bool
emit_answer(struct nd_ping *ping, const struct nd_ping_event *event,
    const struct nd_answer *a)
{
	struct nd_ping_event e = *event;
	struct sockaddr_storage from;

	if (a->packet->from.family != 0) {
		(void)nd_addr_to(&a->packet->from, &from);
		e.from = (const struct sockaddr *)&from;
	}
	e.ttl = a->packet->ttl;
	e.tos = a->packet->tos;
	if (a->is_message)
		e.bytes = (int)a->icmp.len;
	return emit(ping, &e);
}

static bool
all_sent(const struct nd_ping *ping)
{
	return ping->profile->count > 0 &&
	       ping->task.numbers >= ping->profile->count;
}

static void
finish_if_done(struct nd_ping *ping)
{
	const bool enough =
	    (ping->profile->flags & ND_PING_F_FIRST_REPLY) != 0 &&
	    ping->rtt.n + ping->late > ping->late_errors;
	struct nd_ping_event e;

	if (!enough && (!all_sent(ping) || ping->task.in_flight > 0))
		return;
	/* One answer to a broadcast is not the last. */
	if (!enough && ping->senders != NULL && !ping->waited)
		return;
	nd_task_stop(&ping->task);
	e = event_of(ping, ND_PING_DONE, 0);
	(void)emit(ping, &e);
}

/* ---- Sending ------------------------------------------------------------ */

static int64_t
timeout_of(const struct nd_ping *ping)
{
	return nd_timeout(ping->profile->timeout_ns,
	    ping->profile->first_timeout_ns, ping->largest_ns);
}

static void
schedule_next(struct nd_ping *ping)
{
	const struct nd_ping_profile *profile = ping->profile;
	const int64_t now = ping->task.ctx->now_ns;
	int64_t due = ping->task.timer.due_ns;

	if (all_sent(ping)) {
		if (ping->senders != NULL)
			nd_task_due(&ping->task, now + timeout_of(ping));
		return;
	}
	if (ping->task.numbers < profile->preload) {
		due = now;
	} else if ((profile->flags & ND_PING_F_ADAPTIVE) != 0) {
		due = now + profile->interval_ns;
	} else {
		due = nd_next_due(due, profile->interval_ns, now);
	}
	nd_task_due(&ping->task, due);
}

/* ADAPTIVE: an answer asks for the next probe. */
static void
hurry(struct nd_ping *ping)
{
	const struct nd_ping_profile *profile = ping->profile;
	const struct nd_task *task = &ping->task;
	int64_t due = task->ctx->now_ns, least;

	if ((profile->flags & ND_PING_F_ADAPTIVE) == 0 || all_sent(ping) ||
	    task->waiting)
		return;
	least = ping->last_sent_ns + profile->least_interval_ns;
	nd_task_due(&ping->task, due > least ? due : least);
}

static void
emit_send_error(struct nd_ping *ping, int err)
{
	struct nd_ctx *ctx = ping->task.ctx;
	struct nd_ping_event e =
	    event_of(ping, ND_PING_SEND_ERROR, ping->task.numbers);

	ping->send_errors++;
	e.err = err;
	e.sent_real_ns = ping->last_ns + ctx->time.offset_ns;
	if (err == -EMSGSIZE)
		e.info = nd_source_mtu(&ctx->source, &ping->task.addr);
	if (e.info < 0)
		e.info = -1;
	if (emit(ping, &e))
		finish_if_done(ping);
}

static int
on_send(struct nd_task *task)
{
	struct nd_ping *ping = of(task);
	struct nd_ctx *ctx = task->ctx;
	const struct nd_ping_profile *profile = ping->profile;
	const struct nd_sock *s =
	    nd_ctx_sock(ctx, task->addr.family, task->proto);
	struct nd_shot shot = {.timeout_ns = timeout_of(ping),
	    .from = profile->source.family != 0 ? &profile->source : NULL,
	    .ttl = profile->ttl,
	    .tos = profile->tos,
	    .data = ctx->tx};
	struct nd_probe *p;
	uint16_t seq;
	int r;

	if (all_sent(ping)) {
		ping->waited = true;
		finish_if_done(ping);
		return 0;
	}
	r = nd_ping_pick_seq(ping, s->ident, &seq);

	if (r != 0) {
		/* A matter of this address: the others need not wait. */
		nd_task_due(task, nd_monotonic(&ctx->time) + NO_SEQ_NS);
		return 0;
	}
	nd_rtt_reserve(
	    &ping->rtt, &ctx->rtt_budget, (uint64_t)task->in_flight + 1);
	shot.tag = (uint32_t)s->ident << 16 | seq;
	shot.len = nd_ping_build(ping, task->numbers + 1, s->ident, seq);
	r = nd_task_shoot(task, &shot, &p);
	if (r == -EAGAIN)
		return r;
	schedule_next(ping);
	if (r != 0) {
		emit_send_error(ping, r);
		return 0;
	}
	ping->last_sent_ns = p->sent_ns;
	if (ping->first_ns < 0)
		ping->first_ns = p->sent_ns;
	if ((profile->flags & ND_PING_F_SENT) != 0) {
		struct nd_ping_event e = event_of_probe(ping, ND_PING_SENT, p);

		(void)emit(ping, &e);
	}
	return 0;
}

/* ---- Receiving ---------------------------------------------------------- */

static void
reject(struct nd_ping *ping, const struct nd_probe *p,
    const struct nd_answer *a, const struct nd_ping_check *c)
{
	struct nd_ping_event e = event_of_probe(ping, ND_PING_INVALID, p);

	nd_task_invalid(&ping->task, c->fault);
	ping->invalid++;
	/* A number that was never given out, or cannot be believed. */
	if (c->fault == ND_INVALID_UNKNOWN)
		e.seq = 0;
	e.invalid = c->fault;
	e.diff_offset = c->diff_offset;
	e.diff_want = c->want;
	e.diff_got = c->got;
	(void)emit_answer(ping, &e, a);
}

/* What a reply is worth; notes its RTT. */
static enum nd_ping_status
credit(struct nd_ping *ping, enum nd_verdict verdict, uint64_t number,
    const struct nd_answer *a, const struct nd_timing *t)
{
	const uint64_t out = ping->task.numbers - number + 1;
	bool is_new =
	    ping->senders != NULL &&
	    nd_senders_note(ping->senders, &a->packet->from, number, t->rtt_ns);

	if (verdict == ND_VERDICT_DUPLICATE) {
		if (is_new)
			return ND_PING_REPLY;
		ping->duplicates++;
		return ND_PING_DUPLICATE;
	}
	if (t->rtt_ns > ping->largest_ns)
		ping->largest_ns = t->rtt_ns;
	if (verdict == ND_VERDICT_LATE) {
		ping->late++;
		return ND_PING_LATE;
	}
	nd_rtt_add(&ping->rtt, t->rtt_ns);
	if (ping->clock == ND_CLOCK_NONE || t->clock > ping->clock)
		ping->clock = (uint8_t)t->clock;
	if (out > ping->pipe)
		ping->pipe = out;
	return ND_PING_REPLY;
}

static bool
on_reply(struct nd_task *task, struct nd_probe *p, const struct nd_answer *a)
{
	struct nd_ping *ping = of(task);
	const uint64_t number = nd_probe_number(p);
	struct nd_ping_event e;
	enum nd_verdict verdict;
	struct nd_timing t;
	struct nd_ping_check c = {.fault = a->fault, .diff_offset = -1};

	if (a->fault == ND_INVALID_COUNT)
		c = nd_ping_check_reply(
		    ping, number, a->payload, a->payload_len);
	if (c.fault == ND_INVALID_TAG && a->fault == ND_INVALID_COUNT)
		return false;
	if (c.fault != ND_INVALID_COUNT) {
		reject(ping, p, a, &c);
		return true;
	}
	e = event_of_probe(ping, ND_PING_REPLY, p);
	verdict = nd_probe_answered(p, a, &t);
	if (!task->active)
		return true;
	e.status = credit(ping, verdict, number, a, &t);
	e.rtt_ns = t.rtt_ns;
	e.clock = t.clock;
	if (verdict == ND_VERDICT_IN_TIME)
		hurry(ping);
	if (emit_answer(ping, &e, a))
		finish_if_done(ping);
	return true;
}

/* Of a reply all must be as it was sent; of an error it can only be a part. */
static bool
on_proves(
    struct nd_task *task, const struct nd_probe *p, const struct nd_answer *a)
{
	const struct nd_ping *ping = of(task);
	const uint64_t number = nd_probe_number(p);

	if (a->icmp.kind == ND_ICMP_ECHO_REPLY)
		return nd_ping_check_reply(
			   ping, number, a->payload, a->payload_len)
			   .fault == ND_INVALID_COUNT;
	return nd_ping_quotes_tag(ping, a->payload_len) &&
	       nd_ping_check_quote(ping, number, a->payload, a->payload_len);
}

static void
on_error(struct nd_task *task, struct nd_probe *p, const struct nd_answer *a)
{
	struct nd_ping *ping = of(task);
	const struct nd_icmp *icmp = &a->icmp;
	struct nd_ping_event e;
	struct nd_timing t;

	/* These say that something else happened, not that it failed. */
	if (icmp->kind == ND_ICMP_REDIRECT ||
	    icmp->kind == ND_ICMP_SOURCE_QUENCH)
		return;
	if (!nd_ping_check_quote(
		ping, nd_probe_number(p), a->payload, a->payload_len)) {
		reject(ping, p, a,
		    &(const struct nd_ping_check){
			.fault = ND_INVALID_TAG, .diff_offset = -1});
		return;
	}
	e = event_of_probe(ping, ND_PING_UNREACHABLE, p);
	e.icmp_type = icmp->type;
	e.icmp_code = icmp->code;
	e.rewritten = a->rewritten;
	if (icmp->kind == ND_ICMP_TTL_EXCEEDED ||
	    icmp->kind == ND_ICMP_REASSEMBLY)
		e.status = ND_PING_TTL_EXCEEDED;
	else if (icmp->kind == ND_ICMP_TOO_BIG)
		e.info = (int)icmp->mtu;
	else if (icmp->kind == ND_ICMP_PARAMETER)
		e.info = (int)icmp->pointer;
	switch (nd_probe_failed(p, a, &t)) {
	case ND_VERDICT_IN_TIME:
		ping->errors++;
		break;
	case ND_VERDICT_LATE:
		e.status = ND_PING_LATE;
		ping->late++;
		ping->late_errors++;
		break;
	case ND_VERDICT_DUPLICATE:
		return;
	}
	if (!task->active)
		return;
	e.rtt_ns = t.rtt_ns;
	e.clock = t.clock;
	if (emit_answer(ping, &e, a))
		finish_if_done(ping);
}

static void
on_expired(struct nd_task *task, struct nd_probe *p)
{
	struct nd_ping *ping = of(task);
	struct nd_ping_event e = event_of_probe(ping, ND_PING_TIMEOUT, p);

	if (p->sent_ns <= task->ctx->last_drop_ns)
		ping->loss_uncertain = true;
	if (emit(ping, &e))
		finish_if_done(ping);
}

static void
on_settled(struct nd_task *task, const struct nd_probe *p)
{
	if (nd_probe_rtt(p) >= 0)
		nd_rtt_add_ordered(&of(task)->rtt, nd_probe_rtt(p));
}

const struct nd_task_ops nd_ping_ops = {.send = on_send,
    .reply = on_reply,
    .error = on_error,
    .proves = on_proves,
    .expired = on_expired,
    .settled = on_settled};
