/* SPDX-License-Identifier: MIT */
/* What became of a connection that a non-blocking connect() began. */
#ifndef ND_NET_CONNECT_OUTCOME_H
#define ND_NET_CONNECT_OUTCOME_H

#include "net/connect_table.h"
#include "net/net.h"

enum nd_connect_state {
	ND_CONNECT_PENDING,  /* nothing has come yet */
	ND_CONNECT_ANSWERED, /* the outcome is there */
	ND_CONNECT_GIVEN_UP  /* by the kernel: no answer of anybody */
};

/*
 * Asks the socket of C, one of S. Fills RET, and OUTCOME, which RET points to,
 * where it was answered. S->rx is used to read its error queue.
 */
enum nd_connect_state nd_connect_outcome(struct nd_sock *s,
    const struct nd_connect *c, struct nd_packet *ret,
    struct nd_outcome *outcome);

#endif
