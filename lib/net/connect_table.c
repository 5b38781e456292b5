/* SPDX-License-Identifier: MIT */
/* Connected sockets: a chained table over a pool that only grows. */
#include "net/connect_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_SIZE 64
#define CHUNK 64

struct nd_connect_chunk {
	struct nd_connect_chunk *next;
	struct nd_connect entries[CHUNK];
};

/*
 * Who is probed does not choose the tags, so that it needs no secret. Not of
 * the scope: it may be known on one side alone. The multipliers are odd and
 * arbitrary.
 */
static uint32_t
hash_of(const struct nd_addr *to, uint32_t tag)
{
	uint64_t word[2], h;

	memcpy(word, to->ip, sizeof(word));
	h = (word[0] + tag) * 0x9e3779b97f4a7c15;
	h ^= h >> 32;
	h = (h + word[1]) * 0xd6e8feb86659fd93;
	return (uint32_t)(h >> 32);
}

static struct nd_connect **
bucket_of(
    const struct nd_connect_table *t, const struct nd_addr *to, uint32_t tag)
{
	return &t->buckets[hash_of(to, tag) & (t->size - 1)];
}

static void
place(struct nd_connect_table *t, struct nd_connect *c)
{
	struct nd_connect **bucket = bucket_of(t, &c->to, c->tag);

	c->next = *bucket;
	*bucket = c;
}

static int
grow_buckets(struct nd_connect_table *t)
{
	struct nd_connect_table old = *t;
	const uint32_t size = old.size > 0 ? old.size * 2 : FIRST_SIZE;
	struct nd_connect **buckets = calloc(size, sizeof(struct nd_connect *));
	struct nd_connect *c, *next;

	if (buckets == NULL)
		return -ENOMEM;
	t->buckets = buckets;
	t->size = size;
	for (uint32_t i = 0; i < old.size; i++) {
		for (c = old.buckets[i]; c != NULL; c = next) {
			next = c->next;
			place(t, c);
		}
	}
	free(old.buckets);
	return 0;
}

static int
grow_pool(struct nd_connect_table *t)
{
	struct nd_connect_chunk *chunk = malloc(sizeof(*chunk));

	if (chunk == NULL)
		return -ENOMEM;
	chunk->next = t->chunks;
	t->chunks = chunk;
	for (size_t i = 0; i < CHUNK; i++) {
		chunk->entries[i].next = t->free_list;
		t->free_list = &chunk->entries[i];
	}
	return 0;
}

struct nd_connect *
nd_connect_add(
    struct nd_connect_table *t, const struct nd_addr *to, uint32_t tag)
{
	struct nd_connect *c;

	if (t->used >= t->size && grow_buckets(t) != 0)
		return NULL;
	if (t->free_list == NULL && grow_pool(t) != 0)
		return NULL;
	c = t->free_list;
	t->free_list = c->next;
	*c = (struct nd_connect){.to = *to, .tag = tag, .fd = -1};
	place(t, c);
	t->used++;
	return c;
}

struct nd_connect *
nd_connect_find(
    const struct nd_connect_table *t, const struct nd_addr *to, uint32_t tag)
{
	struct nd_connect *c;

	if (t->size == 0)
		return NULL;
	c = *bucket_of(t, to, tag);
	while (c != NULL && (c->tag != tag || !nd_addr_equal(&c->to, to)))
		c = c->next;
	return c;
}

void
nd_connect_remove(struct nd_connect_table *t, struct nd_connect *c)
{
	struct nd_connect **link = bucket_of(t, &c->to, c->tag);

	while (*link != c)
		link = &(*link)->next;
	*link = c->next;
	if (c->fd >= 0)
		(void)close(c->fd);
	c->next = t->free_list;
	t->free_list = c;
	t->used--;
}

void
nd_connect_clear(struct nd_connect_table *t)
{
	struct nd_connect_chunk *chunk;

	for (uint32_t i = 0; i < t->size; i++)
		while (t->buckets[i] != NULL)
			nd_connect_remove(t, t->buckets[i]);
	while ((chunk = t->chunks) != NULL) {
		t->chunks = chunk->next;
		free(chunk);
	}
	free(t->buckets);
	*t = (struct nd_connect_table){0};
}
