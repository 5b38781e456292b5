/* SPDX-License-Identifier: MIT */
/*
 * A knock as a task of the engine: when to send what, and what became of the
 * probes that nobody answered.
 */
#include "diag/knock.h"
#include "diag/schedule.h"

#include <errno.h>
#include <netinet/in.h>

#define ROUTE_NS                                                               \
	INT64_C(30000000000) /* an answer of the system is good for            \
			      */
#define NO_MEMORY_NS 100000000
/* As Linux has them, for a link of 1500 bytes. */
#define WINDOW 64240
#define WSCALE 7
#define DEFAULT_MTU4 1500
#define DEFAULT_MTU6 1280
#define LEAST_MSS 536
#define HEADERS4 40 /* of IP and TCP */
#define HEADERS6 60
/* A TIMEOUT event waits for so many newer probes at most. */
#define WAIT_NEWER 16

/* Tasks are the first member of diagnostics. */
static struct nd_knock *
of(struct nd_task *task)
{
	return (struct nd_knock *)(void *)task;
}

/* ---- Reporting ---------------------------------------------------------- */

struct nd_knock_event
nd_knock_event_of(
    struct nd_knock *knock, enum nd_knock_status status, uint64_t number)
{
	knock->last_ns = knock->task.ctx->now_ns;
	return (struct nd_knock_event){.status = status,
	    .seq = number,
	    .rtt_ns = -1,
	    .clock = ND_CLOCK_NONE,
	    .ttl = -1,
	    .tos = -1,
	    .icmp_type = -1,
	    .icmp_code = -1,
	    .info = -1,
	    .invalid = ND_INVALID_COUNT};
}

struct nd_knock_event
nd_knock_event_of_probe(struct nd_knock *knock, enum nd_knock_status status,
    const struct nd_probe *p)
{
	struct nd_knock_event e =
	    nd_knock_event_of(knock, status, nd_probe_number(p));

	e.flow = (p->note & ND_KNOCK_NOTE_PORT) + 1;
	e.sent_real_ns = p->sent_ns + knock->task.ctx->time.offset_ns;
	return e;
}

bool
nd_knock_emit(struct nd_knock *knock, const struct nd_knock_event *e)
{
	knock->profile->cb(knock, e, knock->user);
	return knock->task.active;
}

bool
nd_knock_tell_loss(struct nd_knock *knock, struct nd_probe *p)
{
	struct nd_knock_event e;

	if ((p->note & ND_KNOCK_NOTE_TOLD) != 0)
		return true;
	p->note |= ND_KNOCK_NOTE_TOLD;
	knock->waiting--;
	e = nd_knock_event_of_probe(knock, ND_KNOCK_TIMEOUT, p);
	if ((p->note & ND_KNOCK_NOTE_OUT) != 0)
		e.lost_dir = ND_LOST_OUT;
	else if ((p->note & ND_KNOCK_NOTE_BACK) != 0)
		e.lost_dir = ND_LOST_BACK;
	return nd_knock_emit(knock, &e);
}

/* It may be late by now, too. */
static bool
is_lost(const struct nd_probe *p)
{
	return p->state == ND_PROBE_EXPIRED || p->state == ND_PROBE_LATE;
}

bool
nd_knock_tell_losses(
    struct nd_knock *knock, const struct nd_knock_port *port, uint64_t number)
{
	struct nd_probe *p = knock->task.oldest, *next;

	for (; p != NULL && knock->waiting > 0; p = next) {
		const uint64_t n = nd_probe_number(p);

		next = p->next;
		if (!is_lost(p) ||
		    (port != NULL && n + WAIT_NEWER > number &&
			(nd_knock_port_of(knock, p) != port || n > number)))
			continue;
		if (!nd_knock_tell_loss(knock, p))
			return false;
	}
	return true;
}

static bool
all_sent(const struct nd_knock *knock)
{
	return knock->profile->count > 0 &&
	       knock->task.numbers >= knock->profile->count;
}

void
nd_knock_finish_if_done(struct nd_knock *knock)
{
	struct nd_knock_event e;

	if (!all_sent(knock) || knock->task.in_flight > 0 ||
	    knock->late_follows || !nd_knock_tell_losses(knock, NULL, 0))
		return;
	nd_task_stop(&knock->task);
	e = nd_knock_event_of(knock, ND_KNOCK_DONE, 0);
	(void)nd_knock_emit(knock, &e);
}

/* ---- Sending ------------------------------------------------------------ */

/* Source address and MSS, asked for again from time to time. */
static int
find_route(struct nd_knock *knock, int64_t now_ns)
{
	struct nd_ctx *ctx = knock->task.ctx;
	const bool is4 = knock->task.addr.family == AF_INET;
	const int headers = is4 ? HEADERS4 : HEADERS6;
	int mtu = 0, r = 0;

	if (knock->routed_ns >= 0 && now_ns - knock->routed_ns < ROUTE_NS)
		return 0;
	if (knock->profile->source.family != 0) {
		knock->from = knock->profile->source;
		mtu = nd_source_mtu(&ctx->source, &knock->task.addr);
	} else {
		r = nd_source_route(
		    &ctx->source, &knock->task.addr, &knock->from, &mtu);
	}
	if (r != 0)
		return r;
	if (mtu < LEAST_MSS + headers)
		mtu = is4 ? DEFAULT_MTU4 : DEFAULT_MTU6;
	knock->mss =
	    (uint16_t)(mtu - headers > UINT16_MAX ? UINT16_MAX : mtu - headers);
	knock->routed_ns = now_ns;
	return 0;
}

static size_t
build_syn(struct nd_knock *knock, uint16_t sport, uint32_t isn)
{
	static const enum nd_tcp_syn_options options[] = {
	    [ND_SYN_LINUX] = ND_TCP_SYN_LINUX,
	    [ND_SYN_MSS] = ND_TCP_SYN_MSS,
	    [ND_SYN_NONE] = ND_TCP_SYN_BARE};
	const struct nd_task *task = &knock->task;
	struct nd_wbuf w = nd_wbuf_init(task->ctx->tx, ND_CTX_TX_SIZE);
	struct nd_tcp tcp = {.sport = sport,
	    .dport = knock->port,
	    .seq = isn,
	    .flags = nd_knock_ecn_flags(knock, task->numbers + 1),
	    .window = WINDOW,
	    .mss = knock->mss,
	    .wscale = WSCALE,
	    .tsval = knock->tsval + (uint32_t)(task->numbers + 1)};

	return nd_tcp_syn_put(&w, &tcp, task->addr.family, knock->from.ip,
	    task->addr.ip, options[knock->profile->options]);
}

static void
emit_send_error(struct nd_knock *knock, unsigned port, int err)
{
	struct nd_knock_event e =
	    nd_knock_event_of(knock, ND_KNOCK_SEND_ERROR, knock->task.numbers);

	knock->send_errors++;
	/* The route may have changed. */
	knock->routed_ns = -1;
	e.flow = port + 1;
	e.err = err;
	e.sent_real_ns = knock->last_ns + knock->task.ctx->time.offset_ns;
	if (nd_knock_emit(knock, &e))
		nd_knock_finish_if_done(knock);
}

static void
schedule_next(struct nd_knock *knock, const struct nd_knock_port *port)
{
	int64_t due;

	if (all_sent(knock))
		return;
	knock->due_ns = nd_next_due(knock->due_ns, knock->profile->interval_ns,
	    knock->task.ctx->now_ns);
	due = knock->due_ns;
	if (port != NULL)
		due -= nd_knock_head_start(knock, port);
	nd_task_due(&knock->task, due);
}

static struct nd_shot
shot_of(const struct nd_knock *knock)
{
	const struct nd_knock_profile *f = knock->profile;

	return (struct nd_shot){.timeout_ns = nd_timeout(f->timeout_ns,
				    f->first_timeout_ns, knock->largest_ns),
	    .port = knock->port,
	    .full = (f->flags & ND_KNOCK_F_FULL) != 0,
	    .ttl = f->ttl,
	    .tos = nd_knock_ecn_tos(knock, knock->task.numbers + 1),
	    .data = knock->task.ctx->tx};
}

/* Sends it, from the I-th port. */
static int
shoot(struct nd_knock *knock, unsigned i, struct nd_shot *shot,
    struct nd_probe **ret)
{
	struct nd_ctx *ctx = knock->task.ctx;
	int r;

	nd_rtt_reserve(
	    &knock->rtt, &ctx->rtt_budget, (uint64_t)knock->task.in_flight + 1);
	shot->note = (uint16_t)i;
	r = nd_task_shoot(&knock->task, shot, ret);
	if (r != 0)
		return r;
	knock->ports[i].sent++;
	if (knock->first_ns < 0)
		knock->first_ns = (*ret)->sent_ns;
	return 0;
}

/* The kernel makes the SYN, and chooses the port. */
static int
send_connect(struct nd_knock *knock)
{
	struct nd_shot shot = shot_of(knock);
	struct nd_probe *p;
	int r;

	if (knock->profile->source.family != 0)
		shot.from = &knock->profile->source;
	shot.tag = nd_knock_pick_isn(knock, &knock->ports[0]);
	r = shoot(knock, 0, &shot, &p);
	if (r == -EAGAIN)
		return r;
	schedule_next(knock, NULL);
	if (r != 0)
		emit_send_error(knock, 0, r);
	return 0;
}

/* P has left from PORT with ISN. */
static void
note_sent(struct nd_knock_port *port, const struct nd_probe *p)
{
	if (!port->open) {
		port->open = true;
		port->isn = p->tag;
		port->count = 0;
		port->first_ns = p->sent_ns;
	}
	port->count++;
	port->newest = nd_probe_number(p);
	port->last_ns = p->sent_ns;
}

/* Ahead of its time, and the last one was answered after all. */
static bool
is_too_early(const struct nd_knock *knock, const struct nd_knock_port *port,
    int64_t now_ns)
{
	return knock->task.numbers > 0 &&
	       now_ns < knock->due_ns - ND_WHEEL_TICK_NS &&
	       nd_knock_head_start(knock, port) == 0;
}

static int
send_raw(struct nd_knock *knock)
{
	struct nd_task *task = &knock->task;
	struct nd_ctx *ctx = task->ctx;
	struct nd_shot shot = shot_of(knock);
	struct nd_knock_port *port;
	struct nd_probe *p;
	int64_t now = nd_monotonic(&ctx->time), retry;
	unsigned i;
	int r;

	port = nd_knock_pick_port(knock, now, &retry);
	if (port == NULL) {
		nd_task_due(task, retry >= 0 ? retry : now + NO_MEMORY_NS);
		return 0;
	}
	if (is_too_early(knock, port, now)) {
		nd_task_due(task, knock->due_ns);
		return 0;
	}
	i = (unsigned)(port - knock->ports);
	r = find_route(knock, now);
	if (r == 0) {
		shot.tag =
		    port->open ? port->isn : nd_knock_pick_isn(knock, port);
		shot.len = build_syn(knock, ctx->tcp_ports.port[i], shot.tag);
		shot.from = &knock->from;
		r = shoot(knock, i, &shot, &p);
	} else if (r != -EAGAIN) {
		task->numbers++;
	}
	if (r == -EAGAIN)
		return r;
	if (r == 0)
		note_sent(port, p);
	schedule_next(knock, port);
	if (r != 0)
		emit_send_error(knock, i, r);
	return 0;
}

static int
on_send(struct nd_task *task)
{
	const struct nd_sock *s =
	    nd_ctx_sock(task->ctx, task->addr.family, task->proto);

	return (s->caps & ND_NET_CONNECTS) != 0 ? send_connect(of(task))
						: send_raw(of(task));
}

/* ---- Not answered ------------------------------------------------------- */

/* Whether a later SYN from PORT may tell which way one was lost. */
static bool
may_be_explained(const struct nd_knock *knock, const struct nd_knock_port *port)
{
	return port->open && knock->profile->options == ND_SYN_LINUX;
}

static void
on_expired(struct nd_task *task, struct nd_probe *p)
{
	struct nd_knock *knock = of(task);
	struct nd_knock_port *port = nd_knock_port_of(knock, p);
	const uint64_t number = nd_probe_number(p);

	if (p->sent_ns <= task->ctx->last_drop_ns) {
		knock->loss_uncertain = true;
		/* It may be lost right here. */
		p->note &= 0xffff & ~ND_KNOCK_NOTE_DIR;
	}
	port->lost++;
	knock->waiting++;
	nd_knock_ecn_lost(knock, p);
	nd_knock_count_loss(knock, p);
	/* Those before it wait no longer; it does, unless nothing can come. */
	if (!nd_knock_tell_losses(knock, port, number - 1))
		return;
	if (!may_be_explained(knock, port) && !nd_knock_tell_loss(knock, p))
		return;
	nd_knock_finish_if_done(knock);
}

static void
on_settled(struct nd_task *task, const struct nd_probe *p)
{
	if (nd_probe_rtt(p) >= 0)
		nd_rtt_add_ordered(&of(task)->rtt, nd_probe_rtt(p));
}

static void
on_forgotten(struct nd_task *task, struct nd_probe *p)
{
	if (is_lost(p))
		(void)nd_knock_tell_loss(of(task), p);
}

const struct nd_task_ops nd_knock_ops = {.send = on_send,
    .reply = nd_knock_on_reply,
    .error = nd_knock_on_error,
    .proves = nd_knock_on_proves,
    .expired = on_expired,
    .settled = on_settled,
    .forgotten = on_forgotten};
