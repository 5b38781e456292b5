/* SPDX-License-Identifier: MIT */
/* test_asn_cymru.c: who is asked about, and answers of all kinds. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "asn_cymru.h"
#include "prng.h"

static struct asn_prefix
whole(const char *text)
{
	struct asn_prefix prefix = {.family = AF_INET, .len = 32};

	if (inet_pton(AF_INET, text, prefix.bytes) != 1) {
		prefix.family = AF_INET6;
		prefix.len = 128;
		cr_assert_eq(inet_pton(AF_INET6, text, prefix.bytes), 1);
	}
	return prefix;
}

Test(asn_cymru, only_public_addresses_are_asked_for)
{
	static const char *const public[] = {"1.1.1.1", "9.255.255.255",
	    "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
	    "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255",
	    "172.32.0.0", "192.0.1.0", "192.0.3.0", "192.167.255.255",
	    "192.169.0.0", "198.17.255.255", "198.20.0.0", "198.51.99.255",
	    "198.51.101.0", "203.0.112.255", "203.0.114.0", "223.255.255.255",
	    "2000::", "2001:200::", "2001:db7:ffff::", "2001:db9::", "2003::",
	    "2a00::1", "3fff:1000::", "3ffe::1"};
	static const char *const special[] = {"0.0.0.0", "0.1.2.3", "10.0.0.0",
	    "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1",
	    "127.255.255.255", "169.254.0.0", "169.254.255.255", "172.16.0.0",
	    "172.31.255.255", "192.0.0.0", "192.0.0.255", "192.0.2.0",
	    "192.0.2.255", "192.168.0.0", "192.168.255.255", "198.18.0.0",
	    "198.19.255.255", "198.51.100.0", "198.51.100.255", "203.0.113.0",
	    "203.0.113.255", "224.0.0.1", "239.255.255.255", "240.0.0.1",
	    "255.255.255.255", "::", "::1", "::ffff:1.1.1.1",
	    "64:ff9b::101:101", "100::1", "1fff:ffff::", "2001::1",
	    "2001:1ff:ffff::", "2001:db8::", "2001:db8:ffff:ffff::1",
	    "2002:101:101::1", "3fff::", "3fff:fff::1", "4000::", "5f00::1",
	    "fc00::1", "fd00::1", "fe80::1", "fec0::1", "ff02::1"};
	struct asn_prefix addr;

	for (size_t i = 0; i < sizeof(public) / sizeof(public[0]); i++) {
		addr = whole(public[i]);
		cr_expect(asn_cymru_is_public(&addr), "%s", public[i]);
	}
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
		addr = whole(special[i]);
		cr_expect_not(asn_cymru_is_public(&addr), "%s", special[i]);
	}
}

Test(asn_cymru, questions)
{
	union lookup_key key = {.in.sin_family = AF_INET};
	char name[LOOKUP_QUESTION_MAX];

	cr_assert_eq(inet_pton(AF_INET, "216.90.108.31", &key.in.sin_addr), 1);
	asn_cymru_kind.question(&key, name);
	cr_assert_str_eq(name, "31.108.90.216.origin.asn.cymru.com");
	memset(&key, 0, sizeof(key));
	key.in6.sin6_family = AF_INET6;
	cr_assert_eq(
	    inet_pton(AF_INET6, "2001:4860:b002::68", &key.in6.sin6_addr), 1);
	asn_cymru_kind.question(&key, name);
	cr_assert_str_eq(name,
	    "8.6.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2.0.0.b.0.6.8.4.1.0.0.2."
	    "origin6.asn.cymru.com");
}

Test(asn_cymru, answers)
{
	static const struct {
		const char *text;
		const char *said; /* NULL: refused */
		unsigned len;
	} cases[] = {
	    {"64500 | 8.8.0.0/16 | US | arin | 2020-01-01", "AS64500", 16},
	    {"64500 64501 | 8.8.8.0/24 | US | arin | 2020-01-01",
		"AS64500/AS64501", 24},
	    {"64500|8.8.0.0/16", "AS64500", 16},
	    {"  64500  |  8.8.0.0/16  ", "AS64500", 16},
	    {"64500 | 8.8.0.0/16 | \033[31m\007\n | x", "AS64500", 16},
	    {"64500 | 0.0.0.0/0 | | |", "AS64500", 0},
	    {"64500 | 8.8.8.8/32 | US", "AS64500", 32},
	    {"64500 | 8.9.0.0/16 | US | arin | 2020-01-01", NULL, 0},
	    {"64500 | 8.8.8.8/16 | US | arin | 2020-01-01", NULL, 0},
	    {"64500 | 2001:db8::/32 | US | arin | 2020-01-01", NULL, 0},
	    {"NA | 8.8.0.0/16 | US | arin | 2020-01-01", NULL, 0},
	    {"AS64500 | 8.8.0.0/16 | US", NULL, 0},
	    {"0 | 8.8.0.0/16 | US", NULL, 0},
	    {"64500, 64501 | 8.8.0.0/16 | US", NULL, 0},
	    {"64500\033[2J | 8.8.0.0/16 | US", NULL, 0},
	    {"64500 \n 64501 | 8.8.0.0/16 | US", NULL, 0},
	    {"64500", NULL, 0},
	    {"64500 |", NULL, 0},
	    {"| 8.8.0.0/16", NULL, 0},
	    {"|||||", NULL, 0},
	    {"", NULL, 0},
	};
	const struct asn_prefix addr = whole("8.8.8.8");
	char said[ASN_TEXT_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct asn_origins origins = {.n = 99};
		struct asn_prefix prefix = {.len = 99};
		bool ok = asn_cymru_parse(cases[i].text, strlen(cases[i].text),
		    &addr, &prefix, &origins);

		cr_expect_eq(ok, cases[i].said != NULL, "%s", cases[i].text);
		if (!ok) {
			cr_expect(origins.n == 99 && prefix.len == 99);
			continue;
		}
		asn_origins_text(&origins, said);
		cr_expect_str_eq(said, cases[i].said);
		cr_expect_eq(prefix.len, cases[i].len);
	}
}

/* A right answer with bytes changed: numbers, or nothing. */
Test(asn_cymru, nothing_but_numbers_passes)
{
	static const char right[] =
	    "64500 64501 | 8.8.8.0/24 | US | arin | 2020-01-01";
	const struct asn_prefix addr = whole("8.8.8.8");
	uint64_t state = 3;
	unsigned accepted = 0, refused = 0;

	for (int n = 0; n < 100000; n++) {
		size_t len = (size_t)prng_in(&state, 0, sizeof(right) - 1);
		/* Of just its size, so that a byte too many is seen. */
		char *text = malloc(len + 1);
		struct asn_origins origins;
		struct asn_prefix prefix;

		cr_assert_not_null(text);
		memcpy(text, right, len);
		for (int64_t i = prng_in(&state, 0, 2); i > 0 && len > 0; i--)
			text[prng(&state) % len] = (char)prng(&state);
		text[len] = '9';
		if (asn_cymru_parse(text, len, &addr, &prefix, &origins)) {
			char said[ASN_TEXT_MAX];

			asn_origins_text(&origins, said);
			cr_assert_eq(
			    strspn(said, "AS0123456789/"), strlen(said));
			cr_assert(asn_prefix_holds(&prefix, &addr));
			accepted++;
		} else {
			refused++;
		}
		free(text);
	}
	cr_assert(accepted > 1000 && refused > 1000);
}
