/* SPDX-License-Identifier: MIT */
/* lib/net/addr.h */
#include "net/addr.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static struct sockaddr_in
v4(const char *text)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = 7};

	cr_assert_eq(inet_pton(AF_INET, text, &in.sin_addr), 1);
	return in;
}

static struct sockaddr_in6
v6(const char *text, uint32_t scope)
{
	struct sockaddr_in6 in = {
	    .sin6_family = AF_INET6, .sin6_port = 7, .sin6_scope_id = scope};

	cr_assert_eq(inet_pton(AF_INET6, text, &in.sin6_addr), 1);
	return in;
}

Test(addr, round_trips_without_the_port)
{
	struct sockaddr_in in = v4("192.0.2.77"), *out4;
	struct sockaddr_in6 in6 = v6("fe80::1:2", 5), *out6;
	struct sockaddr_storage ss;
	struct nd_addr a;

	cr_assert_eq(nd_addr_from(&a, (struct sockaddr *)&in), 0);
	cr_assert_eq(nd_addr_len(&a), 4);
	cr_assert_eq(nd_addr_to(&a, &ss), sizeof(in));
	out4 = (struct sockaddr_in *)&ss;
	cr_assert_eq(out4->sin_family, AF_INET);
	cr_assert_eq(out4->sin_port, 0);
	cr_assert_eq(out4->sin_addr.s_addr, in.sin_addr.s_addr);

	cr_assert_eq(nd_addr_from(&a, (struct sockaddr *)&in6), 0);
	cr_assert_eq(nd_addr_len(&a), 16);
	cr_assert_eq(nd_addr_to(&a, &ss), sizeof(in6));
	out6 = (struct sockaddr_in6 *)&ss;
	cr_assert_eq(out6->sin6_family, AF_INET6);
	cr_assert_eq(out6->sin6_port, 0);
	cr_assert_eq(out6->sin6_scope_id, 5);
	cr_assert_eq(memcmp(&out6->sin6_addr, &in6.sin6_addr, 16), 0);
}

Test(addr, refuses_other_families_and_leaves_the_result)
{
	const struct sockaddr sa = {.sa_family = AF_UNIX};
	struct nd_addr a = {.scope = 99}, before = a;

	cr_assert_eq(nd_addr_from(&a, &sa), -EAFNOSUPPORT);
	cr_assert_eq(memcmp(&a, &before, sizeof(a)), 0);
}

Test(addr, reads_no_more_than_its_family_needs)
{
	struct sockaddr_in in = v4("192.0.2.1"), *heap = malloc(sizeof(in));
	struct nd_addr a;

	memcpy(heap, &in, sizeof(in));
	cr_assert_eq(nd_addr_from(&a, (struct sockaddr *)heap), 0);
	free(heap);
}

Test(addr, is_equal_by_family_bytes_and_known_scopes)
{
	static const uint8_t ip[16] = {0xfe, 0x80, 0, 0, 0, 0, 0, 1};
	static const uint8_t other[16] = {0xfe, 0x80, 0, 0, 0, 0, 0, 2};
	struct nd_addr a = nd_addr_of(AF_INET6, ip), b = a, c, d;

	b.scope = 2;
	cr_assert(nd_addr_equal(&a, &b)); /* a quote has no scope */
	a.scope = 3;
	cr_assert(!nd_addr_equal(&a, &b));
	c = nd_addr_of(AF_INET6, other);
	cr_assert(!nd_addr_equal(&b, &c));
	c = nd_addr_of(AF_INET, ip);
	d = nd_addr_of(AF_INET, other);
	cr_assert(nd_addr_equal(&c, &d)); /* 4 bytes, and the rest is 0 */
	cr_assert_eq(c.ip[4], 0);
	d.family = AF_INET6;
	cr_assert(!nd_addr_equal(&c, &d));
}
