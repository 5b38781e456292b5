/* SPDX-License-Identifier: MIT */
/*
 * report_trace_text_who.c: the column of addresses: an address is never cut, a
 * name only where the terminal is narrower than both, and then in its middle.
 */
#include "addrtext.h"
#include "report_trace_text.h"
#include "safe.h"

#define NAME_LEAST 8 /* a name cut to less says nothing */

size_t
trace_ttl_width(const struct report_opts *opts)
{
	return opts->max_hops > 99 ? 5 : 4;
}

static const struct sockaddr *
generic(const struct sockaddr_storage *addr)
{
	return (const struct sockaddr *)addr;
}

static const char *
name_of(const struct trace_draw *draw, const struct sockaddr_storage *addr)
{
	const struct report_trace_names *names = draw->summary->names;

	if (draw->self->text.head.opts.numeric || names == NULL ||
	    names->name == NULL)
		return NULL;
	return names->name(names->user, generic(addr));
}

static const char *
asn_of(const struct trace_draw *draw, const struct sockaddr_storage *addr)
{
	const struct report_trace_names *names = draw->summary->names;

	if (names == NULL || names->asn == NULL)
		return NULL;
	return names->asn(names->user, generic(addr));
}

size_t
trace_who(const struct trace_draw *draw, struct buf *line,
    const struct sockaddr_storage *addr, size_t max)
{
	const char *name = name_of(draw, addr);
	const char *asn = asn_of(draw, addr);
	char text[ADDRTEXT_MAX];
	size_t width = safe_width(addrtext(generic(addr), text));
	size_t wide = name != NULL ? safe_width(name) : 0;

	if (asn != NULL)
		width += safe_width(asn) + 3;
	if (name != NULL && max > 0 && width + 3 + wide > max) {
		wide = max > width + 3 ? max - width - 3 : 0;
		if (wide < NAME_LEAST)
			name = NULL;
	}
	if (name != NULL) {
		text_middle(line, name, wide, draw->self->text.head.opts.utf8);
		buf_str(line, " (");
		width += wide + 3;
	}
	safe_str(line, text);
	buf_str(line, name != NULL ? ")" : "");
	if (asn != NULL) {
		buf_str(line, " [");
		safe_str(line, asn);
		buf_char(line, ']');
	}
	return width;
}

size_t
trace_who_widest(const struct trace_draw *draw)
{
	const struct report_trace_view *view = draw->view;
	struct buf scratch = BUF_INIT;
	size_t widest = 0;

	for (size_t i = 0; i < view->nhops; i++) {
		const struct report_trace_view_hop *hop = &view->hops[i];

		for (size_t j = 0; j < hop->nnodes; j++) {
			size_t width = trace_who(
			    draw, &scratch, &hop->nodes[j].node.addr, 0);

			if (width > widest)
				widest = width;
		}
	}
	buf_free(&scratch);
	return widest;
}

size_t
trace_who_column(const struct trace_draw *draw,
    const struct sockaddr_storage *addr, size_t column, size_t width,
    size_t rest)
{
	const size_t columns = draw->self->text.head.opts.columns;
	struct buf *line = &draw->self->text.line;
	size_t used;

	used = trace_who(
	    draw, line, addr, columns > column ? columns - column : columns);
	if (used > width && columns > 0 && column + used + rest > columns) {
		buf_char(line, '\n');
		buf_fill(line, ' ', column);
		used = 0;
	}
	if (used < width) {
		buf_fill(line, ' ', width - used);
		used = width;
	}
	return column + used;
}
