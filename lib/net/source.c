/* SPDX-License-Identifier: MIT */
/* Source address selection by connecting an unbound UDP socket. */
#include "net/source.h"
#include "net/sock.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

/* Any port will do: nothing is sent. */
#define ANY_PORT 33434

static int
open_family(int family, const struct nd_sock_opts *opts, int *ret)
{
	struct nd_sock s = {.fd = -1, .family = family, .proto = IPPROTO_UDP};
	int r = nd_sock_open(&s, SOCK_DGRAM);

	*ret = -1;
	if (r == -EAFNOSUPPORT)
		return 0;
	if (r == 0)
		r = nd_sock_setup(&s, opts);
	if (r == 0)
		*ret = s.fd;
	else
		nd_sock_close(&s);
	return r;
}

int
nd_source_open(struct nd_source *s, const struct nd_sock_opts *opts)
{
	int r = open_family(AF_INET, opts, &s->fd4);

	s->fd6 = -1;
	if (r == 0)
		r = open_family(AF_INET6, opts, &s->fd6);
	if (r != 0)
		nd_source_close(s);
	return r;
}

void
nd_source_close(struct nd_source *s)
{
	if (s->fd4 >= 0)
		(void)close(s->fd4);
	if (s->fd6 >= 0)
		(void)close(s->fd6);
	s->fd4 = s->fd6 = -1;
}

/* Returns the connected descriptor, or a negative errno. */
static int
connect_to(struct nd_source *s, const struct nd_addr *dst)
{
	union {
		struct sockaddr sa;
		struct sockaddr_storage ss;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} u;
	const struct sockaddr none = {.sa_family = AF_UNSPEC};
	const int fd = dst->family == AF_INET ? s->fd4 : s->fd6;
	const socklen_t len = nd_addr_to(dst, &u.ss);

	if (fd < 0)
		return -EAFNOSUPPORT;
	if (dst->family == AF_INET)
		u.v4.sin_port = htons(ANY_PORT);
	else
		u.v6.sin6_port = htons(ANY_PORT);
	/* A socket that is connected keeps its source: undo that first. */
	(void)connect(fd, &none, sizeof(none));
	return connect(fd, &u.sa, len) != 0 ? -errno : fd;
}

int
nd_source_find(
    struct nd_source *s, const struct nd_addr *dst, struct nd_addr *ret)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	int fd = connect_to(s, dst);

	if (fd < 0)
		return fd;
	if (getsockname(fd, (struct sockaddr *)&ss, &len) != 0)
		return -errno;
	return nd_addr_from(ret, (const struct sockaddr *)&ss);
}

int
nd_source_mtu(struct nd_source *s, const struct nd_addr *dst)
{
	int mtu = 0, fd = connect_to(s, dst);
	socklen_t len = sizeof(mtu);
	const bool is4 = dst->family == AF_INET;

	if (fd < 0)
		return fd;
	if (getsockopt(fd, is4 ? IPPROTO_IP : IPPROTO_IPV6,
		is4 ? IP_MTU : IPV6_MTU, &mtu, &len) != 0)
		return -errno;
	return mtu;
}
