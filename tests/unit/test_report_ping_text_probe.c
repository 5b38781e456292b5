/* SPDX-License-Identifier: MIT */
/* cmd/report_ping_text_probe.c: golden lines of iputils, and what is refused.
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

Test(report_ping_text_probe, digits_of_the_time)
{
	static const struct {
		int64_t ns;
		const char *text;
	} cases[] = {
	    {0, "0.000"},
	    {9499, "0.009"},
	    {9500, "0.010"},
	    {999499, "0.999"},
	    {999500, "1.00"},
	    {1234567, "1.24"},
	    {9994 * INT64_C(1000), "9.99"},
	    {9995 * INT64_C(1000), "10.0"},
	    {99949 * INT64_C(1000), "99.9"},
	    {99950 * INT64_C(1000), "100"},
	    {1025499 * INT64_C(1000), "1025"},
	    {1025500 * INT64_C(1000), "1026"},
	};
	struct sockaddr_storage from;
	struct capture c;
	char want[128];

	open_one(&c, (struct report_opts){0});
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		feed(&c, reply_of(7, address("127.0.0.1", &from), cases[i].ns),
		    NULL);
		(void)snprintf(want, sizeof(want),
		    "64 bytes from 127.0.0.1: icmp_seq=7 ttl=64 time=%s ms\n",
		    cases[i].text);
		cr_assert_str_eq(capture_text(&c), want);
	}
	capture_close(&c);
}

Test(report_ping_text_probe, replies_and_their_marks)
{
	struct sockaddr_storage from;
	struct nd_ping_event event;
	struct capture c;

	open_one(&c, (struct report_opts){0});
	event = reply_of(1, address("127.0.0.1", &from), 45000);
	feed(&c, event, "localhost");
	cr_assert_str_eq(capture_text(&c),
	    "64 bytes from localhost "
	    "(127.0.0.1): icmp_seq=1 ttl=64 time=0.045 ms\n");
	event.status = ND_PING_DUPLICATE;
	feed(&c, event, NULL);
	cr_assert_str_eq(capture_text(&c),
	    "64 bytes from 127.0.0.1: "
	    "icmp_seq=1 ttl=64 time=0.045 ms (DUP!)\n");
	event.status = ND_PING_LATE;
	event.ttl = -1;
	feed(&c, event, "evil\033]0;name");
	cr_assert_str_eq(capture_text(&c),
	    "64 bytes from evil\\x1b]0;name "
	    "(127.0.0.1): icmp_seq=1 time=0.045 ms (late)\n");
	feed(&c, event_of(ND_PING_TIMEOUT, 2), NULL);
	feed(&c, event_of(ND_PING_SENT, 3), NULL);
	feed(&c, event_of(ND_PING_DONE, 0), NULL);
	cr_assert_str_eq(capture_text(&c), "");
	capture_close(&c);
}

Test(report_ping_text_probe, invalid_answers)
{
	struct sockaddr_storage from;
	struct nd_ping_event event;
	struct capture c;

	open_one(&c, (struct report_opts){0});
	event = reply_of(1, address("127.0.0.1", &from), 45000);
	event.status = ND_PING_INVALID;
	event.invalid = ND_INVALID_CHECKSUM;
	feed(&c, event, NULL);
	cr_assert_str_eq(capture_text(&c),
	    "64 bytes from 127.0.0.1: "
	    "icmp_seq=1 ttl=64 time=0.045 ms (BAD CHECKSUM!)\n");
	event.invalid = ND_INVALID_SOURCE;
	feed(&c, event, NULL);
	cr_assert_str_eq(capture_text(&c),
	    "64 bytes from 127.0.0.1: "
	    "icmp_seq=1 ttl=64 time=0.045 ms (DIFFERENT ADDRESS!)\n");
	event.invalid = ND_INVALID_PAYLOAD;
	event.diff_offset = 17;
	event.diff_want = 0x11;
	event.diff_got = 0;
	feed(&c, event, NULL);
	cr_assert_str_eq(capture_text(&c),
	    "64 bytes from 127.0.0.1: "
	    "icmp_seq=1 ttl=64 time=0.045 ms\n"
	    "wrong data byte #17 should be 0x11 but was 0x0\n");
	event.diff_offset = -1;
	event.bytes = 65;
	feed(&c, event, NULL);
	cr_assert_str_eq(capture_text(&c),
	    "65 bytes from 127.0.0.1: "
	    "icmp_seq=1 ttl=64 time=0.045 ms (longer than sent)\n");
	event.invalid = ND_INVALID_TRUNCATED;
	event.bytes = 12;
	event.rtt_ns = -1;
	feed(&c, event, NULL);
	cr_assert_str_eq(capture_text(&c), "12 bytes from 127.0.0.1: "
					   "icmp_seq=1 ttl=64 (truncated)\n");
	event.invalid = ND_INVALID_TAG;
	feed(&c, event, NULL);
	cr_assert_str_eq(capture_text(&c), "");
	c.report->opts.verbose = true;
	feed(&c, event, NULL);
	cr_assert_str_eq(capture_text(&c),
	    "12 bytes from 127.0.0.1: "
	    "icmp_seq=1 ttl=64 (invalid: tag)\n");
	capture_close(&c);
}

Test(report_ping_text_probe, icmp_errors)
{
	struct sockaddr_storage from;
	struct nd_ping_event event = event_of(ND_PING_UNREACHABLE, 3);
	struct capture c;

	open_one(&c, (struct report_opts){.timestamps = true});
	event.from = address("10.0.0.1", &from);
	event.icmp_type = 3;
	event.icmp_code = 1;
	feed(&c, event, NULL);
	cr_assert_str_eq(capture_text(&c),
	    "[1700000000.123456] "
	    "From 10.0.0.1 icmp_seq=3 Destination Host Unreachable\n");
	event.status = ND_PING_TTL_EXCEEDED;
	event.icmp_type = 11;
	event.icmp_code = 0;
	feed(&c, event, "gw.example");
	cr_assert_str_eq(capture_text(&c),
	    "[1700000000.123456] "
	    "From gw.example (10.0.0.1) icmp_seq=3 Time to live exceeded\n");
	event.status = ND_PING_LATE;
	feed(&c, event, NULL);
	cr_assert_str_eq(capture_text(&c),
	    "[1700000000.123456] "
	    "From 10.0.0.1 icmp_seq=3 Time to live exceeded (late)\n");
	event.status = ND_PING_TTL_EXCEEDED;
	c.report->opts.color = true;
	c.report->opts.timestamps = false;
	feed(&c, event, NULL);
	cr_assert_str_eq(capture_text(&c),
	    "From 10.0.0.1 icmp_seq=3 "
	    "\033[31mTime to live exceeded\033[0m\n");
	capture_close(&c);
}

Test(report_ping_text_probe, outstanding_looks_at_the_one_before)
{
	struct sockaddr_storage from;
	struct capture c;

	open_one(&c, (struct report_opts){.outstanding = true});
	address("127.0.0.1", &from);
	feed(&c, event_of(ND_PING_SENT, 1), NULL);
	feed(&c, event_of(ND_PING_SENT, 2), NULL);
	cr_assert_str_eq(capture_text(&c), "no answer yet for icmp_seq=1\n");
	feed(&c, reply_of(2, (const struct sockaddr *)&from, MS), NULL);
	(void)capture_text(&c);
	feed(&c, event_of(ND_PING_SENT, 3), NULL);
	feed(&c, event_of(ND_PING_TIMEOUT, 3), NULL);
	cr_assert_str_eq(capture_text(&c), "");
	/* The same bit again, 64 later, is another probe. */
	feed(&c, event_of(ND_PING_SENT, 66), NULL);
	(void)capture_text(&c);
	feed(&c, event_of(ND_PING_SENT, 67), NULL);
	cr_assert_str_eq(capture_text(&c), "no answer yet for icmp_seq=66\n");
	capture_close(&c);
}

/* Not even that of an unknown probe, whose seq is 0. */
Test(report_ping_text_probe, an_invalid_packet_answers_nothing)
{
	struct nd_ping_event event = event_of(ND_PING_INVALID, 64);
	struct capture c;

	open_one(&c, (struct report_opts){.outstanding = true});
	feed(&c, event_of(ND_PING_SENT, 64), NULL);
	(void)capture_text(&c);
	event.invalid = ND_INVALID_UNKNOWN;
	event.seq = 0;
	feed(&c, event, NULL);
	feed(&c, event_of(ND_PING_SENT, 65), NULL);
	cr_assert_str_eq(capture_text(&c), "no answer yet for icmp_seq=64\n");
	event.invalid = ND_INVALID_TAG;
	event.seq = 65;
	feed(&c, event, NULL);
	feed(&c, event_of(ND_PING_SENT, 66), NULL);
	cr_assert_str_eq(capture_text(&c), "no answer yet for icmp_seq=65\n");
	capture_close(&c);
}

Test(report_ping_text_probe, flood_and_bell)
{
	struct sockaddr_storage from;
	struct nd_ping_event event;
	struct capture c;

	open_one(&c, (struct report_opts){.flood = true});
	event = reply_of(1, address("127.0.0.1", &from), MS);
	feed(&c, event_of(ND_PING_SENT, 1), NULL);
	feed(&c, event, NULL);
	event.status = ND_PING_UNREACHABLE;
	feed(&c, event, NULL);
	feed(&c, event_of(ND_PING_TIMEOUT, 3), NULL);
	feed(&c, event_of(ND_PING_SEND_ERROR, 4), NULL);
	cr_assert_str_eq(capture_text(&c), ".\b \b\bEE");
	cr_assert_str_eq(c.warned, "");
	capture_close(&c);

	open_one(&c, (struct report_opts){.audible = true});
	feed(&c, reply_of(1, address("127.0.0.1", &from), MS), NULL);
	cr_assert_str_eq(capture_text(&c),
	    "64 bytes from 127.0.0.1: "
	    "icmp_seq=1 ttl=64 time=1.00 ms\a\n");
	capture_close(&c);
}

Test(report_ping_text_probe, send_errors_are_told_when_they_change)
{
	struct nd_ping_event event = event_of(ND_PING_SEND_ERROR, 1);
	struct capture c;

	open_one(&c, (struct report_opts){.quiet = true});
	event.err = -ENETUNREACH;
	feed(&c, event, NULL);
	feed(&c, event, NULL);
	event.err = -EMSGSIZE;
	event.info = 1400;
	feed(&c, event, NULL);
	feed(&c, event, NULL);
	event.err = -ENETUNREACH;
	feed(&c, event, NULL);
	/* The hints once. */
	cr_assert_str_eq(c.warned,
	    "sendmsg: network is unreachable\n"
	    "hint: which routes lead there: ip route show table all match "
	    "127.0.0.1\n"
	    "local error: message too long, mtu=1400\n"
	    "hint: --size 1372 is the largest that fits\n"
	    "sendmsg: network is unreachable\n");
	cr_assert_str_eq(capture_text(&c), "");
	capture_close(&c);
}

static void
hint(struct report_opts opts, const struct report_target *target, int err,
    int info, const char *want)
{
	struct nd_ping_event event = event_of(ND_PING_SEND_ERROR, 1);
	struct capture c;

	event.err = err;
	event.info = info;
	open_one(&c, opts);
	report_ping_ops(c.report)->probe(c.report, target, &event, NULL, NOW);
	cr_assert_str_eq(c.warned, want);
	capture_close(&c);
}

Test(report_ping_text_probe, send_errors_say_where_to_look)
{
	const struct report_target v4 = {NULL, "192.0.2.255", 4, 0};
	const struct report_target v6 = {NULL, "fe80::1%eth0", 6, 0};
	const struct report_opts plain = {0}, broadcast = {.broadcast = true};

	hint(plain, &v4, -EPERM, -1,
	    "sendmsg: operation not permitted\n"
	    "hint: a firewall rule on this host drops it: nft list ruleset\n");
	hint(plain, &v4, -EACCES, -1,
	    "sendmsg: permission denied\n"
	    "hint: a broadcast address needs --broadcast (-b); a prohibit "
	    "route is listed by ip route show table all match 192.0.2.255\n");
	hint(broadcast, &v4, -EACCES, -1,
	    "sendmsg: permission denied\n"
	    "hint: a prohibit route is listed by "
	    "ip route show table all match 192.0.2.255\n");
	hint(plain, &v6, -EACCES, -1,
	    "sendmsg: permission denied\n"
	    "hint: a prohibit route is listed by "
	    "ip route show table all match fe80::1\n");
	hint(plain, &v6, -EHOSTUNREACH, -1,
	    "sendmsg: no route to host\n"
	    "hint: which routes lead there: "
	    "ip route show table all match fe80::1\n");
	hint(plain, &v4, -EINVAL, -1,
	    "sendmsg: invalid argument\n"
	    "hint: a blackhole route is listed by "
	    "ip route show table all match 192.0.2.255\n");
	hint(plain, &v6, -EMSGSIZE, 1400,
	    "local error: message too long, mtu=1400\n"
	    "hint: --size 1352 is the largest that fits\n");
	hint(plain, &v6, -EMSGSIZE, -1, "local error: message too long\n");
	hint(plain, &v4, -ENOBUFS, -1, "sendmsg: no buffer space available\n");
}
