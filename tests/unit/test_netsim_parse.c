/* SPDX-License-Identifier: MIT */
/* tests/lab/netsim: the topology file, and what is said about a wrong one. */
#include "netsim/options.h"
#include "netsim/values.h"
#include "netsim_rig.h"

#include <errno.h>

static void
refused(const char *text, unsigned line, const char *cause)
{
	struct ns_topo topo;
	struct ns_fault fault;

	cr_assert_eq(rig_read(&topo, text, &fault), -EINVAL, "%s", text);
	cr_assert_eq(fault.line, line, "%s: line %u", text, fault.line);
	cr_assert_str_eq(fault.message, cause);
}

Test(netsim_parse, faults_name_the_line_and_the_cause)
{
	refused("", 0, "no router");
	refused("# only a comment\n", 0, "no router");
	refused("router R1\nrooter R2\n", 2, "unknown statement: rooter");
	refused("router R1\n\nrouter R1\n", 3, "a second router R1");
	refused("router client\n", 1, "not a name for a router: client");
	refused("router R1 10.0.0.1\nrouter R2 10.0.0.1\n", 2,
	    "10.0.0.1 is an address of R1 already");
	refused("router R1 10.0.0.1 10.0.0.2\n", 1,
	    "a second address of a family: 10.0.0.2");
	refused("router R1 delay=1\n", 1, "delay: bad value: 1");
	refused("router R1 loss=101%\n", 1, "loss: bad value: 101%");
	refused("router R1 silent=yes\n", 1, "silent: bad value: yes");
	refused("router R1 ttl\n", 1, "ttl: bad value: none");
	refused("router R1 open=80\n", 1, "unknown option: open");
	refused("router R1\nroute R1 default R2\n", 2,
	    "no router of that name: R2");
	refused("router R1\nroute R1 10.0.0.1/8 R1\n", 2,
	    "not a prefix, or with bits of the host set: 10.0.0.1/8");
	refused("router R1\nhost 10.0.0.0/8 at R1\nhost 10.0.0.0/8 at R1\n", 3,
	    "a second host 10.0.0.0/8");
	refused("router R1\nat 1s host 10.0.0.0/8 loss=1%\n", 2,
	    "no such host: 10.0.0.0/8");
	refused("router R1\nat soon router R1 down\n", 2,
	    "expected: at TIME STATEMENT");
	refused("router R1\nat 1s seed 4\n", 2, "unknown statement: seed");
	refused("seed -1\n", 1, "expected: seed NUMBER");
	refused("router R1\nroute R1 default R1*0\n", 2, "not a weight: 0");
}

Test(netsim_parse, a_zero_byte_is_a_fault)
{
	char text[] = "router R1\nrouter R2\n";
	struct ns_topo topo;
	struct ns_fault fault;
	FILE *in;

	text[12] = '\0';
	in = fmemopen(text, sizeof(text) - 1, "r");
	cr_assert_eq(ns_topo_read(&topo, in, &fault), -EINVAL);
	cr_assert_eq(fault.line, 2);
	cr_assert_str_eq(fault.message, "a zero byte");
	(void)fclose(in);
}

Test(netsim_parse, any_line_may_name_any_router)
{
	struct ns_topo topo;
	struct ns_fault fault;

	cr_assert_eq(rig_read(&topo,
			 "path default R1 \\\n  R2   # the core\n"
			 "entry R2\nrouter R1\nrouter R2 # late\n"
			 "at 2s router R1 down\nat 1s router R1 up\n",
			 &fault),
	    0, "%s", fault.message);
	cr_assert_eq(topo.n_routers, 2);
	cr_assert_eq(topo.entry, 1);
	cr_assert_eq(topo.n_routes, 2);
	cr_assert_eq(topo.n_events, 2);
	cr_assert_eq(topo.event[0].at, 1000 * MS);
	cr_assert_eq(topo.event[0].line, 7);
	cr_assert_eq(topo.event[1].line, 6);
	ns_topo_free(&topo);
}

Test(netsim_parse, a_path_goes_from_each_router_of_a_step_to_all_of_the_next)
{
	struct ns_topo topo;
	struct ns_fault fault;
	const struct ns_route *route;

	cr_assert_eq(rig_read(&topo,
			 "router A\nrouter B\nrouter C\nrouter D\n"
			 "path 10.0.0.0/8 A B*2,C D per-packet\n",
			 &fault),
	    0);
	cr_assert_eq(topo.n_routes, 3);
	route = &topo.route[0];
	cr_assert_eq(route->router, 0);
	cr_assert_eq(route->n_ways, 2);
	cr_assert_eq(route->way[0].router, 1);
	cr_assert_eq(route->way[0].weight, 2);
	cr_assert_eq(route->weights, 3);
	cr_assert_eq(route->balance, NS_PER_PACKET);
	cr_assert_eq(topo.route[1].router, 1);
	cr_assert_eq(topo.route[2].router, 2);
	cr_assert_eq(topo.route[2].way[0].router, 3);
	ns_topo_free(&topo);
}

Test(netsim_parse, durations)
{
	static const struct {
		const char *text;
		int64_t ns; /* -1: refused */
	} cases[] = {
	    {"0", 0},
	    {"20ms", 20 * MS},
	    {"1.5s", 1500 * MS},
	    {"0.000001ms", 1},
	    {"300us", 300000},
	    {"40ns", 40},
	    {"2m", 120000 * MS},
	    {"", -1},
	    {"1", -1},
	    {"ms", -1},
	    {"1.ms", -1},
	    {".5s", -1},
	    {"-1s", -1},
	    {"1h", -1},
	    {"1.2.3s", -1},
	    {"99999999999999999999s", -1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t ns = -1;
		int r = ns_parse_duration(&ns, cases[i].text);

		cr_expect_eq(ns, cases[i].ns, "%s", cases[i].text);
		cr_expect_eq(r, cases[i].ns < 0 ? -EINVAL : 0);
	}
}

Test(netsim_parse, shares_rates_and_ports)
{
	struct ns_bucket bucket = {.burst = 1};
	struct ns_ports ports;
	struct ns_range range;
	uint32_t share = 0;

	cr_assert_eq(ns_parse_share(&share, "0.25%"), 0);
	cr_assert_eq(share, 2500);
	cr_assert_eq(ns_parse_share(&share, "100%"), 0);
	cr_assert_eq(share, NS_WHOLE);
	cr_assert_eq(ns_parse_share(&share, "1"), -EINVAL);
	cr_assert_eq(ns_parse_share(&share, "100.1%"), -EINVAL);
	cr_assert_eq(ns_parse_rate(&bucket, "10/s"), 0);
	cr_assert_eq(bucket.interval, 100 * MS);
	cr_assert_eq(ns_parse_rate(&bucket, "1/500ms"), 0);
	cr_assert_eq(bucket.interval, 500 * MS);
	cr_assert_eq(ns_parse_rate(&bucket, "0/s"), -EINVAL);
	cr_assert_eq(ns_parse_rate(&bucket, "5"), -EINVAL);
	cr_assert_eq(ns_parse_ports(&ports, "22,80,8000-8010"), 0);
	cr_assert(ns_ports_have(&ports, 22) && ns_ports_have(&ports, 8010));
	cr_assert_not(ns_ports_have(&ports, 8011));
	cr_assert_eq(ns_parse_ports(&ports, "none"), 0);
	cr_assert_not(ns_ports_have(&ports, 0));
	cr_assert_eq(ns_parse_ports(&ports, "10-9"), -EINVAL);
	cr_assert_eq(ns_parse_ports(&ports, "65536"), -EINVAL);
	cr_assert_eq(ns_parse_ports(&ports, "22,"), -EINVAL);
	cr_assert_eq(ns_parse_range(&range, "10ms..200ms"), 0);
	cr_assert_eq(range.lo, 10 * MS);
	cr_assert_eq(range.hi, 200 * MS);
	cr_assert_eq(ns_parse_range(&range, "2ms..1ms"), -EINVAL);
}

Test(netsim_parse, errors_have_a_type_of_each_family)
{
	struct ns_error err;

	cr_assert_eq(ns_parse_error(&err, "host"), 0);
	cr_assert(err.type4 == 3 && err.code4 == 1);
	cr_assert(err.type6 == 1 && err.code6 == 3);
	cr_assert_eq(ns_parse_error(&err, "13"), 0);
	cr_assert(err.type4 == 3 && err.code4 == 13 && err.type6 == 1);
	cr_assert_eq(ns_parse_error(&err, "11/1"), 0);
	cr_assert(err.type4 == 11 && err.code4 == 1 && err.type6 == 11);
	cr_assert_eq(ns_parse_error(&err, "256"), -EINVAL);
	cr_assert_eq(ns_parse_error(&err, "3/"), -EINVAL);
	cr_assert_eq(ns_parse_error(&err, "whatever"), -EINVAL);
}

/* Carries out the words of TEXT on OF, a router or a host. */
static void
options(void *of, bool router, const char *text)
{
	struct ns_fault fault;
	char copy[256], *list = copy, *word;

	cr_assert_lt(strlen(text), sizeof(copy));
	memcpy(copy, text, strlen(text) + 1);
	while ((word = strsep(&list, " ")) != NULL)
		cr_assert_eq(router ? ns_router_option(of, word, &fault)
				    : ns_host_option(of, word, &fault),
		    0, "%s: %s", text, fault.message);
}

Test(netsim_parse, an_option_put_off_is_as_if_it_had_not_been_given)
{
	static const char *const routers[][2] = {
	    {"silent", "silent=off"},
	    {"down", "down=none"},
	    {"down", "up"},
	    {"up=off", "up"},
	    {"hidden=on", "hidden=0"},
	    {"zero-ttl blackhole", "zero-ttl=off blackhole=off"},
	    {"strip-ecn nat-fix", "strip-ecn=0 nat-fix=none"},
	    {"mtu=1400 mtu-told=0", "mtu=0 mtu-told=none"},
	    {"mtu=1400", "mtu=off"},
	    {"prohibit-error=net unreachable=host",
		"prohibit-error=none unreachable=off"},
	    {"tos=4 dscp=2 ecn=1", "tos=none dscp=off ecn=none"},
	    {"delay=1ms..2ms jitter=1ms", "delay=none jitter=0"},
	    {"loss=1% dup-back=2%", "loss=none dup-back=0"},
	    {"corrupt=1% reorder=2% reorder-by=1s",
		"corrupt=0% reorder=off reorder-by=off"},
	    {"rate=1/s burst=4", "rate=none burst=none"},
	    {"echo-rate=1/s", "echo-rate=0"},
	    {"ttl=9 icmp-delay=1ms", "ttl=none icmp-delay=off"},
	    {"echo=off", "echo=on"},
	    {"quote=8 quote-ttl=0", "quote=none quote-ttl=none"},
	    {"quote-swap-id quote-options quote-zero-checksum",
		"quote-swap-id=off quote-options=off quote-zero-checksum=off"},
	    {"interface ext=legacy", "interface=off ext=none"},
	};
	static const char *const hosts[][2] = {
	    {"absent=5%", "absent=none"},
	    {"unreachable=host error=admin refuse-error=net",
		"unreachable=none error=off refuse-error=none"},
	    {"open=80 closed=81 silent=all refused=22",
		"open=none closed=off silent=off refused=none"},
	    {"udp-answer=53 udp-silent=54", "udp-answer=off udp-silent=none"},
	    {"tcp=silent udp=answer", "tcp=none udp=off"},
	    {"server=bsd hostile-share=1%", "server=none hostile-share=none"},
	};
	struct ns_router router, plain_router;
	struct ns_host host, plain_host;

	ns_router_defaults(&router);
	ns_host_defaults(&host);
	memcpy(&plain_router, &router, sizeof(router));
	memcpy(&plain_host, &host, sizeof(host));
	for (size_t i = 0; i < sizeof(routers) / sizeof(routers[0]); i++) {
		options(&router, true, routers[i][0]);
		options(&router, true, routers[i][1]);
		cr_expect_eq(memcmp(&router, &plain_router, sizeof(router)), 0,
		    "%s, %s", routers[i][0], routers[i][1]);
	}
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		options(&host, false, hosts[i][0]);
		cr_expect_neq(memcmp(&host, &plain_host, sizeof(host)), 0);
		options(&host, false, hosts[i][1]);
		cr_expect_eq(memcmp(&host, &plain_host, sizeof(host)), 0,
		    "%s, %s", hosts[i][0], hosts[i][1]);
	}
}

Test(netsim_parse, lists_can_be_emptied)
{
	struct ns_router router;
	struct ns_host host;

	ns_router_defaults(&router);
	options(&router, true, "snat=192.0.2.1 snat=2001:db8::9 snat=none");
	cr_expect(router.snat4.af == 0 && router.snat6.af == 0);
	options(&router, true, "dnat=10.0.0.1>10.0.0.2 dnat=off");
	cr_expect_eq(router.dnat_from.af, 0);
	options(&router, true, "prohibit=udp drop=tcp:23 prohibit=off");
	cr_assert_eq(router.n_rules, 1);
	cr_expect(router.rule[0].drop);
	options(&router, true, "drop=rst,tcp:23");
	cr_assert_eq(router.n_rules, 2);
	cr_expect(router.rule[0].rst && !router.rule[1].rst);
	options(&router, true, "drop=none mpls=5 mpls=off");
	cr_expect(router.n_rules == 0 && router.icmp.n_labels == 0);
	options(&router, true, "delay=1ms delay-back=2ms delay-back=none");
	cr_expect_not(router.impair.has_back);
	ns_host_defaults(&host);
	options(&host, false, "hostile=seq,storm:2 hostile=off");
	cr_expect_eq(host.n_hostile, 0);
}

Test(netsim_parse, not_every_value_is_one)
{
	static const char *const bad[] = {"silent=1", "silent=maybe", "mtu=67",
	    "mtu=65536", "ttl=0", "burst=0", "tos=256", "rate=1", "loss=5",
	    "dnat=10.0.0.1", "ext=new"};
	struct ns_router router;

	ns_router_defaults(&router);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct ns_fault fault;
		char *word = strdup(bad[i]);

		cr_assert_not_null(word);
		cr_expect_eq(ns_router_option(&router, word, &fault), -EINVAL,
		    "%s", bad[i]);
		free(word);
	}
}
