/* SPDX-License-Identifier: MIT */
/*
 * lib/engine/demux_udp.c and header sockets: how UDP probes leave, and whom a
 * datagram that names none of them is offered to.
 */
#include "prng.h"
#include "udp_rig.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <string.h>

#define N 0x1234
#define ALL (ND_UDP | ND_TRACE)

static const char *const target[] = {"192.0.2.7", "2001:db8::7"};
static const char *const stranger[] = {"198.51.100.1", "2001:db8:1::1"};

static void
finish(struct udp_rig *r, struct udp_task *t)
{
	udp_task_end(t);
	udp_rig_free(r);
}

static struct udp_task *
one(struct udp_rig *r, int i)
{
	struct udp_task *t = udp_task_new(r, target[i]);

	udp_task_shoot(t, UDP_PORT, N);
	return t;
}

/* What the target sends back to the last probe. */
static struct fake_message
answer(struct udp_rig *r)
{
	return fake_datagram_make(fake_net_recent(&r->net, r->net.attempts), 5);
}

static void
come(struct udp_rig *r, const struct fake_message *m)
{
	fake_message_arrives(&r->net, m, 0);
	udp_rig_run(r, 0);
}

/* Exactly one was counted, as REASON or as ignored; at T where it says so. */
static void
counted(struct udp_rig *r, const struct udp_task *t, enum nd_invalid reason,
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
	cr_assert_eq(t->replies, 0);
	cr_assert_eq(r->ctx->stats.in_flight, 1);
}

Test(demux_udp, a_probe_leaves_with_the_header_that_was_asked_for)
{
	for (int i = 0; i < 2; i++) {
		struct udp_rig *r = udp_rig_new(ALL);
		struct udp_task *t;

		r->net.tx_delay_ns = MS;
		t = one(r, i);
		cr_assert_eq(r->sent.proto, IPPROTO_UDP);
		cr_assert_eq(r->sent.ip_id, N);
		cr_assert(r->sent.df);
		cr_assert_eq(r->sent.flow_label, 0xabcde);
		cr_assert_eq(r->sent.ttl, 7);
		cr_assert_eq(r->sent.tos, 8);
		cr_assert_eq(r->sent_from.family, i == 0 ? AF_INET : AF_INET6);
		/* Its departure is stamped as any other's. */
		udp_rig_run(r, 2 * MS);
		cr_assert_eq(t->task.newest->stamped, 1);
		cr_assert_eq(
		    nd_ctx_sock(r->ctx, t->task.addr.family, IPPROTO_RAW)
			->sends,
		    1);
		cr_assert_eq(
		    nd_ctx_sock(r->ctx, t->task.addr.family, IPPROTO_UDP)
			->sends,
		    0);
		finish(r, t);
	}
}

Test(demux_udp, an_answer_is_offered_to_its_senders_task)
{
	for (int i = 0; i < 4; i++) {
		struct udp_rig *r = udp_rig_new(ALL);
		struct udp_task *t;
		struct fake_message m;

		t = one(r, i % 2);
		udp_rig_run(r, 5 * MS);
		m = answer(r);
		/* Some do without a checksum, RFC 768. */
		if (i == 2)
			m.data[6] = m.data[7] = 0;
		come(r, &m);
		cr_assert_eq(t->replies, 1);
		cr_assert(t->last.is_message);
		cr_assert(t->last.has_udp);
		cr_assert_eq(t->last.udp.sport, UDP_SERVER);
		cr_assert_eq(t->last.udp.dport, UDP_PORT);
		cr_assert_eq(t->last.payload_len, 5);
		cr_assert_eq(t->last.fault, ND_INVALID_COUNT);
		cr_assert_eq(t->timing.rtt_ns, 5 * MS);
		cr_assert_eq(t->timing.clock, ND_CLOCK_KERNEL);
		finish(r, t);
	}
}

Test(demux_udp, each_task_with_that_address_is_asked_once)
{
	struct udp_rig *r = udp_rig_new(ALL);
	struct udp_task *t[3];
	struct fake_message m;

	for (int i = 0; i < 3; i++) {
		t[i] = udp_task_new(r, i == 1 ? stranger[0] : target[0]);
		for (uint16_t n = 1; n <= 10; n++)
			udp_task_shoot(t[i], (uint16_t)(UDP_PORT + i), n);
	}
	t[0]->refuses = true;
	m = answer(r);
	come(r, &m);
	cr_assert_eq(t[0]->asked, 1);
	cr_assert_eq(t[1]->replies, 0);
	cr_assert_eq(t[2]->replies, 1);
	for (int i = 0; i < 3; i++)
		udp_task_end(t[i]);
	udp_rig_free(r);
}

Test(demux_udp, what_nobody_takes_is_unknown)
{
	for (int i = 0; i < 4; i++) {
		struct udp_rig *r = udp_rig_new(ALL);
		struct udp_task *t = one(r, i % 2);
		struct fake_message m = answer(r);

		t->refuses = i < 2;
		if (i >= 2)
			m.from = fake_addr(stranger[i % 2]);
		fake_message_seal(&m);
		come(r, &m);
		counted(r, t, ND_INVALID_UNKNOWN, false);
		finish(r, t);
	}
}

Test(demux_udp, ignores_datagrams_to_other_ports)
{
	static const uint16_t ports[] = {
	    UDP_PORT - 1, UDP_PORT + UDP_PORTS, 53};

	for (size_t i = 0; i < 6; i++) {
		struct udp_rig *r = udp_rig_new(ALL);
		struct udp_task *t = one(r, i % 2);
		struct fake_message m = answer(r);

		nd_store16(m.data + 2, ports[i / 2]);
		fake_message_seal(&m);
		come(r, &m);
		counted(r, t, ND_INVALID_COUNT, false);
		finish(r, t);
	}
}

Test(demux_udp, a_bad_checksum_is_counted_at_its_senders_task)
{
	for (int i = 0; i < 4; i++) {
		struct udp_rig *r = udp_rig_new(ALL);
		struct udp_task *t = one(r, i % 2);
		struct fake_message m = answer(r);

		m.data[m.len - 1] ^= 1;
		if (i >= 2)
			m.from = fake_addr(stranger[i % 2]);
		come(r, &m);
		counted(r, t, ND_INVALID_CHECKSUM, i < 2);
		finish(r, t);
	}
}

/* RFC 8200 section 8.1. */
Test(demux_udp, without_a_checksum_it_is_no_ipv6)
{
	struct udp_rig *r = udp_rig_new(ALL);
	struct udp_task *t = one(r, 1);
	struct fake_message m = answer(r);

	m.data[6] = m.data[7] = 0;
	come(r, &m);
	counted(r, t, ND_INVALID_CHECKSUM, false);
	finish(r, t);
}

/* Which addresses it covers is not known then. */
Test(demux_udp, without_a_destination_no_checksum_is_verified)
{
	struct udp_rig *r = udp_rig_new(ALL);
	struct udp_task *t = one(r, 1);
	struct fake_message m = answer(r);

	r->net.no_outer_dst = true;
	m.data[m.len - 1] ^= 1;
	come(r, &m);
	cr_assert_eq(t->replies, 1);
	finish(r, t);
}

Test(demux_udp, counts_datagrams_shorter_than_they_say)
{
	for (size_t len = 1; len < ND_UDP_HEADER + 5; len++) {
		for (int i = 0; i < 2; i++) {
			struct udp_rig *r = udp_rig_new(ALL);
			struct udp_task *t = one(r, i);
			struct fake_message m = answer(r);

			m.len = len;
			come(r, &m);
			counted(r, t, ND_INVALID_TRUNCATED, false);
			finish(r, t);
		}
	}
}

Test(demux_udp, goes_on_after_anything)
{
	struct udp_rig *r = udp_rig_new(ALL);
	struct udp_task *t = one(r, 0);
	const struct fake_message good = answer(r);
	uint64_t seed = 7;

	t->refuses = true;
	for (int i = 0; i < 20000; i++) {
		struct fake_message m = good;

		m.len = prng(&seed) % 24;
		for (size_t j = 0; j < m.len; j++)
			if (prng(&seed) % 4 == 0)
				m.data[j] = (uint8_t)prng(&seed);
		come(r, &m);
	}
	cr_assert_eq(r->ctx->stats.received, 20000);
	t->refuses = false;
	come(r, &good);
	cr_assert_eq(t->replies, 1);
	finish(r, t);
}
