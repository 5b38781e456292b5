/* SPDX-License-Identifier: MIT */
/* What the kernel backends share in opening, tuning and closing a socket. */
#include "net/sock.h"
#include "net/recv.h"

#include <errno.h>
#include <linux/net_tstamp.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

/*
 * The default of 208 KiB holds some 256 small replies. It counts the kernel's
 * overhead of each packet; the system may cap it at net.core.rmem_max.
 */
#define RECEIVE_BUFFER (8 << 20)
/* One host that does not answer ARP pins what was sent to it until it fails. */
#define SEND_BUFFER (1 << 20)
#define ARRIVALS (SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE)

static int
set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) != 0 ? -errno
								       : 0;
}

int
nd_sock_open(struct nd_sock *s, int type)
{
	s->fd = socket(
	    s->family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, (int)s->proto);
	return s->fd < 0 ? -errno : 0;
}

static int
set_device_and_mark(int fd, const struct nd_sock_opts *opts)
{
	if (opts->device != NULL &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, opts->device,
		(socklen_t)strlen(opts->device)) != 0)
		return -errno;
	if (opts->has_mark && setsockopt(fd, SOL_SOCKET, SO_MARK, &opts->mark,
				  sizeof(opts->mark)) != 0)
		return -errno;
	return 0;
}

static int
set_pmtu(int fd, int family, enum nd_net_pmtu pmtu)
{
	static const int v4[] = {[ND_NET_PMTU_DO] = IP_PMTUDISC_DO,
	    [ND_NET_PMTU_WANT] = IP_PMTUDISC_WANT,
	    [ND_NET_PMTU_DONT] = IP_PMTUDISC_DONT,
	    [ND_NET_PMTU_PROBE] = IP_PMTUDISC_PROBE};
	static const int v6[] = {[ND_NET_PMTU_DO] = IPV6_PMTUDISC_DO,
	    [ND_NET_PMTU_WANT] = IPV6_PMTUDISC_WANT,
	    [ND_NET_PMTU_DONT] = IPV6_PMTUDISC_DONT,
	    [ND_NET_PMTU_PROBE] = IPV6_PMTUDISC_PROBE};

	if (pmtu == ND_NET_PMTU_SYSTEM)
		return 0;
	if (family == AF_INET)
		return set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER, v4[pmtu]);
	return set_int(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, v6[pmtu]);
}

/*
 * RECVERR: without it a packet that a local queue drops looks like one that
 * was sent.
 */
static int
set_ancillary(const struct nd_sock *s)
{
	static const int v4[] = {IP_RECVERR, IP_RECVTTL, IP_RECVTOS};
	static const int v6[] = {
	    IPV6_RECVERR, IPV6_RECVHOPLIMIT, IPV6_RECVTCLASS, IPV6_RECVPKTINFO};
	const bool is4 = s->family == AF_INET;
	const int level = is4 ? IPPROTO_IP : IPPROTO_IPV6;
	const int *names = is4 ? v4 : v6;
	size_t n =
	    is4 ? sizeof(v4) / sizeof(v4[0]) : sizeof(v6) / sizeof(v6[0]);
	int r = 0;

	/* Where the IP header is seen, TTL and TOS are read from it. */
	if (is4 && (s->caps & ND_NET_OUTER_DST) != 0)
		n = 1;
	for (size_t i = 0; i < n && r == 0; i++)
		r = set_int(s->fd, level, names[i], 1);
	/* Where extensions of ICMP errors begin; from Linux 5.9 on. */
	(void)set_int(
	    s->fd, level, is4 ? IP_RECVERR_RFC4884 : IPV6_RECVERR_RFC4884, 1);
	return r;
}

static void
set_buffers(int fd)
{
	/* FORCE wants CAP_NET_ADMIN; without it the system's limit holds. */
	if (set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER) != 0)
		(void)set_int(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
	if (set_int(fd, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER) != 0)
		(void)set_int(fd, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER);
}

int
nd_sock_options(struct nd_sock *s, const struct nd_sock_opts *opts)
{
	int r = set_device_and_mark(s->fd, opts);

	if (r == 0)
		r = set_pmtu(s->fd, s->family, opts->pmtu);
	if (r == 0)
		r = set_ancillary(s);
	if (r == 0 && opts->broadcast && s->family == AF_INET)
		r = set_int(s->fd, SOL_SOCKET, SO_BROADCAST, 1);
	if (r == 0)
		r = set_int(s->fd, SOL_SOCKET, SO_TIMESTAMPING, ARRIVALS);
	return r;
}

int
nd_sock_setup(struct nd_sock *s, const struct nd_sock_opts *opts)
{
	int r = nd_sock_options(s, opts);

	if (r == 0)
		set_buffers(s->fd);
	return r;
}

int
nd_sock_enable_stamps(struct nd_sock *s)
{
	int r;

	/* The kernel counts from 0 again where OPT_ID was off before. */
	s->caps &= ~ND_NET_TX_STAMPS;
	r = set_int(s->fd, SOL_SOCKET, SO_TIMESTAMPING, ARRIVALS);
	if (r == 0)
		r = set_int(s->fd, SOL_SOCKET, SO_TIMESTAMPING,
		    ARRIVALS | SOF_TIMESTAMPING_TX_SCHED |
			SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_OPT_ID |
			SOF_TIMESTAMPING_OPT_TSONLY);
	if (r == 0) {
		s->caps |= ND_NET_TX_STAMPS;
		s->sends = 0;
		s->sends_unsure = false;
	}
	return r;
}

uint64_t
nd_sock_drops(struct nd_sock *s)
{
	uint32_t mem[SK_MEMINFO_VARS] = {0};
	socklen_t len = sizeof(mem);

	if (getsockopt(s->fd, SOL_SOCKET, SO_MEMINFO, mem, &len) == 0) {
		s->drops += (uint32_t)(mem[SK_MEMINFO_DROPS] - s->drops_seen);
		s->drops_seen = mem[SK_MEMINFO_DROPS];
	}
	return s->drops;
}

void
nd_sock_close(struct nd_sock *s)
{
	if (s->fd >= 0)
		(void)close(s->fd);
	s->fd = -1;
	nd_rx_free(s->rx);
	s->rx = NULL;
}
