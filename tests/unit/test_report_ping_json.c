/* SPDX-License-Identifier: MIT */
/* cmd/report_ping_json.c: every record of `netdiag ping`, byte by byte. */
#include "capture.h"

#include <errno.h>

#include "json.h"
#include "report_ping.h"

#define HEAD(type)                                                             \
	"{\"schema\":\"netdiag/1\",\"type\":\"" type "\",\"cmd\":\"ping\","    \
	"\"run\":\"0123456789abcdef\","                                        \
	"\"time\":\"2023-11-14T22:13:20.123456Z\","                            \
	"\"labels\":{\"site\":\"a\\\"b\"}"
#define TARGET ",\"target\":\"a.example\",\"addr\":\"192.0.2.1\",\"af\":4"
#define COUNTERS                                                               \
	",\"sent\":3,\"received\":2,\"lost\":1,\"late\":0,\"duplicates\":0,"   \
	"\"invalid\":0,\"errors\":0,\"send_errors\":0,\"unfinished\":0,"       \
	"\"loss_pct\":33.333333,\"loss_uncertain\":false,"                     \
	"\"rtt_min_ms\":0.0446,\"rtt_avg_ms\":0.049,\"rtt_p50_ms\":0.048,"     \
	"\"rtt_p95_ms\":0.0534,\"rtt_p99_ms\":0.0534,\"rtt_max_ms\":1.234567," \
	"\"rtt_stddev_ms\":0.0044,\"jitter_ms\":0.0011,\"clock\":\"kernel\","  \
	"\"duration_ms\":2003"

static const struct report_target target = {"a.example", "192.0.2.1", 4, 0};

static void
params(struct json *json, void *user)
{
	json_i64(json, "count", *(const int *)user);
	json_null(json, "ttl");
}

static void
open_json(struct capture *c, struct report_opts opts, const char *want)
{
	static const struct report_label labels[] = {{"site", "a\"b"}};
	int count = 3;
	const struct report_run run = {.cmd = "ping",
	    .version = "1.2.3",
	    .run_id = "0123456789abcdef",
	    .labels = labels,
	    .nlabels = 1,
	    .mode = "raw",
	    .targets = 1,
	    .interval_effective_ns = 1500 * MS,
	    .params = params,
	    .params_user = &count};

	capture_open(c, opts, report_ping_json);
	c->report->ops->begin(c->report, &run, NOW);
	cr_assert_str_eq(capture_text(c), want);
}

#define BEGIN                                                                  \
	HEAD("begin")                                                          \
	",\"version\":\"1.2.3\",\"mode\":\"raw\",\"targets\":1,"               \
	"\"params\":{\"count\":3,\"ttl\":null},"                               \
	"\"interval_effective_ms\":1500}\n"

static void
probe(struct capture *c, struct nd_ping_event event, const char *want)
{
	report_ping_ops(c->report)->probe(
	    c->report, &target, &event, "ptr.example", NOW);
	cr_assert_str_eq(capture_text(c), want);
}

Test(report_ping_json, begin_and_start)
{
	const struct report_start start = {
	    .src = "192.0.2.2", .proto = "icmp", .dns_ns = 1234567};
	const struct report_start bare = {.proto = "icmp6", .dns_ns = -1};
	const struct report_target six = {NULL, "2001:db8::1", 6, 0};
	struct capture c;

	open_json(&c, (struct report_opts){0}, BEGIN);
	c.report->ops->start(c.report, &target, &start, NOW);
	cr_assert_str_eq(capture_text(&c), HEAD("start") TARGET
	    ",\"src\":\"192.0.2.2\",\"proto\":\"icmp\",\"dns_ms\":1.234567}\n");
	c.report->ops->start(c.report, &six, &bare, NOW);
	cr_assert_str_eq(capture_text(&c),
	    HEAD(
		"start") ",\"target\":\"2001:db8::1\",\"addr\":\"2001:db8::1\","
			 "\"af\":6,"
			 "\"src\":null,\"proto\":\"icmp6\",\"dns_ms\":null}\n");
	capture_close(&c);
}

Test(report_ping_json, probe_of_each_status)
{
	struct sockaddr_storage from;
	struct nd_ping_event event;
	struct capture c;

	open_json(&c, (struct report_opts){0}, BEGIN);
	event =
	    reply_of(UINT64_C(5000000000), address("192.0.2.1", &from), 45000);
	probe(&c, event,
	    HEAD("probe") TARGET
	    ",\"seq\":5000000000,\"status\":\"reply\",\"rtt_ms\":0.045,"
	    "\"clock\":\"kernel\",\"from\":\"192.0.2.1\",\"ttl\":64,\"tos\":0,"
	    "\"bytes\":64,\"icmp_type\":null,\"icmp_code\":null,"
	    "\"error\":null}\n");
	event = event_of(ND_PING_TIMEOUT, 2);
	probe(&c, event,
	    HEAD("probe") TARGET
	    ",\"seq\":2,\"status\":\"timeout\",\"rtt_ms\":null,\"clock\":null,"
	    "\"from\":null,\"ttl\":null,\"tos\":null,\"bytes\":null,"
	    "\"icmp_type\":null,\"icmp_code\":null,\"error\":null}\n");
	event.status = ND_PING_TTL_EXCEEDED;
	event.from = address("192.0.2.254", &from);
	event.rtt_ns = MS;
	event.clock = ND_CLOCK_RX;
	event.ttl = 255;
	event.icmp_type = 11;
	event.icmp_code = 0;
	probe(&c, event,
	    HEAD("probe") TARGET
	    ",\"seq\":2,\"status\":\"ttl_exceeded\",\"rtt_ms\":1,"
	    "\"clock\":\"rx\",\"from\":\"192.0.2.254\",\"ttl\":255,"
	    "\"tos\":null,\"bytes\":null,\"icmp_type\":11,\"icmp_code\":0,"
	    "\"error\":\"Time to live exceeded\"}\n");
	event = event_of(ND_PING_SEND_ERROR, 4);
	event.err = -ENETUNREACH;
	probe(&c, event,
	    HEAD("probe") TARGET
	    ",\"seq\":4,\"status\":\"send_error\",\"rtt_ms\":null,"
	    "\"clock\":null,\"from\":null,\"ttl\":null,\"tos\":null,"
	    "\"bytes\":null,\"icmp_type\":null,\"icmp_code\":null,"
	    "\"error\":\"network is unreachable\"}\n");
	event = event_of(ND_PING_INVALID, 0);
	event.sent_real_ns = 0;
	event.invalid = ND_INVALID_UNKNOWN;
	probe(&c, event,
	    HEAD("probe") TARGET
	    ",\"seq\":null,\"status\":\"invalid\",\"rtt_ms\":null,"
	    "\"clock\":null,\"from\":null,\"ttl\":null,\"tos\":null,"
	    "\"bytes\":null,\"icmp_type\":null,\"icmp_code\":null,"
	    "\"error\":\"unknown\"}\n");
	capture_close(&c);
}

Test(report_ping_json, words_of_the_status)
{
	static const struct {
		enum nd_ping_status status;
		const char *word;
	} cases[] = {
	    {ND_PING_REPLY, "\"reply\""},
	    {ND_PING_TIMEOUT, "\"timeout\""},
	    {ND_PING_UNREACHABLE, "\"unreachable\""},
	    {ND_PING_TTL_EXCEEDED, "\"ttl_exceeded\""},
	    {ND_PING_SEND_ERROR, "\"send_error\""},
	    {ND_PING_DUPLICATE, "\"duplicate\""},
	    {ND_PING_LATE, "\"late\""},
	    {ND_PING_INVALID, "\"invalid\""},
	};
	struct nd_ping_event event;
	struct capture c;

	open_json(&c, (struct report_opts){0}, BEGIN);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		event = event_of(cases[i].status, 1);
		report_ping_ops(c.report)->probe(
		    c.report, &target, &event, NULL, NOW);
		cr_assert_not_null(strstr(capture_text(&c), cases[i].word));
	}
	probe(&c, event_of(ND_PING_SENT, 1), "");
	probe(&c, event_of(ND_PING_DONE, 0), "");
	capture_close(&c);
}

Test(report_ping_json, summary_and_interim)
{
	struct nd_ping_stats stats = stats_of(3, 2);
	struct report_ping_summary sum = {
	    .stats = &stats, .reason = REPORT_INTERRUPTED, .ok = true};
	struct capture c;

	open_json(&c, (struct report_opts){0}, BEGIN);
	report_ping_ops(c.report)->summary(c.report, &target, &sum, NOW);
	cr_assert_str_eq(capture_text(&c), HEAD("summary") TARGET COUNTERS
	    ",\"reason\":\"interrupted\",\"ok\":true}\n");
	report_ping_ops(c.report)->interim(c.report, &target, &sum, NOW);
	cr_assert_str_eq(capture_text(&c),
	    HEAD("interim") TARGET COUNTERS ",\"reason\":null,\"ok\":true}\n");
	stats = stats_of(0, 0);
	stats.duration_ns = -1;
	report_ping_ops(c.report)->summary(c.report, &target, &sum, NOW);
	cr_assert_not_null(strstr(capture_text(&c),
	    ",\"loss_pct\":null,\"loss_uncertain\":false,\"rtt_min_ms\":null,"
	    "\"rtt_avg_ms\":null,\"rtt_p50_ms\":null,\"rtt_p95_ms\":null,"
	    "\"rtt_p99_ms\":null,\"rtt_max_ms\":null,\"rtt_stddev_ms\":null,"
	    "\"jitter_ms\":null,\"clock\":null,\"duration_ms\":null,"));
	capture_close(&c);
}

Test(report_ping_json, error_of_a_target_and_of_the_run)
{
	const struct report_error resolve = {
	    REPORT_RESOLVE, "name or service not known", NULL};
	const struct report_error output = {
	    REPORT_OUTPUT, "disk full", "make room"};
	const struct report_target lost = {"x\033\xff", NULL, 0, 0};
	struct capture c;

	open_json(&c, (struct report_opts){0}, BEGIN);
	c.report->ops->error(c.report, &lost, &resolve, NOW);
	cr_assert_str_eq(capture_text(&c),
	    HEAD("error") ",\"target\":\"x\\u001b\xef\xbf\xbd\",\"addr\":null,"
			  "\"af\":null,"
			  "\"code\":\"resolve\","
			  "\"message\":\"name or service not known\","
			  "\"hint\":null}\n");
	c.report->ops->error(c.report, NULL, &output, NOW);
	cr_assert_str_eq(capture_text(&c),
	    HEAD(
		"error") ",\"target\":null,\"addr\":null,\"af\":null,"
			 "\"code\":\"output\","
			 "\"message\":\"disk full\",\"hint\":\"make room\"}\n");
	capture_close(&c);
}

Test(report_ping_json, end)
{
	const struct report_end end = {.exit_status = 1,
	    .reason = REPORT_DEADLINE,
	    .failed = 2,
	    .unresolved = 1,
	    .sent = 9,
	    .received = 3,
	    .local_drops = 4,
	    .stalled_ns = 1500,
	    .duration_ns = 2003 * MS};
	struct capture c;

	open_json(&c, (struct report_opts){0}, BEGIN);
	c.report->ops->end(c.report, &end, NOW);
	cr_assert_str_eq(capture_text(&c),
	    HEAD("end") ",\"exit_status\":1,\"reason\":\"deadline\","
			"\"ok\":false,"
			"\"failed\":2,\"unresolved\":1,"
			"\"sent\":9,\"received\":3,"
			"\"local_drops\":4,\"stalled_ms\":0.0015,"
			"\"duration_ms\":2003}\n");
	capture_close(&c);
}

Test(report_ping_json, quiet_leaves_out_start_and_probes)
{
	const struct report_start start = {.proto = "icmp", .dns_ns = -1};
	struct capture c;

	open_json(&c, (struct report_opts){.quiet = true}, BEGIN);
	c.report->ops->start(c.report, &target, &start, NOW);
	probe(&c, event_of(ND_PING_TIMEOUT, 1), "");
	capture_close(&c);
}

Test(report_ping_json, codes_and_their_exit_status)
{
	static const struct {
		enum report_code code;
		const char *name;
		int status;
	} cases[] = {
	    {REPORT_USAGE, "usage", 2},
	    {REPORT_RESOLVE, "resolve", 2},
	    {REPORT_ROUTE, "route", 1},
	    {REPORT_PERMISSION, "permission", 3},
	    {REPORT_SOCKET, "socket", 3},
	    {REPORT_OUTPUT, "output", 3},
	    {REPORT_INTERNAL, "internal", 3},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_assert_str_eq(
		    report_code_name(cases[i].code), cases[i].name);
		cr_assert_eq(
		    report_code_status(cases[i].code), cases[i].status);
	}
}
