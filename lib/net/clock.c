/* SPDX-License-Identifier: MIT */
/* Clocks, and the conversion of wall clock stamps to monotonic time. */
#include "net/clock.h"

#include <time.h>

/*
 * Between two readings the offset may change by slewing (at most 500 ppm) and
 * by the time that passes between the two clock calls of one reading. What is
 * more is a step.
 */
#define SLEW_PPM 1000
#define STEP_SLACK_NS 100000
/* A pair of readings further apart than this was interrupted: read again. */
#define TIGHT_NS 2000
#define READ_TRIES 4

static int64_t
read_clock(clockid_t id)
{
	struct timespec ts;

	(void)clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static int64_t
system_monotonic(void *arg)
{
	(void)arg;
	return read_clock(CLOCK_MONOTONIC);
}

static int64_t
system_realtime(void *arg)
{
	(void)arg;
	return read_clock(CLOCK_REALTIME);
}

const struct nd_clock_ops nd_clock_system = {
    .monotonic_ns = system_monotonic, .realtime_ns = system_realtime};

/* The best of a few attempts: the one with the least time around it. */
static int64_t
measure(struct nd_timebase *t)
{
	int64_t best = INT64_MAX, before = nd_monotonic(t);

	for (int i = 0; i < READ_TRIES; i++) {
		int64_t real = t->ops->realtime_ns(t->ops->arg);
		int64_t after = nd_monotonic(t);

		if (after - before < best) {
			best = after - before;
			t->offset_ns = real - (before + best / 2);
		}
		before = after;
		if (best <= TIGHT_NS)
			break;
	}
	return before;
}

void
nd_timebase_init(struct nd_timebase *t, const struct nd_clock_ops *ops)
{
	*t = (struct nd_timebase){.ops = ops, .trusted = true};
	t->read_ns = measure(t);
}

int64_t
nd_timebase_update(struct nd_timebase *t)
{
	int64_t old = t->offset_ns, now = measure(t);
	int64_t change = t->offset_ns - old;
	int64_t allowed =
	    STEP_SLACK_NS + (now - t->read_ns) / 1000000 * SLEW_PPM;

	t->trusted = change <= allowed && change >= -allowed;
	if (!t->trusted)
		t->steps++;
	t->read_ns = now;
	return now;
}

int64_t
nd_timebase_convert(
    const struct nd_timebase *t, int64_t real_ns, int64_t now_ns)
{
	int64_t mono = real_ns - t->offset_ns;

	if (real_ns == 0 || !t->trusted || mono > now_ns)
		return -1;
	return mono;
}
