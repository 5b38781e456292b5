/* SPDX-License-Identifier: MIT */
/*
 * resolve.h: names to addresses as the user's system resolves them:
 * getaddrinfo(3) in a few worker threads, answers on the caller's loop. The
 * threads are made with the first name, so nothing starts before the
 * privileges are dropped. They are detached: one stuck in a dead resolver
 * delays neither resolver_free() nor exit, and another takes its place.
 */
#ifndef CMD_RESOLVE_H
#define CMD_RESOLVE_H

#include <netdb.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct ev_loop;
struct resolver;

/*
 * The name has addresses, but none of the family that was asked for. Apart from
 * every EAI_* code and errno.
 */
#define RESOLVE_NO_IPV4 (-10004)
#define RESOLVE_NO_IPV6 (-10006)

/*
 * The outcome of one name, on the loop, never inside resolve_start(). ERR is
 * 0, an EAI_* code, -ETIMEDOUT or one of those below. LIST is NULL unless ERR
 * is 0, valid during the call only, one entry an address, in the order of
 * preference. TOOK_NS is counted from when a worker took it up.
 */
typedef void resolve_cb(
    void *user, int err, const struct addrinfo *list, int64_t took_ns);
/* getaddrinfo(3) and freeaddrinfo(3), or what a test puts in their place. */
typedef int resolve_lookup(
    const char *name, const struct addrinfo *hints, struct addrinfo **ret);
typedef void resolve_release(struct addrinfo *list);

struct resolver_opts {
	int64_t timeout_ns; /* of each name, from when it is taken up; > 0 */
	unsigned threads;   /* at work at a time, 0: four, at most 16 */
	resolve_lookup *lookup;	  /* NULL: getaddrinfo */
	resolve_release *release; /* NULL: freeaddrinfo */
};

/* CB gets all outcomes. OPTS is copied. */
int resolver_new(struct resolver **ret, struct ev_loop *loop,
    const struct resolver_opts *opts, resolve_cb *cb);
/* Abandons what is pending, without a callback. NULL is allowed. */
void resolver_free(struct resolver *resolver);
/*
 * Queues NAME (AF_INET, AF_INET6 or AF_UNSPEC). The string is not copied: it
 * must stay until the callback or resolver_free(). Legal inside a callback;
 * resolver_free() is not. -EINVAL: empty or too long; -ENOMEM; -EAGAIN: no
 * thread could be made.
 */
int resolve_start(
    struct resolver *resolver, const char *name, int af, void *user);
/* Names queued or being looked up. */
size_t resolve_pending(const struct resolver *resolver);
/* What ERR of a callback means, lower case, no full stop. */
const char *resolve_strerror(int err);
/* What can be done about it, or NULL. */
const char *resolve_hint(int err);
/*
 * A numeric address with or without %SCOPE, at once and without a thread.
 * -EINVAL: not an address; -ENODEV: no such interface.
 */
int resolve_literal(const char *text, struct sockaddr_storage *ret);

#endif
