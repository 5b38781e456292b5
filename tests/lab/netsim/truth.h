/* SPDX-License-Identifier: MIT */
/*
 * The truth log, FORMAT.md: JSON lines into a buffer that the caller's
 * function takes away. Integers only; no allocation a record.
 */
#ifndef NETSIM_TRUTH_H
#define NETSIM_TRUTH_H

#include "topo.h"

#define NS_TRUTH_BUFFER (256u * 1024)

struct ns_sim;
struct ns_record;
struct ns_graph;

struct ns_truth {
	/* Takes all LEN bytes; 0 or a negative errno. */
	int (*write)(void *arg, const char *data, size_t len);
	void *arg;
	int error; /* the first of write's; nothing is written after it */
	size_t n;
	char buf[NS_TRUTH_BUFFER];
};

/* Lateness in ns: a log-linear histogram, exact to 1/32. All zero: empty. */
struct ns_late {
	uint64_t n;
	int64_t max;
	uint64_t bin[64 * 32];
};

void ns_late_add(struct ns_late *late, int64_t ns);
/* The smallest value that at least PER_MILLE of all do not exceed. */
int64_t ns_late_quantile(const struct ns_late *late, unsigned per_mille);

void ns_truth_begin(struct ns_truth *truth, int64_t mono, int64_t real,
    uint64_t seed, const char *file, const char *device);
void ns_truth_record(struct ns_truth *truth, const struct ns_sim *sim,
    const struct ns_record *record);
void ns_truth_event(struct ns_truth *t, int64_t at, unsigned line);
void ns_truth_topology(struct ns_truth *truth, const struct ns_topo *topo);
void ns_truth_graph(struct ns_truth *truth, const struct ns_topo *topo,
    const struct ns_graph *graph);
void ns_truth_summary(
    struct ns_truth *truth, const struct ns_sim *sim, uint64_t dropped_in);
void ns_truth_flush(struct ns_truth *truth);

#endif
