/* SPDX-License-Identifier: MIT */
/* ping_run.h: one run of `netdiag ping`, shared by the files cmd/ping_*.c. */
#ifndef CMD_PING_RUN_H
#define CMD_PING_RUN_H

#include "clock.h"
#include "hold.h"
#include "ping_opts.h"
#include "priv.h"
#include "rdns.h"
#include "report.h"
#include "resolve.h"
#include "rows.h"
#include "target.h"

#include <netdiag.h>

#include <ev.h>

struct ping_run {
	struct priv *priv;
	struct ping_opts opts;
	struct ev_loop *loop;
	struct nd_ctx *ctx;
	struct out *out;
	struct report *report;
	struct resolver *resolver; /* NULL until there is a name */
	struct rdns *rdns;	   /* NULL: no reverse names are wanted */
	struct hold hold;	   /* of the only target */
	ev_timer hold_timer;

	struct target_spec *specs; /* of the command line */
	int *files;		   /* root: of @FILE, opened early; else -1 */
	struct rows rows;
	uint64_t targets; /* rows at the start, or 2 where --all may add */
	bool has_names;
	uint64_t undecided; /* rows neither done nor failed */
	size_t name_width;

	struct nd_ping_opts probe; /* what all rows have in common */
	struct sockaddr_storage source;
	int64_t interval_effective_ns;
	char run_id[PARSE_RUN_ID_LEN + 1];
	struct report_label labels[OPT_LABELS_MAX];

	ev_timer deadline, every;
	ev_prepare flush;
	ev_timer start;		 /* active: rows are to be started */
	size_t unstarted, typed; /* the last ones of those that were typed */
	ev_idle tell;		 /* both active: something is to be told */
	ev_timer tell_late;
	struct row *untold, *untold_last; /* whose summaries wait */
	size_t interim_next, interim_end; /* rows whose interim ones do */
	bool stalled;			  /* the reader does not keep up */
	int64_t began_ns;   /* monotonic: files and names included */
	int64_t started_ns; /* its first row */
	enum report_reason reason;
	bool stopping;	       /* nothing more is sent */
	bool gave_up;	       /* at a signal, on output that nobody takes */
	int out_errno;	       /* output failed; EPIPE: was closed */
	struct report_end end; /* sums */
	int status;	       /* the highest exit status so far */
};

/* ---- ping.c -------------------------------------------------------------- */

/* The exit status is at least STATUS. */
void ping_status_at_least(struct ping_run *run, int status);
/* Ends the measurement: what is in flight is unfinished. */
void ping_finish(struct ping_run *run, enum report_reason reason);

/* ---- ping_open.c: what wants a privilege --------------------------------- */

/* Sockets, output, files of root. 0, or the exit status, said on stderr. */
int ping_open(struct ping_run *run);
/* The source address cannot be used: says so. Returns the exit status. */
int ping_refuse_source(const struct ping_run *run, int err);

/* ---- ping_setup.c: what a run needs before it begins ----------------------
 */

/* The id of the run and its labels, from the options or at random. */
void ping_make_identity(struct ping_run *run);
/* What all targets have in common. */
void ping_make_probe(struct ping_run *run);
/* The source address has to be one of this host: 0, or the exit status. */
int ping_check_source(struct ping_run *run);
/* Rate and clocks; warns where --rate stretches the interval. */
int ping_set_limits(struct ping_run *run);
/* The environment is looked at here. 0 or a negative errno. */
int ping_make_report(struct ping_run *run);
/* Resolvers, as far as names have to be found. 0 or a negative errno. */
int ping_open_names(struct ping_run *run);
void ping_tell_begin(struct ping_run *run);

/* ---- ping_targets.c: from the command line to rows ----------------------- */

/* Parses argv's targets, purely. 0, or -EINVAL with ERR. */
int ping_parse_targets(struct ping_run *run, struct opt_error *err);
/* ND_INET, ND_INET6: families that the targets may need. */
unsigned ping_families(const struct ping_run *run);
/* Makes all rows, reading files. 0, or the exit status, said on stderr. */
int ping_make_rows(struct ping_run *run);
/*
 * For target_parse(): without the family of the source, which has a message of
 * its own, ping_check_family()'s, about SUBJECT.
 */
unsigned ping_target_flags(const struct ping_run *run);
int ping_check_family(const struct ping_run *run,
    const struct target_spec *spec, const char *subject, struct opt_error *err);
/* The rows of SPEC, no file. 0, or the exit status, said on stderr. */
int ping_add_spec(struct ping_run *run, const struct target_spec *spec);

/* ---- ping_read.c: targets from files ---------------------------------------
 */

/* Their rows. 0, or the exit status: all that is wrong is said on stderr. */
int ping_read_stdin(struct ping_run *run);
/* Of the I-th target of the command line, @FILE. */
int ping_read_file(struct ping_run *run, size_t i);

/* ---- ping_rows.c: the life of a row -------------------------------------- */

/* Starts all rows, or the resolving of their names, in portions. */
void ping_start_rows(struct ping_run *run);
void ping_resolved(
    void *user, int err, const struct addrinfo *list, int64_t took_ns);
void ping_fail(struct ping_run *run, struct row *row, enum report_code code,
    const char *cause);
/* While the reader does not keep up, nothing is started, sent or told. */
void ping_stalled(struct ping_run *run, bool stalled);

/* ---- ping_tell.c: summaries -----------------------------------------------
 */

void ping_tell_init(struct ping_run *run);
/* Tells the row's summary or error, once. */
void ping_tell(struct ping_run *run, struct row *row, enum report_reason why);
/* The same in a moment of leisure, for a row that is decided. */
void ping_tell_soon(struct ping_run *run, struct row *row);
/* Interim summaries of all rows that are being measured, likewise. */
void ping_tell_interims(struct ping_run *run);
/* Goes on after a stall. */
void ping_tell_resume(struct ping_run *run);

/* ---- ping_end.c -----------------------------------------------------------
 */

/* Tells all summaries and the end, and gives the output its time. */
void ping_end(struct ping_run *run);

/* ---- ping_events.c: from events to the report -----------------------------
 */

void ping_on_event(
    struct nd_ping *ping, const struct nd_ping_event *event, void *user);
/* The header of a row. */
void ping_told_start(struct ping_run *run, struct row *row);
/* A reverse name is there: lets go of the lines that waited for it. */
void ping_on_name(void *user, const struct sockaddr *addr, const char *name);
/* Lets go of what is held; ALL: whether or not its name is there. */
void ping_release(struct ping_run *run, bool all);
void ping_on_hold_timer(struct ev_loop *loop, ev_timer *w, int events);

#endif
