/* SPDX-License-Identifier: MIT */
/*
 * When probes left, by the kernel's stamps: which probe each stamp of a socket
 * is about, and what of two stamps is taken for the departure.
 */
#ifndef ND_ENGINE_DEPARTURE_H
#define ND_ENGINE_DEPARTURE_H

#include "engine/probe.h"
#include "net/clock.h"
#include "net/net.h"

/* A socket's departures whose stamps are awaited: the newest 4096. */
struct nd_departures {
	struct nd_departure *ring; /* NULL: no stamps are asked for */
	int64_t restart_ns;	   /* not again before */
};

/* Asks S for stamps. 0, also where they are refused, or -ENOMEM. */
int nd_departures_init(struct nd_departures *d, struct nd_sock *s);
void nd_departures_free(struct nd_departures *d);

/*
 * A send on S has failed, so that the kernel's count of them is unknown: starts
 * a new one if no stamp is awaited. Called before a send, after what has come
 * was read.
 */
void nd_departures_restart(
    struct nd_departures *d, struct nd_sock *s, int64_t now_ns);
/* P has just been sent on S. */
void nd_departures_note(
    struct nd_departures *d, const struct nd_sock *s, struct nd_probe *p);
/*
 * A stamp has come: sets the departure of the probe that it is about, if that
 * is still in flight, and moves its timeout along.
 */
void nd_departures_stamp(struct nd_departures *d, const struct nd_timebase *t,
    const struct nd_packet *packet);

#endif
