/* SPDX-License-Identifier: MIT */
/* A context over the fake backend with a log of every event. */
#include "knock_rig.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* knock_rig.told */
#define TOLD_TIMEOUT 1u
#define TOLD_DECIDED 2u

void
knock_note(struct knock_rig *r, const struct fake_sent *sent)
{
	if (r->sent_count == KNOCK_SENT)
		return;
	r->sent[r->sent_count++] = (struct knock_syn){.tcp = sent->tcp,
	    .at_ns = r->clock.now_ns,
	    .ttl = sent->send->ttl,
	    .tos = sent->send->tos};
}

void
knock_segment_arrives(struct knock_rig *r, const struct fake_message *syn,
    const struct nd_tcp *tcp, size_t len, int64_t delay_ns)
{
	const struct fake_message m = fake_segment_make(syn, tcp, len);

	fake_message_arrives(&r->net, &m, delay_ns);
}

int
knock_open(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	struct knock_rig *r = arg;
	const struct nd_tcp tcp = fake_syn_ack_to(&sent->tcp);

	(void)net;
	knock_note(r, sent);
	knock_segment_arrives(r, sent->reply, &tcp, 0, r->rtt_ns);
	return 0;
}

int
knock_closed(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	struct knock_rig *r = arg;
	const struct nd_tcp tcp =
	    fake_answer_to(&sent->tcp, ND_TCP_RST | ND_TCP_ACK);

	(void)net;
	knock_note(r, sent);
	knock_segment_arrives(r, sent->reply, &tcp, 0, r->rtt_ns);
	return 0;
}

int
knock_silent(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	(void)net;
	knock_note(arg, sent);
	return 0;
}

static struct knock_rig *
rig_new(unsigned flows, bool connects)
{
	struct nd_limits unlimited = ND_LIMITS_INIT;
	struct knock_rig *r = calloc(1, sizeof(*r));

	cr_assert_not_null(r);
	unlimited.rate_pps = 0;
	r->begin_ns = 100 * HOUR;
	r->rtt_ns = 10 * MS;
	virtual_clock_init(&r->clock, r->begin_ns);
	fake_net_init(&r->net, &r->clock);
	r->net.methods = ND_TCP;
	r->net.flows = flows;
	r->net.connects = connects;
	r->net.on_send = connects ? NULL : knock_open;
	r->net.arg = r;
	r->ctx = fake_net_ctx(&r->net, &unlimited);
	return r;
}

struct knock_rig *
knock_rig_new(unsigned flows)
{
	return rig_new(flows, false);
}

struct knock_rig *
knock_rig_connect(void)
{
	return rig_new(0, true);
}

void
knock_rig_free(struct knock_rig *r)
{
	struct nd_ctx_stats s = knock_rig_ctx_stats(r);

	cr_assert_eq(s.tasks, 0);
	cr_assert_eq(s.in_flight, 0);
	cr_assert_eq(s.histogram_bytes, 0);
	cr_assert_eq(r->ctx->table.used, 0);
	cr_assert_null(r->ctx->shared);
	for (size_t i = 0; r->ctx->peers.table != NULL && i < ND_PEERS; i++)
		cr_assert_eq(r->ctx->peers.table[i].taken, 0);
	nd_ctx_free(r->ctx);
	cr_assert_eq(r->net.opened, 0);
	fake_net_free(&r->net);
	free(r->told);
	free(r);
}

static struct sockaddr_storage
with_port(const char *text, uint16_t port)
{
	union {
		struct sockaddr_storage ss;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} u = {.ss = fake_sockaddr(text)};

	if (u.ss.ss_family == AF_INET)
		u.v4.sin_port = htons(port);
	else
		u.v6.sin6_port = htons(port);
	return u.ss;
}

struct nd_knock_opts
knock_rig_opts(struct knock_rig *r, const char *addr)
{
	struct nd_knock_opts o = ND_KNOCK_OPTS_INIT;

	r->addr = with_port(addr, KNOCK_PORT);
	r->source = fake_sockaddr(
	    r->addr.ss_family == AF_INET ? "192.0.2.1" : "2001:db8::1");
	o.addr = (const struct sockaddr *)&r->addr;
	/* The system is not asked: there may be no route here. */
	o.source = (const struct sockaddr *)&r->source;
	return o;
}

/* Each probe: one TIMEOUT event at most, one decision at most. */
static void
check_once(struct knock_rig *r, const struct nd_knock_event *e)
{
	uint8_t *told;

	if (e->seq >= r->told_size) {
		const uint64_t size = 2 * e->seq + 64;

		r->told = realloc(r->told, size);
		cr_assert_not_null(r->told);
		memset(r->told + r->told_size, 0, size - r->told_size);
		r->told_size = size;
	}
	told = &r->told[e->seq];
	switch (e->status) {
	case ND_KNOCK_OPEN:
	case ND_KNOCK_CLOSED:
	case ND_KNOCK_UNREACHABLE:
	case ND_KNOCK_CHALLENGE:
	case ND_KNOCK_SEND_ERROR:
	case ND_KNOCK_TIMEOUT:
		cr_assert_eq(*told, 0, "probe %llu is decided twice",
		    (unsigned long long)e->seq);
		*told = TOLD_DECIDED;
		if (e->status == ND_KNOCK_TIMEOUT)
			*told |= TOLD_TIMEOUT;
		break;
	case ND_KNOCK_LATE:
		cr_assert(
		    (*told & TOLD_TIMEOUT) != 0, "late, but not timed out");
		break;
	case ND_KNOCK_DUPLICATE:
		cr_assert_neq(*told, 0, "a duplicate of what is open");
		break;
	case ND_KNOCK_INVALID:
	case ND_KNOCK_DONE:
		break;
	}
}

/* What an event of each status consists of. */
static void
check_event(const struct nd_knock_event *e)
{
	const bool answered =
	    e->status == ND_KNOCK_OPEN || e->status == ND_KNOCK_CLOSED ||
	    e->status == ND_KNOCK_UNREACHABLE ||
	    e->status == ND_KNOCK_CHALLENGE || e->status == ND_KNOCK_LATE ||
	    e->status == ND_KNOCK_DUPLICATE;

	cr_assert_eq(
	    e->seq == 0, e->status == ND_KNOCK_DONE ||
			     (e->status == ND_KNOCK_INVALID && e->seq == 0));
	cr_assert_eq(e->err != 0, e->status == ND_KNOCK_SEND_ERROR);
	cr_assert_eq(
	    e->invalid != ND_INVALID_COUNT, e->status == ND_KNOCK_INVALID);
	cr_assert_eq(e->answer != ND_KNOCK_ANSWER_NONE, answered);
	cr_assert_eq(e->tcp != NULL, e->answer == ND_KNOCK_ANSWER_SYN_ACK);
	cr_assert_eq(e->icmp_type >= 0, e->answer == ND_KNOCK_ANSWER_ICMP);
	cr_assert(
	    e->lost_dir == ND_LOST_UNKNOWN || e->status == ND_KNOCK_TIMEOUT);
	cr_assert(!e->rst_lost || answered);
	if (e->ambiguous || e->answer == ND_KNOCK_ANSWER_ACK || !answered)
		cr_assert_eq(e->rtt_ns, -1);
	else
		cr_assert_geq(e->rtt_ns, 0);
	cr_assert_eq(e->clock == ND_CLOCK_NONE, e->rtt_ns < 0);
	if (e->status == ND_KNOCK_OPEN)
		cr_assert_eq(e->answer, ND_KNOCK_ANSWER_SYN_ACK);
	if (e->status == ND_KNOCK_CLOSED)
		cr_assert_eq(e->answer, ND_KNOCK_ANSWER_RST);
	if (e->status == ND_KNOCK_CHALLENGE)
		cr_assert_eq(e->answer, ND_KNOCK_ANSWER_ACK);
}

/* The counters and all events so far. */
static void
check_counts(const struct knock_rig *r, const struct nd_knock *knock,
    const struct nd_knock_event *e)
{
	const struct nd_knock_stats s = knock_rig_stats(knock);
	const uint64_t *n = r->count;

	cr_assert_eq(s.received,
	    n[ND_KNOCK_OPEN] + n[ND_KNOCK_CLOSED] + n[ND_KNOCK_CHALLENGE]);
	cr_assert_eq(s.errors, n[ND_KNOCK_UNREACHABLE]);
	cr_assert_eq(s.late, n[ND_KNOCK_LATE]);
	cr_assert_eq(s.duplicates, n[ND_KNOCK_DUPLICATE]);
	cr_assert_eq(s.invalid, n[ND_KNOCK_INVALID]);
	cr_assert_eq(s.send_errors, n[ND_KNOCK_SEND_ERROR]);
	cr_assert_leq(n[ND_KNOCK_TIMEOUT], s.lost);
	cr_assert_eq(n[ND_KNOCK_DONE], e->status == ND_KNOCK_DONE);
	if (e->status != ND_KNOCK_DONE)
		return;
	cr_assert_eq(n[ND_KNOCK_TIMEOUT], s.lost);
	cr_assert_eq(s.unfinished, 0);
}

static void
on_event(struct nd_knock *knock, const struct nd_knock_event *e, void *user)
{
	struct knock_rig *r = user;
	struct knock_log *at;

	r->count[e->status]++;
	check_event(e);
	if (!r->multiple) {
		check_once(r, e);
		check_counts(r, knock, e);
	}
	if (r->logged < KNOCK_LOG) {
		at = &r->log[r->logged++];
		*at = (struct knock_log){.e = *e, .at_ns = r->clock.now_ns};
		if (e->from != NULL) {
			memcpy(&at->from, e->from,
			    e->from->sa_family == AF_INET
				? sizeof(struct sockaddr_in)
				: sizeof(struct sockaddr_in6));
			at->e.from = (const struct sockaddr *)&at->from;
		}
		if (e->tcp != NULL) {
			at->tcp = *e->tcp;
			at->e.tcp = &at->tcp;
		}
	}
	if (r->hook != NULL)
		r->hook(r, knock, e);
}

struct nd_knock *
knock_rig_start(struct knock_rig *r, const struct nd_knock_opts *opts)
{
	struct nd_knock *knock = NULL;

	cr_assert_eq(nd_knock_start(&knock, r->ctx, opts, on_event, r), 0);
	return knock;
}

void
knock_rig_run(struct knock_rig *r, int64_t for_ns)
{
	(void)fake_net_run(&r->net, r->ctx, r->clock.now_ns + for_ns);
}

const struct knock_log *
knock_rig_event(
    const struct knock_rig *r, enum nd_knock_status status, size_t nth)
{
	for (size_t i = 0; i < r->logged; i++)
		if (r->log[i].e.status == status && --nth == 0)
			return &r->log[i];
	cr_assert_fail("no such event of status %d", (int)status);
	return NULL;
}

/* The flows together are the whole. */
static void
check_flows(const struct nd_knock *knock, const struct nd_knock_stats *s)
{
	struct nd_knock_flow f, sum = {.port = 0};

	for (unsigned i = 0; nd_knock_flow(knock, i, &f) == 0; i++) {
		cr_assert_leq(f.received + f.lost + f.errors, f.sent);
		sum.sent += f.sent;
		sum.received += f.received;
		sum.lost += f.lost;
		sum.errors += f.errors;
		cr_assert_eq(f.min_ns < 0, f.max_ns < 0);
		cr_assert_eq(f.min_ns < 0, f.avg_ns < 0);
		cr_assert(f.min_ns <= f.avg_ns && f.avg_ns <= f.max_ns);
	}
	cr_assert_eq(sum.sent, s->sent);
	cr_assert_eq(sum.received, s->received);
	cr_assert_eq(sum.lost, s->lost);
	cr_assert_eq(sum.errors, s->errors);
}

struct nd_knock_stats
knock_rig_stats(const struct nd_knock *knock)
{
	struct nd_knock_stats s = {.size = sizeof(s)};

	cr_assert_eq(nd_knock_stats(knock, &s), 0);
	cr_assert_eq(s.sent, s.received + s.lost + s.errors + s.unfinished);
	/* What is unsigned must not have gone below 0. */
	cr_assert_leq(s.lost, s.sent);
	cr_assert_leq(s.unfinished, s.sent);
	cr_assert_eq(s.lost, s.lost_out + s.lost_back + s.lost_unknown);
	cr_assert_leq(s.lost_unknown, s.lost);
	cr_assert_leq(s.late, s.lost);
	cr_assert_leq(s.late_errors, s.late);
	cr_assert_leq(s.ambiguous, s.received);
	cr_assert_eq(s.syn_acks + s.rsts + s.challenges + s.late_errors,
	    s.received + s.late);
	cr_assert_leq(s.rtt.samples, s.received - s.ambiguous);
	cr_assert_geq(s.rtt.samples + s.challenges, s.received - s.ambiguous);
	cr_assert(!s.mixed || s.syn_acks + s.duplicates > 0);
	cr_assert_eq(s.state == ND_KNOCK_STATE_FILTERED,
	    s.syn_acks + s.rsts + s.challenges == 0);
	check_flows(knock, &s);
	return s;
}

struct nd_ctx_stats
knock_rig_ctx_stats(const struct knock_rig *r)
{
	struct nd_ctx_stats s = {.size = sizeof(s)};

	cr_assert_eq(nd_ctx_stats(r->ctx, &s), 0);
	return s;
}
