/* SPDX-License-Identifier: MIT */
/* test_target_port.c: TARGET[:PORTS]: what is the target, what the ports. */
#include "target_port.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Both halves, as a command asks for them. */
static int
parse(const char *word, unsigned flags, const struct portlist *deflt,
    struct opt_error *err)
{
	struct target_port port;
	struct target_spec spec;
	struct portlist list;
	int r;

	memset(err, 0, sizeof(*err));
	if ((r = target_port_parse(word, &port, err)) < 0 ||
	    (r = target_port_spec(&port, flags, &spec, err)) < 0)
		return r;
	return target_port_list(&port, deflt, &list, err);
}

Test(target_port, what_is_target_and_what_ports)
{
	static const struct {
		const char *word, *text, *ports;
		enum target_kind kind;
		int af;
	} cases[] = {{"host", "host", NULL, TARGET_NAME, AF_UNSPEC},
	    {"host:443", "host", "443", TARGET_NAME, AF_UNSPEC},
	    {"host.example.:1", "host.example.", "1", TARGET_NAME, AF_UNSPEC},
	    {"host:22,80", "host", "22,80", TARGET_NAME, AF_UNSPEC},
	    {"b\xc3\xbc"
	     "cher.example:80",
		"b\xc3\xbc"
		"cher.example",
		"80", TARGET_NAME, AF_UNSPEC},
	    {"192.0.2.1", "192.0.2.1", NULL, TARGET_ADDR, AF_INET},
	    {"192.0.2.1:65535", "192.0.2.1", "65535", TARGET_ADDR, AF_INET},
	    {"192.0.2.0/24:443", "192.0.2.0/24", "443", TARGET_BLOCK, AF_INET},
	    {"192.0.2.1-192.0.2.9:80-90", "192.0.2.1-192.0.2.9", "80-90",
		TARGET_RANGE, AF_INET},
	    {"192.0.2.1-192.0.2.9", "192.0.2.1-192.0.2.9", NULL, TARGET_RANGE,
		AF_INET},
	    {"[2001:db8::1]:443", "2001:db8::1", "443", TARGET_ADDR, AF_INET6},
	    {"[2001:db8::1]", "2001:db8::1", NULL, TARGET_ADDR, AF_INET6},
	    {"[::1]:1-3,7", "::1", "1-3,7", TARGET_ADDR, AF_INET6},
	    {"[fe80::1%eth0]:443", "fe80::1%eth0", "443", TARGET_ADDR,
		AF_INET6},
	    {"[fe80::1%a-b]:443", "fe80::1%a-b", "443", TARGET_ADDR, AF_INET6},
	    {"[2001:db8::/64]", "2001:db8::/64", NULL, TARGET_BLOCK, AF_INET6},
	    {"[2001:db8::/120]:443", "2001:db8::/120", "443", TARGET_BLOCK,
		AF_INET6},
	    {"[fe80::%eth0/126]:443", "fe80::%eth0/126", "443", TARGET_BLOCK,
		AF_INET6},
	    {"[::5-::9]:443", "::5-::9", "443", TARGET_RANGE, AF_INET6},
	    {"[fe80::1%a-b-fe80::3]:80", "fe80::1%a-b-fe80::3", "80",
		TARGET_RANGE, AF_INET6},
	    {"2001:db8::1", "2001:db8::1", NULL, TARGET_ADDR, AF_INET6},
	    {"2001:db8::1:443", "2001:db8::1:443", NULL, TARGET_ADDR, AF_INET6},
	    {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8", NULL, TARGET_ADDR, AF_INET6},
	    {"::1", "::1", NULL, TARGET_ADDR, AF_INET6},
	    {"fe80::1%eth0", "fe80::1%eth0", NULL, TARGET_ADDR, AF_INET6},
	    {"2001:db8::/120", "2001:db8::/120", NULL, TARGET_BLOCK, AF_INET6},
	    {"::5-::9", "::5-::9", NULL, TARGET_RANGE, AF_INET6},
	    {"@hosts", "@hosts", NULL, TARGET_FILE, AF_UNSPEC},
	    {"@hosts:443", "@hosts:443", NULL, TARGET_FILE, AF_UNSPEC},
	    {"@[a]:x://", "@[a]:x://", NULL, TARGET_FILE, AF_UNSPEC},
	    {"-", "-", NULL, TARGET_STDIN, AF_UNSPEC}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *word = cases[i].word;
		struct target_port port;
		struct target_spec spec;
		struct opt_error err;

		cr_assert_eq(target_port_parse(word, &port, &err), 0, "%s: %s",
		    word, err.message);
		cr_expect_eq(port.word, word);
		cr_expect_str_eq(target_port_text(&port), cases[i].text);
		if (cases[i].ports == NULL)
			cr_expect_null(port.ports, "%s", word);
		else
			cr_expect_str_eq(port.ports, cases[i].ports);
		/* As large as a block may be, only target_parse() knows. */
		if (strstr(word, "/64") != NULL)
			continue;
		cr_assert_eq(target_port_spec(&port, 0, &spec, &err), 0,
		    "%s: %s", word, err.message);
		cr_expect_eq(spec.kind, cases[i].kind, "%s", word);
		cr_expect_eq(spec.af, cases[i].af, "%s", word);
		cr_expect_str_eq(spec.text, cases[i].text);
	}
}

/* The subject is the whole word; the cause and the hint, in part. */
Test(target_port, each_refusal_has_its_reason)
{
	static const char *const cases[][3] = {
	    {"host:", "no port behind the ':'", "1 to 65535"},
	    {"[::1]:", "no port behind the ':'", "1 to 65535"},
	    {"192.0.2.0/24:", "no port behind", ""},
	    {"host:0", "\"0\" is not a port", "a port is a number"},
	    {"host:70000", "\"70000\" is not a port", "1 to 65535"},
	    {"host:http", "\"http\" is not a port", "a port is a number"},
	    {"host:80,", "missing beside", "22,80"},
	    {"host:80-70", "backwards", ""}, {"host: 80", "not a port", ""},
	    {"host:80/tcp", "not a port", ""},
	    {"192.0.2.1:443/24", "not a port", ""},
	    {"[::1]:0", "\"0\" is not a port", ""},
	    {"[::1", "no ']'", "[2001:db8::1]:443"},
	    {"[::1:443", "no ']'", "[2001:db8::1]:443"},
	    {"[", "no ']'", "[2001:db8::1]:443"},
	    {"[::1]443", "behind the ']'", "[2001:db8::1]:443"},
	    {"[::1]x", "behind the ']'", ""}, {"[::1]/64:443", "behind", ""},
	    {"[::1]-[::9]:443", "behind", ""}, {"[::1]]:443", "behind", ""},
	    {"[[::1]]:443", "behind", ""}, {"[]", "no IPv6 address", ""},
	    {"[]:443", "no IPv6 address", ""},
	    {"[host]:443", "no IPv6 address", ""},
	    {"[192.0.2.1]:443", "no IPv6 address", ""},
	    {"[::x]:443", "no IPv6 address", ""},
	    {"[::1-::x]:443", "no IPv6 address", ""},
	    {"[::1:443]:443:1", "not a port", ""},
	    {"[::/64:443]", "no IPv6 address", ""},
	    {"[::1/129]:443", "prefix length", ""},
	    {"[::/0]:443", "2^64", "16777216"},
	    {"[::]:443", "unspecified", "::1"},
	    {"[::9-::5]:443", "below the first", ""},
	    {"[::ffff:192.0.2.1]:443", "written as IPv6", "write 192.0.2.1"},
	    {":443", "no target before", "192.0.2.1:443"},
	    {":", "no target before", ""}, {"", "empty", ""},
	    {"host:80:90", "neither a name", "[ADDRESS]:PORT"},
	    {"192.0.2.1:80:90", "neither a name", "HOST:PORT"},
	    {"2001:db8::/64:443", "neither a name", "[ADDRESS]:PORT"},
	    {"fe80::1%eth0:443", "neither a name", "[ADDRESS]:PORT"},
	    {"::1-::9:x", "neither a name", ""}, {"::x", "neither a name", ""},
	    {"a::b/24", "2^64 addresses", ""}, {"h::1/24", "no address", ""},
	    {"host]:443", "neither a name", ""},
	    {"user@host:22", "neither a name", ""},
	    {"-:443", "standard input", "--port"},
	    {"http://host", "a URL", "example.com:443"},
	    {"https://[::1]:443/x", "a URL", ""},
	    {"127.1:80", "four numbers", "192.0.2.1"},
	    {"010.0.0.1:80", "octal", ""},
	    {"10.0.0.0/7:443", "33554430 addresses", ""},
	    {"192.0.2.9-192.0.2.1:80", "below the first", ""},
	    {"224.0.0.1:80", "TCP reaches one host", ""},
	    {"255.255.255.255:80", "TCP reaches one host", ""},
	    {"223.0.0.0-225.0.0.0:80", "33554433 addresses", ""},
	    {"[ff02::1%lo]:80", "TCP reaches one host", ""},
	    {"host", "no port", "for example host:443"},
	    {"2001:db8::1:443", "no port", "for example [2001:db8::1:443]:443"},
	    {"[::1]", "no port", "for example [::1]:443"},
	    {"192.0.2.0/24", "add :PORT or --port", "192.0.2.0/24:443"}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *word = cases[i][0];
		struct opt_error err;

		cr_expect_eq(parse(word, 0, NULL, &err), -EINVAL,
		    "\"%s\" is taken", word);
		cr_expect_str_eq(err.option, word);
		cr_expect_not_null(strstr(err.message, cases[i][1]), "%s: %s",
		    word, err.message);
		cr_expect_not_null(
		    strstr(err.hint, cases[i][2]), "%s: %s", word, err.hint);
	}
}

Test(target_port, flags_are_those_of_target_parse)
{
	struct opt_error err;

	cr_expect_eq(parse("[::1]:80", TARGET_IPV6, NULL, &err), 0);
	cr_expect_eq(parse("[::1]:80", TARGET_IPV4, NULL, &err), -EINVAL);
	cr_expect_str_eq(err.option, "[::1]:80");
	cr_expect_not_null(strstr(err.message, "only IPv4"));
	/* Two things are wrong: the one that is told is not multicast. */
	cr_expect_eq(parse("[ff02::1]:80", TARGET_IPV4, NULL, &err), -EINVAL);
	cr_expect_not_null(strstr(err.message, "only IPv4"));
	cr_expect_eq(parse("@x", TARGET_IN_FILE, NULL, &err), -EINVAL);
	cr_expect_not_null(strstr(err.message, "include"));
}

Test(target_port, ports_of_the_word_come_before_those_of_the_option)
{
	struct target_port bare, own;
	struct portlist deflt, list;
	struct opt_error err;

	cr_assert_eq(portlist_parse("7,9", "--port", &deflt, &err), 0);
	cr_assert_eq(target_port_parse("::1", &bare, &err), 0);
	cr_assert_eq(target_port_parse("[::1]:80", &own, &err), 0);
	cr_assert_eq(target_port_list(&bare, &deflt, &list, &err), 0);
	cr_expect_eq(portlist_count(&list), 2);
	cr_expect_eq(portlist_next(&list, 7), 9);
	cr_assert_eq(target_port_list(&own, &deflt, &list, &err), 0);
	cr_expect_eq(portlist_count(&list), 1);
	cr_expect_eq(portlist_next(&list, 0), 80);
	cr_assert_eq(target_port_list(&own, NULL, &list, &err), 0);
	memset(&deflt, 0, sizeof(deflt));
	cr_expect_eq(
	    target_port_list(&bare, &deflt, &list, &err), -EINVAL, "empty");
}

Test(target_port, a_copy_stands_by_itself)
{
	struct target_port copy, *port = malloc(sizeof(*port));
	struct target_spec spec;
	struct opt_error err;

	cr_assert_not_null(port);
	cr_assert_eq(target_port_parse("[::1]:80", port, &err), 0);
	copy = *port;
	memset(port, 0, sizeof(*port));
	free(port);
	cr_assert_eq(target_port_spec(&copy, 0, &spec, &err), 0);
	cr_expect_str_eq(spec.text, "::1");
	cr_expect_str_eq(copy.ports, "80");
}

/* As long as names may be, and one byte more, with and without ports. */
Test(target_port, long_words)
{
	struct target_port port;
	struct opt_error err;
	char word[300];

	for (size_t i = 0; i < 253; i++)
		word[i] = i % 64 == 63 ? '.' : 'a';
	(void)snprintf(word + 253, sizeof(word) - 253, ".:80");
	cr_assert_eq(target_port_parse(word, &port, &err), 0);
	cr_expect_eq(strlen(target_port_text(&port)), 254);
	cr_expect_eq(parse(word, 0, NULL, &err), 0, "%s", err.message);
	(void)snprintf(word + 253, sizeof(word) - 253, "a.:80");
	cr_expect_eq(parse(word, 0, NULL, &err), -EINVAL);
	(void)snprintf(word + 253, sizeof(word) - 253, "aaa:80");
	memset(&port, 0x55, sizeof(port));
	cr_expect_eq(target_port_parse(word, &port, &err), -EINVAL);
	cr_expect_not_null(strstr(err.message, "253 bytes"));
	cr_expect_eq(port.text[0], 0x55, "untouched");
	memset(word, '1', sizeof(word) - 1);
	word[0] = '[';
	word[sizeof(word) - 2] = ']';
	word[sizeof(word) - 1] = '\0';
	cr_expect_eq(target_port_parse(word, &port, &err), -EINVAL);
}

/* What is shown of a word is text, whatever was typed. */
Test(target_port, messages_are_text)
{
	static const char *const words[] = {"\x1b[2J:80", "h:\x1b[2J", "[\xff",
	    "\xff:80", "a\nb:80", "h:\n", "\x7f", "[::1]\x01"};

	for (size_t i = 0; i < COUNT(words); i++) {
		struct opt_error err;

		cr_expect_eq(parse(words[i], 0, NULL, &err), -EINVAL);
		cr_expect(parse_is_text(err.option, strlen(err.option)));
		cr_expect(parse_is_text(err.message, strlen(err.message)));
		cr_expect(parse_is_text(err.hint, strlen(err.hint)));
	}
}
