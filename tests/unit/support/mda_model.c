/* SPDX-License-Identifier: MIT */
/* See mda_model.h: how flows walk, and what of the links the walks have shown.
 */
#include "mda_model.h"

#include "prng.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MEAN_ANSWERS 6
#define OUTSTANDING_MAX 8192

const struct nd_mda_opts model_usual = {
    .confidence = 95, .first = 1, .max = 30, .flows = 240, .gap = 5};

/* ---- Nodes and links ------------------------------------------------------
 */

struct model *
model_new(void)
{
	struct model *model = calloc(1, sizeof(*model));

	cr_assert_not_null(model);
	model_add(model, 0);
	return model;
}

unsigned
model_add(struct model *model, unsigned flags)
{
	cr_assert_lt(model->nodes, MODEL_NODES);
	model->node[model->nodes].flags = flags;
	return model->nodes++;
}

void
model_link(struct model *model, unsigned from, unsigned to)
{
	struct model_node *n = &model->node[from];

	for (unsigned i = 0; i < n->links; i++)
		if (n->to[i] == to)
			return;
	cr_assert_lt(n->links, MODEL_LINKS);
	n->to[n->links++] = (uint16_t)to;
}

unsigned
model_at(const unsigned *widths, unsigned ttl, unsigned n)
{
	unsigned id = 1 + n;

	for (unsigned t = 1; t < ttl; t++)
		id += widths[t - 1];
	return id;
}

static unsigned
width_of(const unsigned *widths, unsigned ttl)
{
	return ttl > 0 ? widths[ttl - 1] : 1;
}

static unsigned
id_of(const unsigned *widths, unsigned ttl, unsigned n)
{
	return ttl > 0 ? model_at(widths, ttl, n) : 0;
}

void
model_mesh(struct model *model, const unsigned *widths, unsigned ttl)
{
	for (unsigned i = 0; i < width_of(widths, ttl); i++)
		for (unsigned j = 0; j < width_of(widths, ttl + 1); j++)
			model_link(model, id_of(widths, ttl, i),
			    id_of(widths, ttl + 1, j));
}

struct model *
model_layers(const unsigned *widths)
{
	struct model *model = model_new();

	for (unsigned t = 1; widths[t - 1] > 0; t++) {
		const unsigned here = widths[t - 1];
		const unsigned before = width_of(widths, t - 1);
		const unsigned most = here > before ? here : before;

		for (unsigned i = 0; i < here; i++)
			model_add(model, widths[t] == 0 ? MODEL_END : 0);
		for (unsigned i = 0; i < most; i++)
			model_link(model, id_of(widths, t - 1, i % before),
			    model_at(widths, t, i % here));
	}
	return model;
}

/* ---- Walks ----------------------------------------------------------------
 */

struct run {
	struct model *model;
	struct model_result *result;
	uint64_t random; /* what is not of the flow */
	unsigned answers[MODEL_NODES];
	uint8_t asked[MODEL_TTLS][ND_MDA_FLOWS_MAX + 1];
	/* Who answered, plus one. */
	uint16_t seen[MODEL_TTLS][ND_MDA_FLOWS_MAX + 1];
	unsigned widths[MODEL_TTLS];
	struct probe {
		uint8_t ttl, flow;
	} out[OUTSTANDING_MAX];
	unsigned outstanding;
};

static uint64_t
hash(uint64_t key, uint64_t node, uint64_t flow)
{
	uint64_t state = key;

	state = prng(&state) ^ node;
	state = prng(&state) ^ flow;
	return prng(&state);
}

/* Where a probe gets to; TTL becomes how far that is. */
static unsigned
walk(struct run *run, unsigned *ttl, unsigned flow)
{
	const struct model *m = run->model;
	unsigned at = 0, t;

	for (t = 0; t < *ttl && m->node[at].links > 0; t++) {
		const struct model_node *n = &m->node[at];
		uint64_t h = (n->flags & MODEL_PACKET) != 0
				 ? prng(&run->random)
				 : hash(m->key, at, flow);

		at = n->to[h % n->links];
	}
	*ttl = t;
	return at;
}

static bool
is_heard(struct run *run, unsigned at)
{
	const struct model *m = run->model;
	const unsigned flags = m->node[at].flags;

	if ((flags & MODEL_SILENT) != 0 ||
	    (flags == 0 && m->node[at].links == 0))
		return false;
	if ((flags & MODEL_MEAN) != 0 && run->answers[at] >= MEAN_ANSWERS)
		return false;
	run->answers[at]++;
	return m->loss == 0 || prng_in(&run->random, 0, 99) >= (int64_t)m->loss;
}

static void
answer(struct run *run, struct probe p)
{
	const struct model *m = run->model;
	struct model_result *r = run->result;
	unsigned ttl = p.ttl, at = walk(run, &ttl, p.flow);
	const bool end = (m->node[at].flags & MODEL_END) != 0;
	uint16_t *number = &r->number[p.ttl][at];

	r->beyond += ttl < p.ttl && end;
	if ((ttl < p.ttl && !end) || !is_heard(run, at)) {
		nd_mda_heard(r->mda, p.ttl, p.flow, ND_MDA_SILENT, 0);
		return;
	}
	if (*number == 0)
		*number = (uint16_t)++run->widths[p.ttl];
	if (run->seen[p.ttl][p.flow] == 0)
		run->seen[p.ttl][p.flow] = (uint16_t)(at + 1);
	nd_mda_heard(r->mda, p.ttl, p.flow,
	    end ? ND_MDA_DESTINATION : ND_MDA_HOP, *number - 1u);
}

static void
take_all(struct run *run)
{
	struct model_result *r = run->result;
	unsigned ttl, flow;
	bool again;

	while (nd_mda_next(r->mda, &ttl, &flow, &again)) {
		cr_assert(ttl > 0 && ttl < MODEL_TTLS && flow > 0 &&
			  flow <= ND_MDA_FLOWS_MAX);
		cr_assert_lt(run->outstanding, OUTSTANDING_MAX);
		r->probes++;
		cr_assert_leq(run->asked[ttl][flow], again, "asked twice");
		run->asked[ttl][flow]++;
		run->out[run->outstanding++] =
		    (struct probe){(uint8_t)ttl, (uint8_t)flow};
	}
}

/* ---- Links that the walks have shown --------------------------------------
 */

static void
find_links(struct run *run, uint8_t found[MODEL_NODES][MODEL_LINKS])
{
	const struct model *m = run->model;

	for (unsigned t = 1; t + 1 < MODEL_TTLS; t++) {
		unsigned number, sole = 0;

		if (nd_mda_sole(run->result->mda, t, &number))
			while (run->result->number[t][sole] != number + 1)
				sole++;
		for (unsigned f = 1; f <= ND_MDA_FLOWS_MAX; f++) {
			const unsigned from =
			    sole > 0 ? sole + 1 : run->seen[t][f];
			const unsigned to = run->seen[t + 1][f];
			const struct model_node *n;
			unsigned i;

			if (from == 0 || to == 0 ||
			    (m->node[from - 1].flags & MODEL_END) != 0)
				continue;
			n = &m->node[from - 1];
			for (i = 0; i < n->links && n->to[i] != to - 1; i++)
				;
			if (i < n->links)
				found[from - 1][i] = 1;
			else
				run->result->wrong++;
		}
	}
	for (unsigned f = 1; f <= ND_MDA_FLOWS_MAX; f++)
		for (unsigned i = 0; i < m->node[0].links; i++)
			if (run->seen[1][f] == m->node[0].to[i] + 1u)
				found[0][i] = 1;
}

static void
judge(struct run *run)
{
	static uint8_t found[MODEL_NODES][MODEL_LINKS];
	const struct model *m = run->model;

	memset(found, 0, sizeof(found));
	find_links(run, found);
	for (unsigned n = 0; n < m->nodes; n++)
		for (unsigned i = 0; i < m->node[n].links; i++)
			run->result->missed += !found[n][i];
}

void
model_run(struct model *model, const struct nd_mda_opts *opts,
    struct model_result *ret)
{
	struct run *run = calloc(1, sizeof(*run));

	cr_assert_not_null(run);
	memset(ret, 0, sizeof(*ret));
	run->model = model;
	run->result = ret;
	run->random = ~model->key;
	cr_assert_eq(nd_mda_new(&ret->mda, opts), 0);
	for (take_all(run); run->outstanding > 0; take_all(run)) {
		unsigned n = model->shuffled ? 1 : run->outstanding;

		ret->rounds++;
		while (n-- > 0) {
			const unsigned i = (unsigned)prng_in(
			    &run->random, 0, (int64_t)run->outstanding - 1);
			const struct probe p = run->out[i];

			run->out[i] = run->out[--run->outstanding];
			answer(run, p);
		}
	}
	cr_assert(nd_mda_done(ret->mda));
	cr_assert_eq(nd_mda_probes(ret->mda), ret->probes);
	judge(run);
	free(run);
}

/* ---- Many runs ------------------------------------------------------------
 */

static void
add_run(struct model_total *t, const struct model_result *r, unsigned ttl)
{
	const enum nd_mda_kind kind = nd_mda_kind(r->mda, ttl, 0);
	bool meshed = false;

	t->failed += r->missed > 0;
	t->wrong += r->missed == 0 ? r->wrong : 0;
	t->unsure += nd_mda_confidence(r->mda) < 0;
	t->beyond += r->beyond;
	t->probes += r->probes;
	t->most = r->probes > t->most ? r->probes : t->most;
	t->rounds = r->rounds > t->rounds ? r->rounds : t->rounds;
	for (unsigned i = 1; i < MODEL_TTLS; i++)
		meshed |= nd_mda_meshed(r->mda, i);
	t->meshed += meshed;
	t->packet += kind == ND_MDA_PACKET;
	t->flow += kind == ND_MDA_FLOW;
	t->unknown += kind == ND_MDA_UNKNOWN;
}

struct model_total
model_run_all(struct model *model, const struct nd_mda_opts *opts,
    unsigned count, unsigned ttl)
{
	struct model_total t = {0};
	struct model_result r;

	for (model->key = 0; model->key < count; model->key++) {
		model_run(model, opts, &r);
		add_run(&t, &r, ttl);
		nd_mda_free(r.mda);
	}
	return t;
}

double
model_most(unsigned count, double p)
{
	return count * p + MODEL_SIGMAS * sqrt(count * p * (1 - p));
}
