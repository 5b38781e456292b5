/* SPDX-License-Identifier: MIT */
/*
 * trace_dot.c: the graph of what traces have found, in the language of
 * Graphviz. Nothing from afar is an identifier there: it only stands in labels,
 * quoted.
 */
#include "trace_dot.h"

#include "addrtext.h"
#include "safe.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define FLUSH_AT ((size_t)1 << 16)

/* ---- The file -------------------------------------------------------------
 */

static void
flush(struct trace_dot *dot)
{
	size_t at = 0;

	if (dot->buf.failed && dot->err == 0)
		dot->err = -ENOMEM;
	while (dot->err == 0 && at < dot->buf.len) {
		ssize_t n =
		    write(dot->fd, dot->buf.data + at, dot->buf.len - at);

		if (n >= 0)
			at += (size_t)n;
		else if (errno != EINTR)
			dot->err = -errno;
	}
	buf_reset(&dot->buf);
}

void
trace_dot_init(struct trace_dot *dot, int fd)
{
	*dot = (struct trace_dot){.fd = fd, .buf = BUF_INIT};
	/* What is no file has nothing to be emptied of. */
	if (ftruncate(fd, 0) != 0 && errno != EINVAL)
		dot->err = -errno;
	buf_str(&dot->buf, "digraph netdiag {\n"
			   "\tnode [shape=box, fontname=\"monospace\"];\n"
			   "\tedge [fontname=\"monospace\"];\n");
}

int
trace_dot_end(struct trace_dot *dot)
{
	buf_str(&dot->buf, "}\n");
	flush(dot);
	buf_free(&dot->buf);
	if (close(dot->fd) != 0 && dot->err == 0)
		dot->err = -errno;
	return dot->err;
}

/* ---- Words ----------------------------------------------------------------
 */

/* TEXT as a part of a quoted label: what safe_str() makes visible stays so. */
static void
add_text(struct buf *buf, const char *text)
{
	struct buf safe = BUF_INIT;

	safe_str(&safe, text);
	for (size_t i = 0; i < safe.len; i++) {
		if (safe.data[i] == '"' || safe.data[i] == '\\')
			buf_char(buf, '\\');
		buf_char(buf, safe.data[i]);
	}
	buf->failed = buf->failed || safe.failed;
	buf_free(&safe);
}

/* "t1_3_0": target, TTL, number of the node. */
static void
add_id(struct buf *buf, uint64_t target, unsigned ttl, size_t node)
{
	buf_char(buf, 't');
	buf_u64(buf, target);
	buf_char(buf, '_');
	buf_u64(buf, ttl);
	buf_char(buf, '_');
	buf_u64(buf, node);
}

/* Flows so far, as ranges. */
struct ranges {
	struct buf *buf;
	unsigned first, last; /* 0: none yet */
	bool comma;
};

static void
end_range(struct ranges *r)
{
	if (r->last == 0)
		return;
	buf_str(r->buf, r->comma ? "," : "");
	buf_u64(r->buf, r->first);
	if (r->last > r->first) {
		buf_char(r->buf, '-');
		buf_u64(r->buf, r->last);
	}
	r->comma = true;
}

static void
add_flow(void *user, unsigned flow)
{
	struct ranges *r = user;

	if (r->last == 0 || flow != r->last + 1) {
		end_range(r);
		r->first = flow;
	}
	r->last = flow;
}

/* "1-3,5" */
static void
add_flows(struct buf *buf, const struct nd_trace_flows *flows)
{
	struct ranges r = {.buf = buf};

	report_trace_each_flow(flows, add_flow, &r);
	end_range(&r);
}

static const char *
balancing_text(enum nd_trace_balancing kind)
{
	switch (kind) {
	case ND_TRACE_BALANCE_FLOW:
		return "balances by flow";
	case ND_TRACE_BALANCE_PACKET:
		return "balances by packet";
	case ND_TRACE_BALANCE_DESTINATION:
		return "balances by destination";
	case ND_TRACE_BALANCE_NONE:
	case ND_TRACE_BALANCE_UNKNOWN:
		break;
	}
	return NULL;
}

/* ---- The graph ------------------------------------------------------------
 */

static void
add_line(struct buf *buf, const char *text)
{
	if (text == NULL)
		return;
	buf_str(buf, "\\n");
	add_text(buf, text);
}

static void
add_node(struct trace_dot *dot, const struct report_trace_names *names,
    const struct report_trace_view_node *node, size_t n)
{
	const struct sockaddr *addr = (const struct sockaddr *)&node->node.addr;
	struct buf *buf = &dot->buf;
	char text[ADDRTEXT_MAX], mark[32];

	buf_char(buf, ' ');
	add_id(buf, dot->targets, node->node.ttl, n);
	buf_str(buf, " [label=\"");
	buf_u64(buf, node->node.ttl);
	buf_str(buf, ": ");
	add_text(buf, addrtext(addr, text));
	report_trace_mark(mark, sizeof(mark), &node->node);
	buf_str(buf, mark[0] != '\0' ? " " : "");
	add_text(buf, mark);
	add_line(buf, names->name(names->user, addr));
	add_line(buf, names->asn(names->user, addr));
	add_line(buf, balancing_text(node->balancing));
	buf_char(buf, '"');
	if (node->node.destination)
		buf_str(buf, ", peripheries=2");
	buf_str(buf, "];");
}

static void
add_hop(struct trace_dot *dot, const struct report_trace_names *names,
    const struct report_trace_view_hop *hop)
{
	if (hop->nnodes == 0)
		return;
	buf_str(&dot->buf, "\t\t{ rank=same;");
	for (size_t i = 0; i < hop->nnodes; i++)
		add_node(dot, names, &hop->nodes[i], i);
	buf_str(&dot->buf, " }\n");
}

/* MORE: attributes, or "". */
static void
add_edge(struct trace_dot *dot, const struct nd_trace_node *from, size_t i,
    const struct nd_trace_node *to, size_t k,
    const struct nd_trace_flows *flows, const char *more)
{
	struct buf *buf = &dot->buf;

	buf_str(buf, "\t\t");
	add_id(buf, dot->targets, from->ttl, i);
	buf_str(buf, " -> ");
	add_id(buf, dot->targets, to->ttl, k);
	buf_str(buf, " [label=\"");
	add_flows(buf, flows);
	buf_char(buf, '"');
	buf_str(buf, more);
	buf_str(buf, "];\n");
}

static void
add_links(struct trace_dot *dot, const struct report_trace_view_hop *hop,
    const struct report_trace_view_hop *next)
{
	for (size_t i = 0; i < hop->nlinks; i++) {
		const struct nd_trace_link *link = &hop->links[i];

		if (link->from < hop->nnodes && link->to < next->nnodes)
			add_edge(dot, &hop->nodes[link->from].node, link->from,
			    &next->nodes[link->to].node, link->to, &link->flows,
			    "");
	}
}

/* Those in both; false: none is. */
static bool
shared(const struct nd_trace_flows *a, const struct nd_trace_flows *b,
    struct nd_trace_flows *ret)
{
	uint64_t any = 0;

	for (size_t i = 0; i < sizeof(ret->bits) / sizeof(ret->bits[0]); i++)
		any |= ret->bits[i] = a->bits[i] & b->bits[i];
	return any != 0;
}

/* Where the hops between HOP and NEXT are silent: which flows go on to whom. */
static void
add_gap(struct trace_dot *dot, const struct report_trace_view_hop *hop,
    const struct report_trace_view_hop *next)
{
	struct nd_trace_flows flows;

	for (size_t i = 0; i < hop->nnodes; i++) {
		const struct nd_trace_node *from = &hop->nodes[i].node;

		for (size_t k = 0; k < next->nnodes; k++) {
			const struct nd_trace_node *to = &next->nodes[k].node;

			if (shared(&from->flows, &to->flows, &flows))
				add_edge(dot, from, i, to, k, &flows,
				    ", style=dashed");
		}
	}
}

static void
add_edges(struct trace_dot *dot, const struct report_trace_view *view)
{
	const struct report_trace_view_hop *last = NULL;

	for (size_t i = 0; i < view->nhops; i++) {
		const struct report_trace_view_hop *hop = &view->hops[i];

		if (hop->nnodes == 0)
			continue;
		if (last != NULL && last->hop.ttl + 1 == hop->hop.ttl)
			add_links(dot, last, hop);
		else if (last != NULL)
			add_gap(dot, last, hop);
		last = hop;
	}
}

static void
add_title(struct buf *buf, const struct report_target *target)
{
	buf_str(buf, "\t\tlabel=\"");
	add_text(buf, target->name != NULL ? target->name : target->addr);
	if (target->name != NULL && target->addr != NULL) {
		buf_str(buf, " (");
		add_text(buf, target->addr);
		buf_char(buf, ')');
	}
	buf_str(buf, "\";\n");
}

void
trace_dot_draw(struct trace_dot *dot, const struct report_target *target,
    const struct report_trace_summary *summary,
    const struct report_trace_view *view)
{
	dot->targets++;
	buf_str(&dot->buf, "\tsubgraph cluster_");
	buf_u64(&dot->buf, dot->targets);
	buf_str(&dot->buf, " {\n");
	add_title(&dot->buf, target);
	for (size_t i = 0; i < view->nhops; i++)
		add_hop(dot, summary->names, &view->hops[i]);
	if (summary->links)
		add_edges(dot, view);
	buf_str(&dot->buf, "\t}\n");
	if (dot->buf.len >= FLUSH_AT)
		flush(dot);
}

void
trace_dot_add(struct trace_dot *dot, const struct report_target *target,
    const struct report_trace_summary *summary)
{
	struct report_trace_view view;

	if (summary->trace == NULL)
		return;
	if (report_trace_read(
		&view, summary->trace, 1, summary->stats->shown) != 0) {
		dot->err = dot->err != 0 ? dot->err : -ENOMEM;
		return;
	}
	trace_dot_draw(dot, target, summary, &view);
	report_trace_view_free(&view);
}
