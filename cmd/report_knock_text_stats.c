/* SPDX-License-Identifier: MIT */
/* report_knock_text_stats.c: the statistics of one port, and of its flows. */
#include "color.h"
#include "report_knock_text.h"

#define INDENT 2

/* Hands CLAUSES, ASCII, over to the line, in as many lines as it takes. */
static void
add_clauses(struct text_report *text, struct buf *clauses)
{
	struct buf *line = &text->line;

	if (clauses->len > 0) {
		text_wrap(line, clauses->data, clauses->len, 0,
		    text->head.opts.columns, INDENT);
		buf_char(line, '\n');
	}
	line->failed |= clauses->failed;
	buf_free(clauses);
}

/* " (25%: 0 out, 1 back, 0 unknown)": the part that was lost, and where. */
static void
add_lost(struct buf *b, const struct nd_knock_stats *stats, uint64_t sent)
{
	buf_str(b, " (");
	text_loss(b, stats->lost, sent);
	if (stats->lost > 0) {
		buf_str(b, ": ");
		buf_u64(b, stats->lost_out);
		buf_str(b, " out, ");
		buf_u64(b, stats->lost_back);
		buf_str(b, " back, ");
		buf_u64(b, stats->lost_unknown);
		buf_str(b, " unknown");
	}
	buf_char(b, ')');
}

/* "4 SYNs sent, 3 received, 1 lost (25%: ...), time 3004 ms" */
static void
add_syns(struct text_report *text, const struct nd_knock_stats *stats)
{
	const uint64_t sent = stats->sent - stats->unfinished;
	struct buf b = BUF_INIT;

	buf_u64(&b, stats->sent);
	buf_str(&b, stats->sent == 1 ? " SYN sent, " : " SYNs sent, ");
	buf_u64(&b, stats->received);
	buf_str(&b, " received");
	if (sent > 0) {
		buf_str(&b, ", ");
		buf_u64(&b, stats->lost);
		buf_str(&b, " lost");
		add_lost(&b, stats, sent);
	}
	text_count(&b, 0, stats->errors, "ICMP error", true);
	if (stats->errors > 0) {
		buf_str(&b, " (");
		text_loss(&b, stats->lost + stats->errors, sent);
		buf_str(&b, " loss in all)");
	}
	if (stats->duration_ns >= 0 && sent > 0) {
		buf_str(&b, ", time ");
		buf_i64(&b, (stats->duration_ns + 500000) / 1000000);
		buf_str(&b, " ms");
	}
	add_clauses(text, &b);
}

static void
add_verdict_of(struct text_report *text, const struct nd_knock_stats *stats)
{
	struct buf *line = &text->line;

	if (stats->state == ND_KNOCK_STATE_FILTERED) {
		buf_str(line, stats->errors + stats->late_errors > 0
				  ? ": refused by ICMP, without an answer of "
				    "the target"
				  : ": the target did not answer");
		return;
	}
	buf_str(line, stats->mixed ? ", but mixed: " : ": ");
	buf_u64(line, stats->syn_acks);
	buf_str(line, stats->syn_acks == 1 ? " SYN-ACK, " : " SYN-ACKs, ");
	buf_u64(line, stats->rsts);
	buf_str(line, stats->rsts == 1 ? " RST" : " RSTs");
	text_count(line, 0, stats->challenges, "challenge ACK", true);
}

/* "port 443 is open: 3 SYN-ACKs, 0 RSTs" */
static void
add_state(struct text_report *text, const struct report_target *target,
    const struct nd_knock_stats *stats, bool probed)
{
	const bool color = text->head.opts.color;
	struct buf *line = &text->line;

	buf_str(line, "port ");
	buf_u64(line, target->port);
	if (stats->sent == 0) {
		buf_str(line, " was not probed\n");
		return;
	}
	if (!probed) {
		buf_str(line, " has no verdict yet: all SYNs were still "
			      "awaited at the end\n");
		return;
	}
	buf_str(line, " is ");
	buf_str(line, color ? knock_text_color(stats->state) : "");
	buf_str(line, report_knock_state_name(stats->state));
	buf_str(line, color ? COLOR_RESET : "");
	add_verdict_of(text, stats);
	buf_char(line, '\n');
}

/* What is rare. */
static void
add_counts(struct text_report *text, const struct report_knock_summary *summary)
{
	const struct nd_knock_stats *stats = summary->stats;
	struct buf b = BUF_INIT;

	text_count(&b, 0, stats->late, "late", false);
	text_count(&b, 0, stats->ambiguous, "ambiguous", false);
	text_count(&b, 0, stats->duplicates, "duplicate", true);
	text_count(&b, 0, stats->unfinished, "unfinished", false);
	text_count(&b, 0, stats->send_errors, "send error", true);
	text_count(&b, 0, stats->invalid, "invalid", false);
	if (stats->invalid > 0 && summary->ctx != NULL &&
	    text->head.opts.verbose)
		text_reasons(&b, summary->ctx);
	add_clauses(text, &b);
}

/* ", WHAT N", or ", no WHAT". */
static void
add_option(struct buf *b, const char *what, int value)
{
	buf_str(b, ", ");
	if (value < 0) {
		buf_str(b, "no ");
		buf_str(b, what);
		return;
	}
	buf_str(b, what);
	buf_char(b, ' ');
	buf_i64(b, value);
}

static void
add_tcp(struct buf *b, const struct nd_knock_stats *stats)
{
	const struct nd_knock_tcp *tcp = &stats->tcp;
	const char *ecn = report_knock_ecn_name(stats->ecn);

	/* By connect(2) the window is not seen, and the MSS not always. */
	if (tcp->window >= 0 || tcp->mss >= 0)
		add_option(b, "mss", tcp->mss);
	if (tcp->window >= 0)
		add_option(b, "window", tcp->window);
	add_option(b, "wscale", tcp->wscale);
	buf_str(b, tcp->sack ? ", sack" : ", no sack");
	buf_str(b, tcp->timestamps ? ", timestamps" : ", no timestamps");
	if (ecn != NULL) {
		buf_str(b, ", ecn ");
		buf_str(b, ecn);
	}
}

/* "server: ttl 57 (about 8 hops away), mss 1460, window 65160, ..." */
static void
add_server(struct text_report *text, const struct nd_knock_stats *stats)
{
	struct buf b = BUF_INIT;

	if (stats->ttl >= 0) {
		const int hops = report_knock_hops(stats->ttl);

		buf_str(&b, ", ttl ");
		buf_i64(&b, stats->ttl);
		buf_str(&b, " (about ");
		buf_i64(&b, hops);
		buf_str(&b, hops == 1 ? " hop away)" : " hops away)");
	}
	if (stats->has_tcp)
		add_tcp(&b, stats);
	if (b.len > 0 && !b.failed) {
		/* The first comma gives way. */
		buf_str(&text->line, "server:");
		text_wrap(&text->line, b.data + 1, b.len - 1,
		    sizeof("server:") - 1, text->head.opts.columns, INDENT);
		buf_char(&text->line, '\n');
	}
	text->line.failed |= b.failed;
	buf_free(&b);
}

static void
add_path(struct buf *line, enum nd_knock_ecn_path path)
{
	static const char *const words[] = {
	    [ND_KNOCK_ECN_PATH_CLEAN] = "marks get to the server",
	    [ND_KNOCK_ECN_PATH_BLEACHED] =
		"marks or flags of SYNs are cleared on the way",
	    [ND_KNOCK_ECN_PATH_MARKED] = "packets come with CE",
	    [ND_KNOCK_ECN_PATH_BLOCKED] =
		"SYNs that ask for ECN get no answer, others do",
	};

	if (path == ND_KNOCK_ECN_PATH_UNKNOWN)
		return;
	buf_str(line, "ecn path ");
	buf_str(line, report_knock_ecn_path_name(path));
	buf_str(line, ": ");
	buf_str(line, words[path]);
	buf_char(line, '\n');
}

/* What a firewall or a middlebox does. */
static void
add_flags(struct text_report *text, const struct nd_knock_stats *stats)
{
	struct buf *line = &text->line;

	if (stats->rst_ttl_differs) {
		buf_str(line, "RSTs come with another TTL than SYN-ACKs");
		if (text->rst_ttl > 0 && text->syn_ack_ttl > 0 &&
		    text->rst_ttl != text->syn_ack_ttl) {
			buf_str(line, " (");
			buf_i64(line, text->rst_ttl);
			buf_str(line, " / ");
			buf_i64(line, text->syn_ack_ttl);
			buf_char(line, ')');
		}
		buf_str(line, ": a middlebox resets\n");
	}
	if (stats->rst_lost)
		buf_str(line,
		    "the server repeats its SYN-ACKs: our RSTs do not arrive "
		    "there\n");
	add_path(line, stats->ecn_path);
}

/* "failed: the port is not closed (--expect closed)" */
static void
add_expected(struct text_report *text,
    const struct report_knock_summary *summary, bool probed)
{
	struct buf *line = &text->line;

	if (!probed || summary->stats->state == summary->expect)
		return;
	buf_str(line, "failed: the port is not ");
	buf_str(line, report_knock_state_name(summary->expect));
	/* The default needs no name. */
	if (summary->expect != ND_KNOCK_STATE_OPEN) {
		buf_str(line, " (--expect ");
		buf_str(line, report_knock_state_name(summary->expect));
		buf_char(line, ')');
	}
	buf_char(line, '\n');
}

void
knock_text_statistics(struct text_report *text,
    const struct report_target *target,
    const struct report_knock_summary *summary)
{
	const struct nd_knock_stats *stats = summary->stats;
	const struct report_counts counts = report_knock_counts(stats);
	const struct text_goal goal = {.over_loss = summary->over_loss,
	    .over_rtt = summary->over_rtt,
	    .judged_rtt_ns = summary->judged_rtt_ns};
	const bool probed = !report_not_probed(&counts);

	add_syns(text, stats);
	add_state(text, target, stats, probed);
	if (stats->rtt.samples > 0) {
		text_rtt(&text->line, &stats->rtt);
		buf_char(&text->line, '\n');
	}
	text_percentiles(&text->line, &stats->rtt);
	add_counts(text, summary);
	add_server(text, stats);
	add_flags(text, stats);
	add_expected(text, summary, probed);
	text_over(text, &counts, &stats->rtt, &goal);
	if (summary->ctx != NULL)
		text_drops(&text->line, summary->ctx->local_drops);
}

/* What was appended since FROM becomes a cell WIDTH wide; returns its end. */
static size_t
end_cell(struct buf *line, size_t from, size_t width)
{
	buf_pad_left(line, from, width);
	return line->len;
}

/* "   2  40002     10      4      60%    1.000    1.100    1.300" */
static void
add_flow(struct text_report *text, const struct report_knock_flow *flow)
{
	const struct nd_knock_flow *f = &flow->stats;
	const uint64_t out = f->received + f->lost + f->errors;
	const bool color = text->head.opts.color && out > f->received;
	const int64_t times[] = {f->min_ns, f->avg_ns, f->max_ns};
	struct buf *line = &text->line;
	size_t from = line->len;

	buf_u64(line, flow->flow);
	from = end_cell(line, from, 4);
	buf_u64(line, f->port);
	from = end_cell(line, from, 7);
	buf_u64(line, out);
	from = end_cell(line, from, 7);
	buf_u64(line, f->received);
	(void)end_cell(line, from, 7);
	buf_str(line, color ? COLOR_YELLOW : "");
	from = line->len;
	text_loss(line, f->lost + f->errors, out);
	(void)end_cell(line, from, 9);
	buf_str(line, color ? COLOR_RESET : "");
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		from = line->len;
		text_ms(line, times[i]);
		(void)end_cell(line, from, 9);
	}
	buf_char(line, '\n');
}

void
knock_text_flows(
    struct text_report *text, const struct report_knock_summary *summary)
{
	if (summary->nflows < 2)
		return;
	buf_str(&text->line, "FLOW   PORT   SENT   RECV     LOSS      MIN"
			     "      AVG      MAX\n");
	for (size_t i = 0; i < summary->nflows; i++)
		add_flow(text, &summary->flows[i]);
}
