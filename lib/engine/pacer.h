/* SPDX-License-Identifier: MIT */
/*
 * The cap on packets a second over all tasks: a token bucket, filled by the
 * clock alone, so that it neither drifts nor forgets.
 */
#ifndef ND_ENGINE_PACER_H
#define ND_ENGINE_PACER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * In any span of W ns at most W * rate / 1e9 + depth packets are granted,
 * where depth is one more than what 10 ms give.
 */
struct nd_pacer {
	uint64_t rate_pps; /* 0: no limit */
	uint64_t credit;   /* in packets * 1e9 */
	uint64_t depth;	   /* the most credit */
	int64_t filled_ns;
};

void nd_pacer_init(struct nd_pacer *p, uint64_t rate_pps, int64_t now_ns);
/* Takes one packet's credit if there is one. */
bool nd_pacer_grant(struct nd_pacer *p, int64_t now_ns);
/* The packet was not sent: its credit, just taken, is there again. */
void nd_pacer_give_back(struct nd_pacer *p);
/* When there will be credit for one packet; NOW_NS if there is. */
int64_t nd_pacer_next(struct nd_pacer *p, int64_t now_ns);

#endif
