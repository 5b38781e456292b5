/* SPDX-License-Identifier: MIT */
/* report_trace.c: words, marks and numbers that all reports of trace share. */
#include "report_trace.h"

#include <netinet/in.h>
#include <stdio.h>

#define FLOWS_PER_WORD 64
#define WORDS (sizeof(((struct nd_trace_flows *)0)->bits) / sizeof(uint64_t))

struct report_counts
report_trace_counts(const struct nd_trace_stats *stats)
{
	return (struct report_counts){
	    .sent = stats->sent,
	    .received = stats->received,
	    .lost = stats->lost,
	    .late = stats->late,
	    .duplicates = stats->duplicates,
	    .invalid = stats->invalid,
	    .errors = stats->errors,
	    .send_errors = stats->send_errors,
	    .unfinished = stats->unfinished,
	    .loss_uncertain = stats->loss_uncertain,
	};
}

struct report_counts
report_trace_destination(const struct report_trace_summary *summary)
{
	const struct nd_trace_stats *stats = summary->stats;
	struct nd_trace_hop hop;

	if (summary->trace == NULL || !stats->reached ||
	    nd_trace_hop(summary->trace, stats->hops, &hop) != 0)
		return (struct report_counts){0};
	return (struct report_counts){
	    .sent = hop.sent,
	    .received = hop.received,
	    .lost = hop.lost,
	    .late = hop.late,
	    .errors = hop.errors,
	    .send_errors = hop.send_errors,
	    .unfinished = hop.unfinished,
	    .loss_uncertain = stats->loss_uncertain,
	};
}

const char *
report_trace_reason(const struct report_trace_summary *summary)
{
	if (summary->reason == REPORT_DEADLINE)
		return "deadline";
	if (summary->reason != REPORT_DONE)
		return "interrupted";
	switch (summary->stats->end) {
	case ND_TRACE_END_REACHED:
		return "reached";
	case ND_TRACE_END_UNREACHABLE:
		return "unreachable";
	case ND_TRACE_END_GAP:
		return "gap";
	case ND_TRACE_END_MAX_TTL:
		return "max_ttl";
	case ND_TRACE_END_LOOP:
		return "loop";
	case ND_TRACE_END_NONE:
		break;
	}
	return "interrupted";
}

/* ---- Marks ---------------------------------------------------------------
 */

/* RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1. */
static const char *
mark4(int type, int code)
{
	if (type != 3)
		return NULL;
	switch (code) {
	case 0:
	case 6:
	case 8:
	case 11:
		return "!N";
	case 1:
	case 7:
	case 12:
		return "!H";
	case 2:
		return "!P";
	case 4:
		return "!F";
	case 5:
		return "!S";
	case 9:
	case 10:
	case 13:
		return "!X";
	case 14:
		return "!V";
	case 15:
		return "!C";
	default:
		return NULL;
	}
}

/* RFC 4443 section 3. */
static const char *
mark6(int type, int code)
{
	if (type == 2)
		return "!F";
	if (type == 4 && code == 1)
		return "!P"; /* a next header that it does not know */
	if (type != 1)
		return NULL;
	switch (code) {
	case 0:
		return "!N";
	case 1:
	case 5:
	case 6:
		return "!X";
	case 2:
		return "!S";
	case 3:
		return "!H";
	default:
		return NULL;
	}
}

void
report_trace_mark(char *ret, size_t size, const struct nd_trace_node *node)
{
	const bool v6 = node->addr.ss_family == AF_INET6;
	const int type = node->icmp_type, code = node->icmp_code;
	const char *mark = v6 ? mark6(type, code) : mark4(type, code);
	const bool is_unreachable = type == (v6 ? 1 : 3);

	ret[0] = '\0';
	if (type < 0)
		return;
	if (mark == NULL && is_unreachable)
		(void)snprintf(ret, size, "!%d", code);
	else if (mark == NULL)
		(void)snprintf(ret, size, "!<%d/%d>", type, code);
	else if (mark[1] == 'F' && node->mtu > 0)
		(void)snprintf(ret, size, "!F-%d", node->mtu);
	else
		(void)snprintf(ret, size, "%s", mark);
}

void
report_trace_each_flow(const struct nd_trace_flows *flows,
    void (*each)(void *user, unsigned flow), void *user)
{
	for (unsigned i = 0; i < WORDS; i++)
		for (uint64_t rest = flows->bits[i]; rest != 0;
		     rest &= rest - 1)
			each(user, i * FLOWS_PER_WORD +
				       (unsigned)__builtin_ctzll(rest) + 1);
}
