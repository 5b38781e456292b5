/* SPDX-License-Identifier: MIT */
/* icmp_names.h: what an ICMP error says, in the words of ping(8). */
#ifndef CMD_ICMP_NAMES_H
#define CMD_ICMP_NAMES_H

#include "buf.h"

/*
 * Appends the text of an ICMP (AF 4) or ICMPv6 (AF 6) error. MTU: that of
 * "fragmentation needed" and "packet too big", or -1.
 */
void icmp_error_text(struct buf *buf, int af, int type, int code, int info);

#endif
