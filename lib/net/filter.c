/* SPDX-License-Identifier: MIT */
/*
 * Classic BPF for raw ICMP sockets. A load past the end of a packet ends a
 * program with "reject", so each needs no length check of its own. IPv4 raw
 * sockets show the IP header to the filter, IPv6 ones begin at ICMPv6.
 */
#include "net/filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define STMT(code, k)                                                          \
	{                                                                      \
		(uint16_t)(code), 0, 0, (k)                                    \
	}
#define JUMP(code, k, jt, jf)                                                  \
	{                                                                      \
		(uint16_t)(code), (jt), (jf), (k)                              \
	}
#define LOAD8(k) STMT(BPF_LD | BPF_B | BPF_ABS, k)
#define LOAD8X(k) STMT(BPF_LD | BPF_B | BPF_IND, k)
#define LOAD16(k) STMT(BPF_LD | BPF_H | BPF_ABS, k)
#define LOAD16X(k) STMT(BPF_LD | BPF_H | BPF_IND, k)
#define EQUAL(k, jt, jf) JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, jt, jf)
#define ACCEPT STMT(BPF_RET | BPF_K, 0x40000)
#define REJECT STMT(BPF_RET | BPF_K, 0)

static int
attach(int fd, struct sock_filter *code, uint16_t len)
{
	struct sock_fprog prog = {.len = len, .filter = code};

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) !=
	    0)
		return -errno;
	return 0;
}

int
nd_filter_reject_all(int fd)
{
	struct sock_filter code[] = {REJECT};
	char byte;
	int r = attach(fd, code, 1);

	if (r != 0)
		return r;
	/* What came between socket() and here was queued unfiltered. */
	while (
	    recv(fd, &byte, 1, MSG_DONTWAIT | MSG_TRUNC) >= 0 || errno == EINTR)
		;
	return 0;
}

/* The kernel's type filter, a bit set for each type that is kept out. */
static int
filter_types(int fd, int family)
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

/*
 * X = length of the outer header; an error is followed by the quoted header,
 * whose own length is added to X to find the quoted ident.
 */
static int
attach_echo4(int fd, uint16_t ident)
{
	struct sock_filter code[] = {
	    /* 0 */ STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
	    /* 1 */ LOAD8X(0),
	    /* 2 */ EQUAL(ICMP_ECHOREPLY, 0, 2),
	    /* 3 */ LOAD16X(4),
	    /* 4 */ EQUAL(ident, 9, 10),
	    /* 5: an error; does it quote ICMP? */ LOAD8X(8 + 9),
	    /* 6 */ EQUAL(IPPROTO_ICMP, 0, 8),
	    /* 7 */ LOAD8X(8),
	    /* 8 */ STMT(BPF_ALU | BPF_AND | BPF_K, 0x0f),
	    /* 9 */ STMT(BPF_ALU | BPF_LSH | BPF_K, 2),
	    /* 10 */ STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
	    /* 11 */ STMT(BPF_MISC | BPF_TAX, 0),
	    /* 12 */ LOAD16X(8 + 4),
	    /* 13 */ EQUAL(ident, 0, 1),
	    /* 14 */ ACCEPT,
	    /* 15 */ REJECT,
	};

	return attach(fd, code, sizeof(code) / sizeof(code[0]));
}

/*
 * A quoted IPv6 header with extension headers goes through: following the
 * chain is the decoder's work.
 */
static int
attach_echo6(int fd, uint16_t ident)
{
	struct sock_filter code[] = {
	    /* 0 */ LOAD8(0),
	    /* 1 */ EQUAL(ICMP6_ECHO_REPLY, 0, 2),
	    /* 2 */ LOAD16(4),
	    /* 3 */ EQUAL(ident, 9, 10),
	    /* 4: quoted next header */ LOAD8(8 + 6),
	    /* 5 */ EQUAL(IPPROTO_ICMPV6, 5, 0),
	    /* 6 */ EQUAL(IPPROTO_HOPOPTS, 6, 0),
	    /* 7 */ EQUAL(IPPROTO_ROUTING, 5, 0),
	    /* 8 */ EQUAL(IPPROTO_FRAGMENT, 4, 0),
	    /* 9 */ EQUAL(IPPROTO_DSTOPTS, 3, 0),
	    /* 10 */ EQUAL(IPPROTO_AH, 2, 3),
	    /* 11 */ LOAD16(8 + 40 + 4),
	    /* 12 */ EQUAL(ident, 0, 1),
	    /* 13 */ ACCEPT,
	    /* 14 */ REJECT,
	};

	return attach(fd, code, sizeof(code) / sizeof(code[0]));
}

int
nd_filter_echo(int fd, int family, uint16_t ident)
{
	const int on = 1;
	int r = filter_types(fd, family);

	if (r == 0)
		r = family == AF_INET ? attach_echo4(fd, ident)
				      : attach_echo6(fd, ident);
	if (r == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof(on)) != 0)
		r = -errno;
	return r;
}
