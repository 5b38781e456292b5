/* SPDX-License-Identifier: MIT */
/*
 * Which segments are taken for an answer to a SYN: those that fit it exactly,
 * and no other, however many are tried.
 */
#include "knock_rig.h"
#include "prng.h"

#include <criterion/criterion.h>
#include <netinet/in.h>

/* One SYN is out; what it gets, the test lets arrive. */
struct one {
	struct knock_rig *r;
	struct nd_knock *knock;
	struct nd_tcp syn;
	struct fake_message *from;
};

static struct one
one_new(const char *addr)
{
	struct one t = {.r = knock_rig_new(1)};
	struct nd_knock_opts o = knock_rig_opts(t.r, addr);

	o.count = 2;
	o.interval_ns = HOUR;
	t.r->net.on_send = knock_silent;
	t.knock = knock_rig_start(t.r, &o);
	knock_rig_run(t.r, 50 * MS);
	cr_assert_eq(t.r->sent_count, 1);
	t.syn = t.r->sent[0].tcp;
	t.from = fake_net_recent(&t.r->net, 1);
	return t;
}

static void
one_free(struct one *t)
{
	nd_knock_free(t->knock);
	knock_rig_free(t->r);
}

/* What comes of TCP: the first event, or DONE for none. */
static enum nd_knock_status
try(struct one *t, const struct nd_tcp *tcp, size_t len)
{
	const size_t before = t->r->logged;

	knock_segment_arrives(t->r, t->from, tcp, len, 0);
	knock_rig_run(t->r, MS);
	return t->r->logged > before ? t->r->log[before].e.status
				     : ND_KNOCK_DONE;
}

static bool
is_answer(enum nd_knock_status status)
{
	return status != ND_KNOCK_DONE && status != ND_KNOCK_INVALID;
}

/* 64 ways to set FIN, SYN, RST, PSH, ACK and URG; ECN's two are no matter. */
Test(knock_answer, every_combination_of_flags)
{
	for (unsigned flags = 0; flags < 64; flags++) {
		const bool wanted = flags == (ND_TCP_SYN | ND_TCP_ACK) ||
				    flags == (ND_TCP_RST | ND_TCP_ACK);
		const bool tolerable = (flags & ~(ND_TCP_PSH | ND_TCP_URG)) ==
					   (ND_TCP_SYN | ND_TCP_ACK) ||
				       (flags & ~(ND_TCP_PSH | ND_TCP_URG)) ==
					   (ND_TCP_RST | ND_TCP_ACK);
		struct one t = one_new("192.0.2.7");
		struct nd_tcp tcp = fake_answer_to(&t.syn, (uint8_t)flags);
		enum nd_knock_status status = try(&t, &tcp, 0);

		if (wanted)
			cr_assert_eq(status, (flags & ND_TCP_SYN) != 0
						 ? ND_KNOCK_OPEN
						 : ND_KNOCK_CLOSED);
		else if (!tolerable)
			cr_assert_not(is_answer(status), "flags %#x", flags);
		one_free(&t);
	}
}

/* Neither ISN nor ISN + 2, nor the other half of the numbers. */
Test(knock_answer, no_combination_of_flags_helps_a_wrong_ack)
{
	static const uint32_t off[] = {
	    1, UINT32_MAX, 0x80000000, 0x00010000, 0x01000000};

	for (unsigned flags = 0; flags < 256; flags++) {
		struct one t = one_new("2001:db8::7");

		for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
			struct nd_tcp tcp =
			    fake_answer_to(&t.syn, (uint8_t)flags);

			tcp.ack += off[i];
			cr_assert_not(is_answer(try(&t, &tcp, 0)),
			    "flags %#x, ack off by %#x", flags, off[i]);
		}
		cr_assert_eq(knock_rig_stats(t.knock).unfinished, 1);
		one_free(&t);
	}
}

/* A SYN without ACK, as of somebody who connects to us, names nobody. */
Test(knock_answer, ack_number_without_the_flag_is_nothing)
{
	struct one t = one_new("192.0.2.7");
	struct nd_tcp tcp = fake_answer_to(&t.syn, ND_TCP_RST);

	cr_assert_not(is_answer(try(&t, &tcp, 0)));
	tcp.flags = ND_TCP_SYN;
	cr_assert_not(is_answer(try(&t, &tcp, 0)));
	cr_assert_eq(knock_rig_stats(t.knock).unfinished, 1);
	one_free(&t);
}

Test(knock_answer, ecn_flags_do_not_matter)
{
	static const uint8_t ecn[] = {
	    ND_TCP_ECE, ND_TCP_CWR, ND_TCP_ECE | ND_TCP_CWR};

	for (size_t i = 0; i < 3; i++) {
		struct one t = one_new("192.0.2.7");
		struct nd_tcp tcp = fake_answer_to(
		    &t.syn, (uint8_t)(ND_TCP_SYN | ND_TCP_ACK | ecn[i]));

		cr_assert_eq(try(&t, &tcp, 0), ND_KNOCK_OPEN);
		one_free(&t);
	}
}

static struct nd_tcp
good(const struct one *t)
{
	return fake_answer_to(&t->syn, ND_TCP_SYN | ND_TCP_ACK);
}

Test(knock_answer, wrong_ports)
{
	struct one t = one_new("192.0.2.7");
	struct nd_tcp tcp;

	/* All of them: what is one bit off, and what is not a port of ours. */
	for (unsigned bit = 0; bit < 16; bit++) {
		tcp = good(&t);
		tcp.sport ^= (uint16_t)(1u << bit);
		cr_assert_not(is_answer(try(&t, &tcp, 0)));
		tcp = good(&t);
		tcp.dport ^= (uint16_t)(1u << bit);
		cr_assert_not(is_answer(try(&t, &tcp, 0)));
	}
	tcp = good(&t);
	cr_assert_eq(try(&t, &tcp, 0), ND_KNOCK_OPEN);
	one_free(&t);
}

Test(knock_answer, wrong_source_is_told_as_such)
{
	struct one t = one_new("192.0.2.7");
	struct fake_message from = *t.from;
	const struct nd_tcp tcp = good(&t);

	from.from = fake_addr("192.0.2.8");
	knock_segment_arrives(t.r, &from, &tcp, 0, 0);
	knock_rig_run(t.r, MS);
	cr_assert_eq(t.r->logged, 1);
	cr_assert_eq(t.r->log[0].e.status, ND_KNOCK_INVALID);
	cr_assert_eq(t.r->log[0].e.invalid, ND_INVALID_SOURCE);
	cr_assert_eq(knock_rig_ctx_stats(t.r).invalid[ND_INVALID_SOURCE], 1);
	cr_assert_eq(knock_rig_stats(t.knock).unfinished, 1);
	cr_assert_eq(try(&t, &tcp, 0), ND_KNOCK_OPEN);
	one_free(&t);
}

/* A fault in any bit: the sum is over all of it, ports and addresses too. */
Test(knock_answer, bad_checksum)
{
	static const char *const addr[] = {"192.0.2.7", "2001:db8::7"};

	for (size_t i = 0; i < 2; i++) {
		struct one t = one_new(addr[i]);
		const struct nd_tcp tcp = fake_syn_ack_to(&t.syn);
		struct fake_message m = fake_segment_make(t.from, &tcp, 0);

		for (size_t bit = 0; bit < 8 * m.len; bit++) {
			m.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
			fake_message_arrives(&t.r->net, &m, 0);
			m.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
			knock_rig_run(t.r, MS);
			cr_assert_eq(knock_rig_stats(t.knock).unfinished, 1,
			    "bit %zu", bit);
		}
		cr_assert_gt(
		    knock_rig_ctx_stats(t.r).invalid[ND_INVALID_CHECKSUM], 0);
		fake_message_arrives(&t.r->net, &m, 0);
		knock_rig_run(t.r, MS);
		cr_assert_eq(knock_rig_stats(t.knock).received, 1);
		one_free(&t);
	}
}

Test(knock_answer, every_truncation)
{
	struct one t = one_new("2001:db8::7");
	const struct nd_tcp tcp = fake_syn_ack_to(&t.syn);
	const struct fake_message whole = fake_segment_make(t.from, &tcp, 0);
	struct fake_message m = whole;

	for (m.len = 0; m.len < whole.len; m.len++) {
		fake_message_arrives(&t.r->net, &m, 0);
		knock_rig_run(t.r, MS);
	}
	cr_assert_eq(knock_rig_stats(t.knock).unfinished, 1);
	cr_assert_eq(t.r->count[ND_KNOCK_OPEN], 0);
	fake_message_arrives(&t.r->net, &whole, 0);
	knock_rig_run(t.r, MS);
	cr_assert_eq(knock_rig_stats(t.knock).received, 1);
	one_free(&t);
}

/* ---- The edge of the numbers ----------------------------------------------
 */

/* By another key each time, until some ISNs are in the last 2^16. */
static void
check_edge(uint8_t flags, enum nd_knock_status want)
{
	struct knock_rig *r = knock_rig_new(1);
	struct nd_knock_opts o = knock_rig_opts(r, "192.0.2.7");
	struct nd_knock *knock;
	unsigned found = 0;
	struct nd_tcp tcp;

	r->multiple = true;
	r->net.on_send = knock_silent;
	o.interval_ns = HOUR;
	for (unsigned i = 0; i < 1000000 && found < 3; i++) {
		for (size_t byte = 0; byte < 4; byte++)
			r->ctx->key[byte] = (uint8_t)(i >> 8 * byte);
		r->sent_count = 0;
		knock = knock_rig_start(r, &o);
		knock_rig_run(r, 0);
		cr_assert_eq(r->sent_count, 1);
		if (r->sent[0].tcp.seq >= 0xffff0000) {
			found++;
			tcp = fake_answer_to(&r->sent[0].tcp, flags);
			cr_assert_eq(tcp.ack, r->sent[0].tcp.seq + 1);
			knock_segment_arrives(r,
			    fake_net_recent(&r->net, r->net.attempts), &tcp, 0,
			    0);
			knock_rig_run(r, MS);
			cr_assert_eq(r->count[want], found);
		}
		nd_knock_free(knock);
	}
	cr_assert_eq(found, 3);
	knock_rig_free(r);
}

Test(knock_answer, isn_near_the_edge)
{
	check_edge(ND_TCP_SYN | ND_TCP_ACK, ND_KNOCK_OPEN);
	check_edge(ND_TCP_RST | ND_TCP_ACK, ND_KNOCK_CLOSED);
}

/* ---- Floods ---------------------------------------------------------------
 */

/* All that an attacker can know, but not the ISN. */
static void
flood(uint8_t flags)
{
	struct one t = one_new("192.0.2.7");
	uint64_t random = flags;
	struct nd_ctx_stats s;
	struct nd_tcp tcp;

	for (unsigned i = 0; i < 100000; i++) {
		tcp = fake_answer_to(&t.syn, flags);
		tcp.ack = (uint32_t)prng(&random);
		tcp.seq = (uint32_t)prng(&random);
		tcp.has_timestamps = i % 2 == 0;
		tcp.tsecr = t.syn.tsval;
		knock_segment_arrives(t.r, t.from, &tcp, 0, i * (MS / 1000));
	}
	knock_rig_run(t.r, 200 * MS);
	s = knock_rig_ctx_stats(t.r);
	cr_assert_eq(s.received, 100000);
	cr_assert_eq(s.ignored + s.invalid[ND_INVALID_UNKNOWN] +
			 s.invalid[ND_INVALID_TAG],
	    100000);
	cr_assert_eq(knock_rig_stats(t.knock).unfinished, 1);
	cr_assert_eq(t.r->count[ND_KNOCK_INVALID] + t.r->count[ND_KNOCK_OPEN] +
			 t.r->count[ND_KNOCK_CLOSED],
	    t.r->count[ND_KNOCK_INVALID]);
	/* Nothing has been done to it. */
	tcp = good(&t);
	knock_segment_arrives(t.r, t.from, &tcp, 0, 0);
	knock_rig_run(t.r, MS);
	cr_assert_eq(t.r->count[ND_KNOCK_OPEN], 1);
	one_free(&t);
}

Test(knock_answer, forged_floods)
{
	flood(ND_TCP_SYN | ND_TCP_ACK);
	flood(ND_TCP_RST | ND_TCP_ACK);
	flood(ND_TCP_ACK);
}

/* ---- ACK without SYN -------------------------------------------------------
 */

/* It remembers an earlier series; with none, it is of somebody else. */
Test(knock_answer, a_plain_ack_to_the_first_series_is_no_challenge)
{
	struct one t = one_new("192.0.2.7");
	struct nd_tcp tcp = fake_answer_to(&t.syn, ND_TCP_ACK);

	cr_assert_not(is_answer(try(&t, &tcp, 0)));
	cr_assert_not(is_answer(try(&t, &tcp, 10)));
	cr_assert_eq(knock_rig_stats(t.knock).unfinished, 1);
	one_free(&t);
}

/* ACKs the ISN of the probe before it. */
static int
challenged(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	struct knock_rig *r = arg;
	struct nd_tcp tcp = fake_answer_to(&sent->tcp, ND_TCP_ACK);

	if (sent->nth != 3)
		return knock_open(net, sent, arg);
	tcp.ack = r->sent[1].tcp.seq + 1;
	knock_note(r, sent);
	knock_segment_arrives(r, sent->reply, &tcp, 0, r->rtt_ns);
	return 0;
}

Test(knock_answer, challenge_proves_that_the_syn_arrived)
{
	struct knock_rig *r = knock_rig_new(1);
	struct nd_knock_opts o = knock_rig_opts(r, "192.0.2.7");
	struct nd_knock_stats s;
	const struct knock_log *e;
	struct nd_knock *knock;

	o.count = 5;
	r->net.on_send = challenged;
	knock = knock_rig_start(r, &o);
	knock_rig_run(r, 20 * SEC);
	s = knock_rig_stats(knock);
	cr_assert_eq(s.received, 5);
	cr_assert_eq(s.challenges, 1);
	cr_assert_eq(s.syn_acks, 4);
	cr_assert_eq(s.lost, 0);
	cr_assert_eq(s.rtt.samples, 4);
	cr_assert_not(s.mixed);
	e = knock_rig_event(r, ND_KNOCK_CHALLENGE, 1);
	cr_assert_eq(e->e.seq, 3);
	cr_assert_eq(e->e.rtt_ns, -1);
	cr_assert_eq(e->e.ttl, 57);
	/* After it the server is reset: a new ISN. */
	cr_assert_neq(r->sent[3].tcp.seq, r->sent[2].tcp.seq);
	nd_knock_free(knock);
	knock_rig_free(r);
}
