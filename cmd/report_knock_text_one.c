/* SPDX-License-Identifier: MIT */
/* report_knock_text_one.c: one port: a header, a line a SYN, the statistics. */
#include "report_knock_text.h"
#include "safe.h"

static void
one_begin(struct report *report, const struct report_run *run, int64_t now_ns)
{
	(void)now_ns;
	text_self(report)->mode = run->mode;
}

/* "KNOCK www.example.org (192.0.2.7) port 443 from 192.0.2.1 eth0" */
static void
one_start(struct report *report, const struct report_target *target,
    const struct report_start *start, int64_t now_ns)
{
	struct text_report *text = text_self(report);
	struct buf *line = &text->line;

	(void)now_ns;
	buf_reset(line);
	buf_str(line, "KNOCK ");
	text_name(line, target);
	buf_str(line, " (");
	buf_str(line, target->addr != NULL ? target->addr : "");
	buf_str(line, ") port ");
	buf_u64(line, target->port);
	if (start->show_source || start->device != NULL) {
		buf_str(line, " from ");
		buf_str(line, start->src != NULL ? start->src : "");
	}
	if (start->device != NULL) {
		buf_char(line, ' ');
		safe_str(line, start->device);
	}
	buf_char(line, '\n');
	text_flush(text);
	text_set_up(text, start);
}

static void
one_probe(struct report *report, const struct report_target *target,
    const struct nd_knock_event *event, const char *name, int64_t now_ns)
{
	knock_text_probe(text_self(report), target, event, name, true, now_ns);
}

static void
one_summary(struct report *report, const struct report_target *target,
    const struct report_knock_summary *summary, int64_t now_ns)
{
	struct text_report *text = text_self(report);
	struct buf *line = &text->line;

	(void)now_ns;
	buf_reset(line);
	buf_str(line, "\n--- ");
	text_name(line, target);
	buf_str(line, " port ");
	buf_u64(line, target->port);
	buf_str(line, " knock statistics ---\n");
	knock_text_statistics(text, target, summary);
	knock_text_flows(text, summary);
	text_flush(text);
}

const struct report_knock_ops report_knock_text_one_ops = {
    .common =
	{
	    .at_end = true,
	    .begin = one_begin,
	    .start = one_start,
	    /* The message on stderr says it all. */
	    .error = text_quiet_error,
	    .end = text_quiet_end,
	    .free = text_free,
	},
    .probe = one_probe,
    .interim = knock_text_interim,
    .summary = one_summary,
};
