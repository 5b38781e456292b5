/* SPDX-License-Identifier: MIT */
/* tests/lab/netsim: extensions of ICMP errors, against written-out bytes. */
#include "netsim_rig.h"

/* What is at the end of an error with extensions, in hex without blanks. */
static void
expect_extension(const struct rig_answer *a, const char *want)
{
	char hex[256] = "";
	size_t at = 8 + 128;

	cr_assert_gt(a->ip.payload_len, at);
	for (size_t i = at; i < a->ip.payload_len; i++)
		(void)snprintf(hex + 2 * (i - at), 3, "%02x", a->ip.payload[i]);
	cr_expect_eq(strncmp(hex, "2000", 4), 0);
	cr_expect_eq(
	    nd_sum_fold(nd_sum(0, a->ip.payload + at, a->ip.payload_len - at)),
	    0);
	cr_expect_str_eq(hex + 8, want);
}

static struct rig *
chain(const char *options)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
	    "router R1 10.0.0.1 fd00::1\nrouter R2 10.0.0.2 fd00::2 %s\n"
	    "iface R2 from R1 10.0.33.2 fd00:33::2 ifindex=7 ifname=ge-0/0/1 "
	    "ifmtu=1500\npath default R1 R2\nhost 10.1.0.0/16 at R2\n"
	    "host 2001:db8::/64 at R2\n",
	    options);
	return rig_new(text);
}

static void
ask(struct rig *rig, const char *dst, struct rig_answer *a)
{
	rig_ask(rig, &(struct rig_probe){.dst = dst, .ttl = 2, .payload = 12},
	    NS_TTL_EXCEEDED, a);
	cr_assert(rig_sum_ok(a));
}

Test(netsim_ext, mpls_stack_with_the_length_field)
{
	struct rig *rig = chain("mpls=16001,299776:3:9");
	struct rig_answer a;

	ask(rig, "10.1.0.1", &a);
	cr_expect_eq(a.ip.payload[5], 32); /* words of 32 bits */
	cr_expect_eq(a.icmp.quote_len, 128);
	expect_extension(&a, "000c010103e8100149300709");
	cr_expect_eq(memcmp(a.icmp.body + 40, "\0\0\0\0", 4), 0, "padding");
	ask(rig, "2001:db8::1", &a);
	cr_expect_eq(a.ip.payload[4], 16); /* words of 64 bits */
	cr_expect_eq(a.icmp.quote_len, 128);
	expect_extension(&a, "000c010103e8100149300709");
	rig_free(rig);
}

Test(netsim_ext, legacy_form_has_no_length)
{
	struct rig *rig = chain("mpls=5 ext=legacy");
	struct rig_answer a;

	ask(rig, "10.1.0.1", &a);
	cr_expect_eq(a.ip.payload[5], 0);
	expect_extension(&a, "0008010100005101");
	ask(rig, "2001:db8::1", &a);
	cr_expect_eq(a.ip.payload[4], 0);
	expect_extension(&a, "0008010100005101");
	rig_free(rig);
}

Test(netsim_ext, interface_information)
{
	struct rig *rig = chain("interface mpls=5");
	struct rig_answer a;

	ask(rig, "10.1.0.1", &a);
	expect_extension(&a, "0008010100005101"
			     "0020020f" /* class 2: index, address, name, MTU */
			     "00000007" /* ifIndex */
			     "000100000a002102"		/* 10.0.33.2 */
			     "0c67652d302f302f31000000" /* ge-0/0/1 */
			     "000005dc");
	ask(rig, "2001:db8::1", &a);
	expect_extension(&a, "0008010100005101"
			     "002c020f00000007"
			     "00020000fd000033000000000000000000000002"
			     "0c67652d302f302f31000000"
			     "000005dc");
	rig_free(rig);
}

Test(netsim_ext, an_interface_without_figures_is_its_address)
{
	struct rig *rig = rig_new("router R1 10.0.0.1 interface\n"
				  "host 10.1.0.0/16 at R1\n");
	struct rig_answer a;

	rig_ask(rig, &(struct rig_probe){.dst = "10.1.0.1", .ttl = 1},
	    NS_TTL_EXCEEDED, &a);
	expect_extension(&a, "000c0204000100000a000001");
	rig_free(rig);
}

Test(netsim_ext, a_long_packet_is_quoted_to_128_bytes)
{
	struct rig *rig = chain("mpls=5 quote=all");
	struct rig_answer a;

	rig_ask(rig,
	    &(struct rig_probe){.dst = "10.1.0.1", .ttl = 2, .payload = 600},
	    NS_TTL_EXCEEDED, &a);
	cr_expect_eq(a.icmp.quote_len, 128);
	expect_extension(&a, "0008010100005101");
	rig_free(rig);
}

Test(netsim_ext, only_errors_that_may_be_extended_are)
{
	struct rig *rig = rig_new("router R1 10.0.0.1 mpls=5 mtu=100\n"
				  "host 10.1.0.0/16 at R1\n"
				  "host 2001:db8::/64 at R1\n"
				  "router R2 fd00::2 mpls=5 mtu=1300\n"
				  "entry R2\nhost 2001:db8:1::/64 at R2\n");
	struct rig_answer a;

	rig_ask(rig,
	    &(struct rig_probe){.dst = "2001:db8:1::1", .payload = 1400},
	    NS_TOO_BIG, &a);
	cr_expect_eq(a.icmp.mtu, 1300);
	cr_expect_eq(a.len, 40 + 8 + 40 + 548);
	rig_free(rig);
}
