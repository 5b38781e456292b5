/* SPDX-License-Identifier: MIT */
/* lib/wire/checksum.h: against the RFC, real packets and a naive sum. */
#include "wire/checksum.h"

#include "packets.h"

#include <netinet/in.h>

/* RFC 1071 section 1 to the letter: 16-bit words, end-around carry. */
static uint16_t
naive(const uint8_t *data, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i += 2) {
		uint32_t low = i + 1 < len ? data[i + 1] : 0;

		sum += (uint32_t)data[i] << 8 | low;
		if (sum > 0xffff)
			sum -= 0xffff;
	}
	return (uint16_t)~sum;
}

static uint32_t
random_next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static uint16_t
checksum_hex(uint32_t acc, const char *hex)
{
	size_t len;
	uint8_t *data = packet_hex(hex, &len);
	uint16_t sum = nd_sum_fold(nd_sum(acc, data, len));

	free(data);
	return sum;
}

Test(checksum, example_of_rfc_1071)
{
	/* Section 3: the sum is ddf2. */
	cr_assert_eq(checksum_hex(0, "0001 f203 f4f5 f6f7"), 0x220d);
	cr_assert_eq(nd_sum(0, "\x00\x01\xf2\x03\xf4\xf5\xf6\xf7", 8), 0xddf2);
}

Test(checksum, of_no_bytes_and_of_zeros)
{
	cr_assert_eq(nd_sum(0, NULL, 0), 0);
	cr_assert_eq(nd_sum(0x1234, NULL, 0), 0x1234);
	cr_assert_eq(nd_sum_fold(0), 0xffff);
	cr_assert_eq(checksum_hex(0, "0000 0000 0000"), 0xffff);
	cr_assert_eq(checksum_hex(0, "ffff"), 0);
	cr_assert_eq(checksum_hex(0, "ff"), 0x00ff);
}

Test(checksum, of_packets_that_the_kernel_sent)
{
	cr_assert_eq(
	    checksum_hex(0, "0800 0000 16e4 0001 6162 6300 00"), 0x1cb8);
	cr_assert_eq(checksum_hex(0,
			 "4500 0021 0ba3 4000 4001 0000 c000 0201 c000 0202"),
	    0xab35);
}

Test(checksum, covers_the_pseudo_header)
{
	static const uint8_t src4[4] = {192, 0, 2, 1}, dst4[4] = {192, 0, 2, 2};
	size_t len;
	uint8_t *src = packet_hex(ADDR6_1, &len),
		*dst = packet_hex(ADDR6_2, &len);
	uint32_t acc;

	/* What tcpdump(8) calls correct for these datagrams. */
	acc = nd_sum_pseudo4(src4, dst4, IPPROTO_UDP, 15);
	cr_assert_eq(
	    checksum_hex(acc, "9c40 829a 000f 0000 6e65 7464 6961 67"), 0xa9c5);
	acc = nd_sum_pseudo6(src, dst, IPPROTO_UDP, 15);
	cr_assert_eq(
	    checksum_hex(acc, "9c40 829a 000f 0000 6e65 7464 6961 67"), 0xd254);
	acc = nd_sum_pseudo6(src, dst, IPPROTO_ICMPV6, 13);
	cr_assert_eq(
	    checksum_hex(acc, "8000 0000 16e5 0001 6162 6300 00"), 0x48fa);
	/* The length has 32 bits there: 0x1000d counts as 1 more than 0xd. */
	acc = nd_sum_pseudo6(src, dst, IPPROTO_ICMPV6, 0x1000d);
	cr_assert_eq(
	    checksum_hex(acc, "8000 0000 16e5 0001 6162 6300 00"), 0x48f9);
	free(src);
	free(dst);
}

/* One's complement has two zeros, and a checksum may be either. */
Test(checksum, both_zeros_are_right)
{
	cr_assert(nd_sum_ok(0, "\x12\x34\x00\x00\xed\xcb", 6));
	cr_assert(nd_sum_ok(0, "\x12\x34\xff\xff\xed\xcb", 6));
	cr_assert_not(nd_sum_ok(0, "\x12\x34\x00\x01\xed\xcb", 6));
	/* But the sum of a message is only zero if all of it is. */
	cr_assert_not(nd_sum_ok(0, "\x00\x00\x00\x00", 4));
	cr_assert(nd_sum_ok(0, "\x00\x00\xff\xff", 4));
}

Test(checksum, every_flipped_bit_is_seen)
{
	size_t len;
	uint8_t *data = packet_hex(ICMP4_REPLY, &len);

	cr_assert(nd_sum_ok(0, data, len));
	for (size_t bit = 0; bit < len * 8; bit++) {
		data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		cr_assert_not(nd_sum_ok(0, data, len), "bit %zu", bit);
		data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	free(data);
}

Test(checksum, carries_are_never_lost)
{
	size_t len = 1 << 20;
	uint8_t *data = malloc(len);

	cr_assert_not_null(data);
	memset(data, 0xff, len);
	cr_assert_eq(nd_sum(0, data, len), 0xffff);
	cr_assert_eq(nd_sum(0xffffffff, data, len), 0xffff);
	cr_assert_eq(nd_sum(0xffff0002, "\x00\x01", 2), 3);
	cr_assert_eq(nd_sum_fold(0xffff0002), 0xfffd);
	free(data);
}

/* Any length, any alignment, in one part and in parts. */
Test(checksum, agrees_with_a_naive_sum)
{
	uint32_t seed = 0x6e657464;

	for (unsigned round = 0; round < 2000; round++) {
		size_t len = random_next(&seed) % 300, align = round % 16;
		uint8_t *room = malloc(align + len), *data = room + align;
		size_t cut =
		    len > 0 ? random_next(&seed) % len & ~(size_t)1 : 0;
		bool sparse = random_next(&seed) % 8 == 0;
		uint16_t want;
		uint32_t acc;

		for (size_t i = 0; i < len; i++) {
			uint32_t r = random_next(&seed);

			data[i] = (uint8_t)(sparse ? (r & 1) * 0xff : r >> 8);
		}
		want = naive(data, len);
		cr_assert_eq(nd_sum_fold(nd_sum(0, data, len)), want,
		    "length %zu, alignment %zu", len, align);
		acc = nd_sum(nd_sum(0, data, cut), data + cut, len - cut);
		cr_assert_eq(
		    nd_sum_fold(acc), want, "length %zu, cut at %zu", len, cut);
		free(room);
	}
}
