/* SPDX-License-Identifier: MIT */
/* report_knock.c: words and estimates that all reports of knock share. */
#include "report_knock.h"

const char *
report_knock_state_name(enum nd_knock_state state)
{
	static const char *const names[] = {
	    [ND_KNOCK_STATE_OPEN] = "open",
	    [ND_KNOCK_STATE_CLOSED] = "closed",
	    [ND_KNOCK_STATE_FILTERED] = "filtered",
	};

	return names[state];
}

const char *
report_knock_ecn_name(enum nd_knock_ecn ecn)
{
	static const char *const names[] = {
	    [ND_KNOCK_ECN_UNKNOWN] = NULL,
	    [ND_KNOCK_ECN_ACCEPTED] = "accepted",
	    [ND_KNOCK_ECN_DECLINED] = "declined",
	    [ND_KNOCK_ECN_MIRRORED] = "mirrored",
	};

	return names[ecn];
}

const char *
report_knock_ecn_path_name(enum nd_knock_ecn_path path)
{
	static const char *const names[] = {
	    [ND_KNOCK_ECN_PATH_UNKNOWN] = NULL,
	    [ND_KNOCK_ECN_PATH_CLEAN] = "clean",
	    [ND_KNOCK_ECN_PATH_BLEACHED] = "bleached",
	    [ND_KNOCK_ECN_PATH_MARKED] = "marked",
	    [ND_KNOCK_ECN_PATH_BLOCKED] = "blocked",
	};

	return names[path];
}

int
report_knock_hops(int ttl)
{
	int begin = 255;

	if (ttl <= 64)
		begin = 64;
	else if (ttl <= 128)
		begin = 128;
	return begin - ttl + 1;
}

struct report_counts
report_knock_counts(const struct nd_knock_stats *stats)
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
