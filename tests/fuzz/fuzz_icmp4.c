/* SPDX-License-Identifier: MIT */
/*
 * What a raw IPv4 socket receives: an IP header, ICMP, and for errors a quote.
 * Each input is decoded as it is, and once more with its ICMP checksum made
 * right, which a fuzzer does not hit by chance.
 */
#include "fuzz_wire.h"
#include "wire/checksum.h"

static void
message(const uint8_t *data, size_t size)
{
	struct nd_icmp icmp;

	if (nd_icmp_decode(&icmp, AF_INET, data, size) != ND_WIRE_OK)
		return;
	fuzz_check_icmp(&icmp, data, size);
	if (nd_icmp_is_error(icmp.kind))
		fuzz_quote(icmp.body, icmp.quote_len);
}

/*
 * An echo request comes out of the encoder as it went in. Only with a checksum
 * that was computed here: 0 may be sent as 0xffff too, and is as right.
 */
static void
check_echo(const struct nd_icmp *icmp, const uint8_t *data)
{
	uint8_t *copy = malloc(icmp->len);
	struct nd_wbuf w = nd_wbuf_init(copy, icmp->len);

	fuzz_check(copy != NULL);
	fuzz_check(nd_icmp_echo_put(&w, AF_INET, icmp->ident, icmp->seq,
		       icmp->body, icmp->body_len) == icmp->len);
	fuzz_check(memcmp(copy, data, icmp->len) == 0);
	free(copy);
}

static void
message_made_right(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size);
	struct nd_wbuf w = nd_wbuf_init(copy, size);
	struct nd_icmp icmp;

	fuzz_check(copy != NULL);
	nd_put_bytes(&w, data, size);
	nd_patch16(&w, 2, 0);
	nd_patch16(&w, 2, nd_sum_fold(nd_sum(0, copy, size)));
	fuzz_check(nd_icmp_decode(&icmp, AF_INET, copy, size) == ND_WIRE_OK);
	message(copy, size);
	if (icmp.kind == ND_ICMP_ECHO_REQUEST && icmp.code == 0)
		check_echo(&icmp, copy);
	free(copy);
}

/* A header without options comes out of the encoder with the same fields. */
static void
check_header(const struct nd_ip *ip)
{
	uint8_t header[ND_IP4_HEADER];
	struct nd_wbuf w = nd_wbuf_init(header, sizeof(header));
	struct nd_ip quoted;

	fuzz_check(nd_ip4_put(&w, ip) == sizeof(header));
	fuzz_check(nd_sum_ok(0, header, sizeof(header)));
	fuzz_check(
	    nd_ip_decode_quoted(&quoted, header, sizeof(header)) == ND_WIRE_OK);
	fuzz_check(quoted.total_len == ND_IP4_HEADER + ip->payload_len);
	fuzz_check(quoted.ttl == ip->ttl && quoted.id == ip->id);
	fuzz_check(quoted.tos == ip->tos && quoted.proto == ip->proto);
	fuzz_check(quoted.df == ip->df);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nd_ip ip;

	if (nd_ip4_decode(&ip, data, size) != ND_WIRE_OK)
		return 0;
	fuzz_check_ip(&ip, data, size);
	fuzz_check(ip.total_len <= size);
	fuzz_check(ip.header_len + ip.payload_len == ip.total_len);
	check_header(&ip);
	message(ip.payload, ip.payload_len);
	if (ip.payload_len >= ND_ICMP_HEADER)
		message_made_right(ip.payload, ip.payload_len);
	return 0;
}
