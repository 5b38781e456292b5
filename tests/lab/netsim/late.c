/* SPDX-License-Identifier: MIT */
/* Lateness: a histogram with 32 bins for each power of two. */
#include "truth.h"

static unsigned
late_bin(int64_t ns)
{
	uint64_t v = ns > 0 ? (uint64_t)ns : 0;
	unsigned shift;

	if (v < 32)
		return (unsigned)v;
	shift = 58 - (unsigned)__builtin_clzll(v); /* v >> shift is 32..63 */
	return (shift + 1) * 32 + (unsigned)(v >> shift) - 32;
}

void
ns_late_add(struct ns_late *late, int64_t ns)
{
	late->n++;
	late->bin[late_bin(ns)]++;
	if (ns > late->max)
		late->max = ns;
}

int64_t
ns_late_quantile(const struct ns_late *late, unsigned per_mille)
{
	uint64_t want = (late->n * per_mille + 999) / 1000, seen = 0;

	if (late->n == 0)
		return 0;
	for (unsigned i = 0; i < 64 * 32; i++) {
		seen += late->bin[i];
		if (seen < want || seen == 0)
			continue;
		if (i < 32)
			return i;
		return (int64_t)(i % 32 + 32) << (i / 32 - 1);
	}
	return late->max;
}
