/* SPDX-License-Identifier: MIT */
/* Sending one packet, with TTL, TOS and source address as ancillary data. */
#ifndef ND_NET_SEND_H
#define ND_NET_SEND_H

#include "net/net.h"

/* As nd_net_ops.send. */
int nd_tx(struct nd_sock *s, const struct nd_send *send);

#endif
