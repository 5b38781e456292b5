/* SPDX-License-Identifier: MIT */
/*
 * Stamps: when the kernel saw packets cross the device. It tells them apart
 * from the packets themselves, so each waits here for the packet whose it is.
 * No I/O.
 */
#ifndef NETSIM_STAMPS_H
#define NETSIM_STAMPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NS_STAMPS 65536u /* the device queues no more packets */

struct ns_stamp {
	uint64_t key;
	int64_t at; /* ns, of whatever clock; -1: taken */
};

/* Those of one direction, in the order of crossing. All zero: empty. */
struct ns_stamps {
	uint32_t first, n;
	struct ns_stamp ring[NS_STAMPS];
};

/* What a packet is known by: all of its bytes, its IP header first. */
uint64_t ns_stamp_key(const uint8_t *data, size_t len);

/* Where there is no room, the oldest one goes. */
void ns_stamps_put(struct ns_stamps *stamps, uint64_t key, int64_t at);

/*
 * Takes the oldest stamp of KEY: its time, or -1. What is much older was of
 * packets that never came, since the device dropped them, and goes as well.
 */
int64_t ns_stamps_take(struct ns_stamps *stamps, uint64_t key);

/* CLOCK_REALTIME read between two reads of CLOCK_MONOTONIC; ns. */
struct ns_reading {
	int64_t before, real, after;
};

/* Real less monotonic time by the quickest of N readings, of one at least. */
int64_t ns_clock_offset(const struct ns_reading *reading, size_t n);

#endif
