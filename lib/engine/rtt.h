/* SPDX-License-Identifier: MIT */
/*
 * RTT statistics of one target in bounded memory: the first 16 samples as they
 * are, after that a sparse log-linear histogram with at most 2 % error. Memory
 * is reserved before a probe is sent; adding a sample never allocates.
 */
#ifndef ND_ENGINE_RTT_H
#define ND_ENGINE_RTT_H

#include "netdiag.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ND_RTT_EXACT 16 /* samples kept as they are */

/* What all histograms of a context may take together. */
struct nd_rtt_budget {
	size_t used, limit; /* bytes */
	bool full;	    /* some histogram was given up */
};

/* All zero to begin with. */
struct nd_rtt_acc {
	uint64_t n;
	int64_t min_ns, max_ns;
	int64_t sum_ns;
	double m2;		 /* sum of squared distances from the mean */
	int64_t jitter_x16;	 /* ns * 16, RFC 3550 section 6.4.1 */
	int64_t previous_ns;	 /* RTT of the probe before, for the jitter */
	void *store;		 /* samples, or a histogram */
	uint16_t capacity, used; /* entries of store */
	bool histogram, given_up;
	uint8_t ordered; /* samples in order of sending: 0, 1, or 2 and more */
};

/*
 * Makes room for MORE samples beyond those added. Where memory or the budget
 * is at its end, percentiles are given up, and nothing else.
 */
void nd_rtt_reserve(
    struct nd_rtt_acc *a, struct nd_rtt_budget *budget, uint64_t more);
/* Adds a sample for which room was reserved; order does not matter. */
void nd_rtt_add(struct nd_rtt_acc *a, int64_t rtt_ns);
/* The same sample once more, in order of sending: for the jitter. */
void nd_rtt_add_ordered(struct nd_rtt_acc *a, int64_t rtt_ns);
void nd_rtt_report(const struct nd_rtt_acc *a, struct nd_rtt *ret);
void nd_rtt_free(struct nd_rtt_acc *a, struct nd_rtt_budget *budget);

#endif
