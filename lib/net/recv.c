/* SPDX-License-Identifier: MIT */
/* Receiving in batches from the data and the error queue of a socket. */
#include "net/recv.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
 * Of ancillary data: three stamps, TTL, TOS, packet info, and an error with
 * its offender take some 250 bytes.
 */
#define CONTROL_SIZE 512
#define LEAST_SIZE 2048
/* Room for an IP header with options around a message. */
#define HEADROOM 128

struct nd_rx {
	size_t size; /* of each data buffer */
	uint8_t *data;
	/* Larger ones, from the next read on: until then the packets of the
	 * last one point into those above. */
	size_t next_size;
	uint8_t *next;
	struct mmsghdr msg[ND_NET_BATCH];
	struct iovec iov[ND_NET_BATCH];
	struct sockaddr_storage name[ND_NET_BATCH];
	_Alignas(struct cmsghdr) uint8_t control[ND_NET_BATCH][CONTROL_SIZE];
};

int
nd_rx_reserve(struct nd_sock *s, size_t len)
{
	size_t size = len + HEADROOM > LEAST_SIZE ? len + HEADROOM : LEAST_SIZE;
	struct nd_rx *rx = s->rx;
	uint8_t *data;

	if (rx != NULL && (rx->size >= size || rx->next_size >= size))
		return 0;
	data = malloc(size * ND_NET_BATCH);
	if (data == NULL)
		return -ENOMEM;
	if (rx == NULL) {
		rx = calloc(1, sizeof(*rx));
		if (rx == NULL) {
			free(data);
			return -ENOMEM;
		}
		s->rx = rx;
	}
	free(rx->next);
	rx->next = data;
	rx->next_size = size;
	return 0;
}

void
nd_rx_free(struct nd_rx *rx)
{
	if (rx == NULL)
		return;
	free(rx->next);
	free(rx->data);
	free(rx);
}

/* Buffers FROM and on, before TO. */
static void
prepare(struct nd_rx *rx, int from, int to)
{
	if (rx->next != NULL && from == 0) {
		free(rx->data);
		rx->data = rx->next;
		rx->size = rx->next_size;
		rx->next = NULL;
		rx->next_size = 0;
	}
	for (int i = from; i < to; i++) {
		rx->iov[i].iov_base = rx->data + (size_t)i * rx->size;
		rx->iov[i].iov_len = rx->size;
		rx->msg[i].msg_hdr = (struct msghdr){.msg_name = &rx->name[i],
		    .msg_namelen = sizeof(rx->name[i]),
		    .msg_iov = &rx->iov[i],
		    .msg_iovlen = 1,
		    .msg_control = rx->control[i],
		    .msg_controllen = CONTROL_SIZE};
	}
}

/* An int in ancillary data; some kernels pass TOS as one byte. */
static int
control_int(const struct cmsghdr *c)
{
	int v = -1;
	uint8_t byte;

	if (c->cmsg_len >= CMSG_LEN(sizeof(v))) {
		memcpy(&v, CMSG_DATA(c), sizeof(v));
	} else if (c->cmsg_len >= CMSG_LEN(1)) {
		memcpy(&byte, CMSG_DATA(c), 1);
		v = byte;
	}
	return v;
}

static void
take_stamp(struct nd_packet *p, const struct cmsghdr *c)
{
	struct scm_timestamping t;

	if (c->cmsg_len < CMSG_LEN(sizeof(t)))
		return;
	memcpy(&t, CMSG_DATA(c), sizeof(t));
	p->stamp_real_ns =
	    (int64_t)t.ts[0].tv_sec * 1000000000 + t.ts[0].tv_nsec;
}

/* Where they begin, by the message's length field. */
static void
take_extensions(struct nd_packet *p, const struct sock_extended_err *e)
{
	const struct sock_ee_data_rfc4884 *at = &e->ee_rfc4884;

	if (at->len == 0 || (at->flags & SO_EE_RFC4884_FLAG_INVALID) != 0 ||
	    at->len >= p->len)
		return;
	p->ext = p->data + at->len;
	p->ext_len = p->len - at->len;
}

/* The offender's address follows. */
static void
take_error(struct nd_packet *p, const struct cmsghdr *c)
{
	struct sock_extended_err e;
	struct sockaddr_storage who = {0};
	size_t room = c->cmsg_len - CMSG_LEN(0);

	if (room < sizeof(e))
		return;
	memcpy(&e, CMSG_DATA(c), sizeof(e));
	p->err = (int)e.ee_errno;
	switch (e.ee_origin) {
	case SO_EE_ORIGIN_TIMESTAMPING:
		p->kind = ND_PACKET_STAMP;
		p->send_id = e.ee_data;
		p->enqueued = e.ee_info == SCM_TSTAMP_SCHED;
		return;
	case SO_EE_ORIGIN_ICMP:
	case SO_EE_ORIGIN_ICMP6:
		p->kind = ND_PACKET_ERROR;
		p->icmp_type = e.ee_type;
		p->icmp_code = e.ee_code;
		p->info = e.ee_info;
		take_extensions(p, &e);
		room -= sizeof(e);
		memcpy(&who, CMSG_DATA(c) + sizeof(e),
		    room < sizeof(who) ? room : sizeof(who));
		p->from = (struct nd_addr){0};
		(void)nd_addr_from(&p->from, (const struct sockaddr *)&who);
		return;
	default:
		return;
	}
}

static void
take_destination(struct nd_packet *p, const struct cmsghdr *c)
{
	struct in6_pktinfo info;

	if (c->cmsg_len < CMSG_LEN(sizeof(info)))
		return;
	memcpy(&info, CMSG_DATA(c), sizeof(info));
	p->to = nd_addr_of(AF_INET6, info.ipi6_addr.s6_addr);
}

static void
take_control(struct nd_packet *p, struct msghdr *h)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c != NULL;
	     c = CMSG_NXTHDR(h, c)) {
		const int level = c->cmsg_level, type = c->cmsg_type;

		if (level == SOL_SOCKET && type == SO_TIMESTAMPING)
			take_stamp(p, c);
		else if ((level == IPPROTO_IP && type == IP_TTL) ||
			 (level == IPPROTO_IPV6 && type == IPV6_HOPLIMIT))
			p->ttl = control_int(c);
		else if ((level == IPPROTO_IP && type == IP_TOS) ||
			 (level == IPPROTO_IPV6 && type == IPV6_TCLASS))
			p->tos = control_int(c);
		/* The error queue has our own address there. */
		else if (level == IPPROTO_IPV6 && type == IPV6_PKTINFO &&
			 p->kind == ND_PACKET_MESSAGE)
			take_destination(p, c);
		else if ((level == IPPROTO_IP && type == IP_RECVERR) ||
			 (level == IPPROTO_IPV6 && type == IPV6_RECVERR))
			take_error(p, c);
	}
}

static void
take(struct nd_packet *p, struct nd_sock *s, int i, enum nd_packet_kind kind)
{
	struct nd_rx *rx = s->rx;
	struct msghdr *h = &rx->msg[i].msg_hdr;
	struct nd_addr *name = kind == ND_PACKET_MESSAGE ? &p->from : &p->to;

	*p = (struct nd_packet){.kind = kind,
	    .proto = s->proto,
	    .ttl = -1,
	    .tos = -1,
	    .data = rx->iov[i].iov_base,
	    .len = rx->msg[i].msg_len};
	if (p->len > rx->size)
		p->len = rx->size;
	if (h->msg_namelen >= sizeof(struct sockaddr_in))
		(void)nd_addr_from(name, h->msg_name);
	take_control(p, h);
}

/*
 * A pending error of the socket (an ICMP error that came in) fails one call
 * and is cleared by it: what is queued is read by the next.
 */
static int
read_batch(struct nd_sock *s, int fd, int at, int max, int flags)
{
	int n;

	if (max > ND_NET_BATCH)
		max = ND_NET_BATCH;
	if (s->rx == NULL || at >= max)
		return 0;
	prepare(s->rx, at, max);
	for (int tries = 0; tries < 8; tries++) {
		n = recvmmsg(fd, s->rx->msg + at, (unsigned)(max - at),
		    flags | MSG_DONTWAIT, NULL);
		if (n >= 0)
			return n;
		if (errno == EAGAIN)
			return 0;
	}
	return 0;
}

int
nd_rx_data_of(struct nd_sock *s, int fd, struct nd_packet *ret, int at, int max)
{
	const int n = read_batch(s, fd, at, max, 0);

	for (int i = at; i < at + n; i++)
		take(&ret[i], s, i, ND_PACKET_MESSAGE);
	return n;
}

int
nd_rx_errors_of(
    struct nd_sock *s, int fd, struct nd_packet *ret, int at, int max)
{
	const int n = read_batch(s, fd, at, max, MSG_ERRQUEUE);

	for (int i = at; i < at + n; i++)
		take(&ret[i], s, i, ND_PACKET_LOCAL);
	return n;
}

int
nd_rx_data(struct nd_sock *s, struct nd_packet *ret, int max)
{
	return nd_rx_data_of(s, s->fd, ret, 0, max);
}

int
nd_rx_errors(struct nd_sock *s, struct nd_packet *ret, int max)
{
	return nd_rx_errors_of(s, s->fd, ret, 0, max);
}
