/* SPDX-License-Identifier: MIT */
/*
 * test_resolve.c: names over threads. The look-ups are the test's own but for
 * localhost; one that is stuck hangs until the test lets it go, so that no
 * outcome depends on how fast anything is.
 */
#include "resolve.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <ev.h>
#include <langinfo.h>
#include <net/if.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

/* What the look-ups share with the test; each test is its own process. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t freed = PTHREAD_COND_INITIALIZER;
static bool let_go;
static sem_t entered, released;
static struct sockaddr_in answer = {.sin_family = AF_INET};

static void
free_the_stuck(void)
{
	(void)pthread_mutex_lock(&lock);
	let_go = true;
	(void)pthread_cond_broadcast(&freed);
	(void)pthread_mutex_unlock(&lock);
}

/* "none" is unknown, "stuck..." hangs, others are found. */
static int
fake_lookup(
    const char *name, const struct addrinfo *hints, struct addrinfo **ret)
{
	struct addrinfo *list;

	(void)sem_post(&entered);
	if (strcmp(name, "none") == 0)
		return EAI_NONAME;
	if (strncmp(name, "stuck", 5) == 0) {
		(void)pthread_mutex_lock(&lock);
		while (!let_go)
			(void)pthread_cond_wait(&freed, &lock);
		(void)pthread_mutex_unlock(&lock);
	}
	list = calloc(1, sizeof(*list));
	if (list == NULL)
		return EAI_MEMORY;
	list->ai_family = hints->ai_family;
	list->ai_addr = (struct sockaddr *)&answer;
	list->ai_addrlen = sizeof(answer);
	*ret = list;
	return 0;
}

static void
fake_release(struct addrinfo *list)
{
	free(list);
	(void)sem_post(&released);
}

/* Outcomes by name: USER is one of these. */
struct outcome {
	int calls, err, family;
	int64_t took_ns;
	char *name; /* to be freed with the outcome, or NULL */
};
static int outcomes;

static void
on_outcome(void *user, int err, const struct addrinfo *list, int64_t took_ns)
{
	struct outcome *outcome = user;

	cr_expect_eq(list == NULL, err != 0);
	outcome->calls++;
	outcome->err = err;
	outcome->family = list != NULL ? list->ai_family : -1;
	outcome->took_ns = took_ns;
	free(outcome->name);
	outcome->name = NULL;
	outcomes++;
}

static struct resolver *
new_resolver(int64_t timeout_ns, unsigned threads, resolve_cb *cb)
{
	struct resolver_opts opts = {.timeout_ns = timeout_ns,
	    .threads = threads,
	    .lookup = fake_lookup,
	    .release = fake_release};
	struct resolver *resolver = NULL;

	(void)sem_init(&entered, 0, 0);
	(void)sem_init(&released, 0, 0);
	cr_assert_eq(resolver_new(&resolver, EV_DEFAULT, &opts, cb), 0);
	return resolver;
}

Test(resolve, found_and_not_found_on_the_loop_only)
{
	struct resolver *r = new_resolver(60 * SECOND, 0, on_outcome);
	struct outcome found = {0}, none = {0};

	cr_assert_eq(resolve_start(r, "some", AF_INET6, &found), 0);
	cr_assert_eq(resolve_start(r, "none", AF_UNSPEC, &none), 0);
	(void)sem_wait(&entered);
	(void)sem_wait(&entered);
	cr_expect_eq(outcomes, 0, "nothing before the loop runs");
	cr_expect_eq(resolve_pending(r), 2);
	ev_run(EV_DEFAULT, 0);
	cr_expect_eq(resolve_pending(r), 0, "and the loop ends by itself");
	cr_expect(found.calls == 1 && found.err == 0);
	cr_expect_eq(found.family, AF_INET6);
	cr_expect_geq(found.took_ns, 0);
	cr_expect(none.calls == 1 && none.err == EAI_NONAME);
	resolver_free(r);
}

/* "a..." has IPv4 addresses only, "six" IPv6 ones; "no-data" is glibc's word.
 */
static int
one_family(
    const char *name, const struct addrinfo *hints, struct addrinfo **ret)
{
	const int has = name[0] == 'a' ? AF_INET : AF_INET6;

	if (strcmp(name, "again") == 0)
		return EAI_AGAIN;
	if (strcmp(name, "nowhere") == 0)
		return EAI_NONAME;
	if (hints->ai_family == AF_UNSPEC || hints->ai_family == has)
		return fake_lookup(name, hints, ret);
	return strcmp(name, "a-no-data") == 0 ? EAI_NODATA : EAI_NONAME;
}

Test(resolve, a_name_without_that_family_is_told_from_no_name)
{
	static const struct {
		const char *name;
		int af, err;
	} cases[] = {
	    {"a", AF_INET, 0},
	    {"a", AF_INET6, RESOLVE_NO_IPV6},
	    {"a-no-data", AF_INET6, RESOLVE_NO_IPV6},
	    {"six", AF_INET, RESOLVE_NO_IPV4},
	    {"six", AF_UNSPEC, 0},
	    {"nowhere", AF_INET6, EAI_NONAME},
	    {"nowhere", AF_UNSPEC, EAI_NONAME},
	    {"again", AF_INET6, EAI_AGAIN},
	};
	enum { COUNT = sizeof(cases) / sizeof(cases[0]) };
	struct resolver_opts opts = {.timeout_ns = 60 * SECOND,
	    .lookup = one_family,
	    .release = fake_release};
	struct outcome all[COUNT] = {{0}};
	struct resolver *r = NULL;
	int found;

	(void)sem_init(&entered, 0, 0);
	(void)sem_init(&released, 0, 0);
	cr_assert_eq(resolver_new(&r, EV_DEFAULT, &opts, on_outcome), 0);
	for (int i = 0; i < COUNT; i++)
		cr_assert_eq(
		    resolve_start(r, cases[i].name, cases[i].af, &all[i]), 0);
	ev_run(EV_DEFAULT, 0);
	for (int i = 0; i < COUNT; i++)
		cr_expect(all[i].calls == 1 && all[i].err == cases[i].err,
		    "%s: %d", cases[i].name, all[i].err);
	resolver_free(r);
	(void)sem_getvalue(&released, &found);
	cr_expect_eq(found, 5, "what was found is given back");
	cr_expect_str_eq(resolve_strerror(RESOLVE_NO_IPV4), "no IPv4 address");
	cr_expect_str_eq(resolve_strerror(RESOLVE_NO_IPV6), "no IPv6 address");
	cr_expect_not_null(strstr(resolve_hint(RESOLVE_NO_IPV4), " -4 "));
	cr_expect_not_null(strstr(resolve_hint(RESOLVE_NO_IPV6), " -6 "));
	cr_expect_null(resolve_hint(EAI_NONAME));
}

Test(resolve, each_of_many_names_once)
{
	enum { MANY = 20000 };
	struct resolver *r = new_resolver(600 * SECOND, 4, on_outcome);
	struct outcome *all = calloc(MANY, sizeof(*all));

	cr_assert_not_null(all);
	for (int i = 0; i < MANY; i++)
		cr_assert_eq(resolve_start(r, "name", AF_INET, &all[i]), 0);
	ev_run(EV_DEFAULT, 0);
	for (int i = 0; i < MANY; i++)
		cr_assert(all[i].calls == 1 && all[i].err == 0, "%d", i);
	resolver_free(r);
	free(all);
}

/* More than the threads there may ever be: each stuck one is replaced. */
Test(resolve, a_dead_resolver_times_out_every_name)
{
	enum { STUCK = 40 };
	struct resolver *r = new_resolver(SECOND / 1000, 2, on_outcome);
	struct outcome all[STUCK] = {{0}};

	for (int i = 0; i < STUCK; i++) {
		all[i].name = strdup("stuck");
		cr_assert_not_null(all[i].name);
		cr_assert_eq(
		    resolve_start(r, all[i].name, AF_INET, &all[i]), 0);
	}
	ev_run(EV_DEFAULT, 0);
	for (int i = 0; i < STUCK; i++) {
		cr_expect(all[i].calls == 1 && all[i].err == -ETIMEDOUT);
		cr_expect_geq(all[i].took_ns, SECOND / 1000);
	}
	free_the_stuck();
	for (int i = 0; i < STUCK; i++)
		(void)sem_wait(&released);
	cr_expect_eq(outcomes, STUCK, "what comes after it is thrown away");
	resolver_free(r);
}

static void
free_after_64(void *user, int err, const struct addrinfo *list, int64_t took_ns)
{
	on_outcome(user, err, list, took_ns);
	if (outcomes == 64)
		free_the_stuck();
}

/* 64 threads hang: the rest waits for one of them to come back. */
Test(resolve, threads_are_bounded_and_come_back)
{
	enum { STUCK = 80 };
	struct resolver *r = new_resolver(SECOND / 1000, 1, free_after_64);
	struct outcome all[STUCK] = {{0}};

	for (int i = 0; i < STUCK; i++)
		cr_assert_eq(resolve_start(r, "stuck", AF_INET, &all[i]), 0);
	ev_run(EV_DEFAULT, 0);
	for (int i = 0; i < STUCK; i++) {
		cr_expect_eq(all[i].calls, 1, "%d", i);
		if (i < 64)
			cr_expect_eq(all[i].err, -ETIMEDOUT);
	}
	resolver_free(r);
}

/* All limits are long over when the loop runs; what was found still counts. */
Test(resolve, a_slow_loop_makes_no_timeout)
{
	struct resolver *r = new_resolver(1, 1, on_outcome);
	struct outcome found = {0}, stuck = {0};

	cr_assert_eq(resolve_start(r, "found", AF_INET, &found), 0);
	cr_assert_eq(resolve_start(r, "stuck", AF_INET, &stuck), 0);
	(void)sem_wait(&entered);
	(void)sem_wait(&entered); /* so the first one is done */
	ev_run(EV_DEFAULT, 0);
	cr_expect_eq(found.err, 0);
	cr_expect_eq(stuck.err, -ETIMEDOUT);
	free_the_stuck();
	(void)sem_wait(&released);
	(void)sem_wait(&released);
	resolver_free(r);
}

Test(resolve, freeing_waits_for_nobody)
{
	struct resolver *r = new_resolver(60 * SECOND, 1, on_outcome);
	struct outcome running = {0}, waiting = {0};
	char *name = strdup("stuck");

	cr_assert_not_null(name);
	cr_assert_eq(resolve_start(r, name, AF_INET, &running), 0);
	cr_assert_eq(resolve_start(r, name, AF_INET, &waiting), 0);
	(void)sem_wait(&entered);
	resolver_free(r);
	free(name);
	cr_expect_eq(outcomes, 0);
	free_the_stuck();
	(void)sem_wait(&released);
	ev_run(EV_DEFAULT, EVRUN_NOWAIT);
	cr_expect_eq(outcomes, 0);
	resolver_free(NULL);
}

Test(resolve, freed_with_outcomes_not_yet_delivered)
{
	struct resolver *r = new_resolver(60 * SECOND, 1, on_outcome);
	struct outcome first = {0}, second = {0};

	cr_assert_eq(resolve_start(r, "one", AF_INET, &first), 0);
	cr_assert_eq(resolve_start(r, "two", AF_INET, &second), 0);
	(void)sem_wait(&entered);
	(void)sem_wait(&entered); /* so the first one is done */
	resolver_free(r);
	(void)sem_wait(&released);
	(void)sem_wait(&released);
	cr_expect_eq(outcomes, 0);
}

static struct resolver *chained;

static void
start_another(void *user, int err, const struct addrinfo *list, int64_t took_ns)
{
	on_outcome(user, err, list, took_ns);
	if (outcomes < 5)
		cr_expect_eq(resolve_start(chained, "more", AF_INET, user), 0);
}

Test(resolve, starting_inside_a_callback)
{
	struct outcome outcome = {0};

	chained = new_resolver(60 * SECOND, 0, start_another);
	cr_assert_eq(resolve_start(chained, "first", AF_INET, &outcome), 0);
	ev_run(EV_DEFAULT, 0);
	cr_expect_eq(outcome.calls, 5);
	resolver_free(chained);
}

static bool worker_blocks, worker_is_utf8;

static int
look_around(
    const char *name, const struct addrinfo *hints, struct addrinfo **ret)
{
	sigset_t mask;

	(void)name;
	(void)hints;
	(void)ret;
	(void)pthread_sigmask(SIG_SETMASK, NULL, &mask);
	worker_blocks = sigismember(&mask, SIGINT) == 1 &&
			sigismember(&mask, SIGTERM) == 1 &&
			sigismember(&mask, SIGQUIT);
	worker_is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	return EAI_NONAME;
}

Test(resolve, workers_block_signals_and_speak_utf8)
{
	struct resolver_opts opts = {
	    .timeout_ns = 60 * SECOND, .lookup = look_around};
	struct resolver *r = NULL;
	struct outcome outcome = {0};
	sigset_t mask;

	cr_assert_eq(resolver_new(&r, EV_DEFAULT, &opts, on_outcome), 0);
	cr_assert_eq(resolve_start(r, "x", AF_INET, &outcome), 0);
	ev_run(EV_DEFAULT, 0);
	cr_expect(worker_blocks);
	cr_expect(worker_is_utf8);
	(void)pthread_sigmask(SIG_SETMASK, NULL, &mask);
	cr_expect_eq(sigismember(&mask, SIGINT), 0, "ours is as it was");
	resolver_free(r);
}

static int found_loopback;

static void
on_localhost(void *user, int err, const struct addrinfo *list, int64_t took_ns)
{
	struct sockaddr_in sin;

	(void)user;
	(void)took_ns;
	cr_assert_eq(err, 0, "%s", resolve_strerror(err));
	memcpy(&sin, list->ai_addr, sizeof(sin));
	found_loopback += sin.sin_addr.s_addr == htonl(INADDR_LOOPBACK);
}

Test(resolve, localhost_by_the_system)
{
	struct resolver_opts opts = {.timeout_ns = 600 * SECOND};
	struct resolver *r = NULL;

	cr_assert_eq(resolver_new(&r, EV_DEFAULT, &opts, on_localhost), 0);
	cr_assert_eq(resolve_start(r, "localhost", AF_INET, NULL), 0);
	ev_run(EV_DEFAULT, 0);
	cr_expect_eq(found_loopback, 1);
	resolver_free(r);
}

Test(resolve, bad_arguments)
{
	struct resolver_opts opts = {.timeout_ns = 0};
	struct resolver *r = NULL;
	char name[600];

	cr_expect_eq(resolver_new(&r, EV_DEFAULT, &opts, on_outcome), -EINVAL);
	cr_expect_null(r);
	r = new_resolver(SECOND, 0, on_outcome);
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	cr_expect_eq(resolve_start(r, name, AF_INET, NULL), -EINVAL);
	cr_expect_eq(resolve_start(r, "", AF_INET, NULL), -EINVAL);
	cr_expect_eq(resolve_pending(r), 0);
	resolver_free(r);
}

Test(resolve, literals_need_no_thread)
{
	struct sockaddr_storage ss = {.ss_family = 77};
	struct sockaddr_in sin;
	struct sockaddr_in6 sin6;

	cr_expect_eq(resolve_literal("name", &ss), -EINVAL);
	cr_expect_eq(resolve_literal("127.1", &ss), -EINVAL);
	cr_expect_eq(resolve_literal("", &ss), -EINVAL);
	cr_expect_eq(resolve_literal("fe80::1%no-such-one", &ss), -ENODEV);
	cr_expect_eq(ss.ss_family, 77, "untouched");
	cr_assert_eq(resolve_literal("192.0.2.7", &ss), 0);
	memcpy(&sin, &ss, sizeof(sin));
	cr_expect(sin.sin_family == AF_INET && sin.sin_port == 0 &&
		  sin.sin_addr.s_addr == inet_addr("192.0.2.7"));
	cr_assert_eq(resolve_literal("fe80::1%lo", &ss), 0);
	memcpy(&sin6, &ss, sizeof(sin6));
	cr_expect_eq(sin6.sin6_family, AF_INET6);
	cr_expect_eq(sin6.sin6_scope_id, if_nametoindex("lo"));
	cr_expect_eq(sin6.sin6_addr.s6_addr[15], 1);
}

Test(resolve, every_error_has_a_text)
{
	static const int codes[] = {EAI_NONAME, EAI_AGAIN, EAI_FAIL, EAI_FAMILY,
	    EAI_MEMORY, EAI_SYSTEM, -ETIMEDOUT, -99999};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		cr_expect_gt(strlen(resolve_strerror(codes[i])), 5);
	cr_expect_str_eq(resolve_strerror(EAI_NONAME), "name not found");
}
