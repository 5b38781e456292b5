/* SPDX-License-Identifier: MIT */
/* lib/net/connect.c over loopback: what is told of each connect(). */
#include "connect_rig.h"
#include "wire/checksum.h"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>

static void
expect_open(int family)
{
	const struct server v = listener(family);
	const int mss = 1000;
	struct nd_sock s = opened(family);
	struct nd_packet p[ND_NET_BATCH];

	cr_assert_eq(
	    setsockopt(v.fd, IPPROTO_TCP, TCP_MAXSEG, &mss, sizeof(mss)), 0);
	cr_assert_eq(s.caps, ND_NET_CONNECTS);
	cr_assert_eq(send_to(&s, &v, 77), 0);
	cr_assert_eq(s.sends, 1);
	cr_assert_eq(receive(&s, p, ND_NET_BATCH), 1);
	cr_assert_eq(p->kind, ND_PACKET_OUTCOME);
	cr_assert_eq(p->proto, IPPROTO_TCP);
	cr_assert(nd_addr_equal(&p->to, &v.addr));
	cr_assert(nd_addr_equal(&p->from, &v.addr));
	cr_assert_eq(p->ttl, -1);
	cr_assert_eq(p->outcome->tag, 77);
	cr_assert(p->outcome->open);
	cr_assert(!p->outcome->icmp);
	cr_assert_eq(p->outcome->repeats, 0);
	cr_assert_gt(p->outcome->rtt_ns, 0);
	cr_assert_eq(p->outcome->mss, mss);
	cr_assert_eq(s.ops->recv(&s, p, ND_NET_BATCH), 0);
	s.ops->close(&s);
	(void)close(v.fd);
}

Test(connect, syn_ack_is_open)
{
	expect_open(AF_INET);
}

Test(connect, syn_ack_is_open_ipv6)
{
	expect_open(AF_INET6);
}

static void
expect_closed(int family)
{
	const struct server v = server(family);
	struct nd_sock s = opened(family);
	struct nd_packet p[ND_NET_BATCH];

	cr_assert_eq(send_to(&s, &v, 0xfffffff0), 0);
	cr_assert_eq(receive(&s, p, ND_NET_BATCH), 1);
	cr_assert(nd_addr_equal(&p->to, &v.addr));
	cr_assert_eq(p->outcome->tag, 0xfffffff0);
	cr_assert(!p->outcome->open);
	cr_assert(!p->outcome->icmp);
	cr_assert_eq(p->outcome->rtt_ns, -1);
	cr_assert_eq(p->outcome->mss, -1);
	cr_assert_eq(p->outcome->wscale, -1);
	s.ops->close(&s);
	(void)close(v.fd);
}

Test(connect, rst_is_closed)
{
	expect_closed(AF_INET);
}

Test(connect, rst_is_closed_ipv6)
{
	expect_closed(AF_INET6);
}

/* On loopback the window says less than the server's MSS of 65 kB. */
Test(connect, mss_that_may_be_our_own_is_not_told)
{
	const struct server v = listener(AF_INET);
	struct nd_sock s = opened(AF_INET);
	struct nd_packet p;

	cr_assert_eq(send_to(&s, &v, 1), 0);
	cr_assert_eq(receive(&s, &p, 1), 1);
	cr_assert(p.outcome->open);
	cr_assert_eq(p.outcome->mss, -1);
	s.ops->close(&s);
	(void)close(v.fd);
}

/* Those that are accepted come in order: the second would be the first. */
static void
expect_half_open(int family)
{
	const struct server v = listener(family);
	struct nd_sock s = opened(family);
	struct nd_packet p;

	cr_assert_eq(send_to(&s, &v, 1), 0);
	cr_assert_eq(receive(&s, &p, 1), 1);
	cr_assert(p.outcome->open);
	cr_assert_eq(send_full(&s, &v, 2), 0);
	cr_assert_eq(receive(&s, &p, 1), 1);
	cr_assert(p.outcome->open);
	cr_assert(is_ready(v.fd));
	cr_assert_geq(accept(v.fd, NULL, NULL), 0);
	cr_assert_eq(accept(v.fd, NULL, NULL), -1);
	cr_assert_eq(errno, EAGAIN);
	s.ops->close(&s);
	(void)close(v.fd);
}

Test(connect, half_open_is_not_accepted_and_full_is)
{
	expect_half_open(AF_INET);
}

Test(connect, half_open_is_not_accepted_and_full_is_ipv6)
{
	expect_half_open(AF_INET6);
}

/* ---- ICMP errors -------------------------------------------------------- */

/* What was sent to V, from its IP header on, as far as it is a SYN. */
static size_t
spy_syn(int spy, const struct server *v, uint8_t *ret, size_t size)
{
	const bool is4 = v->addr.family == AF_INET;
	const size_t ip = is4 ? 20 : 40;
	uint8_t *tcp = ret + ip;
	ssize_t n;

	/* IPv6 comes without its header. */
	memset(ret, 0, size);
	do {
		if (!is_ready(spy))
			return 0;
		n = recv(spy, is4 ? ret : tcp, size - ip, 0);
	} while (n < 20 || tcp[13] != 2);
	if (is4)
		return (size_t)n;
	ret[0] = 0x60;
	ret[5] = (uint8_t)n;
	ret[6] = IPPROTO_TCP;
	memcpy(ret + 8, v->addr.ip, 16);
	memcpy(ret + 24, v->addr.ip, 16);
	return ip + (size_t)n;
}

/* Sends an ICMP error of TYPE and CODE about a SYN to V that SPY sees. */
static bool
forge(const struct server *v, int spy, uint8_t type, uint8_t code)
{
	const bool is4 = v->addr.family == AF_INET;
	const int fd = socket(
	    v->addr.family, SOCK_RAW, is4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	uint8_t packet[200] = {type, code};
	size_t len = 8 + spy_syn(spy, v, packet + 8, sizeof(packet) - 8);
	struct sockaddr_storage to;
	const socklen_t to_len = nd_addr_to(&v->addr, &to);
	uint16_t sum;
	ssize_t n;

	/* The kernel does that of ICMPv6. */
	if (is4) {
		sum = htons(nd_sum_fold(nd_sum(0, packet, len)));
		memcpy(packet + 2, &sum, sizeof(sum));
	}
	n = sendto(fd, packet, len, 0, (struct sockaddr *)&to, to_len);
	(void)close(fd);
	return len > 8 && n == (ssize_t)len;
}

struct refusal {
	int family, err;
	uint8_t type, code;
};

static int
be_refused(const void *arg)
{
	const struct refusal *want = arg;
	int r = enter_network("50000 60000"), spy;
	struct nd_packet p;
	struct server mute;
	struct nd_sock s;

	if (r != 0)
		return r;
	s = opened(want->family);
	mute = silent(&s, want->family);
	spy = socket(want->family, SOCK_RAW, IPPROTO_TCP);
	CHECK(spy >= 0);
	CHECK(send_to(&s, &mute, 9) == 0);
	CHECK(forge(&mute, spy, want->type, want->code));
	CHECK(receive(&s, &p, 1) == 1);
	CHECK(p.outcome->tag == 9);
	CHECK(p.outcome->icmp);
	CHECK(!p.outcome->open);
	CHECK(p.icmp_type == want->type);
	CHECK(p.icmp_code == want->code);
	CHECK(p.err == want->err);
	CHECK(nd_addr_equal(&p.to, &mute.addr));
	CHECK(nd_addr_equal(&p.from, &mute.addr));
	s.ops->close(&s);
	return 0;
}

Test(connect, icmp_error_is_no_rst)
{
	static const struct refusal port = {
	    AF_INET, ECONNREFUSED, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH};
	static const struct refusal filter = {
	    AF_INET, EHOSTUNREACH, ICMP_DEST_UNREACH, ICMP_PKT_FILTERED};

	expect_in_child(be_refused, &port);
	expect_in_child(be_refused, &filter);
}

Test(connect, icmp_error_is_no_rst_ipv6)
{
	static const struct refusal port = {AF_INET6, ECONNREFUSED,
	    ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOPORT};
	static const struct refusal filter = {
	    AF_INET6, EACCES, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADMIN};

	expect_in_child(be_refused, &port);
	expect_in_child(be_refused, &filter);
}

/* ---- What it does not do ------------------------------------------------ */

Test(connect, departures_have_no_stamps)
{
	const struct server v = server(AF_INET);
	struct nd_sock s = opened(AF_INET);
	struct nd_packet p;

	cr_assert_eq(send_to(&s, &v, 1), 0);
	cr_assert_eq(s.ops->enable_stamps(&s), 0);
	cr_assert_eq(s.caps & ND_NET_TX_STAMPS, 0);
	cr_assert_eq(s.sends, 0);
	cr_assert_eq(s.ops->reserve(&s, 65535), 0);
	cr_assert_eq(s.ops->recv_errors(&s, &p, 1), 0);
	cr_assert_eq(s.ops->drops(&s), 0);
	cr_assert_eq(receive(&s, &p, 1), 1);
	s.ops->close(&s);
	(void)close(v.fd);
}
