/* SPDX-License-Identifier: MIT */
/*
 * What a raw IPv6 socket receives: ICMPv6 without an IP header, its checksum
 * verified by the kernel. The same bytes are tried as a whole datagram too.
 */
#include "fuzz_wire.h"

static void
message(const uint8_t *data, size_t size)
{
	struct nd_icmp icmp;
	enum nd_wire status = nd_icmp_decode(&icmp, AF_INET6, data, size);

	fuzz_check((status == ND_WIRE_OK) == (size >= ND_ICMP_HEADER));
	if (status != ND_WIRE_OK)
		return;
	fuzz_check_icmp(&icmp, data, size);
	if (nd_icmp_is_error(icmp.kind))
		fuzz_quote(icmp.body, icmp.quote_len);
}

/* A header comes out of the encoder with the same fields. */
static void
check_header(const struct nd_ip *ip)
{
	uint8_t header[ND_IP6_HEADER];
	struct nd_wbuf w = nd_wbuf_init(header, sizeof(header));
	struct nd_ip plain = *ip, again;

	plain.proto = IPPROTO_NONE;
	fuzz_check(nd_ip6_put(&w, &plain) == sizeof(header));
	fuzz_check(
	    nd_ip_decode_quoted(&again, header, sizeof(header)) == ND_WIRE_OK);
	fuzz_check(again.total_len == ND_IP6_HEADER + ip->payload_len);
	fuzz_check(again.flow_label == ip->flow_label);
	fuzz_check(again.tos == ip->tos && again.ttl == ip->ttl);
	fuzz_check(memcmp(again.src, ip->src, sizeof(ip->src)) == 0);
}

static void
datagram(const uint8_t *data, size_t size)
{
	struct nd_icmp icmp;
	struct nd_ip ip;

	if (nd_ip6_decode(&ip, data, size) != ND_WIRE_OK)
		return;
	fuzz_check_ip(&ip, data, size);
	fuzz_check(ip.total_len <= size);
	fuzz_check(ip.header_len + ip.payload_len == ip.total_len);
	check_header(&ip);
	if (nd_icmp6_decode_verify(&icmp, ip.src, ip.dst, ip.payload,
		ip.payload_len) == ND_WIRE_OK)
		fuzz_check_icmp(&icmp, ip.payload, ip.payload_len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	message(data, size);
	datagram(data, size);
	return 0;
}
