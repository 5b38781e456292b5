/* SPDX-License-Identifier: MIT */
/*
 * A network backend without a network: ICMP, UDP, and TCP by segments or as if
 * by connect(2); any of them also by header sockets. Each send is shown to a
 * script, which decides what it returns and may let answers arrive at a virtual
 * time. What arrives lies in heap blocks of just its size that are freed by the
 * next call, so that a sanitizer sees any use of them that is too late or too
 * long.
 */
#ifndef TEST_FAKE_NET_H
#define TEST_FAKE_NET_H

#include "engine/ctx.h"
#include "net/net.h"
#include "virtual_clock.h"
#include "wire/icmp.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#define FAKE_IDENT 0x1234
#define FAKE_RECENT 1024 /* sends of which a ready answer is kept */
#define FAKE_MESSAGE 2048
#define FAKE_QUEUES 16 /* two families, four protocols, data and errors */
/* Of those reserved; the others follow it. */
#define FAKE_FIRST_PORT 40000	  /* TCP */
#define FAKE_FIRST_UDP_PORT 50000 /* UDP */

struct fake_net;
struct fake_queue;

/* A message: an echo reply unless it is changed; a segment, a datagram. */
struct fake_message {
	struct nd_addr from, to;
	uint8_t proto; /* IPPROTO_TCP, _UDP; 0: the ICMP of its family */
	/* What the header of a request has beside that. */
	uint16_t ip_id;
	uint32_t flow_label;
	int ttl, tos;
	size_t len;
	uint8_t data[FAKE_MESSAGE];
};

struct fake_sent {
	uint64_t nth; /* of all attempts, from 1 */
	const struct nd_send *send;
	uint16_t ident, seq; /* ICMP */
	struct nd_tcp tcp;   /* TCP, but of connect() */
	struct nd_udp udp;
	uint8_t proto; /* of the message, also by a header socket */
	struct fake_message
	    *reply; /* ready to be delivered; kept for a while. TCP, UDP:
		     * the request itself, from whom it went to */
};

/* What nd_net_ops.send() returns. */
typedef int fake_send_fn(
    struct fake_net *net, const struct fake_sent *sent, void *arg);
/* Lets happen what is due by now; returns when there is more, or INT64_MAX. */
typedef int64_t fake_time_fn(struct fake_net *net, void *arg);

struct fake_net {
	struct virtual_clock *clock;
	fake_send_fn *on_send; /* NULL: sends succeed, nothing answers */
	fake_time_fn *on_time; /* what the far end does by itself, or NULL */
	void *arg;
	unsigned methods, flows; /* of fake_net_ctx(), as of nd_ctx_opts */
	bool connects;		 /* TCP is as if by connect() */
	bool dgram; /* ICMP is as without a privilege: no header sockets,
		     * errors arrive as reports alone */
	bool no_rx_stamps, tx_stamps, no_outer_dst;
	int64_t tx_delay_ns;	 /* between send() and the departure's stamp */
	int64_t queue_delay_ns;	 /* between its two stamps; -1: there is one */
	uint32_t next_id;	 /* the kernel's count of sends */
	uint32_t failures_count; /* 1: failed ones are counted as well */
	uint64_t drops;
	int open_error; /* of every family that is in open_refused */
	unsigned open_refused;
	/* What has happened. */
	uint64_t attempts, sends, delivered, reserved;
	uint64_t forgotten;	/* calls of nd_net_ops.forget() */
	uint32_t forgotten_tag; /* of the last one */
	int opened;
	struct fake_message recent[FAKE_RECENT];
	struct fake_queue *queue[FAKE_QUEUES];
};

extern const struct nd_net_ops fake_net_ops;
/* The same without header sockets. */
extern const struct nd_net_ops fake_dgram_ops;

void fake_net_init(struct fake_net *net, struct virtual_clock *clock);
void fake_net_free(struct fake_net *net);
/* A context over NET, with a fixed key; LIMITS may be NULL. */
struct nd_ctx *fake_net_ctx(
    struct fake_net *net, const struct nd_limits *limits);
/* Turns CTX until UNTIL_NS, leaping over the times when nothing happens. */
uint64_t fake_net_run(
    struct fake_net *net, struct nd_ctx *ctx, int64_t until_ns);

/* The answer to the NTH attempt to send, one of the last FAKE_RECENT. */
struct fake_message *fake_net_recent(struct fake_net *net, uint64_t nth);
/* PACKET arrives at AT_NS; its stamp is set as NET does it. */
void fake_net_deliver(
    struct fake_net *net, const struct nd_packet *packet, int64_t at_ns);
/* A connect() to TO has come to an end, DELAY_NS from now. */
void fake_outcome_arrives(struct fake_net *net, const struct nd_addr *to,
    const struct nd_outcome *outcome, int64_t delay_ns);
/* M arrives DELAY_NS from now. */
void fake_message_arrives(
    struct fake_net *net, const struct fake_message *m, int64_t delay_ns);
/* Makes the checksum right again after M was changed. */
void fake_message_seal(struct fake_message *m);

/*
 * TCP with its options and its checksum, and LEN zeros as payload, from whom
 * SYN went to. The flags are whatever they are.
 */
struct fake_message fake_segment_make(
    const struct fake_message *syn, const struct nd_tcp *tcp, size_t len);
/* What answers SYN: its ports, ACK = SEQ + 1, no options. */
struct nd_tcp fake_answer_to(const struct nd_tcp *syn, uint8_t flags);
/* A SYN-ACK as of Linux, with timestamps where SYN has them. */
struct nd_tcp fake_syn_ack_to(const struct nd_tcp *syn);

/*
 * An ICMP error about the request that ANSWERED answers; for TCP and UDP,
 * ANSWERED is the request itself: fake_sent.reply.
 */
struct fake_error {
	uint8_t type, code;
	uint32_t word; /* the second one of the header: the MTU */
	size_t quoted; /* bytes of the request from its own header on */
};
struct fake_message fake_error_make(
    const struct fake_message *answered, const struct fake_error *e);
/* Where in such an error the quoted IP header begins. */
#define FAKE_QUOTE 8

/* A datagram that answers REQUEST, fake_sent.reply, with LEN zeros. */
struct fake_message fake_datagram_make(
    const struct fake_message *request, size_t len);

struct nd_addr fake_addr(const char *text);
/* The same as a sockaddr, port 0. */
struct sockaddr_storage fake_sockaddr(const char *text);

#endif
