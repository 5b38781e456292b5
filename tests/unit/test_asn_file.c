/* SPDX-License-Identifier: MIT */
/* test_asn_file.c: origin AS numbers from lines of text and from an MMDB. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "asn_file.h"
#include "mmdb_bytes.h"
#include "prng.h"

/* A file with those bytes, at its beginning. */
static int
file_of(const void *data, size_t len)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, data, len), (ssize_t)len);
	cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static int
open_bytes(
    struct asn_file **ret, const void *data, size_t len, struct opt_error *err)
{
	int fd = file_of(data, len);
	int rc = asn_file_open(ret, fd, "test", err);

	cr_assert_eq(close(fd), 0, "it stays the caller's");
	return rc;
}

static struct asn_file *
open_text(const char *text)
{
	struct asn_file *file = NULL;
	struct opt_error err;

	cr_assert_eq(open_bytes(&file, text, strlen(text), &err), 0);
	return file;
}

/* What FILE says of ADDR, "" where nothing. */
static const char *
find(const struct asn_file *file, const char *addr)
{
	static char said[ASN_TEXT_MAX];
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = 7};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	struct asn_origins origins;
	bool found;

	if (inet_pton(AF_INET, addr, &in.sin_addr) == 1) {
		found = asn_file_find(file, (struct sockaddr *)&in, &origins);
	} else {
		cr_assert_eq(inet_pton(AF_INET6, addr, &in6.sin6_addr), 1);
		found = asn_file_find(file, (struct sockaddr *)&in6, &origins);
	}
	said[0] = '\0';
	if (found)
		asn_origins_text(&origins, said);
	return said;
}

/* ---- Text ---------------------------------------------------------------- */

Test(asn_file, the_longest_prefix_wins_in_any_order)
{
	struct asn_file *file = open_text("# a comment\n"
					  "\n"
					  "10.1.2.0/24\t64503\r\n"
					  "10.0.0.0/8 64501 # behind it\n"
					  "  10.1.0.0/16   AS64502/64512\n"
					  "10.1.2.128/25 64504\n"
					  "10.1.2.3/32 64505\n"
					  "0.0.0.0/0 64500\n"
					  "2001:db8::/32 64506\n"
					  "2001:db8:1::/48 AS64507");
	static const struct {
		const char *addr, *said;
	} cases[] = {
	    {"10.1.2.3", "AS64505"},
	    {"10.1.2.2", "AS64503"},
	    {"10.1.2.4", "AS64503"},
	    {"10.1.2.127", "AS64503"},
	    {"10.1.2.128", "AS64504"},
	    {"10.1.2.255", "AS64504"},
	    {"10.1.3.0", "AS64502/AS64512"},
	    {"10.1.1.255", "AS64502/AS64512"},
	    {"10.0.255.255", "AS64501"},
	    {"10.255.255.255", "AS64501"},
	    {"11.0.0.0", "AS64500"},
	    {"9.255.255.255", "AS64500"},
	    {"0.0.0.0", "AS64500"},
	    {"255.255.255.255", "AS64500"},
	    {"2001:db8::1", "AS64506"},
	    {"2001:db8:1::1", "AS64507"},
	    {"2001:db8:2::", "AS64506"},
	    {"2001:db7:ffff::", ""},
	    {"2001:db9::", ""},
	    {"::", ""},
	    {"::ffff:10.1.2.3", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_expect_str_eq(find(file, cases[i].addr), cases[i].said,
		    "%s: %s", cases[i].addr, find(file, cases[i].addr));
	asn_file_free(file);
}

Test(asn_file, of_two_lines_for_a_prefix_the_last_counts)
{
	struct asn_file *file = open_text("10.0.0.0/8 1\n10.1.0.0/16 2\n"
					  "10.0.0.0/8 3\n10.0.0.0/8 4\n");

	cr_expect_str_eq(find(file, "10.0.0.1"), "AS4");
	cr_expect_str_eq(find(file, "10.1.0.1"), "AS2");
	asn_file_free(file);
}

Test(asn_file, an_empty_file_knows_nothing)
{
	struct sockaddr sa = {.sa_family = AF_UNIX};
	struct asn_file *file = open_text("");
	struct asn_origins origins;

	cr_expect_str_eq(find(file, "10.0.0.1"), "");
	cr_expect_str_eq(find(file, "::1"), "");
	cr_expect_not(asn_file_find(file, &sa, &origins));
	asn_file_free(file);
	asn_file_free(NULL);
}

Test(asn_file, errors_name_the_line)
{
	static const struct {
		const char *text, *subject, *message;
	} cases[] = {
	    {"10.0.0.0/8 1\n10.0.0.1/8 2\n", "test:2",
		"\"10.0.0.1/8\": not a prefix"},
	    {"\n\n10.0.0.0 1\n", "test:3", "\"10.0.0.0\": not a prefix"},
	    {"x\033[31m 1", "test:1", "\"x\\x1b[31m\": not a prefix"},
	    {"10.0.0.0/8", "test:1", "\"10.0.0.0/8\": no AS number behind it"},
	    {"10.0.0.0/8 # 1", "test:1",
		"\"10.0.0.0/8\": no AS number behind it"},
	    {"10.0.0.0/8 0", "test:1", "\"0\": no AS number"},
	    {"10.0.0.0/8 1,2", "test:1", "\"1,2\": no AS number"},
	    {"10.0.0.0/8 1 2", "test:1", "\"1 2\": no AS number"},
	    {"10.0.0.0/8 4294967296", "test:1", "\"4294967296\": no AS number"},
	    {"10.0.0.0/8 1/\n", "test:1", "\"1/\": no AS number"},
	    {"a,b\n", "test:1", "\"a,b\": not a prefix"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct asn_file *file = NULL;
		struct opt_error err = {.message = ""};

		cr_expect_eq(open_bytes(&file, cases[i].text,
				 strlen(cases[i].text), &err),
		    -EINVAL);
		cr_expect_null(file);
		cr_expect_str_eq(err.option, cases[i].subject);
		cr_expect_str_eq(err.message, cases[i].message);
		cr_expect_str_eq(err.hint,
		    "a line is PREFIX ASN[/ASN...], such as "
		    "192.0.2.0/24 64500");
	}
}

Test(asn_file, bytes_that_are_no_text)
{
	struct asn_file *file = NULL;
	struct opt_error err;
	char line[2000];

	cr_expect_eq(open_bytes(&file, "10.0.0.0/8\0 1\n", 14, &err), -EINVAL);
	cr_expect_str_eq(err.option, "test:1");
	cr_expect_str_eq(err.message, "a NUL byte");
	memset(line, ' ', sizeof(line));
	cr_expect_eq(open_bytes(&file, line, sizeof(line), &err), -EINVAL);
	cr_expect_str_eq(err.message, "longer than 1024 bytes");
	cr_expect_null(file);
}

Test(asn_file, what_cannot_be_read)
{
	struct asn_file *file = NULL;
	struct opt_error err;
	int fd = memfd_create("test", MFD_CLOEXEC);

	cr_assert_geq(fd, 0);
	cr_assert_eq(close(fd), 0);
	cr_expect_eq(asn_file_open(&file, fd, "test", &err), -EBADF);
	cr_expect_null(file);
}

#define MANY 600

/* Random prefixes near each other; each address is looked for one by one. */
Test(asn_file, finds_what_a_walk_over_all_finds)
{
	static struct asn_prefix prefixes[MANY];
	static char text[MANY * 64];
	uint64_t state = 4;
	unsigned found = 0;
	size_t len = 0;
	struct asn_file *file;

	for (unsigned n = 0; n < MANY; n++) {
		struct asn_prefix *prefix = &prefixes[n];
		bool v4 = prng(&state) % 2 == 0;
		char shown[INET6_ADDRSTRLEN];
		unsigned bits = v4 ? 32 : 128;

		prefix->family = v4 ? AF_INET : AF_INET6;
		prefix->len = (uint8_t)prng_in(&state, 4, bits);
		for (unsigned i = 0; i < bits / 8; i++)
			prefix->bytes[i] =
			    (uint8_t)(prng(&state) & (i < 2 ? 0x81 : 0xc0));
		for (unsigned i = prefix->len; i < 128; i++)
			prefix->bytes[i / 8] &= (uint8_t) ~(0x80u >> i % 8);
		cr_assert_not_null(inet_ntop(
		    prefix->family, prefix->bytes, shown, sizeof(shown)));
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%s/%u %u\n", shown, prefix->len, n + 1);
	}
	file = open_text(text);
	for (unsigned n = 0; n < 20000; n++) {
		struct asn_prefix addr = prefixes[prng(&state) % MANY];
		const struct asn_prefix *best = NULL;
		char shown[INET6_ADDRSTRLEN], want[16] = "";
		unsigned bits = addr.family == AF_INET ? 32 : 128;
		uint64_t bit = prng(&state) % bits;

		addr.len = (uint8_t)bits;
		addr.bytes[bit / 8] ^= (uint8_t)(0x80u >> bit % 8);
		for (unsigned i = 0; i < MANY; i++) {
			if (asn_prefix_holds(&prefixes[i], &addr) &&
			    (best == NULL || prefixes[i].len >= best->len))
				best = &prefixes[i];
		}
		if (best != NULL)
			(void)snprintf(want, sizeof(want), "AS%u",
			    (unsigned)(best - prefixes) + 1);
		cr_assert_not_null(
		    inet_ntop(addr.family, addr.bytes, shown, sizeof(shown)));
		cr_assert_str_eq(find(file, shown), want, "%s", shown);
		found += best != NULL;
	}
	cr_assert(found > 1000 && found < 19900, "%u", found);
	asn_file_free(file);
}

/* ---- MMDB ---------------------------------------------------------------- */

static void
fill(struct mmdb_bytes *db)
{
	mmdb_start(db, 6);
	mmdb_add(db, "8.8.8.0/24", "autonomous_system_number", 6, 64500, NULL);
	mmdb_add(db, "9.9.9.9/32", "autonomous_system_number", 5, 64501, NULL);
	mmdb_add(db, "2001:db8::/32", "autonomous_system_number", 9, 4294967295,
	    NULL);
	mmdb_add(db, "10.1.0.0/16", "asn", 2, 0, "AS64502");
	mmdb_add(db, "10.2.0.0/16", "asn", 6, 64503, NULL);
	mmdb_add(db, "10.3.0.0/16", "asn", 2, 0, "\033[31m1");
	mmdb_add(db, "10.4.0.0/16", "autonomous_system_number", 6, 0, NULL);
	mmdb_add(db, "10.5.0.0/16", "autonomous_system_number", 9,
	    UINT64_C(4294967296), NULL);
	mmdb_add(db, "10.6.0.0/16", "other", 6, 1, NULL);
	mmdb_finish(db);
}

#ifdef HAVE_LIBMAXMINDDB

Test(asn_file, mmdb)
{
	static const struct {
		const char *addr, *said;
	} cases[] = {
	    {"8.8.8.8", "AS64500"},
	    {"8.8.9.0", ""},
	    {"9.9.9.9", "AS64501"},
	    {"2001:db8:1::1", "AS4294967295"},
	    {"2001:db9::1", ""},
	    {"10.1.2.3", "AS64502"},
	    {"10.2.2.3", "AS64503"},
	    {"10.3.2.3", ""},
	    {"10.4.2.3", ""},
	    {"10.5.2.3", ""},
	    {"10.6.2.3", ""},
	};
	struct asn_file *file = NULL;
	struct mmdb_bytes db;
	struct opt_error err;

	fill(&db);
	cr_assert_eq(
	    open_bytes(&file, db.file, db.len, &err), 0, "%s", err.message);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_expect_str_eq(find(file, cases[i].addr), cases[i].said, "%s",
		    cases[i].addr);
	asn_file_free(file);
}

Test(asn_file, mmdb_of_ipv4_alone)
{
	struct asn_file *file = NULL;
	struct mmdb_bytes db;
	struct opt_error err;

	mmdb_start(&db, 4);
	mmdb_add(&db, "8.8.8.0/24", "autonomous_system_number", 6, 64500, NULL);
	mmdb_finish(&db);
	cr_assert_eq(open_bytes(&file, db.file, db.len, &err), 0);
	cr_expect_str_eq(find(file, "8.8.8.8"), "AS64500");
	cr_expect_str_eq(find(file, "2001:db8::1"), "");
	asn_file_free(file);
}

/* Root has opened it, and is nobody by now. */
Test(asn_file, mmdb_that_only_its_descriptor_gives_access_to)
{
	char path[] = "/tmp/test_asn_file.XXXXXX";
	struct asn_file *file = NULL;
	struct mmdb_bytes db;
	struct opt_error err;
	int fd = mkstemp(path);

	fill(&db);
	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, db.file, db.len), (ssize_t)db.len);
	cr_assert_eq(fchmod(fd, 0), 0);
	cr_assert_eq(unlink(path), 0);
	cr_assert(getuid() != 0 || seteuid(65534) == 0);
	cr_assert_eq(asn_file_open(&file, fd, "test", &err), 0);
	cr_assert(getuid() != 0 || seteuid(0) == 0);
	cr_assert_eq(close(fd), 0);
	cr_expect_str_eq(find(file, "8.8.8.8"), "AS64500");
	asn_file_free(file);
}

Test(asn_file, mmdb_cut_or_changed_is_told_or_read)
{
	struct asn_file *file = NULL;
	struct mmdb_bytes db;
	struct opt_error err = {.message = ""};
	unsigned refused = 0;
	uint64_t state = 5;

	fill(&db);
	for (unsigned n = 0; n < 300; n++) {
		struct mmdb_bytes other = db;

		/* Metadata and data; and some bytes lost at the front. */
		for (int i = 0; i < 3; i++)
			other.file[(uint64_t)prng_in(&state, 0,
			    (int64_t)db.len - 1)] = (uint8_t)prng(&state);
		file = NULL;
		if (open_bytes(&file, other.file, other.len, &err) != 0) {
			refused++;
			cr_assert_null(file);
			cr_assert_eq(strncmp(err.option, "test", 4), 0);
			continue;
		}
		(void)find(file, "8.8.8.8");
		(void)find(file, "10.1.2.3");
		(void)find(file, "2001:db8::1");
		asn_file_free(file);
	}
	cr_assert_gt(refused, 0);
	cr_assert_eq(
	    open_bytes(&file, db.file + db.len / 2, db.len - db.len / 2, &err),
	    -EINVAL);
	cr_assert_str_eq(err.option, "test");
}

#else

Test(asn_file, mmdb_is_known_where_it_cannot_be_read)
{
	struct asn_file *file = NULL;
	struct mmdb_bytes db;
	struct opt_error err;

	fill(&db);
	cr_assert_eq(open_bytes(&file, db.file, db.len, &err), -EINVAL);
	cr_assert_null(file);
	cr_assert_str_eq(
	    err.message, "an MMDB file, which this build cannot read");
}

#endif
