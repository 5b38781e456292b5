/* SPDX-License-Identifier: MIT */
/* cmd/report_knock_text_probe.c: a line for each SYN, and what is warned of. */
#include "capture_knock.h"

#include <errno.h>

static const struct report_target name4 = {
    "www.example.org", "192.0.2.7", 4, 443};
static const struct report_target addr4 = {NULL, "192.0.2.7", 4, 443};
static const struct report_target addr6 = {NULL, "2001:db8::1", 6, 443};

static void
open_one(struct capture *c, struct report_opts opts)
{
	opts.targets = 1;
	if (opts.flows == 0)
		opts.flows = 1;
	capture_open(c, opts, report_knock_text);
}

static void
feed(struct capture *c, const struct report_target *target,
    struct nd_knock_event event, const char *name)
{
	report_knock_ops(c->report)->probe(
	    c->report, target, &event, name, NOW);
}

static void
line(struct capture *c, struct nd_knock_event event, const char *want)
{
	feed(c, &addr4, event, NULL);
	cr_assert_str_eq(capture_text(c), want);
}

Test(report_knock_text_probe, answers_of_the_target)
{
	struct sockaddr_storage from;
	struct nd_knock_event event;
	struct capture c;

	open_one(&c, (struct report_opts){0});
	event = knock_open(1, address("192.0.2.7", &from), 11900000);
	line(&c, event,
	    "open from 192.0.2.7:443: seq=1 ttl=57 time=11.9 ms mss=1460\n");
	feed(&c, &name4, event, "www.example.org");
	cr_assert_str_eq(capture_text(&c),
	    "open from www.example.org:443 (192.0.2.7): seq=1 ttl=57 "
	    "time=11.9 ms mss=1460\n");
	feed(&c, &name4, event, "evil\033]0;name");
	cr_assert_str_eq(capture_text(&c),
	    "open from evil\\x1b]0;name:443 (192.0.2.7): seq=1 ttl=57 "
	    "time=11.9 ms mss=1460\n");
	line(&c, knock_closed(2, event.from, 100000),
	    "closed from 192.0.2.7:443: seq=2 ttl=64 time=0.100 ms\n");
	event = knock_event(ND_KNOCK_CHALLENGE, 5);
	event.answer = ND_KNOCK_ANSWER_ACK;
	event.from = (const struct sockaddr *)&from;
	event.ttl = 57;
	line(&c, event,
	    "challenge from 192.0.2.7:443: seq=5 ttl=57 "
	    "(the port is half-open already)\n");
	event = knock_open(6, address("2001:db8::1", &from), 11900000);
	event.ttl = -1;
	event.tcp = NULL;
	feed(&c, &addr6, event, NULL);
	cr_assert_str_eq(capture_text(&c),
	    "open from [2001:db8::1]:443: seq=6 time=11.9 ms\n");
	capture_close(&c);
}

Test(report_knock_text_probe, marks)
{
	struct sockaddr_storage from;
	struct nd_knock_event event;
	struct capture c;

	open_one(&c, (struct report_opts){0});
	event = knock_open(1, address("192.0.2.7", &from), -1);
	event.ambiguous = true;
	line(&c, event,
	    "open from 192.0.2.7:443: seq=1 ttl=57 mss=1460 (ambiguous)\n");
	event.status = ND_KNOCK_LATE;
	line(&c, event,
	    "open from 192.0.2.7:443: seq=1 ttl=57 mss=1460 (ambiguous) "
	    "(late)\n");
	event = knock_closed(2, event.from, 4 * MS);
	event.status = ND_KNOCK_DUPLICATE;
	line(&c, event,
	    "closed from 192.0.2.7:443: seq=2 ttl=64 time=4.00 ms (DUP!)\n");
	event = knock_unreachable(3, event.from, 3, 3);
	event.status = ND_KNOCK_LATE;
	line(&c, event,
	    "unreachable from 192.0.2.7: seq=3 Destination Port Unreachable "
	    "(icmp 3/3) (late)\n");
	capture_close(&c);
}

Test(report_knock_text_probe, who_says_that_it_is_unreachable)
{
	struct sockaddr_storage from;
	struct nd_knock_event event;
	struct capture c;

	open_one(&c, (struct report_opts){0});
	event = knock_unreachable(3, address("198.51.100.1", &from), 3, 13);
	line(&c, event,
	    "unreachable from 198.51.100.1: seq=3 Packet filtered "
	    "(icmp 3/13)\n");
	feed(&c, &addr4, event, "gw.example");
	cr_assert_str_eq(capture_text(&c),
	    "unreachable from gw.example (198.51.100.1): seq=3 "
	    "Packet filtered (icmp 3/13)\n");
	event = knock_unreachable(4, address("2001:db8::ff", &from), 1, 1);
	event.rewritten = true;
	feed(&c, &addr6, event, NULL);
	cr_assert_str_eq(capture_text(&c),
	    "unreachable from 2001:db8::ff: seq=4 Destination unreachable: "
	    "Administratively prohibited (icmp6 1/1)\n");
	c.report->opts.verbose = true;
	feed(&c, &addr6, event, NULL);
	cr_assert_not_null(strstr(
	    capture_text(&c), " (icmp6 1/1) (quoted with other addresses)\n"));
	capture_close(&c);
}

Test(report_knock_text_probe, which_way_it_was_lost)
{
	struct nd_knock_event event = knock_event(ND_KNOCK_TIMEOUT, 4);
	struct capture c;

	open_one(&c, (struct report_opts){0});
	line(&c, event, "no answer for seq=4\n");
	event.lost_dir = ND_LOST_OUT;
	line(&c, event, "no answer for seq=4 (lost on the way out)\n");
	event.lost_dir = ND_LOST_BACK;
	line(&c, event, "no answer for seq=4 (lost on the way back)\n");
	capture_close(&c);
}

Test(report_knock_text_probe, flow_where_there_is_a_choice)
{
	struct nd_knock_event event = knock_event(ND_KNOCK_TIMEOUT, 4);
	struct capture c;

	open_one(&c, (struct report_opts){0});
	event.flow = 2; /* a spare one */
	line(&c, event, "no answer for seq=4 flow=2\n");
	c.report->opts.flows = 3;
	event.flow = 1;
	line(&c, event, "no answer for seq=4 flow=1\n");
	capture_close(&c);
}

Test(report_knock_text_probe, verbose_tells_the_options)
{
	struct nd_knock_tcp tcp = linux_tcp;
	struct sockaddr_storage from;
	struct nd_knock_event event;
	struct capture c;

	open_one(&c, (struct report_opts){.verbose = true});
	event = knock_open(1, address("192.0.2.7", &from), 11900000);
	event.tcp = &tcp;
	tcp.ecn = true;
	line(&c, event,
	    "open from 192.0.2.7:443: seq=1 ttl=57 time=11.9 ms mss=1460 "
	    "wscale=7 sack timestamps window=65160 ecn\n");
	tcp = (struct nd_knock_tcp){
	    .mss = -1, .wscale = -1, .window = -1, .ecn_mirror = true};
	line(&c, event,
	    "open from 192.0.2.7:443: seq=1 ttl=57 time=11.9 ms "
	    "ecn=mirrored\n");
	capture_close(&c);
}

Test(report_knock_text_probe, invalid_answers_only_with_verbose)
{
	struct sockaddr_storage from;
	struct nd_knock_event event = knock_event(ND_KNOCK_INVALID, 3);
	struct capture c;

	open_one(&c, (struct report_opts){0});
	event.from = address("192.0.2.7", &from);
	event.invalid = ND_INVALID_CHECKSUM;
	line(&c, event, "");
	c.report->opts.verbose = true;
	line(&c, event, "invalid answer from 192.0.2.7: seq=3 (checksum)\n");
	event.seq = 0;
	event.invalid = ND_INVALID_UNKNOWN;
	line(&c, event, "invalid answer from 192.0.2.7: (unknown)\n");
	c.report->opts.quiet = true;
	line(&c, event, "");
	capture_close(&c);
}

Test(report_knock_text_probe, many_name_their_port)
{
	struct sockaddr_storage from;
	struct nd_knock_event event;
	struct capture c;

	capture_open(&c, (struct report_opts){.targets = 2, .flows = 1},
	    report_knock_text);
	event = knock_open(1, address("192.0.2.7", &from), 11900000);
	feed(&c, &name4, event, NULL);
	feed(&c, &name4,
	    knock_unreachable(2, address("198.51.100.1", &from), 3, 1), NULL);
	feed(&c, &name4, knock_event(ND_KNOCK_TIMEOUT, 3), NULL);
	feed(&c, &addr6, knock_event(ND_KNOCK_TIMEOUT, 3), NULL);
	cr_assert_str_eq(capture_text(&c),
	    "open from www.example.org:443 (192.0.2.7): seq=1 ttl=57 "
	    "time=11.9 ms mss=1460\n"
	    "www.example.org:443: unreachable from 198.51.100.1: seq=2 "
	    "Destination Host Unreachable (icmp 3/1)\n"
	    "www.example.org:443: no answer for seq=3\n"
	    "[2001:db8::1]:443: no answer for seq=3\n");
	capture_close(&c);
}

Test(report_knock_text_probe, colour_only_adds)
{
	struct sockaddr_storage from;
	struct capture c;

	open_one(&c, (struct report_opts){.color = true});
	line(&c, knock_open(1, address("192.0.2.7", &from), 11900000),
	    "\033[32mopen\033[0m from 192.0.2.7:443: seq=1 ttl=57 "
	    "time=11.9 ms mss=1460\n");
	line(&c, knock_closed(2, address("192.0.2.7", &from), 11900000),
	    "\033[31mclosed\033[0m from 192.0.2.7:443: seq=2 ttl=64 "
	    "time=11.9 ms\n");
	line(&c, knock_event(ND_KNOCK_TIMEOUT, 3),
	    "\033[33mno answer\033[0m for seq=3\n");
	capture_close(&c);
}

Test(report_knock_text_probe, timestamps_and_quiet)
{
	struct capture c;

	open_one(&c, (struct report_opts){.timestamps = true});
	line(&c, knock_event(ND_KNOCK_TIMEOUT, 3),
	    "[1700000000.123456] no answer for seq=3\n");
	line(&c, knock_event(ND_KNOCK_DONE, 0), "");
	c.report->opts.quiet = true;
	line(&c, knock_event(ND_KNOCK_TIMEOUT, 3), "");
	capture_close(&c);
}

Test(report_knock_text_probe, send_errors_until_something_leaves)
{
	struct nd_knock_event event = knock_event(ND_KNOCK_SEND_ERROR, 1);
	struct capture c;

	open_one(&c, (struct report_opts){0});
	event.err = -ENETUNREACH;
	line(&c, event, "");
	line(&c, event, "");
	cr_assert_str_eq(c.warned,
	    "192.0.2.7:443: network is unreachable\n"
	    "hint: which routes lead there: ip route show table all match "
	    "192.0.2.7\n");
	c.warned[0] = '\0';
	line(&c, knock_event(ND_KNOCK_TIMEOUT, 3), "no answer for seq=3\n");
	line(&c, event, "");
	cr_assert_str_eq(c.warned, "192.0.2.7:443: network is unreachable\n");
	/* Here there is no --broadcast to point to. */
	c.warned[0] = '\0';
	event.err = -EACCES;
	line(&c, event, "");
	cr_assert_str_eq(c.warned,
	    "192.0.2.7:443: permission denied\n"
	    "hint: a prohibit route is listed by ip route show table all "
	    "match 192.0.2.7\n");
	capture_close(&c);
}

Test(report_knock_text_probe, lost_resets_are_told_once)
{
	struct sockaddr_storage from;
	struct nd_knock_event event;
	struct capture c;

	open_one(&c, (struct report_opts){.quiet = true});
	event = knock_open(1, address("192.0.2.7", &from), 11900000);
	event.status = ND_KNOCK_DUPLICATE;
	line(&c, event, "");
	cr_assert_str_eq(c.warned, "");
	event.rst_lost = true;
	line(&c, event, "");
	line(&c, event, "");
	cr_assert_str_eq(c.warned,
	    "192.0.2.7:443: it repeats its SYN-ACKs: the RSTs of this host do "
	    "not arrive there\n"
	    "hint: a firewall, on this host or on the way, drops the RSTs that "
	    "the kernel sends: nft list ruleset\n");
	capture_close(&c);
}
