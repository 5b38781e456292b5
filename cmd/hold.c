/* SPDX-License-Identifier: MIT */
/* hold.c: events that wait for a name, a ring. */
#include "hold.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

int
hold_init(struct hold *hold)
{
	*hold = (struct hold){.ring = calloc(HOLD_MAX, sizeof(struct held))};
	return hold->ring == NULL ? -ENOMEM : 0;
}

void
hold_free(struct hold *hold)
{
	free(hold->ring);
	*hold = (struct hold){0};
}

bool
hold_push(struct hold *hold, const struct nd_ping_event *event, bool is_start,
    int64_t until_ns)
{
	struct held *h;

	if (hold->n == HOLD_MAX)
		return false;
	h = &hold->ring[(hold->first + hold->n++) % HOLD_MAX];
	*h = (struct held){
	    .event = *event, .is_start = is_start, .until_ns = until_ns};
	if (event->from != NULL) {
		memcpy(&h->from, event->from,
		    event->from->sa_family == AF_INET
			? sizeof(struct sockaddr_in)
			: sizeof(struct sockaddr_in6));
		h->event.from = (const struct sockaddr *)&h->from;
	}
	return true;
}

const struct held *
hold_first(const struct hold *hold)
{
	return hold->n > 0 ? &hold->ring[hold->first] : NULL;
}

void
hold_pop(struct hold *hold)
{
	hold->first = (hold->first + 1) % HOLD_MAX;
	hold->n--;
}
