/* SPDX-License-Identifier: MIT */
/*
 * rdns_hosts.c: which names may be shown, and the hosts file, read once (c-ares
 * would read it again for each address).
 */
#include "rdns_hosts.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "rdns.h"
#include "utf8.h"

#define HOSTS_MAX 16384u /* lines of the file that count */

/* ---- Names --------------------------------------------------------------- */

/* Letters that nobody sees, or that turn the direction of others. */
static bool
is_trick(uint32_t cp)
{
	return cp < 0xa0 || cp == 0xad || (cp >= 0x200b && cp <= 0x200f) ||
	       (cp >= 0x2028 && cp <= 0x202e) ||
	       (cp >= 0x2060 && cp <= 0x206f) || cp == 0xfeff ||
	       (cp >= 0xfff0 && cp <= 0xfffb) ||
	       (cp >= 0xe0000 && cp <= 0xe0fff);
}

bool
rdns_name_plain(const char *name)
{
	static const char ascii[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._/";
	size_t left = strlen(name), len;
	uint32_t cp;

	if (left == 0 || left > 253)
		return false;
	for (; left > 0; name += len, left -= len) {
		len = utf8_decode(name, left, &cp);
		if (len == 0)
			return false;
		if (len == 1 ? strchr(ascii, *name) == NULL : is_trick(cp))
			return false;
	}
	return true;
}

/* ---- The hosts file ------------------------------------------------------ */

/* ADDRESS NAME [ALIAS...] # comment; the first line of an address counts. */
static void
add_host(struct lookup_table *table, char *line)
{
	union lookup_key key = {.in6.sin6_family = AF_INET6};
	char *save, *addr, *scope, *name;

	line[strcspn(line, "#\n")] = '\0';
	addr = strtok_r(line, " \t\r", &save);
	name = addr != NULL ? strtok_r(NULL, " \t\r", &save) : NULL;
	if (name == NULL || !rdns_name_plain(name))
		return;
	scope = strchr(addr, '%');
	if (scope != NULL) {
		*scope++ = '\0';
		key.in6.sin6_scope_id = if_nametoindex(scope);
	}
	if (inet_pton(AF_INET6, addr, &key.in6.sin6_addr) != 1) {
		memset(&key, 0, sizeof(key));
		key.in.sin_family = AF_INET;
		if (inet_pton(AF_INET, addr, &key.in.sin_addr) != 1)
			return;
	}
	lookup_table_fix(table, &key, name);
}

void
rdns_read_hosts(struct lookup_table *table, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[1024];
	bool whole = true; /* LINE begins where a line of the file does */

	if (file == NULL)
		return;
	for (unsigned n = 0;
	     n < HOSTS_MAX && fgets(line, sizeof(line), file) != NULL; n++) {
		bool begins = whole;

		whole = strchr(line, '\n') != NULL;
		if (begins)
			add_host(table, line);
	}
	(void)fclose(file);
}
