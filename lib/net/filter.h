/* SPDX-License-Identifier: MIT */
/*
 * Socket filters: what a raw socket lets through. First nothing, then exactly
 * the answers to our own packets, then locked.
 */
#ifndef ND_NET_FILTER_H
#define ND_NET_FILTER_H

#include "net/ports.h"

#include <stdbool.h>
#include <stdint.h>

/* What a filter of ICMP lets through. */
struct nd_filter_icmp {
	bool echo; /* replies to echo of `ident`, errors that quote it */
	uint16_t ident;
	/* Errors that quote TCP, UDP from one of them; NULL: none. */
	const struct nd_ports *tcp_ports, *udp_ports;
	bool any_port; /* or from any other: a translator may have changed it */
};

/* Rejects every packet, and empties the queue of FD. 0 or a negative errno. */
int nd_filter_reject_all(int fd);
/* Keeps other types of ICMP out than replies to echo, and errors. */
int nd_filter_types(int fd, int family);
/*
 * Lets through of ICMP (RFC 792, RFC 4443) what WANT says. An error that
 * quotes IPv6 extension headers passes: following them is the decoder's work.
 */
int nd_filter_icmp(int fd, int family, const struct nd_filter_icmp *want);
/* Lets through TCP segments, or UDP datagrams, to one of PORTS; NULL: none. */
int nd_filter_ports(int fd, int family, const struct nd_ports *ports);
/* Nobody can change the filter of FD any more. */
int nd_filter_lock(int fd);

#endif
