/* SPDX-License-Identifier: MIT */
/* Sizes that get to each hop, over a model of a way. */
#include "diag/mtu.h"

#include <criterion/criterion.h>

/* What the link that leads to each TTL takes, and who keeps quiet about it. */
struct way {
	unsigned hops;
	unsigned mtu[16]; /* of the link to TTL I + 1 */
	bool quiet[16];	  /* the router before it says nothing */
	unsigned told;	  /* what routers say instead; 0: the truth */
	bool tells_zero;
	unsigned local; /* what the host itself takes, or 0 */
	bool silent[16];
	unsigned probes;
};

static void
answer(struct nd_mtu *m, struct way *w, const struct nd_mtu_ask *ask)
{
	w->probes++;
	if (w->local > 0 && ask->size > w->local) {
		nd_mtu_heard(m, ND_MTU_REFUSED, w->local, 0);
		return;
	}
	for (unsigned ttl = 1; ttl <= ask->ttl; ttl++) {
		const unsigned mtu = w->mtu[ttl - 1];

		if (ask->size <= mtu)
			continue;
		if (w->quiet[ttl - 1])
			nd_mtu_heard(m, ND_MTU_SILENT, 0, 0);
		else
			nd_mtu_heard(m, ND_MTU_BIG,
			    w->tells_zero ? 0
			    : w->told > 0 ? w->told
					  : mtu,
			    ttl - 1);
		return;
	}
	nd_mtu_heard(m, ND_MTU_GOT, 0, 0);
}

static void
measure(struct nd_mtu *m, struct way *w, unsigned most)
{
	struct nd_mtu_ask ask;

	nd_mtu_init(m, 1, w->hops, 60, most);
	for (unsigned ttl = 1; ttl <= w->hops; ttl++)
		if (!w->silent[ttl - 1])
			nd_mtu_add(m, ttl);
	for (unsigned i = 0; nd_mtu_next(m, &ask); i++) {
		cr_assert_lt(i, 1000u);
		cr_assert_geq(ask.ttl, 1u);
		cr_assert_leq(ask.ttl, w->hops);
		cr_assert_gt(ask.size, 60u);
		cr_assert_leq(ask.size, most);
		answer(m, w, &ask);
	}
}

/* What gets to TTL in truth. */
static unsigned
least_to(const struct way *w, unsigned ttl, unsigned most)
{
	unsigned least = w->local > 0 && w->local < most ? w->local : most;

	for (unsigned i = 0; i < ttl; i++)
		if (w->mtu[i] < least)
			least = w->mtu[i];
	return least;
}

static void
check(const struct nd_mtu *m, const struct way *w, unsigned most)
{
	for (unsigned ttl = 1; ttl <= w->hops; ttl++)
		if (!w->silent[ttl - 1])
			cr_assert_eq(nd_mtu_of(m, ttl), least_to(w, ttl, most),
			    "TTL %u: %u, in truth %u", ttl, nd_mtu_of(m, ttl),
			    least_to(w, ttl, most));
}

Test(mtu, takes_one_probe_where_all_links_are_alike)
{
	struct way w = {.hops = 4, .mtu = {1500, 1500, 1500, 1500}};
	struct nd_mtu m;

	measure(&m, &w, 1500);
	check(&m, &w, 1500);
	cr_assert_eq(w.probes, 1u);
	cr_assert_eq(nd_mtu_black_hole(&m), 0u);
}

Test(mtu, believes_routers)
{
	struct way w = {.hops = 5, .mtu = {1500, 1500, 1400, 1300, 1500}};
	struct nd_mtu m;

	measure(&m, &w, 1500);
	check(&m, &w, 1500);
	cr_assert_leq(w.probes, 4u);
	cr_assert_eq(nd_mtu_black_hole(&m), 0u);
}

Test(mtu, searches_where_a_router_names_no_size)
{
	struct way w = {
	    .hops = 4, .mtu = {1500, 1492, 1492, 1500}, .tells_zero = true};
	struct nd_mtu m;

	measure(&m, &w, 1500);
	check(&m, &w, 1500);
	cr_assert_leq(w.probes, 30u);
}

Test(mtu, does_not_believe_nonsense)
{
	static const unsigned told[] = {20, 59, 1500, 9000, 65535};

	for (unsigned i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		struct way w = {
		    .hops = 3, .mtu = {1500, 1400, 1500}, .told = told[i]};
		struct nd_mtu m;

		measure(&m, &w, 1500);
		check(&m, &w, 1500);
	}
}

Test(mtu, finds_a_black_hole_and_names_it)
{
	struct way w = {.hops = 6,
	    .mtu = {1500, 1500, 1500, 1420, 1500, 1500},
	    .quiet = {[3] = true}};
	struct nd_mtu m;

	measure(&m, &w, 1500);
	check(&m, &w, 1500);
	cr_assert_eq(nd_mtu_black_hole(&m), 4u);
}

Test(mtu, leaves_out_who_does_not_answer)
{
	struct way w = {.hops = 5,
	    .mtu = {1500, 1500, 1400, 1400, 1400},
	    .silent = {[2] = true}};
	struct nd_mtu m;

	measure(&m, &w, 1500);
	check(&m, &w, 1500);
	cr_assert_eq(nd_mtu_of(&m, 3), 0u);
}

Test(mtu, minds_what_the_host_itself_refuses)
{
	struct way w = {.hops = 3, .mtu = {1400, 1400, 1300}, .local = 1400};
	struct nd_mtu m;

	measure(&m, &w, 1500);
	check(&m, &w, 1500);
}

/* Every width in every place, told or not: always right, never endless. */
Test(mtu, is_right_for_every_size_and_place)
{
	for (unsigned size = 61; size <= 1500; size += 7)
		for (unsigned at = 0; at < 4; at++)
			for (unsigned quiet = 0; quiet < 2; quiet++) {
				struct way w = {
				    .hops = 4, .mtu = {1500, 1500, 1500, 1500}};
				struct nd_mtu m;

				w.mtu[at] = size;
				w.quiet[at] = quiet != 0;
				measure(&m, &w, 1500);
				check(&m, &w, 1500);
				cr_assert_eq(nd_mtu_black_hole(&m),
				    quiet != 0 && size < 1500 && at > 0 ? at + 1
									: 0u);
			}
}
