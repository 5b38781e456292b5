/* SPDX-License-Identifier: MIT */
/*
 * bare: the least that a sweep can cost. Sends one echo request to each of
 * COUNT addresses from BASE on over one raw socket: 64 sendto(), then all that
 * has come by recvmmsg(), and nothing else: no table, no check, no statistics.
 * Prints "SENT RECEIVED NANOSECONDS", first send to last reply.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/icmp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 64
#define MESSAGE 64 /* ICMP header and 56 bytes, as ping */
#define REPLY_MAX 256
#define BUFFER (8 << 20)
#define PATIENCE_MS 1000

struct bare {
	int fd;
	uint8_t request[MESSAGE];
	struct mmsghdr msg[BATCH];
	struct iovec iov[BATCH];
	uint8_t reply[BATCH][REPLY_MAX];
	unsigned long sent, received;
	int64_t last_ns; /* of the last reply */
};

static int64_t
now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void
make_request(struct bare *b)
{
	uint32_t sum = 0;

	b->request[0] = ICMP_ECHO;
	b->request[4] = (uint8_t)getpid();
	for (size_t i = 8; i < MESSAGE; i++)
		b->request[i] = (uint8_t)i;
	for (size_t i = 0; i < MESSAGE; i += 2)
		sum += (uint32_t)b->request[i] << 8 | b->request[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16));
	b->request[2] = (uint8_t)(sum >> 8);
	b->request[3] = (uint8_t)sum;
}

static int
open_socket(struct bare *b)
{
	const int size = BUFFER;
	const struct icmp_filter only = {.data = ~(1U << ICMP_ECHOREPLY)};

	b->fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
	if (b->fd < 0)
		return -errno;
	(void)setsockopt(
	    b->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	(void)setsockopt(b->fd, SOL_RAW, ICMP_FILTER, &only, sizeof(only));
	for (int i = 0; i < BATCH; i++) {
		b->iov[i] = (struct iovec){b->reply[i], REPLY_MAX};
		b->msg[i].msg_hdr.msg_iov = &b->iov[i];
		b->msg[i].msg_hdr.msg_iovlen = 1;
	}
	return 0;
}

static void
drain(struct bare *b)
{
	int n;

	do {
		n = recvmmsg(b->fd, b->msg, BATCH, MSG_DONTWAIT, NULL);
		if (n > 0) {
			b->received += (unsigned long)n;
			b->last_ns = now_ns();
		}
	} while (n == BATCH);
}

static void
sweep(struct bare *b, uint32_t base, unsigned long count)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	struct pollfd pfd = {.fd = b->fd, .events = POLLIN};

	for (unsigned long i = 0; i < count; i++) {
		to.sin_addr.s_addr = htonl(base + (uint32_t)i);
		if (sendto(b->fd, b->request, MESSAGE, 0,
			(const struct sockaddr *)&to, sizeof(to)) == MESSAGE)
			b->sent++;
		if ((i + 1) % BATCH == 0)
			drain(b);
	}
	while (b->received < b->sent && poll(&pfd, 1, PATIENCE_MS) > 0)
		drain(b);
}

int
main(int argc, char **argv)
{
	struct in_addr base;
	struct bare *b;
	unsigned long count;
	int64_t first_ns;
	int r;

	if (argc != 3 || inet_pton(AF_INET, argv[1], &base) != 1) {
		(void)fprintf(stderr, "usage: bare BASE COUNT\n");
		return 2;
	}
	count = strtoul(argv[2], NULL, 10);
	b = calloc(1, sizeof(*b));
	if (b == NULL)
		return 3;
	r = open_socket(b);
	if (r != 0) {
		(void)fprintf(stderr, "bare: %s\n", strerror(-r));
		free(b);
		return 3;
	}
	make_request(b);
	first_ns = now_ns();
	sweep(b, ntohl(base.s_addr), count);
	(void)printf("%lu %lu %lld\n", b->sent, b->received,
	    (long long)(b->last_ns - first_ns));
	(void)close(b->fd);
	free(b);
	return 0;
}
