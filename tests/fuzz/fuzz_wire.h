/* SPDX-License-Identifier: MIT */
/* What must hold of the structs of lib/wire, whatever they were decoded of. */
#ifndef FUZZ_WIRE_H
#define FUZZ_WIRE_H

#include "fuzz.h"
#include "wire/icmp.h"
#include "wire/ip.h"
#include "wire/quote.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static inline void
fuzz_check_ip(const struct nd_ip *ip, const uint8_t *data, size_t size)
{
	fuzz_check(ip->af == AF_INET || ip->af == AF_INET6);
	fuzz_check(ip->header_len >=
		   (ip->af == AF_INET ? ND_IP4_HEADER : ND_IP6_HEADER));
	fuzz_check(ip->payload == data + ip->header_len);
	fuzz_check_inside(ip->payload, ip->payload_len, data, size);
}

static inline void
fuzz_check_icmp(const struct nd_icmp *icmp, const uint8_t *data, size_t size)
{
	fuzz_check(icmp->len == size && size >= ND_ICMP_HEADER);
	fuzz_check(icmp->body == data + ND_ICMP_HEADER);
	fuzz_check(icmp->body_len == size - ND_ICMP_HEADER);
	fuzz_check(icmp->quote_len <= icmp->body_len);
	fuzz_check(icmp->quote_len == 0 || nd_icmp_is_error(icmp->kind));
	fuzz_check(icmp->mtu == 0 || icmp->kind == ND_ICMP_TOO_BIG);
	fuzz_check(icmp->type == data[0] && icmp->code == data[1]);
}

/* Decodes the quote at DATA, and holds it against its own IP header. */
static inline void
fuzz_quote(const uint8_t *data, size_t size)
{
	struct nd_quote quote, before;
	struct nd_ip ip;
	enum nd_wire status;

	memset(&quote, 0xa5, sizeof(quote));
	memcpy(&before, &quote, sizeof(before));
	status = nd_quote_decode(&quote, data, size);
	if (status != ND_WIRE_OK) {
		fuzz_check(memcmp(&quote, &before, sizeof(before)) == 0);
		return;
	}
	fuzz_check(nd_ip_decode_quoted(&ip, data, size) == ND_WIRE_OK);
	fuzz_check_ip(&ip, data, size);
	fuzz_check(!ip.fragment && ip.payload_len >= 8);
	fuzz_check(quote.af == ip.af && quote.proto == ip.proto);
	fuzz_check(memcmp(quote.dst, ip.dst, sizeof(quote.dst)) == 0);
	fuzz_check_inside(quote.payload, quote.payload_len, data, size);
	if (quote.proto == IPPROTO_TCP)
		fuzz_check(quote.payload_len == 0);
	else
		fuzz_check(quote.payload_len == ip.payload_len - 8);
}

#endif
