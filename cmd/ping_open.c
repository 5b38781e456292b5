/* SPDX-License-Identifier: MIT */
/*
 * ping_open.c: what wants a privilege, or has to be done before it is gone:
 * sockets, standard output, files that are named by root.
 */
#include "ping_run.h"

#include "cmd.h"
#include "message.h"
#include "out.h"
#include "priv_hint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SHOWN_MAX 80 /* of a word of the command line, in a message */

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

static struct nd_ctx_opts
ctx_opts(const struct ping_run *run)
{
	const struct ping_opts *o = &run->opts;
	struct nd_ctx_opts c = ND_CTX_OPTS_INIT;

	c.families = ping_families(run);
	c.mode = o->unprivileged ? ND_MODE_DGRAM : ND_MODE_AUTO;
	c.pmtu = pmtu_of(o->pmtu);
	c.device = o->device;
	c.has_mark = o->mark >= 0;
	c.mark = c.has_mark ? (uint32_t)o->mark : 0;
	c.broadcast = o->broadcast;
	c.ident = (int)o->ident;
	if (o->source.af != AF_UNSPEC)
		c.source = (const struct sockaddr *)&run->source;
	return c;
}

/* What was refused, as far as the options and the facts tell. */
static enum priv_want
wanted(const struct ping_run *run, const struct priv_facts *facts)
{
	const bool socket_allowed =
	    facts->ping_sockets ||
	    (facts->raw_permitted && !run->opts.unprivileged);

	if (run->opts.mark >= 0 && socket_allowed)
		return PRIV_WANT_MARK;
	return run->opts.unprivileged ? PRIV_WANT_DGRAM : PRIV_WANT_ICMP;
}

/* There is no report yet: the records of a run that cannot begin. */
static void
report_refusal(struct ping_run *run, const char *cause, const char *hint)
{
	struct report_opts opts = {.out = run->out};
	struct report_error error = {
	    .code = REPORT_PERMISSION, .message = cause, .hint = hint};
	struct report_end end = {
	    .exit_status = EXIT_SYSTEM, .reason = REPORT_ERROR};
	struct report *report;

	if (run->opts.format != PING_FORMAT_JSON ||
	    report_ping_json(&report, &opts) != 0)
		return;
	report->ops->begin(report,
	    &(const struct report_run){.cmd = "ping",
		.version = nd_version(),
		.run_id = run->run_id,
		.labels = run->labels,
		.nlabels = run->opts.labels.count,
		.interval_effective_ns = -1},
	    clock_realtime_ns());
	report->ops->error(report, NULL, &error, clock_realtime_ns());
	report->ops->end(report, &end, clock_realtime_ns());
	report->ops->free(report);
	(void)out_drain(run->out, -1, NULL, NULL);
}

static int
refused(struct ping_run *run, int err)
{
	struct priv_facts *facts = malloc(sizeof(*facts));
	struct priv_hint *hint = malloc(sizeof(*hint));

	if (facts != NULL && hint != NULL) {
		priv_facts_gather(facts);
		priv_hint_make(hint, facts, wanted(run, facts), err);
		priv_hint_write(stderr, "ping", hint);
		report_refusal(run, hint->message, hint->hint);
	}
	free(facts);
	free(hint);
	return EXIT_SYSTEM;
}

/* A word of the command line and what is wrong with it. */
static int
refuse(const char *subject, const char *typed, int err, const char *hint)
{
	char cause[SHOWN_MAX + MESSAGE_STRERROR_MAX + sizeof("\"\": ")];
	char shown[SHOWN_MAX], text[MESSAGE_STRERROR_MAX];

	(void)snprintf(cause, sizeof(cause), "\"%s\": %s",
	    opt_show(typed, shown, sizeof(shown)), message_strerror(err, text));
	message("ping", subject, cause, hint);
	return EXIT_USAGE;
}

int
ping_refuse_source(const struct ping_run *run, int err)
{
	const struct ping_opts *o = &run->opts;

	return refuse("source address",
	    o->source_arg != NULL ? o->source_arg : o->interface_arg, err,
	    err == -ENODEV ? "ip link show lists the interfaces"
			   : "ip address show lists those of this host");
}

static int
open_context(struct ping_run *run)
{
	const struct ping_opts *o = &run->opts;
	struct nd_ctx_opts opts;
	uint32_t scope = 0;
	int r = target_scope_id(o->source.scope, &scope);

	if (r != 0)
		return ping_refuse_source(run, r);
	if (o->source.af != AF_UNSPEC)
		target_sockaddr(&o->source, scope, &run->source);
	opts = ctx_opts(run);
	r = nd_ctx_new(&run->ctx, run->loop, &opts);
	switch (r) {
	case 0:
		return 0;
	case ND_EPRIV:
	case -EPERM:
	case -EACCES:
		return refused(run, r);
	case -EADDRNOTAVAIL:
		return ping_refuse_source(run, r);
	case -ENODEV:
		return refuse(
		    "--interface", o->device, r, "ip link show lists them");
	case ND_EFAMILY:
		message("ping", NULL,
		    "the system has no socket of that address family",
		    "IPv6 is switched off here: use -4");
		return EXIT_SYSTEM;
	default:
		message(
		    "ping", "cannot open a socket", nd_strerror(r), nd_hint(r));
		return EXIT_SYSTEM;
	}
}

/* Root could not read its own files any more once it is nobody. */
static int
open_files(struct ping_run *run)
{
	for (size_t i = 0; i < run->opts.n_targets; i++) {
		const char *path = run->specs[i].text + 1;

		run->files[i] = -1;
		if (run->specs[i].kind != TARGET_FILE ||
		    !priv_is_root_user(run->priv))
			continue;
		run->files[i] = priv_open_file(run->priv, path, O_RDONLY, 0);
		if (run->files[i] < 0 && run->files[i] != -EAGAIN) {
			message("ping", path, nd_strerror(run->files[i]), NULL);
			return EXIT_USAGE;
		}
	}
	return 0;
}

static void
on_stall(void *user, bool stalled)
{
	ping_stalled(user, stalled);
}

static void
on_out_error(void *user, enum out_state state, int err)
{
	struct ping_run *run = user;

	run->out_errno = err;
	if (state == OUT_FAILED) {
		message("ping", "standard output", nd_strerror(-err), NULL);
		ping_status_at_least(run, EXIT_SYSTEM);
	}
	ping_finish(run, REPORT_ERROR);
}

int
ping_open(struct ping_run *run)
{
	static const struct out_events events = {
	    .stall = on_stall, .error = on_out_error};
	int r = out_new(&run->out, run->loop, STDOUT_FILENO, &events, run);

	run->files = calloc(run->opts.n_targets, sizeof(*run->files));
	if (r != 0 || run->files == NULL) {
		message("ping", NULL, "out of memory", NULL);
		return EXIT_SYSTEM;
	}
	r = priv_raise(run->priv);
	if (r != 0) {
		message("ping", run->priv->failed, nd_strerror(r), NULL);
		return EXIT_SYSTEM;
	}
	r = open_context(run);
	if (priv_lower(run->priv) != 0)
		r = EXIT_SYSTEM;
	return r != 0 ? r : open_files(run);
}
