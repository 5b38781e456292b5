/* SPDX-License-Identifier: MIT */
/*
 * report_trace_text_table.c: the statistics of several cycles: a row for each
 * hop and address, the columns that the terminal has room for. What was sent
 * and lost is the hop's, so it stands in its first row.
 */
#include "color.h"
#include "report_text_table.h"
#include "report_trace_text.h"

#define WHO_LEAST 15
#define WHO_WANTED 44 /* columns give way before addresses get less */
#define WHO_PIPE 60

enum column {
	COL_LOSS,
	COL_SENT,
	COL_RECV,
	COL_MIN,
	COL_AVG,
	COL_P95,
	COL_MAX,
	COL_STDDEV,
	COL_JITTER,
	COL_COUNT
};

static const struct text_column columns_of[COL_COUNT] = {
    [COL_LOSS] = {"LOSS", 9, false},
    [COL_SENT] = {"SENT", 6, false},
    [COL_RECV] = {"RECV", 6, false},
    [COL_MIN] = {"MIN", 9, false},
    [COL_AVG] = {"AVG", 9, false},
    [COL_P95] = {"P95", 9, false},
    [COL_MAX] = {"MAX", 9, false},
    [COL_STDDEV] = {"STDDEV", 9, false},
    [COL_JITTER] = {"JITTER", 9, false},
};

/* The order in which they give way. */
static const enum column least[] = {
    COL_JITTER, COL_RECV, COL_MIN, COL_P95, COL_SENT, COL_STDDEV};

struct layout {
	size_t who, numbers;
	bool shown[COL_COUNT];
};

static void
lay_out(const struct trace_draw *draw, struct layout *ret)
{
	const struct report_opts *opts = &draw->self->text.head.opts;
	const size_t widest = trace_who_widest(draw);
	const size_t wanted = widest < WHO_WANTED ? widest : WHO_WANTED;
	const size_t ttl = trace_ttl_width(opts);

	ret->numbers = 0;
	for (size_t i = 0; i < COL_COUNT; i++) {
		ret->shown[i] = true;
		ret->numbers += columns_of[i].width;
	}
	ret->who = widest < WHO_PIPE ? widest : WHO_PIPE;
	for (size_t i = 0;
	     opts->columns > 0 && i < sizeof(least) / sizeof(least[0]); i++) {
		if (ttl + wanted + ret->numbers <= opts->columns)
			break;
		ret->shown[least[i]] = false;
		ret->numbers -= columns_of[least[i]].width;
	}
	if (opts->columns > 0 && ttl + ret->who + ret->numbers > opts->columns)
		ret->who = opts->columns > ttl + ret->numbers
			       ? opts->columns - ttl - ret->numbers
			       : 0;
	if (ret->who < WHO_LEAST)
		ret->who = WHO_LEAST;
}

static void
head(const struct trace_draw *draw, const struct layout *layout)
{
	struct buf *line = &draw->self->text.line;
	struct buf cell = BUF_INIT;
	size_t from = line->len;

	buf_str(line, "HOP ");
	buf_pad_right(line, from, trace_ttl_width(&draw->self->text.head.opts));
	from = line->len;
	buf_str(line, "ADDRESS");
	buf_pad_right(line, from, layout->who);
	for (size_t i = 0; i < COL_COUNT; i++) {
		if (!layout->shown[i])
			continue;
		buf_str(&cell, columns_of[i].head);
		text_cell(line, &columns_of[i], &cell, NULL);
	}
	buf_free(&cell);
	buf_char(line, '\n');
}

/* NODE: NULL, nobody answered. FIRST: the first row of the hop. */
static void
add_cell(struct buf *cell, const struct nd_trace_hop *hop,
    const struct nd_trace_node *node, bool first, enum column col)
{
	static const struct nd_rtt none = {0, -1, -1, -1, -1, -1, -1, -1, -1};
	const struct nd_rtt *rtt = node != NULL ? &node->rtt : &none;

	switch (col) {
	case COL_LOSS:
		if (first)
			text_loss(cell, hop->lost, hop->sent - hop->unfinished);
		break;
	case COL_SENT:
		if (first)
			buf_u64(cell, hop->sent - hop->unfinished);
		break;
	case COL_RECV:
		buf_u64(cell, node != NULL ? node->received : 0);
		break;
	case COL_MIN:
		text_ms(cell, rtt->min_ns);
		break;
	case COL_AVG:
		text_ms(cell, rtt->avg_ns);
		break;
	case COL_P95:
		text_ms(cell, rtt->p95_ns);
		break;
	case COL_MAX:
		text_ms(cell, rtt->max_ns);
		break;
	case COL_STDDEV:
		text_ms(cell, rtt->stddev_ns);
		break;
	case COL_JITTER:
		text_ms(cell, rtt->jitter_ns);
		break;
	case COL_COUNT:
		break;
	}
}

static void
row(const struct trace_draw *draw, struct trace_lines *lines,
    const struct layout *layout, const struct nd_trace_hop *hop,
    const struct nd_trace_node *node, bool first)
{
	const struct report_opts *opts = &draw->self->text.head.opts;
	const bool loss = first && hop->rate_limited != 1 && hop->lost > 0;
	struct buf *line = &draw->self->text.line;
	struct buf cell = BUF_INIT, note = BUF_INIT;
	const size_t begin = trace_ttl_width(opts);
	size_t column = begin + layout->who, from = line->len;

	if (first)
		buf_u64(line, hop->ttl);
	buf_pad_left(line, from, begin - 2);
	buf_str(line, "  ");
	from = line->len;
	if (node != NULL) {
		column = trace_who_column(
		    draw, &node->addr, begin, layout->who, layout->numbers);
	} else {
		buf_char(line, '*');
		buf_pad_right(line, from, layout->who);
	}
	for (size_t i = 0; i < COL_COUNT; i++) {
		if (!layout->shown[i])
			continue;
		add_cell(&cell, hop, node, first, (enum column)i);
		text_cell(line, &columns_of[i], &cell,
		    opts->color && loss && i == COL_LOSS ? COLOR_YELLOW : NULL);
	}
	buf_free(&cell);
	if (first)
		trace_note_hop(&note, hop);
	if (node != NULL)
		trace_note_node(draw, lines, &note, node);
	trace_note_end(draw, column + layout->numbers, begin, node, &note);
}

void
trace_table(const struct trace_draw *draw)
{
	struct trace_lines lines = {.tos = draw->self->text.head.opts.tos};
	struct layout layout;

	if (draw->view->nhops == 0)
		return;
	lay_out(draw, &layout);
	head(draw, &layout);
	for (size_t i = 0; i < draw->view->nhops; i++) {
		const struct report_trace_view_hop *hop = &draw->view->hops[i];

		if (hop->nnodes == 0)
			row(draw, &lines, &layout, &hop->hop, NULL, true);
		for (size_t j = 0; j < hop->nnodes; j++)
			row(draw, &lines, &layout, &hop->hop,
			    &hop->nodes[j].node, j == 0);
	}
}
