/* SPDX-License-Identifier: MIT */
/*
 * The raw backend: SOCK_RAW, which wants CAP_NET_RAW when it is opened. IPv4
 * packets arrive with their IP header, IPv6 ones without. ICMP errors come as
 * messages of the ICMP socket, with outer header and all; their reports in the
 * error queues are left out. TCP segments carry their own checksum.
 *
 * IPPROTO_RAW is a header socket: what is sent there has an IP header of ours,
 * in both families, so that nothing of it is left to the kernel. Nothing ever
 * arrives at one.
 */
#include "net/filter.h"
#include "net/recv.h"
#include "net/send.h"
#include "net/sock.h"
#include "wire/ip.h"

#include <errno.h>
#include <netinet/in.h>

static int
raw_ports(struct nd_ports *ret, int family, uint8_t proto, size_t n)
{
	return nd_ports_reserve(ret, family, proto, n);
}

static int
set_icmp_filter(const struct nd_sock *s, const struct nd_sock_opts *opts)
{
	const struct nd_filter_icmp want = {.echo = opts->echo,
	    .ident = opts->ident,
	    .tcp_ports = opts->tcp_ports,
	    .udp_ports = opts->udp_ports,
	    .any_port = opts->any_port};
	int r = nd_filter_types(s->fd, s->family);

	return r == 0 ? nd_filter_icmp(s->fd, s->family, &want) : r;
}

/* Exactly our answers, from now on and for good. */
static int
set_filter(const struct nd_sock *s, const struct nd_sock_opts *opts)
{
	int r = 0;

	if (s->proto == IPPROTO_TCP)
		r = nd_filter_ports(s->fd, s->family, opts->tcp_ports);
	else if (s->proto == IPPROTO_UDP)
		r = nd_filter_ports(s->fd, s->family, opts->udp_ports);
	else if (s->proto != IPPROTO_RAW)
		r = set_icmp_filter(s, opts);
	return r == 0 ? nd_filter_lock(s->fd) : r;
}

static int
raw_open(struct nd_sock *s, const struct nd_sock_opts *opts)
{
	int r = nd_sock_open(s, SOCK_RAW);

	if (r != 0)
		return r;
	s->ident = opts->ident;
	s->caps = ND_NET_OUTER_DST | ND_NET_RAW_ERRORS;
	if (s->proto == IPPROTO_RAW)
		s->caps |= ND_NET_OWN_HEADER;
	r = nd_filter_reject_all(s->fd);
	if (r == 0)
		r = nd_sock_setup(s, opts);
	if (r == 0)
		r = set_filter(s, opts);
	if (r != 0)
		nd_sock_close(s);
	return r;
}

/* Takes the IPv4 header off. */
static void
strip(struct nd_packet *p)
{
	struct nd_ip ip;

	if (nd_ip4_decode(&ip, p->data, p->len) != ND_WIRE_OK || ip.fragment) {
		p->kind = ND_PACKET_BAD;
		return;
	}
	p->from = nd_addr_of(AF_INET, ip.src);
	p->to = nd_addr_of(AF_INET, ip.dst);
	p->ttl = ip.ttl;
	p->tos = ip.tos;
	p->data = ip.payload;
	p->len = ip.payload_len;
}

static int
raw_recv(struct nd_sock *s, struct nd_packet *ret, int max)
{
	int n = nd_rx_data(s, ret, max);

	if (s->family == AF_INET)
		for (int i = 0; i < n; i++)
			strip(&ret[i]);
	return n;
}

static int
raw_recv_errors(struct nd_sock *s, struct nd_packet *ret, int max)
{
	int n = nd_rx_errors(s, ret, max);

	for (int i = 0; i < n; i++)
		if (ret[i].kind == ND_PACKET_ERROR)
			ret[i].kind = ND_PACKET_LOCAL;
	return n;
}

const struct nd_net_ops nd_net_raw = {.name = "raw",
    .headers = true,
    .ports = raw_ports,
    .open = raw_open,
    .enable_stamps = nd_sock_enable_stamps,
    .send = nd_tx,
    .recv = raw_recv,
    .recv_errors = raw_recv_errors,
    .reserve = nd_rx_reserve,
    .drops = nd_sock_drops,
    .close = nd_sock_close};
