/* SPDX-License-Identifier: MIT */
/*
 * Which UDP probe an ICMP error quotes. Its tag is the source port, above, and
 * a number, which is sent twice: as the IP ID of IPv4, and as the checksum.
 * Either may come back changed, and so may the port.
 */
#ifndef ND_ENGINE_DEMUX_QUOTE_H
#define ND_ENGINE_DEMUX_QUOTE_H

#include "engine/ctx.h"

/* The exact one, agreeing or not, and what else it may have been: 3, and 1. */
#define ND_QUOTE_NUMBERS 4

/*
 * The numbers that the quote Q of a UDP datagram may mean, the likeliest first,
 * each once: RET. Returns how many. 0 is no number.
 */
size_t nd_quote_numbers(
    const struct nd_quote *q, uint16_t ret[ND_QUOTE_NUMBERS]);

/*
 * The probe that A->quote, of a UDP datagram to DST, is about, or NULL; sets
 * A->rewritten. A number that its payload proves is right comes before all
 * others. Where the port is none of ours, each of ours may have been it.
 */
struct nd_probe *nd_demux_quoted_udp(
    struct nd_ctx *ctx, struct nd_answer *a, const struct nd_addr *dst);

#endif
