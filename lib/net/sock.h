/* SPDX-License-Identifier: MIT */
/* What the kernel backends share in opening, tuning and closing a socket. */
#ifndef ND_NET_SOCK_H
#define ND_NET_SOCK_H

#include "net/net.h"

/*
 * Opens S->fd of TYPE (SOCK_RAW, SOCK_DGRAM) for S->family and S->proto:
 * CLOEXEC, NONBLOCK. 0 or a negative errno.
 */
int nd_sock_open(struct nd_sock *s, int type);
/* Applies OPTS, ancillary data and time stamps on arrival to S->fd. */
int nd_sock_options(struct nd_sock *s, const struct nd_sock_opts *opts);
/* The same, with large buffers: for a socket that many tasks share. */
int nd_sock_setup(struct nd_sock *s, const struct nd_sock_opts *opts);
/* Time stamps on departure too (OPT_ID, OPT_TSONLY). */
int nd_sock_enable_stamps(struct nd_sock *s);
uint64_t nd_sock_drops(struct nd_sock *s);
void nd_sock_close(struct nd_sock *s);

#endif
