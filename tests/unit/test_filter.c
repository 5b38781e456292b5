/* SPDX-License-Identifier: MIT */
/*
 * lib/net/filter.h: the programs as the kernel runs them, over crafted packets
 * that go through a pair of local sockets.
 */
#include "net/filter.h"
#include "wire/cursor.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
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

static struct pair
pair_new(void)
{
	int fd[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, fd), 0);
	return (struct pair){fd[0], fd[1]};
}

static void
pair_free(struct pair *p)
{
	(void)close(p->in);
	(void)close(p->out);
}

static bool
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
static void
passes_from(const struct pair *p, const struct bytes *b, size_t needed)
{
	struct bytes cut = *b;

	for (cut.len = 0; cut.len <= b->len; cut.len++)
		cr_assert_eq(
		    passes(p, &cut), cut.len >= needed, "%zu bytes", cut.len);
}

static struct nd_ports
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

static void
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

static void
put_ip6(struct nd_wbuf *w, uint8_t next)
{
	nd_put32(w, 0x60000000);
	nd_put16(w, 40);
	nd_put8(w, next);
	for (int i = 0; i < 33; i++)
		nd_put8(w, 1);
}

static void
put_icmp(struct nd_wbuf *w, uint8_t type, uint16_t ident)
{
	nd_put32(w, (uint32_t)type << 24);
	nd_put16(w, ident);
	nd_put16(w, 1);
}

static void
put_tcp(struct nd_wbuf *w, uint16_t sport, uint16_t dport)
{
	nd_put16(w, sport);
	nd_put16(w, dport);
	nd_put32(w, 1);
}

static void
end(struct bytes *b, const struct nd_wbuf *w)
{
	cr_assert(!w->bad);
	b->len = nd_wbuf_len(w);
}

static struct bytes
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
static struct nd_wbuf
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

static struct bytes
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

static struct bytes
quotes_tcp(int family, size_t options, uint16_t sport)
{
	struct bytes b;
	struct nd_wbuf w = begin_error(
	    &b, family, family == AF_INET ? 3 : 1, options, IPPROTO_TCP);

	put_tcp(&w, sport, 443);
	end(&b, &w);
	return b;
}

static struct bytes
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

static struct pair
icmp_pair(int family, bool echo, const struct nd_ports *ports)
{
	const struct nd_filter_icmp want = {
	    .echo = echo, .ident = IDENT, .ports = ports};
	struct pair p = pair_new();

	cr_assert_eq(nd_filter_icmp(p.out, family, &want), 0);
	return p;
}

static struct pair
tcp_pair(int family, const struct nd_ports *ports)
{
	struct pair p = pair_new();

	cr_assert_eq(nd_filter_tcp(p.out, family, ports), 0);
	return p;
}

Test(filter, takes_echo_replies_of_the_ident)
{
	for (int f = 0; f < 2; f++) {
		const size_t most = f == 0 ? 40 : 0;
		struct pair p = icmp_pair(families[f], true, NULL);
		struct bytes b;

		for (size_t options = 0; options <= most; options += 4) {
			b = echo_reply(families[f], options, IDENT);
			passes_from(&p, &b, b.len - 2);
			b = echo_reply(families[f], options, IDENT ^ 1);
			cr_assert(!passes(&p, &b));
		}
		pair_free(&p);
	}
}

Test(filter, takes_errors_that_quote_an_echo_request_of_the_ident)
{
	static const uint8_t request[] = {8, 128}, reply[] = {0, 129};

	for (int f = 0; f < 2; f++) {
		const size_t most = f == 0 ? 40 : 0;
		struct pair p = icmp_pair(families[f], true, NULL);
		struct bytes b;

		for (size_t options = 0; options <= most; options += 4) {
			b = quotes_echo(
			    families[f], options, request[f], IDENT);
			passes_from(&p, &b, b.len - 2);
			b = quotes_echo(
			    families[f], options, request[f], IDENT + 1);
			cr_assert(!passes(&p, &b));
			b = quotes_echo(families[f], options, reply[f], IDENT);
			cr_assert(!passes(&p, &b));
		}
		/* No port is ours. */
		b = quotes_tcp(families[f], 0, IDENT);
		cr_assert(!passes(&p, &b));
		pair_free(&p);
	}
}

Test(filter, without_echo_takes_errors_about_tcp_alone)
{
	const struct nd_ports ports = ports_of(3);

	for (int f = 0; f < 2; f++) {
		struct pair p = icmp_pair(families[f], false, &ports);
		struct bytes b = echo_reply(families[f], 0, IDENT);

		cr_assert(!passes(&p, &b));
		b = quotes_echo(families[f], 0, f == 0 ? 8 : 128, IDENT);
		cr_assert(!passes(&p, &b));
		b = quotes_tcp(families[f], 0, ports.port[0]);
		cr_assert(passes(&p, &b));
		pair_free(&p);
	}
}

Test(filter, takes_errors_that_quote_tcp_from_one_of_the_ports)
{
	static const size_t counts[] = {1, 3, 4, 5, 9, 17, 256};

	for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
		const struct nd_ports ports = ports_of(counts[c]);

		for (int f = 0; f < 2; f++) {
			const size_t options = f == 0 ? c * 4 : 0;
			struct pair p = icmp_pair(families[f], true, &ports);
			struct bytes b;

			for (size_t i = 0; i < ports.n; i++) {
				uint16_t port = ports.port[i];

				b = quotes_tcp(families[f], options, port);
				passes_from(&p, &b, b.len - 6);
				port++;
				b = quotes_tcp(families[f], options, port);
				cr_assert_eq(passes(&p, &b),
				    nd_ports_find(&ports, port) >= 0);
			}
			pair_free(&p);
		}
	}
}

Test(filter, rejects_errors_about_other_protocols)
{
	static const uint8_t protos[] = {IPPROTO_UDP, 50, 132, 253, 2};
	const struct nd_ports ports = ports_of(1);

	for (int f = 0; f < 2; f++) {
		struct pair p = icmp_pair(families[f], true, &ports);

		for (size_t i = 0; i < sizeof(protos); i++) {
			struct bytes b;
			struct nd_wbuf w =
			    begin_error(&b, families[f], 3, 0, protos[i]);

			put_tcp(&w, ports.port[0], 443);
			end(&b, &w);
			cr_assert(!passes(&p, &b), "protocol %d", protos[i]);
		}
		pair_free(&p);
	}
}

/* What follows them is for the decoder to find. */
Test(filter, takes_errors_that_quote_ipv6_extension_headers)
{
	static const uint8_t next[] = {0, 43, 44, 60, 51};
	struct pair p = icmp_pair(AF_INET6, true, NULL);

	for (size_t i = 0; i < sizeof(next); i++) {
		struct bytes b;
		struct nd_wbuf w = begin_error(&b, AF_INET6, 1, 0, next[i]);

		end(&b, &w);
		passes_from(&p, &b, 8 + 7);
	}
	pair_free(&p);
}

Test(filter, takes_segments_to_one_of_the_ports)
{
	static const size_t counts[] = {0, 1, 2, 4, 5, 6, 7, 8, 9, 33, 255};

	for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
		const struct nd_ports ports = ports_of(counts[c]);

		for (int f = 0; f < 2; f++) {
			const size_t options = f == 0 ? c * 4 : 0;
			struct pair p =
			    tcp_pair(families[f], ports.n > 0 ? &ports : NULL);
			struct bytes b = segment(families[f], options, 2);

			cr_assert(!passes(&p, &b));
			for (size_t i = 0; i < ports.n; i++) {
				b = segment(
				    families[f], options, ports.port[i]);
				passes_from(&p, &b, b.len - 4);
			}
			pair_free(&p);
		}
	}
}

Test(filter, takes_exactly_256_ports_of_65536)
{
	const struct nd_ports ports = ports_of(ND_PORTS_MAX);

	for (int f = 0; f < 2; f++) {
		struct pair p = tcp_pair(families[f], &ports);
		size_t n = 0;

		for (unsigned port = 0; port <= 0xffff; port++) {
			const struct bytes b =
			    segment(families[f], 0, (uint16_t)port);

			if (!passes(&p, &b))
				continue;
			cr_assert_geq(nd_ports_find(&ports, (uint16_t)port), 0);
			n++;
		}
		cr_assert_eq(n, ND_PORTS_MAX);
		pair_free(&p);
	}
}

Test(filter, rejects_fragments_without_a_tcp_header)
{
	/* Flags and offset of the fragment, whether it passes. */
	static const unsigned fields[][2] = {{0, 1}, {0x4000, 1}, {0x8000, 1},
	    {0x2000, 1}, {1, 0}, {0x1000, 0}, {0x1fff, 0}, {0x2001, 0}};
	const struct nd_ports ports = ports_of(1);
	struct pair p = tcp_pair(AF_INET, &ports);

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct bytes b = segment(AF_INET, 0, ports.port[0]);

		nd_store16(b.data + 6, (uint16_t)fields[i][0]);
		cr_assert_eq(passes(&p, &b), fields[i][1] == 1);
	}
	pair_free(&p);
}

Test(filter, rejects_all_at_first_and_what_came_before)
{
	const struct nd_ports ports = ports_of(1);
	struct pair p = pair_new();
	struct bytes b = segment(AF_INET, 0, ports.port[0]);
	uint8_t byte;

	cr_assert_gt(send(p.in, b.data, b.len, 0), 0);
	cr_assert_eq(nd_filter_reject_all(p.out), 0);
	cr_assert_eq(recv(p.out, &byte, 1, MSG_DONTWAIT), -1);
	cr_assert(!passes(&p, &b));
	cr_assert_eq(nd_filter_tcp(p.out, AF_INET, &ports), 0);
	cr_assert(passes(&p, &b));
	pair_free(&p);
}

Test(filter, cannot_be_changed_once_it_is_locked)
{
	const struct nd_ports ports = ports_of(1);
	struct pair p = tcp_pair(AF_INET, &ports);

	cr_assert_eq(nd_filter_lock(p.out), 0);
	cr_assert_eq(nd_filter_tcp(p.out, AF_INET6, &ports), -EPERM);
	cr_assert_eq(nd_filter_reject_all(p.out), -EPERM);
	pair_free(&p);
}

Test(filter, tells_what_the_kernel_refuses)
{
	const struct nd_filter_icmp want = {.echo = true};
	struct pair p = pair_new();

	cr_assert_eq(nd_filter_reject_all(-1), -EBADF);
	cr_assert_eq(nd_filter_icmp(-1, AF_INET6, &want), -EBADF);
	cr_assert_eq(nd_filter_tcp(-1, AF_INET6, NULL), -EBADF);
	cr_assert_eq(nd_filter_lock(-1), -EBADF);
	/* It has no types of ICMP. */
	cr_assert_lt(nd_filter_types(p.out, AF_INET), 0);
	cr_assert_lt(nd_filter_types(p.out, AF_INET6), 0);
	pair_free(&p);
}
