/* SPDX-License-Identifier: MIT */
/*
 * What the backends share that have a socket a probe: its two ends, and what
 * of the options has to be kept until it is made.
 */
#ifndef ND_NET_ENDPOINT_H
#define ND_NET_ENDPOINT_H

#include "net/net.h"

#include <net/if.h>

/* Options that outlive the call they came with. */
struct nd_kept_opts {
	struct nd_sock_opts opts; /* without ports */
	char device[IFNAMSIZ];	  /* its name */
};

/* 0, or -ENODEV: no device has such a name. RET must stay where it is. */
int nd_kept_opts_set(struct nd_kept_opts *ret, const struct nd_sock_opts *opts);

/*
 * Binds FD, of FAMILY, to the address SOURCE, to nothing where that is of
 * another one. 0 or a negative errno.
 */
int nd_endpoint_bind(int fd, int family, const struct nd_addr *source);
/* Connects FD to where SEND goes. 0 or a negative errno. */
int nd_endpoint_connect(int fd, const struct nd_send *send);
/*
 * To an address of this host the kernel may choose the destination's port as
 * ours: then FD, which was connected for SEND, would answer itself.
 */
bool nd_endpoint_is_itself(int fd, const struct nd_send *send);

/* Whether R, a negative errno, passes when something else is over. */
bool nd_is_shortage(int r);

#endif
