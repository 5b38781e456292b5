/* SPDX-License-Identifier: MIT */
/* resolve_text.c: what needs no look-up: literal addresses, error texts. */
#include "resolve.h"
#include "target.h"

#include <errno.h>
#include <string.h>

int
resolve_literal(const char *text, struct sockaddr_storage *ret)
{
	struct parse_addr addr;
	uint32_t scope_id = 0;
	int r;

	r = parse_addr(text, strlen(text), &addr);
	if (r == 0)
		r = target_scope_id(addr.scope, &scope_id);
	if (r < 0)
		return r;
	target_sockaddr(&addr, scope_id, ret);
	return 0;
}

/* gai_strerror(3) goes by the locale. */
const char *
resolve_strerror(int err)
{
	switch (err) {
	case 0:
		return "no error";
	case EAI_NONAME:
		return "name not found";
#ifdef EAI_NODATA
	case EAI_NODATA:
		return "the name has no address";
#endif
#ifdef EAI_ADDRFAMILY
	case EAI_ADDRFAMILY:
		return "the name has no address of that family";
#endif
#ifdef EAI_IDN_ENCODE
	case EAI_IDN_ENCODE:
		return "not a valid international name";
#endif
	case EAI_AGAIN:
		return "no answer from the name server";
	case EAI_FAIL:
		return "the name server failed";
	case EAI_FAMILY:
		return "address family not supported";
	case EAI_MEMORY:
		return "out of memory";
	case EAI_SYSTEM:
		return "system error while looking up the name";
	case -ETIMEDOUT:
		return "name not resolved in time";
	case RESOLVE_NO_IPV4:
		return "no IPv4 address";
	case RESOLVE_NO_IPV6:
		return "no IPv6 address";
	default:
		return "name resolution failed";
	}
}

const char *
resolve_hint(int err)
{
	switch (err) {
	case RESOLVE_NO_IPV4:
		return "it has an IPv6 address: leave out -4 or the IPv4 source";
	case RESOLVE_NO_IPV6:
		return "it has an IPv4 address: leave out -6 or the IPv6 source";
	default:
		return NULL;
	}
}
