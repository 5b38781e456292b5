/* SPDX-License-Identifier: MIT */
/* ping.h: one run of `netdiag ping`, shared by the files cmd/ping*.c. */
#ifndef CMD_PING_H
#define CMD_PING_H

#include "hold.h"
#include "ping_opts.h"
#include "rdns.h"
#include "report_ping.h"
#include "run.h"

struct ping {
	struct run run; /* first */
	struct ping_opts opts;
	struct nd_ping_opts probe; /* what all rows have in common */
	struct rdns *rdns;	   /* NULL: no reverse names are wanted */
	struct hold hold;	   /* of the only target */
	ev_timer hold_timer;
};

static inline struct ping *
ping_of(struct run *run)
{
	return (struct ping *)(void *)run;
}

static inline const struct ping *
ping_of_const(const struct run *run)
{
	return (const struct ping *)(const void *)run;
}

/* ---- ping_probe.c: what is measured -------------------------------------- */

/* As run_ops.prepare: what all targets have in common. */
int ping_prepare(struct run *run);
/* As run_ops.start. */
int ping_start(struct run *run, struct row *row, int64_t start_ns);

/* ---- ping_tell.c: summaries ---------------------------------------------- */

bool ping_stats(
    const struct row *row, struct report_counts *counts, struct nd_rtt *rtt);
bool ping_met(const struct run *run, const struct row *row,
    const struct report_counts *counts);
void ping_summary(struct run *run, struct row *row, enum report_reason why);
void ping_interim(struct run *run, struct row *row);

/* ---- ping_events.c: from events to the report ---------------------------- */

/* Reverse names, where lines show them. 0 or a negative errno. */
int ping_open_names(struct run *run);
void ping_on_event(
    struct nd_ping *ping, const struct nd_ping_event *event, void *user);
/* As run_ops.started. */
bool ping_started(struct run *run, struct row *row);
/* Lets go of all that is held, named or not. */
void ping_ending(struct run *run);
bool ping_holds(const struct run *run);

#endif
