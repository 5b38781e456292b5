/* SPDX-License-Identifier: MIT */
/* lib/wire/ip.h: headers of both versions, strict and as quoted. */
#include "wire/ip.h"

#include "packets.h"
#include "wire/checksum.h"

#include <netinet/in.h>
#include <sys/socket.h>

typedef enum nd_wire decode_fn(struct nd_ip *, const uint8_t *, size_t);

/* Decodes the LEN bytes at DATA from a buffer of just that size. */
static enum nd_wire
decode(decode_fn *fn, struct nd_ip *ip, const uint8_t *data, size_t len)
{
	uint8_t *copy = packet_copy(data, len);
	struct nd_ip before;
	enum nd_wire status;

	memset(ip, 0xa5, sizeof(*ip));
	memcpy(&before, ip, sizeof(before));
	status = fn(ip, copy, len);
	if (status != ND_WIRE_OK)
		cr_assert_eq(memcmp(ip, &before, sizeof(before)), 0);
	else
		cr_assert(ip->payload >= copy &&
			  ip->payload + ip->payload_len <= copy + len);
	free(copy);
	return status;
}

static enum nd_wire
decode_hex(decode_fn *fn, struct nd_ip *ip, const char *hex)
{
	size_t len;
	uint8_t *data = packet_hex(hex, &len);
	enum nd_wire status = decode(fn, ip, data, len);

	free(data);
	return status;
}

Test(ip, v4_header)
{
	struct nd_ip ip;

	cr_assert_eq(decode_hex(nd_ip4_decode, &ip, IP4_REQUEST ICMP4_REQUEST),
	    ND_WIRE_OK);
	cr_assert_eq(ip.af, AF_INET);
	cr_assert(
	    packet_is(ip.src, 16, "c000 0201 0000 0000 0000 0000 0000 0000"));
	cr_assert(
	    packet_is(ip.dst, 16, "c000 0202 0000 0000 0000 0000 0000 0000"));
	cr_assert_eq(ip.proto, IPPROTO_ICMP);
	cr_assert_eq(ip.ttl, 64);
	cr_assert_eq(ip.tos, 0);
	cr_assert_eq(ip.id, 0x0ba3);
	cr_assert_eq(ip.flow_label, 0);
	cr_assert(ip.df);
	cr_assert_not(ip.fragment);
	cr_assert_eq(ip.header_len, 20);
	cr_assert_eq(ip.total_len, 33);
	cr_assert_eq(ip.payload_len, 13);
}

Test(ip, v4_header_with_options)
{
	size_t len;
	uint8_t *data = packet_hex(IP4_ERROR ICMP4_ERROR, &len);
	struct nd_ip ip;

	cr_assert_eq(nd_ip4_decode(&ip, data, len), ND_WIRE_OK);
	cr_assert_eq(ip.header_len, 28);
	cr_assert_eq(ip.total_len, 79);
	cr_assert_eq(ip.tos, 0xc0);
	cr_assert_not(ip.df);
	cr_assert_eq(ip.payload, data + 28);
	cr_assert(packet_is(ip.payload, ip.payload_len, ICMP4_ERROR));
	free(data);
}

Test(ip, v4_every_truncation)
{
	size_t len;
	uint8_t *data = packet_hex(IP4_ERROR ICMP4_ERROR, &len);
	struct nd_ip ip;

	for (size_t n = 0; n < len; n++)
		cr_assert_eq(decode(nd_ip4_decode, &ip, data, n),
		    ND_WIRE_TRUNCATED, "%zu bytes", n);
	for (size_t n = 0; n < 28; n++)
		cr_assert_eq(decode(nd_ip_decode_quoted, &ip, data, n),
		    ND_WIRE_TRUNCATED, "%zu bytes", n);
	for (size_t n = 28; n <= len; n++) {
		cr_assert_eq(decode(nd_ip_decode_quoted, &ip, data, n),
		    ND_WIRE_OK, "%zu bytes", n);
		cr_assert_eq(ip.payload_len, n - 28);
		cr_assert_eq(ip.total_len, 79);
	}
	free(data);
}

/* Any header length in a datagram of any length, strict and quoted. */
Test(ip, v4_every_header_length)
{
	uint8_t data[80] = {0};
	struct nd_ip ip;

	data[9] = IPPROTO_UDP;
	for (uint8_t ihl = 0; ihl <= 15; ihl++) {
		size_t header = (size_t)ihl * 4;

		for (uint8_t len = 20; len <= 80; len++) {
			enum nd_wire quoted = ND_WIRE_OK, strict;

			data[0] = (uint8_t)(4 << 4 | ihl);
			data[3] = len;
			if (ihl < 5)
				quoted = ND_WIRE_LENGTH;
			else if (header > len)
				quoted = ND_WIRE_TRUNCATED;
			strict =
			    quoted == ND_WIRE_OK ? ND_WIRE_OK : ND_WIRE_LENGTH;
			cr_assert_eq(decode(nd_ip4_decode, &ip, data, len),
			    strict, "header %zu of %u", header, len);
			if (strict == ND_WIRE_OK)
				cr_assert_eq(ip.payload_len, len - header);
			cr_assert_eq(
			    decode(nd_ip_decode_quoted, &ip, data, len), quoted,
			    "header %zu of %u", header, len);
			if (quoted == ND_WIRE_OK)
				cr_assert_eq(ip.payload_len, len - header);
		}
	}
}

Test(ip, v4_total_length)
{
	size_t len;
	uint8_t *data = packet_hex(IP4_REQUEST ICMP4_REQUEST "dead beef", &len);
	struct nd_ip ip;

	/* Link layers pad: what comes after the datagram is not its. */
	cr_assert_eq(decode(nd_ip4_decode, &ip, data, len), ND_WIRE_OK);
	cr_assert_eq(ip.payload_len, 13);
	data[3] = 19;
	cr_assert_eq(decode(nd_ip4_decode, &ip, data, len), ND_WIRE_LENGTH);
	data[3] = 20;
	cr_assert_eq(decode(nd_ip4_decode, &ip, data, len), ND_WIRE_OK);
	cr_assert_eq(ip.payload_len, 0);
	data[3] = (uint8_t)(len + 1);
	cr_assert_eq(decode(nd_ip4_decode, &ip, data, len), ND_WIRE_TRUNCATED);
	free(data);
}

Test(ip, only_the_version_asked_for)
{
	uint8_t data[64] = {0};
	struct nd_ip ip;

	data[3] = 64;
	for (uint8_t version = 0; version <= 15; version++) {
		enum nd_wire v4 = version == 4 ? ND_WIRE_OK : ND_WIRE_VERSION;
		enum nd_wire v6 = version == 6 ? ND_WIRE_OK : ND_WIRE_VERSION;
		enum nd_wire quoted = version == 4 ? v4 : v6;

		data[0] = (uint8_t)(version << 4 | 5);
		data[6] = 59; /* no next header */
		cr_assert_eq(decode(nd_ip4_decode, &ip, data, 64), v4);
		cr_assert_eq(decode(nd_ip6_decode, &ip, data, 64), v6);
		cr_assert_eq(
		    decode(nd_ip_decode_quoted, &ip, data, 64), quoted);
	}
}

Test(ip, v4_fragments)
{
	/* The field; strict: fragment, DF; quoted: the same. */
	static const struct {
		uint16_t field;
		bool fragment, df, quoted_fragment, quoted_df;
	} cases[] = {
	    {0x0000, false, false, false, false},
	    {0x4000, false, true, false, true},
	    {0x2000, false, false, false, false}, /* the first of several */
	    {0x2001, true, false, true, false},
	    {0x00b9, true, false, true, false}, /* the last, offset 1480 */
	    {0x1fff, true, false, true, false},
	    /* Flags in host order, as old BSD systems quote them. */
	    {0x0040, true, false, false, true},
	    {0x0020, true, false, false, false},
	    {0x0060, true, false, false, true},
	    {0x0140, true, false, true, false},
	    {0x0041, true, false, true, false},
	};
	size_t len;
	uint8_t *data = packet_hex(IP4_REQUEST ICMP4_REQUEST, &len);
	struct nd_ip ip;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		data[6] = (uint8_t)(cases[i].field >> 8);
		data[7] = (uint8_t)cases[i].field;
		cr_assert_eq(decode(nd_ip4_decode, &ip, data, len), ND_WIRE_OK);
		cr_assert_eq(ip.fragment, cases[i].fragment, "case %zu", i);
		cr_assert_eq(ip.df, cases[i].df, "case %zu", i);
		cr_assert_eq(
		    decode(nd_ip_decode_quoted, &ip, data, len), ND_WIRE_OK);
		cr_assert_eq(
		    ip.fragment, cases[i].quoted_fragment, "case %zu", i);
		cr_assert_eq(ip.df, cases[i].quoted_df, "case %zu", i);
	}
	free(data);
}

Test(ip, v6_header)
{
	struct nd_ip ip;

	cr_assert_eq(
	    decode_hex(nd_ip6_decode, &ip, IP6_REPLY ICMP6_REPLY), ND_WIRE_OK);
	cr_assert_eq(ip.af, AF_INET6);
	cr_assert(packet_is(ip.src, 16, ADDR6_2));
	cr_assert(packet_is(ip.dst, 16, ADDR6_1));
	cr_assert_eq(ip.proto, IPPROTO_ICMPV6);
	cr_assert_eq(ip.ttl, 64);
	cr_assert_eq(ip.tos, 0);
	cr_assert_eq(ip.id, 0);
	cr_assert_eq(ip.flow_label, 0x6390a);
	cr_assert_not(ip.fragment);
	cr_assert_eq(ip.header_len, 40);
	cr_assert_eq(ip.total_len, 53);
	cr_assert_eq(ip.payload_len, 13);
}

/* One extension header of each kind, then UDP: 8 + 24 + 8 + 16 + 12 bytes. */
#define CHAIN_HOP "2b00 0502 0000 0100"
#define CHAIN_ROUTING "2c02 0401 0000 0000" ADDR6_1
#define CHAIN_FRAGMENT "3c00 0001 1234 5678"
#define CHAIN_DESTINATION "3301 010c 0000 0000 0000 0000 0000 0000"
#define CHAIN_AH "1101 0000 0000 0001 0000 0002"
#define CHAIN CHAIN_HOP CHAIN_ROUTING CHAIN_FRAGMENT CHAIN_DESTINATION CHAIN_AH
#define IP6_CHAIN "6a50 0001 0053 0007" ADDR6_1 ADDR6_2 CHAIN

Test(ip, v6_extension_headers)
{
	size_t len;
	uint8_t *data = packet_hex(IP6_CHAIN UDP6, &len);
	struct nd_ip ip;

	cr_assert_eq(nd_ip6_decode(&ip, data, len), ND_WIRE_OK);
	cr_assert_eq(ip.proto, IPPROTO_UDP);
	cr_assert_eq(ip.header_len, 108);
	cr_assert_eq(ip.tos, 0xa5);
	cr_assert_eq(ip.flow_label, 1);
	cr_assert_eq(ip.ttl, 7);
	cr_assert_not(ip.fragment);
	cr_assert(packet_is(ip.payload, ip.payload_len, UDP6));
	free(data);
}

Test(ip, v6_every_truncation)
{
	size_t len;
	uint8_t *data = packet_hex(IP6_CHAIN UDP6, &len);
	struct nd_ip ip;

	for (size_t n = 0; n < len; n++) {
		cr_assert_eq(decode(nd_ip6_decode, &ip, data, n),
		    ND_WIRE_TRUNCATED, "%zu bytes", n);
		cr_assert_eq(decode(nd_ip_decode_quoted, &ip, data, n),
		    n < 108 ? ND_WIRE_TRUNCATED : ND_WIRE_OK, "%zu bytes", n);
		if (n >= 108)
			cr_assert_eq(ip.payload_len, n - 108);
	}
	/* Cut by the payload length, with the bytes still there. */
	for (uint8_t n = 0; n < 83; n++) {
		data[5] = n;
		cr_assert_eq(decode(nd_ip6_decode, &ip, data, len),
		    n < 68 ? ND_WIRE_TRUNCATED : ND_WIRE_OK, "%u bytes", n);
		cr_assert_eq(
		    decode(nd_ip_decode_quoted, &ip, data, len), ND_WIRE_OK);
		cr_assert_eq(ip.payload_len, len - 108);
	}
	free(data);
}

Test(ip, v6_later_fragment_ends_the_walk)
{
	struct nd_ip ip;
	const char *packet = "6000 0000 0010 2c40" ADDR6_1 ADDR6_2
			     "3c00 0008 0000 0001 ffff ffff ffff ffff";

	cr_assert_eq(decode_hex(nd_ip6_decode, &ip, packet), ND_WIRE_OK);
	cr_assert(ip.fragment);
	cr_assert_eq(ip.proto, IPPROTO_DSTOPTS);
	cr_assert_eq(ip.header_len, 48);
	cr_assert_eq(ip.payload_len, 8);
}

/* COUNT headers of 8 bytes that say they have no length, then no next one. */
static enum nd_wire
decode_chain(decode_fn *fn, struct nd_ip *ip, size_t count, uint8_t kind)
{
	uint8_t data[40 + 64 * 8] = {6 << 4};

	data[4] = (uint8_t)(count * 8 >> 8);
	data[5] = (uint8_t)(count * 8);
	data[6] = kind;
	for (size_t i = 0; i < count; i++)
		data[40 + i * 8] = i + 1 < count ? kind : IPPROTO_NONE;
	return decode(fn, ip, data, 40 + count * 8);
}

Test(ip, v6_chain_is_followed_for_eight_headers)
{
	static const uint8_t kinds[] = {IPPROTO_HOPOPTS, IPPROTO_ROUTING,
	    IPPROTO_FRAGMENT, IPPROTO_DSTOPTS, IPPROTO_AH};
	struct nd_ip ip;

	for (size_t i = 0; i < sizeof(kinds); i++) {
		for (size_t n = 1; n <= 64; n++) {
			enum nd_wire want =
			    n <= 8 ? ND_WIRE_OK : ND_WIRE_LENGTH;

			cr_assert_eq(
			    decode_chain(nd_ip6_decode, &ip, n, kinds[i]), want,
			    "%zu headers of kind %u", n, kinds[i]);
			if (want == ND_WIRE_OK) {
				cr_assert_eq(ip.header_len, 40 + n * 8);
				cr_assert_eq(ip.proto, IPPROTO_NONE);
			}
			cr_assert_eq(
			    decode_chain(nd_ip_decode_quoted, &ip, n, kinds[i]),
			    want);
		}
	}
}

Test(ip, v6_extension_longer_than_the_packet)
{
	static const uint8_t kinds[] = {
	    IPPROTO_HOPOPTS, IPPROTO_ROUTING, IPPROTO_DSTOPTS, IPPROTO_AH};
	struct nd_ip ip;

	for (size_t i = 0; i < sizeof(kinds); i++) {
		for (unsigned words = 0; words <= 255; words++) {
			uint8_t data[40 + 80] = {6 << 4};
			size_t size = kinds[i] == IPPROTO_AH ? words * 4 + 8
							     : words * 8 + 8;

			data[5] = 80;
			data[6] = kinds[i];
			data[40] = IPPROTO_NONE;
			data[41] = (uint8_t)words;
			cr_assert_eq(
			    decode(nd_ip6_decode, &ip, data, sizeof(data)),
			    size <= 80 ? ND_WIRE_OK : ND_WIRE_TRUNCATED,
			    "kind %u, %u words", kinds[i], words);
			if (size <= 80)
				cr_assert_eq(ip.header_len, 40 + size);
		}
	}
}

Test(ip, quoted_header_is_taken_as_it_is)
{
	/* Total length byte-swapped, TTL 0, header checksum wrong. */
	const char *packet =
	    "4500 2100 0ba3 4000 0001 0000 c000 0201 c000 0202" ICMP4_REQUEST;
	struct nd_ip ip;

	cr_assert_eq(decode_hex(nd_ip4_decode, &ip, packet), ND_WIRE_TRUNCATED);
	cr_assert_eq(decode_hex(nd_ip_decode_quoted, &ip, packet), ND_WIRE_OK);
	cr_assert_eq(ip.total_len, 0x2100);
	cr_assert_eq(ip.ttl, 0);
	cr_assert_eq(ip.payload_len, 13);
	/* Less than a header, as where its length was taken off. */
	packet =
	    "4500 000d 0ba3 4000 0101 0000 c000 0201 c000 0202" ICMP4_REQUEST;
	cr_assert_eq(decode_hex(nd_ip4_decode, &ip, packet), ND_WIRE_LENGTH);
	cr_assert_eq(decode_hex(nd_ip_decode_quoted, &ip, packet), ND_WIRE_OK);
	cr_assert_eq(ip.payload_len, 13);
}

Test(ip, writes_what_the_kernel_wrote)
{
	uint8_t data[64];
	struct nd_wbuf w = nd_wbuf_init(data, sizeof(data));
	struct nd_ip ip;

	cr_assert_eq(decode_hex(nd_ip4_decode, &ip, IP4_REQUEST ICMP4_REQUEST),
	    ND_WIRE_OK);
	cr_assert_eq(nd_ip4_put(&w, &ip), 20);
	cr_assert(packet_is(data, nd_wbuf_len(&w), IP4_REQUEST));
	cr_assert_eq(
	    decode_hex(nd_ip4_decode, &ip, IP4_REPLY ICMP4_REPLY), ND_WIRE_OK);
	w = nd_wbuf_init(data, sizeof(data));
	cr_assert_eq(nd_ip4_put(&w, &ip), 20);
	cr_assert(packet_is(data, nd_wbuf_len(&w), IP4_REPLY));
	cr_assert_eq(decode_hex(nd_ip6_decode, &ip, IP6_UDP UDP6), ND_WIRE_OK);
	w = nd_wbuf_init(data, sizeof(data));
	cr_assert_eq(nd_ip6_put(&w, &ip), 40);
	cr_assert(packet_is(data, nd_wbuf_len(&w), IP6_UDP));
}

Test(ip, a_flow_label_has_20_bits)
{
	uint8_t data[40];
	struct nd_wbuf w = nd_wbuf_init(data, sizeof(data));
	struct nd_ip ip = {.tos = 0xff, .flow_label = 0xfff00001};

	cr_assert_eq(nd_ip6_put(&w, &ip), 40);
	cr_assert(packet_is(data, 4, "6ff0 0001"));
}

Test(ip, writes_no_header_for_what_does_not_fit)
{
	static uint8_t data[64];
	struct nd_ip ip = {.payload_len = 65515};
	struct nd_wbuf w = nd_wbuf_init(data, 20);

	cr_assert_eq(nd_ip4_put(&w, &ip), 20);
	cr_assert(packet_is(data, 4, "4500 ffff"));
	cr_assert_eq(nd_ip4_put(&w, &ip), 0);
	cr_assert(w.bad);
	ip.payload_len = 65516;
	w = nd_wbuf_init(data, sizeof(data));
	cr_assert_eq(nd_ip4_put(&w, &ip), 0);
	cr_assert(w.bad);

	ip.payload_len = 65535;
	w = nd_wbuf_init(data, 40);
	cr_assert_eq(nd_ip6_put(&w, &ip), 40);
	cr_assert_eq(nd_ip6_put(&w, &ip), 0);
	cr_assert(w.bad);
	ip.payload_len = 65536;
	w = nd_wbuf_init(data, sizeof(data));
	cr_assert_eq(nd_ip6_put(&w, &ip), 0);
	cr_assert(w.bad);
}

Test(ip, pseudo_headers_of_both_families)
{
	static const uint8_t a[16] = {1, 2, 3, 4, 5}, b[16] = {6, 7, 8, 9, 10};

	cr_assert_eq(nd_ip_pseudo(AF_INET, a, b, IPPROTO_UDP, 77),
	    nd_sum_pseudo4(a, b, IPPROTO_UDP, 77));
	cr_assert_eq(nd_ip_pseudo(AF_INET6, a, b, IPPROTO_TCP, 77777),
	    nd_sum_pseudo6(a, b, IPPROTO_TCP, 77777));
}

Test(ip, a_transport_checksum_is_right_or_left_to_the_hardware)
{
	static const uint8_t a[4] = {192, 0, 2, 1}, b[4] = {192, 0, 2, 2};
	uint8_t data[8] = {0x9c, 0x40, 0x82, 0x9a, 0, 8};
	uint32_t acc = nd_ip_pseudo(AF_INET, a, b, IPPROTO_UDP, 8);
	uint16_t right = nd_sum_fold(nd_sum(acc, data, 8));

	for (uint32_t sum = 0; sum <= 0xffff; sum++) {
		bool unfinished = false;

		data[6] = (uint8_t)(sum >> 8);
		data[7] = (uint8_t)sum;
		cr_assert_eq(nd_ip_transport_ok(
				 &unfinished, acc, (uint16_t)sum, data, 8),
		    sum == right || sum == acc);
		cr_assert_eq(unfinished, sum == acc);
	}
}
