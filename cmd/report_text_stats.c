/* SPDX-License-Identifier: MIT */
/* report_text_stats.c: statistics in words that the commands share. */
#include "report_text.h"

#define US_PER_MS 1000

void
text_time(struct buf *line, int64_t rtt_ns)
{
	uint64_t us;

	if (rtt_ns < 0)
		return;
	us = ((uint64_t)rtt_ns + 500) / 1000;
	buf_str(line, " time=");
	if (us >= 99950) {
		buf_u64(line, (us + 500) / US_PER_MS);
	} else if (us >= 9995) {
		us += 50;
		buf_u64(line, us / US_PER_MS);
		buf_char(line, '.');
		buf_u64(line, us % US_PER_MS / 100);
	} else if (us >= 1000) {
		us += 5;
		buf_u64(line, us / US_PER_MS);
		buf_char(line, '.');
		buf_u64_zero(line, us % US_PER_MS / 10, 2);
	} else {
		buf_str(line, "0.");
		buf_u64_zero(line, us, 3);
	}
	buf_str(line, " ms");
}

void
text_ms(struct buf *line, int64_t ns)
{
	if (ns < 0)
		buf_char(line, '-');
	else
		buf_ms3(line, ns);
}

void
text_min_avg_max(
    struct buf *line, int64_t min_ns, int64_t avg_ns, int64_t max_ns)
{
	buf_str(line, "min/avg/max = ");
	buf_ms3(line, min_ns);
	buf_char(line, '/');
	buf_ms3(line, avg_ns);
	buf_char(line, '/');
	buf_ms3(line, max_ns);
	buf_str(line, " ms");
}

void
text_interim(struct text_report *text, const struct report_target *target,
    const char *state, const struct report_counts *counts,
    const struct nd_rtt *rtt, int64_t now_ns)
{
	struct buf *line = text_line(text, now_ns);
	uint64_t transmitted = counts->sent - counts->unfinished;

	text_name_port(line, target);
	buf_str(line, ": ");
	if (state != NULL) {
		buf_str(line, state);
		buf_str(line, ", ");
	}
	buf_u64(line, counts->received);
	buf_char(line, '/');
	buf_u64(line, transmitted);
	buf_str(line, " packets, ");
	text_loss(line, counts->lost + counts->errors, transmitted);
	buf_str(line, " loss");
	if (rtt->samples > 0) {
		buf_str(line, ", ");
		text_min_avg_max(line, rtt->min_ns, rtt->avg_ns, rtt->max_ns);
	}
	buf_char(line, '\n');
	text_flush(text);
}

void
text_rtt(struct buf *line, const struct nd_rtt *rtt)
{
	buf_str(line, "rtt min/avg/max/mdev = ");
	buf_ms3(line, rtt->min_ns);
	buf_char(line, '/');
	buf_ms3(line, rtt->avg_ns);
	buf_char(line, '/');
	buf_ms3(line, rtt->max_ns);
	buf_char(line, '/');
	buf_ms3(line, rtt->stddev_ns);
	buf_str(line, " ms");
}

void
text_percentiles(struct buf *line, const struct nd_rtt *rtt)
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
		text_ms(line, values[i]);
	}
	buf_str(line, " ms\n");
}

void
text_reasons(struct buf *line, const struct nd_ctx_stats *ctx)
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

void
text_over(struct text_report *text, const struct report_counts *counts,
    const struct nd_rtt *rtt, const struct text_goal *goal)
{
	const struct report_share loss = report_goal_loss(counts);
	const struct report_opts *opts = &text->head.opts;
	struct buf *line = &text->line;

	if (!goal->over_loss && !goal->over_rtt)
		return;
	buf_str(line, "failed: ");
	if (goal->over_loss) {
		text_loss(line, loss.part, loss.whole);
		buf_str(line, " loss");
		if (counts->send_errors > 0)
			buf_str(line, " with send errors");
		buf_str(line, " (");
		text_max_loss(line, opts);
		buf_str(line, goal->over_rtt ? "), " : ")\n");
	}
	if (!goal->over_rtt)
		return;
	if (goal->judged_rtt_ns < 0) {
		buf_str(line, "no reply in time (");
	} else {
		buf_str(line, rtt->p95_ns >= 0 ? "p95 " : "max ");
		buf_ms3(line, goal->judged_rtt_ns);
		buf_str(line, " ms (");
	}
	text_max_rtt(line, opts);
	buf_str(line, ")\n");
}

void
text_packets(struct buf *line, const struct report_end *end)
{
	const uint64_t sent = end->sent - end->unfinished;

	buf_u64(line, sent);
	buf_str(line, " sent, ");
	buf_u64(line, end->received);
	buf_str(line, " received");
	if (sent > 0) {
		buf_str(line, ", ");
		text_loss(line, end->lost + end->errors, sent);
		buf_str(line, " loss");
	}
	text_count(line, 0, end->late, "late", false);
	text_count(line, 0, end->send_errors, "send error", true);
	text_count(line, 0, end->unfinished, "unfinished", false);
	buf_str(line, ", ");
	/* Milliseconds are enough for people. */
	buf_sec(line, (end->duration_ns + 500000) / 1000000 * 1000000);
	buf_str(line, " s");
}
