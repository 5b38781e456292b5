/* SPDX-License-Identifier: MIT */
/* tests/lab/netsim: order in time, prefixes, counts of flows, the log. */
#include "netsim/graph.h"
#include "netsim/json.h"
#include "netsim_rig.h"
#include "prng.h"

Test(netsim_sched, by_time_then_by_the_order_of_putting_in)
{
	struct ns_sched sched = {.n = 0};
	uint64_t state = 1;
	int64_t last = -1;
	uint64_t last_order = 0;

	for (int i = 0; i < 5000; i++)
		cr_assert_eq(ns_sched_put(&sched, prng_in(&state, 0, 99),
				 NS_TODO_TIMER, NULL, 0),
		    0);
	for (int i = 0; i < 5000; i++) {
		const struct ns_due *first = ns_sched_first(&sched);
		struct ns_due due;

		cr_assert_not_null(first);
		due = ns_sched_take(&sched);
		cr_assert_geq(due.at, last);
		if (due.at == last)
			cr_assert_gt(due.order, last_order);
		last = due.at;
		last_order = due.order;
	}
	cr_assert_null(ns_sched_first(&sched));
	ns_sched_free(&sched);
}

/* The longest of N prefixes, by looking at each. */
static uint32_t
slow_find(
    const struct ns_prefix *prefix, uint32_t n, const struct ns_addr *addr)
{
	uint32_t best = NS_LPM_NONE;

	for (uint32_t i = 0; i < n; i++)
		if (prefix[i].addr.af == addr->af &&
		    ns_prefix_has(&prefix[i], addr) &&
		    (best == NS_LPM_NONE || prefix[i].len > prefix[best].len))
			best = i;
	return best;
}

Test(netsim_sched, the_longest_match_is_that_of_a_slow_search)
{
	struct ns_lpm lpm = {.used = 0};
	struct ns_prefix prefix[300];
	uint64_t state = 3;

	for (uint32_t i = 0; i < 300; i++) {
		prefix[i].addr = (struct ns_addr){
		    .af = i % 2 ? AF_INET : AF_INET6, .b = {10}};
		prefix[i].addr.b[1] = (uint8_t)prng_in(&state, 0, 3);
		prefix[i].addr.b[2] = (uint8_t)prng_in(&state, 0, 255);
		prefix[i].len = (unsigned)prng_in(&state, 0, 32);
		ns_addr_mask(&prefix[i].addr, prefix[i].len);
		if (slow_find(prefix, i, &prefix[i].addr) != NS_LPM_NONE &&
		    ns_lpm_get(&lpm, 5, &prefix[i]) != NS_LPM_NONE) {
			prefix[i].addr.af = 0; /* there already */
			continue;
		}
		cr_assert_eq(ns_lpm_set(&lpm, 5, &prefix[i], i), 0);
	}
	for (int i = 0; i < 2000; i++) {
		struct ns_addr addr = {
		    .af = i % 2 ? AF_INET : AF_INET6, .b = {10}};

		addr.b[1] = (uint8_t)prng_in(&state, 0, 3);
		addr.b[2] = (uint8_t)prng_in(&state, 0, 255);
		cr_assert_eq(
		    ns_lpm_find(&lpm, 5, &addr), slow_find(prefix, 300, &addr));
		cr_assert_eq(ns_lpm_find(&lpm, 4, &addr), NS_LPM_NONE);
	}
	ns_lpm_free(&lpm);
}

Test(netsim_sched, a_prefix_taken_away_leaves_the_shorter_one)
{
	struct ns_lpm lpm = {.used = 0};
	struct ns_addr addr = rig_addr("10.1.2.3");
	struct ns_prefix wide, narrow;

	cr_assert_eq(ns_prefix_parse(&wide, "10.0.0.0/8"), 0);
	cr_assert_eq(ns_prefix_parse(&narrow, "10.1.0.0/16"), 0);
	(void)ns_lpm_set(&lpm, 0, &wide, 1);
	(void)ns_lpm_set(&lpm, 0, &narrow, 2);
	cr_assert_eq(ns_lpm_find(&lpm, 0, &addr), 2);
	(void)ns_lpm_set(&lpm, 0, &narrow, NS_LPM_NONE);
	cr_assert_eq(ns_lpm_find(&lpm, 0, &addr), 1);
	ns_lpm_free(&lpm);
}

Test(netsim_sched, packets_are_counted_by_flow)
{
	struct ns_keyed flows = {.used = 0};
	uint64_t state = 9;

	for (uint64_t i = 1; i <= 20000; i++)
		cr_assert_eq(ns_flows_next(&flows, i << 32 | i), 0);
	for (int i = 0; i < 1000; i++) {
		uint64_t flow = (uint64_t)prng_in(&state, 1, 10) << 32;

		(void)ns_flows_next(&flows, flow | flow >> 32);
	}
	cr_assert_eq(ns_flows_next(&flows, UINT64_C(20) << 32 | 20), 1);
	cr_assert_eq(ns_flows_next(&flows, UINT64_C(20) << 32 | 20), 2);
	cr_assert_eq(flows.used, 20000);
	ns_keyed_free(&flows);
}

Test(netsim_sched, quantiles_of_lateness_are_right_to_1_in_32)
{
	static struct ns_late late;

	for (int64_t i = 1; i <= 100000; i++)
		ns_late_add(&late, i);
	cr_expect_eq(late.max, 100000);
	cr_expect_float_eq((double)ns_late_quantile(&late, 500), 50000, 1600);
	cr_expect_float_eq((double)ns_late_quantile(&late, 990), 99000, 3100);
	late = (struct ns_late){.n = 0};
	cr_expect_eq(ns_late_quantile(&late, 500), 0);
	ns_late_add(&late, -5);
	ns_late_add(&late, 31);
	cr_expect_eq(ns_late_quantile(&late, 500), 0);
	cr_expect_eq(ns_late_quantile(&late, 1000), 31);
}

Test(netsim_sched, a_packet_is_a_line_of_the_log)
{
	static const char want[] =
	    "{\"type\":\"packet\",\"id\":1,\"t_in\":1000000000,\"af\":4,"
	    "\"src\":\"10.255.0.2\",\"dst\":\"10.1.0.1\",\"proto\":\"udp\","
	    "\"ttl\":1,\"tos\":3,\"len\":30,\"ip_id\":7,\"label\":0,"
	    "\"df\":false,\"fragmented\":null,"
	    "\"sport\":40000,\"dport\":33434,"
	    "\"l4\":\"9c40829a000acbfb0001\",\"flow\":\"";
	static const char rest[] =
	    "\",\"n\":0,\"path\":[\"R1\"],\"hops\":1,\"end\":\"R1\","
	    "\"host\":null,\"why\":null,\"answers\":[{"
	    "\"kind\":\"ttl_exceeded\",\"by\":\"R1\",\"from\":\"10.0.0.1\","
	    "\"ttl\":255,\"tos\":192,\"len\":58,\"due\":1002000000,"
	    "\"t_out\":1002000000,\"lost\":null,\"lost_by\":null,\"copy\":0,"
	    "\"forged\":false,\"hostile\":null,\"corrupt\":false,"
	    "\"icmp_type\":11,\"icmp_code\":0,\"quoted_ttl\":1,"
	    "\"quoted_tos\":3,\"interface\":false,\"mpls\":[]}]}\n";
	struct rig *rig = rig_new("router R1 10.0.0.1 delay=1ms\n"
				  "host 10.1.0.0/16 at R1\n");
	struct rig_answer a;

	rig_ask(rig,
	    &(struct rig_probe){.dst = "10.1.0.1",
		.proto = IPPROTO_UDP,
		.ttl = 1,
		.tos = 3,
		.id = 7,
		.dport = 33434,
		.payload = 2},
	    NS_TTL_EXCEEDED, &a);
	ns_truth_flush(rig->truth);
	cr_assert_eq(
	    strncmp(rig->log, want, sizeof(want) - 1), 0, "%s", rig->log);
	cr_assert_str_eq(rig->log + sizeof(want) - 1 + 16, rest);
	rig_free(rig);
}

/* The log from before P is sent to after its answers. */
static const char *
log_of(struct rig *rig, const struct rig_probe *p, enum ns_kind kind)
{
	struct rig_answer a;
	size_t at;

	ns_truth_flush(rig->truth);
	at = rig->log_len;
	rig_ask(rig, p, kind, &a);
	ns_truth_flush(rig->truth);
	return rig->log + at;
}

Test(netsim_sched, the_log_says_what_an_error_and_a_segment_say)
{
	struct rig *rig =
	    rig_new("router R1 10.0.0.1 tos=8 quote-ttl=0\n"
		    "router R2 10.0.0.2 mpls=16001:1:2,5 interface\n"
		    "path default R1 R2\niface R2 from R1 ifindex=4 "
		    "ifname=eth0 ifmtu=1500\nhost 10.1.0.0/16 at R2 open=80 "
		    "synack=mss:1400,ws:3,ts,win:9 hostile=short\n");
	struct rig_probe p = {.dst = "10.1.0.1", .ttl = 1, .tos = 4};

	cr_expect_not_null(strstr(log_of(rig, &p, NS_TTL_EXCEEDED),
	    "\"quoted_ttl\":0,\"quoted_tos\":4,\"interface\":false,"
	    "\"mpls\":[]}"));
	p.ttl = 2;
	cr_expect_not_null(strstr(log_of(rig, &p, NS_TTL_EXCEEDED),
	    "\"quoted_ttl\":1,\"quoted_tos\":8,\"interface\":true,"
	    "\"mpls\":[{\"label\":16001,\"tc\":1,\"ttl\":2},"
	    "{\"label\":5,\"tc\":0,\"ttl\":1}]}"));
	p = (struct rig_probe){.dst = "10.1.0.1", .proto = IPPROTO_UDP};
	cr_expect_not_null(strstr(log_of(rig, &p, NS_UNREACHABLE),
	    "\"quoted_ttl\":null,\"quoted_tos\":null"));
	p = (struct rig_probe){
	    .dst = "10.1.0.1", .proto = IPPROTO_TCP, .tsval = 77};
	cr_expect_not_null(
	    strstr(log_of(rig, &p, NS_SYN_ACK), "\"tsecr\":77,\"tcp_seq\":"));
	cr_expect_not_null(strstr(rig->log,
	    "\"window\":9,\"mss\":1400,\"wscale\":3,\"sack\":false}"));
	p = (struct rig_probe){
	    .dst = "10.1.0.1", .proto = IPPROTO_TCP, .dport = 81};
	cr_expect_not_null(strstr(log_of(rig, &p, NS_RST),
	    "\"window\":0,\"mss\":null,\"wscale\":null,\"sack\":false}"));
	ns_sim_end(rig->sim, 0);
	cr_expect_not_null(strstr(
	    rig->log, "\"ifindex\":4,\"ifname\":\"eth0\",\"ifmtu\":1500}"));
	rig_free(rig);
}

Test(netsim_sched, numbers_in_the_log)
{
	static const struct {
		uint64_t v;
		const char *text;
	} cases[] = {
	    {0, "0"},
	    {9, "9"},
	    {10, "10"},
	    {99, "99"},
	    {100, "100"},
	    {1009, "1009"},
	    {12345, "12345"},
	    {UINT64_MAX, "18446744073709551615"},
	};
	struct ns_truth *t = calloc(1, sizeof(*t));

	cr_assert_not_null(t);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		t->n = 0;
		ns_json_u64(t, cases[i].v);
		t->buf[t->n] = '\0';
		cr_expect_str_eq(t->buf, cases[i].text);
	}
	t->n = 0;
	ns_json_i64(t, INT64_MIN);
	t->buf[t->n] = '\0';
	cr_expect_str_eq(t->buf, "-9223372036854775808");
	free(t);
}

Test(netsim_sched, what_was_not_written_at_the_end_is_in_the_log)
{
	struct rig *rig = rig_new("router R1 10.0.0.1 delay=1ms\n"
				  "host 10.1.0.0/16 at R1\n");

	rig_send(rig, &(struct rig_probe){.dst = "10.1.0.1"});
	ns_sim_end(rig->sim, 3);
	cr_expect_not_null(strstr(rig->log, "\"t_out\":null,\"lost\":\"end\""));
	cr_expect_not_null(strstr(rig->log,
	    "{\"type\":\"topology\",\"entry\":\"R1\",\"nodes\":[{"
	    "\"name\":\"R1\",\"addr4\":\"10.0.0.1\",\"addr6\":null,"
	    "\"silent\":false,\"hidden\":false,\"zero_ttl\":false,"
	    "\"labels\":[],\"ifaces\":[]}]}\n"));
	cr_expect_not_null(strstr(rig->log,
	    "{\"type\":\"summary\",\"in\":1,\"ignored\":0,\"out\":0,"
	    "\"lost\":0,\"dropped_in\":3,"));
	rig_free(rig);
}

static bool
has_link(const struct ns_graph *g, unsigned hop, uint32_t from, uint32_t to)
{
	for (uint32_t i = 0; i < g->n; i++)
		if (g->link[i].hop == hop && g->link[i].from == from &&
		    g->link[i].to == to)
			return true;
	return false;
}

Test(netsim_sched, the_graph_has_each_link_that_a_flow_can_take)
{
	struct rig *rig =
	    rig_new("router A\nrouter B\nrouter C\nrouter D\nrouter E hidden\n"
		    "path default A B,C D\nroute C default E\n"
		    "route E default D\nhost 10.1.0.0/16 at D\n"
		    "at 1s route A default C\n");
	struct ns_graph g;

	cr_assert_eq(ns_topo_apply(&rig->sim->topo, 0), 0);
	cr_assert_eq(ns_graph_make(&g, &rig->sim->topo, 0), 0);
	cr_expect(has_link(&g, 1, NS_NONE, 0));
	cr_expect(has_link(&g, 2, 0, 1), "before the event");
	cr_expect(has_link(&g, 2, 0, 2));
	cr_expect(has_link(&g, 3, 1, 3));
	cr_expect(has_link(&g, 3, 2, 4));
	cr_expect(has_link(&g, 3, 4, 3), "hidden: no hop of its own");
	cr_expect(has_link(&g, 3, 2, 3), "by the route that was replaced");
	cr_expect(has_link(&g, 4, 3, NS_NONE));
	cr_expect_eq(g.n, 8);
	ns_graph_free(&g);
	rig_free(rig);
}
