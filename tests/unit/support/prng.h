/* SPDX-License-Identifier: MIT */
/* Random numbers that are the same in every run: splitmix64. */
#ifndef TEST_PRNG_H
#define TEST_PRNG_H

#include <stdint.h>

static inline uint64_t
prng(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* From LOW to HIGH, both included. */
static inline int64_t
prng_in(uint64_t *state, int64_t low, int64_t high)
{
	return low + (int64_t)(prng(state) % (uint64_t)(high - low + 1));
}

#endif
