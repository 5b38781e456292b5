/* SPDX-License-Identifier: MIT */
/*
 * What every harness has in common: the entry point that libFuzzer and
 * replay.c call, and checks that end the process when they fail.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void
fuzz_check(bool holds)
{
	if (!holds)
		abort();
}

/* A decoder's result lies wholly inside what it was given. */
static inline void
fuzz_check_inside(
    const uint8_t *part, size_t part_len, const uint8_t *data, size_t size)
{
	if (part == NULL) {
		fuzz_check(part_len == 0);
		return;
	}
	fuzz_check(part >= data && part <= data + size);
	fuzz_check(part_len <= (size_t)(data + size - part));
}

#endif
