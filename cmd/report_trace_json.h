/* SPDX-License-Identifier: MIT */
/*
 * report_trace_json.h: the records of a trace, from what was read of it into
 * plain tables.
 */
#ifndef CMD_REPORT_TRACE_JSON_H
#define CMD_REPORT_TRACE_JSON_H

#include "report_json.h"
#include "report_trace.h"
#include "report_trace_view.h"

/* ---- report_trace_json.c ---- */

/* The hops, nodes and links of VIEW, and the summary. */
void trace_json_end(struct report *report, const struct report_target *target,
    const struct report_trace_summary *summary,
    const struct report_trace_view *view, int64_t now_ns);
/* The summary so far. */
void trace_json_interim(struct report *report,
    const struct report_target *target,
    const struct report_trace_summary *summary,
    const struct report_trace_view *view, int64_t now_ns);

/* ---- report_trace_json_graph.c ---- */

/* The records of the hops, nodes and links of VIEW. */
void trace_json_graph(struct json_report *r, const struct report_target *target,
    const struct report_trace_summary *summary,
    const struct report_trace_view *view, int64_t now_ns);

/* Members. NULL is null; of numbers that are counted from 1, 0 is. */
void trace_json_address(
    struct json *json, const char *key, const struct sockaddr *addr);
void trace_json_number(struct json *json, const char *key, uint64_t number);
/* `mpls`. */
void trace_json_labels(
    struct json *json, const struct nd_trace_label *labels, unsigned n);
/* `interface`. */
void trace_json_interface(
    struct json *json, const struct nd_trace_interface *i);

#endif
