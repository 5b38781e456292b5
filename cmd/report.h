/* SPDX-License-Identifier: MIT */
/*
 * report.h: what a run tells, free of any format. A command fills these
 * structs; a report renders them into a struct out. Nobody but a report knows
 * the format.
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
};

struct report_start {
	const char *src;   /* source address, numeric text, or NULL */
	const char *proto; /* "icmp", "icmp6" */
	int64_t dns_ns;	   /* how long the name took, or -1: no name */
	bool show_source;  /* -I or -S was given: as ping(8), name the source */
	const char *device;	/* of -I, or NULL */
	const char *addr_name;	/* reverse name of the address: ping(8)'s v6
				 * header shows it; NULL where not known */
	const uint8_t *pattern; /* of --pattern */
	size_t pattern_len;	/* 0: not given */
};

struct report_summary {
	const struct nd_ping_stats *stats;
	enum report_reason reason;
	bool ok;
	/* With one target: for invalid packets by reason, drops. Or NULL. */
	const struct nd_ctx_stats *ctx;
	/* Answers by sender (broadcast, multicast). */
	const struct nd_ping_sender *senders;
	size_t nsenders;
	bool over_loss;	       /* more than --max-loss */
	bool over_rtt;	       /* more than --max-rtt, or no reply in time */
	int64_t judged_rtt_ns; /* what --max-rtt was held against, or -1 */
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
	 * A line for stderr: "netdiag: ping: SUBJECT: CAUSE". May be NULL. HINT
	 * is NULL or empty where there is none.
	 */
	void (*warn)(void *user, const char *subject, const char *cause,
	    const char *hint);
	void *warn_user;
	uint64_t targets;   /* rows; decides the form of text */
	uint32_t payload;   /* --size */
	bool quiet;	    /* --quiet */
	bool verbose;	    /* --verbose */
	bool timestamps;    /* --timestamps */
	bool outstanding;   /* --outstanding */
	bool flood;	    /* --flood */
	bool adaptive;	    /* --adaptive */
	bool audible;	    /* --audible */
	bool alive, down;   /* --alive, --down */
	bool with_addr;	    /* --all: name rows "NAME (ADDRESS)" */
	bool broadcast;	    /* --broadcast */
	int64_t max_loss;   /* --max-loss in millionths of a percent, or -1 */
	int64_t max_rtt_ns; /* --max-rtt, or -1 */
	bool color;	    /* color_enabled() */
	bool utf8;	    /* the terminal shows UTF-8 */
	unsigned columns;   /* of the terminal; 0: not one, cut nothing */
	size_t name_width;  /* widest report_name_width() of the targets */
	/*
	 * With one target, end with the lines of ping(8) and leave out the
	 * percentiles: many scripts take the last line for that of the RTTs.
	 */
	bool scraped;
};

struct report_ops {
	bool at_end; /* see above */
	void (*begin)(struct report *report, const struct report_run *run,
	    int64_t now_ns);
	void (*start)(struct report *report, const struct report_target *target,
	    const struct report_start *start, int64_t now_ns);
	/*
	 * NAME: reverse name of event->from, or NULL. ND_PING_SENT is wanted
	 * with --outstanding and --flood of one target, and ignored elsewhere,
	 * as ND_PING_DONE is.
	 */
	void (*probe)(struct report *report, const struct report_target *target,
	    const struct nd_ping_event *event, const char *name,
	    int64_t now_ns);
	void (*interim)(struct report *report,
	    const struct report_target *target,
	    const struct report_summary *summary, int64_t now_ns);
	void (*summary)(struct report *report,
	    const struct report_target *target,
	    const struct report_summary *summary, int64_t now_ns);
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
};

/* For the reports: takes an event's RTT into the moving average. */
void report_ewma(struct report *report, const struct nd_ping_event *event);

/*
 * Whether nothing of the target was decided before the run was over: no probe
 * left or was refused, or those that left are unfinished. It is not down.
 */
bool report_not_probed(const struct nd_ping_stats *stats);

/* A part of a number of probes. */
struct report_share {
	uint64_t part, whole;
};
/*
 * What --max-loss is held against: here what the host refused to send is lost
 * as well.
 */
struct report_share report_goal_loss(const struct nd_ping_stats *stats);

/* OPTS is copied. -ENOMEM. Freed by ops->free(). */
int report_ping_text(struct report **ret, const struct report_opts *opts);
int report_ping_json(struct report **ret, const struct report_opts *opts);

/* How wide the target's name will be in a table. */
size_t report_name_width(const struct report_target *target, bool with_addr);

/*
 * SIGQUIT's line, appended to LINE, for stderr: with one target as ping(8)
 * prints it ("\r4/4 packets, ...", 0% with nothing decided), STATS being its
 * statistics; with STATS NULL one over all from END as it stands now.
 */
void report_status(const struct report *report,
    const struct nd_ping_stats *stats, const struct report_end *end,
    struct buf *line);

#endif
