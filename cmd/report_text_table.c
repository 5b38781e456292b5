/* SPDX-License-Identifier: MIT */
/* report_text_table.c: rows and columns of a table, and the line over all. */
#include "report_text_table.h"

#include "color.h"
#include "safe.h"

#define NAME_HEAD "TARGET"
#define NAME_LEAST 12 /* columns give way before the name is cut below it */
#define MESSAGE_AT 3  /* columns behind what stands before it */
#define NOTE_INDENT 2

void
text_layout(const struct text_table *table, const struct report_opts *opts,
    struct text_layout *ret)
{
	const struct text_column *columns = table->columns;
	size_t name = opts->name_width;
	size_t taken = 0;
	size_t i;

	if (name < sizeof(NAME_HEAD) - 1)
		name = sizeof(NAME_HEAD) - 1;
	for (i = 0; i < table->ncolumns; i++) {
		ret->shown[i] = true;
		taken += columns[i].width;
	}
	ret->name = name;
	ret->cut = opts->columns > 0;
	for (i = 0; ret->cut && i < table->nleast; i++) {
		size_t wanted =
		    i < table->nkeep || name < NAME_LEAST ? name : NAME_LEAST;

		if (taken + wanted <= opts->columns)
			break;
		ret->shown[table->least[i]] = false;
		taken -= columns[table->least[i]].width;
	}
	if (ret->cut && taken + name > opts->columns)
		ret->name = opts->columns > taken + sizeof(NAME_HEAD) - 1
				? opts->columns - taken
				: sizeof(NAME_HEAD) - 1;
	ret->width = ret->name + taken;
}

void
text_table_begin(
    struct report *report, const struct report_run *run, int64_t now_ns)
{
	(void)now_ns;
	if (report->opts.verbose && report->opts.warn != NULL &&
	    run->mode != NULL)
		report->opts.warn(
		    report->opts.warn_user, "socket", run->mode, NULL);
	text_self(report)->mode = run->mode;
}

void
text_interrupted(struct text_report *text, enum report_reason reason)
{
	if (reason == REPORT_INTERRUPTED && text->head.opts.columns > 0)
		text->lines = true;
}

static void
pad(struct buf *line, size_t from, const struct text_column *column)
{
	if (column->left)
		buf_pad_right(line, from, column->width - 1);
	else
		buf_pad_left(line, from, column->width - 1);
}

static void
head(struct text_report *text, const struct text_table *table,
    const struct text_layout *layout)
{
	struct buf *line = &text->line;
	size_t i;

	if (text->lines)
		buf_char(line, '\n');
	safe_column(line, NAME_HEAD, layout->name, false, false);
	for (i = 0; i < table->ncolumns; i++) {
		size_t from;

		if (!layout->shown[i])
			continue;
		buf_char(line, ' ');
		from = line->len;
		buf_str(line, table->columns[i].head);
		pad(line, from, &table->columns[i]);
	}
	buf_char(line, '\n');
}

void
text_row(struct text_report *text, const struct report_target *target,
    const struct text_table *table, const struct text_layout *layout)
{
	const struct report_opts *opts = &text->head.opts;
	struct buf *line = &text->line;
	struct buf name = BUF_INIT;

	buf_reset(line);
	if (!text->header) {
		text->header = true;
		head(text, table, layout);
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

void
text_cell(struct buf *line, const struct text_column *column, struct buf *cell,
    const char *color)
{
	size_t from;

	buf_char(line, ' ');
	if (color != NULL)
		buf_str(line, color);
	from = line->len;
	buf_add(line, cell->data, cell->len);
	pad(line, from, column);
	if (color != NULL)
		buf_str(line, COLOR_RESET);
	line->failed |= cell->failed;
	buf_reset(cell);
}

void
text_row_note(struct text_report *text, const struct text_layout *layout,
    struct buf *note)
{
	const size_t columns = text->head.opts.columns;
	struct buf *line = &text->line;
	size_t used = layout->width;

	if (note->len > 0 && columns > 0 &&
	    used + NOTE_INDENT + note->len > columns) {
		buf_char(line, '\n');
		used = 0;
	}
	if (note->len > 0) {
		buf_fill(line, ' ', NOTE_INDENT);
		text_wrap(line, note->data, note->len, used + NOTE_INDENT,
		    columns, NOTE_INDENT);
	}
	buf_char(line, '\n');
	line->failed |= note->failed;
	buf_free(note);
}

void
text_row_message(struct text_report *text, size_t column, const char *message)
{
	const struct report_opts *opts = &text->head.opts;
	struct buf *line = &text->line;
	const size_t rest = opts->columns > column + MESSAGE_AT
				? opts->columns - column - MESSAGE_AT
				: 1;

	buf_fill(line, ' ', MESSAGE_AT);
	if (opts->color)
		buf_str(line, COLOR_RED);
	if (opts->columns > 0 && safe_width(message) > rest)
		safe_column(line, message, rest, true, opts->utf8);
	else
		safe_str(line, message);
	if (opts->color)
		buf_str(line, COLOR_RESET);
	buf_char(line, '\n');
}

/* And by how much where the column LOSS says otherwise. */
static void
add_over_loss(struct buf *note, const struct report_counts *counts)
{
	const struct report_share loss = report_goal_loss(counts);

	buf_str(note, note->len > 0 ? ", over --max-loss" : "over --max-loss");
	if (counts->send_errors == 0)
		return;
	buf_str(note, " (");
	text_loss(note, loss.part, loss.whole);
	buf_str(note, " with send errors)");
}

void
text_note_goal(struct buf *note, const struct report_counts *counts,
    const struct text_goal *goal)
{
	if (goal->over_loss)
		add_over_loss(note, counts);
	if (goal->over_rtt)
		buf_str(note,
		    note->len > 0 ? ", over --max-rtt" : "over --max-rtt");
}

void
text_note_counts(struct buf *note, const struct report_counts *counts)
{
	text_count(note, 0, counts->late, "late", false);
	text_count(note, 0, counts->duplicates, "duplicate", true);
	text_count(note, 0, counts->invalid, "invalid", false);
	text_count(note, 0, counts->send_errors, "send error", true);
}

void
text_over_limits(struct buf *line, const struct report_opts *opts,
    const struct report_end *end)
{
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

void
text_over_all(
    struct text_report *text, struct buf *targets, struct buf *packets)
{
	const size_t columns = text->head.opts.columns;
	struct buf *line = &text->line;
	bool two;

	buf_char(targets, ';');
	line->failed |= targets->failed || packets->failed;
	two = columns > 0 && targets->len + 1 + packets->len > columns;
	text_wrap(line, targets->data, targets->len, 0, columns, NOTE_INDENT);
	buf_char(line, two ? '\n' : ' ');
	if (two)
		buf_fill(line, ' ', NOTE_INDENT);
	text_wrap(line, packets->data, packets->len,
	    two ? NOTE_INDENT : targets->len + 1, columns, NOTE_INDENT);
	buf_char(line, '\n');
	buf_free(targets);
	buf_free(packets);
}
