/* SPDX-License-Identifier: MIT */
/*
 * The Internet checksum, eight bytes at a time. RFC 1071 section 2: the sum
 * may be taken in any byte order and over words of any size, as long as the
 * carries come back in; only the result is put into order.
 */
#include "wire/checksum.h"

#include <string.h>

/* The one's complement sum of 16-bit words that SUM is congruent to. */
static uint32_t
fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint32_t)sum;
}

/* The sum of the words of one part, in host order. */
static uint32_t
sum_part(const uint8_t *p, size_t len)
{
	uint64_t sum = 0, word;
	uint16_t native;
	uint8_t bytes[2];

	/* The two halves apart: no carry is lost below 2^32 words. */
	for (; len >= sizeof(word); len -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		sum += (word & 0xffffffff) + (word >> 32);
		p += sizeof(word);
	}
	if (len > 0) {
		word = 0;
		memcpy(&word, p, len);
		sum += (word & 0xffffffff) + (word >> 32);
	}
	native = (uint16_t)fold(sum);
	memcpy(bytes, &native, sizeof(bytes));
	return (uint32_t)bytes[0] << 8 | bytes[1];
}

uint32_t
nd_sum(uint32_t acc, const void *data, size_t len)
{
	return fold((uint64_t)acc + sum_part(data, len));
}

uint16_t
nd_sum_fold(uint32_t acc)
{
	return (uint16_t)(0xffff - fold(acc));
}

uint32_t
nd_sum_pseudo4(
    const uint8_t *src, const uint8_t *dst, uint8_t proto, uint16_t len)
{
	uint32_t acc = nd_sum(0, src, 4);

	acc = nd_sum(acc, dst, 4);
	return fold((uint64_t)acc + proto + len);
}

uint32_t
nd_sum_pseudo6(
    const uint8_t *src, const uint8_t *dst, uint8_t next, uint32_t len)
{
	uint32_t acc = nd_sum(0, src, 16);

	acc = nd_sum(acc, dst, 16);
	return fold((uint64_t)acc + next + len);
}

bool
nd_sum_ok(uint32_t acc, const void *data, size_t len)
{
	return nd_sum_fold(nd_sum(acc, data, len)) == 0;
}
