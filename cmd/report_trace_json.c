/* SPDX-License-Identifier: MIT */
/* report_trace_json.c: the records that `netdiag trace` has of its own. */
#include "report_trace_json.h"
#include "out.h"

#include <errno.h>

#define PATH_DIGITS 16

/* NULL for events that are no record. */
static const char *
status_name(enum nd_trace_status status)
{
	switch (status) {
	case ND_TRACE_HOP:
		return "hop";
	case ND_TRACE_DESTINATION:
		return "destination";
	case ND_TRACE_UNREACHABLE:
		return "unreachable";
	case ND_TRACE_TIMEOUT:
		return "timeout";
	case ND_TRACE_SEND_ERROR:
		return "send_error";
	case ND_TRACE_DUPLICATE:
		return "duplicate";
	case ND_TRACE_LATE:
		return "late";
	case ND_TRACE_INVALID:
	case ND_TRACE_HOP_DONE:
	case ND_TRACE_CYCLE:
	case ND_TRACE_DONE:
		break;
	}
	return NULL;
}

/* NULL where there is nothing to choose from, or nobody knows. */
static const char *
balancing_name(enum nd_trace_balancing kind)
{
	switch (kind) {
	case ND_TRACE_BALANCE_FLOW:
		return "flow";
	case ND_TRACE_BALANCE_PACKET:
		return "packet";
	case ND_TRACE_BALANCE_DESTINATION:
		return "destination";
	case ND_TRACE_BALANCE_UNKNOWN:
		return "unknown";
	case ND_TRACE_BALANCE_NONE:
		break;
	}
	return NULL;
}

/* ---- probe ---------------------------------------------------------------
 */

/* Whether ICMP tells of an error: that is how a trace gets its answers, too. */
static bool
is_error(const struct report_target *target, const struct nd_trace_event *event)
{
	const bool v6 = target->af == 6;
	const bool exceeded =
	    event->icmp_type == (v6 ? 3 : 11) && event->icmp_code == 0;

	return event->icmp_type >= 0 && !exceeded &&
	       event->status != ND_TRACE_DESTINATION;
}

static void
json_probe(struct report *report, const struct report_target *target,
    const struct nd_trace_event *event, int64_t now_ns)
{
	struct json_report *r = record_self(report);
	const char *status = status_name(event->status);
	const struct record_cause cause = {.af = target->af,
	    .invalid = ND_INVALID_COUNT,
	    .err = event->err,
	    .icmp_type = is_error(target, event) ? event->icmp_type : -1,
	    .icmp_code = event->icmp_code,
	    .info = event->mtu,
	    .rewritten = event->rewritten};
	struct json *json;

	if (status == NULL || report->opts.quiet)
		return;
	json = record_open_target(r, "probe", target,
	    event->sent_real_ns > 0 ? event->sent_real_ns : now_ns);
	trace_json_number(json, "hop", event->ttl);
	trace_json_number(json, "cycle", event->cycle);
	trace_json_number(json, "attempt", event->attempt);
	trace_json_number(json, "flow", event->flow);
	json_str(json, "status", status);
	record_answer(json, event->rtt_ns, event->clock, event->from,
	    event->reply_ttl, event->reply_tos);
	json_nonneg(json, "quoted_ttl", event->quoted_ttl);
	json_nonneg(json, "quoted_tos", event->quoted_tos);
	json_nonneg(json, "icmp_type", event->icmp_type);
	json_nonneg(json, "icmp_code", event->icmp_code);
	trace_json_labels(json, event->labels, event->label_count);
	trace_json_interface(json, event->interface);
	json_nonneg(json, "mtu", event->mtu);
	json_bool(json, "nat", event->rewritten);
	record_error(r, &cause);
	record_close(r);
}

/* ---- summary --------------------------------------------------------------
 */

/* How many links begin at the Nth node of HOP. */
static unsigned
branches(const struct report_trace_view_hop *hop, size_t n)
{
	unsigned found = 0;

	for (size_t i = 0; i < hop->nlinks; i++)
		found += hop->links[i].from == n;
	return found;
}

static void
add_balancing(struct json *json, const struct report_trace_view *view)
{
	json_array(json, "balancing");
	for (size_t i = 0; i < view->nhops; i++) {
		const struct report_trace_view_hop *hop = &view->hops[i];

		for (size_t k = 0; k < hop->nnodes; k++) {
			const struct report_trace_view_node *node =
			    &hop->nodes[k];
			const char *kind = balancing_name(node->balancing);

			/* Of one way there is nothing that is not known. */
			if (kind == NULL ||
			    (node->balancing == ND_TRACE_BALANCE_UNKNOWN &&
				branches(hop, k) < 2))
				continue;
			json_object(json, NULL);
			json_u64(json, "hop", hop->hop.ttl);
			trace_json_address(json, "from",
			    (const struct sockaddr *)&node->node.addr);
			json_str(json, "kind", kind);
			json_object_end(json);
		}
	}
	json_array_end(json);
}

static void
add_path(struct json *json, const struct report_trace_summary *summary)
{
	const struct nd_trace_stats *stats = summary->stats;
	struct buf hex = BUF_INIT;

	if (stats->has_path && summary->links) {
		buf_hex(&hex, stats->path, PATH_DIGITS);
		json_strn(json, "path", hex.data, hex.len);
	} else {
		json_null(json, "path");
	}
	buf_free(&hex);
	trace_json_number(json, "paths", summary->links ? stats->paths : 0);
}

/* Routers may be silent: only the loss of the destination is one. */
static void
add_loss(struct json *json, const struct nd_trace_stats *stats,
    const struct report_trace_view *view)
{
	uint64_t lost = 0, of = 0;

	for (size_t i = 0; stats->reached && i < view->nhops; i++) {
		const struct nd_trace_hop *hop = &view->hops[i].hop;

		if (hop->ttl != stats->hops)
			continue;
		lost = hop->lost + hop->errors;
		of = hop->sent - hop->unfinished;
	}
	json_pct(json, "destination_loss_pct", lost, of);
}

static void
add_counters(struct json *json, const struct nd_trace_stats *stats)
{
	json_u64(json, "probes", stats->sent);
	json_u64(json, "received", stats->received);
	json_u64(json, "lost", stats->lost);
	json_u64(json, "late", stats->late);
	json_u64(json, "duplicates", stats->duplicates);
	json_u64(json, "invalid", stats->invalid);
	json_u64(json, "errors", stats->errors);
	json_u64(json, "send_errors", stats->send_errors);
	json_u64(json, "unfinished", stats->unfinished);
	json_bool(json, "loss_uncertain", stats->loss_uncertain);
}

/* REASON: NULL while the target goes on: it is an interim one. */
static void
summary_record(struct report *report, const struct report_target *target,
    const struct report_trace_summary *summary,
    const struct report_trace_view *view, const char *reason, int64_t now_ns)
{
	const struct nd_trace_stats *stats = summary->stats;
	struct json_report *r = record_self(report);
	struct json *json = record_open_target(
	    r, reason != NULL ? "summary" : "interim", target, now_ns);

	json_bool(json, "reached", stats->reached);
	trace_json_number(json, "hops", stats->hops);
	json_str(json, "reason", reason);
	json_u64(json, "cycles", stats->cycles);
	add_path(json, summary);
	json_nonneg(
	    json, "confidence_pct", summary->mda ? stats->confidence : -1);
	add_balancing(json, view);
	add_counters(json, stats);
	add_loss(json, stats, view);
	record_rtt(json, &stats->rtt);
	record_clock(json, stats->clock);
	json_nonneg(json, "mtu", stats->mtu);
	trace_json_number(json, "mtu_black_hole", stats->mtu_black_hole);
	json_ms(json, "duration_ms", stats->duration_ns);
	json_bool(json, "ok", summary->ok);
	record_close(r);
}

void
trace_json_end(struct report *report, const struct report_target *target,
    const struct report_trace_summary *summary,
    const struct report_trace_view *view, int64_t now_ns)
{
	trace_json_graph(record_self(report), target, summary, view, now_ns);
	summary_record(report, target, summary, view,
	    report_trace_reason(summary), now_ns);
}

void
trace_json_interim(struct report *report, const struct report_target *target,
    const struct report_trace_summary *summary,
    const struct report_trace_view *view, int64_t now_ns)
{
	summary_record(report, target, summary, view, NULL, now_ns);
}

/* False: out of memory, which ends the run. */
static bool
read_view(struct report *report, const struct report_trace_summary *summary,
    struct report_trace_view *view)
{
	if (report_trace_read(view, summary->trace, 1, summary->stats->shown) ==
	    0)
		return true;
	out_fail(report->opts.out, ENOMEM);
	return false;
}

static void
json_interim(struct report *report, const struct report_target *target,
    const struct report_trace_summary *summary, int64_t now_ns)
{
	struct report_trace_view view;

	if (!read_view(report, summary, &view))
		return;
	trace_json_interim(report, target, summary, &view, now_ns);
	report_trace_view_free(&view);
}

static void
json_summary(struct report *report, const struct report_target *target,
    const struct report_trace_summary *summary, int64_t now_ns)
{
	struct report_trace_view view;

	if (!read_view(report, summary, &view))
		return;
	trace_json_end(report, target, summary, &view, now_ns);
	report_trace_view_free(&view);
}

/* Hops are told together, in the end. */
static void
json_hop(struct report *report, const struct report_target *target,
    const struct report_trace_summary *summary, unsigned ttl, int64_t now_ns)
{
	(void)report;
	(void)target;
	(void)summary;
	(void)ttl;
	(void)now_ns;
}

static const struct report_trace_ops json_ops = {
    .common =
	{
	    .begin = record_begin,
	    .start = record_start,
	    .error = record_failure,
	    .end = record_end,
	    .free = record_free,
	},
    .probe = json_probe,
    .hop = json_hop,
    .interim = json_interim,
    .summary = json_summary,
};

int
report_trace_json(struct report **ret, const struct report_opts *opts)
{
	return record_report(ret, opts, &json_ops.common, false);
}
