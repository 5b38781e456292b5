/* SPDX-License-Identifier: MIT */
/*
 * lookup_table.h: addresses and what is known of them: what somebody entered
 * for good, and what the DNS said, in a bounded number.
 */
#ifndef CMD_LOOKUP_TABLE_H
#define CMD_LOOKUP_TABLE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/socket.h>

#define LOOKUP_BUCKETS 4096u
#define LOOKUP_ENTRIES_MAX 65536u /* without the fixed ones */

/* An address as a key: zeroed, no port; a scope only where it is link-local. */
union lookup_key {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

enum lookup_state {
	LOOKUP_QUEUED,
	LOOKUP_ASKED,
	LOOKUP_DECIDED, /* its callback is due */
	LOOKUP_KNOWN,
	LOOKUP_FIXED /* stays */
};

struct lookup_entry {
	struct lookup_entry *next; /* in its bucket */
	TAILQ_ENTRY(lookup_entry) order;
	void *owner;
	char *text;	 /* NULL: there is none */
	double retry_at; /* on the loop's clock; 0: the answer is final */
	enum lookup_state state;
	union lookup_key key;
};

TAILQ_HEAD(lookup_list, lookup_entry);

struct lookup_table {
	struct lookup_list known; /* decided first, evicted first; the
				   * owner's */
	size_t entries;		  /* without the fixed ones */
	uint64_t seed;		  /* who sends us replies must not choose */
	struct lookup_entry *buckets[LOOKUP_BUCKETS];
};

/* TABLE is zeroed memory. -errno where there are no random numbers. */
int lookup_table_init(struct lookup_table *table);
void lookup_table_clear(struct lookup_table *table);

/* False where ADDR is neither IPv4 nor IPv6. */
bool lookup_key_make(union lookup_key *ret, const struct sockaddr *addr);

/*
 * The entry of KEY or NULL. A fixed one may be of a link-local address without
 * its scope.
 */
struct lookup_entry *lookup_table_find(
    struct lookup_table *table, const union lookup_key *key);

/*
 * A new entry for KEY, which has none, in no list. Where the table is full the
 * first of `known` makes room, unless it is KEEP. NULL: no room.
 */
struct lookup_entry *lookup_table_add(struct lookup_table *table,
    const union lookup_key *key, const struct lookup_entry *keep);

/*
 * Enters a copy of TEXT for KEY, for good, unless KEY has an entry. Without
 * memory nothing is entered.
 */
void lookup_table_fix(
    struct lookup_table *table, const union lookup_key *key, const char *text);

#endif
