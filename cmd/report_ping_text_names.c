/* SPDX-License-Identifier: MIT */
/*
 * report_ping_text_names.c: --alive and --down: names only, one a line; with
 * --all "ADDRESS NAME" as in hosts(5), so that the first word is always what to
 * use.
 */
#include "report_ping_text.h"

static void
names_begin(struct report *report, const struct report_run *run, int64_t now_ns)
{
	(void)report;
	(void)run;
	(void)now_ns;
}

static void
names_probe(struct report *report, const struct report_target *target,
    const struct nd_ping_event *event, const char *name, int64_t now_ns)
{
	(void)target;
	(void)name;
	(void)now_ns;
	if (event->status == ND_PING_REPLY)
		report_ewma(report, event->rtt_ns);
}

static void
names_interim(struct report *report, const struct report_target *target,
    const struct report_ping_summary *summary, int64_t now_ns)
{
	(void)report;
	(void)target;
	(void)summary;
	(void)now_ns;
}

static void
name(struct report *report, const struct report_target *target, bool alive)
{
	struct text_report *text = text_self(report);

	if (alive ? !report->opts.alive : !report->opts.down)
		return;
	buf_reset(&text->line);
	if (report->opts.with_addr && target->name != NULL &&
	    target->addr != NULL) {
		buf_str(&text->line, target->addr);
		buf_char(&text->line, ' ');
	}
	text_name(&text->line, target);
	buf_char(&text->line, '\n');
	text_flush(text);
}

static void
names_summary(struct report *report, const struct report_target *target,
    const struct report_ping_summary *summary, int64_t now_ns)
{
	const struct nd_ping_stats *stats = summary->stats;
	const struct report_counts counts = report_ping_counts(stats);

	(void)now_ns;
	/* The deadline or a signal came first: nobody knows. */
	if (report_not_probed(&counts))
		return;
	/* A late ICMP error is no answer of the target. */
	name(report, target,
	    stats->received > 0 || stats->late > stats->late_errors);
}

static void
names_error(struct report *report, const struct report_target *target,
    const struct report_error *error, int64_t now_ns)
{
	(void)error;
	(void)now_ns;
	if (target != NULL)
		name(report, target, false);
}

/* Names need no order at the end: each is printed once it is known. */
const struct report_ping_ops report_ping_text_names_ops = {
    .common =
	{
	    .at_end = false,
	    .begin = names_begin,
	    .start = text_quiet_start,
	    .error = names_error,
	    .end = text_quiet_end,
	    .free = text_free,
	},
    .probe = names_probe,
    .interim = names_interim,
    .summary = names_summary,
};
