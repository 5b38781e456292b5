/* SPDX-License-Identifier: MIT */
/* cmd/report_knock_text_many.c: the table of ports and the line over all. */
#include "capture_knock.h"

static const struct report_target www = {
    "www.example.org", "192.0.2.7", 4, 443};
static const struct report_target six = {NULL, "2001:db8::1", 6, 22};
static const struct report_target lost = {"no.example", NULL, 0, 8443};

static void
open_many(struct capture *c, struct report_opts opts)
{
	opts.targets = 3;
	opts.quiet = true;
	if (opts.flows == 0)
		opts.flows = 1;
	if (opts.name_width == 0)
		opts.name_width = report_name_width(&www, false);
	capture_open(c, opts, report_knock_text);
}

static void
row(struct capture *c, const struct report_target *target,
    const struct nd_knock_stats *stats)
{
	const struct report_knock_summary sum = {.stats = stats};

	report_knock_ops(c->report)->summary(c->report, target, &sum, NOW);
}

static void
row_error(struct capture *c)
{
	const struct report_error error = {
	    REPORT_RESOLVE, "name or service not known", NULL};

	c->report->ops->error(c->report, &lost, &error, NOW);
}

static void
rows(struct capture *c)
{
	struct nd_knock_stats stats = knock_stats(4, 3);

	stats.lost_back = 1;
	stats.lost_unknown = 0;
	row(c, &www, &stats);
	stats = knock_stats_closed(2, 2);
	row(c, &six, &stats);
	stats = knock_stats(4, 0);
	row(c, &six, &stats);
	stats = knock_stats(0, 0);
	row(c, &six, &stats);
	row_error(c);
}

Test(report_knock_text_many, table_is_aligned)
{
	struct capture c;

	open_many(&c, (struct report_opts){0});
	rows(&c);
	cr_assert_str_eq(capture_text(&c),
	    "TARGET           PORT STATE      SENT     LOSS      MIN      AVG "
	    "     P95      MAX\n"
	    "www.example.org   443 open          4      25%   11.800   11.900 "
	    "  12.100   12.100  1 lost back\n"
	    "2001:db8::1        22 closed        2       0%   11.800   11.900 "
	    "  12.100   12.100\n"
	    "2001:db8::1        22 filtered      4     100%        -        - "
	    "       -        -\n"
	    "2001:db8::1        22 -             0        -        -        - "
	    "       -        -\n"
	    "no.example       8443   name or service not known\n");
	capture_close(&c);
}

Test(report_knock_text_many, columns_give_way_to_the_name)
{
	struct capture c;

	open_many(&c, (struct report_opts){.columns = 80});
	rows(&c);
	cr_assert_str_eq(capture_text(&c),
	    "TARGET           PORT STATE        LOSS      MIN      AVG      "
	    "P95      MAX\n"
	    "www.example.org   443 open          25%   11.800   11.900   "
	    "12.100   12.100\n"
	    "  1 lost back\n"
	    "2001:db8::1        22 closed         0%   11.800   11.900   "
	    "12.100   12.100\n"
	    "2001:db8::1        22 filtered     100%        -        -        "
	    "-        -\n"
	    "2001:db8::1        22 -               -        -        -        "
	    "-        -\n"
	    "no.example       8443   name or service not known\n");
	capture_close(&c);
}

Test(report_knock_text_many, no_terminal_is_too_narrow)
{
	const struct report_target wide = {
	    "a-rather-long-name.of.some.host.example.org", NULL, 4, 65535};
	struct nd_knock_stats stats = knock_stats(4, 3);
	const char *text;
	struct capture c;

	for (unsigned columns = 45; columns < 130; columns++) {
		open_many(
		    &c, (struct report_opts){.columns = columns,
			    .name_width = report_name_width(&wide, false)});
		row(&c, &wide, &stats);
		row_error(&c);
		for (text = capture_text(&c); *text != '\0';) {
			size_t len = strcspn(text, "\n");

			cr_assert_leq(len, columns, "%.*s", (int)len, text);
			text += len + 1;
		}
		cr_assert_not_null(strstr(c.text, " 65535 open "));
		cr_assert_not_null(strstr(c.text, " LOSS "));
		cr_assert_not_null(strstr(c.text, " 11.900"));
		capture_close(&c);
	}
}

Test(report_knock_text_many, notes_of_what_has_no_column)
{
	struct nd_knock_stats stats = knock_stats(9, 3);
	const struct report_knock_summary sum = {.stats = &stats,
	    .expect = ND_KNOCK_STATE_CLOSED,
	    .over_loss = true,
	    .over_rtt = true};
	struct capture c;

	open_many(&c, (struct report_opts){.columns = 0});
	stats.ecn = ND_KNOCK_ECN_DECLINED;
	stats.ecn_path = ND_KNOCK_ECN_PATH_BLEACHED;
	stats.mixed = stats.rst_ttl_differs = stats.rst_lost = true;
	stats.rsts = 1;
	stats.lost = 5;
	stats.lost_out = 2;
	stats.lost_unknown = 3;
	stats.errors = stats.late = 1;
	report_knock_ops(c.report)->summary(c.report, &www, &sum, NOW);
	cr_assert_not_null(strstr(capture_text(&c),
	    "12.100  not closed, over --max-loss, over --max-rtt, "
	    "mixed: 3 SYN-ACKs, 1 RST, RSTs of a middlebox, "
	    "our RSTs do not arrive, ecn declined, ecn path bleached, "
	    "1 ICMP error, 2 lost out, "
	    "1 late\n"));
	capture_close(&c);
}

Test(report_knock_text_many, flows_below_their_row)
{
	struct nd_knock_stats stats = knock_stats(4, 4);
	const struct report_knock_summary sum = {
	    .stats = &stats, .flows = knock_flows, .nflows = 3};
	struct capture c;

	open_many(&c, (struct report_opts){.flows = 3});
	report_knock_ops(c.report)->summary(c.report, &www, &sum, NOW);
	cr_assert_not_null(strstr(capture_text(&c),
	    "12.100\n"
	    "  flow 1 from port 40001: 10/10, 0% loss, "
	    "min/avg/max = 11.800/11.900/12.100 ms\n"
	    "  flow 2 from port 40002: 4/10, 60% loss, "
	    "min/avg/max = 11.800/12.000/13.500 ms\n"
	    "  flow 3 from port 40003: 0/0\n"));
	c.report->opts.flows = 1;
	report_knock_ops(c.report)->summary(c.report, &www, &sum, NOW);
	cr_assert_null(strstr(capture_text(&c), "  flow "));
	capture_close(&c);
}

Test(report_knock_text_many, colour_only_adds)
{
	struct nd_knock_stats stats = knock_stats(4, 4);
	struct capture c;

	open_many(&c, (struct report_opts){.color = true});
	row(&c, &www, &stats);
	cr_assert_not_null(
	    strstr(capture_text(&c), " \033[32mopen    \033[0m "));
	stats = knock_stats_closed(4, 4);
	row(&c, &www, &stats);
	cr_assert_not_null(
	    strstr(capture_text(&c), " \033[31mclosed  \033[0m "));
	stats = knock_stats(4, 0);
	row(&c, &www, &stats);
	cr_assert_not_null(
	    strstr(capture_text(&c), " \033[33mfiltered\033[0m "));
	capture_close(&c);
}

Test(report_knock_text_many, last_line_is_over_all)
{
	const struct report_end end = {.targets = 6,
	    .unresolved = 1,
	    .not_probed = 1,
	    .failed = 3,
	    .sent = 10,
	    .received = 5,
	    .lost = 5,
	    .over_loss = 1,
	    .duration_ns = 3123456789};
	struct capture c;

	open_many(&c, (struct report_opts){.max_loss = 5000000});
	rows(&c);
	(void)capture_text(&c);
	/* One had no route: neither a state nor a loss. */
	c.report->ops->end(c.report, &end, NOW);
	cr_assert_str_eq(capture_text(&c),
	    "6 ports: 1 open, 1 closed, 1 filtered, 1 failed, 1 not probed, "
	    "1 unresolved, 1 over --max-loss 5%; 10 sent, 5 received, "
	    "50% loss, 3.123 s\n");
	c.report->opts.columns = 80;
	c.report->ops->end(c.report, &end, NOW);
	cr_assert_str_eq(capture_text(&c),
	    "6 ports: 1 open, 1 closed, 1 filtered, 1 failed, 1 not probed, "
	    "1 unresolved,\n"
	    "  1 over --max-loss 5%;\n"
	    "  10 sent, 5 received, 50% loss, 3.123 s\n");
	capture_close(&c);
}

Test(report_knock_text_many, other_than_expected)
{
	struct nd_knock_stats stats = knock_stats(1, 1);
	const struct report_knock_summary sum = {
	    .stats = &stats, .expect = ND_KNOCK_STATE_FILTERED};
	const struct report_end end = {.targets = 2,
	    .sent = 2,
	    .received = 1,
	    .lost = 1,
	    .duration_ns = 1000 * MS};
	struct capture c;

	open_many(&c, (struct report_opts){0});
	report_knock_ops(c.report)->summary(c.report, &www, &sum, NOW);
	cr_assert_not_null(strstr(capture_text(&c), "  not filtered\n"));
	stats = knock_stats(1, 0);
	report_knock_ops(c.report)->summary(c.report, &www, &sum, NOW);
	cr_assert_null(strstr(capture_text(&c), "not filtered"));
	c.report->ops->end(c.report, &end, NOW);
	cr_assert_str_eq(capture_text(&c),
	    "2 ports: 1 open, 0 closed, 1 filtered, 1 not as expected; "
	    "2 sent, 1 received, 50% loss, 1 s\n");
	capture_close(&c);
}

Test(report_knock_text_many, begin_tells_the_mode_with_verbose)
{
	const struct report_run run = {.mode = "raw"};
	struct capture c;

	open_many(&c, (struct report_opts){.verbose = true});
	c.report->ops->begin(c.report, &run, NOW);
	cr_assert_str_eq(c.warned, "socket: raw\n");
	cr_assert_str_eq(capture_text(&c), "");
	capture_close(&c);
}
