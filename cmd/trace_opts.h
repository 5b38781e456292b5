/* SPDX-License-Identifier: MIT */
/*
 * trace_opts.h: the options of `netdiag trace`, their table and their limits.
 */
#ifndef CMD_TRACE_OPTS_H
#define CMD_TRACE_OPTS_H

#include "run_opts.h"

enum trace_pmtu {
	TRACE_PMTU_SYSTEM = -1, /* not given */
	TRACE_PMTU_DO,
	TRACE_PMTU_DONT,
	TRACE_PMTU_WANT,
	TRACE_PMTU_PROBE
};

/*
 * Durations are ns. Strings point into argv. -1 or NULL: not given, unless
 * said otherwise.
 */
struct trace_opts {
	struct run_opts run; /* first; its count is the flows a hop: 3 by
			      * default, -1 with --mda */
	/* how */
	int64_t cycles;	     /* default 1 */
	int64_t first, max;  /* TTLs, 1 to 255; default 1 and 30 */
	int64_t gap;	     /* default 5; 0: never give up */
	bool icmp, udp, tcp; /* exactly one of them, set by parsing */
	bool method_given;   /* set by parsing */
	int64_t port;	     /* -1: the method has none */
	int mda;	     /* an index of trace_mda_pct, or -1 */
	bool classic, mtu;
	/* the packets */
	int64_t size; /* payload, default 32; -1: TCP has none */
	int pmtu;     /* enum trace_pmtu */
	/* names */
	bool asn; /* set by parsing with --asn-db too */
	const char *asn_db;
	/* output */
	const char *dot;
};

extern const struct opt trace_opts_table[];
/* The confidence that each word of --mda stands for, per cent. */
extern const unsigned trace_mda_pct[];

/* The defaults. */
void trace_opts_init(struct trace_opts *opts);
/*
 * Parses ARGV[1..] (ARGV[0] is the command) after trace_opts_init(), and
 * checks what excludes what. With --help or --version it returns 0 at once;
 * else there is at least one target. run.targets points into ARGV, whose
 * entries are reordered. The targets themselves are not looked at:
 * target_parse(). -EINVAL with ERR.
 */
int trace_opts_parse(
    struct trace_opts *opts, int argc, char **argv, struct opt_error *err);

#endif
