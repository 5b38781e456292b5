/* SPDX-License-Identifier: MIT */
/*
 * asn_mmdb.c: MMDB files. The library opens files by name only: it is given the
 * name of a descriptor, or where this user may not open that file himself (root
 * had opened it) that of a copy in memory.
 */
#include "asn_mmdb.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHOWN_MAX 96
#define TAIL_MAX 131072 /* where the metadata is, at the end of the file */

/* The mark is looked for from the end; blocks overlap by its length. */
bool
asn_mmdb_is(int fd)
{
	static const char mark[] = "\xab\xcd\xefMaxMind.com";
	const off_t len = sizeof(mark) - 1;
	char block[4096];
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return false;
	for (off_t end = st.st_size; end >= len && end > st.st_size - TAIL_MAX;
	     end -= (off_t)sizeof(block) - len) {
		off_t from =
		    end > (off_t)sizeof(block) ? end - (off_t)sizeof(block) : 0;
		ssize_t got = pread(fd, block, (size_t)(end - from), from);

		if (got > 0 &&
		    memmem(block, (size_t)got, mark, (size_t)len) != NULL)
			return true;
		if (from == 0)
			break;
	}
	return false;
}

#ifdef HAVE_LIBMAXMINDDB

#include <maxminddb.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/sendfile.h>

struct asn_mmdb {
	MMDB_s db;
};

static int
open_descriptor(MMDB_s *db, int fd)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return MMDB_open(path, MMDB_MODE_MMAP, db);
}

/* A copy of FD in memory, or a negative errno. */
static int
copy_in_memory(int fd)
{
	int copy = memfd_create("asn-db", MFD_CLOEXEC);
	off_t from = 0;
	ssize_t n = 1;
	int err;

	if (copy < 0)
		return -errno;
	while (n > 0)
		n = sendfile(copy, fd, &from, 1 << 24);
	if (n == 0)
		return copy;
	err = -errno;
	(void)close(copy);
	return err;
}

int
asn_mmdb_open(
    struct asn_mmdb **ret, int fd, const char *name, struct opt_error *err)
{
	struct asn_mmdb *db = calloc(1, sizeof(*db));
	char shown[SHOWN_MAX];
	int rc, copy;

	if (db == NULL)
		return -ENOMEM;
	rc = open_descriptor(&db->db, fd);
	if (rc == MMDB_FILE_OPEN_ERROR) {
		copy = copy_in_memory(fd);
		if (copy < 0) {
			free(db);
			return copy;
		}
		rc = open_descriptor(&db->db, copy);
		(void)close(copy);
	}
	if (rc != MMDB_SUCCESS) {
		free(db);
		return opt_error_set(err, opt_show(name, shown, sizeof(shown)),
		    "not a sound MMDB file: %s", MMDB_strerror(rc));
	}
	*ret = db;
	return 0;
}

void
asn_mmdb_free(struct asn_mmdb *db)
{
	if (db == NULL)
		return;
	MMDB_close(&db->db);
	free(db);
}

/* The value of KEY: a number, or text such as "AS64500". */
static bool
read_value(MMDB_entry_s *entry, const char *key, struct asn_origins *ret)
{
	MMDB_entry_data_s data;
	uint64_t number;

	if (MMDB_get_value(entry, &data, key, NULL) != MMDB_SUCCESS ||
	    !data.has_data)
		return false;
	switch (data.type) {
	case MMDB_DATA_TYPE_UINT16:
		number = data.uint16;
		break;
	case MMDB_DATA_TYPE_UINT32:
		number = data.uint32;
		break;
	case MMDB_DATA_TYPE_UINT64:
		number = data.uint64;
		break;
	case MMDB_DATA_TYPE_UTF8_STRING:
		return asn_origins_parse(
		    data.utf8_string, data.data_size, '/', true, ret);
	default:
		return false;
	}
	if (number == 0 || number > UINT32_MAX)
		return false;
	*ret = (struct asn_origins){.n = 1, .asn = {(uint32_t)number}};
	return true;
}

bool
asn_mmdb_find(const struct asn_mmdb *db, const struct sockaddr *addr,
    struct asn_origins *ret)
{
	int rc;
	MMDB_lookup_result_s found = MMDB_lookup_sockaddr(&db->db, addr, &rc);

	return rc == MMDB_SUCCESS && found.found_entry &&
	       (read_value(&found.entry, "autonomous_system_number", ret) ||
		   read_value(&found.entry, "asn", ret));
}

#else

int
asn_mmdb_open(
    struct asn_mmdb **ret, int fd, const char *name, struct opt_error *err)
{
	char shown[SHOWN_MAX];

	(void)ret;
	(void)fd;
	(void)opt_error_set(err, opt_show(name, shown, sizeof(shown)),
	    "an MMDB file, which this build cannot read");
	opt_error_hint(err, "install libmaxminddb and build again, or use "
			    "lines of PREFIX ASN");
	return -EINVAL;
}

void
asn_mmdb_free(struct asn_mmdb *db)
{
	(void)db;
}

bool
asn_mmdb_find(const struct asn_mmdb *db, const struct sockaddr *addr,
    struct asn_origins *ret)
{
	(void)db;
	(void)addr;
	(void)ret;
	return false;
}

#endif
