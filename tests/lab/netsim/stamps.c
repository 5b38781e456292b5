/* SPDX-License-Identifier: MIT */
/* Which stamp is whose, and from the clock of stamps to that of the log. */
#include "stamps.h"

#include "hash.h"

/* Two processors that send at once may stamp in one order, queue in another. */
#define OVERTAKEN 16u

uint64_t
ns_stamp_key(const uint8_t *data, size_t len)
{
	return ns_hash_bytes(0, data, len);
}

static struct ns_stamp *
nth(struct ns_stamps *s, uint32_t i)
{
	return &s->ring[(s->first + i) % NS_STAMPS];
}

/* Removes the first N, and whatever follows that was taken. */
static void
drop(struct ns_stamps *s, uint32_t n)
{
	while (s->n > 0 && (n > 0 || nth(s, 0)->at < 0)) {
		s->first = (s->first + 1) % NS_STAMPS;
		s->n--;
		if (n > 0)
			n--;
	}
}

void
ns_stamps_put(struct ns_stamps *s, uint64_t key, int64_t at)
{
	if (s->n == NS_STAMPS)
		drop(s, 1);
	*nth(s, s->n++) = (struct ns_stamp){.key = key, .at = at};
}

int64_t
ns_stamps_take(struct ns_stamps *s, uint64_t key)
{
	for (uint32_t i = 0; i < s->n; i++) {
		struct ns_stamp *stamp = nth(s, i);
		int64_t at = stamp->at;

		if (at < 0 || stamp->key != key)
			continue;
		stamp->at = -1;
		drop(s, i > OVERTAKEN ? i - OVERTAKEN : 0);
		return at;
	}
	return -1;
}

int64_t
ns_clock_offset(const struct ns_reading *reading, size_t n)
{
	const struct ns_reading *best = reading;

	for (size_t i = 1; i < n; i++)
		if (reading[i].after - reading[i].before <
		    best->after - best->before)
			best = &reading[i];
	return best->real - best->before - (best->after - best->before) / 2;
}
