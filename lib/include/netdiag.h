/* SPDX-License-Identifier: MIT */
/*
 * netdiag.h: network diagnostics on the caller's libev loop.
 *
 * A context (struct nd_ctx) opens a few sockets once and serves any number of
 * diagnostics over them. A diagnostic reports each outcome to a callback.
 *
 *	struct nd_ctx *ctx;
 *	struct nd_ping *ping;
 *	struct nd_ping_opts opts = ND_PING_OPTS_INIT;
 *
 *	nd_ctx_new(&ctx, EV_DEFAULT, NULL);
 *	opts.addr = (const struct sockaddr *)&target;
 *	opts.count = 3;
 *	nd_ping_start(&ping, ctx, &opts, on_event, NULL);
 *	ev_run(EV_DEFAULT, 0);
 *	nd_ping_free(ping);
 *	nd_ctx_free(ctx);
 *
 * Rules that hold for every call:
 * - Functions return 0, or a negative errno, or a negative ND_E* code;
 *   nd_strerror() and nd_hint() explain both. An out-parameter is untouched on
 *   failure.
 * - Times are int64_t nanoseconds. Durations that do not exist are -1.
 * - A context and all that hangs on it belong to the thread of its loop.
 *   Several contexts live side by side, one a thread.
 * - The library copies what it keeps. It never prints, exits, reads the
 *   environment, installs a signal handler or drops a privilege.
 * - Event structs, and what they point to, are valid during the callback only.
 *   A callback may start, stop and free diagnostics; while it runs, a context
 *   does not go on, not even where it runs the loop.
 */
#ifndef NETDIAG_H
#define NETDIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ND_API __attribute__((visibility("default")))

struct ev_loop;
struct nd_ctx;
struct nd_ping;
struct nd_knock;
struct nd_trace;

/* ---- Errors ------------------------------------------------------------ */

enum nd_error {
	ND_EPRIV = -1000,   /* neither a raw nor a ping socket may be opened */
	ND_EFAMILY = -1001, /* the context has no socket of that family, or not
			     * of that method */
	ND_ELIMIT = -1002,  /* a limit of the context is reached */
	ND_EOPTION = -1003, /* an option is out of its range */
};

/* The version of the library, "MAJOR.MINOR.PATCH". */
ND_API const char *nd_version(void);
/* What ERR means, no full stop; errno in the system's words. Static storage. */
ND_API const char *nd_strerror(int err);
/* What can be done about ERR, or NULL where nothing general can be said. */
ND_API const char *nd_hint(int err);

/* ---- Context ----------------------------------------------------------- */

enum nd_mode {
	ND_MODE_AUTO,	 /* raw where it is allowed, else one of the others */
	ND_MODE_RAW,	 /* SOCK_RAW: needs CAP_NET_RAW while it is opened */
	ND_MODE_DGRAM,	 /* SOCK_DGRAM ICMP: needs net.ipv4.ping_group_range */
	ND_MODE_CONNECT, /* TCP by connect(2): needs nothing */
};

/* Path MTU discovery of all probes of a context: ip(7) IP_MTU_DISCOVER. */
enum nd_pmtu {
	ND_PMTU_SYSTEM, /* leave the system's default */
	ND_PMTU_DO,	/* always set DF, never fragment locally */
	ND_PMTU_WANT,	/* set DF, fragment locally to the known path MTU */
	ND_PMTU_DONT,	/* never set DF */
	ND_PMTU_PROBE,	/* set DF, ignore the known path MTU */
};

#define ND_INET 1u  /* families: IPv4 */
#define ND_INET6 2u /* families: IPv6 */

#define ND_ICMP 1u /* methods: ICMP echo */
#define ND_TCP 2u  /* methods: TCP */
#define ND_UDP 4u  /* methods: UDP, to trace with */
#define ND_TRACE                                                               \
	8u /* methods: traces, over the other methods; raw: sockets that IP    \
	    * headers of our own are sent with */

#define ND_FLOWS_MAX 240u /* source ports of one diagnostic */

struct nd_ctx_opts {
	size_t size; /* sizeof(struct nd_ctx_opts) */
	unsigned
	    families; /* ND_INET | ND_INET6; 0 = both, as far as they exist */
	unsigned methods;  /* ND_ICMP | ND_TCP; 0 = ND_ICMP */
	unsigned flows;	   /* TCP, raw: source ports to reserve, a descriptor
			    * each, besides 16 spare ones; 0 = 1 */
	enum nd_mode mode; /* DGRAM, CONNECT: no raw socket; which of them,
			    * METHODS decide */
	enum nd_pmtu pmtu;
	const char *device; /* SO_BINDTODEVICE, or NULL */
	bool has_mark;
	uint32_t mark;	/* SO_MARK: needs CAP_NET_RAW or CAP_NET_ADMIN */
	bool broadcast; /* SO_BROADCAST: allow broadcast targets */
	const struct sockaddr *source; /* to bind to, or NULL */
	int ident;	 /* ICMP identifier 0..65535, or -1: at random */
	bool has_key;	 /* take KEY instead of one from getrandom(2) */
	uint8_t key[16]; /* authenticates replies; keep it secret */
};
#define ND_CTX_OPTS_INIT                                                       \
	{                                                                      \
		.size = sizeof(struct nd_ctx_opts), .ident = -1                \
	}

/*
 * Opens the sockets; the only call that wants a privilege. LOOP is the
 * caller's and outlives the context. OPTS may be NULL. ND_EPRIV where neither
 * kind of socket is allowed.
 */
ND_API int nd_ctx_new(
    struct nd_ctx **ret, struct ev_loop *loop, const struct nd_ctx_opts *opts);
/* Closes all. Diagnostics still on it must have been freed. NULL is allowed. */
ND_API void nd_ctx_free(struct nd_ctx *ctx);

/*
 * What was opened: ND_MODE_RAW; else ND_MODE_CONNECT where METHODS was ND_TCP
 * alone, ND_MODE_DGRAM otherwise.
 */
ND_API enum nd_mode nd_ctx_mode(const struct nd_ctx *ctx);
/* ND_INET and ND_INET6 as far as sockets of them are open. */
ND_API unsigned nd_ctx_families(const struct nd_ctx *ctx);

struct nd_limits {
	size_t size;		/* sizeof(struct nd_limits) */
	uint64_t rate_pps;	/* packets a second over all; 0 = no limit */
	uint64_t expected_pps;	/* the rate that the caller will ask for: below
				 * 10,000, departures get kernel time stamps.
				 * 0 = unknown, taken as high. */
	uint64_t max_in_flight; /* probes awaiting an answer */
	size_t histogram_bytes; /* memory for RTT histograms, all together */
};
#define ND_LIMITS_INIT                                                         \
	{                                                                      \
		.size = sizeof(struct nd_limits), .rate_pps = 10000,           \
		.expected_pps = 0, .max_in_flight = 4194304,                   \
		.histogram_bytes = (size_t)256 << 20                           \
	}

/* To be called before the first diagnostic starts; -EBUSY after it. */
ND_API int nd_ctx_set_limits(
    struct nd_ctx *ctx, const struct nd_limits *limits);

/*
 * While paused the context receives but neither sends nor lets a probe time
 * out: for a caller whose output is stuck. Nothing is lost by it, since late
 * or in time is decided by the times of departure and arrival.
 */
ND_API void nd_ctx_pause(struct nd_ctx *ctx, bool pause);

/* Why a received packet was not taken as the answer to a probe. */
enum nd_invalid {
	ND_INVALID_CHECKSUM,  /* of ICMP or TCP, wrong */
	ND_INVALID_TRUNCATED, /* shorter than its headers, or than the probe */
	ND_INVALID_SOURCE,    /* right in all, but from another address */
	ND_INVALID_UNKNOWN,   /* no probe with that sequence number, or
			       * acknowledges none */
	ND_INVALID_TAG,	      /* the keyed bytes are not ours */
	ND_INVALID_PAYLOAD,   /* the rest of the payload was changed */
	ND_INVALID_COUNT
};
/* "checksum", "truncated", ...: a stable word for scripts. */
ND_API const char *nd_invalid_name(enum nd_invalid reason);

struct nd_ctx_stats {
	size_t size;	   /* sizeof(struct nd_ctx_stats), set by caller */
	uint64_t sent;	   /* packets handed to the network */
	uint64_t received; /* packets read from the sockets */
	uint64_t ignored;  /* of other programs, not ours at all */
	uint64_t invalid[ND_INVALID_COUNT];
	uint64_t local_drops;  /* dropped by our sockets: buffer full */
	uint64_t send_retries; /* ENOBUFS and EAGAIN, waited out */
	uint64_t in_flight;
	uint64_t tasks;
	uint64_t histogram_bytes;
	bool histogram_full;  /* some percentiles were given up */
	int64_t paused_ns;    /* all nd_ctx_pause() together */
	uint64_t clock_steps; /* steps of the wall clock that were seen */
};
ND_API int nd_ctx_stats(const struct nd_ctx *ctx, struct nd_ctx_stats *ret);

/*
 * The source address that the system would use to reach DST, into RET (of
 * sizeof(struct sockaddr_storage)). A negative errno where there is no route.
 */
ND_API int nd_ctx_source(struct nd_ctx *ctx, const struct sockaddr *dst,
    struct sockaddr_storage *ret);

/* ---- RTT statistics ---------------------------------------------------- */

/* How exact an RTT is. The higher, the less exact. */
enum nd_clock {
	ND_CLOCK_KERNEL, /* departure and arrival stamped by the kernel */
	ND_CLOCK_RX, /* arrival by the kernel, departure right before send() */
	ND_CLOCK_USER, /* both in this process */
	ND_CLOCK_NONE  /* no RTT */
};

/* All in ns; -1 where there is no sample (percentiles: or were given up). */
struct nd_rtt {
	uint64_t samples;
	int64_t min_ns, avg_ns, max_ns,
	    stddev_ns;			/* stddev: of the population */
	int64_t p50_ns, p95_ns, p99_ns; /* nearest rank: exact up to 16 samples,
					 * then within 2 % */
	int64_t jitter_ns; /* RFC 3550 section 6.4.1, in order of sending;
			    * -1 with fewer than two samples */
};

/* ---- ping: ICMP echo, RFC 792 and RFC 4443 ------------------------------ */

enum nd_ping_status {
	ND_PING_REPLY,	      /* answered in time */
	ND_PING_TIMEOUT,      /* not answered in time */
	ND_PING_UNREACHABLE,  /* an ICMP error other than ttl exceeded */
	ND_PING_TTL_EXCEEDED, /* ICMP time exceeded */
	ND_PING_SEND_ERROR,   /* the local host refused to send it */
	ND_PING_DUPLICATE,    /* a further answer; counted apart */
	ND_PING_LATE,	      /* an answer after its TIMEOUT event */
	ND_PING_INVALID,      /* an answer that failed a check */
	ND_PING_SENT,	      /* handed to the network (ND_PING_F_SENT only) */
	ND_PING_DONE	      /* all probes are decided: the last event */
};

#define ND_PING_F_ADAPTIVE 1u	 /* send the next once one is answered */
#define ND_PING_F_ANY_SOURCE 2u	 /* broadcast, multicast: any sender answers */
#define ND_PING_F_FIRST_REPLY 4u /* DONE after the first reply, be it late */
#define ND_PING_F_SENT 8u	 /* report ND_PING_SENT too */

/*
 * Before the first reply. The host gives up on an address that nobody owns, and
 * says so by an ICMP error, after three seconds and some milliseconds.
 */
#define ND_PING_FIRST_TIMEOUT_NS INT64_C(3500000000)

struct nd_ping_opts {
	size_t size; /* sizeof(struct nd_ping_opts) */
	const struct sockaddr
	    *addr; /* sockaddr_in or _in6; the port is ignored */
	const struct sockaddr *source; /* NULL: the system chooses */
	uint64_t count;		       /* probes; 0: until stopped */
	int64_t interval_ns;	       /* between two departures, at least 1 us;
					* ADAPTIVE: where no answer comes */
	int64_t least_interval_ns;     /* ADAPTIVE: never closer than that */
	int64_t timeout_ns;	  /* 0: 3 x the largest RTT seen, at least 1 s;
				   * first_timeout_ns before the first reply */
	int64_t first_timeout_ns; /* 0: ND_PING_FIRST_TIMEOUT_NS */
	int64_t start_ns;	  /* before the first probe, from now */
	uint32_t payload;	  /* bytes after the ICMP header, <= 65507 */
	uint32_t preload;	  /* probes sent at once at the start */
	const uint8_t *pattern;	  /* fills the payload, or NULL */
	size_t pattern_len;	  /* 0..16 */
	int ttl;		  /* 1..255, or -1 */
	int tos;		  /* 0..255, or -1 */
	unsigned flags;		  /* ND_PING_F_* */
};
#define ND_PING_OPTS_INIT                                                      \
	{                                                                      \
		.size = sizeof(struct nd_ping_opts),                           \
		.interval_ns = 1000000000, .payload = 56, .ttl = -1, .tos = -1 \
	}

struct nd_ping_event {
	enum nd_ping_status status;
	uint64_t seq;	      /* of the probe, from 1; 0 with DONE */
	int64_t sent_real_ns; /* when it left, CLOCK_REALTIME */
	int64_t rtt_ns;	      /* or -1 */
	enum nd_clock clock;
	const struct sockaddr *from; /* who answered, or NULL */
	int ttl, tos;		     /* of the answer, or -1 */
	int bytes; /* ICMP header and payload of the answer, or -1 */
	int icmp_type, icmp_code; /* of an ICMP error, or -1 */
	int info;	/* the MTU of "fragmentation needed", "too big" and of a
			 * SEND_ERROR with -EMSGSIZE; the pointer of a parameter
			 * problem; else -1 */
	bool rewritten; /* an ICMP error that quotes the probe with other
			 * addresses: a translator (NAT) is on the way */
	int err;	/* SEND_ERROR: negative errno, else 0 */
	enum nd_invalid invalid; /* INVALID: why; else ND_INVALID_COUNT */
	int diff_offset;	 /* first payload byte that differs, or -1 */
	uint8_t diff_want, diff_got;
};

typedef void nd_ping_cb(
    struct nd_ping *ping, const struct nd_ping_event *event, void *user);

/*
 * Starts pinging one address. The first probe leaves from the loop, never
 * inside this call. ND_EFAMILY, ND_EOPTION, ND_ELIMIT, -ENOMEM.
 */
ND_API int nd_ping_start(struct nd_ping **ret, struct nd_ctx *ctx,
    const struct nd_ping_opts *opts, nd_ping_cb *cb, void *user);
/*
 * Ends it now, without a further callback; probes in flight become
 * `unfinished`. The statistics stay readable.
 */
ND_API void nd_ping_stop(struct nd_ping *ping);
/* Stops and frees; legal inside any callback; NULL is allowed. */
ND_API void nd_ping_free(struct nd_ping *ping);

/*
 * Every probe sent is exactly one of received, lost, errors, unfinished:
 * while it is in flight, unfinished.
 */
struct nd_ping_stats {
	size_t size; /* sizeof(struct nd_ping_stats), set by caller */
	uint64_t sent, received, lost, late, duplicates, invalid, errors;
	uint64_t late_errors; /* of late: answered by an ICMP error */
	uint64_t send_errors; /* not in sent */
	uint64_t unfinished;
	bool loss_uncertain; /* our own socket dropped packets meanwhile */
	uint64_t pipe;	   /* most probes out when an answer came, as ping(8) */
	struct nd_rtt rtt; /* without duplicates and late replies */
	enum nd_clock clock; /* the least exact used, or ND_CLOCK_NONE */
	int64_t duration_ns; /* from the first departure to the last event */
};
ND_API int nd_ping_stats(const struct nd_ping *ping, struct nd_ping_stats *ret);

/* What one sender answered to a ND_PING_F_ANY_SOURCE diagnostic. */
struct nd_ping_sender {
	struct sockaddr_storage addr;
	uint64_t received, duplicates;
	int64_t min_ns, avg_ns, max_ns;
};
/* The I-th sender, from 0, in order of appearance; -ENOENT past the last. */
ND_API int nd_ping_sender(
    const struct nd_ping *ping, size_t i, struct nd_ping_sender *ret);

/* ---- knock: half of a TCP handshake, RFC 9293 section 3.5 ---------------- */

enum nd_knock_status {
	ND_KNOCK_OPEN,	      /* SYN-ACK in time */
	ND_KNOCK_CLOSED,      /* RST in time */
	ND_KNOCK_UNREACHABLE, /* an ICMP error, of whatever kind */
	ND_KNOCK_TIMEOUT,     /* not answered in time */
	ND_KNOCK_SEND_ERROR,  /* the local host refused to send it */
	ND_KNOCK_DUPLICATE,   /* a further answer; counted apart */
	ND_KNOCK_LATE,	      /* an answer after its TIMEOUT event */
	ND_KNOCK_CHALLENGE,   /* in time: an ACK that remembers an earlier
			       * probe, RFC 5961 section 4: the SYN arrived */
	ND_KNOCK_INVALID,     /* an answer that failed a check */
	ND_KNOCK_DONE	      /* all probes are decided: the last event */
};

enum nd_knock_state {
	ND_KNOCK_STATE_OPEN,
	ND_KNOCK_STATE_CLOSED,
	ND_KNOCK_STATE_FILTERED /* no answer of the target itself */
};

/* What an event is about. */
enum nd_knock_answer {
	ND_KNOCK_ANSWER_NONE,
	ND_KNOCK_ANSWER_SYN_ACK,
	ND_KNOCK_ANSWER_RST,
	ND_KNOCK_ANSWER_ACK, /* of a CHALLENGE */
	ND_KNOCK_ANSWER_ICMP
};

/* Where a probe was lost. */
enum nd_lost_dir { ND_LOST_UNKNOWN, ND_LOST_OUT, ND_LOST_BACK };

enum nd_syn_options {
	ND_SYN_LINUX, /* MSS, SACK, timestamps, window scale */
	ND_SYN_MSS,   /* MSS only */
	ND_SYN_NONE
};

/* SYNs in flight to one address, of all diagnostics of a context, at most. */
#define ND_KNOCK_IN_FLIGHT 128u

/*
 * Find out about ECN: of each flow's probes one in three, and the first, asks
 * for it (RFC 3168 section 6.1.1), one asks and is ECT(0) itself, and one is
 * plain. Not with ND_MODE_CONNECT.
 */
#define ND_KNOCK_F_ECN 1u
#define ND_KNOCK_F_FULL                                                        \
	2u /* complete the handshake, then close in order;                     \
	    * ND_MODE_CONNECT only */

struct nd_knock_opts {
	size_t size;		       /* sizeof(struct nd_knock_opts) */
	const struct sockaddr *addr;   /* sockaddr_in or _in6, the port not 0 */
	const struct sockaddr *source; /* NULL: the system chooses */
	uint64_t count;		       /* probes; 0: until stopped */
	int64_t interval_ns;	  /* between two departures, at least 1 us; more
				   * where ND_KNOCK_IN_FLIGHT are under way */
	int64_t timeout_ns;	  /* as of nd_ping_opts */
	int64_t first_timeout_ns; /* 0: ND_PING_FIRST_TIMEOUT_NS */
	int64_t start_ns;	  /* before the first probe, from now */
	unsigned flows; /* source ports to take turns, 1 (also 0) to the flows
			 * of the context; 1 with ND_MODE_CONNECT */
	int ttl;	/* 1..255, or -1 */
	int tos;	/* 0..255, or -1 */
	enum nd_syn_options options; /* ND_MODE_CONNECT: as the system has it */
	unsigned flags;		     /* ND_KNOCK_F_* */
};
#define ND_KNOCK_OPTS_INIT                                                     \
	{                                                                      \
		.size = sizeof(struct nd_knock_opts),                          \
		.interval_ns = 1000000000, .flows = 1, .ttl = -1, .tos = -1    \
	}

/* What a SYN-ACK says of the server. -1: not said, or not seen. */
struct nd_knock_tcp {
	int mss, wscale;
	int window; /* as on the wire; -1 with ND_MODE_CONNECT */
	bool sack, timestamps;
	bool ecn;	 /* it agrees to ECN: ECE without CWR */
	bool ecn_mirror; /* ECE and CWR: it mirrors flags that it does not
			  * understand */
};

/* What the server says to SYNs that ask for ECN. */
enum nd_knock_ecn {
	ND_KNOCK_ECN_UNKNOWN, /* not asked, or no SYN-ACK */
	ND_KNOCK_ECN_ACCEPTED,
	ND_KNOCK_ECN_DECLINED, /* or something on the way took the flags away */
	ND_KNOCK_ECN_MIRRORED  /* it sends back what it does not understand */
};

/* What is proven of the path. */
enum nd_knock_ecn_path {
	ND_KNOCK_ECN_PATH_UNKNOWN,
	ND_KNOCK_ECN_PATH_CLEAN,    /* the server tells marked SYNs from others:
				     * the mark got there */
	ND_KNOCK_ECN_PATH_BLEACHED, /* an ICMP error quotes a SYN without the
				     * mark or the flags that it had */
	ND_KNOCK_ECN_PATH_MARKED,   /* something came, or was quoted, with CE */
	ND_KNOCK_ECN_PATH_BLOCKED   /* SYNs that ask for ECN are not answered,
				     * others are */
};

struct nd_knock_event {
	enum nd_knock_status status;
	enum nd_knock_answer answer;
	uint64_t seq;	      /* of the probe, from 1; 0 with DONE */
	unsigned flow;	      /* of the probe, from 1: up to `flows`, above
			       * it a spare one; 0 with DONE */
	int64_t sent_real_ns; /* when it left, CLOCK_REALTIME */
	int64_t rtt_ns;	      /* or -1 */
	enum nd_clock clock;
	bool ambiguous; /* answered, but to which of several equal SYNs nobody
			 * can tell: no RTT */
	enum nd_lost_dir lost_dir;   /* TIMEOUT */
	const struct sockaddr *from; /* who answered, or NULL */
	int ttl, tos;		     /* of the answer, or -1 */
	int icmp_type, icmp_code;    /* of an ICMP error, or -1 */
	int info;	/* the MTU of "fragmentation needed", "too big"; the
			 * pointer of a parameter problem; else -1 */
	bool rewritten; /* an ICMP error that quotes the probe with other
			 * addresses: a translator (NAT) is on the way */
	const struct nd_knock_tcp *tcp; /* of a SYN-ACK, or NULL */
	bool rst_lost; /* DUPLICATE: the server repeats its SYN-ACK, the RSTs
			* of this host do not arrive there; told once */
	int err;       /* SEND_ERROR: negative errno, else 0 */
	enum nd_invalid invalid; /* INVALID: why; else ND_INVALID_COUNT */
};

typedef void nd_knock_cb(
    struct nd_knock *knock, const struct nd_knock_event *event, void *user);

/*
 * Starts knocking at one port of one address. The first probe leaves from the
 * loop, never inside this call. A TIMEOUT event waits until the direction of
 * the loss is known, or the next probe of its flow is decided.
 * ND_EFAMILY, ND_EOPTION, ND_ELIMIT, -ENOMEM.
 */
ND_API int nd_knock_start(struct nd_knock **ret, struct nd_ctx *ctx,
    const struct nd_knock_opts *opts, nd_knock_cb *cb, void *user);
/*
 * Ends it now: tells the TIMEOUT events that wait, then no further one; probes
 * in flight become `unfinished`. The statistics stay readable.
 */
ND_API void nd_knock_stop(struct nd_knock *knock);
/* Frees it, without a callback; legal inside any callback; NULL is allowed. */
ND_API void nd_knock_free(struct nd_knock *knock);

/*
 * Every probe sent is exactly one of received, lost, errors, unfinished:
 * while it is in flight, unfinished.
 */
struct nd_knock_stats {
	size_t size; /* sizeof(struct nd_knock_stats), set by caller */
	uint64_t sent, received, lost, late, duplicates, invalid, errors;
	uint64_t late_errors; /* of late: answered by an ICMP error */
	uint64_t send_errors; /* not in sent */
	uint64_t unfinished;
	uint64_t lost_out, lost_back, lost_unknown; /* together: lost */
	uint64_t syn_acks, rsts, challenges;	    /* in time or late */
	uint64_t ambiguous;	   /* of received: without an RTT */
	enum nd_knock_state state; /* of what answered more often; a tie is
				    * open */
	bool mixed;		   /* there were SYN-ACKs and RSTs */
	bool rst_ttl_differs;	   /* an RST came with another TTL than the
				    * SYN-ACKs: from a middlebox */
	bool rst_lost;		   /* as of the event */
	bool loss_uncertain; /* our own socket dropped packets meanwhile */
	int ttl;	     /* of the last answer of the target, or -1 */
	bool has_tcp;
	struct nd_knock_tcp tcp; /* of the last SYN-ACK */
	enum nd_knock_ecn ecn;	 /* of the last SYN-ACK to one that asks */
	enum nd_knock_ecn_path ecn_path;
	struct nd_rtt rtt; /* without duplicates, late and ambiguous replies */
	enum nd_clock clock; /* the least exact used, or ND_CLOCK_NONE */
	int64_t duration_ns; /* from the first departure to the last event */
};
ND_API int nd_knock_stats(
    const struct nd_knock *knock, struct nd_knock_stats *ret);

/* Of one flow: as above. */
struct nd_knock_flow {
	uint16_t port; /* source port */
	uint64_t sent, received, lost, errors;
	int64_t min_ns, avg_ns, max_ns; /* -1 without an RTT */
};
/* The I-th flow, from 0; -ENOENT past the last that was used. */
ND_API int nd_knock_flow(
    const struct nd_knock *knock, unsigned i, struct nd_knock_flow *ret);

/* ---- trace: every hop, every path ---------------------------------------- */

enum nd_trace_method {
	ND_TRACE_UDP,  /* to one port, 33434 as a rule */
	ND_TRACE_TCP,  /* SYN */
	ND_TRACE_ICMP, /* echo */
};

enum nd_trace_status {
	ND_TRACE_HOP,	      /* TTL exceeded in time: from a router */
	ND_TRACE_DESTINATION, /* an echo reply, a SYN-ACK or RST that
			       * acknowledges the probe, a UDP answer, or port
			       * unreachable, in time: it has arrived */
	ND_TRACE_UNREACHABLE, /* another ICMP error, in time */
	ND_TRACE_TIMEOUT,     /* not answered in time */
	ND_TRACE_SEND_ERROR,  /* the local host refused to send it */
	ND_TRACE_DUPLICATE,   /* a further answer; counted apart */
	ND_TRACE_LATE,	      /* an answer after its TIMEOUT event; it counts
			       * for the addresses of its hop all the same */
	ND_TRACE_INVALID,     /* an answer that failed a check */
	ND_TRACE_HOP_DONE,    /* no probe of the first cycle to this TTL is
			       * awaited any more: told in order of TTLs, from
			       * the first to the last one that belongs to the
			       * path (ND_TRACE_STATS: `hops`) */
	ND_TRACE_CYCLE,	      /* a cycle is over, and another one follows */
	ND_TRACE_DONE	      /* all is decided: the last event */
};

#define ND_TRACE_F_CLASSIC 1u /* each probe is a flow of its own: no links */
#define ND_TRACE_F_MTU 2u     /* the largest packet that gets to each hop */
#define ND_TRACE_F_MAY_FRAGMENT                                                \
	4u /* IPv4: without DF, which keeps translators from changing the IP   \
	    * ID */

#define ND_TRACE_TTL_MAX 255

struct nd_trace_opts {
	size_t size;		       /* sizeof(struct nd_trace_opts) */
	const struct sockaddr *addr;   /* sockaddr_in or _in6 */
	const struct sockaddr *source; /* NULL: the system chooses */
	enum nd_trace_method method;
	uint16_t port;	     /* UDP, TCP: the destination's; 0: 33434, 80 */
	unsigned flows;	     /* probes a TTL and cycle, each a flow (but with
			      * CLASSIC), 1 to the flows of the context */
	unsigned first, max; /* TTLs, 1 to 255 */
	unsigned gap;	     /* silent TTLs in a row that end it; 0: never */
	uint64_t cycles;     /* 0: until stopped */
	int64_t interval_ns; /* between the beginnings of two cycles */
	int64_t timeout_ns;  /* of one probe; 0: adaptive */
	int64_t start_ns;    /* before the first probe, from now */
	int64_t spacing_ns;  /* between two probes, at least; 0: none */
	uint32_t payload;    /* bytes, at least what the tags need */
	int tos;	     /* 0..255, or -1 */
	unsigned confidence; /* per cent: 0, or 95 or 99 for all paths (MDA) */
	unsigned flags;	     /* ND_TRACE_F_*; MTU: not with TCP */
};
#define ND_TRACE_OPTS_INIT                                                     \
	{                                                                      \
		.size = sizeof(struct nd_trace_opts), .flows = 3, .first = 1,  \
		.max = 30, .gap = 5, .cycles = 1, .interval_ns = 1000000000,   \
		.tos = -1                                                      \
	}

/* An entry of an MPLS label stack, RFC 4950. */
struct nd_trace_label {
	uint32_t label;
	uint8_t tc, ttl;
	bool s; /* bottom of the stack */
};

/* What a router says of the interface that a probe came in by, RFC 5837. */
struct nd_trace_interface {
	uint32_t ifindex, mtu;	      /* 0: not given */
	struct sockaddr_storage addr; /* AF_UNSPEC: not given */
	char name[64];		      /* "": not given; any bytes at all */
};

#define ND_TRACE_LABELS 16

struct nd_trace_event {
	enum nd_trace_status status;
	unsigned ttl;	      /* of the probe; HOP_DONE: the TTL; else 0 */
	uint64_t cycle;	      /* from 1 */
	unsigned attempt;     /* at this TTL and flow in this cycle, from 1 */
	unsigned flow;	      /* from 1 */
	int64_t sent_real_ns; /* when it left, CLOCK_REALTIME */
	int64_t rtt_ns;	      /* or -1 */
	enum nd_clock clock;
	const struct sockaddr *from; /* who answered, or NULL */
	int reply_ttl, reply_tos;    /* of the answer, or -1 */
	int quoted_ttl, quoted_tos;  /* of an ICMP error, or -1 */
	int icmp_type, icmp_code;    /* of an ICMP error, or -1 */
	int mtu;	/* that "fragmentation needed" or "too big" tells; of a
			 * SEND_ERROR with -EMSGSIZE; else -1 */
	bool rewritten; /* the quote has other addresses, or another port or
			 * checksum, than what was sent: a translator (NAT) is
			 * on the way */
	unsigned label_count;
	const struct nd_trace_label *labels;	    /* the outermost first */
	const struct nd_trace_interface *interface; /* or NULL */
	int err;		 /* SEND_ERROR: negative errno, else 0 */
	enum nd_invalid invalid; /* INVALID: why; else ND_INVALID_COUNT */
};

typedef void nd_trace_cb(
    struct nd_trace *trace, const struct nd_trace_event *event, void *user);

/*
 * Starts tracing the way to one address. The first probe leaves from the loop,
 * never inside this call. ND_EFAMILY (also: the context is not for that
 * method), ND_EOPTION, ND_ELIMIT, -ENOMEM; ND_EPRIV where the context has no
 * raw sockets and what is asked for needs them: TCP, all paths, the MTU.
 */
ND_API int nd_trace_start(struct nd_trace **ret, struct nd_ctx *ctx,
    const struct nd_trace_opts *opts, nd_trace_cb *cb, void *user);
/* Ends it now, without a further callback. What was found stays readable. */
ND_API void nd_trace_stop(struct nd_trace *trace);
/* Frees it, without a callback; legal inside any callback; NULL is allowed. */
ND_API void nd_trace_free(struct nd_trace *trace);

enum nd_trace_end {
	ND_TRACE_END_NONE, /* it goes on, or was stopped */
	ND_TRACE_END_REACHED,
	ND_TRACE_END_UNREACHABLE, /* a router said so to all flows */
	ND_TRACE_END_GAP,	  /* so many silent TTLs in a row */
	ND_TRACE_END_MAX_TTL,
	ND_TRACE_END_LOOP /* each flow goes in circles */
};

/* Every probe sent is exactly one of received, lost, unfinished. */
struct nd_trace_stats {
	size_t size;  /* sizeof(struct nd_trace_stats), set by caller */
	bool reached; /* in any cycle, also by the last probe past a gap */
	enum nd_trace_end end; /* of the last cycle that ended */
	unsigned hops;	/* the TTL at which the destination answered, the lowest
			 * of the last cycle in which it did; where it never
			 * did: the last one with an answer */
	unsigned shown; /* TTLs worth showing: up to the destination, or with
			 * the silent ones that were asked in vain */
	uint64_t cycles; /* ended */
	uint64_t sent, received, lost, late, duplicates, invalid;
	uint64_t errors;      /* of received: UNREACHABLE */
	uint64_t send_errors; /* not in sent */
	uint64_t unfinished;  /* in flight, or not answered from beyond the end
			       * of the way */
	bool loss_uncertain;  /* our own socket dropped packets meanwhile */
	bool has_path;	      /* flow 1 of the first cycle: no hop of it was
			       * lost */
	uint64_t path;	      /* hash of its addresses; silent TTLs as zero */
	unsigned paths;	      /* different ones that flows took */
	int confidence; /* per cent, of a branching node's: that none of its
			 * links was missed; -1: not asked for, or flows went
			 * unanswered */
	int mtu; /* the largest packet that the destination answered to, or
		  * -1 */
	uint64_t sized; /* probes of ND_TRACE_F_MTU, which are counted nowhere
			 * else */
	unsigned mtu_black_hole; /* first TTL that larger packets never reach,
				  * without an error; 0: none */
	struct nd_rtt rtt;	 /* of the destination */
	enum nd_clock clock;	 /* the least exact used, or ND_CLOCK_NONE */
	int64_t duration_ns; /* from the first departure to the last event */
};
ND_API int nd_trace_stats(
    const struct nd_trace *trace, struct nd_trace_stats *ret);

/* One TTL, over all cycles. */
struct nd_trace_hop {
	unsigned ttl;
	uint64_t sent, received, lost, late, send_errors, unfinished;
	uint64_t errors;  /* of received: UNREACHABLE */
	unsigned nodes;	  /* addresses that answered */
	int rate_limited; /* 1: loss here while every later TTL that answered
			   * on the same flows lost nothing in at least 3
			   * probes; 0: not so; -1: none later answered */
	unsigned ends;	  /* flows that reached the destination here */
};
/* Of TTL; -ENOENT where it was never asked. */
ND_API int nd_trace_hop(
    const struct nd_trace *trace, unsigned ttl, struct nd_trace_hop *ret);

/* A set of flows: flow F, from 1, is bit (F - 1) % 64 of [(F - 1) / 64]. */
struct nd_trace_flows {
	uint64_t bits[4];
};

/* An address that answered at a TTL, over all cycles. */
struct nd_trace_node {
	struct sockaddr_storage addr;
	unsigned ttl;
	bool destination;	  /* it answered as the destination does */
	uint64_t received;	  /* late ones too */
	struct nd_rtt rtt;	  /* those in time */
	int reply_ttl, reply_tos; /* of its last answer, or -1 */
	int return_hops;	  /* estimated from reply_ttl, or -1 */
	int quoted_ttl; /* of its last error, or -1; 1 is usual, 0: a router
			 * before it forwards at TTL 0; more: a tunnel */
	int quoted_tos; /* or -1 */
	int icmp_type, icmp_code; /* of its last error that is neither TTL
				   * exceeded nor the destination's; -1: none */
	int mtu;  /* what it said in "too big"; else, with ND_TRACE_F_MTU, the
		   * largest packet that got to it; else -1 */
	bool nat; /* it quotes a probe that was rewritten */
	unsigned label_count;
	struct nd_trace_label labels[ND_TRACE_LABELS]; /* of its last error */
	bool has_interface;
	struct nd_trace_interface interface;
	struct nd_trace_flows flows; /* that got an answer from it */
};
/* The I-th of TTL, from 0, in order of appearance; -ENOENT past the last. */
ND_API int nd_trace_node(const struct nd_trace *trace, unsigned ttl, unsigned i,
    struct nd_trace_node *ret);

/* How a node chooses between its links. */
enum nd_trace_balancing {
	ND_TRACE_BALANCE_NONE, /* one link */
	ND_TRACE_BALANCE_FLOW,
	ND_TRACE_BALANCE_PACKET,
	ND_TRACE_BALANCE_DESTINATION, /* nd_trace_compare() has shown it */
	ND_TRACE_BALANCE_UNKNOWN
};

/* FROM, the node of that index at TTL, leads to TO at TTL + 1. */
struct nd_trace_link {
	unsigned ttl, from, to;
	struct nd_trace_flows flows;
};
/*
 * The I-th link that starts at TTL, from 0; -ENOENT past the last. There is
 * none with CLASSIC, and none in ND_MODE_DGRAM with one socket a probe.
 */
ND_API int nd_trace_link(const struct nd_trace *trace, unsigned ttl, unsigned i,
    struct nd_trace_link *ret);
/*
 * OTHER is a trace to another address of the same prefix: a node that leads all
 * flows one way in either, and not the same way, chooses by destination.
 * nd_trace_balancing() of TRACE tells so from then on.
 */
ND_API void nd_trace_compare(
    struct nd_trace *trace, const struct nd_trace *other);
/* How the I-th node of TTL chooses, as far as its flows have shown. */
ND_API enum nd_trace_balancing nd_trace_balancing(
    const struct nd_trace *trace, unsigned ttl, unsigned i);

#ifdef __cplusplus
}
#endif
#endif
