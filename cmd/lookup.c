/* SPDX-License-Identifier: MIT */
/*
 * lookup.c: DNS look-ups by c-ares on the caller's loop, with a bounded cache.
 *
 * An address is queued, asked, decided, delivered. c-ares may call back from
 * inside any call into it; its callbacks therefore only move an entry to the
 * list of decided ones, and the user's callback runs from the loop, outside of
 * c-ares, where it may do anything, lookup_free() included.
 */
#include "lookup.h"

#include <ares.h>
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#define ASKED_MAX 256u /* queries at a time */
#define PORTION 32u    /* started, and delivered, before the loop goes on */
#define DEFAULT_NS INT64_C(2000000000)
#define RETRY_NS INT64_C(60000000000)

struct sock {
	struct ev_io io;
	LIST_ENTRY(sock) link;
};

struct lookup {
	struct ev_loop *loop;
	const struct lookup_kind *kind;
	lookup_cb *cb;
	void *user;
	ares_channel channel;
	bool closing; /* c-ares calls back for what is given up */
	bool freed;   /* inside the callback, which goes on */
	struct lookup_entry *current; /* whose callback runs */
	struct ev_timer timer;
	LIST_HEAD(socks, sock) socks;
	struct lookup_list queued, decided; /* each oldest first */
	size_t pending, asked;
	double retry_s;
	struct lookup_table table;
};

/* ---- c-ares -------------------------------------------------------------- */

static void
on_answer(void *arg, int status, int timeouts, unsigned char *buf, int len)
{
	struct lookup_entry *entry = arg;
	struct lookup *lookup = entry->owner;

	(void)timeouts;
	if (lookup->closing)
		return;
	if (status == ARES_SUCCESS)
		entry->text = lookup->kind->answer(&entry->key, buf, len);
	else if (status != ARES_ENOTFOUND && status != ARES_ENODATA)
		entry->retry_at = ev_now(lookup->loop) + lookup->retry_s;
	entry->state = LOOKUP_DECIDED;
	TAILQ_INSERT_TAIL(&lookup->decided, entry, order);
	lookup->asked--;
}

static void
ask(struct lookup *lookup, struct lookup_entry *entry)
{
	char name[LOOKUP_QUESTION_MAX];

	lookup->kind->question(&entry->key, name);
	entry->state = LOOKUP_ASKED;
	lookup->asked++;
	ares_query(lookup->channel, name, ns_c_in, lookup->kind->type,
	    on_answer, entry);
}

/* ---- The loop ------------------------------------------------------------ */

/* Sets the timer to the next thing to do, or stops it: nothing is left. */
static void
arm(struct lookup *lookup)
{
	struct timeval tv;
	double after = 0;

	if (TAILQ_EMPTY(&lookup->decided) &&
	    (TAILQ_EMPTY(&lookup->queued) || lookup->asked >= ASKED_MAX)) {
		if (lookup->asked == 0 ||
		    ares_timeout(lookup->channel, NULL, &tv) == NULL) {
			ev_timer_stop(lookup->loop, &lookup->timer);
			return;
		}
		after = (double)tv.tv_sec + (double)tv.tv_usec / 1e6;
		/* Some of it may have passed since the loop read its clock. */
		if (after < 1e-3)
			after = 1e-3;
	}
	ev_timer_stop(lookup->loop, &lookup->timer);
	ev_timer_set(&lookup->timer, after, 0);
	ev_timer_start(lookup->loop, &lookup->timer);
}

/* Tells the user what was decided. False where that freed LOOKUP. */
static bool
deliver(struct lookup *lookup)
{
	struct lookup_entry *entry;

	for (unsigned n = 0; n < PORTION; n++) {
		entry = TAILQ_FIRST(&lookup->decided);
		if (entry == NULL)
			break;
		TAILQ_REMOVE(&lookup->decided, entry, order);
		entry->state = LOOKUP_KNOWN;
		TAILQ_INSERT_TAIL(&lookup->table.known, entry, order);
		lookup->pending--;
		lookup->current = entry;
		if (lookup->cb != NULL)
			lookup->cb(lookup->user, &entry->key.sa, entry->text);
		lookup->current = NULL;
		if (lookup->freed) {
			free(lookup);
			return false;
		}
	}
	return true;
}

static void
work(struct lookup *lookup)
{
	struct lookup_entry *entry;

	for (unsigned n = 0; n < PORTION && lookup->asked < ASKED_MAX; n++) {
		entry = TAILQ_FIRST(&lookup->queued);
		if (entry == NULL)
			break;
		TAILQ_REMOVE(&lookup->queued, entry, order);
		ask(lookup, entry);
	}
	if (deliver(lookup))
		arm(lookup);
}

static void
on_timer(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	struct lookup *lookup = timer->data;

	(void)loop;
	(void)revents;
	ares_process_fd(lookup->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	work(lookup);
}

static void
on_io(struct ev_loop *loop, struct ev_io *io, int revents)
{
	struct lookup *lookup = io->data;

	(void)loop;
	/* c-ares may close the socket in here, and so free IO. */
	ares_process_fd(lookup->channel,
	    (revents & EV_READ) != 0 ? io->fd : ARES_SOCKET_BAD,
	    (revents & EV_WRITE) != 0 ? io->fd : ARES_SOCKET_BAD);
	work(lookup);
}

/* c-ares wants FD watched; neither way means that it is about to close it. */
static void
on_sock_state(void *data, ares_socket_t fd, int readable, int writable)
{
	int events = (readable ? EV_READ : 0) | (writable ? EV_WRITE : 0);
	struct lookup *lookup = data;
	struct sock *sock = LIST_FIRST(&lookup->socks);

	while (sock != NULL && sock->io.fd != fd)
		sock = LIST_NEXT(sock, link);
	if (sock == NULL) {
		/* Without memory the query times out. */
		sock = events != 0 ? calloc(1, sizeof(*sock)) : NULL;
		if (sock == NULL)
			return;
		ev_init(&sock->io, on_io);
		ev_set_priority(&sock->io, EV_MINPRI);
		sock->io.data = lookup;
		LIST_INSERT_HEAD(&lookup->socks, sock, link);
	}
	ev_io_stop(lookup->loop, &sock->io);
	if (events == 0) {
		LIST_REMOVE(sock, link);
		free(sock);
		return;
	}
	ev_io_set(&sock->io, fd, events);
	ev_io_start(lookup->loop, &sock->io);
}

static int
open_channel(struct lookup *lookup, const struct lookup_opts *opts)
{
	/* Two tries, the second waits twice as long. */
	int64_t ms =
	    (opts->timeout_ns > 0 ? opts->timeout_ns : DEFAULT_NS) / 3000000;
	struct ares_options options = {
	    .tries = 2,
	    .timeout = ms < 1	    ? 1
		       : ms > 60000 ? 60000
				    : (int)ms,
	    .sock_state_cb = on_sock_state,
	    .sock_state_cb_data = lookup,
	};
	int mask = ARES_OPT_TRIES | ARES_OPT_TIMEOUTMS | ARES_OPT_SOCK_STATE_CB;

	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
		return -EIO;
	if (ares_init_options(&lookup->channel, &options, mask) !=
	    ARES_SUCCESS) {
		ares_library_cleanup();
		return -EIO;
	}
	if (opts->servers != NULL && ares_set_servers_ports_csv(lookup->channel,
					 opts->servers) != ARES_SUCCESS) {
		ares_destroy(lookup->channel);
		ares_library_cleanup();
		return -EINVAL;
	}
	return 0;
}

/* ---- The interface ------------------------------------------------------- */

int
lookup_new(struct lookup **ret, struct ev_loop *loop,
    const struct lookup_kind *kind, const struct lookup_opts *opts,
    lookup_cb *cb, void *user)
{
	struct lookup *lookup = calloc(1, sizeof(*lookup));
	int rc;

	if (lookup == NULL)
		return -ENOMEM;
	lookup->loop = loop;
	lookup->kind = kind;
	lookup->cb = cb;
	lookup->user = user;
	lookup->retry_s =
	    (double)(opts->retry_ns > 0 ? opts->retry_ns : RETRY_NS) / 1e9;
	LIST_INIT(&lookup->socks);
	TAILQ_INIT(&lookup->queued);
	TAILQ_INIT(&lookup->decided);
	ev_init(&lookup->timer, on_timer);
	ev_set_priority(&lookup->timer, EV_MINPRI);
	lookup->timer.data = lookup;
	rc = lookup_table_init(&lookup->table);
	if (rc == 0)
		rc = open_channel(lookup, opts);
	if (rc < 0) {
		free(lookup);
		return rc;
	}
	*ret = lookup;
	return 0;
}

void
lookup_free(struct lookup *lookup)
{
	if (lookup == NULL)
		return;
	lookup->closing = true;
	ev_timer_stop(lookup->loop, &lookup->timer);
	ares_destroy(lookup->channel);
	ares_library_cleanup();
	lookup_table_clear(&lookup->table);
	lookup->freed = true;
	if (lookup->current == NULL)
		free(lookup);
}

/* Whether nobody told what ENTRY is, long enough ago. */
static bool
is_due_again(const struct lookup *lookup, const struct lookup_entry *entry)
{
	return entry->state == LOOKUP_KNOWN && entry->retry_at > 0 &&
	       ev_now(lookup->loop) >= entry->retry_at;
}

const char *
lookup_get(struct lookup *lookup, const struct sockaddr *addr, bool *pending)
{
	struct lookup_entry *entry;
	bool ignored;
	union lookup_key key;

	if (pending == NULL)
		pending = &ignored;
	*pending = false;
	if (!lookup_key_make(&key, addr))
		return NULL;
	entry = lookup_table_find(&lookup->table, &key);
	if (entry == NULL) {
		entry = lookup_table_add(&lookup->table, &key, lookup->current);
		if (entry == NULL)
			return NULL;
		entry->owner = lookup;
	} else if (is_due_again(lookup, entry)) {
		TAILQ_REMOVE(&lookup->table.known, entry, order);
	} else {
		*pending = entry->state < LOOKUP_KNOWN;
		return *pending ? NULL : entry->text;
	}
	entry->state = LOOKUP_QUEUED;
	entry->retry_at = 0;
	TAILQ_INSERT_TAIL(&lookup->queued, entry, order);
	lookup->pending++;
	*pending = true;
	arm(lookup);
	return NULL;
}

size_t
lookup_pending(const struct lookup *lookup)
{
	return lookup->pending;
}

struct lookup_table *
lookup_table_of(struct lookup *lookup)
{
	return &lookup->table;
}

void
lookup_reversed(const union lookup_key *key, const char *v4_zone,
    const char *v6_zone, char ret[LOOKUP_QUESTION_MAX])
{
	size_t len = 0;

	if (key->sa.sa_family == AF_INET) {
		uint32_t a = ntohl(key->in.sin_addr.s_addr);

		(void)snprintf(ret, LOOKUP_QUESTION_MAX, "%u.%u.%u.%u.%s",
		    a & 255, a >> 8 & 255, a >> 16 & 255, a >> 24, v4_zone);
		return;
	}
	for (int i = 15; i >= 0; i--) {
		unsigned byte = key->in6.sin6_addr.s6_addr[i];

		(void)snprintf(ret + len, LOOKUP_QUESTION_MAX - len, "%x.%x.",
		    byte & 15, byte >> 4);
		len += 4;
	}
	(void)snprintf(ret + len, LOOKUP_QUESTION_MAX - len, "%s", v6_zone);
}
