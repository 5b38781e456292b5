/* SPDX-License-Identifier: MIT */
/* lib/wire/quote.h: the probe that an error is about, however mangled. */
#include "wire/quote.h"

#include "packets.h"
#include "wire/icmp.h"

#include <netinet/in.h>
#include <sys/socket.h>

/* Decodes the LEN bytes at DATA from a buffer of just that size. */
static enum nd_wire
decode(struct nd_quote *quote, const uint8_t *data, size_t len)
{
	uint8_t *copy = packet_copy(data, len);
	struct nd_quote before;
	enum nd_wire status;

	memset(quote, 0xa5, sizeof(*quote));
	memcpy(&before, quote, sizeof(before));
	status = nd_quote_decode(quote, copy, len);
	if (status != ND_WIRE_OK)
		cr_assert_eq(memcmp(quote, &before, sizeof(before)), 0);
	else if (quote->payload_len > 0)
		cr_assert(quote->payload >= copy + 28 &&
			  quote->payload + quote->payload_len == copy + len);
	free(copy);
	return status;
}

static enum nd_wire
decode_hex(struct nd_quote *quote, const char *hex)
{
	size_t len;
	uint8_t *data = packet_hex(hex, &len);
	enum nd_wire status = decode(quote, data, len);

	free(data);
	return status;
}

#define TCP "9c41 01bb 89ab cdef 0000 0000 5002 16d0 0000 0000"
#define IP4_TCP "4508 0028 0102 4000 0106 0000 c000 0201 c000 0202"
#define IP6_TCP "6000 0000 0014 0601" ADDR6_1 ADDR6_2

Test(quote, v4_udp_with_options)
{
	size_t len;
	uint8_t *data = packet_hex(ICMP4_ERROR, &len);
	struct nd_icmp icmp;
	struct nd_quote quote;

	cr_assert_eq(nd_icmp_decode(&icmp, AF_INET, data, len), ND_WIRE_OK);
	cr_assert_eq(
	    nd_quote_decode(&quote, icmp.body, icmp.quote_len), ND_WIRE_OK);
	cr_assert_eq(quote.af, AF_INET);
	cr_assert(packet_is(quote.src, 4, "c000 0201"));
	cr_assert(packet_is(quote.dst, 4, "c000 0202"));
	cr_assert_eq(quote.proto, IPPROTO_UDP);
	cr_assert_eq(quote.ttl, 64);
	cr_assert_eq(quote.tos, 0);
	cr_assert_eq(quote.ip_id, 0x9e64);
	cr_assert_eq(quote.sport, 40000);
	cr_assert_eq(quote.dport, 33434);
	cr_assert_eq(quote.udp_len, 15);
	cr_assert_eq(quote.checksum, 0x8424);
	cr_assert_eq(quote.icmp_type, 0);
	cr_assert_eq(quote.ident, 0);
	cr_assert_eq(quote.tcp_seq, 0);
	cr_assert_eq(quote.payload_len, 7);
	cr_assert_eq(memcmp(quote.payload, "netdiag", 7), 0);
	free(data);
}

Test(quote, v6_udp)
{
	struct nd_quote quote;

	cr_assert_eq(decode_hex(&quote, IP6_UDP UDP6), ND_WIRE_OK);
	cr_assert_eq(quote.af, AF_INET6);
	cr_assert(packet_is(quote.src, 16, ADDR6_1));
	cr_assert(packet_is(quote.dst, 16, ADDR6_2));
	cr_assert_eq(quote.proto, IPPROTO_UDP);
	cr_assert_eq(quote.ip_id, 0);
	cr_assert_eq(quote.sport, 40000);
	cr_assert_eq(quote.dport, 33434);
	cr_assert_eq(quote.payload_len, 7);
}

Test(quote, echo_of_both_families)
{
	struct nd_quote quote;

	cr_assert_eq(decode_hex(&quote, IP4_REQUEST ICMP4_REQUEST), ND_WIRE_OK);
	cr_assert_eq(quote.proto, IPPROTO_ICMP);
	cr_assert_eq(quote.icmp_type, 8);
	cr_assert_eq(quote.icmp_code, 0);
	cr_assert_eq(quote.checksum, 0x1cb8);
	cr_assert_eq(quote.ident, 0x16e4);
	cr_assert_eq(quote.seq, 1);
	cr_assert_eq(quote.ip_id, 0x0ba3);
	cr_assert_eq(quote.sport, 0);
	cr_assert_eq(quote.payload_len, 5);
	cr_assert_eq(decode_hex(&quote, IP6_REQUEST ICMP6_REQUEST), ND_WIRE_OK);
	cr_assert_eq(quote.proto, IPPROTO_ICMPV6);
	cr_assert_eq(quote.icmp_type, 128);
	cr_assert_eq(quote.ident, 0x16e5);
	cr_assert_eq(quote.seq, 1);
	cr_assert_eq(quote.payload_len, 5);
}

Test(quote, tcp_of_both_families)
{
	static const char *const packets[] = {IP4_TCP TCP, IP6_TCP TCP,
	    IP4_TCP "9c41 01bb 89ab cdef", IP6_TCP "9c41 01bb 89ab cdef"};
	struct nd_quote quote;

	for (size_t i = 0; i < 4; i++) {
		cr_assert_eq(decode_hex(&quote, packets[i]), ND_WIRE_OK);
		cr_assert_eq(quote.proto, IPPROTO_TCP);
		cr_assert_eq(quote.tos, i % 2 == 0 ? 8 : 0);
		cr_assert_eq(quote.ttl, 1);
		cr_assert_eq(quote.sport, 40001);
		cr_assert_eq(quote.dport, 443);
		cr_assert_eq(quote.tcp_seq, 0x89abcdef);
		/* All of the header, or 8 bytes of it. */
		cr_assert_eq(quote.tcp_flags, i < 2 ? 0x02 : -1);
		cr_assert_eq(quote.checksum, 0);
		cr_assert_eq(quote.payload_len, 0);
	}
}

Test(quote, every_truncation)
{
	/* The packet, and the size of its IP header. */
	static const struct {
		const char *hex;
		size_t header;
	} cases[] = {
	    {IP4_REQUEST ICMP4_REQUEST, 20},
	    {IP4_UDP UDP4, 28},
	    {IP4_TCP TCP, 20},
	    {IP6_REQUEST ICMP6_REQUEST, 40},
	    {IP6_UDP UDP6, 40},
	    {IP6_TCP TCP, 40},
	};
	struct nd_quote quote;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len;
		uint8_t *data = packet_hex(cases[i].hex, &len);
		bool tcp;

		for (size_t n = 0; n <= len; n++) {
			size_t least = cases[i].header + 8;

			cr_assert_eq(decode(&quote, data, n),
			    n < least ? ND_WIRE_TRUNCATED : ND_WIRE_OK,
			    "case %zu, %zu bytes", i, n);
			if (n < least)
				continue;
			tcp = quote.proto == IPPROTO_TCP;
			cr_assert_eq(quote.tcp_flags, !tcp	      ? 0
						      : n < least + 6 ? -1
								      : 0x02);
			cr_assert_eq(quote.payload_len, tcp ? 0 : n - least);
		}
		free(data);
	}
}

/* Any header length in a quote of any length. */
Test(quote, every_header_length)
{
	uint8_t data[80];
	struct nd_quote quote;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	data[6] = data[7] = 0;
	data[9] = IPPROTO_UDP;
	for (uint8_t ihl = 0; ihl <= 15; ihl++) {
		size_t header = (size_t)ihl * 4;

		data[0] = (uint8_t)(4 << 4 | ihl);
		for (size_t len = 20; len <= sizeof(data); len++) {
			enum nd_wire want = ND_WIRE_OK;

			if (ihl < 5)
				want = ND_WIRE_LENGTH;
			else if (header + 8 > len)
				want = ND_WIRE_TRUNCATED;
			cr_assert_eq(decode(&quote, data, len), want,
			    "header %zu of %zu", header, len);
			if (want != ND_WIRE_OK)
				continue;
			cr_assert_eq(quote.sport, header << 8 | (header + 1));
			cr_assert_eq(quote.payload_len, len - header - 8);
		}
	}
}

Test(quote, nothing_in_it_is_verified)
{
	struct nd_quote quote;

	/* Lengths 0, byte-swapped, huge; checksums 0; TTL 0, 255; ID 0. */
	cr_assert_eq(decode_hex(&quote,
			 "4500 0000 0000 0000 0001 0000 c000 0201 c000 0202"
			 "0800 0000 16e4 0001"),
	    ND_WIRE_OK);
	cr_assert_eq(quote.ttl, 0);
	cr_assert_eq(quote.ident, 0x16e4);
	cr_assert_eq(decode_hex(&quote,
			 "4500 2100 0ba3 4000 ff01 ffff c000 0201 c000 0202"
			 "0800 ffff 16e4 0001"),
	    ND_WIRE_OK);
	cr_assert_eq(quote.ttl, 255);
	cr_assert_eq(quote.checksum, 0xffff);
	cr_assert_eq(decode_hex(&quote,
			 "4500 ffff 0ba3 4000 0111 0000 c000 0201 c000 0202"
			 "9c40 829a ffff 0000"),
	    ND_WIRE_OK);
	cr_assert_eq(quote.udp_len, 0xffff);
	cr_assert_eq(decode_hex(&quote, "6000 0000 0000 3a00" ADDR6_1 ADDR6_2
					"8000 0000 16e5 0001"),
	    ND_WIRE_OK);
	cr_assert_eq(quote.ident, 0x16e5);
}

Test(quote, fragments)
{
	size_t len;
	uint8_t *data = packet_hex(IP4_REQUEST ICMP4_REQUEST, &len);
	struct nd_quote quote;

	data[6] = 0x20; /* the first of several */
	cr_assert_eq(decode(&quote, data, len), ND_WIRE_OK);
	data[6] = 0x00; /* DF in host order */
	data[7] = 0x40;
	cr_assert_eq(decode(&quote, data, len), ND_WIRE_OK);
	data[6] = 0x20; /* offset 1480: no transport header */
	data[7] = 0xb9;
	cr_assert_eq(decode(&quote, data, len), ND_WIRE_TYPE);
	free(data);

	cr_assert_eq(decode_hex(&quote, "6000 0000 0015 2c01" ADDR6_1 ADDR6_2
					"3a00 0001 0000 0007" ICMP6_REQUEST),
	    ND_WIRE_OK);
	cr_assert_eq(quote.ident, 0x16e5);
	cr_assert_eq(decode_hex(&quote, "6000 0000 0015 2c01" ADDR6_1 ADDR6_2
					"3a00 0009 0000 0007" ICMP6_REQUEST),
	    ND_WIRE_TYPE);
}

Test(quote, v6_extension_headers_are_walked)
{
	/* Hop-by-hop, destination options of 16 bytes, AH of 12, then echo. */
	size_t len;
	uint8_t *data = packet_hex(
	    "6000 0000 0031 0001" ADDR6_1 ADDR6_2 "3c00 0502 0000 0100"
	    "3301 010c 0000 0000 0000 0000 0000 0000"
	    "3a01 0000 0000 0001 0000 0002" ICMP6_REQUEST,
	    &len);
	struct nd_quote quote;

	for (size_t n = 0; n <= len; n++)
		cr_assert_eq(decode(&quote, data, n),
		    n < 40 + 36 + 8 ? ND_WIRE_TRUNCATED : ND_WIRE_OK,
		    "%zu bytes", n);
	cr_assert_eq(quote.proto, IPPROTO_ICMPV6);
	cr_assert_eq(quote.ident, 0x16e5);
	cr_assert_eq(quote.payload_len, 5);
	free(data);
}

Test(quote, v6_endless_chain)
{
	uint8_t data[1232] = {6 << 4};
	struct nd_quote quote;

	/* Next header 0, length 0, all the way: hop-by-hop for ever. */
	cr_assert_eq(decode(&quote, data, sizeof(data)), ND_WIRE_LENGTH);
	data[41] = 0xff;
	cr_assert_eq(decode(&quote, data, sizeof(data)), ND_WIRE_TRUNCATED);
}

Test(quote, other_protocols)
{
	size_t len;
	uint8_t *v4 = packet_hex(IP4_REQUEST ICMP4_REQUEST, &len);
	uint8_t *v6 = packet_hex(IP6_REQUEST ICMP6_REQUEST, &len);
	struct nd_quote quote;

	for (unsigned proto = 0; proto <= 255; proto++) {
		bool both = proto == IPPROTO_TCP || proto == IPPROTO_UDP;

		v4[9] = (uint8_t)proto;
		cr_assert_eq(decode(&quote, v4, 33),
		    both || proto == IPPROTO_ICMP ? ND_WIRE_OK : ND_WIRE_TYPE,
		    "protocol %u", proto);
		/* 13 bytes cannot be an extension header and 8 more. */
		if (proto == IPPROTO_HOPOPTS || proto == IPPROTO_ROUTING ||
		    proto == IPPROTO_FRAGMENT || proto == IPPROTO_AH ||
		    proto == IPPROTO_DSTOPTS)
			continue;
		v6[6] = (uint8_t)proto;
		cr_assert_eq(decode(&quote, v6, 53),
		    both || proto == IPPROTO_ICMPV6 ? ND_WIRE_OK : ND_WIRE_TYPE,
		    "next header %u", proto);
	}
	free(v4);
	free(v6);
}

Test(quote, other_versions)
{
	uint8_t data[64] = {0};
	struct nd_quote quote;

	for (unsigned version = 0; version <= 15; version++) {
		if (version == 4 || version == 6)
			continue;
		data[0] = (uint8_t)(version << 4 | 5);
		cr_assert_eq(decode(&quote, data, 64), ND_WIRE_VERSION);
	}
	cr_assert_eq(nd_quote_decode(&quote, NULL, 0), ND_WIRE_TRUNCATED);
}

/* RFC 4884: padding and extensions after the quote are not part of it. */
Test(quote, ends_before_the_extensions)
{
	uint8_t data[8 + 128 + 8] = {3, 0, 0, 0, 128 / 8};
	struct nd_icmp icmp;
	struct nd_quote quote;
	size_t len;
	uint8_t *packet = packet_hex(IP6_REQUEST ICMP6_REQUEST, &len);

	memcpy(data + 8, packet, len);
	memset(data + 8 + 128, 0x20, 8);
	cr_assert_eq(
	    nd_icmp_decode(&icmp, AF_INET6, data, sizeof(data)), ND_WIRE_OK);
	cr_assert_eq(icmp.kind, ND_ICMP_TTL_EXCEEDED);
	cr_assert_eq(icmp.quote_len, 128);
	cr_assert_eq(
	    nd_quote_decode(&quote, icmp.body, icmp.quote_len), ND_WIRE_OK);
	cr_assert_eq(quote.payload_len, 128 - 48);
	cr_assert_eq(quote.payload, data + 8 + 48);
	free(packet);
}
