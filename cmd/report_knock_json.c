/* SPDX-License-Identifier: MIT */
/* report_knock_json.c: the records that `netdiag knock` has of its own. */
#include "report_json.h"
#include "report_knock.h"

/* NULL for events that are no record. */
static const char *
status_name(enum nd_knock_status status)
{
	switch (status) {
	case ND_KNOCK_OPEN:
		return "open";
	case ND_KNOCK_CLOSED:
		return "closed";
	case ND_KNOCK_UNREACHABLE:
		return "unreachable";
	case ND_KNOCK_TIMEOUT:
		return "timeout";
	case ND_KNOCK_SEND_ERROR:
		return "send_error";
	case ND_KNOCK_DUPLICATE:
		return "duplicate";
	case ND_KNOCK_LATE:
		return "late";
	case ND_KNOCK_CHALLENGE:
		return "challenge";
	case ND_KNOCK_INVALID:
	case ND_KNOCK_DONE:
		break;
	}
	return NULL;
}

static const char *
lost_name(const struct nd_knock_event *event)
{
	if (event->status != ND_KNOCK_TIMEOUT)
		return NULL;
	switch (event->lost_dir) {
	case ND_LOST_OUT:
		return "out";
	case ND_LOST_BACK:
		return "back";
	case ND_LOST_UNKNOWN:
		break;
	}
	return NULL;
}

/* `tcp`. TCP: NULL where there was no SYN-ACK. */
static void
add_tcp(struct json *json, const struct nd_knock_tcp *tcp)
{
	if (tcp == NULL) {
		json_null(json, "tcp");
		return;
	}
	json_object(json, "tcp");
	json_nonneg(json, "mss", tcp->mss);
	json_nonneg(json, "wscale", tcp->wscale);
	json_bool(json, "sack", tcp->sack);
	json_bool(json, "timestamps", tcp->timestamps);
	json_bool(json, "ecn", tcp->ecn);
	json_nonneg(json, "window", tcp->window);
	json_object_end(json);
}

/* What probes and flows are counted by; 0: it does not exist. */
static void
add_number(struct json *json, const char *key, uint64_t number)
{
	if (number > 0)
		json_u64(json, key, number);
	else
		json_null(json, key);
}

static void
json_probe(struct report *report, const struct report_target *target,
    const struct nd_knock_event *event, const char *name, int64_t now_ns)
{
	struct json_report *r = record_self(report);
	const char *status = status_name(event->status);
	const struct record_cause cause = {.af = target->af,
	    .invalid = ND_INVALID_COUNT,
	    .err = event->err,
	    .icmp_type = event->icmp_type,
	    .icmp_code = event->icmp_code,
	    .info = event->info,
	    .rewritten = event->rewritten};
	struct json *json;

	(void)name;
	if (event->status == ND_KNOCK_OPEN || event->status == ND_KNOCK_CLOSED)
		report_ewma(report, event->rtt_ns);
	if (status == NULL || report->opts.quiet)
		return;
	json = record_open_target(r, "probe", target,
	    event->sent_real_ns > 0 ? event->sent_real_ns : now_ns);
	add_number(json, "attempt", event->seq);
	add_number(json, "flow", event->flow);
	json_str(json, "status", status);
	record_answer(json, event->rtt_ns, event->clock, event->from,
	    event->ttl, event->tos);
	json_nonneg(json, "icmp_type", event->icmp_type);
	json_nonneg(json, "icmp_code", event->icmp_code);
	json_bool(json, "ambiguous", event->ambiguous);
	json_str(json, "lost_dir", lost_name(event));
	add_tcp(json, event->tcp);
	record_error(r, &cause);
	record_close(r);
}

static void
add_state(struct json *json, const struct nd_knock_stats *stats)
{
	const struct report_counts counts = report_knock_counts(stats);

	/* Filtered is only what was asked. */
	json_str(json, "state",
	    report_not_probed(&counts) ? NULL
				       : report_knock_state_name(stats->state));
	json_bool(json, "mixed", stats->mixed);
	json_u64(json, "syn_acks", stats->syn_acks);
	json_u64(json, "rsts", stats->rsts);
	json_u64(json, "challenges", stats->challenges);
	json_u64(json, "ambiguous", stats->ambiguous);
}

static void
add_losses(struct json *json, const struct nd_knock_stats *stats)
{
	json_u64(json, "lost_out", stats->lost_out);
	json_u64(json, "lost_back", stats->lost_back);
	json_u64(json, "lost_unknown", stats->lost_unknown);
}

/* What is known of the server. */
static void
add_server(struct json *json, const struct nd_knock_stats *stats)
{
	json_nonneg(json, "ttl", stats->ttl);
	json_nonneg(json, "return_hops",
	    stats->ttl >= 0 ? report_knock_hops(stats->ttl) : -1);
	add_tcp(json, stats->has_tcp ? &stats->tcp : NULL);
	json_str(json, "ecn", report_knock_ecn_name(stats->ecn));
	json_str(json, "ecn_path", report_knock_ecn_path_name(stats->ecn_path));
	json_bool(json, "rst_ttl_differs", stats->rst_ttl_differs);
	json_bool(json, "rst_lost", stats->rst_lost);
}

static void
add_flows(struct json *json, const struct report_knock_summary *summary)
{
	json_array(json, "flows");
	for (size_t i = 0; i < summary->nflows; i++) {
		const struct report_knock_flow *flow = &summary->flows[i];

		json_object(json, NULL);
		json_u64(json, "flow", flow->flow);
		add_number(json, "port", flow->stats.port);
		json_u64(json, "sent", flow->stats.sent);
		json_u64(json, "received", flow->stats.received);
		json_u64(json, "lost", flow->stats.lost);
		json_u64(json, "errors", flow->stats.errors);
		json_ms(json, "rtt_min_ms", flow->stats.min_ns);
		json_ms(json, "rtt_avg_ms", flow->stats.avg_ns);
		json_ms(json, "rtt_max_ms", flow->stats.max_ns);
		json_object_end(json);
	}
	json_array_end(json);
}

/* REASON: NULL while the target goes on. */
static void
summary_record(struct json_report *r, const char *type,
    const struct report_target *target,
    const struct report_knock_summary *summary, const char *reason,
    int64_t now_ns)
{
	const struct nd_knock_stats *stats = summary->stats;
	const struct report_counts counts = report_knock_counts(stats);
	struct json *json = record_open_target(r, type, target, now_ns);

	add_state(json, stats);
	record_counters(json, &counts);
	add_losses(json, stats);
	record_rtt(json, &stats->rtt);
	record_clock(json, stats->clock);
	add_server(json, stats);
	add_flows(json, summary);
	json_ms(json, "duration_ms", stats->duration_ns);
	json_str(json, "reason", reason);
	json_bool(json, "ok", summary->ok);
	record_close(r);
}

static void
json_interim(struct report *report, const struct report_target *target,
    const struct report_knock_summary *summary, int64_t now_ns)
{
	summary_record(
	    record_self(report), "interim", target, summary, NULL, now_ns);
}

static void
json_summary(struct report *report, const struct report_target *target,
    const struct report_knock_summary *summary, int64_t now_ns)
{
	summary_record(record_self(report), "summary", target, summary,
	    report_reason_name(summary->reason), now_ns);
}

static const struct report_knock_ops json_ops = {
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
report_knock_json(struct report **ret, const struct report_opts *opts)
{
	return record_report(ret, opts, &json_ops.common, true);
}
