/* SPDX-License-Identifier: MIT */
/*
 * cmd/report_trace_text.c, _lines.c, _notes.c and _who.c: a line a hop and
 * address, for one target as it goes, for several in blocks.
 */
#include "capture_trace.h"

#include <errno.h>

Test(report_trace_text, flows_are_columns)
{
	struct scene s;

	scene_open(&s, (struct report_opts){.numeric = true});
	(void)scene_hop(&s, 1, "192.0.2.1", 7, 400 * US);
	cr_assert_str_eq(scene_tell_hop(&s),
	    HEADER "HOP ADDRESS           FLOW 1   FLOW 2   FLOW 3\n"
		   " 1  192.0.2.1          0.400    0.410    0.420 ms\n");
	(void)scene_hop(&s, 2, "198.51.100.1", 1, 1200 * US);
	(void)scene_node(&s, "198.51.100.5", 2, 1300 * US);
	cr_assert_str_eq(scene_tell_hop(&s),
	    " 2  198.51.100.1       1.200                 *\n"
	    "    198.51.100.5                1.310 ms\n");
	(void)scene_hop(&s, 3, "203.0.113.8", 7, 12300 * US);
	s.t.stats.paths = 2;
	cr_assert_str_eq(scene_tell_hop(&s),
	    " 3  203.0.113.8       12.300   12.310   12.320 ms\n");
	cr_assert_str_eq(scene_tell(&s),
	    "reached 203.0.113.8 in 3 hops, 12.3 ms, 2 paths\n");
	scene_close(&s);
}

Test(report_trace_text, names_and_systems)
{
	struct scene s;

	scene_open(&s, (struct report_opts){.asn = true});
	(void)scene_hop(&s, 1, "198.51.100.1", 7, 400 * US);
	(void)scene_hop(&s, 2, "203.0.113.8", 7, 12300 * US);
	cr_assert_str_eq(scene_tell(&s), HEADER
	    "HOP ADDRESS                                   FLOW 1   FLOW 2   "
	    "FLOW 3\n"
	    " 1  r1.example.net (198.51.100.1) [AS64500]    0.400    0.410    "
	    "0.420 ms\n"
	    " 2  www.example.org (203.0.113.8) [AS64500]   12.300   12.310   "
	    "12.320 ms\n"
	    "reached 203.0.113.8 in 2 hops, 12.3 ms\n");
	scene_close(&s);
}

Test(report_trace_text, without_links_probes_are_columns)
{
	struct scene s;

	scene_open(&s, (struct report_opts){.numeric = true});
	s.summary.links = false;
	(void)scene_hop(&s, 1, "203.0.113.8", 7, 400 * US);
	s.t.stats.paths = 3;
	cr_assert_str_eq(scene_tell(&s),
	    HEADER "HOP ADDRESS          PROBE 1  PROBE 2  PROBE 3\n"
		   " 1  203.0.113.8        0.400    0.410    0.420 ms\n"
		   "reached 203.0.113.8 in 1 hop, 0.400 ms\n");
	scene_close(&s);
}

Test(report_trace_text, runs_of_silent_hops_share_a_line)
{
	struct scene s;

	scene_open(&s, (struct report_opts){.numeric = true, .flows = 1});
	(void)capture_text(&s.c);
	(void)scene_hop(&s, 1, "192.0.2.1", 1, 400 * US);
	(void)scene_tell_hop(&s);
	for (unsigned ttl = 2; ttl <= 3; ttl++) {
		scene_silent(&s, ttl, ttl);
		cr_assert_str_eq(scene_tell_hop(&s), "");
	}
	(void)scene_hop(&s, 4, "198.51.100.7", 1, 4000 * US);
	cr_assert_str_eq(scene_tell_hop(&s), " 2  *\n"
					     " 3  *\n"
					     " 4  198.51.100.7       4.000 ms"
					     "\n");
	for (unsigned ttl = 5; ttl <= 11; ttl++) {
		scene_silent(&s, ttl, ttl);
		cr_assert_str_eq(scene_tell_hop(&s), "");
	}
	s.t.stats.end = ND_TRACE_END_GAP;
	cr_assert_str_eq(scene_tell(&s),
	    "5-11  *\n"
	    "not reached: silent after hop 4 (198.51.100.7)\n");
	scene_close(&s);
}

Test(report_trace_text, late_answers)
{
	struct scene s;

	scene_open(&s, (struct report_opts){.numeric = true});
	(void)scene_hop(&s, 1, "192.0.2.1", 1, 400 * US);
	scene_event(&s, ND_TRACE_LATE, 1, 3, "192.0.2.1", 812 * MS);
	cr_assert_str_eq(scene_tell_hop(&s),
	    HEADER "HOP ADDRESS           FLOW 1   FLOW 2   FLOW 3\n"
		   " 1  192.0.2.1          0.400        *  812.000 ms  late: "
		   "flow 3\n");
	scene_close(&s);
}

Test(report_trace_text, what_answered_after_its_line)
{
	struct scene s;

	scene_open(&s, (struct report_opts){.numeric = true, .flows = 1});
	(void)capture_text(&s.c);
	scene_silent(&s, 1, 1);
	(void)scene_tell_hop(&s);
	s.t.hops[0].nodes = &s.t.nodes[0];
	(void)trace_canned_node(&s.t, "192.0.2.1", 1, 812 * MS);
	scene_event(&s, ND_TRACE_LATE, 1, 1, "192.0.2.1", 812 * MS);
	(void)scene_hop(&s, 2, "203.0.113.8", 1, 12300 * US);
	cr_assert_str_eq(scene_tell(&s),
	    "HOP ADDRESS              RTT\n"
	    " 1  *\n"
	    " 2  203.0.113.8       12.300 ms\n"
	    "answered later:\n"
	    " 1  192.0.2.1        812.000 ms  late\n"
	    "reached 203.0.113.8 in 2 hops, 12.3 ms\n");
	scene_close(&s);
}

/* A node with all that can be told of one. */
static void
peculiar(struct scene *s)
{
	struct nd_trace_node *node =
	    scene_hop(s, 1, "198.51.100.1", 7, 400 * US);

	s->t.hops[0].hop.rate_limited = 1;
	s->t.hops[0].hop.send_errors = 1;
	node->label_count = 1;
	node->labels[0] = (struct nd_trace_label){16001, 2, 1, true};
	node->has_interface = true;
	(void)snprintf(
	    node->interface.name, sizeof(node->interface.name), "ge-0\033[2J");
	node->interface.ifindex = 12;
	node->interface.mtu = 9000;
	(void)trace_canned_addr("192.0.2.33", &node->interface.addr);
	node->nat = true;
	node->quoted_ttl = 0;
	node->quoted_tos = 1;
	node->mtu = 1400;
	node->return_hops = 12;
	node = scene_hop(s, 2, "198.51.100.2", 7, 500 * US);
	node->label_count = 3;
	for (unsigned i = 0; i < 3; i++)
		node->labels[i] = (struct nd_trace_label){
		    16001 + i, 0, (uint8_t)(i + 1), i == 2};
	node->nat = true;
	node->quoted_ttl = 4;
	node->quoted_tos = 1;
	node->return_hops = 3;
	node = scene_hop(s, 3, "198.51.100.3", 7, 600 * US);
	node->quoted_tos = 0;
	node->icmp_type = 3;
	node->icmp_code = 1;
	node->quoted_ttl = 9;
	s->t.stats.end = ND_TRACE_END_UNREACHABLE;
}

Test(report_trace_text, notes_in_a_pipe_stay_on_the_line)
{
	struct scene s;

	scene_open(
	    &s, (struct report_opts){.numeric = true, .mtu = true, .tos = 186});
	peculiar(&s);
	cr_assert_str_eq(scene_tell(&s), HEADER
	    "HOP ADDRESS           FLOW 1   FLOW 2   FLOW 3\n"
	    " 1  198.51.100.1       0.400    0.410    0.420 ms  rate-limited, "
	    "1 send error, [MPLS 16001 tc 2 ttl 1], "
	    "in ge-0\\x1b[2J (ifindex 12, mtu 9000, 192.0.2.33), behind NAT, "
	    "forwarded to it at ttl 0, dscp 46 now 0, ecn 2 now 1, mtu 1400, "
	    "12 hops back\n"
	    " 2  198.51.100.2       0.500    0.510    0.520 ms  "
	    "[MPLS 16001/0/1 16002/0/2 16003/0/3], tunnel (ttl 4 left)\n"
	    " 3  198.51.100.3       0.600    0.610    0.620 ms !H  "
	    "ecn 1 now 0\n"
	    "not reached: 198.51.100.3 says host unreachable at hop 3\n");
	scene_close(&s);
}

Test(report_trace_text, notes_go_below_on_a_terminal)
{
	struct scene s;

	scene_open(&s, (struct report_opts){.numeric = true, .columns = 80});
	peculiar(&s);
	cr_assert_str_eq(scene_tell(&s), HEADER
	    "HOP ADDRESS           FLOW 1   FLOW 2   FLOW 3\n"
	    " 1  198.51.100.1       0.400    0.410    0.420 ms\n"
	    "    rate-limited, 1 send error, [MPLS 16001 tc 2 ttl 1],\n"
	    "    in ge-0\\x1b[2J (ifindex 12, mtu 9000, 192.0.2.33), behind NAT,\n"
	    "    forwarded to it at ttl 0, ecn 0 now 1, mtu 1400, 12 hops "
	    "back\n"
	    " 2  198.51.100.2       0.500    0.510    0.520 ms\n"
	    "    [MPLS 16001/0/1 16002/0/2 16003/0/3], tunnel (ttl 4 left)\n"
	    " 3  198.51.100.3       0.600    0.610    0.620 ms !H  "
	    "ecn 1 now 0\n"
	    "not reached: 198.51.100.3 says host unreachable at hop 3\n");
	scene_close(&s);
}

Test(report_trace_text, many_flows_are_a_range)
{
	struct scene s;

	scene_open(&s,
	    (struct report_opts){.numeric = true, .flows = 16, .columns = 80});
	(void)capture_text(&s.c);
	trace_canned_hop(&s.t, 1, 16);
	(void)trace_canned_node(&s.t, "198.51.100.1", 0x0fff, 1000 * US);
	(void)trace_canned_node(&s.t, "198.51.100.5", 0x5000, 2000 * US);
	cr_assert_str_eq(scene_tell(&s),
	    "HOP ADDRESS            RECV      MIN      AVG      MAX\n"
	    " 1  198.51.100.1      12/16    0.900    1.000    1.100  "
	    "flows 1-12\n"
	    "    198.51.100.5       2/16    1.800    2.000    2.200  "
	    "flows 13,15\n"
	    "not reached: done, last answer from hop 1 (198.51.100.1 and 1 more)\n");
	scene_close(&s);
}

Test(report_trace_text, no_terminal_is_too_narrow)
{
	const char *text;
	struct scene s;

	for (unsigned columns = 50; columns < 140; columns++) {
		scene_open(
		    &s, (struct report_opts){.columns = columns, .asn = true});
		(void)capture_text(&s.c);
		peculiar(&s);
		(void)scene_hop(&s, 4, "203.0.113.8", 7, 12300 * US);
		text = scene_tell(&s);
		scene_fits(text, columns);
		cr_assert_not_null(strstr(text, "203.0.113.8"));
		cr_assert_not_null(strstr(text, " 12.300"));
		scene_close(&s);
	}
}

static const char *
long_name(void *user, const struct sockaddr *addr)
{
	(void)user;
	(void)addr;
	return "a-host-with-a-name-that-is-really-long.example.net";
}

Test(report_trace_text, a_long_name_leaves_the_address_whole)
{
	struct scene s;

	scene_open(&s, (struct report_opts){.columns = 60});
	(void)capture_text(&s.c);
	s.names.name = long_name;
	(void)scene_hop(&s, 1, "203.0.113.8", 7, 400 * US);
	cr_assert_str_eq(scene_tell(&s),
	    "HOP ADDRESS                   FLOW 1   FLOW 2   FLOW 3\n"
	    " 1  a-host-with-a-name-...lly-long.example.net (203.0.113.8)\n"
	    "                               0.400    0.410    0.420 ms\n"
	    "reached 203.0.113.8 in 1 hop, 0.400 ms\n");
	scene_close(&s);
}

Test(report_trace_text, several_targets_are_blocks)
{
	static const struct report_target six = {NULL, "2001:db8::8", 6, 0};
	static const struct report_target none = {"no.example", NULL, 0, 0};
	const struct report_start start = {.dns_ns = -1};
	const struct report_error error = {
	    REPORT_RESOLVE, "name or service not known", NULL};
	const struct report_end end = {.targets = 3,
	    .unresolved = 1,
	    .sent = 9,
	    .lost = 2,
	    .duration_ns = 204 * MS};
	struct scene s;

	scene_open(&s, (struct report_opts){.targets = 3, .columns = 80});
	cr_assert_str_eq(capture_text(&s.c), "");
	s.c.report->ops->start(s.c.report, &six, &start, NOW);
	(void)scene_hop(&s, 1, "203.0.113.8", 7, 400 * US);
	s.target = &six;
	scene_event(&s, ND_TRACE_HOP, 1, 1, "2001:db8::1", 500 * US);
	s.target = &canned_www;
	cr_assert_str_eq(scene_tell(&s), HEADER
	    "HOP ADDRESS                         FLOW 1   FLOW 2   FLOW 3\n"
	    " 1  www.example.org (203.0.113.8)    0.400    0.410    0.420 ms\n"
	    "reached 203.0.113.8 in 1 hop, 0.400 ms\n");
	s.target = &six;
	trace_canned_init(&s.t);
	trace_canned_hop(&s.t, 1, 3);
	(void)trace_canned_node(&s.t, "2001:db8::1", 1, 500 * US);
	s.t.stats.end = ND_TRACE_END_GAP;
	cr_assert_str_eq(scene_tell(&s),
	    "\nTRACE 2001:db8::8: udp/33434, 3 flows, max 30 hops, 80 bytes\n"
	    "HOP ADDRESS           FLOW 1   FLOW 2   FLOW 3\n"
	    " 1  2001:db8::1        0.500 ms\n"
	    "not reached: silent after hop 1 (2001:db8::1)\n");
	s.c.report->ops->error(s.c.report, &none, &error, NOW);
	s.c.report->ops->end(s.c.report, &end, NOW);
	cr_assert_str_eq(capture_text(&s.c),
	    "\nno.example   name or service not known\n"
	    "\n3 targets: 1 reached, 1 not reached, 1 unresolved; 9 probes, "
	    "2 lost, 0.204 s\n");
	scene_close(&s);
}

Test(report_trace_text, quiet_is_a_line_a_target)
{
	struct scene s;

	scene_open(&s, (struct report_opts){
			   .targets = 2, .quiet = true, .name_width = 20});
	(void)scene_hop(&s, 1, "203.0.113.8", 7, 400 * US);
	cr_assert_str_eq(scene_tell(&s),
	    "www.example.org       reached in 1 hop, 0.400 ms\n");
	s.t.stats.reached = false;
	s.t.stats.end = ND_TRACE_END_MAX_TTL;
	cr_assert_str_eq(scene_tell(&s),
	    "www.example.org       not reached: max ttl 30, last answer from "
	    "hop 1 (203.0.113.8)\n");
	scene_close(&s);
}

Test(report_trace_text, quiet_with_one_target)
{
	struct scene s;

	scene_open(&s, (struct report_opts){.quiet = true});
	(void)scene_hop(&s, 1, "203.0.113.8", 7, 400 * US);
	s.t.stats.late = 2;
	cr_assert_str_eq(
	    scene_tell(&s), HEADER "reached 203.0.113.8 in 1 hop, 0.400 ms\n");
	scene_close(&s);
}

Test(report_trace_text, a_target_that_never_started)
{
	struct scene s;

	scene_open(&s, (struct report_opts){.targets = 2});
	s.summary.reason = REPORT_DEADLINE;
	report_trace_ops(s.c.report)
	    ->summary(s.c.report, s.target, &s.summary, NOW);
	cr_assert_str_eq(
	    capture_text(&s.c), HEADER "not reached: not probed\n");
	scene_close(&s);
}

Test(report_trace_text, the_terminal_shows_the_interrupt)
{
	struct scene s;

	scene_open(&s, (struct report_opts){.quiet = true, .columns = 80});
	(void)capture_text(&s.c);
	(void)scene_hop(&s, 1, "198.51.100.1", 7, 400 * US);
	s.summary.reason = REPORT_INTERRUPTED;
	cr_assert_str_eq(scene_tell(&s),
	    "\nnot reached: interrupted, last answer from hop 1 "
	    "(198.51.100.1)\n");
	scene_close(&s);
}

Test(report_trace_text, send_errors_are_told_on_stderr)
{
	struct nd_trace_event event =
	    trace_canned_event(ND_TRACE_SEND_ERROR, 1, 1, NULL, -1);
	struct scene s;

	scene_open(&s, (struct report_opts){.quiet = true});
	event.err = -EPERM;
	for (int i = 0; i < 2; i++)
		report_trace_ops(s.c.report)
		    ->probe(s.c.report, s.target, &event, NOW);
	cr_assert_str_eq(s.c.warned,
	    "www.example.org: Operation not permitted\n"
	    "hint: a firewall rule on this host drops it: "
	    "nft list ruleset\n");
	scene_close(&s);
}

Test(report_trace_text, colour_is_an_addition)
{
	struct scene s;

	scene_open(&s, (struct report_opts){.color = true, .quiet = true});
	(void)scene_hop(&s, 1, "203.0.113.8", 7, 400 * US);
	cr_assert_str_eq(scene_tell(&s),
	    HEADER "\033[32mreached\033[0m 203.0.113.8 in 1 hop, 0.400 ms\n");
	scene_close(&s);
}
