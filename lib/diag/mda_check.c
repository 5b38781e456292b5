/* SPDX-License-Identifier: MIT */
/*
 * What MDA-Lite takes for granted, and how that is tested: links of two hops do
 * not cross (meshing), nodes get equal shares (asymmetry), and a flow keeps to
 * its path (per-packet balancing). Where one of the first two fails, node
 * control begins.
 */
#include "diag/mda_internal.h"

#define TRIES 2
/* Flows of each node, on the side with more of them, to see whether any has two
 * links. */
#define MESHING_FLOWS 2

static void
ask(struct nd_mda_step *s, unsigned ttl, unsigned flow)
{
	nd_mda_want(s->mda, ttl, flow);
	s->asked++;
}

/* ---- Meshing and asymmetry ------------------------------------------------
 */

/* Up to COUNT flows of each node here are known at the hop before, too. */
static void
sample_back(struct nd_mda_step *s, unsigned count)
{
	const struct nd_mda *mda = s->mda;
	struct nd_mda_pair *pair = &s->pair;

	for (unsigned f = 1; f <= mda->used; f++) {
		const unsigned w = nd_mda_cell_at(mda, s->ttl, f)->node;
		const enum nd_mda_state here = nd_mda_state(mda, s->ttl, f);

		if ((here != ND_MDA_PASSED && here != ND_MDA_ENDED) ||
		    nd_mda_state(mda, s->ttl - 1, f) != ND_MDA_NEW ||
		    pair->back[w] >= count || pair->back_lost[w] >= TRIES)
			continue;
		ask(s, s->ttl - 1, f);
		pair->back[w]++;
	}
}

/* The same of each node there. */
static void
sample_forth(struct nd_mda_step *s, unsigned count)
{
	const struct nd_mda *mda = s->mda;
	struct nd_mda_pair *pair = &s->pair;

	for (unsigned f = 1; f <= mda->used; f++) {
		const unsigned v = nd_mda_cell_at(mda, s->ttl - 1, f)->node;

		if (nd_mda_state(mda, s->ttl - 1, f) != ND_MDA_PASSED ||
		    nd_mda_state(mda, s->ttl, f) != ND_MDA_NEW ||
		    pair->known[v] >= count || pair->lost[v] >= TRIES)
			continue;
		ask(s, s->ttl, f);
		pair->known[v]++;
	}
}

struct degrees {
	unsigned most, least; /* least: of those that have any */
};

static struct degrees
degrees_of(const uint16_t links[ND_MDA_NODES_MAX])
{
	struct degrees d = {0, 0};

	for (unsigned v = 0; v < ND_MDA_NODES_MAX; v++) {
		if (links[v] > d.most)
			d.most = links[v];
		if (links[v] > 0 && (d.least == 0 || links[v] < d.least))
			d.least = links[v];
	}
	return d;
}

/* Whether that calls for node control. */
static bool
judge(struct nd_mda_step *s)
{
	const unsigned near = s->before.passing, far = s->here.width;
	const struct degrees out = degrees_of(s->pair.out);
	const struct degrees in = degrees_of(s->pair.in);
	const bool crosses =
	    (near >= far && out.most > 1) || (near <= far && in.most > 1);
	const bool out_differs = out.most != out.least;
	const bool in_differs = in.most != in.least;

	s->row->uneven = s->row_before->uneven ||
			 ((near <= far || crosses) && out_differs) ||
			 ((near >= far || crosses) && in_differs);
	return crosses || s->row->uneven;
}

/* ---- Per packet -----------------------------------------------------------
 */

/*
 * As many as it takes until a node that chooses anew among WIDTH for each
 * packet has sent one of them elsewhere, but for about the failure allowed.
 */
static unsigned
repeats(const struct nd_mda *mda, unsigned width)
{
	const unsigned failure = 100 - mda->opts.confidence;
	unsigned n = 1;

	for (unsigned ways = width; ways * failure < 80; ways *= width)
		n++;
	return n;
}

/* How often each branching node of the hop before is checked. */
static void
share_out(
    const struct nd_mda_step *s, unsigned count, uint16_t ret[ND_MDA_NODES_MAX])
{
	unsigned n = 0;

	for (unsigned v = 0; v < ND_MDA_NODES_MAX; v++)
		n += s->pair.out[v] > 1;
	for (unsigned v = 0; v < ND_MDA_NODES_MAX; v++)
		ret[v] =
		    (uint16_t)(s->pair.out[v] > 1 ? (count + n - 1) / n : 0);
}

static void
repeat_some(struct nd_mda_step *s)
{
	const struct nd_mda *mda = s->mda;
	const bool one = s->sole || s->before.width == 0;
	uint16_t left[ND_MDA_NODES_MAX] = {0};

	if (one)
		left[0] = (uint16_t)repeats(mda, s->here.width);
	else
		share_out(s, repeats(mda, s->here.width), left);
	for (unsigned f = 1; f <= mda->used; f++) {
		const enum nd_mda_state here = nd_mda_state(mda, s->ttl, f);
		const unsigned v =
		    one ? 0 : nd_mda_cell_at(mda, s->ttl - 1, f)->node;

		if ((here != ND_MDA_PASSED && here != ND_MDA_ENDED) ||
		    (!one &&
			nd_mda_state(mda, s->ttl - 1, f) != ND_MDA_PASSED) ||
		    left[v] == 0)
			continue;
		nd_mda_want_again(s->mda, s->ttl, f);
		s->asked++;
		left[v]--;
	}
}

/* ---- All of it ------------------------------------------------------------
 */

bool
nd_mda_check(struct nd_mda_step *s)
{
	struct nd_mda_row *row = s->row;
	const bool moving = s->row_before->moving;

	row->uneven = false;
	if (!s->sole && s->before.width > 0) {
		const bool many = s->before.passing > 1 && s->here.width > 1;

		sample_back(s, 1);
		if (many && !moving && s->before.passing >= s->here.width)
			sample_forth(s, MESHING_FLOWS);
		else if (many && !moving)
			sample_back(s, MESHING_FLOWS);
		if (s->asked > 0)
			return false;
		if (many && !moving && judge(s) && !row->full) {
			row->full = true;
			row->settled = false;
			nd_mda_touch(s->mda, s->ttl);
			return false;
		}
	}
	if (!row->checked && s->here.width > 1 && !moving) {
		row->checked = true;
		repeat_some(s);
	}
	return s->asked == 0 && s->here.again == 0;
}
