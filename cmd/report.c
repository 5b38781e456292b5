/* SPDX-License-Identifier: MIT */
/* report.c: words and the status line that all reports share. */
#include "report.h"

#include <string.h>

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
report_ewma(struct report *report, const struct nd_ping_event *event)
{
	if (event->status != ND_PING_REPLY || event->rtt_ns < 0)
		return;
	if (report->ewma_ns < 0)
		report->ewma_ns = event->rtt_ns;
	else
		report->ewma_ns +=
		    (event->rtt_ns - report->ewma_ns) / EWMA_WEIGHT;
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

static void
packets(struct buf *line, uint64_t received, uint64_t gone, uint64_t out)
{
	buf_char(line, '\r');
	buf_u64(line, received);
	buf_char(line, '/');
	buf_u64(line, out);
	buf_str(line, " packets, ");
	/* A whole number, cut off, as ping(8) has it. */
	buf_u64(line, out > 0 ? gone * 100 / out : 0);
	buf_str(line, "% loss");
}

void
report_status(const struct report *report, const struct nd_ping_stats *stats,
    const struct report_end *end, struct buf *line)
{
	if (stats == NULL) {
		packets(line, end->received, end->lost + end->errors,
		    end->sent - end->unfinished);
		buf_str(line, ", ");
		buf_u64(line, end->alive);
		buf_char(line, '/');
		buf_u64(line, end->targets);
		buf_str(line,
		    end->targets == 1 ? " target alive\n" : " targets alive\n");
		return;
	}
	packets(line, stats->received, stats->lost + stats->errors,
	    stats->sent - stats->unfinished);
	if (stats->rtt.samples > 0) {
		buf_str(line, ", min/avg/ewma/max = ");
		buf_ms3(line, stats->rtt.min_ns);
		buf_char(line, '/');
		buf_ms3(line, stats->rtt.avg_ns);
		buf_char(line, '/');
		buf_ms3(line, report->ewma_ns);
		buf_char(line, '/');
		buf_ms3(line, stats->rtt.max_ns);
		buf_str(line, " ms");
	}
	buf_char(line, '\n');
}
