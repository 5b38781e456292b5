/* SPDX-License-Identifier: MIT */
/* lib/diag/mda_table.c: the published points, and what they are worth. */
#include "diag/mda.h"

#include <criterion/criterion.h>

#define LINKS_MAX (ND_MDA_MAX_K + 1)
#define PROBES_MAX 1024

static const unsigned of_95[] = {
    6, 11, 16, 21, 27, 33, 39, 45, 51, 57, 63, 70, 76, 83, 90, 96};
static const unsigned of_99[] = {
    8, 15, 21, 28, 36, 43, 51, 58, 66, 74, 82, 90, 98, 106, 115, 123};

/*
 * The probability that the rule stops before all LINKS are seen, backwards over
 * (probes sent, links seen): in each state the rule either stops, and has then
 * failed unless all are seen, or sends one more. LAST is n(LINKS - 1).
 */
static double
failure_with(const uint16_t *stops, unsigned links, unsigned last)
{
	static double v[PROBES_MAX + 1][LINKS_MAX + 2];

	cr_assert_leq(last, PROBES_MAX);
	for (unsigned sent = last + 1; sent-- > 0;) {
		v[sent][links] = 0;
		for (unsigned seen = 0; seen < links; seen++) {
			const unsigned stop =
			    seen == links - 1 ? last : stops[seen];
			const double known = (double)seen / (double)links;

			if (sent == last || (seen > 0 && sent >= stop))
				v[sent][seen] = 1;
			else
				v[sent][seen] =
				    known * v[sent + 1][seen] +
				    (1 - known) * v[sent + 1][seen + 1];
		}
	}
	return v[0][0];
}

/* Each point keeps the promise, and one probe less would not. */
static void
check_all(double failure)
{
	uint16_t stops[ND_MDA_MAX_K + 1];

	nd_mda_stops(failure, stops);
	cr_assert_eq(stops[0], 0);
	for (unsigned k = 1; k <= ND_MDA_MAX_K; k++) {
		cr_assert_gt(stops[k], stops[k - 1], "%u", k);
		cr_assert_leq(
		    failure_with(stops, k + 1, stops[k]), failure, "%u", k);
		cr_assert_gt(failure_with(stops, k + 1, stops[k] - 1u), failure,
		    "%u", k);
	}
}

Test(mda_table, has_the_published_points)
{
	for (unsigned k = 1; k <= 16; k++) {
		cr_assert_eq(nd_mda_stop(0.05, k), of_95[k - 1], "%u", k);
		cr_assert_eq(nd_mda_stop(0.01, k), of_99[k - 1], "%u", k);
	}
}

Test(mda_table, is_exact_for_95_per_cent)
{
	check_all(0.05);
}

Test(mda_table, is_exact_for_99_per_cent)
{
	check_all(0.01);
}

Test(mda_table, is_exact_for_another_failure)
{
	check_all(0.2);
}

Test(mda_table, fails_for_two_links_as_often_as_coins_agree)
{
	const uint16_t stops[] = {0, 6};

	cr_assert_float_eq(failure_with(stops, 2, 6), 0.03125, 1e-12);
}

Test(mda_table, gives_the_same_one_by_one)
{
	uint16_t stops[ND_MDA_MAX_K + 1];

	nd_mda_stops(0.01, stops);
	for (unsigned k = 1; k <= ND_MDA_MAX_K; k += 5) {
		cr_assert_eq(nd_mda_stop(0.01, k), stops[k]);
		cr_assert_eq(nd_mda_stop_after(0.01, stops, k), stops[k]);
	}
}

Test(mda_table, knows_nothing_outside_of_its_range)
{
	const uint16_t stops[ND_MDA_MAX_K + 2] = {0};
	uint16_t all[ND_MDA_MAX_K + 1];

	cr_assert_eq(nd_mda_stop(0.05, 0), 0);
	cr_assert_eq(nd_mda_stop(0.05, ND_MDA_MAX_K + 1), 0);
	cr_assert_eq(nd_mda_stop(0, 1), 0);
	cr_assert_eq(nd_mda_stop(1, 1), 0);
	cr_assert_eq(nd_mda_stop_after(0.05, stops, 0), 0);
	cr_assert_eq(nd_mda_stop_after(0.05, stops, 2), 0);
	cr_assert_eq(nd_mda_stop_after(0.05, stops, ND_MDA_MAX_K + 1), 0);
	nd_mda_stops(2, all);
	for (unsigned k = 0; k <= ND_MDA_MAX_K; k++)
		cr_assert_eq(all[k], 0);
}
