/* SPDX-License-Identifier: MIT */
/* When to send and how long to wait: what diagnostics of one target share. */
#ifndef ND_DIAG_SCHEDULE_H
#define ND_DIAG_SCHEDULE_H

#include <stdint.h>

/*
 * How long to wait for an answer: FIXED_NS if that is not 0; 3 x the largest
 * RTT seen, at least 1 s; FIRST_NS where none was seen (LARGEST_NS is -1).
 */
int64_t nd_timeout(int64_t fixed_ns, int64_t first_ns, int64_t largest_ns);
/*
 * The next departure after the one that was due at DUE_NS, by an absolute
 * schedule, so that nothing drifts. What was missed by NOW_NS (the process was
 * stopped, the rate is capped) is left out, but for a few milliseconds, which
 * is how exactly a loop wakes up.
 */
int64_t nd_next_due(int64_t due_ns, int64_t interval_ns, int64_t now_ns);

#endif
