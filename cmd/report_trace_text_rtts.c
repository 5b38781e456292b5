/* SPDX-License-Identifier: MIT */
/*
 * report_trace_text_rtts.c: the RTT of each probe of a run of one cycle, which
 * the lines of the hops show flow by flow: for any number of targets at once,
 * of each until it has ended.
 */
#include "report_trace_text.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_BUCKETS 64
#define LEAST_LIST 32
#define LIST_MAX 4096 /* of one target */

static const char *
name_of(const struct report_target *target)
{
	return target->name != NULL ? target->name : "";
}

static const char *
addr_of(const struct report_target *target)
{
	return target->addr != NULL ? target->addr : "";
}

/* FNV-1a: the names come from the command line, not from afar. */
static size_t
hash_on(size_t hash, const char *str)
{
	for (; *str != '\0'; str++)
		hash = (hash ^ (unsigned char)*str) * 0x01000193u;
	return (hash ^ 0xff) * 0x01000193u;
}

static size_t
hash(const char *name, const char *addr)
{
	return hash_on(hash_on(0x811c9dc5u, name), addr);
}

/* A key is the name, then the address, both terminated. */
static bool
is_key(const char *key, const struct report_target *target)
{
	return strcmp(key, name_of(target)) == 0 &&
	       strcmp(key + strlen(key) + 1, addr_of(target)) == 0;
}

static struct trace_rtts **
slot_of(
    const struct trace_rtts_table *table, const struct report_target *target)
{
	const size_t h = hash(name_of(target), addr_of(target));
	struct trace_rtts **slot;

	if (table->nbuckets == 0)
		return NULL;
	slot = &table->buckets[h % table->nbuckets];
	while (*slot != NULL && !is_key((*slot)->key, target))
		slot = &(*slot)->next;
	return slot;
}

/* Twice as many buckets. */
static int
grow(struct trace_rtts_table *table)
{
	const size_t n =
	    table->nbuckets > 0 ? 2 * table->nbuckets : LEAST_BUCKETS;
	struct trace_rtts **buckets = calloc(n, sizeof(struct trace_rtts *));

	if (buckets == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < table->nbuckets; i++) {
		struct trace_rtts *next, *rtts = table->buckets[i];

		for (; rtts != NULL; rtts = next) {
			const char *addr = rtts->key + strlen(rtts->key) + 1;
			size_t at = hash(rtts->key, addr) % n;

			next = rtts->next;
			rtts->next = buckets[at];
			buckets[at] = rtts;
		}
	}
	free(table->buckets);
	table->buckets = buckets;
	table->nbuckets = n;
	return 0;
}

int
trace_rtts_begin(
    struct trace_rtts_table *table, const struct report_target *target)
{
	const size_t name = strlen(name_of(target)) + 1;
	const size_t addr = strlen(addr_of(target)) + 1;
	struct trace_rtts **slot, *rtts;

	if (table->n >= table->nbuckets && grow(table) != 0)
		return -ENOMEM;
	slot = slot_of(table, target);
	if (*slot != NULL) {
		(*slot)->users++;
		return 0;
	}
	rtts = calloc(1, sizeof(*rtts));
	if (rtts == NULL)
		return -ENOMEM;
	rtts->key = malloc(name + addr);
	if (rtts->key == NULL) {
		free(rtts);
		return -ENOMEM;
	}
	memcpy(rtts->key, name_of(target), name);
	memcpy(rtts->key + name, addr_of(target), addr);
	rtts->users = 1;
	*slot = rtts;
	table->n++;
	return 0;
}

/* The 16 bytes that tell addresses of one family apart. */
static void
bytes_of(const void *addr, sa_family_t family, uint8_t ret[16])
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	memset(ret, 0, 16);
	if (family == AF_INET) {
		memcpy(&in, addr, sizeof(in));
		memcpy(ret, &in.sin_addr, sizeof(in.sin_addr));
	} else if (family == AF_INET6) {
		memcpy(&in6, addr, sizeof(in6));
		memcpy(ret, &in6.sin6_addr, sizeof(in6.sin6_addr));
	}
}

static struct trace_rtt *
new_rtt(struct trace_rtts *rtts)
{
	const size_t cap = rtts->cap > 0 ? 2 * rtts->cap : LEAST_LIST;
	struct trace_rtt *list;

	if (rtts->n == rtts->cap) {
		list = realloc(rtts->list, cap * sizeof(*list));
		if (list == NULL)
			return NULL;
		rtts->list = list;
		rtts->cap = cap;
	}
	return &rtts->list[rtts->n++];
}

static bool
is_kept(const struct nd_trace_event *event)
{
	switch (event->status) {
	case ND_TRACE_HOP:
	case ND_TRACE_DESTINATION:
	case ND_TRACE_UNREACHABLE:
	case ND_TRACE_LATE:
		return event->from != NULL;
	case ND_TRACE_TIMEOUT:
		return true;
	default:
		return false;
	}
}

int
trace_rtts_add(struct trace_rtts_table *table,
    const struct report_target *target, const struct nd_trace_event *event)
{
	struct trace_rtts **slot = slot_of(table, target);
	struct trace_rtt *rtt;

	if (slot == NULL || *slot == NULL || !is_kept(event) ||
	    event->ttl > UINT8_MAX || event->flow > UINT8_MAX ||
	    (*slot)->n >= LIST_MAX)
		return 0;
	rtt = new_rtt(*slot);
	if (rtt == NULL)
		return -ENOMEM;
	*rtt = (struct trace_rtt){.ttl = (uint8_t)event->ttl,
	    .flow = (uint8_t)event->flow,
	    .answered = event->status != ND_TRACE_TIMEOUT,
	    .late = event->status == ND_TRACE_LATE,
	    .rtt_ns = event->rtt_ns};
	if (event->from != NULL)
		bytes_of(event->from, event->from->sa_family, rtt->addr);
	return 0;
}

const struct trace_rtts *
trace_rtts_of(
    const struct trace_rtts_table *table, const struct report_target *target)
{
	struct trace_rtts **slot = slot_of(table, target);

	return slot != NULL ? *slot : NULL;
}

static void
free_one(struct trace_rtts *rtts)
{
	free(rtts->list);
	free(rtts->key);
	free(rtts);
}

void
trace_rtts_end(
    struct trace_rtts_table *table, const struct report_target *target)
{
	struct trace_rtts **slot = slot_of(table, target);
	struct trace_rtts *rtts;

	if (slot == NULL || *slot == NULL || --(*slot)->users > 0)
		return;
	rtts = *slot;
	*slot = rtts->next;
	free_one(rtts);
	table->n--;
}

void
trace_rtts_free(struct trace_rtts_table *table)
{
	for (size_t i = 0; i < table->nbuckets; i++) {
		struct trace_rtts *next, *rtts = table->buckets[i];

		for (; rtts != NULL; rtts = next) {
			next = rtts->next;
			free_one(rtts);
		}
	}
	free(table->buckets);
	*table = (struct trace_rtts_table){0};
}

const struct trace_rtt *
trace_rtt_answer(const struct trace_rtts *rtts, unsigned ttl, unsigned flow,
    const struct sockaddr_storage *addr)
{
	const struct trace_rtt *ret = NULL;
	uint8_t bytes[16];

	bytes_of(addr, addr->ss_family, bytes);
	for (size_t i = 0; rtts != NULL && i < rtts->n; i++) {
		const struct trace_rtt *rtt = &rtts->list[i];

		if (rtt->ttl != ttl || rtt->flow != flow || !rtt->answered ||
		    memcmp(rtt->addr, bytes, sizeof(bytes)) != 0)
			continue;
		/* The first that was in time. */
		if (ret == NULL || (ret->late && !rtt->late))
			ret = rtt;
	}
	return ret;
}

bool
trace_rtt_lost(const struct trace_rtts *rtts, unsigned ttl, unsigned flow)
{
	bool lost = false;

	for (size_t i = 0; rtts != NULL && i < rtts->n; i++) {
		const struct trace_rtt *rtt = &rtts->list[i];

		if (rtt->ttl != ttl || rtt->flow != flow)
			continue;
		if (rtt->answered)
			return false;
		lost = true;
	}
	return lost;
}
