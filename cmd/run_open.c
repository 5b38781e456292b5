/* SPDX-License-Identifier: MIT */
/*
 * run_open.c: what wants a privilege, or has to be done before it is gone:
 * sockets, standard output, files that are named by root.
 */
#include "run.h"

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

static struct nd_ctx_opts
ctx_opts(const struct run *run)
{
	const struct run_opts *o = run->opts;
	struct nd_ctx_opts c = ND_CTX_OPTS_INIT;

	c.families = run_families(run);
	if (o->unprivileged)
		c.mode = ND_MODE_DGRAM;
	c.device = o->device;
	c.has_mark = o->mark >= 0;
	c.mark = c.has_mark ? (uint32_t)o->mark : 0;
	if (o->source.af != AF_UNSPEC)
		c.source = (const struct sockaddr *)&run->source;
	run->ops->sockets(run, &c);
	return c;
}

/* There is no report yet: the records of a run that cannot begin. */
static void
report_refusal(struct run *run, const char *cause, const char *hint)
{
	struct report_opts opts = {.out = run->out};
	struct report_error error = {
	    .code = REPORT_PERMISSION, .message = cause, .hint = hint};
	struct report_end end = {
	    .exit_status = EXIT_SYSTEM, .reason = REPORT_ERROR};
	struct report *report;

	if (run->opts->format != RUN_FORMAT_JSON ||
	    run->ops->records(&report, &opts) != 0)
		return;
	report->ops->begin(report,
	    &(const struct report_run){.cmd = run->cmd->name,
		.version = nd_version(),
		.run_id = run->run_id,
		.labels = run->labels,
		.nlabels = run->opts->labels.count,
		.interval_effective_ns = -1},
	    clock_realtime_ns());
	report->ops->error(report, NULL, &error, clock_realtime_ns());
	report->ops->end(report, &end, clock_realtime_ns());
	report->ops->free(report);
	(void)out_drain(run->out, -1, NULL, NULL);
}

static int
refused(struct run *run, int err)
{
	struct priv_facts *facts = malloc(sizeof(*facts));
	struct priv_hint *hint = malloc(sizeof(*hint));

	if (facts != NULL && hint != NULL) {
		priv_facts_gather(facts);
		priv_hint_make(hint, facts,
		    (enum priv_want)run->ops->wanted(run, facts), err);
		priv_hint_write(stderr, run->cmd->name, hint);
		report_refusal(run, hint->message, hint->hint);
	}
	free(facts);
	free(hint);
	return EXIT_SYSTEM;
}

static int
refuse_option(
    struct run *run, const char *name, const char *cause, const char *hint)
{
	char message[160];

	run_message(run, name, cause, hint);
	(void)snprintf(message, sizeof(message), "%s: %s", name, cause);
	report_refusal(run, message, hint);
	return EXIT_SYSTEM;
}

int
run_refuse_option(
    struct run *run, const char *name, const char *cause, const char *hint)
{
	struct priv_facts *facts;
	struct priv_hint *missing;

	if (hint != NULL)
		return refuse_option(run, name, cause, hint);
	facts = malloc(sizeof(*facts));
	missing = malloc(sizeof(*missing));
	if (facts != NULL && missing != NULL) {
		priv_facts_gather(facts);
		priv_hint_make(missing, facts, PRIV_WANT_TCP, ND_EPRIV);
		(void)refuse_option(run, name, cause, missing->hint);
	}
	free(facts);
	free(missing);
	return EXIT_SYSTEM;
}

/* A word of the command line and what is wrong with it. */
static int
refuse(const struct run *run, const char *subject, const char *typed, int err,
    const char *hint)
{
	char cause[SHOWN_MAX + MESSAGE_STRERROR_MAX + sizeof("\"\": ")];
	char shown[SHOWN_MAX], text[MESSAGE_STRERROR_MAX];

	(void)snprintf(cause, sizeof(cause), "\"%s\": %s",
	    opt_show(typed, shown, sizeof(shown)), message_strerror(err, text));
	run_message(run, subject, cause, hint);
	return EXIT_USAGE;
}

int
run_refuse_source(const struct run *run, int err)
{
	const struct run_opts *o = run->opts;

	return refuse(run, "source address",
	    o->source_arg != NULL ? o->source_arg : o->interface_arg, err,
	    err == -ENODEV ? "ip link show lists the interfaces"
			   : "ip address show lists those of this host");
}

static bool
is_refusal(int err)
{
	return err == ND_EPRIV || err == -EPERM || err == -EACCES;
}

/* 0, the last error, or the exit status of what was said already. */
static int
try_context(struct run *run)
{
	struct nd_ctx_opts opts;
	int r = ND_EPRIV, told;

	for (unsigned n = 0; is_refusal(r); n++) {
		opts = ctx_opts(run);
		told = 0;
		if (run->ops->attempt != NULL)
			told = run->ops->attempt(run, n, &opts);
		else if (n > 0)
			break;
		if (told > 0)
			return told;
		if (told < 0)
			break;
		r = nd_ctx_new(&run->ctx, run->loop, &opts);
	}
	return r;
}

static int
open_context(struct run *run)
{
	const struct run_opts *o = run->opts;
	uint32_t scope = 0;
	int r = target_scope_id(o->source.scope, &scope);

	if (r != 0)
		return run_refuse_source(run, r);
	if (o->source.af != AF_UNSPEC)
		target_sockaddr(&o->source, scope, &run->source);
	r = try_context(run);
	if (r > 0)
		return r;
	switch (r) {
	case 0:
		return run->ops->opened != NULL ? run->ops->opened(run) : 0;
	case ND_EPRIV:
	case -EPERM:
	case -EACCES:
		return refused(run, r);
	case -EADDRNOTAVAIL:
		return run_refuse_source(run, r);
	case -ENODEV:
		return refuse(run, "--interface", o->device, r,
		    "ip link show lists them");
	case ND_EFAMILY:
		run_message(run, NULL,
		    "the system has no socket of that address family",
		    "IPv6 is switched off here: use -4");
		return EXIT_SYSTEM;
	default:
		run_message(
		    run, "cannot open a socket", nd_strerror(r), nd_hint(r));
		return EXIT_SYSTEM;
	}
}

/* Root could not read its own files any more once it is nobody. */
static int
open_files(struct run *run)
{
	for (size_t i = 0; i < run->opts->n_targets; i++) {
		const char *path = run->specs[i].text + 1;

		run->files[i] = -1;
		if (run->specs[i].kind != TARGET_FILE ||
		    !priv_is_root_user(run->priv))
			continue;
		run->files[i] = priv_open_file(run->priv, path, O_RDONLY, 0);
		if (run->files[i] < 0 && run->files[i] != -EAGAIN) {
			run_message(
			    run, path, nd_strerror(run->files[i]), NULL);
			return EXIT_USAGE;
		}
	}
	return run->ops->files != NULL ? run->ops->files(run) : 0;
}

static void
on_stall(void *user, bool stalled)
{
	run_stalled(user, stalled);
}

static void
on_out_error(void *user, enum out_state state, int err)
{
	struct run *run = user;

	run->out_errno = err;
	if (state == OUT_FAILED) {
		run_message(run, "standard output", nd_strerror(-err), NULL);
		run_status_at_least(run, EXIT_SYSTEM);
	}
	run_finish(run, REPORT_ERROR);
}

int
run_open(struct run *run)
{
	static const struct out_events events = {
	    .stall = on_stall, .error = on_out_error};
	int r = out_new(&run->out, run->loop, STDOUT_FILENO, &events, run);

	run->files = calloc(run->opts->n_targets, sizeof(*run->files));
	if (r != 0 || run->files == NULL) {
		run_message(run, NULL, "out of memory", NULL);
		return EXIT_SYSTEM;
	}
	r = priv_raise(run->priv);
	if (r != 0) {
		run_message(run, run->priv->failed, nd_strerror(r), NULL);
		return EXIT_SYSTEM;
	}
	r = open_context(run);
	if (priv_lower(run->priv) != 0)
		r = EXIT_SYSTEM;
	return r != 0 ? r : open_files(run);
}
