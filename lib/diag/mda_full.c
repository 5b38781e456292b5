/* SPDX-License-Identifier: MIT */
/*
 * The full MDA: each node of the hop before has a stopping point of its own,
 * reached only by flows that are known to go through it. Where there are too
 * few of them, new flows are sent to that hop until enough come to the node.
 */
#include "diag/mda_internal.h"

/* How many flows each node still needs; false: none. */
static bool
find_needs(struct nd_mda_step *s, uint16_t needs[ND_MDA_NODES_MAX])
{
	const struct nd_mda_pair *pair = &s->pair;
	bool some = false;

	for (unsigned v = 0; v < ND_MDA_NODES_MAX; v++) {
		unsigned need, spent;

		needs[v] = 0;
		if (s->before.passes[v] == 0)
			continue;
		need = nd_mda_need(s->mda, pair->out[v]);
		spent = nd_mda_spent(s->mda, pair->known[v], 0, pair->lost[v]);
		if (spent >= need)
			continue;
		needs[v] = (uint16_t)(need - spent);
		some = true;
	}
	return some;
}

/* Flows that come through the nodes, and were not sent on yet. */
static void
ask_known(struct nd_mda_step *s, uint16_t needs[ND_MDA_NODES_MAX])
{
	struct nd_mda *mda = s->mda;

	for (unsigned f = 1; f <= mda->used; f++) {
		const unsigned v = nd_mda_cell_at(mda, s->ttl - 1, f)->node;

		if (nd_mda_state(mda, s->ttl - 1, f) != ND_MDA_PASSED ||
		    nd_mda_cell_at(mda, s->ttl, f)->state != ND_MDA_NEW ||
		    needs[v] == 0)
			continue;
		nd_mda_want(mda, s->ttl, f);
		s->asked++;
		needs[v]--;
	}
}

/* As many new ones as it takes, by what the nodes' shares seem to be. */
static unsigned
count_new(const struct nd_mda_step *s, const uint16_t needs[ND_MDA_NODES_MAX])
{
	unsigned most = 0;

	for (unsigned v = 0; v < ND_MDA_NODES_MAX; v++) {
		const unsigned hits = s->before.passes[v];
		unsigned n;

		if (needs[v] == 0)
			continue;
		n = (needs[v] * s->before.answered + hits - 1) / hits;
		if (n > most)
			most = n;
	}
	return most;
}

void
nd_mda_full(struct nd_mda_step *s)
{
	uint16_t needs[ND_MDA_NODES_MAX];
	unsigned more;

	if (!find_needs(s, needs))
		return;
	ask_known(s, needs);
	more = count_new(s, needs);
	if (more > 0)
		s->row->lacking = !nd_mda_hunt(s, more);
}
