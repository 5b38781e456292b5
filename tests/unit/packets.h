/* SPDX-License-Identifier: MIT */
/*
 * Packets for the tests of lib/wire, as Linux sent them between 192.0.2.1 and
 * 192.0.2.2, 2001:db8::1 and 2001:db8::2, and heap copies of exactly their
 * size, so that a sanitizer sees a read of one byte too many.
 */
#ifndef TEST_PACKETS_H
#define TEST_PACKETS_H

#include <criterion/criterion.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Echo request and reply, ident 0x16e4, seq 1, payload 61 62 63 00 00. */
#define IP4_REQUEST "4500 0021 0ba3 4000 4001 ab35 c000 0201 c000 0202"
#define IP4_REPLY "4500 0021 6a84 0000 4001 8c54 c000 0202 c000 0201"
#define ICMP4_REQUEST "0800 1cb8 16e4 0001 6162 6300 00"
#define ICMP4_REPLY "0000 24b8 16e4 0001 6162 6300 00"

/* The same for IPv6, ident 0x16e5. */
#define ADDR6_1 "2001 0db8 0000 0000 0000 0000 0000 0001"
#define ADDR6_2 "2001 0db8 0000 0000 0000 0000 0000 0002"
#define IP6_REQUEST "6000 bfb5 000d 3a40" ADDR6_1 ADDR6_2
#define IP6_REPLY "6006 390a 000d 3a40" ADDR6_2 ADDR6_1
#define ICMP6_REQUEST "8000 48fa 16e5 0001 6162 6300 00"
#define ICMP6_REPLY "8100 47fa 16e5 0001 6162 6300 00"

/* "netdiag" by UDP to port 33434; for IPv4 with the option record route. */
#define IP4_OPTIONS "0707 08c0 0002 0100"
#define IP4_UDP "4700 002b 9e64 4000 4011 0591 c000 0201 c000 0202" IP4_OPTIONS
#define UDP4 "9c40 829a 000f 8424 6e65 7464 6961 67"
#define IP6_UDP "6007 4683 000f 1140" ADDR6_1 ADDR6_2
#define UDP6 "9c40 829a 000f 5b95 6e65 7464 6961 67"

/* Port unreachable, the answer to these. */
#define IP4_ERROR                                                              \
	"47c0 004f 6a92 0000 4001 788f c000 0202 c000 0201" IP4_OPTIONS
#define ICMP4_ERROR "0303 a6c2 0000 0000" IP4_UDP UDP4
#define IP6_ERROR "6006 cb04 003f 3a40" ADDR6_2 ADDR6_1
#define ICMP6_ERROR "0104 6213 0000 0000" IP6_UDP UDP6

/* The first LEN bytes of DATA, to be freed. */
static inline uint8_t *
packet_copy(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len);

	cr_assert(copy != NULL || len == 0);
	if (len > 0)
		memcpy(copy, data, len);
	return copy;
}

static inline uint8_t
hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at = strchr(digits, c);

	cr_assert(at != NULL && c != '\0');
	return (uint8_t)(at - digits);
}

/* The bytes that HEX spells, to be freed, and how many they are. */
static inline uint8_t *
packet_hex(const char *hex, size_t *len)
{
	uint8_t bytes[512], digit;
	size_t n = 0;

	for (; *hex != '\0'; hex++) {
		if (*hex == ' ')
			continue;
		cr_assert(n / 2 < sizeof(bytes));
		digit = hex_digit(*hex);
		bytes[n / 2] =
		    (uint8_t)(n % 2 == 0 ? digit << 4 : bytes[n / 2] | digit);
		n++;
	}
	cr_assert(n % 2 == 0);
	*len = n / 2;
	return packet_copy(bytes, *len);
}

/* Whether DATA, of LEN bytes, is what HEX spells. */
static inline bool
packet_is(const uint8_t *data, size_t len, const char *hex)
{
	size_t want_len;
	uint8_t *want = packet_hex(hex, &want_len);
	bool same = len == want_len && memcmp(data, want, len) == 0;

	free(want);
	return same;
}

#endif
