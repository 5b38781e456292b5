/* SPDX-License-Identifier: MIT */
/*
 * Classic BPF for raw sockets. A load past the end of a packet ends a program
 * with "reject", so it needs no length check of its own. IPv4 raw sockets show
 * the IP header to the filter, IPv6 ones begin at the transport header.
 */
#include "net/filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* A search among 256 ports takes 510 instructions, all the rest some 40. */
#define CODE_MAX (2 * 510 + 64)
#define LEAF 4 /* ports that are compared one by one */

struct program {
	struct sock_filter code[CODE_MAX];
	uint16_t len;
};

static void
put_jump(struct program *p, int op, uint32_t k, size_t jt, size_t jf)
{
	p->code[p->len++] =
	    (struct sock_filter){(uint16_t)op, (uint8_t)jt, (uint8_t)jf, k};
}

static void
put(struct program *p, int op, uint32_t k)
{
	put_jump(p, op, k, 0, 0);
}

/* A = what is at K, or at X + K. */
static void
load8(struct program *p, uint32_t k)
{
	put(p, BPF_LD | BPF_B | BPF_ABS, k);
}

static void
load8x(struct program *p, uint32_t k)
{
	put(p, BPF_LD | BPF_B | BPF_IND, k);
}

static void
load16(struct program *p, uint32_t k)
{
	put(p, BPF_LD | BPF_H | BPF_ABS, k);
}

static void
load16x(struct program *p, uint32_t k)
{
	put(p, BPF_LD | BPF_H | BPF_IND, k);
}

static void
accept_it(struct program *p)
{
	put(p, BPF_RET | BPF_K, 0x40000);
}

static void
reject_it(struct program *p)
{
	put(p, BPF_RET | BPF_K, 0);
}

/* Goes on if A is K. */
static void
require(struct program *p, uint32_t k)
{
	put_jump(p, BPF_JMP | BPF_JEQ | BPF_K, k, 1, 0);
	reject_it(p);
}

/* Jumps to where the result is given to land() if A is (OP) K. */
static uint16_t
when(struct program *p, int op, uint32_t k)
{
	put_jump(p, BPF_JMP | op | BPF_K, k, 0, 1);
	put(p, BPF_JMP | BPF_JA, 0);
	return (uint16_t)(p->len - 1);
}

static void
land(struct program *p, uint16_t at)
{
	p->code[at].k = (uint32_t)p->len - at - 1;
}

/*
 * Accepts if A is one of the N sorted PORTS, else rejects: a binary search,
 * written for its two halves in turn, a few levels deep.
 */
static void
accept_ports(/* NOLINT(misc-no-recursion) */ struct program *p,
    const uint16_t *ports, size_t n)
{
	uint16_t upper;

	if (n <= LEAF) {
		for (size_t i = 0; i < n; i++)
			put_jump(
			    p, BPF_JMP | BPF_JEQ | BPF_K, ports[i], n - i, 0);
		reject_it(p);
		accept_it(p);
		return;
	}
	upper = when(p, BPF_JGE, ports[n / 2]);
	accept_ports(p, ports, n / 2);
	land(p, upper);
	accept_ports(p, ports + n / 2, n - n / 2);
}

static int
compare(const void *a, const void *b)
{
	uint16_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x - y;
}

static void
accept_any_of(struct program *p, const struct nd_ports *ports)
{
	uint16_t sorted[ND_PORTS_MAX];
	const size_t n = ports != NULL ? ports->n : 0;

	if (n > 0)
		memcpy(sorted, ports->port, n * sizeof(sorted[0]));
	qsort(sorted, n, sizeof(sorted[0]), compare);
	accept_ports(p, sorted, n);
}

static int
attach(int fd, struct program *p)
{
	struct sock_fprog prog = {.len = p->len, .filter = p->code};

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) !=
	    0)
		return -errno;
	return 0;
}

int
nd_filter_reject_all(int fd)
{
	struct program p = {.len = 0};
	char byte;
	int r;

	reject_it(&p);
	r = attach(fd, &p);
	if (r != 0)
		return r;
	/* What came between socket() and here was queued unfiltered. */
	while (
	    recv(fd, &byte, 1, MSG_DONTWAIT | MSG_TRUNC) >= 0 || errno == EINTR)
		;
	return 0;
}

/* The kernel's type filter, a bit set for each type that is kept out. */
int
nd_filter_types(int fd, int family)
{
	struct icmp6_filter f6;
	struct icmp_filter f4 = {
	    .data = ~(1u << ICMP_ECHOREPLY | 1u << ICMP_DEST_UNREACH |
		      1u << ICMP_SOURCE_QUENCH | 1u << ICMP_REDIRECT |
		      1u << ICMP_TIME_EXCEEDED | 1u << ICMP_PARAMETERPROB)};
	int r;

	if (family == AF_INET) {
		r = setsockopt(fd, SOL_RAW, ICMP_FILTER, &f4, sizeof(f4));
	} else {
		ICMP6_FILTER_SETBLOCKALL(&f6);
		ICMP6_FILTER_SETPASS(ICMP6_DST_UNREACH, &f6);
		ICMP6_FILTER_SETPASS(ICMP6_PACKET_TOO_BIG, &f6);
		ICMP6_FILTER_SETPASS(ICMP6_TIME_EXCEEDED, &f6);
		ICMP6_FILTER_SETPASS(ICMP6_PARAM_PROB, &f6);
		ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &f6);
		r = setsockopt(
		    fd, IPPROTO_ICMPV6, ICMP6_FILTER, &f6, sizeof(f6));
	}
	return r != 0 ? -errno : 0;
}

/* The same for the port of a quote that was loaded. */
static void
accept_quoted(struct program *p, const struct nd_filter_icmp *want,
    const struct nd_ports *ports)
{
	if (want->any_port && ports != NULL)
		accept_it(p);
	else
		accept_any_of(p, ports);
}

/* Accepts if the 16 bits that were loaded are the ident. */
static void
accept_ident(struct program *p, const struct nd_filter_icmp *want)
{
	if (want->echo) {
		require(p, want->ident);
		accept_it(p);
	} else {
		reject_it(p);
	}
}

/*
 * X = length of the outer header; an error is followed by the quoted header,
 * whose own length is added to X to find the quoted transport header.
 */
static void
icmp4(struct program *p, const struct nd_filter_icmp *want)
{
	uint16_t reply, quotes_icmp, quotes_tcp, quotes_udp;

	put(p, BPF_LDX | BPF_B | BPF_MSH, 0);
	load8x(p, 0);
	reply = when(p, BPF_JEQ, ICMP_ECHOREPLY);
	load8x(p, 8);
	put(p, BPF_ALU | BPF_AND | BPF_K, 0x0f);
	put(p, BPF_ALU | BPF_LSH | BPF_K, 2);
	put(p, BPF_ALU | BPF_ADD | BPF_X, 0);
	put(p, BPF_ST, 0);
	load8x(p, 8 + 9);
	put(p, BPF_LDX | BPF_MEM, 0);
	quotes_icmp = when(p, BPF_JEQ, IPPROTO_ICMP);
	quotes_tcp = when(p, BPF_JEQ, IPPROTO_TCP);
	quotes_udp = when(p, BPF_JEQ, IPPROTO_UDP);
	reject_it(p);
	land(p, quotes_icmp);
	load8x(p, 8);
	require(p, ICMP_ECHO);
	load16x(p, 8 + 4);
	accept_ident(p, want);
	land(p, quotes_tcp);
	load16x(p, 8);
	accept_quoted(p, want, want->tcp_ports);
	land(p, quotes_udp);
	load16x(p, 8);
	accept_quoted(p, want, want->udp_ports);
	land(p, reply);
	load16x(p, 4);
	accept_ident(p, want);
}

static void
icmp6(struct program *p, const struct nd_filter_icmp *want)
{
	static const uint8_t extensions[] = {IPPROTO_HOPOPTS, IPPROTO_ROUTING,
	    IPPROTO_FRAGMENT, IPPROTO_DSTOPTS, IPPROTO_AH};
	uint16_t reply, quotes_icmp, quotes_tcp, quotes_udp;

	load8(p, 0);
	reply = when(p, BPF_JEQ, ICMP6_ECHO_REPLY);
	load8(p, 8 + 6); /* quoted next header */
	quotes_icmp = when(p, BPF_JEQ, IPPROTO_ICMPV6);
	quotes_tcp = when(p, BPF_JEQ, IPPROTO_TCP);
	quotes_udp = when(p, BPF_JEQ, IPPROTO_UDP);
	for (size_t i = 0; i < sizeof(extensions); i++)
		put_jump(p, BPF_JMP | BPF_JEQ | BPF_K, extensions[i],
		    sizeof(extensions) - i, 0);
	reject_it(p);
	accept_it(p);
	land(p, quotes_icmp);
	load8(p, 8 + 40);
	require(p, ICMP6_ECHO_REQUEST);
	load16(p, 8 + 40 + 4);
	accept_ident(p, want);
	land(p, quotes_tcp);
	load16(p, 8 + 40);
	accept_quoted(p, want, want->tcp_ports);
	land(p, quotes_udp);
	load16(p, 8 + 40);
	accept_quoted(p, want, want->udp_ports);
	land(p, reply);
	load16(p, 4);
	accept_ident(p, want);
}

int
nd_filter_icmp(int fd, int family, const struct nd_filter_icmp *want)
{
	struct program p = {.len = 0};

	if (family == AF_INET)
		icmp4(&p, want);
	else
		icmp6(&p, want);
	return attach(fd, &p);
}

int
nd_filter_ports(int fd, int family, const struct nd_ports *ports)
{
	struct program p = {.len = 0};

	if (family == AF_INET) {
		/* Of fragments only the first has a transport header. */
		load16(&p, 6);
		put_jump(&p, BPF_JMP | BPF_JSET | BPF_K, 0x1fff, 0, 1);
		reject_it(&p);
		put(&p, BPF_LDX | BPF_B | BPF_MSH, 0);
		load16x(&p, 2);
	} else {
		load16(&p, 2);
	}
	accept_any_of(&p, ports);
	return attach(fd, &p);
}

int
nd_filter_lock(int fd)
{
	const int on = 1;

	return setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof(on)) != 0
		   ? -errno
		   : 0;
}
