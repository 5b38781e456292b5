/* SPDX-License-Identifier: MIT */
/* tests/lab/netsim: each kind of answer, byte by byte. */
#include "netsim_rig.h"

#define HOSTS                                                                  \
	"router R1 10.0.0.1 fd00::1\n"                                         \
	"host 10.1.0.0/16 at R1 open=22 silent=23 refused=24 udp-answer=53 "   \
	"udp-silent=54 absent=0%\n"                                            \
	"host 2001:db8::/64 at R1 open=22 silent=23 refused=24 "               \
	"udp-answer=53 udp-silent=54\n"

static const char *const targets[] = {"10.1.0.1", "2001:db8::1"};

static uint16_t
get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

Test(netsim_answer, echo_replies_carry_all_that_came)
{
	struct rig *rig = rig_new(HOSTS);
	struct rig_answer a;

	for (int i = 0; i < 2; i++) {
		rig_ask(rig,
		    &(struct rig_probe){.dst = targets[i],
			.ident = 0x1234,
			.seq = 7,
			.tos = 0x28,
			.payload = 301},
		    NS_ECHO_REPLY, &a);
		cr_expect_eq(a.icmp.kind, ND_ICMP_ECHO_REPLY);
		cr_expect_eq(a.icmp.ident, 0x1234);
		cr_expect_eq(a.icmp.seq, 7);
		cr_expect_eq(a.ip.tos, 0x28);
		cr_assert_eq(a.icmp.body_len, 301);
		cr_expect_eq(
		    memcmp(a.icmp.body, rig->packet + rig->len - 301, 301), 0);
		cr_expect(rig_from(&a, targets[i]));
	}
	rig_free(rig);
}

Test(netsim_answer, time_exceeded_quotes_what_the_router_got)
{
	struct rig *rig = rig_new(HOSTS);
	struct rig_answer a;
	struct nd_quote q;

	for (int i = 0; i < 2; i++) {
		rig_ask(rig,
		    &(struct rig_probe){.dst = targets[i],
			.proto = IPPROTO_UDP,
			.ttl = 1,
			.id = 0xabcd,
			.sport = 50000,
			.dport = 33434,
			.payload = 40},
		    NS_TTL_EXCEEDED, &a);
		cr_expect_eq(a.icmp.kind, ND_ICMP_TTL_EXCEEDED);
		cr_assert_eq(a.icmp.quote_len, rig->len);
		cr_expect_eq(memcmp(a.icmp.body, rig->packet, rig->len), 0);
		q = rig_quote(&a);
		cr_expect_eq(q.ttl, 1);
		cr_expect_eq(q.sport, 50000);
		cr_expect_eq(q.dport, 33434);
		cr_expect_eq(a.ip.tos, 0xc0);
	}
	cr_expect_eq(q.af, AF_INET6);
	rig_free(rig);
}

Test(netsim_answer, how_much_is_quoted)
{
	static const struct {
		const char *quote;
		size_t len4, len6;
	} cases[] = {
	    {"8", 28, 48},
	    {"28", 48, 68},
	    {"548", 548, 588},
	    {"all", 1028, 1048},
	};
	struct rig_answer a;
	char text[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig *rig;

		(void)snprintf(text, sizeof(text),
		    "router R1 10.0.0.1 fd00::1 quote=%s\n"
		    "host 10.1.0.0/16 at R1\nhost 2001:db8::/64 at R1\n",
		    cases[i].quote);
		rig = rig_new(text);
		for (int k = 0; k < 2; k++) {
			rig_ask(rig,
			    &(struct rig_probe){
				.dst = targets[k], .ttl = 1, .payload = 1000},
			    NS_TTL_EXCEEDED, &a);
			cr_expect_eq(a.icmp.quote_len,
			    k == 0 ? cases[i].len4 : cases[i].len6,
			    "%s %d: %zu", cases[i].quote, k, a.icmp.quote_len);
		}
		rig_free(rig);
	}
}

Test(netsim_answer, an_ipv6_error_fits_into_the_least_mtu)
{
	struct rig *rig = rig_new("router R1 fd00::1 quote=all\n"
				  "host 2001:db8::/64 at R1\n");
	struct rig_answer a;

	rig_ask(rig,
	    &(struct rig_probe){
		.dst = "2001:db8::1", .ttl = 1, .payload = 1400},
	    NS_TTL_EXCEEDED, &a);
	cr_expect_eq(a.len, 1280);
	rig_free(rig);
}

Test(netsim_answer, quotes_as_strange_routers_make_them)
{
	struct rig *rig =
	    rig_new("router R1 10.0.0.1 fd00::1 quote-ttl=0 quote-swap-id "
		    "quote-options quote-zero-checksum quote=8\n"
		    "host 10.1.0.0/16 at R1\nhost 2001:db8::/64 at R1\n");
	struct rig_answer a;
	struct nd_quote q;

	for (int i = 0; i < 2; i++) {
		rig_ask(rig,
		    &(struct rig_probe){.dst = targets[i],
			.proto = IPPROTO_UDP,
			.ttl = 1,
			.id = 0xabcd,
			.dport = 33434,
			.payload = 2},
		    NS_TTL_EXCEEDED, &a);
		cr_expect_eq(a.icmp.quote_len, i == 0 ? 36 : 56);
		q = rig_quote(&a);
		cr_expect_eq(q.ttl, 0);
		cr_expect_eq(q.dport, 33434);
		cr_expect_eq(q.checksum, 0);
		if (i == 0) {
			cr_expect_eq(q.ip_id, 0xcdab);
			cr_expect_eq(a.icmp.body[0], 0x47);
			cr_expect_eq(
			    nd_sum_fold(nd_sum(0, a.icmp.body, 28)), 0);
		} else {
			cr_expect_eq(a.icmp.body[6], IPPROTO_HOPOPTS);
			cr_expect_eq(a.icmp.body[40], IPPROTO_UDP);
		}
	}
	rig_free(rig);
}

Test(netsim_answer, no_error_about_an_error)
{
	struct rig *rig = rig_new(HOSTS);
	struct rig_answer a;

	rig_make(rig,
	    &(struct rig_probe){.dst = "10.1.0.1", .ttl = 1, .payload = 28});
	rig->packet[20] = 3; /* its checksum does not matter to routers */
	rig_send_made(rig);
	cr_assert_not(rig_next(rig, &a, 100 * MS));
	ns_truth_flush(rig->truth);
	cr_expect_not_null(strstr(rig->log, "\"why\":\"unhandled\""));
	rig_free(rig);
}

Test(netsim_answer, hosts_check_what_they_get)
{
	struct rig *rig = rig_new(HOSTS);
	struct rig_answer a;

	for (int i = 0; i < 2; i++) {
		for (int tcp = 0; tcp < 2; tcp++) {
			rig->log_len = 0;
			rig_make(rig, &(struct rig_probe){.dst = targets[i],
					  .proto = tcp ? IPPROTO_TCP : 0,
					  .payload = 4});
			rig->packet[rig->len - 1] ^= 1;
			rig_send_made(rig);
			cr_assert_not(rig_next(rig, &a, 100 * MS));
			ns_truth_flush(rig->truth);
			cr_expect_not_null(
			    strstr(rig->log, "\"why\":\"checksum\""));
		}
	}
	rig_free(rig);
}

Test(netsim_answer, udp_ports)
{
	struct rig *rig = rig_new(HOSTS);
	struct rig_answer a;

	for (int i = 0; i < 2; i++) {
		struct rig_probe p = {.dst = targets[i],
		    .proto = IPPROTO_UDP,
		    .sport = 40001,
		    .dport = 53,
		    .payload = 5};

		rig_ask(rig, &p, NS_UDP_REPLY, &a);
		cr_assert_eq(a.ip.payload_len, 13);
		cr_expect_eq(get16(a.ip.payload), 53);
		cr_expect_eq(get16(a.ip.payload + 2), 40001);
		cr_expect_eq(get16(a.ip.payload + 4), 13);
		cr_expect_eq(memcmp(a.ip.payload + 8, "\0\1\2\3\4", 5), 0);
		cr_expect(rig_sum_ok(&a));
		p.dport = 54;
		rig_ask_silence(rig, &p, "port-silent");
		p.dport = 55;
		rig_ask(rig, &p, NS_UNREACHABLE, &a);
		cr_expect_eq(a.icmp.code, i == 0 ? 3 : 4);
		cr_expect(rig_from(&a, targets[i]));
		cr_expect_eq(rig_quote(&a).dport, 55);
	}
	rig_free(rig);
}

Test(netsim_answer, tcp_ports)
{
	struct rig *rig = rig_new(HOSTS);
	struct rig_answer a;

	for (int i = 0; i < 2; i++) {
		struct rig_probe p = {.dst = targets[i],
		    .proto = IPPROTO_TCP,
		    .dport = 22,
		    .tcp_seq = 0xffffffff,
		    .tsval = 77};
		const uint8_t *tcp;

		rig_ask(rig, &p, NS_SYN_ACK, &a);
		tcp = a.ip.payload;
		cr_expect(rig_sum_ok(&a));
		cr_assert_eq(a.ip.payload_len, 40);
		cr_expect_eq(get16(tcp), 22);
		cr_expect_eq(get16(tcp + 2), 40000);
		cr_expect_eq(get32(tcp + 8), 0); /* ISN + 1 */
		cr_expect_eq(tcp[13], NS_TCP_SYN | NS_TCP_ACK);
		cr_expect_eq(get16(tcp + 14), 65160);
		cr_expect_eq(get32(tcp + 20), 0x020405b4); /* MSS 1460 */
		cr_expect_eq(get32(tcp + 24), 0x0402080a); /* SACK, TS */
		cr_expect_eq(get32(tcp + 32), 77);	   /* TSecr */
		cr_expect_eq(get32(tcp + 36), 0x01030307); /* scale 7 */
		p.dport = 23;
		rig_ask_silence(rig, &p, "port-silent");
		p.dport = 24;
		rig_ask(rig, &p, NS_UNREACHABLE, &a);
		cr_expect_eq(a.icmp.code, i == 0 ? 3 : 4);
		p.dport = 25;
		rig_ask(rig, &p, NS_RST, &a);
		tcp = a.ip.payload;
		cr_expect_eq(tcp[13], NS_TCP_RST | NS_TCP_ACK);
		cr_expect_eq(get32(tcp + 8), 0);
		cr_expect_eq(get32(tcp + 4), 0);
		cr_expect(rig_sum_ok(&a));
	}
	rig_free(rig);
}

/* As Linux: not even to ECT(0), which RFC 3168 forbids in a SYN. */
Test(netsim_answer, no_ecn_with_a_syn_that_is_marked)
{
	struct rig *rig =
	    rig_new("router R1 10.0.0.1\n"
		    "host 10.1.0.0/24 at R1 open=all synack=ecn\n"
		    "host 10.1.1.0/24 at R1 open=all synack=ecn server=bsd\n");
	struct rig_probe p = {.dst = "10.1.0.1",
	    .proto = IPPROTO_TCP,
	    .flags = NS_TCP_SYN | NS_TCP_ECE | NS_TCP_CWR};
	struct rig_answer a;

	for (uint8_t mark = 0; mark < 4; mark++) {
		p.tos = mark;
		p.sport = 40001 + mark;
		p.dst = "10.1.0.1";
		rig_ask(rig, &p, NS_SYN_ACK, &a);
		cr_expect_eq((a.ip.payload[13] & NS_TCP_ECE) != 0, mark == 0);
		p.dst = "10.1.1.1";
		rig_ask(rig, &p, NS_SYN_ACK, &a);
		cr_expect_neq(a.ip.payload[13] & NS_TCP_ECE, 0);
	}
	rig_free(rig);
}

Test(netsim_answer, options_of_a_syn_ack_are_those_of_both)
{
	struct rig *rig = rig_new(
	    "router R1 10.0.0.1\n"
	    "host 10.1.0.0/24 at R1 open=all synack=mss:1400,ts,ecn,win:9\n"
	    "host 10.1.1.0/24 at R1 open=all synack=none\n");
	struct rig_probe p = {.dst = "10.1.0.1",
	    .proto = IPPROTO_TCP,
	    .tsval = 5,
	    .flags = NS_TCP_SYN | NS_TCP_ECE | NS_TCP_CWR};
	struct rig_answer a;

	rig_ask(rig, &p, NS_SYN_ACK, &a);
	cr_assert_eq(a.ip.payload_len, 36);
	cr_expect_eq(get32(a.ip.payload + 20), 0x02040578);
	cr_expect_eq(get32(a.ip.payload + 24), 0x0101080a);
	cr_expect_eq(get16(a.ip.payload + 14), 9);
	cr_expect_eq(a.ip.payload[13], NS_TCP_SYN | NS_TCP_ACK | NS_TCP_ECE);
	p.tsval = 0; /* a SYN without options */
	p.flags = NS_TCP_SYN;
	p.sport = 40001;
	rig_ask(rig, &p, NS_SYN_ACK, &a);
	cr_expect_eq(a.ip.payload_len, 24);
	cr_expect_eq(a.ip.payload[13], NS_TCP_SYN | NS_TCP_ACK);
	p.dst = "10.1.1.1";
	rig_ask(rig, &p, NS_SYN_ACK, &a);
	cr_expect_eq(a.ip.payload_len, 20);
	rig_free(rig);
}

Test(netsim_answer, unreachable_by_the_router_or_the_host)
{
	struct rig *rig = rig_new("router R1 10.0.0.1 fd00::1\n"
				  "host 10.1.0.1 at R1 unreachable=host\n"
				  "host 10.1.0.2 at R1 error=admin\n"
				  "host 10.1.0.3 at R1 error=5/1\n"
				  "host 10.1.0.4 at R1 error=4/0\n"
				  "host 10.1.0.5 at R1 error=12/0\n"
				  "host 10.1.0.6 at R1 error=11/1\n"
				  "host 10.1.0.7 at R1 error=proto\n"
				  "host 2001:db8::1 at R1 unreachable=host\n"
				  "host 2001:db8::2 at R1 error=reject\n"
				  "host 2001:db8::3 at R1 error=3/1\n");
	static const struct {
		const char *dst, *from;
		enum ns_kind kind;
		uint8_t type, code;
	} cases[] = {
	    {"10.1.0.1", "10.0.0.1", NS_UNREACHABLE, 3, 1},
	    {"10.1.0.2", "10.1.0.2", NS_UNREACHABLE, 3, 13},
	    {"10.1.0.3", "10.1.0.3", NS_REDIRECT, 5, 1},
	    {"10.1.0.4", "10.1.0.4", NS_OTHER_ERROR, 4, 0},
	    {"10.1.0.5", "10.1.0.5", NS_PARAMETER, 12, 0},
	    {"10.1.0.6", "10.1.0.6", NS_OTHER_ERROR, 11, 1},
	    {"10.1.0.7", "10.1.0.7", NS_UNREACHABLE, 3, 2},
	    {"10.1.0.8", "10.0.0.1", NS_UNREACHABLE, 3, 0},
	    {"2001:db8::1", "fd00::1", NS_UNREACHABLE, 1, 3},
	    {"2001:db8::2", "2001:db8::2", NS_UNREACHABLE, 1, 6},
	    {"2001:db8::3", "2001:db8::3", NS_OTHER_ERROR, 3, 1},
	    {"2001:db8::4", "fd00::1", NS_UNREACHABLE, 1, 0},
	};
	struct rig_answer a;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rig_ask(rig, &(struct rig_probe){.dst = cases[i].dst, .seq = 9},
		    cases[i].kind, &a);
		cr_expect(rig_from(&a, cases[i].from), "%s", cases[i].dst);
		cr_expect_eq(a.icmp.type, cases[i].type);
		cr_expect_eq(a.icmp.code, cases[i].code);
		cr_expect_eq(rig_quote(&a).seq, 9);
	}
	rig_free(rig);
}

Test(netsim_answer, hosts_that_answer_nothing_say_why_in_the_log)
{
	struct rig *rig = rig_new("router R1 10.0.0.1 silent echo=off\n"
				  "host 10.1.0.1 at R1 echo=off\n"
				  "host 10.1.0.2 at R1 absent=100%\n"
				  "host 10.1.0.3 at R1 loss=100%\n"
				  "host 10.1.0.4 at R1 corrupt=100%\n");

	rig_ask_silence(
	    rig, &(struct rig_probe){.dst = "10.1.0.1"}, "echo-off");
	rig_ask_silence(rig, &(struct rig_probe){.dst = "10.1.0.2"}, "absent");
	rig_ask_silence(rig, &(struct rig_probe){.dst = "10.1.0.3"}, "loss");
	rig_ask_silence(rig, &(struct rig_probe){.dst = "10.1.0.4"}, "corrupt");
	rig_ask_silence(
	    rig, &(struct rig_probe){.dst = "10.0.0.1"}, "echo-off");
	rig_ask_silence(
	    rig, &(struct rig_probe){.dst = "10.1.0.1", .ttl = 1}, "silent");
	rig_free(rig);
}

Test(netsim_answer, each_host_of_a_prefix_has_rate_limits_of_its_own)
{
	struct rig *rig =
	    rig_new("router R1 10.0.0.1 fd00::1\n"
		    "host 10.1.0.0/16 at R1 rate=1/s echo-rate=1/s\n"
		    "host 2001:db8::/64 at R1 rate=1/s burst=2\n");
	static const struct {
		const char *dst;
		uint8_t proto;
		bool answered;
	} steps[] = {
	    {"10.1.0.1", 0, true},
	    {"10.1.0.1", 0, false},
	    {"10.1.0.1", IPPROTO_UDP, true},
	    {"10.1.0.1", IPPROTO_UDP, false},
	    {"10.1.0.2", 0, true},
	    {"10.1.0.2", IPPROTO_UDP, true},
	    {"10.1.0.2", 0, false},
	    {"2001:db8::1", IPPROTO_UDP, true},
	    {"2001:db8::1", IPPROTO_UDP, true},
	    {"2001:db8::1", IPPROTO_UDP, false},
	    {"2001:db8::2", IPPROTO_UDP, true},
	};
	struct rig_answer a;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		const struct rig_probe p = {
		    .dst = steps[i].dst, .proto = steps[i].proto};

		rig_send(rig, &p);
		cr_expect_eq(
		    rig_next(rig, &a, 0), steps[i].answered, "step %zu", i);
	}
	rig_free(rig);
}

Test(netsim_answer, a_token_comes_back_after_its_interval)
{
	const struct ns_bucket two = {.interval = 10, .burst = 2};
	const struct ns_bucket huge = {
	    .interval = INT64_MAX / 2, .burst = INT64_MAX};
	const struct ns_bucket none = {.interval = 0, .burst = 1};
	int64_t next = 0;

	cr_expect(ns_bucket_take(&two, &next, 100));
	cr_expect(ns_bucket_take(&two, &next, 100));
	cr_expect_not(ns_bucket_take(&two, &next, 109));
	cr_expect(ns_bucket_take(&two, &next, 110));
	cr_expect_not(ns_bucket_take(&two, &next, 119));
	cr_expect(ns_bucket_take(&two, &next, 1000), "no more than the burst");
	cr_expect(ns_bucket_take(&two, &next, 1000));
	cr_expect_not(ns_bucket_take(&two, &next, 1000));
	next = 0;
	cr_expect(ns_bucket_take(&huge, &next, 1));
	cr_expect(ns_bucket_take(&huge, &next, 1));
	cr_expect_not(ns_bucket_take(&huge, &next, 1), "time has an end");
	for (int i = 0; i < 3; i++)
		cr_expect(ns_bucket_take(&none, &next, 1));
}
