/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the demultiplexer share. What names no probe is counted
 * under its reason, and never does harm.
 */
#ifndef ND_ENGINE_DEMUX_H
#define ND_ENGINE_DEMUX_H

#include "engine/ctx.h"

/* ---- demux.c ------------------------------------------------------------ */

/* Counts a packet that is nobody's. */
void nd_demux_invalid(struct nd_ctx *ctx, enum nd_invalid reason);
/*
 * The probe that KEY, with an address, names; else one of the tasks that take
 * answers from anywhere; or NULL.
 */
struct nd_probe *nd_demux_find(struct nd_ctx *ctx, const struct nd_key *key);
/*
 * A probe with KEY's tag to another address that A proves to be about by what
 * it brings back; or NULL.
 */
struct nd_probe *nd_demux_find_proven(
    struct nd_ctx *ctx, const struct nd_answer *a, const struct nd_key *key);
/*
 * A is to be counted as REASON where P, which may be NULL, takes it; else as
 * nobody's.
 */
void nd_demux_fault(struct nd_ctx *ctx, struct nd_answer *a, struct nd_probe *p,
    enum nd_invalid reason);
/* The same, as what has no tag: at a target with KEY's address. */
void nd_demux_unknown(
    struct nd_ctx *ctx, struct nd_answer *a, const struct nd_key *key);
/*
 * Offers A, with whatever fault it has, to the tasks with a probe of KEY's
 * protocol to its address, one after the other. False: none takes it.
 */
bool nd_demux_offer(
    struct nd_ctx *ctx, struct nd_answer *a, const struct nd_key *key);
/* Gives A to the probe that KEY names; else finds out what is wrong with it. */
void nd_demux_reply(
    struct nd_ctx *ctx, struct nd_answer *a, const struct nd_key *key);
/* What the kernel tells of an ICMP error, as if it had been decoded. */
struct nd_icmp nd_demux_reported(const struct nd_packet *packet, int family);

/* ---- demux_icmp.c ------------------------------------------------------- */

/* A message of ICMP. */
void nd_demux_icmp(struct nd_ctx *ctx, struct nd_sock *s, struct nd_answer *a);
/* ND_PACKET_ERROR: what comes with it is our own message of ICMP. */
void nd_demux_icmp_report(
    struct nd_ctx *ctx, struct nd_sock *s, struct nd_answer *a);

/* ---- demux_tcp.c -------------------------------------------------------- */

/* A TCP segment. */
void nd_demux_tcp(struct nd_ctx *ctx, struct nd_sock *s, struct nd_answer *a);
/* ND_PACKET_OUTCOME. */
void nd_demux_outcome(
    struct nd_ctx *ctx, struct nd_sock *s, struct nd_answer *a);

/* ---- demux_udp.c -------------------------------------------------------- */

/* A UDP datagram. */
void nd_demux_udp(struct nd_ctx *ctx, struct nd_sock *s, struct nd_answer *a);
/* What has come to a descriptor of one probe: ND_NET_EACH. */
void nd_demux_each(struct nd_ctx *ctx, struct nd_sock *s, struct nd_answer *a);

#endif
