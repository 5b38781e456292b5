/* SPDX-License-Identifier: MIT */
/* test_portlist.c: lists of ports: what is taken, what is refused and why. */
#include "portlist.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The ports of LIST, in the order of the walk, as "22 80 443". */
static const char *
walk(const struct portlist *list, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (uint16_t p = 0; used < size && (p = portlist_next(list, p)) != 0;)
		used += (size_t)snprintf(
		    buf + used, size - used, "%s%u", used > 0 ? " " : "", p);
	return buf;
}

Test(portlist, forms_that_are_taken)
{
	static const char *const cases[][2] = {{"443", "443"},
	    {"22,80,443", "22 80 443"}, {"443,22,80", "22 80 443"},
	    {"80,80,80", "80"}, {"8000-8003", "8000 8001 8002 8003"},
	    {"7-7", "7"}, {"9,1-3,2-5,4", "1 2 3 4 5 9"}, {"1", "1"},
	    {"65535", "65535"}, {"65534-65535,1", "1 65534 65535"},
	    {"62-66", "62 63 64 65 66"}, {"63,64,127,128", "63 64 127 128"},
	    {"0443", "443"}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct opt_error err;
		struct portlist list;
		char buf[128];

		cr_assert_eq(portlist_parse(cases[i][0], "--port", &list, &err),
		    0, "%s", cases[i][0]);
		cr_expect_str_eq(
		    walk(&list, buf, sizeof(buf)), cases[i][1], "%s", buf);
	}
}

Test(portlist, count_is_that_of_the_walk)
{
	static const struct {
		const char *text;
		unsigned count;
	} cases[] = {{"443", 1}, {"1-65535", 65535}, {"1-65535,80", 65535},
	    {"1-64", 64}, {"64-128", 65}, {"1-32768,32768-65535", 65535},
	    {"100-163,200", 65}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct opt_error err;
		struct portlist list;
		unsigned n = 0;

		cr_assert_eq(
		    portlist_parse(cases[i].text, "x", &list, &err), 0);
		for (uint16_t p = 0, last = 0;
		     (p = portlist_next(&list, p)) != 0; last = p, n++)
			cr_assert_gt(p, last);
		cr_expect_eq(n, cases[i].count, "%s", cases[i].text);
		cr_expect_eq(portlist_count(&list), cases[i].count);
	}
}

/* Each range against one that is made port by port. */
Test(portlist, ranges_end_where_they_say)
{
	static const unsigned ends[] = {
	    1, 2, 62, 63, 64, 65, 127, 128, 129, 65471, 65472, 65534, 65535};

	for (size_t i = 0; i < COUNT(ends); i++) {
		for (size_t j = i; j < COUNT(ends); j++) {
			struct opt_error err;
			struct portlist list;
			char text[32];
			uint16_t p = 0;

			(void)snprintf(
			    text, sizeof(text), "%u-%u", ends[i], ends[j]);
			cr_assert_eq(portlist_parse(text, "x", &list, &err), 0);
			for (unsigned n = ends[i]; n <= ends[j]; n++)
				cr_assert_eq((p = portlist_next(&list, p)), n,
				    "%s", text);
			cr_assert_eq(portlist_next(&list, p), 0, "%s", text);
		}
	}
}

Test(portlist, an_empty_one_has_none)
{
	static const struct portlist none = {.bits = {0}};

	cr_expect_eq(portlist_count(&none), 0);
	cr_expect_eq(portlist_next(&none, 0), 0);
	cr_expect_eq(portlist_next(&none, 65535), 0);
}

Test(portlist, each_refusal_has_its_reason)
{
	static const char *const cases[][2] = {{"", "no port"},
	    {"0", "\"0\" is not a port"}, {"65536", "\"65536\" is not a port"},
	    {"70000", "\"70000\" is not a port"},
	    {"99999999999999999999", "is not a port"},
	    {"4294967376", "is not a port"}, {"http", "\"http\" is not a port"},
	    {"80,http", "\"http\" is not a port"}, {"+80", "not a port"},
	    {"-80", "\"-80\" is not a range"},
	    {"80-", "\"80-\" is not a range"}, {"-", "not a range"},
	    {"80--90", "\"80--90\" is not a range"},
	    {"80-90-100", "not a range"}, {"0-80", "not a range"},
	    {"80-65536", "not a range"}, {"80-x", "not a range"},
	    {"80-70", "\"80-70\" is a range that runs backwards"},
	    {"1,65535-1", "backwards"}, {"80,", "missing beside"},
	    {",80", "missing beside"}, {"80,,90", "missing beside"},
	    {",", "missing beside"}, {" 80", "\" 80\" is not a port"},
	    {"80 ", "not a port"}, {"80, 90", "\" 90\" is not a port"},
	    {"80 - 90", "not a range"}, {"80\t", "not a port"},
	    {"80\n", "\\x0a"}, {"80;90", "not a port"}, {"80:90", "not a port"},
	    {"80/tcp", "not a port"}, {"0x50", "not a port"},
	    {"8e1", "not a port"}, {"80.", "not a port"}, {"*", "not a port"},
	    {"\xd9\xa3", "not a port"}, {"\xff", "\\xff"}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct portlist list, before;
		struct opt_error err;

		memset(&list, 0x55, sizeof(list));
		before = list;
		cr_expect_eq(portlist_parse(cases[i][0], "--port", &list, &err),
		    -EINVAL, "\"%s\" is taken", cases[i][0]);
		cr_expect_str_eq(err.option, "--port");
		cr_expect_not_null(strstr(err.message, cases[i][1]), "%s: %s",
		    cases[i][0], err.message);
		cr_expect_arr_eq(&list, &before, sizeof(list), "untouched");
	}
}

/* What does not fit into a message is cut there, at a whole character. */
Test(portlist, long_parts_are_cut_in_the_message)
{
	struct opt_error err;
	struct portlist list;
	char text[4001];

	for (size_t i = 0; i < sizeof(text) - 1; i += 2)
		memcpy(text + i, "\xc3\xa9", 2);
	text[sizeof(text) - 1] = '\0';
	for (size_t skip = 0; skip < 2; skip++) {
		text[0] = 'x';
		text[1] = 'y';
		cr_assert_eq(
		    portlist_parse(text + skip, "x", &list, &err), -EINVAL);
		cr_expect(parse_is_text(err.message, strlen(err.message)));
		cr_expect_not_null(strstr(err.message, "...\" is not a port"));
		cr_expect_null(strstr(err.message, "\\x"), "%s", err.message);
	}
}

/* A set: however long the list, the same memory and no more than its ports. */
Test(portlist, very_long_lists)
{
	const size_t parts = 20000, size = parts * 8;
	char *text = malloc(size);
	struct opt_error err;
	struct portlist list;

	cr_assert_not_null(text);
	for (size_t i = 0; i < parts; i++)
		memcpy(text + i * 8, "1-65535,", 8);
	text[size - 1] = '\0';
	cr_expect_eq(portlist_parse(text, "x", &list, &err), 0);
	cr_expect_eq(portlist_count(&list), 65535);
	free(text);
}
