/* SPDX-License-Identifier: MIT */
/* When to send and how long to wait. */
#include "diag/schedule.h"

#define LEAST_TIMEOUT_NS 1000000000
#define CATCH_UP_NS 10000000

int64_t
nd_timeout(int64_t fixed_ns, int64_t first_ns, int64_t largest_ns)
{
	if (fixed_ns > 0)
		return fixed_ns;
	if (largest_ns < 0)
		return first_ns;
	return largest_ns > LEAST_TIMEOUT_NS / 3 ? 3 * largest_ns
						 : LEAST_TIMEOUT_NS;
}

int64_t
nd_next_due(int64_t due_ns, int64_t interval_ns, int64_t now_ns)
{
	due_ns += interval_ns;
	if (due_ns <= now_ns - CATCH_UP_NS)
		due_ns += ((now_ns - due_ns) / interval_ns + 1) * interval_ns;
	return due_ns;
}
