/* SPDX-License-Identifier: MIT */
/*
 * Who answered a broadcast or multicast: a fixed table, made at the start, so
 * that receiving allocates nothing.
 */
#include "diag/ping.h"

#include <errno.h>
#include <stdlib.h>

#define SENDERS 1024

struct nd_senders {
	size_t n;
	struct sender {
		struct nd_addr addr;
		uint64_t received, duplicates;
		uint64_t last;	 /* newest number answered */
		uint64_t recent; /* bit I: number last - I was answered */
		int64_t min_ns, max_ns, sum_ns;
	} of[SENDERS];
};

struct nd_senders *
nd_senders_new(void)
{
	return calloc(1, sizeof(struct nd_senders));
}

void
nd_senders_free(struct nd_senders *s)
{
	free(s);
}

static struct sender *
find(struct nd_senders *s, const struct nd_addr *from)
{
	for (size_t i = 0; i < s->n; i++)
		if (nd_addr_equal(&s->of[i].addr, from))
			return &s->of[i];
	if (s->n == SENDERS)
		return NULL;
	s->of[s->n] = (struct sender){.addr = *from, .min_ns = INT64_MAX};
	return &s->of[s->n++];
}

/* Whether NUMBER is new to X; notes it. */
static bool
is_new(struct sender *x, uint64_t number)
{
	uint64_t bit;

	if (number > x->last) {
		uint64_t by = number - x->last;

		x->recent = by < 64 ? x->recent << by : 0;
		x->last = number;
	}
	/* A probe is not remembered for as long as 64 newer ones. */
	if (x->last - number >= 64)
		return true;
	bit = (uint64_t)1 << (x->last - number);
	if ((x->recent & bit) != 0)
		return false;
	x->recent |= bit;
	return true;
}

bool
nd_senders_note(struct nd_senders *s, const struct nd_addr *from,
    uint64_t number, int64_t rtt_ns)
{
	struct sender *x = find(s, from);

	if (x == NULL)
		return true;
	if (!is_new(x, number)) {
		x->duplicates++;
		return false;
	}
	x->received++;
	x->sum_ns += rtt_ns;
	if (rtt_ns < x->min_ns)
		x->min_ns = rtt_ns;
	if (rtt_ns > x->max_ns)
		x->max_ns = rtt_ns;
	return true;
}

int
nd_senders_get(const struct nd_senders *s, size_t i, struct nd_ping_sender *ret)
{
	const struct sender *x;

	if (i >= s->n)
		return -ENOENT;
	x = &s->of[i];
	*ret = (struct nd_ping_sender){.received = x->received,
	    .duplicates = x->duplicates,
	    .min_ns = x->min_ns,
	    .avg_ns = x->sum_ns / (int64_t)x->received,
	    .max_ns = x->max_ns};
	(void)nd_addr_to(&x->addr, &ret->addr);
	return 0;
}
