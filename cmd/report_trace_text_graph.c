/* SPDX-License-Identifier: MIT */
/*
 * report_trace_text_graph.c: all paths as a graph. The nodes of one hop are the
 * branches of a tree, called 2a, 2b and so on; behind a node stands to which
 * nodes of the next hop it leads, where that is not plain to see.
 */
#include "report_trace_text.h"

#include "addrtext.h"

#define LETTERS 26
#define BRANCH 3 /* columns of a branch, with its blank */
#define FLOWS_WIDTH 7
#define RTT_WIDTH 9
#define UNIT_WIDTH 3
#define NUMBERS (FLOWS_WIDTH + RTT_WIDTH + UNIT_WIDTH)
#define WHO_LEAST 15
#define WHO_PIPE 60
#define INDENT 2

struct layout {
	size_t label, who;
	bool letters; /* some hop has several nodes */
};

static size_t
column_of_addresses(const struct layout *layout)
{
	return layout->label + (layout->letters ? BRANCH : 1);
}

/* Nodes of a hop by letters: a to z, then aa, ab. */
static void
add_letters(struct buf *line, size_t i)
{
	if (i >= LETTERS)
		buf_char(line, (char)('a' + i / LETTERS - 1));
	buf_char(line, (char)('a' + i % LETTERS));
}

static void
add_label(struct buf *line, const struct report_trace_view_hop *hop, size_t i)
{
	buf_u64(line, hop->hop.ttl);
	if (hop->nnodes > 1)
		add_letters(line, i);
}

static void
lay_out(const struct trace_draw *draw, struct layout *ret)
{
	const struct report_opts *opts = &draw->self->text.head.opts;
	const size_t widest = trace_who_widest(draw);
	size_t taken, nodes = 0;

	for (size_t i = 0; i < draw->view->nhops; i++) {
		if (draw->view->hops[i].nnodes > nodes)
			nodes = draw->view->hops[i].nnodes;
	}
	ret->letters = nodes > 1;
	ret->label = trace_ttl_width(opts) - 1;
	if (nodes > 1)
		ret->label += nodes > LETTERS ? 2 : 1;
	taken = column_of_addresses(ret) + NUMBERS;
	ret->who = widest < WHO_PIPE ? widest : WHO_PIPE;
	if (opts->columns > 0 && taken + ret->who > opts->columns)
		ret->who =
		    opts->columns > taken ? opts->columns - taken : WHO_LEAST;
	if (ret->who < WHO_LEAST)
		ret->who = WHO_LEAST;
}

/* The branch of the I-th node of N. */
static void
add_branch(const struct trace_draw *draw, size_t i, size_t n)
{
	static const char *const signs[2][3] = {
	    {"+-", "|-", "`-"},
	    /* U+252C, U+251C, U+2514, each with U+2500 */
	    {"\xe2\x94\xac\xe2\x94\x80", "\xe2\x94\x9c\xe2\x94\x80",
		"\xe2\x94\x94\xe2\x94\x80"},
	};
	const char *const *sign =
	    signs[draw->self->text.head.opts.utf8 ? 1 : 0];
	struct buf *line = &draw->self->text.line;

	if (n < 2)
		buf_str(line, "  ");
	else if (i == 0)
		buf_str(line, sign[0]);
	else
		buf_str(line, sign[i + 1 < n ? 1 : 2]);
}

/* "per flow over 4", "over 3 (per flow or per packet: unknown)" */
static void
note_balancing(struct buf *note, enum nd_trace_balancing kind, size_t links)
{
	static const char *const words[] = {
	    [ND_TRACE_BALANCE_NONE] = "over ",
	    [ND_TRACE_BALANCE_FLOW] = "per flow over ",
	    [ND_TRACE_BALANCE_PACKET] = "per packet over ",
	    [ND_TRACE_BALANCE_UNKNOWN] = "unknown balancing over ",
	};

	if (kind == ND_TRACE_BALANCE_DESTINATION) {
		trace_note(note, "per destination");
		return;
	}
	if (links < 2 && kind != ND_TRACE_BALANCE_PACKET)
		return;
	trace_note(note, words[kind]);
	buf_u64(note, links);
}

/* "to 3a (6), 3c (4)": the flows of each link. */
static void
note_links(struct buf *note, const struct report_trace_view_hop *hop,
    const struct report_trace_view_hop *next, size_t node)
{
	bool first = true;

	for (size_t i = 0; i < hop->nlinks; i++) {
		const struct nd_trace_link *link = &hop->links[i];

		if (link->from != node || link->to >= next->nnodes)
			continue;
		if (first)
			trace_note(note, "to ");
		else
			buf_str(note, ", ");
		first = false;
		add_label(note, next, link->to);
		buf_str(note, " (");
		buf_u64(note, trace_flow_count(&link->flows));
		buf_char(note, ')');
	}
}

static void
note_way(struct buf *note, const struct report_trace_view_hop *hop,
    const struct report_trace_view_hop *next, size_t node)
{
	size_t links = 0;

	for (size_t i = 0; i < hop->nlinks; i++)
		links += hop->links[i].from == node;
	note_balancing(note, hop->nodes[node].balancing, links);
	if (next == NULL || next->nnodes == 0)
		return;
	if (hop->nnodes > 1 && next->nnodes > 1)
		note_links(note, hop, next, node);
	if (links == 0 && hop->nlinks > 0 && !hop->nodes[node].node.destination)
		trace_note(note, "no link seen");
}

/* The TTL, flush right. */
static void
begin_line(
    const struct trace_draw *draw, const struct report_trace_view_hop *hop)
{
	struct buf *line = &draw->self->text.line;
	const size_t from = line->len;

	buf_u64(line, hop->hop.ttl);
	buf_pad_left(
	    line, from, trace_ttl_width(&draw->self->text.head.opts) - 2);
}

static void
node_line(const struct trace_draw *draw, const struct layout *layout,
    struct trace_lines *lines, const struct report_trace_view_hop *hop,
    const struct report_trace_view_hop *next, size_t i)
{
	const struct nd_trace_node *node = &hop->nodes[i].node;
	struct buf *line = &draw->self->text.line;
	struct buf note = BUF_INIT;
	const size_t begin = column_of_addresses(layout);
	size_t column, from = line->len;

	begin_line(draw, hop);
	if (hop->nnodes > 1)
		add_letters(line, i);
	buf_pad_right(line, from, layout->label);
	if (layout->letters)
		add_branch(draw, i, hop->nnodes);
	buf_char(line, ' ');
	column =
	    trace_who_column(draw, &node->addr, begin, layout->who, NUMBERS);
	from = line->len;
	buf_u64(line, trace_flow_count(&node->flows));
	buf_pad_left(line, from, FLOWS_WIDTH);
	from = line->len;
	text_ms(line, node->rtt.avg_ns);
	buf_pad_left(line, from, RTT_WIDTH);
	buf_str(line, " ms");
	note_way(&note, hop, next, i);
	if (i == 0)
		trace_note_hop(&note, &hop->hop);
	trace_note_node(draw, lines, &note, node);
	trace_note_end(draw, column + NUMBERS, begin, node, &note);
}

static void
silent_line(const struct trace_draw *draw, const struct layout *layout,
    const struct report_trace_view_hop *hop)
{
	struct buf *line = &draw->self->text.line;
	struct buf note = BUF_INIT;
	const size_t from = line->len;
	const size_t begin = column_of_addresses(layout);

	begin_line(draw, hop);
	buf_pad_right(line, from, begin);
	buf_char(line, '*');
	trace_note_hop(&note, &hop->hop);
	trace_note_end(draw, begin + 1, begin, NULL, &note);
}

static void
head(const struct trace_draw *draw, const struct layout *layout)
{
	struct buf *line = &draw->self->text.line;
	size_t from = line->len;

	buf_str(line, "HOP");
	buf_pad_right(line, from, column_of_addresses(layout));
	from = line->len;
	buf_str(line, "ADDRESS");
	buf_pad_right(line, from, layout->who);
	buf_str(line, "  FLOWS      AVG\n");
}

/* "hop 3 (203.0.113.1)" */
static void
add_place(struct buf *line, const struct report_trace_view_hop *hop)
{
	char text[ADDRTEXT_MAX];

	buf_str(line, "hop ");
	buf_u64(line, hop->hop.ttl);
	if (hop->nnodes != 1)
		return;
	buf_str(line, " (");
	buf_str(line,
	    addrtext((const struct sockaddr *)&hop->nodes[0].node.addr, text));
	buf_char(line, ')');
}

/*
 * "diamond from hop 1 (192.0.2.1) to hop 3 (203.0.113.1): 4 wide": the hops
 * FIRST to END, END excluded.
 */
static void
diamond(const struct trace_draw *draw, size_t first, size_t end)
{
	const struct report_trace_view *view = draw->view;
	struct buf line = BUF_INIT;
	bool meshed = false;
	size_t wide = 0;

	for (size_t i = first; i < end; i++) {
		const struct report_trace_view_hop *hop = &view->hops[i];
		const size_t next =
		    i + 1 < view->nhops ? view->hops[i + 1].nnodes : 0;

		if (hop->nnodes > wide)
			wide = hop->nnodes;
		meshed |= hop->nnodes > 1 && next > 1 &&
			  hop->nlinks > hop->nnodes && hop->nlinks > next;
	}
	buf_str(&line, "diamond from ");
	if (first > 0)
		add_place(&line, &view->hops[first - 1]);
	else
		buf_str(&line, "the source");
	buf_str(&line, end < view->nhops ? " to " : " on");
	if (end < view->nhops)
		add_place(&line, &view->hops[end]);
	buf_str(&line, ": ");
	buf_u64(&line, wide);
	buf_str(&line, " wide");
	if (end - first > 1) {
		buf_str(&line, ", ");
		buf_u64(&line, end - first);
		buf_str(&line, " hops long");
	}
	buf_str(&line, meshed ? ", meshed" : "");
	text_wrap(&draw->self->text.line, line.data, line.len, 0,
	    draw->self->text.head.opts.columns, INDENT);
	buf_char(&draw->self->text.line, '\n');
	draw->self->text.line.failed |= line.failed;
	buf_free(&line);
}

static void
diamonds(const struct trace_draw *draw)
{
	const struct report_trace_view *view = draw->view;

	for (size_t i = 0; i < view->nhops; i++) {
		const size_t first = i;

		if (view->hops[i].nnodes < 2)
			continue;
		while (i < view->nhops && view->hops[i].nnodes != 1)
			i++;
		diamond(draw, first, i);
	}
}

void
trace_graph(const struct trace_draw *draw)
{
	const struct report_trace_view *view = draw->view;
	struct trace_lines lines = {.tos = draw->self->text.head.opts.tos};
	struct layout layout;

	if (view->nhops == 0)
		return;
	lay_out(draw, &layout);
	head(draw, &layout);
	for (size_t i = 0; i < view->nhops; i++) {
		const struct report_trace_view_hop *hop = &view->hops[i];
		const struct report_trace_view_hop *next =
		    i + 1 < view->nhops ? hop + 1 : NULL;

		if (hop->nnodes == 0)
			silent_line(draw, &layout, hop);
		for (size_t j = 0; j < hop->nnodes; j++)
			node_line(draw, &layout, &lines, hop, next, j);
	}
	diamonds(draw);
}
