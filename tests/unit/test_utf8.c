/* SPDX-License-Identifier: MIT */
/* cmd/utf8.h: RFC 3629, every code point and what is none. */
#include "utf8.h"

#include <criterion/criterion.h>
#include <string.h>

static size_t
encode(uint32_t cp, char *to)
{
	if (cp < 0x80) {
		to[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		to[0] = (char)(0xc0 | cp >> 6);
		to[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		to[0] = (char)(0xe0 | cp >> 12);
		to[1] = (char)(0x80 | (cp >> 6 & 0x3f));
		to[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | cp >> 18);
	to[1] = (char)(0x80 | (cp >> 12 & 0x3f));
	to[2] = (char)(0x80 | (cp >> 6 & 0x3f));
	to[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}

Test(utf8, every_code_point_comes_back)
{
	for (uint32_t cp = 0; cp <= 0x1fffff; cp++) {
		bool valid = cp <= 0x10ffff && (cp < 0xd800 || cp > 0xdfff);
		uint32_t got = 0xffffffff;
		char text[4];
		size_t n = encode(cp, text);

		cr_assert_eq(utf8_decode(text, n, &got), valid ? n : 0);
		cr_assert_eq(got, valid ? cp : 0xffffffff);
	}
}

Test(utf8, no_byte_past_the_end_is_read)
{
	uint32_t cp = 7;
	char text[4];

	for (uint32_t i = 0x80; i <= 0x10ffff; i += 0x333) {
		size_t n = encode(i, text);

		for (size_t len = 1; i - 0xd800 > 0x7ff && len < n; len++)
			cr_assert_eq(utf8_decode(text, len, &cp), 0);
	}
	cr_assert_eq(cp, 7);
}

Test(utf8, malformed_sequences_are_none)
{
	static const char *const bad[] = {
	    "\x80",			/* continuation alone */
	    "\xc0\xaf",			/* overlong '/' */
	    "\xc1\xbf", "\xe0\x9f\xbf", /* overlong in three */
	    "\xf0\x8f\xbf\xbf",		/* overlong in four */
	    "\xed\xa0\x80",		/* a surrogate */
	    "\xf4\x90\x80\x80",		/* past U+10FFFF */
	    "\xf5\x80\x80\x80", "\xfe", "\xff",
	    "\xe2\x28\xa1", /* second byte is none */
	    "\xe2\x82\x28", /* third byte is none */
	};
	uint32_t cp;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_assert_eq(
		    utf8_decode(bad[i], strlen(bad[i]), &cp), 0, "case %zu", i);
}
