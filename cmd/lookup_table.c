/* SPDX-License-Identifier: MIT */
/*
 * lookup_table.c: addresses and what is known of them: a hash table with
 * chains and a bound.
 */
#include "lookup_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

bool
lookup_key_make(union lookup_key *ret, const struct sockaddr *addr)
{
	struct sockaddr_in6 in6;

	memset(ret, 0, sizeof(*ret));
	if (addr->sa_family == AF_INET) {
		memcpy(&ret->in, addr, sizeof(ret->in));
		ret->in.sin_port = 0;
		memset(ret->in.sin_zero, 0, sizeof(ret->in.sin_zero));
		return true;
	}
	if (addr->sa_family != AF_INET6)
		return false;
	memcpy(&in6, addr, sizeof(in6));
	ret->in6.sin6_family = AF_INET6;
	ret->in6.sin6_addr = in6.sin6_addr;
	if (IN6_IS_ADDR_LINKLOCAL(&in6.sin6_addr))
		ret->in6.sin6_scope_id = in6.sin6_scope_id;
	return true;
}

static struct lookup_entry **
bucket_of(struct lookup_table *table, const union lookup_key *key)
{
	const unsigned char *bytes = (const unsigned char *)key;
	uint64_t hash = table->seed;

	for (size_t i = 0; i < sizeof(*key); i++)
		hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
	return &table->buckets[(hash ^ hash >> 32) % LOOKUP_BUCKETS];
}

static bool
is_same(const union lookup_key *a, const union lookup_key *b)
{
	if (a->sa.sa_family != b->sa.sa_family)
		return false;
	if (a->sa.sa_family == AF_INET)
		return a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
	return memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr,
		   sizeof(a->in6.sin6_addr)) == 0 &&
	       a->in6.sin6_scope_id == b->in6.sin6_scope_id;
}

/* The entry of exactly KEY. */
static struct lookup_entry *
find(struct lookup_table *table, const union lookup_key *key)
{
	struct lookup_entry *entry = *bucket_of(table, key);

	while (entry != NULL && !is_same(&entry->key, key))
		entry = entry->next;
	return entry;
}

struct lookup_entry *
lookup_table_find(struct lookup_table *table, const union lookup_key *key)
{
	struct lookup_entry *entry = find(table, key);
	union lookup_key other = *key;

	if (entry != NULL || key->sa.sa_family != AF_INET6 ||
	    key->in6.sin6_scope_id == 0)
		return entry;
	other.in6.sin6_scope_id = 0;
	entry = find(table, &other);
	return entry != NULL && entry->state == LOOKUP_FIXED ? entry : NULL;
}

static struct lookup_entry *
insert(struct lookup_table *table, const union lookup_key *key)
{
	struct lookup_entry **bucket = bucket_of(table, key);
	struct lookup_entry *entry = calloc(1, sizeof(*entry));

	if (entry == NULL)
		return NULL;
	entry->key = *key;
	entry->next = *bucket;
	*bucket = entry;
	return entry;
}

static void
evict(struct lookup_table *table, struct lookup_entry *entry)
{
	struct lookup_entry **link = bucket_of(table, &entry->key);

	while (*link != entry)
		link = &(*link)->next;
	*link = entry->next;
	TAILQ_REMOVE(&table->known, entry, order);
	table->entries--;
	free(entry->text);
	free(entry);
}

struct lookup_entry *
lookup_table_add(struct lookup_table *table, const union lookup_key *key,
    const struct lookup_entry *keep)
{
	struct lookup_entry *oldest = TAILQ_FIRST(&table->known), *entry;

	if (table->entries >= LOOKUP_ENTRIES_MAX) {
		if (oldest == NULL || oldest == keep)
			return NULL;
		evict(table, oldest);
	}
	entry = insert(table, key);
	if (entry != NULL)
		table->entries++;
	return entry;
}

void
lookup_table_fix(
    struct lookup_table *table, const union lookup_key *key, const char *text)
{
	struct lookup_entry *entry;

	if (find(table, key) != NULL)
		return;
	entry = insert(table, key);
	if (entry == NULL)
		return;
	entry->state = LOOKUP_FIXED;
	entry->text = strdup(text);
}

int
lookup_table_init(struct lookup_table *table)
{
	TAILQ_INIT(&table->known);
	if (getrandom(&table->seed, sizeof(table->seed), 0) < 0)
		return -errno;
	return 0;
}

void
lookup_table_clear(struct lookup_table *table)
{
	struct lookup_entry *entry;

	for (size_t i = 0; i < LOOKUP_BUCKETS; i++) {
		while ((entry = table->buckets[i]) != NULL) {
			table->buckets[i] = entry->next;
			free(entry->text);
			free(entry);
		}
	}
}
