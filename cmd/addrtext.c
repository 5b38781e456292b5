/* SPDX-License-Identifier: MIT */
/* addrtext.c: numeric text of socket addresses. */
#include "addrtext.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static void
text4(const struct sockaddr *addr, char *to)
{
	struct sockaddr_in in;
	unsigned char bytes[4];
	size_t i;

	memcpy(&in, addr, sizeof(in));
	memcpy(bytes, &in.sin_addr, sizeof(bytes));
	for (i = 0; i < sizeof(bytes); i++) {
		unsigned byte = bytes[i];

		if (byte >= 100)
			*to++ = (char)('0' + byte / 100);
		if (byte >= 10)
			*to++ = (char)('0' + byte / 10 % 10);
		*to++ = (char)('0' + byte % 10);
		*to++ = '.';
	}
	to[-1] = '\0';
}

/* "%eth0"; the number where the interface has gone (RFC 4007 section 11). */
static void
scope(uint32_t id, char *to, size_t size)
{
	char name[IF_NAMESIZE];

	if (if_indextoname(id, name) != NULL)
		(void)snprintf(to, size, "%%%s", name);
	else
		(void)snprintf(to, size, "%%%u", (unsigned)id);
}

static void
text6(const struct sockaddr *addr, char ret[ADDRTEXT_MAX])
{
	struct sockaddr_in6 in6;
	size_t len;

	memcpy(&in6, addr, sizeof(in6));
	if (inet_ntop(AF_INET6, &in6.sin6_addr, ret, ADDRTEXT_MAX) == NULL) {
		ret[0] = '\0';
		return;
	}
	if (in6.sin6_scope_id == 0 ||
	    (!IN6_IS_ADDR_LINKLOCAL(&in6.sin6_addr) &&
		!IN6_IS_ADDR_MC_LINKLOCAL(&in6.sin6_addr)))
		return;
	len = strlen(ret);
	scope(in6.sin6_scope_id, ret + len, ADDRTEXT_MAX - len);
}

const char *
addrtext(const struct sockaddr *addr, char ret[ADDRTEXT_MAX])
{
	if (addr->sa_family == AF_INET)
		text4(addr, ret);
	else if (addr->sa_family == AF_INET6)
		text6(addr, ret);
	else
		ret[0] = '\0';
	return ret;
}
