/* SPDX-License-Identifier: MIT */
/*
 * report_knock.h: what `netdiag knock` tells, free of any format. The order of
 * calls is that of report.h; a target here is one port of one address.
 */
#ifndef CMD_REPORT_KNOCK_H
#define CMD_REPORT_KNOCK_H

#include "report.h"

struct report_knock_flow {
	unsigned flow; /* from 1 */
	struct nd_knock_flow stats;
};

struct report_knock_summary {
	const struct nd_knock_stats *stats;
	enum report_reason reason;
	bool ok;
	enum nd_knock_state expect; /* --expect */
	/* With one port: for invalid packets by reason, drops. Or NULL. */
	const struct nd_ctx_stats *ctx;
	const struct report_knock_flow *flows; /* those that were used */
	size_t nflows;
	bool over_loss;	       /* more than --max-loss */
	bool over_rtt;	       /* more than --max-rtt, or no reply in time */
	int64_t judged_rtt_ns; /* what --max-rtt was held against, or -1 */
};

struct report_knock_ops {
	struct report_ops common; /* first */
	/* NAME: reverse name of event->from, or NULL. */
	void (*probe)(struct report *report, const struct report_target *target,
	    const struct nd_knock_event *event, const char *name,
	    int64_t now_ns);
	void (*interim)(struct report *report,
	    const struct report_target *target,
	    const struct report_knock_summary *summary, int64_t now_ns);
	void (*summary)(struct report *report,
	    const struct report_target *target,
	    const struct report_knock_summary *summary, int64_t now_ns);
};

/* "open", "closed", "filtered". */
const char *report_knock_state_name(enum nd_knock_state state);
/* What became of ECN: "accepted", "declined", "mirrored". NULL: unknown. */
const char *report_knock_ecn_name(enum nd_knock_ecn ecn);
/* "clean", "bleached", "marked", "blocked". NULL: unknown. */
const char *report_knock_ecn_path_name(enum nd_knock_ecn_path path);
/*
 * How many hops away a sender is whose packets arrive with TTL (>= 0): they
 * began with the nearest of the usual 64, 128 and 255. As traceroute(8) counts,
 * a neighbour is one hop away.
 */
int report_knock_hops(int ttl);

struct report_counts report_knock_counts(const struct nd_knock_stats *stats);

/* Those of a report that the functions below have made. */
static inline const struct report_knock_ops *
report_knock_ops(const struct report *report)
{
	return (const struct report_knock_ops *)(const void *)report->ops;
}

/* OPTS is copied. -ENOMEM. Freed by ops->free(). */
int report_knock_text(struct report **ret, const struct report_opts *opts);
int report_knock_json(struct report **ret, const struct report_opts *opts);

#endif
