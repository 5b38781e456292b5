/* SPDX-License-Identifier: MIT */
/* test_asn_origins.c: AS numbers and prefixes, read strictly. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "asn_origins.h"
#include "prng.h"

Test(asn_origins, numbers)
{
	static const struct {
		const char *text;
		char separator;
		bool prefix_ok;
		const char *said; /* NULL: refused */
	} cases[] = {
	    {"64500", ' ', false, "AS64500"},
	    {"1", ' ', false, "AS1"},
	    {"4294967295", ' ', false, "AS4294967295"},
	    {"4294967296", ' ', false, NULL},
	    {"18446744073709551617", ' ', false, NULL},
	    {"0", ' ', false, NULL},
	    {"064500", ' ', false, NULL},
	    {"", ' ', false, NULL},
	    {" 64500", ' ', false, NULL},
	    {"64500 ", ' ', false, NULL},
	    {"64500 64501", ' ', false, "AS64500/AS64501"},
	    {"64500   64501", ' ', false, "AS64500/AS64501"},
	    {"64501 64500 64501", ' ', false, "AS64501/AS64500"},
	    {"64500/64501", ' ', false, NULL},
	    {"64500/64501", '/', true, "AS64500/AS64501"},
	    {"AS64500/64501", '/', true, "AS64500/AS64501"},
	    {"AS64500/AS64501", '/', true, "AS64500/AS64501"},
	    {"64500//64501", '/', true, NULL},
	    {"64500/", '/', true, NULL},
	    {"/64500", '/', true, NULL},
	    {"AS", '/', true, NULL},
	    {"AS0", '/', true, NULL},
	    {"ASAS1", '/', true, NULL},
	    {"as64500", '/', true, NULL},
	    {"AS64500", ' ', false, NULL},
	    {"-1", ' ', false, NULL},
	    {"+1", ' ', false, NULL},
	    {"1.10", ' ', false, NULL},
	    {"0x10", ' ', false, NULL},
	    {"64500\t64501", ' ', false, NULL},
	    {"1 2 3 4 5 6 7 8 9 10", ' ', false,
		"AS1/AS2/AS3/AS4/AS5/AS6/AS7/AS8"},
	    {"4294967288 4294967289 4294967290 4294967291 4294967292 "
	     "4294967293 4294967294 4294967295",
		' ', false,
		"AS4294967288/AS4294967289/AS4294967290/AS4294967291/"
		"AS4294967292/AS4294967293/AS4294967294/AS4294967295"},
	};
	char said[ASN_TEXT_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct asn_origins origins = {.n = 99};
		bool ok =
		    asn_origins_parse(cases[i].text, strlen(cases[i].text),
			cases[i].separator, cases[i].prefix_ok, &origins);

		cr_expect_eq(ok, cases[i].said != NULL, "%s", cases[i].text);
		if (!ok) {
			cr_expect_eq(origins.n, 99, "touched");
			continue;
		}
		asn_origins_text(&origins, said);
		cr_expect_str_eq(said, cases[i].said);
	}
}

Test(asn_origins, a_nul_byte_is_no_end)
{
	struct asn_origins origins = {.n = 99};

	cr_expect_not(asn_origins_parse("1\0", 2, ' ', false, &origins));
	cr_expect_not(asn_origins_parse("1 \0002", 4, ' ', false, &origins));
	/* Nor does it read past the length. */
	cr_expect(asn_origins_parse("12", 1, ' ', false, &origins));
	cr_expect_eq(origins.asn[0], 1);
}

/* What is accepted of text that nearly is right, is only numbers. */
Test(asn_origins, only_digits_come_out)
{
	static const char letters[] = "0123456789 /AS|x\033\n\377";
	uint64_t state = 1;
	char text[24], said[ASN_TEXT_MAX];
	unsigned accepted = 0;

	for (int n = 0; n < 200000; n++) {
		size_t len = (size_t)prng_in(&state, 0, sizeof(text));
		bool prefix_ok = n % 2 == 0;
		struct asn_origins origins;

		for (size_t i = 0; i < len; i++) {
			/* Mostly digits, so that some are right. */
			int64_t last = prng(&state) % 4 == 0
					   ? (int64_t)sizeof(letters) - 2
					   : 9;

			text[i] = letters[prng_in(&state, 0, last)];
		}
		if (!asn_origins_parse(
			text, len, prefix_ok ? '/' : ' ', prefix_ok, &origins))
			continue;
		accepted++;
		asn_origins_text(&origins, said);
		cr_assert_lt(strlen(said), sizeof(said));
		cr_assert_eq(strspn(said, "AS0123456789/"), strlen(said));
		cr_assert(origins.n >= 1 && origins.n <= ASN_ORIGINS_MAX);
		for (unsigned i = 0; i < origins.n; i++)
			cr_assert_neq(origins.asn[i], 0);
	}
	cr_assert_gt(accepted, 1000);
}

Test(asn_origins, prefixes)
{
	static const struct {
		const char *text;
		const char *first; /* NULL: refused */
		unsigned len;
	} cases[] = {
	    {"192.0.2.0/24", "192.0.2.0", 24},
	    {"0.0.0.0/0", "0.0.0.0", 0},
	    {"192.0.2.1/32", "192.0.2.1", 32},
	    {"192.0.2.128/25", "192.0.2.128", 25},
	    {"2001:db8::/32", "2001:db8::", 32},
	    {"2001:DB8:0::/32", "2001:db8::", 32},
	    {"::/0", "::", 0},
	    {"2001:db8::1/128", "2001:db8::1", 128},
	    {"192.0.2.1/24", NULL, 0},
	    {"192.0.2.128/24", NULL, 0},
	    {"2001:db8::1/127", NULL, 0},
	    {"192.0.2.0", NULL, 0},
	    {"192.0.2.0/", NULL, 0},
	    {"192.0.2.0/33", NULL, 0},
	    {"192.0.2.0/024", NULL, 0},
	    {"192.0.2.0/-1", NULL, 0},
	    {"192.0.2.0/255.255.255.0", NULL, 0},
	    {"192.0.2/24", NULL, 0},
	    {"2001:db8::/129", NULL, 0},
	    {"fe80::%1/64", NULL, 0},
	    {"/24", NULL, 0},
	    {"", NULL, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct asn_prefix prefix = {.len = 99};
		uint8_t bytes[16] = {0};
		bool ok = asn_prefix_parse(
		    cases[i].text, strlen(cases[i].text), &prefix);

		cr_expect_eq(ok, cases[i].first != NULL, "%s", cases[i].text);
		if (!ok) {
			cr_expect_eq(prefix.len, 99, "touched");
			continue;
		}
		cr_expect_eq(prefix.len, cases[i].len, "%s", cases[i].text);
		cr_expect_eq(
		    inet_pton(prefix.family, cases[i].first, bytes), 1);
		cr_expect_arr_eq(prefix.bytes, bytes, 16);
	}
}

/* Against the arithmetic of one 32-bit number. */
Test(asn_origins, a_prefix_holds_what_shares_its_bits)
{
	uint64_t state = 2;
	unsigned held = 0;

	for (int n = 0; n < 100000; n++) {
		unsigned len = (unsigned)prng_in(&state, 0, 32);
		uint32_t mask = len == 0 ? 0 : UINT32_MAX << (32 - len);
		uint32_t block = (uint32_t)prng(&state) & mask;
		/* Near it as a rule. */
		uint32_t host = block ^ (UINT32_C(1) << prng_in(&state, 0, 31));
		struct asn_prefix outer = {AF_INET, (uint8_t)len, {0}};
		struct asn_prefix inner = {AF_INET, 32, {0}};
		uint32_t wire = htonl(block);

		memcpy(outer.bytes, &wire, 4);
		wire = htonl(host);
		memcpy(inner.bytes, &wire, 4);
		cr_assert_eq(asn_prefix_holds(&outer, &inner),
		    (host & mask) == block, "%x/%u %x", block, len, host);
		held += (host & mask) == block;
		inner.family = AF_INET6;
		cr_assert_not(asn_prefix_holds(&outer, &inner));
	}
	cr_assert(held > 10000 && held < 90000);
}

Test(asn_origins, a_longer_prefix_holds_no_shorter_one)
{
	const struct asn_prefix block = {AF_INET, 8, {10}};
	const struct asn_prefix part = {AF_INET, 16, {10, 0}};

	cr_assert(asn_prefix_holds(&block, &part));
	cr_assert(asn_prefix_holds(&block, &block));
	cr_assert_not(asn_prefix_holds(&part, &block));
}

Test(asn_origins, addresses_of_other_families_are_no_prefix)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
	    .sin_port = 7,
	    .sin_addr.s_addr = htonl(0xc0000201)};
	struct sockaddr sa = {.sa_family = AF_UNIX};
	struct asn_prefix prefix;

	cr_assert_not(asn_prefix_of(&sa, &prefix));
	cr_assert(asn_prefix_of((struct sockaddr *)&in, &prefix));
	cr_assert_eq(prefix.len, 32);
	cr_assert_arr_eq(
	    prefix.bytes, "\300\0\2\1\0\0\0\0\0\0\0\0\0\0\0\0", 16);
}
