/* SPDX-License-Identifier: MIT */
/* The datagram that an ICMP error quotes, as a router may have mangled it. */
#include "fuzz_wire.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nd_ip ip;

	if (nd_ip_decode_quoted(&ip, data, size) == ND_WIRE_OK) {
		fuzz_check_ip(&ip, data, size);
		fuzz_check(ip.header_len + ip.payload_len == size);
	}
	fuzz_quote(data, size);
	return 0;
}
