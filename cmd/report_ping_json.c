/* SPDX-License-Identifier: MIT */
/* report_ping_json.c: the records that `netdiag ping` has of its own. */
#include "report_json.h"
#include "report_ping.h"

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

static void
json_probe(struct report *report, const struct report_target *target,
    const struct nd_ping_event *event, const char *name, int64_t now_ns)
{
	struct json_report *r = record_self(report);
	const char *status = status_name(event->status);
	const struct record_cause cause = {.af = target->af,
	    .invalid = event->invalid,
	    .err = event->err,
	    .icmp_type = event->icmp_type,
	    .icmp_code = event->icmp_code,
	    .info = event->info,
	    .rewritten = event->rewritten};
	struct json *json;

	(void)name;
	if (event->status == ND_PING_REPLY)
		report_ewma(report, event->rtt_ns);
	if (status == NULL || report->opts.quiet)
		return;
	json = record_open_target(r, "probe", target,
	    event->sent_real_ns > 0 ? event->sent_real_ns : now_ns);
	if (event->seq > 0)
		json_u64(json, "seq", event->seq);
	else
		json_null(json, "seq");
	json_str(json, "status", status);
	record_answer(json, event->rtt_ns, event->clock, event->from,
	    event->ttl, event->tos);
	json_nonneg(json, "bytes", event->bytes);
	json_nonneg(json, "icmp_type", event->icmp_type);
	json_nonneg(json, "icmp_code", event->icmp_code);
	record_error(r, &cause);
	record_close(r);
}

/* REASON: NULL while the target goes on. */
static void
summary_record(struct json_report *r, const char *type,
    const struct report_target *target,
    const struct report_ping_summary *summary, const char *reason,
    int64_t now_ns)
{
	const struct report_counts counts = report_ping_counts(summary->stats);
	struct json *json = record_open_target(r, type, target, now_ns);

	record_counters(json, &counts);
	record_rtt(json, &summary->stats->rtt);
	record_clock(json, summary->stats->clock);
	json_ms(json, "duration_ms", summary->stats->duration_ns);
	json_str(json, "reason", reason);
	json_bool(json, "ok", summary->ok);
	record_close(r);
}

static void
json_interim(struct report *report, const struct report_target *target,
    const struct report_ping_summary *summary, int64_t now_ns)
{
	summary_record(
	    record_self(report), "interim", target, summary, NULL, now_ns);
}

static void
json_summary(struct report *report, const struct report_target *target,
    const struct report_ping_summary *summary, int64_t now_ns)
{
	summary_record(record_self(report), "summary", target, summary,
	    report_reason_name(summary->reason), now_ns);
}

static const struct report_ping_ops json_ops = {
    .common =
	{
	    .begin = record_begin,
	    .start = record_start,
	    .error = record_failure,
	    .end = record_end,
	    .free = record_free,
	},
    .probe = json_probe,
    .interim = json_interim,
    .summary = json_summary,
};

int
report_ping_json(struct report **ret, const struct report_opts *opts)
{
	return record_report(ret, opts, &json_ops.common, false);
}
