/* SPDX-License-Identifier: MIT */
/*
 * rdns_table.h: addresses and their names, as far as they are known: what the
 * hosts file says for good, what the DNS said in a bounded number.
 */
#ifndef CMD_RDNS_TABLE_H
#define CMD_RDNS_TABLE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/socket.h>

#define RDNS_BUCKETS 4096u
#define RDNS_ENTRIES_MAX 65536u /* without those of the hosts file */
#define RDNS_HOSTS_MAX 16384u	/* lines of the hosts file that count */

/* An address as a key: zeroed, no port; a scope only where it is link-local. */
union rdns_key {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

enum rdns_state {
	RDNS_QUEUED,
	RDNS_ASKED,
	RDNS_DECIDED, /* its callback is due */
	RDNS_KNOWN,
	RDNS_FIXED /* of the hosts file: stays */
};

struct rdns_entry {
	struct rdns_entry *next; /* in its bucket */
	TAILQ_ENTRY(rdns_entry) order;
	void *owner;
	char *name;	 /* NULL: has none */
	double retry_at; /* on the loop's clock; 0: the answer is final */
	enum rdns_state state;
	union rdns_key key;
};

TAILQ_HEAD(rdns_list, rdns_entry);

struct rdns_table {
	struct rdns_list known; /* decided first, evicted first; the owner's */
	size_t entries;		/* without those of the hosts file */
	uint64_t seed;		/* who sends us replies must not choose */
	struct rdns_entry *buckets[RDNS_BUCKETS];
};

/* TABLE is zeroed memory. -errno where there are no random numbers. */
int rdns_table_init(struct rdns_table *table);
void rdns_table_clear(struct rdns_table *table);

/* False where ADDR is neither IPv4 nor IPv6. */
bool rdns_key_make(union rdns_key *ret, const struct sockaddr *addr);

/*
 * The entry of KEY or NULL. The hosts file may name a link-local address
 * without its scope.
 */
struct rdns_entry *rdns_table_find(
    struct rdns_table *table, const union rdns_key *key);

/*
 * A new entry for KEY, which has none, in no list. Where the table is full the
 * first of `known` makes room, unless it is KEEP. NULL: no room.
 */
struct rdns_entry *rdns_table_add(struct rdns_table *table,
    const union rdns_key *key, const struct rdns_entry *keep);

/* Enters the file PATH, as in hosts(5), names that are not plain left out. */
void rdns_table_read_hosts(struct rdns_table *table, const char *path);

#endif
