/* SPDX-License-Identifier: MIT */
/*
 * resolve_pool.c: the threads that look names up. They are detached, take
 * their names from one queue and put the outcomes into another.
 */
#include "resolve_pool.h"
#include "clock.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define THREADS_DEFAULT 4
#define THREADS_AT_WORK 16
#define THREADS_MAX 64 /* those stuck with names given up included */
#define DONE_MAX 256   /* outcomes that may wait for the loop */

/* ---- Queues ------------------------------------------------------------- */

void
resolve_queue_init(struct resolve_queue *queue)
{
	queue->first = NULL;
	queue->end = &queue->first;
}

void
resolve_queue_add(struct resolve_queue *queue, struct resolve_job *job)
{
	job->next = NULL;
	*queue->end = job;
	queue->end = &job->next;
}

struct resolve_job *
resolve_queue_take(struct resolve_queue *queue)
{
	struct resolve_job *job = queue->first;

	if (job != NULL && (queue->first = job->next) == NULL)
		queue->end = &queue->first;
	return job;
}

void
resolve_queue_remove(struct resolve_queue *queue, struct resolve_job *job)
{
	struct resolve_job **at = &queue->first;

	while (*at != job)
		at = &(*at)->next;
	*at = job->next;
	if (*at == NULL)
		queue->end = at;
}

void
resolve_job_free(const struct resolve_pool *pool, struct resolve_job *job)
{
	if (job->list != NULL)
		pool->opts.release(job->list);
	free(job);
}

/* ---- Workers ------------------------------------------------------------ */

void
resolve_pool_leave(struct resolve_pool *pool)
{
	bool last = --pool->refs == 0;

	(void)pthread_mutex_unlock(&pool->lock);
	if (!last)
		return;
	(void)pthread_cond_destroy(&pool->wake);
	(void)pthread_mutex_destroy(&pool->lock);
	free(pool);
}

/* Waits for a name to look up; NULL once the pool is closed. */
static struct resolve_job *
worker_take(struct resolve_pool *pool, char name[RESOLVE_NAME_SIZE])
{
	struct resolve_job *job;

	pool->idle++;
	while (!pool->closed &&
	       (pool->waiting.first == NULL || pool->done_count >= DONE_MAX))
		(void)pthread_cond_wait(&pool->wake, &pool->lock);
	pool->idle--;
	if (pool->closed)
		return NULL;
	job = resolve_queue_take(&pool->waiting);
	pool->waiting_count--;
	memcpy(name, job->name, strlen(job->name) + 1);
	job->taken_ns = clock_monotonic_ns();
	resolve_queue_add(&pool->running, job);
	return job;
}

/* Whether ERR may mean no more than: none of the family asked for. */
static bool
may_be_family(int err)
{
	switch (err) {
	case EAI_NONAME:
#ifdef EAI_NODATA
	case EAI_NODATA:
#endif
#ifdef EAI_ADDRFAMILY
	case EAI_ADDRFAMILY:
#endif
		return true;
	default:
		return false;
	}
}

/*
 * Looks NAME up. Where none of the family AF is found, once more without it,
 * only to say why.
 */
static int
look_up(const struct resolver_opts *opts, const char *name, int af,
    struct addrinfo **ret)
{
	struct addrinfo hints = {.ai_family = af, .ai_socktype = SOCK_DGRAM};
	struct addrinfo *other = NULL;
	int err;

#ifdef AI_IDN
	hints.ai_flags = AI_IDN;
#endif
	err = opts->lookup(name, &hints, ret);
	if (af == AF_UNSPEC || !may_be_family(err))
		return err;
	hints.ai_family = AF_UNSPEC;
	if (opts->lookup(name, &hints, &other) != 0)
		return err;
	opts->release(other);
	return af == AF_INET ? RESOLVE_NO_IPV4 : RESOLVE_NO_IPV6;
}

/*
 * Looks NAME up, the pool unlocked meanwhile. False where the job was given
 * up and enough others are at work: this thread is one too many.
 */
static bool
worker_run(struct resolve_pool *pool, struct resolve_job *job, const char *name)
{
	struct addrinfo *list = NULL;
	const int af = job->af;
	int err;

	(void)pthread_mutex_unlock(&pool->lock);
	err = look_up(&pool->opts, name, af, &list);
	(void)pthread_mutex_lock(&pool->lock);

	job->err = err;
	job->list = err == 0 ? list : NULL;
	if (job->given_up) {
		resolve_job_free(pool, job);
		if (pool->healthy >= pool->opts.threads)
			return false;
		pool->healthy++;
		return true;
	}
	job->took_ns = clock_monotonic_ns() - job->taken_ns;
	resolve_queue_remove(&pool->running, job);
	resolve_queue_add(&pool->done, job);
	if (pool->done_count++ == 0)
		pool->notify(pool->notify_user);
	return true;
}

static int
lookup_system(
    const char *name, const struct addrinfo *hints, struct addrinfo **ret)
{
	return getaddrinfo(name, NULL, hints, ret);
}

/*
 * A name is UTF-8 whatever the user's locale is: AI_IDN goes by the locale of
 * the thread.
 */
static void *
worker_main(void *arg)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	struct resolve_pool *pool = arg;
	char name[RESOLVE_NAME_SIZE];
	struct resolve_job *job;

	if (utf8 != (locale_t)0)
		(void)uselocale(utf8);
	(void)pthread_mutex_lock(&pool->lock);
	while ((job = worker_take(pool, name)) != NULL)
		if (!worker_run(pool, job, name))
			break;
	pool->threads--;
	resolve_pool_leave(pool);
	(void)uselocale(LC_GLOBAL_LOCALE);
	if (utf8 != (locale_t)0)
		freelocale(utf8);
	return NULL;
}

int
resolve_pool_grow(struct resolve_pool *pool)
{
	sigset_t all, old;
	pthread_attr_t attr;
	pthread_t thread;
	int r;

	if (pool->waiting_count <= pool->idle ||
	    pool->healthy >= pool->opts.threads || pool->threads >= THREADS_MAX)
		return 0;
	if ((r = pthread_attr_init(&attr)) != 0)
		return -r;
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&thread, &attr, worker_main, pool);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	(void)pthread_attr_destroy(&attr);
	if (r != 0)
		return -r;
	pool->refs++;
	pool->threads++;
	pool->healthy++;
	return 0;
}

struct resolve_pool *
resolve_pool_new(const struct resolver_opts *opts)
{
	struct resolve_pool *pool = calloc(1, sizeof(*pool));

	if (pool == NULL)
		return NULL;
	/* Never fail with the default attributes. */
	(void)pthread_mutex_init(&pool->lock, NULL);
	(void)pthread_cond_init(&pool->wake, NULL);
	pool->opts = *opts;
	if (pool->opts.threads == 0)
		pool->opts.threads = THREADS_DEFAULT;
	if (pool->opts.threads > THREADS_AT_WORK)
		pool->opts.threads = THREADS_AT_WORK;
	if (pool->opts.lookup == NULL)
		pool->opts.lookup = lookup_system;
	if (pool->opts.release == NULL)
		pool->opts.release = freeaddrinfo;
	pool->refs = 1;
	resolve_queue_init(&pool->waiting);
	resolve_queue_init(&pool->running);
	resolve_queue_init(&pool->done);
	return pool;
}
