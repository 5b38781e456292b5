/* SPDX-License-Identifier: MIT */
/* cmd/json.h: golden texts, and strings of any bytes through a real parser. */
#include "json.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
expect(struct json *json, const char *want)
{
	cr_assert(!json->buf->failed);
	buf_char(json->buf, '\0');
	cr_assert_str_eq(json->buf->data, want);
	buf_free(json->buf);
}

Test(json, commas_follow_from_the_nesting)
{
	struct buf buf = BUF_INIT;
	struct json json;

	json_init(&json, &buf);
	json_object(&json, NULL);
	json_object(&json, "empty");
	json_object_end(&json);
	json_array(&json, "list");
	json_u64(&json, NULL, 1);
	json_array(&json, NULL);
	json_array_end(&json);
	json_object(&json, NULL);
	json_bool(&json, "a", true);
	json_null(&json, "b");
	json_object_end(&json);
	json_array_end(&json);
	json_members(&json, "\"c\":1,\"d\":2", 11);
	json_members(&json, "", 0);
	json_i64(&json, "e", -5);
	json_object_end(&json);
	expect(&json, "{\"empty\":{},\"list\":[1,[],{\"a\":true,\"b\":null}],"
		      "\"c\":1,\"d\":2,\"e\":-5}");
}

Test(json, restart_begins_a_new_text)
{
	struct buf buf = BUF_INIT;
	struct json json;

	json_init(&json, &buf);
	json_object(&json, NULL);
	json_u64(&json, "a", 1);
	json_restart(&json);
	buf_reset(&buf);
	json_object(&json, NULL);
	json_bool(&json, "b", false);
	json_object_end(&json);
	expect(&json, "{\"b\":false}");
}

Test(json, what_does_not_exist_is_null)
{
	struct buf buf = BUF_INIT;
	struct json json;

	json_init(&json, &buf);
	json_array(&json, NULL);
	json_str(&json, NULL, NULL);
	json_ms(&json, NULL, -1);
	json_nonneg(&json, NULL, -1);
	json_pct(&json, NULL, 5, 0);
	json_time(&json, NULL, -1);
	json_time(&json, NULL, INT64_MAX);
	json_ms(&json, NULL, 1500);
	json_nonneg(&json, NULL, 0);
	json_pct(&json, NULL, 1, 8);
	json_array_end(&json);
	expect(&json, "[null,null,null,null,null,"
		      "\"2262-04-11T23:47:16.854775Z\",0.0015,0,12.5]");
}

Test(json, keys_of_labels_are_escaped)
{
	struct buf buf = BUF_INIT;
	struct json json;

	json_init(&json, &buf);
	json_object(&json, NULL);
	json_data_key(&json, "a\"b");
	json_str(&json, NULL, "c\\d");
	json_data_key(&json, "\n");
	json_u64(&json, NULL, 1);
	json_data_key(&json, "");
	json_object(&json, NULL);
	json_object_end(&json);
	json_u64(&json, "z", 2);
	json_object_end(&json);
	expect(&json, "{\"a\\\"b\":\"c\\\\d\",\"\\n\":1,\"\":{},\"z\":2}");
}

Test(json, time_is_rfc_3339)
{
	struct buf buf = BUF_INIT;
	struct json json;

	json_init(&json, &buf);
	json_array(&json, NULL);
	json_time(&json, NULL, 0);
	json_time(&json, NULL, 999);
	json_time(&json, NULL, 1000);
	json_time(&json, NULL, 951782399999999999); /* a leap day's end */
	json_time(&json, NULL, 951782400000000000);
	json_array_end(&json);
	expect(&json, "[\"1970-01-01T00:00:00.000000Z\","
		      "\"1970-01-01T00:00:00.000000Z\","
		      "\"1970-01-01T00:00:00.000001Z\","
		      "\"2000-02-28T23:59:59.999999Z\","
		      "\"2000-02-29T00:00:00.000000Z\"]");
}

/* {"s": BYTES, "hex": the same in hex}, one line. */
static void
case_add(struct json *json, const char *bytes, size_t n)
{
	struct buf hex = BUF_INIT;

	for (size_t i = 0; i < n; i++)
		buf_hex(&hex, (unsigned char)bytes[i], 2);
	buf_char(&hex, '\0');
	json_restart(json);
	json_object(json, NULL);
	json_strn(json, "s", bytes, n);
	json_str(json, "hex", hex.data);
	json_object_end(json);
	buf_char(json->buf, '\n');
	buf_free(&hex);
}

static void
cases_random(struct json *json, uint32_t state)
{
	/* Bytes that often form whole or broken sequences. */
	static const unsigned char pool[] = "a\"\\/\x01\x7f\x80\x9f\xa0\xbf\xc2"
					    "\xc3\xe0\xe2\xed\xef\xf0\xf4\xf5";
	char bytes[12];

	for (unsigned i = 0; i < 20000; i++) {
		size_t n;

		state = state * 1664525 + 1013904223;
		n = state >> 28 & 7;
		for (size_t k = 0; k < n; k++) {
			state = state * 1664525 + 1013904223;
			bytes[k] =
			    (char)pool[(state >> 16) % (sizeof(pool) - 1)];
		}
		case_add(json, bytes, n);
	}
}

/*
 * One U+FFFD for each byte that is not part of a sequence: the handler makes
 * Python go on behind the first byte, not behind the longest prefix.
 */
static const char script[] =
    "import codecs,json,sys\n"
    "codecs.register_error('byte', lambda e: ('\\ufffd', e.start + 1))\n"
    "count = 0\n"
    "for line in sys.stdin.buffer:\n"
    "    record = json.loads(line.decode('utf-8'))\n"
    "    want = bytes.fromhex(record['hex']).decode('utf-8', 'byte')\n"
    "    assert record['s'] == want, record['hex']\n"
    "    count += 1\n"
    "assert count == 256 + 65536 + 20000, count\n";

Test(json, any_bytes_pass_a_real_parser)
{
	struct buf buf = BUF_INIT;
	struct json json;
	FILE *parser;
	char bytes[2];

	json_init(&json, &buf);
	for (unsigned i = 0; i < 256; i++) {
		bytes[0] = (char)i;
		case_add(&json, bytes, 1);
	}
	for (unsigned i = 0; i < 65536; i++) {
		bytes[0] = (char)(i >> 8);
		bytes[1] = (char)(i & 255);
		case_add(&json, bytes, 2);
	}
	cases_random(&json, 1);
	cr_assert(!buf.failed);

	cr_assert_eq(setenv("NETDIAG_JSON_SCRIPT", script, 1), 0);
	parser = popen("exec python3 -c \"$NETDIAG_JSON_SCRIPT\"", "w");
	cr_assert_not_null(parser);
	cr_assert_eq(fwrite(buf.data, 1, buf.len, parser), buf.len);
	cr_assert_eq(pclose(parser), 0);
	buf_free(&buf);
}
