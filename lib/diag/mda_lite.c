/* SPDX-License-Identifier: MIT */
/*
 * MDA-Lite: a hop is taken for one node whose links lead to the nodes of the
 * next. Its stopping point is reached by flows that are in use already, one of
 * each node of the hop before it first, then by new ones.
 */
#include "diag/mda_internal.h"

#include <limits.h>

#define FEW 3	/* flows that tell whether the hop before it branches */
#define TRIES 2 /* flows of a node, before it stays without a neighbour */

/* ---- How many -------------------------------------------------------------
 */

unsigned
nd_mda_need(struct nd_mda *mda, unsigned k)
{
	unsigned known = mda->stops_known;

	k = k > 0 ? k : 1;
	while (known < k) {
		/* There are no more flows than that. */
		if (known == ND_MDA_MAX_K ||
		    (known > 0 && mda->stops[known] > mda->opts.flows))
			return UINT16_MAX;
		known++;
		mda->stops[known] = (uint16_t)nd_mda_stop_after(
		    mda->failure, mda->stops, known);
		mda->stops_known = known;
	}
	return mda->stops[k];
}

unsigned
nd_mda_spent(
    struct nd_mda *mda, unsigned answered, unsigned awaited, unsigned lost)
{
	const unsigned most = nd_mda_need(mda, 1);

	if (answered == 0)
		return awaited + lost;
	return answered + awaited + (lost > most ? lost - most : 0);
}

/*
 * With a few flows only, where more would be of no use: as long as little is
 * known of the hop before it, or where many nodes there lead to fewer here, of
 * which each will need a flow of its own.
 */
static bool
is_early(const struct nd_mda_step *s)
{
	const struct nd_mda_view *before = &s->before;

	if (s->ttl == s->mda->opts.first || s->row_before->settled)
		return false;
	return before->answered + before->silent < FEW ||
	       (before->passing > 1 && s->here.width < before->passing);
}

/* ---- Which ----------------------------------------------------------------
 */

/* Whether a flow that was lost a TTL before may be asked for here. */
static bool
may_have_passed(const struct nd_mda_step *s, unsigned flow)
{
	const struct nd_mda *mda = s->mda;

	return s->ttl <= mda->nearest ||
	       (s->before.width == 0 && s->ttl <= mda->horizon) ||
	       s->ttl - 1 == mda->opts.first ||
	       nd_mda_state(mda, s->ttl - 2, flow) == ND_MDA_PASSED;
}

enum choice { KNOWN_TO_PASS, IN_USE, UNUSED, CHOICES };

/* CHOICES: not to be sent here. */
static enum choice
choice_of(const struct nd_mda_step *s, unsigned flow)
{
	const struct nd_mda *mda = s->mda;

	if (nd_mda_cell_at(mda, s->ttl, flow)->state != ND_MDA_NEW ||
	    nd_mda_state(mda, s->ttl, flow) == ND_MDA_BEYOND)
		return CHOICES;
	if (s->ttl == mda->opts.first)
		return UNUSED;
	switch (nd_mda_state(mda, s->ttl - 1, flow)) {
	case ND_MDA_PASSED:
		return KNOWN_TO_PASS;
	case ND_MDA_UNANSWERED:
		return may_have_passed(s, flow) ? IN_USE : CHOICES;
	case ND_MDA_WANTED:
	case ND_MDA_ASKED:
		return s->gated ? CHOICES : IN_USE;
	case ND_MDA_NEW:
		return s->gated ? CHOICES : UNUSED;
	default:
		return CHOICES;
	}
}

static void
ask(struct nd_mda_step *s, unsigned flow)
{
	nd_mda_want(s->mda, s->ttl, flow);
	s->asked++;
}

/* How many of COUNT are left. */
static unsigned
ask_some(struct nd_mda_step *s, unsigned count)
{
	for (enum choice c = KNOWN_TO_PASS; c < CHOICES; c++)
		for (unsigned f = 1; f <= s->mda->opts.flows && count > 0; f++)
			if (choice_of(s, f) == c) {
				ask(s, f);
				count--;
			}
	return count;
}

/* One flow of each node of the hop before; how many were asked. */
static unsigned
cover(struct nd_mda_step *s)
{
	struct nd_mda_pair *pair = &s->pair;
	unsigned n = 0;

	for (unsigned f = 1; f <= s->mda->used; f++) {
		const unsigned v = nd_mda_cell_at(s->mda, s->ttl - 1, f)->node;

		if (choice_of(s, f) != KNOWN_TO_PASS || pair->known[v] > 0 ||
		    pair->lost[v] >= TRIES)
			continue;
		ask(s, f);
		pair->known[v]++;
		n++;
	}
	return n;
}

bool
nd_mda_hunt(struct nd_mda_step *s, unsigned count)
{
	struct nd_mda *mda = s->mda;
	const unsigned asked = s->asked;

	s->held = true;
	/* One round at a time: a flow comes to a node by chance. */
	if (asked > 0 || s->here.pending > 0 || s->before.pending > 0)
		return true;
	for (unsigned f = 1; f <= mda->opts.flows && count > 0; f++)
		if (nd_mda_state(mda, s->ttl - 1, f) == ND_MDA_NEW) {
			nd_mda_want(mda, s->ttl - 1, f);
			s->asked++;
			count--;
		}
	s->held = s->asked > asked;
	return s->held;
}

void
nd_mda_lite(struct nd_mda_step *s)
{
	const struct nd_mda_view *here = &s->here, *before = &s->before;
	const unsigned need = nd_mda_need(s->mda, here->width);
	unsigned spent, most = need;

	spent =
	    nd_mda_spent(s->mda, here->answered, here->pending, here->silent);
	if (!s->sole && before->width > 0)
		spent += cover(s);
	if (spent >= need)
		return;
	if (is_early(s)) {
		s->held = true;
		most = need < FEW ? need : FEW;
	}
	if (spent >= most)
		return;
	most = ask_some(s, most - spent);
	if (most == 0)
		return;
	if (!s->gated)
		s->row->lacking = true;
	else if (before->passed > 0)
		s->row->lacking = !nd_mda_hunt(
		    s, (most * before->answered + before->passed - 1) /
			   before->passed);
}
