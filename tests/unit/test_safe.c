/* SPDX-License-Identifier: MIT */
/* cmd/safe.h: nothing that steers a terminal gets through. */
#include "safe.h"

#include <criterion/criterion.h>
#include <string.h>

static void
expect(struct buf *buf, const char *want)
{
	buf_char(buf, '\0');
	cr_assert(!buf->failed);
	cr_assert_str_eq(buf->data, want);
	buf_free(buf);
}

Test(safe, every_single_byte)
{
	for (unsigned i = 1; i < 256; i++) {
		char text[2] = {(char)i, '\0'};
		struct buf buf = BUF_INIT;

		safe_str(&buf, text);
		if (i >= 0x20 && i < 0x7f) {
			expect(&buf, text);
			continue;
		}
		cr_assert_eq(buf.len, 4);
		cr_assert_eq(memcmp(buf.data, "\\x", 2), 0);
		for (size_t k = 0; k < buf.len; k++)
			cr_assert(buf.data[k] >= 0x20 && buf.data[k] < 0x7f);
		buf_free(&buf);
	}
}

Test(safe, controls_are_shown_byte_by_byte)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
	    {"", ""}, {"host.example", "host.example"},
	    {"a\033[31mb", "a\\x1b[31mb"}, {"a\nb\r\tc", "a\\x0ab\\x0d\\x09c"},
	    {"\x7f", "\\x7f"}, {"\xc2\x9b", "\\xc2\\x9b"}, /* C1: CSI */
	    {"\xe2\x80\xae", "\\xe2\\x80\\xae"},	   /* bidi override */
	    {"\xe2\x81\xa6", "\\xe2\\x81\\xa6"},	   /* bidi isolate */
	    {"\xd8\x9c", "\\xd8\\x9c"},			   /* Arabic mark */
	    {"\xe2\x80\xa8", "\\xe2\\x80\\xa8"},	   /* line separator */
	    {"b\xc3\xbc"
	     "cher",
		"b\xc3\xbc"
		"cher"},
	    {"\xc3(", "\\xc3("}, /* cut off */
	    {"\xe2\x82", "\\xe2\\x82"},
	    {"\xed\xa0\x80", "\\xed\\xa0\\x80"}, /* surrogate */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf buf = BUF_INIT;

		safe_str(&buf, cases[i].text);
		expect(&buf, cases[i].want);
	}
}

Test(safe, width_counts_columns)
{
	cr_assert_eq(safe_width(""), 0);
	cr_assert_eq(safe_width("abc"), 3);
	cr_assert_eq(safe_width("\033"), 4);
	cr_assert_eq(safe_width("b\xc3\xbc"
				"cher"),
	    6);
	cr_assert_eq(safe_width("u\xcc\x88"), 1);
	cr_assert_eq(safe_width("\xe4\xbe\x8b"), 2);
	cr_assert_eq(safe_width("\xe2\x80\xae"), 12);
}

static void
column(const char *text, size_t width, bool cut, bool utf8, const char *want)
{
	struct buf buf = BUF_INIT;

	safe_column(&buf, text, width, cut, utf8);
	expect(&buf, want);
}

Test(safe, columns_are_padded_and_cut)
{
	column("abc", 5, true, true, "abc  ");
	column("abcde", 5, true, true, "abcde");
	column("abcdef", 5, true, true, "abcd\xe2\x80\xa6");
	column("abcdef", 5, true, false, "abcd~");
	column("abcdef", 5, false, false, "abcdef");
	column("abcdef", 1, true, false, "~");
	/* Neither a wide character nor an escape is cut in the middle. */
	column("\xe4\xbe\x8b\xe4\xbe\x8b", 3, true, false, "\xe4\xbe\x8b~");
	column("\xe4\xbe\x8b\xe4\xbe\x8b\xe4\xbe\x8b", 4, true, false,
	    "\xe4\xbe\x8b~ ");
	column("a\033b", 4, true, false, "a~  ");
}
