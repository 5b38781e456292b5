/* SPDX-License-Identifier: MIT */
/* Blocks of equal bytes, kept once and counted. */
#include "engine/shared.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

/* Beyond so many different ones a search is not worth its time. */
#define LOOK_AT 16

struct nd_shared {
	struct nd_shared *next, **link;
	size_t len;
	uint64_t users;
	alignas(max_align_t) uint8_t data[];
};

static void
push(struct nd_shared **list, struct nd_shared *s)
{
	s->next = *list;
	s->link = list;
	if (s->next != NULL)
		s->next->link = &s->next;
	*list = s;
}

static void
unlink_it(struct nd_shared *s)
{
	*s->link = s->next;
	if (s->next != NULL)
		s->next->link = s->link;
}

const void *
nd_shared_get(struct nd_shared **list, const void *data, size_t len)
{
	struct nd_shared *s = *list;

	for (int i = 0; s != NULL && i < LOOK_AT; s = s->next, i++) {
		if (s->len != len || memcmp(s->data, data, len) != 0)
			continue;
		s->users++;
		unlink_it(s);
		push(list, s);
		return s->data;
	}
	s = malloc(sizeof(*s) + len);
	if (s == NULL)
		return NULL;
	s->len = len;
	s->users = 1;
	memcpy(s->data, data, len);
	push(list, s);
	return s->data;
}

void
nd_shared_put(struct nd_shared **list, const void *data)
{
	/* DATA is the last member of the block. */
	const size_t before = offsetof(struct nd_shared, data);
	struct nd_shared *s = (struct nd_shared *)((uintptr_t)data - before);

	(void)list;
	if (--s->users == 0) {
		unlink_it(s);
		free(s);
	}
}
