/* SPDX-License-Identifier: MIT */
/*
 * report_ping_json.c: the records of `netdiag ping`, schema netdiag/1: one
 * JSON object a line. What is the same in every record is rendered once.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "addrtext.h"
#include "icmp_names.h"
#include "json.h"
#include "message.h"
#include "out.h"
#include "report.h"

struct json_report {
	struct report head;
	struct buf line;
	struct json json;
	struct buf run;	   /* "cmd" and "run", as members */
	struct buf labels; /* "labels", as a member */
	struct buf text;   /* scratch: the words of an ICMP error */
};

static struct json_report *
self(struct report *report)
{
	return (struct json_report *)report;
}

static const char *
clock_name(enum nd_clock clock)
{
	switch (clock) {
	case ND_CLOCK_KERNEL:
		return "kernel";
	case ND_CLOCK_RX:
		return "rx";
	case ND_CLOCK_USER:
		return "user";
	case ND_CLOCK_NONE:
		break;
	}
	return NULL;
}

/* NULL for events that are no record. */
static const char *
status_name(enum nd_ping_status status)
{
	switch (status) {
	case ND_PING_REPLY:
		return "reply";
	case ND_PING_TIMEOUT:
		return "timeout";
	case ND_PING_UNREACHABLE:
		return "unreachable";
	case ND_PING_TTL_EXCEEDED:
		return "ttl_exceeded";
	case ND_PING_SEND_ERROR:
		return "send_error";
	case ND_PING_DUPLICATE:
		return "duplicate";
	case ND_PING_LATE:
		return "late";
	case ND_PING_INVALID:
		return "invalid";
	case ND_PING_SENT:
	case ND_PING_DONE:
		break;
	}
	return NULL;
}

/* The keys of every record. */
static struct json *
record(struct json_report *r, const char *type, int64_t time_ns)
{
	buf_reset(&r->line);
	json_restart(&r->json);
	json_object(&r->json, NULL);
	json_str(&r->json, "schema", "netdiag/1");
	json_str(&r->json, "type", type);
	json_members(&r->json, r->run.data, r->run.len);
	json_time(&r->json, "time", time_ns);
	json_members(&r->json, r->labels.data, r->labels.len);
	return &r->json;
}

static struct json *
target_record(struct json_report *r, const char *type,
    const struct report_target *target, int64_t time_ns)
{
	static const struct report_target none = {NULL, NULL, 0};
	struct json *json = record(r, type, time_ns);

	if (target == NULL)
		target = &none;
	json_str(
	    json, "target", target->name != NULL ? target->name : target->addr);
	json_str(json, "addr", target->addr);
	if (target->af != 0)
		json_i64(json, "af", target->af);
	else
		json_null(json, "af");
	return json;
}

static void
record_end(struct json_report *r)
{
	json_object_end(&r->json);
	buf_char(&r->line, '\n');
	if (r->line.failed || r->run.failed || r->labels.failed)
		out_fail(r->head.opts.out, ENOMEM);
	else
		out_write(r->head.opts.out, r->line.data, r->line.len);
}

/* Renders the parts that never change. */
static void
constants(struct json_report *r, const struct report_run *run)
{
	struct json json;
	size_t i;

	buf_reset(&r->run);
	json_init(&json, &r->run);
	json_str(&json, "cmd", run->cmd);
	json_str(&json, "run", run->run_id);

	buf_reset(&r->labels);
	json_init(&json, &r->labels);
	json_object(&json, "labels");
	for (i = 0; i < run->nlabels; i++) {
		json_data_key(&json, run->labels[i].key);
		json_str(&json, NULL, run->labels[i].value);
	}
	json_object_end(&json);
}

static void
json_begin(struct report *report, const struct report_run *run, int64_t now_ns)
{
	struct json_report *r = self(report);
	struct json *json;

	constants(r, run);
	json = record(r, "begin", now_ns);
	json_str(json, "version", run->version);
	json_str(json, "mode", run->mode);
	json_u64(json, "targets", run->targets);
	json_object(json, "params");
	if (run->params != NULL)
		run->params(json, run->params_user);
	json_object_end(json);
	json_ms(json, "interval_effective_ms", run->interval_effective_ns);
	record_end(r);
}

static void
json_start(struct report *report, const struct report_target *target,
    const struct report_start *start, int64_t now_ns)
{
	struct json_report *r = self(report);
	struct json *json;

	if (report->opts.quiet)
		return;
	json = target_record(r, "start", target, now_ns);
	json_str(json, "src", start->src);
	json_str(json, "proto", start->proto);
	json_ms(json, "dns_ms", start->dns_ns);
	record_end(r);
}

/* The `error` of a probe: in words what status and ICMP type say in numbers. */
static void
probe_error(struct json_report *r, const struct nd_ping_event *event, int af)
{
	struct json *json = &r->json;
	char system[MESSAGE_STRERROR_MAX];

	buf_reset(&r->text);
	if (event->status == ND_PING_INVALID) {
		json_str(json, "error", nd_invalid_name(event->invalid));
	} else if (event->status == ND_PING_SEND_ERROR) {
		buf_str(&r->text, message_strerror(event->err, system));
		if (event->info > 0) {
			buf_str(&r->text, ", mtu=");
			buf_i64(&r->text, event->info);
		}
		json_strn(json, "error", r->text.data, r->text.len);
	} else if (event->icmp_type >= 0) {
		/* A late or second answer may be an ICMP error as well. */
		icmp_error_text(&r->text, af, event->icmp_type,
		    event->icmp_code, event->info);
		if (event->rewritten)
			buf_str(&r->text, " (quoted with other addresses)");
		json_strn(json, "error", r->text.data, r->text.len);
	} else {
		json_null(json, "error");
	}
}

static void
json_probe(struct report *report, const struct report_target *target,
    const struct nd_ping_event *event, const char *name, int64_t now_ns)
{
	struct json_report *r = self(report);
	const char *status = status_name(event->status);
	char from[ADDRTEXT_MAX];
	struct json *json;

	(void)name;
	report_ewma(report, event);
	if (status == NULL || report->opts.quiet)
		return;
	json = target_record(r, "probe", target,
	    event->sent_real_ns > 0 ? event->sent_real_ns : now_ns);
	if (event->seq > 0)
		json_u64(json, "seq", event->seq);
	else
		json_null(json, "seq");
	json_str(json, "status", status);
	json_ms(json, "rtt_ms", event->rtt_ns);
	json_str(
	    json, "clock", event->rtt_ns < 0 ? NULL : clock_name(event->clock));
	json_str(json, "from",
	    event->from != NULL ? addrtext(event->from, from) : NULL);
	json_nonneg(json, "ttl", event->ttl);
	json_nonneg(json, "tos", event->tos);
	json_nonneg(json, "bytes", event->bytes);
	json_nonneg(json, "icmp_type", event->icmp_type);
	json_nonneg(json, "icmp_code", event->icmp_code);
	probe_error(r, event, target->af);
	record_end(r);
}

static void
counters(struct json *json, const struct nd_ping_stats *stats)
{
	json_u64(json, "sent", stats->sent);
	json_u64(json, "received", stats->received);
	json_u64(json, "lost", stats->lost);
	json_u64(json, "late", stats->late);
	json_u64(json, "duplicates", stats->duplicates);
	json_u64(json, "invalid", stats->invalid);
	json_u64(json, "errors", stats->errors);
	json_u64(json, "send_errors", stats->send_errors);
	json_u64(json, "unfinished", stats->unfinished);
	json_pct(json, "loss_pct", stats->lost + stats->errors,
	    stats->sent - stats->unfinished);
	json_bool(json, "loss_uncertain", stats->loss_uncertain);
}

static void
rtt_statistics(struct json *json, const struct nd_rtt *rtt)
{
	json_ms(json, "rtt_min_ms", rtt->min_ns);
	json_ms(json, "rtt_avg_ms", rtt->avg_ns);
	json_ms(json, "rtt_p50_ms", rtt->p50_ns);
	json_ms(json, "rtt_p95_ms", rtt->p95_ns);
	json_ms(json, "rtt_p99_ms", rtt->p99_ns);
	json_ms(json, "rtt_max_ms", rtt->max_ns);
	json_ms(json, "rtt_stddev_ms", rtt->stddev_ns);
	json_ms(json, "jitter_ms", rtt->jitter_ns);
}

/* REASON: NULL while the target goes on. */
static void
summary_record(struct json_report *r, const char *type,
    const struct report_target *target, const struct report_summary *summary,
    const char *reason, int64_t now_ns)
{
	struct json *json = target_record(r, type, target, now_ns);

	counters(json, summary->stats);
	rtt_statistics(json, &summary->stats->rtt);
	json_str(json, "clock", clock_name(summary->stats->clock));
	json_ms(json, "duration_ms", summary->stats->duration_ns);
	json_str(json, "reason", reason);
	json_bool(json, "ok", summary->ok);
	record_end(r);
}

static void
json_interim(struct report *report, const struct report_target *target,
    const struct report_summary *summary, int64_t now_ns)
{
	summary_record(self(report), "interim", target, summary, NULL, now_ns);
}

static void
json_summary(struct report *report, const struct report_target *target,
    const struct report_summary *summary, int64_t now_ns)
{
	summary_record(self(report), "summary", target, summary,
	    report_reason_name(summary->reason), now_ns);
}

static void
json_error(struct report *report, const struct report_target *target,
    const struct report_error *error, int64_t now_ns)
{
	struct json_report *r = self(report);
	struct json *json = target_record(r, "error", target, now_ns);

	json_str(json, "code", report_code_name(error->code));
	json_str(json, "message", error->message);
	json_str(json, "hint", error->hint);
	record_end(r);
}

static void
json_end(struct report *report, const struct report_end *end, int64_t now_ns)
{
	struct json_report *r = self(report);
	struct json *json = record(r, "end", now_ns);

	json_i64(json, "exit_status", end->exit_status);
	json_str(json, "reason", report_reason_name(end->reason));
	json_bool(json, "ok", end->ok);
	json_u64(json, "failed", end->failed);
	json_u64(json, "unresolved", end->unresolved);
	json_u64(json, "sent", end->sent);
	json_u64(json, "received", end->received);
	json_u64(json, "local_drops", end->local_drops);
	json_ms(json, "stalled_ms", end->stalled_ns);
	json_ms(json, "duration_ms", end->duration_ns);
	record_end(r);
}

static void
json_free(struct report *report)
{
	struct json_report *r = self(report);

	buf_free(&r->line);
	buf_free(&r->run);
	buf_free(&r->labels);
	buf_free(&r->text);
	free(r);
}

static const struct report_ops json_ops = {
    .begin = json_begin,
    .start = json_start,
    .probe = json_probe,
    .interim = json_interim,
    .summary = json_summary,
    .error = json_error,
    .end = json_end,
    .free = json_free,
};

int
report_ping_json(struct report **ret, const struct report_opts *opts)
{
	struct json_report *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return -ENOMEM;
	r->head.ops = &json_ops;
	r->head.opts = *opts;
	r->head.ewma_ns = -1;
	json_init(&r->json, &r->line);
	*ret = &r->head;
	return 0;
}
