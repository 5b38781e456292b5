/* SPDX-License-Identifier: MIT */
/* json.c: a streaming JSON writer (RFC 8259) into a struct buf. */
#include "json.h"

#include <string.h>
#include <time.h>

#include "utf8.h"

#define NS_PER_SEC INT64_C(1000000000)

void
json_init(struct json *json, struct buf *buf)
{
	memset(json, 0, sizeof(*json));
	json->buf = buf;
	json->second = -1;
}

void
json_restart(struct json *json)
{
	json->filled = 0;
	json->depth = 0;
}

/* The comma that is due, and the key. */
static void
member(struct json *json, const char *key)
{
	uint32_t bit = UINT32_C(1) << json->depth;
	size_t len = key != NULL ? strlen(key) : 0;
	char *to = buf_room(json->buf, len + 4);

	if (to == NULL)
		return;
	if ((json->filled & bit) != 0)
		*to++ = ',';
	json->filled |= bit;
	if (key != NULL) {
		*to++ = '"';
		to = mempcpy(to, key, len);
		*to++ = '"';
		*to++ = ':';
	}
	json->buf->len = (size_t)(to - json->buf->data);
}

static void
enter(struct json *json, const char *key, char bracket)
{
	member(json, key);
	buf_char(json->buf, bracket);
	if (json->depth < JSON_DEPTH)
		json->depth++;
	json->filled &= ~(UINT32_C(1) << json->depth);
}

static void
leave(struct json *json, char bracket)
{
	if (json->depth > 0)
		json->depth--;
	buf_char(json->buf, bracket);
}

void
json_object(struct json *json, const char *key)
{
	enter(json, key, '{');
}

void
json_object_end(struct json *json)
{
	leave(json, '}');
}

void
json_array(struct json *json, const char *key)
{
	enter(json, key, '[');
}

void
json_array_end(struct json *json)
{
	leave(json, ']');
}

/* What must not stand in a string as it is: RFC 8259 section 7. */
static void
escape(struct buf *buf, unsigned char c)
{
	static const char names[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	size_t i;

	buf_char(buf, '\\');
	for (i = 0; i + 1 < sizeof(names); i += 2) {
		if ((unsigned char)names[i] == c) {
			buf_char(buf, names[i + 1]);
			return;
		}
	}
	buf_char(buf, 'u');
	buf_hex(buf, c, 4);
}

static void
quoted(struct buf *buf, const char *str, size_t n)
{
	size_t from = 0;
	size_t i = 0;

	buf_char(buf, '"');
	while (i < n) {
		unsigned char c = (unsigned char)str[i];
		uint32_t cp;
		size_t len = 1;

		if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
			i++;
			continue;
		}
		if (c >= 0x80)
			len = utf8_decode(str + i, n - i, &cp);
		if (len > 1) {
			i += len;
			continue;
		}
		buf_add(buf, str + from, i - from);
		if (c >= 0x80)
			buf_str(buf, "\xef\xbf\xbd"); /* U+FFFD */
		else
			escape(buf, c);
		from = ++i;
	}
	buf_add(buf, str + from, n - from);
	buf_char(buf, '"');
}

void
json_data_key(struct json *json, const char *key)
{
	member(json, NULL);
	quoted(json->buf, key, strlen(key));
	buf_char(json->buf, ':');
	/* The value is no member of its own. */
	json->filled &= ~(UINT32_C(1) << json->depth);
}

void
json_members(struct json *json, const char *bytes, size_t n)
{
	if (n == 0)
		return;
	member(json, NULL);
	buf_add(json->buf, bytes, n);
}

void
json_strn(struct json *json, const char *key, const char *str, size_t n)
{
	member(json, key);
	quoted(json->buf, str, n);
}

void
json_str(struct json *json, const char *key, const char *str)
{
	if (str == NULL)
		json_null(json, key);
	else
		json_strn(json, key, str, strlen(str));
}

void
json_u64(struct json *json, const char *key, uint64_t value)
{
	member(json, key);
	buf_u64(json->buf, value);
}

void
json_i64(struct json *json, const char *key, int64_t value)
{
	member(json, key);
	buf_i64(json->buf, value);
}

void
json_nonneg(struct json *json, const char *key, int64_t value)
{
	if (value < 0)
		json_null(json, key);
	else
		json_i64(json, key, value);
}

void
json_bool(struct json *json, const char *key, bool value)
{
	member(json, key);
	buf_str(json->buf, value ? "true" : "false");
}

void
json_null(struct json *json, const char *key)
{
	member(json, key);
	buf_add(json->buf, "null", 4);
}

void
json_ms(struct json *json, const char *key, int64_t ns)
{
	if (ns < 0) {
		json_null(json, key);
		return;
	}
	member(json, key);
	buf_ms(json->buf, ns);
}

void
json_pct(struct json *json, const char *key, uint64_t part, uint64_t whole)
{
	if (whole == 0) {
		json_null(json, key);
		return;
	}
	member(json, key);
	buf_pct(json->buf, part, whole, 6);
}

/* Two digits and what follows them. */
static char *
put2(char *to, int value, char next)
{
	*to++ = (char)('0' + value / 10);
	*to++ = (char)('0' + value % 10);
	*to++ = next;
	return to;
}

/* Renders SECOND into json->stamp; false where it has no four-digit year. */
static bool
stamp(struct json *json, int64_t second)
{
	time_t t = (time_t)second;
	char *to = json->stamp;
	struct tm tm;
	int year;

	if (gmtime_r(&t, &tm) == NULL || tm.tm_year > 9999 - 1900)
		return false;
	year = tm.tm_year + 1900;
	(void)put2(to, year / 100, '\0');
	to = put2(to + 2, year % 100, '-');
	to = put2(to, tm.tm_mon + 1, '-');
	to = put2(to, tm.tm_mday, 'T');
	to = put2(to, tm.tm_hour, ':');
	to = put2(to, tm.tm_min, ':');
	(void)put2(to, tm.tm_sec, '.');
	json->second = second;
	return true;
}

void
json_time(struct json *json, const char *key, int64_t real_ns)
{
	int64_t second = real_ns / NS_PER_SEC;

	if (real_ns < 0 || (second != json->second && !stamp(json, second))) {
		json_null(json, key);
		return;
	}
	member(json, key);
	buf_char(json->buf, '"');
	buf_add(json->buf, json->stamp, sizeof(json->stamp));
	buf_u64_zero(json->buf, (uint64_t)(real_ns % NS_PER_SEC) / 1000, 6);
	buf_add(json->buf, "Z\"", 2);
}
