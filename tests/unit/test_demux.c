/* SPDX-License-Identifier: MIT */
/*
 * What arrives at a context and is none of its probes' answers: it is counted
 * under its reason, reception goes on, and the real answer still counts.
 */
#include "ping_rig.h"
#include "prng.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <string.h>

static const char *const target[] = {"192.0.2.7", "2001:db8::7"};

/* One probe under way to TARGET[I]. */
static struct nd_ping *
one(struct ping_rig *r, int i)
{
	struct nd_ping *ping;

	r->net.on_send = rig_silence;
	ping = rig_ping(r, target[i], 1);
	rig_run(r, 0);
	cr_assert_eq(r->net.sends, 1);
	return ping;
}

/* The probe is in flight as before; its answer still comes in time. */
static void
finish(struct ping_rig *r, struct nd_ping *ping)
{
	cr_assert_eq(rig_stats(ping).unfinished, 1);
	rig_answer(r, 1, 0);
	rig_run(r, 0);
	cr_assert_eq(rig_stats(ping).received, 1);
	nd_ping_free(ping);
	rig_free(r);
}

static void
come(struct ping_rig *r, const struct fake_message *m)
{
	fake_message_arrives(&r->net, m, 0);
	rig_run(r, 0);
}

static uint64_t
all_invalid(const struct nd_ctx_stats *s)
{
	uint64_t n = 0;

	for (int i = 0; i < ND_INVALID_COUNT; i++)
		n += s->invalid[i];
	return n;
}

/* Exactly one more was counted: as REASON, or as ignored. */
static void
counted(struct ping_rig *r, enum nd_invalid reason)
{
	struct nd_ctx_stats s = rig_ctx_stats(r);

	if (reason == ND_INVALID_COUNT) {
		cr_assert_eq(s.ignored, 1);
		cr_assert_eq(all_invalid(&s), 0);
	} else {
		cr_assert_eq(s.ignored, 0);
		cr_assert_eq(s.invalid[reason], 1);
		cr_assert_eq(all_invalid(&s), 1);
	}
	cr_assert_eq(s.received, 1);
}

Test(demux, counts_a_packet_with_a_malformed_ip_header)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping = one(r, 0);
	const uint8_t junk[3] = {1, 2, 3};
	const struct nd_packet p = {.kind = ND_PACKET_BAD,
	    .from = fake_addr(target[0]),
	    .data = junk,
	    .len = sizeof(junk)};

	fake_net_deliver(&r->net, &p, r->clock.now_ns);
	rig_run(r, 0);
	counted(r, ND_INVALID_TRUNCATED);
	finish(r, ping);
}

Test(demux, counts_a_message_shorter_than_its_header)
{
	for (size_t len = 0; len < 8; len++) {
		for (int i = 0; i < 2; i++) {
			struct ping_rig *r = rig_new(NULL);
			struct nd_ping *ping = one(r, i);
			struct fake_message m = *fake_net_recent(&r->net, 1);

			m.len = len;
			fake_message_seal(&m);
			come(r, &m);
			counted(r, ND_INVALID_TRUNCATED);
			finish(r, ping);
		}
	}
}

Test(demux, ignores_messages_of_other_kinds)
{
	/* Requests, time stamps, neighbour discovery. */
	static const uint8_t types[2][3] = {{8, 13, 9}, {128, 135, 134}};

	for (int i = 0; i < 2; i++) {
		for (size_t t = 0; t < 3; t++) {
			struct ping_rig *r = rig_new(NULL);
			struct nd_ping *ping = one(r, i);
			struct fake_message m = *fake_net_recent(&r->net, 1);

			m.data[0] = types[i][t];
			fake_message_seal(&m);
			come(r, &m);
			counted(r, ND_INVALID_COUNT);
			finish(r, ping);
		}
	}
}

Test(demux, ignores_errors_about_the_traffic_of_others)
{
	/* TCP, UDP, ESP, SCTP, and a protocol that is none. */
	static const uint8_t protos[] = {6, 17, 50, 132, 253};

	for (size_t p = 0; p < sizeof(protos); p++) {
		struct ping_rig *r = rig_new(NULL);
		struct nd_ping *ping = one(r, 0);
		struct fake_message m =
		    fake_error_make(fake_net_recent(&r->net, 1),
			&(const struct fake_error){.type = 3, .quoted = 64});

		m.data[FAKE_QUOTE + 9] = protos[p];
		fake_message_seal(&m);
		come(r, &m);
		counted(r, ND_INVALID_COUNT);
		finish(r, ping);
	}
}

Test(demux, ignores_an_error_about_a_later_fragment)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping = one(r, 0);
	struct fake_message m = fake_error_make(fake_net_recent(&r->net, 1),
	    &(const struct fake_error){.type = 11, .code = 1, .quoted = 64});

	m.data[FAKE_QUOTE + 7] = 100; /* the offset */
	fake_message_seal(&m);
	come(r, &m);
	counted(r, ND_INVALID_COUNT);
	finish(r, ping);
}

Test(demux, counts_errors_whose_quote_is_cut_at_every_length)
{
	for (int i = 0; i < 2; i++) {
		/* The IP header and 7 of the 8 bytes that must be there. */
		size_t least = (i == 0 ? 20 : 40) + 8;

		for (size_t len = 0; len < least; len++) {
			struct ping_rig *r = rig_new(NULL);
			struct nd_ping *ping = one(r, i);
			struct fake_message m =
			    fake_error_make(fake_net_recent(&r->net, 1),
				&(const struct fake_error){
				    .type = i == 0 ? 3 : 1, .quoted = 64});

			m.len = FAKE_QUOTE + len;
			fake_message_seal(&m);
			come(r, &m);
			counted(r, ND_INVALID_TRUNCATED);
			finish(r, ping);
		}
	}
}

Test(demux, counts_an_error_about_a_probe_that_never_was)
{
	for (int i = 0; i < 2; i++) {
		struct ping_rig *r = rig_new(NULL);
		struct nd_ping *ping = one(r, i);
		struct fake_message answered = *fake_net_recent(&r->net, 1), m;

		answered.data[7] ^= 0x40; /* the sequence number */
		m = fake_error_make(
		    &answered, &(const struct fake_error){
				   .type = i == 0 ? 3 : 1, .quoted = 64});
		come(r, &m);
		counted(r, ND_INVALID_UNKNOWN);
		finish(r, ping);
	}
}

/* An error about the one probe whose quote has other addresses than it had. */
static struct fake_message
rewritten_error(
    struct ping_rig *r, int i, bool source, bool destination, size_t quoted)
{
	const bool v4 = i == 0;
	const size_t src = FAKE_QUOTE + (v4 ? 12 : 8), len = v4 ? 4 : 16;
	struct fake_message m = fake_error_make(fake_net_recent(&r->net, 1),
	    &(const struct fake_error){.type = v4 ? 3 : 1, .quoted = quoted});

	if (source)
		m.data[src + len - 1] ^= 0x55;
	if (destination)
		m.data[src + 2 * len - 1] ^= 0x55;
	fake_message_seal(&m);
	return m;
}

Test(demux, accepts_a_quote_that_a_translator_has_rewritten)
{
	for (int i = 0; i < 8; i++) {
		struct ping_rig *r = rig_new(NULL);
		struct nd_ping *ping = one(r, i % 2);
		const bool source = (i & 2) != 0, destination = (i & 4) != 0;
		struct fake_message m =
		    rewritten_error(r, i % 2, source, destination, 64);

		come(r, &m);
		cr_assert_eq(rig_stats(ping).errors, 1);
		cr_assert_eq(rig_event(r, ND_PING_UNREACHABLE, 1)->e.rewritten,
		    source || destination);
		nd_ping_free(ping);
		rig_free(r);
	}
}

/* Then nothing tells whose it is. */
Test(demux, a_quote_with_another_destination_has_to_show_the_tag)
{
	for (int i = 0; i < 2; i++) {
		struct ping_rig *r = rig_new(NULL);
		struct nd_ping *ping = one(r, i);
		struct fake_message m = rewritten_error(r, i, false, true, 15);

		come(r, &m);
		counted(r, ND_INVALID_UNKNOWN);
		m = rewritten_error(r, i, false, true, 64);
		m.data[FAKE_QUOTE + (i == 0 ? 20 : 40) + 8] ^= 1;
		fake_message_seal(&m);
		come(r, &m);
		cr_assert_eq(rig_ctx_stats(r).invalid[ND_INVALID_UNKNOWN], 2);
		finish(r, ping);
	}
}

/* The tag is compared where it is quoted, and not asked for where it is not. */
Test(demux, a_quote_with_another_source_is_as_good_as_any)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping = one(r, 0);
	struct fake_message m = rewritten_error(r, 0, true, false, 64);

	m.data[FAKE_QUOTE + 28] ^= 1;
	fake_message_seal(&m);
	come(r, &m);
	counted(r, ND_INVALID_TAG);
	m = rewritten_error(r, 0, true, false, 8);
	come(r, &m);
	cr_assert_eq(rig_stats(ping).errors, 1);
	nd_ping_free(ping);
	rig_free(r);
}

Test(demux, ignores_an_error_that_quotes_an_echo_reply)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping = one(r, 0);
	struct fake_message m = fake_error_make(fake_net_recent(&r->net, 1),
	    &(const struct fake_error){.type = 3, .quoted = 64});

	m.data[FAKE_QUOTE + 20] = 0;
	fake_message_seal(&m);
	come(r, &m);
	counted(r, ND_INVALID_COUNT);
	finish(r, ping);
}

Test(demux, ignores_reports_that_quote_too_little_or_another_ident)
{
	static const uint8_t other[8] = {8, 0, 0, 0, 0x43, 0x21, 0, 1};

	for (size_t len = 0; len <= 8; len++) {
		struct ping_rig *r = rig_new(NULL);
		struct nd_ping *ping = one(r, 0);
		const struct nd_packet p = {.kind = ND_PACKET_ERROR,
		    .icmp_type = 3,
		    .from = fake_addr("192.0.2.254"),
		    .to = fake_addr(target[0]),
		    .data = other,
		    .len = len};

		fake_net_deliver(&r->net, &p, r->clock.now_ns);
		rig_run(r, 0);
		counted(r, ND_INVALID_COUNT);
		finish(r, ping);
	}
}

Test(demux, a_local_error_of_the_queue_is_no_answer)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping = one(r, 0);
	const struct nd_packet p = {.kind = ND_PACKET_LOCAL,
	    .err = 90,
	    .to = fake_addr(target[0]),
	    .data = fake_net_recent(&r->net, 1)->data,
	    .len = 64};

	fake_net_deliver(&r->net, &p, r->clock.now_ns);
	rig_run(r, 0);
	cr_assert_eq(rig_ctx_stats(r).received, 0);
	finish(r, ping);
}

Test(demux, a_stray_reply_of_a_stranger_is_counted_once_for_all)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping = one(r, 0);
	struct fake_message m = *fake_net_recent(&r->net, 1);

	m.from = fake_addr("198.51.100.1");
	m.data[6] ^= 0x40;
	fake_message_seal(&m);
	come(r, &m);
	counted(r, ND_INVALID_UNKNOWN);
	cr_assert_eq(rig_stats(ping).invalid, 0);
	finish(r, ping);
}

Test(demux, strays_are_looked_up_in_bounded_time)
{
	enum { TASKS = 1000, STRAYS = 500 };
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping[TASKS];
	struct fake_message m;

	r->net.on_send = rig_silence;
	for (int i = 0; i < TASKS; i++)
		ping[i] = rig_ping(r, target[0], 1);
	rig_run(r, 0);
	m = *fake_net_recent(&r->net, TASKS);
	m.from = fake_addr("198.51.100.1");
	m.data[8] ^= 1; /* so that none of them takes it */
	fake_message_seal(&m);
	for (int i = 0; i < STRAYS; i++)
		fake_message_arrives(&r->net, &m, 0);
	(void)nd_ctx_turn(r->ctx);
	/* Two passes over the pool each would be a million steps. */
	cr_assert_eq(r->ctx->scan_budget, 0);
	cr_assert_eq(rig_ctx_stats(r).invalid[ND_INVALID_UNKNOWN], STRAYS);
	for (int i = 0; i < TASKS; i++)
		nd_ping_free(ping[i]);
	rig_free(r);
}

Test(demux, goes_on_after_anything)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping = one(r, 0);
	uint64_t seed = 6;

	for (int i = 0; i < 20000; i++) {
		struct fake_message m = *fake_net_recent(&r->net, 1);
		size_t changes = 1 + (size_t)i % 5;

		if (i % 4 == 0)
			m = fake_error_make(&m, &(const struct fake_error){
						    .type = 3, .quoted = 64});
		m.len = (size_t)prng_in(&seed, 0, (int64_t)m.len);
		for (size_t j = 0; j < changes && m.len > 0; j++) {
			m.data[prng(&seed) % m.len] ^=
			    (uint8_t)(1 << prng(&seed) % 8);
		}
		/* Half of them with a good checksum. */
		if (i % 2 == 0)
			fake_message_seal(&m);
		fake_message_arrives(&r->net, &m, 0);
	}
	rig_run(r, 0);
	cr_assert_eq(rig_ctx_stats(r).received, 20000);
	(void)rig_stats(ping);
	nd_ping_free(ping);
	r->net.on_send = rig_echo;
	ping = rig_ping(r, target[0], 1);
	rig_run(r, SEC);
	cr_assert_eq(rig_stats(ping).received, 1);
	nd_ping_free(ping);
	rig_free(r);
}
