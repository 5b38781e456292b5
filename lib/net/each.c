/* SPDX-License-Identifier: MIT */
/*
 * The each backend: UDP without a privilege. Each probe is a socket of its own,
 * connected to where it goes, so that what arrives there is about that probe
 * alone: an answer in the data queue, ICMP errors in the error queue, with the
 * router's address, TTL, TOS and time stamp. S->fd is an epoll descriptor over
 * them all. A socket is closed when an answer or an error of it was read.
 */
#include "net/connect_table.h"
#include "net/endpoint.h"
#include "net/filter.h"
#include "net/net.h"
#include "net/recv.h"
#include "net/sock.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

/* Descriptors for everything but probes; at most a quarter of all. */
#define SPARE_FILES 64

struct eaches {
	struct nd_connect_table table;
	struct nd_kept_opts kept; /* of each socket */
	rlim_t fd_limit;	  /* numbers from here on are spare */
	bool stamps;		  /* of departures */
	/*
	 * Nothing comes to this one. While it is there the kernel stamps what
	 * arrives: it begins to some time after it was asked to.
	 */
	int stamper;
};

static rlim_t
fd_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
	    limit.rlim_cur == RLIM_INFINITY)
		return RLIM_INFINITY;
	return limit.rlim_cur - (limit.rlim_cur / 4 < SPARE_FILES
					? limit.rlim_cur / 4
					: SPARE_FILES);
}

/* The descriptor, or a negative errno. The source is FROM, if not NULL. */
static int
open_socket(const struct nd_sock *s, const struct nd_addr *from)
{
	const struct eaches *all = s->arg;
	const struct nd_sock_opts *opts = &all->kept.opts;
	struct nd_sock one = {.family = s->family, .proto = s->proto};
	int r = nd_sock_open(&one, SOCK_DGRAM);

	if (r != 0)
		return r;
	/* The lowest one that is free: almost all are in use. */
	if ((rlim_t)one.fd >= all->fd_limit)
		r = -EMFILE;
	if (r == 0)
		r = nd_sock_options(&one, opts);
	if (r == 0 && all->stamps)
		(void)nd_sock_enable_stamps(&one);
	if (r == 0)
		r = nd_endpoint_bind(
		    one.fd, s->family, from != NULL ? from : &opts->source);
	if (r == 0)
		return one.fd;
	(void)close(one.fd);
	return r;
}

static int
set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) != 0 ? -errno
								       : 0;
}

static int
set_header(int fd, int family, const struct nd_send *send)
{
	const bool is4 = family == AF_INET;
	const int level = is4 ? IPPROTO_IP : IPPROTO_IPV6;
	int r = 0;

	if (send->ttl >= 0)
		r = set_int(
		    fd, level, is4 ? IP_TTL : IPV6_UNICAST_HOPS, send->ttl);
	if (r == 0 && send->tos >= 0)
		r = set_int(fd, level, is4 ? IP_TOS : IPV6_TCLASS, send->tos);
	return r;
}

/* Empties the error queue. False: there was nothing. */
static bool
drop_errors(int fd)
{
	bool found = false;

	while (recv(fd, NULL, 0, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0)
		found = true;
	return found;
}

/*
 * An error that is pending before anything was sent is about a packet of whom
 * the port belonged to before. It fails one call, which clears it.
 */
static int
transmit(int fd, const struct nd_send *send)
{
	bool again = true;
	int r;

	for (;;) {
		if (sendto(fd, send->data, send->len, 0, NULL, 0) >= 0)
			return 0;
		if (errno == EINTR)
			continue;
		r = -errno;
		if (r == -EPERM || !again || !drop_errors(fd))
			return r;
		again = false;
	}
}

static int
start(struct nd_sock *s, struct nd_connect *c, const struct nd_send *send)
{
	struct epoll_event ready = {.events = EPOLLIN, .data = {.ptr = c}};
	int r;

	c->fd = open_socket(s, send->from);
	if (c->fd < 0)
		return c->fd;
	r = set_header(c->fd, s->family, send);
	if (r == 0)
		r = nd_endpoint_connect(c->fd, send);
	if (r == 0 && nd_endpoint_is_itself(c->fd, send))
		return -EAGAIN;
	if (r == 0 && epoll_ctl(s->fd, EPOLL_CTL_ADD, c->fd, &ready) != 0)
		r = -errno;
	return r == 0 ? transmit(c->fd, send) : r;
}

/* S->sends is never unsure: it is our count, not the kernel's. */
static int
each_send(struct nd_sock *s, const struct nd_send *send)
{
	struct eaches *all = s->arg;
	struct nd_connect *c = nd_connect_add(&all->table, send->to, send->tag);
	int r;

	if (c == NULL)
		return -EAGAIN;
	c->send_id = s->sends;
	r = start(s, c, send);
	if (r == 0) {
		s->sends++;
		return 0;
	}
	nd_connect_remove(&all->table, c);
	return nd_is_shortage(r) ? -EAGAIN : r;
}

/*
 * What has come to C, into RET[N] and on: how many there are then. The
 * departure is first.
 */
static int
read_one(struct nd_sock *s, struct nd_connect *c, struct nd_packet *ret, int n,
    int max)
{
	struct eaches *all = s->arg;
	bool is_over = false;
	int end = n + nd_rx_errors_of(s, c->fd, ret, n, max);

	for (; n < end; n++) {
		ret[n].tag = c->tag;
		ret[n].to = c->to;
		if (ret[n].kind == ND_PACKET_STAMP)
			ret[n].send_id = c->send_id;
		if (ret[n].kind == ND_PACKET_ERROR)
			is_over = true;
	}
	if (n < max && nd_rx_data_of(s, c->fd, ret, n, n + 1) > 0) {
		ret[n].tag = c->tag;
		ret[n].from = c->to;
		is_over = true;
		n++;
	}
	if (is_over)
		nd_connect_remove(&all->table, c);
	return n;
}

/* What is left in a queue is ready again the next time. */
static int
each_recv_errors(struct nd_sock *s, struct nd_packet *ret, int max)
{
	struct epoll_event ready[ND_NET_BATCH];
	int n = 0, before;

	if (max > ND_NET_BATCH)
		max = ND_NET_BATCH;
	do {
		const int got = epoll_wait(s->fd, ready, max - n, 0);

		before = n;
		for (int i = 0; i < got && n < max; i++)
			n = read_one(s, ready[i].data.ptr, ret, n, max);
	} while (n > before && n < max);
	return n;
}

/* All of it was read along with the errors. */
static int
each_recv(struct nd_sock *s, struct nd_packet *ret, int max)
{
	(void)s;
	(void)ret;
	(void)max;
	return 0;
}

static void
each_forget(struct nd_sock *s, const struct nd_addr *to, uint32_t tag)
{
	struct eaches *all = s->arg;
	struct nd_connect *c = nd_connect_find(&all->table, to, tag);

	if (c != NULL)
		nd_connect_remove(&all->table, c);
}

/* The sockets to come have them. */
static int
each_enable_stamps(struct nd_sock *s)
{
	struct eaches *all = s->arg;

	all->stamps = true;
	s->caps |= ND_NET_TX_STAMPS;
	s->sends = 0;
	return 0;
}

/* One packet has room in any socket. */
static uint64_t
each_drops(struct nd_sock *s)
{
	(void)s;
	return 0;
}

static void
each_close(struct nd_sock *s)
{
	struct eaches *all = s->arg;

	if (all != NULL) {
		nd_connect_clear(&all->table);
		if (all->stamper >= 0)
			(void)close(all->stamper);
	}
	free(all);
	s->arg = NULL;
	nd_sock_close(s);
}

static int
each_open(struct nd_sock *s, const struct nd_sock_opts *opts)
{
	struct eaches *all = calloc(1, sizeof(*all));
	int r;

	if (all == NULL)
		return -ENOMEM;
	all->stamper = -1;
	all->fd_limit = fd_limit();
	s->arg = all;
	s->fd = -1;
	s->ident = opts->ident;
	s->caps = ND_NET_EACH;
	r = nd_kept_opts_set(&all->kept, opts);
	if (r != 0)
		goto fail;
	/* Whether there can be any with these options. */
	all->stamper = r = open_socket(s, NULL);
	if (r >= 0)
		r = nd_filter_reject_all(all->stamper);
	if (r != 0)
		goto fail;
	s->fd = epoll_create1(EPOLL_CLOEXEC);
	r = s->fd < 0 ? -errno : nd_rx_reserve(s, 0);
	if (r == 0)
		return 0;
fail:
	each_close(s);
	return r;
}

const struct nd_net_ops nd_net_each = {.name = "each",
    .open = each_open,
    .enable_stamps = each_enable_stamps,
    .send = each_send,
    .recv = each_recv,
    .recv_errors = each_recv_errors,
    .forget = each_forget,
    .reserve = nd_rx_reserve,
    .drops = each_drops,
    .close = each_close};
