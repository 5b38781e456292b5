/* SPDX-License-Identifier: MIT */
/*
 * lib/net/each.c over loopback: descriptors, which it gives back and may run
 * out of, and what the local host refuses.
 */
#include "each_rig.h"

#include <sys/resource.h>

/* More than one batch: what was read first stays valid. */
Test(each_limits, many_at_once)
{
	enum { N = 200 };
	const struct server v[2] = {udp_port(AF_INET), no_port(AF_INET)};
	struct nd_sock s = each_opened(AF_INET);
	const int before = count_fds();
	struct nd_packet p[ND_NET_BATCH];
	bool seen[N] = {false};

	for (uint32_t i = 0; i < N; i++) {
		const struct nd_send send = {.to = &v[i % 2].addr,
		    .ttl = -1,
		    .tos = -1,
		    .data = (const uint8_t *)&i,
		    .len = sizeof(i),
		    .tag = i,
		    .port = v[i % 2].port};

		cr_assert_eq(s.ops->send(&s, &send), 0);
		cr_assert(i % 2 == 1 || answer(&v[0]));
	}
	for (int left = N, n; left > 0; left -= n) {
		n = each_receive(&s, p, ND_NET_BATCH);
		cr_assert_gt(n, 0);
		for (int i = 0; i < n; i++) {
			const uint32_t tag = p[i].tag;

			cr_assert_lt(tag, N);
			cr_assert(!seen[tag]);
			cr_assert_eq(p[i].kind,
			    tag % 2 == 0 ? ND_PACKET_MESSAGE : ND_PACKET_ERROR);
			cr_assert_eq(p[i].len, sizeof(tag));
			cr_assert_arr_eq(p[i].data, &tag, sizeof(tag));
			seen[tag] = true;
		}
	}
	cr_assert_eq(count_fds(), before);
	s.ops->close(&s);
	(void)close(v[0].fd);
}

Test(each_limits, no_more_than_is_asked_for)
{
	const struct server v = no_port(AF_INET);
	struct nd_sock s = each_opened(AF_INET);
	struct nd_packet p[ND_NET_BATCH];

	for (uint32_t i = 0; i < 3; i++)
		cr_assert_eq(each_send(&s, &v, i), 0);
	cr_assert_eq(each_receive(&s, p, 2), 2);
	cr_assert_neq(p[0].tag, p[1].tag);
	cr_assert_eq(each_receive(&s, p, 2), 1);
	cr_assert_eq(s.ops->recv_errors(&s, p, 2), 0);
	s.ops->close(&s);
}

/* Two stamps and an error: one at a time, none is lost. */
Test(each_limits, a_queue_is_read_in_parts)
{
	const struct server v = no_port(AF_INET);
	struct nd_sock s = each_opened(AF_INET);
	int errors = 0, stamps = 0;
	struct nd_packet p;

	cr_assert_eq(s.ops->enable_stamps(&s), 0);
	cr_assert_eq(each_send(&s, &v, 5), 0);
	while (errors == 0) {
		cr_assert_eq(each_receive(&s, &p, 1), 1);
		cr_assert_eq(p.tag, 5);
		errors += p.kind == ND_PACKET_ERROR;
		stamps += p.kind == ND_PACKET_STAMP;
	}
	cr_assert_eq(stamps, 2);
	s.ops->close(&s);
}

Test(each_limits, forgotten_has_no_descriptor_and_no_answer)
{
	enum { N = 100 };
	struct nd_sock s = each_opened(AF_INET);
	const struct server mute = udp_port(AF_INET), none = no_port(AF_INET);
	const int before = count_fds();
	struct nd_packet p[ND_NET_BATCH];

	for (uint32_t i = 0; i < N; i++)
		cr_assert_eq(each_send(&s, &mute, i), 0);
	cr_assert_eq(count_fds(), before + N);
	s.ops->forget(&s, &mute.addr, N);
	cr_assert_eq(count_fds(), before + N);
	for (uint32_t i = 0; i < N; i++)
		s.ops->forget(&s, &mute.addr, i);
	cr_assert_eq(count_fds(), before);
	/* Also where the error is there already. */
	cr_assert_eq(each_send(&s, &none, 1), 0);
	cr_assert_eq(each_send(&s, &none, 2), 0);
	cr_assert(is_ready(s.fd));
	s.ops->forget(&s, &none.addr, 1);
	cr_assert_eq(each_receive(&s, p, ND_NET_BATCH), 1);
	cr_assert_eq(p->tag, 2);
	s.ops->close(&s);
	(void)close(mute.fd);
}

Test(each_limits, close_leaves_nothing_open)
{
	const int before = count_fds();
	struct nd_sock s = each_opened(AF_INET);
	const struct server mute = udp_port(AF_INET);

	for (uint32_t i = 0; i < 10; i++)
		cr_assert_eq(each_send(&s, &mute, i), 0);
	s.ops->close(&s);
	(void)close(mute.fd);
	cr_assert_eq(s.fd, -1);
	cr_assert_eq(count_fds(), before);
}

/* A quarter of few descriptors is spare, 64 of many. */
static int
reach_the_limit(const void *arg)
{
	const rlim_t most = *(const rlim_t *)arg;
	const struct rlimit limit = {most, most};
	const rlim_t spare = most / 4 < 64 ? most / 4 : 64;
	const struct server mute = udp_port(AF_INET);
	struct nd_sock s;
	uint32_t n = 0;
	int next;

	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	s = each_opened(AF_INET);
	while (each_send(&s, &mute, n) == 0)
		n++;
	CHECK(n > 0);
	CHECK(s.sends == n);
	CHECK(each_send(&s, &mute, n) == -EAGAIN);
	/* The lowest one that is free. */
	next = dup(mute.fd);
	CHECK((rlim_t)next == most - spare);
	(void)close(next);
	s.ops->forget(&s, &mute.addr, 0);
	CHECK(each_send(&s, &mute, n) == 0);
	CHECK(each_send(&s, &mute, n + 1) == -EAGAIN);
	s.ops->close(&s);
	return 0;
}

Test(each_limits, limit_of_descriptors_is_to_be_waited_for)
{
	static const rlim_t few = 100, many = 400;

	expect_in_child(reach_the_limit, &few);
	expect_in_child(reach_the_limit, &many);
}

/* ---- The local host refuses --------------------------------------------- */

Test(each_limits, what_the_host_refuses_is_an_error)
{
	static uint8_t long_data[65507];
	const uint8_t documentation[4] = {192, 0, 2, 1};
	const uint8_t everybody[4] = {255, 255, 255, 255};
	const struct nd_addr foreign = nd_addr_of(AF_INET, documentation);
	const struct nd_addr broadcast = nd_addr_of(AF_INET, everybody);
	const struct server v = udp_port(AF_INET);
	struct nd_send send = {.to = &v.addr,
	    .from = &foreign,
	    .ttl = -1,
	    .tos = -1,
	    .data = long_data,
	    .port = v.port};
	struct nd_sock s = each_opened(AF_INET);
	struct nd_sock other = {.ops = &nd_net_each,
	    .fd = -1,
	    .family = AF_INET,
	    .proto = IPPROTO_UDP};
	struct nd_sock_opts opts = {.source = foreign};
	const int before = count_fds();

	cr_assert_eq(s.ops->send(&s, &send), -EADDRNOTAVAIL);
	send.from = NULL;
	send.len = sizeof(long_data) + 1;
	cr_assert_eq(s.ops->send(&s, &send), -EMSGSIZE);
	send.to = &broadcast;
	send.len = 1;
	cr_assert_eq(s.ops->send(&s, &send), -EACCES);
	cr_assert_eq(s.sends, 0);
	cr_assert(!s.sends_unsure);
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
have_no_route(const void *arg)
{
	const uint8_t documentation[4] = {192, 0, 2, 1};
	const struct server far = {
	    .addr = nd_addr_of(AF_INET, documentation), .port = 9};
	int r = enter_network("50000 60000"), before;
	struct nd_sock s;

	(void)arg;
	if (r != 0)
		return r;
	s = each_opened(AF_INET);
	before = count_fds();
	CHECK(each_send(&s, &far, 1) == -ENETUNREACH);
	CHECK(count_fds() == before);
	s.ops->close(&s);
	return 0;
}

Test(each_limits, no_route_is_an_error)
{
	expect_in_child(have_no_route, NULL);
}

static int
meet_ourselves(const void *arg)
{
	const struct server v = {.addr = loopback(AF_INET), .port = 50001};
	int r = enter_network("50001 50001");
	struct nd_sock s;

	(void)arg;
	if (r != 0)
		return r;
	s = each_opened(AF_INET);
	CHECK(each_send(&s, &v, 1) == -EAGAIN);
	s.ops->close(&s);
	return 0;
}

Test(each_limits, nobody_answers_himself)
{
	expect_in_child(meet_ourselves, NULL);
}

static int
use_up_ports(const void *arg)
{
	struct server v = {.addr = loopback(AF_INET), .port = 50000};
	int r = enter_network("50001 50001");
	struct nd_packet p;
	struct nd_sock s;

	(void)arg;
	if (r != 0)
		return r;
	v.fd = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(bind_to(v.fd, &v.addr, v.port) == v.port);
	s = each_opened(AF_INET);
	CHECK(each_send(&s, &v, 1) == 0);
	CHECK(each_send(&s, &v, 2) == -EAGAIN);
	CHECK(answer(&v));
	CHECK(each_receive(&s, &p, 1) == 1 && p.tag == 1);
	CHECK(each_send(&s, &v, 2) == 0);
	s.ops->close(&s);
	return 0;
}

Test(each_limits, ports_used_up_are_to_be_waited_for)
{
	expect_in_child(use_up_ports, NULL);
}
