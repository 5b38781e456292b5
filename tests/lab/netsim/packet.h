/* SPDX-License-Identifier: MIT */
/*
 * A packet under way: its bytes, and what routers and hosts look at. The
 * functions that change it keep bytes, members and checksums in step.
 */
#ifndef NETSIM_PACKET_H
#define NETSIM_PACKET_H

#include "addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NS_TCP_FIN 0x01u
#define NS_TCP_SYN 0x02u
#define NS_TCP_RST 0x04u
#define NS_TCP_ACK 0x10u
#define NS_TCP_ECE 0x40u
#define NS_TCP_CWR 0x80u

struct ns_packet {
	uint8_t *data; /* borrowed, from the IP header on */
	size_t len;
	size_t l4;     /* where the transport header is */
	size_t l4_len; /* it with all that follows */
	int af;
	uint8_t proto, ttl, tos;
	bool df, fragment;
	uint16_t id;
	uint32_t label;
	struct ns_addr src, dst;
	bool whole; /* the transport header is all there; else what follows
		     * is 0 */
	uint16_t sport, dport; /* UDP, TCP */
	uint8_t icmp_type, icmp_code;
	uint16_t icmp_sum;
	uint16_t ident, seq; /* ICMP echo request and reply */
	uint32_t tcp_seq, tcp_ack;
	uint8_t tcp_flags;
};

/* 0, or -EINVAL: no IP datagram. P points into DATA. */
int ns_packet_decode(struct ns_packet *p, uint8_t *data, size_t len);

/* Whether the checksum of its ICMP, UDP or TCP is right. */
bool ns_packet_sum_ok(const struct ns_packet *p);

bool ns_packet_is_icmp(const struct ns_packet *p);
bool ns_packet_is_echo(const struct ns_packet *p);

void ns_packet_set_ttl(struct ns_packet *p, uint8_t ttl);
void ns_packet_set_tos(struct ns_packet *p, uint8_t tos);
/* ADDR is of the packet's family. Transport checksums follow, RFC 1624. */
void ns_packet_set_src(struct ns_packet *p, const struct ns_addr *addr);
void ns_packet_set_dst(struct ns_packet *p, const struct ns_addr *addr);
/* Only on TCP: FLAGS of the 13th byte. */
void ns_packet_set_tcp_flags(struct ns_packet *p, uint8_t flags);

/* The TCP timestamps option, RFC 7323; false where there is none. */
bool ns_packet_timestamps(
    const struct ns_packet *p, uint32_t *tsval, uint32_t *tsecr);
/* Whether an option of that kind is there. */
bool ns_packet_tcp_option(const struct ns_packet *p, uint8_t kind);

#endif
