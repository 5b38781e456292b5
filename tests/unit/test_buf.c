/* SPDX-License-Identifier: MIT */
/* cmd/buf.h: numbers against the C library's, growth, padding. */
#include "buf.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void
expect(struct buf *buf, const char *want)
{
	cr_assert(!buf->failed);
	buf_char(buf, '\0');
	cr_assert_str_eq(buf->data, want);
	buf_free(buf);
}

static uint64_t
random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

Test(buf, integers_are_those_of_printf)
{
	uint64_t state = 88172645463325252;
	struct buf buf = BUF_INIT;
	char want[64];

	for (unsigned i = 0; i < 64 * 200; i++) {
		/* Every number of digits gets its share. */
		uint64_t value = random_next(&state) >> i % 64;

		buf_reset(&buf);
		buf_u64(&buf, value);
		buf_char(&buf, ' ');
		buf_i64(&buf, (int64_t)value);
		buf_char(&buf, ' ');
		buf_hex(&buf, value, 2);
		buf_char(&buf, ' ');
		buf_u64_zero(&buf, value, 6);
		buf_char(&buf, '\0');
		(void)snprintf(want, sizeof(want), "%" PRIu64, value);
		cr_assert(strncmp(buf.data, want, strlen(want)) == 0);
		(void)snprintf(want, sizeof(want),
		    " %" PRId64 " %02" PRIx64 " %06" PRIu64, (int64_t)value,
		    value, value);
		cr_assert_str_eq(strchr(buf.data, ' '), want);
	}
	buf_free(&buf);
}

Test(buf, integers_at_their_limits)
{
	struct buf buf = BUF_INIT;

	buf_u64(&buf, 0);
	buf_char(&buf, ' ');
	buf_u64(&buf, UINT64_MAX);
	buf_char(&buf, ' ');
	buf_i64(&buf, INT64_MIN);
	buf_char(&buf, ' ');
	buf_hex(&buf, UINT64_MAX, 1);
	expect(&buf,
	    "0 18446744073709551615 -9223372036854775808 ffffffffffffffff");
}

Test(buf, milliseconds_have_six_decimals_at_most)
{
	static const struct {
		int64_t ns;
		const char *text;
	} cases[] = {
	    {0, "0"},
	    {1, "0.000001"},
	    {45000, "0.045"},
	    {1000000, "1"},
	    {1500000, "1.5"},
	    {10000000, "10"},
	    {1234567, "1.234567"},
	    {1000001, "1.000001"},
	    {-1500000, "-1.5"},
	    {INT64_MAX, "9223372036854.775807"},
	    {INT64_MIN, "-9223372036854.775808"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf buf = BUF_INIT;

		buf_ms(&buf, cases[i].ns);
		expect(&buf, cases[i].text);
	}
}

Test(buf, three_decimals_are_rounded)
{
	struct buf buf = BUF_INIT;

	buf_ms3(&buf, 0);
	buf_char(&buf, ' ');
	buf_ms3(&buf, 45499);
	buf_char(&buf, ' ');
	buf_ms3(&buf, 45500);
	buf_char(&buf, ' ');
	buf_ms3(&buf, 999999999);
	buf_char(&buf, ' ');
	buf_sec(&buf, 1200000000);
	buf_char(&buf, ' ');
	buf_sec(&buf, 999999500);
	expect(&buf, "0.000 0.045 0.046 1000.000 1.2 1");
}

Test(buf, percent_is_rounded_and_cut)
{
	struct buf buf = BUF_INIT;

	buf_pct(&buf, 1, 3, 6);
	buf_char(&buf, ' ');
	buf_pct(&buf, 2, 3, 3);
	buf_char(&buf, ' ');
	buf_pct(&buf, 1, 4, 6);
	buf_char(&buf, ' ');
	buf_pct(&buf, 7, 7, 6);
	buf_char(&buf, ' ');
	buf_pct(&buf, 0, 7, 6);
	buf_char(&buf, ' ');
	buf_pct(&buf, UINT64_MAX / 3, UINT64_MAX, 6);
	buf_char(&buf, ' ');
	buf_pct(&buf, 1, UINT64_MAX, 6);
	buf_char(&buf, ' ');
	buf_pct(&buf, 2, 3, 0);
	expect(&buf, "33.333333 66.667 25 100 0 33.333333 0 67");
}

static void
same_as_printf(uint64_t part, uint64_t whole)
{
	struct buf buf = BUF_INIT;
	char want[32];

	(void)snprintf(want, sizeof(want), "%g",
	    (double)(float)((double)part * 100.0 / (double)whole));
	buf_pct_g(&buf, part, whole);
	buf_char(&buf, '\0');
	cr_assert_str_eq(
	    buf.data, want, "%" PRIu64 " of %" PRIu64, part, whole);
	buf_free(&buf);
}

Test(buf, percent_g_is_that_of_printf)
{
	uint64_t state = 2463534242;

	for (uint64_t whole = 1; whole <= 250; whole++) {
		for (uint64_t part = 0; part <= whole; part++)
			same_as_printf(part, whole);
	}
	/* Ties of the sixth digit, and exponents down to 5e-18. */
	same_as_printf(1, 5120);
	same_as_printf(3, 5120);
	for (unsigned i = 0; i < 64; i++)
		same_as_printf(1, UINT64_MAX >> i);
	for (unsigned i = 0; i < 20000; i++) {
		uint64_t whole = (random_next(&state) >> i % 63) | 1;

		same_as_printf(random_next(&state) % whole, whole);
		same_as_printf(1 + random_next(&state) % 9, whole + 9);
	}
}

Test(buf, padding_fills_to_the_width_and_no_more)
{
	struct buf buf = BUF_INIT;
	size_t from;

	buf_str(&buf, "|");
	from = buf.len;
	buf_str(&buf, "ab");
	buf_pad_left(&buf, from, 4);
	buf_str(&buf, "|");
	from = buf.len;
	buf_str(&buf, "cd");
	buf_pad_right(&buf, from, 4);
	buf_str(&buf, "|");
	from = buf.len;
	buf_str(&buf, "long");
	buf_pad_left(&buf, from, 3);
	buf_pad_right(&buf, from, 4);
	expect(&buf, "|  ab|cd  |long");
}

Test(buf, grows_and_keeps_what_it_has)
{
	struct buf buf = BUF_INIT;

	for (unsigned i = 0; i < 100000; i++)
		buf_char(&buf, (char)('a' + i % 26));
	cr_assert_eq(buf.len, 100000);
	for (unsigned i = 0; i < 100000; i++)
		cr_assert_eq(buf.data[i], (char)('a' + i % 26));
	buf_reset(&buf);
	cr_assert_eq(buf.len, 0);
	buf_free(&buf);
	cr_assert_null(buf.data);
}

Test(buf, failed_allocation_sticks_until_reset)
{
	struct buf buf = BUF_INIT;

	buf_str(&buf, "ab");
	cr_assert_null(buf_room(&buf, SIZE_MAX));
	cr_assert(buf.failed);
	buf_str(&buf, "cd");
	buf_u64(&buf, 1);
	cr_assert_eq(buf.len, 2);
	buf_reset(&buf);
	buf_str(&buf, "ef");
	expect(&buf, "ef");
}
