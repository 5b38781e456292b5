/* SPDX-License-Identifier: MIT */
/*
 * TCP segments (RFC 9293) with the options of the handshake, SYNs like those
 * of Linux, and sequence numbers.
 */
#ifndef ND_WIRE_TCP_H
#define ND_WIRE_TCP_H

#include "wire/cursor.h"
#include "wire/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ND_TCP_HEADER 20u   /* bytes, without options */
#define ND_TCP_SYN_SIZE 40u /* bytes that nd_tcp_syn_put() writes at most */

/* RFC 9293 section 3.1; ECE and CWR also RFC 3168 section 6.1. */
#define ND_TCP_FIN 0x01u
#define ND_TCP_SYN 0x02u
#define ND_TCP_RST 0x04u
#define ND_TCP_PSH 0x08u
#define ND_TCP_ACK 0x10u
#define ND_TCP_URG 0x20u
#define ND_TCP_ECE 0x40u
#define ND_TCP_CWR 0x80u

struct nd_tcp {
	uint16_t sport, dport;
	uint32_t seq, ack;
	uint8_t flags;	 /* of ND_TCP_ */
	uint16_t window; /* as on the wire, not scaled */
	uint16_t checksum, urgent;
	bool unfinished; /* decoded: see nd_ip_transport_ok() */

	/* Options. Those of the handshake count in a SYN only. */
	bool bad_options; /* one had a wrong length: see nd_tcp_decode() */
	uint16_t mss;	  /* SYN; 0: none */
	bool has_wscale, has_timestamps;
	bool sack;		/* SYN: permitted, RFC 2018 */
	uint8_t wscale;		/* SYN: 0 to 14, RFC 7323 section 2.3 */
	uint32_t tsval, tsecr;	/* RFC 7323 section 3 */
	const uint8_t *payload; /* inside the data given */
	size_t payload_len;
};

/*
 * One segment of family AF. SRC and DST, 4 or 16 bytes in network order, are
 * NULL where they are not known: then the checksum is not verified. RET points
 * into DATA, and is untouched unless ND_WIRE_OK.
 *
 * Options are read as Linux does: one whose length is below 2 or runs past the
 * header ends them, a known one of another size than its own is skipped, of two
 * of a kind the last counts, unknown ones are skipped. The segment is good all
 * the same: the first two set `bad_options`.
 */
enum nd_wire nd_tcp_decode(struct nd_tcp *ret, int af, const uint8_t *src,
    const uint8_t *dst, const uint8_t *data, size_t len);

enum nd_tcp_syn_options {
	ND_TCP_SYN_LINUX, /* MSS, SACK permitted, timestamps, window scale */
	ND_TCP_SYN_MSS,	  /* MSS only */
	ND_TCP_SYN_BARE,  /* none */
};

/*
 * Writes a SYN with its checksum. It is made of the ports, `seq`, `window`, of
 * the flags ECE and CWR, and as OPTIONS says of `mss`, `tsval` and `wscale`.
 * Returns its size; 0, with W bad, where there is no room.
 */
size_t nd_tcp_syn_put(struct nd_wbuf *w, const struct nd_tcp *tcp, int af,
    const uint8_t *src, const uint8_t *dst, enum nd_tcp_syn_options options);

/* ---- Sequence numbers: modulo 2^32, RFC 9293 section 3.4 --------------- */

/* How far A is after B; negative where it is before. */
static inline int32_t
nd_seq_diff(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

static inline bool
nd_seq_before(uint32_t a, uint32_t b)
{
	return nd_seq_diff(a, b) < 0;
}

/* Whether SEQ is one of the N numbers from FIRST on. */
static inline bool
nd_seq_within(uint32_t seq, uint32_t first, uint32_t n)
{
	return seq - first < n;
}

#endif
