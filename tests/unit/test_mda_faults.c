/* SPDX-License-Identifier: MIT */
/*
 * lib/diag/mda.h where the network is at odds with it: silence, loss, too few
 * flows, balancing per packet, and answers that make no sense.
 */
#include "mda_model.h"

#include "prng.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>

/* ---- Without an answer ----------------------------------------------------
 */

Test(mda_faults, passes_silent_hops)
{
	struct model *m = model_layers(MODEL_LAYERS(1, 1, 1, 4, 1, 1));
	struct model_result r;
	unsigned node;

	m->node[2].flags = m->node[3].flags = MODEL_SILENT;
	m->key = 1;
	model_run(m, &model_usual, &r);
	cr_assert_eq(nd_mda_end(r.mda), ND_MDA_END_REACHED);
	cr_assert_eq(nd_mda_confidence(r.mda), -1);
	cr_assert_eq(nd_mda_kind(r.mda, 1, 0), ND_MDA_UNKNOWN);
	cr_assert(nd_mda_sole(r.mda, 1, &node));
	cr_assert(!nd_mda_sole(r.mda, 2, &node));
	for (unsigned n = 4; n < 8; n++)
		cr_assert_neq(r.number[4][n], 0, "the four behind it");
	cr_assert_leq(r.probes, 60);
	nd_mda_free(r.mda);
	free(m);
}

Test(mda_faults, goes_on_past_one_silent_node_of_several)
{
	struct model *m = model_layers(MODEL_LAYERS(1, 4, 4, 1, 1));
	struct model_total t;

	m->node[3].flags = MODEL_SILENT;
	t = model_run_all(m, &model_usual, 100, 1);
	cr_assert_eq(t.wrong, 0);
	cr_assert_gt(t.unsure, 90);
	cr_assert_leq(t.most, 90);
	free(m);
}

Test(mda_faults, is_unsure_where_probes_are_lost)
{
	struct model *m = model_layers(MODEL_LAYERS(1, 4, 1, 1));
	struct model_total t;

	m->loss = 5;
	t = model_run_all(m, &model_usual, 300, 1);
	/* Others go for the lost ones: hardly more is missed. */
	cr_assert_lt(t.failed, model_most(300, 0.06), "%u", t.failed);
	m->loss = 10;
	t = model_run_all(m, &model_usual, 300, 1);
	/* 36 probes and more: few runs lose none. */
	cr_assert_gt(t.unsure, 270);
	cr_assert_lt(t.most, 90);
	m->loss = 100;
	t = model_run_all(m, &model_usual, 1, 1);
	cr_assert_eq(t.unsure, 1);
	cr_assert_eq(t.most, 5 * 6);
	free(m);
}

/* One TTL; the flows LOST to LOST_TO are not answered. How many are sent. */
static unsigned
flows_sent(unsigned lost, unsigned lost_to)
{
	struct nd_mda_opts opts = model_usual;
	struct nd_mda *mda;
	unsigned ttl, flow, n = 0;
	bool again;

	opts.max = 1;
	cr_assert_eq(nd_mda_new(&mda, &opts), 0);
	while (nd_mda_next(mda, &ttl, &flow, &again)) {
		n++;
		nd_mda_heard(mda, ttl, flow,
		    flow >= lost && flow <= lost_to ? ND_MDA_SILENT
						    : ND_MDA_HOP,
		    0);
	}
	nd_mda_free(mda);
	return n;
}

Test(mda_faults, sends_others_for_lost_flows_but_no_more_than_six)
{
	cr_assert_eq(flows_sent(9, 9), 6);
	cr_assert_eq(flows_sent(2, 2), 7);
	cr_assert_eq(flows_sent(2, 7), 12);
	cr_assert_eq(flows_sent(2, 9), 12);
	cr_assert_eq(flows_sent(2, 240), 12);
	cr_assert_eq(flows_sent(1, 240), 6);
}

Test(mda_faults, names_routers_that_answer_six_probes)
{
	struct model *m = model_layers(MODEL_LAYERS(1, 2, 1, 2, 1, 1));
	struct model_result r;

	for (unsigned n = 1; n < m->nodes - 1; n++)
		m->node[n].flags = MODEL_MEAN;
	for (m->key = 0; m->key < 100; m->key++) {
		model_run(m, &model_usual, &r);
		cr_assert_leq(r.probes, 100);
		for (unsigned ttl = 1; ttl <= 6; ttl++) {
			unsigned seen = 0;

			for (unsigned n = 1; n < m->nodes; n++)
				seen += r.number[ttl][n] > 0;
			cr_assert_gt(seen, 0);
		}
		nd_mda_free(r.mda);
	}
	free(m);
}

/* ---- Late news ------------------------------------------------------------
 */

/* Three nodes at TTL 3; flows from 14 on end there, or before. */
static void
answer_but_sixth(struct nd_mda *mda, unsigned ttl, unsigned flow)
{
	if (ttl == 2 && flow == 6)
		return;
	if (ttl == 4 || (ttl == 3 && flow >= 14))
		nd_mda_heard(mda, ttl, flow, ND_MDA_DESTINATION, 9);
	else
		nd_mda_heard(
		    mda, ttl, flow, ND_MDA_HOP, ttl == 3 ? flow % 3 : 0);
}

/* The sixth flow ends at TTL 2: others, never sent there, may do so too. */
Test(mda_faults, asks_where_flows_end_once_that_is_in_doubt)
{
	struct nd_mda_opts opts = model_usual;
	struct nd_mda *mda;
	unsigned ttl, flow, sent_to_3 = 0, sent_to_2 = 0;
	bool again;

	opts.max = 4;
	cr_assert_eq(nd_mda_new(&mda, &opts), 0);
	while (nd_mda_next(mda, &ttl, &flow, &again)) {
		cr_assert(ttl != 2 || flow <= 6);
		sent_to_3 += ttl == 3 && flow >= 14 && !again;
		answer_but_sixth(mda, ttl, flow);
	}
	cr_assert_gt(sent_to_3, 0);
	nd_mda_heard(mda, 2, 6, ND_MDA_DESTINATION, 9);
	/* At once, before any of them is heard. */
	while (nd_mda_next(mda, &ttl, &flow, &again))
		sent_to_2 += ttl == 2 && flow >= 14;
	cr_assert_eq(sent_to_2, sent_to_3);
	for (flow = 1; flow <= opts.flows; flow++)
		nd_mda_heard(mda, 2, flow, ND_MDA_DESTINATION, 9);
	while (nd_mda_next(mda, &ttl, &flow, &again))
		nd_mda_heard(mda, ttl, flow, ND_MDA_DESTINATION, 9);
	cr_assert(nd_mda_done(mda));
	cr_assert_eq(nd_mda_end(mda), ND_MDA_END_REACHED);
	nd_mda_free(mda);
}

/* ---- Not enough flows -----------------------------------------------------
 */

Test(mda_faults, is_unsure_where_flows_run_out)
{
	struct model *m = model_layers(MODEL_LAYERS(1, 96, 1, 1));
	struct model_result r;

	model_run(m, &model_usual, &r);
	cr_assert_eq(nd_mda_confidence(r.mda), -1);
	cr_assert_leq(r.probes, 240 + 96 + 20);
	nd_mda_free(r.mda);
	free(m);
	m = model_layers(MODEL_LAYERS(1, 30, 1, 1));
	model_run(m, &model_usual, &r);
	cr_assert_eq(nd_mda_confidence(r.mda), 95);
	nd_mda_free(r.mda);
	free(m);
}

Test(mda_faults, does_with_as_few_flows_as_there_are)
{
	struct model *m = model_layers(MODEL_LAYERS(1, 2, 2, 1));
	struct nd_mda_opts opts = model_usual;
	struct model_result r;

	for (opts.flows = 1; opts.flows < 6; opts.flows++) {
		model_run(m, &opts, &r);
		cr_assert_eq(nd_mda_confidence(r.mda), -1);
		cr_assert_eq(nd_mda_end(r.mda), ND_MDA_END_REACHED);
		nd_mda_free(r.mda);
	}
	free(m);
}

/* ---- Per packet -----------------------------------------------------------
 */

static void
check_packet(const unsigned *layers, unsigned ttl)
{
	struct model *m = model_layers(layers);
	struct model_total t = model_run_all(m, &model_usual, 300, ttl);

	cr_assert_eq(t.packet, 0, "a flow keeps to its link");
	m->node[model_at(layers, ttl, 0)].flags = MODEL_PACKET;
	t = model_run_all(m, &model_usual, 300, ttl);
	/* One of sixteen, and what has two links and showed one. */
	cr_assert_gt(t.packet, 300 - model_most(300, 0.1), "%u", t.packet);
	free(m);
}

Test(mda_faults, tells_balancing_per_packet)
{
	check_packet(MODEL_LAYERS(1, 2, 1, 1), 1);
	check_packet(MODEL_LAYERS(1, 4, 1, 1), 1);
	check_packet(MODEL_LAYERS(1, 1, 16, 1, 1), 2);
	check_packet(MODEL_LAYERS(1, 2, 1, 3, 1, 1), 3);
}

Test(mda_faults, trusts_no_link_between_hops_that_flows_do_not_keep_to)
{
	struct model *m = model_layers(MODEL_LAYERS(1, 3, 3, 1, 1));
	struct model_result r;
	unsigned moving = 0, meshed = 0;

	m->node[1].flags = MODEL_PACKET;
	for (m->key = 0; m->key < 200; m->key++) {
		model_run(m, &model_usual, &r);
		cr_assert(!nd_mda_moving(r.mda, 1) && !nd_mda_moving(r.mda, 4));
		moving += nd_mda_moving(r.mda, 2) && nd_mda_moving(r.mda, 3);
		meshed += nd_mda_meshed(r.mda, 3);
		nd_mda_free(r.mda);
	}
	cr_assert_gt(moving, 170);
	cr_assert_leq(meshed, 200 - moving);
	free(m);
}

/* ---- Nonsense -------------------------------------------------------------
 */

Test(mda_faults, refuses_options_out_of_range)
{
	struct nd_mda *mda = NULL;
	struct nd_mda_opts bad[] = {model_usual, model_usual, model_usual,
	    model_usual, model_usual, model_usual, model_usual};

	bad[0].confidence = 0;
	bad[1].confidence = 100;
	bad[2].first = 0;
	bad[3].max = 256;
	bad[4].first = 31;
	bad[5].flows = 0;
	bad[6].flows = ND_MDA_FLOWS_MAX + 1;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_assert_eq(nd_mda_new(&mda, &bad[i]), -EINVAL);
	cr_assert_null(mda);
	nd_mda_free(NULL);
}

Test(mda_faults, ignores_what_was_not_asked)
{
	struct nd_mda *mda;
	unsigned ttl, flow, first_ttl;
	bool again;

	cr_assert_eq(nd_mda_new(&mda, &model_usual), 0);
	nd_mda_heard(mda, 1, 1, ND_MDA_DESTINATION, 0);
	cr_assert(nd_mda_next(mda, &first_ttl, &flow, &again));
	nd_mda_heard(mda, 0, 1, ND_MDA_HOP, 0);
	nd_mda_heard(mda, 31, 1, ND_MDA_HOP, 0);
	nd_mda_heard(mda, 256, 1, ND_MDA_HOP, 0);
	nd_mda_heard(mda, first_ttl, 0, ND_MDA_HOP, 0);
	nd_mda_heard(mda, first_ttl, 241, ND_MDA_HOP, 0);
	nd_mda_heard(mda, first_ttl, 2, ND_MDA_DESTINATION, 0);
	cr_assert_eq(nd_mda_end(mda), ND_MDA_END_NONE);
	cr_assert_eq(nd_mda_confidence(mda), -1);
	nd_mda_heard(mda, first_ttl, flow, ND_MDA_DESTINATION, 0);
	/* Once more, otherwise: the first answer holds. */
	nd_mda_heard(mda, first_ttl, flow, ND_MDA_HOP, 7);
	cr_assert_eq(nd_mda_kind(mda, 0, 0), ND_MDA_SINGLE);
	cr_assert_eq(nd_mda_kind(mda, 255, 0), ND_MDA_SINGLE);
	cr_assert_eq(nd_mda_kind(mda, 1, 256), ND_MDA_SINGLE);
	cr_assert(!nd_mda_meshed(mda, 0) && !nd_mda_meshed(mda, 999));
	cr_assert(!nd_mda_sole(mda, 0, &ttl) && !nd_mda_sole(mda, 99, &ttl));
	/* Numbers that are none. */
	while (nd_mda_next(mda, &ttl, &flow, &again))
		nd_mda_heard(mda, ttl, flow, ND_MDA_HOP, 256);
	cr_assert(nd_mda_done(mda));
	cr_assert_eq(nd_mda_end(mda), ND_MDA_END_REACHED);
	nd_mda_free(mda);
}

/* Answers by chance, in any order, some of them twice. */
static void
run_wild(uint64_t seed)
{
	struct nd_mda_opts opts = {.confidence = seed % 2 == 0 ? 95 : 99};
	struct probe {
		unsigned ttl, flow;
	} out[4096], p;
	unsigned n = 0, i, nodes, ends, silence;
	struct nd_mda *mda;
	uint64_t probes = 0;
	bool again;

	opts.first = (unsigned)prng_in(&seed, 1, 3);
	opts.max = opts.first + (unsigned)prng_in(&seed, 0, 8);
	opts.flows = (unsigned)prng_in(&seed, 1, 40);
	opts.gap = (unsigned)prng_in(&seed, 0, 4);
	nodes = (unsigned)prng_in(&seed, 1, 12);
	ends = (unsigned)prng_in(&seed, 0, 20);
	silence = (unsigned)prng_in(&seed, 0, 30);
	cr_assert_eq(nd_mda_new(&mda, &opts), 0);
	do {
		while (n < 4096 && prng_in(&seed, 0, 9) > 0 &&
		       nd_mda_next(mda, &out[n].ttl, &out[n].flow, &again)) {
			n++;
			probes++;
		}
		if (n == 0)
			continue;
		i = (unsigned)prng_in(&seed, 0, (int64_t)n - 1);
		p = out[i];
		if (prng_in(&seed, 0, 9) > 0)
			out[i] = out[--n];
		nd_mda_heard(mda, p.ttl, p.flow,
		    prng_in(&seed, 0, 99) < silence ? ND_MDA_SILENT
		    : prng_in(&seed, 0, 99) < ends  ? ND_MDA_DESTINATION
						    : ND_MDA_HOP,
		    (unsigned)prng_in(&seed, 0, (int64_t)nodes - 1));
		cr_assert_leq(probes,
		    2 * (uint64_t)opts.flows * (opts.max - opts.first + 1),
		    "no end");
	} while (n > 0 || !nd_mda_done(mda));
	cr_assert_neq(nd_mda_end(mda), ND_MDA_END_NONE);
	cr_assert_eq(nd_mda_probes(mda), probes);
	for (unsigned t = opts.first; t <= opts.max; t++)
		(void)nd_mda_kind(mda, t, 0);
	nd_mda_free(mda);
}

Test(mda_faults, ends_whatever_is_answered)
{
	for (uint64_t seed = 0; seed < 2000; seed++)
		run_wild(seed);
}
