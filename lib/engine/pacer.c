/* SPDX-License-Identifier: MIT */
/* The cap on packets a second: a token bucket in units of 1e-9 packets. */
#include "engine/pacer.h"

#define PACKET 1000000000u
#define DEPTH_NS 10000000

void
nd_pacer_init(struct nd_pacer *p, uint64_t rate_pps, int64_t now_ns)
{
	*p = (struct nd_pacer){
	    .rate_pps = rate_pps, .credit = PACKET, .filled_ns = now_ns};
	/* One packet more than that: a loop that wakes late loses nothing. */
	p->depth = rate_pps < UINT64_MAX / DEPTH_NS - PACKET
		       ? rate_pps * DEPTH_NS + PACKET
		       : UINT64_MAX;
}

static void
fill(struct nd_pacer *p, int64_t now_ns)
{
	uint64_t span;

	if (now_ns <= p->filled_ns)
		return;
	span = (uint64_t)(now_ns - p->filled_ns);
	p->filled_ns = now_ns;
	if (span > (p->depth - p->credit) / p->rate_pps)
		p->credit = p->depth;
	else
		p->credit += span * p->rate_pps;
}

bool
nd_pacer_grant(struct nd_pacer *p, int64_t now_ns)
{
	if (p->rate_pps == 0)
		return true;
	fill(p, now_ns);
	if (p->credit < PACKET)
		return false;
	p->credit -= PACKET;
	return true;
}

void
nd_pacer_give_back(struct nd_pacer *p)
{
	if (p->rate_pps > 0)
		p->credit += PACKET;
}

int64_t
nd_pacer_next(struct nd_pacer *p, int64_t now_ns)
{
	uint64_t missing;

	if (p->rate_pps == 0)
		return now_ns;
	fill(p, now_ns);
	if (p->credit >= PACKET)
		return now_ns;
	missing = PACKET - p->credit;
	return now_ns + (int64_t)((missing + p->rate_pps - 1) / p->rate_pps);
}
