/* SPDX-License-Identifier: MIT */
/*
 * resolve.c: names in, outcomes out, on the loop: hands names to the threads
 * of the pool, takes what they found, gives up what takes too long.
 */
#include "resolve.h"
#include "clock.h"
#include "resolve_pool.h"

#include <errno.h>
#include <ev.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S 1e9

struct resolver {
	struct ev_loop *loop;
	struct ev_async async;
	struct ev_timer timer;
	struct resolve_pool *pool;
	resolve_cb *cb;
	size_t pending;
};

static void
finish(struct resolver *resolver, void *user, int err,
    const struct addrinfo *list, int64_t took_ns)
{
	if (--resolver->pending == 0)
		ev_timer_stop(resolver->loop, &resolver->timer);
	resolver->cb(user, err, list, took_ns);
}

/* One portion only: what comes meanwhile wakes the loop again. */
static void
deliver(struct resolver *resolver)
{
	struct resolve_pool *pool = resolver->pool;
	struct resolve_job *job, *next;

	(void)pthread_mutex_lock(&pool->lock);
	job = pool->done.first;
	resolve_queue_init(&pool->done);
	pool->done_count = 0;
	(void)pthread_cond_broadcast(&pool->wake);
	(void)pthread_mutex_unlock(&pool->lock);
	for (; job != NULL; job = next) {
		next = job->next;
		finish(resolver, job->user, job->err, job->list, job->took_ns);
		resolve_job_free(pool, job);
	}
}

/*
 * Gives up one name whose time is over and lets another worker take the place
 * of the one that is stuck with it. False if there is none; then *WAIT_NS is
 * the time until there can be one.
 */
static bool
give_up_one(struct resolver *resolver, int64_t *wait_ns)
{
	struct resolve_pool *pool = resolver->pool;
	int64_t limit = pool->opts.timeout_ns, now = clock_monotonic_ns(),
		took = 0;
	struct resolve_job *job;
	void *user = NULL;

	*wait_ns = limit;
	(void)pthread_mutex_lock(&pool->lock);
	job = pool->running.first; /* the one that was taken up first */
	if (job != NULL && now - job->taken_ns < limit) {
		*wait_ns = limit - (now - job->taken_ns);
		job = NULL;
	}
	if (job != NULL) {
		user = job->user;
		took = now - job->taken_ns;
		job->given_up = true;
		resolve_queue_remove(&pool->running, job);
		pool->healthy--;
		(void)resolve_pool_grow(pool);
	}
	(void)pthread_mutex_unlock(&pool->lock);
	if (job == NULL)
		return false;
	finish(resolver, user, -ETIMEDOUT, NULL, took);
	return true;
}

/* In a worker: the only call that libev allows from another thread. */
static void
notify(void *user)
{
	struct resolver *resolver = user;

	ev_async_send(resolver->loop, &resolver->async);
}

static void
on_async(struct ev_loop *loop, struct ev_async *async, int events)
{
	(void)loop;
	(void)events;
	deliver(async->data);
}

/*
 * A name taken up after this cannot be due before the next call, so the
 * workers need not tell when they take one.
 */
static void
on_timer(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct resolver *resolver = timer->data;
	int64_t wait_ns;

	(void)events;
	deliver(resolver); /* what is there is in time, however late we are */
	while (give_up_one(resolver, &wait_ns))
		;
	ev_timer_stop(loop, timer);
	if (resolver->pending == 0)
		return;
	ev_timer_set(timer, (double)wait_ns / NS_PER_S, 0.);
	ev_timer_start(loop, timer);
}

int
resolver_new(struct resolver **ret, struct ev_loop *loop,
    const struct resolver_opts *opts, resolve_cb *cb)
{
	struct resolver *resolver;

	if (opts->timeout_ns <= 0)
		return -EINVAL;
	resolver = calloc(1, sizeof(*resolver));
	if (resolver == NULL)
		return -ENOMEM;
	resolver->pool = resolve_pool_new(opts);
	if (resolver->pool == NULL) {
		free(resolver);
		return -ENOMEM;
	}
	resolver->loop = loop;
	resolver->cb = cb;
	resolver->pool->notify = notify;
	resolver->pool->notify_user = resolver;
	ev_init(&resolver->timer, on_timer);
	resolver->timer.data = resolver;
	ev_async_init(&resolver->async, on_async);
	resolver->async.data = resolver;
	ev_async_start(loop, &resolver->async);
	ev_unref(loop); /* the timer keeps the loop, and only while it runs */
	*ret = resolver;
	return 0;
}

static void
free_jobs(const struct resolve_pool *pool, struct resolve_queue *queue)
{
	struct resolve_job *job;

	while ((job = resolve_queue_take(queue)) != NULL)
		resolve_job_free(pool, job);
}

void
resolver_free(struct resolver *resolver)
{
	struct resolve_pool *pool;
	struct resolve_job *job;

	if (resolver == NULL)
		return;
	pool = resolver->pool;
	(void)pthread_mutex_lock(&pool->lock);
	pool->closed = true;
	free_jobs(pool, &pool->waiting);
	free_jobs(pool, &pool->done);
	while ((job = resolve_queue_take(&pool->running)) != NULL)
		job->given_up = true;
	(void)pthread_cond_broadcast(&pool->wake);
	resolve_pool_leave(pool);
	ev_ref(resolver->loop);
	ev_async_stop(resolver->loop, &resolver->async);
	ev_timer_stop(resolver->loop, &resolver->timer);
	free(resolver);
}

int
resolve_start(struct resolver *resolver, const char *name, int af, void *user)
{
	size_t len = strlen(name);
	struct resolve_pool *pool = resolver->pool;
	struct resolve_job *job;
	int r;

	if (len == 0 || len >= RESOLVE_NAME_SIZE)
		return -EINVAL;
	job = calloc(1, sizeof(*job));
	if (job == NULL)
		return -ENOMEM;
	job->name = name;
	job->af = af;
	job->user = user;
	(void)pthread_mutex_lock(&pool->lock);
	resolve_queue_add(&pool->waiting, job);
	pool->waiting_count++;
	r = resolve_pool_grow(pool);
	if (r < 0 && pool->threads == 0) {
		resolve_queue_remove(&pool->waiting, job);
		pool->waiting_count--;
	} else {
		r = 0;
	}
	(void)pthread_cond_signal(&pool->wake);
	(void)pthread_mutex_unlock(&pool->lock);
	if (r < 0) {
		free(job);
		return -EAGAIN;
	}
	if (resolver->pending++ == 0) {
		ev_timer_set(&resolver->timer,
		    (double)pool->opts.timeout_ns / NS_PER_S, 0.);
		ev_timer_start(resolver->loop, &resolver->timer);
	}
	return 0;
}

size_t
resolve_pending(const struct resolver *resolver)
{
	return resolver->pending;
}
