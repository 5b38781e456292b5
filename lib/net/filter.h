/* SPDX-License-Identifier: MIT */
/*
 * Socket filters: what a raw socket lets through. First nothing, then exactly
 * the answers to our own messages, then locked.
 */
#ifndef ND_NET_FILTER_H
#define ND_NET_FILTER_H

#include <stdint.h>

/* Rejects every packet, and empties the queue of FD. 0 or a negative errno. */
int nd_filter_reject_all(int fd);
/*
 * Lets through echo replies of IDENT and ICMP errors that quote an ICMP message
 * of IDENT (RFC 792, RFC 4443), then locks the filter (SO_LOCK_FILTER).
 */
int nd_filter_echo(int fd, int family, uint16_t ident);

#endif
