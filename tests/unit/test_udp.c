/* SPDX-License-Identifier: MIT */
/* lib/wire/udp.h: datagrams of both versions, and checksums of one's choice. */
#include "wire/udp.h"

#include "packets.h"
#include "prng.h"
#include "wire/checksum.h"

#include <netinet/in.h>
#include <sys/socket.h>

static const uint8_t addr4[2][4] = {{192, 0, 2, 1}, {192, 0, 2, 2}};
static const uint8_t addr6[2][16] = {
    {0x20, 0x01, 0x0d, 0xb8, [15] = 1}, {0x20, 0x01, 0x0d, 0xb8, [15] = 2}};

/* As Linux sent them, from port 40000 to 53, and as it answered. */
#define SENT4 "9c40 0035 000f 2c2b 6e65 7464 6961 67"
#define SENT6 "9c40 0035 000f 54ba 6e65 7464 6961 67"
#define ANSWER4 "0035 9c40 000f 83fe 616e 7377 6572 21"
#define ANSWER6 "0035 9c40 000f ac8d 616e 7377 6572 21"
/* The same answers on a link that leaves checksums to the hardware. */
#define ANSWER4_UNFINISHED "0035 9c40 000f 8424 616e 7377 6572 21"
#define ANSWER6_UNFINISHED "0035 9c40 000f 5b95 616e 7377 6572 21"

/* Address 1 or 2 of the packets. */
static const uint8_t *
addr(int af, int n)
{
	return af == AF_INET ? addr4[n - 1] : addr6[n - 1];
}

/*
 * Decodes the LEN bytes at DATA, from address FROM (0: not known) to the other,
 * from a buffer of just that size.
 */
static enum nd_wire
decode(struct nd_udp *udp, int af, int from, const uint8_t *data, size_t len)
{
	const uint8_t *src = from == 0 ? NULL : addr(af, from);
	const uint8_t *dst = from == 0 ? NULL : addr(af, 3 - from);
	uint8_t *copy = packet_copy(data, len);
	struct nd_udp before;
	enum nd_wire status;

	memset(udp, 0xa5, sizeof(*udp));
	memcpy(&before, udp, sizeof(before));
	status = nd_udp_decode(udp, af, src, dst, copy, len);
	if (status != ND_WIRE_OK) {
		cr_assert_eq(memcmp(udp, &before, sizeof(before)), 0);
	} else {
		cr_assert_eq(udp->payload, copy + 8);
		cr_assert_leq(udp->payload_len, len - 8);
	}
	free(copy);
	return status;
}

static enum nd_wire
decode_hex(struct nd_udp *udp, int af, int from, const char *hex)
{
	size_t len;
	uint8_t *data = packet_hex(hex, &len);
	enum nd_wire status = decode(udp, af, from, data, len);

	free(data);
	return status;
}

Test(udp, what_linux_sent)
{
	struct nd_udp udp;

	cr_assert_eq(decode_hex(&udp, AF_INET, 1, SENT4), ND_WIRE_OK);
	cr_assert_eq(udp.sport, 40000);
	cr_assert_eq(udp.dport, 53);
	cr_assert_eq(udp.checksum, 0x2c2b);
	cr_assert_eq(udp.payload_len, 7);
	cr_assert_not(udp.unfinished);
	cr_assert_eq(decode_hex(&udp, AF_INET6, 1, SENT6), ND_WIRE_OK);
	cr_assert_eq(udp.checksum, 0x54ba);
	cr_assert_eq(udp.payload_len, 7);
	cr_assert_not(udp.unfinished);
	cr_assert_eq(decode_hex(&udp, AF_INET, 2, ANSWER4), ND_WIRE_OK);
	cr_assert_eq(udp.sport, 53);
	cr_assert_eq(udp.dport, 40000);
	cr_assert_eq(decode_hex(&udp, AF_INET6, 2, ANSWER6), ND_WIRE_OK);
	cr_assert_eq(udp.sport, 53);
}

Test(udp, a_checksum_left_to_the_hardware_is_let_pass)
{
	struct nd_udp udp;

	cr_assert_eq(
	    decode_hex(&udp, AF_INET, 2, ANSWER4_UNFINISHED), ND_WIRE_OK);
	cr_assert(udp.unfinished);
	cr_assert_eq(
	    decode_hex(&udp, AF_INET6, 2, ANSWER6_UNFINISHED), ND_WIRE_OK);
	cr_assert(udp.unfinished);
}

Test(udp, the_checksum_covers_every_bit)
{
	static const char *const hex[] = {SENT4, SENT6};

	for (size_t i = 0; i < 2; i++) {
		int af = i == 0 ? AF_INET : AF_INET6;
		size_t len;
		uint8_t *data = packet_hex(hex[i], &len);
		struct nd_udp udp;

		for (size_t bit = 0; bit < len * 8; bit++) {
			data[bit / 8] ^= (uint8_t)(1 << bit % 8);
			cr_assert_neq(
			    decode(&udp, af, 1, data, len), ND_WIRE_OK);
			/* Without addresses only lengths are looked at. */
			if (bit / 16 != 2)
				cr_assert_eq(
				    decode(&udp, af, 0, data, len), ND_WIRE_OK);
			data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		free(data);
	}
}

Test(udp, the_checksum_covers_the_addresses)
{
	size_t len;
	uint8_t *data = packet_hex(SENT4, &len);
	uint8_t other4[4] = {192, 0, 2, 3}, other6[16] = {0xfe, 0x80};
	struct nd_udp udp;

	cr_assert_eq(nd_udp_decode(&udp, AF_INET, addr4[0], other4, data, len),
	    ND_WIRE_CHECKSUM);
	cr_assert_eq(nd_udp_decode(&udp, AF_INET, other4, addr4[1], data, len),
	    ND_WIRE_CHECKSUM);
	free(data);
	data = packet_hex(SENT6, &len);
	cr_assert_eq(nd_udp_decode(&udp, AF_INET6, addr6[0], other6, data, len),
	    ND_WIRE_CHECKSUM);
	free(data);
}

/* RFC 768: 0 is none. RFC 8200 section 8.1: there has to be one. */
Test(udp, no_checksum_is_for_v4_only)
{
	const char *hex = "9c40 0035 000f 0000 6e65 7464 6961 67";
	struct nd_udp udp;

	for (int from = 0; from <= 2; from++) {
		cr_assert_eq(decode_hex(&udp, AF_INET, from, hex), ND_WIRE_OK);
		cr_assert_not(udp.unfinished);
		cr_assert_eq(
		    decode_hex(&udp, AF_INET6, from, hex), ND_WIRE_CHECKSUM);
	}
}

Test(udp, every_truncation)
{
	size_t len;
	uint8_t *data = packet_hex(SENT4, &len);
	struct nd_udp udp;

	for (size_t n = 0; n < len; n++) {
		cr_assert_eq(
		    decode(&udp, AF_INET, 1, data, n), ND_WIRE_TRUNCATED);
		cr_assert_eq(
		    decode(&udp, AF_INET6, 0, data, n), ND_WIRE_TRUNCATED);
	}
	free(data);
	cr_assert_eq(nd_udp_decode(&udp, AF_INET, NULL, NULL, NULL, 0),
	    ND_WIRE_TRUNCATED);
}

Test(udp, every_length_field)
{
	uint8_t data[64] = {0};
	struct nd_udp udp;

	for (unsigned said = 0; said <= 0xffff; said++) {
		enum nd_wire want = ND_WIRE_OK;

		data[4] = (uint8_t)(said >> 8);
		data[5] = (uint8_t)said;
		if (said < 8)
			want = ND_WIRE_LENGTH;
		else if (said > sizeof(data))
			want = ND_WIRE_TRUNCATED;
		cr_assert_eq(nd_udp_decode(&udp, AF_INET, addr4[0], addr4[1],
				 data, sizeof(data)),
		    want, "length %u", said);
		if (want == ND_WIRE_OK)
			cr_assert_eq(udp.payload_len, said - 8);
	}
}

Test(udp, bytes_after_its_length_are_left_out)
{
	struct nd_udp udp;

	cr_assert_eq(
	    decode_hex(&udp, AF_INET, 1, SENT4 "dead beef"), ND_WIRE_OK);
	cr_assert_eq(udp.payload_len, 7);
	cr_assert_eq(decode_hex(&udp, AF_INET6, 1, SENT6 "ff"), ND_WIRE_OK);
	cr_assert_eq(udp.payload_len, 7);
}

Test(udp, only_two_families)
{
	struct nd_udp udp;

	cr_assert_eq(decode_hex(&udp, AF_UNIX, 0, SENT4), ND_WIRE_VERSION);
}

static const uint8_t netdiag[7] = {'n', 'e', 't', 'd', 'i', 'a', 'g'};

static size_t
put(uint8_t *data, size_t room, const struct nd_udp *udp, int af,
    enum nd_udp_sum sum)
{
	struct nd_wbuf w = nd_wbuf_init(data, room);
	size_t n = nd_udp_put(&w, udp, af, addr(af, 1), addr(af, 2), sum);

	cr_assert_eq(n, nd_wbuf_len(&w));
	cr_assert_eq(w.bad, n == 0);
	return n;
}

Test(udp, writes_what_linux_wrote)
{
	struct nd_udp udp = {
	    .sport = 40000,
	    .dport = 53,
	    .payload = netdiag,
	    .payload_len = sizeof(netdiag),
	};
	uint8_t data[32];
	size_t n;

	n = put(data, sizeof(data), &udp, AF_INET, ND_UDP_SUM_COMPUTED);
	cr_assert(packet_is(data, n, SENT4));
	n = put(data, sizeof(data), &udp, AF_INET6, ND_UDP_SUM_COMPUTED);
	cr_assert(packet_is(data, n, SENT6));
}

Test(udp, writes_no_checksum)
{
	struct nd_udp udp = {.sport = 40000, .dport = 53, .checksum = 0x1234};
	uint8_t data[8];
	struct nd_wbuf w = nd_wbuf_init(data, sizeof(data));

	cr_assert_eq(
	    nd_udp_put(&w, &udp, AF_INET6, NULL, NULL, ND_UDP_SUM_NONE), 8);
	cr_assert(packet_is(data, 8, "9c40 0035 0008 0000"));
}

/* A payload of two bytes, such that the sum of all comes out as 0xffff. */
Test(udp, a_computed_checksum_of_0_is_sent_as_ffff)
{
	for (int i = 0; i < 2; i++) {
		int af = i == 0 ? AF_INET : AF_INET6;
		uint8_t payload[2] = {0, 0}, data[10];
		struct nd_udp udp = {
		    .sport = 40000,
		    .dport = 53,
		    .payload = payload,
		    .payload_len = 2,
		};

		cr_assert_eq(put(data, 10, &udp, af, ND_UDP_SUM_COMPUTED), 10);
		payload[0] = data[6];
		payload[1] = data[7];
		cr_assert_eq(put(data, 10, &udp, af, ND_UDP_SUM_COMPUTED), 10);
		cr_assert(packet_is(data + 6, 2, "ffff"));
		cr_assert_eq(decode(&udp, af, 1, data, 10), ND_WIRE_OK);
		cr_assert_not(udp.unfinished);
	}
}

/* What the sum of the datagram at DATA, with its pseudo header, comes to. */
static uint32_t
whole_sum(int af, const uint8_t *data, size_t len)
{
	uint32_t acc = af == AF_INET ? nd_sum_pseudo4(addr4[0], addr4[1],
					   IPPROTO_UDP, (uint16_t)len)
				     : nd_sum_pseudo6(addr6[0], addr6[1],
					   IPPROTO_UDP, (uint32_t)len);

	return nd_sum(acc, data, len);
}

/* Every wanted checksum is on the wire, and is the one of what it covers. */
static void
pin_all(int af)
{
	struct nd_udp udp = {
	    .sport = 40000,
	    .dport = 33434,
	    .payload = netdiag,
	    .payload_len = sizeof(netdiag),
	};
	uint8_t data[15], plain[15];
	struct nd_udp again;

	for (uint32_t wanted = 0; wanted <= 0xffff; wanted++) {
		uint16_t sent = wanted == 0 ? 0xffff : (uint16_t)wanted;

		udp.checksum = (uint16_t)wanted;
		cr_assert_eq(
		    put(data, sizeof(data), &udp, af, ND_UDP_SUM_PINNED), 15);
		cr_assert_eq(whole_sum(af, data, 15), 0xffff);
		cr_assert_eq(decode(&again, af, 1, data, 15), ND_WIRE_OK);
		cr_assert_eq(again.checksum, sent);
		cr_assert_not(again.unfinished);
		cr_assert_eq(memcmp(data + 10, netdiag + 2, 5), 0);
		/* A sender that computes it gets the same. */
		again.payload = data + 8;
		(void)put(
		    plain, sizeof(plain), &again, af, ND_UDP_SUM_COMPUTED);
		cr_assert_eq(memcmp(plain, data, 15), 0);
	}
}

Test(udp, pins_every_checksum_in_v4)
{
	pin_all(AF_INET);
}

Test(udp, pins_every_checksum_in_v6)
{
	pin_all(AF_INET6);
}

Test(udp, pins_with_any_payload)
{
	uint64_t seed = 4884;
	uint8_t payload[300], data[308];
	struct nd_udp again;

	for (int i = 0; i < 4000; i++) {
		int af = i % 2 == 0 ? AF_INET : AF_INET6;
		size_t len = (size_t)prng_in(&seed, 2, sizeof(payload));
		struct nd_udp udp = {
		    .sport = (uint16_t)prng(&seed),
		    .dport = (uint16_t)prng(&seed),
		    .checksum = (uint16_t)prng_in(&seed, 1, 0xffff),
		    .payload = payload,
		    .payload_len = len,
		};

		for (size_t k = 0; k < len; k++)
			payload[k] = (uint8_t)prng(&seed);
		cr_assert_eq(
		    put(data, len + 8, &udp, af, ND_UDP_SUM_PINNED), len + 8);
		cr_assert_eq(whole_sum(af, data, len + 8), 0xffff);
		cr_assert_eq(decode(&again, af, 1, data, len + 8), ND_WIRE_OK);
		cr_assert_eq(again.sport, udp.sport);
		cr_assert_eq(again.dport, udp.dport);
		cr_assert_eq(again.checksum, udp.checksum);
		cr_assert_eq(again.payload_len, len);
		cr_assert_eq(memcmp(data + 10, payload + 2, len - 2), 0);
	}
}

Test(udp, writes_nothing_without_room_or_reason)
{
	static uint8_t payload[65528], data[65536];
	struct nd_udp udp = {.payload = payload, .payload_len = 5};
	struct nd_wbuf w;

	for (size_t room = 0; room < 13; room++) {
		uint8_t *small = malloc(room);

		for (int sum = 0; sum <= ND_UDP_SUM_PINNED; sum++)
			cr_assert_eq(put(small, room, &udp, AF_INET,
					 (enum nd_udp_sum)sum),
			    0);
		free(small);
	}
	udp.payload_len = 1; /* one byte cannot make a checksum right */
	cr_assert_eq(put(data, 64, &udp, AF_INET, ND_UDP_SUM_PINNED), 0);
	udp.payload_len = 0;
	cr_assert_eq(put(data, 64, &udp, AF_INET, ND_UDP_SUM_PINNED), 0);
	udp.payload = NULL;
	cr_assert_eq(put(data, 64, &udp, AF_INET, ND_UDP_SUM_COMPUTED), 8);
	udp.payload = payload;
	udp.payload_len = 65527;
	cr_assert_eq(
	    put(data, sizeof(data), &udp, AF_INET6, ND_UDP_SUM_PINNED), 65535);
	udp.payload_len = 65528;
	cr_assert_eq(
	    put(data, sizeof(data), &udp, AF_INET6, ND_UDP_SUM_COMPUTED), 0);
	/* After something else, and a bad buffer stays bad. */
	w = nd_wbuf_init(data, 14);
	nd_put16(&w, 0xabcd);
	udp.payload_len = 4;
	cr_assert_eq(nd_udp_put(&w, &udp, AF_INET, addr4[0], addr4[1],
			 ND_UDP_SUM_PINNED),
	    12);
	cr_assert_eq(nd_wbuf_len(&w), 14);
	cr_assert_eq(nd_udp_put(&w, &udp, AF_INET, addr4[0], addr4[1],
			 ND_UDP_SUM_COMPUTED),
	    0);
	cr_assert(w.bad);
}
