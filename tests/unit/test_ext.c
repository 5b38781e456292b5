/* SPDX-License-Identifier: MIT */
/* lib/wire/ext.h: what is in an extension structure. */
#include "wire/ext.h"

#include "ext_bytes.h"
#include "prng.h"

#include <stdio.h>
#include <sys/socket.h>

/* Decodes the LEN bytes at DATA from a buffer of just that size. */
static enum nd_wire
decode(struct nd_ext *ext, const uint8_t *data, size_t len)
{
	uint8_t *copy = packet_copy(data, len);
	struct nd_ext before;
	enum nd_wire status;

	memset(ext, 0xa5, sizeof(*ext));
	memcpy(&before, ext, sizeof(before));
	status = nd_ext_decode(ext, copy, len);
	if (status != ND_WIRE_OK) {
		cr_assert_eq(memcmp(ext, &before, sizeof(before)), 0);
	} else {
		cr_assert_leq(ext->n_labels, ND_EXT_LABELS);
		cr_assert_leq(ext->n_interfaces, ND_EXT_INTERFACES);
	}
	free(copy);
	return status;
}

static enum nd_wire
decode_hex(struct nd_ext *ext, const char *hex)
{
	size_t len;
	uint8_t *data = packet_hex(hex, &len);
	enum nd_wire status = decode(ext, data, len);

	free(data);
	return status;
}

Test(ext, mpls_labels)
{
	struct nd_ext ext;

	cr_assert_eq(decode_hex(&ext, HEAD MPLS_2), ND_WIRE_OK);
	cr_assert_eq(ext.n_labels, 2);
	cr_assert_eq(ext.label[0].label, 16001);
	cr_assert_eq(ext.label[0].tc, 0);
	cr_assert_not(ext.label[0].s);
	cr_assert_eq(ext.label[0].ttl, 1);
	cr_assert_eq(ext.label[1].label, 299776);
	cr_assert_eq(ext.label[1].tc, 3);
	cr_assert(ext.label[1].s);
	cr_assert_eq(ext.label[1].ttl, 9);
	cr_assert_eq(ext.n_interfaces, 0);
	cr_assert_eq(ext.n_unknown, 0);
	cr_assert_not(ext.has_checksum);
	cr_assert_not(ext.malformed);
	cr_assert_not(ext.cut);
	cr_assert_not(ext.legacy);
	cr_assert_eq(decode_hex(&ext, HEAD "0008 0101 ffff feff"), ND_WIRE_OK);
	cr_assert_eq(ext.label[0].label, 0xfffff);
	cr_assert_eq(ext.label[0].tc, 7);
	cr_assert_not(ext.label[0].s);
	cr_assert_eq(ext.label[0].ttl, 255);
}

Test(ext, labels_of_all_objects_are_one_stack)
{
	struct nd_ext ext;

	cr_assert_eq(decode_hex(&ext, HEAD MPLS_1 "0004 0101" IFACE6 MPLS_2),
	    ND_WIRE_OK);
	cr_assert_eq(ext.n_labels, 3);
	cr_assert_eq(ext.label[0].ttl, 0x49);
	cr_assert_eq(ext.label[2].label, 299776);
	cr_assert_eq(ext.n_interfaces, 1);
	cr_assert_not(ext.malformed);
}

Test(ext, interface_information)
{
	struct nd_ext ext;
	const struct nd_ext_interface *i = &ext.interface[0];

	cr_assert_eq(decode_hex(&ext, HEAD IFACE4 IFACE6), ND_WIRE_OK);
	cr_assert_eq(ext.n_interfaces, 2);
	cr_assert_eq(i[0].role, ND_EXT_INCOMING);
	cr_assert_eq(i[0].ifindex, 7);
	cr_assert_eq(i[0].af, AF_INET);
	cr_assert(packet_is(
	    i[0].addr, 16, "0a00 2102 0000 0000 0000 0000 0000 0000"));
	cr_assert_eq(i[0].name_len, 8);
	cr_assert_eq(memcmp(i[0].name, "ge-0/0/1", 8), 0);
	cr_assert_eq(i[0].mtu, 1500);
	cr_assert_eq(i[1].role, ND_EXT_OUTGOING);
	cr_assert_eq(i[1].ifindex, 0);
	cr_assert_eq(i[1].af, AF_INET6);
	cr_assert(packet_is(
	    i[1].addr, 16, "fd00 0033 0000 0000 0000 0000 0000 0002"));
	cr_assert_eq(i[1].name_len, 0);
	cr_assert_eq(i[1].mtu, 0);
	cr_assert_not(ext.malformed);
}

Test(ext, every_role_and_every_set_of_parts)
{
	for (unsigned type = 0; type <= 255; type++) {
		bool index = (type & 8) != 0, address = (type & 4) != 0;
		bool name = (type & 2) != 0, mtu = (type & 1) != 0;
		char hex[128];
		struct nd_ext ext;
		int size = 4 + 4 * index + 8 * address + 4 * name + 4 * mtu;

		(void)snprintf(hex, sizeof(hex), HEAD "%04x02%02x%s%s%s%s",
		    (unsigned)size, type, index ? "00010203" : "",
		    address ? "00010000c0000263" : "", name ? "04657468" : "",
		    mtu ? "00002328" : "");
		cr_assert_eq(decode_hex(&ext, hex), ND_WIRE_OK);
		cr_assert_not(ext.malformed);
		cr_assert_eq(ext.n_interfaces, 1);
		cr_assert_eq((unsigned)ext.interface[0].role, type >> 6);
		cr_assert_eq(ext.interface[0].ifindex, index ? 0x10203u : 0u);
		cr_assert_eq(ext.interface[0].af, address ? AF_INET : 0);
		cr_assert_eq(ext.interface[0].addr[3], address ? 99 : 0);
		cr_assert_eq(ext.interface[0].name_len, name ? 3 : 0);
		cr_assert_eq(ext.interface[0].mtu, mtu ? 9000u : 0u);
	}
}

/* Any length of a name before an MTU, in an object of any length. */
Test(ext, every_name_length)
{
	uint8_t data[4 + 4 + 80] = {0x20, 0, 0, 0, 0, 0, 2, 0x03};
	struct nd_ext ext;

	memset(data + 8, 'x', 80);
	for (unsigned size = 0; size <= 255; size++) {
		data[8] = (uint8_t)size;
		for (uint8_t room = 1; room <= 80; room++) {
			bool good = size > 0 && size % 4 == 0 && size <= 64 &&
				    size <= room;
			bool mtu = good && size + 4 <= room;

			data[5] = (uint8_t)(4 + room);
			cr_assert_eq(
			    decode(&ext, data, (size_t)8 + room), ND_WIRE_OK);
			cr_assert_eq(ext.malformed, !mtu);
			cr_assert_eq(ext.n_interfaces, 1);
			cr_assert_eq(ext.interface[0].name_len,
			    good ? size - 1 : 0, "%u of %u", size, room);
			cr_assert_eq(
			    ext.interface[0].mtu, mtu ? 0x78787878u : 0u);
		}
	}
}

Test(ext, names_are_any_bytes)
{
	struct nd_ext ext;

	/* Only the padding goes; one of zeros alone is none. */
	cr_assert_eq(
	    decode_hex(&ext, HEAD "000c 0202 081b 5b00 ff0a 0000"), ND_WIRE_OK);
	cr_assert_eq(ext.interface[0].name_len, 5);
	cr_assert(packet_is(ext.interface[0].name, 5, "1b5b 00ff 0a"));
	cr_assert_eq(decode_hex(&ext, HEAD "0008 0202 0400 0000"), ND_WIRE_OK);
	cr_assert_eq(ext.interface[0].name_len, 0);
	cr_assert_not(ext.malformed);
}

Test(ext, a_wrong_part_hides_what_follows_it)
{
	struct nd_ext ext;
	const struct nd_ext_interface *i = &ext.interface[0];

	/* An address of an unknown family; one that is cut; an index too. */
	cr_assert_eq(
	    decode_hex(&ext, HEAD
		"0014 020d 0000 0007 0003 0000 0a00 2102 0000 05dc" MPLS_1),
	    ND_WIRE_OK);
	cr_assert(ext.malformed);
	cr_assert_eq(i->ifindex, 7);
	cr_assert_eq(i->af, 0);
	cr_assert_eq(i->mtu, 0);
	cr_assert_eq(ext.n_labels, 1);
	cr_assert_eq(
	    decode_hex(&ext, HEAD "000c 0206 0002 0000 0461 6263" MPLS_1),
	    ND_WIRE_OK);
	cr_assert(ext.malformed);
	cr_assert_eq(i->af, 0);
	cr_assert_eq(i->name_len, 0);
	cr_assert_eq(ext.n_labels, 1);
	cr_assert_eq(
	    decode_hex(&ext, HEAD "0006 020f 0000" MPLS_1), ND_WIRE_OK);
	cr_assert(ext.malformed);
	cr_assert_eq(i->ifindex, 0);
	cr_assert_eq(ext.n_labels, 1);
}

Test(ext, unknown_objects_are_skipped)
{
	for (unsigned class = 0; class <= 255; class ++) {
		char hex[64];
		struct nd_ext ext;

		(void)snprintf(hex, sizeof(hex),
		    HEAD "000c%02x07dead beef dead beef" MPLS_1, class);
		cr_assert_eq(decode_hex(&ext, hex), ND_WIRE_OK);
		cr_assert_eq(ext.n_labels, 1);
		/* Class 1 has one known type, those of class 2 are bits. */
		cr_assert_eq(ext.n_unknown, class == 2 ? 0 : 1);
		cr_assert_eq(ext.n_interfaces, class == 2 ? 1 : 0);
		cr_assert_eq(ext.malformed, class == 2);
	}
}

Test(ext, more_than_is_kept)
{
	uint8_t data[4 + 4 + 4 * 40] = {0x20, 0, 0, 0, 0, 0, 1, 1};
	struct nd_ext ext;

	for (uint8_t n = 0; n <= 40; n++) {
		data[5] = (uint8_t)(4 + 4 * n);
		if (n > 0)
			data[8 + 4 * n - 1] = n;
		cr_assert_eq(decode(&ext, data, (size_t)8 + 4 * n), ND_WIRE_OK);
		cr_assert_eq(ext.n_labels, n > 16 ? 16 : n);
		cr_assert_eq(ext.cut, n > 16);
		cr_assert_not(ext.malformed);
		for (size_t k = 0; k < ext.n_labels; k++)
			cr_assert_eq(ext.label[k].ttl, k + 1);
	}
	cr_assert_eq(
	    decode_hex(&ext, HEAD IFACE6 IFACE6 IFACE6 IFACE6), ND_WIRE_OK);
	cr_assert_eq(ext.n_interfaces, 4);
	cr_assert_not(ext.cut);
	cr_assert_eq(decode_hex(&ext, HEAD IFACE6 IFACE6 IFACE6 IFACE6 IFACE4),
	    ND_WIRE_OK);
	cr_assert_eq(ext.n_interfaces, 4);
	cr_assert_eq(ext.interface[3].af, AF_INET6);
	cr_assert(ext.cut);
}

/* Any length of the first of two objects. */
Test(ext, every_object_length)
{
	size_t len;
	uint8_t *data = packet_hex(HEAD MPLS_2 MPLS_1, &len);
	struct nd_ext ext;

	for (unsigned said = 0; said <= 0xffff; said++) {
		data[4] = (uint8_t)(said >> 8);
		data[5] = (uint8_t)said;
		cr_assert_eq(nd_ext_decode(&ext, data, len), ND_WIRE_OK);
		if (said < 4 || said > 20) {
			cr_assert(ext.malformed);
			cr_assert_eq(ext.n_labels, 0);
		} else {
			cr_assert_geq(ext.n_labels, (said - 4) / 4);
		}
	}
	free(data);
}

Test(ext, every_truncation)
{
	size_t len;
	uint8_t *data = packet_hex(HEAD MPLS_2 IFACE4, &len);
	struct nd_ext ext;

	for (size_t n = 0; n <= len; n++) {
		cr_assert_eq(decode(&ext, data, n),
		    n < 4 ? ND_WIRE_TRUNCATED : ND_WIRE_OK);
		if (n < 4)
			continue;
		cr_assert_eq(ext.malformed, n != 4 && n != 16 && n != len);
		cr_assert_eq(ext.n_labels, n < 16 ? 0 : 2);
		cr_assert_eq(ext.n_interfaces, n < len ? 0 : 1);
	}
	free(data);
	cr_assert_eq(nd_ext_decode(&ext, NULL, 0), ND_WIRE_TRUNCATED);
}

Test(ext, labels_of_half_a_word)
{
	struct nd_ext ext;

	cr_assert_eq(decode_hex(&ext, HEAD "000a 0101 03e8 1049 03e8" MPLS_1),
	    ND_WIRE_OK);
	cr_assert(ext.malformed);
	cr_assert_eq(ext.n_labels, 2);
}

Test(ext, only_version_2)
{
	size_t len;
	uint8_t *data = packet_hex(HEAD MPLS_2, &len);
	struct nd_ext ext;

	for (unsigned first = 0; first <= 0xffff; first++) {
		bool good = first >> 12 == 2;

		data[0] = (uint8_t)(first >> 8);
		data[1] = (uint8_t)first;
		data[2] = data[3] = 0;
		cr_assert_eq(nd_ext_decode(&ext, data, len),
		    good ? ND_WIRE_OK : ND_WIRE_VERSION);
		/* In the wrong half of its byte: only with a checksum. */
		ext_make_sum(data, len);
		cr_assert_eq(nd_ext_decode(&ext, data, len),
		    good || first == 0x0200 ? ND_WIRE_OK : ND_WIRE_VERSION);
	}
	free(data);
}

Test(ext, the_checksum_covers_every_bit)
{
	size_t len;
	uint8_t *data = packet_hex(HEAD MPLS_2 IFACE4, &len);
	struct nd_ext ext;

	ext_make_sum(data, len);
	cr_assert_eq(decode(&ext, data, len), ND_WIRE_OK);
	cr_assert(ext.has_checksum);
	cr_assert_eq(ext.n_labels, 2);
	for (size_t bit = 0; bit < len * 8; bit++) {
		data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		cr_assert_neq(decode(&ext, data, len), ND_WIRE_OK);
		data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	free(data);
}

/* What a router wrote comes out as it went in, whatever it wrote. */
Test(ext, random_objects)
{
	uint64_t seed = 5837;

	for (int i = 0; i < 4000; i++) {
		uint8_t data[400];
		struct nd_wbuf w = nd_wbuf_init(data, sizeof(data));
		size_t labels = (size_t)prng_in(&seed, 0, 16);
		size_t name = (size_t)prng_in(&seed, 1, 63);
		size_t padded = (name + 1 + 3) / 4 * 4;
		uint32_t word[16], index = (uint32_t)prng(&seed) | 1;
		struct nd_ext ext;
		const struct nd_ext_interface *iface = &ext.interface[0];

		nd_put32(&w, 0x20000000);
		nd_put16(&w, (uint16_t)(4 + 4 * labels));
		nd_put16(&w, 0x0101);
		for (size_t k = 0; k < labels; k++) {
			word[k] = (uint32_t)prng(&seed);
			nd_put32(&w, word[k]);
		}
		nd_put16(&w, (uint16_t)(8 + padded));
		nd_put16(&w, 0x024a);
		nd_put32(&w, index);
		nd_put8(&w, (uint8_t)padded);
		for (size_t k = 0; k < name; k++)
			nd_put8(&w, (uint8_t)prng_in(&seed, 1, 255));
		nd_put_zero(&w, padded - name - 1);
		ext_make_sum(data, nd_wbuf_len(&w));

		cr_assert_eq(decode(&ext, data, nd_wbuf_len(&w)), ND_WIRE_OK);
		cr_assert_not(ext.malformed);
		cr_assert_eq(ext.n_labels, labels);
		for (size_t k = 0; k < labels; k++) {
			const struct nd_ext_label *l = &ext.label[k];

			cr_assert_eq(l->label << 12 | (uint32_t)l->tc << 9 |
					 (uint32_t)l->s << 8 | l->ttl,
			    word[k]);
		}
		cr_assert_eq(iface->role, ND_EXT_INCOMING_SUB);
		cr_assert_eq(iface->ifindex, index);
		cr_assert_eq(iface->name_len, name);
		cr_assert_eq(memcmp(iface->name,
				 data + nd_wbuf_len(&w) - padded + 1, name),
		    0);
	}
}

/* A structure changed in a few places never gives more than there is. */
Test(ext, random_damage)
{
	uint64_t seed = 4950;
	size_t len;
	uint8_t *data = packet_hex(HEAD MPLS_2 IFACE4 IFACE6, &len);

	for (int i = 0; i < 50000; i++) {
		uint8_t *copy = packet_copy(data, len);
		struct nd_ext ext;

		for (int k = 0; k < 3; k++) {
			size_t at = (size_t)prng_in(&seed, 4, (int)len - 1);

			copy[at] = (uint8_t)prng(&seed);
		}
		cr_assert_eq(decode(&ext, copy, len), ND_WIRE_OK);
		for (size_t k = 0; k < ext.n_interfaces; k++)
			cr_assert_leq(ext.interface[k].name_len, ND_EXT_NAME);
		free(copy);
	}
	free(data);
}
