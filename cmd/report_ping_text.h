/* SPDX-License-Identifier: MIT */
/*
 * report_ping_text.h: the forms of ping's text: one target as ping(8) shows it,
 * many with a table, or the mere names of --alive, --down.
 */
#ifndef CMD_REPORT_PING_TEXT_H
#define CMD_REPORT_PING_TEXT_H

#include "report_ping.h"
#include "report_text.h"

extern const struct report_ping_ops report_ping_text_one_ops;
extern const struct report_ping_ops report_ping_text_many_ops;
extern const struct report_ping_ops report_ping_text_names_ops;

/* What all forms do with an event; ONE: as ping(8), else with the target. */
void ping_text_probe(struct text_report *text,
    const struct report_target *target, const struct nd_ping_event *event,
    const char *name, bool one, int64_t now_ns);
/* Who answered to a broadcast or multicast. */
void ping_text_senders(
    struct buf *line, const struct report_ping_summary *summary);

/* Members of struct report_ping_ops. */
void ping_text_interim(struct report *report,
    const struct report_target *target,
    const struct report_ping_summary *summary, int64_t now_ns);

#endif
