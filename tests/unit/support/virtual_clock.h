/* SPDX-License-Identifier: MIT */
/*
 * A clock that tests move by hand. The wall clock stands at a fixed distance
 * from the monotonic one until it is stepped; what it showed at any earlier
 * time is remembered, for the stamps of packets that came before a step.
 */
#ifndef TEST_VIRTUAL_CLOCK_H
#define TEST_VIRTUAL_CLOCK_H

#include "net/clock.h"

#define VIRTUAL_CLOCK_STEPS 8
#define MS ((int64_t)1000000)
#define SEC (1000 * MS)
#define HOUR (3600 * SEC)

struct virtual_clock {
	struct nd_clock_ops
	    ops; /* arg: the clock itself, so it must not move */
	int64_t now_ns;
	int steps;
	struct {
		int64_t at_ns, offset_ns;
	} step[VIRTUAL_CLOCK_STEPS];
};

void virtual_clock_init(struct virtual_clock *c, int64_t now_ns);
/* Steps the wall clock, and it alone, by BY_NS. */
void virtual_clock_step(struct virtual_clock *c, int64_t by_ns);
/* What the wall clock showed at the monotonic time AT_NS. */
int64_t virtual_clock_real(const struct virtual_clock *c, int64_t at_ns);

#endif
