/* SPDX-License-Identifier: MIT */
/*
 * asn_file.c: lines of PREFIX ASN[/ASN...] as a sorted array. Sorted by address
 * and then by length a prefix comes right before those that lie in it, so that
 * the last one that begins at or before an address holds it, or one of those
 * that hold that one does, or none.
 */
#include "asn_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "asn_mmdb.h"
#include "target.h"

#define LINES_MAX (1u << 24)
#define SHOWN_MAX 96
#define NONE UINT32_MAX
#define BLANKS " \t\r\f\v"

struct row {
	uint8_t bytes[16]; /* of the prefix */
	uint8_t len;
	uint32_t origins; /* in the pool: how many, and they themselves */
	uint32_t outer;	  /* the longest row that holds this one, or NONE */
};

struct table {
	struct row *rows;
	uint32_t n, room;
};

struct asn_file {
	struct asn_mmdb *mmdb; /* NULL: the tables */
	struct table v4, v6;
	uint32_t *pool;
	uint32_t pool_n, pool_room;
};

/* ---- Reading ------------------------------------------------------------- */

/* Makes room for MORE of ITEM bytes behind N. Returns the array or NULL. */
static void *
grow(void *array, uint32_t n, uint32_t *room, uint32_t more, size_t item)
{
	uint32_t want = *room;
	void *bigger;

	while (want < n + more)
		want = want == 0 ? 1024 : want * 2;
	if (want == *room)
		return array;
	bigger = realloc(array, want * item);
	if (bigger != NULL)
		*room = want;
	return bigger;
}

static int
add_row(struct asn_file *file, const struct asn_prefix *prefix,
    const struct asn_origins *origins)
{
	struct table *table = prefix->family == AF_INET ? &file->v4 : &file->v6;
	struct row *rows, *row;
	uint32_t *pool;

	rows = grow(table->rows, table->n, &table->room, 1, sizeof(*rows));
	if (rows == NULL)
		return -ENOMEM;
	table->rows = rows;
	pool = grow(file->pool, file->pool_n, &file->pool_room, origins->n + 1,
	    sizeof(*pool));
	if (pool == NULL)
		return -ENOMEM;
	file->pool = pool;
	row = &rows[table->n++];
	memcpy(row->bytes, prefix->bytes, sizeof(row->bytes));
	row->len = prefix->len;
	row->origins = file->pool_n;
	row->outer = NONE;
	pool[file->pool_n++] = origins->n;
	for (unsigned i = 0; i < origins->n; i++)
		pool[file->pool_n++] = origins->asn[i];
	return 0;
}

/* WORD of LEN bytes is wrong. */
static int
refuse(struct opt_error *err, const char *word, size_t len, const char *cause)
{
	char copy[TARGET_LINE_MAX + 1], shown[SHOWN_MAX];

	memcpy(copy, word, len);
	copy[len] = '\0';
	(void)opt_error_set(
	    err, opt_show(copy, shown, sizeof(shown)), "%s", cause);
	opt_error_hint(
	    err, "a line is PREFIX ASN[/ASN...], such as 192.0.2.0/24 64500");
	return -EINVAL;
}

static int
add_line(struct asn_file *file, const char *text, struct opt_error *err)
{
	size_t len = strcspn(text, BLANKS);
	const char *numbers = text + len + strspn(text + len, BLANKS);
	struct asn_origins origins;
	struct asn_prefix prefix;

	if (!asn_prefix_parse(text, len, &prefix))
		return refuse(err, text, len, "not a prefix");
	if (*numbers == '\0')
		return refuse(err, text, len, "no AS number behind it");
	if (!asn_origins_parse(numbers, strlen(numbers), '/', true, &origins))
		return refuse(err, numbers, strlen(numbers), "no AS number");
	if (file->v4.n + file->v6.n >= LINES_MAX)
		return refuse(err, text, len, "too many prefixes");
	return add_row(file, &prefix, &origins);
}

static int
read_lines(
    struct asn_file *file, FILE *in, const char *name, struct opt_error *err)
{
	struct target_reader reader;
	const char *text;
	int r;

	target_reader_init(&reader, in, name);
	while ((r = target_read_word(&reader, &text, err)) == 1) {
		r = add_line(file, text, err);
		if (r == -EINVAL)
			return target_read_refuse(&reader, err);
		if (r != 0)
			return r;
	}
	return r;
}

/* ---- Order --------------------------------------------------------------- */

/* By address, then by length, then as they came. */
static int
compare(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int order = memcmp(x->bytes, y->bytes, sizeof(x->bytes));

	if (order == 0)
		order = x->len - y->len;
	if (order == 0)
		order = x->origins < y->origins ? -1 : 1;
	return order;
}

static struct asn_prefix
prefix_of(const struct row *row, sa_family_t family)
{
	struct asn_prefix prefix = {.family = family, .len = row->len};

	memcpy(prefix.bytes, row->bytes, sizeof(prefix.bytes));
	return prefix;
}

static bool
holds(const struct row *row, const struct asn_prefix *inner)
{
	const struct asn_prefix outer = prefix_of(row, inner->family);

	return asn_prefix_holds(&outer, inner);
}

/* The longest row that holds PREFIX: row I or one that holds that; or NONE. */
static uint32_t
climb(const struct table *table, uint32_t i, const struct asn_prefix *prefix)
{
	while (i != NONE && !holds(&table->rows[i], prefix))
		i = table->rows[i].outer;
	return i;
}

static bool
is_same(const struct row *a, const struct row *b)
{
	return a->len == b->len &&
	       memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static void
sort(struct table *table, sa_family_t family)
{
	struct row *rows = table->rows;
	uint32_t n = 0;

	if (table->n == 0)
		return;
	qsort(rows, table->n, sizeof(*rows), compare);
	for (uint32_t i = 0; i < table->n; i++) {
		struct asn_prefix prefix;

		/* The last of equal ones counts. */
		if (i + 1 < table->n && is_same(&rows[i], &rows[i + 1]))
			continue;
		prefix = prefix_of(&rows[i], family);
		rows[n] = rows[i];
		rows[n].outer = climb(table, n > 0 ? n - 1 : NONE, &prefix);
		n++;
	}
	table->n = n;
}

/* ---- The interface ------------------------------------------------------- */

/* A stream on FD of its own, to be closed; NULL with errno. */
static FILE *
stream_of(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	FILE *in = copy >= 0 ? fdopen(copy, "r") : NULL;
	int err = errno;

	if (in == NULL && copy >= 0) {
		(void)close(copy);
		errno = err;
	}
	return in;
}

static int
read_text(
    struct asn_file *file, int fd, const char *name, struct opt_error *err)
{
	FILE *in = stream_of(fd);
	int rc;

	if (in == NULL)
		return -errno;
	rc = read_lines(file, in, name, err);
	(void)fclose(in);
	sort(&file->v4, AF_INET);
	sort(&file->v6, AF_INET6);
	return rc;
}

int
asn_file_open(
    struct asn_file **ret, int fd, const char *name, struct opt_error *err)
{
	struct asn_file *file = calloc(1, sizeof(*file));
	int rc;

	if (file == NULL)
		return -ENOMEM;
	if (asn_mmdb_is(fd))
		rc = asn_mmdb_open(&file->mmdb, fd, name, err);
	else
		rc = read_text(file, fd, name, err);
	if (rc != 0) {
		asn_file_free(file);
		return rc;
	}
	*ret = file;
	return 0;
}

void
asn_file_free(struct asn_file *file)
{
	if (file == NULL)
		return;
	asn_mmdb_free(file->mmdb);
	free(file->v4.rows);
	free(file->v6.rows);
	free(file->pool);
	free(file);
}

/* The last row that begins at or before PREFIX, or NONE. */
static uint32_t
last_before(const struct table *table, const struct asn_prefix *prefix)
{
	uint32_t low = 0, high = table->n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (memcmp(table->rows[middle].bytes, prefix->bytes,
			sizeof(prefix->bytes)) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 ? low - 1 : NONE;
}

bool
asn_file_find(const struct asn_file *file, const struct sockaddr *addr,
    struct asn_origins *ret)
{
	struct asn_origins origins = {.n = 0};
	const struct table *table;
	struct asn_prefix whole;
	uint32_t i, at;

	if (!asn_prefix_of(addr, &whole))
		return false;
	if (file->mmdb != NULL)
		return asn_mmdb_find(file->mmdb, addr, ret);
	table = whole.family == AF_INET ? &file->v4 : &file->v6;
	i = climb(table, last_before(table, &whole), &whole);
	if (i == NONE)
		return false;
	at = table->rows[i].origins;
	for (uint32_t n = file->pool[at]; n > 0; n--)
		origins.asn[origins.n++] = file->pool[++at];
	*ret = origins;
	return true;
}
