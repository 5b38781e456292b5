/* SPDX-License-Identifier: MIT */
/* lib/wire/tcp.h: segments, SYNs, sequence numbers. */
#include "wire/tcp.h"

#include "packets.h"
#include "prng.h"

#include <sys/socket.h>

static const uint8_t addr4[2][4] = {{192, 0, 2, 1}, {192, 0, 2, 2}};
static const uint8_t addr6[2][16] = {
    {0x20, 0x01, 0x0d, 0xb8, [15] = 1}, {0x20, 0x01, 0x0d, 0xb8, [15] = 2}};

/* A handshake of Linux with ECN, the ports 40001 and 443. */
#define SYN4                                                                   \
	"9c41 01bb ca78 fc37 0000 0000 a0c2 faf0 6c66 0000"                    \
	"0204 05b4 0402 080a 1af2 dc42 0000 0000 0103 030a"
#define SYNACK4                                                                \
	"01bb 9c41 6323 5917 ca78 fc38 a052 fe88 c976 0000"                    \
	"0204 05b4 0402 080a 71ce 71bd 1af2 dc42 0103 030a"
#define FIN4                                                                   \
	"9c41 01bb ca78 fc38 6323 5918 8011 003f f6ce 0000"                    \
	"0101 080a 1af2 dc42 71ce 71bd"
#define RST4 "01bc 9c42 0000 0000 1030 940d 5014 0000 e990 0000"
#define SYN6                                                                   \
	"9c41 01bb 7b9e db08 0000 0000 a0c2 fd20 1b75 0000"                    \
	"0204 05a0 0402 080a f765 e73c 0000 0000 0103 030a"
#define SYNACK6                                                                \
	"01bb 9c41 69d3 8d43 7b9e db09 a052 fb04 9ed0 0000"                    \
	"0204 05a0 0402 080a 4c29 3bef f765 e73c 0103 030a"
#define RST6 "01bc 9c42 0000 0000 3106 ffaf 5014 0000 85a7 0000"
/* Others, on a link that leaves checksums to the hardware. */
#define SYNACK4_UNFINISHED                                                     \
	"01bb 9c41 4c93 4b19 b3e8 edc6 a052 fe88 8432 0000"                    \
	"0204 05b4 0402 080a 71ce 131a 1af2 7d9f 0103 030a"
#define SYNACK6_UNFINISHED                                                     \
	"01bb 9c41 5382 19ee 654d 63dc a052 fb04 5ba3 0000"                    \
	"0204 05a0 0402 080a 4c28 de53 f765 89a0 0103 030a"

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
decode(struct nd_tcp *tcp, int af, int from, const uint8_t *data, size_t len)
{
	const uint8_t *src = from == 0 ? NULL : addr(af, from);
	const uint8_t *dst = from == 0 ? NULL : addr(af, 3 - from);
	uint8_t *copy = packet_copy(data, len);
	struct nd_tcp before;
	enum nd_wire status;

	memset(tcp, 0xa5, sizeof(*tcp));
	memcpy(&before, tcp, sizeof(before));
	status = nd_tcp_decode(tcp, af, src, dst, copy, len);
	if (status != ND_WIRE_OK) {
		cr_assert_eq(memcmp(tcp, &before, sizeof(before)), 0);
	} else {
		cr_assert(tcp->payload >= copy + 20);
		cr_assert_eq(tcp->payload + tcp->payload_len, copy + len);
	}
	free(copy);
	return status;
}

static enum nd_wire
decode_hex(struct nd_tcp *tcp, int af, int from, const char *hex)
{
	size_t len;
	uint8_t *data = packet_hex(hex, &len);
	enum nd_wire status = decode(tcp, af, from, data, len);

	free(data);
	return status;
}

Test(tcp, syn_of_linux)
{
	struct nd_tcp tcp;

	cr_assert_eq(decode_hex(&tcp, AF_INET, 1, SYN4), ND_WIRE_OK);
	cr_assert_eq(tcp.sport, 40001);
	cr_assert_eq(tcp.dport, 443);
	cr_assert_eq(tcp.seq, 0xca78fc37);
	cr_assert_eq(tcp.ack, 0);
	cr_assert_eq(tcp.flags, ND_TCP_SYN | ND_TCP_ECE | ND_TCP_CWR);
	cr_assert_eq(tcp.window, 64240);
	cr_assert_eq(tcp.checksum, 0x6c66);
	cr_assert_eq(tcp.urgent, 0);
	cr_assert_not(tcp.unfinished);
	cr_assert_not(tcp.bad_options);
	cr_assert_eq(tcp.mss, 1460);
	cr_assert(tcp.has_wscale);
	cr_assert_eq(tcp.wscale, 10);
	cr_assert(tcp.sack);
	cr_assert(tcp.has_timestamps);
	cr_assert_eq(tcp.tsval, 0x1af2dc42);
	cr_assert_eq(tcp.tsecr, 0);
	cr_assert_eq(tcp.payload_len, 0);
}

Test(tcp, syn_ack_of_linux)
{
	struct nd_tcp tcp;

	cr_assert_eq(decode_hex(&tcp, AF_INET, 2, SYNACK4), ND_WIRE_OK);
	cr_assert_eq(tcp.flags, ND_TCP_SYN | ND_TCP_ACK | ND_TCP_ECE);
	cr_assert_eq(tcp.seq, 0x63235917);
	cr_assert_eq(tcp.ack, 0xca78fc38);
	cr_assert_eq(tcp.tsval, 0x71ce71bd);
	cr_assert_eq(tcp.tsecr, 0x1af2dc42);
	cr_assert_eq(tcp.mss, 1460);
	cr_assert_not(tcp.unfinished);
	cr_assert_eq(decode_hex(&tcp, AF_INET6, 1, SYN6), ND_WIRE_OK);
	cr_assert_eq(tcp.mss, 1440);
	cr_assert_eq(decode_hex(&tcp, AF_INET6, 2, SYNACK6), ND_WIRE_OK);
	cr_assert_eq(tcp.ack, 0x7b9edb09);
	cr_assert_eq(tcp.tsecr, 0xf765e73c);
	cr_assert_eq(tcp.window, 0xfb04);
}

Test(tcp, segments_without_options_of_the_handshake)
{
	struct nd_tcp tcp;

	cr_assert_eq(decode_hex(&tcp, AF_INET, 2, RST4), ND_WIRE_OK);
	cr_assert_eq(tcp.flags, ND_TCP_RST | ND_TCP_ACK);
	cr_assert_eq(tcp.ack, 0x1030940d);
	cr_assert_not(tcp.has_timestamps);
	cr_assert_not(tcp.has_wscale);
	cr_assert_not(tcp.sack);
	cr_assert_eq(tcp.mss, 0);
	cr_assert_eq(decode_hex(&tcp, AF_INET6, 2, RST6), ND_WIRE_OK);
	cr_assert_eq(tcp.flags, ND_TCP_RST | ND_TCP_ACK);
	cr_assert_eq(decode_hex(&tcp, AF_INET, 1, FIN4), ND_WIRE_OK);
	cr_assert_eq(tcp.flags, ND_TCP_FIN | ND_TCP_ACK);
	cr_assert(tcp.has_timestamps);
	cr_assert_eq(tcp.tsecr, 0x71ce71bd);
}

Test(tcp, a_checksum_left_to_the_hardware_is_let_pass)
{
	struct nd_tcp tcp;

	cr_assert_eq(
	    decode_hex(&tcp, AF_INET, 2, SYNACK4_UNFINISHED), ND_WIRE_OK);
	cr_assert(tcp.unfinished);
	cr_assert_eq(
	    decode_hex(&tcp, AF_INET6, 2, SYNACK6_UNFINISHED), ND_WIRE_OK);
	cr_assert(tcp.unfinished);
	cr_assert_eq(
	    decode_hex(&tcp, AF_INET, 0, SYNACK4_UNFINISHED), ND_WIRE_OK);
	cr_assert_not(tcp.unfinished);
}

Test(tcp, the_checksum_covers_every_bit)
{
	static const char *const hex[] = {SYN4, SYN6};

	for (size_t i = 0; i < 2; i++) {
		int af = i == 0 ? AF_INET : AF_INET6;
		size_t len;
		uint8_t *data = packet_hex(hex[i], &len);
		struct nd_tcp tcp;

		for (size_t bit = 0; bit < len * 8; bit++) {
			data[bit / 8] ^= (uint8_t)(1 << bit % 8);
			cr_assert_neq(
			    decode(&tcp, af, 1, data, len), ND_WIRE_OK);
			if (bit / 8 != 12)
				cr_assert_eq(
				    decode(&tcp, af, 0, data, len), ND_WIRE_OK);
			data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		cr_assert_eq(nd_tcp_decode(
				 &tcp, af, addr(af, 1), addr(af, 1), data, len),
		    ND_WIRE_CHECKSUM);
		free(data);
	}
}

Test(tcp, every_truncation)
{
	size_t len;
	uint8_t *data = packet_hex(SYN4, &len);
	struct nd_tcp tcp;

	for (size_t n = 0; n < len; n++) {
		cr_assert_eq(
		    decode(&tcp, AF_INET, 1, data, n), ND_WIRE_TRUNCATED);
		cr_assert_eq(
		    decode(&tcp, AF_INET6, 0, data, n), ND_WIRE_TRUNCATED);
	}
	free(data);
	cr_assert_eq(nd_tcp_decode(&tcp, AF_INET, NULL, NULL, NULL, 0),
	    ND_WIRE_TRUNCATED);
}

Test(tcp, every_data_offset)
{
	uint8_t data[80] = {0};
	struct nd_tcp tcp;

	for (uint8_t words = 0; words <= 15; words++) {
		size_t header = (size_t)words * 4;

		data[12] = (uint8_t)(words << 4 | 0xf);
		for (size_t len = 20; len <= sizeof(data); len++) {
			enum nd_wire want = ND_WIRE_OK;

			if (words < 5)
				want = ND_WIRE_LENGTH;
			else if (header > len)
				want = ND_WIRE_TRUNCATED;
			cr_assert_eq(decode(&tcp, AF_INET, 0, data, len), want,
			    "header %zu of %zu", header, len);
			if (want == ND_WIRE_OK)
				cr_assert_eq(tcp.payload_len, len - header);
		}
	}
}

Test(tcp, only_two_families)
{
	struct nd_tcp tcp;

	cr_assert_eq(decode_hex(&tcp, AF_UNIX, 0, SYN4), ND_WIRE_VERSION);
}

static size_t
put(uint8_t *data, size_t room, const struct nd_tcp *tcp, int af,
    enum nd_tcp_syn_options options)
{
	struct nd_wbuf w = nd_wbuf_init(data, room);
	size_t n =
	    nd_tcp_syn_put(&w, tcp, af, addr(af, 1), addr(af, 2), options);

	cr_assert_eq(n, nd_wbuf_len(&w));
	cr_assert_eq(w.bad, n == 0);
	return n;
}

Test(tcp, writes_the_syn_that_linux_wrote)
{
	static const char *const hex[] = {SYN4, SYN6};

	for (size_t i = 0; i < 2; i++) {
		int af = i == 0 ? AF_INET : AF_INET6;
		struct nd_tcp tcp;
		uint8_t data[40];

		cr_assert_eq(decode_hex(&tcp, af, 1, hex[i]), ND_WIRE_OK);
		cr_assert_eq(put(data, 40, &tcp, af, ND_TCP_SYN_LINUX), 40);
		cr_assert(packet_is(data, 40, hex[i]));
	}
}

Test(tcp, writes_smaller_syns)
{
	struct nd_tcp tcp = {
	    .sport = 40001,
	    .dport = 443,
	    .seq = 0xfffffff0,
	    .ack = 7,
	    .flags = 0xff & ~ND_TCP_CWR,
	    .window = 1024,
	    .urgent = 7,
	    .mss = 536,
	    .wscale = 7,
	    .tsval = 7,
	};
	struct nd_tcp again;
	uint8_t data[40];

	cr_assert_eq(put(data, 40, &tcp, AF_INET, ND_TCP_SYN_MSS), 24);
	cr_assert(packet_is(data, 16,
	    "9c41 01bb ffff fff0 0000 0000"
	    "6042 0400"));
	cr_assert(packet_is(data + 18, 6, "0000 0204 0218"));
	cr_assert_eq(decode(&again, AF_INET, 1, data, 24), ND_WIRE_OK);
	tcp.flags = 0;
	cr_assert_eq(put(data, 40, &tcp, AF_INET6, ND_TCP_SYN_BARE), 20);
	cr_assert(packet_is(data, 16,
	    "9c41 01bb ffff fff0 0000 0000"
	    "5002 0400"));
	cr_assert(packet_is(data + 18, 2, "0000"));
	cr_assert_eq(decode(&again, AF_INET6, 1, data, 20), ND_WIRE_OK);
}

Test(tcp, reads_any_syn_that_it_wrote)
{
	uint64_t seed = 9293;

	for (int i = 0; i < 6000; i++) {
		int af = i % 2 == 0 ? AF_INET : AF_INET6;
		enum nd_tcp_syn_options options =
		    (enum nd_tcp_syn_options)(i % 3);
		struct nd_tcp tcp = {
		    .sport = (uint16_t)prng(&seed),
		    .dport = (uint16_t)prng(&seed),
		    .seq = (uint32_t)prng(&seed),
		    .flags = (uint8_t)prng(&seed) & 0xc0,
		    .window = (uint16_t)prng(&seed),
		    .mss = (uint16_t)prng(&seed),
		    .wscale = (uint8_t)prng_in(&seed, 0, 14),
		    .tsval = (uint32_t)prng(&seed),
		};
		bool all = options == ND_TCP_SYN_LINUX;
		bool mss = options != ND_TCP_SYN_BARE;
		struct nd_tcp again;
		uint8_t data[40];
		size_t n = put(data, sizeof(data), &tcp, af, options);

		cr_assert_eq(decode(&again, af, 1, data, n), ND_WIRE_OK);
		cr_assert_not(again.unfinished);
		cr_assert_not(again.bad_options);
		cr_assert_eq(again.sport, tcp.sport);
		cr_assert_eq(again.dport, tcp.dport);
		cr_assert_eq(again.seq, tcp.seq);
		cr_assert_eq(again.ack, 0);
		cr_assert_eq(again.flags, tcp.flags | ND_TCP_SYN);
		cr_assert_eq(again.window, tcp.window);
		cr_assert_eq(again.mss, mss ? tcp.mss : 0);
		cr_assert_eq(again.sack, all);
		cr_assert_eq(again.has_wscale, all);
		cr_assert_eq(again.wscale, all ? tcp.wscale : 0);
		cr_assert_eq(again.has_timestamps, all);
		cr_assert_eq(again.tsval, all ? tcp.tsval : 0);
		cr_assert_eq(again.tsecr, 0);
		cr_assert_eq(again.payload_len, 0);
	}
}

Test(tcp, writes_no_syn_without_room)
{
	struct nd_tcp tcp = {0};

	for (size_t room = 0; room < 40; room++) {
		uint8_t *data = malloc(room);

		cr_assert_eq(
		    put(data, room, &tcp, AF_INET, ND_TCP_SYN_LINUX), 0);
		free(data);
	}
}

Test(tcp, sequence_numbers_wrap)
{
	cr_assert_eq(nd_seq_diff(5, 5), 0);
	cr_assert_eq(nd_seq_diff(3, 0xfffffffe), 5);
	cr_assert_eq(nd_seq_diff(0xfffffffe, 3), -5);
	cr_assert(nd_seq_before(0xffffffff, 0));
	cr_assert_not(nd_seq_before(0, 0xffffffff));
	cr_assert_not(nd_seq_before(7, 7));
	cr_assert(nd_seq_before(0, 0x7fffffff));
	cr_assert_not(nd_seq_before(0, 0x80000001));
	cr_assert(nd_seq_within(0xfffffff0, 0xfffffff0, 32));
	cr_assert(nd_seq_within(15, 0xfffffff0, 32));
	cr_assert_not(nd_seq_within(16, 0xfffffff0, 32));
	cr_assert_not(nd_seq_within(0xffffffef, 0xfffffff0, 32));
	cr_assert_not(nd_seq_within(0, 0, 0));
}
