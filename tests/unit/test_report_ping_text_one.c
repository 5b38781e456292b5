/* SPDX-License-Identifier: MIT */
/* cmd/report_ping_text_one.c: header and statistics, golden lines of iputils.
 */
#include "capture.h"

#include <errno.h>

#include "report_ping.h"

static const struct report_target target4 = {"localhost", "127.0.0.1", 4, 0};

static void
open_one(struct capture *c, struct report_opts opts)
{
	opts.targets = 1;
	opts.payload = 56;
	capture_open(c, opts, report_ping_text);
}

static void
feed(struct capture *c, struct nd_ping_event event, const char *name)
{
	report_ping_ops(c->report)->probe(
	    c->report, &target4, &event, name, NOW);
}

static void
header(struct capture *c, const char *name, const char *addr, int af,
    struct report_start start, const char *want)
{
	const struct report_target target = {name, addr, af, 0};

	c->report->ops->start(c->report, &target, &start, NOW);
	cr_assert_str_eq(capture_text(c), want);
}

Test(report_ping_text_one, header)
{
	const struct report_start plain = {.src = "127.0.0.1"};
	const struct report_start device = {.src = "::1", .device = "lo"};
	const struct report_start source = {
	    .src = "10.9.0.1", .show_source = true};
	const struct report_start named = {.addr_name = "localhost"};
	struct capture c;

	open_one(&c, (struct report_opts){0});
	header(&c, NULL, "127.0.0.1", 4, plain,
	    "PING 127.0.0.1 (127.0.0.1) 56(84) bytes of data.\n");
	header(&c, "localhost", "127.0.0.1", 4, plain,
	    "PING localhost (127.0.0.1) 56(84) bytes of data.\n");
	header(&c, "127.0.0.1", "127.0.0.1", 4, source,
	    "PING 127.0.0.1 (127.0.0.1) from 10.9.0.1 : "
	    "56(84) bytes of data.\n");
	header(&c, "::1", "::1", 6, plain, "PING ::1(::1) 56 data bytes\n");
	header(&c, "::1", "::1", 6, device,
	    "PING ::1(::1) from ::1 lo: 56 data bytes\n");
	header(&c, "localhost", "::1", 6, named,
	    "PING localhost(localhost (::1)) 56 data bytes\n");
	header(&c, "a\033[2J", "127.0.0.1", 4, plain,
	    "PING a\\x1b[2J (127.0.0.1) 56(84) bytes of data.\n");
	capture_close(&c);
}

Test(report_ping_text_one, pattern_stands_above_the_header)
{
	static const uint8_t pattern[] = {0x0a, 0xff, 0x01};
	const struct report_start start = {
	    .pattern = pattern, .pattern_len = sizeof(pattern)};
	struct capture c;

	open_one(&c, (struct report_opts){0});
	header(&c, NULL, "127.0.0.1", 4, start,
	    "PATTERN: 0x0aff01\n"
	    "PING 127.0.0.1 (127.0.0.1) 56(84) bytes of data.\n");
	c.report->opts.quiet = true;
	header(&c, NULL, "127.0.0.1", 4, start,
	    "PING 127.0.0.1 (127.0.0.1) 56(84) bytes of data.\n");
	capture_close(&c);
}

static void
summary(struct capture *c, const struct nd_ping_stats *stats,
    const struct nd_ctx_stats *ctx, const char *want)
{
	const struct report_ping_summary sum = {.stats = stats, .ctx = ctx};

	report_ping_ops(c->report)->summary(c->report, &target4, &sum, NOW);
	cr_assert_str_eq(capture_text(c), want);
}

Test(report_ping_text_one, statistics_as_ping)
{
	struct nd_ping_stats stats = stats_of(3, 2);
	struct capture c;

	open_one(&c, (struct report_opts){.scraped = true});
	summary(&c, &stats, NULL,
	    "\n--- localhost ping statistics ---\n"
	    "3 packets transmitted, 2 received, 33.3333% packet loss, "
	    "time 2003ms\n"
	    "rtt min/avg/max/mdev = 0.045/0.049/1.235/0.004 ms\n");
	stats = stats_of(3, 3);
	stats.duplicates = 1;
	stats.pipe = 2;
	summary(&c, &stats, NULL,
	    "\n--- localhost ping statistics ---\n"
	    "3 packets transmitted, 3 received, +1 duplicates, "
	    "0% packet loss, time 2003ms\n"
	    "rtt min/avg/max/mdev = 0.045/0.049/1.235/0.004 ms, pipe 2\n");
	stats = stats_of(2, 0);
	stats.lost = 0;
	stats.errors = 2;
	stats.pipe = 2;
	stats.duration_ns = 202 * MS + 500000;
	summary(&c, &stats, NULL,
	    "\n--- localhost ping statistics ---\n"
	    "2 packets transmitted, 0 received, +2 errors, "
	    "100% packet loss, time 203ms\npipe 2\n");
	stats = stats_of(1, 0);
	summary(&c, &stats, NULL,
	    "\n--- localhost ping statistics ---\n"
	    "1 packets transmitted, 0 received, 100% packet loss, "
	    "time 2003ms\n\n");
	stats = stats_of(0, 0);
	summary(&c, &stats, NULL,
	    "\n--- localhost ping statistics ---\n"
	    "0 packets transmitted, 0 received\n\n");
	capture_close(&c);
}

Test(report_ping_text_one, ipg_and_ewma)
{
	struct nd_ping_stats stats = stats_of(3, 3);
	struct sockaddr_storage from;
	struct capture c;

	open_one(&c, (struct report_opts){
			 .adaptive = true, .quiet = true, .scraped = true});
	address("127.0.0.1", &from);
	feed(&c, reply_of(1, (const struct sockaddr *)&from, 8 * MS), NULL);
	feed(&c, reply_of(2, (const struct sockaddr *)&from, 16 * MS), NULL);
	summary(&c, &stats, NULL,
	    "\n--- localhost ping statistics ---\n"
	    "3 packets transmitted, 3 received, 0% packet loss, "
	    "time 2003ms\n"
	    "rtt min/avg/max/mdev = 0.045/0.049/1.235/0.004 ms, "
	    "ipg/ewma 1001.500/9.000 ms\n");
	capture_close(&c);
}

Test(report_ping_text_one, what_ping_does_not_know_follows)
{
	struct nd_ping_stats stats = stats_of(6, 3);
	struct nd_ctx_stats ctx = {.local_drops = 4};
	struct capture c;

	ctx.invalid[ND_INVALID_CHECKSUM] = 1;
	ctx.invalid[ND_INVALID_TAG] = 2;
	stats.lost = 1;
	stats.late = 1;
	stats.unfinished = 2;
	stats.send_errors = 1;
	stats.invalid = 3;
	open_one(&c, (struct report_opts){0});
	summary(&c, &stats, &ctx,
	    "\n--- localhost ping statistics ---\n"
	    "4 packets transmitted, 3 received, +1 corrupted, "
	    "25% packet loss, time 2003ms\n"
	    "rtt min/avg/max/mdev = 0.045/0.049/1.235/0.004 ms\n"
	    "1 late, 2 unfinished, 1 send error, "
	    "3 invalid (1 checksum, 2 tag)\n"
	    "p50/p95/p99/jitter = 0.048/0.053/0.053/0.001 ms\n"
	    "local drops: 4, so the loss is uncertain\n");
	capture_close(&c);
}

Test(report_ping_text_one, a_threshold_that_was_missed)
{
	struct nd_ping_stats stats = stats_of(4, 3);
	struct report_ping_summary sum = {
	    .stats = &stats, .over_loss = true, .judged_rtt_ns = 53400};
	struct capture c;

	open_one(&c,
	    (struct report_opts){
		.scraped = true, .max_loss = 24900000, .max_rtt_ns = 50000});
	report_ping_ops(c.report)->summary(c.report, &target4, &sum, NOW);
	cr_assert_not_null(strstr(
	    capture_text(&c), " ms\nfailed: 25% loss (--max-loss 24.9%)\n"));
	/* What the host refused counts here, and nowhere else. */
	stats.send_errors = 36;
	report_ping_ops(c.report)->summary(c.report, &target4, &sum, NOW);
	cr_assert_not_null(strstr(capture_text(&c),
	    "\n36 send errors\n"
	    "failed: 92.5% loss with send errors (--max-loss 24.9%)\n"));
	stats.send_errors = 0;
	sum.over_rtt = true;
	report_ping_ops(c.report)->summary(c.report, &target4, &sum, NOW);
	cr_assert_not_null(
	    strstr(capture_text(&c), "\nfailed: 25% loss (--max-loss 24.9%), "
				     "p95 0.053 ms (--max-rtt 50us)\n"));
	sum.over_loss = false;
	stats.rtt.p95_ns = -1;
	sum.judged_rtt_ns = stats.rtt.max_ns;
	report_ping_ops(c.report)->summary(c.report, &target4, &sum, NOW);
	cr_assert_not_null(strstr(
	    capture_text(&c), "\nfailed: max 1.235 ms (--max-rtt 50us)\n"));
	sum.judged_rtt_ns = -1;
	report_ping_ops(c.report)->summary(c.report, &target4, &sum, NOW);
	cr_assert_not_null(strstr(
	    capture_text(&c), "\nfailed: no reply in time (--max-rtt 50us)\n"));
	capture_close(&c);
}

Test(report_ping_text_one, senders_of_a_broadcast)
{
	struct nd_ping_sender senders[3] = {
	    {.received = 2, .min_ns = MS, .avg_ns = MS, .max_ns = MS},
	    {.received = 1, .duplicates = 3, .min_ns = -1},
	    {.received = 1, .duplicates = 1, .min_ns = -1},
	};
	struct nd_ping_stats stats = stats_of(1, 0);
	const struct report_ping_summary sum = {
	    .stats = &stats, .senders = senders, .nsenders = 3};
	struct capture c;

	address("10.0.0.1", &senders[0].addr);
	address("10.0.0.2", &senders[1].addr);
	address("10.0.0.3", &senders[2].addr);
	open_one(&c, (struct report_opts){.quiet = true});
	report_ping_ops(c.report)->summary(c.report, &target4, &sum, NOW);
	cr_assert_not_null(strstr(capture_text(&c),
	    "\n\n"
	    "from 10.0.0.1: 2 received, min/avg/max = 1.000/1.000/1.000 ms\n"
	    "from 10.0.0.2: 1 received, +3 duplicates\n"
	    "from 10.0.0.3: 1 received, +1 duplicate\n"));
	capture_close(&c);
}

Test(report_ping_text_one, quiet_keeps_header_and_statistics)
{
	const struct report_start start = {.src = NULL};
	struct sockaddr_storage from;
	struct capture c;

	open_one(&c, (struct report_opts){.quiet = true});
	c.report->ops->start(c.report, &target4, &start, NOW);
	cr_assert_gt(strlen(capture_text(&c)), 0);
	feed(&c, reply_of(1, address("127.0.0.1", &from), MS), NULL);
	cr_assert_str_eq(capture_text(&c), "");
	capture_close(&c);
}

Test(report_ping_text_one, status_line_as_ping)
{
	struct nd_ping_stats stats = stats_of(4, 4);
	struct sockaddr_storage from;
	struct report_counts counts;
	struct buf line = BUF_INIT;
	struct capture c;

	open_one(&c, (struct report_opts){.quiet = true});
	feed(&c, reply_of(1, address("127.0.0.1", &from), 32000), NULL);
	counts = report_ping_counts(&stats);
	report_status(c.report, &counts, &stats.rtt, NULL, &line);
	stats = stats_of(3, 0);
	stats.unfinished = 2;
	stats.lost = 1;
	counts = report_ping_counts(&stats);
	report_status(c.report, &counts, &stats.rtt, NULL, &line);
	/* ping(8) has no other word for nothing. */
	stats = stats_of(0, 0);
	counts = report_ping_counts(&stats);
	report_status(c.report, &counts, &stats.rtt, NULL, &line);
	buf_char(&line, '\0');
	cr_assert_str_eq(line.data,
	    "\r4/4 packets, 0% loss, "
	    "min/avg/ewma/max = 0.045/0.049/0.032/1.235 ms\n"
	    "\r0/1 packets, 100% loss\n"
	    "\r0/0 packets, 0% loss\n");
	buf_free(&line);
	capture_close(&c);
}
