/* SPDX-License-Identifier: MIT */
/*
 * lib/engine/demux_tcp.c: which probe a TCP segment, an ICMP error about one or
 * the outcome of a connect() is about, and what is said of those about none.
 */
#include "prng.h"
#include "syn_rig.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>

#define ISN 0xfffffff0u
#define SYN_ACK (ND_TCP_SYN | ND_TCP_ACK)

static const char *const target[] = {"192.0.2.7", "2001:db8::7"};
static const char *const stranger[] = {"198.51.100.1", "2001:db8:1::1"};

static struct syn_segment
answer(int i, uint32_t ack, unsigned flags)
{
	return (struct syn_segment){.from = target[i],
	    .tcp = {.seq = 1000, .ack = ack, .flags = (uint8_t)flags}};
}

static void
finish(struct syn_rig *r, struct syn_task *t)
{
	syn_rig_end(t);
	syn_rig_free(r);
}

/* Exactly one was counted, as REASON or as ignored; T, in flight, knows. */
static void
counted(struct syn_rig *r, const struct syn_task *t, enum nd_invalid reason,
    bool at_target)
{
	uint64_t all = r->ctx->stats.ignored;

	for (int i = 0; i < ND_INVALID_COUNT; i++) {
		all += r->ctx->stats.invalid[i];
		cr_assert_eq(
		    t->faults[i], (int)reason == i && at_target ? 1 : 0);
	}
	cr_assert_eq(all, 1);
	cr_assert_eq(reason == ND_INVALID_COUNT ? r->ctx->stats.ignored
						: r->ctx->stats.invalid[reason],
	    1);
	cr_assert_eq(t->replies + t->errors + t->late, 0);
	cr_assert_eq(r->ctx->stats.in_flight, 1);
}

Test(demux_tcp, an_answer_acknowledges_the_probe)
{
	/* Round the end of the sequence numbers, too. */
	static const uint32_t isns[] = {0, 1, 0x7fffffff, 0xffffffff};
	static const unsigned flags[] = {
	    SYN_ACK, ND_TCP_RST | ND_TCP_ACK, ND_TCP_ACK};

	for (int i = 0; i < 2; i++) {
		for (size_t j = 0; j < 12; j++) {
			struct syn_rig *r = syn_rig_new(ND_TCP, 0);
			const uint32_t isn = isns[j / 3];
			struct syn_task *t = syn_rig_send(r, target[i], isn);
			struct syn_segment s = answer(i, isn + 1, flags[j % 3]);

			s.unfinished = j % 2 == 1;
			syn_segment_arrives(r, &s);
			cr_assert_eq(t->replies, 1);
			cr_assert(t->last.is_message);
			cr_assert_eq(t->last.tcp.flags, flags[j % 3]);
			cr_assert_eq(t->last.tcp.seq, 1000);
			cr_assert_eq(t->last.tcp.sport, SYN_SERVER);
			cr_assert_eq(t->last.tcp.unfinished, s.unfinished);
			cr_assert_eq(t->timing.clock, ND_CLOCK_RX);
			cr_assert_eq(r->ctx->stats.ignored, 0);
			finish(r, t);
		}
	}
}

Test(demux_tcp, knows_the_probe_that_is_meant_among_many)
{
	enum { N = 200 };
	struct syn_rig *r = syn_rig_new(ND_TCP, 0);
	struct syn_task *t[N];
	struct syn_segment s;

	for (uint32_t i = 0; i < N; i++)
		t[i] = syn_rig_send(r, target[i % 2], ISN + i / 2);
	for (uint32_t i = 0; i < N; i++) {
		s = answer(i % 2, ISN + i / 2 + 1, SYN_ACK);
		syn_segment_arrives(r, &s);
		cr_assert_eq(t[i]->replies, 1);
		cr_assert_eq(r->ctx->stats.in_flight, N - i - 1);
	}
	for (int i = 0; i < N; i++)
		syn_rig_end(t[i]);
	syn_rig_free(r);
}

Test(demux_tcp, ignores_segments_to_other_ports)
{
	static const uint16_t ports[] = {SYN_PORT - 1, SYN_PORT + 19, 22};

	for (size_t i = 0; i < 6; i++) {
		struct syn_rig *r = syn_rig_new(ND_TCP, 0);
		struct syn_task *t = syn_rig_send(r, target[0], ISN);
		struct syn_segment s = answer(0, ISN + 1, SYN_ACK);

		s.tcp.dport = ports[i % 3];
		s.damaged = i >= 3;
		syn_segment_arrives(r, &s);
		counted(r, t, ND_INVALID_COUNT, false);
		finish(r, t);
	}
}

Test(demux_tcp, a_bad_checksum_is_counted_where_the_number_is_right)
{
	for (int i = 0; i < 2; i++) {
		for (int right = 0; right < 3; right++) {
			struct syn_rig *r = syn_rig_new(ND_TCP, 0);
			struct syn_task *t = syn_rig_send(r, target[i], ISN);
			struct syn_segment s =
			    answer(i, ISN + (unsigned)right, SYN_ACK);

			s.damaged = true;
			syn_segment_arrives(r, &s);
			counted(r, t, ND_INVALID_CHECKSUM, right == 1);
			finish(r, t);
		}
	}
}

Test(demux_tcp, a_bad_checksum_without_ack_names_nobody)
{
	struct syn_rig *r = syn_rig_new(ND_TCP, 0);
	struct syn_task *t = syn_rig_send(r, target[0], ISN);
	struct syn_segment s = answer(0, ISN + 1, ND_TCP_RST);

	s.damaged = true;
	syn_segment_arrives(r, &s);
	counted(r, t, ND_INVALID_CHECKSUM, false);
	finish(r, t);
}

/* Which addresses it covers is not known then. */
Test(demux_tcp, without_a_destination_no_checksum_is_verified)
{
	struct syn_rig *r = syn_rig_new(ND_TCP, 0);
	struct syn_task *t = syn_rig_send(r, target[1], ISN);
	struct syn_segment s = answer(1, ISN + 1, SYN_ACK);

	s.damaged = s.no_dst = true;
	syn_segment_arrives(r, &s);
	cr_assert_eq(t->replies, 1);
	finish(r, t);
}

Test(demux_tcp, counts_segments_shorter_than_their_header)
{
	for (size_t len = 1; len < 20; len++) {
		for (int i = 0; i < 2; i++) {
			struct syn_rig *r = syn_rig_new(ND_TCP, 0);
			struct syn_task *t = syn_rig_send(r, target[i], ISN);
			struct syn_segment s = answer(i, ISN + 1, SYN_ACK);

			s.len = len;
			syn_segment_arrives(r, &s);
			counted(r, t, ND_INVALID_TRUNCATED, false);
			finish(r, t);
		}
	}
}

Test(demux_tcp, what_acknowledges_nothing_is_unknown)
{
	/* A SYN, bare RST, FIN, none at all. */
	static const unsigned flags[] = {
	    ND_TCP_SYN, ND_TCP_RST, ND_TCP_FIN, 0, ND_TCP_SYN | ND_TCP_RST};

	for (size_t f = 0; f < 5; f++) {
		for (int i = 0; i < 4; i++) {
			struct syn_rig *r = syn_rig_new(ND_TCP, 0);
			struct syn_task *t =
			    syn_rig_send(r, target[i % 2], ISN);
			/* The number would be right. */
			struct syn_segment s = answer(i % 2, ISN + 1, flags[f]);

			t->proves = true;
			if (i >= 2)
				s.from = stranger[i % 2];
			syn_segment_arrives(r, &s);
			counted(r, t, ND_INVALID_UNKNOWN, i < 2);
			finish(r, t);
		}
	}
}

Test(demux_tcp, what_acknowledges_another_number_is_unknown)
{
	static const uint32_t off[] = {0, 2, 0x10000, 0x80000001};

	for (size_t j = 0; j < 4; j++) {
		for (int i = 0; i < 2; i++) {
			struct syn_rig *r = syn_rig_new(ND_TCP, 0);
			struct syn_task *t = syn_rig_send(r, target[0], ISN);
			struct syn_segment s = answer(0, ISN + off[j], SYN_ACK);

			t->proves = true;
			if (i == 1)
				s.from = stranger[0];
			syn_segment_arrives(r, &s);
			counted(r, t, ND_INVALID_UNKNOWN, i == 0);
			finish(r, t);
		}
	}
}

Test(demux_tcp, the_right_number_from_another_address_is_told_if_proven)
{
	for (int i = 0; i < 2; i++) {
		for (int proves = 0; proves < 2; proves++) {
			struct syn_rig *r = syn_rig_new(ND_TCP, 0);
			struct syn_task *t = syn_rig_send(r, target[i], ISN);
			struct syn_segment s = answer(i, ISN + 1, SYN_ACK);

			t->proves = proves == 1;
			s.from = stranger[i];
			syn_segment_arrives(r, &s);
			counted(r, t,
			    t->proves ? ND_INVALID_SOURCE : ND_INVALID_UNKNOWN,
			    t->proves);
			finish(r, t);
		}
	}
}

/* As with a FIN: it cannot come from another address than it does. */
Test(demux_tcp, what_the_task_refuses_has_a_wrong_tag)
{
	struct syn_rig *r = syn_rig_new(ND_TCP, 0);
	struct syn_task *t = syn_rig_send(r, target[0], ISN);
	struct syn_segment s = answer(0, ISN + 1, ND_TCP_FIN | ND_TCP_ACK);

	t->refuses = t->proves = true;
	syn_segment_arrives(r, &s);
	counted(r, t, ND_INVALID_TAG, true);
	finish(r, t);
}

/* ---- ICMP errors -------------------------------------------------------- */

static struct syn_quote
quote(int i, uint32_t seq)
{
	return (struct syn_quote){.to = target[i],
	    .seq = seq,
	    .type = i == 0 ? 3 : 1,
	    .code = i == 0 ? 13 : 1};
}

Test(demux_tcp, an_icmp_error_quotes_the_probe)
{
	for (unsigned methods = ND_TCP; methods <= (ND_TCP | ND_ICMP);
	     methods++) {
		for (int i = 0; i < 2; i++) {
			struct syn_rig *r = syn_rig_new(methods, 0);
			struct syn_task *t = syn_rig_send(r, target[i], ISN);
			const struct syn_quote q = quote(i, ISN);

			syn_quote_arrives(r, &q);
			cr_assert_eq(t->errors, 1);
			cr_assert(t->last.is_message);
			cr_assert(!t->last.rewritten);
			cr_assert_eq(t->last.icmp.kind, ND_ICMP_UNREACHABLE);
			cr_assert_eq(t->last.icmp.code, q.code);
			cr_assert_eq(t->last.quote.sport, SYN_PORT);
			cr_assert_eq(t->last.quote.tcp_seq, ISN);
			finish(r, t);
		}
	}
}

Test(demux_tcp, an_error_about_the_port_of_another_is_ignored)
{
	struct syn_rig *r = syn_rig_new(ND_TCP, 0);
	struct syn_task *t = syn_rig_send(r, target[0], ISN);
	struct syn_quote q = quote(0, ISN);

	t->proves = true;
	q.sport = SYN_PORT - 1;
	syn_quote_arrives(r, &q);
	counted(r, t, ND_INVALID_COUNT, false);
	finish(r, t);
}

/* A translator may have changed it; a number that is right is enough then. */
Test(demux_tcp, an_error_may_quote_another_port_where_the_context_says_so)
{
	for (int i = 0; i < 6; i++) {
		struct syn_rig *r = syn_rig_new(ND_TCP | ND_TRACE, 0);
		struct syn_task *t = syn_rig_send(r, target[i % 2], ISN);
		struct syn_quote q = quote(i % 2, ISN + (i / 2 == 1));

		t->proves = true;
		q.sport = SYN_PORT - 1;
		if (i >= 4)
			q.to = stranger[i % 2];
		syn_quote_arrives(r, &q);
		if (i < 2) {
			cr_assert_eq(t->errors, 1);
			cr_assert(t->last.rewritten);
		} else {
			/* Of another program's, most likely. */
			counted(r, t, ND_INVALID_COUNT, false);
		}
		finish(r, t);
	}
}

Test(demux_tcp, an_error_about_another_number_is_unknown)
{
	for (int i = 0; i < 2; i++) {
		struct syn_rig *r = syn_rig_new(ND_TCP, 0);
		struct syn_task *t = syn_rig_send(r, target[i], ISN);
		const struct syn_quote q = quote(i, ISN + 1);

		t->proves = true;
		syn_quote_arrives(r, &q);
		counted(r, t, ND_INVALID_UNKNOWN, false);
		finish(r, t);
	}
}

Test(demux_tcp, a_translator_may_have_rewritten_the_quote)
{
	for (int i = 0; i < 6; i++) {
		const int v = i % 2;
		struct syn_rig *r = syn_rig_new(ND_TCP, 0);
		struct syn_task *t = syn_rig_send(r, target[v], ISN);
		struct syn_quote q = quote(v, ISN);

		t->proves = i >= 2;
		if (i < 4)
			q.to = stranger[v];
		else
			q.from = stranger[v];
		syn_quote_arrives(r, &q);
		if (t->proves) {
			cr_assert_eq(t->errors, 1);
			cr_assert(t->last.rewritten);
		} else {
			counted(r, t, ND_INVALID_UNKNOWN, false);
		}
		finish(r, t);
	}
}

/* ---- Outcomes of connect() ---------------------------------------------- */

static void
outcome_arrives(struct syn_rig *r, int i, const struct nd_outcome *outcome,
    struct nd_packet p)
{
	p.kind = ND_PACKET_OUTCOME;
	p.proto = IPPROTO_TCP;
	p.to = fake_addr(target[i]);
	/* The fake sockets are told apart by it. */
	p.from = p.from.family != 0 ? p.from : p.to;
	p.outcome = outcome;
	p.data = (const uint8_t *)"";
	fake_net_deliver(&r->net, &p, r->clock.now_ns);
	syn_rig_run(r, 0);
}

Test(demux_tcp, an_outcome_is_the_answer_to_the_probe_with_its_tag)
{
	for (int i = 0; i < 4; i++) {
		struct syn_rig *r = syn_rig_new(ND_TCP, ND_NET_CONNECTS);
		struct syn_task *t = syn_rig_send(r, target[i % 2], ISN);
		const struct nd_outcome o = {.tag = ISN, .open = i < 2};

		r->net.no_rx_stamps = true;
		cr_assert_eq(r->sent_tag, ISN);
		cr_assert_eq(r->sent_port, SYN_SERVER);
		cr_assert(r->sent_full);
		syn_rig_run(r, 5 * MS);
		outcome_arrives(r, i % 2, &o, (struct nd_packet){.ttl = -1});
		cr_assert_eq(t->replies, 1);
		cr_assert(!t->last.is_message);
		cr_assert(!t->last.arrival_exact);
		cr_assert_eq(t->timing.rtt_ns, 5 * MS);
		cr_assert_eq(r->forgets, 0);
		finish(r, t);
	}
}

Test(demux_tcp, an_outcome_may_be_an_icmp_error)
{
	const struct nd_outcome o = {.tag = ISN, .icmp = true};
	const struct nd_packet p = {.from = fake_addr("192.0.2.254"),
	    .icmp_type = 3,
	    .icmp_code = 4,
	    .info = 1400,
	    .err = EMSGSIZE};
	struct syn_rig *r = syn_rig_new(ND_TCP, ND_NET_CONNECTS);
	struct syn_task *t = syn_rig_send(r, target[0], ISN);

	outcome_arrives(r, 0, &o, p);
	cr_assert_eq(t->errors, 1);
	cr_assert_eq(t->last.icmp.kind, ND_ICMP_TOO_BIG);
	cr_assert_eq(t->last.icmp.mtu, 1400);
	cr_assert_eq(t->last.icmp.code, 4);
	finish(r, t);
}

Test(demux_tcp, an_outcome_that_nobody_awaits_is_unknown)
{
	for (int i = 0; i < 3; i++) {
		const struct nd_outcome o = {
		    .tag = ISN + (i == 0), .open = true};
		struct syn_rig *r = syn_rig_new(ND_TCP, ND_NET_CONNECTS);
		struct syn_task *t = syn_rig_send(r, target[0], ISN);

		t->refuses = i == 2;
		outcome_arrives(r, i == 1, &o, (struct nd_packet){.ttl = -1});
		counted(r, t, ND_INVALID_UNKNOWN, false);
		finish(r, t);
	}
}

/* ---- All at once -------------------------------------------------------- */

Test(demux_tcp, goes_on_after_anything)
{
	struct syn_rig *r = syn_rig_new(ND_TCP | ND_ICMP, 0);
	struct syn_task *t = syn_rig_send(r, target[0], ISN);
	uint64_t seed = 8;

	t->refuses = true;
	for (int i = 0; i < 20000; i++) {
		struct syn_segment s = {.from = target[0],
		    .tcp = {.dport =
				(uint16_t)(SYN_PORT + prng_in(&seed, 0, 20)),
			.ack = ISN + (uint32_t)prng_in(&seed, 0, 2),
			.flags = (uint8_t)prng(&seed)},
		    .damaged = i % 7 == 0,
		    .len = (size_t)prng_in(&seed, 0, 20)};
		struct syn_quote q = quote(0, ISN + 1);

		if (i % 5 == 0)
			syn_quote_arrives(r, &q);
		else
			syn_segment_arrives(r, &s);
	}
	cr_assert_eq(r->ctx->stats.received, 20000);
	cr_assert_eq(r->ctx->stats.in_flight, 1);
	t->refuses = false;
	syn_segment_arrives(r, &(const struct syn_segment){.from = target[0],
				   .tcp = {.ack = ISN + 1, .flags = SYN_ACK}});
	cr_assert_eq(t->replies, 1);
	finish(r, t);
}
