/* SPDX-License-Identifier: MIT */
/* trace.h: one run of `netdiag trace`, shared by the files cmd/trace*.c. */
#ifndef CMD_TRACE_H
#define CMD_TRACE_H

#include "asn.h"
#include "asn_file.h"
#include "report_trace.h"
#include "run.h"
#include "trace_dot.h"
#include "trace_opts.h"

/* What measures a row, and what is told of it. */
struct trace_task {
	struct nd_trace *nd;
	struct row *row;
	bool over;		 /* all is decided; names may be missing */
	unsigned named;		 /* up to this TTL no name is missing */
	int64_t until_ns;	 /* over: as long names are waited for */
	struct trace_task *next; /* over: in the queue of those that wait */
};

struct trace {
	struct run run; /* first */
	struct trace_opts opts;
	struct nd_trace_opts probe;  /* what all rows have in common */
	enum nd_trace_method method; /* in effect */
	int dot_fd, asn_fd;	     /* opened early for root; else -1 */
	struct trace_dot dot;
	bool has_dot; /* the graph is written */

	/* Names: trace_names.c. */
	struct rdns *rdns;	   /* NULL: no names are wanted */
	struct asn *asn;	   /* NULL: no AS numbers are */
	struct asn_file *asn_file; /* NULL: from the DNS */
	ev_timer names_timer;
	struct trace_task *waiting, *waiting_last; /* `over`, in that order */

	/* Lines of the only target, as its hops are final: trace_names.c. */
	bool has_lines;
	struct trace_task *lines;		/* NULL: not begun */
	unsigned final, told;			/* TTLs */
	int64_t until_ns[ND_TRACE_TTL_MAX + 1]; /* as long each line waits */
};

static inline struct trace *
trace_of(struct run *run)
{
	return (struct trace *)(void *)run;
}

static inline const struct trace *
trace_of_const(const struct run *run)
{
	return (const struct trace *)(const void *)run;
}

/* ---- trace_open.c: sockets and files ------------------------------------- */

/* As run_ops.sockets, .attempt, .wanted and .files. */
void trace_sockets(const struct run *run, struct nd_ctx_opts *opts);
int trace_attempt(struct run *run, unsigned n, struct nd_ctx_opts *opts);
int trace_wanted(const struct run *run, const struct priv_facts *facts);
int trace_files(struct run *run);

/* ---- trace_probe.c: what is measured ------------------------------------- */

/* As run_ops.prepare: what all targets have in common. */
int trace_prepare(struct run *run);
/* As run_ops.start. */
int trace_start(struct run *run, struct row *row, int64_t start_ns);
/* As run_ops.stop and .free. */
void trace_stop(struct row *row);
void trace_free(struct row *row);

/* ---- trace_names.c: what is told waits for names ------------------------- */

/* After the drop. 0, or the exit status, said on stderr. */
int trace_names_open(struct trace *trace);
void trace_names_close(struct trace *trace);
/* ADDR has answered: its name will be wanted. */
void trace_names_want(struct trace *trace, const struct sockaddr *addr);
/* TTL of TASK is final. */
void trace_hop_final(struct trace_task *task, unsigned ttl);
/* All of TASK is: run_done() follows, now or once its names are there. */
void trace_over(struct trace_task *task);
/* What is known of the addresses, for the reports. */
struct report_trace_names trace_names(struct trace *trace);

/* ---- trace_tell.c: what is told ------------------------------------------ */

/* A probe is decided, or answered once more. */
void trace_tell(struct trace_task *task, const struct nd_trace_event *event);
/* The line of TTL. */
void trace_tell_hop(struct trace_task *task, unsigned ttl);
/* As run_ops. */
bool trace_stats(
    const struct row *row, struct report_counts *counts, struct nd_rtt *rtt);
bool trace_met(const struct run *run, const struct row *row,
    const struct report_counts *counts);
void trace_summary(struct run *run, struct row *row, enum report_reason why);
void trace_interim(struct run *run, struct row *row);
void trace_finish(struct run *run);

#endif
