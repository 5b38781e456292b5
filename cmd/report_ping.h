/* SPDX-License-Identifier: MIT */
/*
 * report_ping.h: what `netdiag ping` tells, free of any format. The order of
 * calls is that of report.h.
 */
#ifndef CMD_REPORT_PING_H
#define CMD_REPORT_PING_H

#include "report.h"

struct report_ping_summary {
	const struct nd_ping_stats *stats;
	enum report_reason reason;
	bool ok;
	/* With one target: for invalid packets by reason, drops. Or NULL. */
	const struct nd_ctx_stats *ctx;
	/* Answers by sender (broadcast, multicast). */
	const struct nd_ping_sender *senders;
	size_t nsenders;
	bool over_loss;	       /* more than --max-loss */
	bool over_rtt;	       /* more than --max-rtt, or no reply in time */
	int64_t judged_rtt_ns; /* what --max-rtt was held against, or -1 */
};

struct report_ping_ops {
	struct report_ops common; /* first */
	/*
	 * NAME: reverse name of event->from, or NULL. ND_PING_SENT is wanted
	 * with --outstanding and --flood of one target, and ignored elsewhere,
	 * as ND_PING_DONE is.
	 */
	void (*probe)(struct report *report, const struct report_target *target,
	    const struct nd_ping_event *event, const char *name,
	    int64_t now_ns);
	void (*interim)(struct report *report,
	    const struct report_target *target,
	    const struct report_ping_summary *summary, int64_t now_ns);
	void (*summary)(struct report *report,
	    const struct report_target *target,
	    const struct report_ping_summary *summary, int64_t now_ns);
};

/* Those of a report that the functions below have made. */
static inline const struct report_ping_ops *
report_ping_ops(const struct report *report)
{
	return (const struct report_ping_ops *)(const void *)report->ops;
}

struct report_counts report_ping_counts(const struct nd_ping_stats *stats);

/* OPTS is copied. -ENOMEM. Freed by ops->free(). */
int report_ping_text(struct report **ret, const struct report_opts *opts);
int report_ping_json(struct report **ret, const struct report_opts *opts);

#endif
