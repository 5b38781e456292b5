/* SPDX-License-Identifier: MIT */
/* test_parse.c: words to values: what is taken, exactly, and what is not. */
#include "parse.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* No number of any kind. */
static const char *const never[] = {"", " ", " 5", "5 ", "\t5", "5\n", "+1",
    "-1", "-0", "--1", "nan", "NaN", "inf", "infinity", "1e", "1e3", "1e308",
    "1e-308", "0x", "0xg", "5k", "1,5", "1..2", ".", "..", "1.", "1_000",
    "1 000", "1'000", "0b1", "1d", "5S", "5MS", "5 s", "5sec", "1ns",
    "\xd9\xa3", "\xef\xbc\x91", "\xc2\xb2", "\xff", "five", "1s2", "1.2.3"};

Test(parse, whole_numbers_to_the_last_bit)
{
	uint64_t n;

	cr_assert_eq(parse_u64("0", 0, UINT64_MAX, &n), 0);
	cr_expect_eq(n, 0);
	cr_assert_eq(parse_u64("18446744073709551615", 0, UINT64_MAX, &n), 0);
	cr_expect_eq(n, UINT64_MAX);
	cr_assert_eq(parse_u64("010", 0, 10, &n), 0);
	cr_expect_eq(n, 10, "decimal, whatever it begins with");
}

Test(parse, numbers_that_do_not_fit_are_out_of_range)
{
	uint64_t n = 7;

	cr_expect_eq(
	    parse_u64("18446744073709551616", 0, UINT64_MAX, &n), -ERANGE);
	cr_expect_eq(parse_u64("99999999999999999999999999", 0, UINT64_MAX, &n),
	    -ERANGE);
	cr_expect_eq(parse_u64("0", 1, 9, &n), -ERANGE);
	cr_expect_eq(parse_u64("10", 1, 9, &n), -ERANGE);
	cr_expect_eq(parse_u64("99999999999999999999999999x", 0, 9, &n),
	    -EINVAL, "the form is told before the size");
	cr_expect_eq(n, 7, "untouched");
}

Test(parse, what_is_no_number_is_none_for_any_parser)
{
	uint64_t u = 1;
	int64_t d = 2, p = 3;
	int tos = 4;

	for (size_t i = 0; i < COUNT(never); i++) {
		const char *word = never[i];

		cr_expect_eq(parse_u64(word, 0, UINT64_MAX, &u), -EINVAL,
		    "number \"%s\"", word);
		cr_expect_eq(parse_u64_hex(word, 0, UINT64_MAX, &u), -EINVAL,
		    "hex \"%s\"", word);
		cr_expect_eq(parse_duration(word, 0, INT64_MAX, &d), -EINVAL,
		    "duration \"%s\"", word);
		cr_expect_eq(
		    parse_percent(word, &p), -EINVAL, "percent \"%s\"", word);
		cr_expect_eq(
		    parse_tos(word, &tos), -EINVAL, "tos \"%s\"", word);
	}
	cr_expect(u == 1 && d == 2 && p == 3 && tos == 4, "untouched");
}

Test(parse, hex_numbers)
{
	uint64_t n;

	cr_assert_eq(parse_u64_hex("0x0", 0, UINT64_MAX, &n), 0);
	cr_expect_eq(n, 0);
	cr_assert_eq(parse_u64_hex("0XfF", 0, UINT64_MAX, &n), 0);
	cr_expect_eq(n, 255);
	cr_assert_eq(parse_u64_hex("0xffffffffffffffff", 0, UINT64_MAX, &n), 0);
	cr_expect_eq(n, UINT64_MAX);
	cr_assert_eq(parse_u64_hex("16", 0, UINT64_MAX, &n), 0);
	cr_expect_eq(n, 16);
	cr_expect_eq(parse_u64_hex("0x100", 0, 255, &n), -ERANGE);
	cr_expect_eq(
	    parse_u64_hex("0x10000000000000000", 0, UINT64_MAX, &n), -EINVAL);
	cr_expect_eq(parse_u64("0x10", 0, UINT64_MAX, &n), -EINVAL);
}

Test(parse, durations_are_exact)
{
	static const struct {
		const char *text;
		int64_t ns;
	} cases[] = {{"500us", 500000}, {"20ms", 20000000},
	    {"1.5s", 1500000000}, {"2m", 120000000000}, {"1h", 3600000000000},
	    {"1", 1000000000}, {"0", 0}, {"0s", 0}, {"0.000000001", 1},
	    {".2", 200000000}, {"0.1", 100000000}, {"1.123456789s", 1123456789},
	    {"0.001us", 1}, {"0.000001ms", 1}, {"0.000000001h", 3600},
	    {"1.999999999h", 7199999996400}, {"0.5m", 30000000000},
	    {"9223372036.854775807", INT64_MAX},
	    {"9223372036854775.807us", INT64_MAX}, {"007s", 7000000000}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t ns = -1;

		cr_expect_eq(parse_duration(cases[i].text, 0, INT64_MAX, &ns),
		    0, "%s", cases[i].text);
		cr_expect_eq(ns, cases[i].ns, "%s is %lld", cases[i].text,
		    (long long)ns);
	}
}

Test(parse, durations_out_of_range_or_too_fine)
{
	int64_t ns = 7;

	cr_expect_eq(
	    parse_duration("9223372036.854775808", 0, INT64_MAX, &ns), -ERANGE);
	cr_expect_eq(parse_duration("9223372037", 0, INT64_MAX, &ns), -ERANGE);
	cr_expect_eq(
	    parse_duration("18446744073709551617", 0, INT64_MAX, &ns), -ERANGE);
	cr_expect_eq(parse_duration("9223372036854775808us", 0, INT64_MAX, &ns),
	    -ERANGE);
	cr_expect_eq(parse_duration("2562048h", 0, INT64_MAX, &ns), -ERANGE);
	cr_expect_eq(parse_duration("0.5us", 1000, INT64_MAX, &ns), -ERANGE);
	cr_expect_eq(parse_duration("2s", 0, 1999999999, &ns), -ERANGE);
	cr_expect_eq(parse_duration("0.0001us", 0, INT64_MAX, &ns), -EINVAL);
	cr_expect_eq(
	    parse_duration("1.0000000001", 0, INT64_MAX, &ns), -EINVAL);
	cr_expect_eq(ns, 7, "untouched");
}

Test(parse, duration_texts_can_be_read_again)
{
	static const struct {
		int64_t ns;
		const char *text;
	} cases[] = {{0, "0s"}, {1, "0.001us"}, {1000, "1us"}, {1500, "1.5us"},
	    {1010, "1.01us"}, {2000000, "2ms"}, {2500000, "2500us"},
	    {1000000000, "1s"}, {90000000000, "90s"}, {120000000000, "2m"},
	    {PARSE_DURATION_MAX, "8760h"},
	    {INT64_MAX, "9223372036854775.807us"}};
	char buf[PARSE_DURATION_TEXT];

	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t ns = -1;

		cr_expect_str_eq(
		    parse_duration_text(cases[i].ns, buf, sizeof(buf)),
		    cases[i].text);
		cr_expect_eq(parse_duration(buf, 0, INT64_MAX, &ns), 0);
		cr_expect_eq(ns, cases[i].ns);
	}
}

Test(parse, percentages)
{
	int64_t p = -1;

	cr_expect(parse_percent("0", &p) == 0 && p == 0);
	cr_expect(parse_percent("100", &p) == 0 && p == 100000000);
	cr_expect(parse_percent("100.000000%", &p) == 0 && p == 100000000);
	cr_expect(parse_percent("5.5%", &p) == 0 && p == 5500000);
	cr_expect(parse_percent("0.000001", &p) == 0 && p == 1);
	cr_expect_eq(parse_percent("100.000001", &p), -ERANGE);
	cr_expect_eq(parse_percent("101%", &p), -ERANGE);
	cr_expect_eq(parse_percent("99999999999999999999", &p), -ERANGE);
	cr_expect_eq(parse_percent("0.0000001", &p), -EINVAL);
	cr_expect_eq(parse_percent("5%%", &p), -EINVAL);
	cr_expect_eq(parse_percent("%", &p), -EINVAL);
	cr_expect_eq(p, 1, "untouched");
}

/* RFC 2474, 2597, 3246, 5865, 8622: the code point, shifted over the ECN. */
Test(parse, tos_numbers_and_dscp_names)
{
	static const struct {
		const char *text;
		int tos;
	} cases[] = {{"0", 0}, {"255", 255}, {"0x10", 16}, {"0xFF", 255},
	    {"cs0", 0}, {"CS1", 32}, {"cs7", 224}, {"af11", 40}, {"af13", 56},
	    {"AF41", 136}, {"af43", 152}, {"ef", 184}, {"EF", 184}, {"va", 176},
	    {"voice-admit", 176}, {"le", 4}, {"lower-effort", 4}, {"be", 0}};
	int tos;

	for (size_t i = 0; i < COUNT(cases); i++) {
		tos = -1;
		cr_expect_eq(
		    parse_tos(cases[i].text, &tos), 0, "%s", cases[i].text);
		cr_expect_eq(tos, cases[i].tos, "%s", cases[i].text);
	}
	cr_expect_eq(parse_tos("256", &tos), -ERANGE);
	cr_expect_eq(parse_tos("0x100", &tos), -ERANGE);
	cr_expect_eq(parse_tos("cs8", &tos), -EINVAL);
	cr_expect_eq(parse_tos("af44", &tos), -EINVAL);
	cr_expect_eq(parse_tos("e", &tos), -EINVAL);
	cr_expect_eq(parse_tos("eff", &tos), -EINVAL);
	for (size_t i = 0; parse_tos_name(i) != NULL; i++)
		cr_expect_eq(parse_tos(parse_tos_name(i), &tos), 0);
}

Test(parse, patterns)
{
	uint8_t bytes[PARSE_PATTERN_MAX] = {0};
	size_t len = 0;

	cr_assert_eq(parse_pattern("ff", bytes, &len), 0);
	cr_expect(len == 1 && bytes[0] == 0xff);
	cr_assert_eq(parse_pattern("aBc", bytes, &len), 0);
	cr_expect(len == 2 && bytes[0] == 0xab && bytes[1] == 0x0c);
	cr_assert_eq(
	    parse_pattern("00112233445566778899aabbccddeeff", bytes, &len), 0);
	cr_expect(len == 16 && bytes[15] == 0xff && bytes[1] == 0x11);
	cr_expect_eq(
	    parse_pattern("00112233445566778899aabbccddeeff0", bytes, &len),
	    -ERANGE);
	cr_expect_eq(parse_pattern("", bytes, &len), -EINVAL);
	cr_expect_eq(parse_pattern("0x10", bytes, &len), -EINVAL);
	cr_expect_eq(parse_pattern("g", bytes, &len), -EINVAL);
	cr_expect_eq(parse_pattern("a b", bytes, &len), -EINVAL);
	cr_expect_eq(len, 16, "untouched");
}

Test(parse, labels)
{
	char text[400];
	size_t len = 0;

	cr_expect(parse_label("site=berlin", &len) == 0 && len == 4);
	cr_expect(parse_label("_a.b-9=", &len) == 0 && len == 6);
	cr_expect(parse_label("k=a=b", &len) == 0 && len == 1);
	cr_expect(parse_label("k=gr\xc3\xbc\xc3\x9f", &len) == 0);
	cr_expect_eq(parse_label("", &len), -EINVAL);
	cr_expect_eq(parse_label("k", &len), -EINVAL);
	cr_expect_eq(parse_label("=v", &len), -EINVAL);
	cr_expect_eq(parse_label("9k=v", &len), -EINVAL);
	cr_expect_eq(parse_label("k k=v", &len), -EINVAL);
	cr_expect_eq(parse_label("\xc3\xbc=v", &len), -EINVAL);
	cr_expect_eq(parse_label("k=a\nb", &len), -EINVAL);
	cr_expect_eq(parse_label("k=\x7f", &len), -EINVAL);
	cr_expect_eq(parse_label("k=\xc2\x9b", &len), -EINVAL);
	cr_expect_eq(parse_label("k=\xff", &len), -EINVAL);
	memset(text, 'k', sizeof(text));
	text[63] = '=';
	text[64] = '\0';
	cr_expect(parse_label(text, &len) == 0 && len == 63);
	memset(text, 'k', 64);
	memcpy(text + 64, "=", 2);
	cr_expect_eq(parse_label(text, &len), -ERANGE);
	memset(text, 'v', sizeof(text));
	text[1] = '=';
	text[2 + 255] = '\0';
	cr_expect_eq(parse_label(text, &len), 0);
	text[2 + 255] = 'v';
	text[2 + 256] = '\0';
	cr_expect_eq(parse_label(text, &len), -ERANGE);
}

Test(parse, run_ids_and_words)
{
	static const char *const words[] = {"one", "two", NULL};
	int i = -1;

	cr_expect_eq(parse_run_id("0123456789abcdef"), 0);
	cr_expect_eq(parse_run_id("0123456789abcde"), -EINVAL);
	cr_expect_eq(parse_run_id("0123456789abcdef0"), -EINVAL);
	cr_expect_eq(parse_run_id("0123456789ABCDEF"), -EINVAL);
	cr_expect_eq(parse_run_id(""), -EINVAL);
	cr_expect(parse_word("two", words, &i) == 0 && i == 1);
	cr_expect_eq(parse_word("tw", words, &i), -EINVAL);
	cr_expect_eq(parse_word("Two", words, &i), -EINVAL);
	cr_expect_eq(parse_word("", words, &i), -EINVAL);
}

static int
addr_of(const char *text, struct parse_addr *ret)
{
	return parse_addr(text, strlen(text), ret);
}

Test(parse, addresses)
{
	struct parse_addr addr;
	struct in6_addr want;

	cr_assert_eq(addr_of("192.0.2.255", &addr), 0);
	cr_expect(addr.af == AF_INET && addr.scope[0] == '\0' &&
		  memcmp(addr.bytes, "\xc0\x00\x02\xff", 4) == 0);
	cr_assert_eq(addr_of("2001:db8::1", &addr), 0);
	(void)inet_pton(AF_INET6, "2001:db8::1", &want);
	cr_expect(addr.af == AF_INET6 && memcmp(addr.bytes, &want, 16) == 0);
	cr_assert_eq(addr_of("fe80::1%br-lan.7", &addr), 0);
	cr_expect_str_eq(addr.scope, "br-lan.7");
	cr_assert_eq(addr_of("fe80::1%3", &addr), 0);
	cr_expect_str_eq(addr.scope, "3");
	cr_expect_eq(parse_addr("192.0.2.12", 9, &addr), 0, "LEN counts");
	cr_expect_eq(addr.bytes[3], 1);
}

Test(parse, what_is_no_address)
{
	static const char *const bad[] = {"", ".", "1", "127.1", "1.2.3",
	    "1.2.3.4.5", "1.2.3.4.", ".1.2.3", "1..2.3", "256.0.0.1",
	    "010.0.0.1", "1.2.3.00", "1.2.3.1000", "0x7f.0.0.1", " 1.2.3.4",
	    "1.2.3.4 ", "+1.2.3.4", "1.2.3.-4", "1.2.3.4%lo", ":",
	    ":::", "1::2::3", "12345::", "::g", "[::1]", "::1/64", "fe80::1%",
	    "fe80::1%a/b", "fe80::1%a:b", "fe80::1%a%b", "fe80::1%a b",
	    "fe80::1%sixteen-bytes-xx", "fe80::1%.", "fe80::1%..",
	    "fe80::1%\x1b", "\xef\xbc\x91.2.3.4", "name",
	    "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc"};
	struct parse_addr addr = {.af = 77};

	for (size_t i = 0; i < COUNT(bad); i++)
		cr_expect_eq(addr_of(bad[i], &addr), -EINVAL, "\"%s\"", bad[i]);
	cr_expect_eq(addr.af, 77, "untouched");
}

Test(parse, interface_names)
{
	cr_expect_eq(parse_ifname("eth0.100@x"), 0);
	cr_expect_eq(parse_ifname("fifteen-bytes-x"), 0);
	cr_expect_eq(parse_ifname("sixteen-bytes-xx"), -EINVAL);
	cr_expect_eq(parse_ifname(""), -EINVAL);
	cr_expect_eq(parse_ifname(".."), -EINVAL);
	cr_expect_eq(parse_ifname("a/b"), -EINVAL);
	cr_expect_eq(parse_ifname("a b"), -EINVAL);
}
