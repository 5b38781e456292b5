/* SPDX-License-Identifier: MIT */
/*
 * report_ping_text_many.c: many targets: lines that name their target, at the
 * end a table with a row for each and one line over all.
 */
#include "color.h"
#include "report_ping_text.h"
#include "report_text_table.h"

enum column {
	COL_SENT,
	COL_RECV,
	COL_LOSS,
	COL_MIN,
	COL_AVG,
	COL_P95,
	COL_MAX,
	COL_COUNT
};

static const struct text_column columns_of[COL_COUNT] = {
    [COL_SENT] = {"SENT", 7, false},
    [COL_RECV] = {"RECV", 7, false},
    [COL_LOSS] = {"LOSS", 9, false},
    [COL_MIN] = {"MIN", 9, false},
    [COL_AVG] = {"AVG", 9, false},
    [COL_P95] = {"P95", 9, false},
    [COL_MAX] = {"MAX", 9, false},
};

static const unsigned least[] = {COL_MIN, COL_P95, COL_MAX, COL_RECV};

static const struct text_table table = {
    .columns = columns_of,
    .ncolumns = COL_COUNT,
    .least = least,
    .nleast = sizeof(least) / sizeof(least[0]),
    .nkeep = 2,
};

static void
many_probe(struct report *report, const struct report_target *target,
    const struct nd_ping_event *event, const char *name, int64_t now_ns)
{
	ping_text_probe(text_self(report), target, event, name, false, now_ns);
}

static void
add_cell(struct buf *cell, const struct nd_ping_stats *stats, enum column col)
{
	switch (col) {
	case COL_SENT:
		buf_u64(cell, stats->sent - stats->unfinished);
		break;
	case COL_RECV:
		buf_u64(cell, stats->received);
		break;
	case COL_LOSS:
		text_loss(cell, stats->lost + stats->errors,
		    stats->sent - stats->unfinished);
		break;
	case COL_MIN:
		text_ms(cell, stats->rtt.min_ns);
		break;
	case COL_AVG:
		text_ms(cell, stats->rtt.avg_ns);
		break;
	case COL_P95:
		text_ms(cell, stats->rtt.p95_ns);
		break;
	case COL_MAX:
		text_ms(cell, stats->rtt.max_ns);
		break;
	case COL_COUNT:
		break;
	}
}

/* NULL: no colour for it. */
static const char *
loss_color(const struct nd_ping_stats *stats)
{
	if (stats->received == 0)
		return stats->sent > stats->unfinished ? COLOR_RED : NULL;
	return stats->lost + stats->errors > 0 ? COLOR_YELLOW : COLOR_GREEN;
}

static void
many_summary(struct report *report, const struct report_target *target,
    const struct report_ping_summary *summary, int64_t now_ns)
{
	struct text_report *text = text_self(report);
	const struct report_counts counts = report_ping_counts(summary->stats);
	const struct text_goal goal = {
	    .over_loss = summary->over_loss, .over_rtt = summary->over_rtt};
	struct buf *line = &text->line;
	struct buf cell = BUF_INIT, note = BUF_INIT;
	const char *color =
	    report->opts.color ? loss_color(summary->stats) : NULL;
	struct text_layout layout;

	(void)now_ns;
	text_layout(&table, &report->opts, &layout);
	text_interrupted(text, summary->reason);
	text_row(text, target, &table, &layout);
	for (unsigned i = 0; i < COL_COUNT; i++) {
		if (!layout.shown[i])
			continue;
		add_cell(&cell, summary->stats, (enum column)i);
		text_cell(
		    line, &columns_of[i], &cell, i == COL_LOSS ? color : NULL);
	}
	buf_free(&cell);
	text_note_goal(&note, &counts, &goal);
	text_note_counts(&note, &counts);
	text_row_note(text, &layout, &note);
	ping_text_senders(line, summary);
	text_flush(text);
}

/* A row with a message for the numbers, below the S of SENT. */
static void
many_error(struct report *report, const struct report_target *target,
    const struct report_error *error, int64_t now_ns)
{
	struct text_report *text = text_self(report);
	struct text_layout layout;

	(void)now_ns;
	if (target == NULL)
		return;
	text_layout(&table, &report->opts, &layout);
	text_row(text, target, &table, &layout);
	text_row_message(text, layout.name, error->message);
	text_flush(text);
}

/* "3 targets: 1 alive, 2 down, 1 over --max-loss 5%" */
static void
add_targets(struct buf *line, const struct report_opts *opts,
    const struct report_end *end)
{
	buf_u64(line, end->targets);
	buf_str(line, end->targets == 1 ? " target: " : " targets: ");
	buf_u64(line, end->alive);
	buf_str(line, " alive, ");
	buf_u64(line,
	    end->targets - end->alive - end->unresolved - end->not_probed);
	buf_str(line, " down");
	text_count(line, 0, end->not_probed, "not probed", false);
	text_count(line, 0, end->unresolved, "unresolved", false);
	text_over_limits(line, opts, end);
}

static void
many_end(struct report *report, const struct report_end *end, int64_t now_ns)
{
	struct text_report *text = text_self(report);
	struct buf targets = BUF_INIT, packets = BUF_INIT;

	(void)now_ns;
	buf_reset(&text->line);
	add_targets(&targets, &report->opts, end);
	text_packets(&packets, end);
	text_over_all(text, &targets, &packets);
	text_drops(&text->line, end->local_drops);
	text_flush(text);
}

const struct report_ping_ops report_ping_text_many_ops = {
    .common =
	{
	    .at_end = true,
	    .begin = text_table_begin,
	    .start = text_quiet_start,
	    .error = many_error,
	    .end = many_end,
	    .free = text_free,
	},
    .probe = many_probe,
    .interim = ping_text_interim,
    .summary = many_summary,
};
