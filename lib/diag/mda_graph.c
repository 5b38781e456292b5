/* SPDX-License-Identifier: MIT */
/*
 * The graph, read from the cells: the nodes of a TTL, the links between two of
 * them, how a node chooses, and how well all of it is known.
 */
#include "diag/mda_internal.h"

#include <string.h>

/* ---- Cells ----------------------------------------------------------------
 */

enum nd_mda_state
nd_mda_state(const struct nd_mda *mda, unsigned ttl, unsigned flow)
{
	const enum nd_mda_state state = nd_mda_cell_at(mda, ttl, flow)->state;
	const unsigned end = mda->ends[flow];

	if (end > 0 && ttl > end)
		return ND_MDA_BEYOND;
	/*
	 * Beyond the nearest end an answer of the destination is the end of its
	 * flow only if the flow is known to have passed the TTL before.
	 */
	if (state != ND_MDA_ENDED || ttl <= mda->nearest)
		return state;
	switch (nd_mda_cell_at(mda, ttl - 1, flow)->state) {
	case ND_MDA_PASSED:
		return ND_MDA_ENDED;
	case ND_MDA_UNANSWERED:
		return ND_MDA_BEYOND;
	default:
		return ND_MDA_DOUBTFUL;
	}
}

bool
nd_mda_is_pending(enum nd_mda_state state)
{
	return state == ND_MDA_WANTED || state == ND_MDA_ASKED ||
	       state == ND_MDA_DOUBTFUL;
}

static bool
is_answered(enum nd_mda_state state)
{
	return state == ND_MDA_PASSED || state == ND_MDA_ENDED;
}

/* ---- One TTL --------------------------------------------------------------
 */

static void
look_at(struct nd_mda_view *view, const struct nd_mda_cell *c,
    enum nd_mda_state state)
{
	view->pending += nd_mda_is_pending(state);
	view->silent += state == ND_MDA_UNANSWERED;
	if (is_answered(state)) {
		view->answered++;
		view->width += view->hits[c->node]++ == 0;
	}
	if (state == ND_MDA_PASSED) {
		view->passed++;
		view->passing += view->passes[c->node]++ == 0;
	}
	view->again +=
	    c->again == ND_MDA_AGAIN_WANTED || c->again == ND_MDA_AGAIN_ASKED;
	view->moved += c->again == ND_MDA_AGAIN_MOVED;
}

void
nd_mda_look(const struct nd_mda *mda, unsigned ttl, struct nd_mda_view *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (ttl < mda->opts.first || ttl > mda->opts.max)
		return;
	for (unsigned f = 1; f <= mda->used; f++)
		look_at(ret, nd_mda_cell_at(mda, ttl, f),
		    nd_mda_state(mda, ttl, f));
}

bool
nd_mda_is_sole(const struct nd_mda_view *view)
{
	return view->width == 1 && view->passing == 1 && view->silent == 0;
}

bool
nd_mda_sole(const struct nd_mda *mda, unsigned ttl, unsigned *node)
{
	struct nd_mda_view view;

	nd_mda_look(mda, ttl, &view);
	if (!nd_mda_is_sole(&view) || view.pending > 0)
		return false;
	for (*node = 0; view.hits[*node] == 0;)
		++*node;
	return true;
}

/* ---- Two of them ----------------------------------------------------------
 */

static void
link_nodes(struct nd_mda_pair *pair, unsigned from, unsigned to)
{
	const uint64_t bit = UINT64_C(1) << to % 64;
	uint64_t *word = &pair->linked[from][to / 64];

	if ((*word & bit) != 0)
		return;
	*word |= bit;
	pair->out[from]++;
	pair->in[to]++;
}

void
nd_mda_relate(const struct nd_mda *mda, unsigned ttl, struct nd_mda_pair *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (ttl <= mda->opts.first || ttl > mda->opts.max)
		return;
	for (unsigned f = 1; f <= mda->used; f++) {
		const enum nd_mda_state near = nd_mda_state(mda, ttl - 1, f);
		const enum nd_mda_state far = nd_mda_state(mda, ttl, f);
		const unsigned from = nd_mda_cell_at(mda, ttl - 1, f)->node;
		const unsigned to = nd_mda_cell_at(mda, ttl, f)->node;

		if (near == ND_MDA_PASSED) {
			if (is_answered(far) || nd_mda_is_pending(far))
				ret->known[from]++;
			else if (far == ND_MDA_UNANSWERED)
				ret->lost[from]++;
		}
		if (is_answered(far)) {
			if (near == ND_MDA_PASSED || nd_mda_is_pending(near))
				ret->back[to]++;
			else if (near == ND_MDA_UNANSWERED)
				ret->back_lost[to]++;
		}
		if (near == ND_MDA_PASSED && is_answered(far))
			link_nodes(ret, from, to);
	}
}

/* ---- How a node chooses ---------------------------------------------------
 */

/* Flows through a node, at the TTL after it. */
struct onward {
	unsigned links, silent;
	bool moved;
};

static void
look_onward(
    const struct nd_mda *mda, unsigned ttl, unsigned node, struct onward *ret)
{
	uint64_t seen[ND_MDA_NODES_MAX / 64] = {0};
	unsigned sole_node;
	const bool sole = nd_mda_sole(mda, ttl, &sole_node);

	for (unsigned f = 1; f <= mda->used; f++) {
		const struct nd_mda_cell *near = nd_mda_cell_at(mda, ttl, f);
		const struct nd_mda_cell *far = nd_mda_cell_at(mda, ttl + 1, f);
		const enum nd_mda_state state = nd_mda_state(mda, ttl + 1, f);
		const uint64_t bit = UINT64_C(1) << far->node % 64;

		if (sole ? node != sole_node
			 : nd_mda_state(mda, ttl, f) != ND_MDA_PASSED ||
			       near->node != node)
			continue;
		ret->silent += state == ND_MDA_UNANSWERED;
		if (!is_answered(state))
			continue;
		ret->moved |= far->again == ND_MDA_AGAIN_MOVED;
		ret->links += (seen[far->node / 64] & bit) == 0;
		seen[far->node / 64] |= bit;
	}
}

enum nd_mda_kind
nd_mda_kind(const struct nd_mda *mda, unsigned ttl, unsigned node)
{
	struct onward onward = {0};
	bool moving;

	if (ttl < mda->opts.first || ttl >= mda->opts.max ||
	    node >= ND_MDA_NODES_MAX)
		return ND_MDA_SINGLE;
	look_onward(mda, ttl, node, &onward);
	moving = mda->rows[ttl].moving;
	if (onward.moved && !moving)
		return ND_MDA_PACKET;
	/* Where flows come and go, nobody's links are known by them. */
	if (onward.links > 1)
		return moving ? ND_MDA_UNKNOWN : ND_MDA_FLOW;
	return onward.silent > 0 ? ND_MDA_UNKNOWN : ND_MDA_SINGLE;
}

static bool
is_asked_for(const struct nd_mda *mda, unsigned ttl)
{
	return ttl >= mda->opts.first && ttl <= mda->opts.max;
}

bool
nd_mda_moving(const struct nd_mda *mda, unsigned ttl)
{
	return is_asked_for(mda, ttl) && mda->rows[ttl].moving;
}

bool
nd_mda_meshed(const struct nd_mda *mda, unsigned ttl)
{
	return is_asked_for(mda, ttl) && mda->rows[ttl].full;
}

/* ---- How well it is known -------------------------------------------------
 */

int
nd_mda_confidence(const struct nd_mda *mda)
{
	if (!nd_mda_done(mda))
		return -1;
	for (unsigned t = mda->opts.first; t <= mda->opts.max; t++) {
		if (mda->rows[t].lacking)
			return -1;
		for (unsigned f = 1; f <= mda->used; f++)
			if (nd_mda_state(mda, t, f) == ND_MDA_UNANSWERED)
				return -1;
	}
	return (int)mda->opts.confidence;
}
