/* SPDX-License-Identifier: MIT */
/*
 * json.h: a streaming JSON writer (RFC 8259) into a struct buf.
 *
 * Commas follow from the calls. KEY is NULL inside an array and at the top.
 * What does not exist is written as null: a NULL string, a negative duration.
 * Keys are literals of this program and are not escaped, but for those of
 * json_data_key().
 */
#ifndef CMD_JSON_H
#define CMD_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

#define JSON_DEPTH 31 /* deepest nesting */

struct json {
	struct buf *buf;
	uint32_t filled; /* bit N: level N has a member already */
	unsigned depth;
	int64_t second; /* json_time(): the second that STAMP shows */
	char stamp[20]; /* "2026-01-02T03:04:05." */
};

/* Writes to BUF from now on. */
void json_init(struct json *json, struct buf *buf);
/* Begins a new text; what is cached stays. BUF is not emptied. */
void json_restart(struct json *json);

void json_object(struct json *json, const char *key);
void json_object_end(struct json *json);
void json_array(struct json *json, const char *key);
void json_array_end(struct json *json);

/* A key that is data (a label); a value with KEY NULL follows. */
void json_data_key(struct json *json, const char *key);
/* Bytes that are members already ("\"a\":1,\"b\":2"), rendered before. */
void json_members(struct json *json, const char *bytes, size_t n);

/* STR: UTF-8; what is not becomes U+FFFD. */
void json_str(struct json *json, const char *key, const char *str);
void json_strn(struct json *json, const char *key, const char *str, size_t n);
void json_u64(struct json *json, const char *key, uint64_t value);
void json_i64(struct json *json, const char *key, int64_t value);
/* VALUE, or null where it is negative. */
void json_nonneg(struct json *json, const char *key, int64_t value);
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);
/* NS as milliseconds with up to six decimals; null where it is negative. */
void json_ms(struct json *json, const char *key, int64_t ns);
/* 100 * PART / WHOLE; null where WHOLE is 0. */
void json_pct(
    struct json *json, const char *key, uint64_t part, uint64_t whole);
/* CLOCK_REALTIME ns as RFC 3339 UTC with microseconds; null if negative. */
void json_time(struct json *json, const char *key, int64_t real_ns);

#endif
