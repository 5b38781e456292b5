/* SPDX-License-Identifier: MIT */
/* run_files.c: the system's limit on descriptors, where probes take one each.
 */
#include "run.h"

#include <sys/resource.h>

#define SPARE_FILES ((rlim_t)64) /* descriptors for everything but probes */

void
run_raise_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

uint64_t
run_files_for_probes(void)
{
	const struct nd_limits usual = ND_LIMITS_INIT;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
	    limit.rlim_cur > usual.max_in_flight)
		return 0;
	return limit.rlim_cur > 2 * SPARE_FILES ? limit.rlim_cur - SPARE_FILES
						: limit.rlim_cur / 2;
}
