/* SPDX-License-Identifier: MIT */
/* cmd/icmp_names.h: the words of ping(8), iputils 20221126. */
#include "icmp_names.h"

#include <criterion/criterion.h>

static void
expect(int af, int type, int code, int mtu, const char *want)
{
	struct buf buf = BUF_INIT;

	icmp_error_text(&buf, af, type, code, mtu);
	buf_char(&buf, '\0');
	cr_assert_str_eq(buf.data, want);
	buf_free(&buf);
}

Test(icmp_names, icmp)
{
	expect(4, 3, 0, -1, "Destination Net Unreachable");
	expect(4, 3, 1, -1, "Destination Host Unreachable");
	expect(4, 3, 2, -1, "Destination Protocol Unreachable");
	expect(4, 3, 3, -1, "Destination Port Unreachable");
	expect(4, 3, 4, 1400, "Frag needed and DF set (mtu = 1400)");
	expect(4, 3, 4, -1, "Frag needed and DF set (mtu = 0)");
	expect(4, 3, 5, -1, "Source Route Failed");
	expect(
	    4, 3, 12, -1, "Destination Host Unreachable for Type of Service");
	expect(4, 3, 13, -1, "Packet filtered");
	expect(4, 3, 15, -1, "Precedence Cutoff");
	expect(4, 3, 16, -1, "Dest Unreachable, Bad Code: 16");
	expect(4, 3, 255, -1, "Dest Unreachable, Bad Code: 255");
	expect(4, 4, 0, -1, "Source Quench");
	expect(4, 5, 1, -1, "Redirect Host");
	expect(4, 5, 4, -1, "Redirect, Bad Code: 4");
	expect(4, 11, 0, -1, "Time to live exceeded");
	expect(4, 11, 1, -1, "Frag reassembly time exceeded");
	expect(4, 11, 2, -1, "Time exceeded, Bad Code: 2");
	expect(4, 12, 0, 20, "Parameter problem: pointer = 20");
	expect(4, 42, 0, -1, "Bad ICMP type: 42");
}

Test(icmp_names, icmpv6)
{
	expect(6, 1, 0, -1, "Destination unreachable: No route");
	expect(6, 1, 1, -1,
	    "Destination unreachable: Administratively prohibited");
	expect(6, 1, 2, -1,
	    "Destination unreachable: Beyond scope of source address");
	expect(6, 1, 3, -1, "Destination unreachable: Address unreachable");
	expect(6, 1, 4, -1, "Destination unreachable: Port unreachable");
	expect(6, 1, 5, -1, "Destination unreachable: Unknown code 5");
	expect(6, 2, 0, 1280, "Packet too big: mtu=1280");
	expect(6, 2, 3, 1280, "Packet too big: mtu=1280, code=3");
	expect(6, 3, 0, -1, "Time exceeded: Hop limit");
	expect(6, 3, 1, -1, "Time exceeded: Defragmentation failure");
	expect(6, 3, 9, -1, "Time exceeded: code 9");
	expect(6, 4, 2, 40, "Parameter problem: Unknown option at 40");
	expect(6, 4, 3, 7, "Parameter problem: code 3 at 7");
	expect(6, 100, 0, -1, "unknown icmp type: 100");
}

/* Nothing that a packet can carry may go past the tables. */
Test(icmp_names, any_type_and_code)
{
	for (int type = -1; type < 256; type++) {
		for (int code = -1; code < 256; code++) {
			struct buf buf = BUF_INIT;

			icmp_error_text(&buf, 4, type, code, -1);
			icmp_error_text(&buf, 6, type, code, -1);
			cr_assert_gt(buf.len, 10);
			buf_free(&buf);
		}
	}
}
