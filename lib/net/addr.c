/* SPDX-License-Identifier: MIT */
/* Addresses of either family: to and from the socket API. */
#include "net/addr.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

int
nd_addr_from(struct nd_addr *ret, const struct sockaddr *sa)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	switch (sa->sa_family) {
	case AF_INET:
		memcpy(&in, sa, sizeof(in));
		*ret = (struct nd_addr){.family = AF_INET};
		memcpy(ret->ip, &in.sin_addr, 4);
		return 0;
	case AF_INET6:
		memcpy(&in6, sa, sizeof(in6));
		*ret = (struct nd_addr){
		    .family = AF_INET6, .scope = in6.sin6_scope_id};
		memcpy(ret->ip, &in6.sin6_addr, 16);
		return 0;
	default:
		return -EAFNOSUPPORT;
	}
}

socklen_t
nd_addr_to(const struct nd_addr *a, struct sockaddr_storage *ret)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {
	    .sin6_family = AF_INET6, .sin6_scope_id = a->scope};

	if (a->family == AF_INET) {
		memcpy(&in.sin_addr, a->ip, 4);
		memcpy(ret, &in, sizeof(in));
		return sizeof(in);
	}
	memcpy(&in6.sin6_addr, a->ip, 16);
	memcpy(ret, &in6, sizeof(in6));
	return sizeof(in6);
}

struct nd_addr
nd_addr_of(int family, const uint8_t *ip)
{
	struct nd_addr a = {.family = (uint16_t)family};

	memcpy(a.ip, ip, nd_addr_len(&a));
	return a;
}

bool
nd_addr_equal(const struct nd_addr *a, const struct nd_addr *b)
{
	return a->family == b->family &&
	       memcmp(a->ip, b->ip, sizeof(a->ip)) == 0 &&
	       (a->scope == b->scope || a->scope == 0 || b->scope == 0);
}

size_t
nd_addr_len(const struct nd_addr *a)
{
	return a->family == AF_INET ? 4 : 16;
}
