/* SPDX-License-Identifier: MIT */
/*
 * each_rig.h: the each backend over loopback, and UDP ports for it: some that
 * are there, and take what comes or answer it, and some that are not.
 */
#ifndef UNIT_EACH_RIG_H
#define UNIT_EACH_RIG_H

#include "connect_rig.h"

static const uint8_t payload[] = "sixteen and more";

/* A UDP port of the loopback address, where nobody reads. */
static inline struct server
udp_port(int family)
{
	struct server v = {.addr = loopback(family)};
	int port;

	v.fd = socket(family, SOCK_DGRAM, 0);
	port = v.fd < 0 ? -errno : bind_to(v.fd, &v.addr, 0);
	if (port < 0)
		cr_skip_test("no loopback address of that family here");
	v.port = (uint16_t)port;
	return v;
}

/* Nobody has it, nor gets it by chance. */
static inline struct server
no_port(int family)
{
	struct server v = udp_port(family);

	(void)close(v.fd);
	v.fd = -1;
	v.port = 1;
	return v;
}

static inline struct nd_sock
each_opened(int family)
{
	const struct nd_sock_opts opts = {.device = NULL};
	struct nd_sock s = {.ops = &nd_net_each,
	    .fd = -1,
	    .family = family,
	    .proto = IPPROTO_UDP};

	cr_assert_eq(s.ops->open(&s, &opts), 0);
	return s;
}

static inline int
each_send(struct nd_sock *s, const struct server *v, uint32_t tag)
{
	const struct nd_send send = {.to = &v->addr,
	    .ttl = -1,
	    .tos = -1,
	    .data = payload,
	    .len = sizeof(payload),
	    .tag = tag,
	    .port = v->port};

	return s->ops->send(s, &send);
}

/* Sends back what comes to V next. */
static inline bool
answer(const struct server *v)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	uint8_t data[100];
	ssize_t n;

	if (!is_ready(v->fd))
		return false;
	n = recvfrom(
	    v->fd, data, sizeof(data), 0, (struct sockaddr *)&from, &len);
	return n >= 0 && sendto(v->fd, data, (size_t)n, 0,
			     (const struct sockaddr *)&from, len) == n;
}

/* The next packets, at most MAX. 0: none within a long time. */
static inline int
each_receive(struct nd_sock *s, struct nd_packet *ret, int max)
{
	int n = 0;

	while (n == 0 && is_ready(s->fd))
		n = s->ops->recv_errors(s, ret, max);
	return n;
}

#endif
