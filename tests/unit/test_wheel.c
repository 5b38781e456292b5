/* SPDX-License-Identifier: MIT */
/* lib/engine/wheel.h: never early, at most one tick late, at any distance. */
#include "engine/wheel.h"

#include "prng.h"
#include "virtual_clock.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define DAY (24 * HOUR)
#define YEAR (365 * DAY)

struct item {
	struct nd_timer timer; /* first */
	bool armed;
};

static struct item *
item_of(struct nd_timer *t)
{
	return (struct item *)(void *)t;
}

/* The first tick that is not before NS. */
static int64_t
tick_up(int64_t ns)
{
	return ns / ND_WHEEL_TICK_NS + (ns % ND_WHEEL_TICK_NS > 0);
}

/* T was popped at NOW_NS, and at no time before LAST_NS. */
static void
check_time(const struct nd_timer *t, int64_t last_ns, int64_t now_ns)
{
	int64_t fires = tick_up(t->due_ns) * ND_WHEEL_TICK_NS;

	cr_assert_leq(t->due_ns, now_ns, "early");
	cr_assert(fires > last_ns || t->due_ns <= last_ns, "late");
}

/* Leaps from one nd_wheel_next() to the next until UNTIL_NS; how many fire. */
static size_t
run(struct nd_wheel *w, int64_t *now_ns, int64_t until_ns)
{
	struct nd_timer *t;
	size_t fired = 0;

	for (;;) {
		int64_t next = nd_wheel_next(w);

		if (next > until_ns)
			break;
		if (next > *now_ns)
			*now_ns = next;
		while ((t = nd_wheel_pop(w, *now_ns)) != NULL) {
			cr_assert(item_of(t)->armed);
			item_of(t)->armed = false;
			cr_assert_leq(t->due_ns, *now_ns, "early");
			cr_assert_lt(
			    *now_ns - t->due_ns, ND_WHEEL_TICK_NS, "late");
			fired++;
		}
	}
	*now_ns = until_ns;
	return fired;
}

static int
compare(const void *x, const void *y)
{
	const struct item *const *a = x, *const *b = y;
	int64_t ta = tick_up((*a)->timer.due_ns),
		tb = tick_up((*b)->timer.due_ns);

	return (ta > tb) - (ta < tb);
}

Test(wheel, fires_100k_random_timers_as_a_sorted_list_does)
{
	enum { N = 100000 };
	struct nd_wheel *w = malloc(sizeof(*w));
	struct item *items = calloc(N, sizeof(*items));
	struct item **sorted = calloc(N, sizeof(struct item *));
	int64_t begin = 123456789, now = begin, before = begin;
	uint64_t seed = 1;
	size_t at = 0;

	nd_wheel_init(w, now);
	for (size_t i = 0; i < N; i++) {
		/* Any distance, from one tick to a day. */
		int64_t most = ND_WHEEL_TICK_NS << prng(&seed) % 30;

		items[i].timer.due_ns = begin + prng_in(&seed, 0, most);
		sorted[i] = &items[i];
		nd_wheel_add(w, &items[i].timer);
	}
	qsort(sorted, N, sizeof(struct item *), compare);
	while (at < N) {
		struct nd_timer *t;
		int64_t next = nd_wheel_next(w);

		cr_assert_leq(
		    next, tick_up(sorted[at]->timer.due_ns) * ND_WHEEL_TICK_NS);
		/* By leaps of any length, too long ones too. */
		now += prng_in(&seed, 0, ND_WHEEL_TICK_NS << prng(&seed) % 24);
		while ((t = nd_wheel_pop(w, now)) != NULL) {
			check_time(t, before, now);
			cr_assert_eq(tick_up(t->due_ns),
			    tick_up(sorted[at]->timer.due_ns));
			at++;
		}
		if (at < N)
			cr_assert_gt(tick_up(sorted[at]->timer.due_ns) *
					 ND_WHEEL_TICK_NS,
			    now, "what is due was not fired");
		before = now;
	}
	cr_assert_eq(nd_wheel_next(w), INT64_MAX);
	free(sorted);
	free(items);
	free(w);
}

Test(wheel, removes_at_any_moment)
{
	enum { N = 2000 };
	struct nd_wheel *w = malloc(sizeof(*w));
	struct item *items = calloc(N, sizeof(*items));
	int64_t now = 0;
	uint64_t seed = 2;
	size_t armed = 0, removed = 0, fired = 0;
	struct nd_timer *t;

	nd_wheel_init(w, now);
	for (int step = 0; step < 200000; step++) {
		struct item *x = &items[prng(&seed) % N];

		if (x->armed && prng(&seed) % 2 == 0) {
			nd_wheel_remove(w, &x->timer);
			cr_assert(!nd_timer_armed(&x->timer));
			nd_wheel_remove(
			    w, &x->timer); /* a second one: nothing */
			x->armed = false;
			removed++;
		} else if (!x->armed) {
			x->timer.due_ns = now + prng_in(&seed, 0, 60 * SEC);
			nd_wheel_add(w, &x->timer);
			cr_assert(nd_timer_armed(&x->timer));
			x->armed = true;
			armed++;
		}
		if (step % 16 != 0)
			continue;
		now += prng_in(&seed, 0, 100 * MS);
		/* One at a time: the rest stays due while others go. */
		if ((t = nd_wheel_pop(w, now)) != NULL) {
			cr_assert(item_of(t)->armed);
			cr_assert_leq(t->due_ns, now);
			item_of(t)->armed = false;
			fired++;
		}
	}
	/* What had to wait for others is late; nothing is from here on. */
	while ((t = nd_wheel_pop(w, now)) != NULL) {
		item_of(t)->armed = false;
		fired++;
	}
	fired += run(w, &now, now + 61 * SEC);
	cr_assert_eq(armed, removed + fired);
	cr_assert_gt(removed, 1000);
	cr_assert_gt(fired, 1000);
	free(items);
	free(w);
}

Test(wheel, removes_each_of_those_that_are_due)
{
	for (int gone = 0; gone < 3; gone++) {
		struct nd_wheel w;
		struct item items[4] = {0};
		struct nd_timer *t;
		size_t left = 0;

		nd_wheel_init(&w, SEC);
		for (int i = 0; i < 3; i++)
			nd_wheel_add(&w, &items[i].timer);
		nd_wheel_remove(&w, &items[gone].timer);
		/* The end of the list must still be its end. */
		nd_wheel_add(&w, &items[3].timer);
		while ((t = nd_wheel_pop(&w, SEC)) != NULL) {
			cr_assert_neq(t, &items[gone].timer);
			left++;
		}
		cr_assert_eq(left, 3);
	}
}

Test(wheel, rearms_inside_the_loop_that_pops)
{
	struct nd_wheel w;
	struct item x = {0};
	struct nd_timer *t;
	int64_t now = 5 * SEC, first = now + 10 * MS;
	uint64_t fired = 0;

	nd_wheel_init(&w, now);
	x.timer.due_ns = first;
	nd_wheel_add(&w, &x.timer);
	/* The last is due then, and fires with the tick after it. */
	now += 10 * SEC + ND_WHEEL_TICK_NS;
	while ((t = nd_wheel_pop(&w, now)) != NULL) {
		cr_assert_leq(t->due_ns, now);
		fired++;
		t->due_ns += 10 * MS;
		nd_wheel_add(&w, t);
	}
	/* All that fit into the span, and none of the future. */
	cr_assert_eq(fired, 10 * SEC / (10 * MS));
	cr_assert_gt(x.timer.due_ns, now);
}

Test(wheel, fires_years_ahead_on_time)
{
	static const int64_t starts[] = {0, 12345 * SEC,
	    /* Just before the bits of all lower levels turn over. */
	    ((int64_t)1 << 59) - 3 * ND_WHEEL_TICK_NS, ((int64_t)1 << 59) - 1,
	    ((int64_t)1 << 59) - SEC};

	for (size_t s = 0; s < sizeof(starts) / sizeof(starts[0]); s++) {
		struct nd_wheel w;
		struct item items[6] = {0};
		const int64_t after[6] = {
		    1, SEC, DAY, YEAR, 30 * YEAR, 200 * YEAR};
		int64_t now = starts[s];

		nd_wheel_init(&w, now);
		for (int i = 0; i < 6; i++) {
			items[i].timer.due_ns = starts[s] + after[i];
			items[i].armed = true;
			nd_wheel_add(&w, &items[i].timer);
		}
		cr_assert_eq(run(&w, &now, starts[s] + 201 * YEAR), 6);
		cr_assert_eq(nd_wheel_next(&w), INT64_MAX);
	}
}

Test(wheel, takes_the_end_of_time_for_never)
{
	struct nd_wheel w;
	struct nd_timer t = {.due_ns = INT64_MAX}, soon = {.due_ns = SEC};

	nd_wheel_init(&w, 0);
	nd_wheel_add(&w, &t);
	cr_assert_null(nd_wheel_pop(&w, INT64_MAX / 2));
	(void)nd_wheel_next(&w);
	nd_wheel_add(&w, &soon);
	cr_assert_eq(nd_wheel_pop(&w, INT64_MAX / 2), &soon);
	nd_wheel_remove(&w, &t);
	cr_assert_eq(nd_wheel_next(&w), INT64_MAX);
}

/* A task's start and a probe's timeout every second, over a day. */
Test(wheel, keeps_time_for_a_virtual_day)
{
	enum { N = 20 };
	struct nd_wheel w;
	struct nd_timer timers[N], *t;
	int64_t begin = 77 * SEC + 1, now = begin;
	uint64_t fired[N] = {0};

	nd_wheel_init(&w, now);
	for (int i = 0; i < N; i++) {
		timers[i] = (struct nd_timer){.due_ns = begin + i * 50 * MS};
		nd_wheel_add(&w, &timers[i]);
	}
	while (now < begin + DAY) {
		now = nd_wheel_next(&w) > now ? nd_wheel_next(&w) : now;
		while ((t = nd_wheel_pop(&w, now)) != NULL) {
			cr_assert_leq(t->due_ns, now);
			cr_assert_lt(now - t->due_ns, ND_WHEEL_TICK_NS);
			fired[t - timers]++;
			t->due_ns += SEC;
			nd_wheel_add(&w, t);
		}
	}
	for (int i = 0; i < N; i++)
		cr_assert(fired[i] == 86400 || fired[i] == 86401);
}

/* A departure's stamp puts off a timeout that is already in the wheel. */
Test(wheel, fires_at_the_later_time_that_a_timer_got_while_armed)
{
	for (int64_t by = 0; by < 10 * SEC; by += 333 * MS) {
		struct nd_wheel w;
		struct nd_timer t = {.due_ns = 100 * SEC + 3 * MS};
		int64_t now = 100 * SEC;

		nd_wheel_init(&w, now);
		nd_wheel_add(&w, &t);
		t.due_ns += by;
		while (nd_wheel_pop(&w, now) == NULL)
			now += ND_WHEEL_TICK_NS / 2;
		cr_assert_geq(now, t.due_ns);
		cr_assert_lt(now - t.due_ns, 2 * ND_WHEEL_TICK_NS);
	}
}
