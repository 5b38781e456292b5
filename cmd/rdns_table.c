/* SPDX-License-Identifier: MIT */
/*
 * rdns_table.c: addresses and their names: a hash table with chains, a bound,
 * and the hosts file read into it once (c-ares would read it again for each
 * address).
 */
#include "rdns_table.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "rdns.h"
#include "utf8.h"

/* ---- Names --------------------------------------------------------------- */

/* Letters that nobody sees, or that turn the direction of others. */
static bool
is_trick(uint32_t cp)
{
	return cp < 0xa0 || cp == 0xad || (cp >= 0x200b && cp <= 0x200f) ||
	       (cp >= 0x2028 && cp <= 0x202e) ||
	       (cp >= 0x2060 && cp <= 0x206f) || cp == 0xfeff ||
	       (cp >= 0xfff0 && cp <= 0xfffb) ||
	       (cp >= 0xe0000 && cp <= 0xe0fff);
}

bool
rdns_name_plain(const char *name)
{
	static const char ascii[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._/";
	size_t left = strlen(name), len;
	uint32_t cp;

	if (left == 0 || left > 253)
		return false;
	for (; left > 0; name += len, left -= len) {
		len = utf8_decode(name, left, &cp);
		if (len == 0)
			return false;
		if (len == 1 ? strchr(ascii, *name) == NULL : is_trick(cp))
			return false;
	}
	return true;
}

/* ---- The table ----------------------------------------------------------- */

bool
rdns_key_make(union rdns_key *ret, const struct sockaddr *addr)
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

static struct rdns_entry **
bucket_of(struct rdns_table *table, const union rdns_key *key)
{
	const unsigned char *bytes = (const unsigned char *)key;
	uint64_t hash = table->seed;

	for (size_t i = 0; i < sizeof(*key); i++)
		hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
	return &table->buckets[(hash ^ hash >> 32) % RDNS_BUCKETS];
}

static bool
is_same(const union rdns_key *a, const union rdns_key *b)
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
static struct rdns_entry *
find(struct rdns_table *table, const union rdns_key *key)
{
	struct rdns_entry *entry = *bucket_of(table, key);

	while (entry != NULL && !is_same(&entry->key, key))
		entry = entry->next;
	return entry;
}

struct rdns_entry *
rdns_table_find(struct rdns_table *table, const union rdns_key *key)
{
	struct rdns_entry *entry = find(table, key);
	union rdns_key other = *key;

	if (entry != NULL || key->sa.sa_family != AF_INET6 ||
	    key->in6.sin6_scope_id == 0)
		return entry;
	other.in6.sin6_scope_id = 0;
	entry = find(table, &other);
	return entry != NULL && entry->state == RDNS_FIXED ? entry : NULL;
}

static struct rdns_entry *
insert(struct rdns_table *table, const union rdns_key *key)
{
	struct rdns_entry **bucket = bucket_of(table, key);
	struct rdns_entry *entry = calloc(1, sizeof(*entry));

	if (entry == NULL)
		return NULL;
	entry->key = *key;
	entry->next = *bucket;
	*bucket = entry;
	return entry;
}

static void
evict(struct rdns_table *table, struct rdns_entry *entry)
{
	struct rdns_entry **link = bucket_of(table, &entry->key);

	while (*link != entry)
		link = &(*link)->next;
	*link = entry->next;
	TAILQ_REMOVE(&table->known, entry, order);
	table->entries--;
	free(entry->name);
	free(entry);
}

struct rdns_entry *
rdns_table_add(struct rdns_table *table, const union rdns_key *key,
    const struct rdns_entry *keep)
{
	struct rdns_entry *oldest = TAILQ_FIRST(&table->known), *entry;

	if (table->entries >= RDNS_ENTRIES_MAX) {
		if (oldest == NULL || oldest == keep)
			return NULL;
		evict(table, oldest);
	}
	entry = insert(table, key);
	if (entry != NULL)
		table->entries++;
	return entry;
}

int
rdns_table_init(struct rdns_table *table)
{
	TAILQ_INIT(&table->known);
	if (getrandom(&table->seed, sizeof(table->seed), 0) < 0)
		return -errno;
	return 0;
}

void
rdns_table_clear(struct rdns_table *table)
{
	struct rdns_entry *entry;

	for (size_t i = 0; i < RDNS_BUCKETS; i++) {
		while ((entry = table->buckets[i]) != NULL) {
			table->buckets[i] = entry->next;
			free(entry->name);
			free(entry);
		}
	}
}

/* ---- The hosts file ------------------------------------------------------ */

/* ADDRESS NAME [ALIAS...] # comment; the first line of an address counts. */
static void
add_host(struct rdns_table *table, char *line)
{
	union rdns_key key = {.in6.sin6_family = AF_INET6};
	struct rdns_entry *entry;
	char *save, *addr, *scope, *name;

	line[strcspn(line, "#\n")] = '\0';
	addr = strtok_r(line, " \t\r", &save);
	name = addr != NULL ? strtok_r(NULL, " \t\r", &save) : NULL;
	if (name == NULL || !rdns_name_plain(name))
		return;
	scope = strchr(addr, '%');
	if (scope != NULL) {
		*scope++ = '\0';
		key.in6.sin6_scope_id = if_nametoindex(scope);
	}
	if (inet_pton(AF_INET6, addr, &key.in6.sin6_addr) != 1) {
		memset(&key, 0, sizeof(key));
		key.in.sin_family = AF_INET;
		if (inet_pton(AF_INET, addr, &key.in.sin_addr) != 1)
			return;
	}
	if (find(table, &key) != NULL)
		return;
	entry = insert(table, &key);
	if (entry == NULL)
		return;
	entry->state = RDNS_FIXED;
	entry->name = strdup(name);
}

void
rdns_table_read_hosts(struct rdns_table *table, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[1024];
	bool whole = true; /* LINE begins where a line of the file does */

	if (file == NULL)
		return;
	for (unsigned n = 0;
	     n < RDNS_HOSTS_MAX && fgets(line, sizeof(line), file) != NULL;
	     n++) {
		bool begins = whole;

		whole = strchr(line, '\n') != NULL;
		if (begins)
			add_host(table, line);
	}
	(void)fclose(file);
}
