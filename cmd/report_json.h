/* SPDX-License-Identifier: MIT */
/*
 * report_json.h: what the records of all commands share, schema netdiag/1: one
 * JSON object a line. What is the same in every record is rendered once.
 */
#ifndef CMD_REPORT_JSON_H
#define CMD_REPORT_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "json.h"
#include "report.h"

struct json_report {
	struct report head;
	struct buf line;
	struct json json;
	struct buf run;	   /* "cmd" and "run", as members */
	struct buf labels; /* "labels", as a member */
	struct buf text;   /* scratch: the words of an error */
};

/*
 * A report with OPS, some of which are record_... below. With PORTS the records
 * of a target have its port. -ENOMEM.
 */
int record_report(struct report **ret, const struct report_opts *opts,
    const struct report_ops *ops, bool ports);
struct json_report *record_self(struct report *report);

/* Begins a record with the keys of every one; TIME_NS: CLOCK_REALTIME. */
struct json *record_open(
    struct json_report *r, const char *type, int64_t time_ns);
/* One of a target, or of the run as a whole with TARGET NULL. */
struct json *record_open_target(struct json_report *r, const char *type,
    const struct report_target *target, int64_t time_ns);
/* Ends the record and hands it to the output. */
void record_close(struct json_report *r);

/* Members: `sent` to `loss_uncertain`. */
void record_counters(struct json *json, const struct report_counts *counts);
/* `rtt_min_ms` to `rtt_stddev_ms`, `jitter_ms`. */
void record_rtt(struct json *json, const struct nd_rtt *rtt);
/* `clock`. */
void record_clock(struct json *json, enum nd_clock clock);
/* `rtt_ms`, `clock`, `from`, `ttl`, `tos` of an answer. */
void record_answer(struct json *json, int64_t rtt_ns, enum nd_clock clock,
    const struct sockaddr *from, int ttl, int tos);

/* What went wrong with a probe. */
struct record_cause {
	int af;
	enum nd_invalid invalid;  /* or ND_INVALID_COUNT */
	int err;		  /* the host refused to send it, or 0 */
	int icmp_type, icmp_code; /* of an ICMP error, or -1 */
	int info;		  /* MTU or pointer, or -1 */
	bool rewritten;
};
/* `error`: in words what status and ICMP type say in numbers. */
void record_error(struct json_report *r, const struct record_cause *cause);

/* Members of struct report_ops. */
void record_begin(
    struct report *report, const struct report_run *run, int64_t now_ns);
void record_start(struct report *report, const struct report_target *target,
    const struct report_start *start, int64_t now_ns);
void record_failure(struct report *report, const struct report_target *target,
    const struct report_error *error, int64_t now_ns);
void record_end(
    struct report *report, const struct report_end *end, int64_t now_ns);
void record_free(struct report *report);

#endif
