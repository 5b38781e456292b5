/* SPDX-License-Identifier: MIT */
/*
 * parse.h: words of the command line to values, strictly. A parser takes the
 * whole word or refuses it: ASCII digits only, no sign, no blank, no exponent,
 * no nan or inf. All are pure and independent of the locale. They return 0,
 * -EINVAL (not in that form) or -ERANGE (the form is right, the value is not
 * allowed), and leave their out-parameters alone unless they return 0.
 */
#ifndef CMD_PARSE_H
#define CMD_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PARSE_PATTERN_MAX 16 /* bytes of a --pattern, as ping(8) */
#define PARSE_SCOPE_MAX 16   /* an interface name and its NUL */
#define PARSE_RUN_ID_LEN 16  /* hex digits */
#define PARSE_LABEL_KEY_MAX 63
#define PARSE_LABEL_VALUE_MAX 255
#define PARSE_HOUR_NS INT64_C(3600000000000)
#define PARSE_DURATION_MAX (INT64_C(8760) * PARSE_HOUR_NS) /* a year */

/* A decimal number, MIN..MAX. */
int parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *ret);
/* The same, or "0x" and 1..16 hex digits. */
int parse_u64_hex(const char *text, uint64_t min, uint64_t max, uint64_t *ret);
/*
 * "500us", "20ms", "1.5s", "2m", "1h"; a bare number is seconds. Up to nine
 * decimals; what is finer than a nanosecond is refused. ".2" is 0.2, a habit
 * of ping(8) users; "1." is refused. In nanoseconds.
 */
int parse_duration(
    const char *text, int64_t min_ns, int64_t max_ns, int64_t *ret);
/* "5", "5%", "0.25%": 0..100 in millionths of a percent. */
int parse_percent(const char *text, int64_t *ret);
/*
 * A TOS or traffic class: 0..255, decimal or 0x hex, or a DSCP name in any
 * case (cs0..cs7, af11..af43, ef, va, le, be and a few spellings of them),
 * which stands for its code point << 2.
 */
int parse_tos(const char *text, int *ret);
/* The I-th DSCP name, NULL past the last: for help and completion. */
const char *parse_tos_name(size_t i);
/*
 * 1..32 hex digits, two a byte. A last digit that stands alone is a byte of
 * its own, as with ping -p: "abc" is ab 0c.
 */
int parse_pattern(
    const char *text, uint8_t ret[PARSE_PATTERN_MAX], size_t *len);
/*
 * KEY=VALUE: key [A-Za-z_][A-Za-z0-9_.-]* up to 63 bytes, value valid UTF-8
 * without control characters, up to 255 bytes, may be empty. RET_KEY_LEN is
 * the length of the key; the value starts behind the '='.
 */
int parse_label(const char *text, size_t *ret_key_len);
/* 16 lower-case hex digits. */
int parse_run_id(const char *text);
/* The index of TEXT in WORDS (ends with NULL), or -EINVAL. */
int parse_word(const char *text, const char *const *words, int *ret);

/* A numeric address as typed. No interface is looked up. */
struct parse_addr {
	int af;			     /* AF_INET or AF_INET6 */
	uint8_t bytes[16];	     /* network order; IPv4: the first four */
	char scope[PARSE_SCOPE_MAX]; /* interface name or number, or "" */
};
/*
 * Four decimal numbers without leading zeros, or an IPv6 address with or
 * without %SCOPE. LEN bytes of TEXT, without brackets.
 */
int parse_addr(const char *text, size_t len, struct parse_addr *ret);
/* 0 if TEXT could name an interface. */
int parse_ifname(const char *text);

/* Whether all of S is valid UTF-8 without control characters (C0, DEL, C1). */
bool parse_is_text(const char *s, size_t len);
/* "500us", "1.5s": a duration as parse_duration() reads it. Returns BUF. */
char *parse_duration_text(int64_t ns, char *buf, size_t size);
#define PARSE_DURATION_TEXT 32 /* a BUF that always suffices */

#endif
