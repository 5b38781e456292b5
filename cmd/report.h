/* SPDX-License-Identifier: MIT */
/*
 * report.h: what the run of any command tells, free of any format. A command
 * fills these structs; a report renders them into a struct out. Nobody but a
 * report knows the format. What only one command tells is in report_COMMAND.h.
 *
 * Order of calls: begin; for each target start, then any number of probe and
 * interim, then exactly one summary or error; end; free. A target that never
 * started gets only error. A report with `ops->at_end` wants the summaries and
 * errors of the targets together after the last probe, in the order of the
 * targets; for the others each comes once its target is decided, in a moment of
 * leisure.
 *
 * Strings are borrowed for the call, those of report_run and report_opts for
 * the life of the report. Each call takes NOW_NS, CLOCK_REALTIME in ns.
 */
#ifndef CMD_REPORT_H
#define CMD_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <netdiag.h>

#include "buf.h"

struct json;
struct out;
struct report;

enum report_reason {
	REPORT_DONE,
	REPORT_DEADLINE,
	REPORT_INTERRUPTED,
	REPORT_ERROR
};
/* "done", "deadline", "interrupted", "error". */
const char *report_reason_name(enum report_reason reason);

enum report_code {
	REPORT_USAGE,
	REPORT_RESOLVE,
	REPORT_ROUTE,
	REPORT_PERMISSION,
	REPORT_SOCKET,
	REPORT_OUTPUT,
	REPORT_INTERNAL
};
/* "usage", "resolve", ... */
const char *report_code_name(enum report_code code);
/* The exit status that the code asks for: 2, 2, 1, 3, 3, 3, 3. */
int report_code_status(enum report_code code);

struct report_label {
	const char *key, *value;
};

/* What holds for the whole run. */
struct report_run {
	const char *cmd;     /* "ping" */
	const char *version; /* nd_version() */
	const char *run_id;  /* 16 hex digits */
	const struct report_label *labels;
	size_t nlabels;
	const char *mode; /* "raw", "dgram", "connect" */
	uint64_t targets;
	int64_t interval_effective_ns; /* -1: none */
	/* NULL, or writes the options in effect as members of an object. */
	void (*params)(struct json *json, void *user);
	void *params_user;
};

struct report_target {
	const char *name; /* as typed, or NULL: the address is the name */
	const char *addr; /* numeric text, or NULL: not resolved */
	int af;		  /* 4, 6, or 0: not known */
	uint16_t port;	  /* 0: the command knows none */
};

struct report_start {
	const char *src;   /* source address, numeric text, or NULL */
	const char *proto; /* "icmp", "icmp6", "tcp" */
	int64_t dns_ns;	   /* how long the name took, or -1: no name */
	bool show_source;  /* -I or -S was given: as ping(8), name the source */
	const char *device;	/* of -I, or NULL */
	const char *addr_name;	/* reverse name of the address: ping(8)'s v6
				 * header shows it; NULL where not known */
	const uint8_t *pattern; /* of --pattern */
	size_t pattern_len;	/* 0: not given */
};

/* The counters of one target, whatever the command. */
struct report_counts {
	uint64_t sent, received, lost, late, duplicates, invalid, errors;
	uint64_t late_errors; /* of late: answered by an ICMP error */
	uint64_t send_errors, unfinished;
	bool loss_uncertain;
};

struct report_error {
	enum report_code code;
	const char *message; /* "name or service not known" */
	const char *hint;    /* or NULL */
};

struct report_end {
	int exit_status;
	enum report_reason reason;
	bool ok;	  /* exit_status is 0 */
	uint64_t targets; /* all, unresolved ones included */
	uint64_t alive;	  /* answered, if only late */
	uint64_t failed;  /* did not meet their goal, unresolved ones not */
	uint64_t unresolved;
	uint64_t not_probed; /* report_not_probed() */
	/* Sums over the targets. */
	uint64_t sent, received, lost, late, errors, send_errors, unfinished;
	uint64_t over_loss, over_rtt; /* targets beyond a threshold */
	uint64_t local_drops;
	int64_t stalled_ns, duration_ns;
};

/* Options of a report; names in comments are those of the command line. */
struct report_opts {
	struct out *out;
	/*
	 * A line for stderr: "netdiag: CMD: SUBJECT: CAUSE". May be NULL. HINT
	 * is NULL or empty where there is none.
	 */
	void (*warn)(void *user, const char *subject, const char *cause,
	    const char *hint);
	void *warn_user;
	uint64_t targets;   /* rows; decides the form of text */
	bool quiet;	    /* --quiet */
	bool verbose;	    /* --verbose */
	bool timestamps;    /* --timestamps */
	bool with_addr;	    /* --all: name rows "NAME (ADDRESS)" */
	int64_t max_loss;   /* --max-loss in millionths of a percent, or -1 */
	int64_t max_rtt_ns; /* --max-rtt, or -1 */
	bool color;	    /* color_enabled() */
	bool utf8;	    /* the terminal shows UTF-8 */
	unsigned columns;   /* of the terminal; 0: not one, cut nothing */
	size_t name_width;  /* widest report_name_width() of the targets */
	/* ping */
	uint32_t payload; /* --size */
	bool outstanding; /* --outstanding */
	bool flood;	  /* --flood */
	bool adaptive;	  /* --adaptive */
	bool audible;	  /* --audible */
	bool alive, down; /* --alive, --down */
	bool broadcast;	  /* --broadcast */
	/*
	 * With one target, end with the lines of ping(8) and leave out the
	 * percentiles: many scripts take the last line for that of the RTTs.
	 */
	bool scraped;
	/* knock */
	unsigned flows; /* --flows */
	/* trace: `flows` is --count, and `payload` as above */
	const char *method; /* "udp", "tcp", "icmp" */
	uint16_t port;	    /* in effect; 0: the method has none */
	unsigned max_hops;  /* --max */
	uint64_t cycles;    /* --cycles; 0: until stopped */
	int tos;	    /* --tos in effect, 0 where not given */
	bool numeric;	    /* --numeric */
	bool asn;	    /* --asn */
	bool mda;	    /* --mda */
	bool mtu;	    /* --mtu */
};

/* What the reports of all commands do; those of one have it as first member. */
struct report_ops {
	bool at_end; /* see above */
	void (*begin)(struct report *report, const struct report_run *run,
	    int64_t now_ns);
	void (*start)(struct report *report, const struct report_target *target,
	    const struct report_start *start, int64_t now_ns);
	/* TARGET NULL: the run itself failed. The message on stderr is not
	 * the report's. */
	void (*error)(struct report *report, const struct report_target *target,
	    const struct report_error *error, int64_t now_ns);
	void (*end)(struct report *report, const struct report_end *end,
	    int64_t now_ns);
	void (*free)(struct report *report);
};

/* The head of every report; call report->ops->begin(report, ...) and so on. */
struct report {
	const struct report_ops *ops;
	struct report_opts opts;
	int64_t ewma_ns; /* moving average of RTTs as ping(8)'s, or -1 */
	bool ports;	 /* a target is one port of an address */
};

/* For the reports: takes the RTT of a reply in time into that average. */
void report_ewma(struct report *report, int64_t rtt_ns);

/*
 * Whether nothing of the target was decided before the run was over: no probe
 * left or was refused, or those that left are unfinished. It is not down.
 */
bool report_not_probed(const struct report_counts *counts);

/* A part of a number of probes. */
struct report_share {
	uint64_t part, whole;
};
/*
 * What --max-loss is held against: here what the host refused to send is lost
 * as well.
 */
struct report_share report_goal_loss(const struct report_counts *counts);

/* How wide the target's name will be in a table. */
size_t report_name_width(const struct report_target *target, bool with_addr);

/*
 * SIGQUIT's line, appended to LINE, for stderr: with one target as ping(8)
 * prints it ("\r4/4 packets, ...", 0% with nothing decided), COUNTS and RTT
 * being its statistics; with COUNTS NULL one over all from END as it stands
 * now.
 */
void report_status(const struct report *report,
    const struct report_counts *counts, const struct nd_rtt *rtt,
    const struct report_end *end, struct buf *line);

#endif
