/* SPDX-License-Identifier: MIT */
/* From the kernel's stamps to the departures of probes. */
#include "engine/departure.h"

#include <errno.h>
#include <stdlib.h>

#define RING 4096u
/* More between the two stamps of a packet: a queue of the host held it. */
#define QUEUED_NS 50000
/* Between two looks whether a stamp is awaited. */
#define RESTART_NS 10000000

struct nd_departure {
	struct nd_probe *probe; /* NULL: its stamp has come */
	struct nd_task *task;
	int64_t sent_ns;	  /* the probe's: no later one has it */
	int64_t enqueued_real_ns; /* 0: unknown */
	uint32_t send_id;
	bool unsure; /* the kernel may know it by another send_id */
};

int
nd_departures_init(struct nd_departures *d, struct nd_sock *s)
{
	if (d->ring == NULL)
		d->ring = calloc(RING, sizeof(*d->ring));
	if (d->ring == NULL)
		return -ENOMEM;
	(void)s->ops->enable_stamps(s);
	return 0;
}

void
nd_departures_free(struct nd_departures *d)
{
	free(d->ring);
	d->ring = NULL;
}

/* Whether D is about a probe that is there, in flight, and not stamped yet. */
static bool
is_awaited(const struct nd_departure *d)
{
	const struct nd_probe *p = d->probe;

	return p != NULL && p->task == d->task && p->sent_ns == d->sent_ns &&
	       p->state == ND_PROBE_IN_FLIGHT;
}

void
nd_departures_restart(
    struct nd_departures *d, struct nd_sock *s, int64_t now_ns)
{
	const uint32_t used = s->sends < RING ? s->sends : RING;

	if (d->ring == NULL || now_ns < d->restart_ns)
		return;
	d->restart_ns = now_ns + RESTART_NS;
	for (uint32_t i = 0; i < used; i++)
		if (is_awaited(&d->ring[i]))
			return;
	for (uint32_t i = 0; i < used; i++)
		d->ring[i].probe = NULL;
	d->restart_ns = 0;
	(void)s->ops->enable_stamps(s);
}

void
nd_departures_note(
    struct nd_departures *d, const struct nd_sock *s, struct nd_probe *p)
{
	const uint32_t send_id = s->sends - 1;

	if (d->ring == NULL || (s->caps & ND_NET_TX_STAMPS) == 0)
		return;
	d->ring[send_id % RING] = (struct nd_departure){.probe = p,
	    .task = p->task,
	    .send_id = send_id,
	    .sent_ns = p->sent_ns,
	    .unsure = s->sends_unsure};
}

/*
 * What watches an interface sees a packet after it was enqueued and before the
 * driver has it. The kernel's own work for either stamp takes its time, so
 * that the middle is closest. What waited in a queue left when the driver got
 * it.
 */
static int64_t
departure_real_ns(const struct nd_departure *d, int64_t sent_real_ns)
{
	const int64_t between = sent_real_ns - d->enqueued_real_ns;

	if (d->enqueued_real_ns == 0 || between < 0 || between > QUEUED_NS)
		return sent_real_ns;
	return sent_real_ns - between / 2;
}

void
nd_departures_stamp(struct nd_departures *d, const struct nd_timebase *t,
    const struct nd_packet *packet)
{
	struct nd_departure *of;
	struct nd_probe *p;
	int64_t left;

	if (d->ring == NULL)
		return;
	of = &d->ring[packet->send_id % RING];
	if (of->send_id != packet->send_id || of->unsure || !is_awaited(of))
		return;
	if (packet->enqueued) {
		of->enqueued_real_ns = packet->stamp_real_ns;
		return;
	}
	p = of->probe;
	of->probe = NULL;
	left = nd_timebase_convert(
	    t, departure_real_ns(of, packet->stamp_real_ns), nd_monotonic(t));
	if (left < p->sent_ns)
		return;
	p->timer.due_ns += left - p->sent_ns;
	p->sent_ns = left;
	p->stamped = 1;
}
