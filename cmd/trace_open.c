/* SPDX-License-Identifier: MIT */
/*
 * trace_open.c: the sockets of a trace, or where raw ones are not allowed those
 * that come nearest to them; and files that the command line names.
 */
#include "trace.h"

#include "cmd.h"
#include "message.h"
#include "priv_hint.h"

#include <errno.h>
#include <fcntl.h>

static enum nd_pmtu
pmtu_of(const struct trace_opts *o)
{
	if (o->mtu)
		return ND_PMTU_PROBE;
	switch (o->pmtu) {
	case TRACE_PMTU_DO:
		return ND_PMTU_DO;
	case TRACE_PMTU_DONT:
		return ND_PMTU_DONT;
	case TRACE_PMTU_WANT:
		return ND_PMTU_WANT;
	case TRACE_PMTU_PROBE:
		return ND_PMTU_PROBE;
	default:
		return ND_PMTU_SYSTEM;
	}
}

/* A flow is a source port: paths are found by trying many. */
void
trace_sockets(const struct run *run, struct nd_ctx_opts *opts)
{
	const struct trace_opts *o = &trace_of_const(run)->opts;

	opts->flows = o->mda >= 0 ? ND_FLOWS_MAX : (unsigned)o->run.count;
	opts->pmtu = pmtu_of(o);
	run_raise_files();
}

static const char *
raw_only(const struct trace_opts *o)
{
	if (o->tcp)
		return "--tcp";
	if (o->mda >= 0)
		return "--mda";
	return o->mtu ? "--mtu" : NULL;
}

static int
refuse_raw_only(struct run *run, const char *option)
{
	const char *hint =
	    run->opts->unprivileged ? "leave out --unprivileged" : NULL;

	return run_refuse_option(
	    run, option, "not possible without a raw socket", hint);
}

static int
attempt_raw(struct trace *trace, struct nd_ctx_opts *opts)
{
	const struct trace_opts *o = &trace->opts;

	trace->method = ND_TRACE_UDP;
	opts->methods = ND_TRACE | ND_UDP;
	if (o->tcp) {
		trace->method = ND_TRACE_TCP;
		opts->methods = ND_TRACE | ND_TCP;
	} else if (o->icmp) {
		trace->method = ND_TRACE_ICMP;
		opts->methods = ND_TRACE | ND_ICMP;
	}
	opts->mode = ND_MODE_RAW;
	return 0;
}

/*
 * Raw sockets first. Without them ping sockets, which keep a flow to its path;
 * and where they are closed too, UDP, which takes one socket a probe.
 */
int
trace_attempt(struct run *run, unsigned n, struct nd_ctx_opts *opts)
{
	struct trace *trace = trace_of(run);
	const struct trace_opts *o = &trace->opts;
	const char *option = raw_only(o);
	unsigned step = n;

	if (!o->run.unprivileged && n == 0)
		return attempt_raw(trace, opts);
	/* The mark may be what was refused. */
	if (option != NULL && (o->run.unprivileged || o->run.mark < 0))
		return refuse_raw_only(run, option);
	if (option != NULL)
		return -1;
	step -= !o->run.unprivileged;
	opts->mode = ND_MODE_DGRAM;
	if (step == 0 && !(o->udp && o->method_given)) {
		trace->method = ND_TRACE_ICMP;
		opts->methods = ND_TRACE | ND_ICMP;
		return 0;
	}
	if (o->icmp || step > (o->method_given ? 0 : 1))
		return -1;
	trace->method = ND_TRACE_UDP;
	opts->methods = ND_TRACE | ND_UDP;
	return 0;
}

int
trace_wanted(const struct run *run, const struct priv_facts *facts)
{
	const struct trace_opts *o = &trace_of_const(run)->opts;
	const bool udp = o->udp && o->method_given;
	const bool socket_allowed =
	    facts->ping_sockets ||
	    (facts->raw_permitted && !o->run.unprivileged);

	if (o->run.mark >= 0 && socket_allowed)
		return PRIV_WANT_MARK;
	return o->run.unprivileged && !udp ? PRIV_WANT_DGRAM : PRIV_WANT_ICMP;
}

/* Root's own before the drop, all others' after it. */
static int
open_file(struct run *run, const char *path, int flags, int *fd)
{
	int r;

	if (path == NULL || *fd >= 0)
		return 0;
	r = priv_open_file(run->priv, path, flags, 0666);
	if (r >= 0)
		*fd = r;
	return r == -EAGAIN || r >= 0 ? 0 : r;
}

int
trace_files(struct run *run)
{
	struct trace *trace = trace_of(run);
	const struct trace_opts *o = &trace->opts;
	int r = open_file(run, o->asn_db, O_RDONLY, &trace->asn_fd);

	if (r != 0) {
		run_message(run, o->asn_db, nd_strerror(r), NULL);
		return EXIT_USAGE;
	}
	/* What is there already stays until there is something to write. */
	r = open_file(run, o->dot, O_WRONLY | O_CREAT, &trace->dot_fd);
	if (r != 0) {
		run_message(run, o->dot, nd_strerror(r), NULL);
		return EXIT_SYSTEM;
	}
	return 0;
}
