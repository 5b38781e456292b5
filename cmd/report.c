/* SPDX-License-Identifier: MIT */
/* report.c: words and the status line that all reports share. */
#include "report.h"

#include <string.h>

#include "report_text.h"
#include "safe.h"

#define EWMA_WEIGHT 8 /* of the past, as in ping(8) */

const char *
report_reason_name(enum report_reason reason)
{
	static const char *const names[] = {
	    [REPORT_DONE] = "done",
	    [REPORT_DEADLINE] = "deadline",
	    [REPORT_INTERRUPTED] = "interrupted",
	    [REPORT_ERROR] = "error",
	};

	return names[reason];
}

static const struct {
	const char *name;
	int status;
} codes[] = {
    [REPORT_USAGE] = {"usage", 2},
    [REPORT_RESOLVE] = {"resolve", 2},
    [REPORT_ROUTE] = {"route", 1},
    [REPORT_PERMISSION] = {"permission", 3},
    [REPORT_SOCKET] = {"socket", 3},
    [REPORT_OUTPUT] = {"output", 3},
    [REPORT_INTERNAL] = {"internal", 3},
};

const char *
report_code_name(enum report_code code)
{
	return codes[code].name;
}

int
report_code_status(enum report_code code)
{
	return codes[code].status;
}

void
report_ewma(struct report *report, int64_t rtt_ns)
{
	if (rtt_ns < 0)
		return;
	if (report->ewma_ns < 0)
		report->ewma_ns = rtt_ns;
	else
		report->ewma_ns += (rtt_ns - report->ewma_ns) / EWMA_WEIGHT;
}

size_t
report_name_width(const struct report_target *target, bool with_addr)
{
	const char *addr = target->addr != NULL ? target->addr : "";

	if (target->name == NULL)
		return safe_width(addr);
	return safe_width(target->name) +
	       (with_addr && *addr != '\0' ? strlen(addr) + 3 : 0);
}

bool
report_not_probed(const struct report_counts *counts)
{
	return counts->received == 0 && counts->lost == 0 &&
	       counts->late == 0 && counts->errors == 0 &&
	       counts->send_errors == 0;
}

struct report_share
report_goal_loss(const struct report_counts *counts)
{
	return (struct report_share){
	    .part = counts->lost + counts->errors + counts->send_errors,
	    .whole = counts->sent - counts->unfinished + counts->send_errors};
}

static void
packets(struct buf *line, uint64_t received, uint64_t out)
{
	buf_char(line, '\r');
	buf_u64(line, received);
	buf_char(line, '/');
	buf_u64(line, out);
	buf_str(line, " packets, ");
}

static void
status_of_all(
    const struct report *report, struct buf *line, const struct report_end *end)
{
	const bool traced = report->opts.method != NULL;
	const uint64_t out = end->sent - end->unfinished;

	packets(line, end->received, out);
	text_loss(line, end->lost + end->errors, out);
	buf_str(line, " loss, ");
	buf_u64(line, end->alive);
	buf_char(line, '/');
	buf_u64(line, end->targets);
	buf_str(line, report->ports ? " port" : " target");
	if (end->targets != 1)
		buf_char(line, 's');
	if (traced)
		buf_str(line, " reached\n");
	else
		buf_str(line, report->ports ? " answered\n" : " alive\n");
}

void
report_status(const struct report *report, const struct report_counts *counts,
    const struct nd_rtt *rtt, const struct report_end *end, struct buf *line)
{
	uint64_t gone, out;

	if (counts == NULL) {
		status_of_all(report, line, end);
		return;
	}
	gone = counts->lost + counts->errors;
	out = counts->sent - counts->unfinished;
	packets(line, counts->received, out);
	/* A whole number, cut off, as ping(8) has it. */
	buf_u64(line, out > 0 ? gone * 100 / out : 0);
	buf_str(line, "% loss");
	if (rtt->samples > 0) {
		buf_str(line, ", min/avg/ewma/max = ");
		buf_ms3(line, rtt->min_ns);
		buf_char(line, '/');
		buf_ms3(line, rtt->avg_ns);
		buf_char(line, '/');
		buf_ms3(line, report->ewma_ns);
		buf_char(line, '/');
		buf_ms3(line, rtt->max_ns);
		buf_str(line, " ms");
	}
	buf_char(line, '\n');
}
