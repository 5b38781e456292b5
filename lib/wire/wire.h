/* SPDX-License-Identifier: MIT */
/*
 * What every decoder of lib/wire answers. A packet that does not decode is
 * news about the network, never a failure of the program: the caller counts it
 * under its reason and goes on.
 */
#ifndef ND_WIRE_WIRE_H
#define ND_WIRE_WIRE_H

enum nd_wire {
	ND_WIRE_OK,
	ND_WIRE_TRUNCATED, /* it ends before its headers, or its length, do */
	ND_WIRE_VERSION,   /* neither IPv4 nor IPv6, or not the one asked for */
	ND_WIRE_LENGTH,	   /* a length field contradicts itself */
	ND_WIRE_CHECKSUM,  /* the checksum is wrong */
	ND_WIRE_TYPE, /* well formed, but of no kind that is handled here */
};

#endif
