/* SPDX-License-Identifier: MIT */
/*
 * bare_syn: the least that a sweep of half-open handshakes can cost. Sends one
 * SYN to PORT of each of COUNT addresses from BASE on over one raw socket: 64
 * sendto(), then all that has come by recvmmsg(), and nothing else: no table,
 * no check, no statistics. Prints "SENT RECEIVED NANOSECONDS", first send to
 * last answer.
 *
 * A SYN's checksum covers its source address, which is that of the route to
 * its host: the system is asked for each of them, in the cheapest way, or with
 * a fourth argument, ONCE, for the first one alone.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH 64
#define SYN 40 /* header, MSS, SACK, time stamps, window scale */
#define ANSWER_MAX 256
#define BUFFER (8 << 20)
#define PATIENCE_MS 1000

struct bare {
	int fd, reserved, route;
	bool once;
	struct in_addr source;
	uint16_t sport;
	uint8_t syn[SYN];
	uint32_t sum; /* of all but the addresses */
	struct mmsghdr msg[BATCH];
	struct iovec iov[BATCH];
	uint8_t answer[BATCH][ANSWER_MAX];
	unsigned long sent, received;
	int64_t last_ns; /* of the last answer */
};

static int64_t
now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void
put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* The source address towards ADDRESS; without a port, connecting is cheap. */
static int
find_source(struct bare *b, in_addr_t address)
{
	const struct sockaddr none = {.sa_family = AF_UNSPEC};
	struct sockaddr_in sin = {
	    .sin_family = AF_INET, .sin_addr.s_addr = address};
	socklen_t len = sizeof(sin);

	(void)connect(b->route, &none, sizeof(none));
	if (connect(b->route, (struct sockaddr *)&sin, len) != 0 ||
	    getsockname(b->route, (struct sockaddr *)&sin, &len) != 0)
		return -errno;
	b->source = sin.sin_addr;
	return 0;
}

/* A source port that nobody else has. */
static int
reserve_port(struct bare *b)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};
	socklen_t len = sizeof(sin);

	b->route = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	b->reserved = socket(AF_INET, SOCK_STREAM, 0);
	if (b->route < 0 || b->reserved < 0 ||
	    bind(b->reserved, (struct sockaddr *)&sin, len) != 0 ||
	    getsockname(b->reserved, (struct sockaddr *)&sin, &len) != 0)
		return -errno;
	b->sport = ntohs(sin.sin_port);
	return 0;
}

static void
make_syn(struct bare *b, unsigned port)
{
	static const uint8_t options[20] = {
	    2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7};

	put16(b->syn, b->sport);
	put16(b->syn + 2, port);
	put16(b->syn + 4, (unsigned)getpid());
	b->syn[12] = SYN / 4 << 4;
	b->syn[13] = 2;
	put16(b->syn + 14, 64240);
	memcpy(b->syn + 20, options, sizeof(options));
	b->sum = 6 + SYN;
	for (size_t i = 0; i < SYN; i += 2)
		b->sum += (uint32_t)b->syn[i] << 8 | b->syn[i + 1];
}

/* Only what comes to our port. */
static int
open_socket(struct bare *b)
{
	const int size = BUFFER;
	struct sock_filter code[] = {
	    {BPF_LDX | BPF_B | BPF_MSH, 0, 0, 0},
	    {BPF_LD | BPF_H | BPF_IND, 0, 0, 2},
	    {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, b->sport},
	    {BPF_RET | BPF_K, 0, 0, ANSWER_MAX},
	    {BPF_RET | BPF_K, 0, 0, 0},
	};
	struct sock_fprog prog = {sizeof(code) / sizeof(code[0]), code};

	b->fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP);
	if (b->fd < 0 || setsockopt(b->fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
			     sizeof(prog)) != 0)
		return -errno;
	(void)setsockopt(
	    b->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	for (int i = 0; i < BATCH; i++) {
		b->iov[i] = (struct iovec){b->answer[i], ANSWER_MAX};
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
send_to(struct bare *b, uint32_t address)
{
	struct sockaddr_in to = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
	uint32_t source, sum = b->sum;

	if (!b->once && find_source(b, to.sin_addr.s_addr) != 0)
		return;
	source = ntohl(b->source.s_addr);
	sum += (address >> 16) + (address & 0xffff);
	sum += (source >> 16) + (source & 0xffff);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	put16(b->syn + 16, ~sum & 0xffff);
	if (sendto(b->fd, b->syn, SYN, 0, (const struct sockaddr *)&to,
		sizeof(to)) == SYN)
		b->sent++;
}

static void
sweep(struct bare *b, uint32_t base, unsigned long count)
{
	struct pollfd pfd = {.fd = b->fd, .events = POLLIN};

	for (unsigned long i = 0; i < count; i++) {
		send_to(b, base + (uint32_t)i);
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
	int64_t first_ns;
	int r;

	if (argc < 4 || argc > 5 || inet_pton(AF_INET, argv[1], &base) != 1) {
		(void)fprintf(
		    stderr, "usage: bare_syn BASE COUNT PORT [ONCE]\n");
		return 2;
	}
	b = calloc(1, sizeof(*b));
	if (b == NULL)
		return 3;
	b->once = argc > 4;
	r = reserve_port(b);
	if (r == 0)
		r = find_source(b, base.s_addr);
	if (r == 0)
		r = open_socket(b);
	if (r != 0) {
		(void)fprintf(stderr, "bare_syn: %s\n", strerror(-r));
		free(b);
		return 3;
	}
	make_syn(b, (unsigned)strtoul(argv[3], NULL, 10));
	first_ns = now_ns();
	sweep(b, ntohl(base.s_addr), strtoul(argv[2], NULL, 10));
	(void)printf("%lu %lu %lld\n", b->sent, b->received,
	    (long long)(b->last_ns - first_ns));
	(void)close(b->fd);
	(void)close(b->reserved);
	(void)close(b->route);
	free(b);
	return 0;
}
