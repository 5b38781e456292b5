/* SPDX-License-Identifier: MIT */
/*
 * Source ports for packets that the kernel's own stack does not know: each is
 * kept by a bound socket, so that no other program gets it meanwhile.
 */
#ifndef ND_NET_PORTS_H
#define ND_NET_PORTS_H

#include <stddef.h>
#include <stdint.h>

#define ND_PORTS_MAX 256

/* All zero: none. */
struct nd_ports {
	size_t n;
	int fd[ND_PORTS_MAX]; /* -1: not reserved, a number only */
	uint16_t port[ND_PORTS_MAX];
};

/*
 * Reserves N ports of PROTO (IPPROTO_TCP, IPPROTO_UDP) that the system chooses,
 * on every address; for both families where FAMILY is AF_INET6, or for IPv4
 * alone if there is no IPv6 here. One descriptor each, which never receives
 * anything. 0; -EINVAL: more than ND_PORTS_MAX; -EMFILE, -EADDRINUSE and so on:
 * then RET is as it was.
 */
int nd_ports_reserve(struct nd_ports *ret, int family, int proto, size_t n);
void nd_ports_release(struct nd_ports *p);
/* The index of PORT in P, or -1. */
int nd_ports_find(const struct nd_ports *p, uint16_t port);

#endif
