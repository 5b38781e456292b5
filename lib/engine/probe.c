/* SPDX-License-Identifier: MIT */
/* The table of probes: linear probing, removal by shifting back. */
#include "engine/probe.h"
#include "engine/task.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 1024
#define FIRST_SIZE 256

_Static_assert(sizeof(struct nd_probe) == 64, "a probe is one cache line");

int
nd_table_init(struct nd_table *t, uint64_t secret)
{
	*t = (struct nd_table){
	    .secret = secret | 1, .size = FIRST_SIZE, .pool_used = 1};
	t->slots = calloc(t->size, sizeof(*t->slots));
	return t->slots == NULL ? -ENOMEM : 0;
}

void
nd_table_free(struct nd_table *t)
{
	for (uint32_t i = 0; i < t->chunk_count; i++)
		free(t->chunks[i]);
	free(t->chunks);
	free(t->slots);
	*t = (struct nd_table){0};
}

/*
 * Keyed by a secret, so that nobody can choose addresses that collide. The
 * multipliers are odd and arbitrary.
 */
static uint32_t
hash_of(const struct nd_table *t, const struct nd_key *key)
{
	uint64_t word[2] = {0, 0}, h;

	if (key->addr != NULL)
		memcpy(word, key->addr->ip, sizeof(word));
	h = (word[0] ^ t->secret) * 0x9e3779b97f4a7c15;
	h ^= h >> 32;
	h = (h + word[1]) * 0xd6e8feb86659fd93;
	h ^= h >> 32;
	h += (uint64_t)key->tag << 16 | (uint64_t)key->proto << 8 |
	     (key->family & 0xff);
	h = (h ^ t->secret >> 7) * 0xa0761d6478bd642f;
	return (uint32_t)(h >> 32);
}

static struct nd_key
key_of(const struct nd_task *task, uint32_t tag)
{
	return (struct nd_key){.addr = task->any_source ? NULL : &task->addr,
	    .family = task->addr.family,
	    .proto = task->proto,
	    .tag = tag};
}

static struct nd_probe *
at(const struct nd_table *t, uint32_t index)
{
	return &t->chunks[index / CHUNK][index % CHUNK];
}

static bool
matches(const struct nd_probe *p, const struct nd_key *key)
{
	const struct nd_task *task = p->task;

	if (p->tag != key->tag || task->proto != key->proto ||
	    task->addr.family != key->family)
		return false;
	if (key->addr == NULL)
		return task->any_source;
	return !task->any_source && nd_addr_equal(&task->addr, key->addr);
}

static void
place(struct slot *slots, uint32_t size, struct slot s)
{
	uint32_t i = s.hash & (size - 1);

	while (slots[i].index != 0)
		i = (i + 1) & (size - 1);
	slots[i] = s;
}

static int
grow(struct nd_table *t)
{
	uint32_t size = t->size * 2;
	struct slot *slots;

	if (t->size > UINT32_MAX / 2)
		return -ENOMEM;
	slots = calloc(size, sizeof(*slots));
	if (slots == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < t->size; i++)
		if (t->slots[i].index != 0)
			place(slots, size, t->slots[i]);
	free(t->slots);
	t->slots = slots;
	t->size = size;
	return 0;
}

/* The index of a probe is kept in sent_ns once it is forgotten. */
static int
take_from_pool(struct nd_table *t, uint32_t *index)
{
	struct nd_probe **chunks;

	if (t->free_list != NULL) {
		*index = (uint32_t)t->free_list->sent_ns;
		t->free_list = t->free_list->next;
		return 0;
	}
	if (t->pool_used / CHUNK >= t->chunk_count) {
		chunks =
		    realloc(t->chunks, (t->chunk_count + 1) * sizeof(*chunks));
		if (chunks == NULL)
			return -ENOMEM;
		t->chunks = chunks;
		chunks[t->chunk_count] = aligned_alloc(
		    sizeof(struct nd_probe), CHUNK * sizeof(struct nd_probe));
		if (chunks[t->chunk_count] == NULL)
			return -ENOMEM;
		memset(
		    chunks[t->chunk_count], 0, CHUNK * sizeof(struct nd_probe));
		t->chunk_count++;
	}
	*index = t->pool_used++;
	return 0;
}

struct nd_probe *
nd_table_insert(struct nd_table *t, struct nd_task *task, uint32_t tag)
{
	const struct nd_key key = key_of(task, tag);
	struct nd_probe *p;
	uint32_t index;

	if (t->used >= t->size / 4 * 3 && grow(t) != 0)
		return NULL;
	if (take_from_pool(t, &index) != 0)
		return NULL;
	p = at(t, index);
	*p = (struct nd_probe){.task = task,
	    .tag = tag,
	    .state = ND_PROBE_IN_FLIGHT,
	    .rtt = ND_PROBE_NO_RTT};
	place(t->slots, t->size,
	    (struct slot){.hash = hash_of(t, &key), .index = index});
	t->used++;
	return p;
}

struct nd_probe *
nd_table_find(struct nd_table *t, const struct nd_key *key)
{
	const uint32_t hash = hash_of(t, key);
	uint64_t steps = 1;

	for (uint32_t i = hash & (t->size - 1); t->slots[i].index != 0;
	     i = (i + 1) & (t->size - 1), steps++) {
		struct nd_probe *p;

		if (t->slots[i].hash != hash)
			continue;
		p = at(t, t->slots[i].index);
		if (matches(p, key)) {
			if (steps > t->longest)
				t->longest = steps;
			return p;
		}
	}
	return NULL;
}

/* Closes the gap at I: what a search would no longer reach moves back. */
static void
shift_back(struct nd_table *t, uint32_t i)
{
	const uint32_t mask = t->size - 1;
	uint32_t j = i;

	for (;;) {
		t->slots[i].index = 0;
		do {
			j = (j + 1) & mask;
			if (t->slots[j].index == 0)
				return;
		} while (((j - t->slots[j].hash) & mask) < ((j - i) & mask));
		t->slots[i] = t->slots[j];
		i = j;
	}
}

static uint32_t
slot_of(const struct nd_table *t, const struct nd_probe *p)
{
	const struct nd_key key = key_of(p->task, p->tag);
	uint32_t i = hash_of(t, &key) & (t->size - 1);

	while (at(t, t->slots[i].index) != p)
		i = (i + 1) & (t->size - 1);
	return i;
}

void
nd_table_forget(struct nd_table *t, struct nd_probe *p)
{
	uint32_t i = slot_of(t, p), index = t->slots[i].index;

	shift_back(t, i);
	t->used--;
	p->state = ND_PROBE_FORGOTTEN;
	/* The pool wants to know it when P is released. */
	p->sent_ns = (int64_t)index;
}

void
nd_table_release(struct nd_table *t, struct nd_probe *p)
{
	p->state = ND_PROBE_FREE;
	p->next = t->free_list;
	t->free_list = p;
}

static bool
is_to(const struct nd_task *task, const struct nd_key *key)
{
	return key->addr != NULL ? nd_addr_equal(&task->addr, key->addr)
				 : task->addr.family == key->family;
}

struct nd_probe *
nd_table_scan(struct nd_table *t, const struct nd_key *key, bool by_addr,
    uint32_t *from, uint32_t *budget)
{
	while (*from + 1 < t->pool_used && *budget > 0) {
		const struct nd_probe *p = at(t, ++*from);

		--*budget;
		if (p->state == ND_PROBE_FREE ||
		    p->state == ND_PROBE_FORGOTTEN ||
		    p->task->proto != key->proto)
			continue;
		if (by_addr ? is_to(p->task, key) : p->tag == key->tag)
			return at(t, *from);
	}
	return NULL;
}
