/* SPDX-License-Identifier: MIT */
/*
 * Receiving in batches, with time stamps and ancillary data, from the data
 * queue and from the error queue of a socket. Buffers are made beforehand:
 * nothing here allocates but nd_rx_reserve().
 */
#ifndef ND_NET_RECV_H
#define ND_NET_RECV_H

#include "net/net.h"

struct nd_rx;

/* Makes S->rx, or enlarges it, for messages of LEN bytes. 0 or -ENOMEM. */
int nd_rx_reserve(struct nd_sock *s, size_t len);
void nd_rx_free(struct nd_rx *rx);

/*
 * Up to MAX packets as they come: RET[i].data begins where the kernel begins
 * (raw IPv4: the IP header). Returns how many; 0: none left.
 */
int nd_rx_data(struct nd_sock *s, struct nd_packet *ret, int max);
/* The error queue: stamps, local errors and reports of ICMP errors. */
int nd_rx_errors(struct nd_sock *s, struct nd_packet *ret, int max);
/*
 * The same where S has descriptors beside S->fd: from FD, into RET[AT] and on,
 * up to RET[MAX - 1]. Those before AT stay valid. Returns how many came in.
 */
int nd_rx_data_of(
    struct nd_sock *s, int fd, struct nd_packet *ret, int at, int max);
int nd_rx_errors_of(
    struct nd_sock *s, int fd, struct nd_packet *ret, int at, int max);

#endif
