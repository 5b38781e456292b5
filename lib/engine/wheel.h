/* SPDX-License-Identifier: MIT */
/*
 * Timers by the million: a hierarchical timing wheel. Adding, removing and
 * firing are O(1). A timer never fires early, and at most one tick late.
 */
#ifndef ND_ENGINE_WHEEL_H
#define ND_ENGINE_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ND_WHEEL_TICK_NS ((int64_t)1 << 17)
#define ND_WHEEL_LEVELS 8 /* of 64 slots: 2^48 ticks, all of int64_t */

/* Embedded in what it times. All zero: not armed. */
struct nd_timer {
	struct nd_timer *next, **link; /* link: what points here; NULL: free */
	int64_t due_ns;
};

struct nd_wheel {
	int64_t tick;	      /* all up to this one were fired */
	struct nd_timer *due; /* to be fired now, oldest slot first */
	struct nd_timer **due_tail;
	uint64_t occupied[ND_WHEEL_LEVELS]; /* a bit a slot; may be stale */
	struct nd_timer *slot[ND_WHEEL_LEVELS][64];
};

/* W must not move afterwards. */
void nd_wheel_init(struct nd_wheel *w, int64_t now_ns);
/* Arms T, which must not be armed, for T->due_ns. */
void nd_wheel_add(struct nd_wheel *w, struct nd_timer *t);
/* Disarms T if it is armed. */
void nd_wheel_remove(struct nd_wheel *w, struct nd_timer *t);
/* The next timer that is due by NOW_NS, disarmed, or NULL. */
struct nd_timer *nd_wheel_pop(struct nd_wheel *w, int64_t now_ns);
/*
 * When to call nd_wheel_pop() again: no later than the first timer's firing,
 * perhaps earlier. INT64_MAX: nothing is armed.
 */
int64_t nd_wheel_next(struct nd_wheel *w);

static inline bool
nd_timer_armed(const struct nd_timer *t)
{
	return t->link != NULL;
}

#endif
