/* SPDX-License-Identifier: MIT */
/* tests/lab/netsim: which way balanced packets go. */
#include "netsim_rig.h"

#define DIAMOND(how)                                                           \
	"router R1 10.0.0.1 fd00::1\nrouter A 10.0.1.1 fd00::a\n"              \
	"router B 10.0.1.2 fd00::b\nrouter C 10.0.1.3 fd00::c\n"               \
	"path default R1 A,B*2,C " how "\n"                                    \
	"host 10.1.0.0/16 at A,B,C\nhost 2001:db8::/64 at A,B,C\n"

/* At which of A, B, C the probe with TTL 2 ends. */
static unsigned
way(struct rig *rig, struct rig_probe p)
{
	static const char *const from4[] = {"10.0.1.1", "10.0.1.2", "10.0.1.3"};
	static const char *const from6[] = {"fd00::a", "fd00::b", "fd00::c"};
	struct rig_answer a;

	p.ttl = 2;
	rig_ask(rig, &p, NS_TTL_EXCEEDED, &a);
	for (unsigned i = 0; i < 3; i++)
		if (rig_from(&a, a.ip.af == AF_INET ? from4[i] : from6[i]))
			return i;
	cr_assert(false, "none of them");
	return 3;
}

Test(netsim_balance, a_flow_keeps_its_way_and_flows_spread_by_weight)
{
	struct rig *rig = rig_new(DIAMOND("per-flow"));
	unsigned n[3] = {0};

	rig_mute(rig);
	for (uint16_t port = 1; port <= 2000; port++) {
		struct rig_probe p = {.dst = "10.1.0.1",
		    .proto = IPPROTO_UDP,
		    .sport = port,
		    .dport = 33434};
		unsigned first = way(rig, p);

		n[first]++;
		p.id = port;
		p.payload = port % 50; /* no part of the flow */
		p.tos = 4;
		cr_expect_eq(way(rig, p), first);
	}
	cr_expect(n[0] > 430 && n[0] < 570, "%u", n[0]);
	cr_expect(n[1] > 920 && n[1] < 1080, "%u", n[1]);
	cr_expect(n[2] > 430 && n[2] < 570, "%u", n[2]);
	rig_free(rig);
}

/* How many ways 64 probes take that differ in one member of P only. */
#define WAYS(rig, p, member)                                                   \
	__extension__({                                                        \
		unsigned seen_ = 0;                                            \
		for (uint16_t i_ = 1; i_ <= 64; i_++) {                        \
			(p).member = i_;                                       \
			seen_ |= 1u << way(rig, p);                            \
		}                                                              \
		__builtin_popcount(seen_);                                     \
	})

Test(netsim_balance, what_makes_a_flow)
{
	struct rig *rig = rig_new(DIAMOND("per-flow"));
	struct rig_probe udp6 = {
	    .dst = "2001:db8::1", .proto = IPPROTO_UDP, .sport = 9};
	struct rig_probe tcp = {
	    .dst = "10.1.0.1", .proto = IPPROTO_TCP, .sport = 9};
	struct rig_probe echo = {.dst = "10.1.0.1"};

	rig_mute(rig);
	cr_expect_eq(WAYS(rig, udp6, label), 3);
	udp6.label = 1;
	cr_expect_eq(WAYS(rig, udp6, dport), 3);
	cr_expect_eq(WAYS(rig, tcp, dport), 3);
	tcp.dport = 80;
	cr_expect_eq(WAYS(rig, tcp, tcp_seq), 1);
	cr_expect_eq(WAYS(rig, echo, ident), 3);
	cr_expect_eq(WAYS(rig, echo, seq), 3, "by the checksum");
	rig_free(rig);
}

Test(netsim_balance, echo_probes_with_one_checksum_are_one_flow)
{
	struct rig *rig = rig_new(DIAMOND("per-flow"));
	struct rig_answer a;
	struct ns_addr from = {.af = 0};

	rig_mute(rig);
	for (uint16_t seq = 1; seq <= 64; seq++) {
		struct ns_addr got;

		rig_make(rig, &(struct rig_probe){
				  .dst = "10.1.0.1", .ttl = 2, .payload = 2});
		/* The payload makes up for the sequence number. */
		nd_store16(rig->packet + 26, seq);
		nd_store16(
		    rig->packet + 28, (uint16_t)(0x0001 - seq - (seq > 1)));
		rig_send_made(rig);
		cr_assert(rig_next(rig, &a, 1000 * MS));
		got = ns_addr_make(AF_INET, a.ip.src);
		if (from.af == 0)
			from = got;
		cr_expect(ns_addr_eq(&from, &got));
	}
	rig_free(rig);
}

Test(netsim_balance, per_packet_takes_turns_and_per_dest_does_not)
{
	struct rig *rig = rig_new(DIAMOND("per-packet"));
	struct rig_probe p = {.dst = "10.1.0.1", .proto = IPPROTO_UDP};
	static const unsigned turns[] = {0, 1, 1, 2, 0, 1, 1, 2};
	unsigned seen = 0;
	char dst[32];

	for (size_t i = 0; i < sizeof(turns) / sizeof(turns[0]); i++)
		cr_expect_eq(way(rig, p), turns[i]);
	rig_free(rig);
	rig = rig_new(DIAMOND("per-dest"));
	rig_mute(rig);
	cr_expect_eq(WAYS(rig, p, sport), 1);
	for (int i = 0; i < 64; i++) {
		(void)snprintf(dst, sizeof(dst), "10.1.7.%d", i);
		p.dst = dst;
		seen |= 1u << way(rig, p);
	}
	cr_expect_eq(seen, 7);
	rig_free(rig);
}

Test(netsim_balance, routers_choose_independently)
{
	struct rig *rig =
	    rig_new("router R1 10.0.0.1\nrouter A 10.0.1.1\nrouter B 10.0.1.2\n"
		    "router C 10.0.2.1\nrouter D 10.0.2.2\n"
		    "path default R1 A,B C,D\nhost 10.1.0.0/16 at C,D\n");
	unsigned seen = 0;
	struct rig_answer a;

	rig_mute(rig);
	for (uint16_t port = 1; port <= 64; port++) {
		struct rig_probe p = {.dst = "10.1.0.1",
		    .proto = IPPROTO_UDP,
		    .sport = port,
		    .ttl = 2};
		bool b, d;

		rig_ask(rig, &p, NS_TTL_EXCEEDED, &a);
		b = rig_from(&a, "10.0.1.2");
		p.ttl = 3;
		rig_ask(rig, &p, NS_TTL_EXCEEDED, &a);
		d = rig_from(&a, "10.0.2.2");
		seen |= 1u << (b * 2 + d);
	}
	cr_expect_eq(seen, 15, "all four paths of the meshed diamond");
	rig_free(rig);
}
