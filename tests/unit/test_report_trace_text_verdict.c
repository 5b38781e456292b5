/* SPDX-License-Identifier: MIT */
/* cmd/report_trace_text_verdict.c: the last sentence, and what is before it. */
#include "capture_trace.h"

/* Quiet: the header, then the sentence. */
static void
open_quiet(struct scene *s)
{
	scene_open(s, (struct report_opts){.quiet = true});
	(void)capture_text(&s->c);
}

static void
check(struct scene *s, const char *want)
{
	cr_assert_str_eq(scene_tell(s), want);
	scene_close(s);
}

/* Five hops, of which that at TTL answered last. */
static struct nd_trace_node *
way(struct scene *s, unsigned ttl)
{
	struct nd_trace_node *last = NULL;
	char addr[32];

	open_quiet(s);
	for (unsigned i = 1; i <= ttl; i++) {
		(void)snprintf(addr, sizeof(addr), "198.51.100.%u", i);
		(void)trace_canned_hop(&s->t, i, 3);
		last = trace_canned_node(&s->t, addr, 7, 1000 * US);
	}
	return last;
}

Test(report_trace_text_verdict, silent)
{
	struct scene s;

	(void)way(&s, 5);
	s.t.stats.end = ND_TRACE_END_GAP;
	check(&s, "not reached: silent after hop 5 (198.51.100.5)\n");
	open_quiet(&s);
	(void)trace_canned_hop(&s.t, 1, 3);
	s.t.stats.end = ND_TRACE_END_GAP;
	check(&s, "not reached: no hop answered\n");
}

Test(report_trace_text_verdict, refused)
{
	struct nd_trace_node *node;
	struct scene s;

	node = way(&s, 5);
	s.t.stats.end = ND_TRACE_END_UNREACHABLE;
	node->icmp_type = 3;
	node->icmp_code = 1;
	check(&s, "not reached: 198.51.100.5 says host unreachable at hop 5\n");
	node = way(&s, 2);
	s.t.stats.end = ND_TRACE_END_UNREACHABLE;
	node->icmp_type = 3;
	node->icmp_code = 13;
	check(&s, "not reached: 198.51.100.2 says packet filtered at hop 2\n");
	node = way(&s, 2);
	s.t.stats.end = ND_TRACE_END_UNREACHABLE;
	node->icmp_type = 12;
	node->icmp_code = 0;
	check(&s, "not reached: 198.51.100.2 says Parameter problem: "
		  "pointer = 0 at hop 2\n");
	open_quiet(&s);
	(void)trace_canned_hop(&s.t, 1, 3);
	node = trace_canned_node(&s.t, "2001:db8::1", 7, 1000 * US);
	node->icmp_type = 1;
	node->icmp_code = 3;
	s.t.stats.end = ND_TRACE_END_UNREACHABLE;
	check(
	    &s, "not reached: 2001:db8::1 says address unreachable at hop 1\n");
}

Test(report_trace_text_verdict, loop)
{
	struct scene s;

	(void)way(&s, 3);
	(void)trace_canned_hop(&s.t, 4, 3);
	(void)trace_canned_node(&s.t, "198.51.100.2", 7, 1000 * US);
	s.t.stats.end = ND_TRACE_END_LOOP;
	check(&s, "not reached: loop, 198.51.100.2 is hop 2 and hop 4\n");
}

Test(report_trace_text_verdict, neighbours_alike_are_no_loop)
{
	struct scene s;

	(void)way(&s, 3);
	(void)trace_canned_hop(&s.t, 4, 3);
	(void)trace_canned_node(&s.t, "198.51.100.3", 7, 1000 * US);
	s.t.stats.end = ND_TRACE_END_LOOP;
	check(&s, "not reached: loop\n");
}

Test(report_trace_text_verdict, ended_early)
{
	struct scene s;

	(void)way(&s, 3);
	s.t.stats.end = ND_TRACE_END_MAX_TTL;
	check(&s, "not reached: max ttl 30, last answer from hop 3 "
		  "(198.51.100.3)\n");
	(void)way(&s, 3);
	s.summary.reason = REPORT_DEADLINE;
	check(&s,
	    "not reached: deadline, last answer from hop 3 (198.51.100.3)\n");
	(void)way(&s, 3);
	s.summary.reason = REPORT_INTERRUPTED;
	check(&s,
	    "not reached: interrupted, last answer from hop 3 (198.51.100.3)\n");
	open_quiet(&s);
	(void)trace_canned_hop(&s.t, 1, 3);
	s.summary.reason = REPORT_INTERRUPTED;
	check(&s, "not reached: interrupted, no hop answered\n");
	open_quiet(&s);
	s.summary.reason = REPORT_INTERRUPTED;
	check(&s, "not reached: not probed\n");
	open_quiet(&s);
	s.t.stats.send_errors = 3;
	check(&s, "not reached: nothing could be sent\n");
}

Test(report_trace_text_verdict, reached_past_a_gap)
{
	struct scene s;

	(void)way(&s, 5);
	s.t.stats.reached = true;
	s.t.stats.end = ND_TRACE_END_GAP;
	s.t.stats.hops = 30;
	s.t.stats.rtt.avg_ns = 123456 * US;
	check(&s, "reached 203.0.113.8 in 123 ms, silent after hop 5 "
		  "(198.51.100.5)\n");
}

Test(report_trace_text_verdict, facts)
{
	struct nd_ctx_stats ctx = {.size = sizeof(ctx), .local_drops = 4};
	struct scene s;

	scene_open(&s, (struct report_opts){.numeric = true,
			   .flows = 1,
			   .verbose = true,
			   .mtu = true,
			   .max_loss = 5000000,
			   .max_rtt_ns = 10 * MS});
	(void)capture_text(&s.c);
	(void)trace_canned_hop(&s.t, 1, 3);
	(void)trace_canned_destination(&s.t, "203.0.113.8", 3, 12300 * US);
	ctx.invalid[ND_INVALID_TAG] = 2;
	s.t.stats.late = s.t.stats.duplicates = s.t.stats.send_errors = 1;
	s.t.stats.invalid = 2;
	s.t.stats.mtu = 1400;
	s.t.stats.mtu_black_hole = 1;
	s.summary.ctx = &ctx;
	s.summary.over_loss = s.summary.over_rtt = true;
	s.summary.judged_rtt_ns = 12915 * US;
	cr_assert_str_eq(scene_tell(&s),
	    "HOP ADDRESS              RTT\n"
	    " 1  203.0.113.8\n"
	    "3 probes, 1 lost, 1 late, 1 duplicate, 1 send error, 2 invalid "
	    "(2 tag), time 41 ms\n"
	    "mtu of the path: 1400 bytes\n"
	    "black hole: larger packets vanish before hop 1, without an "
	    "error\n"
	    "failed: 33.333% loss (--max-loss 5%), p95 12.915 ms "
	    "(--max-rtt 10ms)\n"
	    "local drops: 4, so the loss is uncertain\n"
	    "reached 203.0.113.8 in 1 hop, 12.3 ms\n");
	scene_close(&s);
}
