/* SPDX-License-Identifier: MIT */
/*
 * The connect backend: TCP without a privilege. Each probe is a socket of its
 * own, connect()ed without blocking; S->fd is an epoll descriptor over them
 * all, readable when one has an outcome.
 *
 * A handshake stays half-open by two options. TCP_QUICKACK 0 holds the last
 * ACK back, for 200 ms; SO_LINGER {1, 0} makes close() send an RST instead of
 * it. So an outcome has to be read within that time.
 */
#include "net/connect_outcome.h"
#include "net/connect_table.h"
#include "net/endpoint.h"
#include "net/net.h"
#include "net/recv.h"
#include "net/sock.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

struct connects {
	struct nd_connect_table table;
	struct nd_kept_opts kept; /* device, mark and source of each socket */
	struct nd_outcome outcomes[ND_NET_BATCH]; /* of the last recv() */
};

static int
set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) != 0 ? -errno
								       : 0;
}

static int
set_device_and_mark(int fd, const struct nd_sock_opts *opts)
{
	if (opts->device != NULL &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, opts->device,
		(socklen_t)strlen(opts->device)) != 0)
		return -errno;
	if (opts->has_mark && setsockopt(fd, SOL_SOCKET, SO_MARK, &opts->mark,
				  sizeof(opts->mark)) != 0)
		return -errno;
	return 0;
}

/*
 * A socket of TYPE (SOCK_*) with the options of S, and with the source FROM or,
 * where that is NULL, theirs; or a negative errno.
 */
static int
open_socket(const struct nd_sock *s, int type, const struct nd_addr *from)
{
	const struct connects *all = s->arg;
	const struct nd_sock_opts *opts = &all->kept.opts;
	int fd = socket(s->family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), r;

	if (fd < 0)
		return -errno;
	r = set_device_and_mark(fd, opts);
	if (r == 0)
		r = nd_endpoint_bind(
		    fd, s->family, from != NULL ? from : &opts->source);
	if (r == 0)
		return fd;
	(void)close(fd);
	return r;
}

static int
set_header(int fd, int family, const struct nd_send *send)
{
	const bool is4 = family == AF_INET;
	const int level = is4 ? IPPROTO_IP : IPPROTO_IPV6;
	int r = set_int(fd, level, is4 ? IP_RECVERR : IPV6_RECVERR, 1);

	if (r == 0 && send->ttl >= 0)
		r = set_int(
		    fd, level, is4 ? IP_TTL : IPV6_UNICAST_HOPS, send->ttl);
	if (r == 0 && send->tos >= 0)
		r = set_int(fd, level, is4 ? IP_TOS : IPV6_TCLASS, send->tos);
	return r;
}

static int
set_half_open(int fd)
{
	const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
	int r = set_int(fd, IPPROTO_TCP, TCP_QUICKACK, 0);

	if (r == 0 && setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once,
			  sizeof(at_once)) != 0)
		r = -errno;
	return r;
}

/*
 * EADDRNOTAVAIL of connect() has two meanings: there is no source address, or
 * no port left that goes with one. UDP has ports of its own.
 */
static bool
are_ports_used_up(const struct nd_sock *s, const struct nd_send *send)
{
	int fd = open_socket(s, SOCK_DGRAM, send->from), r;

	if (fd < 0)
		return nd_is_shortage(fd);
	r = nd_endpoint_connect(fd, send);
	(void)close(fd);
	return r == 0;
}

/* Sends the SYN. What is refused at once is an outcome like any other. */
static int
start(struct nd_sock *s, struct nd_connect *c, const struct nd_send *send)
{
	struct epoll_event ready = {
	    .events = EPOLLOUT | EPOLLET, .data = {.ptr = c}};
	int r;

	c->fd = open_socket(s, SOCK_STREAM, send->from);
	if (c->fd < 0)
		return c->fd;
	r = set_header(c->fd, s->family, send);
	if (r == 0 && !send->full)
		r = set_half_open(c->fd);
	/* Before the SYN, which cannot be taken back, since it may fail. */
	if (r == 0 && epoll_ctl(s->fd, EPOLL_CTL_ADD, c->fd, &ready) != 0)
		r = -errno;
	if (r != 0)
		return r;
	r = nd_endpoint_connect(c->fd, send);
	if (r == -EADDRNOTAVAIL && are_ports_used_up(s, send))
		return -EAGAIN;
	if (r == -ECONNREFUSED)
		c->err = ECONNREFUSED;
	if (r == -EINPROGRESS || r == -ECONNREFUSED)
		r = 0;
	return r == 0 && nd_endpoint_is_itself(c->fd, send) ? -EAGAIN : r;
}

static int
connect_send(struct nd_sock *s, const struct nd_send *send)
{
	struct connects *all = s->arg;
	struct nd_connect *c = nd_connect_add(&all->table, send->to, send->tag);
	int r = -ENOMEM;

	if (c != NULL)
		r = start(s, c, send);
	if (r == 0) {
		s->sends++;
		return 0;
	}
	if (c != NULL)
		nd_connect_remove(&all->table, c);
	s->sends_unsure = true;
	return nd_is_shortage(r) ? -EAGAIN : r;
}

/*
 * Each that is ready is told of once (EPOLLET), so that the loop ends, also
 * where some of them turn out to be no answers.
 */
static int
connect_recv(struct nd_sock *s, struct nd_packet *ret, int max)
{
	struct connects *all = s->arg;
	struct epoll_event ready[ND_NET_BATCH];
	int n = 0, got;

	if (max > ND_NET_BATCH)
		max = ND_NET_BATCH;
	while (n < max && (got = epoll_wait(s->fd, ready, max - n, 0)) > 0) {
		for (int i = 0; i < got; i++) {
			struct nd_connect *c = ready[i].data.ptr;
			enum nd_connect_state state = nd_connect_outcome(
			    s, c, &ret[n], &all->outcomes[n]);

			if (state == ND_CONNECT_PENDING)
				continue;
			if (state == ND_CONNECT_ANSWERED)
				n++;
			nd_connect_remove(&all->table, c);
		}
	}
	return n;
}

/* All there is to know comes with the outcome. */
static int
connect_recv_errors(struct nd_sock *s, struct nd_packet *ret, int max)
{
	(void)s;
	(void)ret;
	(void)max;
	return 0;
}

static void
connect_forget(struct nd_sock *s, const struct nd_addr *to, uint32_t tag)
{
	struct connects *all = s->arg;
	struct nd_connect *c = nd_connect_find(&all->table, to, tag);

	if (c != NULL)
		nd_connect_remove(&all->table, c);
}

/* There are none for a SYN: ND_NET_TX_STAMPS stays off. */
static int
connect_enable_stamps(struct nd_sock *s)
{
	s->sends = 0;
	s->sends_unsure = false;
	return 0;
}

/* No payload is received, and what was allocated is for one error each. */
static int
connect_reserve(struct nd_sock *s, size_t len)
{
	(void)s;
	(void)len;
	return 0;
}

static uint64_t
connect_drops(struct nd_sock *s)
{
	(void)s;
	return 0;
}

static void
connect_close(struct nd_sock *s)
{
	struct connects *all = s->arg;

	if (all != NULL)
		nd_connect_clear(&all->table);
	free(all);
	s->arg = NULL;
	nd_sock_close(s);
}

static int
connect_open(struct nd_sock *s, const struct nd_sock_opts *opts)
{
	struct connects *all = calloc(1, sizeof(*all));
	int fd, r;

	if (all == NULL)
		return -ENOMEM;
	s->arg = all;
	s->fd = -1;
	s->ident = opts->ident;
	s->caps = ND_NET_CONNECTS;
	r = nd_kept_opts_set(&all->kept, opts);
	if (r != 0)
		goto fail;
	/* One socket for nothing: whether there can be any with these. */
	fd = r = open_socket(s, SOCK_STREAM, NULL);
	if (r < 0)
		goto fail;
	(void)close(fd);
	s->fd = epoll_create1(EPOLL_CLOEXEC);
	r = s->fd < 0 ? -errno : nd_rx_reserve(s, 0);
	if (r == 0)
		return 0;
fail:
	connect_close(s);
	return r;
}

const struct nd_net_ops nd_net_connect = {.name = "connect",
    .open = connect_open,
    .enable_stamps = connect_enable_stamps,
    .send = connect_send,
    .recv = connect_recv,
    .recv_errors = connect_recv_errors,
    .forget = connect_forget,
    .reserve = connect_reserve,
    .drops = connect_drops,
    .close = connect_close};
