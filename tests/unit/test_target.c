/* SPDX-License-Identifier: MIT */
/* test_target.c: the syntax of TARGET, the walk over addresses, the files. */
#include "target.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int
parse(const char *text, unsigned flags, struct target_spec *spec)
{
	struct opt_error err;

	return target_parse(text, flags, spec, &err);
}

/* The I-th address of TEXT in numbers; "" if there is none. */
static const char *
nth(const char *text, unsigned flags, uint64_t i, char buf[INET6_ADDRSTRLEN])
{
	struct target_spec spec;
	struct target_iter it;
	struct sockaddr_storage ss;

	buf[0] = '\0';
	cr_assert_eq(parse(text, flags, &spec), 0, "%s", text);
	target_iter_init(&it, &spec, 0);
	for (uint64_t n = 0; target_next(&it, &ss); n++) {
		struct sockaddr_in sin;
		struct sockaddr_in6 sin6;

		if (n != i)
			continue;
		memcpy(&sin, &ss, sizeof(sin));
		memcpy(&sin6, &ss, sizeof(sin6));
		cr_expect_eq(sin.sin_port, 0);
		(void)inet_ntop(ss.ss_family,
		    ss.ss_family == AF_INET ? (void *)&sin.sin_addr
					    : (void *)&sin6.sin6_addr,
		    buf, INET6_ADDRSTRLEN);
	}
	return buf;
}

Test(target, kinds)
{
	static const struct {
		const char *text;
		enum target_kind kind;
		int af;
		uint64_t count;
	} cases[] = {{"192.0.2.1", TARGET_ADDR, AF_INET, 1},
	    {"2001:db8::1", TARGET_ADDR, AF_INET6, 1},
	    {"fe80::1%br-lan", TARGET_ADDR, AF_INET6, 1},
	    {"192.0.2.0/24", TARGET_BLOCK, AF_INET, 254},
	    {"192.0.2.77/24", TARGET_BLOCK, AF_INET, 254},
	    {"192.0.2.0/30", TARGET_BLOCK, AF_INET, 2},
	    {"192.0.2.0/31", TARGET_BLOCK, AF_INET, 2},
	    {"192.0.2.1/32", TARGET_BLOCK, AF_INET, 1},
	    {"10.0.0.0/8", TARGET_BLOCK, AF_INET, 16777214},
	    {"2001:db8::/104", TARGET_BLOCK, AF_INET6, 16777216},
	    {"2001:db8::/128", TARGET_BLOCK, AF_INET6, 1},
	    {"fe80::%eth0/126", TARGET_BLOCK, AF_INET6, 4},
	    {"192.0.2.1-192.0.2.20", TARGET_RANGE, AF_INET, 20},
	    {"192.0.2.1-192.0.2.1", TARGET_RANGE, AF_INET, 1},
	    {"::ff-::100", TARGET_RANGE, AF_INET6, 2},
	    {"fe80::1%a-b-fe80::3%a-b", TARGET_RANGE, AF_INET6, 3},
	    {"fe80::1%a-fe80::3", TARGET_RANGE, AF_INET6, 3},
	    {"@hosts", TARGET_FILE, AF_UNSPEC, 0},
	    {"@/a b/c", TARGET_FILE, AF_UNSPEC, 0},
	    {"-", TARGET_STDIN, AF_UNSPEC, 0},
	    {"localhost", TARGET_NAME, AF_UNSPEC, 1},
	    {"example.com.", TARGET_NAME, AF_UNSPEC, 1},
	    {"a_b-c.example", TARGET_NAME, AF_UNSPEC, 1},
	    {"b\xc3\xbc"
	     "cher.example",
		TARGET_NAME, AF_UNSPEC, 1},
	    {"1.2.3.4.example", TARGET_NAME, AF_UNSPEC, 1},
	    {"192.0.2.1-static.example", TARGET_NAME, AF_UNSPEC, 1},
	    {"4u", TARGET_NAME, AF_UNSPEC, 1},
	    {"0xg", TARGET_NAME, AF_UNSPEC, 1},
	    {"x0", TARGET_NAME, AF_UNSPEC, 1},
	    {"cafe", TARGET_NAME, AF_UNSPEC, 1}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct target_spec spec;

		cr_assert_eq(
		    parse(cases[i].text, 0, &spec), 0, "%s", cases[i].text);
		cr_expect_eq(spec.kind, cases[i].kind, "%s", cases[i].text);
		cr_expect_eq(spec.af, cases[i].af, "%s", cases[i].text);
		cr_expect_eq(target_count(&spec), cases[i].count,
		    "%s: %" PRIu64, cases[i].text, target_count(&spec));
		cr_expect_eq(spec.text, cases[i].text);
	}
}

Test(target, each_refusal_has_its_reason)
{
	static const struct {
		const char *text, *reason;
	} cases[] = {{"", "empty"}, {"127.1", "four numbers"},
	    {"1.2.3", "four numbers"}, {"3232235521", "four numbers"},
	    {"1.2.3.4.5", "four numbers"}, {"010.0.0.1", "octal"},
	    {"1.2.3.04", "octal"}, {"0x7f.1", "decimal"},
	    {"0x7f000001", "decimal"}, {"0X7F.0.0.1", "decimal"},
	    {"\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.1", "decimal"},
	    {"127\xe3\x80\x82"
	     "1",
		"decimal"},
	    {"256.1.1.1", "above 255"}, {"1..2.3", "missing"},
	    {".", "four numbers"}, {"10.0.0.0/7", "33554430 addresses"},
	    {"0.0.0.0/0", "4294967294 addresses"},
	    {"::/103", "33554432 addresses"}, {"::/0", "2^64"},
	    {"::/64", "2^64"}, {"192.0.2.0/33", "0 to 32"},
	    {"192.0.2.0/", "0 to 32"}, {"192.0.2.0/-1", "0 to 32"},
	    {"192.0.2.0/24/24", "0 to 32"}, {"192.0.2.0/0x18", "0 to 32"},
	    {"::1/129", "0 to 128"}, {"192.0.2/24", "no address"},
	    {"name/24", "no address"}, {"/24", "no address"},
	    {"192.0.2.2-192.0.2.1", "below"}, {"192.0.2.1-20", "range"},
	    {"192.0.2.1-", "range"}, {"192.0.2.1-::1", "families"},
	    {"::-::ffff:ffff", "4294967296 addresses"}, {"::-ffff::", "2^64"},
	    {"fe80::1%a-fe80::2%b", "interfaces"},
	    {"::ffff:192.0.2.1", "written as IPv6"}, {"[::1]", "neither"},
	    {"[::1]:443", "neither"}, {"host:443", "neither"},
	    {"::g", "neither"}, {"a@b", "neither"}, {"a b", "neither"},
	    {"http://a/", "no address"}, {"a..b", "empty part"},
	    {".a", "empty part"}, {"a..", "empty part"}, {"a\nb", "control"},
	    {"a\x1b[31m", "control"}, {"a\xc2\x9b", "control"},
	    {"a\xff", "invalid UTF-8"}, {"@", "file name"},
	    {"fe80::1%", "neither"}, {"224.0.0.1", "multicast"},
	    {"239.255.255.255", "multicast"}, {"255.255.255.255", "broadcast"},
	    {"ff02::1%eth0", "multicast"},
	    {"223.255.255.255-224.0.0.0", "multicast"},
	    {"223.255.255.255-240.0.0.1", "16777216"},
	    {"0.0.0.0", "unspecified"}, {"::", "unspecified"},
	    {"0.0.0.0", "127.0.0.1"}, {"::", "::1"}, {"::%lo", "unspecified"},
	    {"0.0.0.0/31", "unspecified"}, {"::-::2", "unspecified"},
	    {"255.255.255.0-255.255.255.255", "broadcast"},
	    {"ff02::/120", "multicast"}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct target_spec spec = {.af = 77};
		struct opt_error err = {.message = ""};
		char shown[sizeof(err.option)];

		cr_expect_eq(target_parse(cases[i].text, 0, &spec, &err),
		    -EINVAL, "\"%s\"", cases[i].text);
		cr_expect(strstr(err.message, cases[i].reason) != NULL ||
			      strstr(err.hint, cases[i].reason) != NULL,
		    "\"%s\": %s", cases[i].text, err.message);
		cr_expect_str_eq(
		    err.option, opt_show(cases[i].text, shown, sizeof(shown)));
		cr_expect_eq(spec.af, 77, "untouched");
	}
}

Test(target, groups_are_allowed_with_b)
{
	struct target_spec spec;

	cr_expect_eq(parse("224.0.0.1", TARGET_BROADCAST, &spec), 0);
	cr_expect_eq(parse("255.255.255.255", TARGET_BROADCAST, &spec), 0);
	cr_expect_eq(parse("ff02::1%lo", TARGET_BROADCAST, &spec), 0);
	cr_expect_eq(parse("223.255.255.255", 0, &spec), 0);
	cr_expect_eq(parse("240.0.0.1", 0, &spec), 0);
	cr_expect_eq(parse("fe80::1%lo", 0, &spec), 0);
}

Test(target, a_block_without_its_network_address_may_begin_at_zero)
{
	struct target_spec spec;

	cr_expect_eq(parse("0.0.0.0/24", 0, &spec), 0);
	cr_expect_eq(parse("0.0.0.0/24", TARGET_INCLUDE_ALL, &spec), -EINVAL);
	cr_expect_eq(parse("0.0.0.1", 0, &spec), 0);
	cr_expect_eq(parse("::1", 0, &spec), 0);
}

Test(target, family_options_exclude_the_other)
{
	struct target_spec spec;

	cr_expect_eq(parse("::1", TARGET_IPV4, &spec), -EINVAL);
	cr_expect_eq(parse("127.0.0.1", TARGET_IPV6, &spec), -EINVAL);
	cr_expect_eq(parse("10.0.0.0/30", TARGET_IPV6, &spec), -EINVAL);
	cr_expect_eq(parse("::1", TARGET_IPV6, &spec), 0);
	cr_expect_eq(parse("127.0.0.1", TARGET_IPV4, &spec), 0);
	cr_expect_eq(parse("localhost", TARGET_IPV4, &spec), 0);
}

Test(target, blocks_leave_out_network_and_broadcast)
{
	char buf[INET6_ADDRSTRLEN];

	cr_expect_str_eq(nth("192.0.2.9/29", 0, 0, buf), "192.0.2.9");
	cr_expect_str_eq(nth("192.0.2.9/29", 0, 5, buf), "192.0.2.14");
	cr_expect_str_eq(nth("192.0.2.9/29", 0, 6, buf), "");
	cr_expect_str_eq(
	    nth("192.0.2.9/29", TARGET_INCLUDE_ALL, 0, buf), "192.0.2.8");
	cr_expect_str_eq(
	    nth("192.0.2.9/29", TARGET_INCLUDE_ALL, 7, buf), "192.0.2.15");
	cr_expect_str_eq(nth("192.0.2.9/29", TARGET_INCLUDE_ALL, 8, buf), "");
	cr_expect_str_eq(nth("192.0.2.8/31", 0, 0, buf), "192.0.2.8");
	cr_expect_str_eq(nth("192.0.2.8/31", 0, 1, buf), "192.0.2.9");
	cr_expect_str_eq(nth("2001:db8::5/127", 0, 0, buf), "2001:db8::4");
}

Test(target, walks_carry_over_every_byte)
{
	char buf[INET6_ADDRSTRLEN];

	cr_expect_str_eq(nth("10.0.255.255-10.1.0.1", 0, 1, buf), "10.1.0.0");
	cr_expect_str_eq(nth("9.255.255.255-10.0.0.0", 0, 1, buf), "10.0.0.0");
	cr_expect_str_eq(nth("::ffff:ffff-::1:0:1", 0, 1, buf), "::1:0:0");
	cr_expect_str_eq(nth("2001:db8:0:0:ffff:ffff:ffff:ffff-"
			     "2001:db8:0:1::1",
			     0, 1, buf),
	    "2001:db8:0:1::");
	cr_expect_str_eq(nth("10.0.0.0/9", 0, 8388605, buf), "10.127.255.254");
}

Test(target, a_walk_carries_the_scope)
{
	struct target_spec spec;
	struct target_iter it;
	struct sockaddr_storage ss;
	struct sockaddr_in6 sin6;
	uint32_t id = 0;

	cr_assert_eq(parse("fe80::1-fe80::2%lo", 0, &spec), 0);
	cr_assert_eq(target_scope_id(spec.scope, &id), 0);
	cr_expect_eq(id, if_nametoindex("lo"));
	target_iter_init(&it, &spec, id);
	for (int n = 0; n < 2; n++) {
		cr_assert(target_next(&it, &ss));
		memcpy(&sin6, &ss, sizeof(sin6));
		cr_expect_eq(sin6.sin6_scope_id, id);
		cr_expect_eq(sin6.sin6_addr.s6_addr[15], n + 1);
	}
	cr_expect_not(target_next(&it, &ss));
}

Test(target, scopes)
{
	uint32_t id = 7;

	cr_expect_eq(target_scope_id("no-such-one", &id), -ENODEV);
	cr_expect_eq(target_scope_id("0", &id), -ENODEV);
	cr_expect_eq(target_scope_id("4294967296", &id), -ENODEV);
	cr_expect_eq(id, 7, "untouched");
	cr_expect(target_scope_id("12345", &id) == 0 && id == 12345);
	cr_expect(target_scope_id("", &id) == 0 && id == 0);
}

Test(target, names_of_every_length)
{
	char name[400];
	struct target_spec spec;

	for (size_t len = 1; len < sizeof(name); len++) {
		memset(name, 'a', len);
		for (size_t i = 50; i < len - 1; i += 50)
			name[i] = '.';
		name[len] = '\0';
		cr_expect_eq(parse(name, 0, &spec), len <= 253 ? 0 : -EINVAL,
		    "%zu", len);
	}
	memset(name, 'a', 64);
	name[64] = '\0';
	cr_expect_eq(parse(name, 0, &spec), -EINVAL, "a label of 64");
	name[63] = '\0';
	cr_expect_eq(parse(name, 0, &spec), 0, "a label of 63");
}

/* ---- Files -------------------------------------------------------------- */

/*
 * Reads LEN bytes of TEXT; the outcomes go to RET: "name;" for a target,
 * "!LINE;" for an error.
 */
static void
read_all(const char *text, size_t len, char *ret, size_t size)
{
	char *copy = malloc(len + 1);
	struct target_reader reader;
	struct target_spec spec;
	struct opt_error err;
	size_t used = 0;
	FILE *in;
	int r;

	cr_assert_not_null(copy);
	memcpy(copy, text, len);
	in = fmemopen(copy, len, "r");
	cr_assert_not_null(in);
	target_reader_init(&reader, in, "list");
	ret[0] = '\0';
	while ((r = target_read(&reader, 0, &spec, &err)) != 0 && used < size) {
		cr_assert(r == 1 || r == -EINVAL);
		if (r == 1)
			used += (size_t)snprintf(
			    ret + used, size - used, "%s;", spec.text);
		else
			used += (size_t)snprintf(ret + used, size - used,
			    "!%s;", err.option + strlen("list:"));
	}
	(void)fclose(in);
	free(copy);
}

Test(target, files_with_comments_blanks_and_line_ends)
{
	static const char text[] = "\xef\xbb\xbf# list\r\n"
				   "192.0.2.1\r\n"
				   "\n"
				   "  \t host.example\t # why\n"
				   "   # nothing\n"
				   "10.0.0.0/30#x\n"
				   "last";
	char ret[200];

	read_all(text, sizeof(text) - 1, ret, sizeof(ret));
	cr_expect_str_eq(ret, "192.0.2.1;host.example;10.0.0.0/30;last;");
}

Test(target, wrong_lines_are_told_by_number_and_passed_over)
{
	static const char text[] = "a\n127.1\nb\nx\0y\nc d\n@more\n-\ne\n";
	char ret[200];

	read_all(text, sizeof(text) - 1, ret, sizeof(ret));
	cr_expect_str_eq(ret, "a;!2;b;!4;!5;!6;!7;e;");
}

Test(target, long_lines_are_errors_to_the_byte)
{
	char text[3000], ret[200];

	memset(text, ' ', sizeof(text));
	memcpy(text, "a", 1);
	text[TARGET_LINE_MAX] = '\n';
	memcpy(text + TARGET_LINE_MAX + 1, "b", 1);
	text[2 * TARGET_LINE_MAX + 2] = '\n';
	memcpy(text + 2 * TARGET_LINE_MAX + 3, "c\n", 2);
	read_all(text, 2 * TARGET_LINE_MAX + 5, ret, sizeof(ret));
	cr_expect_str_eq(ret, "a;!2;c;");
}

Test(target, a_file_error_names_file_line_and_target)
{
	char text[] = "x\n010.0.0.1\n";
	FILE *in = fmemopen(text, strlen(text), "r");
	struct target_reader reader;
	struct target_spec spec;
	struct opt_error err;

	cr_assert_not_null(in);
	target_reader_init(&reader, in, "my\nlist");
	cr_assert_eq(target_read(&reader, 0, &spec, &err), 1);
	cr_assert_eq(target_read(&reader, 0, &spec, &err), -EINVAL);
	cr_expect_str_eq(err.option, "my\\x0alist:2");
	cr_expect_not_null(strstr(err.message, "\"010.0.0.1\": "));
	cr_expect_str_eq(err.hint, "write it as 192.0.2.1");
	cr_expect_eq(target_read(&reader, 0, &spec, &err), 0);
	cr_expect_eq(target_read(&reader, 0, &spec, &err), 0);
	(void)fclose(in);
}

Test(target, a_read_error_is_no_end)
{
	FILE *in = fopen("/", "r");
	struct target_reader reader;
	struct target_spec spec;
	struct opt_error err;

	cr_assert_not_null(in);
	target_reader_init(&reader, in, "/");
	cr_expect_eq(target_read(&reader, 0, &spec, &err), -EISDIR);
	(void)fclose(in);
}
