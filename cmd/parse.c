/* SPDX-License-Identifier: MIT */
/*
 * parse.c: numbers, durations and percentages, strictly. Integer arithmetic
 * throughout: what is accepted is represented exactly.
 */
#include "parse.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* isdigit() and its like depend on the locale. */
static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int
hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/*
 * Reads all digits at *P and moves it behind them. *OVERFLOW becomes true
 * where they do not fit: the rest of the word must be looked at all the same,
 * since a wrong form is told before a wrong size. False if there is no digit.
 */
static bool
read_digits(const char **p, uint64_t *ret, bool *overflow)
{
	uint64_t value = 0;

	if (!is_digit(**p))
		return false;
	for (; is_digit(**p); (*p)++) {
		uint64_t digit = (uint64_t)(**p - '0');

		if (__builtin_mul_overflow(value, UINT64_C(10), &value) ||
		    __builtin_add_overflow(value, digit, &value))
			*overflow = true;
	}
	*ret = value;
	return true;
}

/*
 * Reads ".DIGITS" at *P, at most PLACES of them, scaled to PLACES. No '.' is
 * zero. False where there is no digit behind the '.' or are too many.
 */
static bool
read_fraction(const char **p, unsigned places, uint64_t *ret)
{
	uint64_t value = 0;
	unsigned n;

	*ret = 0;
	if (**p != '.')
		return true;
	(*p)++;
	for (n = 0; is_digit(**p); (*p)++, n++) {
		if (n == places)
			return false;
		value = value * 10 + (uint64_t)(**p - '0');
	}
	if (n == 0)
		return false;
	for (; n < places; n++)
		value *= 10;
	*ret = value;
	return true;
}

int
parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *ret)
{
	bool overflow = false;
	uint64_t value;

	if (!read_digits(&text, &value, &overflow) || *text != '\0')
		return -EINVAL;
	if (overflow || value < min || value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}

int
parse_u64_hex(const char *text, uint64_t min, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;
	size_t i;

	if (text[0] != '0' || (text[1] != 'x' && text[1] != 'X'))
		return parse_u64(text, min, max, ret);
	text += 2;
	for (i = 0; text[i] != '\0'; i++) {
		int digit = hex_value(text[i]);

		if (digit < 0 || i == 16)
			return -EINVAL;
		value = value << 4 | (uint64_t)digit;
	}
	if (i == 0)
		return -EINVAL;
	if (value < min || value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}

/* A unit: WHOLE ns, and 10^-9 of it is MUL / DIV ns. */
static const struct unit {
	const char *name;
	int64_t whole;
	uint64_t mul, div;
} units[] = {
    {"h", PARSE_HOUR_NS, 3600, 1},
    {"m", INT64_C(60000000000), 60, 1},
    {"s", INT64_C(1000000000), 1, 1},
    {"ms", INT64_C(1000000), 1, 1000},
    {"us", INT64_C(1000), 1, 1000000},
};
#define UNIT_SECOND 2
#define UNIT_COUNT (sizeof(units) / sizeof(units[0]))

static const struct unit *
find_unit(const char *name)
{
	if (*name == '\0')
		return &units[UNIT_SECOND];
	for (size_t i = 0; i < UNIT_COUNT; i++)
		if (strcmp(units[i].name, name) == 0)
			return &units[i];
	return NULL;
}

int
parse_duration(const char *text, int64_t min_ns, int64_t max_ns, int64_t *ret)
{
	const struct unit *unit;
	uint64_t whole = 0, fraction;
	bool overflow = false;
	int64_t ns;

	if (*text != '.' && !read_digits(&text, &whole, &overflow))
		return -EINVAL;
	if (!read_fraction(&text, 9, &fraction))
		return -EINVAL;
	unit = find_unit(text);
	if (unit == NULL || fraction * unit->mul % unit->div != 0)
		return -EINVAL;
	if (overflow || whole > INT64_MAX ||
	    __builtin_mul_overflow((int64_t)whole, unit->whole, &ns) ||
	    __builtin_add_overflow(
		ns, (int64_t)(fraction * unit->mul / unit->div), &ns))
		return -ERANGE;
	if (ns < min_ns || ns > max_ns)
		return -ERANGE;
	*ret = ns;
	return 0;
}

char *
parse_duration_text(int64_t ns, char *buf, size_t size)
{
	size_t i = ns == 0 ? UNIT_SECOND : 0;
	int64_t fraction;
	int digits = 3;

	/* The largest unit that needs no decimals, else us and decimals. */
	while (i < UNIT_COUNT - 1 && ns % units[i].whole != 0)
		i++;
	fraction = ns % units[i].whole;
	for (; fraction != 0 && fraction % 10 == 0; digits--)
		fraction /= 10;
	if (fraction == 0)
		(void)snprintf(buf, size, "%" PRId64 "%s", ns / units[i].whole,
		    units[i].name);
	else
		(void)snprintf(buf, size, "%" PRId64 ".%0*" PRId64 "%s",
		    ns / units[i].whole, digits, fraction, units[i].name);
	return buf;
}

int
parse_percent(const char *text, int64_t *ret)
{
	const uint64_t one = 1000000;
	bool overflow = false;
	uint64_t whole, fraction;

	if (!read_digits(&text, &whole, &overflow) ||
	    !read_fraction(&text, 6, &fraction))
		return -EINVAL;
	if (strcmp(text, "") != 0 && strcmp(text, "%") != 0)
		return -EINVAL;
	if (overflow || whole > 100 || whole * one + fraction > 100 * one)
		return -ERANGE;
	*ret = (int64_t)(whole * one + fraction);
	return 0;
}

int
parse_pattern(const char *text, uint8_t ret[PARSE_PATTERN_MAX], size_t *len)
{
	uint8_t bytes[PARSE_PATTERN_MAX] = {0};
	size_t n;

	for (n = 0; text[n] != '\0'; n++) {
		int digit = hex_value(text[n]);

		if (digit < 0)
			return -EINVAL;
		if (n < (size_t)2 * PARSE_PATTERN_MAX) {
			unsigned high = (unsigned)bytes[n / 2] << 4;

			bytes[n / 2] = (uint8_t)(high | (unsigned)digit);
		}
	}
	if (n == 0)
		return -EINVAL;
	if (n > (size_t)2 * PARSE_PATTERN_MAX)
		return -ERANGE;
	memcpy(ret, bytes, sizeof(bytes));
	*len = (n + 1) / 2;
	return 0;
}
