/* SPDX-License-Identifier: MIT */
/* Bytes of extensions of ICMP errors, for the tests of lib/wire/ext.h. */
#ifndef TEST_EXT_BYTES_H
#define TEST_EXT_BYTES_H

#include "packets.h"
#include "wire/checksum.h"

/* The structure without a checksum, and objects with labels and interfaces. */
#define HEAD "2000 0000"
#define MPLS_1 "0008 0101 03e8 1149"
#define MPLS_2 "000c 0101 03e8 1001 4930 0709"
#define IFACE4                                                                 \
	"0020 020f 0000 0007 0001 0000 0a00 2102"                              \
	"0c67 652d 302f 302f 3100 0000 0000 05dc"
#define IFACE6 "0018 0284 0002 0000 fd00 0033 0000 0000 0000 0000 0000 0002"

/* The checksum of the structure at DATA is made right. */
static inline void
ext_make_sum(uint8_t *data, size_t len)
{
	uint16_t sum;

	data[2] = data[3] = 0;
	sum = nd_sum_fold(nd_sum(0, data, len));
	data[2] = (uint8_t)(sum >> 8);
	data[3] = (uint8_t)sum;
}

#endif
