/* SPDX-License-Identifier: MIT */
/*
 * filter_rig.h: crafted packets that go through a pair of local sockets, one of
 * which has the filter.
 */
#ifndef UNIT_FILTER_RIG_H
#define UNIT_FILTER_RIG_H

#include "net/filter.h"
#include "wire/cursor.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define IDENT 0x1234
#define SIZE 256

struct pair {
	int in, out; /* the filter is on `out` */
};

static const int families[] = {AF_INET, AF_INET6};

/* A packet as the socket of FAMILY shows it to its filter. */
struct bytes {
	size_t len;
	uint8_t data[SIZE];
};

static inline struct pair
pair_new(void)
{
	int fd[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, fd), 0);
	return (struct pair){fd[0], fd[1]};
}

static inline void
pair_free(struct pair *p)
{
	(void)close(p->in);
	(void)close(p->out);
}

static inline bool
passes(const struct pair *p, const struct bytes *b)
{
	uint8_t got[SIZE];
	ssize_t n;

	cr_assert_eq(send(p->in, b->data, b->len, 0), (ssize_t)b->len);
	n = recv(p->out, got, sizeof(got), MSG_DONTWAIT);
	/* Whole, if at all. */
	cr_assert(n < 0 || n == (ssize_t)b->len);
	return n >= 0;
}

/* B passes if NEEDED bytes of it are there, not if fewer are. */
static inline void
passes_from(const struct pair *p, const struct bytes *b, size_t needed)
{
	struct bytes cut = *b;

	for (cut.len = 0; cut.len <= b->len; cut.len++)
		cr_assert_eq(
		    passes(p, &cut), cut.len >= needed, "%zu bytes", cut.len);
}

static inline struct nd_ports
ports_of(size_t n)
{
	struct nd_ports p = {.n = n};

	/* Scattered, not sorted, both ends among them. */
	for (size_t i = 0; i < n; i++) {
		p.fd[i] = -1;
		p.port[i] = (uint16_t)(i * 40503u + 1);
	}
	if (n > 2) {
		p.port[1] = 0xffff;
		p.port[2] = 0;
	}
	return p;
}

static inline void
put_ip4(struct nd_wbuf *w, size_t options, uint8_t proto)
{
	nd_put16(w, (uint16_t)((0x45 + options / 4) << 8));
	nd_put16(w, 100);
	nd_put32(w, 0x00074000); /* DF */
	nd_put16(w, 0x4000 | proto);
	nd_put16(w, 0);
	nd_put32(w, 0xc0000201);
	nd_put32(w, 0xc0000202);
	for (size_t i = 0; i < options; i++)
		nd_put8(w, 1);
}

static inline void
put_ip6(struct nd_wbuf *w, uint8_t next)
{
	nd_put32(w, 0x60000000);
	nd_put16(w, 40);
	nd_put8(w, next);
	for (int i = 0; i < 33; i++)
		nd_put8(w, 1);
}

static inline void
put_icmp(struct nd_wbuf *w, uint8_t type, uint16_t ident)
{
	nd_put32(w, (uint32_t)type << 24);
	nd_put16(w, ident);
	nd_put16(w, 1);
}

static inline void
put_tcp(struct nd_wbuf *w, uint16_t sport, uint16_t dport)
{
	nd_put16(w, sport);
	nd_put16(w, dport);
	nd_put32(w, 1);
}

static inline void
end(struct bytes *b, const struct nd_wbuf *w)
{
	cr_assert(!w->bad);
	b->len = nd_wbuf_len(w);
}

static inline struct bytes
echo_reply(int family, size_t options, uint16_t ident)
{
	struct bytes b;
	struct nd_wbuf w = nd_wbuf_init(b.data, sizeof(b.data));

	if (family == AF_INET)
		put_ip4(&w, options, IPPROTO_ICMP);
	put_icmp(&w, family == AF_INET ? 0 : 129, ident);
	end(&b, &w);
	return b;
}

/* An error of TYPE up to where the quoted transport header begins. */
static inline struct nd_wbuf
begin_error(
    struct bytes *b, int family, uint8_t type, size_t options, uint8_t proto)
{
	struct nd_wbuf w = nd_wbuf_init(b->data, sizeof(b->data));

	if (family == AF_INET)
		put_ip4(&w, options, IPPROTO_ICMP);
	put_icmp(&w, type, 0);
	if (family == AF_INET)
		put_ip4(&w, options, proto);
	else
		put_ip6(&w, proto);
	return w;
}

static inline struct bytes
quotes_echo(int family, size_t options, uint8_t type, uint16_t ident)
{
	const bool is4 = family == AF_INET;
	struct bytes b;
	struct nd_wbuf w = begin_error(&b, family, is4 ? 11 : 3, options,
	    is4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);

	put_icmp(&w, type, ident);
	end(&b, &w);
	return b;
}

static inline struct bytes
quotes(int family, size_t options, uint8_t proto, uint16_t sport)
{
	struct bytes b;
	struct nd_wbuf w =
	    begin_error(&b, family, family == AF_INET ? 3 : 1, options, proto);

	/* The ports of UDP are where those of TCP are. */
	put_tcp(&w, sport, 443);
	end(&b, &w);
	return b;
}

static inline struct bytes
quotes_tcp(int family, size_t options, uint16_t sport)
{
	return quotes(family, options, IPPROTO_TCP, sport);
}

static inline struct bytes
segment(int family, size_t options, uint16_t dport)
{
	struct bytes b;
	struct nd_wbuf w = nd_wbuf_init(b.data, sizeof(b.data));

	if (family == AF_INET)
		put_ip4(&w, options, IPPROTO_TCP);
	put_tcp(&w, 443, dport);
	end(&b, &w);
	return b;
}

static inline struct pair
icmp_pair(int family, bool echo, const struct nd_ports *ports)
{
	const struct nd_filter_icmp want = {
	    .echo = echo, .ident = IDENT, .tcp_ports = ports};
	struct pair p = pair_new();

	cr_assert_eq(nd_filter_icmp(p.out, family, &want), 0);
	return p;
}

static inline struct pair
tcp_pair(int family, const struct nd_ports *ports)
{
	struct pair p = pair_new();

	cr_assert_eq(nd_filter_ports(p.out, family, ports), 0);
	return p;
}

#endif
