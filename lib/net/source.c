/* SPDX-License-Identifier: MIT */
/*
 * Source address selection by connecting an unbound socket: a raw one where it
 * is allowed, which connects in half the time of a UDP socket, since it has no
 * port to be found by.
 */
#include "net/source.h"
#include "net/sock.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Of TYPE; IPPROTO_RAW has nothing to receive. */
static int
open_type(int family, int type, const struct nd_sock_opts *opts, int *ret)
{
	struct nd_sock s = {.fd = -1,
	    .family = family,
	    .proto = type == SOCK_RAW ? IPPROTO_RAW : IPPROTO_UDP};
	int r = nd_sock_open(&s, type);

	if (r == 0)
		r = nd_sock_setup(&s, opts);
	if (r == 0)
		*ret = s.fd;
	else
		nd_sock_close(&s);
	return r;
}

/* A family that the system lacks is no error. */
static int
open_family(int family, const struct nd_sock_opts *opts, int *ret)
{
	int r = open_type(family, SOCK_RAW, opts, ret);

	if (r == -EPERM || r == -EACCES)
		r = open_type(family, SOCK_DGRAM, opts, ret);
	return r == -EAFNOSUPPORT ? 0 : r;
}

int
nd_source_open(struct nd_source *s, const struct nd_sock_opts *opts)
{
	int r;

	s->fd4 = s->fd6 = -1;
	r = open_family(AF_INET, opts, &s->fd4);
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
	struct sockaddr_storage to;
	const struct sockaddr none = {.sa_family = AF_UNSPEC};
	const int fd = dst->family == AF_INET ? s->fd4 : s->fd6;
	const socklen_t len = nd_addr_to(dst, &to);

	if (fd < 0)
		return -EAFNOSUPPORT;
	/* A socket that is connected keeps its source: undo that first. */
	(void)connect(fd, &none, sizeof(none));
	return connect(fd, (const struct sockaddr *)&to, len) != 0 ? -errno
								   : fd;
}

static int
source_of(int fd, struct nd_addr *ret)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &len) != 0)
		return -errno;
	return nd_addr_from(ret, (const struct sockaddr *)&ss);
}

static int
mtu_of(int fd, int family)
{
	int mtu = 0;
	socklen_t len = sizeof(mtu);
	const bool is4 = family == AF_INET;

	if (getsockopt(fd, is4 ? IPPROTO_IP : IPPROTO_IPV6,
		is4 ? IP_MTU : IPV6_MTU, &mtu, &len) != 0)
		return -errno;
	return mtu;
}

int
nd_source_find(
    struct nd_source *s, const struct nd_addr *dst, struct nd_addr *ret)
{
	int fd = connect_to(s, dst);

	return fd < 0 ? fd : source_of(fd, ret);
}

int
nd_source_route(struct nd_source *s, const struct nd_addr *dst,
    struct nd_addr *ret, int *mtu)
{
	int fd = connect_to(s, dst), found, r;

	if (fd < 0)
		return fd;
	found = mtu_of(fd, dst->family);
	if (found < 0)
		return found;
	r = source_of(fd, ret);
	if (r == 0)
		*mtu = found;
	return r;
}

int
nd_source_mtu(struct nd_source *s, const struct nd_addr *dst)
{
	int fd = connect_to(s, dst);

	return fd < 0 ? fd : mtu_of(fd, dst->family);
}

/* The link of FROM, as one of the addresses of this host. */
static const char *
link_of(const struct ifaddrs *list, const struct nd_addr *from)
{
	struct nd_addr addr;

	for (; list != NULL; list = list->ifa_next)
		if (list->ifa_addr != NULL &&
		    nd_addr_from(&addr, list->ifa_addr) == 0 &&
		    nd_addr_equal(&addr, from))
			return list->ifa_name;
	return NULL;
}

int
nd_source_link_mtu(struct nd_source *s, const struct nd_addr *from)
{
	struct ifreq request = {.ifr_mtu = 0};
	struct ifaddrs *list;
	const char *name;
	int r = -ENODEV;

	if (getifaddrs(&list) != 0)
		return -errno;
	name = link_of(list, from);
	if (name != NULL && strlen(name) < sizeof(request.ifr_name)) {
		memcpy(request.ifr_name, name, strlen(name));
		r = ioctl(s->fd4 >= 0 ? s->fd4 : s->fd6, SIOCGIFMTU,
			&request) != 0
			? -errno
			: request.ifr_mtu;
	}
	freeifaddrs(list);
	return r;
}
