/* SPDX-License-Identifier: MIT */
/* ping.c: `netdiag ping`: what makes a run one of ICMP echo. */
#include "ping.h"

#include "message.h"
#include "priv_hint.h"

#include <stdlib.h>
#include <sys/socket.h>

static enum nd_pmtu
pmtu_of(int pmtu)
{
	switch (pmtu) {
	case PING_PMTU_DO:
		return ND_PMTU_DO;
	case PING_PMTU_DONT:
		return ND_PMTU_DONT;
	case PING_PMTU_WANT:
		return ND_PMTU_WANT;
	case PING_PMTU_PROBE:
		return ND_PMTU_PROBE;
	default:
		return ND_PMTU_SYSTEM;
	}
}

static void
sockets(const struct run *run, struct nd_ctx_opts *opts)
{
	const struct ping_opts *o = &ping_of_const(run)->opts;

	opts->pmtu = pmtu_of(o->pmtu);
	opts->broadcast = o->run.broadcast;
	opts->ident = (int)o->ident;
}

/* What was refused, as far as the options and the facts tell. */
static int
wanted(const struct run *run, const struct priv_facts *facts)
{
	const bool socket_allowed =
	    facts->ping_sockets ||
	    (facts->raw_permitted && !run->opts->unprivileged);

	if (run->opts->mark >= 0 && socket_allowed)
		return PRIV_WANT_MARK;
	return run->opts->unprivileged ? PRIV_WANT_DGRAM : PRIV_WANT_ICMP;
}

static int
make_report(struct run *run, struct report_opts *opts)
{
	const struct ping_opts *o = &ping_of(run)->opts;

	opts->payload = (uint32_t)o->size;
	opts->outstanding = o->outstanding;
	opts->flood = o->flood;
	opts->adaptive = o->adaptive;
	opts->audible = o->audible;
	opts->alive = o->alive;
	opts->down = o->down;
	opts->broadcast = o->run.broadcast;
	return o->run.format == RUN_FORMAT_JSON
		   ? report_ping_json(&run->report, opts)
		   : report_ping_text(&run->report, opts);
}

static void
describe(
    const struct run *run, const struct row *row, struct report_start *start)
{
	const struct ping_opts *o = &ping_of_const(run)->opts;

	start->proto = row->family == AF_INET ? "icmp" : "icmp6";
	start->pattern = o->pattern.bytes;
	start->pattern_len = o->pattern.len;
}

static void
stop_row(struct row *row)
{
	nd_ping_stop(row->task);
}

static void
free_row(struct row *row)
{
	nd_ping_free(row->task);
}

static const struct run_ops ops = {.sockets = sockets,
    .wanted = wanted,
    .prepare = ping_prepare,
    .report = make_report,
    .records = report_ping_json,
    .start = ping_start,
    .describe = describe,
    .stop = stop_row,
    .free = free_row,
    .stats = ping_stats,
    .met = ping_met,
    .summary = ping_summary,
    .interim = ping_interim,
    .tell = ping_tell,
    .keep = ping_keep,
    .event_size = sizeof(struct nd_ping_event)};

static int
parse(struct ping *ping, int argc, char **argv)
{
	struct opt_error err;
	int r;

	ping_opts_init(&ping->opts);
	r = ping_opts_parse(&ping->opts, argc, argv, &err);
	if (r == 0 && (ping->opts.run.help || ping->opts.run.version))
		return 0;
	if (r == 0 && !priv_is_root_user(ping->run.priv))
		r = ping_opts_limit_user(&ping->opts, &err);
	if (r == 0)
		r = run_parse_targets(&ping->run, &err);
	if (r != 0)
		message_error("ping", &err);
	return r != 0 ? EXIT_USAGE : 0;
}

int
cmd_ping(struct priv *priv, int argc, char **argv)
{
	struct ping *ping = calloc(1, sizeof(*ping));
	int status;

	if (ping == NULL) {
		message("ping", NULL, "out of memory", NULL);
		return EXIT_SYSTEM;
	}
	ping->run.ops = &ops;
	ping->run.cmd = &cmd_ping_entry;
	ping->run.opts = &ping->opts.run;
	ping->run.all_opts = &ping->opts;
	ping->run.priv = priv;
	status = parse(ping, argc, argv);
	status = run_main(&ping->run, status);
	free(ping);
	return status;
}

const struct cmd cmd_ping_entry = {.name = "ping",
    .summary = "ICMP echo to one or a million targets",
    .usage = "ping [options] TARGET...",
    .table = ping_opts_table,
    .run = cmd_ping};
