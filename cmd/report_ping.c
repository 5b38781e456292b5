/* SPDX-License-Identifier: MIT */
/* report_ping.c: what all reports of `netdiag ping` share. */
#include "report_ping.h"

struct report_counts
report_ping_counts(const struct nd_ping_stats *stats)
{
	return (struct report_counts){
	    .sent = stats->sent,
	    .received = stats->received,
	    .lost = stats->lost,
	    .late = stats->late,
	    .duplicates = stats->duplicates,
	    .invalid = stats->invalid,
	    .errors = stats->errors,
	    .late_errors = stats->late_errors,
	    .send_errors = stats->send_errors,
	    .unfinished = stats->unfinished,
	    .loss_uncertain = stats->loss_uncertain,
	};
}
