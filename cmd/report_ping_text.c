/* SPDX-License-Identifier: MIT */
/* report_ping_text.c: chooses the form of text, and pieces that all forms use.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "addrtext.h"
#include "out.h"
#include "report_text.h"
#include "safe.h"

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
text_interim(struct text_report *text, const struct report_target *target,
    const struct nd_ping_stats *stats, int64_t now_ns)
{
	struct buf *line = text_line(text, now_ns);
	uint64_t transmitted = stats->sent - stats->unfinished;

	text_name(line, target);
	buf_str(line, ": ");
	buf_u64(line, stats->received);
	buf_char(line, '/');
	buf_u64(line, transmitted);
	buf_str(line, " packets, ");
	text_loss(line, stats->lost + stats->errors, transmitted);
	buf_str(line, " loss");
	if (stats->rtt.samples > 0) {
		buf_str(line, ", min/avg/max = ");
		buf_ms3(line, stats->rtt.min_ns);
		buf_char(line, '/');
		buf_ms3(line, stats->rtt.avg_ns);
		buf_char(line, '/');
		buf_ms3(line, stats->rtt.max_ns);
		buf_str(line, " ms");
	}
	buf_char(line, '\n');
	text_flush(text);
}

void
text_senders(struct buf *line, const struct report_summary *summary)
{
	size_t i;

	for (i = 0; i < summary->nsenders; i++) {
		const struct nd_ping_sender *sender = &summary->senders[i];
		char addr[ADDRTEXT_MAX];

		buf_str(line, "from ");
		buf_str(line,
		    addrtext((const struct sockaddr *)&sender->addr, addr));
		buf_str(line, ": ");
		buf_u64(line, sender->received);
		buf_str(line, " received");
		if (sender->duplicates > 0) {
			buf_str(line, ", +");
			buf_u64(line, sender->duplicates);
			buf_str(line, " duplicates");
		}
		if (sender->min_ns >= 0) {
			buf_str(line, ", min/avg/max = ");
			buf_ms3(line, sender->min_ns);
			buf_char(line, '/');
			buf_ms3(line, sender->avg_ns);
			buf_char(line, '/');
			buf_ms3(line, sender->max_ns);
			buf_str(line, " ms");
		}
		buf_char(line, '\n');
	}
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
text_free(struct report *report)
{
	struct text_report *text = text_self(report);

	buf_free(&text->line);
	free(text);
}

int
report_ping_text(struct report **ret, const struct report_opts *opts)
{
	struct text_report *text = calloc(1, sizeof(*text));

	if (text == NULL)
		return -ENOMEM;
	if (opts->alive || opts->down)
		text->head.ops = &report_text_names_ops;
	else if (opts->targets > 1)
		text->head.ops = &report_text_many_ops;
	else
		text->head.ops = &report_text_one_ops;
	text->head.opts = *opts;
	text->head.ewma_ns = -1;
	*ret = &text->head;
	return 0;
}
