/* SPDX-License-Identifier: MIT */
/* cmd/report_trace_text_graph.c: the graph of --mda. */
#include "capture_trace.h"

static struct nd_trace_node *
node(struct scene *s, const char *addr, uint64_t flows)
{
	return trace_canned_node(&s->t, addr, flows, 1000 * US);
}

static void
open_mda(struct scene *s, struct report_opts opts)
{
	opts.mda = true;
	opts.numeric = true;
	scene_open(s, opts);
	(void)capture_text(&s->c);
	s->t.stats.confidence = 95;
}

/* Between hop 1 and the destination, WIDE nodes. */
static void
diamond(struct scene *s, unsigned wide, enum nd_trace_balancing balancing)
{
	const uint64_t all = (UINT64_C(1) << wide) - 1;
	char addr[32];

	(void)trace_canned_hop(&s->t, 1, wide);
	(void)node(s, "192.0.2.1", all);
	trace_canned_balancing(&s->t, balancing);
	for (unsigned i = 0; i < wide; i++)
		trace_canned_link(&s->t, 0, i, UINT64_C(1) << i);
	(void)trace_canned_hop(&s->t, 2, wide);
	for (unsigned i = 0; i < wide; i++) {
		(void)snprintf(addr, sizeof(addr), "198.51.100.%u", i + 1);
		(void)node(s, addr, UINT64_C(1) << i);
		trace_canned_link(&s->t, i, 0, UINT64_C(1) << i);
	}
	(void)trace_canned_hop(&s->t, 3, wide);
	(void)trace_canned_destination(&s->t, "203.0.113.8", all, 12300 * US);
	s->t.stats.paths = wide;
}

Test(report_trace_text_graph, diamond_of_four)
{
	struct scene s;

	open_mda(&s, (struct report_opts){.utf8 = true});
	diamond(&s, 4, ND_TRACE_BALANCE_FLOW);
	cr_assert_str_eq(scene_tell(&s),
	    "HOP    ADDRESS          FLOWS      AVG\n"
	    " 1     192.0.2.1            4    1.000 ms  per flow over 4\n"
	    " 2a \u252c\u2500 198.51.100.1         1    1.000 ms\n"
	    " 2b \u251c\u2500 198.51.100.2         1    1.000 ms\n"
	    " 2c \u251c\u2500 198.51.100.3         1    1.000 ms\n"
	    " 2d \u2514\u2500 198.51.100.4         1    1.000 ms\n"
	    " 3     203.0.113.8          4   12.300 ms\n"
	    "diamond from hop 1 (192.0.2.1) to hop 3 (203.0.113.8): 4 wide\n"
	    "4 paths, 95% confidence at each node that branches, 12 probes\n"
	    "reached 203.0.113.8 in 3 hops, 12.3 ms, 4 paths\n");
	scene_close(&s);
}

Test(report_trace_text_graph, ascii_and_per_packet)
{
	struct scene s;

	open_mda(&s, (struct report_opts){.columns = 80});
	diamond(&s, 3, ND_TRACE_BALANCE_PACKET);
	s.t.stats.confidence = -1;
	cr_assert_str_eq(scene_tell(&s),
	    "HOP    ADDRESS          FLOWS      AVG\n"
	    " 1     192.0.2.1            3    1.000 ms  per packet over 3\n"
	    " 2a +- 198.51.100.1         1    1.000 ms\n"
	    " 2b |- 198.51.100.2         1    1.000 ms\n"
	    " 2c `- 198.51.100.3         1    1.000 ms\n"
	    " 3     203.0.113.8          3   12.300 ms\n"
	    "diamond from hop 1 (192.0.2.1) to hop 3 (203.0.113.8): 3 wide\n"
	    "3 paths, no confidence: flows went unanswered, 9 probes\n"
	    "reached 203.0.113.8 in 3 hops, 12.3 ms, 3 paths\n");
	scene_close(&s);
}

Test(report_trace_text_graph, more_nodes_than_letters)
{
	struct scene s;

	open_mda(&s, (struct report_opts){0});
	diamond(&s, 28, ND_TRACE_BALANCE_UNKNOWN);
	(void)scene_tell(&s);
	cr_assert_not_null(strstr(s.c.text, "  unknown balancing over 28\n"));
	cr_assert_not_null(
	    strstr(s.c.text, "\n 2z  |- 198.51.100.26        1 "));
	cr_assert_not_null(
	    strstr(s.c.text, "\n 2aa |- 198.51.100.27        1 "));
	cr_assert_not_null(
	    strstr(s.c.text, "\n 2ab `- 198.51.100.28        1 "));
	cr_assert_not_null(
	    strstr(s.c.text, "\n 3      203.0.113.8         28 "));
	scene_close(&s);
}

/* 1 - 2a, 2b - 3a, 3b - 4 silent; 2b leads to both. */
static void
mesh(struct scene *s)
{
	(void)trace_canned_hop(&s->t, 1, 8);
	(void)node(s, "192.0.2.1", 0xff);
	trace_canned_balancing(&s->t, ND_TRACE_BALANCE_FLOW);
	trace_canned_link(&s->t, 0, 0, 0x0f);
	trace_canned_link(&s->t, 0, 1, 0xf0);
	(void)trace_canned_hop(&s->t, 2, 8);
	(void)node(s, "198.51.100.1", 0x0f);
	(void)node(s, "198.51.100.2", 0xf0);
	trace_canned_balancing(&s->t, ND_TRACE_BALANCE_FLOW);
	trace_canned_link(&s->t, 0, 0, 0x0f);
	trace_canned_link(&s->t, 1, 0, 0x30);
	trace_canned_link(&s->t, 1, 1, 0xc0);
	(void)trace_canned_hop(&s->t, 3, 8);
	(void)node(s, "198.51.100.5", 0x3f);
	(void)node(s, "198.51.100.6", 0xc0);
	(void)trace_canned_hop(&s->t, 4, 8);
	s->t.stats.paths = 3;
	s->t.stats.end = ND_TRACE_END_GAP;
}

Test(report_trace_text_graph, links_where_they_are_not_plain)
{
	struct scene s;

	open_mda(&s, (struct report_opts){0});
	mesh(&s);
	cr_assert_str_eq(scene_tell(&s),
	    "HOP    ADDRESS          FLOWS      AVG\n"
	    " 1     192.0.2.1            8    1.000 ms  per flow over 2\n"
	    " 2a +- 198.51.100.1         4    1.000 ms  to 3a (4)\n"
	    " 2b `- 198.51.100.2         4    1.000 ms  per flow over 2, "
	    "to 3a (2), 3b (2)\n"
	    " 3a +- 198.51.100.5         6    1.000 ms\n"
	    " 3b `- 198.51.100.6         2    1.000 ms\n"
	    " 4     *\n"
	    "diamond from hop 1 (192.0.2.1) on: 2 wide, 3 hops long, meshed\n"
	    "3 paths, 95% confidence at each node that branches, 32 probes\n"
	    "not reached: silent after hop 3 (198.51.100.5 and 1 more)\n");
	scene_close(&s);
}

Test(report_trace_text_graph, a_single_path_has_no_branches)
{
	struct scene s;

	open_mda(&s, (struct report_opts){.columns = 80});
	(void)trace_canned_hop(&s.t, 1, 6);
	(void)node(&s, "192.0.2.1", 0x3f);
	trace_canned_link(&s.t, 0, 0, 0x3f);
	(void)trace_canned_hop(&s.t, 2, 6);
	(void)trace_canned_destination(&s.t, "203.0.113.8", 0x3f, 12300 * US);
	cr_assert_str_eq(scene_tell(&s),
	    "HOP ADDRESS          FLOWS      AVG\n"
	    " 1  192.0.2.1            6    1.000 ms\n"
	    " 2  203.0.113.8          6   12.300 ms\n"
	    "1 path, 95% confidence at each node that branches, 12 probes\n"
	    "reached 203.0.113.8 in 2 hops, 12.3 ms\n");
	scene_close(&s);
}

Test(report_trace_text_graph, no_terminal_is_too_narrow)
{
	struct scene s;

	for (unsigned columns = 60; columns < 120; columns++) {
		open_mda(
		    &s, (struct report_opts){.columns = columns, .asn = true});
		mesh(&s);
		scene_fits(scene_tell(&s), columns);
		cr_assert_not_null(strstr(s.c.text, "\n 2b `- 198.51.100.2 "));
		scene_close(&s);
	}
}
