/* SPDX-License-Identifier: MIT */
/*
 * report_trace_text.c: trace's text as a whole. With one target and one cycle
 * the lines come as the hops are known; else a target is told as a block when
 * it ends, or with --quiet in a line.
 */
#include "report_trace_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "out.h"
#include "report_text_table.h"
#include "safe.h"

#define INDENT 2 /* of what has no place on its line */

struct trace_text *
trace_text_self(struct report *report)
{
	return (struct trace_text *)report;
}

/* Whether hops are told by lines: not by a table, a graph or not at all. */
static bool
has_lines(const struct report_opts *opts)
{
	return !opts->quiet && !opts->mda && opts->cycles == 1;
}

/* Whether the lines show the RTT of each probe. */
static bool
keeps_rtts(const struct report_opts *opts)
{
	return has_lines(opts) && opts->flows <= TRACE_FLOW_COLUMNS;
}

static bool
is_one(const struct trace_text *self)
{
	return self->text.head.opts.targets <= 1;
}

/* Bytes of a whole packet: those of the IP header, of UDP or ICMP, and more. */
static uint32_t
packet_size(const struct report_opts *opts, int af)
{
	return (af == 6 ? 40u : 20u) + 8 + opts->payload;
}

/* ", from 192.0.2.1 eth0", where one of them was asked for. */
static void
add_source(struct buf *line, const struct report_start *start)
{
	if (!start->show_source && start->device == NULL)
		return;
	buf_str(line, ", from ");
	buf_str(line, start->src != NULL ? start->src : "");
	if (start->device != NULL) {
		buf_char(line, ' ');
		safe_str(line, start->device);
	}
}

/*
 * "TRACE www.example.org (192.0.2.8): udp/33434, 3 flows, max 30 hops, ...".
 * START: NULL where it is not known any more.
 */
static void
add_header(struct trace_text *self, const struct report_target *target,
    const struct report_start *start)
{
	const struct report_opts *opts = &self->text.head.opts;
	struct buf *line = &self->text.line;
	struct buf b = BUF_INIT;
	size_t width = sizeof("TRACE :") + report_name_width(target, true);

	buf_str(line, "TRACE ");
	text_who(line, target->name,
	    target->addr != NULL ? target->addr : "not resolved");
	buf_str(line, ": ");
	buf_str(&b, opts->method != NULL ? opts->method : "udp");
	if (opts->port > 0) {
		buf_char(&b, '/');
		buf_u64(&b, opts->port);
	}
	text_count(&b, 0, opts->mda ? 0 : opts->flows, "flow", true);
	buf_str(&b, opts->mda ? ", all paths" : "");
	text_count(&b, 0, opts->cycles > 1 ? opts->cycles : 0, "cycle", true);
	buf_str(&b, ", max ");
	buf_u64(&b, opts->max_hops);
	buf_str(&b, opts->max_hops == 1 ? " hop" : " hops");
	if (opts->method == NULL || strcmp(opts->method, "tcp") != 0) {
		buf_str(&b, ", ");
		buf_u64(&b, packet_size(opts, target->af));
		buf_str(&b, " bytes");
	}
	if (start != NULL)
		add_source(&b, start);
	text_wrap(line, b.data, b.len, width, opts->columns, INDENT);
	buf_char(line, '\n');
	line->failed |= b.failed;
	buf_free(&b);
}

static void
begin(struct report *report, const struct report_run *run, int64_t now_ns)
{
	(void)now_ns;
	text_self(report)->mode = run->mode;
}

static void
start(struct report *report, const struct report_target *target,
    const struct report_start *started, int64_t now_ns)
{
	struct trace_text *self = trace_text_self(report);
	const struct report_opts *opts = &report->opts;

	(void)now_ns;
	if (keeps_rtts(opts) && trace_rtts_begin(&self->rtts, target) != 0)
		out_fail(opts->out, ENOMEM);
	if (!is_one(self))
		return;
	buf_reset(&self->text.line);
	trace_lines_init(&self->lines, opts, target->af, keeps_rtts(opts));
	add_header(self, target, started);
	text_flush(&self->text);
	text_set_up(&self->text, started);
}

/* "netdiag: trace: www.example.org: network is unreachable" */
static void
warn_send(struct trace_text *self, const struct report_target *target, int err)
{
	struct buf cause = BUF_INIT, subject = BUF_INIT, hint = BUF_INIT;

	if (!text_send_news(&self->text, err, is_one(self)))
		return;
	buf_str(&subject, target->name != NULL	 ? target->name
			  : target->addr != NULL ? target->addr
						 : "");
	buf_str(&cause, nd_strerror(err));
	text_send_hint(&hint, target, err);
	text_send_warn(&self->text, err, &subject, &cause, &hint);
}

static void
probe(struct report *report, const struct report_target *target,
    const struct nd_trace_event *event, int64_t now_ns)
{
	struct trace_text *self = trace_text_self(report);

	(void)now_ns;
	if (event->status == ND_TRACE_SEND_ERROR)
		warn_send(self, target, event->err);
	if (keeps_rtts(&report->opts) &&
	    trace_rtts_add(&self->rtts, target, event) != 0)
		out_fail(report->opts.out, ENOMEM);
}

void
trace_text_hop(const struct trace_draw *draw, int64_t now_ns)
{
	struct trace_text *self = draw->self;

	(void)now_ns;
	buf_reset(&self->text.line);
	for (size_t i = 0; i < draw->view->nhops; i++)
		trace_lines_hop(draw, &self->lines, &draw->view->hops[i], 0);
	if (self->text.line.len > 0 || self->text.line.failed)
		text_flush(&self->text);
}

void
trace_text_interim(const struct trace_draw *draw, int64_t now_ns)
{
	struct trace_text *self = draw->self;
	const uint64_t cycles = draw->summary->stats->cycles;
	struct buf *line = text_line(&self->text, now_ns);

	text_who(line, draw->target->name,
	    draw->target->addr != NULL ? draw->target->addr : "");
	buf_str(line, " after ");
	buf_u64(line, cycles);
	buf_str(line, cycles == 1 ? " cycle:\n" : " cycles:\n");
	if (!self->text.head.opts.quiet)
		trace_table(draw);
	trace_verdict(draw, true);
	buf_str(line, "\n\n");
	text_flush(&self->text);
}

/* What was found, as the options ask for it. */
static void
add_body(const struct trace_draw *draw)
{
	struct trace_text *self = draw->self;
	const struct report_opts *opts = &self->text.head.opts;
	struct trace_lines lines;

	if (opts->quiet)
		return;
	if (draw->summary->mda) {
		trace_graph(draw);
	} else if (!has_lines(opts)) {
		trace_table(draw);
	} else if (is_one(self)) {
		trace_lines_all(draw, &self->lines);
	} else {
		trace_lines_init(
		    &lines, opts, draw->target->af, draw->rtts != NULL);
		trace_lines_all(draw, &lines);
	}
}

/* "www.example.org  reached in 7 hops, 12.3 ms" */
static void
quiet_line(const struct trace_draw *draw)
{
	const struct report_opts *opts = &draw->self->text.head.opts;
	const size_t width = report_name_width(draw->target, opts->with_addr);
	struct buf *line = &draw->self->text.line;

	if (opts->with_addr && draw->target->addr != NULL)
		text_who(line, draw->target->name, draw->target->addr);
	else
		text_name(line, draw->target);
	if (width < opts->name_width)
		buf_fill(line, ' ', opts->name_width - width);
	buf_str(line, "  ");
	trace_verdict(draw, false);
	buf_char(line, '\n');
}

void
trace_text_summary(const struct trace_draw *draw, int64_t now_ns)
{
	struct trace_text *self = draw->self;
	const struct report_counts counts =
	    report_trace_counts(draw->summary->stats);
	const struct report_opts *opts = &self->text.head.opts;
	struct buf *line = &self->text.line;

	(void)now_ns;
	buf_reset(line);
	if (draw->summary->stats->reached)
		self->reached++;
	else if (!report_not_probed(&counts))
		self->not_reached++;
	if (draw->summary->reason == REPORT_INTERRUPTED && opts->columns > 0 &&
	    !self->interrupted) {
		self->interrupted = true;
		buf_char(line, '\n');
	}
	if (!is_one(self) && opts->quiet) {
		quiet_line(draw);
		text_flush(&self->text);
		return;
	}
	if (!is_one(self)) {
		buf_str(line, self->blocks ? "\n" : "");
		add_header(self, draw->target, NULL);
	}
	self->blocks = true;
	add_body(draw);
	if (!opts->quiet)
		trace_facts(draw);
	trace_verdict(draw, true);
	buf_char(line, '\n');
	text_flush(&self->text);
}

/* Calls DRAW with the TTLs FROM to TO of the trace. */
static void
with_view(struct report *report, const struct report_target *target,
    const struct report_trace_summary *summary, unsigned from, unsigned to,
    int64_t now_ns, void (*draw)(const struct trace_draw *draw, int64_t now_ns))
{
	struct trace_text *self = trace_text_self(report);
	struct report_trace_view view;
	const struct trace_draw what = {.self = self,
	    .target = target,
	    .summary = summary,
	    .view = &view,
	    .rtts = trace_rtts_of(&self->rtts, target)};

	if (report_trace_read(&view, summary->trace, from, to) != 0) {
		out_fail(report->opts.out, ENOMEM);
		return;
	}
	draw(&what, now_ns);
	report_trace_view_free(&view);
}

static void
hop(struct report *report, const struct report_target *target,
    const struct report_trace_summary *summary, unsigned ttl, int64_t now_ns)
{
	if (is_one(trace_text_self(report)) && has_lines(&report->opts))
		with_view(
		    report, target, summary, ttl, ttl, now_ns, trace_text_hop);
}

static void
interim(struct report *report, const struct report_target *target,
    const struct report_trace_summary *sum, int64_t now_ns)
{
	with_view(report, target, sum, 1, sum->stats->shown, now_ns,
	    trace_text_interim);
}

static void
summary(struct report *report, const struct report_target *target,
    const struct report_trace_summary *sum, int64_t now_ns)
{
	with_view(report, target, sum, 1, sum->stats->shown, now_ns,
	    trace_text_summary);
	trace_rtts_end(&trace_text_self(report)->rtts, target);
}

/* "no.example   name or service not known": of one, stderr says it all. */
static void
error(struct report *report, const struct report_target *target,
    const struct report_error *err, int64_t now_ns)
{
	struct trace_text *self = trace_text_self(report);
	const struct report_opts *opts = &report->opts;
	struct buf *line = &self->text.line;
	size_t width;

	(void)now_ns;
	if (target == NULL)
		return;
	trace_rtts_end(&self->rtts, target);
	if (is_one(self))
		return;
	buf_reset(line);
	width = report_name_width(target, false);
	buf_str(line, self->blocks ? "\n" : "");
	text_name(line, target);
	if (opts->quiet && opts->name_width > width) {
		buf_fill(line, ' ', opts->name_width - width);
		width = opts->name_width;
	}
	text_row_message(&self->text, width, err->message);
	text_flush(&self->text);
	self->blocks = !opts->quiet;
}

/* "3 targets: 2 reached, 1 not reached; 120 probes, 0.204 s" */
static void
end(struct report *report, const struct report_end *all, int64_t now_ns)
{
	struct trace_text *self = trace_text_self(report);
	struct buf targets = BUF_INIT, probes = BUF_INIT;

	(void)now_ns;
	if (is_one(self))
		return;
	buf_reset(&self->text.line);
	buf_str(&self->text.line, self->blocks ? "\n" : "");
	buf_u64(&targets, all->targets);
	buf_str(&targets, all->targets == 1 ? " target: " : " targets: ");
	buf_u64(&targets, self->reached);
	buf_str(&targets, " reached");
	text_count(&targets, 0, self->not_reached, "not reached", false);
	text_count(&targets, 0, all->not_probed, "not probed", false);
	text_count(&targets, 0, all->unresolved, "unresolved", false);
	text_over_limits(&targets, &report->opts, all);
	text_count(&probes, 0, all->sent, "probe", true);
	text_count(&probes, 0, all->lost, "lost", false);
	text_count(&probes, 0, all->late, "late", false);
	text_count(&probes, 0, all->send_errors, "send error", true);
	/* What was sent past a destination is not awaited: that is the rule. */
	if (all->reason != REPORT_DONE)
		text_count(&probes, 0, all->unfinished, "unfinished", false);
	buf_str(&probes, probes.len > 0 ? ", " : "");
	/* Milliseconds are enough for people. */
	buf_sec(&probes, (all->duration_ns + 500000) / 1000000 * 1000000);
	buf_str(&probes, " s");
	text_over_all(&self->text, &targets, &probes);
	text_drops(&self->text.line, all->local_drops);
	text_flush(&self->text);
}

static void
free_all(struct report *report)
{
	trace_rtts_free(&trace_text_self(report)->rtts);
	text_free(report);
}

static const struct report_trace_ops ops = {
    .common =
	{
	    .begin = begin,
	    .start = start,
	    .error = error,
	    .end = end,
	    .free = free_all,
	},
    .probe = probe,
    .hop = hop,
    .interim = interim,
    .summary = summary,
};

int
report_trace_text(struct report **ret, const struct report_opts *opts)
{
	struct trace_text *self = calloc(1, sizeof(*self));

	if (self == NULL)
		return -ENOMEM;
	self->text.head.ops = &ops.common;
	self->text.head.opts = *opts;
	self->text.head.ewma_ns = -1;
	*ret = &self->text.head;
	return 0;
}
