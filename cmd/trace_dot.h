/* SPDX-License-Identifier: MIT */
/*
 * trace_dot.h: the graph of what traces have found, for Graphviz: a cluster a
 * target, in it a node for each address at each TTL.
 */
#ifndef CMD_TRACE_DOT_H
#define CMD_TRACE_DOT_H

#include "buf.h"
#include "report_trace.h"
#include "report_trace_view.h"

#include <stdint.h>

struct trace_dot {
	int fd;
	struct buf buf;
	uint64_t targets;
	int err; /* the first error, negative, or 0 */
};

/* Takes FD over, and empties it where it is a file. Nothing fails here. */
void trace_dot_init(struct trace_dot *dot, int fd);
/* Adds a target that is over; of one that never started there is nothing. */
void trace_dot_add(struct trace_dot *dot, const struct report_target *target,
    const struct report_trace_summary *summary);
/* The same of what was read of it. */
void trace_dot_draw(struct trace_dot *dot, const struct report_target *target,
    const struct report_trace_summary *summary,
    const struct report_trace_view *view);
/* Ends the graph and closes the file. 0, or the first error that there was. */
int trace_dot_end(struct trace_dot *dot);

#endif
