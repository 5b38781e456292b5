/* SPDX-License-Identifier: MIT */
/*
 * The context: sockets, probes, timers, pacing and counters that all tasks
 * share. Works with any backend and clock; the loop is optional, so that tests
 * can turn it by hand over virtual time.
 */
#ifndef ND_ENGINE_CTX_H
#define ND_ENGINE_CTX_H

#include "engine/departure.h"
#include "engine/pacer.h"
#include "engine/peers.h"
#include "engine/probe.h"
#include "engine/queue.h"
#include "engine/rtt.h"
#include "engine/shared.h"
#include "engine/task.h"
#include "engine/wheel.h"
#include "net/clock.h"
#include "net/net.h"
#include "net/ports.h"
#include "net/source.h"
#include "netdiag.h"

struct nd_loop; /* engine/loop.h */

#define ND_CTX_SOCKS 8 /* two families: header, TCP, UDP, ICMP */
/*
 * The last of the methods (netdiag.h): over header sockets, where there are
 * any, and quotes may come back with another port.
 */
#define ND_CTX_HEADERS (ND_UDP << 1)
#define ND_CTX_TX_SIZE (65535 + 8)

struct nd_ctx {
	struct nd_loop *loop; /* NULL: turned by hand */
	struct nd_timebase time;
	int64_t now_ns; /* when the turn began */

	unsigned methods; /* ND_ICMP... */
	struct nd_sock socks[ND_CTX_SOCKS];
	int sock_count;
	struct nd_ports tcp_ports, udp_ports; /* source ports, reserved */
	unsigned flows; /* of each of them for flows; the rest is spare */
	struct nd_source source;
	enum nd_mode mode;
	uint8_t key[16];

	struct nd_table table;
	struct nd_wheel task_timers, probe_timers;
	struct nd_queue ready; /* tasks that may send */
	struct nd_peers peers; /* of tasks with a `peer_limit` */
	struct nd_pacer pacer;
	unsigned refusals; /* in a row: the host would not take a packet */
	int64_t blocked_until_ns; /* the network said: wait */
	struct nd_departures departures[ND_CTX_SOCKS];

	struct nd_limits limits;
	struct nd_rtt_budget rtt_budget;
	struct nd_shared *shared; /* options of tasks */
	uint32_t scan_budget;	  /* of this turn: entries of the pool */
	struct nd_ctx_stats stats;
	int64_t last_drop_ns; /* our sockets had dropped packets by then */
	bool paused;
	uint64_t started; /* tasks so far */
	int64_t paused_since_ns;

	int depth; /* inside a turn: the dead are reclaimed after it */
	struct nd_task *dead;
	uint8_t *tx; /* ND_CTX_TX_SIZE bytes to build a packet in */
};

struct nd_ctx_parts {
	const struct nd_net_ops *const *backends; /* tried in order, by NULL */
	/* For TCP beside each of them; NULL: they do it themselves. */
	const struct nd_net_ops *const *tcp_backends;
	/* The same for UDP; one that is NULL: not allowed. */
	const struct nd_net_ops *const *udp_backends;
	const struct nd_clock_ops *clock;
	void *net_arg; /* nd_sock.arg of each socket */
};

/* nd_ctx_new() over other parts than the system's. */
int nd_ctx_make(struct nd_ctx **ret, const struct nd_ctx_opts *opts,
    const struct nd_ctx_parts *parts);

/*
 * One turn: reads all that has come, lets probes time out, sends a bounded
 * portion. True: call again soon, there is more to do.
 */
bool nd_ctx_turn(struct nd_ctx *ctx);
/* Frees the tasks that were freed inside callbacks, if those are over. */
void nd_ctx_reclaim(struct nd_ctx *ctx);
/* Asks the sockets how many packets they have dropped. */
void nd_ctx_look_for_drops(struct nd_ctx *ctx);
/* When the next turn is due; INT64_MAX: only when a packet comes. */
int64_t nd_ctx_next(struct nd_ctx *ctx);
/* Something has changed outside of a turn: the loop must look again. */
void nd_ctx_wake(struct nd_ctx *ctx);

/*
 * The socket over which tasks speak PROTO to FAMILY, or, for IPPROTO_RAW, send
 * with IP headers of their own; NULL: the context is not for that.
 */
struct nd_sock *nd_ctx_sock(struct nd_ctx *ctx, int family, uint8_t proto);

/* Reads one packet: finds its probe and tells its task, or counts why not. */
void nd_demux(struct nd_ctx *ctx, struct nd_sock *s, const struct nd_packet *p);

#endif
