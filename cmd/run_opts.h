/* SPDX-License-Identifier: MIT */
/*
 * run_opts.h: the options that all commands have in common. The options struct
 * of a command has it as its first member.
 */
#ifndef CMD_RUN_OPTS_H
#define CMD_RUN_OPTS_H

#include "opt.h"

#ifndef ND_USER_RATE
#define ND_USER_RATE 10000 /* packets a second of a user who is not root */
#endif
#define RUN_USER_INTERVAL_NS INT64_C(2000000)

enum run_format { RUN_FORMAT_TEXT, RUN_FORMAT_JSON };
enum run_color { RUN_COLOR_AUTO, RUN_COLOR_ALWAYS, RUN_COLOR_NEVER };

/*
 * Durations are ns. Strings point into argv. -1 or NULL: not given, unless
 * said otherwise.
 */
struct run_opts {
	/* what to probe */
	bool ipv4, ipv6;  /* at most one of them */
	bool all;	  /* every address of a name */
	bool include_all; /* network and broadcast address of a block too */
	bool broadcast;	  /* where the command has it */
	/* how */
	int64_t count;	     /* -1: until stopped */
	int64_t interval_ns; /* default 1 s */
	int64_t timeout_ns;  /* -1: by the RTTs seen */
	int64_t deadline_ns; /* -1: none */
	int64_t rate;	     /* default 10000; 0: none */
	bool rate_given;     /* set by parsing */
	bool unprivileged;
	/* the packets */
	int64_t ttl;		   /* -1: the system's */
	int tos;		   /* -1: the system's */
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
	int format; /* enum run_format */
	int color;  /* enum run_color */
	bool timestamps, quiet, verbose;
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

/* The defaults. */
void run_opts_init(struct run_opts *opts);
/*
 * What excludes what among these, and what is made of --interface and
 * --source. -EINVAL with ERR.
 */
int run_opts_check(struct run_opts *opts, struct opt_error *err);
/*
 * After opt_parse() has left WORDS targets in ARGV: sets `targets` and the
 * default of `rate`.
 */
void run_opts_words(struct run_opts *opts, int argc, char **argv, size_t words);
/*
 * The limits of a user who is not root: interval and rate. -EINVAL and ERR
 * where one is passed; a default that is above the limit is lowered to it.
 */
int run_opts_limit_user(struct run_opts *opts, struct opt_error *err);
/* AF_INET, AF_INET6 or AF_UNSPEC, by -4, -6 and the source address. */
int run_opts_family(const struct run_opts *opts);
/* TARGET_* flags for target_parse(). */
unsigned run_opts_target_flags(const struct run_opts *opts);

#endif
