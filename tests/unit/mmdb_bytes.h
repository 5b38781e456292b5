/* SPDX-License-Identifier: MIT */
/*
 * mmdb_bytes.h: makes small MMDB files: a search tree of 24-bit records, the
 * data, the metadata. Each prefix has a map of one key.
 */
#ifndef UNIT_MMDB_BYTES_H
#define UNIT_MMDB_BYTES_H

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "asn_origins.h"

#define MMDB_NODES 512u
#define MMDB_DATA 2048u

struct mmdb_bytes {
	unsigned ip_version;
	uint32_t tree[MMDB_NODES][2]; /* a node, or 0x800000 + where in data */
	unsigned nodes;
	uint8_t data[MMDB_DATA];
	size_t data_len;
	uint8_t file[MMDB_NODES * 6 + 16 + MMDB_DATA + 512];
	size_t len;
};

#define MMDB_NOTHING 0xffffffu
#define MMDB_IN_DATA 0x800000u

/* The head of a value of a type up to 7, or beyond, and its size. */
static inline size_t
mmdb_head(uint8_t *p, unsigned type, size_t size)
{
	cr_assert_lt(size, 29);
	if (type <= 7) {
		p[0] = (uint8_t)(type << 5 | size);
		return 1;
	}
	p[0] = (uint8_t)size;
	p[1] = (uint8_t)(type - 7);
	return 2;
}

static inline size_t
mmdb_string(uint8_t *p, const char *text)
{
	size_t n = mmdb_head(p, 2, strlen(text));

	memcpy(p + n, text, strlen(text));
	return n + strlen(text);
}

/* An unsigned number of TYPE (5: 16 bits, 6: 32, 9: 64). */
static inline size_t
mmdb_number(uint8_t *p, unsigned type, uint64_t value)
{
	size_t size = type == 5 ? 2 : type == 6 ? 4 : 8;
	size_t n = mmdb_head(p, type, size);

	for (size_t i = 0; i < size; i++)
		p[n + i] = (uint8_t)(value >> 8 * (size - 1 - i));
	return n + size;
}

static inline void
mmdb_start(struct mmdb_bytes *db, unsigned ip_version)
{
	memset(db, 0, sizeof(*db));
	db->ip_version = ip_version;
	db->tree[0][0] = db->tree[0][1] = MMDB_NOTHING;
	db->nodes = 1;
}

/*
 * TEXT ("8.8.8.0/24") has KEY: NUMBER of TYPE, or with type 2 the string WORD.
 * An IPv4 prefix in an IPv6 tree is that of ::ADDRESS.
 */
static inline void
mmdb_add(struct mmdb_bytes *db, const char *text, const char *key,
    unsigned type, uint64_t number, const char *word)
{
	uint32_t data = MMDB_IN_DATA + (uint32_t)db->data_len, *link = NULL;
	uint8_t bits[16] = {0};
	unsigned node = 0, len, shift;
	struct asn_prefix prefix;

	cr_assert(asn_prefix_parse(text, strlen(text), &prefix));
	shift = db->ip_version == 6 && prefix.family == AF_INET ? 12 : 0;
	memcpy(bits + shift, prefix.bytes, 16 - shift);
	len = prefix.len + shift * 8;
	for (unsigned i = 0; i < len; i++) {
		link = &db->tree[node][bits[i / 8] >> (7 - i % 8) & 1];
		if (i + 1 == len)
			break;
		if (*link == MMDB_NOTHING) {
			cr_assert_lt(db->nodes, MMDB_NODES);
			db->tree[db->nodes][0] = MMDB_NOTHING;
			db->tree[db->nodes][1] = MMDB_NOTHING;
			*link = db->nodes++;
		}
		node = *link;
		cr_assert_lt(node, MMDB_NODES);
	}
	cr_assert_not_null(link);
	*link = data;
	db->data_len += mmdb_head(db->data + db->data_len, 7, 1);
	db->data_len += mmdb_string(db->data + db->data_len, key);
	db->data_len +=
	    type == 2 ? mmdb_string(db->data + db->data_len, word)
		      : mmdb_number(db->data + db->data_len, type, number);
	cr_assert_lt(db->data_len, MMDB_DATA - 64);
}

static inline size_t
mmdb_metadata(const struct mmdb_bytes *db, uint8_t *p)
{
	static const char mark[] = "\xab\xcd\xefMaxMind.com";
	size_t n = sizeof(mark) - 1;

	memcpy(p, mark, n);
	n += mmdb_head(p + n, 7, 9);
	n += mmdb_string(p + n, "node_count");
	n += mmdb_number(p + n, 6, db->nodes);
	n += mmdb_string(p + n, "record_size");
	n += mmdb_number(p + n, 5, 24);
	n += mmdb_string(p + n, "ip_version");
	n += mmdb_number(p + n, 5, db->ip_version);
	n += mmdb_string(p + n, "database_type");
	n += mmdb_string(p + n, "Test-ASN");
	n += mmdb_string(p + n, "languages");
	n += mmdb_head(p + n, 11, 0);
	n += mmdb_string(p + n, "binary_format_major_version");
	n += mmdb_number(p + n, 5, 2);
	n += mmdb_string(p + n, "binary_format_minor_version");
	n += mmdb_number(p + n, 5, 0);
	n += mmdb_string(p + n, "build_epoch");
	n += mmdb_number(p + n, 9, 1600000000);
	n += mmdb_string(p + n, "description");
	n += mmdb_head(p + n, 7, 0);
	return n;
}

/* Puts it together in FILE, LEN bytes. */
static inline void
mmdb_finish(struct mmdb_bytes *db)
{
	uint8_t *p = db->file;

	for (unsigned i = 0; i < db->nodes * 2; i++) {
		uint32_t record = db->tree[i / 2][i % 2];

		if (record == MMDB_NOTHING)
			record = db->nodes;
		else if (record >= MMDB_IN_DATA)
			record = db->nodes + 16 + (record - MMDB_IN_DATA);
		*p++ = (uint8_t)(record >> 16);
		*p++ = (uint8_t)(record >> 8);
		*p++ = (uint8_t)record;
	}
	p += 16;
	memcpy(p, db->data, db->data_len);
	p += db->data_len;
	p += mmdb_metadata(db, p);
	db->len = (size_t)(p - db->file);
	cr_assert_leq(db->len, sizeof(db->file));
}

#endif
