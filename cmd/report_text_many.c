/* SPDX-License-Identifier: MIT */
/*
 * report_text_many.c: many targets: lines that name their target, at the end a
 * table with a row for each and one line over all.
 */
#include <string.h>

#include "color.h"
#include "report_text.h"
#include "safe.h"

#define NAME_HEAD "TARGET"
#define NAME_LEAST 12 /* columns give way before the name is cut below it */
#define CAUSE_AT 3    /* below the S of SENT */
#define NOTE_INDENT 2

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

static const struct {
	const char *head;
	size_t width; /* the blank before it included */
} columns_of[COL_COUNT] = {
    [COL_SENT] = {"SENT", 7},
    [COL_RECV] = {"RECV", 7},
    [COL_LOSS] = {"LOSS", 9},
    [COL_MIN] = {"MIN", 9},
    [COL_AVG] = {"AVG", 9},
    [COL_P95] = {"P95", 9},
    [COL_MAX] = {"MAX", 9},
};

/* What of the table fits. */
struct layout {
	size_t name; /* width of the first column */
	bool cut;    /* the name may be longer than that */
	size_t rest; /* columns for a message, 0: any */
	bool shown[COL_COUNT];
};

static void
layout_of(const struct report_opts *opts, struct layout *ret)
{
	/*
	 * In this order columns are given up on a narrow terminal: the first
	 * two so that names stay whole, the others before they are too short.
	 */
	static const enum column least[] = {
	    COL_MIN, COL_P95, COL_MAX, COL_RECV};
	size_t name = opts->name_width;
	size_t taken = 0;
	size_t i;

	if (name < sizeof(NAME_HEAD) - 1)
		name = sizeof(NAME_HEAD) - 1;
	for (i = 0; i < COL_COUNT; i++) {
		ret->shown[i] = true;
		taken += columns_of[i].width;
	}
	ret->name = name;
	ret->cut = opts->columns > 0;
	ret->rest = 0;
	if (!ret->cut)
		return;
	for (i = 0; i < sizeof(least) / sizeof(least[0]); i++) {
		size_t wanted = i < 2 || name < NAME_LEAST ? name : NAME_LEAST;

		if (taken + wanted <= opts->columns)
			break;
		ret->shown[least[i]] = false;
		taken -= columns_of[least[i]].width;
	}
	if (taken + name > opts->columns)
		ret->name = opts->columns > taken + sizeof(NAME_HEAD) - 1
				? opts->columns - taken
				: sizeof(NAME_HEAD) - 1;
	ret->rest = opts->columns > ret->name + CAUSE_AT
			? opts->columns - ret->name - CAUSE_AT
			: 1;
}

static void
many_begin(struct report *report, const struct report_run *run, int64_t now_ns)
{
	struct text_report *text = text_self(report);

	(void)now_ns;
	if (report->opts.verbose && report->opts.warn != NULL &&
	    run->mode != NULL)
		report->opts.warn(
		    report->opts.warn_user, "socket", run->mode, NULL);
	text->mode = run->mode;
}

static void
many_start(struct report *report, const struct report_target *target,
    const struct report_start *start, int64_t now_ns)
{
	(void)report;
	(void)target;
	(void)start;
	(void)now_ns;
}

static void
many_probe(struct report *report, const struct report_target *target,
    const struct nd_ping_event *event, const char *name, int64_t now_ns)
{
	text_probe(text_self(report), target, event, name, false, now_ns);
}

static void
many_interim(struct report *report, const struct report_target *target,
    const struct report_summary *summary, int64_t now_ns)
{
	struct text_report *text = text_self(report);

	text_interim(text, target, summary->stats, now_ns);
	text->lines = true;
}

static void
head(struct text_report *text, const struct layout *layout)
{
	struct buf *line = &text->line;
	size_t i;

	if (text->lines)
		buf_char(line, '\n');
	safe_column(line, NAME_HEAD, layout->name, false, false);
	for (i = 0; i < COL_COUNT; i++) {
		size_t from = line->len;

		if (!layout->shown[i])
			continue;
		buf_str(line, columns_of[i].head);
		buf_pad_left(line, from, columns_of[i].width);
	}
	buf_char(line, '\n');
}

/* Begins a row: the head of the table before the first, then the name. */
static void
row(struct text_report *text, const struct report_target *target,
    const struct layout *layout)
{
	const struct report_opts *opts = &text->head.opts;
	struct buf *line = &text->line;
	struct buf name = BUF_INIT;

	buf_reset(line);
	if (!text->header) {
		text->header = true;
		head(text, layout);
	}
	if (target->name != NULL)
		buf_str(&name, target->name);
	else if (target->addr != NULL)
		buf_str(&name, target->addr);
	if (opts->with_addr && target->name != NULL && target->addr != NULL) {
		buf_str(&name, " (");
		buf_str(&name, target->addr);
		buf_char(&name, ')');
	}
	buf_char(&name, '\0');
	if (!name.failed && layout->cut)
		text_middle(line, name.data, layout->name, opts->utf8);
	else if (!name.failed)
		safe_column(line, name.data, layout->name, false, opts->utf8);
	buf_free(&name);
}

static void
add_cell(struct buf *line, const struct nd_ping_stats *stats, enum column col)
{
	int64_t ns = -1;

	switch (col) {
	case COL_SENT:
		buf_u64(line, stats->sent - stats->unfinished);
		return;
	case COL_RECV:
		buf_u64(line, stats->received);
		return;
	case COL_LOSS:
		text_loss(line, stats->lost + stats->errors,
		    stats->sent - stats->unfinished);
		return;
	case COL_MIN:
		ns = stats->rtt.min_ns;
		break;
	case COL_AVG:
		ns = stats->rtt.avg_ns;
		break;
	case COL_P95:
		ns = stats->rtt.p95_ns;
		break;
	case COL_MAX:
		ns = stats->rtt.max_ns;
		break;
	case COL_COUNT:
		return;
	}
	if (ns < 0)
		buf_char(line, '-');
	else
		buf_ms3(line, ns);
}

/* NULL: no colour for it. */
static const char *
loss_color(const struct nd_ping_stats *stats)
{
	if (stats->received == 0)
		return stats->sent > stats->unfinished ? COLOR_RED : NULL;
	return stats->lost + stats->errors > 0 ? COLOR_YELLOW : COLOR_GREEN;
}

/* "over --max-loss": and by how much where the column LOSS says otherwise. */
static void
add_over_loss(struct buf *note, const struct report_summary *summary)
{
	const struct report_share loss = report_goal_loss(summary->stats);

	if (!summary->over_loss)
		return;
	buf_str(note, "over --max-loss");
	if (summary->stats->send_errors == 0)
		return;
	buf_str(note, " (");
	text_loss(note, loss.part, loss.whole);
	buf_str(note, " with send errors)");
}

/*
 * "3 late, 2 send errors": what has no column, behind the numbers; below them
 * where the terminal is too narrow.
 */
static void
add_note(struct text_report *text, const struct report_summary *summary,
    const struct layout *layout)
{
	const struct nd_ping_stats *stats = summary->stats;
	const size_t columns = text->head.opts.columns;
	struct buf *line = &text->line;
	struct buf note = BUF_INIT;
	size_t used = layout->name;

	add_over_loss(&note, summary);
	if (summary->over_rtt)
		buf_str(&note,
		    note.len > 0 ? ", over --max-rtt" : "over --max-rtt");
	text_count(&note, 0, stats->late, "late", false);
	text_count(&note, 0, stats->duplicates, "duplicate", true);
	text_count(&note, 0, stats->invalid, "invalid", false);
	text_count(&note, 0, stats->send_errors, "send error", true);
	for (size_t i = 0; i < COL_COUNT; i++)
		used += layout->shown[i] ? columns_of[i].width : 0;
	if (note.len > 0 && columns > 0 &&
	    used + NOTE_INDENT + note.len > columns) {
		buf_char(line, '\n');
		used = 0;
	}
	if (note.len > 0) {
		buf_fill(line, ' ', NOTE_INDENT);
		text_wrap(line, note.data, note.len, used + NOTE_INDENT,
		    columns, NOTE_INDENT);
	}
	line->failed |= note.failed;
	buf_free(&note);
}

static void
many_summary(struct report *report, const struct report_target *target,
    const struct report_summary *summary, int64_t now_ns)
{
	struct text_report *text = text_self(report);
	struct buf *line = &text->line;
	const char *color =
	    report->opts.color ? loss_color(summary->stats) : NULL;
	struct layout layout;
	size_t i;

	(void)now_ns;
	layout_of(&report->opts, &layout);
	/* The terminal has shown ^C at the beginning of the line. */
	if (summary->reason == REPORT_INTERRUPTED && report->opts.columns > 0)
		text->lines = true;
	row(text, target, &layout);
	for (i = 0; i < COL_COUNT; i++) {
		bool colored = i == COL_LOSS && color != NULL;
		size_t from;

		if (!layout.shown[i])
			continue;
		buf_char(line, ' ');
		if (colored)
			buf_str(line, color);
		from = line->len;
		add_cell(line, summary->stats, (enum column)i);
		buf_pad_left(line, from, columns_of[i].width - 1);
		if (colored)
			buf_str(line, COLOR_RESET);
	}
	add_note(text, summary, &layout);
	buf_char(line, '\n');
	text_senders(line, summary);
	text_flush(text);
}

/* A row with a message for the numbers. */
static void
many_error(struct report *report, const struct report_target *target,
    const struct report_error *error, int64_t now_ns)
{
	struct text_report *text = text_self(report);
	struct buf *line = &text->line;
	struct layout layout;

	(void)now_ns;
	if (target == NULL)
		return;
	layout_of(&report->opts, &layout);
	row(text, target, &layout);
	buf_fill(line, ' ', CAUSE_AT);
	if (report->opts.color)
		buf_str(line, COLOR_RED);
	if (layout.cut && safe_width(error->message) > layout.rest)
		safe_column(
		    line, error->message, layout.rest, true, report->opts.utf8);
	else
		safe_str(line, error->message);
	if (report->opts.color)
		buf_str(line, COLOR_RESET);
	buf_char(line, '\n');
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
	if (end->over_loss > 0) {
		buf_str(line, ", ");
		buf_u64(line, end->over_loss);
		buf_str(line, " over ");
		text_max_loss(line, opts);
	}
	if (end->over_rtt > 0) {
		buf_str(line, ", ");
		buf_u64(line, end->over_rtt);
		buf_str(line, " over ");
		text_max_rtt(line, opts);
	}
}

/* "9 sent, 3 received, 66.667% loss, 1 late, 2.003 s" */
static void
add_packets(struct buf *line, const struct report_end *end)
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

/* One line over all; on a terminal where that is too long, two or more. */
static void
many_end(struct report *report, const struct report_end *end, int64_t now_ns)
{
	struct text_report *text = text_self(report);
	const size_t columns = report->opts.columns;
	struct buf *line = &text->line;
	struct buf targets = BUF_INIT, packets = BUF_INIT;
	bool two;

	(void)now_ns;
	buf_reset(line);
	add_targets(&targets, &report->opts, end);
	buf_char(&targets, ';');
	add_packets(&packets, end);
	line->failed |= targets.failed || packets.failed;
	two = columns > 0 && targets.len + 1 + packets.len > columns;
	text_wrap(line, targets.data, targets.len, 0, columns, NOTE_INDENT);
	buf_char(line, two ? '\n' : ' ');
	if (two)
		buf_fill(line, ' ', NOTE_INDENT);
	text_wrap(line, packets.data, packets.len,
	    two ? NOTE_INDENT : targets.len + 1, columns, NOTE_INDENT);
	buf_char(line, '\n');
	buf_free(&targets);
	buf_free(&packets);
	text_drops(line, end->local_drops);
	text_flush(text);
}

const struct report_ops report_text_many_ops = {
    .at_end = true,
    .begin = many_begin,
    .start = many_start,
    .probe = many_probe,
    .interim = many_interim,
    .summary = many_summary,
    .error = many_error,
    .end = many_end,
    .free = text_free,
};
