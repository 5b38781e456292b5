/* SPDX-License-Identifier: MIT */
/*
 * ping_opts.h: the options of `netdiag ping`, their table and their limits.
 */
#ifndef CMD_PING_OPTS_H
#define CMD_PING_OPTS_H

#include "run_opts.h"

#define PING_USER_PRELOAD 3

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
	struct run_opts run; /* first */
	/* how */
	int64_t preload; /* -1: not given */
	bool adaptive, flood, first_reply;
	/* the packets */
	int64_t size; /* payload, default 56 */
	struct opt_pattern pattern;
	int pmtu;      /* enum ping_pmtu */
	int64_t ident; /* -1: at random */
	/* output */
	bool alive, down, outstanding, audible;
};

extern const struct opt ping_opts_table[];

/* The defaults. */
void ping_opts_init(struct ping_opts *opts);
/*
 * Parses ARGV[1..] (ARGV[0] is the command) after ping_opts_init(), and checks
 * what excludes what. With --help or --version it returns 0 at once; else
 * there is at least one target. run.targets points into ARGV, whose entries are
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
#endif
