/* SPDX-License-Identifier: MIT */
/* lib/wire/tcp.h: the options of a segment, as Linux would read them. */
#include "wire/tcp.h"

#include "packets.h"
#include "prng.h"

#include <stdio.h>
#include <sys/socket.h>

/* Decodes a segment with FLAGS and the options that HEX spells. */
static void
decode_options(struct nd_tcp *tcp, unsigned flags, const char *hex)
{
	uint8_t data[60] = {0};
	size_t len;
	uint8_t *options = packet_hex(hex, &len), *copy;

	cr_assert(len % 4 == 0 && len <= 40);
	data[12] = (uint8_t)((20 + len) / 4 << 4);
	data[13] = (uint8_t)flags;
	memcpy(data + 20, options, len);
	free(options);
	copy = packet_copy(data, 20 + len);
	cr_assert_eq(nd_tcp_decode(tcp, AF_INET, NULL, NULL, copy, 20 + len),
	    ND_WIRE_OK);
	cr_assert_eq(tcp->payload_len, 0);
	free(copy);
}

Test(tcp_options, a_malformed_option_ends_the_options)
{
	/* The MSS in front of it counts, the window scale after it does not. */
	static const char *const cases[] = {
	    "0204 0200 0100 0303 0701 0101", /* END, for comparison */
	    "0204 0200 fd00 0303 0701 0101", /* length 0 */
	    "0204 0200 fd01 0303 0701 0101", /* length 1 */
	    "0204 0200 fd09 0303 0701 0101", /* one byte too long */
	    "0204 0200 fdff 0303 0701 0101",
	    "0204 0200 0800 0303 0701 0101", /* of a known kind */
	    "0204 0200 0809 0303 0701 0101",
	    "0204 0200 0101 01fd", /* no length at all */
	    "0204 0200 0101 0108",
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct nd_tcp tcp;

		decode_options(&tcp, ND_TCP_SYN, cases[i]);
		cr_assert_eq(tcp.bad_options, i > 0, "case %zu", i);
		cr_assert_eq(tcp.mss, 512);
		cr_assert_not(tcp.has_wscale);
		cr_assert_not(tcp.has_timestamps);
	}
}

Test(tcp_options, an_option_of_another_size_is_skipped)
{
	static const char *const cases[] = {
	    "0203 0303 0307 0000",	     /* MSS of 1 byte */
	    "0205 0102 0303 0307 0000 0000", /* of 3 */
	    "0302 0303 0700 0000",	     /* window scale of none */
	    "0304 0707 0303 0700",	     /* of 2 */
	    "0403 0003 0307 0000",	     /* SACK permitted of 1 */
	    "0809 0000 0000 0000 0003 0307", /* timestamps of 7 */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct nd_tcp tcp;

		decode_options(&tcp, ND_TCP_SYN, cases[i]);
		cr_assert(tcp.bad_options, "case %zu", i);
		cr_assert_eq(tcp.mss, 0);
		cr_assert_not(tcp.sack);
		cr_assert_not(tcp.has_timestamps);
		cr_assert(tcp.has_wscale, "case %zu", i);
		cr_assert_eq(tcp.wscale, 7);
	}
}

Test(tcp_options, unknown_options_are_skipped)
{
	struct nd_tcp tcp;

	for (unsigned kind = 5; kind <= 255; kind++) {
		char hex[64];

		if (kind == 8)
			continue;
		(void)snprintf(hex, sizeof(hex), "%02x02 %02x06 ffff ffff %s",
		    kind, kind, "0303 0e00 0204 0500");
		decode_options(&tcp, ND_TCP_SYN, hex);
		cr_assert_not(tcp.bad_options);
		cr_assert(tcp.has_wscale);
		cr_assert_eq(tcp.wscale, 14);
		/* After the end of the options: not one of them. */
		cr_assert_eq(tcp.mss, 0);
	}
}

Test(tcp_options, window_scale_is_at_most_14)
{
	struct nd_tcp tcp;

	for (unsigned shift = 0; shift <= 255; shift++) {
		char hex[16];

		(void)snprintf(hex, sizeof(hex), "0103 03%02x", shift);
		decode_options(&tcp, ND_TCP_SYN, hex);
		cr_assert(tcp.has_wscale);
		cr_assert_eq(tcp.wscale, shift > 14 ? 14 : shift);
	}
}

Test(tcp_options, the_last_of_two_counts)
{
	struct nd_tcp tcp;

	decode_options(&tcp, ND_TCP_SYN, "0204 0200 0204 05b4");
	cr_assert_eq(tcp.mss, 1460);
}

Test(tcp_options, options_of_the_handshake_count_in_a_syn_only)
{
	struct nd_tcp tcp;

	decode_options(&tcp, ND_TCP_ACK,
	    "0204 05b4 0402 080a 0000 0001 0000 0002 0103 030a");
	cr_assert_eq(tcp.mss, 0);
	cr_assert_not(tcp.sack);
	cr_assert_not(tcp.has_wscale);
	cr_assert(tcp.has_timestamps);
	cr_assert_eq(tcp.tsval, 1);
	cr_assert_eq(tcp.tsecr, 2);
	cr_assert_not(tcp.bad_options);
}

/* No bytes of options, whatever they are, are more than their segment. */
Test(tcp_options, random_options)
{
	uint64_t seed = 7323;
	struct nd_tcp tcp;
	uint8_t data[60] = {0};

	for (int i = 0; i < 50000; i++) {
		uint8_t *copy;

		for (size_t k = 20; k < sizeof(data); k++)
			data[k] = (uint8_t)prng_in(&seed, 0, 12);
		data[12] = 0xf0;
		data[13] = (uint8_t)prng(&seed);
		copy = packet_copy(data, 60);
		cr_assert_eq(nd_tcp_decode(&tcp, AF_INET, NULL, NULL, copy, 60),
		    ND_WIRE_OK);
		free(copy);
		cr_assert_leq(tcp.wscale, 14);
		if ((tcp.flags & ND_TCP_SYN) == 0)
			cr_assert(tcp.mss == 0 && !tcp.sack && !tcp.has_wscale);
	}
}
