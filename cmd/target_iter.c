/* SPDX-License-Identifier: MIT */
/*
 * target_iter.c: the addresses that a block or a range stands for, counted and
 * walked over without keeping any.
 */
#include "target.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

/* 128 bits; an IPv4 address is in the lowest 32. */
struct number {
	uint64_t high, low;
};

static size_t
addr_size(int af)
{
	return af == AF_INET ? 4 : 16;
}

static struct number
number_of(int af, const uint8_t *addr)
{
	struct number n = {0, 0};

	for (size_t i = 0; i < addr_size(af); i++) {
		n.high = n.high << 8 | n.low >> 56;
		n.low = n.low << 8 | addr[i];
	}
	return n;
}

uint64_t
target_count(const struct target_spec *spec)
{
	struct number first, last;
	uint64_t high, low;

	if (spec->kind == TARGET_FILE || spec->kind == TARGET_STDIN)
		return 0;
	if (spec->kind == TARGET_NAME)
		return 1;
	first = number_of(spec->af, spec->first);
	last = number_of(spec->af, spec->last);
	low = last.low - first.low;
	high = last.high - first.high - (last.low < first.low);
	return high != 0 || low == UINT64_MAX ? UINT64_MAX : low + 1;
}

/* Adds N, which is known not to overflow. */
static void
advance(uint8_t *addr, size_t size, uint64_t n)
{
	unsigned carry = 0;

	for (size_t i = size; i-- > 0; n >>= 8) {
		carry += addr[i] + (unsigned)(n & 0xff);
		addr[i] = (uint8_t)carry;
		carry >>= 8;
	}
}

void
target_sockaddr(const struct parse_addr *addr, uint32_t scope_id,
    struct sockaddr_storage *ret)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};
	struct sockaddr_in6 sin6 = {
	    .sin6_family = AF_INET6, .sin6_scope_id = scope_id};

	memset(ret, 0, sizeof(*ret));
	if (addr->af == AF_INET) {
		memcpy(&sin.sin_addr, addr->bytes, sizeof(sin.sin_addr));
		memcpy(ret, &sin, sizeof(sin));
	} else {
		memcpy(&sin6.sin6_addr, addr->bytes, sizeof(sin6.sin6_addr));
		memcpy(ret, &sin6, sizeof(sin6));
	}
}

void
target_iter_init(
    struct target_iter *it, const struct target_spec *spec, uint32_t scope_id)
{
	*it = (struct target_iter){.spec = spec,
	    .count = spec->af == AF_UNSPEC ? 0 : target_count(spec),
	    .scope_id = scope_id};
}

bool
target_next(struct target_iter *it, struct sockaddr_storage *ret)
{
	struct parse_addr addr = {.af = it->spec->af};

	if (it->next == it->count)
		return false;
	memcpy(addr.bytes, it->spec->first, sizeof(addr.bytes));
	advance(addr.bytes, addr_size(addr.af), it->next++);
	target_sockaddr(&addr, it->scope_id, ret);
	return true;
}

int
target_scope_id(const char *scope, uint32_t *ret)
{
	uint64_t number;
	unsigned id;

	if (*scope == '\0') {
		*ret = 0;
		return 0;
	}
	id = if_nametoindex(scope);
	if (id != 0)
		*ret = id;
	else if (parse_u64(scope, 1, UINT32_MAX, &number) == 0)
		*ret = (uint32_t)number;
	else
		return -ENODEV;
	return 0;
}
