/* SPDX-License-Identifier: MIT */
/* tests/lab/netsim: the way of packets through routers, and back. */
#include "netsim_rig.h"

#define CHAIN                                                                  \
	"router R1 10.0.0.1 fd00::1 delay=1ms\n"                               \
	"router R2 10.0.0.2 fd00::2 delay=2ms\n"                               \
	"router R3 10.0.0.3 fd00::3 delay=4ms\n"                               \
	"path default R1 R2 R3\n"                                              \
	"host 10.1.0.0/16 at R3 delay=8ms\n"                                   \
	"host 2001:db8::/64 at R3 delay=8ms\n"

Test(netsim_walk, each_ttl_ends_at_its_router_after_its_delay)
{
	static const char *const hops4[] = {"10.0.0.1", "10.0.0.2", "10.0.0.3"};
	static const char *const hops6[] = {"fd00::1", "fd00::2", "fd00::3"};
	static const int64_t rtt[] = {2, 6, 14};
	struct rig *rig = rig_new(CHAIN);
	struct rig_answer a;

	for (uint8_t ttl = 1; ttl <= 3; ttl++) {
		rig_ask(rig, &(struct rig_probe){.dst = "10.1.2.3", .ttl = ttl},
		    NS_TTL_EXCEEDED, &a);
		cr_expect(rig_from(&a, hops4[ttl - 1]));
		cr_expect_eq(a.at, rtt[ttl - 1] * MS);
		cr_expect_eq(a.ip.ttl, 256 - ttl);
		rig_ask(rig,
		    &(struct rig_probe){.dst = "2001:db8::7", .ttl = ttl},
		    NS_TTL_EXCEEDED, &a);
		cr_expect(rig_from(&a, hops6[ttl - 1]));
		cr_expect_eq(a.at, rtt[ttl - 1] * MS);
	}
	rig_ask(rig, &(struct rig_probe){.dst = "10.1.2.3", .ttl = 4},
	    NS_ECHO_REPLY, &a);
	cr_expect_eq(a.at, 22 * MS);
	cr_expect_eq(a.ip.ttl, 61);
	rig_free(rig);
}

Test(netsim_walk, an_interface_answers_from_its_own_address)
{
	struct rig *rig = rig_new(CHAIN "iface R2 from R1 10.0.12.2\n"
					"iface R1 from client 10.0.9.1\n");
	struct rig_answer a;

	rig_ask(rig, &(struct rig_probe){.dst = "10.1.2.3", .ttl = 2},
	    NS_TTL_EXCEEDED, &a);
	cr_expect(rig_from(&a, "10.0.12.2"));
	rig_ask(rig, &(struct rig_probe){.dst = "10.1.2.3", .ttl = 1},
	    NS_TTL_EXCEEDED, &a);
	cr_expect(rig_from(&a, "10.0.9.1"));
	rig_ask(
	    rig, &(struct rig_probe){.dst = "10.0.12.2"}, NS_ECHO_REPLY, &a);
	cr_expect(rig_from(&a, "10.0.12.2"));
	rig_free(rig);
}

Test(netsim_walk, hidden_routers_do_not_count)
{
	struct rig *rig = rig_new("router R1 10.0.0.1\nrouter R2 hidden\n"
				  "router R3 10.0.0.3\npath default R1 R2 R3\n"
				  "host 10.1.0.0/16 at R3\n");
	struct rig_answer a;

	rig_ask(rig, &(struct rig_probe){.dst = "10.1.0.1", .ttl = 2},
	    NS_TTL_EXCEEDED, &a);
	cr_expect(rig_from(&a, "10.0.0.3"));
	cr_expect_eq(a.ip.ttl, 254);
	rig_free(rig);
}

Test(netsim_walk, a_zero_ttl_router_is_not_seen_and_the_next_one_twice)
{
	struct rig *rig =
	    rig_new("router R1 10.0.0.1 zero-ttl\nrouter R2 10.0.0.2\n"
		    "path default R1 R2\nhost 10.1.0.0/16 at R2\n");
	struct rig_answer a;

	rig_ask(rig, &(struct rig_probe){.dst = "10.1.0.1", .ttl = 1},
	    NS_TTL_EXCEEDED, &a);
	cr_expect(rig_from(&a, "10.0.0.2"));
	cr_expect_eq(rig_quote(&a).ttl, 0);
	rig_ask(rig, &(struct rig_probe){.dst = "10.1.0.1", .ttl = 2},
	    NS_TTL_EXCEEDED, &a);
	cr_expect(rig_from(&a, "10.0.0.2"));
	cr_expect_eq(rig_quote(&a).ttl, 1);
	rig_free(rig);
}

Test(netsim_walk, the_longest_prefix_decides_a_host_before_a_route)
{
	struct rig *rig = rig_new(
	    "router R1 10.0.0.1\nrouter R2 10.0.0.2\nrouter R3 10.0.0.3\n"
	    "route R1 10.1.0.0/16 R2\nroute R1 10.1.9.0/24 R3\n"
	    "route R1 10.1.9.9 none\nroute R1 10.1.7.0/24 R3\n"
	    "host 10.1.7.0/24 at R1\nhost 10.1.0.0/16 at R2,R3\n");
	struct rig_answer a;
	static const struct {
		const char *dst, *from;
		enum ns_kind kind;
	} cases[] = {
	    {"10.1.1.1", "10.0.0.2", NS_TTL_EXCEEDED},
	    {"10.1.9.8", "10.0.0.3", NS_TTL_EXCEEDED},
	    {"10.1.9.9", "10.0.0.1", NS_UNREACHABLE},
	    {"10.1.7.7", "10.1.7.7", NS_ECHO_REPLY},
	    {"10.2.0.0", "10.0.0.1", NS_UNREACHABLE},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rig_ask(rig, &(struct rig_probe){.dst = cases[i].dst, .ttl = 2},
		    cases[i].kind, &a);
		cr_expect(rig_from(&a, cases[i].from), "%s", cases[i].dst);
	}
	rig_free(rig);
}

Test(netsim_walk, routers_that_send_packets_round_and_round_end_them)
{
	struct rig *rig = rig_new("router R1 10.0.0.1\nrouter R2 10.0.0.2\n"
				  "route R1 default R2\nroute R2 default R1\n");
	struct rig *hidden = rig_new("router R1 hidden\nrouter R2 hidden\n"
				     "path default R1 R2 R1\n");
	struct rig_answer a;

	rig_ask(rig, &(struct rig_probe){.dst = "10.1.0.1", .ttl = 6},
	    NS_TTL_EXCEEDED, &a);
	cr_expect(rig_from(&a, "10.0.0.2"));
	rig_ask_silence(hidden, &(struct rig_probe){.dst = "10.1.0.1"}, "loop");
	rig_free(rig);
	rig_free(hidden);
}

Test(netsim_walk, too_large_packets_get_the_mtu_or_nothing)
{
	struct rig *rig = rig_new("router R1 10.0.0.1 fd00::1\n"
				  "router R2 10.0.0.2 fd00::2 mtu=1400\n"
				  "path default R1 R2\n"
				  "host 10.1.0.0/16 at R2\n"
				  "host 2001:db8::/64 at R2\n"
				  "at 1s router R2 mtu-told=0\n"
				  "at 2s router R2 blackhole\n");
	struct rig_probe big = {
	    .dst = "10.1.0.1", .df = true, .payload = 1400 - 28};
	struct rig_answer a;

	rig_ask(rig, &big, NS_ECHO_REPLY, &a);
	big.payload++;
	rig_ask(rig, &big, NS_TOO_BIG, &a);
	cr_expect_eq(a.icmp.kind, ND_ICMP_TOO_BIG);
	cr_expect_eq(a.icmp.mtu, 1400);
	cr_expect(rig_from(&a, "10.0.0.2"));
	big.df = false;
	rig_ask(rig, &big, NS_ECHO_REPLY, &a);
	big.dst = "2001:db8::1";
	rig_ask(rig, &big, NS_TOO_BIG, &a);
	cr_expect_eq(a.icmp.mtu, 1400);
	rig->now = RIG_START + 1000 * MS;
	big.df = true;
	big.dst = "10.1.0.1";
	rig_ask(rig, &big, NS_TOO_BIG, &a);
	cr_expect_eq(a.icmp.mtu, 0);
	rig->now = RIG_START + 2000 * MS;
	rig_ask_silence(rig, &big, "blackhole");
	rig_free(rig);
}

Test(netsim_walk, what_is_prohibited_is_answered_what_is_dropped_is_not)
{
	struct rig *rig =
	    rig_new("router R1 10.0.0.1 fd00::1 prohibit=udp,tcp:25-26 "
		    "drop=tcp:23\nhost 10.1.0.0/16 at R1 open=all\n"
		    "host 2001:db8::/64 at R1\n");
	struct rig_probe p = {.dst = "10.1.0.1", .proto = IPPROTO_UDP};
	struct rig_answer a;

	rig_ask(rig, &p, NS_UNREACHABLE, &a);
	cr_expect(a.icmp.type == 3 && a.icmp.code == 13);
	cr_expect(rig_from(&a, "10.0.0.1"));
	p.dst = "2001:db8::1";
	rig_ask(rig, &p, NS_UNREACHABLE, &a);
	cr_expect(a.icmp.type == 1 && a.icmp.code == 1);
	p.dst = "10.1.0.1";
	p.proto = IPPROTO_TCP;
	p.dport = 26;
	rig_ask(rig, &p, NS_UNREACHABLE, &a);
	p.dport = 27;
	rig_ask(rig, &p, NS_SYN_ACK, &a);
	p.dport = 23;
	rig_ask_silence(rig, &p, "prohibited-silently");
	rig_free(rig);
}

Test(netsim_walk, resets_alone_can_be_dropped)
{
	struct rig *rig = rig_new("router R1 10.0.0.1 drop=rst:80\n"
				  "host 10.1.0.0/16 at R1 open=all\n");
	struct rig_probe p = {
	    .dst = "10.1.0.1", .proto = IPPROTO_TCP, .dport = 80};
	struct rig_answer a;

	rig_ask(rig, &p, NS_SYN_ACK, &a);
	p.flags = NS_TCP_RST | NS_TCP_ACK;
	rig_ask_silence(rig, &p, "prohibited-silently");
	p.dport = 81;
	rig_ask_silence(rig, &p, "no-state");
	rig_free(rig);
}

Test(netsim_walk, syns_that_ask_for_ecn_can_be_dropped)
{
	struct rig *rig = rig_new("router R1 10.0.0.1 drop=ecn:80\n"
				  "host 10.1.0.0/16 at R1 open=all\n");
	struct rig_probe p = {
	    .dst = "10.1.0.1", .proto = IPPROTO_TCP, .dport = 80};
	struct rig_answer a;

	rig_ask(rig, &p, NS_SYN_ACK, &a);
	p.sport = 40001;
	p.flags = NS_TCP_SYN | NS_TCP_ECE;
	rig_ask(rig, &p, NS_SYN_ACK, &a);
	p.sport = 40002;
	p.flags = NS_TCP_SYN | NS_TCP_ECE | NS_TCP_CWR;
	rig_ask_silence(rig, &p, "prohibited-silently");
	p.dport = 81;
	rig_ask(rig, &p, NS_SYN_ACK, &a);
	rig_free(rig);
}

Test(netsim_walk, tos_and_ecn_are_rewritten_on_the_way_out)
{
	struct rig *rig = rig_new("router R1 10.0.0.1 ecn=0\n"
				  "router R2 10.0.0.2 dscp=10\n"
				  "router R3 10.0.0.3\n"
				  "path default R1 R2 R3\n"
				  "host 10.1.0.0/16 at R3\n");
	struct rig_probe p = {.dst = "10.1.0.1", .tos = 0xbb, .ttl = 1};
	struct rig_answer a;

	rig_ask(rig, &p, NS_TTL_EXCEEDED, &a);
	cr_expect_eq(rig_quote(&a).tos, 0xbb);
	p.ttl = 2;
	rig_ask(rig, &p, NS_TTL_EXCEEDED, &a);
	cr_expect_eq(rig_quote(&a).tos, 0xb8);
	p.ttl = 3;
	rig_ask(rig, &p, NS_TTL_EXCEEDED, &a);
	cr_expect_eq(rig_quote(&a).tos, 10 << 2);
	p.ttl = 64;
	rig_ask(rig, &p, NS_ECHO_REPLY, &a);
	cr_expect_eq(a.ip.tos, 10 << 2);
	rig_free(rig);
}

Test(netsim_walk, nat_shows_in_quotes_unless_it_is_undone)
{
	static const char text[] =
	    "router R1 10.0.0.1\nrouter R2 10.0.0.2 snat=192.0.2.9 "
	    "dnat=10.1.0.1>10.7.0.1\nrouter R3 10.0.0.3\n"
	    "path default R1 R2 R3\nhost 10.7.0.0/16 at R3\n"
	    "at 1s router R2 nat-fix\n";
	struct rig *rig = rig_new(text);
	struct rig_probe p = {.dst = "10.1.0.1", .ttl = 3, .payload = 8};
	struct ns_addr client = rig_addr(RIG_CLIENT4);
	struct ns_addr snat = rig_addr("192.0.2.9");
	struct ns_addr dnat = rig_addr("10.7.0.1"), dst = rig_addr("10.1.0.1");
	struct rig_answer a;
	struct nd_quote q;

	rig_ask(rig, &p, NS_TTL_EXCEEDED, &a);
	q = rig_quote(&a);
	cr_expect_eq(memcmp(q.src, snat.b, 4), 0);
	cr_expect_eq(memcmp(q.dst, dnat.b, 4), 0);
	cr_expect_eq(memcmp(a.ip.dst, client.b, 4), 0);
	p.ttl = 64;
	rig_ask(rig, &p, NS_ECHO_REPLY, &a);
	cr_expect(rig_from(&a, "10.1.0.1"));
	p.proto = IPPROTO_TCP; /* the pseudo header follows */
	rig_ask(rig, &p, NS_RST, &a);
	cr_expect(rig_from(&a, "10.1.0.1"));
	cr_expect(rig_sum_ok(&a));
	rig->now = RIG_START + 1000 * MS;
	p.ttl = 3;
	rig_ask(rig, &p, NS_TTL_EXCEEDED, &a);
	q = rig_quote(&a);
	cr_expect_eq(memcmp(q.src, client.b, 4), 0);
	cr_expect_eq(memcmp(q.dst, dst.b, 4), 0);
	rig_free(rig);
}

Test(netsim_walk, answers_take_the_way_back_that_the_file_gives)
{
	struct rig *rig = rig_new(
	    CHAIN "router B1 10.0.1.1 delay=10ms\nrouter B2 delay=20ms\n"
		  "router B3 hidden\nreturn R3 B1 B2 B3 R1\n");
	struct rig_answer a;

	rig_ask(rig, &(struct rig_probe){.dst = "10.1.2.3"}, NS_ECHO_REPLY, &a);
	cr_expect_eq(a.at, (7 + 8 + 31) * MS);
	cr_expect_eq(a.ip.ttl, 64 - 4);
	rig_ask(rig, &(struct rig_probe){.dst = "10.1.2.3", .ttl = 3},
	    NS_TTL_EXCEEDED, &a);
	cr_expect_eq(a.at, (7 + 31) * MS);
	cr_expect_eq(a.ip.ttl, 255 - 3);
	rig_free(rig);
}

Test(netsim_walk, the_way_back_may_be_slower)
{
	struct rig *rig = rig_new("router R1 10.0.0.1 delay=1ms "
				  "delay-back=5ms\nhost 10.1.0.0/16 at R1\n");
	struct rig_answer a;

	rig_ask(rig, &(struct rig_probe){.dst = "10.1.2.3"}, NS_ECHO_REPLY, &a);
	cr_expect_eq(a.at, 6 * MS);
	rig_free(rig);
}

Test(netsim_walk, events_count_from_the_first_packet)
{
	struct rig *rig =
	    rig_new(CHAIN "router R4 10.0.0.4\nhost 10.2.0.1 at R3\n"
			  "at 1s router R2 delay=20ms\nat 2s router R2 down\n"
			  "at 3s router R2 up\nat 3s route R1 10.2.0.1 R4\n"
			  "at 3s host 10.2.0.1 at R4\n");
	struct rig_probe p = {.dst = "10.2.0.1"};
	struct rig_answer a;

	rig_ask(rig, &p, NS_ECHO_REPLY, &a);
	cr_expect_eq(a.at, 14 * MS);
	rig->now = RIG_START + 1000 * MS;
	rig_ask(rig, &p, NS_ECHO_REPLY, &a);
	cr_expect_eq(a.at, 50 * MS);
	rig->now = RIG_START + 2000 * MS;
	rig_ask_silence(rig, &p, "down");
	rig->now = RIG_START + 3000 * MS;
	rig_ask(rig, &p, NS_ECHO_REPLY, &a);
	cr_expect_eq(a.at, 2 * MS);
	cr_expect_eq(a.ip.ttl, 62);
	ns_truth_flush(rig->truth);
	cr_expect_not_null(strstr(
	    rig->log, "{\"type\":\"event\",\"t\":2000000000,\"line\":9}\n"));
	rig_free(rig);
}

Test(netsim_walk, an_answer_under_way_is_lost_where_a_router_went_down)
{
	struct rig *rig = rig_new("router R1 10.0.0.1\nrouter R2 10.0.0.2 "
				  "loss-back=100%\npath default R1 R2\n"
				  "host 10.1.0.0/16 at R2\n");
	struct rig_answer a;

	rig_send(rig, &(struct rig_probe){.dst = "10.1.0.1"});
	cr_assert_not(rig_next(rig, &a, 1000 * MS));
	ns_truth_flush(rig->truth);
	cr_expect_not_null(strstr(
	    rig->log, "\"why\":null,\"answers\":[{\"kind\":\"echo_reply\""));
	cr_expect_not_null(strstr(
	    rig->log, "\"t_out\":null,\"lost\":\"loss\",\"lost_by\":\"R2\""));
	rig_free(rig);
}

Test(netsim_walk, rate_limits_let_a_burst_pass_then_one_an_interval)
{
	struct rig *rig = rig_new("router R1 10.0.0.1 rate=10/s burst=3\n"
				  "host 10.1.0.0/16 at R1 echo-rate=1/s\n");
	struct rig_probe p = {.dst = "10.1.0.1", .ttl = 1};
	struct rig_answer a;

	for (int i = 0; i < 3; i++)
		rig_ask(rig, &p, NS_TTL_EXCEEDED, &a);
	rig_ask_silence(rig, &p, "rate-limit"); /* 100 ms pass */
	rig_ask(rig, &p, NS_TTL_EXCEEDED, &a);
	rig_ask_silence(rig, &p, "rate-limit");
	p.ttl = 64;
	rig_ask(rig, &p, NS_ECHO_REPLY, &a);
	rig_ask_silence(rig, &p, "rate-limit");
	rig_free(rig);
}

/* The log of P, answered or not. */
static const char *
log_of(struct rig *rig, const struct rig_probe *p)
{
	struct rig_answer a;
	size_t at;

	ns_truth_flush(rig->truth);
	at = rig->log_len;
	rig_send(rig, p);
	(void)rig_next(rig, &a, 0);
	ns_truth_flush(rig->truth);
	return rig->log + at;
}

Test(netsim_walk, the_way_back_has_an_mtu_too)
{
	static const char lost[] = "\"t_out\":null,\"lost\":\"mtu\","
				   "\"lost_by\":\"R2\"";
	static const char not_lost[] = "\"lost\":null";
	struct rig *rig = rig_new("router R1 10.0.0.1 fd00::1\n"
				  "router R2 10.0.0.2 fd00::2 mtu=1280\n"
				  "router R3 10.0.0.3 fd00::3\n"
				  "path default R1 R3\nreturn R3 R2 R1\n"
				  "host 10.1.0.0/16 at R3\n"
				  "host 2001:db8::/64 at R3\n"
				  "at 1s router R2 mtu=none\n");
	struct rig_probe p = {.dst = "2001:db8::1", .payload = 1232};

	cr_expect_not_null(strstr(log_of(rig, &p), not_lost));
	p.payload++;
	cr_expect_not_null(strstr(log_of(rig, &p), lost));
	p.dst = "10.1.0.1";
	p.df = true;
	cr_expect_not_null(strstr(log_of(rig, &p), not_lost),
	    "echo replies of IPv4 have no DF");
	p.dst = "2001:db8::1";
	rig->now = RIG_START + 1000 * MS;
	cr_expect_not_null(strstr(log_of(rig, &p), not_lost));
	rig_free(rig);
}

Test(netsim_walk, ipv4_without_df_is_fragmented_by_the_first_narrow_router)
{
	struct rig *rig = rig_new("router R1 10.0.0.1\n"
				  "router R2 10.0.0.2 mtu=1400\n"
				  "router R3 10.0.0.3 mtu=1000\n"
				  "path default R1 R2 R3\n"
				  "host 10.1.0.0/16 at R3\n");
	struct rig_probe p = {.dst = "10.1.0.1", .payload = 1373};

	cr_expect_not_null(
	    strstr(log_of(rig, &p), "\"df\":false,\"fragmented\":\"R2\""));
	p.payload = 1372;
	cr_expect_not_null(
	    strstr(log_of(rig, &p), "\"df\":false,\"fragmented\":\"R3\""));
	p.payload = 972;
	p.df = true;
	cr_expect_not_null(
	    strstr(log_of(rig, &p), "\"df\":true,\"fragmented\":null"));
	rig_free(rig);
}

Test(netsim_walk, events_take_options_away_again)
{
	struct rig *rig = rig_new("router R1 10.0.0.1 silent mtu=100\n"
				  "host 10.1.0.0/16 at R1 hostile=seq:5\n"
				  "at 1s router R1 silent=off\n"
				  "at 1s host 10.1.0.0/16 hostile=none\n"
				  "at 2s host 10.1.0.0/16 unreachable=host\n"
				  "at 3s host 10.1.0.0/16 unreachable=none\n"
				  "at 3s router R1 mtu=0\n");
	struct rig_probe first = {.dst = "10.1.0.1", .ttl = 1};
	struct rig_probe p = {.dst = "10.1.0.1", .seq = 1};
	struct rig_answer a;

	rig_ask_silence(rig, &first, "silent");
	rig_ask(rig, &p, NS_ECHO_REPLY, &a);
	cr_expect_eq(a.icmp.seq, 6);
	rig->now = RIG_START + 1000 * MS;
	rig_ask(rig, &first, NS_TTL_EXCEEDED, &a);
	rig_ask(rig, &p, NS_ECHO_REPLY, &a);
	cr_expect_eq(a.icmp.seq, 1);
	p.df = true;
	p.payload = 100;
	rig_ask(rig, &p, NS_TOO_BIG, &a);
	rig->now = RIG_START + 2000 * MS;
	p.payload = 0;
	rig_ask(rig, &p, NS_UNREACHABLE, &a);
	rig->now = RIG_START + 3000 * MS;
	p.payload = 100;
	rig_ask(rig, &p, NS_ECHO_REPLY, &a);
	rig_free(rig);
}
