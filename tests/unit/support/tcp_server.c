/* SPDX-License-Identifier: MIT */
/* A model of servers, RFC 9293 section 3.10.7.4 and RFC 5961 section 4. */
#include "tcp_server.h"
#include "prng.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define LIMIT_NS (500 * MS)
#define FIRST_TIMER_NS SEC
#define WINDOW 65160u
#define NEAR_NS (100 * MS)

static int64_t
delay(struct tcp_server *s, int64_t least_ns)
{
	return least_ns + prng_in(&s->random, 0, s->jitter_ns);
}

static bool
is_lost(struct tcp_server *s, const struct tcp_passing *p)
{
	const int64_t permille =
	    p->way == TCP_OUT ? s->loss_out_permille : s->loss_back_permille;

	if (s->lose != NULL)
		return s->lose(s, p, s->lose_arg);
	return prng_in(&s->random, 0, 999) < permille;
}

/* ---- This host ------------------------------------------------------------
 */

static void
push(struct tcp_server *s, const struct tcp_packet *p)
{
	cr_assert_lt(s->out_count, TCP_UNDER_WAY);
	s->out[s->out_count++] = *p;
}

/* Its stack has no such connection: RFC 9293 section 3.10.7.1. */
static void
host_resets(struct tcp_server *s, const struct fake_message *syn,
    const struct nd_tcp *answer, uint64_t number, int64_t at_ns)
{
	const struct tcp_passing passing = {
	    .way = TCP_OUT, .flags = ND_TCP_RST, .number = number};
	const struct tcp_packet rst = {.at_ns = at_ns + delay(s, s->out_ns),
	    .syn = *syn,
	    .tcp = {.sport = answer->dport,
		.dport = answer->sport,
		.seq = answer->ack,
		.flags = ND_TCP_RST},
	    .number = number};

	if (!s->eats_rsts && !is_lost(s, &passing))
		push(s, &rst);
}

/* ---- The server's answers -------------------------------------------------
 */

enum fate { ARRIVES, ARRIVES_SLOWLY, LOST };

static enum fate
answer(struct tcp_server *s, const struct fake_message *syn,
    const struct nd_tcp *tcp, const struct tcp_passing *passing, int64_t at_ns)
{
	struct fake_message from = *syn;
	int64_t arrives_ns;
	bool slow;

	if (is_lost(s, passing))
		return LOST;
	from.ttl = s->ttl;
	arrives_ns = at_ns + delay(s, s->back_ns);
	slow = s->slow_permille > 0 &&
	       prng_in(&s->random, 0, 999) < s->slow_permille;
	if (slow)
		arrives_ns += prng_in(&s->random, 0, s->slow_ns);
	knock_segment_arrives(
	    s->rig, &from, tcp, 0, arrives_ns - s->rig->clock.now_ns);
	if ((tcp->flags & ND_TCP_RST) == 0)
		host_resets(s, syn, tcp, passing->number, arrives_ns);
	return slow ? ARRIVES_SLOWLY : ARRIVES;
}

/* One that a SYN has caused. */
static void
answer_to_syn(
    struct tcp_server *s, const struct tcp_packet *p, const struct nd_tcp *tcp)
{
	struct tcp_truth *truth = &s->truth[p->number];
	const struct tcp_passing passing = {
	    .way = TCP_BACK, .flags = tcp->flags, .number = p->number};
	const enum fate fate = answer(s, &p->syn, tcp, &passing, p->at_ns);

	truth->answers++;
	truth->answers_lost += fate == LOST;
	truth->answers_slow += fate == ARRIVES_SLOWLY;
}

/* Its clock counts milliseconds, from somewhere. */
static struct nd_tcp
syn_ack(const struct tcp_server *s, const struct tcp_half *half, int64_t at_ns)
{
	struct nd_tcp tcp = fake_syn_ack_to(&half->origin);

	tcp.seq = half->iss;
	tcp.tsval = 0xfff00000 + (uint32_t)(at_ns / MS);
	tcp.tsecr = half->ts_recent;
	if (s->kind == TCP_SERVER_NOTS)
		tcp.has_timestamps = false;
	return tcp;
}

static struct nd_tcp
challenge_ack(const struct tcp_half *half)
{
	struct nd_tcp tcp = fake_answer_to(&half->origin, ND_TCP_ACK);

	tcp.seq = half->iss + 1;
	return tcp;
}

static struct nd_tcp
reset(const struct tcp_packet *p)
{
	return fake_answer_to(&p->tcp, ND_TCP_RST | ND_TCP_ACK);
}

/* ---- Its memory -----------------------------------------------------------
 */

static struct tcp_half *
find(struct tcp_server *s, const struct tcp_packet *p)
{
	for (size_t i = 0; i < TCP_HALVES; i++) {
		struct tcp_half *half = &s->half[i];

		if (half->used && half->origin.sport == p->tcp.sport &&
		    half->origin.dport == p->tcp.dport &&
		    nd_addr_equal(&half->syn.from, &p->syn.from))
			return half;
	}
	return NULL;
}

static struct tcp_half *
remember(struct tcp_server *s, const struct tcp_packet *p)
{
	struct tcp_half *half = find(s, p);

	for (size_t i = 0; half == NULL && i < TCP_HALVES; i++)
		if (!s->half[i].used)
			half = &s->half[i];
	cr_assert_not_null(half, "the backlog is full");
	*half = (struct tcp_half){.used = true,
	    .syn = p->syn,
	    .origin = p->tcp,
	    .number = p->number,
	    .iss = (uint32_t)prng(&s->random),
	    .ts_recent = p->tcp.tsval,
	    .timer_ns = p->at_ns + FIRST_TIMER_NS};
	return half;
}

/* Whether an answer of a limited kind may go out; then it does. */
static bool
may(struct tcp_server *s, struct tcp_half *half, int64_t at_ns)
{
	if (at_ns < half->limit_ns) {
		s->limited++;
		return false;
	}
	half->limit_ns = at_ns + LIMIT_NS;
	return true;
}

/* ---- What it does with a segment ------------------------------------------
 */

static void
on_repeated_isn(
    struct tcp_server *s, struct tcp_half *half, const struct tcp_packet *p)
{
	struct nd_tcp tcp;
	struct tcp_truth *truth = &s->truth[p->number];

	if (half->timer_ns - p->at_ns < NEAR_NS ||
	    (half->repeat_ns != 0 && p->at_ns - half->repeat_ns < NEAR_NS))
		truth->near_repeat = true;
	if (s->kind == TCP_SERVER_BSD)
		half->ts_recent = p->tcp.tsval;
	else if (!may(s, half, p->at_ns))
		return;
	half->timer_ns = p->at_ns + (FIRST_TIMER_NS << half->timers);
	tcp = syn_ack(s, half, p->at_ns);
	answer_to_syn(s, p, &tcp);
}

static void
on_other_isn(
    struct tcp_server *s, struct tcp_half *half, const struct tcp_packet *p)
{
	struct nd_tcp tcp;

	if (nd_seq_within(p->tcp.seq, half->origin.seq + 1, WINDOW)) {
		s->resets++;
		half->used = false;
		tcp = reset(p);
		answer_to_syn(s, p, &tcp);
	} else if (may(s, half, p->at_ns)) {
		s->challenges++;
		tcp = challenge_ack(half);
		answer_to_syn(s, p, &tcp);
	}
}

static void
on_syn(struct tcp_server *s, const struct tcp_packet *p)
{
	struct tcp_half *half = find(s, p);
	bool old;
	struct nd_tcp tcp;

	s->truth[p->number].arrived = true;
	if (s->kind == TCP_SERVER_CLOSED) {
		tcp = reset(p);
		answer_to_syn(s, p, &tcp);
		return;
	}
	/* RFC 7323 section 5.3: a TSval that goes back is a duplicate's. */
	old = half != NULL && s->kind == TCP_SERVER_LINUX &&
	      p->tcp.has_timestamps &&
	      nd_seq_before(p->tcp.tsval, half->ts_recent);
	if (half != NULL && p->tcp.seq == half->origin.seq && !old) {
		on_repeated_isn(s, half, p);
		return;
	}
	if (half != NULL && s->kind != TCP_SERVER_BSD) {
		on_other_isn(s, half, p);
		return;
	}
	half = remember(s, p);
	tcp = syn_ack(s, half, p->at_ns);
	answer_to_syn(s, p, &tcp);
	if (s->kind == TCP_SERVER_SYNCOOKIE)
		half->used = false;
}

static void
on_rst(struct tcp_server *s, const struct tcp_packet *p)
{
	struct tcp_half *half = find(s, p);

	if (half == NULL ||
	    !nd_seq_within(p->tcp.seq, half->origin.seq + 1, WINDOW))
		return;
	half->used = false;
	s->rsts_taken++;
}

static void
on_timer(struct tcp_server *s, struct tcp_half *half)
{
	const int64_t at_ns = half->timer_ns;
	const struct tcp_passing passing = {.way = TCP_BACK,
	    .flags = ND_TCP_SYN | ND_TCP_ACK,
	    .number = half->number,
	    .repeats = half->timers + 1};
	const struct nd_tcp tcp = syn_ack(s, half, at_ns);

	if (half->timers == s->timers) {
		half->used = false;
		return;
	}
	half->timers++;
	half->repeat_ns = at_ns;
	half->timer_ns = at_ns + (FIRST_TIMER_NS << half->timers);
	s->repeats++;
	(void)answer(s, &half->syn, &tcp, &passing, at_ns);
}

/* ---- Time -----------------------------------------------------------------
 */

/* The next of all that happens at the server, or false. */
static bool
next_of(struct tcp_server *s, int64_t *at_ns, size_t *packet,
    struct tcp_half **timer)
{
	*at_ns = INT64_MAX;
	*timer = NULL;
	for (size_t i = 0; i < s->out_count; i++)
		if (s->out[i].at_ns < *at_ns) {
			*at_ns = s->out[i].at_ns;
			*packet = i;
		}
	for (size_t i = 0; i < TCP_HALVES; i++)
		if (s->half[i].used && s->half[i].timer_ns < *at_ns) {
			*at_ns = s->half[i].timer_ns;
			*timer = &s->half[i];
		}
	return *at_ns != INT64_MAX;
}

static int64_t
on_time(struct fake_net *net, void *arg)
{
	struct tcp_server *s = ((struct knock_rig *)arg)->server;
	struct tcp_packet packet;
	struct tcp_half *timer;
	int64_t at_ns;
	size_t i = 0;

	while (next_of(s, &at_ns, &i, &timer) && at_ns <= net->clock->now_ns) {
		if (timer != NULL) {
			on_timer(s, timer);
			continue;
		}
		packet = s->out[i];
		s->out[i] = s->out[--s->out_count];
		if ((packet.tcp.flags & ND_TCP_RST) != 0)
			on_rst(s, &packet);
		else
			on_syn(s, &packet);
	}
	return at_ns;
}

static int
on_send(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	struct knock_rig *r = arg;
	struct tcp_server *s = r->server;
	const uint64_t number = ++s->syns;
	const struct tcp_passing passing = {
	    .way = TCP_OUT, .flags = ND_TCP_SYN, .number = number};
	struct tcp_packet p = {
	    .syn = *sent->reply, .tcp = sent->tcp, .number = number};

	knock_note(r, sent);
	if (number >= s->truth_room) {
		s->truth_room = 2 * number + 64;
		s->truth = realloc(s->truth, s->truth_room * sizeof(*s->truth));
		cr_assert_not_null(s->truth);
	}
	s->truth[number] = (struct tcp_truth){.isn = sent->tcp.seq,
	    .tsval = sent->tcp.tsval,
	    .sport = sent->tcp.sport,
	    .sent_ns = net->clock->now_ns};
	if (is_lost(s, &passing))
		return 0;
	p.at_ns = net->clock->now_ns + delay(s, s->out_ns);
	push(s, &p);
	return 0;
}

struct tcp_server *
tcp_server_new(struct knock_rig *r, enum tcp_server_kind kind, uint64_t seed)
{
	struct tcp_server *s = calloc(1, sizeof(*s));

	cr_assert_not_null(s);
	s->rig = r;
	s->kind = kind;
	s->out_ns = 4 * MS;
	s->back_ns = 6 * MS;
	s->ttl = 57;
	s->timers = 5;
	s->random = seed;
	r->server = s;
	r->net.on_send = on_send;
	r->net.on_time = on_time;
	return s;
}

void
tcp_server_free(struct tcp_server *s)
{
	free(s->truth);
	free(s);
}
