/* SPDX-License-Identifier: MIT */
/* trace.c: `netdiag trace`: what makes a run one of paths. */
#include "trace.h"

#include "message.h"

#include <stdlib.h>
#include <unistd.h>

static const char *
method_name(enum nd_trace_method method)
{
	switch (method) {
	case ND_TRACE_UDP:
		return "udp";
	case ND_TRACE_TCP:
		return "tcp";
	case ND_TRACE_ICMP:
		break;
	}
	return "icmp";
}

static int
make_report(struct run *run, struct report_opts *opts)
{
	const struct trace *trace = trace_of(run);
	const struct trace_opts *o = &trace->opts;

	opts->method = method_name(trace->method);
	opts->port = trace->probe.port;
	opts->payload = trace->probe.payload;
	opts->flows = trace->probe.flows;
	opts->max_hops = trace->probe.max;
	opts->cycles = trace->probe.cycles;
	opts->tos = o->run.tos >= 0 ? o->run.tos : 0;
	opts->numeric = o->run.numeric;
	opts->asn = o->asn;
	opts->mda = o->mda >= 0;
	opts->mtu = o->mtu;
	return o->run.format == RUN_FORMAT_JSON
		   ? report_trace_json(&run->report, opts)
		   : report_trace_text(&run->report, opts);
}

static void
describe(
    const struct run *run, const struct row *row, struct report_start *start)
{
	start->proto = method_name(trace_of_const(run)->method);
	if (trace_of_const(run)->method == ND_TRACE_ICMP &&
	    row->family == AF_INET6)
		start->proto = "icmp6";
}

/* Whether the path reaches the target. */
static bool
answered(const struct row *row, const struct report_counts *counts)
{
	(void)counts;
	return trace_met(row->run, row, NULL);
}

static const struct run_ops ops = {.sockets = trace_sockets,
    .attempt = trace_attempt,
    .wanted = trace_wanted,
    .files = trace_files,
    .prepare = trace_prepare,
    .report = make_report,
    .records = report_trace_json,
    .start = trace_start,
    .describe = describe,
    .stop = trace_stop,
    .free = trace_free,
    .stats = trace_stats,
    .met = trace_met,
    .answered = answered,
    .summary = trace_summary,
    .interim = trace_interim,
    .finish = trace_finish};

static int
parse(struct trace *trace, int argc, char **argv)
{
	struct opt_error err;
	int r;

	trace_opts_init(&trace->opts);
	r = trace_opts_parse(&trace->opts, argc, argv, &err);
	if (r == 0 && (trace->opts.run.help || trace->opts.run.version))
		return 0;
	if (r == 0 && !priv_is_root_user(trace->run.priv))
		r = run_opts_limit_user(&trace->opts.run, &err);
	if (r == 0)
		r = run_parse_targets(&trace->run, &err);
	if (r != 0)
		message_error("trace", &err);
	return r != 0 ? EXIT_USAGE : 0;
}

static void
close_files(struct trace *trace)
{
	if (trace->has_dot)
		(void)trace_dot_end(&trace->dot);
	if (trace->dot_fd >= 0)
		(void)close(trace->dot_fd);
	if (trace->asn_fd >= 0)
		(void)close(trace->asn_fd);
}

int
cmd_trace(struct priv *priv, int argc, char **argv)
{
	struct trace *trace = calloc(1, sizeof(*trace));
	int status;

	if (trace == NULL) {
		message("trace", NULL, "out of memory", NULL);
		return EXIT_SYSTEM;
	}
	trace->run.ops = &ops;
	trace->run.cmd = &cmd_trace_entry;
	trace->run.opts = &trace->opts.run;
	trace->run.all_opts = &trace->opts;
	trace->run.priv = priv;
	trace->dot_fd = trace->asn_fd = -1;
	status = parse(trace, argc, argv);
	status = run_main(&trace->run, status);
	trace_names_close(trace);
	close_files(trace);
	free(trace);
	return status;
}

const struct cmd cmd_trace_entry = {.name = "trace",
    .summary = "every hop and every path to a host",
    .usage = "trace [options] TARGET...",
    .table = trace_opts_table,
    .run = cmd_trace};
