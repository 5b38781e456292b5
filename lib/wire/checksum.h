/* SPDX-License-Identifier: MIT */
/*
 * The Internet checksum, RFC 1071: the one's complement of the one's
 * complement sum of the 16-bit words. Data of any length and alignment.
 */
#ifndef ND_WIRE_CHECKSUM_H
#define ND_WIRE_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Adds LEN bytes to the partial sum ACC, 0 to begin with, and returns the new
 * one, at most 0xffff. All parts but the last must be of even length; an odd
 * last one counts as padded with a zero byte. DATA may be NULL where LEN is 0.
 */
uint32_t nd_sum(uint32_t acc, const void *data, size_t len);

/* The checksum for a partial sum, in host order: nd_put16() writes it. */
uint16_t nd_sum_fold(uint32_t acc);

/*
 * Partial sums of the pseudo headers of RFC 9293 section 3.1 (IPv4) and RFC
 * 8200 section 8.1 (IPv6). SRC and DST are 4 or 16 bytes in network order, LEN
 * is the length of the transport header with all that follows it.
 */
uint32_t nd_sum_pseudo4(
    const uint8_t *src, const uint8_t *dst, uint8_t proto, uint16_t len);
uint32_t nd_sum_pseudo6(
    const uint8_t *src, const uint8_t *dst, uint8_t next, uint32_t len);

/*
 * Whether a message that contains its checksum is intact. ACC is 0, or the
 * partial sum of its pseudo header.
 */
bool nd_sum_ok(uint32_t acc, const void *data, size_t len);

#endif
