/* SPDX-License-Identifier: MIT */
/* lib/diag/mda.h over a model network: what is found, and for how many probes.
 */
#include "mda_model.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#define KEYS 1000

/* ---- Paths and diamonds ---------------------------------------------------
 */

Test(mda, sends_six_flows_to_each_hop_of_a_path)
{
	struct model *m =
	    model_layers(MODEL_LAYERS(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1));
	const struct model_total t = model_run_all(m, &model_usual, 20, 5);

	cr_assert_eq(t.failed + t.unsure + t.meshed + t.wrong, 0);
	cr_assert_leq(t.most, 72 + 5);
	cr_assert_leq(t.beyond, 20 * 5);
	cr_assert_leq(t.rounds, 8);
	cr_assert_eq(t.flow + t.packet + t.unknown, 0);
	free(m);
}

Test(mda, sends_eight_for_99_per_cent)
{
	struct model *m = model_layers(MODEL_LAYERS(1, 1, 1, 1));
	struct nd_mda_opts opts = model_usual;
	struct model_result r;

	opts.confidence = 99;
	model_run(m, &opts, &r);
	cr_assert_eq(r.probes - r.beyond, 4 * 8);
	cr_assert_eq(nd_mda_confidence(r.mda), 99);
	cr_assert_eq(nd_mda_end(r.mda), ND_MDA_END_REACHED);
	nd_mda_free(r.mda);
	free(m);
}

/* The rule stops after STOPS[k] probes with k of LINKS links seen. */
static double
exact_failure(const uint16_t *stops, unsigned links)
{
	double p[32] = {1}, failed = 0;

	for (unsigned sent = 1; sent <= stops[links - 1]; sent++) {
		for (unsigned j = links; j > 0; j--)
			p[j] = (p[j] * j + p[j - 1] * (links - j + 1)) / links;
		p[0] = 0;
		for (unsigned j = 1; j < links; j++)
			if (stops[j] == sent) {
				failed += p[j];
				p[j] = 0;
			}
	}
	return failed;
}

/* Neither more nor fewer probes than the table says. */
Test(mda, misses_links_of_a_diamond_as_often_as_the_table_says)
{
	static const unsigned again[17] = {
	    0, 0, 4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1};
	uint16_t stops[ND_MDA_MAX_K + 1];

	nd_mda_stops(0.05, stops);
	for (unsigned width = 2; width <= 16; width++) {
		struct model *m = model_layers(MODEL_LAYERS(1, width, 1, 1));
		const double p = exact_failure(stops, width);
		const struct model_total t =
		    model_run_all(m, &model_usual, KEYS, 1);
		const double off = fabs(t.failed - KEYS * p);

		cr_assert_lt(off, MODEL_SIGMAS * sqrt(KEYS * p * (1 - p)),
		    "%u: %u of %u, exact %f", width, t.failed, KEYS, p);
		cr_assert(width > 2 || (t.failed >= 15 && t.failed <= 48));
		cr_assert_eq(t.unsure + t.meshed + t.wrong, 0, "%u", width);
		/* Three hops as ever, two ahead; two early; those again. */
		cr_assert_leq(t.most, 12 + stops[width] +
					  (width > 6 ? width : 6) + 2 + 2 +
					  again[width]);
		cr_assert_leq(t.rounds, 12);
		free(m);
	}
}

Test(mda, misses_the_same_in_whatever_order_answers_come)
{
	struct model *m = model_layers(MODEL_LAYERS(1, 8, 1, 1));

	for (m->key = 0; m->key < 200; m->key++) {
		struct model_result a, b;

		m->shuffled = false;
		model_run(m, &model_usual, &a);
		m->shuffled = true;
		model_run(m, &model_usual, &b);
		cr_assert_eq(a.missed, b.missed);
		nd_mda_free(a.mda);
		nd_mda_free(b.mda);
	}
	free(m);
}

Test(mda, looks_at_the_first_ttl_as_at_any)
{
	struct model *m = model_layers(MODEL_LAYERS(4, 1, 1));
	const struct model_total t = model_run_all(m, &model_usual, 200, 1);

	cr_assert_lt(t.failed, model_most(200, 0.05));
	cr_assert_eq(t.unsure + t.meshed + t.wrong, 0);
	free(m);
}

/* ---- Hops side by side ----------------------------------------------------
 */

Test(mda, needs_no_node_control_where_links_do_not_cross)
{
	struct model *m = model_layers(MODEL_LAYERS(1, 4, 4, 4, 1, 1));
	const struct model_total t = model_run_all(m, &model_usual, 200, 1);

	/* Unless a node was missed, so that others seem to differ. */
	cr_assert_leq(t.meshed, t.failed);
	cr_assert_lt(t.failed, model_most(200, 1 - pow(0.95, 3)));
	cr_assert_eq(t.unsure + t.wrong, 0);
	cr_assert_lt(t.probes / 200, 100);
	free(m);
}

Test(mda, finds_diamonds_within_diamonds)
{
	struct model *m = model_layers(MODEL_LAYERS(1, 2, 4, 8, 4, 2, 1, 1));
	const struct model_total t = model_run_all(m, &model_usual, 200, 1);

	/* Seven nodes branch. */
	cr_assert_lt(t.failed, model_most(200, 1 - pow(0.95, 7)));
	cr_assert_eq(t.unsure + t.wrong, 0);
	free(m);
}

static void
check_mesh(unsigned a, unsigned b, double most_probes)
{
	const unsigned *layers = MODEL_LAYERS(1, a, b, 1, 1);
	struct model *m = model_layers(layers);
	struct model_total t;

	model_mesh(m, layers, 2);
	t = model_run_all(m, &model_usual, 300, 1);
	cr_assert_lt(t.failed, model_most(300, 1 - pow(0.95, 1 + a)),
	    "%u %u: %u", a, b, t.failed);
	/* But for those where one side was missed. */
	cr_assert_gt(
	    t.meshed, 300 - model_most(300, 0.1), "%u %u: %u", a, b, t.meshed);
	cr_assert_eq(t.unsure + t.wrong, 0);
	cr_assert_lt(
	    t.probes / 300, most_probes, "%u %u: %.1f", a, b, t.probes / 300);
	cr_assert_leq(t.rounds, 25);
	free(m);
}

Test(mda, controls_nodes_where_links_cross)
{
	check_mesh(2, 2, 90);
	check_mesh(3, 3, 155);
	check_mesh(4, 4, 240);
	check_mesh(2, 4, 130);
	check_mesh(4, 2, 160);
}

/* One of three has two links, so that a link's share is a sixth. */
Test(mda, controls_nodes_where_shares_differ)
{
	struct model *m = model_layers(MODEL_LAYERS(1, 3, 4, 1, 1));
	const struct model_total t = model_run_all(m, &model_usual, 300, 1);

	cr_assert_gt(t.meshed, 300 * 3 / 4);
	cr_assert_eq(t.unsure + t.wrong, 0);
	free(m);
}

/* ---- Ends -----------------------------------------------------------------
 */

/* A leads to the destination at once, and to it through B and C. */
static struct model *
short_cut(void)
{
	struct model *m = model_new();
	const unsigned a = model_add(m, 0), b = model_add(m, 0);
	const unsigned c = model_add(m, 0), end = model_add(m, MODEL_END);

	model_link(m, 0, a);
	model_link(m, a, b);
	model_link(m, a, end);
	model_link(m, b, c);
	model_link(m, c, end);
	return m;
}

Test(mda, follows_flows_that_end_later_than_others)
{
	struct model *m = short_cut();
	const struct model_total t = model_run_all(m, &model_usual, 500, 1);

	cr_assert_lt(t.failed, model_most(500, 0.05));
	cr_assert_eq(t.unsure + t.wrong, 0);
	cr_assert_leq(t.beyond, 500 * 4);
	cr_assert_gt(t.flow, 450);
	free(m);
}

Test(mda, comes_to_the_end_of_a_loop)
{
	struct model *m = model_new();
	const unsigned a = model_add(m, 0), b = model_add(m, 0);
	struct model_result r;

	model_link(m, 0, a);
	model_link(m, a, b);
	model_link(m, b, a);
	model_run(m, &model_usual, &r);
	cr_assert_eq(r.probes, 30 * 6);
	cr_assert_eq(nd_mda_end(r.mda), ND_MDA_END_MAX);
	cr_assert_eq(nd_mda_confidence(r.mda), 95);
	nd_mda_free(r.mda);
	free(m);
}

static void
check_gap(unsigned gap, unsigned max, enum nd_mda_end end, unsigned silent)
{
	struct model *m = model_layers(MODEL_LAYERS(1, 1, 1));
	struct nd_mda_opts opts = model_usual;
	struct model_result r;

	opts.gap = gap;
	opts.max = max;
	m->node[3].flags = 0;
	model_run(m, &opts, &r);
	cr_assert_eq(nd_mda_end(r.mda), end);
	cr_assert_eq(nd_mda_confidence(r.mda), -1);
	cr_assert_eq(nd_mda_kind(r.mda, 2, 0), ND_MDA_UNKNOWN);
	cr_assert_eq(r.probes, (2 + silent) * 6);
	nd_mda_free(r.mda);
	free(m);
}

Test(mda, gives_up_where_nobody_answers_any_more)
{
	check_gap(5, 30, ND_MDA_END_GAP, 5);
	check_gap(2, 30, ND_MDA_END_GAP, 2);
	check_gap(0, 9, ND_MDA_END_MAX, 7);
	check_gap(5, 6, ND_MDA_END_MAX, 4);
}
