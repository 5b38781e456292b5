/* SPDX-License-Identifier: MIT */
/*
 * report_text_one.c: one target, line for line what ping(8) of iputils
 * 20221126 prints, since scripts read it; what netdiag knows besides follows
 * after the last of those lines.
 */
#include "report_text.h"
#include "safe.h"

#define IP4_HEADER 20
#define ICMP_HEADER 8

static void
one_begin(struct report *report, const struct report_run *run, int64_t now_ns)
{
	(void)now_ns;
	text_self(report)->mode = run->mode;
}

/* "PATTERN: 0xff" */
static void
add_pattern(struct text_report *text, const struct report_start *start)
{
	struct buf *line = &text->line;

	/* As ping(8), not with --quiet. */
	if (start->pattern_len == 0 || text->head.opts.quiet)
		return;
	buf_str(line, "PATTERN: 0x");
	for (size_t i = 0; i < start->pattern_len; i++)
		buf_hex(line, start->pattern[i], 2);
	buf_char(line, '\n');
}

/* "PING localhost (127.0.0.1) 56(84) bytes of data." */
static void
one_start(struct report *report, const struct report_target *target,
    const struct report_start *start, int64_t now_ns)
{
	struct text_report *text = text_self(report);
	const struct report_opts *opts = &report->opts;
	struct buf *line = &text->line;

	(void)now_ns;
	buf_reset(line);
	add_pattern(text, start);
	buf_str(line, "PING ");
	text_name(line, target);
	buf_str(line, target->af == 6 ? "(" : " (");
	text_who(line, target->af == 6 ? start->addr_name : NULL, target->addr);
	buf_str(line, ") ");
	if (start->show_source || start->device != NULL) {
		buf_str(line, "from ");
		buf_str(line, start->src != NULL ? start->src : "");
		buf_char(line, ' ');
		safe_str(line, start->device != NULL ? start->device : "");
		buf_str(line, ": ");
	}
	buf_u64(line, opts->payload);
	if (target->af == 6) {
		buf_str(line, " data bytes\n");
	} else {
		buf_char(line, '(');
		buf_u64(
		    line, (uint64_t)opts->payload + IP4_HEADER + ICMP_HEADER);
		buf_str(line, ") bytes of data.\n");
	}
	text_flush(text);
	if (opts->verbose && opts->warn != NULL) {
		if (text->mode != NULL)
			opts->warn(opts->warn_user, "socket", text->mode, NULL);
		if (start->src != NULL)
			opts->warn(opts->warn_user, "source", start->src, NULL);
	}
}

static void
one_probe(struct report *report, const struct report_target *target,
    const struct nd_ping_event *event, const char *name, int64_t now_ns)
{
	text_probe(text_self(report), target, event, name, true, now_ns);
}

static void
one_interim(struct report *report, const struct report_target *target,
    const struct report_summary *summary, int64_t now_ns)
{
	text_interim(text_self(report), target, summary->stats, now_ns);
}

/* ", +N what", if there were any. */
static void
add_plus(struct buf *line, uint64_t n, const char *what)
{
	if (n == 0)
		return;
	buf_str(line, ", +");
	buf_u64(line, n);
	buf_str(line, what);
}

static void
add_packets(struct buf *line, const struct report_summary *summary)
{
	const struct nd_ping_stats *stats = summary->stats;
	uint64_t transmitted = stats->sent - stats->unfinished;

	buf_u64(line, transmitted);
	buf_str(line, " packets transmitted, ");
	buf_u64(line, stats->received);
	buf_str(line, " received");
	add_plus(line, stats->duplicates, " duplicates");
	if (summary->ctx != NULL)
		add_plus(line, summary->ctx->invalid[ND_INVALID_CHECKSUM],
		    " corrupted");
	add_plus(line, stats->errors, " errors");
	if (transmitted > 0) {
		buf_str(line, ", ");
		buf_pct_g(line, stats->lost + stats->errors, transmitted);
		buf_str(line, "% packet loss, time ");
		buf_i64(line, (stats->duration_ns + 500000) / 1000000);
		buf_str(line, "ms");
	}
	buf_char(line, '\n');
}

/* "rtt min/avg/max/mdev = ...", or an empty line: with no reply too. */
static void
add_rtt(struct text_report *text, const struct nd_ping_stats *stats)
{
	const struct report_opts *opts = &text->head.opts;
	struct buf *line = &text->line;
	const char *comma = "";

	if (stats->rtt.samples > 0) {
		buf_str(line, "rtt min/avg/max/mdev = ");
		buf_ms3(line, stats->rtt.min_ns);
		buf_char(line, '/');
		buf_ms3(line, stats->rtt.avg_ns);
		buf_char(line, '/');
		buf_ms3(line, stats->rtt.max_ns);
		buf_char(line, '/');
		buf_ms3(line, stats->rtt.stddev_ns);
		buf_str(line, " ms");
		comma = ", ";
	}
	if (stats->pipe > 1) {
		buf_str(line, comma);
		buf_str(line, "pipe ");
		buf_u64(line, stats->pipe);
		comma = ", ";
	}
	if (stats->received > 0 && stats->sent > 1 && text->head.ewma_ns >= 0 &&
	    (opts->flood || opts->adaptive)) {
		buf_str(line, comma);
		buf_str(line, "ipg/ewma ");
		buf_ms3(line, stats->duration_ns / (int64_t)(stats->sent - 1));
		buf_char(line, '/');
		buf_ms3(line, text->head.ewma_ns);
		buf_str(line, " ms");
	}
	buf_char(line, '\n');
}

/* " (2 checksum, 1 tag)" */
static void
add_reasons(struct buf *line, const struct nd_ctx_stats *ctx)
{
	size_t from;
	unsigned i;

	buf_str(line, " (");
	from = line->len;
	for (i = 0; i < ND_INVALID_COUNT; i++) {
		if (ctx->invalid[i] == 0)
			continue;
		if (line->len > from)
			buf_str(line, ", ");
		buf_u64(line, ctx->invalid[i]);
		buf_char(line, ' ');
		buf_str(line, nd_invalid_name((enum nd_invalid)i));
	}
	if (line->len == from)
		line->len -= 2;
	else
		buf_char(line, ')');
}

/* What ping(8) does not count. */
static void
add_counts(struct buf *line, const struct report_summary *summary)
{
	const struct nd_ping_stats *stats = summary->stats;
	const size_t from = line->len;

	text_count(line, from, stats->late, "late", false);
	text_count(line, from, stats->unfinished, "unfinished", false);
	text_count(line, from, stats->send_errors, "send error", true);
	text_count(line, from, stats->invalid, "invalid", false);
	if (stats->invalid > 0 && summary->ctx != NULL)
		add_reasons(line, summary->ctx);
	if (line->len > from)
		buf_char(line, '\n');
}

static void
add_percentiles(struct buf *line, const struct nd_rtt *rtt)
{
	const int64_t values[] = {
	    rtt->p50_ns, rtt->p95_ns, rtt->p99_ns, rtt->jitter_ns};
	size_t i;

	if (rtt->samples < 2)
		return;
	buf_str(line, "p50/p95/p99/jitter = ");
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (i > 0)
			buf_char(line, '/');
		if (values[i] < 0)
			buf_char(line, '-');
		else
			buf_ms3(line, values[i]);
	}
	buf_str(line, " ms\n");
}

/*
 * "failed: 25% loss (--max-loss 5%), p95 12.345 ms (--max-rtt 10ms)"; "90% loss
 * with send errors" where the line of ping(8) leaves these out.
 */
static void
add_verdict(struct text_report *text, const struct report_summary *summary)
{
	const struct nd_ping_stats *stats = summary->stats;
	const struct report_share loss = report_goal_loss(stats);
	const struct report_opts *opts = &text->head.opts;
	struct buf *line = &text->line;

	if (!summary->over_loss && !summary->over_rtt)
		return;
	buf_str(line, "failed: ");
	if (summary->over_loss) {
		text_loss(line, loss.part, loss.whole);
		buf_str(line, " loss");
		if (stats->send_errors > 0)
			buf_str(line, " with send errors");
		buf_str(line, " (");
		text_max_loss(line, opts);
		buf_str(line, summary->over_rtt ? "), " : ")\n");
	}
	if (!summary->over_rtt)
		return;
	if (summary->judged_rtt_ns < 0) {
		buf_str(line, "no reply in time (");
	} else {
		buf_str(line, stats->rtt.p95_ns >= 0 ? "p95 " : "max ");
		buf_ms3(line, summary->judged_rtt_ns);
		buf_str(line, " ms (");
	}
	text_max_rtt(line, opts);
	buf_str(line, ")\n");
}

static void
one_summary(struct report *report, const struct report_target *target,
    const struct report_summary *summary, int64_t now_ns)
{
	struct text_report *text = text_self(report);
	struct buf *line = &text->line;

	(void)now_ns;
	buf_reset(line);
	buf_str(line, "\n--- ");
	text_name(line, target);
	buf_str(line, " ping statistics ---\n");
	add_packets(line, summary);
	add_rtt(text, summary->stats);
	add_counts(line, summary);
	add_verdict(text, summary);
	if (!report->opts.scraped)
		add_percentiles(line, &summary->stats->rtt);
	if (summary->ctx != NULL)
		text_drops(line, summary->ctx->local_drops);
	text_senders(line, summary);
	text_flush(text);
}

/* The message on stderr says it all. */
static void
one_error(struct report *report, const struct report_target *target,
    const struct report_error *error, int64_t now_ns)
{
	(void)report;
	(void)target;
	(void)error;
	(void)now_ns;
}

static void
one_end(struct report *report, const struct report_end *end, int64_t now_ns)
{
	(void)report;
	(void)end;
	(void)now_ns;
}

const struct report_ops report_text_one_ops = {
    .at_end = true,
    .begin = one_begin,
    .start = one_start,
    .probe = one_probe,
    .interim = one_interim,
    .summary = one_summary,
    .error = one_error,
    .end = one_end,
    .free = text_free,
};
