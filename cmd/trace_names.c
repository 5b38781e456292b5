/* SPDX-License-Identifier: MIT */
/*
 * trace_names.c: what is told of a trace waits for the names and AS numbers of
 * its addresses, for a bounded time. They are asked for once an address has
 * answered, so that most are there when the trace is over; no probe waits.
 */
#include "trace.h"

#include "cmd.h"
#include "message.h"

#include <errno.h>
#include <unistd.h>

#define TIMEOUT_NS INT64_C(2000000000) /* of one query, at least */

/* ---- What is known --------------------------------------------------------
 */

static const char *
name_of(void *user, const struct sockaddr *addr)
{
	struct trace *trace = user;

	return trace->rdns != NULL ? rdns_lookup(trace->rdns, addr, NULL)
				   : NULL;
}

static const char *
asn_of(void *user, const struct sockaddr *addr)
{
	struct trace *trace = user;

	return trace->asn != NULL ? asn_lookup(trace->asn, addr, NULL) : NULL;
}

struct report_trace_names
trace_names(struct trace *trace)
{
	return (struct report_trace_names){
	    .name = name_of, .asn = asn_of, .user = trace};
}

/* Asks for what is not known yet. */
static bool
is_missing(struct trace *trace, const struct sockaddr *addr)
{
	bool name = false, asn = false;

	if (trace->rdns != NULL)
		(void)rdns_lookup(trace->rdns, addr, &name);
	if (trace->asn != NULL)
		(void)asn_lookup(trace->asn, addr, &asn);
	return name || asn;
}

void
trace_names_want(struct trace *trace, const struct sockaddr *addr)
{
	(void)is_missing(trace, addr);
}

static bool
is_hop_named(struct trace *trace, const struct nd_trace *nd, unsigned ttl)
{
	struct nd_trace_node node;

	if (trace->rdns == NULL && trace->asn == NULL)
		return true;
	for (unsigned i = 0; nd_trace_node(nd, ttl, i, &node) == 0; i++)
		if (is_missing(trace, (const struct sockaddr *)&node.addr))
			return false;
	return true;
}

static bool
is_named(struct trace *trace, struct trace_task *task)
{
	for (; task->named < trace->probe.max; task->named++)
		if (!is_hop_named(trace, task->nd, task->named + 1))
			return false;
	return true;
}

/* ---- What waits -----------------------------------------------------------
 */

/* Until when the first line waits that may not be told; -1: none does. */
static int64_t
tell_lines(struct trace *trace)
{
	while (trace->told < trace->final) {
		const unsigned ttl = trace->told + 1;
		const int64_t until = trace->until_ns[ttl];

		if (clock_monotonic_ns() < until &&
		    !is_hop_named(trace, trace->lines->nd, ttl))
			return until;
		trace->told = ttl;
		trace_tell_hop(trace->lines, ttl);
	}
	return -1;
}

/* The same of the traces that are over. Each waits for those before it, which
 * is no longer than it would for itself. */
static int64_t
release(struct trace *trace)
{
	struct trace_task *task;

	while ((task = trace->waiting) != NULL) {
		if (clock_monotonic_ns() < task->until_ns &&
		    !is_named(trace, task))
			return task->until_ns;
		trace->waiting = task->next;
		if (trace->lines == task)
			trace->lines = NULL;
		run_done(&trace->run, task->row);
	}
	return -1;
}

static void
wait_until(struct trace *trace, int64_t until_ns)
{
	struct ev_loop *loop = trace->run.loop;
	const int64_t left_ns = until_ns - clock_monotonic_ns();

	ev_timer_stop(loop, &trace->names_timer);
	if (until_ns < 0)
		return;
	ev_now_update(loop);
	ev_timer_set(
	    &trace->names_timer, left_ns > 0 ? (double)left_ns * 1e-9 : 0, 0);
	ev_timer_start(loop, &trace->names_timer);
}

/* Something is final, or named, or has waited long enough. */
static void
settle(struct trace *trace)
{
	int64_t line, whole;

	/* What is left is told by the end of the run. */
	if (trace->run.stopping)
		return;
	line = trace->lines != NULL ? tell_lines(trace) : -1;
	whole = release(trace);
	wait_until(trace, line >= 0 ? line : whole);
}

void
trace_hop_final(struct trace_task *task, unsigned ttl)
{
	struct trace *trace = trace_of(task->row->run);

	if (!trace->has_lines)
		return;
	if (trace->lines == NULL) {
		trace->lines = task;
		trace->told = trace->final = ttl - 1;
	}
	while (trace->final < ttl)
		trace->until_ns[++trace->final] =
		    clock_monotonic_ns() + trace->run.opts->resolve_wait_ns;
	settle(trace);
}

void
trace_over(struct trace_task *task)
{
	struct trace *trace = trace_of(task->row->run);

	task->over = true;
	task->until_ns =
	    clock_monotonic_ns() + trace->run.opts->resolve_wait_ns;
	task->next = NULL;
	if (trace->waiting == NULL)
		trace->waiting = task;
	else
		trace->waiting_last->next = task;
	trace->waiting_last = task;
	settle(trace);
}

static void
on_name(void *user, const struct sockaddr *addr, const char *name)
{
	(void)addr;
	(void)name;
	settle(user);
}

static void
on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	settle(w->data);
}

/* ---- Life -----------------------------------------------------------------
 */

/* The file of --asn-db, which is read here and closed. */
static int
read_asn_file(struct trace *trace)
{
	struct opt_error err = {.message = ""};
	int r;

	if (trace->asn_fd < 0)
		return 0;
	r = asn_file_open(
	    &trace->asn_file, trace->asn_fd, trace->opts.asn_db, &err);
	(void)close(trace->asn_fd);
	trace->asn_fd = -1;
	if (r == -EINVAL)
		message_error("trace", &err);
	else if (r != 0)
		run_message(
		    &trace->run, trace->opts.asn_db, nd_strerror(r), NULL);
	return r != 0 ? EXIT_USAGE : 0;
}

int
trace_names_open(struct trace *trace)
{
	struct run *run = &trace->run;
	const int64_t wait_ns = run->opts->resolve_wait_ns;
	const int64_t timeout_ns = wait_ns > TIMEOUT_NS ? wait_ns : TIMEOUT_NS;
	const struct rdns_opts names = {.timeout_ns = timeout_ns};
	struct asn_opts numbers = {.timeout_ns = timeout_ns};
	int r = read_asn_file(trace);

	ev_timer_init(&trace->names_timer, on_timer, 0, 0);
	trace->names_timer.data = trace;
	if (r != 0)
		return r;
	numbers.file = trace->asn_file;
	/* Without a resolver there are no names, that is all. */
	if (!run->opts->numeric &&
	    rdns_new(&trace->rdns, run->loop, &names, on_name, trace) != 0)
		trace->rdns = NULL;
	if (trace->opts.asn &&
	    asn_new(&trace->asn, run->loop, &numbers, on_name, trace) != 0)
		trace->asn = NULL;
	return 0;
}

void
trace_names_close(struct trace *trace)
{
	rdns_free(trace->rdns);
	asn_free(trace->asn);
	asn_file_free(trace->asn_file);
	if (trace->run.loop != NULL)
		ev_timer_stop(trace->run.loop, &trace->names_timer);
}
