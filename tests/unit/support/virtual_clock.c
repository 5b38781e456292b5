/* SPDX-License-Identifier: MIT */
/* A clock that tests move by hand. */
#include "virtual_clock.h"

#include <criterion/criterion.h>

/* 2026-01-01. */
#define EPOCH_NS (1767225600 * SEC)

static int64_t
monotonic(void *arg)
{
	const struct virtual_clock *c = arg;

	return c->now_ns;
}

static int64_t
realtime(void *arg)
{
	const struct virtual_clock *c = arg;

	return virtual_clock_real(c, c->now_ns);
}

void
virtual_clock_init(struct virtual_clock *c, int64_t now_ns)
{
	*c = (struct virtual_clock){
	    .ops = {.monotonic_ns = monotonic, .realtime_ns = realtime},
	    .now_ns = now_ns,
	    .steps = 1,
	};
	c->ops.arg = c;
	c->step[0].at_ns = INT64_MIN;
	c->step[0].offset_ns = EPOCH_NS;
}

void
virtual_clock_step(struct virtual_clock *c, int64_t by_ns)
{
	int n = c->steps++;

	cr_assert_lt(n, VIRTUAL_CLOCK_STEPS);
	c->step[n].at_ns = c->now_ns;
	c->step[n].offset_ns = c->step[n - 1].offset_ns + by_ns;
}

int64_t
virtual_clock_real(const struct virtual_clock *c, int64_t at_ns)
{
	int i = c->steps - 1;

	while (i > 0 && c->step[i].at_ns > at_ns)
		i--;
	return at_ns + c->step[i].offset_ns;
}
