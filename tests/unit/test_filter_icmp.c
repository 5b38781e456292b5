/* SPDX-License-Identifier: MIT */
/*
 * lib/net/filter.h: what of ICMP passes, by the programs as the kernel runs
 * them.
 */
#include "filter_rig.h"

Test(filter_icmp, takes_echo_replies_of_the_ident)
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

Test(filter_icmp, takes_errors_that_quote_an_echo_request_of_the_ident)
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

Test(filter_icmp, without_echo_takes_errors_about_tcp_alone)
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

Test(filter_icmp, takes_errors_that_quote_tcp_from_one_of_the_ports)
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

Test(filter_icmp, takes_errors_that_quote_udp_from_one_of_its_ports)
{
	/* Other ones than those of TCP, and as many as there can be. */
	const struct nd_ports udp = ports_of(ND_PORTS_MAX);
	struct nd_ports tcp = ports_of(ND_PORTS_MAX);

	for (size_t i = 0; i < tcp.n; i++)
		tcp.port[i] = (uint16_t)(tcp.port[i] ^ 0x8000);
	for (int f = 0; f < 2; f++) {
		const struct nd_filter_icmp want = {
		    .tcp_ports = &tcp, .udp_ports = &udp};
		struct pair p = pair_new();

		cr_assert_eq(nd_filter_icmp(p.out, families[f], &want), 0);
		for (size_t i = 0; i < udp.n; i++) {
			struct bytes b =
			    quotes(families[f], 0, IPPROTO_UDP, udp.port[i]);

			passes_from(&p, &b, b.len - 6);
			b = quotes_tcp(families[f], 0, udp.port[i]);
			cr_assert_eq(passes(&p, &b),
			    nd_ports_find(&tcp, udp.port[i]) >= 0);
			b = quotes(families[f], 0, IPPROTO_UDP, tcp.port[i]);
			cr_assert_eq(passes(&p, &b),
			    nd_ports_find(&udp, tcp.port[i]) >= 0);
		}
		pair_free(&p);
	}
}

Test(filter_icmp, takes_errors_that_quote_any_port_of_a_protocol_that_is_spoken)
{
	const struct nd_ports ports = ports_of(1);

	for (int i = 0; i < 4; i++) {
		const int family = families[i % 2];
		const bool udp = i >= 2;
		const struct nd_filter_icmp want = {
		    .tcp_ports = udp ? NULL : &ports,
		    .udp_ports = udp ? &ports : NULL,
		    .any_port = true};
		struct pair p = pair_new();

		cr_assert_eq(nd_filter_icmp(p.out, family, &want), 0);
		for (unsigned port = 0; port <= 0xffff; port += 0x1111) {
			struct bytes b =
			    quotes(family, 0, IPPROTO_UDP, (uint16_t)port);

			cr_assert_eq(passes(&p, &b), udp);
			b = quotes_tcp(family, 0, (uint16_t)port);
			cr_assert_eq(passes(&p, &b), !udp);
		}
		pair_free(&p);
	}
}

Test(filter_icmp, rejects_errors_about_other_protocols)
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
Test(filter_icmp, takes_errors_that_quote_ipv6_extension_headers)
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
