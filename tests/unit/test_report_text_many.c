/* SPDX-License-Identifier: MIT */
/* cmd/report_text_many.c, report_text_names.c: rows, widths, names. */
#include "capture.h"

#include <errno.h>

static const struct report_target plain = {"a.example", "192.0.2.1", 4};
static const struct report_target bare = {NULL, "2001:db8::1", 6};
static const struct report_target lost = {"no.example", NULL, 0};

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
	const struct report_summary sum = {.stats = &stats};

	c->report->ops->summary(c->report, target, &sum, NOW);
}

static void
row_error(struct capture *c, const char *message)
{
	const struct report_error error = {REPORT_RESOLVE, message, NULL};

	c->report->ops->error(c->report, &lost, &error, NOW);
}

Test(report_text_many, lines_name_their_target)
{
	struct nd_ping_event event;
	struct sockaddr_storage from;
	struct capture c;

	open_many(&c, (struct report_opts){.outstanding = true});
	event = reply_of(1, address("192.0.2.1", &from), 45000);
	c.report->ops->probe(c.report, &plain, &event, "ptr.example", NOW);
	address("2001:db8::1", &from);
	c.report->ops->probe(c.report, &bare, &event, NULL, NOW);
	event.status = ND_PING_UNREACHABLE;
	event.icmp_type = 1;
	event.icmp_code = 0;
	address("2001:db8::ff", &from);
	c.report->ops->probe(c.report, &bare, &event, NULL, NOW);
	event = event_of(ND_PING_TIMEOUT, 2);
	c.report->ops->probe(c.report, &plain, &event, NULL, NOW);
	cr_assert_str_eq(capture_text(&c),
	    "64 bytes from a.example (192.0.2.1): icmp_seq=1 ttl=64 "
	    "time=0.045 ms\n"
	    "64 bytes from 2001:db8::1: icmp_seq=1 ttl=64 time=0.045 ms\n"
	    "2001:db8::1: From 2001:db8::ff icmp_seq=1 "
	    "Destination unreachable: No route\n"
	    "a.example: no answer yet for icmp_seq=2\n");
	capture_close(&c);
}

Test(report_text_many, table_is_aligned)
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
	    "no.example  name or service not known\n");
	capture_close(&c);
}

Test(report_text_many, loss_is_never_rounded_away)
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

Test(report_text_many, terminal_is_never_too_narrow)
{
	const struct report_target wide = {
	    "a-rather-long-name.of.some.host.example.org", "192.0.2.1", 4};

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
		cr_assert_eq(strstr(c.text, wide.name) != NULL,
		    columns >= strlen(wide.name) + 59, "%u", columns);
		capture_close(&c);
	}
}

Test(report_text_many, not_a_terminal_cuts_nothing)
{
	char name[254];
	const struct report_target wide = {name, "192.0.2.1", 4};
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

Test(report_text_many, colour_only_adds)
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

Test(report_text_many, last_line_is_over_all)
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
	report_status(c.report, NULL, &end, &line);
	buf_char(&line, '\0');
	cr_assert_str_eq(line.data, "\r65530/65530 packets, 0% loss, "
				    "65530/65537 targets alive\n");
	buf_free(&line);
	capture_close(&c);
}

Test(report_text_many, each_send_error_is_told_once)
{
	struct nd_ping_event event = event_of(ND_PING_SEND_ERROR, 1);
	struct capture c;

	open_many(&c, (struct report_opts){.quiet = true});
	for (unsigned i = 0; i < 4; i++) {
		event.err = i % 2 == 0 ? -ENETUNREACH : -EPERM;
		c.report->ops->probe(
		    c.report, i < 2 ? &plain : &bare, &event, NULL, NOW);
	}
	cr_assert_str_eq(c.warned, "a.example: Network is unreachable\n"
				   "a.example: Operation not permitted\n");
	capture_close(&c);
}

Test(report_text_many, interim_line)
{
	struct nd_ping_stats stats = stats_of(3, 2);
	const struct report_summary sum = {.stats = &stats};
	struct capture c;

	open_many(&c, (struct report_opts){.quiet = true});
	c.report->ops->interim(c.report, &plain, &sum, NOW);
	cr_assert_str_eq(capture_text(&c),
	    "a.example: 2/3 packets, 33.333% "
	    "loss, min/avg/max = 0.045/0.049/1.235 ms\n");
	capture_close(&c);
}

static void
names(bool alive, bool down, const char *want)
{
	struct nd_ping_stats late = stats_of(1, 0);
	const struct report_summary sum = {.stats = &late};
	const struct report_target unreachable = {NULL, "192.0.2.8", 4};
	const struct report_target odd = {"late\n.example", "192.0.2.9", 4};
	struct capture c;

	late.late = 2;
	late.late_errors = 1;
	open_many(&c, (struct report_opts){.alive = alive, .down = down});
	row(&c, &plain, 3, 1);
	row(&c, &bare, 3, 0);
	c.report->ops->summary(c.report, &odd, &sum, NOW);
	late.late = 1;
	c.report->ops->summary(c.report, &unreachable, &sum, NOW);
	row_error(&c, "name or service not known");
	cr_assert_str_eq(capture_text(&c), want);
	capture_close(&c);
}

Test(report_text_names, only_those_asked_for)
{
	names(true, false, "a.example\nlate\\x0a.example\n");
	names(false, true, "2001:db8::1\n192.0.2.8\nno.example\n");
	names(true, true,
	    "a.example\n2001:db8::1\nlate\\x0a.example\n192.0.2.8\n"
	    "no.example\n");
}
