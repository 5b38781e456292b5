/* SPDX-License-Identifier: MIT */
/*
 * One end of a veth pair by AF_PACKET, for where /dev/net/tun is closed. The
 * kernel leaves checksums of what it sends itself for a device to fill in;
 * here nobody else would.
 */
#include "io.h"

#include "wire/checksum.h"
#include "wire/cursor.h"
#include "wire/ip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER (32 * 1024 * 1024)

static int
configure(struct ns_io *io)
{
	struct sockaddr_ll any = {
	    .sll_family = AF_PACKET,
	    .sll_protocol = htons(ETH_P_ALL),
	    .sll_ifindex = io->ifindex,
	};
	const int on = 1, size = BUFFER;

	if (setsockopt(io->fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) !=
		0 ||
	    setsockopt(io->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on,
		sizeof(on)) != 0)
		return -errno;
	/* The first needs a privilege; what the second gets must do. */
	if (setsockopt(
		io->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0)
		(void)setsockopt(
		    io->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	(void)setsockopt(
	    io->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on));
	if (bind(io->fd, (const struct sockaddr *)&any, sizeof(any)) != 0)
		return -errno;
	return 0;
}

int
ns_io_open_veth(struct ns_io *io, const char *name)
{
	int r;

	*io = (struct ns_io){.fd = -1, .veth = true};
	if (*name == '\0' || strlen(name) >= sizeof(io->name))
		return -EINVAL;
	memcpy(io->name, name, strlen(name) + 1);
	io->ifindex = (int)if_nametoindex(name);
	if (io->ifindex == 0)
		return -errno;
	/* Protocol 0: nothing comes before the socket is bound. */
	io->fd =
	    socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (io->fd < 0)
		return -errno;
	r = configure(io);
	if (r != 0)
		ns_io_close(io);
	else
		io->dropped_before = ns_io_dropped(io);
	return r;
}

/* Fills in the checksum of the UDP or TCP datagram at DATA. */
static void
complete_sum(uint8_t *data, size_t len)
{
	struct nd_ip ip;
	enum nd_wire status = data[0] >> 4 == 4 ? nd_ip4_decode(&ip, data, len)
						: nd_ip6_decode(&ip, data, len);
	uint8_t *l4 = data + (status == ND_WIRE_OK ? ip.header_len : 0);
	size_t at;
	uint32_t acc;
	uint16_t sum;

	if (status != ND_WIRE_OK || ip.fragment ||
	    (ip.proto != IPPROTO_UDP && ip.proto != IPPROTO_TCP))
		return;
	at = ip.proto == IPPROTO_UDP ? 6 : 16;
	if (ip.payload_len < at + 2)
		return;
	if (ip.af == AF_INET)
		acc = nd_sum_pseudo4(
		    ip.src, ip.dst, ip.proto, (uint16_t)ip.payload_len);
	else
		acc = nd_sum_pseudo6(
		    ip.src, ip.dst, ip.proto, (uint32_t)ip.payload_len);
	nd_store16(l4 + at, 0);
	sum = nd_sum_fold(nd_sum(acc, l4, ip.payload_len));
	if (ip.proto == IPPROTO_UDP && sum == 0)
		sum = 0xffff;
	nd_store16(l4 + at, sum);
}

/* Whether the kernel says that the checksum is still to be filled in. */
static bool
sum_is_missing(struct msghdr *msg)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL;
	     c = CMSG_NXTHDR(msg, c)) {
		struct tpacket_auxdata aux;

		if (c->cmsg_level != SOL_PACKET ||
		    c->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&aux, CMSG_DATA(c), sizeof(aux));
		return (aux.tp_status & TP_STATUS_CSUMNOTREADY) != 0;
	}
	return false;
}

ssize_t
ns_packet_read(struct ns_io *io, uint8_t *data, size_t size)
{
	union {
		char buf[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
		struct cmsghdr align;
	} control;
	struct sockaddr_ll from;
	struct iovec iov = {.iov_base = data, .iov_len = size};
	struct msghdr msg = {
	    .msg_name = &from,
	    .msg_namelen = sizeof(from),
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control),
	};
	ssize_t n;

	do
		n = recvmsg(io->fd, &msg, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	if (n == 0 || (from.sll_protocol != htons(ETH_P_IP) &&
			  from.sll_protocol != htons(ETH_P_IPV6)))
		return -EAGAIN;
	if (from.sll_halen == sizeof(io->peer)) {
		memcpy(io->peer, from.sll_addr, sizeof(io->peer));
		io->has_peer = true;
	}
	if (sum_is_missing(&msg))
		complete_sum(data, (size_t)n);
	return n;
}

int
ns_packet_write(struct ns_io *io, const uint8_t *data, size_t len)
{
	struct sockaddr_ll to = {
	    .sll_family = AF_PACKET,
	    .sll_protocol = htons(data[0] >> 4 == 4 ? ETH_P_IP : ETH_P_IPV6),
	    .sll_ifindex = io->ifindex,
	    .sll_halen = sizeof(io->peer),
	};
	ssize_t n;

	memcpy(to.sll_addr, io->peer, sizeof(io->peer));
	do
		n = sendto(io->fd, data, len, 0, (const struct sockaddr *)&to,
		    sizeof(to));
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}
