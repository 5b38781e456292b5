/* SPDX-License-Identifier: MIT */
/*
 * What is under way to a socket of the fake backend, in order of arrival: a
 * heap, since tests put a million packets under way at once.
 */
#ifndef TEST_FAKE_QUEUE_H
#define TEST_FAKE_QUEUE_H

#include "net/net.h"

struct fake_queue;

struct fake_queue *fake_queue_new(void);
void fake_queue_free(struct fake_queue *q);
/* Copies P and its data. */
void fake_queue_put(
    struct fake_queue *q, const struct nd_packet *p, int64_t at_ns);
/* When the first one arrives, or INT64_MAX. */
int64_t fake_queue_next(const struct fake_queue *q);
/* Up to MAX of what has arrived by NOW_NS; frees what was read before. */
int fake_queue_read(
    struct fake_queue *q, int64_t now_ns, struct nd_packet *ret, int max);

#endif
