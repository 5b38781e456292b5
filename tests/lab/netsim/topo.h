/* SPDX-License-Identifier: MIT */
/*
 * The simulated internet as the file describes it: routers, their routes, the
 * hosts behind them, and what changes when. FORMAT.md says what each means.
 */
#ifndef NETSIM_TOPO_H
#define NETSIM_TOPO_H

#include "addr.h"
#include "lpm.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define NS_NAME_MAX 32u /* bytes, with the NUL */
#define NS_MAX_ROUTERS 65000u
#define NS_MAX_WAYS 64u	    /* next hops of a route, hosts' routers */
#define NS_MAX_RETURN 64u   /* routers on a way back */
#define NS_MAX_LABELS 8u    /* in a stack */
#define NS_MAX_RULES 16u    /* of prohibit and drop together, a router */
#define NS_MAX_RANGES 32u   /* in PORTS */
#define NS_MAX_HOSTILE 4u   /* kinds at once */
#define NS_NONE NS_LPM_NONE /* no index */

/* Shares are in millionths. */
#define NS_WHOLE 1000000u

struct ns_range {
	int64_t lo, hi; /* ns */
};

enum ns_way { NS_OUT, NS_BACK, NS_WAYS };

/* What happens to a packet by chance. */
struct ns_impair {
	struct ns_range delay[NS_WAYS];
	bool has_back; /* delay[NS_BACK] was given */
	int64_t jitter;
	int64_t reorder_by;
	uint32_t loss[NS_WAYS], dup[NS_WAYS], reorder[NS_WAYS],
	    corrupt[NS_WAYS];
};

/*
 * A token bucket, which each router and each host has for itself: their state
 * is ns_sim's. Interval 0: no limit.
 */
struct ns_bucket {
	int64_t interval; /* ns: a token each so long */
	int64_t burst;
};

/* An ICMP error of each family, by type and code. */
struct ns_error {
	bool set;
	uint8_t type4, code4, type6, code6;
};

struct ns_ports {
	struct {
		uint16_t lo, hi;
	} range[NS_MAX_RANGES];
	unsigned n;
};

struct ns_label {
	uint32_t label;
	uint8_t tc, ttl;
};

#define NS_QUOTE_ALL UINT32_MAX
#define NS_QUOTE_DEFAULT 548u /* bytes */

/* How a node makes ICMP errors, and how often. */
struct ns_icmp_opts {
	struct ns_bucket errors, echoes;
	struct ns_range delay; /* of errors */
	int64_t ttl;
	bool no_echo;
	bool quote_swap_id, quote_options, quote_zero_checksum;
	int64_t quote_ttl; /* -1: as it came */
	uint32_t quote;	   /* bytes, or NS_QUOTE_ALL */
	struct ns_label label[NS_MAX_LABELS];
	unsigned n_labels;
	bool interface, legacy;
};

/*
 * Protocol, and a range of destination ports for UDP and TCP; of TCP perhaps
 * only segments with RST, or SYNs that ask for ECN.
 */
struct ns_rule {
	bool icmp, rst, ecn, drop;
	uint8_t proto;
	uint16_t lo, hi;
};

struct ns_iface {
	uint32_t router, from; /* NS_NONE: from the client */
	struct ns_addr addr4, addr6;
	uint32_t ifindex, ifmtu; /* 0: not given */
	char ifname[NS_NAME_MAX];
	uint32_t next; /* of the same router, or NS_NONE */
};

struct ns_router {
	char name[NS_NAME_MAX];
	struct ns_addr addr4, addr6;
	struct ns_impair impair;
	struct ns_icmp_opts icmp;
	bool silent, down, hidden, zero_ttl, blackhole, strip_ecn, nat_fix;
	int64_t tos, dscp, ecn; /* -1: unchanged */
	int64_t mtu;		/* 0: no limit */
	int64_t mtu_told;	/* -1: = mtu */
	struct ns_error refuse; /* `unreachable` */
	struct ns_error forbid; /* `prohibit-error` */
	struct ns_rule rule[NS_MAX_RULES];
	unsigned n_rules;
	struct ns_addr snat4, snat6, dnat_from, dnat_to;
	uint32_t first_return, n_returns; /* a chain through `next` */
	uint32_t first_iface;		  /* the same */
};

enum ns_balance { NS_PER_FLOW, NS_PER_PACKET, NS_PER_DEST };

struct ns_route {
	uint32_t router;
	struct ns_prefix prefix;
	enum ns_balance balance;
	unsigned n_ways; /* 0: no route from here */
	struct {
		uint32_t router, weight;
	} way[NS_MAX_WAYS];
	uint32_t weights; /* their sum */
	uint64_t turn;	  /* per-packet: how many were sent */
	uint32_t older;	  /* the route it replaced, or NS_NONE */
};

/* One way back, in the order of travel, and the next of the same router. */
struct ns_return {
	uint32_t router[NS_MAX_RETURN];
	unsigned n;
	uint32_t next;
};

enum ns_tcp { NS_TCP_CLOSED, NS_TCP_OPEN, NS_TCP_SILENT, NS_TCP_REFUSED };
enum ns_udp { NS_UDP_UNREACHABLE, NS_UDP_ANSWER, NS_UDP_SILENT };
enum ns_server { NS_LINUX, NS_SYNCOOKIE, NS_BSD, NS_NOTS };

struct ns_synack {
	uint16_t mss, window; /* mss 0: not sent */
	int wscale;	      /* -1: not sent */
	bool sack, ts, ecn;
};

/* What an answer may be turned into, FORMAT.md. The names are in this order. */
enum ns_hostile_kind {
	NS_HOSTILE_NONE,
	NS_HOSTILE_PAYLOAD,
	NS_HOSTILE_CUT,
	NS_HOSTILE_ZEROED,
	NS_HOSTILE_SOURCE,
	NS_HOSTILE_CHECKSUM,
	NS_HOSTILE_SEQ,
	NS_HOSTILE_IDENT,
	NS_HOSTILE_SHORT,
	NS_HOSTILE_OPTIONS,
	NS_HOSTILE_ACK,
	NS_HOSTILE_STALE,
	NS_HOSTILE_RST,
	NS_HOSTILE_STORM,
	NS_HOSTILE_FLOOD,
	NS_HOSTILE_ERRORS,
	NS_HOSTILE_KINDS,
};

extern const char *const ns_hostile_names[NS_HOSTILE_KINDS];

struct ns_host {
	struct ns_prefix prefix;
	uint32_t at[NS_MAX_WAYS];
	unsigned n_at;
	struct ns_impair impair;
	struct ns_icmp_opts icmp;
	uint32_t absent;
	struct ns_error unreachable, error, refuse;
	struct ns_ports tcp_ports[4]; /* by enum ns_tcp */
	enum ns_tcp tcp;
	enum ns_server server;
	struct ns_synack synack;
	struct ns_ports udp_answer, udp_silent;
	enum ns_udp udp;
	struct {
		enum ns_hostile_kind kind;
		uint32_t n;
	} hostile[NS_MAX_HOSTILE];
	unsigned n_hostile;
	uint32_t hostile_share;
};

/* An `at`. Its statement is carried out when it takes place. */
struct ns_event {
	int64_t at; /* ns after the first packet */
	unsigned line;
	char *text; /* the statement, owned */
};

struct ns_topo {
	uint64_t seed;
	uint32_t entry;
	struct ns_router *router;
	uint32_t n_routers, cap_routers;
	struct ns_iface *iface;
	uint32_t n_ifaces, cap_ifaces;
	struct ns_route *route;
	uint32_t n_routes, cap_routes;
	struct ns_return *ret;
	uint32_t n_returns, cap_returns;
	struct ns_host *host;
	uint32_t n_hosts, cap_hosts;
	struct ns_event *event; /* by time */
	uint32_t n_events, cap_events;
	struct ns_lpm routes; /* by router: index of a route */
	struct ns_lpm hosts;  /* by router: index of a host */
	struct ns_lpm own;    /* owner 0: routers by their addresses */
	struct ns_lpm blocks; /* owner 0: hosts by their prefixes */
};

/* What is wrong with a file. LINE is 0 where it is about the whole. */
struct ns_fault {
	unsigned line;
	char message[160];
};

/*
 * Reads all of IN. 0; -EINVAL with FAULT, -ENOMEM or the error of reading.
 * On success TOPO is to be freed.
 */
int ns_topo_read(struct ns_topo *topo, FILE *in, struct ns_fault *fault);
void ns_topo_free(struct ns_topo *topo);

/* NS_NONE where there is no router of that name. */
uint32_t ns_topo_find(const struct ns_topo *topo, const char *name, size_t len);
/* The router that has this address, or NS_NONE. */
uint32_t ns_topo_owner(const struct ns_topo *topo, const struct ns_addr *addr);
/* The `iface` of ROUTER for packets from FROM; NULL where the file has none. */
const struct ns_iface *ns_topo_iface(
    const struct ns_topo *topo, uint32_t router, uint32_t from);
/* What ROUTER answers from; af 0 where it has no address of the family. */
struct ns_addr ns_topo_addr(
    const struct ns_topo *topo, uint32_t router, uint32_t from, int af);

/*
 * What ROUTER does with packets to ADDR: a host or a route, by index; both
 * NS_NONE where it knows no way.
 */
struct ns_decision {
	uint32_t host, route;
};
struct ns_decision ns_topo_decide(
    const struct ns_topo *topo, uint32_t router, const struct ns_addr *addr);

/* Lets event I take place. 0 or -ENOMEM. */
int ns_topo_apply(struct ns_topo *topo, uint32_t i);

#endif
