/* SPDX-License-Identifier: MIT */
/*
 * report_ping_text_one.c: one target, line for line what ping(8) of iputils
 * 20221126 prints, since scripts read it; what netdiag knows besides follows
 * after the last of those lines.
 */
#include "report_ping_text.h"
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
	text_set_up(text, start);
}

static void
one_probe(struct report *report, const struct report_target *target,
    const struct nd_ping_event *event, const char *name, int64_t now_ns)
{
	ping_text_probe(text_self(report), target, event, name, true, now_ns);
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
add_packets(struct buf *line, const struct report_ping_summary *summary)
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
		text_rtt(line, &stats->rtt);
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

/* What ping(8) does not count. */
static void
add_counts(struct buf *line, const struct report_ping_summary *summary)
{
	const struct nd_ping_stats *stats = summary->stats;
	const size_t from = line->len;

	text_count(line, from, stats->late, "late", false);
	text_count(line, from, stats->unfinished, "unfinished", false);
	text_count(line, from, stats->send_errors, "send error", true);
	text_count(line, from, stats->invalid, "invalid", false);
	if (stats->invalid > 0 && summary->ctx != NULL)
		text_reasons(line, summary->ctx);
	if (line->len > from)
		buf_char(line, '\n');
}

static void
one_summary(struct report *report, const struct report_target *target,
    const struct report_ping_summary *summary, int64_t now_ns)
{
	struct text_report *text = text_self(report);
	const struct report_counts counts = report_ping_counts(summary->stats);
	const struct text_goal goal = {.over_loss = summary->over_loss,
	    .over_rtt = summary->over_rtt,
	    .judged_rtt_ns = summary->judged_rtt_ns};
	struct buf *line = &text->line;

	(void)now_ns;
	buf_reset(line);
	buf_str(line, "\n--- ");
	text_name(line, target);
	buf_str(line, " ping statistics ---\n");
	add_packets(line, summary);
	add_rtt(text, summary->stats);
	add_counts(line, summary);
	text_over(text, &counts, &summary->stats->rtt, &goal);
	if (!report->opts.scraped)
		text_percentiles(line, &summary->stats->rtt);
	if (summary->ctx != NULL)
		text_drops(line, summary->ctx->local_drops);
	ping_text_senders(line, summary);
	text_flush(text);
}

const struct report_ping_ops report_ping_text_one_ops = {
    .common =
	{
	    .at_end = true,
	    .begin = one_begin,
	    .start = one_start,
	    /* The message on stderr says it all. */
	    .error = text_quiet_error,
	    .end = text_quiet_end,
	    .free = text_free,
	},
    .probe = one_probe,
    .interim = ping_text_interim,
    .summary = one_summary,
};
