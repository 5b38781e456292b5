/* SPDX-License-Identifier: MIT */
/* test_rdns_hosts.c: the hosts file, and which names are plain. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rdns.h"
#include "rdns_hosts.h"

/* The name of TEXT, with SCOPE where it is IPv6, or NULL. */
static const char *
name_of(struct lookup_table *table, const char *text, uint32_t scope)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = 7};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
	    .sin6_port = 7,
	    .sin6_flowinfo = 9,
	    .sin6_scope_id = scope};
	const struct lookup_entry *entry;
	union lookup_key key;

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
		cr_assert(lookup_key_make(&key, (struct sockaddr *)&in));
	} else {
		cr_assert_eq(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
		cr_assert(lookup_key_make(&key, (struct sockaddr *)&in6));
	}
	entry = lookup_table_find(table, &key);
	return entry != NULL ? entry->text : NULL;
}

Test(rdns_hosts, hosts_file)
{
	static const struct {
		const char *addr;
		uint32_t scope;
		const char *name;
	} cases[] = {
	    {"192.0.2.1", 0, "one.lan"},
	    {"192.0.2.2", 0, "two"},
	    {"192.0.2.3", 0, NULL},
	    {"192.0.2.4", 0, NULL},
	    {"192.0.2.5", 0, NULL},
	    {"192.0.2.6", 0,
		"b\xc3\xbc"
		"cher.lan"},
	    {"192.0.2.9", 0, NULL},
	    {"192.0.2.10", 0, NULL},
	    {"192.0.2.11", 0, NULL},
	    {"192.0.2.12", 0, "last"},
	    {"2001:db8::1", 0, "six.lan"},
	    {"2001:db8::1", 9, "six.lan"},
	    {"fe80::7", 1, "loop.lan"},
	    {"fe80::7", 2, NULL},
	    {"fe80::8", 5, "any.lan"},
	};
	struct lookup_table *table = calloc(1, sizeof(*table));
	char path[] = "/tmp/test_rdns_hosts.XXXXXX";
	int fd = mkstemp(path);

	cr_assert_not_null(table);
	cr_assert_eq(lookup_table_init(table), 0);
	cr_assert_geq(fd, 0);
	/* One line is longer than what is read at a time: what looks like a
	 * line of its own begins at the border. */
	cr_assert_gt(dprintf(fd,
			 "# comment\n192.0.2.1\tone.lan alias # more\n"
			 "192.0.2.1 late\n  192.0.2.2 two\r\n"
			 "192.0.2.3 %01013d192.0.2.4 tail\n"
			 "192.0.2.5 a\033[31m\n#192.0.2.9 off\n192.0.2.10\n\n"
			 "1.2 short\n2001:DB8:0::1 six.lan\n"
			 "fe80::7%%lo loop.lan\nfe80::8 any.lan\n"
			 "192.0.2.6 b\xc3\xbc"
			 "cher.lan\n192.0.2.11 \xff.lan\n"
			 "192.0.2.12 last",
			 0),
	    1023);
	cr_assert_eq(close(fd), 0);
	rdns_read_hosts(table, path);
	(void)unlink(path);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *name =
		    name_of(table, cases[i].addr, cases[i].scope);

		cr_expect_eq(
		    name == NULL, cases[i].name == NULL, "%s", cases[i].addr);
		if (name != NULL && cases[i].name != NULL)
			cr_expect_str_eq(name, cases[i].name);
	}
	cr_assert_eq(table->entries, 0, "these do not count as remembered");
	lookup_table_clear(table);
	free(table);
}

Test(rdns_hosts, plain_names)
{
	static const struct {
		const char *name;
		bool plain;
	} cases[] = {
	    {"a", true}, {"host-1.example.net", true},
	    {"1.0/25.2.0.192.in-addr.arpa", true},
	    {"b\xc3\xbc"
	     "cher.example",
		true},
	    {"", false}, {"a b", false}, {"a\tb", false}, {"a\x7f", false},
	    {"a\\032b", false}, {"a\"b", false}, {"a(b)", false},
	    {"\xc2\x9b"
	     "31m",
		false}, /* C1 */
	    {"a\xe2\x80\xae"
	     "b",
		false}, /* right-to-left override */
	    {"a\xe2\x80\x8b"
	     "b",
		false}, /* zero width space */
	    {"a\xef\xbb\xbf"
	     "b",
		false},		     /* byte order mark */
	    {"\xc3", false},	     /* cut */
	    {"\xc0\xaf", false},     /* overlong */
	    {"\xed\xa0\x80", false}, /* surrogate */
	};
	char name[300];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_expect_eq(rdns_name_plain(cases[i].name), cases[i].plain,
		    "case %zu", i);
	memset(name, 'a', sizeof(name));
	name[253] = '\0';
	cr_expect(rdns_name_plain(name));
	name[253] = 'a';
	name[254] = '\0';
	cr_expect_not(rdns_name_plain(name));
}
