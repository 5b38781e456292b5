/* SPDX-License-Identifier: MIT */
/* lib/net/source.h: over loopback, which every host has. */
#include "net/source.h"

#include "fake_net.h"

#include <criterion/criterion.h>
#include <errno.h>

Test(source, a_route_is_an_address_and_an_mtu)
{
	const struct nd_sock_opts opts = {.device = NULL};
	const struct nd_addr dst = fake_addr("127.0.0.7"),
			     want = fake_addr("127.0.0.1");
	struct nd_addr from, again;
	struct nd_source s;
	int mtu = 0;

	cr_assert_eq(nd_source_open(&s, &opts), 0);
	cr_assert_eq(nd_source_route(&s, &dst, &from, &mtu), 0);
	cr_assert(nd_addr_equal(&from, &want));
	cr_assert_gt(mtu, 1000);
	cr_assert_eq(nd_source_mtu(&s, &dst), mtu);
	cr_assert_eq(nd_source_find(&s, &dst, &again), 0);
	cr_assert(nd_addr_equal(&again, &want));
	nd_source_close(&s);
}

Test(source, without_a_socket_there_is_no_route)
{
	const struct nd_addr dst = fake_addr("127.0.0.1");
	struct nd_addr from = {.family = 77};
	struct nd_source s = {-1, -1};
	int mtu = 5;

	cr_assert_eq(nd_source_route(&s, &dst, &from, &mtu), -EAFNOSUPPORT);
	cr_assert_eq(nd_source_find(&s, &dst, &from), -EAFNOSUPPORT);
	cr_assert_eq(nd_source_mtu(&s, &dst), -EAFNOSUPPORT);
	cr_assert_eq(from.family, 77);
	cr_assert_eq(mtu, 5);
}
