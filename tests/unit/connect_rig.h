/* SPDX-License-Identifier: MIT */
/*
 * connect_rig.h: the connect backend over loopback, and servers for it: ports
 * that listen, that are closed, that do not answer.
 */
#ifndef UNIT_CONNECT_RIG_H
#define UNIT_CONNECT_RIG_H

#include "in_child.h"
#include "net/net.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_MS 20000 /* for what comes within one */
#define UNLIKE (-2)   /* a child: the system does not let it try */

static inline struct nd_addr
loopback(int family)
{
	const uint8_t ip4[4] = {127, 0, 0, 1};

	return nd_addr_of(
	    family, family == AF_INET ? ip4 : in6addr_loopback.s6_addr);
}

/* Binds FD to ADDR and PORT (0: any). The port, or a negative errno. */
static inline int
bind_to(int fd, const struct nd_addr *addr, uint16_t port)
{
	union {
		struct sockaddr sa;
		struct sockaddr_storage ss;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} u;
	socklen_t len = nd_addr_to(addr, &u.ss);

	if (addr->family == AF_INET)
		u.v4.sin_port = htons(port);
	else
		u.v6.sin6_port = htons(port);
	if (bind(fd, &u.sa, len) != 0 || getsockname(fd, &u.sa, &len) != 0)
		return -errno;
	return ntohs(addr->family == AF_INET ? u.v4.sin_port : u.v6.sin6_port);
}

/* A port of the loopback address. Until it listens, it is closed. */
struct server {
	int fd;
	struct nd_addr addr;
	uint16_t port;
};

static inline struct server
server(int family)
{
	struct server v = {.addr = loopback(family)};
	int port;

	v.fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	port = v.fd < 0 ? -errno : bind_to(v.fd, &v.addr, 0);
	if (port < 0)
		cr_skip_test("no loopback address of that family here");
	v.port = (uint16_t)port;
	return v;
}

static inline struct server
listener(int family)
{
	struct server v = server(family);

	cr_assert_eq(listen(v.fd, 1000), 0);
	return v;
}

static inline struct nd_sock
opened(int family)
{
	const struct nd_sock_opts opts = {.device = NULL};
	struct nd_sock s = {.ops = &nd_net_connect,
	    .fd = -1,
	    .family = family,
	    .proto = IPPROTO_TCP};

	cr_assert_eq(s.ops->open(&s, &opts), 0);
	return s;
}

static inline int
send_to(struct nd_sock *s, const struct server *v, uint32_t tag)
{
	const struct nd_send send = {
	    .to = &v->addr, .ttl = -1, .tos = -1, .tag = tag, .port = v->port};

	return s->ops->send(s, &send);
}

static inline int
send_full(struct nd_sock *s, const struct server *v, uint32_t tag)
{
	const struct nd_send send = {.to = &v->addr,
	    .ttl = 7,
	    .tos = 0x28,
	    .tag = tag,
	    .port = v->port,
	    .full = true};

	return s->ops->send(s, &send);
}

static inline bool
is_ready(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, WAIT_MS) == 1;
}

/* The next outcomes, at most MAX. 0: none within a long time. */
static inline int
receive(struct nd_sock *s, struct nd_packet *ret, int max)
{
	int n = 0;

	while (n == 0 && is_ready(s->fd))
		n = s->ops->recv(s, ret, max);
	return n;
}

static inline int
count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(dir) != NULL)
		n++;
	(void)closedir(dir);
	return n;
}

/* It takes one connection, which nobody accepts, and drops the SYNs of more. */
static inline struct server
silent(struct nd_sock *s, int family)
{
	struct server v = server(family);
	struct nd_packet p;

	cr_assert_eq(listen(v.fd, 0), 0);
	cr_assert_eq(send_full(s, &v, 0), 0);
	cr_assert_eq(receive(s, &p, 1), 1);
	cr_assert(p.outcome->open);
	cr_assert(is_ready(v.fd));
	return v;
}

/*
 * The loopback interface of a network of its own, where connections leave from
 * PORTS ("first last"). 0, UNLIKE, or the line of what failed.
 */
static inline int
enter_network(const char *ports)
{
	const ssize_t len = (ssize_t)strlen(ports);
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd, range;

	if (unshare(CLONE_NEWNET) != 0 &&
	    unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		return UNLIKE;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	range = open("/proc/sys/net/ipv4/ip_local_port_range", O_WRONLY);
	if (range < 0)
		return UNLIKE;
	CHECK(ioctl(fd, SIOCSIFFLAGS, &lo) == 0);
	CHECK(write(range, ports, (size_t)len) == len);
	(void)close(range);
	(void)close(fd);
	return 0;
}

static inline void
expect_in_child(int (*fn)(const void *arg), const void *arg)
{
	const int line = in_child(fn, arg);

	if (line == UNLIKE)
		cr_skip_test("no network namespace can be made here");
	cr_assert_eq(line, 0, "line %d", line);
}

#endif
