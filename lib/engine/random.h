/* SPDX-License-Identifier: MIT */
/*
 * Keys and what is derived from them. One 128-bit key a context, so that
 * nobody who does not see our packets can guess what an answer must carry.
 */
#ifndef ND_ENGINE_RANDOM_H
#define ND_ENGINE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Fills DATA from getrandom(2). 0 or a negative errno. */
int nd_random(void *data, size_t len);

/* SipHash-2-4 of LEN bytes under KEY. */
uint64_t nd_siphash(const uint8_t key[16], const void *data, size_t len);

#endif
