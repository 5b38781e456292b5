/* SPDX-License-Identifier: MIT */
/*
 * Source address selection: what the system would use to reach an address, by
 * connecting an unbound UDP socket. Nothing is sent.
 */
#ifndef ND_NET_SOURCE_H
#define ND_NET_SOURCE_H

#include "net/net.h"

struct nd_source {
	int fd4, fd6; /* -1: the family does not exist here */
};

/* Makes the sockets, with device and mark of OPTS. 0 or a negative errno. */
int nd_source_open(struct nd_source *s, const struct nd_sock_opts *opts);
void nd_source_close(struct nd_source *s);

/* The source address for DST. A negative errno where there is no route. */
int nd_source_find(
    struct nd_source *s, const struct nd_addr *dst, struct nd_addr *ret);
/*
 * Both at once: the source address and the path MTU towards DST. 0, with RET
 * and MTU set, or a negative errno.
 */
int nd_source_route(struct nd_source *s, const struct nd_addr *dst,
    struct nd_addr *ret, int *mtu);
/* The path MTU towards DST as the system knows it, or a negative errno. */
int nd_source_mtu(struct nd_source *s, const struct nd_addr *dst);

/* The MTU of the link that has the address FROM, or a negative errno. */
int nd_source_link_mtu(struct nd_source *s, const struct nd_addr *from);

#endif
