/* SPDX-License-Identifier: MIT */
/*
 * A queue of timers that are not armed, first in, first out. Any of them leaves
 * it in O(1).
 */
#ifndef ND_ENGINE_QUEUE_H
#define ND_ENGINE_QUEUE_H

#include "engine/wheel.h"

/* All zero to begin with. It must not move while there is anything in it. */
struct nd_queue {
	struct nd_timer *first, **end; /* end: where the next one is linked */
};

static inline void
nd_queue_append(struct nd_queue *q, struct nd_timer *t)
{
	if (q->first == NULL)
		q->end = &q->first;
	t->next = NULL;
	t->link = q->end;
	*q->end = t;
	q->end = &t->next;
}

/* T, which must be in Q. */
static inline void
nd_queue_remove(struct nd_queue *q, struct nd_timer *t)
{
	if (q->end == &t->next)
		q->end = t->link;
	*t->link = t->next;
	if (t->next != NULL)
		t->next->link = t->link;
	t->next = NULL;
	t->link = NULL;
}

#endif
