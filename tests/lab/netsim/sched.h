/* SPDX-License-Identifier: MIT */
/* What is to happen when: a heap by time, then by the order of putting in. */
#ifndef NETSIM_SCHED_H
#define NETSIM_SCHED_H

#include <stdbool.h>
#include <stdint.h>

enum ns_todo { NS_TODO_ANSWER, NS_TODO_TIMER };

struct ns_due {
	int64_t at; /* ns */
	uint64_t order;
	void *what;
	enum ns_todo todo;
	uint32_t generation; /* of a timer's object, when it was put in */
};

/* All zero: empty. */
struct ns_sched {
	struct ns_due *heap;
	uint32_t n, cap;
	uint64_t order;
};

/* 0 or -ENOMEM. */
int ns_sched_put(struct ns_sched *sched, int64_t at, enum ns_todo todo,
    void *what, uint32_t generation);
/* The first one, without taking it; NULL: none. */
const struct ns_due *ns_sched_first(const struct ns_sched *sched);
/* Takes the first one, of at least one. */
struct ns_due ns_sched_take(struct ns_sched *sched);
void ns_sched_free(struct ns_sched *sched);

#endif
