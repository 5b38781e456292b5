/* SPDX-License-Identifier: MIT */
/* cmd/report_trace.c: marks, reasons, numbers and sets of flows. */
#include "report_trace.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *
mark(int family, int type, int code, int mtu, char ret[32])
{
	const struct nd_trace_node node = {
	    .addr = {.ss_family = (sa_family_t)family},
	    .icmp_type = type,
	    .icmp_code = code,
	    .mtu = mtu};

	memset(ret, 'x', 31);
	report_trace_mark(ret, 32, &node);
	return ret;
}

/* Those of traceroute(8). */
Test(report_trace, marks)
{
	static const struct {
		int type, code, mtu;
		const char *want;
	} v4[] = {{-1, -1, -1, ""}, {3, 0, -1, "!N"}, {3, 1, -1, "!H"},
	    {3, 2, -1, "!P"}, {3, 3, -1, "!3"}, {3, 4, 1400, "!F-1400"},
	    {3, 4, -1, "!F"}, {3, 5, -1, "!S"}, {3, 6, -1, "!N"},
	    {3, 7, -1, "!H"}, {3, 8, -1, "!N"}, {3, 9, -1, "!X"},
	    {3, 10, -1, "!X"}, {3, 11, -1, "!N"}, {3, 12, -1, "!H"},
	    {3, 13, -1, "!X"}, {3, 14, -1, "!V"}, {3, 15, -1, "!C"},
	    {3, 16, -1, "!16"}, {3, 255, -1, "!255"}, {12, 0, -1, "!<12/0>"}},
	  v6[] = {{-1, -1, -1, ""}, {1, 0, -1, "!N"}, {1, 1, -1, "!X"},
	      {1, 2, -1, "!S"}, {1, 3, -1, "!H"}, {1, 4, -1, "!4"},
	      {1, 5, -1, "!X"}, {1, 6, -1, "!X"}, {1, 7, -1, "!7"},
	      {2, 0, 1280, "!F-1280"}, {4, 1, -1, "!P"}, {4, 0, -1, "!<4/0>"}};
	char text[32];

	for (size_t i = 0; i < sizeof(v4) / sizeof(v4[0]); i++)
		cr_expect_str_eq(
		    mark(AF_INET, v4[i].type, v4[i].code, v4[i].mtu, text),
		    v4[i].want, "%d/%d", v4[i].type, v4[i].code);
	for (size_t i = 0; i < sizeof(v6) / sizeof(v6[0]); i++)
		cr_expect_str_eq(
		    mark(AF_INET6, v6[i].type, v6[i].code, v6[i].mtu, text),
		    v6[i].want, "%d/%d", v6[i].type, v6[i].code);
}

Test(report_trace, reasons)
{
	static const struct {
		enum report_reason run;
		enum nd_trace_end end;
		const char *want;
	} cases[] = {
	    {REPORT_DONE, ND_TRACE_END_REACHED, "reached"},
	    {REPORT_DONE, ND_TRACE_END_UNREACHABLE, "unreachable"},
	    {REPORT_DONE, ND_TRACE_END_GAP, "gap"},
	    {REPORT_DONE, ND_TRACE_END_MAX_TTL, "max_ttl"},
	    {REPORT_DONE, ND_TRACE_END_LOOP, "loop"},
	    {REPORT_DEADLINE, ND_TRACE_END_REACHED, "deadline"},
	    {REPORT_INTERRUPTED, ND_TRACE_END_REACHED, "interrupted"},
	    {REPORT_INTERRUPTED, ND_TRACE_END_NONE, "interrupted"},
	    {REPORT_ERROR, ND_TRACE_END_NONE, "interrupted"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct nd_trace_stats stats = {.end = cases[i].end};
		const struct report_trace_summary summary = {
		    .stats = &stats, .reason = cases[i].run};

		cr_expect_str_eq(
		    report_trace_reason(&summary), cases[i].want, "%zu", i);
	}
}

struct seen {
	unsigned list[8], n;
};

static void
see(void *user, unsigned flow)
{
	struct seen *seen = user;

	cr_assert_lt(seen->n, 8);
	seen->list[seen->n++] = flow;
}

Test(report_trace, flows_ascend)
{
	const struct nd_trace_flows flows = {
	    .bits = {UINT64_C(1) << 63 | 1, UINT64_C(1), 0, UINT64_C(1) << 47}};
	const struct nd_trace_flows none = {.bits = {0}};
	struct seen seen = {.n = 0};

	report_trace_each_flow(&flows, see, &seen);
	cr_assert_eq(seen.n, 4);
	cr_expect(seen.list[0] == 1 && seen.list[1] == 64 &&
		  seen.list[2] == 65 && seen.list[3] == 240);
	seen.n = 0;
	report_trace_each_flow(&none, see, &seen);
	cr_expect_eq(seen.n, 0);
}

Test(report_trace, counts_of_one_that_never_started)
{
	const struct nd_trace_stats stats = {.reached = true, .hops = 3};
	const struct report_trace_summary summary = {.stats = &stats};

	cr_expect_eq(report_trace_destination(&summary).sent, 0);
}
