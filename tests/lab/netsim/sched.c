/* SPDX-License-Identifier: MIT */
/* A heap of four children a node: half as deep as one of two. */
#include "sched.h"

#include <errno.h>
#include <stdlib.h>

#define CHILDREN 4u

static bool
before(const struct ns_due *a, const struct ns_due *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

int
ns_sched_put(struct ns_sched *sched, int64_t at, enum ns_todo todo, void *what,
    uint32_t generation)
{
	struct ns_due item = {
	    .at = at,
	    .order = sched->order,
	    .what = what,
	    .todo = todo,
	    .generation = generation,
	};
	uint32_t i = sched->n;

	if (sched->n == sched->cap) {
		uint32_t cap = sched->cap > 0 ? sched->cap * 2 : 1024;
		void *heap = realloc(sched->heap, cap * sizeof(*sched->heap));

		if (heap == NULL)
			return -ENOMEM;
		sched->heap = heap;
		sched->cap = cap;
	}
	for (; i > 0; i = (i - 1) / CHILDREN) {
		const struct ns_due *parent = &sched->heap[(i - 1) / CHILDREN];

		if (!before(&item, parent))
			break;
		sched->heap[i] = *parent;
	}
	sched->heap[i] = item;
	sched->n++;
	sched->order++;
	return 0;
}

const struct ns_due *
ns_sched_first(const struct ns_sched *sched)
{
	return sched->n > 0 ? &sched->heap[0] : NULL;
}

struct ns_due
ns_sched_take(struct ns_sched *sched)
{
	struct ns_due first = sched->heap[0];
	struct ns_due item = sched->heap[--sched->n];
	uint32_t i = 0;

	for (;;) {
		uint32_t child = i * CHILDREN + 1, least = child;
		uint32_t end = child + CHILDREN;

		if (child >= sched->n)
			break;
		if (end > sched->n)
			end = sched->n;
		for (uint32_t k = child + 1; k < end; k++)
			if (before(&sched->heap[k], &sched->heap[least]))
				least = k;
		if (!before(&sched->heap[least], &item))
			break;
		sched->heap[i] = sched->heap[least];
		i = least;
	}
	sched->heap[i] = item;
	return first;
}

void
ns_sched_free(struct ns_sched *sched)
{
	free(sched->heap);
	*sched = (struct ns_sched){.heap = NULL};
}
