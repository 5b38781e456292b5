/* SPDX-License-Identifier: MIT */
/*
 * Clocks. All inside is CLOCK_MONOTONIC; the kernel's packet time stamps are
 * CLOCK_REALTIME. A time base ties the two together and notices when the wall
 * clock is stepped, after which stamps already taken cannot be converted.
 */
#ifndef ND_NET_CLOCK_H
#define ND_NET_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Where time comes from; tests put a virtual clock here. */
struct nd_clock_ops {
	int64_t (*monotonic_ns)(void *arg);
	int64_t (*realtime_ns)(void *arg);
	void *arg;
};

extern const struct nd_clock_ops nd_clock_system;

struct nd_timebase {
	const struct nd_clock_ops *ops;
	int64_t offset_ns; /* realtime - monotonic */
	int64_t read_ns;   /* when that was measured, monotonic */
	bool trusted;	   /* no step since the reading before this one */
	uint64_t steps;
};

void nd_timebase_init(struct nd_timebase *t, const struct nd_clock_ops *ops);
/*
 * Measures the offset anew; to be called before a batch of stamps is read.
 * Returns the monotonic time.
 */
int64_t nd_timebase_update(struct nd_timebase *t);
/*
 * The monotonic time of the kernel's stamp REAL_NS, or -1 where it cannot be
 * had: no stamp (0), a step of the clock, or a time after NOW_NS.
 */
int64_t nd_timebase_convert(
    const struct nd_timebase *t, int64_t real_ns, int64_t now_ns);

static inline int64_t
nd_monotonic(const struct nd_timebase *t)
{
	return t->ops->monotonic_ns(t->ops->arg);
}

#endif
