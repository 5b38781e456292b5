/* SPDX-License-Identifier: MIT */
/*
 * run.h: one run of a command that measures targets: everything that is the
 * same for all of them, from the command line to the exit status. The order is
 * that of the privileges: options, sockets, the drop, and only then files,
 * names, the environment and packets.
 *
 * A command embeds struct run as the first member of its own, and says in
 * struct run_ops what it measures and how that is told.
 */
#ifndef CMD_RUN_H
#define CMD_RUN_H

#include "clock.h"
#include "cmd.h"
#include "hold.h"
#include "priv.h"
#include "rdns.h"
#include "report.h"
#include "resolve.h"
#include "rows.h"
#include "run_opts.h"
#include "target_port.h"

#include <netdiag.h>

#include <ev.h>

struct priv_facts;
struct run;

struct run_ops {
	/* What the sockets are for, beyond the common options. */
	void (*sockets)(const struct run *run, struct nd_ctx_opts *opts);
	/*
	 * The Nth attempt to open them, from 0; each but the first follows a
	 * refusal. 0: OPTS is to be tried; -1: there is nothing else; else the
	 * exit status, said. NULL: what `sockets` says is tried once.
	 */
	int (*attempt)(struct run *run, unsigned n, struct nd_ctx_opts *opts);
	/* What was refused: an enum priv_want. */
	int (*wanted)(const struct run *run, const struct priv_facts *facts);
	/*
	 * The ports of a word of the command line or a file, or NULL: they mean
	 * nothing to the command. -EINVAL with ERR.
	 */
	int (*ports)(const struct run *run, const struct target_port *word,
	    struct portlist *ret, struct opt_error *err);
	/* The context is open, in whichever mode. 0, or the exit status, said.
	 * NULL: it does not matter. */
	int (*opened)(struct run *run);
	/*
	 * Opens the files that the options name, as far as priv_open_file()
	 * does: called before the drop and after it. 0, or the exit status,
	 * said. NULL: there are none.
	 */
	int (*files)(struct run *run);
	/* Whether so many rows are too many. -EINVAL with ERR. NULL: never. */
	int (*limit)(
	    const struct run *run, uint64_t rows, struct opt_error *err);
	/* All rows are there, nothing has begun. 0, or the exit status. */
	int (*prepare)(struct run *run);
	/* The report, of what is not common in OPTS. 0 or a negative errno. */
	int (*report)(struct run *run, struct report_opts *opts);
	/* One for records alone, of a run that cannot begin. */
	int (*records)(struct report **ret, const struct report_opts *opts);
	/* Starts measuring ROW, whose address is known, START_NS from now. */
	int (*start)(struct run *run, struct row *row, int64_t start_ns);
	/* Adds to START what the command knows of ROW: `proto` at least. */
	void (*describe)(const struct run *run, const struct row *row,
	    struct report_start *start);
	/* Nothing is measured any more. */
	void (*stop)(struct row *row);
	void (*free)(struct row *row);
	/* Of a row that is measured, or was; false: there is nothing yet. */
	bool (*stats)(const struct row *row, struct report_counts *counts,
	    struct nd_rtt *rtt);
	/* Whether a row with COUNTS has met the goal of the command. */
	bool (*met)(const struct run *run, const struct row *row,
	    const struct report_counts *counts);
	/* Whether there is somebody at the end of it. NULL: by COUNTS. */
	bool (*answered)(
	    const struct row *row, const struct report_counts *counts);
	void (*summary)(
	    struct run *run, struct row *row, enum report_reason why);
	void (*interim)(struct run *run, struct row *row);
	/* All summaries are told, and the end is next. NULL: nothing to do. */
	void (*finish)(struct run *run);
	/* An event of the command, told now; NAME: reverse, or NULL. */
	void (*tell)(struct run *run, struct row *row, const void *event,
	    const char *name);
	/* A copy that lasts, of EVENT_SIZE bytes; FROM is its address. */
	void (*keep)(void *ret, const void *event, const struct sockaddr *from);
	size_t event_size;
};

struct run {
	const struct run_ops *ops;
	const struct cmd *cmd;
	const struct run_opts *opts;
	const void *all_opts; /* as cmd->table sees them */
	struct priv *priv;
	struct ev_loop *loop;
	struct nd_ctx *ctx;
	struct out *out;
	struct report *report;
	struct resolver *resolver; /* NULL until there is a name */
	struct rdns *rdns;	   /* NULL: no reverse names are wanted */
	struct hold hold;	   /* of the only target */
	ev_timer hold_timer;

	struct target_port *words; /* of the command line */
	struct target_spec *specs; /* of each */
	int *files;		   /* root: of @FILE, opened early; else -1 */
	uint64_t wanted;	   /* rows by what was typed and read so far */
	struct rows rows;
	uint64_t targets;   /* rows at the start, or 2 where --all may add */
	uint64_t undecided; /* rows neither done nor failed */
	size_t name_width;

	/* Set by ops->prepare. */
	int64_t interval_ns;
	uint64_t max_in_flight; /* 0: as the library has it */
	bool at_own_pace;	/* the interval is not kept: an answer asks for
				 * the next probe */
	bool once;		/* each row gets one probe, or one turn */
	unsigned turn;	 /* probes of a row in an interval, about; 0: 1 */
	bool all_at_end; /* no row is told before all are measured */
	bool nameless;	 /* no line shows a reverse name */
	bool each_start; /* text wants the start of each of many rows */

	bool has_names; /* among the targets */
	bool stalled;	/* the reader does not keep up */
	bool stopping;	/* nothing more is sent */
	bool gave_up;	/* at a signal, on output that nobody takes */

	struct sockaddr_storage source;
	int64_t interval_effective_ns;
	char run_id[PARSE_RUN_ID_LEN + 1];
	struct report_label labels[OPT_LABELS_MAX];

	ev_timer deadline, every;
	ev_prepare flush;
	ev_timer start;			/* active: rows are to be started */
	struct row *ready, *ready_last; /* that start next, ahead of... */
	size_t unstarted, typed; /* the last ones of those that were typed */
	ev_idle tell;		 /* both active: something is to be told */
	ev_timer tell_late;
	struct row *untold, *untold_last; /* whose summaries wait */
	size_t interim_next, interim_end; /* rows whose interim ones do */
	int64_t began_ns;   /* monotonic: files and names included */
	int64_t started_ns; /* its first row */
	enum report_reason reason;
	int out_errno;	       /* output failed; EPIPE: was closed */
	struct report_end end; /* sums */
	int status;	       /* the highest exit status so far */
};

/* ---- run.c --------------------------------------------------------------- */

/*
 * The whole, once the options are parsed and the members up to PRIV set, or
 * nothing of it if that failed with STATUS. Frees what hangs on RUN in any
 * case. Returns the exit status.
 */
int run_main(struct run *run, int status);
/* The exit status is at least STATUS. */
void run_status_at_least(struct run *run, int status);
/* Ends the measurement: what is in flight is unfinished. */
void run_finish(struct run *run, enum report_reason reason);
/* A line for stderr. */
void run_message(const struct run *run, const char *subject, const char *cause,
    const char *hint);

/* ---- run_open.c: what wants a privilege ---------------------------------- */

/* Sockets, output, files of root. 0, or the exit status, said on stderr. */
int run_open(struct run *run);
/* The source address cannot be used: says so. Returns the exit status. */
int run_refuse_source(const struct run *run, int err);

/*
 * The option NAME needs what HINT says, or where that is NULL, a raw socket:
 * says so with CAUSE, in records too. Returns the exit status.
 */
int run_refuse_option(
    struct run *run, const char *name, const char *cause, const char *hint);

/* ---- run_files.c: descriptors as a limit --------------------------------- */

/* The system's limit, raised as far as it goes. */
void run_raise_files(void);
/*
 * How many probes may be in flight that take a descriptor each; 0: as many as
 * the library allows.
 */
uint64_t run_files_for_probes(void);

/* ---- run_setup.c: what a run needs before it begins ---------------------- */

/* The id of the run and its labels, from the options or at random. */
void run_make_identity(struct run *run);
/* The source address has to be one of this host: 0, or the exit status. */
int run_check_source(struct run *run);
/*
 * How long to wait before the first reply, 0: as the library does. Shorter than
 * the deadline, so that a target that says nothing until then shows as lost.
 */
int64_t run_first_timeout(const struct run_opts *opts);
/* Rate and clocks; warns where --rate stretches the interval. */
int run_set_limits(struct run *run);
/* The environment is looked at here. 0 or a negative errno. */
int run_make_report(struct run *run);
/* Resolvers, as far as names have to be found. 0 or a negative errno. */
int run_open_names(struct run *run);
void run_tell_begin(struct run *run);

/* ---- run_targets.c: from the command line to rows ------------------------ */

/* Parses argv's targets, purely. 0, or -EINVAL with ERR. */
int run_parse_targets(struct run *run, struct opt_error *err);
/* ND_INET, ND_INET6: families that the targets may need. */
unsigned run_families(const struct run *run);
/*
 * One word: TEXT into WORD and RET, with its ports where the command has any.
 * WORD must outlive RET. -EINVAL with ERR.
 */
int run_parse_word(const struct run *run, const char *text, unsigned flags,
    struct target_port *word, struct target_spec *ret, struct opt_error *err);
/* Makes all rows, reading files. 0, or the exit status, said on stderr. */
int run_make_rows(struct run *run);
/*
 * For target_parse(): without the family of the source, which has a message of
 * its own, run_check_family()'s, about SUBJECT.
 */
unsigned run_target_flags(const struct run *run);
int run_check_family(const struct run *run, const struct target_spec *spec,
    const char *subject, struct opt_error *err);
/*
 * Counts the rows of SPEC, which has so many ports. -EINVAL with ERR, about
 * SUBJECT, where they become too many.
 */
int run_count_rows(struct run *run, const struct target_spec *spec,
    unsigned ports, const char *subject, struct opt_error *err);
/*
 * The rows of SPEC, no file, one a port of PORTS (NULL: it has none). 0, or the
 * exit status, said on stderr.
 */
int run_add_spec(struct run *run, const struct target_spec *spec,
    const struct portlist *ports);

/* ---- run_read.c: targets from files -------------------------------------- */

/* Their rows. 0, or the exit status: all that is wrong is said on stderr. */
int run_read_stdin(struct run *run);
/* Of the I-th target of the command line, @FILE. */
int run_read_file(struct run *run, size_t i);

/* ---- run_rows.c: the life of a row --------------------------------------- */

/* Starts all rows, or the resolving of their names, in portions. */
void run_start_rows(struct run *run);
/*
 * What the Nth row, from 0, of an address begins as: ROW_NEW, or ROW_WAITING
 * for one before it, where it would only wait anyway.
 */
enum row_state run_first_state(const struct run *run, size_t n);
/* ROW, whose address is known now, starts next: run_start_ready(). */
void run_ready(struct run *run, struct row *row);
void run_start_ready(struct run *run);
/* ROW has been measured. */
void run_done(struct run *run, struct row *row);
/* HINT may be NULL. */
void run_fail(struct run *run, struct row *row, enum report_code code,
    const char *cause, const char *hint);
/* While the reader does not keep up, nothing is started, sent or told. */
void run_stalled(struct run *run, bool stalled);

/* ---- run_resolve.c: from a name to rows that start ----------------------- */

void run_resolve(struct run *run, struct row *first);
void run_resolved(
    void *user, int err, const struct addrinfo *list, int64_t took_ns);

/* ---- run_tell.c: summaries ----------------------------------------------- */

/* What the goals and thresholds say to the numbers of a row. */
struct run_verdict {
	bool ok, over_loss, over_rtt;
	int64_t judged_rtt_ns; /* what --max-rtt was held against, or -1 */
};
struct run_verdict run_judge(const struct run *run, const struct row *row,
    const struct report_counts *counts, const struct nd_rtt *rtt);
/* Whether the target of a row with COUNTS has answered. */
bool run_answered(const struct run *run, const struct row *row,
    const struct report_counts *counts);
/* Adds the numbers of a row to those of the run. */
void run_add_up(struct run *run, struct row *row,
    const struct report_counts *counts, const struct run_verdict *verdict);

void run_tell_init(struct run *run);
/* Tells the row's summary or error, once. */
void run_tell(struct run *run, struct row *row, enum report_reason why);
/* The same in a moment of leisure, for a row that is decided. */
void run_tell_soon(struct run *run, struct row *row);
/* Interim summaries of all rows that are being measured, likewise. */
void run_tell_interims(struct run *run);
/* Goes on after a stall. */
void run_tell_resume(struct run *run);

/* ---- run_end.c ----------------------------------------------------------- */

/* Tells all summaries and the end, and gives the output its time. */
void run_end(struct run *run);

/* ---- run_names.c: lines, which may wait for reverse names ---------------- */

/* Reverse names, where lines show them. 0 or -ENOMEM. */
int run_open_reverse(struct run *run);
/* The header of a row. */
void run_tell_start(struct run *run, struct row *row);
/* EVENT, an answer of FROM (or NULL), is to be told. */
void run_event(struct row *row, const void *event, const struct sockaddr *from);
/* Lets go of what is held; ALL: whether or not its name is there. */
void run_release(struct run *run, bool all);

#endif
