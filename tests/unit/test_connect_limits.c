/* SPDX-License-Identifier: MIT */
/*
 * lib/net/connect.c over loopback: descriptors and ports, which it gives back
 * and may run out of, and what the local host refuses.
 */
#include "connect_rig.h"

#include <sys/resource.h>

Test(connect_limits, many_at_once)
{
	enum { N = 500 };
	const struct server v[2] = {listener(AF_INET), server(AF_INET)};
	struct nd_sock s = opened(AF_INET);
	const int before = count_fds();
	struct nd_packet p[ND_NET_BATCH];
	bool seen[N] = {false};

	for (uint32_t i = 0; i < N; i++)
		cr_assert_eq(send_to(&s, &v[i % 2], i), 0);
	for (int left = N, n; left > 0; left -= n) {
		n = receive(&s, p, ND_NET_BATCH);
		cr_assert_gt(n, 0);
		for (int i = 0; i < n; i++) {
			const struct nd_outcome *o = p[i].outcome;

			cr_assert_lt(o->tag, N);
			cr_assert(!seen[o->tag]);
			cr_assert_eq(o->open, o->tag % 2 == 0);
			seen[o->tag] = true;
		}
	}
	cr_assert_eq(count_fds(), before);
	s.ops->close(&s);
	(void)close(v[0].fd);
	(void)close(v[1].fd);
}

Test(connect_limits, no_more_than_is_asked_for)
{
	const struct server v = server(AF_INET);
	struct nd_sock s = opened(AF_INET);
	struct nd_packet p[ND_NET_BATCH];

	for (uint32_t i = 0; i < 3; i++)
		cr_assert_eq(send_to(&s, &v, i), 0);
	cr_assert_eq(receive(&s, p, 2), 2);
	cr_assert_neq(p[0].outcome->tag, p[1].outcome->tag);
	cr_assert_eq(receive(&s, p, 2), 1);
	cr_assert_eq(s.ops->recv(&s, p, 2), 0);
	s.ops->close(&s);
	(void)close(v.fd);
}

Test(connect_limits, forgotten_has_no_descriptor_and_no_outcome)
{
	enum { N = 100 };
	struct nd_sock s = opened(AF_INET);
	const struct server mute = silent(&s, AF_INET), v = server(AF_INET);
	struct nd_addr other = mute.addr;
	const int before = count_fds();
	struct nd_packet p[ND_NET_BATCH];

	for (uint32_t i = 0; i < N; i++)
		cr_assert_eq(send_to(&s, &mute, i), 0);
	cr_assert_eq(count_fds(), before + N);
	/* The tags are in use, but not there. */
	for (uint32_t i = 0; i < N; i++)
		for (other.ip[3] = 2; other.ip[3] != 0; other.ip[3]++)
			s.ops->forget(&s, &other, i);
	s.ops->forget(&s, &mute.addr, N);
	cr_assert_eq(count_fds(), before + N);
	for (uint32_t i = 0; i < N; i++)
		s.ops->forget(&s, &mute.addr, i);
	cr_assert_eq(count_fds(), before);
	/* Also where the answer is there already. */
	cr_assert_eq(send_to(&s, &v, 1), 0);
	cr_assert_eq(send_to(&s, &v, 2), 0);
	cr_assert(is_ready(s.fd));
	s.ops->forget(&s, &v.addr, 1);
	cr_assert_eq(receive(&s, p, ND_NET_BATCH), 1);
	cr_assert_eq(p->outcome->tag, 2);
	s.ops->close(&s);
	(void)close(mute.fd);
	(void)close(v.fd);
}

Test(connect_limits, close_leaves_nothing_open)
{
	const int before = count_fds();
	struct nd_sock s = opened(AF_INET);
	const struct server mute = silent(&s, AF_INET);

	for (uint32_t i = 0; i < 10; i++)
		cr_assert_eq(send_to(&s, &mute, i), 0);
	s.ops->close(&s);
	(void)close(mute.fd);
	cr_assert_eq(s.fd, -1);
	cr_assert_eq(count_fds(), before);
}

static int
reach_the_limit(const void *arg)
{
	struct nd_sock s = opened(AF_INET);
	const struct server mute = silent(&s, AF_INET);
	const int next = dup(mute.fd);
	const struct rlimit one = {(rlim_t)next + 1, (rlim_t)next + 1};

	(void)arg;
	(void)close(next);
	CHECK(setrlimit(RLIMIT_NOFILE, &one) == 0);
	s.sends = 0;
	CHECK(send_to(&s, &mute, 1) == 0);
	CHECK(send_to(&s, &mute, 2) == -EAGAIN);
	CHECK(s.sends == 1);
	s.ops->forget(&s, &mute.addr, 1);
	CHECK(send_to(&s, &mute, 2) == 0);
	s.ops->close(&s);
	return 0;
}

Test(connect_limits, limit_of_descriptors_is_to_be_waited_for)
{
	cr_assert_eq(in_child(reach_the_limit, NULL), 0);
}

/* ---- The local host refuses --------------------------------------------- */

Test(connect_limits, what_the_host_refuses_is_an_error)
{
	const uint8_t documentation[4] = {192, 0, 2, 1};
	const struct nd_addr foreign = nd_addr_of(AF_INET, documentation);
	const struct server v = listener(AF_INET);
	const struct nd_send send = {.to = &v.addr,
	    .from = &foreign,
	    .ttl = -1,
	    .tos = -1,
	    .port = v.port};
	struct nd_sock s = opened(AF_INET);
	struct nd_sock other = {.ops = &nd_net_connect,
	    .fd = -1,
	    .family = AF_INET,
	    .proto = IPPROTO_TCP};
	struct nd_sock_opts opts = {.source = foreign};
	const int before = count_fds();

	cr_assert_eq(s.ops->send(&s, &send), -EADDRNOTAVAIL);
	cr_assert_eq(s.sends, 0);
	cr_assert_eq(other.ops->open(&other, &opts), -EADDRNOTAVAIL);
	opts = (struct nd_sock_opts){.device = "no_such_device"};
	cr_assert_eq(other.ops->open(&other, &opts), -ENODEV);
	opts.device = "longer_than_any_name_of_a_device";
	cr_assert_eq(other.ops->open(&other, &opts), -ENODEV);
	cr_assert_eq(count_fds(), before);
	s.ops->close(&s);
	(void)close(v.fd);
}

static int
use_up_ports(const void *arg)
{
	struct server v = {.fd = -1, .addr = loopback(AF_INET), .port = 50000};
	struct nd_packet p;
	struct nd_sock s;
	int r = enter_network("50001 50001");

	(void)arg;
	if (r != 0)
		return r;
	v.fd = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(bind_to(v.fd, &v.addr, v.port) == v.port);
	CHECK(listen(v.fd, 5) == 0);
	s = opened(AF_INET);
	CHECK(send_to(&s, &v, 1) == 0);
	CHECK(send_to(&s, &v, 2) == -EAGAIN);
	CHECK(receive(&s, &p, 1) == 1 && p.outcome->open);
	CHECK(send_to(&s, &v, 2) == 0);
	s.ops->close(&s);
	return 0;
}

Test(connect_limits, ports_used_up_are_to_be_waited_for)
{
	expect_in_child(use_up_ports, NULL);
}

static int
meet_ourselves(const void *arg)
{
	const struct server v = {
	    .fd = -1, .addr = loopback(AF_INET), .port = 50001};
	int r = enter_network("50001 50001");
	struct nd_sock s;

	(void)arg;
	if (r != 0)
		return r;
	s = opened(AF_INET);
	CHECK(send_to(&s, &v, 1) == -EAGAIN);
	s.ops->close(&s);
	return 0;
}

Test(connect_limits, port_is_not_open_because_it_is_our_own)
{
	expect_in_child(meet_ourselves, NULL);
}
