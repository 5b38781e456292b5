/* SPDX-License-Identifier: MIT */
/* cmd/report_ping_text_many.c: lines, rows, widths, the line over all. */
#include "capture.h"

#include <errno.h>

#include "report_ping.h"

static const struct report_target plain = {"a.example", "192.0.2.1", 4, 0};
static const struct report_target bare = {NULL, "2001:db8::1", 6, 0};
static const struct report_target lost = {"no.example", NULL, 0, 0};

static void
open_many(struct capture *c, struct report_opts opts)
{
	opts.targets = 3;
	opts.payload = 56;
	if (opts.name_width == 0)
		opts.name_width = report_name_width(&bare, false);
	capture_open(c, opts, report_ping_text);
}

static void
row(struct capture *c, const struct report_target *target, uint64_t sent,
    uint64_t received)
{
	struct nd_ping_stats stats = stats_of(sent, received);
	const struct report_ping_summary sum = {.stats = &stats};

	report_ping_ops(c->report)->summary(c->report, target, &sum, NOW);
}

static void
row_error(struct capture *c, const char *message)
{
	const struct report_error error = {REPORT_RESOLVE, message, NULL};

	c->report->ops->error(c->report, &lost, &error, NOW);
}

Test(report_ping_text_many, lines_name_their_target)
{
	struct nd_ping_event event;
	struct sockaddr_storage from;
	struct capture c;

	open_many(&c, (struct report_opts){.outstanding = true});
	event = reply_of(1, address("192.0.2.1", &from), 45000);
	report_ping_ops(c.report)->probe(
	    c.report, &plain, &event, "ptr.example", NOW);
	address("2001:db8::1", &from);
	report_ping_ops(c.report)->probe(c.report, &bare, &event, NULL, NOW);
	event.status = ND_PING_UNREACHABLE;
	event.icmp_type = 1;
	event.icmp_code = 0;
	address("2001:db8::ff", &from);
	report_ping_ops(c.report)->probe(c.report, &bare, &event, NULL, NOW);
	event = event_of(ND_PING_TIMEOUT, 2);
	report_ping_ops(c.report)->probe(c.report, &plain, &event, NULL, NOW);
	cr_assert_str_eq(capture_text(&c),
	    "64 bytes from a.example (192.0.2.1): icmp_seq=1 ttl=64 "
	    "time=0.045 ms\n"
	    "64 bytes from 2001:db8::1: icmp_seq=1 ttl=64 time=0.045 ms\n"
	    "2001:db8::1: From 2001:db8::ff icmp_seq=1 "
	    "Destination unreachable: No route\n"
	    "a.example: no answer yet for icmp_seq=2\n");
	capture_close(&c);
}

Test(report_ping_text_many, table_is_aligned)
{
	struct capture c;

	open_many(&c, (struct report_opts){.quiet = true});
	row(&c, &plain, 3, 3);
	row(&c, &bare, 1000000, 999999);
	row(&c, &plain, 3, 0);
	row_error(&c, "name or service not known");
	cr_assert_str_eq(capture_text(&c),
	    "TARGET        SENT   RECV     LOSS      MIN      AVG      P95 "
	    "     "
	    "MAX\n"
	    "a.example        3      3       0%    0.045    0.049    0.053    "
	    "1.235\n"
	    "2001:db8::1 1000000 999999  <0.001%    0.045    0.049    0.053    "
	    "1.235\n"
	    "a.example        3      0     100%        -        -        -    "
	    "    -\n"
	    "no.example    name or service not known\n");
	capture_close(&c);
}

/* ROW with counts that only some targets have, and beyond its thresholds. */
static void
row_noted(struct capture *c, const struct report_target *target, uint64_t late,
    uint64_t send_errors, bool over_loss, bool over_rtt)
{
	struct nd_ping_stats stats = stats_of(3, 1);
	const struct report_ping_summary sum = {
	    .stats = &stats, .over_loss = over_loss, .over_rtt = over_rtt};

	stats.late = late;
	stats.send_errors = send_errors;
	report_ping_ops(c->report)->summary(c->report, target, &sum, NOW);
}

Test(report_ping_text_many, notes_only_where_there_is_something)
{
	static const char numbers[] = "2001:db8::1      3      1  66.667%    "
				      "0.045    0.049    0.053    1.235";
	struct nd_ping_stats stats = stats_of(3, 1);
	const struct report_ping_summary sum = {.stats = &stats};
	struct capture c;
	char want[256];

	open_many(&c, (struct report_opts){.quiet = true, .columns = 100});
	row(&c, &plain, 3, 3);
	(void)capture_text(&c);
	row_noted(&c, &bare, 1, 1, false, false);
	(void)snprintf(
	    want, sizeof(want), "%s  1 late, 1 send error\n", numbers);
	cr_assert_str_eq(capture_text(&c), want);
	stats.duplicates = 2;
	stats.invalid = 1;
	report_ping_ops(c.report)->summary(c.report, &bare, &sum, NOW);
	(void)snprintf(
	    want, sizeof(want), "%s  2 duplicates, 1 invalid\n", numbers);
	cr_assert_str_eq(capture_text(&c), want);
	/* Where the terminal is too narrow, below. */
	row_noted(&c, &bare, 3, 2, true, true);
	(void)snprintf(want, sizeof(want),
	    "%s\n  over --max-loss (80%% with send errors), over --max-rtt, "
	    "3 late, 2 send errors\n",
	    numbers);
	cr_assert_str_eq(capture_text(&c), want);
	/* Not a terminal: a row is a line. */
	c.report->opts.columns = 0;
	row_noted(&c, &bare, 1, 0, true, false);
	(void)snprintf(
	    want, sizeof(want), "%s  over --max-loss, 1 late\n", numbers);
	cr_assert_str_eq(capture_text(&c), want);
	/* The column LOSS does not have what --max-loss counts. */
	row_noted(&c, &bare, 0, 2, true, false);
	(void)snprintf(want, sizeof(want),
	    "%s  over --max-loss (80%% with send errors), 2 send errors\n",
	    numbers);
	cr_assert_str_eq(capture_text(&c), want);
	capture_close(&c);
}

Test(report_ping_text_many, table_begins_a_line_after_the_echo_of_an_interrupt)
{
	struct nd_ping_stats stats = stats_of(3, 3);
	const struct report_ping_summary sum = {
	    .stats = &stats, .reason = REPORT_INTERRUPTED};
	struct capture c;

	for (unsigned columns = 0; columns <= 80; columns += 80) {
		open_many(&c,
		    (struct report_opts){.quiet = true, .columns = columns});
		report_ping_ops(c.report)->summary(c.report, &plain, &sum, NOW);
		cr_assert_eq(capture_text(&c)[0], columns > 0 ? '\n' : 'T');
		capture_close(&c);
	}
}

/* The first row of a table of targets named NAME on a terminal. */
static void
table(const char *name, unsigned columns, bool utf8, const char *want)
{
	const struct report_target target = {NULL, name, 6, 0};
	struct capture c;

	open_many(&c, (struct report_opts){.quiet = true,
			  .utf8 = utf8,
			  .columns = columns,
			  .name_width = report_name_width(&target, false)});
	row(&c, &target, 3, 3);
	cr_assert_str_eq(capture_text(&c), want);
	capture_close(&c);
}

Test(report_ping_text_many, columns_go_before_names_are_cut)
{
	table("2001:db8:1234:5678::1", 80, true,
	    "TARGET                  SENT   RECV     LOSS      MIN      AVG   "
	    "   P95      MAX\n"
	    "2001:db8:1234:5678::1      3      3       0%    0.045    0.049   "
	    " 0.053    1.235\n");
	table("2001:db8:1234:5678::1", 79, true,
	    "TARGET                  SENT   RECV     LOSS      AVG      P95   "
	    "   MAX\n"
	    "2001:db8:1234:5678::1      3      3       0%    0.049    0.053   "
	    " 1.235\n");
	table("2001:db8:1234:5678:9abc:def0:1234:5678", 80, true,
	    "TARGET                                   SENT   RECV     LOSS    "
	    "  AVG      MAX\n"
	    "2001:db8:1234:5678:9abc:def0:1234:5678      3      3       0%    "
	    "0.049    1.235\n");
}

Test(report_ping_text_many, names_are_cut_in_the_middle)
{
	/* What differs between addresses of one network is the end. */
	table("2001:db8:1234:5678::1:7", 60, true,
	    "TARGET                SENT   RECV     LOSS      AVG      MAX\n"
	    "2001:db8:\xe2\x80\xa6"
	    "5678::1:7      3      3       0%    0.049   "
	    " 1.235\n");
	table("2001:db8:1234:5678::1:7", 60, false,
	    "TARGET                SENT   RECV     LOSS      AVG      MAX\n"
	    "2001:db8...678::1:7      3      3       0%    0.049    1.235\n");
	/* Characters stay whole, wide ones too. */
	table("\xe4\xbe\x8b\xe4\xbe\x8b\xe4\xbe\x8b\xe4\xbe\x8b\xe4\xbe\x8b"
	      "\xe4\xbe\x8b\xe4\xbe\x8b\xe4\xbe\x8b",
	    53, true,
	    "TARGET         SENT   RECV     LOSS      AVG      MAX\n"
	    "\xe4\xbe\x8b\xe4\xbe\x8b\xe2\x80\xa6\xe4\xbe\x8b\xe4\xbe\x8b"
	    "\xe4\xbe\x8b       3      3       0%    0.049    1.235\n");
}

Test(report_ping_text_many, loss_is_never_rounded_away)
{
	struct capture c;

	open_many(&c, (struct report_opts){.quiet = true});
	row(&c, &plain, 1, 1);
	(void)capture_text(&c);
	row(&c, &plain, 3, 2);
	cr_assert_not_null(strstr(capture_text(&c), " 33.333% "));
	row(&c, &plain, 10000000, 1);
	cr_assert_not_null(strstr(capture_text(&c), " >99.999% "));
	row(&c, &plain, 10000000, 9999999);
	cr_assert_not_null(strstr(capture_text(&c), " <0.001% "));
	row(&c, &plain, 0, 0);
	cr_assert_not_null(strstr(capture_text(&c), "     0      0        - "));
	capture_close(&c);
}

/* No line of TEXT is wider than COLUMNS (ASCII). */
static void
fits(const char *text, size_t columns)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		cr_assert_leq(len, columns, "%.*s", (int)len, text);
		text += len + (text[len] == '\n');
	}
}

Test(report_ping_text_many, terminal_is_never_too_narrow)
{
	const struct report_target wide = {
	    "a-rather-long-name.of.some.host.example.org", "192.0.2.1", 4, 0};

	for (unsigned columns = 40; columns < 130; columns++) {
		struct capture c;

		open_many(
		    &c, (struct report_opts){.quiet = true,
			    .columns = columns,
			    .name_width = report_name_width(&wide, false)});
		row(&c, &wide, 3, 3);
		row(&c, &plain, 3, 0);
		row_error(&c, "a message that goes on for quite a while, so "
			      "that no terminal of this test takes it whole; "
			      "and on, and on");
		fits(capture_text(&c), columns);
		cr_assert_not_null(strstr(c.text, " LOSS "));
		cr_assert_not_null(strstr(c.text, " 0.049"));
		/* Without MIN and P95. */
		cr_assert_eq(strstr(c.text, wide.name) != NULL,
		    columns >= strlen(wide.name) + 41, "%u", columns);
		capture_close(&c);
	}
}

Test(report_ping_text_many, not_a_terminal_cuts_nothing)
{
	char name[254];
	const struct report_target wide = {name, "192.0.2.1", 4, 0};
	struct capture c;

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	open_many(&c, (struct report_opts){.quiet = true,
			  .name_width = report_name_width(&wide, true),
			  .with_addr = true});
	row(&c, &wide, 3, 3);
	cr_assert_not_null(strstr(capture_text(&c), name));
	cr_assert_not_null(strstr(c.text, "x (192.0.2.1)      3      3 "));
	capture_close(&c);
}

Test(report_ping_text_many, colour_only_adds)
{
	struct capture c;

	open_many(&c, (struct report_opts){.quiet = true, .color = true});
	row(&c, &plain, 3, 3);
	(void)capture_text(&c);
	row(&c, &plain, 4, 3);
	cr_assert_not_null(
	    strstr(capture_text(&c), " \033[33m     25%\033[0m "));
	row(&c, &plain, 4, 0);
	cr_assert_not_null(
	    strstr(capture_text(&c), " \033[31m    100%\033[0m "));
	capture_close(&c);
}

Test(report_ping_text_many, last_line_is_over_all)
{
	struct report_end end = {.targets = 65537,
	    .alive = 65530,
	    .unresolved = 1,
	    .sent = 65536,
	    .received = 65530,
	    .lost = 6,
	    .duration_ns = 1200400000};
	struct buf line = BUF_INIT;
	struct capture c;

	open_many(&c, (struct report_opts){.quiet = true});
	c.report->ops->end(c.report, &end, NOW);
	cr_assert_str_eq(capture_text(&c),
	    "65537 targets: 65530 alive, 6 down, 1 unresolved; 65536 sent, "
	    "65530 received, 0.009% loss, 1.2 s\n");
	end.unfinished = 6;
	end.lost = 0;
	end.unresolved = 0;
	end.local_drops = 2;
	c.report->ops->end(c.report, &end, NOW);
	cr_assert_str_eq(capture_text(&c),
	    "65537 targets: 65530 alive, 7 down; 65530 sent, "
	    "65530 received, 0% loss, 6 unfinished, 1.2 s\n"
	    "local drops: 2, so the loss is uncertain\n");
	end.unfinished = 0;
	end.local_drops = 0;
	end.late = 1;
	end.send_errors = 1;
	c.report->ops->end(c.report, &end, NOW);
	cr_assert_str_eq(capture_text(&c),
	    "65537 targets: 65530 alive, 7 down; 65536 sent, "
	    "65530 received, 0% loss, 1 late, 1 send error, 1.2 s\n");
	end.unfinished = 6;
	report_status(c.report, NULL, NULL, &end, &line);
	end.lost = 1;
	report_status(c.report, NULL, NULL, &end, &line);
	end.lost = 0;
	end.sent = end.received = end.alive = 0;
	end.unfinished = 0;
	report_status(c.report, NULL, NULL, &end, &line);
	buf_char(&line, '\0');
	cr_assert_str_eq(line.data, "\r65530/65530 packets, 0% loss, "
				    "65530/65537 targets alive\n"
				    "\r65530/65530 packets, 0.002% loss, "
				    "65530/65537 targets alive\n"
				    "\r0/0 packets, - loss, "
				    "0/65537 targets alive\n");
	buf_free(&line);
	capture_close(&c);
}

Test(report_ping_text_many, not_probed_is_neither_alive_nor_down)
{
	const struct report_end end = {.targets = 65534,
	    .alive = 9652,
	    .unresolved = 1,
	    .not_probed = 55722,
	    .sent = 9811,
	    .received = 9652,
	    .lost = 159,
	    .duration_ns = 1000000000};
	struct capture c;

	open_many(&c, (struct report_opts){.quiet = true});
	c.report->ops->end(c.report, &end, NOW);
	cr_assert_str_eq(capture_text(&c),
	    "65534 targets: 9652 alive, 159 down, 55722 not probed, "
	    "1 unresolved; 9811 sent, 9652 received, 1.621% loss, 1 s\n");
	capture_close(&c);
}

Test(report_ping_text_many, last_line_breaks_at_a_clause)
{
	const struct report_end end = {.targets = 20,
	    .alive = 19,
	    .unresolved = 1,
	    .sent = 40,
	    .received = 38,
	    .lost = 2,
	    .late = 2,
	    .send_errors = 3,
	    .over_loss = 2,
	    .over_rtt = 1,
	    .duration_ns = 1200400000};
	struct capture c;

	open_many(&c, (struct report_opts){.quiet = true,
			  .columns = 80,
			  .max_loss = 2500000,
			  .max_rtt_ns = 10000000});
	c.report->ops->end(c.report, &end, NOW);
	cr_assert_str_eq(capture_text(&c),
	    "20 targets: 19 alive, 0 down, 1 unresolved, 2 over --max-loss "
	    "2.5%,\n"
	    "  1 over --max-rtt 10ms;\n"
	    "  40 sent, 38 received, 5% loss, 2 late, 3 send errors, 1.2 s\n");
	c.report->opts.columns = 100;
	c.report->ops->end(c.report, &end, NOW);
	cr_assert_str_eq(capture_text(&c),
	    "20 targets: 19 alive, 0 down, 1 unresolved, 2 over --max-loss "
	    "2.5%, 1 over --max-rtt 10ms;\n"
	    "  40 sent, 38 received, 5% loss, 2 late, 3 send errors, 1.2 s\n");
	c.report->opts.columns = 0;
	c.report->ops->end(c.report, &end, NOW);
	cr_assert_str_eq(capture_text(&c),
	    "20 targets: 19 alive, 0 down, 1 unresolved, 2 over --max-loss "
	    "2.5%, 1 over --max-rtt 10ms; "
	    "40 sent, 38 received, 5% loss, 2 late, 3 send errors, 1.2 s\n");
	capture_close(&c);
}

Test(report_ping_text_many, each_send_error_is_told_once)
{
	struct nd_ping_event event = event_of(ND_PING_SEND_ERROR, 1);
	struct capture c;

	open_many(&c, (struct report_opts){.quiet = true});
	for (unsigned i = 0; i < 4; i++) {
		event.err = i % 2 == 0 ? -ENETUNREACH : -EPERM;
		report_ping_ops(c.report)->probe(
		    c.report, i < 2 ? &plain : &bare, &event, NULL, NOW);
	}
	cr_assert_str_eq(c.warned,
	    "a.example: network is unreachable\n"
	    "hint: which routes lead there: ip route show table all match "
	    "192.0.2.1\n"
	    "a.example: operation not permitted\n"
	    "hint: a firewall rule on this host drops it: nft list ruleset\n");
	capture_close(&c);
}

Test(report_ping_text_many, interim_line)
{
	struct nd_ping_stats stats = stats_of(3, 2);
	const struct report_ping_summary sum = {.stats = &stats};
	struct capture c;

	open_many(&c, (struct report_opts){.quiet = true});
	report_ping_ops(c.report)->interim(c.report, &plain, &sum, NOW);
	cr_assert_str_eq(capture_text(&c),
	    "a.example: 2/3 packets, 33.333% "
	    "loss, min/avg/max = 0.045/0.049/1.235 ms\n");
	capture_close(&c);
}
