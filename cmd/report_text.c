/* SPDX-License-Identifier: MIT */
/* report_text.c: the line that is being written, and words in it. */
#include "report_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"
#include "parse.h"
#include "safe.h"
#include "utf8.h"

struct text_report *
text_self(struct report *report)
{
	return (struct text_report *)report;
}

struct buf *
text_line(struct text_report *text, int64_t now_ns)
{
	struct buf *line = &text->line;

	buf_reset(line);
	if (text->head.opts.timestamps && now_ns >= 0) {
		buf_char(line, '[');
		buf_i64(line, now_ns / 1000000000);
		buf_char(line, '.');
		buf_u64_zero(line, (uint64_t)(now_ns % 1000000000) / 1000, 6);
		buf_str(line, "] ");
	}
	return line;
}

void
text_flush(struct text_report *text)
{
	if (text->line.failed)
		out_fail(text->head.opts.out, ENOMEM);
	else
		out_write(text->head.opts.out, text->line.data, text->line.len);
}

void
text_name(struct buf *line, const struct report_target *target)
{
	const char *name = target->name != NULL ? target->name : target->addr;

	safe_str(line, name != NULL ? name : "");
}

void
text_name_port(struct buf *line, const struct report_target *target)
{
	const char *name = target->name != NULL ? target->name : target->addr;
	const bool six = name != NULL && strchr(name, ':') != NULL;

	if (target->port == 0) {
		text_name(line, target);
		return;
	}
	buf_str(line, six ? "[" : "");
	text_name(line, target);
	buf_str(line, six ? "]:" : ":");
	buf_u64(line, target->port);
}

void
text_who(struct buf *line, const char *name, const char *addr)
{
	if (name == NULL) {
		safe_str(line, addr);
		return;
	}
	safe_str(line, name);
	buf_str(line, " (");
	safe_str(line, addr);
	buf_char(line, ')');
}

void
text_loss(struct buf *line, uint64_t part, uint64_t whole)
{
	size_t from = line->len;

	if (whole == 0) {
		buf_char(line, '-');
		return;
	}
	buf_pct(line, part, whole, 3);
	if (line->failed)
		return;
	if (part > 0 && line->data[from] == '0' && line->len == from + 1) {
		line->len = from;
		buf_str(line, "<0.001");
	} else if (part < whole && line->len == from + 3 &&
		   memcmp(line->data + from, "100", 3) == 0) {
		line->len = from;
		buf_str(line, ">99.999");
	}
	buf_char(line, '%');
}

void
text_count(
    struct buf *line, size_t from, uint64_t n, const char *what, bool plural)
{
	if (n == 0)
		return;
	if (line->len > from)
		buf_str(line, ", ");
	buf_u64(line, n);
	buf_char(line, ' ');
	buf_str(line, what);
	if (plural && n != 1)
		buf_char(line, 's');
}

void
text_max_loss(struct buf *line, const struct report_opts *opts)
{
	buf_str(line, "--max-loss ");
	/* Millionths of a percent, of a hundred percent. */
	buf_pct(line, (uint64_t)opts->max_loss, 100000000, 6);
	buf_char(line, '%');
}

void
text_max_rtt(struct buf *line, const struct report_opts *opts)
{
	char limit[PARSE_DURATION_TEXT];

	buf_str(line, "--max-rtt ");
	buf_str(
	    line, parse_duration_text(opts->max_rtt_ns, limit, sizeof(limit)));
}

/* How much of TEXT goes on a line with ROOM columns: up to a clause's end. */
static size_t
clauses(const char *text, size_t len, size_t room)
{
	size_t end = 0;

	if (len <= room)
		return len;
	for (size_t i = 1; i < len; i++) {
		if (text[i] != ' ' ||
		    (text[i - 1] != ',' && text[i - 1] != ';'))
			continue;
		if (i > room && end > 0)
			break;
		end = i;
		if (i > room)
			break;
	}
	return end > 0 ? end : len;
}

void
text_wrap(struct buf *line, const char *text, size_t len, size_t column,
    size_t columns, size_t indent)
{
	while (columns > 0 && len > 0) {
		size_t room = columns > column ? columns - column : 0;
		size_t n = clauses(text, len, room);

		if (n == len)
			break;
		buf_add(line, text, n);
		buf_char(line, '\n');
		buf_fill(line, ' ', indent);
		column = indent;
		text += n + 1;
		len -= n + 1;
	}
	buf_add(line, text, len);
}

/* How many bytes of TEXT fit into WIDTH columns. */
static size_t
fitting(const char *text, size_t len, size_t width)
{
	size_t at = 0;

	while (at < len) {
		char one[5] = "";
		uint32_t cp;
		size_t n = utf8_decode(text + at, len - at, &cp);

		if (n == 0)
			n = 1;
		memcpy(one, text + at, n);
		if (safe_width(one) > width)
			break;
		width -= safe_width(one);
		at += n;
	}
	return at;
}

/* Where the end of TEXT, ALL columns wide, begins that fits into WIDTH. */
static size_t
tail(const char *text, size_t len, size_t all, size_t width)
{
	size_t from = fitting(text, len, all - width);

	/* A wide character on the border goes as a whole. */
	while (from < len && safe_width(text + from) > width) {
		uint32_t cp;
		size_t n = utf8_decode(text + from, len - from, &cp);

		from += n > 0 ? n : 1;
	}
	return from;
}

void
text_middle(struct buf *line, const char *name, size_t width, bool utf8)
{
	const size_t mark = utf8 ? 1 : 3, all = safe_width(name);
	struct buf safe = BUF_INIT;
	size_t begin, end, used;

	if (all <= width || width < mark + 2) {
		safe_column(line, name, width, all > width, utf8);
		return;
	}
	safe_str(&safe, name);
	buf_char(&safe, '\0');
	if (safe.failed) {
		line->failed = true;
		goto out;
	}
	begin = fitting(safe.data, safe.len - 1, (width - mark) / 2);
	end = tail(
	    safe.data, safe.len - 1, all, width - mark - (width - mark) / 2);
	buf_add(line, safe.data, begin);
	buf_str(line, utf8 ? "\xe2\x80\xa6" : "..."); /* U+2026 */
	buf_str(line, safe.data + end);
	safe.data[begin] = '\0';
	used = safe_width(safe.data) + mark + safe_width(safe.data + end);
	buf_fill(line, ' ', width - used);
out:
	buf_free(&safe);
}

void
text_drops(struct buf *line, uint64_t drops)
{
	if (drops == 0)
		return;
	buf_str(line, "local drops: ");
	buf_u64(line, drops);
	buf_str(line, ", so the loss is uncertain\n");
}

void
text_quiet_start(struct report *report, const struct report_target *target,
    const struct report_start *start, int64_t now_ns)
{
	(void)report;
	(void)target;
	(void)start;
	(void)now_ns;
}

void
text_quiet_error(struct report *report, const struct report_target *target,
    const struct report_error *error, int64_t now_ns)
{
	(void)report;
	(void)target;
	(void)error;
	(void)now_ns;
}

void
text_quiet_end(
    struct report *report, const struct report_end *end, int64_t now_ns)
{
	(void)report;
	(void)end;
	(void)now_ns;
}

void
text_free(struct report *report)
{
	struct text_report *text = text_self(report);

	buf_free(&text->line);
	free(text);
}

int
text_report(struct report **ret, const struct report_opts *opts,
    const struct report_ops *ops, bool ports)
{
	struct text_report *text = calloc(1, sizeof(*text));

	if (text == NULL)
		return -ENOMEM;
	text->head.ops = ops;
	text->head.opts = *opts;
	text->head.ewma_ns = -1;
	text->head.ports = ports;
	*ret = &text->head;
	return 0;
}

void
text_set_up(struct text_report *text, const struct report_start *start)
{
	const struct report_opts *opts = &text->head.opts;

	if (!opts->verbose || opts->warn == NULL)
		return;
	if (text->mode != NULL)
		opts->warn(opts->warn_user, "socket", text->mode, NULL);
	if (start->src != NULL)
		opts->warn(opts->warn_user, "source", start->src, NULL);
}
