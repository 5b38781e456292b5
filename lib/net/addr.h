/* SPDX-License-Identifier: MIT */
/*
 * An address of either family, small enough to be kept a million times.
 * IPv4 addresses take the first 4 bytes; what is unused is zero, so that two
 * addresses are equal when their bytes are.
 */
#ifndef ND_NET_ADDR_H
#define ND_NET_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct nd_addr {
	uint8_t ip[16];	 /* network order */
	uint32_t scope;	 /* interface index of a link-local IPv6 address */
	uint16_t family; /* AF_INET, AF_INET6, or 0: none */
};

/* 0, or -EAFNOSUPPORT. Reads no more than SA's family needs. */
int nd_addr_from(struct nd_addr *ret, const struct sockaddr *sa);
/* Fills RET, port 0, and returns its length. */
socklen_t nd_addr_to(const struct nd_addr *a, struct sockaddr_storage *ret);
/* Of 4 or 16 bytes, as on the wire. */
struct nd_addr nd_addr_of(int family, const uint8_t *ip);

/*
 * Equal bytes; scopes are compared only where both have one, since a quoted
 * address carries none.
 */
bool nd_addr_equal(const struct nd_addr *a, const struct nd_addr *b);
/* 4 or 16. */
size_t nd_addr_len(const struct nd_addr *a);

#endif
