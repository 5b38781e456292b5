/* SPDX-License-Identifier: MIT */
/* rows.c: the targets of a run. */
#include "rows.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 1024

struct row *
rows_add(struct rows *rows)
{
	struct row **chunks;

	if (rows->n / CHUNK == rows->chunk_count) {
		chunks = realloc(
		    rows->chunks, (rows->chunk_count + 1) * sizeof(*chunks));
		if (chunks == NULL)
			return NULL;
		rows->chunks = chunks;
		chunks[rows->chunk_count] = calloc(CHUNK, sizeof(struct row));
		if (chunks[rows->chunk_count] == NULL)
			return NULL;
		rows->chunk_count++;
	}
	rows_at(rows, rows->n)->at = (uint32_t)rows->n;
	return rows_at(rows, rows->n++);
}

struct row *
rows_at(const struct rows *rows, size_t i)
{
	return &rows->chunks[i / CHUNK][i % CHUNK];
}

void
rows_free(struct rows *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		free(rows_at(rows, i)->name);
	for (size_t i = 0; i < rows->chunk_count; i++)
		free(rows->chunks[i]);
	free(rows->chunks);
	*rows = (struct rows){0};
}

void
row_set_addr(struct row *row, const struct sockaddr *addr)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	memset(row->ip, 0, sizeof(row->ip));
	row->family = (uint8_t)addr->sa_family;
	if (row->family == AF_INET) {
		memcpy(&v4, addr, sizeof(v4));
		memcpy(row->ip, &v4.sin_addr, 4);
	} else {
		memcpy(&v6, addr, sizeof(v6));
		memcpy(row->ip, &v6.sin6_addr, 16);
		row->scope = v6.sin6_scope_id;
	}
}

bool
row_same_addr(const struct row *a, const struct row *b)
{
	return a->family != AF_UNSPEC && a->family == b->family &&
	       a->scope == b->scope && memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

bool
row_addr(const struct row *row, struct sockaddr_storage *ret)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {
	    .sin6_family = AF_INET6, .sin6_scope_id = row->scope};

	if (row->family == AF_INET) {
		memcpy(&v4.sin_addr, row->ip, 4);
		memcpy(ret, &v4, sizeof(v4));
	} else if (row->family == AF_INET6) {
		memcpy(&v6.sin6_addr, row->ip, 16);
		memcpy(ret, &v6, sizeof(v6));
	}
	return row->family != AF_UNSPEC;
}

struct report_target
row_target(const struct row *row, char text[ADDRTEXT_MAX])
{
	struct sockaddr_storage addr;
	struct report_target t = {.name = row->name, .port = row->port};

	if (!row_addr(row, &addr))
		return t;
	t.addr = addrtext((const struct sockaddr *)&addr, text);
	t.af = row->family == AF_INET ? 4 : 6;
	return t;
}
