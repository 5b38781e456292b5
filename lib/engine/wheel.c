/* SPDX-License-Identifier: MIT */
/*
 * The timing wheel. Level L holds timers whose tick first differs from the
 * current one in its L-th group of six bits; when the current tick enters a
 * slot of a higher level, its timers move down.
 */
#include "engine/wheel.h"

#define SLOTS 64
#define BITS 6

void
nd_wheel_init(struct nd_wheel *w, int64_t now_ns)
{
	*w = (struct nd_wheel){.tick = now_ns / ND_WHEEL_TICK_NS};
	w->due_tail = &w->due;
}

static void
link_at(struct nd_timer **at, struct nd_timer *t)
{
	t->next = *at;
	if (t->next != NULL)
		t->next->link = &t->next;
	t->link = at;
	*at = t;
}

/* The list of what is due keeps its order: first in, first out. */
static void
append_due(struct nd_wheel *w, struct nd_timer *t)
{
	link_at(w->due_tail, t);
	w->due_tail = &t->next;
}

void
nd_wheel_add(struct nd_wheel *w, struct nd_timer *t)
{
	int64_t tick =
	    t->due_ns / ND_WHEEL_TICK_NS + (t->due_ns % ND_WHEEL_TICK_NS > 0);
	int level, index;

	if (tick <= w->tick) {
		append_due(w, t);
		return;
	}
	level = (63 - __builtin_clzll((uint64_t)(tick ^ w->tick))) / BITS;
	index = (int)(tick >> (BITS * level)) & (SLOTS - 1);
	link_at(&w->slot[level][index], t);
	w->occupied[level] |= (uint64_t)1 << index;
}

void
nd_wheel_remove(struct nd_wheel *w, struct nd_timer *t)
{
	if (t->link == NULL)
		return;
	if (w->due_tail == &t->next)
		w->due_tail = t->link;
	*t->link = t->next;
	if (t->next != NULL)
		t->next->link = t->link;
	t->next = NULL;
	t->link = NULL;
}

/* Empties a slot, and gives its timers to nd_wheel_add() once more. */
static void
move_down(struct nd_wheel *w, int level, int index)
{
	struct nd_timer *t;

	w->occupied[level] &= ~((uint64_t)1 << index);
	while ((t = w->slot[level][index]) != NULL) {
		nd_wheel_remove(w, t);
		nd_wheel_add(w, t);
	}
}

/* The first occupied slot of LEVEL from index FROM on, or -1. */
static int
first_slot(struct nd_wheel *w, int level, int from)
{
	while (from < SLOTS && w->occupied[level] >> from != 0) {
		int i = from + __builtin_ctzll(w->occupied[level] >> from);

		if (w->slot[level][i] != NULL)
			return i;
		w->occupied[level] &= ~((uint64_t)1 << i);
	}
	return -1;
}

/*
 * The first tick after the current one at which an occupied slot, of whatever
 * level, begins. INT64_MAX: there is none.
 */
static int64_t
next_tick(struct nd_wheel *w)
{
	int64_t best = INT64_MAX;

	for (int level = 0; level < ND_WHEEL_LEVELS; level++) {
		int shift = BITS * level;
		int here = (int)(w->tick >> shift) & (SLOTS - 1);
		int i = first_slot(w, level, here + 1);
		int64_t tick;

		if (i < 0)
			continue;
		tick = ((w->tick >> shift) - here + i) << shift;
		if (tick < best)
			best = tick;
	}
	return best;
}

/* Enters the slots that begin with the current tick: one of each level. */
static void
enter(struct nd_wheel *w)
{
	for (int level = 0; level < ND_WHEEL_LEVELS; level++) {
		int index = (int)(w->tick >> (BITS * level)) & (SLOTS - 1);

		move_down(w, level, index);
		if (index != 0)
			break;
	}
}

/* Leaps from slot to slot until something is due or TARGET is reached. */
static void
advance(struct nd_wheel *w, int64_t target)
{
	while (w->due == NULL && w->tick < target) {
		int64_t next = next_tick(w);

		w->tick = next < target ? next : target;
		if (next <= target)
			enter(w);
	}
}

struct nd_timer *
nd_wheel_pop(struct nd_wheel *w, int64_t now_ns)
{
	struct nd_timer *t;

	advance(w, now_ns / ND_WHEEL_TICK_NS);
	t = w->due;
	if (t != NULL)
		nd_wheel_remove(w, t);
	return t;
}

int64_t
nd_wheel_next(struct nd_wheel *w)
{
	int64_t next;

	if (w->due != NULL)
		return w->tick * ND_WHEEL_TICK_NS;
	next = next_tick(w);
	return next > INT64_MAX / ND_WHEEL_TICK_NS ? INT64_MAX
						   : next * ND_WHEEL_TICK_NS;
}
