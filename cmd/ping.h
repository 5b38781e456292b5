/* SPDX-License-Identifier: MIT */
/* ping.h: one run of `netdiag ping`, shared by the files cmd/ping*.c. */
#ifndef CMD_PING_H
#define CMD_PING_H

#include "ping_opts.h"
#include "report_ping.h"
#include "run.h"

struct ping {
	struct run run; /* first */
	struct ping_opts opts;
	struct nd_ping_opts probe; /* what all rows have in common */
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

/* ---- ping_tell.c: what is told ------------------------------------------- */

bool ping_stats(
    const struct row *row, struct report_counts *counts, struct nd_rtt *rtt);
bool ping_met(const struct run *run, const struct row *row,
    const struct report_counts *counts);
void ping_summary(struct run *run, struct row *row, enum report_reason why);
void ping_interim(struct run *run, struct row *row);

/* As run_ops.tell and .keep. */
void ping_tell(
    struct run *run, struct row *row, const void *event, const char *name);
void ping_keep(void *ret, const void *event, const struct sockaddr *from);

#endif
