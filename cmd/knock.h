/* SPDX-License-Identifier: MIT */
/* knock.h: one run of `netdiag knock`, shared by the files cmd/knock*.c. */
#ifndef CMD_KNOCK_H
#define CMD_KNOCK_H

#include "knock_opts.h"
#include "report_knock.h"
#include "run.h"

struct knock {
	struct run run; /* first */
	struct knock_opts opts;
	struct nd_knock_opts probe; /* what all rows have in common */
};

static inline struct knock *
knock_of(struct run *run)
{
	return (struct knock *)(void *)run;
}

static inline const struct knock *
knock_of_const(const struct run *run)
{
	return (const struct knock *)(const void *)run;
}

/* ---- knock_probe.c: what is measured ------------------------------------- */

/* As run_ops.opened. */
int knock_opened(struct run *run);
/* As run_ops.prepare: what all targets have in common. */
int knock_prepare(struct run *run);
/* As run_ops.start. */
int knock_start(struct run *run, struct row *row, int64_t start_ns);

/* ---- knock_tell.c: what is told ------------------------------------------ */

/* An event that waits. */
struct knock_kept {
	struct nd_knock_event event; /* first */
	struct nd_knock_tcp tcp;
};
/* As run_ops.tell and .keep. */
void knock_tell(
    struct run *run, struct row *row, const void *event, const char *name);
void knock_keep(void *ret, const void *event, const struct sockaddr *from);
bool knock_stats(
    const struct row *row, struct report_counts *counts, struct nd_rtt *rtt);
bool knock_met(const struct run *run, const struct row *row,
    const struct report_counts *counts);
void knock_summary(struct run *run, struct row *row, enum report_reason why);
void knock_interim(struct run *run, struct row *row);

#endif
