/* SPDX-License-Identifier: MIT */
/* Reserving source ports by binding sockets that are never used. */
#include "net/ports.h"
#include "net/filter.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* Whatever net.ipv6.bindv6only says. */
static int
take_both_families(int fd)
{
	const int off = 0;

	return setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) != 0
		   ? -errno
		   : 0;
}

/*
 * UDP takes whatever comes to a bound socket: it is not to be queued. With a
 * socket there the kernel sends no "port unreachable" either. To a TCP socket
 * that does not listen nothing comes.
 */
static int
prepare(int fd, int family, int proto)
{
	int r = family == AF_INET6 ? take_both_families(fd) : 0;

	return r == 0 && proto == IPPROTO_UDP ? nd_filter_reject_all(fd) : r;
}

/*
 * Without SO_REUSEADDR nobody else can bind it, nor gets it for a connect().
 * Returns 0, or a negative errno with nothing left open.
 */
static int
reserve(int *ret, uint16_t *port, int family, int proto)
{
	union {
		struct sockaddr sa;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} u = {.v6 = {0}};
	socklen_t len = family == AF_INET ? sizeof(u.v4) : sizeof(u.v6);
	const int type = proto == IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM;
	const int fd =
	    socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, proto);
	int r;

	if (fd < 0)
		return -errno;
	r = prepare(fd, family, proto);
	u.sa.sa_family = (sa_family_t)family;
	if (r == 0 &&
	    (bind(fd, &u.sa, len) != 0 || getsockname(fd, &u.sa, &len) != 0))
		r = -errno;
	if (r != 0) {
		(void)close(fd);
		return r;
	}
	*ret = fd;
	*port = ntohs(family == AF_INET ? u.v4.sin_port : u.v6.sin6_port);
	return 0;
}

int
nd_ports_reserve(struct nd_ports *ret, int family, int proto, size_t n)
{
	struct nd_ports p = {.n = 0};
	int r = n <= ND_PORTS_MAX ? 0 : -EINVAL;

	while (r == 0 && p.n < n) {
		r = reserve(&p.fd[p.n], &p.port[p.n], family, proto);
		if (r == 0) {
			p.n++;
		} else if (r == -EAFNOSUPPORT && family == AF_INET6) {
			family = AF_INET;
			r = 0;
		}
	}
	if (r != 0)
		nd_ports_release(&p);
	else
		*ret = p;
	return r;
}

void
nd_ports_release(struct nd_ports *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->fd[i] >= 0)
			(void)close(p->fd[i]);
	*p = (struct nd_ports){.n = 0};
}

int
nd_ports_find(const struct nd_ports *p, uint16_t port)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->port[i] == port)
			return (int)i;
	return -1;
}
