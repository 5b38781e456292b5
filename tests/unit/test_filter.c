/* SPDX-License-Identifier: MIT */
/*
 * lib/net/filter.h: what of TCP and UDP passes, and all that the filters have
 * in common, by the programs as the kernel runs them.
 */
#include "filter_rig.h"

#include <errno.h>

/* Or datagrams: the ports of UDP are where those of TCP are. */
Test(filter, takes_segments_to_one_of_the_ports)
{
	static const size_t counts[] = {0, 1, 2, 4, 5, 6, 7, 8, 9, 33, 255};

	for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
		const struct nd_ports ports = ports_of(counts[c]);

		for (int f = 0; f < 2; f++) {
			const size_t options = f == 0 ? c * 4 : 0;
			struct pair p =
			    tcp_pair(families[f], ports.n > 0 ? &ports : NULL);
			struct bytes b = segment(families[f], options, 2);

			cr_assert(!passes(&p, &b));
			for (size_t i = 0; i < ports.n; i++) {
				b = segment(
				    families[f], options, ports.port[i]);
				passes_from(&p, &b, b.len - 4);
			}
			pair_free(&p);
		}
	}
}

Test(filter, takes_exactly_256_ports_of_65536)
{
	const struct nd_ports ports = ports_of(ND_PORTS_MAX);

	for (int f = 0; f < 2; f++) {
		struct pair p = tcp_pair(families[f], &ports);
		size_t n = 0;

		for (unsigned port = 0; port <= 0xffff; port++) {
			const struct bytes b =
			    segment(families[f], 0, (uint16_t)port);

			if (!passes(&p, &b))
				continue;
			cr_assert_geq(nd_ports_find(&ports, (uint16_t)port), 0);
			n++;
		}
		cr_assert_eq(n, ND_PORTS_MAX);
		pair_free(&p);
	}
}

Test(filter, rejects_fragments_without_a_transport_header)
{
	/* Flags and offset of the fragment, whether it passes. */
	static const unsigned fields[][2] = {{0, 1}, {0x4000, 1}, {0x8000, 1},
	    {0x2000, 1}, {1, 0}, {0x1000, 0}, {0x1fff, 0}, {0x2001, 0}};
	const struct nd_ports ports = ports_of(1);
	struct pair p = tcp_pair(AF_INET, &ports);

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct bytes b = segment(AF_INET, 0, ports.port[0]);

		nd_store16(b.data + 6, (uint16_t)fields[i][0]);
		cr_assert_eq(passes(&p, &b), fields[i][1] == 1);
	}
	pair_free(&p);
}

Test(filter, rejects_all_at_first_and_what_came_before)
{
	const struct nd_ports ports = ports_of(1);
	struct pair p = pair_new();
	struct bytes b = segment(AF_INET, 0, ports.port[0]);
	uint8_t byte;

	cr_assert_gt(send(p.in, b.data, b.len, 0), 0);
	cr_assert_eq(nd_filter_reject_all(p.out), 0);
	cr_assert_eq(recv(p.out, &byte, 1, MSG_DONTWAIT), -1);
	cr_assert(!passes(&p, &b));
	cr_assert_eq(nd_filter_ports(p.out, AF_INET, &ports), 0);
	cr_assert(passes(&p, &b));
	pair_free(&p);
}

Test(filter, cannot_be_changed_once_it_is_locked)
{
	const struct nd_ports ports = ports_of(1);
	struct pair p = tcp_pair(AF_INET, &ports);

	cr_assert_eq(nd_filter_lock(p.out), 0);
	cr_assert_eq(nd_filter_ports(p.out, AF_INET6, &ports), -EPERM);
	cr_assert_eq(nd_filter_reject_all(p.out), -EPERM);
	pair_free(&p);
}

Test(filter, tells_what_the_kernel_refuses)
{
	const struct nd_filter_icmp want = {.echo = true};
	struct pair p = pair_new();

	cr_assert_eq(nd_filter_reject_all(-1), -EBADF);
	cr_assert_eq(nd_filter_icmp(-1, AF_INET6, &want), -EBADF);
	cr_assert_eq(nd_filter_ports(-1, AF_INET6, NULL), -EBADF);
	cr_assert_eq(nd_filter_lock(-1), -EBADF);
	/* It has no types of ICMP. */
	cr_assert_lt(nd_filter_types(p.out, AF_INET), 0);
	cr_assert_lt(nd_filter_types(p.out, AF_INET6), 0);
	pair_free(&p);
}
