/* SPDX-License-Identifier: MIT */
/*
 * ping.c: one run of `netdiag ping`, from the command line to the exit status.
 * The order is that of the privileges: options, sockets, the drop, and only
 * then files, names, the environment and packets.
 */
#include "ping_run.h"

#include "cmd.h"
#include "color.h"
#include "json.h"
#include "message.h"
#include "out.h"
#include "signals.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define FLOOD_INTERVAL_NS 10000000 /* at least 100 a second */
#define SWEEP_COUNT 3		   /* --alive, --down without -c and -w */
#define DRAIN_AT (OUT_SOFT_LIMIT / 2)

static int64_t
clock_ns(clockid_t id)
{
	struct timespec ts;

	(void)clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t
ping_monotonic_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

int64_t
ping_realtime_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

void
ping_status_at_least(struct ping_run *run, int status)
{
	if (status > run->status)
		run->status = status;
}

void
ping_finish(struct ping_run *run, enum report_reason reason)
{
	if (run->stopping)
		return;
	run->stopping = true;
	run->reason = reason;
	run->end.duration_ns = ping_monotonic_ns() - run->began_ns;
	ev_break(run->loop, EVBREAK_ALL);
}

/* ---- Preparing ------------------------------------------------------------
 */

/* What all targets have in common. */
static void
make_probe(struct ping_run *run)
{
	const struct ping_opts *o = &run->opts;
	struct nd_ping_opts *p = &run->probe;

	*p = (struct nd_ping_opts)ND_PING_OPTS_INIT;
	p->count = o->count > 0 ? (uint64_t)o->count : 0;
	p->interval_ns = o->interval_ns;
	p->timeout_ns = o->timeout_ns > 0 ? o->timeout_ns : 0;
	p->payload = (uint32_t)o->size;
	p->preload = o->preload > 0 ? (uint32_t)o->preload : 0;
	p->pattern = o->pattern.bytes;
	p->pattern_len = o->pattern.len;
	p->ttl = (int)o->ttl;
	p->tos = o->tos;
	if (o->adaptive || o->flood)
		p->flags |= ND_PING_F_ADAPTIVE;
	if (o->adaptive && !priv_is_root_user(run->priv))
		p->least_interval_ns = PING_USER_INTERVAL_NS;
	if (o->flood)
		p->interval_ns = FLOOD_INTERVAL_NS;
	if (o->first_reply)
		p->flags |= ND_PING_F_FIRST_REPLY;
	if ((o->alive || o->down) && o->count < 0 && o->deadline_ns < 0) {
		p->count = SWEEP_COUNT;
		p->flags |= ND_PING_F_FIRST_REPLY;
	}
	if ((o->outstanding || o->flood) && run->targets == 1)
		p->flags |= ND_PING_F_SENT;
	if (o->source.af != AF_UNSPEC)
		p->source = (const struct sockaddr *)&run->source;
}

/* The source address has to be one of this host. */
static int
check_source(struct ping_run *run)
{
	const struct ping_opts *o = &run->opts;
	uint32_t scope = 0;
	int fd, r;

	if (o->source.af == AF_UNSPEC)
		return 0;
	r = target_scope_id(o->source.scope, &scope);
	target_sockaddr(&o->source, scope, &run->source);
	if (r == 0) {
		fd = socket(o->source.af, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (fd < 0 || bind(fd, (const struct sockaddr *)&run->source,
				  o->source.af == AF_INET
				      ? sizeof(struct sockaddr_in)
				      : sizeof(struct sockaddr_in6)) != 0)
			r = -errno;
		if (fd >= 0)
			(void)close(fd);
	}
	if (r == 0)
		return 0;
	message("ping", "source address", nd_strerror(r),
	    "ip address show lists those of this host");
	return EXIT_USAGE;
}

static uint64_t
limited(uint64_t wanted, int64_t rate)
{
	return rate > 0 && (uint64_t)rate < wanted ? (uint64_t)rate : wanted;
}

static int
set_limits(struct ping_run *run)
{
	const struct ping_opts *o = &run->opts;
	struct nd_limits limits = ND_LIMITS_INIT;
	const int64_t interval = run->probe.interval_ns;
	const double wanted = (double)run->targets * 1e9 / (double)interval;
	char text[PARSE_DURATION_TEXT], line[160];

	limits.rate_pps = (uint64_t)o->rate;
	run->interval_effective_ns = interval;
	if ((run->probe.flags & ND_PING_F_ADAPTIVE) == 0)
		limits.expected_pps = limited((uint64_t)wanted + 1, o->rate);
	else
		limits.expected_pps = (uint64_t)o->rate;
	if (o->rate > 0 && wanted > (double)o->rate) {
		run->interval_effective_ns =
		    (int64_t)((double)run->targets * 1e9 / (double)o->rate);
		if (run->probe.count != 1) {
			/* To a millisecond: nobody wants it finer. */
			(void)snprintf(line, sizeof(line),
			    "--rate %lld makes the interval of each target %s",
			    (long long)o->rate,
			    parse_duration_text(
				run->interval_effective_ns / 1000000 * 1000000,
				text, sizeof(text)));
			message("ping", NULL, line, NULL);
		}
	}
	return nd_ctx_set_limits(run->ctx, &limits);
}

static void
make_run_id(struct ping_run *run)
{
	uint64_t id = 0;

	if (run->opts.run_id != NULL) {
		memcpy(run->run_id, run->opts.run_id, PARSE_RUN_ID_LEN);
		return;
	}
	if (getrandom(&id, sizeof(id), 0) != sizeof(id))
		id = (uint64_t)ping_realtime_ns();
	(void)snprintf(run->run_id, sizeof(run->run_id), "%016llx",
	    (unsigned long long)id);
}

static void
make_labels(struct ping_run *run)
{
	for (size_t i = 0; i < run->opts.labels.count; i++)
		run->labels[i] =
		    (struct report_label){.key = run->opts.labels.list[i].key,
			.value = run->opts.labels.list[i].value};
}

static unsigned
terminal_columns(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	uint64_t n;

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (columns != NULL && parse_u64(columns, 20, 10000, &n) == 0)
		return (unsigned)n;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return 80;
}

static void
warn(void *user, const char *subject, const char *cause)
{
	(void)user;
	message("ping", subject, cause, NULL);
}

/* The environment is looked at here, after the drop. */
static int
make_report(struct ping_run *run)
{
	const struct ping_opts *o = &run->opts;
	const struct color_inputs color = {.when = (enum color_when)o->color,
	    .no_color = getenv("NO_COLOR"),
	    .clicolor_force = getenv("CLICOLOR_FORCE"),
	    .term = getenv("TERM"),
	    .is_terminal = isatty(STDOUT_FILENO) == 1};
	const struct report_opts opts = {.out = run->out,
	    .warn = warn,
	    .targets = run->targets,
	    .payload = (uint32_t)o->size,
	    .quiet = o->quiet,
	    .verbose = o->verbose,
	    .timestamps = o->timestamps,
	    .outstanding = o->outstanding,
	    .flood = o->flood,
	    .adaptive = o->adaptive,
	    .audible = o->audible,
	    .alive = o->alive,
	    .down = o->down,
	    .with_addr = o->all,
	    .color = color_enabled(&color),
	    .utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
	    .columns = terminal_columns(),
	    .name_width = run->name_width};

	return o->format == PING_FORMAT_JSON
		   ? report_ping_json(&run->report, &opts)
		   : report_ping_text(&run->report, &opts);
}

static void
write_param(struct json *json, const struct opt_value *v)
{
	switch (v->type) {
	case OPT_VALUE_NULL:
		json_null(json, v->key);
		break;
	case OPT_VALUE_BOOL:
		json_bool(json, v->key, v->boolean);
		break;
	case OPT_VALUE_INT:
		json_i64(json, v->key, v->number);
		break;
	case OPT_VALUE_MS:
		json_ms(json, v->key, v->number);
		break;
	case OPT_VALUE_PCT:
		/* Millionths of a percent, of a hundred percent. */
		json_pct(json, v->key, (uint64_t)v->number, 100000000);
		break;
	case OPT_VALUE_STRING:
		json_str(json, v->key, v->string);
		break;
	}
}

static void
write_params(struct json *json, void *user)
{
	const struct ping_run *run = user;
	struct opt_value v;

	for (size_t i = 0; opt_param(ping_opts_table, &run->opts, &i, &v);)
		write_param(json, &v);
}

static void
tell_begin(struct ping_run *run)
{
	const struct report_run begin = {.cmd = "ping",
	    .version = nd_version(),
	    .run_id = run->run_id,
	    .labels = run->labels,
	    .nlabels = run->opts.labels.count,
	    .mode = nd_ctx_mode(run->ctx) == ND_MODE_RAW ? "raw" : "dgram",
	    .targets = run->rows.n,
	    .interval_effective_ns = run->interval_effective_ns,
	    .params = write_params,
	    .params_user = run};

	run->report->ops->begin(run->report, &begin, ping_realtime_ns());
}

/*
 * Only ping(8)'s lines, those of one target, show reverse names, and only where
 * the target was a name.
 */
static int
open_names(struct ping_run *run)
{
	const struct resolver_opts opts = {
	    .timeout_ns = run->opts.resolve_timeout_ns};
	const struct rdns_opts rdns = {.timeout_ns = run->opts.resolve_wait_ns};
	int r;

	if (!run->has_names)
		return 0;
	r = resolver_new(&run->resolver, run->loop, &opts, ping_resolved);
	if (r != 0 || run->opts.numeric || run->targets > 1 ||
	    run->opts.format != PING_FORMAT_TEXT || run->opts.alive ||
	    run->opts.down || run->opts.resolve_wait_ns == 0)
		return r;
	/* Without a resolver there are no names, that is all. */
	if (rdns_new(&run->rdns, run->loop, &rdns, ping_on_name, run) != 0)
		run->rdns = NULL;
	return hold_init(&run->hold);
}

/* ---- Running --------------------------------------------------------------
 */

static void
on_stop(void *user)
{
	ping_finish(user, REPORT_INTERRUPTED);
}

static void
on_status(void *user)
{
	struct ping_run *run = user;
	struct nd_ping_stats stats = {.size = sizeof(stats)};
	struct nd_ctx_stats ctx = {.size = sizeof(ctx)};
	struct report_end now = run->end;
	struct buf line = BUF_INIT;
	const struct row *first = rows_at(&run->rows, 0);

	(void)nd_ctx_stats(run->ctx, &ctx);
	now.targets = run->rows.n;
	for (size_t i = 0; i < run->rows.n; i++) {
		const struct row *row = rows_at(&run->rows, i);

		if (row->ping == NULL || nd_ping_stats(row->ping, &stats) != 0)
			continue;
		now.sent += stats.sent;
		now.received += stats.received;
		now.lost += stats.lost;
		now.errors += stats.errors;
		now.unfinished += stats.unfinished;
		now.alive += stats.received > 0;
	}
	now.duration_ns = ping_monotonic_ns() - run->began_ns;
	report_status(run->report,
	    run->targets == 1 && first->ping != NULL ? &stats : NULL, &now,
	    &line);
	if (!line.failed)
		(void)fwrite(line.data, 1, line.len, stderr);
	buf_free(&line);
}

static void
on_deadline(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	ping_finish(w->data, REPORT_DEADLINE);
}

static void
on_every(struct ev_loop *loop, ev_timer *w, int events)
{
	struct ping_run *run = w->data;
	struct nd_ping_stats stats = {.size = sizeof(stats)};
	const struct report_summary interim = {.stats = &stats};
	char text[ADDRTEXT_MAX];

	(void)loop;
	(void)events;
	for (size_t i = 0; i < run->rows.n; i++) {
		const struct row *row = rows_at(&run->rows, i);
		struct report_target t = row_target(row, text);

		if (row->state != ROW_RUNNING || row->ping == NULL ||
		    nd_ping_stats(row->ping, &stats) != 0)
			continue;
		run->report->ops->interim(
		    run->report, &t, &interim, ping_realtime_ns());
	}
}

/* Before the loop waits. */
static void
on_idle(struct ev_loop *loop, ev_prepare *w, int events)
{
	struct ping_run *run = w->data;

	(void)loop;
	(void)events;
	if (out_pending(run->out) > 0)
		out_flush_try(run->out);
}

static void
start_watchers(struct ping_run *run)
{
	static const struct signals_events events = {
	    .stop = on_stop, .status = on_status};
	const struct ping_opts *o = &run->opts;

	signals_start(run->loop, &events, run);
	ev_prepare_init(&run->flush, on_idle);
	run->flush.data = run;
	ev_prepare_start(run->loop, &run->flush);
	ev_timer_init(&run->hold_timer, ping_on_hold_timer, 0, 0);
	run->hold_timer.data = run;
	if (o->deadline_ns > 0) {
		ev_timer_init(&run->deadline, on_deadline,
		    (double)o->deadline_ns * 1e-9, 0);
		run->deadline.data = run;
		ev_timer_start(run->loop, &run->deadline);
	}
	if (o->every_ns > 0) {
		ev_timer_init(&run->every, on_every, (double)o->every_ns * 1e-9,
		    (double)o->every_ns * 1e-9);
		run->every.data = run;
		ev_timer_start(run->loop, &run->every);
	}
}

static bool
killed(void *user)
{
	/* The second signal ends the process from its handler. */
	(void)user;
	return false;
}

/* What the reader has not taken yet must not fill the memory. */
static void
make_room(struct ping_run *run)
{
	if (out_pending(run->out) > DRAIN_AT)
		(void)out_drain(run->out, -1, killed, run);
}

static void
tell_all(struct ping_run *run)
{
	for (size_t i = 0; i < run->rows.n; i++) {
		struct row *row = rows_at(&run->rows, i);

		if (row->secondary)
			continue;
		for (; row != NULL; row = row->sibling) {
			if (row->ping != NULL)
				nd_ping_stop(row->ping);
			if (row->state == ROW_NEW || row->state == ROW_NAME) {
				row->state = ROW_FAILED;
				row->code = REPORT_RESOLVE;
				row->cause = "not resolved in time";
				ping_status_at_least(run, EXIT_USAGE);
			}
			ping_tell(run, row,
			    row->state == ROW_DONE ? REPORT_DONE : run->reason);
			make_room(run);
		}
	}
}

static void
tell_end(struct ping_run *run, uint64_t sent)
{
	struct nd_ctx_stats ctx = {.size = sizeof(ctx)};
	struct report_end *e = &run->end;

	(void)nd_ctx_stats(run->ctx, &ctx);
	if (run->reason == REPORT_INTERRUPTED && sent == 0)
		run->status = 128 + signals_caught();
	e->exit_status = run->status;
	e->reason = run->reason;
	e->ok = run->status == EXIT_MET;
	e->targets = run->rows.n;
	e->local_drops = ctx.local_drops;
	e->stalled_ns = out_stalled_ns(run->out);
	run->report->ops->end(run->report, e, ping_realtime_ns());
}

/* The measurement is over: summaries, then what the output still owes. */
static void
end_run(struct ping_run *run)
{
	struct nd_ctx_stats ctx = {.size = sizeof(ctx)};

	(void)nd_ctx_stats(run->ctx, &ctx);
	if (run->rdns != NULL)
		ping_release(run, true);
	tell_all(run);
	tell_end(run, ctx.sent);
	(void)out_drain(run->out, -1, killed, run);
	if (out_state(run->out) == OUT_FAILED)
		ping_status_at_least(run, EXIT_SYSTEM);
}

static int
measure(struct ping_run *run)
{
	run->began_ns = ping_monotonic_ns();
	start_watchers(run);
	tell_begin(run);
	ping_start_rows(run);
	if (!run->stopping)
		(void)ev_run(run->loop, 0);
	end_run(run);
	signals_stop(run->loop);
	if (out_state(run->out) == OUT_CLOSED)
		signals_die_of_pipe();
	return run->status;
}

/* ---- The whole ------------------------------------------------------------
 */

static int
parse(struct ping_run *run, int argc, char **argv)
{
	struct opt_error err;
	int r;

	ping_opts_init(&run->opts);
	r = ping_opts_parse(&run->opts, argc, argv, &err);
	if (r == 0 && (run->opts.help || run->opts.version))
		return 0;
	if (r == 0 && !priv_is_root_user(run->priv))
		r = ping_opts_limit_user(&run->opts, &err);
	if (r == 0)
		r = ping_parse_targets(run, &err);
	if (r != 0)
		message_error("ping", &err);
	return r != 0 ? EXIT_USAGE : 0;
}

/* From the drop on. */
static int
prepare(struct ping_run *run)
{
	int r = priv_drop(run->priv);

	if (r != 0) {
		message("ping", run->priv->failed, nd_strerror(r), NULL);
		return EXIT_SYSTEM;
	}
	(void)setlocale(LC_CTYPE, "");
	r = check_source(run);
	if (r == 0)
		r = ping_make_rows(run);
	if (r != 0)
		return r;
	make_probe(run);
	if (set_limits(run) != 0 || make_report(run) != 0 ||
	    open_names(run) != 0) {
		message("ping", NULL, "out of memory", NULL);
		return EXIT_SYSTEM;
	}
	return 0;
}

static void
release(struct ping_run *run)
{
	for (size_t i = 0; i < run->rows.n; i++)
		nd_ping_free(rows_at(&run->rows, i)->ping);
	rdns_free(run->rdns);
	resolver_free(run->resolver);
	hold_free(&run->hold);
	if (run->report != NULL)
		run->report->ops->free(run->report);
	nd_ctx_free(run->ctx);
	out_free(run->out);
	rows_free(&run->rows);
	free(run->files);
	free(run->specs);
	free(run);
}

int
cmd_ping(struct priv *priv, int argc, char **argv)
{
	struct ping_run *run = calloc(1, sizeof(*run));
	int status;

	if (run == NULL) {
		message("ping", NULL, "out of memory", NULL);
		return EXIT_SYSTEM;
	}
	run->priv = priv;
	status = parse(run, argc, argv);
	if (status == 0 && run->opts.help) {
		status = cmd_help(&cmd_ping_entry);
	} else if (status == 0 && run->opts.version) {
		(void)printf("netdiag %s\n", nd_version());
		status = cmd_flushed("ping");
	} else if (status == 0) {
		make_run_id(run);
		make_labels(run);
		run->loop = ev_default_loop(EVFLAG_NOENV);
		status = run->loop != NULL ? ping_open(run) : EXIT_SYSTEM;
		if (status == 0)
			status = prepare(run);
		if (status == 0)
			status = measure(run);
	}
	release(run);
	return status;
}

const struct cmd cmd_ping_entry = {.name = "ping",
    .summary = "ICMP echo to one or a million targets",
    .usage = "ping [options] TARGET...",
    .table = ping_opts_table,
    .run = cmd_ping};
