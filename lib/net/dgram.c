/* SPDX-License-Identifier: MIT */
/*
 * The dgram backend: SOCK_DGRAM ICMP, which the kernel allows to the groups in
 * net.ipv4.ping_group_range. The kernel owns the ident, hands over nothing but
 * answers to it, and reports ICMP errors in the error queue.
 */
#include "net/recv.h"
#include "net/send.h"
#include "net/sock.h"

#include <errno.h>
#include <netinet/in.h>

/* The port of such a socket is the ident; 0 lets the kernel choose. */
static int
bind_ident(struct nd_sock *s, const struct nd_addr *source, uint16_t ident)
{
	union {
		struct sockaddr sa;
		struct sockaddr_storage ss;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} u = {.ss = {0}};
	socklen_t len = s->family == AF_INET ? sizeof(u.v4) : sizeof(u.v6);

	/* IPv6 takes no source with a packet here, only a bound one. */
	if (source->family == s->family)
		(void)nd_addr_to(source, &u.ss);
	u.sa.sa_family = (sa_family_t)s->family;
	if (s->family == AF_INET)
		u.v4.sin_port = htons(ident);
	else
		u.v6.sin6_port = htons(ident);
	if (bind(s->fd, &u.sa, len) != 0 ||
	    getsockname(s->fd, &u.sa, &len) != 0)
		return -errno;
	s->ident = ntohs(s->family == AF_INET ? u.v4.sin_port : u.v6.sin6_port);
	return 0;
}

/* They are born reusable: two with one ident would share their replies. */
static int
set_exclusive(int fd)
{
	const int off = 0;

	return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &off, sizeof(off)) != 0
		   ? -errno
		   : 0;
}

static int
dgram_open(struct nd_sock *s, const struct nd_sock_opts *opts)
{
	int r = nd_sock_open(s, SOCK_DGRAM);

	if (r != 0)
		return r;
	s->caps = 0;
	r = nd_sock_setup(s, opts);
	if (r == 0)
		r = set_exclusive(s->fd);
	if (r == 0)
		r = bind_ident(s, &opts->source, opts->ident);
	if (r == -EADDRINUSE)
		r = bind_ident(s, &opts->source, 0);
	if (r != 0)
		nd_sock_close(s);
	return r;
}

const struct nd_net_ops nd_net_dgram = {.name = "dgram",
    .open = dgram_open,
    .enable_stamps = nd_sock_enable_stamps,
    .send = nd_tx,
    .recv = nd_rx_data,
    .recv_errors = nd_rx_errors,
    .reserve = nd_rx_reserve,
    .drops = nd_sock_drops,
    .close = nd_sock_close};
