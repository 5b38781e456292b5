/* SPDX-License-Identifier: MIT */
/*
 * A file of --asn-db, whatever its bytes: lines of text. An MMDB is only
 * recognized: what is in it is read by libmaxminddb, and its business.
 */
#include "fuzz.h"

#include "asn_file.h"
#include "asn_mmdb.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void
find(const struct asn_file *file, const struct sockaddr *addr)
{
	struct asn_origins origins;
	char text[ASN_TEXT_MAX];

	if (!asn_file_find(file, addr, &origins))
		return;
	fuzz_check(origins.n >= 1 && origins.n <= ASN_ORIGINS_MAX);
	asn_origins_text(&origins, text);
	fuzz_check(strspn(text, "AS0123456789/") == strlen(text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t v4[] = {0, 0x08080808, 0x0a010203, UINT32_MAX};
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	struct opt_error err = {.message = ""};
	struct asn_file *file = NULL;
	int fd = memfd_create("fuzz", MFD_CLOEXEC), rc;

	fuzz_check(fd >= 0);
	fuzz_check(write(fd, data, size) == (ssize_t)size);
	fuzz_check(lseek(fd, 0, SEEK_SET) == 0);
	if (asn_mmdb_is(fd)) {
		(void)close(fd);
		return 0;
	}
	rc = asn_file_open(&file, fd, "fuzz", &err);
	(void)close(fd);
	if (rc != 0) {
		fuzz_check(rc == -EINVAL && file == NULL);
		fuzz_check(strncmp(err.option, "fuzz", 4) == 0);
		fuzz_check(err.message[0] != '\0');
		return 0;
	}
	for (size_t i = 0; i < sizeof(v4) / sizeof(v4[0]); i++) {
		in.sin_addr.s_addr = htonl(v4[i]);
		find(file, (struct sockaddr *)&in);
		in6.sin6_addr.s6_addr[i] = 0x2a;
		find(file, (struct sockaddr *)&in6);
	}
	asn_file_free(file);
	return 0;
}
