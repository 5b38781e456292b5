/* SPDX-License-Identifier: MIT */
/*
 * Packet sockets: one end of a veth pair, for where /dev/net/tun is closed, and
 * the one that stamps of either device are read from. The kernel leaves
 * checksums of what it sends itself for a device to fill in; here nobody else
 * would.
 */
#include "io.h"

#include "wire/checksum.h"
#include "wire/cursor.h"
#include "wire/ip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <linux/if_packet.h>
#include <linux/net_tstamp.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER (32 * 1024 * 1024)

static int
set_int(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) != 0 ? -errno
								       : 0;
}

/* A packet socket that nothing comes to before it is bound; or -errno. */
static int
open_socket(void)
{
	int fd =
	    socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0)
		return -errno;
	r = set_int(fd, SOL_PACKET, PACKET_AUXDATA, 1);
	if (r != 0) {
		(void)close(fd);
		return r;
	}
	/* The first needs a privilege; what the second gets must do. */
	if (set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER) != 0)
		(void)set_int(fd, SOL_SOCKET, SO_RCVBUF, BUFFER);
	return fd;
}

static int
bind_to(int fd, int ifindex)
{
	const struct sockaddr_ll any = {
	    .sll_family = AF_PACKET,
	    .sll_protocol = htons(ETH_P_ALL),
	    .sll_ifindex = ifindex,
	};

	return bind(fd, (const struct sockaddr *)&any, sizeof(any)) != 0
		   ? -errno
		   : 0;
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
	io->fd = open_socket();
	if (io->fd < 0)
		return io->fd;
	r = set_int(io->fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
	(void)set_int(io->fd, SOL_PACKET, PACKET_QDISC_BYPASS, 1);
	if (r == 0)
		r = bind_to(io->fd, io->ifindex);
	if (r != 0)
		ns_io_close(io);
	else
		io->dropped_before = ns_io_dropped(io);
	return r;
}

/*
 * The kernel stamps a packet on its way to the device before the device has
 * it, and one that comes before any socket has it. To stamp is all that is
 * asked of it: where it did not, it says nothing, and not the time of asking.
 */
int
ns_packet_open_tap(const struct ns_io *io)
{
	int ifindex = (int)if_nametoindex(io->name);
	int fd, r;

	if (ifindex == 0)
		return -errno;
	fd = open_socket();
	if (fd < 0)
		return fd;
	r = set_int(fd, SOL_SOCKET, SO_TIMESTAMPING,
	    SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE);
	/* What bypasses the queue is not seen by other sockets either. */
	if (r == 0 && io->veth)
		r = set_int(io->fd, SOL_PACKET, PACKET_QDISC_BYPASS, 0);
	if (r == 0)
		r = bind_to(fd, ifindex);
	if (r == 0)
		return fd;
	(void)close(fd);
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

/* What the kernel tells besides: the stamp, and whether the sum is missing. */
static bool
read_control(struct msghdr *msg, int64_t *stamp)
{
	bool missing = false;

	*stamp = -1;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL;
	     c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == SOL_PACKET &&
		    c->cmsg_type == PACKET_AUXDATA) {
			struct tpacket_auxdata aux;

			memcpy(&aux, CMSG_DATA(c), sizeof(aux));
			missing = (aux.tp_status & TP_STATUS_CSUMNOTREADY) != 0;
		} else if (c->cmsg_level == SOL_SOCKET &&
			   c->cmsg_type == SO_TIMESTAMPING) {
			struct scm_timestamping t;

			memcpy(&t, CMSG_DATA(c), sizeof(t));
			if (t.ts[0].tv_sec != 0)
				*stamp = (int64_t)t.ts[0].tv_sec * 1000000000 +
					 t.ts[0].tv_nsec;
		}
	}
	return missing;
}

ssize_t
ns_packet_receive(int fd, uint8_t *data, size_t size, struct sockaddr_ll *from,
    int64_t *stamp)
{
	union {
		char buf[CMSG_SPACE(sizeof(struct tpacket_auxdata)) +
			 CMSG_SPACE(sizeof(struct scm_timestamping))];
		struct cmsghdr align;
	} control;
	struct iovec iov = {.iov_base = data, .iov_len = size};
	struct msghdr msg = {
	    .msg_name = from,
	    .msg_namelen = sizeof(*from),
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control),
	};
	ssize_t n;

	do
		n = recvmsg(fd, &msg, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	if (n == 0 || (from->sll_protocol != htons(ETH_P_IP) &&
			  from->sll_protocol != htons(ETH_P_IPV6)))
		return -EAGAIN;
	if (read_control(&msg, stamp))
		complete_sum(data, (size_t)n);
	return n;
}

ssize_t
ns_packet_read(struct ns_io *io, uint8_t *data, size_t size)
{
	struct sockaddr_ll from;
	int64_t stamp;
	ssize_t n = ns_packet_receive(io->fd, data, size, &from, &stamp);

	if (n > 0 && from.sll_halen == sizeof(io->peer)) {
		memcpy(io->peer, from.sll_addr, sizeof(io->peer));
		io->has_peer = true;
	}
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
