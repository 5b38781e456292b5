/* SPDX-License-Identifier: MIT */
/*
 * report_trace_text_notes.c: what is peculiar about a hop, behind its numbers:
 * the words are few, and what holds for all later hops is told once.
 */
#include "report_trace_text.h"

#include <stdlib.h>
#include <string.h>

#include "addrtext.h"
#include "color.h"
#include "safe.h"

#define LABELS_IN_FULL 2 /* a longer stack is written short */
#define BACK_DIFFERS 3	 /* hops between the ways there and back */
#define DSCP_SHIFT 2
#define ECN_MASK 3

bool
trace_flow_in(const struct nd_trace_flows *flows, unsigned flow)
{
	return flow > 0 && flow <= ND_FLOWS_MAX &&
	       (flows->bits[(flow - 1) / 64] >> (flow - 1) % 64 & 1) != 0;
}

unsigned
trace_flow_count(const struct nd_trace_flows *flows)
{
	unsigned n = 0;

	for (unsigned flow = 1; flow <= ND_FLOWS_MAX; flow++)
		n += trace_flow_in(flows, flow);
	return n;
}

void
trace_flow_list(struct buf *line, const struct nd_trace_flows *flows)
{
	bool first = true;

	for (unsigned flow = 1; flow <= ND_FLOWS_MAX; flow++) {
		unsigned last = flow;

		if (!trace_flow_in(flows, flow))
			continue;
		while (trace_flow_in(flows, last + 1))
			last++;
		if (!first)
			buf_char(line, ',');
		first = false;
		buf_u64(line, flow);
		if (last > flow) {
			buf_char(line, last > flow + 1 ? '-' : ',');
			buf_u64(line, last);
		}
		flow = last;
	}
}

void
trace_note(struct buf *note, const char *words)
{
	if (note->len > 0)
		buf_str(note, ", ");
	buf_str(note, words);
}

static void
note_number(struct buf *note, const char *words, int64_t value)
{
	trace_note(note, words);
	buf_i64(note, value);
}

/* "[MPLS 16001 tc 0 ttl 1]"; of many "[MPLS 16001/0/1 24005/0/1 24006/0/1]" */
static void
note_labels(struct buf *note, const struct nd_trace_node *node)
{
	const bool full = node->label_count <= LABELS_IN_FULL;

	if (node->label_count == 0)
		return;
	trace_note(note, "[MPLS");
	for (unsigned i = 0; i < node->label_count && i < ND_TRACE_LABELS;
	     i++) {
		const struct nd_trace_label *label = &node->labels[i];

		buf_str(note, full && i > 0 ? " / " : " ");
		buf_u64(note, label->label);
		buf_str(note, full ? " tc " : "/");
		buf_u64(note, label->tc);
		buf_str(note, full ? " ttl " : "/");
		buf_u64(note, label->ttl);
	}
	buf_char(note, ']');
}

/* "in ge-0/0/1 (ifindex 12, mtu 9000, 198.51.100.1)": RFC 5837 */
static void
note_interface(struct buf *note, const struct nd_trace_interface *interface)
{
	size_t from;

	trace_note(note, "in ");
	if (interface->name[0] != '\0') {
		char name[sizeof(interface->name) + 1] = "";

		/* Not terminated where it is as long as can be. */
		memcpy(name, interface->name,
		    strnlen(interface->name, sizeof(interface->name)));
		safe_str(note, name);
		buf_char(note, ' ');
	}
	buf_char(note, '(');
	from = note->len;
	if (interface->ifindex > 0) {
		buf_str(note, "ifindex ");
		buf_u64(note, interface->ifindex);
	}
	if (interface->mtu > 0) {
		buf_str(note, note->len > from ? ", mtu " : "mtu ");
		buf_u64(note, interface->mtu);
	}
	if (interface->addr.ss_family != AF_UNSPEC) {
		char text[ADDRTEXT_MAX];

		buf_str(note, note->len > from ? ", " : "");
		buf_str(note,
		    addrtext((const struct sockaddr *)&interface->addr, text));
	}
	if (note->len > from)
		buf_char(note, ')');
	else if (!note->failed)
		note->len -= 2; /* " (" */
}

/* "dscp 46 now 0", "ecn 2 now 0": changed since the hop before. */
static void
note_tos(struct buf *note, struct trace_lines *lines, int tos)
{
	if (tos < 0 || tos == lines->tos)
		return;
	if (tos >> DSCP_SHIFT != lines->tos >> DSCP_SHIFT) {
		note_number(note, "dscp ", lines->tos >> DSCP_SHIFT);
		buf_str(note, " now ");
		buf_i64(note, tos >> DSCP_SHIFT);
	}
	if ((tos & ECN_MASK) != (lines->tos & ECN_MASK)) {
		note_number(note, "ecn ", lines->tos & ECN_MASK);
		buf_str(note, " now ");
		buf_i64(note, tos & ECN_MASK);
	}
	lines->tos = tos;
}

/* RFC 792: of a packet that was dropped for its TTL, 1 was left. */
static void
note_quoted_ttl(struct buf *note, const struct nd_trace_node *node)
{
	/* The destination quotes what was left, and a refusal too. */
	if (node->destination || node->icmp_type >= 0)
		return;
	if (node->quoted_ttl == 0)
		trace_note(note, "forwarded to it at ttl 0");
	else if (node->quoted_ttl > 1) {
		note_number(note, "tunnel (ttl ", node->quoted_ttl);
		buf_str(note, " left)");
	}
}

void
trace_note_node(const struct trace_draw *draw, struct trace_lines *lines,
    struct buf *note, const struct nd_trace_node *node)
{
	char text[ADDRTEXT_MAX];

	note_labels(note, node);
	if (node->has_interface)
		note_interface(note, &node->interface);
	if (node->nat && !lines->nat)
		trace_note(note, "behind NAT");
	lines->nat |= node->nat;
	note_quoted_ttl(note, node);
	note_tos(note, lines, node->quoted_tos);
	if (node->mtu >= 0 &&
	    (draw->self->text.head.opts.mtu || node->icmp_type < 0))
		note_number(note, "mtu ", node->mtu);
	if (node->return_hops >= 0 &&
	    abs(node->return_hops - (int)node->ttl) >= BACK_DIFFERS) {
		note_number(note, "", node->return_hops);
		buf_str(note, " hops back");
	}
	if (node->destination && draw->target->addr != NULL &&
	    strcmp(addrtext((const struct sockaddr *)&node->addr, text),
		draw->target->addr) != 0)
		trace_note(note, "answers as the destination");
}

void
trace_note_hop(struct buf *note, const struct nd_trace_hop *hop)
{
	if (hop->rate_limited == 1)
		trace_note(note, "rate-limited");
	text_count(note, 0, hop->send_errors, "send error", true);
	text_count(note, 0, hop->unfinished, "unfinished", false);
}

/* The mark, " !H", or as the first of the notes if there is no room for it. */
static size_t
add_mark(const struct trace_draw *draw, size_t column,
    const struct nd_trace_node *node, struct buf *note)
{
	const struct report_opts *opts = &draw->self->text.head.opts;
	struct buf *line = &draw->self->text.line;
	char mark[32] = "";
	size_t width;

	if (node != NULL)
		report_trace_mark(mark, sizeof(mark), node);
	width = strlen(mark);
	if (width == 0)
		return column;
	if (opts->columns > 0 && column + 1 + width > opts->columns) {
		struct buf all = BUF_INIT;

		buf_str(&all, mark);
		if (note->len > 0) {
			buf_str(&all, ", ");
			buf_add(&all, note->data, note->len);
		}
		all.failed |= note->failed;
		buf_free(note);
		*note = all;
		return column;
	}
	buf_char(line, ' ');
	buf_str(line, opts->color ? COLOR_RED : "");
	buf_str(line, mark);
	buf_str(line, opts->color ? COLOR_RESET : "");
	return column + 1 + width;
}

void
trace_note_end(const struct trace_draw *draw, size_t column, size_t indent,
    const struct nd_trace_node *node, struct buf *note)
{
	const size_t columns = draw->self->text.head.opts.columns;
	struct buf *line = &draw->self->text.line;

	column = add_mark(draw, column, node, note);
	if (note->len > 0) {
		const bool below =
		    columns > 0 && column + 2 + note->len > columns;

		if (below)
			buf_char(line, '\n');
		buf_fill(line, ' ', below ? indent : 2);
		text_wrap(line, note->data, note->len,
		    below ? indent : column + 2, columns, indent);
	}
	buf_char(line, '\n');
	line->failed |= note->failed;
	buf_free(note);
}
