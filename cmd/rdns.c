/* SPDX-License-Identifier: MIT */
/*
 * rdns.c: PTR look-ups by c-ares on the caller's loop, with a bounded cache.
 *
 * An address is queued, asked, decided, delivered. c-ares may call back from
 * inside any call into it; its callbacks therefore only move an entry to the
 * list of decided ones, and the user's callback runs from the loop, outside of
 * c-ares, where it may do anything, rdns_free() included.
 */
#include "rdns.h"

#include <ares.h>
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <ev.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "rdns_table.h"

#define ASKED_MAX 256u /* queries at a time */
#define PORTION 32u    /* started, and delivered, before the loop goes on */
#define DEFAULT_NS INT64_C(2000000000)
#define RETRY_NS INT64_C(60000000000)

struct sock {
	struct ev_io io;
	LIST_ENTRY(sock) link;
};

struct rdns {
	struct ev_loop *loop;
	rdns_cb *cb;
	void *user;
	ares_channel channel;
	bool closing;		    /* c-ares calls back for what is given up */
	bool freed;		    /* inside the callback, which goes on */
	struct rdns_entry *current; /* whose callback runs */
	struct ev_timer timer;
	LIST_HEAD(socks, sock) socks;
	struct rdns_list queued, decided; /* each oldest first */
	size_t pending, asked;
	double retry_s;
	struct rdns_table table;
};

/* ---- c-ares -------------------------------------------------------------- */

static char *
parse_name(const struct rdns_entry *entry, const unsigned char *buf, int len)
{
	const union rdns_key *key = &entry->key;
	bool v4 = key->sa.sa_family == AF_INET;
	const void *addr = v4 ? (const void *)&key->in.sin_addr
			      : (const void *)&key->in6.sin6_addr;
	struct hostent *host = NULL;
	char *name = NULL;

	if (ares_parse_ptr_reply(buf, len, addr, v4 ? 4 : 16, key->sa.sa_family,
		&host) != ARES_SUCCESS)
		return NULL;
	if (host->h_name != NULL && rdns_name_plain(host->h_name))
		name = strdup(host->h_name);
	ares_free_hostent(host);
	return name;
}

static void
on_answer(void *arg, int status, int timeouts, unsigned char *buf, int len)
{
	struct rdns_entry *entry = arg;
	struct rdns *rdns = entry->owner;

	(void)timeouts;
	if (rdns->closing)
		return;
	if (status == ARES_SUCCESS)
		entry->name = parse_name(entry, buf, len);
	else if (status != ARES_ENOTFOUND && status != ARES_ENODATA)
		entry->retry_at = ev_now(rdns->loop) + rdns->retry_s;
	entry->state = RDNS_DECIDED;
	TAILQ_INSERT_TAIL(&rdns->decided, entry, order);
	rdns->asked--;
}

/* RFC 1035 section 3.5, RFC 3596 section 2.5. */
static void
ask(struct rdns *rdns, struct rdns_entry *entry)
{
	char name[80];
	size_t len = 0;

	if (entry->key.sa.sa_family == AF_INET) {
		uint32_t a = ntohl(entry->key.in.sin_addr.s_addr);

		(void)snprintf(name, sizeof(name), "%u.%u.%u.%u.in-addr.arpa",
		    a & 255, a >> 8 & 255, a >> 16 & 255, a >> 24);
	} else {
		for (int i = 15; i >= 0; i--) {
			unsigned byte = entry->key.in6.sin6_addr.s6_addr[i];

			(void)snprintf(name + len, sizeof(name) - len, "%x.%x.",
			    byte & 15, byte >> 4);
			len += 4;
		}
		(void)snprintf(name + len, sizeof(name) - len, "ip6.arpa");
	}
	entry->state = RDNS_ASKED;
	rdns->asked++;
	ares_query(rdns->channel, name, ns_c_in, ns_t_ptr, on_answer, entry);
}

/* ---- The loop ------------------------------------------------------------ */

/* Sets the timer to the next thing to do, or stops it: nothing is left. */
static void
arm(struct rdns *rdns)
{
	struct timeval tv;
	double after = 0;

	if (TAILQ_EMPTY(&rdns->decided) &&
	    (TAILQ_EMPTY(&rdns->queued) || rdns->asked >= ASKED_MAX)) {
		if (rdns->asked == 0 ||
		    ares_timeout(rdns->channel, NULL, &tv) == NULL) {
			ev_timer_stop(rdns->loop, &rdns->timer);
			return;
		}
		after = (double)tv.tv_sec + (double)tv.tv_usec / 1e6;
		/* Some of it may have passed since the loop read its clock. */
		if (after < 1e-3)
			after = 1e-3;
	}
	ev_timer_stop(rdns->loop, &rdns->timer);
	ev_timer_set(&rdns->timer, after, 0);
	ev_timer_start(rdns->loop, &rdns->timer);
}

/* Tells the user what was decided. False where that freed RDNS. */
static bool
deliver(struct rdns *rdns)
{
	struct rdns_entry *entry;

	for (unsigned n = 0; n < PORTION; n++) {
		entry = TAILQ_FIRST(&rdns->decided);
		if (entry == NULL)
			break;
		TAILQ_REMOVE(&rdns->decided, entry, order);
		entry->state = RDNS_KNOWN;
		TAILQ_INSERT_TAIL(&rdns->table.known, entry, order);
		rdns->pending--;
		rdns->current = entry;
		rdns->cb(rdns->user, &entry->key.sa, entry->name);
		rdns->current = NULL;
		if (rdns->freed) {
			free(rdns);
			return false;
		}
	}
	return true;
}

static void
work(struct rdns *rdns)
{
	struct rdns_entry *entry;

	for (unsigned n = 0; n < PORTION && rdns->asked < ASKED_MAX; n++) {
		entry = TAILQ_FIRST(&rdns->queued);
		if (entry == NULL)
			break;
		TAILQ_REMOVE(&rdns->queued, entry, order);
		ask(rdns, entry);
	}
	if (deliver(rdns))
		arm(rdns);
}

static void
on_timer(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	struct rdns *rdns = timer->data;

	(void)loop;
	(void)revents;
	ares_process_fd(rdns->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	work(rdns);
}

static void
on_io(struct ev_loop *loop, struct ev_io *io, int revents)
{
	struct rdns *rdns = io->data;

	(void)loop;
	/* c-ares may close the socket in here, and so free IO. */
	ares_process_fd(rdns->channel,
	    (revents & EV_READ) != 0 ? io->fd : ARES_SOCKET_BAD,
	    (revents & EV_WRITE) != 0 ? io->fd : ARES_SOCKET_BAD);
	work(rdns);
}

/* c-ares wants FD watched; neither way means that it is about to close it. */
static void
on_sock_state(void *data, ares_socket_t fd, int readable, int writable)
{
	int events = (readable ? EV_READ : 0) | (writable ? EV_WRITE : 0);
	struct rdns *rdns = data;
	struct sock *sock = LIST_FIRST(&rdns->socks);

	while (sock != NULL && sock->io.fd != fd)
		sock = LIST_NEXT(sock, link);
	if (sock == NULL) {
		/* Without memory the query times out. */
		sock = events != 0 ? calloc(1, sizeof(*sock)) : NULL;
		if (sock == NULL)
			return;
		ev_init(&sock->io, on_io);
		ev_set_priority(&sock->io, EV_MINPRI);
		sock->io.data = rdns;
		LIST_INSERT_HEAD(&rdns->socks, sock, link);
	}
	ev_io_stop(rdns->loop, &sock->io);
	if (events == 0) {
		LIST_REMOVE(sock, link);
		free(sock);
		return;
	}
	ev_io_set(&sock->io, fd, events);
	ev_io_start(rdns->loop, &sock->io);
}

static int
open_channel(struct rdns *rdns, const struct rdns_opts *opts)
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
	    .sock_state_cb_data = rdns,
	};
	int mask = ARES_OPT_TRIES | ARES_OPT_TIMEOUTMS | ARES_OPT_SOCK_STATE_CB;

	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
		return -EIO;
	if (ares_init_options(&rdns->channel, &options, mask) != ARES_SUCCESS) {
		ares_library_cleanup();
		return -EIO;
	}
	if (opts->servers != NULL && ares_set_servers_ports_csv(rdns->channel,
					 opts->servers) != ARES_SUCCESS) {
		ares_destroy(rdns->channel);
		ares_library_cleanup();
		return -EINVAL;
	}
	return 0;
}

/* ---- The interface ------------------------------------------------------- */

int
rdns_new(struct rdns **ret, struct ev_loop *loop, const struct rdns_opts *opts,
    rdns_cb *cb, void *user)
{
	static const struct rdns_opts none;
	struct rdns *rdns = calloc(1, sizeof(*rdns));
	int rc;

	if (rdns == NULL)
		return -ENOMEM;
	if (opts == NULL)
		opts = &none;
	rdns->loop = loop;
	rdns->cb = cb;
	rdns->user = user;
	rdns->retry_s =
	    (double)(opts->retry_ns > 0 ? opts->retry_ns : RETRY_NS) / 1e9;
	LIST_INIT(&rdns->socks);
	TAILQ_INIT(&rdns->queued);
	TAILQ_INIT(&rdns->decided);
	ev_init(&rdns->timer, on_timer);
	ev_set_priority(&rdns->timer, EV_MINPRI);
	rdns->timer.data = rdns;
	rc = rdns_table_init(&rdns->table);
	if (rc < 0)
		goto fail;
	rc = open_channel(rdns, opts);
	if (rc < 0)
		goto fail;
	rdns_table_read_hosts(
	    &rdns->table, opts->hosts != NULL ? opts->hosts : "/etc/hosts");
	*ret = rdns;
	return 0;
fail:
	free(rdns);
	return rc;
}

void
rdns_free(struct rdns *rdns)
{
	if (rdns == NULL)
		return;
	rdns->closing = true;
	ev_timer_stop(rdns->loop, &rdns->timer);
	ares_destroy(rdns->channel);
	ares_library_cleanup();
	rdns_table_clear(&rdns->table);
	rdns->freed = true;
	if (rdns->current == NULL)
		free(rdns);
}

/* Whether nobody told the name of ENTRY, long enough ago. */
static bool
is_due_again(const struct rdns *rdns, const struct rdns_entry *entry)
{
	return entry->state == RDNS_KNOWN && entry->retry_at > 0 &&
	       ev_now(rdns->loop) >= entry->retry_at;
}

const char *
rdns_lookup(struct rdns *rdns, const struct sockaddr *addr, bool *pending)
{
	struct rdns_entry *entry;
	bool ignored;
	union rdns_key key;

	if (pending == NULL)
		pending = &ignored;
	*pending = false;
	if (!rdns_key_make(&key, addr))
		return NULL;
	entry = rdns_table_find(&rdns->table, &key);
	if (entry == NULL) {
		entry = rdns_table_add(&rdns->table, &key, rdns->current);
		if (entry == NULL)
			return NULL;
		entry->owner = rdns;
	} else if (is_due_again(rdns, entry)) {
		TAILQ_REMOVE(&rdns->table.known, entry, order);
	} else {
		*pending = entry->state < RDNS_KNOWN;
		return *pending ? NULL : entry->name;
	}
	entry->state = RDNS_QUEUED;
	entry->retry_at = 0;
	TAILQ_INSERT_TAIL(&rdns->queued, entry, order);
	rdns->pending++;
	*pending = true;
	arm(rdns);
	return NULL;
}

size_t
rdns_pending(const struct rdns *rdns)
{
	return rdns->pending;
}
