/* SPDX-License-Identifier: MIT */
/* RTT statistics in bounded memory. */
#include "engine/rtt.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * 32 linear buckets a power of two: half a bucket is at most 1/64 of its value.
 */
#define SUB_BITS 5
#define SUB (1 << SUB_BITS)
#define BUCKETS ((63 - SUB_BITS) * SUB + SUB)

/* In order of `bucket`; 48 bits of count last for any run. */
struct entry {
	uint64_t bucket : 16, count : 48;
};
_Static_assert(sizeof(struct entry) == sizeof(int64_t), "see convert()");

static unsigned
bucket_of(int64_t ns)
{
	uint64_t v = ns > 0 ? (uint64_t)ns : 0;
	int shift;

	if (v < SUB)
		return (unsigned)v;
	shift = 63 - __builtin_clzll(v) - SUB_BITS;
	return (unsigned)((uint64_t)shift * SUB + (v >> shift));
}

/* The middle of a bucket. */
static int64_t
value_of(unsigned bucket)
{
	unsigned shift;

	if (bucket < 2 * SUB)
		return bucket;
	shift = bucket / SUB - 1;
	return ((int64_t)(bucket - shift * SUB) << shift) +
	       ((int64_t)1 << (shift - 1));
}

static void
give_up(struct nd_rtt_acc *a, struct nd_rtt_budget *budget)
{
	nd_rtt_free(a, budget);
	a->given_up = true;
	budget->full = true;
}

/* Where BUCKET is, or belongs, in the N entries of E. */
static size_t
find(const struct entry *e, size_t n, unsigned bucket)
{
	size_t low = 0;

	while (low < n) {
		size_t mid = low + (n - low) / 2;

		if (e[mid].bucket < bucket)
			low = mid + 1;
		else
			n = mid;
	}
	return low;
}

static void
count_in(struct nd_rtt_acc *a, int64_t ns)
{
	struct entry *e = a->store;
	unsigned bucket = bucket_of(ns);
	size_t i = find(e, a->used, bucket);

	if (i == a->used || e[i].bucket != bucket) {
		memmove(&e[i + 1], &e[i], (a->used - i) * sizeof(*e));
		e[i] = (struct entry){.bucket = (uint16_t)bucket};
		a->used++;
	}
	e[i].count++;
}

/*
 * From samples to a histogram in the same memory: a sample and an entry are of
 * one size.
 */
static void
convert(struct nd_rtt_acc *a)
{
	int64_t samples[ND_RTT_EXACT];
	size_t n = a->used;

	memcpy(samples, a->store, n * sizeof(samples[0]));
	a->used = 0;
	a->histogram = true;
	for (size_t i = 0; i < n; i++)
		count_in(a, samples[i]);
}

static size_t
capacity_for(const struct nd_rtt_acc *a, uint64_t need)
{
	size_t capacity = a->capacity > 2 ? a->capacity : 2;

	while (capacity < need && capacity < BUCKETS)
		capacity *= 2;
	return capacity < BUCKETS ? capacity : BUCKETS;
}

/* What a store of CAPACITY takes from the budget: the exact ones nothing. */
static size_t
cost(size_t capacity)
{
	return capacity > ND_RTT_EXACT ? capacity * sizeof(struct entry) : 0;
}

static void
grow(struct nd_rtt_acc *a, struct nd_rtt_budget *budget, size_t capacity)
{
	const size_t more = cost(capacity) - cost(a->capacity);
	void *p = NULL;

	if (more == 0 || budget->used + more <= budget->limit)
		p = reallocarray(a->store, capacity, sizeof(struct entry));
	if (p == NULL) {
		give_up(a, budget);
		return;
	}
	budget->used += more;
	a->store = p;
	a->capacity = (uint16_t)capacity;
}

void
nd_rtt_reserve(
    struct nd_rtt_acc *a, struct nd_rtt_budget *budget, uint64_t more)
{
	const bool first = a->store == NULL;
	const uint64_t need = (a->histogram ? a->used : a->n) + more;
	int64_t *samples;

	/* min and max are all there is to know of up to two samples. */
	if (a->given_up || (first && need <= 2) || need <= a->capacity ||
	    a->capacity >= BUCKETS)
		return;
	grow(a, budget, capacity_for(a, need));
	if (!first || a->given_up)
		return;
	samples = a->store;
	samples[0] = a->min_ns;
	samples[1] = a->max_ns;
	a->used = (uint16_t)a->n;
}

void
nd_rtt_add(struct nd_rtt_acc *a, int64_t rtt_ns)
{
	double mean, delta;

	if (a->n == 0 || rtt_ns < a->min_ns)
		a->min_ns = rtt_ns;
	if (a->n == 0 || rtt_ns > a->max_ns)
		a->max_ns = rtt_ns;
	/* Welford's update, with the old and the new mean from the exact sum.
	 */
	mean = a->n > 0 ? (double)a->sum_ns / (double)a->n : 0;
	a->n++;
	a->sum_ns += rtt_ns;
	delta = (double)rtt_ns - mean;
	a->m2 += delta * ((double)rtt_ns - (double)a->sum_ns / (double)a->n);
	if (a->store == NULL)
		return;
	if (!a->histogram && a->used == ND_RTT_EXACT)
		convert(a);
	if (a->histogram)
		count_in(a, rtt_ns);
	else
		((int64_t *)a->store)[a->used++] = rtt_ns;
}

void
nd_rtt_add_ordered(struct nd_rtt_acc *a, int64_t rtt_ns)
{
	int64_t d;

	if (a->ordered > 0) {
		d = rtt_ns - a->previous_ns;
		if (d < 0)
			d = -d;
		a->jitter_x16 += d - (a->jitter_x16 + 8) / 16;
	}
	if (a->ordered < 2)
		a->ordered++;
	a->previous_ns = rtt_ns;
}

static int
compare(const void *x, const void *y)
{
	const int64_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

/* The nearest-rank percentile: the ceil(pct/100 * n)-th smallest. */
static int64_t
percentile(const struct nd_rtt_acc *a, const int64_t *sorted, unsigned pct)
{
	const struct entry *e = a->store;
	uint64_t rank = (a->n / 100) * pct + ((a->n % 100) * pct + 99) / 100;
	uint64_t seen = 0;
	int64_t v;

	if (e == NULL && a->n > 2)
		return -1;
	if (rank == 1)
		return a->min_ns;
	if (rank == a->n)
		return a->max_ns;
	if (!a->histogram)
		return sorted[rank - 1];
	for (size_t i = 0; e != NULL && i < a->used; i++) {
		seen += e[i].count;
		if (seen < rank)
			continue;
		v = value_of(e[i].bucket);
		return v < a->min_ns ? a->min_ns
				     : (v > a->max_ns ? a->max_ns : v);
	}
	return a->max_ns;
}

void
nd_rtt_report(const struct nd_rtt_acc *a, struct nd_rtt *ret)
{
	int64_t sorted[ND_RTT_EXACT];

	*ret = (struct nd_rtt){a->n, -1, -1, -1, -1, -1, -1, -1, -1};
	if (a->n == 0)
		return;
	if (a->store != NULL && !a->histogram) {
		memcpy(sorted, a->store, a->used * sizeof(sorted[0]));
		qsort(sorted, a->used, sizeof(sorted[0]), compare);
	}
	ret->min_ns = a->min_ns;
	ret->max_ns = a->max_ns;
	ret->avg_ns = (a->sum_ns + (int64_t)(a->n / 2)) / (int64_t)a->n;
	/* Rounding can take the sum of nothing but zeros below zero. */
	ret->stddev_ns = a->m2 > 0 ? llround(sqrt(a->m2 / (double)a->n)) : 0;
	ret->p50_ns = percentile(a, sorted, 50);
	ret->p95_ns = percentile(a, sorted, 95);
	ret->p99_ns = percentile(a, sorted, 99);
	if (a->ordered > 1)
		ret->jitter_ns = (a->jitter_x16 + 8) / 16;
}

void
nd_rtt_free(struct nd_rtt_acc *a, struct nd_rtt_budget *budget)
{
	budget->used -= cost(a->capacity);
	free(a->store);
	a->store = NULL;
	a->capacity = a->used = 0;
	a->histogram = false;
}
