/* SPDX-License-Identifier: MIT */
/* knock.c: `netdiag knock`: what makes a run one of half-open handshakes. */
#include "knock.h"

#include "message.h"
#include "priv_hint.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#define ROWS_MAX (UINT64_C(1) << 24)
#define ROWS_MEANT UINT64_C(1000000) /* more of them only with --yes */

static void
sockets(const struct run *run, struct nd_ctx_opts *opts)
{
	const struct knock_opts *o = &knock_of_const(run)->opts;

	opts->methods = ND_TCP;
	opts->flows = (unsigned)o->flows;
	if (o->full || o->run.unprivileged)
		opts->mode = ND_MODE_CONNECT;
	run_raise_files();
}

/* connect(2) wants nothing: only the mark can have been refused. */
static int
wanted(const struct run *run, const struct priv_facts *facts)
{
	(void)facts;
	return run->opts->mark >= 0 ? PRIV_WANT_MARK : PRIV_WANT_TCP;
}

static int
ports(const struct run *run, const struct target_port *word,
    struct portlist *ret, struct opt_error *err)
{
	return target_port_list(
	    word, &knock_of_const(run)->opts.ports, ret, err);
}

/* A slip of the hand must not knock at every port of a network. */
static int
limit(const struct run *run, uint64_t rows, struct opt_error *err)
{
	const struct knock_opts *o = &knock_of_const(run)->opts;

	if (rows > ROWS_MAX) {
		(void)opt_error_set(err, "", "%" PRIu64 " ports in all", rows);
		opt_error_hint(err, "a run has %" PRIu64 " at most", ROWS_MAX);
		return -EINVAL;
	}
	if (rows <= ROWS_MEANT || (o->yes && o->run.rate_given))
		return 0;
	(void)opt_error_set(err, "", "%" PRIu64 " ports in all", rows);
	opt_error_hint(
	    err, "if that is meant, say so with --yes and with --rate");
	return -EINVAL;
}

static int
make_report(struct run *run, struct report_opts *opts)
{
	const struct knock_opts *o = &knock_of(run)->opts;

	opts->flows = (unsigned)o->flows;
	return o->run.format == RUN_FORMAT_JSON
		   ? report_knock_json(&run->report, opts)
		   : report_knock_text(&run->report, opts);
}

static void
describe(
    const struct run *run, const struct row *row, struct report_start *start)
{
	(void)run;
	(void)row;
	start->proto = "tcp";
}

static void
stop_row(struct row *row)
{
	nd_knock_stop(row->task);
}

static void
free_row(struct row *row)
{
	nd_knock_free(row->task);
}

static const struct run_ops ops = {.sockets = sockets,
    .wanted = wanted,
    .ports = ports,
    .opened = knock_opened,
    .limit = limit,
    .prepare = knock_prepare,
    .report = make_report,
    .records = report_knock_json,
    .start = knock_start,
    .describe = describe,
    .stop = stop_row,
    .free = free_row,
    .stats = knock_stats,
    .met = knock_met,
    .summary = knock_summary,
    .interim = knock_interim,
    .tell = knock_tell,
    .keep = knock_keep,
    .event_size = sizeof(struct knock_kept)};

static int
parse(struct knock *knock, int argc, char **argv)
{
	struct opt_error err;
	int r;

	knock_opts_init(&knock->opts);
	r = knock_opts_parse(&knock->opts, argc, argv, &err);
	if (r == 0 && (knock->opts.run.help || knock->opts.run.version))
		return 0;
	if (r == 0 && !priv_is_root_user(knock->run.priv))
		r = run_opts_limit_user(&knock->opts.run, &err);
	if (r == 0)
		r = run_parse_targets(&knock->run, &err);
	if (r != 0)
		message_error("knock", &err);
	return r != 0 ? EXIT_USAGE : 0;
}

int
cmd_knock(struct priv *priv, int argc, char **argv)
{
	struct knock *knock = calloc(1, sizeof(*knock));
	int status;

	if (knock == NULL) {
		message("knock", NULL, "out of memory", NULL);
		return EXIT_SYSTEM;
	}
	knock->run.ops = &ops;
	knock->run.cmd = &cmd_knock_entry;
	knock->run.opts = &knock->opts.run;
	knock->run.all_opts = &knock->opts;
	knock->run.priv = priv;
	status = parse(knock, argc, argv);
	status = run_main(&knock->run, status);
	free(knock);
	return status;
}

const struct cmd cmd_knock_entry = {.name = "knock",
    .summary = "half of a TCP handshake with one port or a million",
    .usage = "knock [options] TARGET[:PORTS]...",
    .table = knock_opts_table,
    .run = cmd_knock};
