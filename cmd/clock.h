/* SPDX-License-Identifier: MIT */
/* clock.h: the two clocks, in ns. Safe in a signal handler. */
#ifndef CMD_CLOCK_H
#define CMD_CLOCK_H

#include <stdint.h>

int64_t clock_monotonic_ns(void);
/* Since 1970 UTC. */
int64_t clock_realtime_ns(void);

#endif
