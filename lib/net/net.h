/* SPDX-License-Identifier: MIT */
/*
 * The seam between the engine and the kernel: a socket shared by all tasks,
 * behind a vtable with one implementation a backend (raw, dgram; tests bring
 * a fake one). Backends say what they can do in bits, so that nobody above
 * asks which one it is.
 */
#ifndef ND_NET_NET_H
#define ND_NET_NET_H

#include "net/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ND_NET_BATCH 64 /* packets read at once */

/* What a socket can do. */
#define ND_NET_TX_STAMPS 1u  /* reports departures: ND_PACKET_STAMP */
#define ND_NET_OUTER_DST 2u  /* fills nd_packet.to */
#define ND_NET_RAW_ERRORS 4u /* ICMP errors arrive as messages */
#define ND_NET_CONNECTS                                                        \
	8u /* sends no bytes of ours, but connect()s: a                        \
	    * descriptor a probe, ND_PACKET_OUTCOME */
#define ND_NET_OWN_HEADER                                                      \
	16u /* a header socket: IP headers are ours, nothing arrives */
#define ND_NET_EACH                                                            \
	32u /* UDP, a connected descriptor a probe: data is payload alone,     \
	     * fills nd_packet.tag */

enum nd_packet_kind {
	ND_PACKET_MESSAGE, /* DATA is a transport message that arrived */
	ND_PACKET_ERROR,   /* the kernel's report of an ICMP error: DATA is the
			    * start of our own message, TO where it went */
	ND_PACKET_LOCAL,   /* a local error: errno in `err`, no ICMP */
	ND_PACKET_STAMP,   /* SEND_ID was there at STAMP_REAL_NS */
	ND_PACKET_OUTCOME, /* of connect(): `outcome`; TO where it went, FROM
			    * who refused by ICMP, with `err` and the ICMP
			    * fields as of ERROR */
	ND_PACKET_BAD	   /* arrived, but its IP header is malformed */
};

/* What became of a connect(). */
struct nd_outcome {
	uint32_t tag;	  /* of nd_send */
	bool open;	  /* a SYN-ACK; else an RST, unless ICMP */
	bool icmp;	  /* refused by an ICMP error */
	unsigned repeats; /* SYNs beyond the first: the RTT is void */
	int64_t rtt_ns;	  /* TCP_INFO's, or -1 */
	int mss, wscale;  /* what the server said; -1: nothing */
	bool sack, timestamps, ecn;
};

/* One thing read from a socket. Valid until something is read again. */
struct nd_packet {
	enum nd_packet_kind kind;
	uint8_t proto;		      /* of DATA: IPPROTO_* */
	uint8_t icmp_type, icmp_code; /* ERROR */
	bool enqueued;	     /* STAMP: entered a queue of the host; else left */
	struct nd_addr from; /* the sender; ERROR: who reported it */
	struct nd_addr to;   /* the destination; family 0: unknown */
	int ttl, tos;	     /* -1: unknown */
	int err;	     /* ERROR, LOCAL: positive errno */
	uint32_t info; /* ERROR: MTU or pointer of the ICMP error; 0: unknown */
	uint32_t send_id;      /* STAMP */
	uint32_t tag;	       /* of nd_send: ND_NET_EACH */
	int64_t stamp_real_ns; /* kernel's, CLOCK_REALTIME; 0: none */
	const uint8_t *data;   /* from the transport header on; what is longer
				* than the receive buffer is cut */
	size_t len;
	const uint8_t *ext; /* ERROR: the ICMP error's extension structure,
			     * RFC 4884 section 7, the end of DATA; or NULL */
	size_t ext_len;
	const struct nd_outcome *outcome;
};

struct nd_send {
	const struct nd_addr *to;
	const struct nd_addr *from; /* NULL: the system chooses */
	int ttl, tos;		    /* -1: the system's default */
	const uint8_t *data;
	size_t len;
	/* ND_NET_OWN_HEADER, where FROM must be given and -1 is 64 and 0: */
	uint8_t proto;	     /* of DATA: IPPROTO_* */
	uint16_t ip_id;	     /* IPv4; 0: the system chooses */
	bool df;	     /* IPv4: do not fragment */
	uint32_t flow_label; /* IPv6 */
	/* ND_NET_CONNECTS, instead of data, and ND_NET_EACH: */
	uint32_t tag;
	uint16_t port;
	bool full; /* TCP: complete the handshake, and close in order */
};

enum nd_net_pmtu {
	ND_NET_PMTU_SYSTEM,
	ND_NET_PMTU_DO,
	ND_NET_PMTU_WANT,
	ND_NET_PMTU_DONT,
	ND_NET_PMTU_PROBE
};

struct nd_sock_opts {
	const char *device; /* or NULL */
	bool has_mark;
	uint32_t mark;
	bool broadcast;
	enum nd_net_pmtu pmtu;
	uint16_t ident;			  /* of ICMP echo messages */
	struct nd_addr source;		  /* to bind to; family 0: none */
	const struct nd_ports *tcp_ports; /* ours; NULL: none */
	const struct nd_ports *udp_ports; /* the same of UDP */
	bool any_port; /* ICMP: errors may quote other ports than those */
	bool echo; /* ICMP: echo is spoken; else only errors are of interest */
};

struct nd_sock;
struct nd_ports; /* net/ports.h */

struct nd_net_ops {
	const char *name;
	bool headers; /* opens IPPROTO_RAW too: a header socket */
	/*
	 * Reserves N source ports of PROTO for FAMILY, as nd_ports_reserve(),
	 * to be given to `open` in its options. NULL: it needs none of the
	 * caller.
	 */
	int (*ports)(struct nd_ports *ret, int family, uint8_t proto, size_t n);
	/*
	 * Opens S->fd for S->family and S->proto, not blocking, with its
	 * filter; sets S->caps and S->ident. A negative errno.
	 */
	int (*open)(struct nd_sock *s, const struct nd_sock_opts *opts);
	/*
	 * Departures get stamps from now on, numbered from 0: S->sends is 0.
	 */
	int (*enable_stamps)(struct nd_sock *s);
	/*
	 * 0 when handed to the network, then S->sends has been counted up;
	 * -EAGAIN to wait and try again; else what the local host says. After
	 * either of these S->sends_unsure.
	 */
	int (*send)(struct nd_sock *s, const struct nd_send *send);
	/*
	 * Up to MAX packets into RET: how many, 0 when there is none left.
	 * Errors of the socket are not the caller's business.
	 */
	int (*recv)(struct nd_sock *s, struct nd_packet *ret, int max);
	/*
	 * The same from the error queue, to be called first. ND_NET_EACH: from
	 * both queues of each descriptor, in that order.
	 */
	int (*recv_errors)(struct nd_sock *s, struct nd_packet *ret, int max);
	/*
	 * The probe with TAG to TO is not awaited any more. Packets that were
	 * read stay valid. NULL: that is nothing to the socket.
	 */
	void (*forget)(
	    struct nd_sock *s, const struct nd_addr *to, uint32_t tag);
	/* Makes room to receive messages of LEN bytes. 0 or -ENOMEM. */
	int (*reserve)(struct nd_sock *s, size_t len);
	/* How many packets the socket has dropped so far: its buffer was full.
	 */
	uint64_t (*drops)(struct nd_sock *s);
	void (*close)(struct nd_sock *s);
};

struct nd_rx; /* receive buffers, net/recv.h */

struct nd_sock {
	const struct nd_net_ops *ops;
	int fd; /* -1: none */
	int family;
	uint8_t proto;
	uint16_t ident; /* in force: may differ from what was asked for */
	unsigned caps;	/* ND_NET_* */
	uint32_t sends; /* successful ones, modulo 2^32: the next send_id... */
	bool sends_unsure;   /* ... unless one failed, which may have got one */
	uint32_t drops_seen; /* the kernel's 32-bit counter, at last sight */
	uint64_t drops;
	struct nd_rx *rx;
	void *arg; /* the fake backend's */
};

extern const struct nd_net_ops nd_net_raw;
extern const struct nd_net_ops nd_net_dgram;
extern const struct nd_net_ops nd_net_connect;
extern const struct nd_net_ops nd_net_each;

#endif
