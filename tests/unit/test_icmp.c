/* SPDX-License-Identifier: MIT */
/* lib/wire/icmp.h: messages of both versions, and what they quote. */
#include "wire/icmp.h"

#include "packets.h"
#include "wire/checksum.h"

#include <sys/socket.h>

/* Decodes the LEN bytes at DATA from a buffer of just that size. */
static enum nd_wire
decode(struct nd_icmp *icmp, int af, const uint8_t *data, size_t len)
{
	uint8_t *copy = packet_copy(data, len);
	struct nd_icmp before;
	enum nd_wire status;

	memset(icmp, 0xa5, sizeof(*icmp));
	memcpy(&before, icmp, sizeof(before));
	status = nd_icmp_decode(icmp, af, copy, len);
	if (status != ND_WIRE_OK) {
		cr_assert_eq(memcmp(icmp, &before, sizeof(before)), 0);
	} else {
		cr_assert_eq(icmp->body, copy + 8);
		cr_assert_eq(icmp->body_len, len - 8);
		cr_assert_eq(icmp->len, len);
		cr_assert_leq(icmp->quote_len, icmp->body_len);
	}
	free(copy);
	return status;
}

/* A message with its checksum made right first. */
static enum nd_wire
decode_made(struct nd_icmp *icmp, int af, uint8_t *data, size_t len)
{
	uint16_t sum;

	data[2] = data[3] = 0;
	sum = nd_sum_fold(nd_sum(0, data, len));
	data[2] = (uint8_t)(sum >> 8);
	data[3] = (uint8_t)sum;
	return decode(icmp, af, data, len);
}

static enum nd_wire
decode_hex(struct nd_icmp *icmp, int af, const char *hex)
{
	size_t len;
	uint8_t *data = packet_hex(hex, &len);
	enum nd_wire status = decode(icmp, af, data, len);

	free(data);
	return status;
}

Test(icmp, v4_echo)
{
	struct nd_icmp icmp;

	cr_assert_eq(decode_hex(&icmp, AF_INET, ICMP4_REPLY), ND_WIRE_OK);
	cr_assert_eq(icmp.kind, ND_ICMP_ECHO_REPLY);
	cr_assert_eq(icmp.type, 0);
	cr_assert_eq(icmp.code, 0);
	cr_assert_eq(icmp.ident, 0x16e4);
	cr_assert_eq(icmp.seq, 1);
	cr_assert_eq(icmp.mtu, 0);
	cr_assert_eq(icmp.body_len, 5);
	cr_assert_eq(icmp.quote_len, 0);
	cr_assert_eq(decode_hex(&icmp, AF_INET, ICMP4_REQUEST), ND_WIRE_OK);
	cr_assert_eq(icmp.kind, ND_ICMP_ECHO_REQUEST);
}

Test(icmp, v6_echo)
{
	struct nd_icmp icmp;

	cr_assert_eq(decode_hex(&icmp, AF_INET6, ICMP6_REPLY), ND_WIRE_OK);
	cr_assert_eq(icmp.kind, ND_ICMP_ECHO_REPLY);
	cr_assert_eq(icmp.type, 129);
	cr_assert_eq(icmp.ident, 0x16e5);
	cr_assert_eq(icmp.seq, 1);
	cr_assert_eq(icmp.quote_len, 0);
	cr_assert_eq(decode_hex(&icmp, AF_INET6, ICMP6_REQUEST), ND_WIRE_OK);
	cr_assert_eq(icmp.kind, ND_ICMP_ECHO_REQUEST);
}

Test(icmp, an_error_has_a_quote)
{
	size_t len;
	uint8_t *data = packet_hex(ICMP4_ERROR, &len);
	struct nd_icmp icmp;

	cr_assert_eq(nd_icmp_decode(&icmp, AF_INET, data, len), ND_WIRE_OK);
	cr_assert_eq(icmp.kind, ND_ICMP_UNREACHABLE);
	cr_assert_eq(icmp.code, 3);
	cr_assert_eq(icmp.ident, 0);
	cr_assert_eq(icmp.seq, 0);
	cr_assert(packet_is(icmp.body, icmp.quote_len, IP4_UDP UDP4));
	free(data);
	data = packet_hex(ICMP6_ERROR, &len);
	cr_assert_eq(nd_icmp_decode(&icmp, AF_INET6, data, len), ND_WIRE_OK);
	cr_assert_eq(icmp.kind, ND_ICMP_UNREACHABLE);
	cr_assert_eq(icmp.code, 4);
	cr_assert(packet_is(icmp.body, icmp.quote_len, IP6_UDP UDP6));
	free(data);
}

Test(icmp, every_truncation)
{
	size_t len;
	uint8_t *data = packet_hex(ICMP4_ERROR, &len);
	struct nd_icmp icmp;

	for (size_t n = 0; n < len; n++)
		cr_assert_eq(decode(&icmp, AF_INET, data, n),
		    n < 8 ? ND_WIRE_TRUNCATED : ND_WIRE_CHECKSUM, "%zu bytes",
		    n);
	for (size_t n = 8; n <= len; n++) {
		cr_assert_eq(decode_made(&icmp, AF_INET, data, n), ND_WIRE_OK);
		cr_assert_eq(icmp.quote_len, n - 8);
	}
	free(data);
	data = packet_hex(ICMP6_ERROR, &len);
	for (size_t n = 0; n <= len; n++)
		cr_assert_eq(decode(&icmp, AF_INET6, data, n),
		    n < 8 ? ND_WIRE_TRUNCATED : ND_WIRE_OK, "%zu bytes", n);
	free(data);
}

Test(icmp, v4_checksum_is_verified)
{
	size_t len;
	uint8_t *data = packet_hex(ICMP4_REPLY, &len);
	struct nd_icmp icmp;

	for (size_t bit = 0; bit < len * 8; bit++) {
		data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		cr_assert_eq(decode(&icmp, AF_INET, data, len),
		    ND_WIRE_CHECKSUM, "bit %zu", bit);
		data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	free(data);
}

Test(icmp, v6_checksum_is_verified_where_addresses_are_known)
{
	size_t len, addr_len;
	uint8_t *data = packet_hex(ICMP6_REPLY, &len);
	uint8_t *src = packet_hex(ADDR6_2, &addr_len);
	uint8_t *dst = packet_hex(ADDR6_1, &addr_len);
	struct nd_icmp icmp = {.seq = 77};

	for (size_t n = 0; n < 8; n++)
		cr_assert_eq(nd_icmp6_decode_verify(&icmp, src, dst, data, n),
		    ND_WIRE_TRUNCATED);
	cr_assert_eq(nd_icmp6_decode_verify(&icmp, src, src, data, len),
	    ND_WIRE_CHECKSUM);
	data[8] ^= 1;
	cr_assert_eq(nd_icmp6_decode_verify(&icmp, src, dst, data, len),
	    ND_WIRE_CHECKSUM);
	cr_assert_eq(icmp.seq, 77);
	data[8] ^= 1;
	cr_assert_eq(
	    nd_icmp6_decode_verify(&icmp, src, dst, data, len), ND_WIRE_OK);
	cr_assert_eq(icmp.kind, ND_ICMP_ECHO_REPLY);
	cr_assert_eq(icmp.seq, 1);
	free(data);
	free(src);
	free(dst);
}

Test(icmp, only_two_families)
{
	size_t len;
	uint8_t *data = packet_hex(ICMP4_REPLY, &len);
	struct nd_icmp icmp;

	cr_assert_eq(decode(&icmp, AF_UNIX, data, len), ND_WIRE_VERSION);
	free(data);
}

/* The kind that the table below has for TYPE and CODE. */
struct kind_case {
	uint8_t type, first_code, last_code;
	enum nd_icmp_kind kind;
};

static const struct kind_case kinds4[] = {
    {0, 0, 255, ND_ICMP_ECHO_REPLY},
    {3, 0, 3, ND_ICMP_UNREACHABLE},
    {3, 4, 4, ND_ICMP_TOO_BIG},
    {3, 5, 255, ND_ICMP_UNREACHABLE},
    {4, 0, 255, ND_ICMP_SOURCE_QUENCH},
    {5, 0, 255, ND_ICMP_REDIRECT},
    {8, 0, 255, ND_ICMP_ECHO_REQUEST},
    {11, 0, 0, ND_ICMP_TTL_EXCEEDED},
    {11, 1, 1, ND_ICMP_REASSEMBLY},
    {12, 0, 255, ND_ICMP_PARAMETER},
};

static const struct kind_case kinds6[] = {
    {1, 0, 255, ND_ICMP_UNREACHABLE},
    {2, 0, 255, ND_ICMP_TOO_BIG},
    {3, 0, 0, ND_ICMP_TTL_EXCEEDED},
    {3, 1, 1, ND_ICMP_REASSEMBLY},
    {4, 0, 255, ND_ICMP_PARAMETER},
    {128, 0, 255, ND_ICMP_ECHO_REQUEST},
    {129, 0, 255, ND_ICMP_ECHO_REPLY},
};

static enum nd_icmp_kind
kind_of(const struct kind_case *cases, size_t n, unsigned type, unsigned code)
{
	for (size_t i = 0; i < n; i++) {
		if (cases[i].type == type && cases[i].first_code <= code &&
		    code <= cases[i].last_code)
			return cases[i].kind;
	}
	return ND_ICMP_OTHER;
}

Test(icmp, every_type_and_code_has_its_kind)
{
	size_t n4 = sizeof(kinds4) / sizeof(kinds4[0]);
	size_t n6 = sizeof(kinds6) / sizeof(kinds6[0]);
	struct nd_icmp icmp;

	for (unsigned i = 0; i <= 0xffff; i++) {
		uint8_t data[8] = {(uint8_t)(i >> 8), (uint8_t)i};
		uint16_t sum = nd_sum_fold(nd_sum(0, data, 8));

		data[2] = (uint8_t)(sum >> 8);
		data[3] = (uint8_t)sum;
		cr_assert_eq(
		    nd_icmp_decode(&icmp, AF_INET, data, 8), ND_WIRE_OK);
		cr_assert_eq(icmp.kind, kind_of(kinds4, n4, i >> 8, i & 0xff));
		cr_assert_eq(icmp.type, i >> 8);
		cr_assert_eq(icmp.code, i & 0xff);
		cr_assert_eq(
		    nd_icmp_decode(&icmp, AF_INET6, data, 8), ND_WIRE_OK);
		cr_assert_eq(icmp.kind, kind_of(kinds6, n6, i >> 8, i & 0xff));
	}
}

Test(icmp, errors_are_told_from_the_rest)
{
	cr_assert_not(nd_icmp_is_error(ND_ICMP_OTHER));
	cr_assert_not(nd_icmp_is_error(ND_ICMP_ECHO_REQUEST));
	cr_assert_not(nd_icmp_is_error(ND_ICMP_ECHO_REPLY));
	cr_assert(nd_icmp_is_error(ND_ICMP_UNREACHABLE));
	cr_assert(nd_icmp_is_error(ND_ICMP_TTL_EXCEEDED));
	cr_assert(nd_icmp_is_error(ND_ICMP_REASSEMBLY));
	cr_assert(nd_icmp_is_error(ND_ICMP_TOO_BIG));
	cr_assert(nd_icmp_is_error(ND_ICMP_PARAMETER));
	cr_assert(nd_icmp_is_error(ND_ICMP_REDIRECT));
	cr_assert(nd_icmp_is_error(ND_ICMP_SOURCE_QUENCH));
}

Test(icmp, mtu_of_too_big)
{
	struct nd_icmp icmp;
	uint8_t v4[8] = {3, 4, 0, 0, 0xff, 0xff, 0x05, 0x14};
	uint8_t v6[8] = {2, 0, 0, 0, 0x00, 0x01, 0x05, 0x14};

	cr_assert_eq(decode_made(&icmp, AF_INET, v4, 8), ND_WIRE_OK);
	cr_assert_eq(icmp.mtu, 1300);
	cr_assert_eq(decode(&icmp, AF_INET6, v6, 8), ND_WIRE_OK);
	cr_assert_eq(icmp.mtu, 66836);
	/* Routers older than RFC 1191 have zeros there; others no MTU. */
	v4[6] = v4[7] = 0;
	cr_assert_eq(decode_made(&icmp, AF_INET, v4, 8), ND_WIRE_OK);
	cr_assert_eq(icmp.mtu, 0);
	v4[1] = 1;
	v4[7] = 9;
	cr_assert_eq(decode_made(&icmp, AF_INET, v4, 8), ND_WIRE_OK);
	cr_assert_eq(icmp.mtu, 0);
}

/* RFC 4884: the body is 200 bytes, the length field whatever it may be. */
Test(icmp, v4_quote_ends_where_its_length_says)
{
	static const uint8_t with[] = {3, 11, 12}, without[] = {4, 5};
	uint8_t data[8 + 200] = {0};
	struct nd_icmp icmp;

	for (unsigned words = 0; words <= 255; words++) {
		size_t len = words * 4;

		data[5] = (uint8_t)words;
		for (size_t i = 0; i < sizeof(with); i++) {
			data[0] = with[i];
			cr_assert_eq(
			    decode_made(&icmp, AF_INET, data, 208), ND_WIRE_OK);
			cr_assert_eq(icmp.quote_len,
			    len < 28 || len > 200 ? 200 : len, "type %u, %u",
			    with[i], words);
		}
		for (size_t i = 0; i < sizeof(without); i++) {
			data[0] = without[i];
			cr_assert_eq(
			    decode_made(&icmp, AF_INET, data, 208), ND_WIRE_OK);
			cr_assert_eq(icmp.quote_len, 200);
		}
	}
}

Test(icmp, v6_quote_ends_where_its_length_says)
{
	static const uint8_t with[] = {1, 3}, without[] = {2, 4};
	uint8_t data[8 + 200] = {0};
	struct nd_icmp icmp;

	for (unsigned words = 0; words <= 255; words++) {
		size_t len = words * 8;

		data[4] = (uint8_t)words;
		for (size_t i = 0; i < sizeof(with); i++) {
			data[0] = with[i];
			cr_assert_eq(
			    decode(&icmp, AF_INET6, data, 208), ND_WIRE_OK);
			cr_assert_eq(icmp.quote_len,
			    len < 48 || len > 200 ? 200 : len, "type %u, %u",
			    with[i], words);
		}
		for (size_t i = 0; i < sizeof(without); i++) {
			data[0] = without[i];
			cr_assert_eq(
			    decode(&icmp, AF_INET6, data, 208), ND_WIRE_OK);
			cr_assert_eq(icmp.quote_len, 200);
		}
	}
}

Test(icmp, writes_the_echo_that_the_kernel_wrote)
{
	static const uint8_t payload[5] = "abc";
	uint8_t data[32];
	struct nd_wbuf w = nd_wbuf_init(data, sizeof(data));

	cr_assert_eq(nd_icmp_echo_put(&w, AF_INET, 0x16e4, 1, payload, 5), 13);
	cr_assert(packet_is(data, nd_wbuf_len(&w), ICMP4_REQUEST));
	w = nd_wbuf_init(data, sizeof(data));
	cr_assert_eq(nd_icmp_echo_put(&w, AF_INET6, 0x16e5, 1, payload, 5), 13);
	cr_assert(packet_is(
	    data, nd_wbuf_len(&w), "8000 0000 16e5 0001 6162 6300 00"));
}

Test(icmp, reads_the_echo_that_it_wrote)
{
	static uint8_t payload[65507], data[65507 + 8];
	struct nd_icmp icmp;

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 7 + (i >> 8));
	for (size_t len = 0; len <= sizeof(payload);
	     len += len < 80 ? 1 : 8179) {
		struct nd_wbuf w = nd_wbuf_init(data, len + 8);
		uint16_t ident = (uint16_t)(len * 401), seq = (uint16_t)~len;

		cr_assert_eq(
		    nd_icmp_echo_put(&w, AF_INET, ident, seq, payload, len),
		    len + 8);
		cr_assert_eq(
		    nd_icmp_decode(&icmp, AF_INET, data, len + 8), ND_WIRE_OK);
		cr_assert_eq(icmp.kind, ND_ICMP_ECHO_REQUEST);
		cr_assert_eq(icmp.ident, ident);
		cr_assert_eq(icmp.seq, seq);
		cr_assert_eq(icmp.body_len, len);
		cr_assert_eq(memcmp(icmp.body, payload, len), 0);
	}
}

Test(icmp, writes_no_echo_without_room)
{
	uint8_t payload[5] = {0};

	for (size_t room = 0; room < 13; room++) {
		uint8_t *data = malloc(room);
		struct nd_wbuf w = nd_wbuf_init(data, room);

		cr_assert_eq(
		    nd_icmp_echo_put(&w, AF_INET, 1, 2, payload, 5), 0);
		cr_assert(w.bad);
		free(data);
	}
}
