/* SPDX-License-Identifier: MIT */
/*
 * report_trace.h: what `netdiag trace` tells, free of any format. The order of
 * calls is that of report.h: for each target start, then probes as they are
 * decided and hops in the order of their TTLs, then one summary.
 */
#ifndef CMD_REPORT_TRACE_H
#define CMD_REPORT_TRACE_H

#include "report.h"

#include <netdiag.h>

/* What is known of an address besides what it answered. */
struct report_trace_names {
	/* Reverse name, or NULL. */
	const char *(*name)(void *user, const struct sockaddr *addr);
	/* Origin AS, "AS64500" or several "AS64500/AS64501", or NULL. */
	const char *(*asn)(void *user, const struct sockaddr *addr);
	void *user;
};

struct report_trace_summary {
	const struct nd_trace *trace;
	const struct nd_trace_stats *stats;
	const struct report_trace_names *names;
	enum report_reason reason; /* why the run ended, if not by itself */
	bool ok;
	bool links; /* flows keep their way: links are real */
	bool mda;   /* all paths were looked for */
	const struct nd_ctx_stats *ctx; /* with one target, or NULL */
	bool over_loss, over_rtt;
	int64_t judged_rtt_ns; /* or -1 */
};

struct report_trace_ops {
	struct report_ops common; /* first */
	/* A probe is decided, or answered once more. Records only. */
	void (*probe)(struct report *report, const struct report_target *target,
	    const struct nd_trace_event *event, int64_t now_ns);
	/*
	 * TTL is final, and named as far as that goes: in order of TTLs. Text
	 * with one target and one cycle only.
	 */
	void (*hop)(struct report *report, const struct report_target *target,
	    const struct report_trace_summary *summary, unsigned ttl,
	    int64_t now_ns);
	/* --every: as summary, while it goes on. */
	void (*interim)(struct report *report,
	    const struct report_target *target,
	    const struct report_trace_summary *summary, int64_t now_ns);
	/* All hops, nodes and links as records, or what of the text was not
	 * told yet; then the verdict. */
	void (*summary)(struct report *report,
	    const struct report_target *target,
	    const struct report_trace_summary *summary, int64_t now_ns);
};

static inline const struct report_trace_ops *
report_trace_ops(const struct report *report)
{
	return (const struct report_trace_ops *)(const void *)report->ops;
}

struct report_counts report_trace_counts(const struct nd_trace_stats *stats);
/*
 * Of the probes to the TTL at which the destination answers, all zero where it
 * does not: what --max-loss is held against. Routers may be silent.
 */
struct report_counts report_trace_destination(
    const struct report_trace_summary *summary);
/* "reached", "unreachable", "gap", "max_ttl", "loop", "deadline",
 * "interrupted": the `reason` of a summary. */
const char *report_trace_reason(const struct report_trace_summary *summary);
/*
 * The mark of an ICMP error at a hop, as traceroute(8) prints it: "!H", "!N",
 * "!P", "!X", "!S", "!F-1400", "!13"; into RET of SIZE bytes, "" where there
 * is none.
 */
void report_trace_mark(
    char *ret, size_t size, const struct nd_trace_node *node);
/* The flows of a set in ascending order: calls EACH with each, from 1. */
void report_trace_each_flow(const struct nd_trace_flows *flows,
    void (*each)(void *user, unsigned flow), void *user);

/* OPTS is copied. -ENOMEM. Freed by ops->free(). */
int report_trace_text(struct report **ret, const struct report_opts *opts);
int report_trace_json(struct report **ret, const struct report_opts *opts);

#endif
