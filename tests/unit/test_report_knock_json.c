/* SPDX-License-Identifier: MIT */
/* cmd/report_knock_json.c: every record of `netdiag knock`, byte by byte. */
#include "capture_knock.h"

#include <errno.h>

#define HEAD(type)                                                             \
	"{\"schema\":\"netdiag/1\",\"type\":\"" type "\",\"cmd\":\"knock\","   \
	"\"run\":\"0123456789abcdef\","                                        \
	"\"time\":\"2023-11-14T22:13:20.123456Z\","                            \
	"\"labels\":{\"site\":\"a\\\"b\"}"
#define TARGET                                                                 \
	",\"target\":\"a.example\",\"addr\":\"192.0.2.1\",\"af\":4,"           \
	"\"port\":443"
#define BEGIN                                                                  \
	HEAD("begin")                                                          \
	",\"version\":\"1.2.3\",\"mode\":\"raw\",\"targets\":3,"               \
	"\"params\":{},\"interval_effective_ms\":null}\n"
#define NO_ANSWER                                                              \
	",\"rtt_ms\":null,\"clock\":null,\"from\":null,\"ttl\":null,"          \
	"\"tos\":null"
#define NO_ICMP ",\"icmp_type\":null,\"icmp_code\":null"
#define TCP                                                                    \
	",\"tcp\":{\"mss\":1460,\"wscale\":7,\"sack\":true,"                   \
	"\"timestamps\":true,\"ecn\":false,\"window\":65160}"

static const struct report_target target = {"a.example", "192.0.2.1", 4, 443};

static void
open_json(struct capture *c, struct report_opts opts)
{
	static const struct report_label labels[] = {{"site", "a\"b"}};
	const struct report_run run = {.cmd = "knock",
	    .version = "1.2.3",
	    .run_id = "0123456789abcdef",
	    .labels = labels,
	    .nlabels = 1,
	    .mode = "raw",
	    .targets = 3,
	    .interval_effective_ns = -1};

	capture_open(c, opts, report_knock_json);
	c->report->ops->begin(c->report, &run, NOW);
	cr_assert_str_eq(capture_text(c), BEGIN);
}

static void
probe(struct capture *c, struct nd_knock_event event, const char *want)
{
	report_knock_ops(c->report)->probe(
	    c->report, &target, &event, "ptr.example", NOW);
	cr_assert_str_eq(capture_text(c), want);
}

Test(report_knock_json, start_and_error_tell_the_port)
{
	const struct report_start start = {
	    .src = "192.0.2.2", .proto = "tcp", .dns_ns = 1234567};
	const struct report_error resolve = {
	    REPORT_RESOLVE, "name or service not known", NULL};
	struct capture c;

	open_json(&c, (struct report_opts){0});
	c.report->ops->start(c.report, &target, &start, NOW);
	cr_assert_str_eq(capture_text(&c), HEAD("start") TARGET
	    ",\"src\":\"192.0.2.2\",\"proto\":\"tcp\",\"dns_ms\":1.234567}\n");
	c.report->ops->error(c.report, &target, &resolve, NOW);
	cr_assert_str_eq(capture_text(&c), HEAD("error") TARGET
	    ",\"code\":\"resolve\",\"message\":\"name or service not known\","
	    "\"hint\":null}\n");
	c.report->ops->error(c.report, NULL, &resolve, NOW);
	cr_assert_str_eq(capture_text(&c),
	    HEAD("error") ",\"target\":null,\"addr\":null,\"af\":null,"
			  "\"port\":null,\"code\":\"resolve\","
			  "\"message\":\"name or service not known\","
			  "\"hint\":null}\n");
	capture_close(&c);
}

Test(report_knock_json, answers)
{
	struct sockaddr_storage from;
	struct nd_knock_event event;
	struct capture c;

	open_json(&c, (struct report_opts){0});
	event = knock_open(
	    UINT64_C(5000000000), address("192.0.2.1", &from), 11900000);
	probe(&c, event,
	    HEAD("probe") TARGET
	    ",\"attempt\":5000000000,\"flow\":1,\"status\":\"open\","
	    "\"rtt_ms\":11.9,\"clock\":\"kernel\",\"from\":\"192.0.2.1\","
	    "\"ttl\":57,\"tos\":0" NO_ICMP
	    ",\"ambiguous\":false,\"lost_dir\":null" TCP ",\"error\":null}\n");
	event.status = ND_KNOCK_LATE;
	event.ambiguous = true;
	event.flow = 17;
	event.rtt_ns = -1;
	probe(&c, event,
	    HEAD("probe") TARGET
	    ",\"attempt\":5000000000,\"flow\":17,\"status\":\"late\","
	    "\"rtt_ms\":null,\"clock\":null,\"from\":\"192.0.2.1\","
	    "\"ttl\":57,\"tos\":0" NO_ICMP
	    ",\"ambiguous\":true,\"lost_dir\":null" TCP ",\"error\":null}\n");
	event = knock_closed(2, address("192.0.2.1", &from), 100000);
	probe(&c, event,
	    HEAD("probe") TARGET
	    ",\"attempt\":2,\"flow\":1,\"status\":\"closed\","
	    "\"rtt_ms\":0.1,\"clock\":\"kernel\",\"from\":\"192.0.2.1\","
	    "\"ttl\":64,\"tos\":0" NO_ICMP
	    ",\"ambiguous\":false,\"lost_dir\":null,\"tcp\":null,"
	    "\"error\":null}\n");
	event = knock_unreachable(3, address("192.0.2.254", &from), 3, 13);
	probe(&c, event,
	    HEAD("probe") TARGET
	    ",\"attempt\":3,\"flow\":1,\"status\":\"unreachable\","
	    "\"rtt_ms\":1,\"clock\":\"rx\",\"from\":\"192.0.2.254\","
	    "\"ttl\":250,\"tos\":192,\"icmp_type\":3,\"icmp_code\":13,"
	    "\"ambiguous\":false,\"lost_dir\":null,\"tcp\":null,"
	    "\"error\":\"Packet filtered\"}\n");
	capture_close(&c);
}

Test(report_knock_json, options_that_are_not_known)
{
	const struct nd_knock_tcp bare = {
	    .mss = -1, .wscale = -1, .window = -1, .ecn = true};
	struct sockaddr_storage from;
	struct nd_knock_event event;
	struct capture c;

	open_json(&c, (struct report_opts){0});
	event = knock_open(1, address("192.0.2.1", &from), MS);
	event.tcp = &bare;
	report_knock_ops(c.report)->probe(c.report, &target, &event, NULL, NOW);
	cr_assert_not_null(strstr(capture_text(&c),
	    ",\"tcp\":{\"mss\":null,\"wscale\":null,\"sack\":false,"
	    "\"timestamps\":false,\"ecn\":true,\"window\":null},"));
	capture_close(&c);
}

Test(report_knock_json, losses_and_their_direction)
{
	static const struct {
		enum nd_lost_dir dir;
		const char *word;
	} cases[] = {
	    {ND_LOST_UNKNOWN, "null"},
	    {ND_LOST_OUT, "\"out\""},
	    {ND_LOST_BACK, "\"back\""},
	};
	struct nd_knock_event event = knock_event(ND_KNOCK_TIMEOUT, 4);
	struct capture c;
	char want[1024];

	open_json(&c, (struct report_opts){0});
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		event.lost_dir = cases[i].dir;
		(void)snprintf(want, sizeof(want),
		    HEAD("probe") TARGET
		    ",\"attempt\":4,\"flow\":1,\"status\":\"timeout\"" NO_ANSWER
			NO_ICMP ",\"ambiguous\":false,\"lost_dir\":%s,"
		    "\"tcp\":null,\"error\":null}\n",
		    cases[i].word);
		probe(&c, event, want);
	}
	event = knock_event(ND_KNOCK_SEND_ERROR, 5);
	event.lost_dir = ND_LOST_OUT; /* only a timeout has one */
	event.err = -ENETUNREACH;
	probe(&c, event,
	    HEAD("probe") TARGET
	    ",\"attempt\":5,\"flow\":1,\"status\":\"send_error\"" NO_ANSWER
		NO_ICMP ",\"ambiguous\":false,\"lost_dir\":null,"
	    "\"tcp\":null,"
	    "\"error\":\"network is unreachable\"}\n");
	capture_close(&c);
}

Test(report_knock_json, words_of_the_status)
{
	static const struct {
		enum nd_knock_status status;
		const char *word;
	} cases[] = {
	    {ND_KNOCK_OPEN, "\"open\""},
	    {ND_KNOCK_CLOSED, "\"closed\""},
	    {ND_KNOCK_UNREACHABLE, "\"unreachable\""},
	    {ND_KNOCK_TIMEOUT, "\"timeout\""},
	    {ND_KNOCK_SEND_ERROR, "\"send_error\""},
	    {ND_KNOCK_DUPLICATE, "\"duplicate\""},
	    {ND_KNOCK_LATE, "\"late\""},
	    {ND_KNOCK_CHALLENGE, "\"challenge\""},
	};
	struct nd_knock_event event;
	struct capture c;

	open_json(&c, (struct report_opts){0});
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		event = knock_event(cases[i].status, 1);
		report_knock_ops(c.report)->probe(
		    c.report, &target, &event, NULL, NOW);
		cr_assert_not_null(strstr(capture_text(&c), cases[i].word));
	}
	/* No answers to anything: counted only. */
	probe(&c, knock_event(ND_KNOCK_INVALID, 1), "");
	probe(&c, knock_event(ND_KNOCK_DONE, 0), "");
	capture_close(&c);
}

#define STATISTICS                                                             \
	",\"state\":\"open\",\"mixed\":true,\"syn_acks\":3,\"rsts\":1,"        \
	"\"challenges\":2,\"ambiguous\":1,"                                    \
	"\"sent\":6,\"received\":3,\"lost\":3,\"late\":0,\"duplicates\":0,"    \
	"\"invalid\":0,\"errors\":0,\"send_errors\":0,\"unfinished\":0,"       \
	"\"loss_pct\":50,\"loss_uncertain\":false,"                            \
	"\"lost_out\":0,\"lost_back\":1,\"lost_unknown\":2,"                   \
	"\"rtt_min_ms\":11.8,\"rtt_avg_ms\":11.9,\"rtt_p50_ms\":11.9,"         \
	"\"rtt_p95_ms\":12.1,\"rtt_p99_ms\":12.1,\"rtt_max_ms\":12.1,"         \
	"\"rtt_stddev_ms\":0.1,\"jitter_ms\":0.05,\"clock\":\"kernel\","       \
	"\"ttl\":57,\"return_hops\":8" TCP ",\"ecn\":null,\"ecn_path\":null,"  \
	"\"rst_ttl_differs\":true,\"rst_lost\":true,\"flows\":["               \
	"{\"flow\":1,\"port\":40001,\"sent\":10,\"received\":10,\"lost\":0,"   \
	"\"errors\":0,\"rtt_min_ms\":11.8,\"rtt_avg_ms\":11.9,"                \
	"\"rtt_max_ms\":12.1},"                                                \
	"{\"flow\":2,\"port\":40002,\"sent\":10,\"received\":4,\"lost\":6,"    \
	"\"errors\":0,\"rtt_min_ms\":11.8,\"rtt_avg_ms\":12,"                  \
	"\"rtt_max_ms\":13.5},"                                                \
	"{\"flow\":3,\"port\":40003,\"sent\":1,\"received\":0,\"lost\":0,"     \
	"\"errors\":0,\"rtt_min_ms\":null,\"rtt_avg_ms\":null,"                \
	"\"rtt_max_ms\":null}],\"duration_ms\":3004"

Test(report_knock_json, summary_and_interim)
{
	struct nd_knock_stats stats = knock_stats(6, 3);
	struct report_knock_summary sum = {.stats = &stats,
	    .reason = REPORT_DEADLINE,
	    .ok = true,
	    .flows = knock_flows,
	    .nflows = 3};
	struct capture c;

	stats.mixed = stats.rst_ttl_differs = stats.rst_lost = true;
	stats.rsts = 1;
	stats.challenges = 2;
	stats.ambiguous = 1;
	stats.lost_back = 1;
	stats.lost_unknown = 2;
	open_json(&c, (struct report_opts){.quiet = true});
	report_knock_ops(c.report)->summary(c.report, &target, &sum, NOW);
	cr_assert_str_eq(capture_text(&c), HEAD("summary") TARGET STATISTICS
	    ",\"reason\":\"deadline\",\"ok\":true}\n");
	report_knock_ops(c.report)->interim(c.report, &target, &sum, NOW);
	cr_assert_str_eq(capture_text(&c), HEAD("interim") TARGET STATISTICS
	    ",\"reason\":null,\"ok\":true}\n");
	capture_close(&c);
}

Test(report_knock_json, summary_of_nothing_has_the_same_keys)
{
	struct nd_knock_stats stats = knock_stats(0, 0);
	const struct report_knock_summary sum = {.stats = &stats};
	struct capture c;

	stats.duration_ns = -1;
	open_json(&c, (struct report_opts){.quiet = true});
	report_knock_ops(c.report)->summary(c.report, &target, &sum, NOW);
	cr_assert_str_eq(capture_text(&c), HEAD("summary") TARGET
	    ",\"state\":null,\"mixed\":false,\"syn_acks\":0,"
	    "\"rsts\":0,\"challenges\":0,\"ambiguous\":0,"
	    "\"sent\":0,\"received\":0,\"lost\":0,\"late\":0,"
	    "\"duplicates\":0,\"invalid\":0,\"errors\":0,\"send_errors\":0,"
	    "\"unfinished\":0,\"loss_pct\":null,\"loss_uncertain\":false,"
	    "\"lost_out\":0,\"lost_back\":0,\"lost_unknown\":0,"
	    "\"rtt_min_ms\":null,\"rtt_avg_ms\":null,\"rtt_p50_ms\":null,"
	    "\"rtt_p95_ms\":null,\"rtt_p99_ms\":null,\"rtt_max_ms\":null,"
	    "\"rtt_stddev_ms\":null,\"jitter_ms\":null,\"clock\":null,"
	    "\"ttl\":null,\"return_hops\":null,\"tcp\":null,\"ecn\":null,"
	    "\"ecn_path\":null,"
	    "\"rst_ttl_differs\":false,\"rst_lost\":false,\"flows\":[],"
	    "\"duration_ms\":null,\"reason\":\"done\",\"ok\":false}\n");
	capture_close(&c);
}

static void
ecn(struct capture *c, enum nd_knock_ecn ecn, enum nd_knock_ecn_path path,
    const char *want)
{
	struct nd_knock_stats stats = knock_stats(1, 1);
	const struct report_knock_summary sum = {.stats = &stats};

	stats.ecn = ecn;
	stats.ecn_path = path;
	report_knock_ops(c->report)->summary(c->report, &target, &sum, NOW);
	cr_assert_not_null(strstr(capture_text(c), want));
}

Test(report_knock_json, ecn_of_server_and_path)
{
	struct capture c;

	open_json(&c, (struct report_opts){.quiet = true});
	ecn(&c, ND_KNOCK_ECN_UNKNOWN, ND_KNOCK_ECN_PATH_BLOCKED,
	    ",\"ecn\":null,\"ecn_path\":\"blocked\",");
	ecn(&c, ND_KNOCK_ECN_ACCEPTED, ND_KNOCK_ECN_PATH_CLEAN,
	    ",\"ecn\":\"accepted\",\"ecn_path\":\"clean\",");
	ecn(&c, ND_KNOCK_ECN_DECLINED, ND_KNOCK_ECN_PATH_BLEACHED,
	    ",\"ecn\":\"declined\",\"ecn_path\":\"bleached\",");
	ecn(&c, ND_KNOCK_ECN_MIRRORED, ND_KNOCK_ECN_PATH_MARKED,
	    ",\"ecn\":\"mirrored\",\"ecn_path\":\"marked\",");
	ecn(&c, ND_KNOCK_ECN_UNKNOWN, ND_KNOCK_ECN_PATH_UNKNOWN,
	    ",\"ecn\":null,\"ecn_path\":null,");
	capture_close(&c);
}

Test(report_knock_json, hops_by_the_nearest_usual_beginning)
{
	static const struct {
		int ttl, hops;
	} cases[] = {{64, 1}, {57, 8}, {65, 64}, {128, 1}, {113, 16},
	    {129, 127}, {255, 1}, {240, 16}, {1, 64}, {0, 65}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_assert_eq(report_knock_hops(cases[i].ttl), cases[i].hops,
		    "%d", cases[i].ttl);
}

Test(report_knock_json, quiet_leaves_out_start_and_probes)
{
	const struct report_start start = {.proto = "tcp", .dns_ns = -1};
	struct capture c;

	open_json(&c, (struct report_opts){.quiet = true});
	c.report->ops->start(c.report, &target, &start, NOW);
	probe(&c, knock_event(ND_KNOCK_TIMEOUT, 1), "");
	capture_close(&c);
}
