/* SPDX-License-Identifier: MIT */
/* cmd/report_ping_text_names.c: --alive and --down. */
#include "capture.h"

#include "report_ping.h"

static const struct report_target plain = {"a.example", "192.0.2.1", 4, 0};
static const struct report_target bare = {NULL, "2001:db8::1", 6, 0};
static const struct report_target lost = {"no.example", NULL, 0, 0};

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

static void
names(bool alive, bool down, const char *want)
{
	struct nd_ping_stats late = stats_of(1, 0);
	const struct report_ping_summary sum = {.stats = &late};
	const struct report_target unreachable = {NULL, "192.0.2.8", 4, 0};
	const struct report_target odd = {"late\n.example", "192.0.2.9", 4, 0};
	struct capture c;

	late.late = 2;
	late.late_errors = 1;
	capture_open(&c, (struct report_opts){.alive = alive, .down = down},
	    report_ping_text);
	row(&c, &plain, 3, 1);
	row(&c, &bare, 3, 0);
	report_ping_ops(c.report)->summary(c.report, &odd, &sum, NOW);
	late.late = 1;
	report_ping_ops(c.report)->summary(c.report, &unreachable, &sum, NOW);
	row_error(&c, "name or service not known");
	cr_assert_str_eq(capture_text(&c), want);
	capture_close(&c);
}

/* The deadline came before anything was known of them: neither. */
Test(report_ping_text_names, not_probed_is_not_down)
{
	struct nd_ping_stats none = stats_of(0, 0), waits = stats_of(2, 0);
	struct nd_ping_stats refused = stats_of(0, 0), error = stats_of(1, 0);
	struct report_ping_summary sum = {.reason = REPORT_DEADLINE};
	struct capture c;

	waits.lost = 0;
	waits.unfinished = 2;
	refused.send_errors = 1;
	error.lost = 0;
	error.errors = 1;
	capture_open(&c, (struct report_opts){.down = true}, report_ping_text);
	sum.stats = &none;
	report_ping_ops(c.report)->summary(c.report, &plain, &sum, NOW);
	sum.stats = &waits;
	report_ping_ops(c.report)->summary(c.report, &plain, &sum, NOW);
	cr_assert_str_eq(capture_text(&c), "");
	sum.stats = &refused;
	report_ping_ops(c.report)->summary(c.report, &plain, &sum, NOW);
	sum.stats = &error;
	report_ping_ops(c.report)->summary(c.report, &bare, &sum, NOW);
	waits.lost = 1;
	waits.unfinished = 1;
	sum.stats = &waits;
	report_ping_ops(c.report)->summary(c.report, &plain, &sum, NOW);
	cr_assert_str_eq(
	    capture_text(&c), "a.example\n2001:db8::1\na.example\n");
	capture_close(&c);
}

Test(report_ping_text_names, all_puts_the_address_first)
{
	struct capture c;

	capture_open(&c,
	    (struct report_opts){
		.alive = true, .down = true, .with_addr = true},
	    report_ping_text);
	row(&c, &plain, 3, 1);
	row(&c, &bare, 3, 0);
	row_error(&c, "name or service not known");
	cr_assert_str_eq(
	    capture_text(&c), "192.0.2.1 a.example\n2001:db8::1\nno.example\n");
	capture_close(&c);
}

Test(report_ping_text_names, only_those_asked_for)
{
	names(true, false, "a.example\nlate\\x0a.example\n");
	names(false, true, "2001:db8::1\n192.0.2.8\nno.example\n");
	names(true, true,
	    "a.example\n2001:db8::1\nlate\\x0a.example\n192.0.2.8\n"
	    "no.example\n");
}
