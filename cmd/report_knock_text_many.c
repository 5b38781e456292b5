/* SPDX-License-Identifier: MIT */
/*
 * report_knock_text_many.c: many ports: lines that name their port, at the end
 * a table with a row for each and one line over all.
 */
#include "report_knock_text.h"
#include "report_text_table.h"

enum column {
	COL_PORT,
	COL_STATE,
	COL_SENT,
	COL_LOSS,
	COL_MIN,
	COL_AVG,
	COL_P95,
	COL_MAX,
	COL_COUNT
};

static const struct text_column columns_of[COL_COUNT] = {
    [COL_PORT] = {"PORT", 6, false},
    [COL_STATE] = {"STATE", 9, true},
    [COL_SENT] = {"SENT", 7, false},
    [COL_LOSS] = {"LOSS", 9, false},
    [COL_MIN] = {"MIN", 9, false},
    [COL_AVG] = {"AVG", 9, false},
    [COL_P95] = {"P95", 9, false},
    [COL_MAX] = {"MAX", 9, false},
};

static const unsigned least[] = {COL_SENT, COL_MIN, COL_P95, COL_MAX};

static const struct text_table table = {
    .columns = columns_of,
    .ncolumns = COL_COUNT,
    .least = least,
    .nleast = sizeof(least) / sizeof(least[0]),
    .nkeep = 3,
};

static void
many_probe(struct report *report, const struct report_target *target,
    const struct nd_knock_event *event, const char *name, int64_t now_ns)
{
	knock_text_probe(text_self(report), target, event, name, false, now_ns);
}

static void
add_cell(struct buf *cell, uint16_t port, const struct nd_knock_stats *stats,
    bool probed, enum column col)
{
	switch (col) {
	case COL_PORT:
		buf_u64(cell, port);
		break;
	case COL_STATE:
		buf_str(
		    cell, probed ? report_knock_state_name(stats->state) : "-");
		break;
	case COL_SENT:
		buf_u64(cell, stats->sent - stats->unfinished);
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

static void
add_words(struct buf *note, const char *words)
{
	if (note->len > 0)
		buf_str(note, ", ");
	buf_str(note, words);
}

/* WORD NULL: nothing is known of it. */
static void
add_ecn(struct buf *note, const char *what, const char *word)
{
	if (word == NULL)
		return;
	add_words(note, what);
	buf_str(note, word);
}

/* "mixed: 3 SYN-ACKs, 1 RST" */
static void
add_mixed(struct buf *note, const struct nd_knock_stats *stats)
{
	if (!stats->mixed)
		return;
	add_words(note, "mixed: ");
	buf_u64(note, stats->syn_acks);
	buf_str(note, stats->syn_acks == 1 ? " SYN-ACK, " : " SYN-ACKs, ");
	buf_u64(note, stats->rsts);
	buf_str(note, stats->rsts == 1 ? " RST" : " RSTs");
}

/* What has no column: first what is wrong. */
static void
add_notes(struct buf *note, const struct report_knock_summary *summary,
    const struct report_counts *counts)
{
	const struct nd_knock_stats *stats = summary->stats;
	const struct text_goal goal = {
	    .over_loss = summary->over_loss, .over_rtt = summary->over_rtt};

	if (summary->expect != ND_KNOCK_STATE_OPEN &&
	    stats->state != summary->expect && !report_not_probed(counts)) {
		add_words(note, "not ");
		buf_str(note, report_knock_state_name(summary->expect));
	}
	text_note_goal(note, counts, &goal);
	add_mixed(note, stats);
	if (stats->rst_ttl_differs)
		add_words(note, "RSTs of a middlebox");
	if (stats->rst_lost)
		add_words(note, "our RSTs do not arrive");
	add_ecn(note, "ecn ", report_knock_ecn_name(stats->ecn));
	add_ecn(note, "ecn path ", report_knock_ecn_path_name(stats->ecn_path));
	text_count(note, 0, stats->errors, "ICMP error", true);
	text_count(note, 0, stats->unfinished, "unfinished", false);
	text_count(note, 0, stats->lost_out, "lost out", false);
	text_count(note, 0, stats->lost_back, "lost back", false);
	text_note_counts(note, counts);
}

static void
remember(struct text_report *text, const struct report_knock_summary *summary)
{
	text->rows[summary->stats->state]++;
	/* The default needs no words: the states are all told. */
	if (summary->expect != ND_KNOCK_STATE_OPEN)
		text->unexpected += summary->stats->state != summary->expect;
}

/* "  flow 2 from port 40002: 4/10, 60% loss, min/avg/max = ... ms" */
static void
add_flow(struct text_report *text, const struct report_knock_flow *flow)
{
	const struct nd_knock_flow *f = &flow->stats;
	const uint64_t out = f->received + f->lost + f->errors;
	struct buf *line = &text->line;

	buf_str(line, "  flow ");
	buf_u64(line, flow->flow);
	buf_str(line, " from port ");
	buf_u64(line, f->port);
	buf_str(line, ": ");
	buf_u64(line, f->received);
	buf_char(line, '/');
	buf_u64(line, out);
	if (out > 0) {
		buf_str(line, ", ");
		text_loss(line, f->lost + f->errors, out);
		buf_str(line, " loss");
	}
	if (f->min_ns >= 0) {
		buf_str(line, ", ");
		text_min_avg_max(line, f->min_ns, f->avg_ns, f->max_ns);
	}
	buf_char(line, '\n');
}

static void
many_summary(struct report *report, const struct report_target *target,
    const struct report_knock_summary *summary, int64_t now_ns)
{
	struct text_report *text = text_self(report);
	const struct nd_knock_stats *stats = summary->stats;
	const struct report_counts counts = report_knock_counts(stats);
	const bool probed = !report_not_probed(&counts);
	const char *color = report->opts.color && probed
				? knock_text_color(stats->state)
				: NULL;
	struct buf cell = BUF_INIT, note = BUF_INIT;
	struct text_layout layout;

	(void)now_ns;
	text_layout(&table, &report->opts, &layout);
	text_interrupted(text, summary->reason);
	text_row(text, target, &table, &layout);
	for (unsigned i = 0; i < COL_COUNT; i++) {
		if (!layout.shown[i])
			continue;
		add_cell(&cell, target->port, stats, probed, (enum column)i);
		text_cell(&text->line, &columns_of[i], &cell,
		    i == COL_STATE ? color : NULL);
	}
	buf_free(&cell);
	if (probed)
		remember(text, summary);
	add_notes(&note, summary, &counts);
	text_row_note(text, &layout, &note);
	for (size_t i = 0; report->opts.flows > 1 && i < summary->nflows; i++)
		add_flow(text, &summary->flows[i]);
	text_flush(text);
}

/* A row with a message for the numbers, but for the port. */
static void
many_error(struct report *report, const struct report_target *target,
    const struct report_error *error, int64_t now_ns)
{
	struct text_report *text = text_self(report);
	struct buf cell = BUF_INIT;
	struct text_layout layout;

	(void)now_ns;
	if (target == NULL)
		return;
	text_layout(&table, &report->opts, &layout);
	text_row(text, target, &table, &layout);
	if (target->port > 0)
		buf_u64(&cell, target->port);
	text_cell(&text->line, &columns_of[COL_PORT], &cell, NULL);
	buf_free(&cell);
	text_row_message(
	    text, layout.name + columns_of[COL_PORT].width, error->message);
	text_flush(text);
}

/* "12 ports: 9 open, 2 closed, 1 filtered" */
static void
add_ports(struct buf *line, const struct text_report *text,
    const struct report_end *end)
{
	const uint64_t open = text->rows[ND_KNOCK_STATE_OPEN];
	const uint64_t closed = text->rows[ND_KNOCK_STATE_CLOSED];
	const uint64_t filtered = text->rows[ND_KNOCK_STATE_FILTERED];

	buf_u64(line, end->targets);
	buf_str(line, end->targets == 1 ? " port: " : " ports: ");
	buf_u64(line, open);
	buf_str(line, " open, ");
	buf_u64(line, closed);
	buf_str(line, " closed, ");
	buf_u64(line, filtered);
	buf_str(line, " filtered");
	text_count(line, 0,
	    end->targets - open - closed - filtered - end->not_probed -
		end->unresolved,
	    "failed", false);
	text_count(line, 0, end->not_probed, "not probed", false);
	text_count(line, 0, end->unresolved, "unresolved", false);
	text_over_limits(line, &text->head.opts, end);
}

static void
many_end(struct report *report, const struct report_end *end, int64_t now_ns)
{
	struct text_report *text = text_self(report);
	struct buf ports = BUF_INIT, packets = BUF_INIT;

	(void)now_ns;
	buf_reset(&text->line);
	add_ports(&ports, text, end);
	text_count(&ports, 0, text->unexpected, "not as expected", false);
	text_packets(&packets, end);
	text_over_all(text, &ports, &packets);
	text_drops(&text->line, end->local_drops);
	text_flush(text);
}

const struct report_knock_ops report_knock_text_many_ops = {
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
    .interim = knock_text_interim,
    .summary = many_summary,
};
