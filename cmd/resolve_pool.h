/* SPDX-License-Identifier: MIT */
/*
 * resolve_pool.h: the threads that look names up, for resolve.c alone. What
 * they touch is the pool, which they share with the resolver and which the
 * last of them frees; a job belongs to whoever holds it: the queue of waiting
 * ones, a worker, or the queue of done ones. A job given up is the worker's.
 */
#ifndef CMD_RESOLVE_POOL_H
#define CMD_RESOLVE_POOL_H

#include "resolve.h"

#include <pthread.h>
#include <stdbool.h>

#define RESOLVE_NAME_SIZE 512 /* of a worker's copy of a name */

struct resolve_job {
	struct resolve_job *next;
	const char *name; /* the caller's: not to be read once given up */
	int af;
	void *user;
	bool given_up;
	int err;
	struct addrinfo *list;
	int64_t taken_ns, took_ns;
};

struct resolve_queue {
	struct resolve_job *first, **end;
};

struct resolve_pool {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct resolver_opts opts;
	unsigned refs;	  /* the resolver's and one a thread */
	unsigned threads; /* all */
	unsigned healthy; /* those not stuck with a name given up */
	unsigned idle;
	bool closed;
	/* Called, locked, when DONE is no longer empty. */
	void (*notify)(void *user);
	void *notify_user;
	struct resolve_queue waiting, running, done;
	size_t waiting_count, done_count;
};

void resolve_queue_init(struct resolve_queue *queue);
void resolve_queue_add(struct resolve_queue *queue, struct resolve_job *job);
/* The first, or NULL. */
struct resolve_job *resolve_queue_take(struct resolve_queue *queue);
/* JOB must be in it. */
void resolve_queue_remove(struct resolve_queue *queue, struct resolve_job *job);

/* NULL where there is no memory. OPTS gets its defaults. */
struct resolve_pool *resolve_pool_new(const struct resolver_opts *opts);
/*
 * The following are called with the pool locked. resolve_pool_grow() makes one
 * more worker where that helps; a negative errno where it failed.
 * resolve_pool_leave() unlocks, and frees the pool if nobody else is left.
 */
int resolve_pool_grow(struct resolve_pool *pool);
void resolve_pool_leave(struct resolve_pool *pool);

void resolve_job_free(const struct resolve_pool *pool, struct resolve_job *job);

#endif
