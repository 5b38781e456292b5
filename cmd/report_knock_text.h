/* SPDX-License-Identifier: MIT */
/*
 * report_knock_text.h: the forms of knock's text: lines for one port, a table
 * for many.
 */
#ifndef CMD_REPORT_KNOCK_TEXT_H
#define CMD_REPORT_KNOCK_TEXT_H

#include "report_knock.h"
#include "report_text.h"

extern const struct report_knock_ops report_knock_text_one_ops;
extern const struct report_knock_ops report_knock_text_many_ops;

/* Of a state: open, closed, and what is neither. */
const char *knock_text_color(enum nd_knock_state state);

/* What both forms do with an event; ONE: the only port of the run. */
void knock_text_probe(struct text_report *text,
    const struct report_target *target, const struct nd_knock_event *event,
    const char *name, bool one, int64_t now_ns);

/* The statistics of one port, appended. */
void knock_text_statistics(struct text_report *text,
    const struct report_target *target,
    const struct report_knock_summary *summary);
/* What was seen on each flow, appended; nothing where there is but one. */
void knock_text_flows(
    struct text_report *text, const struct report_knock_summary *summary);

/* A member of struct report_knock_ops. */
void knock_text_interim(struct report *report,
    const struct report_target *target,
    const struct report_knock_summary *summary, int64_t now_ns);

#endif
