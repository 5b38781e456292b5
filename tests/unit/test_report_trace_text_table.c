/* SPDX-License-Identifier: MIT */
/* cmd/report_trace_text_table.c: the statistics of several cycles. */
#include "capture_trace.h"

static void
cycles(struct scene *s, struct report_opts opts)
{
	struct nd_trace_node *node;

	opts.cycles = 10;
	scene_open(s, opts);
	(void)capture_text(&s->c);
	s->t.stats.cycles = 10;
	(void)trace_canned_hop(&s->t, 1, 30);
	(void)trace_canned_node(&s->t, "198.51.100.1", 0xfffff, 400 * US);
	s->t.hops[0].hop.rate_limited = 1;
	(void)trace_canned_hop(&s->t, 2, 30);
	(void)trace_canned_node(&s->t, "198.51.100.5", 0xfffff, 1200 * US);
	node = trace_canned_node(&s->t, "198.51.100.9", 0x1ff00000, 1300 * US);
	node->nat = true;
	(void)trace_canned_hop(&s->t, 3, 30);
	(void)trace_canned_hop(&s->t, 4, 30);
	(void)trace_canned_destination(
	    &s->t, "203.0.113.8", 0x3fffffff, 12300 * US);
	s->t.stats.paths = 2;
}

Test(report_trace_text_table, everything_in_a_pipe)
{
	struct scene s;

	cycles(&s, (struct report_opts){.numeric = true});
	cr_assert_str_eq(scene_tell(&s),
	    "HOP ADDRESS             LOSS  SENT  RECV      MIN      AVG      "
	    "P95      MAX   STDDEV   JITTER\n"
	    " 1  198.51.100.1     33.333%    30    20    0.360    0.400    "
	    "0.420    0.440    0.020    0.010  rate-limited\n"
	    " 2  198.51.100.5      3.333%    30    20    1.080    1.200    "
	    "1.260    1.320    0.060    0.030\n"
	    "    198.51.100.9                       9    1.170    1.300    "
	    "1.365    1.430    0.065    0.033  behind NAT\n"
	    " 3  *                   100%    30     0        -        -        "
	    "-        -        -        -\n"
	    " 4  203.0.113.8           0%    30    30   11.070   12.300   "
	    "12.915   13.530    0.615    0.308\n"
	    "reached 203.0.113.8 in 4 hops, 12.3 ms, 2 paths\n");
	scene_close(&s);
}

Test(report_trace_text_table, columns_give_way_to_addresses)
{
	struct scene s;

	cycles(&s, (struct report_opts){.columns = 80});
	cr_assert_str_eq(scene_tell(&s),
	    "HOP ADDRESS                           LOSS  SENT      AVG      "
	    "MAX   STDDEV\n"
	    " 1  r1.example.net (198.51.100.1)  33.333%    30    0.400    "
	    "0.440    0.020\n"
	    "    rate-limited\n"
	    " 2  r5.example.net (198.51.100.5)   3.333%    30    1.200    "
	    "1.320    0.060\n"
	    "    r9.example.net (198.51.100.9)                   1.300    "
	    "1.430    0.065\n"
	    "    behind NAT\n"
	    " 3  *                                 100%    30        -        "
	    "-        -\n"
	    " 4  www.example.org (203.0.113.8)       0%    30   12.300   "
	    "13.530    0.615\n"
	    "reached 203.0.113.8 in 4 hops, 12.3 ms, 2 paths\n");
	scene_close(&s);
}

Test(report_trace_text_table, no_terminal_is_too_narrow)
{
	struct scene s;

	for (unsigned columns = 52; columns < 140; columns++) {
		cycles(
		    &s, (struct report_opts){.columns = columns, .asn = true});
		scene_fits(scene_tell(&s), columns);
		cr_assert_not_null(strstr(s.c.text, "LOSS"));
		cr_assert_not_null(strstr(s.c.text, "AVG"));
		cr_assert_not_null(strstr(s.c.text, "203.0.113.8"));
		scene_close(&s);
	}
}

Test(report_trace_text_table, interim_while_it_goes_on)
{
	struct trace_draw draw;
	struct scene s;

	cycles(&s, (struct report_opts){.numeric = true, .columns = 80});
	s.t.stats.cycles = 3;
	s.t.view.nhops = 1;
	s.t.stats.end = ND_TRACE_END_REACHED;
	draw = scene_draw(&s, &s.t.view);
	trace_text_interim(&draw, NOW);
	cr_assert_str_eq(capture_text(&s.c),
	    "www.example.org (203.0.113.8) after 3 cycles:\n"
	    "HOP ADDRESS             LOSS  SENT      MIN      AVG      P95      "
	    "MAX   STDDEV\n"
	    " 1  198.51.100.1     33.333%    30    0.360    0.400    0.420    "
	    "0.440    0.020\n"
	    "    rate-limited\n"
	    "reached 203.0.113.8 in 4 hops, 12.3 ms, 2 paths\n"
	    "\n");
	scene_close(&s);
}
