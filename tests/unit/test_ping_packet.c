/* SPDX-License-Identifier: MIT */
/* Which packets ping takes as the answer to a probe, and which it does not. */
#include "ping_rig.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define HEADER 8u /* of an echo message */
#define TAG 8u	  /* bytes of the payload that only we can make */
#define PAYLOAD 56u

/* One probe on its way, and the answer that it should get. */
struct one {
	struct ping_rig *r;
	struct nd_ping *ping;
	struct fake_message reply;
};

static struct one
one_sized(const char *addr, uint32_t payload)
{
	struct one x = {.r = rig_new(NULL)};
	struct nd_ping_opts o = rig_opts(x.r, addr);

	o.count = 1;
	o.payload = payload;
	o.timeout_ns = SEC;
	x.r->net.on_send = rig_silence;
	x.ping = rig_start(x.r, &o);
	rig_run(x.r, 0);
	cr_assert_eq(x.r->net.sends, 1);
	x.reply = *fake_net_recent(&x.r->net, 1);
	return x;
}

static struct one
one(void)
{
	return one_sized("192.0.2.7", PAYLOAD);
}

static void
come(struct one *x, const struct fake_message *m)
{
	fake_message_arrives(&x->r->net, m, 0);
	rig_run(x->r, 0);
}

/* The last event is INVALID, for that reason. */
static const struct rig_event *
assert_invalid(struct one *x, enum nd_invalid reason)
{
	const struct rig_event *e;

	cr_assert_gt(x->r->logged, 0);
	e = &x->r->log[x->r->logged - 1];
	cr_assert_eq(e->e.status, ND_PING_INVALID);
	cr_assert_eq(e->e.invalid, reason, "%s", nd_invalid_name(e->e.invalid));
	cr_assert_eq(rig_stats(x->ping).unfinished, 1);
	return e;
}

/* After all that went before the right answer is still taken. */
static void
end(struct one *x, uint64_t invalid)
{
	struct nd_ping_stats s;

	come(x, &x->reply);
	s = rig_stats(x->ping);
	cr_assert_eq(s.received, 1);
	cr_assert_eq(s.invalid, invalid);
	cr_assert_eq(x->r->count[ND_PING_INVALID], invalid);
	cr_assert_eq(x->r->count[ND_PING_DONE], 1);
	nd_ping_free(x->ping);
	rig_free(x->r);
}

Test(ping_packet, forged_tag_at_each_byte)
{
	struct one x = one();

	for (size_t i = 0; i < TAG; i++) {
		struct fake_message m = x.reply;

		m.data[HEADER + i] ^= 0x01;
		fake_message_seal(&m);
		come(&x, &m);
		cr_assert_eq(assert_invalid(&x, ND_INVALID_TAG)->e.seq, 1);
	}
	end(&x, TAG);
}

Test(ping_packet, wrong_source_counts_for_its_target)
{
	struct one x = one();
	struct fake_message m = x.reply;
	const struct rig_event *e;

	m.from = fake_addr("192.0.2.99");
	come(&x, &m);
	e = assert_invalid(&x, ND_INVALID_SOURCE);
	cr_assert_eq(e->e.seq, 1);
	cr_assert(nd_addr_equal(&e->from, &m.from));
	/* With more amiss it says nothing about a probe of ours. */
	m.data[HEADER] ^= 0x01;
	fake_message_seal(&m);
	come(&x, &m);
	cr_assert_eq(rig_ctx_stats(x.r).invalid[ND_INVALID_SOURCE], 1);
	cr_assert_eq(rig_ctx_stats(x.r).invalid[ND_INVALID_UNKNOWN], 1);
	end(&x, 1);
}

/* The wrong source is a target as well, and its probe has the same number. */
Test(ping_packet, wrong_source_counts_for_its_target_and_for_no_other)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping[2];
	struct fake_message m;

	r->net.on_send = rig_silence;
	ping[0] = rig_ping(r, "192.0.2.7", 1);
	ping[1] = rig_ping(r, "192.0.2.8", 1);
	rig_run(r, 0);
	m = *fake_net_recent(&r->net, 1);
	m.from = fake_net_recent(&r->net, 2)->from;
	fake_message_arrives(&r->net, &m, 0);
	rig_run(r, 0);
	cr_assert_eq(rig_ctx_stats(r).invalid[ND_INVALID_SOURCE], 1);
	cr_assert_eq(rig_stats(ping[0]).invalid, 1);
	cr_assert_eq(rig_stats(ping[1]).invalid, 0);
	rig_answer(r, 1, 0);
	rig_answer(r, 2, 0);
	rig_run(r, 0);
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(rig_stats(ping[i]).received, 1);
		nd_ping_free(ping[i]);
	}
	rig_free(r);
}

Test(ping_packet, sequence_never_sent_is_unknown)
{
	struct one x = one();
	struct fake_message m = x.reply;

	m.data[6] ^= 0x40;
	fake_message_seal(&m);
	come(&x, &m);
	cr_assert_eq(assert_invalid(&x, ND_INVALID_UNKNOWN)->e.seq, 0);
	/* From no target: nobody's but the context's. */
	m.from = fake_addr("192.0.2.99");
	come(&x, &m);
	cr_assert_eq(rig_ctx_stats(x.r).invalid[ND_INVALID_UNKNOWN], 2);
	end(&x, 1);
}

Test(ping_packet, other_ident_is_ignored)
{
	struct one x = one();
	struct fake_message m = x.reply;

	m.data[4] ^= 0x01;
	fake_message_seal(&m);
	come(&x, &m);
	cr_assert_eq(rig_ctx_stats(x.r).ignored, 1);
	end(&x, 0);
}

Test(ping_packet, truncated_at_every_length)
{
	static const char *const addr[] = {"192.0.2.7", "2001:db8::7"};

	for (size_t i = 0; i < 2; i++) {
		struct one x = one_sized(addr[i], PAYLOAD);

		for (size_t len = 0; len < HEADER + PAYLOAD; len++) {
			struct fake_message m = x.reply;

			m.len = len;
			fake_message_seal(&m);
			come(&x, &m);
			if (len >= HEADER)
				(void)assert_invalid(&x, ND_INVALID_TRUNCATED);
		}
		cr_assert_eq(rig_ctx_stats(x.r).invalid[ND_INVALID_TRUNCATED],
		    HEADER + PAYLOAD);
		end(&x, PAYLOAD);
	}
}

Test(ping_packet, changed_byte_at_each_offset)
{
	struct one x = one();

	for (size_t i = TAG; i < PAYLOAD; i++) {
		struct fake_message m = x.reply;
		const struct rig_event *e;

		m.data[HEADER + i] ^= 0x5a;
		fake_message_seal(&m);
		come(&x, &m);
		e = assert_invalid(&x, ND_INVALID_PAYLOAD);
		cr_assert_eq(e->e.seq, 1);
		cr_assert_eq(e->e.diff_offset, (int)i);
		cr_assert_eq(e->e.diff_want, x.reply.data[HEADER + i]);
		cr_assert_eq(
		    e->e.diff_got, (x.reply.data[HEADER + i] ^ 0x5a) & 0xff);
	}
	end(&x, PAYLOAD - TAG);
}

Test(ping_packet, longer_than_the_probe)
{
	struct one x = one();
	struct fake_message m = x.reply;

	m.data[m.len++] = PAYLOAD;
	fake_message_seal(&m);
	come(&x, &m);
	cr_assert_eq(assert_invalid(&x, ND_INVALID_PAYLOAD)->e.diff_offset, -1);
	end(&x, 1);
}

Test(ping_packet, bad_checksum)
{
	struct one x = one();
	struct fake_message m = x.reply;

	m.data[2] ^= 0x01;
	come(&x, &m);
	cr_assert_eq(assert_invalid(&x, ND_INVALID_CHECKSUM)->e.seq, 1);
	end(&x, 1);
}

Test(ping_packet, payloads_too_small_for_a_tag)
{
	for (uint32_t size = 0; size <= TAG; size++) {
		struct one x = one_sized("192.0.2.7", size);
		struct fake_message m = x.reply;

		cr_assert_eq(m.len, HEADER + size);
		if (size > 0) {
			m.data[m.len - 1] ^= 0x01;
			fake_message_seal(&m);
			come(&x, &m);
			(void)assert_invalid(&x,
			    size < TAG ? ND_INVALID_PAYLOAD : ND_INVALID_TAG);
		}
		end(&x, size > 0);
	}
}

/* Such sequence numbers cannot be told beforehand. */
Test(ping_packet, without_a_tag_the_sequence_is_one)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping_opts o = rig_opts(r, "192.0.2.7");
	struct nd_ping *ping;
	int in_order = 0;

	o.count = o.preload = 20;
	o.payload = 0;
	ping = rig_start(r, &o);
	rig_run(r, SEC);
	for (uint64_t i = 1; i < 20; i++) {
		const uint8_t *a = fake_net_recent(&r->net, i)->data;
		const uint8_t *b = fake_net_recent(&r->net, i + 1)->data;

		if ((uint16_t)((a[6] << 8 | a[7]) + 1) ==
		    (uint16_t)(b[6] << 8 | b[7]))
			in_order++;
	}
	cr_assert_eq(in_order, 0);
	cr_assert_eq(rig_stats(ping).received, 20);
	nd_ping_free(ping);
	rig_free(r);
}

struct wraps {
	struct fake_message old;
	uint64_t replies, old_seen;
};

/* Replies come in order after just the RTT; an old one comes after a wrap. */
static void
watch_wraps(
    struct ping_rig *r, struct nd_ping *ping, const struct nd_ping_event *e)
{
	struct wraps *w = r->hook_arg;

	(void)ping;
	if (e->status == ND_PING_SENT && e->seq == 1)
		w->old = *fake_net_recent(&r->net, 1);
	if (e->status == ND_PING_SENT && e->seq == 1 + 65536) {
		const uint8_t *now = fake_net_recent(&r->net, e->seq)->data;

		cr_assert_eq(now[6], w->old.data[6]);
		cr_assert_eq(now[7], w->old.data[7]);
		fake_message_arrives(&r->net, &w->old, MS);
	}
	if (e->status == ND_PING_REPLY) {
		cr_assert_eq(e->seq, ++w->replies);
		cr_assert_eq(e->rtt_ns, r->rtt_ns);
	}
	if (e->status == ND_PING_INVALID) {
		cr_assert_eq(e->invalid, ND_INVALID_TAG);
		/* While the one of now is on its way. */
		cr_assert(w->replies > 65500 && w->replies <= 65536);
		w->old_seen++;
	}
}

Test(ping_packet, three_wraps_of_the_sequence)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping_opts o = rig_opts(r, "192.0.2.7");
	struct wraps *w = calloc(1, sizeof(*w));
	struct nd_ping *ping;
	struct nd_ping_stats s;

	cr_assert_not_null(w);
	o.count = 210000;
	o.interval_ns = MS;
	o.flags = ND_PING_F_SENT;
	r->rtt_ns = 10 * MS - MS / 2;
	r->hook = watch_wraps;
	r->hook_arg = w;
	ping = rig_start(r, &o);
	rig_run(r, 220 * SEC);
	s = rig_stats(ping);
	cr_assert_eq(s.received, 210000);
	cr_assert_eq(w->replies, 210000);
	cr_assert_eq(s.duplicates + s.late, 0);
	cr_assert_eq(s.invalid, 1);
	cr_assert_eq(w->old_seen, 1);
	nd_ping_free(ping);
	free(w);
	rig_free(r);
}

Test(ping_packet, hundred_tasks_on_one_address)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping_opts o = rig_opts(r, "192.0.2.7");
	struct nd_ping *ping[100];
	struct nd_ping_stats s;

	o.count = 20;
	o.preload = 10;
	for (size_t i = 0; i < 100; i++)
		ping[i] = rig_start(r, &o);
	rig_run(r, 20 * SEC);
	cr_assert_eq(r->net.sends, 2000);
	for (size_t i = 0; i < 100; i++) {
		s = rig_stats(ping[i]);
		cr_assert_eq(s.received, 20);
		cr_assert_eq(s.duplicates + s.invalid + s.late, 0);
		cr_assert_eq(s.rtt.max_ns, 10 * MS);
		nd_ping_free(ping[i]);
	}
	cr_assert_eq(r->count[ND_PING_DONE], 100);
	rig_free(r);
}
