/* SPDX-License-Identifier: MIT */
/*
 * Sending one packet, with TTL, TOS and source address as ancillary data, or
 * behind an IP header of ours.
 */
#include "net/send.h"
#include "wire/ip.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

struct control {
	_Alignas(struct cmsghdr)
	    uint8_t bytes[CMSG_SPACE(sizeof(int)) * 2 +
			  CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

/* Appends one item at offset *LEN of CONTROL. */
static void
add(struct control *control, size_t *len, int level, int type, const void *data,
    size_t size)
{
	struct cmsghdr head = {
	    .cmsg_len = CMSG_LEN(size), .cmsg_level = level, .cmsg_type = type};

	memcpy(control->bytes + *len, &head, sizeof(head));
	memcpy(control->bytes + *len + CMSG_LEN(0), data, size);
	*len += CMSG_SPACE(size);
}

static void
add_source(struct control *control, size_t *len, const struct nd_addr *from)
{
	struct in_pktinfo v4 = {0};
	struct in6_pktinfo v6 = {0};

	if (from->family == AF_INET) {
		memcpy(&v4.ipi_spec_dst, from->ip, 4);
		add(control, len, IPPROTO_IP, IP_PKTINFO, &v4, sizeof(v4));
	} else {
		memcpy(&v6.ipi6_addr, from->ip, 16);
		v6.ipi6_ifindex = from->scope;
		add(control, len, IPPROTO_IPV6, IPV6_PKTINFO, &v6, sizeof(v6));
	}
}

static size_t
make_control(struct control *control, int family, const struct nd_send *send)
{
	const bool is4 = family == AF_INET;
	const int level = is4 ? IPPROTO_IP : IPPROTO_IPV6;
	size_t len = 0;

	memset(control, 0, sizeof(*control));
	if (send->ttl >= 0)
		add(control, &len, level, is4 ? IP_TTL : IPV6_HOPLIMIT,
		    &send->ttl, sizeof(send->ttl));
	if (send->tos >= 0)
		add(control, &len, level, is4 ? IP_TOS : IPV6_TCLASS,
		    &send->tos, sizeof(send->tos));
	if (send->from != NULL)
		add_source(control, &len, send->from);
	return len;
}

/* What the system gives to other packets, unless it was told otherwise. */
#define DEFAULT_TTL 64
#define DEFAULT_TOS 0

/* Returns the size of the header; 0: DATA is too long for IP. */
static size_t
make_header(
    uint8_t bytes[ND_IP6_HEADER], int family, const struct nd_send *send)
{
	struct nd_wbuf w = nd_wbuf_init(bytes, ND_IP6_HEADER);
	struct nd_ip ip = {.proto = send->proto,
	    .ttl = send->ttl >= 0 ? (uint8_t)send->ttl : DEFAULT_TTL,
	    .tos = send->tos >= 0 ? (uint8_t)send->tos : DEFAULT_TOS,
	    .id = send->ip_id,
	    .df = send->df,
	    .flow_label = send->flow_label,
	    .payload_len = send->len};

	memcpy(ip.src, send->from->ip, sizeof(ip.src));
	memcpy(ip.dst, send->to->ip, sizeof(ip.dst));
	return family == AF_INET ? nd_ip4_put(&w, &ip) : nd_ip6_put(&w, &ip);
}

/*
 * The kernel takes the route from the ancillary data, not from the header: the
 * same as for other packets with that source and TOS. IPv4 lets any source
 * pass that way.
 */
static ssize_t
send_behind_header(struct nd_sock *s, const struct nd_send *send,
    struct sockaddr_storage *to, socklen_t to_len)
{
	const struct nd_send how = {
	    .ttl = -1, .tos = send->tos, .from = send->from};
	uint8_t header[ND_IP6_HEADER];
	struct control control;
	struct iovec iov[2] = {
	    {.iov_base = header,
		.iov_len = make_header(header, s->family, send)},
	    {.iov_len = send->len}};
	struct msghdr h = {.msg_name = to,
	    .msg_namelen = to_len,
	    .msg_iov = iov,
	    .msg_iovlen = 2,
	    .msg_control = control.bytes,
	    .msg_controllen = make_control(&control, s->family, &how)};

	if (iov[0].iov_len == 0) {
		errno = EMSGSIZE;
		return -1;
	}
	/* sendmsg() does not write through it. */
	memcpy(&iov[1].iov_base, &send->data, sizeof(iov[1].iov_base));
	return sendmsg(s->fd, &h, 0);
}

static ssize_t
send_once(struct nd_sock *s, const struct nd_send *send,
    struct sockaddr_storage *to, socklen_t to_len)
{
	struct control control;
	/* sendmsg() does not write through it. */
	struct iovec iov = {.iov_len = send->len};
	struct msghdr h = {.msg_name = to,
	    .msg_namelen = to_len,
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control.bytes};

	if ((s->caps & ND_NET_OWN_HEADER) != 0)
		return send_behind_header(s, send, to, to_len);
	if (send->ttl < 0 && send->tos < 0 && send->from == NULL)
		return sendto(s->fd, send->data, send->len, 0,
		    (const struct sockaddr *)to, to_len);
	memcpy(&iov.iov_base, &send->data, sizeof(iov.iov_base));
	h.msg_controllen = make_control(&control, s->family, send);
	return sendmsg(s->fd, &h, 0);
}

#define PENDING_TRIES 8

/*
 * Errors that an earlier packet may have left pending on the socket. None is
 * left on a header socket: they are about a protocol.
 */
static bool
may_be_pending(const struct nd_sock *s, int err)
{
	if ((s->caps & ND_NET_OWN_HEADER) != 0)
		return false;
	return err == ECONNREFUSED || err == EHOSTUNREACH ||
	       err == ENETUNREACH || err == EPROTO || err == EACCES ||
	       err == ENOPROTOOPT || err == EMSGSIZE || err == EOPNOTSUPP ||
	       err == EHOSTDOWN || err == ENONET;
}

int
nd_tx(struct nd_sock *s, const struct nd_send *send)
{
	struct sockaddr_storage to;
	const socklen_t to_len = nd_addr_to(send->to, &to);
	int tries = 0;

	for (;;) {
		if (send_once(s, send, &to, to_len) >= 0) {
			s->sends++;
			return 0;
		}
		if (errno == EINTR)
			continue;
		s->sends_unsure = true;
		if (errno == ENOBUFS || errno == EAGAIN || errno == ENOMEM)
			return -EAGAIN;
		/* That call has cleared it; a further one may have come. */
		if (++tries >= PENDING_TRIES || !may_be_pending(s, errno))
			return -errno;
	}
}
