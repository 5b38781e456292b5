/* SPDX-License-Identifier: MIT */
/* cmd/report_trace_json*.c: every record of `netdiag trace`, byte by byte. */
#include "capture.h"
#include "report_trace_json.h"
#include "trace_canned.h"

#include <errno.h>

#define HEAD(type)                                                             \
	"{\"schema\":\"netdiag/1\",\"type\":\"" type "\",\"cmd\":\"trace\","   \
	"\"run\":\"0123456789abcdef\","                                        \
	"\"time\":\"2023-11-14T22:13:20.123456Z\",\"labels\":{},"              \
	"\"target\":\"a.example\",\"addr\":\"192.0.2.9\",\"af\":4"
#define NO_ANSWER                                                              \
	",\"rtt_ms\":null,\"clock\":null,\"from\":null,\"ttl\":null,"          \
	"\"tos\":null,\"quoted_ttl\":null,\"quoted_tos\":null,"                \
	"\"icmp_type\":null,\"icmp_code\":null,\"mpls\":[],"                   \
	"\"interface\":null,\"mtu\":null,\"nat\":false"
#define RTT                                                                    \
	",\"rtt_min_ms\":0.9,\"rtt_avg_ms\":1,\"rtt_p50_ms\":1,"               \
	"\"rtt_p95_ms\":1.05,\"rtt_p99_ms\":1.1,\"rtt_max_ms\":1.1,"           \
	"\"rtt_stddev_ms\":0.05,\"jitter_ms\":0.025"
#define NO_RTT                                                                 \
	",\"rtt_min_ms\":null,\"rtt_avg_ms\":null,\"rtt_p50_ms\":null,"        \
	"\"rtt_p95_ms\":null,\"rtt_p99_ms\":null,\"rtt_max_ms\":null,"         \
	"\"rtt_stddev_ms\":null,\"jitter_ms\":null"

static const struct report_target target = {"a.example", "192.0.2.9", 4, 0};

static const char *
name_of(void *user, const struct sockaddr *addr)
{
	(void)addr;
	return user;
}

static const char *
asn_of(void *user, const struct sockaddr *addr)
{
	(void)addr;
	return user != NULL ? "AS64500/AS64501" : NULL;
}

static const struct report_trace_names nameless = {
    .name = name_of, .asn = asn_of};

static void
open_json(struct capture *c, struct report_opts opts)
{
	const struct report_run run = {.cmd = "trace",
	    .version = "1.2.3",
	    .run_id = "0123456789abcdef",
	    .mode = "raw",
	    .targets = 1,
	    .interval_effective_ns = -1};

	capture_open(c, opts, report_trace_json);
	c->report->ops->begin(c->report, &run, NOW);
	(void)capture_text(c);
}

static void
probe(struct capture *c, const struct nd_trace_event *event, const char *want)
{
	struct nd_trace_event e = *event;

	e.sent_real_ns = NOW;
	report_trace_ops(c->report)->probe(c->report, &target, &e, NOW);
	cr_assert_str_eq(capture_text(c), want);
}

/* ---- probe ---------------------------------------------------------------
 */

Test(report_trace_json, a_hop_with_all_that_it_tells)
{
	const struct nd_trace_label labels[] = {
	    {.label = 16, .tc = 5, .ttl = 1}, {.label = 1048575, .s = true}};
	struct nd_trace_interface interface = {
	    .ifindex = 7, .mtu = 1500, .name = "ge-0/0/1\"\x01"};
	struct sockaddr_storage from;
	struct nd_trace_event event = trace_canned_event(
	    ND_TRACE_HOP, 4, 2, trace_canned_addr("10.0.0.4", &from), 1500000);
	struct capture c;

	open_json(&c, (struct report_opts){0});
	(void)trace_canned_addr("10.0.0.5", &interface.addr);
	event.icmp_type = 11;
	event.icmp_code = 0;
	event.cycle = 5000000000;
	event.label_count = 2;
	event.labels = labels;
	event.interface = &interface;
	event.rewritten = true;
	event.quoted_tos = 184;
	probe(&c, &event,
	    HEAD("probe") ",\"hop\":4,\"cycle\":5000000000,\"attempt\":1,"
			  "\"flow\":2,\"status\":\"hop\",\"rtt_ms\":1.5,"
			  "\"clock\":\"kernel\",\"from\":\"10.0.0.4\","
			  "\"ttl\":64,\"tos\":0,\"quoted_ttl\":1,"
			  "\"quoted_tos\":184,\"icmp_type\":11,"
			  "\"icmp_code\":0,\"mpls\":[{\"label\":16,\"tc\":5,"
			  "\"s\":false,\"ttl\":1},{\"label\":1048575,"
			  "\"tc\":0,\"s\":true,\"ttl\":0}],\"interface\":{"
			  "\"ifindex\":7,\"addr\":\"10.0.0.5\","
			  "\"name\":\"ge-0/0/1\\\"\\u0001\",\"mtu\":1500},"
			  "\"mtu\":null,\"nat\":true,\"error\":null}\n");
	interface = (struct nd_trace_interface){.mtu = 9000};
	report_trace_ops(c.report)->probe(c.report, &target, &event, NOW);
	cr_assert_not_null(strstr(capture_text(&c),
	    ",\"interface\":{\"ifindex\":null,\"addr\":null,\"name\":null,"
	    "\"mtu\":9000},"));
	capture_close(&c);
}

Test(report_trace_json, what_is_not_answered)
{
	struct nd_trace_event event = {.status = ND_TRACE_TIMEOUT,
	    .ttl = 1,
	    .cycle = 1,
	    .attempt = 2,
	    .flow = 240,
	    .rtt_ns = -1,
	    .clock = ND_CLOCK_NONE,
	    .reply_ttl = -1,
	    .reply_tos = -1,
	    .quoted_ttl = -1,
	    .quoted_tos = -1,
	    .icmp_type = -1,
	    .icmp_code = -1,
	    .mtu = -1,
	    .invalid = ND_INVALID_COUNT};
	struct capture c;

	open_json(&c, (struct report_opts){0});
	probe(&c, &event,
	    HEAD("probe") ",\"hop\":1,\"cycle\":1,\"attempt\":2,\"flow\":240,"
			  "\"status\":\"timeout\"" NO_ANSWER
			  ",\"error\":null}\n");
	event.status = ND_TRACE_SEND_ERROR;
	event.err = -ENETUNREACH;
	probe(&c, &event,
	    HEAD("probe") ",\"hop\":1,\"cycle\":1,\"attempt\":2,\"flow\":240,"
			  "\"status\":\"send_error\"" NO_ANSWER
			  ",\"error\":\"network is unreachable\"}\n");
	capture_close(&c);
}

/* What a trace lives on is no error; the rest is told in words. */
Test(report_trace_json, words_for_errors)
{
	static const struct {
		enum nd_trace_status status;
		int type, code, mtu;
		const char *word, *want;
	} cases[] = {
	    {ND_TRACE_DESTINATION, 3, 3, -1, "destination", "null}"},
	    {ND_TRACE_DESTINATION, -1, -1, -1, "destination", "null}"},
	    {ND_TRACE_HOP, 11, 0, -1, "hop", "null}"},
	    {ND_TRACE_LATE, 11, 0, -1, "late", "null}"},
	    {ND_TRACE_DUPLICATE, 11, 0, -1, "duplicate", "null}"},
	    {ND_TRACE_LATE, 3, 13, -1, "late", "\"Packet filtered\"}"},
	    {ND_TRACE_UNREACHABLE, 3, 1, -1, "unreachable",
		"\"Destination Host Unreachable\"}"},
	    {ND_TRACE_UNREACHABLE, 3, 4, 1400, "unreachable",
		"\"Frag needed and DF set (mtu = 1400)\"}"},
	};
	struct sockaddr_storage from;
	struct capture c;

	open_json(&c, (struct report_opts){0});
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct nd_trace_event event =
		    trace_canned_event(cases[i].status, 3, 1,
			trace_canned_addr("10.0.0.3", &from), MS);
		char status[64];
		const char *text;

		event.icmp_type = cases[i].type;
		event.icmp_code = cases[i].code;
		event.mtu = cases[i].mtu;
		(void)snprintf(status, sizeof(status), ",\"status\":\"%s\",",
		    cases[i].word);
		report_trace_ops(c.report)->probe(
		    c.report, &target, &event, NOW);
		text = capture_text(&c);
		cr_expect_not_null(strstr(text, status), "%s", text);
		text = strstr(text, ",\"error\":");
		cr_assert_not_null(text);
		cr_expect_eq(strncmp(text + strlen(",\"error\":"),
				 cases[i].want, strlen(cases[i].want)),
		    0, "%zu: %s", i, text);
	}
	capture_close(&c);
}

Test(report_trace_json, events_that_are_no_records)
{
	static const enum nd_trace_status silent[] = {
	    ND_TRACE_INVALID, ND_TRACE_HOP_DONE, ND_TRACE_CYCLE, ND_TRACE_DONE};
	struct sockaddr_storage from;
	struct nd_trace_event event = trace_canned_event(
	    ND_TRACE_HOP, 1, 1, trace_canned_addr("10.0.0.1", &from), MS);
	struct capture c;

	open_json(&c, (struct report_opts){0});
	for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++) {
		event.status = silent[i];
		probe(&c, &event, "");
	}
	capture_close(&c);
	open_json(&c, (struct report_opts){.quiet = true});
	event.status = ND_TRACE_HOP;
	probe(&c, &event, "");
	capture_close(&c);
}

/* ---- The end of a target --------------------------------------------------
 */

/* r1 - r2 or r3 - destination; the flow 3 is lost at 2. */
static void
diamond(struct trace_canned *t)
{
	struct nd_trace_hop *hop;
	struct nd_trace_node *node;

	trace_canned_init(t);
	(void)trace_canned_hop(t, 1, 3);
	node = trace_canned_node(t, "10.0.0.1", 7, MS);
	node->reply_ttl = 255;
	node->reply_tos = 192;
	node->return_hops = 1;
	node->quoted_tos = 0;
	trace_canned_balancing(t, ND_TRACE_BALANCE_FLOW);
	trace_canned_link(t, 0, 0, 1);
	trace_canned_link(t, 0, 1, 2);
	hop = trace_canned_hop(t, 2, 3);
	hop->rate_limited = 1;
	(void)trace_canned_node(t, "10.0.0.2", 1, MS);
	(void)trace_canned_node(t, "10.0.0.3", 2, MS);
	trace_canned_link(t, 0, 0, 1);
	trace_canned_link(t, 1, 0, 2);
	hop = trace_canned_hop(t, 3, 4);
	(void)trace_canned_destination(t, "192.0.2.9", 7, MS);
	hop->rate_limited = -1;
	t->stats.clock = ND_CLOCK_RX;
	t->stats.has_path = true;
	t->stats.path = UINT64_C(0xabc);
	t->stats.paths = 2;
	t->stats.mtu_black_hole = 0;
}

static struct report_trace_summary
summary_of(const struct trace_canned *t, const struct report_trace_names *names)
{
	return (struct report_trace_summary){.stats = &t->stats,
	    .names = names,
	    .ok = true,
	    .links = true,
	    .judged_rtt_ns = -1};
}

/* The line of TEXT that begins the Nth record of TYPE, from 0. */
static void
expect_record(const char *text, const char *type, int n, const char *want)
{
	char key[40], line[2048];
	size_t len;

	(void)snprintf(key, sizeof(key), "\"type\":\"%s\"", type);
	for (; *text != '\0'; text += len + 1) {
		len = strcspn(text, "\n");
		cr_assert_lt(len, sizeof(line) - 1);
		memcpy(line, text, len);
		memcpy(line + len, "\n", 2);
		if (strstr(line, key) == NULL || n-- > 0)
			continue;
		cr_assert_str_eq(line, want);
		return;
	}
	cr_assert_fail("no %s", type);
}

Test(report_trace_json, hops_nodes_and_links)
{
	static char name[] = "r.example";
	const struct report_trace_names names = {
	    .name = name_of, .asn = asn_of, .user = name};
	struct trace_canned t;
	struct report_trace_summary summary;
	struct capture c;
	const char *text;

	open_json(&c, (struct report_opts){0});
	diamond(&t);
	summary = summary_of(&t, &names);
	trace_json_end(c.report, &target, &summary, &t.view, NOW);
	text = capture_text(&c);
	expect_record(text, "hop", 1,
	    HEAD("hop") ",\"hop\":2,\"sent\":3,\"received\":2,\"lost\":1,"
			"\"late\":0,\"errors\":0,\"send_errors\":0,"
			"\"unfinished\":0,\"loss_pct\":33.333333,\"nodes\":2,"
			"\"rate_limited\":true}\n");
	expect_record(text, "hop", 2,
	    HEAD("hop") ",\"hop\":3,\"sent\":4,\"received\":3,\"lost\":1,"
			"\"late\":0,\"errors\":0,\"send_errors\":0,"
			"\"unfinished\":0,\"loss_pct\":25,\"nodes\":1,"
			"\"rate_limited\":null}\n");
	expect_record(text, "node", 0,
	    HEAD("node") ",\"hop\":1,\"from\":\"10.0.0.1\","
			 "\"name\":\"r.example\",\"asn\":\"AS64500/AS64501\","
			 "\"destination\":false,\"received\":3" RTT
			 ",\"ttl\":255,\"tos\":192,\"return_hops\":1,"
			 "\"quoted_ttl\":1,\"quoted_tos\":0,"
			 "\"icmp_type\":null,\"icmp_code\":null,\"mpls\":[],"
			 "\"interface\":null,\"mtu\":null,\"nat\":false,"
			 "\"flows\":[1,2,3]}\n");
	expect_record(text, "link", 1,
	    HEAD("link") ",\"hop\":1,\"from\":\"10.0.0.1\","
			 "\"to\":\"10.0.0.3\",\"flows\":[2]}\n");
	expect_record(text, "link", 3,
	    HEAD("link") ",\"hop\":2,\"from\":\"10.0.0.3\","
			 "\"to\":\"192.0.2.9\",\"flows\":[2]}\n");
	capture_close(&c);
}

/* What a router that was not heard of before has is null, as is its name. */
Test(report_trace_json, a_node_with_a_mark_and_labels)
{
	struct trace_canned t;
	struct report_trace_summary summary;
	struct nd_trace_node *node;
	struct capture c;
	const char *text;

	open_json(&c, (struct report_opts){0});
	trace_canned_init(&t);
	(void)trace_canned_hop(&t, 1, 1);
	node = trace_canned_node(&t, "10.0.0.1", 1, MS);
	node->icmp_type = 3;
	node->icmp_code = 4;
	node->mtu = 1400;
	node->nat = true;
	node->label_count = 1;
	node->labels[0] = (struct nd_trace_label){.label = 3, .s = true};
	node->has_interface = true;
	node->interface.ifindex = 2;
	summary = summary_of(&t, &nameless);
	trace_json_end(c.report, &target, &summary, &t.view, NOW);
	text = capture_text(&c);
	cr_expect_not_null(strstr(text, ",\"name\":null,\"asn\":null,"));
	cr_expect_not_null(
	    strstr(text, ",\"ttl\":null,\"tos\":null,\"return_hops\":null,"));
	cr_expect_not_null(strstr(text,
	    ",\"icmp_type\":3,\"icmp_code\":4,\"mpls\":[{\"label\":3,\"tc\":0,"
	    "\"s\":true,\"ttl\":0}],\"interface\":{\"ifindex\":2,"
	    "\"addr\":null,\"name\":null,\"mtu\":null},\"mtu\":1400,"
	    "\"nat\":true,\"flows\":[1]}"));
	capture_close(&c);
}

Test(report_trace_json, summary)
{
	struct trace_canned t;
	struct report_trace_summary summary;
	struct capture c;

	open_json(&c, (struct report_opts){0});
	diamond(&t);
	summary = summary_of(&t, &nameless);
	trace_json_end(c.report, &target, &summary, &t.view, NOW);
	expect_record(capture_text(&c), "summary", 0,
	    HEAD("summary") ",\"reached\":true,\"hops\":3,"
			    "\"reason\":\"reached\",\"cycles\":1,"
			    "\"path\":\"0000000000000abc\",\"paths\":2,"
			    "\"confidence_pct\":null,\"balancing\":[{\"hop\":1,"
			    "\"from\":\"10.0.0.1\",\"kind\":\"flow\"}],"
			    "\"probes\":10,\"received\":8,\"lost\":2,"
			    "\"late\":0,\"duplicates\":0,\"invalid\":0,"
			    "\"errors\":0,\"send_errors\":0,\"unfinished\":0,"
			    "\"loss_uncertain\":false,"
			    "\"destination_loss_pct\":25" RTT
			    ",\"clock\":\"rx\",\"mtu\":null,"
			    "\"mtu_black_hole\":null,\"duration_ms\":41,"
			    "\"ok\":true}\n");
	summary.reason = REPORT_DEADLINE;
	trace_json_interim(c.report, &target, &summary, &t.view, NOW);
	cr_assert_not_null(
	    strstr(capture_text(&c), "\"type\":\"interim\""), "interim");
	trace_json_interim(c.report, &target, &summary, &t.view, NOW);
	cr_assert_not_null(
	    strstr(capture_text(&c), ",\"hops\":3,\"reason\":null,"));
	capture_close(&c);
}

Test(report_trace_json, confidence_mtu_and_kinds_of_balancing)
{
	static const struct {
		enum nd_trace_balancing kind;
		const char *want;
	} cases[] = {
	    {ND_TRACE_BALANCE_PACKET, "\"kind\":\"packet\""},
	    {ND_TRACE_BALANCE_DESTINATION, "\"kind\":\"destination\""},
	    {ND_TRACE_BALANCE_UNKNOWN, "\"kind\":\"unknown\""},
	    {ND_TRACE_BALANCE_NONE, "\"balancing\":[]"},
	};
	struct trace_canned t;
	struct report_trace_summary summary;
	struct capture c;
	const char *text;

	open_json(&c, (struct report_opts){0});
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		diamond(&t);
		t.nodes[0].balancing = cases[i].kind;
		/* One link: nothing is unknown about it. */
		t.nodes[1].balancing = ND_TRACE_BALANCE_UNKNOWN;
		t.stats.confidence = 99;
		t.stats.mtu = 1500;
		t.stats.mtu_black_hole = 4;
		summary = summary_of(&t, &nameless);
		summary.mda = true;
		trace_json_interim(c.report, &target, &summary, &t.view, NOW);
		text = capture_text(&c);
		cr_expect_not_null(strstr(text, cases[i].want), "%s", text);
		cr_expect_null(strstr(text, "10.0.0.2"));
		cr_expect_not_null(strstr(text, ",\"confidence_pct\":99,"));
		cr_expect_not_null(
		    strstr(text, ",\"mtu\":1500,\"mtu_black_hole\":4,"));
	}
	summary.mda = false;
	trace_json_interim(c.report, &target, &summary, &t.view, NOW);
	cr_expect_not_null(
	    strstr(capture_text(&c), ",\"confidence_pct\":null,"));
	capture_close(&c);
}

/* Where no flow keeps to a path there is none to be told of. */
Test(report_trace_json, without_links)
{
	struct trace_canned t;
	struct report_trace_summary summary;
	struct capture c;

	open_json(&c, (struct report_opts){0});
	diamond(&t);
	summary = summary_of(&t, &nameless);
	summary.links = false;
	trace_json_interim(c.report, &target, &summary, &t.view, NOW);
	cr_expect_not_null(
	    strstr(capture_text(&c), ",\"path\":null,\"paths\":null,"));
	capture_close(&c);
}

/* It never started: all of its keys are there. */
Test(report_trace_json, summary_of_nothing)
{
	struct trace_canned t;
	struct report_trace_summary summary;
	struct capture c;

	open_json(&c, (struct report_opts){0});
	trace_canned_init(&t);
	t.stats.paths = 0;
	t.stats.cycles = 0;
	t.stats.duration_ns = -1;
	summary = summary_of(&t, &nameless);
	summary.ok = false;
	summary.reason = REPORT_INTERRUPTED;
	report_trace_ops(c.report)->summary(c.report, &target, &summary, NOW);
	cr_assert_str_eq(capture_text(&c),
	    HEAD("summary") ",\"reached\":false,\"hops\":null,"
			    "\"reason\":\"interrupted\",\"cycles\":0,"
			    "\"path\":null,\"paths\":null,"
			    "\"confidence_pct\":null,\"balancing\":[],"
			    "\"probes\":0,\"received\":0,\"lost\":0,"
			    "\"late\":0,\"duplicates\":0,\"invalid\":0,"
			    "\"errors\":0,\"send_errors\":0,\"unfinished\":0,"
			    "\"loss_uncertain\":false,"
			    "\"destination_loss_pct\":null" NO_RTT
			    ",\"clock\":null,\"mtu\":null,"
			    "\"mtu_black_hole\":null,\"duration_ms\":null,"
			    "\"ok\":false}\n");
	capture_close(&c);
}
