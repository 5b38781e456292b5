/* SPDX-License-Identifier: MIT */
/*
 * The stopping points of the MDA, exactly. With K + 1 links of equal share the
 * number of links seen is a Markov chain: after j of them the next probe shows
 * a new one with probability (K + 1 - j) / (K + 1). The rule itself stops the
 * chain: in state j once n(j) probes are out, and that is the failure.
 */
#include "diag/mda.h"

#include <string.h>

#define LINKS_MAX (ND_MDA_MAX_K + 1)

/* One more probe; what had stopped was taken out of P before. */
static void
step(double p[LINKS_MAX + 1], unsigned links)
{
	for (unsigned j = links; j > 0; j--)
		p[j] = (p[j] * j + p[j - 1] * (links - j + 1)) / links;
	p[0] = 0;
}

unsigned
nd_mda_stop_after(double failure, const uint16_t *stops, unsigned k)
{
	double p[LINKS_MAX + 1] = {1}, failed = 0;
	unsigned sent = 0;

	if (k == 0 || k > ND_MDA_MAX_K || !(failure > 0 && failure < 1))
		return 0;
	for (unsigned j = 1; j < k; j++) {
		if (stops[j] <= sent)
			return 0;
		for (; sent < stops[j]; sent++)
			step(p, k + 1);
		failed += p[j];
		p[j] = 0;
	}
	/* Now K of them are seen, or all. */
	do {
		step(p, k + 1);
		sent++;
	} while (failed + p[k] > failure && sent < UINT16_MAX);
	return failed + p[k] > failure ? 0 : sent;
}

void
nd_mda_stops(double failure, uint16_t ret[ND_MDA_MAX_K + 1])
{
	memset(ret, 0, (ND_MDA_MAX_K + 1) * sizeof(*ret));
	for (unsigned k = 1; k <= ND_MDA_MAX_K; k++)
		ret[k] = (uint16_t)nd_mda_stop_after(failure, ret, k);
}

unsigned
nd_mda_stop(double failure, unsigned k)
{
	uint16_t stops[ND_MDA_MAX_K + 1] = {0};

	if (k == 0 || k > ND_MDA_MAX_K)
		return 0;
	for (unsigned i = 1; i <= k; i++)
		stops[i] = (uint16_t)nd_mda_stop_after(failure, stops, i);
	return stops[k];
}
