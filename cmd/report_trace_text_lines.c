/* SPDX-License-Identifier: MIT */
/*
 * report_trace_text_lines.c: a line for each hop and address. The columns of
 * numbers are the flows, so that the eye follows one of them down its way;
 * where there are too many for that, their minimum, average and maximum.
 */
#include "report_trace_text.h"

#define FLOW_WIDTH 9 /* the blank before it included */
#define UNIT_WIDTH 3 /* " ms" */
#define MARK_WIDTH 3 /* " !H" */
#define RECV_WIDTH 8
#define RANGE_WIDTH (RECV_WIDTH + 3 * FLOW_WIDTH)
#define WHO_LEAST 15	  /* an IPv4 address */
#define WHO_WITH_FLOWS 24 /* less is not worth columns for many flows */
#define FEW_FLOWS 3
#define WHO_IPV6 26  /* most addresses */
#define WHO_NAMES 43 /* most names with an IPv4 address */
#define WHO_NAMES6 60
#define WHO_ASN 10
#define WHO_PIPE 60 /* a single long name does not push all others away */
#define RUN 3	    /* silent hops in a row that share one line */

/* How wide the numbers are, the unit included. */
static size_t
numbers_width(const struct trace_lines *lines, const struct report_opts *opts)
{
	return lines->by_flow ? FLOW_WIDTH * opts->flows + UNIT_WIDTH
			      : RANGE_WIDTH;
}

/* WIDTH, or as much of it as is worth a place. */
static size_t
fitting_who(const struct trace_lines *lines, const struct report_opts *opts,
    size_t width)
{
	const size_t taken =
	    trace_ttl_width(opts) + numbers_width(lines, opts) + MARK_WIDTH;

	if (opts->columns == 0 && width > WHO_PIPE)
		width = WHO_PIPE;
	else if (opts->columns > 0 && width + taken > opts->columns)
		width = opts->columns > taken ? opts->columns - taken : 0;
	return width > WHO_LEAST ? width : WHO_LEAST;
}

void
trace_lines_init(struct trace_lines *lines, const struct report_opts *opts,
    int af, bool has_rtts)
{
	const size_t by_flow =
	    trace_ttl_width(opts) + FLOW_WIDTH * (size_t)opts->flows +
	    UNIT_WIDTH + (opts->flows > FEW_FLOWS ? WHO_WITH_FLOWS : WHO_LEAST);
	size_t who = WHO_LEAST;

	if (!opts->numeric)
		who = af == 6 ? WHO_NAMES6 : WHO_NAMES;
	else if (af == 6)
		who = WHO_IPV6;
	*lines = (struct trace_lines){.tos = opts->tos};
	lines->by_flow = has_rtts && opts->flows <= TRACE_FLOW_COLUMNS &&
			 (opts->columns == 0 || by_flow <= opts->columns);
	lines->who = fitting_who(lines, opts, who + (opts->asn ? WHO_ASN : 0));
}

/* A heading, flush right in its column. */
static void
add_head(struct buf *line, const char *words, unsigned number, size_t width)
{
	const size_t from = line->len;

	buf_str(line, words);
	if (number > 0)
		buf_u64(line, number);
	buf_pad_left(line, from, width);
}

static void
head(const struct trace_draw *draw, struct trace_lines *lines)
{
	const struct report_opts *opts = &draw->self->text.head.opts;
	struct buf *line = &draw->self->text.line;
	size_t from = line->len;

	if (lines->head)
		return;
	lines->head = true;
	buf_str(line, "HOP ");
	buf_pad_right(line, from, trace_ttl_width(opts));
	from = line->len;
	buf_str(line, "ADDRESS");
	buf_pad_right(line, from, lines->who);
	if (!lines->by_flow) {
		add_head(line, "RECV", 0, RECV_WIDTH);
		add_head(line, "MIN", 0, FLOW_WIDTH);
		add_head(line, "AVG", 0, FLOW_WIDTH);
		add_head(line, "MAX", 0, FLOW_WIDTH);
	} else if (opts->flows == 1) {
		add_head(line, "RTT", 0, FLOW_WIDTH);
	}
	for (unsigned flow = 1;
	     lines->by_flow && opts->flows > 1 && flow <= opts->flows; flow++)
		add_head(line, draw->summary->links ? "FLOW " : "PROBE ", flow,
		    FLOW_WIDTH);
	buf_char(line, '\n');
}

static void
add_ttl(const struct trace_draw *draw, unsigned ttl)
{
	const size_t width = trace_ttl_width(&draw->self->text.head.opts);
	struct buf *line = &draw->self->text.line;
	const size_t from = line->len;

	if (ttl > 0)
		buf_u64(line, ttl);
	buf_pad_left(line, from, width - 2);
	buf_str(line, "  ");
}

/* The RTT of FLOW, or what is known instead; false where it is nothing. */
static bool
add_flow(struct buf *cells, const struct trace_rtt *rtt, bool lost)
{
	const size_t from = cells->len;

	if (rtt != NULL)
		text_ms(cells, rtt->rtt_ns);
	else if (lost)
		buf_char(cells, '*');
	buf_pad_left(cells, from, FLOW_WIDTH);
	return rtt != NULL || lost;
}

/* Those of each flow that NODE answered; FIRST: also what nobody answered. */
static void
add_flows(const struct trace_draw *draw, struct buf *cells,
    const struct nd_trace_node *node, bool first, struct buf *note)
{
	const unsigned flows = draw->self->text.head.opts.flows;
	struct nd_trace_flows late = {{0}};
	bool unit = false;
	size_t end = 0;

	for (unsigned flow = 1; flow <= flows; flow++) {
		const struct trace_rtt *rtt =
		    trace_rtt_answer(draw->rtts, node->ttl, flow, &node->addr);

		if (add_flow(cells, rtt,
			first && trace_rtt_lost(draw->rtts, node->ttl, flow)))
			end = cells->len;
		/* A unit belongs behind a number. */
		if (cells->len == end)
			unit = rtt != NULL;
		if (rtt != NULL && rtt->late)
			late.bits[(flow - 1) / 64] |= UINT64_C(1)
						      << (flow - 1) % 64;
	}
	cells->len = end;
	buf_str(cells, unit ? " ms" : "");
	if (trace_flow_count(&late) == 0)
		return;
	trace_note(note, flows > 1 ? "late: flow " : "late");
	if (flows > 1)
		trace_flow_list(note, &late);
}

/* "     5/8    0.412    0.430    0.501" */
static void
add_range(struct buf *cells, const struct report_trace_view_hop *hop,
    const struct nd_trace_node *node, struct buf *note)
{
	const int64_t times[] = {
	    node->rtt.min_ns, node->rtt.avg_ns, node->rtt.max_ns};

	buf_u64(cells, node->received);
	buf_char(cells, '/');
	buf_u64(cells, hop->hop.sent);
	buf_pad_left(cells, 0, RECV_WIDTH);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		const size_t from = cells->len;

		text_ms(cells, times[i]);
		buf_pad_left(cells, from, FLOW_WIDTH);
	}
	if (hop->nnodes > 1) {
		trace_note(note, "flows ");
		trace_flow_list(note, &node->flows);
	}
}

static void
node_line(const struct trace_draw *draw, struct trace_lines *lines,
    const struct report_trace_view_hop *hop, size_t i, bool first)
{
	const struct report_opts *opts = &draw->self->text.head.opts;
	const size_t begin = trace_ttl_width(opts);
	const struct nd_trace_node *node = &hop->nodes[i].node;
	struct buf *line = &draw->self->text.line;
	struct buf cells = BUF_INIT, note = BUF_INIT;
	size_t column;

	add_ttl(draw, first ? node->ttl : 0);
	if (lines->by_flow)
		add_flows(draw, &cells, node, first, &note);
	else
		add_range(&cells, hop, node, &note);
	column = trace_who_column(draw, &node->addr, begin,
	    cells.len > 0 ? lines->who : 0, cells.len);
	/* What fitted is as wide from now on. */
	if (column > begin + lines->who)
		lines->who = fitting_who(lines, opts, column - begin);
	buf_add(line, cells.data, cells.len);
	column += cells.len;
	if (first)
		trace_note_hop(&note, &hop->hop);
	trace_note_node(draw, lines, &note, node);
	trace_note_end(draw, column, begin, node, &note);
	line->failed |= cells.failed;
	buf_free(&cells);
}

/* The hops that were silent so far: "5  *", or "5-9  *". */
static void
end_run(const struct trace_draw *draw, struct trace_lines *lines)
{
	struct buf *line = &draw->self->text.line;
	const unsigned first = lines->silent, last = lines->silent_to;

	lines->silent = 0;
	if (first == 0)
		return;
	head(draw, lines);
	if (last - first + 1 >= RUN) {
		buf_u64(line, first);
		buf_char(line, '-');
		buf_u64(line, last);
		buf_str(line, "  *\n");
		return;
	}
	for (unsigned ttl = first; ttl <= last; ttl++) {
		add_ttl(draw, ttl);
		buf_str(line, "*\n");
	}
}

/* A hop without an answer: it waits for the next, that may be the same. */
static void
silent(const struct trace_draw *draw, struct trace_lines *lines,
    const struct report_trace_view_hop *hop)
{
	const unsigned ttl = hop->hop.ttl;
	struct buf note = BUF_INIT;
	size_t column;

	trace_note_hop(&note, &hop->hop);
	if (note.len == 0) {
		if (lines->silent > 0 && lines->silent_to + 1 != ttl)
			end_run(draw, lines);
		if (lines->silent == 0)
			lines->silent = ttl;
		lines->silent_to = ttl;
		buf_free(&note);
		return;
	}
	end_run(draw, lines);
	head(draw, lines);
	add_ttl(draw, ttl);
	buf_char(&draw->self->text.line, '*');
	column = trace_ttl_width(&draw->self->text.head.opts);
	trace_note_end(draw, column + 1, column, NULL, &note);
}

void
trace_lines_hop(const struct trace_draw *draw, struct trace_lines *lines,
    const struct report_trace_view_hop *hop, size_t from)
{
	if (from == 0)
		lines->told = hop->hop.ttl;
	if (hop->nnodes == 0) {
		silent(draw, lines, hop);
		return;
	}
	end_run(draw, lines);
	head(draw, lines);
	for (size_t i = from; i < hop->nnodes; i++)
		node_line(draw, lines, hop, i, i == from);
	lines->nodes[hop->hop.ttl] = (uint16_t)hop->nnodes;
}

void
trace_lines_all(const struct trace_draw *draw, struct trace_lines *lines)
{
	const struct report_opts *opts = &draw->self->text.head.opts;
	const unsigned told = lines->told;
	bool later = false;

	/* All is known: no wider than it has to be. */
	if (!lines->head)
		lines->who = fitting_who(lines, opts, trace_who_widest(draw));
	for (size_t i = 0; i < draw->view->nhops; i++) {
		if (draw->view->hops[i].hop.ttl > told)
			trace_lines_hop(draw, lines, &draw->view->hops[i], 0);
	}
	end_run(draw, lines);
	for (size_t i = 0; i < draw->view->nhops; i++) {
		const struct report_trace_view_hop *hop = &draw->view->hops[i];

		if (hop->nnodes <= lines->nodes[hop->hop.ttl])
			continue;
		if (!later)
			buf_str(&draw->self->text.line, "answered later:\n");
		later = true;
		trace_lines_hop(draw, lines, hop, lines->nodes[hop->hop.ttl]);
	}
}
