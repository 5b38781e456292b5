/* SPDX-License-Identifier: MIT */
/*
 * The MDA from outside: what is wanted goes out, what is heard comes in. What
 * to want is planned only when nothing else is left to send, so that an answer
 * costs no more than its cell.
 */
#include "diag/mda_internal.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#define TTL_MAX 255

/* ---- Life -----------------------------------------------------------------
 */

static bool
opts_valid(const struct nd_mda_opts *o)
{
	return o->confidence >= 1 && o->confidence <= 99 && o->first >= 1 &&
	       o->first <= o->max && o->max <= TTL_MAX && o->flows >= 1 &&
	       o->flows <= ND_MDA_FLOWS_MAX;
}

int
nd_mda_new(struct nd_mda **ret, const struct nd_mda_opts *opts)
{
	struct nd_mda *mda;
	size_t rows;

	if (!opts_valid(opts))
		return -EINVAL;
	/* One more on either side spares its readers the question. */
	rows = (size_t)opts->max + 2;
	mda = calloc(1, sizeof(*mda));
	if (mda == NULL)
		return -ENOMEM;
	mda->rows = calloc(rows, sizeof(*mda->rows));
	mda->cells = calloc(rows * opts->flows, sizeof(*mda->cells));
	if (mda->rows == NULL || mda->cells == NULL) {
		nd_mda_free(mda);
		return -ENOMEM;
	}
	mda->opts = *opts;
	mda->failure = (100 - opts->confidence) / 100.0;
	mda->nearest = UINT_MAX;
	mda->scouted = mda->heard = mda->horizon = opts->first - 1;
	mda->turn = opts->max;
	mda->rows[opts->first - 1].settled = true;
	mda->rows[opts->first - 1].final = true;
	nd_mda_touch(mda, opts->first);
	*ret = mda;
	return 0;
}

void
nd_mda_free(struct nd_mda *mda)
{
	if (mda == NULL)
		return;
	free(mda->rows);
	free(mda->cells);
	free(mda);
}

/* ---- Cells ----------------------------------------------------------------
 */

void
nd_mda_touch(struct nd_mda *mda, unsigned ttl)
{
	if (ttl < mda->opts.first || ttl > mda->opts.max)
		return;
	mda->rows[ttl].dirty = true;
	mda->dirty = true;
}

static void
touch_around(struct nd_mda *mda, unsigned ttl)
{
	nd_mda_touch(mda, ttl);
	nd_mda_touch(mda, ttl + 1);
}

static void
add_wanted(struct nd_mda *mda, unsigned ttl)
{
	struct nd_mda_row *row = &mda->rows[ttl];

	row->wanted++;
	mda->wanted++;
	row->settled = row->final = false;
	touch_around(mda, ttl);
}

void
nd_mda_want(struct nd_mda *mda, unsigned ttl, unsigned flow)
{
	nd_mda_cell_at(mda, ttl, flow)->state = ND_MDA_WANTED;
	if (flow > mda->used)
		mda->used = flow;
	add_wanted(mda, ttl);
}

void
nd_mda_want_again(struct nd_mda *mda, unsigned ttl, unsigned flow)
{
	nd_mda_cell_at(mda, ttl, flow)->again = ND_MDA_AGAIN_WANTED;
	add_wanted(mda, ttl);
}

/* ---- Sending ---------------------------------------------------------------
 */

/* TTL by TTL in turn: a router may not answer many at once. */
static unsigned
next_ttl(const struct nd_mda *mda)
{
	unsigned ttl = mda->turn;

	do
		ttl = ttl < mda->opts.max ? ttl + 1 : mda->opts.first;
	while (mda->rows[ttl].wanted == 0);
	return ttl;
}

static bool
is_wanted(const struct nd_mda_cell *c)
{
	return c->state == ND_MDA_WANTED || c->again == ND_MDA_AGAIN_WANTED;
}

/* False: by now its flow is known to have ended before. */
static bool
take(struct nd_mda *mda, unsigned ttl, struct nd_mda_cell *c, unsigned flow)
{
	mda->wanted--;
	mda->rows[ttl].wanted--;
	if (c->state != ND_MDA_WANTED) {
		c->again = ND_MDA_AGAIN_ASKED;
	} else if (nd_mda_state(mda, ttl, flow) == ND_MDA_BEYOND) {
		c->state = ND_MDA_NEW;
		touch_around(mda, ttl);
		return false;
	} else {
		c->state = ND_MDA_ASKED;
	}
	mda->in_flight++;
	mda->probes++;
	return true;
}

bool
nd_mda_next(struct nd_mda *mda, unsigned *ttl, unsigned *flow, bool *again)
{
	struct nd_mda_cell *c;
	unsigned t, f;

	for (;;) {
		if (mda->wanted == 0)
			nd_mda_plan(mda);
		if (mda->wanted == 0)
			return false;
		t = mda->turn = next_ttl(mda);
		for (f = 1; !is_wanted(nd_mda_cell_at(mda, t, f));)
			f++;
		c = nd_mda_cell_at(mda, t, f);
		if (!take(mda, t, c, f))
			continue;
		*ttl = t;
		*flow = f;
		*again = c->again == ND_MDA_AGAIN_ASKED;
		return true;
	}
}

/* ---- Hearing --------------------------------------------------------------
 */

static void
end_flow(struct nd_mda *mda, unsigned ttl, unsigned flow)
{
	unsigned from = ttl;

	if (mda->ends[flow] > 0 && mda->ends[flow] <= ttl)
		return;
	mda->ends[flow] = (uint8_t)ttl;
	if (ttl < mda->nearest) {
		mda->nearest = ttl;
		from = mda->opts.first;
	}
	for (; from <= mda->opts.max; from++)
		if (from <= ttl || mda->rows[from].open)
			nd_mda_touch(mda, from);
}

static void
hear_again(struct nd_mda_cell *c, enum nd_mda_answer answer, unsigned node)
{
	const bool ended = answer == ND_MDA_DESTINATION;

	if (answer == ND_MDA_SILENT ||
	    (node == c->node && ended == (c->state == ND_MDA_ENDED)))
		c->again = ND_MDA_AGAIN_SAME;
	else
		c->again = ND_MDA_AGAIN_MOVED;
}

static void
hear(struct nd_mda *mda, unsigned ttl, unsigned flow, enum nd_mda_answer answer,
    unsigned node)
{
	struct nd_mda_cell *c = nd_mda_cell_at(mda, ttl, flow);

	c->node = (uint8_t)node;
	switch (answer) {
	case ND_MDA_HOP:
		c->state = ND_MDA_PASSED;
		if (ttl > mda->heard)
			mda->heard = ttl;
		break;
	case ND_MDA_DESTINATION:
		c->state = ND_MDA_ENDED;
		end_flow(mda, ttl, flow);
		break;
	case ND_MDA_SILENT:
	default:
		c->state = ND_MDA_UNANSWERED;
	}
}

void
nd_mda_heard(struct nd_mda *mda, unsigned ttl, unsigned flow,
    enum nd_mda_answer answer, unsigned node)
{
	struct nd_mda_cell *c;

	if (ttl < mda->opts.first || ttl > mda->opts.max || flow < 1 ||
	    flow > mda->opts.flows)
		return;
	if (node >= ND_MDA_NODES_MAX)
		answer = ND_MDA_SILENT;
	c = nd_mda_cell_at(mda, ttl, flow);
	if (c->again == ND_MDA_AGAIN_ASKED)
		hear_again(c, answer, node);
	else if (c->state == ND_MDA_ASKED)
		hear(mda, ttl, flow, answer, node);
	else
		return;
	mda->in_flight--;
	touch_around(mda, ttl);
	/* So that it is known at once whether it is done. */
	if (mda->in_flight == 0 && mda->wanted == 0)
		nd_mda_plan(mda);
}

/* ---- What is known --------------------------------------------------------
 */

bool
nd_mda_done(const struct nd_mda *mda)
{
	return mda->in_flight == 0 && mda->wanted == 0 && !mda->dirty;
}

uint64_t
nd_mda_probes(const struct nd_mda *mda)
{
	return mda->probes;
}

enum nd_mda_end
nd_mda_end(const struct nd_mda *mda)
{
	const unsigned max = mda->opts.max;

	if (!nd_mda_done(mda))
		return ND_MDA_END_NONE;
	if (mda->heard == max)
		return ND_MDA_END_MAX;
	if (mda->nearest != UINT_MAX)
		return ND_MDA_END_REACHED;
	return mda->opts.gap > 0 && max - mda->heard >= mda->opts.gap
		   ? ND_MDA_END_GAP
		   : ND_MDA_END_MAX;
}
