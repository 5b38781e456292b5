/* SPDX-License-Identifier: MIT */
/*
 * knock_opts.h: the options of `netdiag knock`, their table and their limits.
 */
#ifndef CMD_KNOCK_OPTS_H
#define CMD_KNOCK_OPTS_H

#include "portlist.h"
#include "run_opts.h"

/*
 * The words of --expect and --syn-options stand in the order of enum
 * nd_knock_state and enum nd_syn_options of netdiag.h.
 */
struct knock_opts {
	struct run_opts run;   /* first; its count is 4 by default */
	const char *port_arg;  /* -p as typed, or NULL */
	struct portlist ports; /* set by parsing; empty without -p */
	int64_t flows;	       /* 1..ND_FLOWS_MAX, default 1 */
	int syn_options;       /* enum nd_syn_options */
	bool syn_given;	       /* set by parsing */
	bool ecn, full;
	int expect; /* enum nd_knock_state, default open */
	bool yes;   /* however many probes it is */
};

extern const struct opt knock_opts_table[];

/* The defaults. */
void knock_opts_init(struct knock_opts *opts);
/*
 * Parses ARGV[1..] (ARGV[0] is the command) after knock_opts_init(), and
 * checks what excludes what. With --help or --version it returns 0 at once;
 * else there is at least one target. run.targets points into ARGV, whose
 * entries are reordered. The targets themselves are not looked at:
 * target_port_parse(). -EINVAL with ERR.
 */
int knock_opts_parse(
    struct knock_opts *opts, int argc, char **argv, struct opt_error *err);

#endif
