/* SPDX-License-Identifier: MIT */
/*
 * Which TTL is worth a probe. Flow 1 goes ahead to see what is there; the
 * others follow to where something answered, at all TTLs side by side. Each TTL
 * that something has changed at, or before, is planned again.
 */
#include "diag/mda_internal.h"

#define AHEAD 3	    /* how far flow 1 goes beyond what is known, */
#define AHEAD_MAX 6 /* where much is known already */
#define SHARE 4

/* ---- How far ---------------------------------------------------------------
 */

unsigned
nd_mda_horizon(const struct nd_mda *mda)
{
	const unsigned end = mda->ends[1];

	if (end <= mda->heard)
		return mda->heard;
	/* It may have been there before. */
	if (end > mda->opts.first &&
	    nd_mda_is_pending(nd_mda_cell_at(mda, end - 1, 1)->state))
		return mda->heard;
	return end;
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static bool
is_silent(const struct nd_mda *mda, unsigned ttl)
{
	return nd_mda_cell_at(mda, ttl, 1)->state == ND_MDA_UNANSWERED;
}

static void
scout(struct nd_mda *mda)
{
	const struct nd_mda_opts *o = &mda->opts;
	const unsigned horizon = nd_mda_horizon(mda);
	unsigned known = horizon, last;

	if (mda->ends[1] > 0)
		return;
	while (known < mda->scouted && is_silent(mda, known + 1))
		known++;
	last =
	    known + least(AHEAD + (known - (o->first - 1)) / SHARE, AHEAD_MAX);
	if (o->gap > 0)
		last = least(last, horizon + o->gap);
	last = least(last, o->max);
	for (; mda->scouted < last; mda->scouted++)
		if (nd_mda_cell_at(mda, mda->scouted + 1, 1)->state ==
		    ND_MDA_NEW)
			nd_mda_want(mda, mda->scouted + 1, 1);
}

/* Flows that were lost where others ended may still be on their way. */
static bool
is_left(const struct nd_mda *mda, unsigned ttl)
{
	for (unsigned f = 1; f <= mda->used; f++)
		if (nd_mda_state(mda, ttl, f) == ND_MDA_UNANSWERED &&
		    (ttl == mda->opts.first ||
			nd_mda_state(mda, ttl - 1, f) == ND_MDA_PASSED))
			return true;
	return false;
}

static bool
is_open(const struct nd_mda_step *s)
{
	const struct nd_mda *mda = s->mda;

	if (s->ttl == mda->opts.first)
		return true;
	if (!s->row_before->open)
		return false;
	if (s->ttl <= mda->horizon)
		return s->ttl <= mda->nearest || s->before.passed > 0 ||
		       s->before.width == 0;
	if (s->ttl <= mda->nearest)
		return is_silent(mda, s->ttl);
	return s->before.passed > 0 || is_left(mda, s->ttl - 1);
}

/* ---- One TTL --------------------------------------------------------------
 */

/* Where a flow had its end is known only if it passed the TTL before. */
static void
resolve_doubts(struct nd_mda_step *s)
{
	struct nd_mda *mda = s->mda;

	for (unsigned f = 1; f <= mda->used; f++)
		if (nd_mda_state(mda, s->ttl, f) == ND_MDA_DOUBTFUL &&
		    nd_mda_cell_at(mda, s->ttl - 1, f)->state == ND_MDA_NEW) {
			nd_mda_want(mda, s->ttl - 1, f);
			s->asked++;
		}
}

static void
plan_open(struct nd_mda_step *s)
{
	struct nd_mda_row *row = s->row;

	s->sole = nd_mda_is_sole(&s->before);
	s->gated = s->ttl > s->mda->nearest &&
		   (s->before.width > 0 || s->ttl > s->mda->horizon);
	if (!s->sole)
		nd_mda_relate(s->mda, s->ttl, &s->pair);
	row->moving =
	    s->here.moved > 0 || (s->row_before->moving && s->here.width > 1);
	row->lacking = false;
	if (row->full && !s->sole && !s->row_before->moving)
		nd_mda_full(s);
	else
		nd_mda_lite(s);
	row->settled = s->asked == 0 && !s->held && s->here.pending == 0;
	row->final = row->settled && s->row_before->final && nd_mda_check(s);
}

static bool
differ(const struct nd_mda_row *a, const struct nd_mda_row *b)
{
	return a->open != b->open || a->settled != b->settled ||
	       a->final != b->final || a->uneven != b->uneven ||
	       a->moving != b->moving;
}

/* What of it each step needs; the pair is read where it is of use. */
static void
begin(struct nd_mda_step *s, struct nd_mda *mda, unsigned ttl)
{
	s->mda = mda;
	s->ttl = ttl;
	s->row = &mda->rows[ttl];
	s->row_before = s->row - 1;
	s->held = false;
	s->asked = 0;
	nd_mda_look(mda, ttl - 1, &s->before);
	nd_mda_look(mda, ttl, &s->here);
}

static void
plan_row(struct nd_mda *mda, unsigned ttl)
{
	struct nd_mda_row *row = &mda->rows[ttl];
	const struct nd_mda_row old = *row;
	struct nd_mda_step s;

	row->dirty = false;
	begin(&s, mda, ttl);
	resolve_doubts(&s);
	row->open = is_open(&s);
	if (row->open)
		plan_open(&s);
	else
		row->settled = row->final = false;
	if (differ(&old, row))
		nd_mda_touch(mda, ttl + 1);
}

/* ---- All of them ----------------------------------------------------------
 */

void
nd_mda_plan(struct nd_mda *mda)
{
	const unsigned before = mda->horizon;

	if (!mda->dirty)
		return;
	mda->horizon = nd_mda_horizon(mda);
	for (unsigned t = least(before, mda->horizon) + 1;
	     t <= mda->horizon + 1; t++)
		nd_mda_touch(mda, t);
	scout(mda);
	while (mda->dirty) {
		mda->dirty = false;
		for (unsigned t = mda->opts.first; t <= mda->opts.max; t++)
			if (mda->rows[t].dirty)
				plan_row(mda, t);
	}
}
