/* SPDX-License-Identifier: MIT */
/*
 * cmd/report_knock_text_one.c, cmd/report_knock_text_stats.c: header and
 * statistics of one port.
 */
#include "capture_knock.h"

static const struct report_target target = {NULL, "192.0.2.7", 4, 443};

static void
open_one(struct capture *c, struct report_opts opts)
{
	opts.targets = 1;
	opts.flows = 1;
	capture_open(c, opts, report_knock_text);
}

static void
header(struct capture *c, const char *name, const char *addr,
    struct report_start start, const char *want)
{
	const struct report_target t = {
	    name, addr, strchr(addr, ':') != NULL ? 6 : 4, 443};

	c->report->ops->start(c->report, &t, &start, NOW);
	cr_assert_str_eq(capture_text(c), want);
}

Test(report_knock_text_one, header)
{
	const struct report_start plain = {.src = "192.0.2.1"};
	const struct report_start source = {
	    .src = "192.0.2.1", .show_source = true};
	const struct report_start device = {.src = "::1", .device = "lo"};
	const struct report_run run = {.mode = "connect"};
	struct capture c;

	open_one(&c, (struct report_opts){0});
	c.report->ops->begin(c.report, &run, NOW);
	header(&c, NULL, "192.0.2.7", plain,
	    "KNOCK 192.0.2.7 (192.0.2.7) port 443\n");
	header(&c, "a\033[2J", "192.0.2.7", source,
	    "KNOCK a\\x1b[2J (192.0.2.7) port 443 from 192.0.2.1\n");
	header(&c, "localhost", "::1", device,
	    "KNOCK localhost (::1) port 443 from ::1 lo\n");
	cr_assert_str_eq(c.warned, "");
	c.report->opts.verbose = true;
	header(&c, NULL, "192.0.2.7", plain,
	    "KNOCK 192.0.2.7 (192.0.2.7) port 443\n");
	cr_assert_str_eq(c.warned, "socket: connect\nsource: 192.0.2.1\n");
	capture_close(&c);
}

#define TITLE "\n--- 192.0.2.7 port 443 knock statistics ---\n"
#define TIMES                                                                  \
	"rtt min/avg/max/mdev = 11.800/11.900/12.100/0.100 ms\n"               \
	"p50/p95/p99/jitter = 11.900/12.100/12.100/0.050 ms\n"
#define SERVER                                                                 \
	"server: ttl 57 (about 8 hops away), mss 1460, window 65160, "         \
	"wscale 7, sack, timestamps"

static void
summary(
    struct capture *c, const struct report_knock_summary *sum, const char *want)
{
	report_knock_ops(c->report)->summary(c->report, &target, sum, NOW);
	cr_assert_str_eq(capture_text(c), want);
}

/* The same of numbers that ask for nothing more. */
static void
plain(struct capture *c, const struct nd_knock_stats *stats, const char *want)
{
	const struct report_knock_summary sum = {
	    .stats = stats, .expect = stats->state};

	summary(c, &sum, want);
}

Test(report_knock_text_one, states)
{
	struct nd_knock_stats stats = knock_stats(4, 3);
	struct capture c;

	open_one(&c, (struct report_opts){0});
	stats.lost_back = 1;
	stats.lost_unknown = 0;
	plain(&c, &stats,
	    TITLE "4 SYNs sent, 3 received, 1 lost (25%: 0 out, 1 back, "
		  "0 unknown), time 3004 ms\n"
		  "port 443 is open: 3 SYN-ACKs, 0 RSTs\n" TIMES SERVER "\n");
	stats = knock_stats_closed(2, 2);
	plain(&c, &stats,
	    TITLE "2 SYNs sent, 2 received, 0 lost (0%), time 3004 ms\n"
		  "port 443 is closed: 0 SYN-ACKs, 2 RSTs\n" TIMES
		  "server: ttl 64 (about 1 hop away)\n");
	stats = knock_stats(4, 0);
	stats.lost = stats.lost_unknown = 1;
	stats.errors = 3;
	plain(&c, &stats,
	    TITLE "4 SYNs sent, 0 received, 1 lost (25%: 0 out, 0 back, "
		  "1 unknown), 3 ICMP errors (100% loss in all), "
		  "time 3004 ms\n"
		  "port 443 is filtered: refused by ICMP, without an answer "
		  "of the target\n");
	stats = knock_stats(1, 1);
	stats.syn_acks = 0;
	stats.challenges = 1;
	stats.has_tcp = false;
	stats.rtt.samples = 0;
	plain(&c, &stats,
	    TITLE "1 SYN sent, 1 received, 0 lost (0%), time 3004 ms\n"
		  "port 443 is open: 0 SYN-ACKs, 0 RSTs, 1 challenge ACK\n"
		  "server: ttl 57 (about 8 hops away)\n");
	capture_close(&c);
}

/* A run that ended before: no state, and nothing that failed. */
Test(report_knock_text_one, not_probed_has_no_state)
{
	struct nd_knock_stats stats = knock_stats(0, 0);
	struct report_knock_summary sum = {.stats = &stats};
	struct capture c;

	open_one(&c, (struct report_opts){0});
	summary(&c, &sum,
	    TITLE "0 SYNs sent, 0 received\nport 443 was not probed\n");
	stats.sent = stats.unfinished = 1;
	summary(&c, &sum,
	    TITLE "1 SYN sent, 0 received\nport 443 has no verdict yet: all "
		  "SYNs were still awaited at the end\n1 unfinished\n");
	capture_close(&c);
}

Test(report_knock_text_one, what_is_odd_is_said)
{
	struct nd_knock_stats stats = knock_stats(3, 3);
	struct nd_ctx_stats ctx = {.local_drops = 4};
	struct report_knock_summary sum = {.stats = &stats, .ctx = &ctx};
	struct sockaddr_storage from;
	struct nd_knock_event event;
	struct capture c;

	ctx.invalid[ND_INVALID_TAG] = 2;
	stats.mixed = stats.rst_ttl_differs = stats.rst_lost = true;
	stats.rsts = 1;
	stats.late = stats.ambiguous = stats.send_errors = 1;
	stats.duplicates = stats.invalid = 2;
	open_one(&c, (struct report_opts){0});
	summary(&c, &sum,
	    TITLE "3 SYNs sent, 3 received, 0 lost (0%), time 3004 ms\n"
		  "port 443 is open, but mixed: 3 SYN-ACKs, 1 RST\n" TIMES
		  "1 late, 1 ambiguous, 2 duplicates, 1 send error, "
		  "2 invalid\n" SERVER "\n"
		  "RSTs come with another TTL than SYN-ACKs: "
		  "a middlebox resets\n"
		  "the server repeats its SYN-ACKs: our RSTs do not arrive "
		  "there\n"
		  "local drops: 4, so the loss is uncertain\n");
	/* With the reasons, and the TTLs that were seen. */
	c.report->opts.quiet = c.report->opts.verbose = true;
	event = knock_open(1, address("192.0.2.7", &from), MS);
	report_knock_ops(c.report)->probe(c.report, &target, &event, NULL, NOW);
	event = knock_closed(1, event.from, MS);
	event.ttl = 128;
	report_knock_ops(c.report)->probe(c.report, &target, &event, NULL, NOW);
	report_knock_ops(c.report)->summary(c.report, &target, &sum, NOW);
	cr_assert_not_null(strstr(capture_text(&c), ", 2 invalid (2 tag)\n"));
	cr_assert_not_null(strstr(c.text,
	    "\nRSTs come with another TTL than SYN-ACKs (128 / 57): "
	    "a middlebox resets\n"));
	capture_close(&c);
}

Test(report_knock_text_one, ecn_of_server_and_path)
{
	static const char *const paths[] = {
	    [ND_KNOCK_ECN_PATH_UNKNOWN] = SERVER ", ecn accepted\n",
	    [ND_KNOCK_ECN_PATH_CLEAN] =
		"\necn path clean: marks get to the server\n",
	    [ND_KNOCK_ECN_PATH_BLEACHED] =
		"\necn path bleached: marks or flags "
		"of SYNs are cleared on the way\n",
	    [ND_KNOCK_ECN_PATH_MARKED] =
		"\necn path marked: packets come with CE\n",
	    [ND_KNOCK_ECN_PATH_BLOCKED] = "\necn path blocked: SYNs that ask "
					  "for ECN get no answer, others do\n",
	};
	struct nd_knock_stats stats = knock_stats(1, 1);
	const struct report_knock_summary sum = {.stats = &stats};
	struct capture c;

	open_one(&c, (struct report_opts){.columns = 0});
	report_knock_ops(c.report)->summary(c.report, &target, &sum, NOW);
	cr_assert_null(strstr(capture_text(&c), "ecn"));
	stats.ecn = ND_KNOCK_ECN_ACCEPTED;
	for (int i = 0; i <= ND_KNOCK_ECN_PATH_BLOCKED; i++) {
		stats.ecn_path = (enum nd_knock_ecn_path)i;
		report_knock_ops(c.report)->summary(
		    c.report, &target, &sum, NOW);
		cr_assert_not_null(strstr(capture_text(&c), paths[i]));
	}
	stats.ecn = ND_KNOCK_ECN_MIRRORED;
	stats.tcp = (struct nd_knock_tcp){
	    .mss = -1, .wscale = -1, .window = 512, .ecn_mirror = true};
	report_knock_ops(c.report)->summary(c.report, &target, &sum, NOW);
	cr_assert_not_null(strstr(capture_text(&c),
	    "\nserver: ttl 57 (about 8 hops away), no mss, window 512, no wscale, "
	    "no sack, no timestamps, ecn mirrored\n"));
	capture_close(&c);
}

Test(report_knock_text_one, why_it_failed)
{
	struct nd_knock_stats stats = knock_stats(4, 3);
	struct report_knock_summary sum = {.stats = &stats,
	    .over_loss = true,
	    .over_rtt = true,
	    .judged_rtt_ns = 12100000};
	struct capture c;

	open_one(&c,
	    (struct report_opts){.max_loss = 5000000, .max_rtt_ns = 10000000});
	report_knock_ops(c.report)->summary(c.report, &target, &sum, NOW);
	cr_assert_not_null(
	    strstr(capture_text(&c), "\nfailed: 25% loss (--max-loss 5%), "
				     "p95 12.100 ms (--max-rtt 10ms)\n"));
	sum.over_loss = sum.over_rtt = false;
	sum.expect = ND_KNOCK_STATE_FILTERED;
	report_knock_ops(c.report)->summary(c.report, &target, &sum, NOW);
	cr_assert_not_null(strstr(capture_text(&c),
	    "\nfailed: the port is not filtered (--expect filtered)\n"));
	stats = knock_stats_closed(1, 1);
	sum.expect = ND_KNOCK_STATE_OPEN;
	report_knock_ops(c.report)->summary(c.report, &target, &sum, NOW);
	cr_assert_not_null(
	    strstr(capture_text(&c), "\nfailed: the port is not open\n"));
	capture_close(&c);
}

Test(report_knock_text_one, flows)
{
	struct nd_knock_stats stats = knock_stats(4, 4);
	struct report_knock_summary sum = {
	    .stats = &stats, .flows = knock_flows, .nflows = 3};
	struct capture c;

	open_one(&c, (struct report_opts){.color = true});
	report_knock_ops(c.report)->summary(c.report, &target, &sum, NOW);
	cr_assert_not_null(strstr(capture_text(&c),
	    SERVER "\n"
		   "FLOW   PORT   SENT   RECV     LOSS      MIN      AVG"
		   "      MAX\n"
		   "   1  40001     10     10       0%   11.800   11.900"
		   "   12.100\n"
		   "   2  40002     10      4\033[33m      60%\033[0m"
		   "   11.800   12.000   13.500\n"
		   "   3  40003      0      0        -        -        -"
		   "        -\n"));
	cr_assert_not_null(strstr(c.text, " is \033[32mopen\033[0m: "));
	sum.nflows = 1;
	report_knock_ops(c.report)->summary(c.report, &target, &sum, NOW);
	cr_assert_null(strstr(capture_text(&c), "FLOW"));
	capture_close(&c);
}

/* No line is wider than the terminal. */
Test(report_knock_text_one, long_lines_break_at_a_clause)
{
	struct nd_knock_stats stats = knock_stats(30, 3);
	const struct report_knock_summary sum = {.stats = &stats};
	struct capture c;

	stats.lost = stats.lost_unknown = 22;
	stats.errors = 5;
	open_one(&c, (struct report_opts){.columns = 80});
	stats.ecn = ND_KNOCK_ECN_DECLINED;
	summary(&c, &sum,
	    TITLE "30 SYNs sent, 3 received, 22 lost (73.333%: 0 out, 0 back, "
		  "22 unknown),\n"
		  "  5 ICMP errors (90% loss in all), time 3004 ms\n"
		  "port 443 is open: 3 SYN-ACKs, 0 RSTs\n" TIMES
		  "server: ttl 57 (about 8 hops away), mss 1460, window 65160, "
		  "wscale 7, sack,\n"
		  "  timestamps, ecn declined\n");
	capture_close(&c);
}

Test(report_knock_text_one, interim_and_status_lines)
{
	struct nd_knock_stats stats = knock_stats(4, 3);
	const struct report_knock_summary sum = {.stats = &stats};
	const struct report_end end = {
	    .targets = 3, .alive = 2, .sent = 12, .received = 9, .lost = 3};
	struct report_counts counts;
	struct buf line = BUF_INIT;
	struct capture c;

	open_one(&c, (struct report_opts){0});
	report_knock_ops(c.report)->interim(c.report, &target, &sum, NOW);
	cr_assert_str_eq(capture_text(&c),
	    "192.0.2.7:443: open, 3/4 packets, 25% loss, "
	    "min/avg/max = 11.800/11.900/12.100 ms\n");
	report_status(c.report, NULL, NULL, &end, &line);
	counts = report_knock_counts(&stats);
	c.report->ewma_ns = 12 * MS;
	report_status(c.report, &counts, &stats.rtt, NULL, &line);
	buf_char(&line, '\0');
	cr_assert_str_eq(line.data,
	    "\r9/12 packets, 25% loss, 2/3 ports answered\n"
	    "\r3/4 packets, 25% loss, "
	    "min/avg/ewma/max = 11.800/11.900/12.000/12.100 ms\n");
	buf_free(&line);
	stats = knock_stats(0, 0);
	report_knock_ops(c.report)->interim(c.report, &target, &sum, NOW);
	cr_assert_str_eq(
	    capture_text(&c), "192.0.2.7:443: 0/0 packets, - loss\n");
	capture_close(&c);
}
