/* SPDX-License-Identifier: MIT */
/* report_ping_text.c: chooses the form of text, and pieces that two forms use.
 */
#include "report_ping_text.h"

#include "addrtext.h"

void
ping_text_senders(struct buf *line, const struct report_ping_summary *summary)
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
			text_count(line, line->len, sender->duplicates,
			    "duplicate", true);
		}
		if (sender->min_ns >= 0) {
			buf_str(line, ", ");
			text_min_avg_max(line, sender->min_ns, sender->avg_ns,
			    sender->max_ns);
		}
		buf_char(line, '\n');
	}
}

void
ping_text_interim(struct report *report, const struct report_target *target,
    const struct report_ping_summary *summary, int64_t now_ns)
{
	struct text_report *text = text_self(report);
	const struct report_counts counts = report_ping_counts(summary->stats);

	text_interim(text, target, NULL, &counts, &summary->stats->rtt, now_ns);
	text->lines = true;
}

int
report_ping_text(struct report **ret, const struct report_opts *opts)
{
	const struct report_ping_ops *ops = &report_ping_text_one_ops;

	if (opts->alive || opts->down)
		ops = &report_ping_text_names_ops;
	else if (opts->targets > 1)
		ops = &report_ping_text_many_ops;
	return text_report(ret, opts, &ops->common, false);
}
