/* SPDX-License-Identifier: MIT */
/* report_json.c: the records that are the same for all commands. */
#include "report_json.h"

#include <errno.h>
#include <stdlib.h>

#include "addrtext.h"
#include "icmp_names.h"
#include "message.h"
#include "out.h"

struct json_report *
record_self(struct report *report)
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

struct json *
record_open(struct json_report *r, const char *type, int64_t time_ns)
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

struct json *
record_open_target(struct json_report *r, const char *type,
    const struct report_target *target, int64_t time_ns)
{
	static const struct report_target none = {0};
	struct json *json = record_open(r, type, time_ns);

	if (target == NULL)
		target = &none;
	json_str(
	    json, "target", target->name != NULL ? target->name : target->addr);
	json_str(json, "addr", target->addr);
	if (target->af != 0)
		json_i64(json, "af", target->af);
	else
		json_null(json, "af");
	if (r->head.ports && target->port > 0)
		json_u64(json, "port", target->port);
	else if (r->head.ports)
		json_null(json, "port");
	return json;
}

void
record_close(struct json_report *r)
{
	json_object_end(&r->json);
	buf_char(&r->line, '\n');
	if (r->line.failed || r->run.failed || r->labels.failed)
		out_fail(r->head.opts.out, ENOMEM);
	else
		out_write(r->head.opts.out, r->line.data, r->line.len);
}

void
record_counters(struct json *json, const struct report_counts *counts)
{
	json_u64(json, "sent", counts->sent);
	json_u64(json, "received", counts->received);
	json_u64(json, "lost", counts->lost);
	json_u64(json, "late", counts->late);
	json_u64(json, "duplicates", counts->duplicates);
	json_u64(json, "invalid", counts->invalid);
	json_u64(json, "errors", counts->errors);
	json_u64(json, "send_errors", counts->send_errors);
	json_u64(json, "unfinished", counts->unfinished);
	json_pct(json, "loss_pct", counts->lost + counts->errors,
	    counts->sent - counts->unfinished);
	json_bool(json, "loss_uncertain", counts->loss_uncertain);
}

void
record_rtt(struct json *json, const struct nd_rtt *rtt)
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

void
record_clock(struct json *json, enum nd_clock clock)
{
	json_str(json, "clock", clock_name(clock));
}

void
record_answer(struct json *json, int64_t rtt_ns, enum nd_clock clock,
    const struct sockaddr *from, int ttl, int tos)
{
	char text[ADDRTEXT_MAX];

	json_ms(json, "rtt_ms", rtt_ns);
	record_clock(json, rtt_ns < 0 ? ND_CLOCK_NONE : clock);
	json_str(json, "from", from != NULL ? addrtext(from, text) : NULL);
	json_nonneg(json, "ttl", ttl);
	json_nonneg(json, "tos", tos);
}

void
record_error(struct json_report *r, const struct record_cause *cause)
{
	struct json *json = &r->json;
	char system[MESSAGE_STRERROR_MAX];

	buf_reset(&r->text);
	if (cause->invalid != ND_INVALID_COUNT) {
		json_str(json, "error", nd_invalid_name(cause->invalid));
	} else if (cause->err != 0) {
		buf_str(&r->text, message_strerror(cause->err, system));
		if (cause->info > 0) {
			buf_str(&r->text, ", mtu=");
			buf_i64(&r->text, cause->info);
		}
		json_strn(json, "error", r->text.data, r->text.len);
	} else if (cause->icmp_type >= 0) {
		/* A late or second answer may be an ICMP error as well. */
		icmp_error_text(&r->text, cause->af, cause->icmp_type,
		    cause->icmp_code, cause->info);
		if (cause->rewritten)
			buf_str(&r->text, " (quoted with other addresses)");
		json_strn(json, "error", r->text.data, r->text.len);
	} else {
		json_null(json, "error");
	}
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

void
record_begin(
    struct report *report, const struct report_run *run, int64_t now_ns)
{
	struct json_report *r = record_self(report);
	struct json *json;

	constants(r, run);
	json = record_open(r, "begin", now_ns);
	json_str(json, "version", run->version);
	json_str(json, "mode", run->mode);
	json_u64(json, "targets", run->targets);
	json_object(json, "params");
	if (run->params != NULL)
		run->params(json, run->params_user);
	json_object_end(json);
	json_ms(json, "interval_effective_ms", run->interval_effective_ns);
	record_close(r);
}

void
record_start(struct report *report, const struct report_target *target,
    const struct report_start *start, int64_t now_ns)
{
	struct json_report *r = record_self(report);
	struct json *json;

	if (report->opts.quiet)
		return;
	json = record_open_target(r, "start", target, now_ns);
	json_str(json, "src", start->src);
	json_str(json, "proto", start->proto);
	json_ms(json, "dns_ms", start->dns_ns);
	record_close(r);
}

void
record_failure(struct report *report, const struct report_target *target,
    const struct report_error *error, int64_t now_ns)
{
	struct json_report *r = record_self(report);
	struct json *json = record_open_target(r, "error", target, now_ns);

	json_str(json, "code", report_code_name(error->code));
	json_str(json, "message", error->message);
	json_str(json, "hint", error->hint);
	record_close(r);
}

void
record_end(struct report *report, const struct report_end *end, int64_t now_ns)
{
	struct json_report *r = record_self(report);
	struct json *json = record_open(r, "end", now_ns);

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
	record_close(r);
}

void
record_free(struct report *report)
{
	struct json_report *r = record_self(report);

	buf_free(&r->line);
	buf_free(&r->run);
	buf_free(&r->labels);
	buf_free(&r->text);
	free(r);
}

int
record_report(struct report **ret, const struct report_opts *opts,
    const struct report_ops *ops, bool ports)
{
	struct json_report *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return -ENOMEM;
	r->head.ops = ops;
	r->head.opts = *opts;
	r->head.ewma_ns = -1;
	r->head.ports = ports;
	json_init(&r->json, &r->line);
	*ret = &r->head;
	return 0;
}
