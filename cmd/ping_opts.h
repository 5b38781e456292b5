/* SPDX-License-Identifier: MIT */
/*
 * ping_opts.h: the options of `netdiag ping`, their table and their limits.
 */
#ifndef CMD_PING_OPTS_H
#define CMD_PING_OPTS_H

#include "opt.h"

#ifndef ND_USER_RATE
#define ND_USER_RATE 10000 /* packets a second of a user who is not root */
#endif
#define PING_USER_INTERVAL_NS INT64_C(2000000)
#define PING_USER_PRELOAD 3

enum ping_format { PING_FORMAT_TEXT, PING_FORMAT_JSON };
enum ping_color { PING_COLOR_AUTO, PING_COLOR_ALWAYS, PING_COLOR_NEVER };
enum ping_pmtu {
	PING_PMTU_SYSTEM = -1, /* not given */
	PING_PMTU_DO,
	PING_PMTU_DONT,
	PING_PMTU_WANT,
	PING_PMTU_PROBE
};

/*
 * Durations are ns. Strings point into argv. -1 or NULL: not given, unless
 * said otherwise.
 */
struct ping_opts {
	/* what to probe */
	bool ipv4, ipv6;  /* at most one of them */
	bool all;	  /* every address of a name */
	bool include_all; /* network and broadcast address of a block too */
	bool broadcast;
	/* how */
	int64_t count;	     /* -1: until stopped */
	int64_t interval_ns; /* default 1 s */
	int64_t timeout_ns;  /* -1: by the RTTs seen */
	int64_t deadline_ns; /* -1: none */
	int64_t rate;	     /* default 10000; 0: none */
	bool rate_given;     /* set by parsing */
	int64_t preload;     /* -1: not given */
	bool adaptive, flood, first_reply, unprivileged;
	/* the packets */
	int64_t size; /* payload, default 56 */
	struct opt_pattern pattern;
	int64_t ttl;		   /* -1: the system's */
	int tos;		   /* -1: the system's */
	int pmtu;		   /* enum ping_pmtu */
	int64_t ident;		   /* -1: at random */
	int64_t mark;		   /* -1: none */
	const char *interface_arg; /* -I as typed: a device or an address */
	const char *source_arg;	   /* -S as typed */
	const char *device;	   /* set by parsing, or NULL */
	struct parse_addr source;  /* set by parsing; af AF_UNSPEC: none */
	/* names */
	bool numeric;
	int64_t resolve_timeout_ns; /* default 5 s */
	int64_t resolve_wait_ns;    /* default 1 s */
	/* output */
	int format; /* enum ping_format */
	int color;  /* enum ping_color */
	bool alive, down, timestamps, quiet, verbose, outstanding, audible;
	int64_t every_ns; /* -1: no interim summaries */
	struct opt_labels labels;
	const char *run_id; /* NULL: make one */
	/* goals */
	int64_t max_loss;   /* millionths of a percent, or -1 */
	int64_t max_rtt_ns; /* or -1 */
	/* instead */
	bool help, version;
	/* the targets as typed: N_TARGETS strings */
	char **targets;
	size_t n_targets;
};

extern const struct opt ping_opts_table[];

/* The defaults. */
void ping_opts_init(struct ping_opts *opts);
/*
 * Parses ARGV[1..] (ARGV[0] is the command) after ping_opts_init(), and checks
 * what excludes what. With --help or --version it returns 0 at once; else
 * there is at least one target. TARGETS points into ARGV, whose entries are
 * reordered. The targets themselves are not looked at: target_parse().
 */
int ping_opts_parse(
    struct ping_opts *opts, int argc, char **argv, struct opt_error *err);
/*
 * The limits of a user who is not root: to be called where the real uid is
 * not 0. -EINVAL and ERR where one is passed; a default that is above the limit
 * is lowered to it.
 */
int ping_opts_limit_user(struct ping_opts *opts, struct opt_error *err);
/* AF_INET, AF_INET6 or AF_UNSPEC, by -4, -6 and the source address. */
int ping_opts_family(const struct ping_opts *opts);
/* TARGET_* flags for target_parse(). */
unsigned ping_opts_target_flags(const struct ping_opts *opts);

#endif
