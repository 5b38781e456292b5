/* SPDX-License-Identifier: MIT */
/* hold.c: events that wait for a name, a ring. */
#include "hold.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

int
hold_init(struct hold *hold, size_t event_size)
{
	struct hold h = {.ring = calloc(HOLD_MAX, sizeof(struct held)),
	    .events = calloc(HOLD_MAX, event_size)};
	uint8_t *event = h.events;

	if (h.ring == NULL || h.events == NULL) {
		hold_free(&h);
		return -ENOMEM;
	}
	for (size_t i = 0; i < HOLD_MAX; i++)
		h.ring[i].event = event + i * event_size;
	*hold = h;
	return 0;
}

void
hold_free(struct hold *hold)
{
	free(hold->ring);
	free(hold->events);
	*hold = (struct hold){0};
}

struct held *
hold_push(struct hold *hold, const struct sockaddr *from, bool is_start,
    int64_t until_ns)
{
	struct held *h;

	if (hold->n == HOLD_MAX)
		return NULL;
	h = &hold->ring[(hold->first + hold->n++) % HOLD_MAX];
	h->is_start = is_start;
	h->until_ns = until_ns;
	h->from = (struct sockaddr_storage){.ss_family = AF_UNSPEC};
	if (from != NULL)
		memcpy(&h->from, from,
		    from->sa_family == AF_INET ? sizeof(struct sockaddr_in)
					       : sizeof(struct sockaddr_in6));
	return h;
}

const struct sockaddr *
held_from(const struct held *held)
{
	return held->from.ss_family != AF_UNSPEC
		   ? (const struct sockaddr *)&held->from
		   : NULL;
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
