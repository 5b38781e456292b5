/* SPDX-License-Identifier: MIT */
/* lib/net/clock.h: wall clock stamps become monotonic times, or nothing. */
#include "net/clock.h"

#include "virtual_clock.h"

#include <criterion/criterion.h>

static struct virtual_clock vc;

static void
begin(struct nd_timebase *t)
{
	virtual_clock_init(&vc, 50 * SEC);
	nd_timebase_init(t, &vc.ops);
}

Test(clock, converts_stamps)
{
	struct nd_timebase t;
	int64_t at = 50 * SEC + 3 * MS;

	begin(&t);
	vc.now_ns += SEC;
	cr_assert_eq(nd_timebase_update(&t), vc.now_ns);
	cr_assert_eq(nd_monotonic(&t), vc.now_ns);
	cr_assert_eq(
	    nd_timebase_convert(&t, virtual_clock_real(&vc, at), vc.now_ns),
	    at);
}

Test(clock, has_no_time_for_no_stamp_or_one_of_the_future)
{
	struct nd_timebase t;
	int64_t real;

	begin(&t);
	real = virtual_clock_real(&vc, vc.now_ns);
	cr_assert_eq(nd_timebase_convert(&t, 0, vc.now_ns), -1);
	cr_assert_eq(nd_timebase_convert(&t, real, vc.now_ns), vc.now_ns);
	cr_assert_eq(nd_timebase_convert(&t, real + 1, vc.now_ns), -1);
}

Test(clock, notices_a_step_and_trusts_again_after_it)
{
	static const int64_t steps[] = {HOUR, -HOUR, MS, -MS};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct nd_timebase t;
		int64_t real;

		begin(&t);
		real = virtual_clock_real(&vc, vc.now_ns);
		vc.now_ns += 10 * MS;
		virtual_clock_step(&vc, steps[i]);
		(void)nd_timebase_update(&t);
		cr_assert_eq(t.steps, 1);
		cr_assert_eq(nd_timebase_convert(&t, real, vc.now_ns), -1);
		vc.now_ns += 10 * MS;
		(void)nd_timebase_update(&t);
		cr_assert_eq(t.steps, 1);
		real = virtual_clock_real(&vc, vc.now_ns);
		cr_assert_eq(
		    nd_timebase_convert(&t, real, vc.now_ns), vc.now_ns);
	}
}

Test(clock, follows_a_clock_that_is_slewed)
{
	struct nd_timebase t;

	begin(&t);
	for (int i = 0; i < 5; i++) {
		/* 500 ppm is what adjtime(3) does. */
		vc.now_ns += 10 * SEC;
		virtual_clock_step(&vc, 10 * SEC / 2000);
		(void)nd_timebase_update(&t);
		cr_assert_eq(t.steps, 0);
		cr_assert(t.trusted);
	}
	cr_assert_eq(
	    t.offset_ns, virtual_clock_real(&vc, vc.now_ns) - vc.now_ns);
}

/* Between two clock calls the process may be off the processor. */
struct interrupted {
	int64_t now_ns;
	int calls;
};

static int64_t
busy_monotonic(void *arg)
{
	struct interrupted *x = arg;

	return x->now_ns;
}

static int64_t
busy_realtime(void *arg)
{
	struct interrupted *x = arg;
	int64_t real = x->now_ns + 1000 * HOUR;

	/* The first three readings take 5 ms each. */
	if (++x->calls <= 3)
		x->now_ns += 5 * MS;
	return real;
}

Test(clock, takes_the_tightest_of_several_readings)
{
	struct interrupted x = {.now_ns = SEC};
	const struct nd_clock_ops ops = {.monotonic_ns = busy_monotonic,
	    .realtime_ns = busy_realtime,
	    .arg = &x};
	struct nd_timebase t;

	nd_timebase_init(&t, &ops);
	cr_assert_eq(t.offset_ns, 1000 * HOUR);
}

Test(clock, of_the_system_goes_on)
{
	int64_t a = nd_clock_system.monotonic_ns(nd_clock_system.arg);
	int64_t b = nd_clock_system.monotonic_ns(nd_clock_system.arg);

	cr_assert_geq(b, a);
	/* After 2020. */
	cr_assert_gt(
	    nd_clock_system.realtime_ns(nd_clock_system.arg), 1577836800 * SEC);
}
