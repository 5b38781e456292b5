/* SPDX-License-Identifier: MIT */
/*
 * The pieces of which the truth log's lines are made. Integers only; none
 * allocates; each is well below a KiB.
 */
#ifndef NETSIM_JSON_H
#define NETSIM_JSON_H

#include "truth.h"

/* As it is. */
void ns_json(struct ns_truth *t, const char *text);
void ns_json_u64(struct ns_truth *t, uint64_t v);
void ns_json_i64(struct ns_truth *t, int64_t v);
/* KEY is `,"name":` as it stands in the line. */
void ns_json_number(struct ns_truth *t, const char *key, uint64_t v);
void ns_json_bool(struct ns_truth *t, const char *key, bool v);
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
