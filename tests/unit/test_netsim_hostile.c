/* SPDX-License-Identifier: MIT */
/* tests/lab/netsim: what hostile hosts send, and what chance does. */
#include "netsim_rig.h"

static const char *const targets[] = {"10.1.0.1", "2001:db8::1"};

/* Hosts of both families with that option. */
static struct rig *
hosts(const char *option)
{
	char text[256];

	(void)snprintf(text, sizeof(text),
	    "router R1 10.0.0.1 fd00::1 delay=10ms\n"
	    "host 10.1.0.0/16 at R1 open=all %s\n"
	    "host 2001:db8::/64 at R1 open=all %s\n",
	    option, option);
	return rig_new(text);
}

/* The first answer to an echo request with the payload 00 01 ... 0f. */
static void
ask(struct rig *rig, int i, struct rig_answer *a)
{
	rig_ask(rig,
	    &(struct rig_probe){
		.dst = targets[i], .ident = 5, .seq = 6, .payload = 16},
	    NS_ECHO_REPLY, a);
}

Test(netsim_hostile, payloads)
{
	struct rig_answer a;

	for (int i = 0; i < 2; i++) {
		struct rig *rig = hosts("hostile=payload");

		ask(rig, i, &a);
		cr_expect_eq(a.hostile, NS_HOSTILE_PAYLOAD);
		cr_assert_eq(a.icmp.body_len, 16);
		cr_expect_eq(a.icmp.body[3], 0xfc);
		rig_free(rig);
		rig = hosts("hostile=zeroed");
		ask(rig, i, &a);
		cr_assert_eq(a.icmp.body_len, 16);
		cr_expect_eq(a.icmp.body[3], 0);
		rig_free(rig);
		rig = hosts("hostile=cut:3");
		ask(rig, i, &a);
		cr_assert_eq(a.icmp.body_len, 3);
		cr_expect_eq(a.icmp.body[2], 2);
		rig_free(rig);
	}
}

Test(netsim_hostile, headers)
{
	struct rig_answer a;

	for (int i = 0; i < 2; i++) {
		struct rig *rig = hosts("hostile=seq");

		ask(rig, i, &a);
		cr_expect(a.icmp.seq == 1006 && a.icmp.ident == 5);
		rig_free(rig);
		rig = hosts("hostile=ident:2");
		ask(rig, i, &a);
		cr_expect(a.icmp.seq == 6 && a.icmp.ident == 7);
		rig_free(rig);
		rig = hosts("hostile=source");
		ask(rig, i, &a);
		cr_expect(rig_from(&a, i == 0 ? "10.1.0.0" : "2001:db8::"));
		cr_expect(rig_sum_ok(&a));
		rig_free(rig);
		rig = hosts("hostile=checksum");
		ask(rig, i, &a);
		cr_expect_not(rig_sum_ok(&a));
		rig_free(rig);
		rig = hosts("hostile=short");
		ask(rig, i, &a);
		cr_expect_eq(a.ip.payload_len, 4);
		rig_free(rig);
		rig = hosts("hostile=options");
		ask(rig, i, &a);
		cr_expect_eq(a.ip.header_len, i == 0 ? 60 : 48);
		cr_expect_eq(a.icmp.kind, ND_ICMP_ECHO_REPLY);
		rig_free(rig);
	}
}

Test(netsim_hostile, storms_and_floods)
{
	struct rig *rig = hosts("hostile=storm:3");
	struct rig_answer a;
	unsigned forged = 0, genuine = 0;

	ask(rig, 0, &a);
	for (uint32_t i = 1; i <= 3; i++) {
		cr_assert(rig_next(rig, &a, 1000 * MS));
		cr_expect_eq(a.copy, i);
		cr_expect(a.icmp.ident == 5 && a.icmp.seq == 6);
		cr_expect_not(a.forged);
	}
	cr_expect_not(rig_next(rig, &a, 1000 * MS));
	rig_free(rig);
	rig = hosts("hostile=flood:20,errors:5");
	rig_send(rig, &(struct rig_probe){.dst = targets[1], .payload = 16});
	while (rig_next(rig, &a, 1000 * MS)) {
		if (a.forged) {
			forged++;
			cr_expect(rig_sum_ok(&a));
		} else {
			genuine++;
		}
	}
	cr_expect_eq(forged, 25);
	cr_expect_eq(genuine, 1);
	rig_free(rig);
}

Test(netsim_hostile, segments)
{
	struct rig_probe p = {
	    .dst = targets[0], .proto = IPPROTO_TCP, .tcp_seq = 0x100};
	struct rig *rig = hosts("hostile=ack:5");
	struct rig_answer a;

	rig_ask(rig, &p, NS_SYN_ACK, &a);
	cr_expect_eq(a.ip.payload[11], 6);
	cr_expect(rig_sum_ok(&a));
	rig_free(rig);
	rig = hosts("hostile=rst,stale");
	rig_ask(rig, &p, NS_SYN_ACK, &a);
	cr_expect(a.forged);
	cr_expect_eq(a.ip.payload[9], 0xf0); /* ack 0xfff00101 */
	cr_assert(rig_next(rig, &a, 0));
	cr_expect_eq(a.kind, NS_RST);
	cr_expect_eq(a.ip.ttl, 254);
	cr_assert(rig_next(rig, &a, 100 * MS));
	cr_expect(a.kind == NS_SYN_ACK && !a.forged && a.ip.ttl == 63);
	cr_expect_eq(a.at, 20 * MS);
	rig_free(rig);
}

Test(netsim_hostile, some_of_the_answers_only)
{
	struct rig *rig = hosts("hostile=zeroed hostile-share=30%");
	unsigned changed = 0;
	struct rig_answer a;

	rig_mute(rig);
	for (int i = 0; i < 1000; i++) {
		ask(rig, 0, &a);
		changed += a.hostile == NS_HOSTILE_ZEROED;
	}
	cr_expect(changed > 250 && changed < 350, "%u", changed);
	rig_free(rig);
}

/* ---- Chance ------------------------------------------------------------ */

#define FLAKY                                                                  \
	"seed 11\nrouter R1 10.0.0.1 loss=10% loss-back=10% dup=5% "           \
	"dup-back=5% corrupt-back=5% jitter=3ms reorder=5%\n"                  \
	"host 10.1.0.0/16 at R1 delay=1ms..9ms loss=5%\n"

/*
 * What becomes of N packets sent STEP apart: a digest of answers, delays and
 * bytes, without the IP IDs.
 */
static uint64_t
run(const char *text, int n, int64_t step, unsigned *answers)
{
	struct rig *rig = rig_new(text);
	uint64_t digest = 0;
	struct rig_answer a;

	rig_mute(rig);
	*answers = 0;
	for (int i = 0; i < n; i++) {
		int64_t sent = rig->now;

		rig_send(rig,
		    &(struct rig_probe){
			.dst = "10.1.2.3", .seq = (uint16_t)i, .payload = 8});
		while (rig_next(rig, &a, 100 * MS)) {
			digest = digest * 31 + (uint64_t)a.at + a.copy +
				 a.bytes[a.len - 1];
			++*answers;
		}
		rig->now = sent + step;
	}
	rig_free(rig);
	return digest;
}

Test(netsim_hostile, fate_follows_from_the_seed_and_not_from_the_time)
{
	unsigned n1, n2, n3;
	uint64_t once = run(FLAKY, 500, 200 * MS, &n1);
	uint64_t slower = run(FLAKY, 500, 777 * MS, &n2);
	uint64_t other = run(FLAKY "seed 12\n", 500, 200 * MS, &n3);

	cr_expect_eq(once, slower);
	cr_expect_eq(n1, n2);
	cr_expect_neq(once, other);
	cr_expect_neq(n1, 500);
}

Test(netsim_hostile, shares_are_what_the_file_says)
{
	unsigned n;

	(void)run("router R1 10.0.0.1 loss=10%\nhost 10.1.0.0/16 at R1\n", 2000,
	    200 * MS, &n);
	cr_expect(n > 1740 && n < 1860, "%u", n);
	(void)run("router R1 10.0.0.1\nhost 10.1.0.0/16 at R1 dup=20%\n", 2000,
	    200 * MS, &n);
	cr_expect(n > 2320 && n < 2480, "%u", n);
	(void)run("router R1 10.0.0.1 dup-back=20%\nhost 10.1.0.0/16 at R1\n",
	    2000, 200 * MS, &n);
	cr_expect(n > 2320 && n < 2480, "%u", n);
	(void)run("router R1 10.0.0.1\nhost 10.1.0.0/16 at R1 loss-back=1%\n",
	    2000, 200 * MS, &n);
	cr_expect(n > 1960 && n < 2000, "%u", n);
}

Test(netsim_hostile, jitter_and_reordering_delay_within_their_bounds)
{
	struct rig *rig =
	    rig_new("router R1 10.0.0.1 delay=10ms jitter=2ms reorder-back=10% "
		    "reorder-by=50ms\nhost 10.1.0.0/16 at R1\n");
	unsigned late = 0;
	struct rig_answer a;

	rig_mute(rig);
	for (int i = 0; i < 500; i++) {
		ask(rig, 0, &a);
		if (a.at >= 70 * MS) {
			late++;
			a.at -= 50 * MS;
		}
		cr_expect(a.at >= 20 * MS && a.at <= 24 * MS);
	}
	cr_expect(late > 25 && late < 80, "%u", late);
	rig_free(rig);
}

Test(netsim_hostile, a_corrupt_answer_differs_in_one_bit)
{
	struct rig *rig = rig_new("router R1 10.0.0.1 corrupt-back=100%\n"
				  "host 10.1.0.0/16 at R1\n");
	unsigned bits = 0;
	struct rig_answer a;
	struct ns_packet p;

	ask(rig, 0, &a);
	cr_expect_not(rig_sum_ok(&a));
	cr_assert_eq(ns_packet_decode(&p, rig->packet, rig->len), 0);
	/* Reply and request differ in type and checksum besides. */
	for (size_t i = 4; i < a.ip.payload_len; i++)
		bits += (unsigned)__builtin_popcount(
		    a.ip.payload[i] ^ rig->packet[p.l4 + i]);
	cr_expect_leq(bits, 1);
	rig_free(rig);
}
