/* SPDX-License-Identifier: MIT */
/*
 * Mixing of bits: for tables, and for what chance decides. It is no secret, so
 * it need not be a keyed hash; it must be the same in every run.
 */
#ifndef NETSIM_HASH_H
#define NETSIM_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The finisher of splitmix64: every bit of V moves half of the result's. */
static inline uint64_t
ns_mix(uint64_t v)
{
	v += 0x9e3779b97f4a7c15;
	v = (v ^ v >> 30) * 0xbf58476d1ce4e5b9;
	v = (v ^ v >> 27) * 0x94d049bb133111eb;
	return v ^ v >> 31;
}

static inline uint64_t
ns_hash2(uint64_t a, uint64_t b)
{
	return ns_mix(ns_mix(a) ^ b);
}

static inline uint64_t
ns_hash_bytes(uint64_t seed, const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t h = ns_mix(seed ^ len), word;

	for (; len >= 8; p += 8, len -= 8) {
		memcpy(&word, p, 8);
		h = ns_mix(h ^ word);
	}
	word = 0;
	memcpy(&word, p, len);
	return ns_mix(h ^ word);
}

#endif
