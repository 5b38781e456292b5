/* SPDX-License-Identifier: MIT */
/* lib/net/ports.h: reserved ports are ours alone, until they are released. */
#include "net/ports.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* What another program gets that binds PORT of FAMILY, its loopback address. */
static int
bind_by_another(int family, int type, uint16_t port)
{
	union {
		struct sockaddr sa;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} u = {.v6 = {0}};
	const int on = 1, fd = socket(family, type, 0);
	int r = 0;

	cr_assert_geq(fd, 0);
	/* It would not help. */
	cr_assert_eq(
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	u.sa.sa_family = (sa_family_t)family;
	if (family == AF_INET) {
		u.v4.sin_port = htons(port);
		u.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	} else {
		u.v6.sin6_port = htons(port);
		u.v6.sin6_addr = in6addr_any;
		cr_assert_eq(
		    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)),
		    0);
	}
	if (bind(fd, &u.sa, family == AF_INET ? sizeof(u.v4) : sizeof(u.v6)) !=
	    0)
		r = -errno;
	(void)close(fd);
	return r;
}

static bool
has_ipv6(void)
{
	const int fd = socket(AF_INET6, SOCK_STREAM, 0);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

Test(ports, nobody_else_can_bind_them)
{
	static const int families[] = {AF_INET, AF_INET6};

	for (size_t f = 0; f < 2; f++) {
		struct nd_ports p = {.n = 0};

		cr_assert_eq(
		    nd_ports_reserve(&p, families[f], IPPROTO_TCP, 8), 0);
		cr_assert_eq(p.n, 8);
		for (size_t i = 0; i < p.n; i++) {
			cr_assert_eq(
			    bind_by_another(AF_INET, SOCK_STREAM, p.port[i]),
			    -EADDRINUSE);
			if (f == 1 && has_ipv6())
				cr_assert_eq(bind_by_another(AF_INET6,
						 SOCK_STREAM, p.port[i]),
				    -EADDRINUSE);
		}
		nd_ports_release(&p);
	}
}

Test(ports, are_of_the_protocol_that_was_asked_for)
{
	struct nd_ports p = {.n = 0};

	cr_assert_eq(nd_ports_reserve(&p, AF_INET, IPPROTO_UDP, 1), 0);
	cr_assert_eq(
	    bind_by_another(AF_INET, SOCK_DGRAM, p.port[0]), -EADDRINUSE);
	nd_ports_release(&p);
}

/* A datagram to PORT of the loopback address: 0 if nobody refuses it. */
static int
send_to(int family, uint16_t port)
{
	union {
		struct sockaddr sa;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} u = {.v6 = {0}};
	const int fd = socket(family, SOCK_DGRAM, 0);
	char byte = 0;
	int r;

	cr_assert_geq(fd, 0);
	u.sa.sa_family = (sa_family_t)family;
	if (family == AF_INET) {
		u.v4.sin_port = htons(port);
		u.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	} else {
		u.v6.sin6_port = htons(port);
		u.v6.sin6_addr = in6addr_loopback;
	}
	r = connect(fd, &u.sa, family == AF_INET ? sizeof(u.v4) : sizeof(u.v6));
	if (r == 0)
		r = (int)send(fd, &byte, 1, 0) - 1;
	/* On loopback a refusal is there at once. */
	if (r == 0)
		r = (int)recv(fd, &byte, 1, MSG_DONTWAIT);
	r = r < 0 && errno != EAGAIN ? -errno : 0;
	(void)close(fd);
	return r;
}

Test(ports, of_udp_neither_take_nor_refuse_what_comes)
{
	static const int families[] = {AF_INET, AF_INET6};
	struct nd_ports p = {.n = 0};
	char byte;

	cr_assert_eq(nd_ports_reserve(&p, AF_INET6, IPPROTO_UDP, 1), 0);
	for (size_t f = 0; f < (has_ipv6() ? 2 : 1); f++) {
		cr_assert_eq(send_to(families[f], p.port[0]), 0);
		cr_assert_eq(recv(p.fd[0], &byte, 1, MSG_DONTWAIT), -1);
		cr_assert_eq(errno, EAGAIN);
	}
	nd_ports_release(&p);
}

Test(ports, are_distinct_and_found)
{
	struct nd_ports p = {.n = 0};

	cr_assert_eq(
	    nd_ports_reserve(&p, AF_INET6, IPPROTO_TCP, ND_PORTS_MAX), 0);
	cr_assert_eq(p.n, ND_PORTS_MAX);
	for (size_t i = 0; i < p.n; i++) {
		cr_assert_neq(p.port[i], 0);
		cr_assert_eq(nd_ports_find(&p, p.port[i]), (int)i);
	}
	cr_assert_eq(nd_ports_find(&p, 0), -1);
	nd_ports_release(&p);
	cr_assert_eq(p.n, 0);
}

Test(ports, are_free_again_once_they_are_released)
{
	struct nd_ports p = {.n = 0};
	uint16_t port;

	cr_assert_eq(nd_ports_reserve(&p, AF_INET6, IPPROTO_TCP, 1), 0);
	port = p.port[0];
	nd_ports_release(&p);
	cr_assert_eq(nd_ports_find(&p, port), -1);
	cr_assert_eq(bind_by_another(AF_INET, SOCK_STREAM, port), 0);
	/* Once more does no harm. */
	nd_ports_release(&p);
}

Test(ports, numbers_that_nobody_keeps_are_released_too)
{
	struct nd_ports p = {.n = 2, .fd = {-1, -1}, .port = {7, 8}};

	cr_assert_eq(nd_ports_find(&p, 8), 1);
	nd_ports_release(&p);
	cr_assert_eq(p.n, 0);
}

Test(ports, too_many_are_refused)
{
	struct nd_ports p = {.n = 1, .fd = {-1}, .port = {7}};

	cr_assert_eq(
	    nd_ports_reserve(&p, AF_INET, IPPROTO_TCP, ND_PORTS_MAX + 1),
	    -EINVAL);
	cr_assert_lt(nd_ports_reserve(&p, AF_UNIX, IPPROTO_TCP, 1), 0);
	cr_assert_eq(p.n, 1);
	cr_assert_eq(p.port[0], 7);
	cr_assert_eq(nd_ports_reserve(&p, AF_INET, IPPROTO_TCP, 0), 0);
	cr_assert_eq(p.n, 0);
}

/* The lowest descriptor that is free. */
static int
next_fd(void)
{
	const int fd = dup(0);

	cr_assert_geq(fd, 0);
	(void)close(fd);
	return fd;
}

Test(ports, a_lack_of_descriptors_is_told_and_leaves_none_open)
{
	const int before = next_fd();
	struct nd_ports p = {.n = 0};
	struct rlimit limit;

	cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = (rlim_t)before + 10;
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	cr_assert_eq(nd_ports_reserve(&p, AF_INET6, IPPROTO_TCP, 32), -EMFILE);
	cr_assert_eq(p.n, 0);
	cr_assert_eq(next_fd(), before);
}
