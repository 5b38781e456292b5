/* SPDX-License-Identifier: MIT */
/*
 * The pieces of which the truth log's lines are made. Integers only; none
 * allocates; each is well below a KiB.
 */
#ifndef NETSIM_JSON_H
#define NETSIM_JSON_H

#include "truth.h"

#include <string.h>

#define NS_JSON_PIECE 1024u /* room that no single piece below exceeds */

/* Where the next piece goes. */
static inline char *
ns_json_room(struct ns_truth *t)
{
	if (t->n + NS_JSON_PIECE > sizeof(t->buf))
		ns_truth_flush(t);
	return t->buf + t->n;
}

/* As it is. Inline, so that the length of a literal is known: lines have many.
 */
static inline void
ns_json(struct ns_truth *t, const char *text)
{
	size_t n = strlen(text);

	memcpy(ns_json_room(t), text, n);
	t->n += n;
}

void ns_json_u64(struct ns_truth *t, uint64_t v);
void ns_json_i64(struct ns_truth *t, int64_t v);

/* KEY is `,"name":` as it stands in the line. */
static inline void
ns_json_number(struct ns_truth *t, const char *key, uint64_t v)
{
	ns_json(t, key);
	ns_json_u64(t, v);
}

static inline void
ns_json_bool(struct ns_truth *t, const char *key, bool v)
{
	ns_json(t, key);
	ns_json(t, v ? "true" : "false");
}

/* Two digits for each of N bytes, without quotes; at most 256 bytes. */
void ns_json_hex(struct ns_truth *t, const uint8_t *data, size_t n);
/* In quotes; null for no address. */
void ns_json_addr(struct ns_truth *t, const struct ns_addr *addr);
void ns_json_prefix(struct ns_truth *t, const struct ns_prefix *prefix);
/* In quotes, any text: what JSON does not allow in a string is escaped. */
void ns_json_string(struct ns_truth *t, const char *text);
/* The name of router I, in quotes. */
void ns_json_router(struct ns_truth *t, const struct ns_topo *topo, uint32_t i);

#endif
