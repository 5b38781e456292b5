/* SPDX-License-Identifier: MIT */
/* lib/net/recv.h: buffers that grow while a batch is being read. */
#include "net/recv.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A UDP socket on loopback that is connected to itself. */
static struct nd_sock
loopback(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct nd_sock s = {.family = AF_INET, .proto = IPPROTO_UDP};
	socklen_t len = sizeof(in);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s.fd = socket(AF_INET, SOCK_DGRAM, 0);
	cr_assert_geq(s.fd, 0);
	cr_assert_eq(bind(s.fd, (struct sockaddr *)&in, len), 0);
	cr_assert_eq(getsockname(s.fd, (struct sockaddr *)&in, &len), 0);
	cr_assert_eq(connect(s.fd, (struct sockaddr *)&in, len), 0);
	return s;
}

Test(recv, packets_outlive_a_larger_reservation)
{
	struct nd_sock s = loopback();
	struct nd_packet got[ND_NET_BATCH];
	char big[5000];

	cr_assert_eq(nd_rx_reserve(&s, 100), 0);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(send(s.fd, &"abc"[i], 1, 0), 1);
	cr_assert_eq(nd_rx_data(&s, got, ND_NET_BATCH), 3);
	/* As a callback does that starts something with larger messages. */
	cr_assert_eq(nd_rx_reserve(&s, 3000), 0);
	cr_assert_eq(nd_rx_reserve(&s, sizeof(big)), 0);
	cr_assert_eq(nd_rx_reserve(&s, 10), 0);
	for (int i = 0; i < 3; i++) {
		cr_assert_eq(got[i].len, 1);
		cr_assert_eq(got[i].data[0], "abc"[i]);
	}
	memset(big, 'x', sizeof(big));
	cr_assert_eq(send(s.fd, big, sizeof(big), 0), sizeof(big));
	cr_assert_eq(nd_rx_data(&s, got, ND_NET_BATCH), 1);
	cr_assert_eq(got[0].len, sizeof(big));
	cr_assert_eq(memcmp(got[0].data, big, sizeof(big)), 0);
	nd_rx_free(s.rx);
	(void)close(s.fd);
}

Test(recv, cuts_what_is_longer_than_its_buffer)
{
	struct nd_sock s = loopback();
	struct nd_packet got[ND_NET_BATCH];
	char big[5000] = {0};

	cr_assert_eq(nd_rx_data(&s, got, ND_NET_BATCH), 0); /* no buffers */
	cr_assert_eq(nd_rx_reserve(&s, 100), 0);
	cr_assert_eq(nd_rx_data(&s, got, ND_NET_BATCH), 0); /* no packet */
	cr_assert_eq(send(s.fd, big, sizeof(big), 0), sizeof(big));
	cr_assert_eq(nd_rx_data(&s, got, ND_NET_BATCH), 1);
	cr_assert_lt(got[0].len, sizeof(big));
	nd_rx_free(s.rx);
	nd_rx_free(NULL);
	(void)close(s.fd);
}
