/* SPDX-License-Identifier: MIT */
/* lib/engine/rtt.h: statistics beside a recomputation from all samples. */
#include "engine/rtt.h"

#include "prng.h"
#include "virtual_clock.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

static struct nd_rtt_budget
budget_of(size_t limit)
{
	return (struct nd_rtt_budget){.limit = limit};
}

static void
add(struct nd_rtt_acc *a, struct nd_rtt_budget *b, int64_t ns)
{
	nd_rtt_reserve(a, b, 1);
	nd_rtt_add(a, ns);
	nd_rtt_add_ordered(a, ns);
}

static int
compare(const void *x, const void *y)
{
	const int64_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

/* The ceil(PCT/100 * N)-th smallest of SORTED. */
static int64_t
nearest_rank(const int64_t *sorted, size_t n, size_t pct)
{
	return sorted[(n * pct + 99) / 100 - 1];
}

/* A sample of any order of magnitude up to 17 minutes. */
static int64_t
sample(uint64_t *seed)
{
	return prng_in(seed, 0, (int64_t)1 << prng(seed) % 41);
}

static void
check_moments(const struct nd_rtt *r, const int64_t *v, size_t n)
{
	long double sum = 0, squares = 0, mean, stddev;

	for (size_t i = 0; i < n; i++)
		sum += (long double)v[i];
	mean = sum / (long double)n;
	for (size_t i = 0; i < n; i++)
		squares +=
		    ((long double)v[i] - mean) * ((long double)v[i] - mean);
	stddev = sqrtl(squares / (long double)n);
	cr_assert_eq(r->samples, n);
	cr_assert_lt(fabsl((long double)r->avg_ns - mean), 1);
	cr_assert_lt(
	    fabsl((long double)r->stddev_ns - stddev), 1 + stddev / 1e9L);
}

Test(rtt, has_nothing_to_tell_without_samples)
{
	struct nd_rtt_acc a = {0};
	struct nd_rtt r;

	nd_rtt_report(&a, &r);
	cr_assert_eq(r.samples, 0);
	cr_assert_eq(r.min_ns, -1);
	cr_assert_eq(r.avg_ns, -1);
	cr_assert_eq(r.max_ns, -1);
	cr_assert_eq(r.stddev_ns, -1);
	cr_assert_eq(r.p50_ns, -1);
	cr_assert_eq(r.p95_ns, -1);
	cr_assert_eq(r.p99_ns, -1);
	cr_assert_eq(r.jitter_ns, -1);
}

Test(rtt, jitter_takes_two_samples)
{
	struct nd_rtt_budget b = budget_of(1000);
	struct nd_rtt_acc a = {0};
	struct nd_rtt r;

	add(&a, &b, 5000);
	nd_rtt_report(&a, &r);
	cr_assert_eq(r.stddev_ns, 0);
	cr_assert_eq(r.jitter_ns, -1);
	add(&a, &b, 21000);
	nd_rtt_report(&a, &r);
	cr_assert_eq(r.jitter_ns, 1000);
	nd_rtt_free(&a, &b);
}

Test(rtt, percentiles_are_exact_up_to_16_samples)
{
	uint64_t seed = 3;

	for (int round = 0; round < 2000; round++) {
		struct nd_rtt_budget b = budget_of(0);
		struct nd_rtt_acc a = {0};
		size_t n = 1 + (size_t)round % 16, ahead;
		int64_t v[16];
		struct nd_rtt r;

		/* Room is reserved for one, or for several at once. */
		ahead = 1 + prng(&seed) % 16;
		for (size_t i = 0; i < n; i++) {
			if (i % ahead == 0)
				nd_rtt_reserve(
				    &a, &b, n - i < ahead ? n - i : ahead);
			v[i] = sample(&seed);
			nd_rtt_add(&a, v[i]);
		}
		nd_rtt_report(&a, &r);
		check_moments(&r, v, n);
		qsort(v, n, sizeof(v[0]), compare);
		cr_assert_eq(r.min_ns, v[0]);
		cr_assert_eq(r.max_ns, v[n - 1]);
		cr_assert_eq(r.p50_ns, nearest_rank(v, n, 50));
		cr_assert_eq(r.p95_ns, nearest_rank(v, n, 95));
		cr_assert_eq(r.p99_ns, nearest_rank(v, n, 99));
		/* Samples are none of the histograms' budget. */
		cr_assert_eq(b.used, 0);
		cr_assert(!b.full);
		nd_rtt_free(&a, &b);
	}
}

static void
check_near(int64_t got, int64_t want)
{
	cr_assert_leq(llabs(got - want) * 50, want, "%lld for %lld",
	    (long long)got, (long long)want);
}

Test(rtt, percentiles_are_within_2_percent_of_100k_samples)
{
	enum { N = 100000 };
	int64_t *v = malloc(N * sizeof(*v));

	for (uint64_t seed = 1; seed <= 4; seed++) {
		struct nd_rtt_budget b = budget_of(1 << 20);
		struct nd_rtt_acc a = {0};
		uint64_t s = seed;
		struct nd_rtt r;

		for (int i = 0; i < N; i++) {
			v[i] = seed % 2 == 0 ? sample(&s)
					     : prng_in(&s, 10 * MS, 20 * MS);
			add(&a, &b, v[i]);
		}
		nd_rtt_report(&a, &r);
		check_moments(&r, v, N);
		qsort(v, N, sizeof(v[0]), compare);
		cr_assert_eq(r.min_ns, v[0]);
		cr_assert_eq(r.max_ns, v[N - 1]);
		check_near(r.p50_ns, nearest_rank(v, N, 50));
		check_near(r.p95_ns, nearest_rank(v, N, 95));
		check_near(r.p99_ns, nearest_rank(v, N, 99));
		nd_rtt_free(&a, &b);
		cr_assert_eq(b.used, 0);
	}
	free(v);
}

Test(rtt, every_value_is_within_2_percent)
{
	/* Up to half a year: one value many times, between two outliers. */
	for (int64_t v = 1; v < (int64_t)1 << 54; v += v / 37 + 1) {
		struct nd_rtt_budget b = budget_of(1 << 20);
		struct nd_rtt_acc a = {0};
		struct nd_rtt r;

		add(&a, &b, 0);
		for (int i = 0; i < 40; i++)
			add(&a, &b, v);
		add(&a, &b, (int64_t)1 << 55);
		nd_rtt_report(&a, &r);
		check_near(r.p50_ns, v);
		nd_rtt_free(&a, &b);
	}
}

/* Most of those that were reserved for are never answered. */
Test(rtt, room_for_many_leaves_few_exact)
{
	for (uint64_t n = 0; n <= 16; n++) {
		struct nd_rtt_budget b = budget_of(1 << 20);
		struct nd_rtt_acc a = {0};
		struct nd_rtt r;

		for (uint64_t i = 1; i <= n; i++) {
			nd_rtt_reserve(&a, &b, 500);
			nd_rtt_add(&a, (int64_t)i * 12345678);
		}
		nd_rtt_report(&a, &r);
		cr_assert_eq(
		    r.p50_ns, n > 0 ? (int64_t)((n + 1) / 2) * 12345678 : -1);
		nd_rtt_free(&a, &b);
		cr_assert_eq(b.used, 0);
	}
}

Test(rtt, more_than_16_at_once_go_into_a_histogram)
{
	for (uint64_t before = 0; before <= 17; before++) {
		struct nd_rtt_budget b = budget_of(1 << 20);
		struct nd_rtt_acc a = {0};
		struct nd_rtt r;
		uint64_t n = before + 60000;

		for (uint64_t i = 0; i < before; i++)
			add(&a, &b, (int64_t)(i + 1) * MS);
		nd_rtt_reserve(&a, &b, 60000);
		for (uint64_t i = before; i < n; i++)
			nd_rtt_add(&a, (int64_t)(i + 1) * MS);
		nd_rtt_report(&a, &r);
		cr_assert_eq(r.samples, n);
		check_near(r.p50_ns, (int64_t)((n + 1) / 2) * MS);
		check_near(r.p99_ns, (int64_t)((n * 99 + 99) / 100) * MS);
		nd_rtt_free(&a, &b);
		cr_assert_eq(b.used, 0);
	}
}

Test(rtt, stddev_of_equal_samples_is_zero)
{
	/* Where the sum has more bits than a double holds. */
	for (int64_t v = 999999937; v < 1000000037; v++) {
		struct nd_rtt_acc a = {.n = 123456789};
		struct nd_rtt r;

		a.sum_ns = v * (int64_t)a.n;
		a.min_ns = a.max_ns = v;
		for (int i = 0; i < 200; i++)
			nd_rtt_add(&a, v);
		nd_rtt_report(&a, &r);
		cr_assert_eq(r.stddev_ns, 0);
		cr_assert_eq(r.avg_ns, v);
	}
}

/* RFC 3550 section 6.4.1: J += (|D| - J) / 16, in order of sending. */
Test(rtt, jitter_is_that_of_rfc_3550_in_order_of_sending)
{
	enum { N = 5000 };
	struct nd_rtt_budget b = budget_of(1 << 20);
	struct nd_rtt_acc a = {0};
	int64_t v[N];
	long double jitter = 0;
	uint64_t seed = 8;
	struct nd_rtt r;

	for (int i = 0; i < N; i++)
		v[i] = prng_in(&seed, 5 * MS, 50 * MS);
	for (int i = 1; i < N; i++)
		jitter += (fabsl((long double)(v[i] - v[i - 1])) - jitter) / 16;
	/* Answers come in another order: pairs are swapped. */
	for (int i = 0; i < N; i += 2) {
		nd_rtt_reserve(&a, &b, 2);
		nd_rtt_add(&a, v[i + 1]);
		nd_rtt_add(&a, v[i]);
		nd_rtt_add_ordered(&a, v[i]);
		nd_rtt_add_ordered(&a, v[i + 1]);
	}
	nd_rtt_report(&a, &r);
	cr_assert_lt(fabsl((long double)r.jitter_ns - jitter), 2);
	nd_rtt_free(&a, &b);
}

Test(rtt, gives_up_percentiles_and_nothing_else_past_the_budget)
{
	struct nd_rtt_budget b = budget_of(1000);
	struct nd_rtt_acc a[20] = {0};
	uint64_t seed = 9, given_up = 0;
	struct nd_rtt r;
	int64_t v[100];

	for (int i = 0; i < 20; i++) {
		for (int j = 0; j < 100; j++) {
			v[j] = sample(&seed);
			add(&a[i], &b, v[j]);
			cr_assert_leq(b.used, b.limit);
		}
		nd_rtt_report(&a[i], &r);
		check_moments(&r, v, 100);
		cr_assert_geq(r.jitter_ns, 0);
		if (r.p50_ns < 0) {
			cr_assert_eq(r.p95_ns, -1);
			cr_assert_eq(r.p99_ns, -1);
			given_up++;
		}
	}
	cr_assert_gt(given_up, 0);
	cr_assert(b.full);
	for (int i = 0; i < 20; i++)
		nd_rtt_free(&a[i], &b);
	cr_assert_eq(b.used, 0);
	/* What was given back can be had again. */
	for (int j = 0; j < 20; j++)
		add(&a[0], &b, MS);
	cr_assert_eq(a[0].given_up || a[0].histogram, true);
	nd_rtt_free(&a[0], &b);
	cr_assert_eq(b.used, 0);
}
