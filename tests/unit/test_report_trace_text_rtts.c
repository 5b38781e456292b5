/* SPDX-License-Identifier: MIT */
/* cmd/report_trace_text_rtts.c: the RTT of each probe, of many targets. */
#include "capture_trace.h"

static int
add(struct trace_rtts_table *table, const struct report_target *target,
    enum nd_trace_status status, unsigned flow, const char *from, int64_t rtt)
{
	struct sockaddr_storage addr;
	const struct nd_trace_event event = trace_canned_event(status, 1, flow,
	    from != NULL ? trace_canned_addr(from, &addr) : NULL, rtt);

	return trace_rtts_add(table, target, &event);
}

static int64_t
rtt_of(const struct trace_rtts_table *table, const struct report_target *target,
    unsigned flow, const char *from)
{
	struct sockaddr_storage addr;
	const struct trace_rtt *rtt;

	(void)trace_canned_addr(from, &addr);
	rtt = trace_rtt_answer(trace_rtts_of(table, target), 1, flow, &addr);
	return rtt != NULL ? rtt->rtt_ns : -1;
}

Test(report_trace_text_rtts, thousand_targets_at_once)
{
	struct trace_rtts_table table = {0};
	struct report_target target = {.name = "x", .af = 4};
	char addr[32];

	target.addr = addr;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 1000; i++) {
			(void)snprintf(
			    addr, sizeof(addr), "10.0.%d.%d", i / 250, i % 250);
			if (round == 0)
				cr_assert_eq(
				    trace_rtts_begin(&table, &target), 0);
			if (round < 2)
				cr_assert_eq(
				    add(&table, &target, ND_TRACE_HOP,
					(unsigned)round + 1, "192.0.2.1", i),
				    0);
			cr_assert_eq(
			    rtt_of(&table, &target, 1, "192.0.2.1"), i);
			if (round == 2)
				trace_rtts_end(&table, &target);
		}
	}
	cr_assert_eq(table.n, 0);
	cr_assert_null(trace_rtts_of(&table, &target));
	trace_rtts_free(&table);
}

Test(report_trace_text_rtts, a_target_named_twice_stays_until_both_end)
{
	struct trace_rtts_table table = {0};

	cr_assert_eq(trace_rtts_begin(&table, &canned_www), 0);
	cr_assert_eq(trace_rtts_begin(&table, &canned_www), 0);
	(void)add(&table, &canned_www, ND_TRACE_HOP, 1, "192.0.2.1", 5);
	trace_rtts_end(&table, &canned_www);
	cr_assert_eq(rtt_of(&table, &canned_www, 1, "192.0.2.1"), 5);
	trace_rtts_end(&table, &canned_www);
	cr_assert_null(trace_rtts_of(&table, &canned_www));
	/* Of one that never began, nothing is kept. */
	cr_assert_eq(
	    add(&table, &canned_www, ND_TRACE_HOP, 1, "192.0.2.1", 5), 0);
	trace_rtts_end(&table, &canned_www);
	trace_rtts_free(&table);
}

Test(report_trace_text_rtts, in_time_is_better_than_late_and_lost)
{
	struct trace_rtts_table table = {0};
	const struct trace_rtts *rtts;

	cr_assert_eq(trace_rtts_begin(&table, &canned_www), 0);
	(void)add(&table, &canned_www, ND_TRACE_TIMEOUT, 1, NULL, -1);
	rtts = trace_rtts_of(&table, &canned_www);
	cr_assert(trace_rtt_lost(rtts, 1, 1));
	cr_assert_not(trace_rtt_lost(rtts, 1, 2));
	(void)add(&table, &canned_www, ND_TRACE_LATE, 1, "192.0.2.1", 9);
	cr_assert_not(trace_rtt_lost(rtts, 1, 1));
	cr_assert_eq(rtt_of(&table, &canned_www, 1, "192.0.2.1"), 9);
	(void)add(&table, &canned_www, ND_TRACE_HOP, 1, "192.0.2.1", 5);
	(void)add(&table, &canned_www, ND_TRACE_DUPLICATE, 1, "192.0.2.1", 6);
	cr_assert_eq(rtt_of(&table, &canned_www, 1, "192.0.2.1"), 5);
	cr_assert_eq(rtt_of(&table, &canned_www, 1, "192.0.2.2"), -1);
	trace_rtts_free(&table);
}

Test(report_trace_text_rtts, what_is_kept_of_a_target_is_bounded)
{
	struct trace_rtts_table table = {0};

	cr_assert_eq(trace_rtts_begin(&table, &canned_www), 0);
	for (int i = 0; i < 20000; i++)
		cr_assert_eq(
		    add(&table, &canned_www, ND_TRACE_HOP, 1, "192.0.2.1", i),
		    0);
	cr_assert_leq(trace_rtts_of(&table, &canned_www)->n, 4096);
	trace_rtts_free(&table);
}
