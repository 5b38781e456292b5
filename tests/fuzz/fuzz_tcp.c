/* SPDX-License-Identifier: MIT */
/*
 * What a raw TCP socket receives. Each input is decoded without addresses, and
 * once more in each family with a checksum made right, which a fuzzer does not
 * hit by chance; a SYN of its fields comes out of the encoder as it went in.
 */
#include "fuzz.h"
#include "wire/checksum.h"
#include "wire/ip.h"
#include "wire/tcp.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define CHECKSUM_OFFSET 16u

static const uint8_t src[16] = {192, 0, 2, 1}, dst[16] = {192, 0, 2, 2};

static void
check_tcp(const struct nd_tcp *tcp, const uint8_t *data, size_t size)
{
	size_t header = (size_t)(data[12] >> 4) * 4;
	bool syn = (tcp->flags & ND_TCP_SYN) != 0;

	fuzz_check(tcp->payload == data + header);
	fuzz_check_inside(tcp->payload, tcp->payload_len, data, size);
	fuzz_check(header + tcp->payload_len == size);
	fuzz_check(tcp->wscale <= 14 && (tcp->has_wscale || tcp->wscale == 0));
	fuzz_check(syn || (tcp->mss == 0 && !tcp->has_wscale && !tcp->sack));
	fuzz_check(tcp->has_timestamps || (tcp->tsval == 0 && tcp->tsecr == 0));
	if (header == ND_TCP_HEADER)
		fuzz_check(!tcp->bad_options && !tcp->has_timestamps);
}

static void
syn_again(const struct nd_tcp *tcp, int af, enum nd_tcp_syn_options options)
{
	uint8_t bytes[ND_TCP_SYN_SIZE];
	struct nd_wbuf w = nd_wbuf_init(bytes, sizeof(bytes));
	size_t len = nd_tcp_syn_put(&w, tcp, af, src, dst, options);
	bool all = options == ND_TCP_SYN_LINUX;
	struct nd_tcp again;

	fuzz_check(
	    nd_tcp_decode(&again, af, src, dst, bytes, len) == ND_WIRE_OK);
	check_tcp(&again, bytes, len);
	fuzz_check(!again.unfinished && !again.bad_options);
	fuzz_check(again.sport == tcp->sport && again.dport == tcp->dport);
	fuzz_check(again.seq == tcp->seq && again.ack == 0);
	fuzz_check((again.flags & ND_TCP_SYN) != 0);
	fuzz_check(again.window == tcp->window && again.payload_len == 0);
	fuzz_check(again.mss == (options != ND_TCP_SYN_BARE ? tcp->mss : 0));
	fuzz_check(again.wscale == (all ? tcp->wscale : 0));
	fuzz_check(again.tsval == (all ? tcp->tsval : 0));
}

/* The same segment as one of family AF, intact. */
static void
made_right(int af, const uint8_t *data, size_t size)
{
	uint32_t acc = nd_ip_pseudo(af, src, dst, IPPROTO_TCP, size);
	uint8_t *copy = malloc(size);
	struct nd_wbuf w = nd_wbuf_init(copy, size);
	struct nd_tcp tcp;

	fuzz_check(copy != NULL);
	nd_put_bytes(&w, data, size);
	nd_patch16(&w, CHECKSUM_OFFSET, 0);
	nd_patch16(&w, CHECKSUM_OFFSET, nd_sum_fold(nd_sum(acc, copy, size)));
	fuzz_check(nd_tcp_decode(&tcp, af, src, dst, copy, size) == ND_WIRE_OK);
	fuzz_check(!tcp.unfinished);
	check_tcp(&tcp, copy, size);
	for (int i = ND_TCP_SYN_LINUX; i <= ND_TCP_SYN_BARE; i++)
		syn_again(&tcp, af, (enum nd_tcp_syn_options)i);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nd_tcp tcp, before;
	enum nd_wire status;

	memset(&tcp, 0xa5, sizeof(tcp));
	memcpy(&before, &tcp, sizeof(before));
	status = nd_tcp_decode(&tcp, AF_INET, NULL, NULL, data, size);
	if (status != ND_WIRE_OK) {
		fuzz_check(memcmp(&tcp, &before, sizeof(before)) == 0);
		return 0;
	}
	check_tcp(&tcp, data, size);
	fuzz_check(!tcp.unfinished);
	if (size > UINT16_MAX)
		return 0;
	made_right(AF_INET, data, size);
	made_right(AF_INET6, data, size);
	return 0;
}
