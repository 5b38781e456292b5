/* SPDX-License-Identifier: MIT */
/* lib/engine/pacer.h: the cap on packets a second. */
#include "engine/pacer.h"

#include "prng.h"
#include "virtual_clock.h"

#include <criterion/criterion.h>
#include <stdlib.h>

__extension__ typedef __int128 wide;

static const uint64_t rates[] = {1, 3, 7, 10000, 1000000, 4000000000};
#define RATES (sizeof(rates) / sizeof(rates[0]))

/* The most packets that a window of W ns may see. */
static uint64_t
most(uint64_t rate, int64_t w)
{
	uint64_t depth = rate / 100 + 1;

	return (uint64_t)((wide)w * (wide)rate / SEC) + depth + 1;
}

Test(pacer, never_exceeds_the_rate_in_any_window)
{
	enum { N = 4000 };
	int64_t *at = malloc(N * sizeof(*at));

	for (size_t r = 0; r < RATES; r++) {
		struct nd_pacer p;
		uint64_t seed = r;
		int64_t now = 1000 * SEC;
		int64_t mean = SEC / (int64_t)rates[r] + 1;
		size_t n = 0;

		nd_pacer_init(&p, rates[r], now);
		while (n < N) {
			if (nd_pacer_grant(&p, now))
				at[n++] = now;
			/* In bursts, and with long pauses between. */
			if (prng(&seed) % 3 == 0)
				now += prng_in(&seed, 0, 2 * mean);
			if (prng(&seed) % 500 == 0)
				now += prng_in(&seed, 0, 5000 * mean);
		}
		for (size_t i = 0; i < N; i += 7)
			for (size_t j = i; j < N; j += 1 + (j - i) / 8)
				cr_assert_leq(
				    j - i + 1, most(rates[r], at[j] - at[i]));
	}
	free(at);
}

Test(pacer, does_not_drift_over_a_million_grants)
{
	const uint64_t n = 1000000;

	for (size_t r = 0; r < RATES; r++) {
		struct nd_pacer p;
		int64_t begin = 1000 * SEC + 1, now = begin, want;
		uint64_t seed = r;

		nd_pacer_init(&p, rates[r], now);
		for (uint64_t i = 0; i < n; i++) {
			int64_t next = nd_pacer_next(&p, now);

			cr_assert_geq(next, now);
			if (next > now) {
				/* Not a nanosecond before. */
				cr_assert(!nd_pacer_grant(&p, next - 1));
				/* The loop is late at times: made up for. */
				now = next + (rates[r] < 1000000
						     ? prng_in(&seed, 0, 999)
						     : 0);
			}
			cr_assert(nd_pacer_grant(&p, now));
		}
		want = (int64_t)((wide)(n - 1) * SEC / (wide)rates[r]);
		cr_assert_geq(now - begin, want - 10 * MS);
		cr_assert_leq(now - begin, want + 10 * MS);
	}
}

Test(pacer, grants_all_without_a_rate)
{
	struct nd_pacer p;

	nd_pacer_init(&p, 0, SEC);
	for (int i = 0; i < 100000; i++)
		cr_assert(nd_pacer_grant(&p, SEC));
	cr_assert_eq(nd_pacer_next(&p, SEC), SEC);
}

Test(pacer, grants_the_first_at_once_and_saves_up_at_most_10_ms)
{
	struct nd_pacer p;
	int n = 0;

	nd_pacer_init(&p, 10000, SEC);
	cr_assert(nd_pacer_grant(&p, SEC));
	cr_assert(!nd_pacer_grant(&p, SEC));
	while (nd_pacer_grant(&p, 1000 * SEC))
		n++;
	/* And one for a loop that wakes late. */
	cr_assert_eq(n, 101);
}

Test(pacer, what_was_not_sent_can_be_sent_at_once)
{
	struct nd_pacer p;

	nd_pacer_init(&p, 10, SEC);
	for (int i = 0; i < 1000; i++) {
		cr_assert(nd_pacer_grant(&p, SEC));
		nd_pacer_give_back(&p);
	}
	cr_assert_eq(nd_pacer_next(&p, SEC), SEC);
	cr_assert(nd_pacer_grant(&p, SEC));
	cr_assert(!nd_pacer_grant(&p, SEC));
	nd_pacer_init(&p, 0, SEC);
	nd_pacer_give_back(&p);
	cr_assert_eq(p.credit, SEC);
}

Test(pacer, survives_a_clock_that_stands_still_or_leaps)
{
	struct nd_pacer p;

	nd_pacer_init(&p, UINT64_MAX / 2, SEC);
	for (int i = 0; i < 1000; i++)
		(void)nd_pacer_grant(&p, SEC - i);
	cr_assert(nd_pacer_grant(&p, INT64_MAX));
	nd_pacer_init(&p, 1, SEC);
	cr_assert(nd_pacer_grant(&p, INT64_MAX));
	cr_assert(!nd_pacer_grant(&p, INT64_MAX));
}
