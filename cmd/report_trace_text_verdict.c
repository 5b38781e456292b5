/* SPDX-License-Identifier: MIT */
/*
 * report_trace_text_verdict.c: the last sentence, which says what happened, and
 * the facts on the whole that stand before it.
 */
#include "report_trace_text.h"

#include <string.h>

#include "addrtext.h"
#include "color.h"
#include "icmp_names.h"

#define US_PER_MS 1000
#define INDENT 2

void
trace_ms(struct buf *line, int64_t ns)
{
	const uint64_t us = ns > 0 ? ((uint64_t)ns + 500) / 1000 : 0;

	if (us >= 99950) {
		buf_u64(line, (us + 500) / US_PER_MS);
	} else if (us >= 9995) {
		buf_u64(line, (us + 50) / US_PER_MS);
		buf_char(line, '.');
		buf_u64(line, (us + 50) % US_PER_MS / 100);
	} else {
		buf_u64(line, us / US_PER_MS);
		buf_char(line, '.');
		buf_u64_zero(line, us % US_PER_MS, 3);
	}
	buf_str(line, " ms");
}

static void
colored(const struct trace_draw *draw, const char *color, const char *words)
{
	const bool on = draw->self->text.head.opts.color;
	struct buf *line = &draw->self->text.line;

	buf_str(line, on ? color : "");
	buf_str(line, words);
	buf_str(line, on ? COLOR_RESET : "");
}

/* The last hop below TTL that answered, or NULL. */
static const struct report_trace_view_hop *
last_hop(const struct report_trace_view *view, unsigned ttl)
{
	for (size_t i = view->nhops; i > 0; i--) {
		const struct report_trace_view_hop *hop = &view->hops[i - 1];

		if (hop->nnodes > 0 && hop->hop.ttl < ttl)
			return hop;
	}
	return NULL;
}

/* "198.51.100.7", "198.51.100.7 and 2 more" */
static void
add_nodes(struct buf *line, const struct report_trace_view_hop *hop)
{
	const struct nd_trace_node *node = &hop->nodes[0].node;
	char text[ADDRTEXT_MAX];

	buf_str(line, addrtext((const struct sockaddr *)&node->addr, text));
	if (hop->nnodes > 1) {
		buf_str(line, " and ");
		buf_u64(line, hop->nnodes - 1);
		buf_str(line, " more");
	}
}

/* "hop 5 (198.51.100.7)" */
static void
add_hop(struct buf *line, const struct report_trace_view_hop *hop)
{
	buf_str(line, "hop ");
	buf_u64(line, hop->hop.ttl);
	buf_str(line, " (");
	add_nodes(line, hop);
	buf_char(line, ')');
}

/* "silent after hop 5 (198.51.100.7)" */
static void
add_silent(
    const struct trace_draw *draw, const struct report_trace_view_hop *last)
{
	struct buf *line = &draw->self->text.line;

	if (last == NULL) {
		buf_str(line, "no hop answered");
		return;
	}
	buf_str(line, "silent after ");
	add_hop(line, last);
}

/* RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1. */
static const char *
refusal4(int type, int code)
{
	static const char *const words[] = {"network unreachable",
	    "host unreachable", "protocol unreachable", "port unreachable",
	    "packet too big", "source route failed", "network unknown",
	    "host unknown", "source host isolated", "network prohibited",
	    "host prohibited", "network unreachable for this tos",
	    "host unreachable for this tos", "packet filtered",
	    "precedence violation", "precedence cutoff"};

	if (type != 3 || code < 0 ||
	    (size_t)code >= sizeof(words) / sizeof(words[0]))
		return NULL;
	return words[code];
}

/* RFC 4443 section 3.1. */
static const char *
refusal6(int type, int code)
{
	static const char *const words[] = {"no route",
	    "administratively prohibited", "beyond scope of source address",
	    "address unreachable", "port unreachable",
	    "source address failed policy", "reject route"};

	if (type == 2)
		return "packet too big";
	if (type != 1 || code < 0 ||
	    (size_t)code >= sizeof(words) / sizeof(words[0]))
		return NULL;
	return words[code];
}

/* "198.51.100.7 says host unreachable at hop 5" */
static bool
add_refusal(const struct trace_draw *draw)
{
	const struct nd_trace_node *node = NULL;
	struct buf *line = &draw->self->text.line;
	char text[ADDRTEXT_MAX];
	const char *words;
	int af;

	for (size_t i = 0; i < draw->view->nhops; i++) {
		const struct report_trace_view_hop *hop = &draw->view->hops[i];

		for (size_t j = 0; node == NULL && j < hop->nnodes; j++) {
			if (hop->nodes[j].node.icmp_type >= 0)
				node = &hop->nodes[j].node;
		}
	}
	if (node == NULL)
		return false;
	af = node->addr.ss_family == AF_INET6 ? 6 : 4;
	words = af == 6 ? refusal6(node->icmp_type, node->icmp_code)
			: refusal4(node->icmp_type, node->icmp_code);
	buf_str(line, addrtext((const struct sockaddr *)&node->addr, text));
	buf_str(line, " says ");
	if (words != NULL)
		buf_str(line, words);
	else
		icmp_error_text(
		    line, af, node->icmp_type, node->icmp_code, node->mtu);
	buf_str(line, " at hop ");
	buf_u64(line, node->ttl);
	return true;
}

/* "loop: 198.51.100.7 is hop 5 and hop 7 */
static void
add_loop(const struct trace_draw *draw)
{
	const struct report_trace_view *view = draw->view;
	struct buf *line = &draw->self->text.line;
	char last[ADDRTEXT_MAX], text[ADDRTEXT_MAX];

	buf_str(line, "loop");
	for (size_t i = view->nhops; i-- > 0;) {
		const struct report_trace_view_hop *hop = &view->hops[i];

		if (hop->nnodes == 0)
			continue;
		(void)addrtext(
		    (const struct sockaddr *)&hop->nodes[0].node.addr, last);
		for (size_t j = 0; j + 1 < i; j++) {
			const struct report_trace_view_hop *prior =
			    &view->hops[j];

			if (prior->nnodes == 0 ||
			    strcmp(addrtext(
				       (const struct sockaddr *)&prior->nodes[0]
					   .node.addr,
				       text),
				last) != 0)
				continue;
			buf_str(line, ", ");
			buf_str(line, last);
			buf_str(line, " is hop ");
			buf_u64(line, prior->hop.ttl);
			buf_str(line, " and hop ");
			buf_u64(line, hop->hop.ttl);
			return;
		}
	}
}

/* " in 7 hops, 12.3 ms, 3 paths" */
static void
add_reached(const struct trace_draw *draw)
{
	const struct nd_trace_stats *stats = draw->summary->stats;
	struct buf *line = &draw->self->text.line;
	const bool beyond = stats->end == ND_TRACE_END_GAP;

	if (!beyond) {
		buf_str(line, " in ");
		buf_u64(line, stats->hops);
		buf_str(line, stats->hops == 1 ? " hop" : " hops");
	}
	if (stats->rtt.avg_ns >= 0) {
		buf_str(line, beyond ? " in " : ", ");
		trace_ms(line, stats->rtt.avg_ns);
	}
	if (beyond) {
		buf_str(line, ", ");
		add_silent(draw, last_hop(draw->view, stats->hops));
	}
	if (stats->paths > 1 && draw->summary->links) {
		buf_str(line, ", ");
		buf_u64(line, stats->paths);
		buf_str(line, " paths");
	}
}

/* What ended it where the destination did not answer. */
static void
add_end(const struct trace_draw *draw)
{
	const struct report_trace_view_hop *last =
	    last_hop(draw->view, ND_TRACE_TTL_MAX + 1);
	const struct report_trace_summary *summary = draw->summary;
	struct buf *line = &draw->self->text.line;

	if (summary->stats->sent == 0) {
		buf_str(line, summary->stats->send_errors > 0
				  ? "nothing could be sent"
				  : "not probed");
		return;
	}
	switch (summary->stats->end) {
	case ND_TRACE_END_UNREACHABLE:
		if (!add_refusal(draw))
			buf_str(line, "unreachable");
		return;
	case ND_TRACE_END_LOOP:
		add_loop(draw);
		return;
	case ND_TRACE_END_MAX_TTL:
		buf_str(line, "max ttl ");
		buf_u64(line, draw->self->text.head.opts.max_hops);
		break;
	case ND_TRACE_END_NONE:
		buf_str(line, report_reason_name(summary->reason));
		break;
	case ND_TRACE_END_REACHED:
	case ND_TRACE_END_GAP:
		add_silent(draw, last);
		return;
	}
	if (last == NULL) {
		buf_str(line, ", no hop answered");
		return;
	}
	buf_str(line, ", last answer from ");
	add_hop(line, last);
}

void
trace_verdict(const struct trace_draw *draw, bool addr)
{
	const struct report_target *target = draw->target;
	struct buf *line = &draw->self->text.line;

	if (!draw->summary->stats->reached) {
		colored(draw, COLOR_RED, "not reached");
		buf_str(line, ": ");
		add_end(draw);
		return;
	}
	colored(draw, COLOR_GREEN, "reached");
	if (addr && target->addr != NULL) {
		buf_char(line, ' ');
		buf_str(line, target->addr);
	}
	add_reached(draw);
}

/* Hands CLAUSES, ASCII, over to the line, in as many lines as it takes. */
static void
add_clauses(const struct trace_draw *draw, struct buf *clauses)
{
	struct buf *line = &draw->self->text.line;

	if (clauses->len > 0) {
		text_wrap(line, clauses->data, clauses->len, 0,
		    draw->self->text.head.opts.columns, INDENT);
		buf_char(line, '\n');
	}
	line->failed |= clauses->failed;
	buf_free(clauses);
}

/* "4 paths, 95% confidence at each node that branches, 47 probes" */
static void
mda_fact(const struct trace_draw *draw)
{
	const struct nd_trace_stats *stats = draw->summary->stats;
	struct buf b = BUF_INIT;

	if (!draw->summary->mda)
		return;
	buf_u64(&b, stats->paths);
	buf_str(&b, stats->paths == 1 ? " path, " : " paths, ");
	if (stats->confidence >= 0) {
		buf_i64(&b, stats->confidence);
		buf_str(&b, "% confidence at each node that branches");
	} else {
		buf_str(&b, "no confidence: flows went unanswered");
	}
	text_count(&b, 0, stats->sent, "probe", true);
	add_clauses(draw, &b);
}

/*
 * "48 probes, 2 lost, 1 late": where something is odd, or with --verbose. That
 * what was sent past the destination is not awaited is the rule.
 */
static void
counts_fact(const struct trace_draw *draw)
{
	const struct nd_trace_stats *stats = draw->summary->stats;
	const struct report_opts *opts = &draw->self->text.head.opts;
	struct buf b = BUF_INIT;

	if (!opts->verbose && stats->late == 0 && stats->duplicates == 0 &&
	    stats->invalid == 0 && stats->send_errors == 0 &&
	    (stats->unfinished == 0 || stats->end != ND_TRACE_END_NONE))
		return;
	buf_u64(&b, stats->sent);
	buf_str(&b, stats->sent == 1 ? " probe" : " probes");
	text_count(&b, 0, stats->lost, "lost", false);
	text_count(&b, 0, stats->errors, "refused", false);
	text_count(&b, 0, stats->late, "late", false);
	text_count(&b, 0, stats->duplicates, "duplicate", true);
	text_count(&b, 0, stats->unfinished, "unfinished", false);
	text_count(&b, 0, stats->send_errors, "send error", true);
	text_count(&b, 0, stats->invalid, "invalid", false);
	if (stats->invalid > 0 && draw->summary->ctx != NULL && opts->verbose)
		text_reasons(&b, draw->summary->ctx);
	if (stats->duration_ns >= 0) {
		buf_str(&b, ", time ");
		buf_i64(&b, (stats->duration_ns + 500000) / 1000000);
		buf_str(&b, " ms");
	}
	add_clauses(draw, &b);
}

static void
mtu_fact(const struct trace_draw *draw)
{
	const struct nd_trace_stats *stats = draw->summary->stats;
	struct buf *line = &draw->self->text.line;

	if (stats->mtu >= 0) {
		buf_str(line, "mtu of the path: ");
		buf_i64(line, stats->mtu);
		buf_str(line, " bytes\n");
	}
	if (stats->mtu_black_hole > 0) {
		buf_str(line, "black hole: larger packets vanish before hop ");
		buf_u64(line, stats->mtu_black_hole);
		buf_str(line, ", without an error\n");
	}
}

/* Of the probes to the TTL at which the destination answers. */
static struct report_counts
destination_counts(const struct trace_draw *draw)
{
	const struct report_trace_view *view = draw->view;

	for (size_t i = 0; i < view->nhops; i++) {
		const struct nd_trace_hop *hop = &view->hops[i].hop;

		if (hop->ttl == draw->summary->stats->hops)
			return (struct report_counts){.sent = hop->sent,
			    .received = hop->received,
			    .lost = hop->lost,
			    .errors = hop->errors,
			    .send_errors = hop->send_errors,
			    .unfinished = hop->unfinished};
	}
	return (struct report_counts){0};
}

/* Routers may be silent: the limits are the destination's. */
static void
goal_fact(const struct trace_draw *draw)
{
	const struct report_trace_summary *summary = draw->summary;
	const struct report_counts counts = destination_counts(draw);
	const struct text_goal goal = {.over_loss = summary->over_loss,
	    .over_rtt = summary->over_rtt,
	    .judged_rtt_ns = summary->judged_rtt_ns};

	/* Else the last sentence says enough. */
	if (summary->stats->reached)
		text_over(
		    &draw->self->text, &counts, &summary->stats->rtt, &goal);
}

void
trace_facts(const struct trace_draw *draw)
{
	const struct nd_ctx_stats *ctx = draw->summary->ctx;

	mda_fact(draw);
	counts_fact(draw);
	mtu_fact(draw);
	goal_fact(draw);
	if (ctx != NULL)
		text_drops(&draw->self->text.line, ctx->local_drops);
}
