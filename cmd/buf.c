/* SPDX-License-Identifier: MIT */
/* buf.c: a growable byte buffer, and numbers by integer arithmetic. */
#include "buf.h"

#include <stdlib.h>
#include <string.h>

#define BUF_MIN ((size_t)512)
#define U64_DIGITS 20

__extension__ typedef unsigned __int128 buf_u128;

void
buf_free(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf)BUF_INIT;
}

void
buf_reset(struct buf *buf)
{
	buf->len = 0;
	buf->failed = false;
}

static bool
grow(struct buf *buf, size_t n)
{
	size_t cap = buf->cap < BUF_MIN ? BUF_MIN : buf->cap;
	char *data;

	if (buf->failed)
		return false;
	while (cap - buf->len < n) {
		if (cap > SIZE_MAX / 2)
			goto fail;
		cap *= 2;
	}
	data = realloc(buf->data, cap);
	if (data == NULL)
		goto fail;
	buf->data = data;
	buf->cap = cap;
	return true;
fail:
	buf->failed = true;
	return false;
}

char *
buf_room(struct buf *buf, size_t n)
{
	if ((buf->cap - buf->len < n || buf->failed) && !grow(buf, n))
		return NULL;
	return buf->data + buf->len;
}

void
buf_add(struct buf *buf, const char *bytes, size_t n)
{
	char *to = n > 0 ? buf_room(buf, n) : NULL;

	if (to == NULL)
		return;
	memcpy(to, bytes, n);
	buf->len += n;
}

void
buf_str(struct buf *buf, const char *str)
{
	buf_add(buf, str, strlen(str));
}

void
buf_char(struct buf *buf, char c)
{
	char *to = buf_room(buf, 1);

	if (to == NULL)
		return;
	*to = c;
	buf->len++;
}

void
buf_fill(struct buf *buf, char c, size_t n)
{
	char *to = n > 0 ? buf_room(buf, n) : NULL;

	if (to == NULL)
		return;
	memset(to, c, n);
	buf->len += n;
}

/* Writes VALUE so that it ends before END; returns where it begins. */
static char *
digits(char *end, uint64_t value)
{
	static const char pairs[] = "0001020304050607080910111213141516171819"
				    "2021222324252627282930313233343536373839"
				    "4041424344454647484950515253545556575859"
				    "6061626364656667686970717273747576777879"
				    "8081828384858687888990919293949596979899";

	while (value >= 100) {
		end -= 2;
		memcpy(end, pairs + value % 100 * 2, 2);
		value /= 100;
	}
	if (value >= 10) {
		end -= 2;
		memcpy(end, pairs + value * 2, 2);
	} else {
		*--end = (char)('0' + value);
	}
	return end;
}

void
buf_u64(struct buf *buf, uint64_t value)
{
	char text[U64_DIGITS];
	char *begin = digits(text + sizeof(text), value);

	buf_add(buf, begin, (size_t)(text + sizeof(text) - begin));
}

void
buf_i64(struct buf *buf, int64_t value)
{
	if (value < 0)
		buf_char(buf, '-');
	buf_u64(buf, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void
buf_u64_zero(struct buf *buf, uint64_t value, unsigned width)
{
	char text[U64_DIGITS];
	char *begin = digits(text + sizeof(text), value);
	size_t len = (size_t)(text + sizeof(text) - begin);

	if (len < width)
		buf_fill(buf, '0', width - len);
	buf_add(buf, begin, len);
}

void
buf_hex(struct buf *buf, uint64_t value, unsigned width)
{
	char text[16];
	char *begin = text + sizeof(text);
	size_t len;

	do {
		*--begin = "0123456789abcdef"[value & 15];
		value >>= 4;
	} while (value > 0);
	len = (size_t)(text + sizeof(text) - begin);
	if (len < width)
		buf_fill(buf, '0', width - len);
	buf_add(buf, begin, len);
}

/* VALUE of 10^-DECIMALS units, trailing zeros of the fraction cut. */
static void
fixed_cut(struct buf *buf, uint64_t value, unsigned decimals)
{
	char text[U64_DIGITS + 1];
	char *end = text + sizeof(text);
	char *begin;
	uint64_t unit = 1;
	uint64_t fraction;
	unsigned i;

	for (i = 0; i < decimals; i++)
		unit *= 10;
	fraction = value % unit;
	if (fraction == 0) {
		buf_u64(buf, value / unit);
		return;
	}
	/* The added unit keeps the leading zeros; the point replaces it. */
	begin = digits(end, fraction + unit);
	*begin = '.';
	while (end[-1] == '0')
		end--;
	buf_u64(buf, value / unit);
	buf_add(buf, begin, (size_t)(end - begin));
}

static uint64_t
magnitude(struct buf *buf, int64_t value)
{
	if (value < 0)
		buf_char(buf, '-');
	return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

void
buf_ms(struct buf *buf, int64_t ns)
{
	fixed_cut(buf, magnitude(buf, ns), 6);
}

void
buf_ms3(struct buf *buf, int64_t ns)
{
	uint64_t us = (magnitude(buf, ns) + 500) / 1000;

	buf_u64(buf, us / 1000);
	buf_char(buf, '.');
	buf_u64_zero(buf, us % 1000, 3);
}

void
buf_sec(struct buf *buf, int64_t ns)
{
	fixed_cut(buf, (magnitude(buf, ns) + 500) / 1000, 6);
}

void
buf_pct(struct buf *buf, uint64_t part, uint64_t whole, unsigned decimals)
{
	uint64_t scale = 100;
	buf_u128 value = 0;
	unsigned i;

	for (i = 0; i < decimals; i++)
		scale *= 10;
	if (whole > 0 && part <= UINT64_MAX / 2 / scale &&
	    whole <= UINT64_MAX / 2)
		value = (part * scale + whole / 2) / whole;
	else if (whole > 0)
		value = ((buf_u128)part * scale + whole / 2) / whole;
	fixed_cut(buf, (uint64_t)value, decimals);
}

/* MANTISSA * 2^EXP2 * 10^EXP10, rounded to the nearest, ties to even. */
static uint64_t
scaled(uint32_t mantissa, int exp2, int exp10)
{
	buf_u128 value = mantissa;
	buf_u128 half;
	buf_u128 rest;
	uint64_t whole;

	for (; exp10 > 0; exp10--)
		value *= 10;
	if (exp2 >= 0)
		return (uint64_t)(value << exp2);
	if (exp2 <= -127)
		return 0;
	half = (buf_u128)1 << (-exp2 - 1);
	whole = (uint64_t)(value >> -exp2);
	rest = value & (half * 2 - 1);
	if (rest > half || (rest == half && (whole & 1) != 0))
		whole++;
	return whole;
}

void
buf_pct_g(struct buf *buf, uint64_t part, uint64_t whole)
{
	float pct;
	uint32_t bits, mantissa;
	uint64_t value;
	int exp2, exp10;

	if (whole == 0 || part == 0) {
		buf_char(buf, '0');
		return;
	}
	pct = (float)((double)part * 100.0 / (double)whole);
	memcpy(&bits, &pct, sizeof(bits));
	mantissa = (bits & 0x7fffff) | 0x800000;
	exp2 = (int)(bits >> 23 & 0xff) - 150;

	/* Six significant digits: 100000 <= value <= 999999. */
	for (exp10 = 0; exp10 < 24; exp10++) {
		value = scaled(mantissa, exp2, exp10);
		if (value >= 100000)
			break;
	}
	value = scaled(mantissa, exp2, exp10);
	if (value >= 1000000) {
		value /= 10;
		exp10--;
	}
	if (exp10 <= 9) {
		fixed_cut(buf, value, (unsigned)exp10);
		return;
	}
	/* Below 0.0001, as %g: d.ddddde-XX. */
	fixed_cut(buf, value, 5);
	buf_str(buf, "e-");
	buf_u64_zero(buf, (uint64_t)(exp10 - 5), 2);
}

void
buf_pad_left(struct buf *buf, size_t from, size_t width)
{
	size_t len = buf->len - from;
	char *begin;

	if (buf->failed || len >= width || buf_room(buf, width - len) == NULL)
		return;
	begin = buf->data + from;
	memmove(begin + (width - len), begin, len);
	memset(begin, ' ', width - len);
	buf->len += width - len;
}

void
buf_pad_right(struct buf *buf, size_t from, size_t width)
{
	size_t len = buf->len - from;

	if (!buf->failed && len < width)
		buf_fill(buf, ' ', width - len);
}
