/* SPDX-License-Identifier: MIT */
/* lib/net/each.c over loopback: what is told of each probe. */
#include "each_rig.h"
#include "net/recv.h"
#include "net/sock.h"
#include "wire/checksum.h"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <time.h>

static int64_t
realtime_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/*
 * The kernel stamps nothing until some time after it was first asked to. Once
 * it does, it goes on while this descriptor is there.
 */
static int
stamper(void)
{
	const struct server v = udp_port(AF_INET);
	const struct nd_sock_opts opts = {.device = NULL};
	struct nd_sock s = {.fd = v.fd, .family = AF_INET};
	struct nd_packet p = {.stamp_real_ns = 0};
	struct sockaddr_storage own;
	socklen_t len = sizeof(own);

	cr_assert_eq(nd_sock_options(&s, &opts), 0);
	cr_assert_eq(nd_rx_reserve(&s, 0), 0);
	cr_assert_eq(getsockname(v.fd, (struct sockaddr *)&own, &len), 0);
	for (int i = 0; i < 1000000 && p.stamp_real_ns == 0; i++) {
		cr_assert_eq(sendto(v.fd, payload, 1, 0,
				 (const struct sockaddr *)&own, len),
		    1);
		cr_assert(is_ready(v.fd));
		cr_assert_eq(nd_rx_data(&s, &p, 1), 1);
	}
	nd_rx_free(s.rx);
	return v.fd;
}

/* ECONNREFUSED is pending on the socket by then: it must not be all. */
static void
expect_refused(int family)
{
	const struct server v = no_port(family);
	const bool is4 = family == AF_INET;
	const int stamps = stamper();
	struct nd_sock s = each_opened(family);
	const int before = count_fds();
	const int64_t began = realtime_ns();
	struct nd_packet p[ND_NET_BATCH];

	cr_assert_eq(s.caps, ND_NET_EACH);
	cr_assert_eq(each_send(&s, &v, 0xfffffff0), 0);
	cr_assert_eq(s.sends, 1);
	cr_assert_eq(count_fds(), before + 1);
	cr_assert_eq(each_receive(&s, p, ND_NET_BATCH), 1);
	cr_assert_eq(p->kind, ND_PACKET_ERROR);
	cr_assert_eq(p->proto, IPPROTO_UDP);
	cr_assert_eq(p->tag, 0xfffffff0);
	cr_assert_eq(p->icmp_type, is4 ? ICMP_DEST_UNREACH : ICMP6_DST_UNREACH);
	cr_assert_eq(
	    p->icmp_code, is4 ? ICMP_PORT_UNREACH : ICMP6_DST_UNREACH_NOPORT);
	cr_assert_eq(p->err, ECONNREFUSED);
	cr_assert(nd_addr_equal(&p->from, &v.addr));
	cr_assert(nd_addr_equal(&p->to, &v.addr));
	cr_assert_eq(p->ttl, 64);
	cr_assert_geq(p->tos, 0);
	cr_assert_geq(p->stamp_real_ns, began);
	cr_assert_leq(p->stamp_real_ns, realtime_ns());
	cr_assert_eq(p->len, sizeof(payload));
	cr_assert_arr_eq(p->data, payload, sizeof(payload));
	cr_assert_null(p->ext);
	cr_assert_eq(count_fds(), before);
	cr_assert_eq(s.ops->recv_errors(&s, p, ND_NET_BATCH), 0);
	cr_assert_eq(s.ops->recv(&s, p, ND_NET_BATCH), 0);
	s.ops->close(&s);
	(void)close(stamps);
}

Test(each, port_unreachable_is_an_icmp_error)
{
	expect_refused(AF_INET);
}

Test(each, port_unreachable_is_an_icmp_error_ipv6)
{
	expect_refused(AF_INET6);
}

static void
expect_answer(int family)
{
	const struct server v = udp_port(family);
	const int stamps = stamper();
	struct nd_sock s = each_opened(family);
	const int before = count_fds();
	const int64_t began = realtime_ns();
	struct nd_packet p[ND_NET_BATCH];

	cr_assert_eq(each_send(&s, &v, 7), 0);
	cr_assert_eq(each_send(&s, &v, 8), 0);
	cr_assert_eq(s.ops->recv_errors(&s, p, ND_NET_BATCH), 0);
	cr_assert(answer(&v));
	cr_assert_eq(each_receive(&s, p, ND_NET_BATCH), 1);
	cr_assert_eq(p->kind, ND_PACKET_MESSAGE);
	cr_assert_eq(p->proto, IPPROTO_UDP);
	cr_assert_eq(p->tag, 7);
	cr_assert(nd_addr_equal(&p->from, &v.addr));
	cr_assert_eq(p->ttl, 64);
	cr_assert_eq(p->tos, 0);
	cr_assert_geq(p->stamp_real_ns, began);
	cr_assert_leq(p->stamp_real_ns, realtime_ns());
	cr_assert_eq(p->len, sizeof(payload));
	cr_assert_arr_eq(p->data, payload, sizeof(payload));
	cr_assert_eq(count_fds(), before + 1);
	cr_assert(answer(&v));
	cr_assert_eq(each_receive(&s, p, ND_NET_BATCH), 1);
	cr_assert_eq(p->tag, 8);
	cr_assert_eq(count_fds(), before);
	s.ops->close(&s);
	(void)close(stamps);
	(void)close(v.fd);
}

Test(each, answer_is_a_message_of_its_probe)
{
	expect_answer(AF_INET);
}

Test(each, answer_is_a_message_of_its_probe_ipv6)
{
	expect_answer(AF_INET6);
}

/* TTL and TOS as the server sees them. */
static void
expect_header(int family)
{
	const bool is4 = family == AF_INET;
	const int level = is4 ? IPPROTO_IP : IPPROTO_IPV6, on = 1;
	const struct server v = udp_port(family);
	struct nd_sock s = each_opened(family);
	const struct nd_send send = {.to = &v.addr,
	    .from = &v.addr,
	    .ttl = 7,
	    .tos = 0x2b,
	    .data = payload,
	    .len = 3,
	    .port = v.port};
	struct nd_sock server = {.fd = v.fd, .family = family};
	struct nd_packet p;

	cr_assert_eq(setsockopt(v.fd, level,
			 is4 ? IP_RECVTTL : IPV6_RECVHOPLIMIT, &on, sizeof(on)),
	    0);
	cr_assert_eq(setsockopt(v.fd, level, is4 ? IP_RECVTOS : IPV6_RECVTCLASS,
			 &on, sizeof(on)),
	    0);
	cr_assert_eq(s.ops->send(&s, &send), 0);
	cr_assert(is_ready(v.fd));
	cr_assert_eq(nd_rx_reserve(&server, 100), 0);
	cr_assert_eq(nd_rx_data(&server, &p, 1), 1);
	cr_assert_eq(p.len, 3);
	cr_assert_eq(p.ttl, 7);
	cr_assert_eq(p.tos, 0x2b);
	nd_rx_free(server.rx);
	s.ops->close(&s);
	(void)close(v.fd);
}

Test(each, ttl_and_tos_are_sent)
{
	expect_header(AF_INET);
}

Test(each, ttl_and_tos_are_sent_ipv6)
{
	expect_header(AF_INET6);
}

/* The two stamps come first, under the number of the send. */
Test(each, departures_are_stamped_by_number_of_send)
{
	const struct server v = no_port(AF_INET);
	const int stamps = stamper();
	struct nd_sock s = each_opened(AF_INET);
	struct nd_packet p[ND_NET_BATCH];

	cr_assert_eq(s.ops->enable_stamps(&s), 0);
	cr_assert_eq(s.caps, ND_NET_EACH | ND_NET_TX_STAMPS);
	for (uint32_t i = 0; i < 3; i++) {
		int64_t left = 0, n;

		cr_assert_eq(each_send(&s, &v, 100 + i), 0);
		n = each_receive(&s, p, ND_NET_BATCH);
		cr_assert_geq(n, 2);
		for (int64_t j = 0; j < n - 1; j++) {
			cr_assert_eq(p[j].kind, ND_PACKET_STAMP);
			cr_assert_eq(p[j].send_id, i);
			if (!p[j].enqueued)
				left = p[j].stamp_real_ns;
		}
		cr_assert_eq(p[n - 1].kind, ND_PACKET_ERROR);
		cr_assert_eq(p[n - 1].tag, 100 + i);
		cr_assert_gt(left, 0);
		cr_assert_geq(p[n - 1].stamp_real_ns, left);
	}
	cr_assert(!s.sends_unsure);
	s.ops->close(&s);
	(void)close(stamps);
}

/* ---- ICMP errors of routers --------------------------------------------- */

/* RFC 4884 with one label stack entry, RFC 4950; its checksum is right. */
static const uint8_t extension[] = {
    0x20, 0, 0xdd, 0xb5, 0, 8, 1, 1, 0x00, 0x01, 0x01, 0x40};

#define QUOTED 128 /* at least, where extensions follow */

struct told {
	int family;
	uint8_t type, code;
	int err;
	uint32_t info; /* of the header's second word */
	bool has_extension;
};

/* What was sent, from its IP header on. IPv6 comes without it. */
static size_t
spy_datagram(int spy, const struct server *v, uint8_t *ret, size_t size)
{
	const bool is4 = v->addr.family == AF_INET;
	const size_t ip = is4 ? 20 : 40;
	ssize_t n;

	if (!is_ready(spy))
		return 0;
	memset(ret, 0, size);
	n = recv(spy, is4 ? ret : ret + ip, size - ip, 0);
	if (n <= 0 || is4)
		return n > 0 ? (size_t)n : 0;
	ret[0] = 0x60;
	ret[5] = (uint8_t)n;
	ret[6] = IPPROTO_UDP;
	memcpy(ret + 8, v->addr.ip, 16);
	memcpy(ret + 24, v->addr.ip, 16);
	return ip + (size_t)n;
}

/* Sends an ICMP error as TOLD about the datagram to V that SPY sees. */
static bool
forge(const struct server *v, int spy, const struct told *told)
{
	const bool is4 = told->family == AF_INET;
	const int fd =
	    socket(told->family, SOCK_RAW, is4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	uint8_t packet[300] = {told->type, told->code};
	size_t len = 8 + spy_datagram(spy, v, packet + 8, QUOTED);
	struct sockaddr_storage to;
	const socklen_t to_len = nd_addr_to(&v->addr, &to);
	uint32_t info = htonl(told->info);
	uint16_t sum;
	ssize_t n;

	memcpy(packet + 4, &info, sizeof(info));
	if (told->has_extension) {
		/* In units of 4 bytes, or of 8. */
		packet[is4 ? 5 : 4] = is4 ? QUOTED / 4 : QUOTED / 8;
		memcpy(packet + 8 + QUOTED, extension, sizeof(extension));
		len = 8 + QUOTED + sizeof(extension);
	}
	/* The kernel does that of ICMPv6. */
	if (is4) {
		sum = htons(nd_sum_fold(nd_sum(0, packet, len)));
		memcpy(packet + 2, &sum, sizeof(sum));
	}
	n = sendto(fd, packet, len, 0, (struct sockaddr *)&to, to_len);
	(void)close(fd);
	return len > 8 && n == (ssize_t)len;
}

static int
be_told(const void *arg)
{
	const struct told *told = arg;
	int r = enter_network("50000 60000"), spy;
	struct server mute;
	struct nd_packet p;
	struct nd_sock s;

	if (r != 0)
		return r;
	mute = udp_port(told->family);
	s = each_opened(told->family);
	spy = socket(told->family, SOCK_RAW, IPPROTO_UDP);
	CHECK(spy >= 0);
	CHECK(each_send(&s, &mute, 8) == 0);
	CHECK(each_send(&s, &mute, 9) == 0);
	CHECK(forge(&mute, spy, told));
	CHECK(each_receive(&s, &p, 1) == 1);
	CHECK(p.kind == ND_PACKET_ERROR);
	CHECK(p.tag == 8);
	CHECK(p.icmp_type == told->type);
	CHECK(p.icmp_code == told->code);
	CHECK(p.err == told->err);
	/* IPv6: whatever word is there. */
	CHECK(p.info == told->info || told->has_extension);
	CHECK(nd_addr_equal(&p.to, &mute.addr));
	CHECK(nd_addr_equal(&p.from, &mute.addr));
	CHECK(p.len >= sizeof(payload));
	CHECK(memcmp(p.data, payload, sizeof(payload)) == 0);
	CHECK((p.ext != NULL) == told->has_extension);
	if (p.ext != NULL) {
		CHECK(p.ext_len == sizeof(extension));
		CHECK(memcmp(p.ext, extension, sizeof(extension)) == 0);
	}
	CHECK(s.ops->recv_errors(&s, &p, 1) == 0);
	s.ops->close(&s);
	return 0;
}

Test(each, what_routers_say_is_told)
{
	static const struct told hop = {
	    .family = AF_INET, .type = ICMP_TIME_EXCEEDED, .err = EHOSTUNREACH};
	static const struct told filter = {.family = AF_INET,
	    .type = ICMP_DEST_UNREACH,
	    .code = ICMP_PKT_FILTERED,
	    .err = EHOSTUNREACH};
	static const struct told big = {.family = AF_INET,
	    .type = ICMP_DEST_UNREACH,
	    .code = ICMP_FRAG_NEEDED,
	    .err = EMSGSIZE,
	    .info = 1300};
	struct told labels = hop;

	labels.has_extension = true;
	expect_in_child(be_told, &hop);
	expect_in_child(be_told, &filter);
	expect_in_child(be_told, &big);
	expect_in_child(be_told, &labels);
}

Test(each, what_routers_say_is_told_ipv6)
{
	static const struct told hop = {.family = AF_INET6,
	    .type = ICMP6_TIME_EXCEEDED,
	    .err = EHOSTUNREACH};
	static const struct told filter = {.family = AF_INET6,
	    .type = ICMP6_DST_UNREACH,
	    .code = ICMP6_DST_UNREACH_ADMIN,
	    .err = EACCES};
	static const struct told big = {.family = AF_INET6,
	    .type = ICMP6_PACKET_TOO_BIG,
	    .err = EMSGSIZE,
	    .info = 1300};
	struct told labels = hop;

	labels.has_extension = true;
	expect_in_child(be_told, &hop);
	expect_in_child(be_told, &filter);
	expect_in_child(be_told, &big);
	expect_in_child(be_told, &labels);
}
