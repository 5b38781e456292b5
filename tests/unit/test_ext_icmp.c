/* SPDX-License-Identifier: MIT */
/* lib/wire/ext.h: where in a message extensions are, with a length or not. */
#include "wire/ext.h"

#include "ext_bytes.h"

#include <sys/socket.h>

struct message {
	uint8_t data[512];
	size_t len;
};

/*
 * A time exceeded of family AF with LENGTH in its length field, a quote that
 * takes up PADDED bytes, and the extensions that HEX spells.
 */
static void
compose(struct message *m, int af, uint8_t length, size_t padded,
    const char *hex, bool sum)
{
	size_t len, quote_len;
	uint8_t *ext = packet_hex(hex, &len);
	uint8_t *quote =
	    packet_hex(af == AF_INET ? IP4_UDP UDP4 : IP6_UDP UDP6, &quote_len);

	if (sum)
		ext_make_sum(ext, len);
	memset(m, 0, sizeof(*m));
	m->data[0] = af == AF_INET ? 11 : 3;
	m->data[af == AF_INET ? 5 : 4] = length;
	memcpy(m->data + 8, quote, quote_len < padded ? quote_len : padded);
	memcpy(m->data + 8 + padded, ext, len);
	m->len = 8 + padded + len;
	free(ext);
	free(quote);
}

/* Decodes the message, of whatever checksum, and the extensions in it. */
static enum nd_wire
decode_message(struct nd_ext *ext, int af, const struct message *m)
{
	uint8_t *copy = packet_copy(m->data, m->len);
	struct nd_ext before;
	struct nd_icmp icmp;
	enum nd_wire status;
	uint16_t sum;

	copy[2] = copy[3] = 0;
	sum = nd_sum_fold(nd_sum(0, copy, m->len));
	copy[2] = (uint8_t)(sum >> 8);
	copy[3] = (uint8_t)sum;
	cr_assert_eq(nd_icmp_decode(&icmp, af, copy, m->len), ND_WIRE_OK);
	memset(ext, 0xa5, sizeof(*ext));
	memcpy(&before, ext, sizeof(before));
	status = nd_ext_decode_icmp(ext, af, &icmp);
	if (status != ND_WIRE_OK)
		cr_assert_eq(memcmp(ext, &before, sizeof(before)), 0);
	free(copy);
	return status;
}

Test(ext_icmp, begin_where_the_length_field_says)
{
	struct message m;
	struct nd_ext ext;

	for (int i = 0; i < 2; i++) {
		int af = i == 0 ? AF_INET : AF_INET6;
		size_t unit = i == 0 ? 4 : 8;

		for (size_t quote = 128; quote <= 256; quote += unit) {
			compose(&m, af, (uint8_t)(quote / unit), quote,
			    HEAD MPLS_2, quote % 16 != 0);
			cr_assert_eq(decode_message(&ext, af, &m), ND_WIRE_OK);
			cr_assert_eq(ext.quote_len, quote);
			cr_assert_eq(ext.n_labels, 2);
			cr_assert_not(ext.legacy);
		}
	}
}

Test(ext_icmp, with_a_length_field_what_is_wrong_is_told)
{
	struct message m;
	struct nd_ext ext;

	compose(&m, AF_INET, 32, 128, "1000 0000" MPLS_1, false);
	cr_assert_eq(decode_message(&ext, AF_INET, &m), ND_WIRE_VERSION);
	compose(&m, AF_INET, 32, 128, "2000 0001" MPLS_1, false);
	cr_assert_eq(decode_message(&ext, AF_INET, &m), ND_WIRE_CHECKSUM);
	compose(&m, AF_INET, 32, 128, "2000", false);
	cr_assert_eq(decode_message(&ext, AF_INET, &m), ND_WIRE_TRUNCATED);
	compose(&m, AF_INET, 32, 128, HEAD, false);
	cr_assert_eq(decode_message(&ext, AF_INET, &m), ND_WIRE_OK);
	cr_assert_eq(ext.n_labels, 0);
	compose(&m, AF_INET, 32, 128, HEAD "0003 0101", false);
	cr_assert_eq(decode_message(&ext, AF_INET, &m), ND_WIRE_OK);
	cr_assert(ext.malformed);
}

Test(ext_icmp, legacy_form)
{
	struct message m;
	struct nd_ext ext;

	for (int i = 0; i < 2; i++) {
		int af = i == 0 ? AF_INET : AF_INET6;

		for (int sum = 0; sum < 2; sum++) {
			compose(&m, af, 0, 128, HEAD MPLS_2, sum);
			cr_assert_eq(decode_message(&ext, af, &m), ND_WIRE_OK);
			cr_assert(ext.legacy);
			cr_assert_eq(ext.quote_len, 128);
			cr_assert_eq(ext.n_labels, 2);
			cr_assert_eq(ext.has_checksum, sum);
		}
	}
}

Test(ext_icmp, legacy_form_has_to_fit)
{
	static const char *const cases[] = {
	    "", HEAD,		     /* no object */
	    "2000 dfff",	     /* the same with a checksum */
	    "1000 0000" MPLS_1,	     /* version 1 */
	    "2000 0001" MPLS_1,	     /* a wrong checksum */
	    HEAD MPLS_1 "0003 0101", /* objects that do not fit */
	    HEAD MPLS_1 "00", HEAD "000a 0101 03e8 1049 03e8",
	    "2020 2020 2020 2020", /* a payload of blanks */
	};
	struct message m;
	struct nd_ext ext;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		compose(&m, AF_INET, 0, 128, cases[i], false);
		cr_assert_eq(decode_message(&ext, AF_INET, &m), ND_WIRE_TYPE,
		    "case %zu", i);
	}
	/* Half an object is let pass where the checksum says so. */
	compose(&m, AF_INET, 0, 128, HEAD MPLS_1 "0003 0101", true);
	cr_assert_eq(decode_message(&ext, AF_INET, &m), ND_WIRE_OK);
	cr_assert(ext.malformed);
}

Test(ext_icmp, every_offset_but_128_is_a_quote)
{
	struct message m;
	struct nd_ext ext;

	for (size_t padded = 28; padded <= 256; padded++) {
		compose(&m, AF_INET, 0, padded, HEAD MPLS_2, true);
		cr_assert_eq(decode_message(&ext, AF_INET, &m),
		    padded == 128 ? ND_WIRE_OK : ND_WIRE_TYPE, "%zu bytes",
		    padded);
	}
}

Test(ext_icmp, wrong_length_fields)
{
	struct message m;
	struct nd_ext ext;

	/* The length of the quote without its padding. */
	compose(&m, AF_INET, 44 / 4, 128, HEAD MPLS_2, true);
	cr_assert_eq(decode_message(&ext, AF_INET, &m), ND_WIRE_OK);
	cr_assert_eq(ext.quote_len, 128);
	cr_assert(ext.legacy);
	/* The same, and there is none. */
	compose(&m, AF_INET, 44 / 4, 44, HEAD MPLS_2, true);
	cr_assert_eq(decode_message(&ext, AF_INET, &m), ND_WIRE_OK);
	cr_assert_eq(ext.quote_len, 44);
	compose(&m, AF_INET, 44 / 4, 44, "2000 0001" MPLS_2, false);
	cr_assert_eq(decode_message(&ext, AF_INET, &m), ND_WIRE_TYPE);
	/* In bytes; in words of 4 bytes in IPv6; past the end. */
	compose(&m, AF_INET, 128, 128, HEAD MPLS_2, true);
	cr_assert_eq(decode_message(&ext, AF_INET, &m), ND_WIRE_OK);
	compose(&m, AF_INET6, 32, 128, HEAD MPLS_2, true);
	cr_assert_eq(decode_message(&ext, AF_INET6, &m), ND_WIRE_OK);
	cr_assert_eq(ext.quote_len, 128);
	/* In words of 4 bytes, and long enough for it to be taken as meant. */
	compose(&m, AF_INET6, 17, 128, HEAD MPLS_2 IFACE4, true);
	cr_assert_eq(decode_message(&ext, AF_INET6, &m), ND_WIRE_OK);
	cr_assert_eq(ext.quote_len, 128);
	cr_assert_eq(ext.n_interfaces, 1);
	/* All of the body is the quote. */
	compose(&m, AF_INET, 32, 128, "", false);
	cr_assert_eq(decode_message(&ext, AF_INET, &m), ND_WIRE_TYPE);
}

/* RFC 4884 section 4: no other message has them. */
Test(ext_icmp, only_in_the_messages_that_may_have_them)
{
	static const uint8_t v4[] = {3, 11, 12}, v6[] = {1, 3};
	struct nd_ext ext;
	struct message m;

	for (unsigned type = 0; type <= 255; type++) {
		compose(&m, AF_INET, 0, 128, HEAD MPLS_2, true);
		m.data[0] = (uint8_t)type;
		cr_assert_eq(decode_message(&ext, AF_INET, &m),
		    memchr(v4, (int)type, 3) != NULL ? ND_WIRE_OK
						     : ND_WIRE_TYPE);
		compose(&m, AF_INET6, 0, 128, HEAD MPLS_2, true);
		m.data[0] = (uint8_t)type;
		cr_assert_eq(decode_message(&ext, AF_INET6, &m),
		    memchr(v6, (int)type, 2) != NULL ? ND_WIRE_OK
						     : ND_WIRE_TYPE);
	}
	/* Fragmentation needed is an unreachable; so is reassembly a timeout.
	 */
	compose(&m, AF_INET, 32, 128, HEAD MPLS_2, true);
	m.data[0] = 3;
	m.data[1] = 4;
	cr_assert_eq(decode_message(&ext, AF_INET, &m), ND_WIRE_OK);
	compose(&m, AF_INET6, 16, 128, HEAD MPLS_2, true);
	m.data[1] = 1;
	cr_assert_eq(decode_message(&ext, AF_INET6, &m), ND_WIRE_OK);
}

Test(ext_icmp, every_truncation_of_a_message)
{
	struct message m, part;
	struct nd_ext ext;

	compose(&m, AF_INET, 32, 128, HEAD MPLS_2, false);
	part = m;
	for (size_t n = 8; n <= m.len; n++) {
		enum nd_wire want = ND_WIRE_OK;

		part.len = n;
		if (n <= 8 + 128) /* its length field is past the end */
			want = ND_WIRE_TYPE;
		else if (n < 8 + 128 + 4)
			want = ND_WIRE_TRUNCATED;
		cr_assert_eq(
		    decode_message(&ext, AF_INET, &part), want, "%zu bytes", n);
	}
}
