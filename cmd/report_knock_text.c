/* SPDX-License-Identifier: MIT */
/*
 * report_knock_text.c: chooses the form of knock's text, and what both forms
 * use.
 */
#include "report_knock_text.h"

#include "color.h"

const char *
knock_text_color(enum nd_knock_state state)
{
	switch (state) {
	case ND_KNOCK_STATE_OPEN:
		return COLOR_GREEN;
	case ND_KNOCK_STATE_CLOSED:
		return COLOR_RED;
	case ND_KNOCK_STATE_FILTERED:
		break;
	}
	return COLOR_YELLOW;
}

void
knock_text_interim(struct report *report, const struct report_target *target,
    const struct report_knock_summary *summary, int64_t now_ns)
{
	struct text_report *text = text_self(report);
	const struct nd_knock_stats *stats = summary->stats;
	const struct report_counts counts = report_knock_counts(stats);

	text_interim(text, target,
	    report_not_probed(&counts) ? NULL
				       : report_knock_state_name(stats->state),
	    &counts, &stats->rtt, now_ns);
	text->lines = true;
}

int
report_knock_text(struct report **ret, const struct report_opts *opts)
{
	const struct report_knock_ops *ops = opts->targets > 1
						 ? &report_knock_text_many_ops
						 : &report_knock_text_one_ops;

	return text_report(ret, opts, &ops->common, true);
}
