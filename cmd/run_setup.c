/* SPDX-License-Identifier: MIT */
/*
 * run_setup.c: what a run needs before it begins, after the privileges are
 * gone: the limits, the report, the resolver.
 */
#include "run.h"

#include "cmd.h"
#include "color.h"
#include "json.h"
#include "message.h"
#include "out.h"

#include <errno.h>
#include <langinfo.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <unistd.h>

#define LONG_SWEEP_S 30

/* The source address has to be one of this host. */
int
run_check_source(struct run *run)
{
	const struct run_opts *o = run->opts;
	int fd, r = 0;

	if (o->source.af == AF_UNSPEC)
		return 0;
	fd = socket(o->source.af, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    bind(fd, (const struct sockaddr *)&run->source,
		o->source.af == AF_INET ? sizeof(struct sockaddr_in)
					: sizeof(struct sockaddr_in6)) != 0)
		r = -errno;
	if (fd >= 0)
		(void)close(fd);
	return r == 0 ? 0 : run_refuse_source(run, r);
}

static uint64_t
limited(uint64_t wanted, int64_t rate)
{
	return rate > 0 && (uint64_t)rate < wanted ? (uint64_t)rate : wanted;
}

/* All rows once: as many probes, as far as that can be told. */
static double
probes_of_a_turn(const struct run *run)
{
	return (double)run->targets * (run->turn > 0 ? run->turn : 1);
}

/* Of a sweep that nobody would wait for without knowing. */
static void
note_length(const struct run *run)
{
	const int64_t rate = run->opts->rate;
	const uint64_t s =
	    rate > 0 ? (uint64_t)probes_of_a_turn(run) / (uint64_t)rate : 0;
	char text[PARSE_DURATION_TEXT], line[160];

	if (s < LONG_SWEEP_S)
		return;
	(void)snprintf(line, sizeof(line),
	    "%llu targets at --rate %lld take %s",
	    (unsigned long long)run->targets, (long long)rate,
	    parse_duration_text((int64_t)s * 1000000000, text, sizeof(text)));
	run_message(run, NULL, line, NULL);
}

int64_t
run_first_timeout(const struct run_opts *opts)
{
	const int64_t most = opts->deadline_ns / 10 * 9;

	return opts->deadline_ns > 0 && most < ND_PING_FIRST_TIMEOUT_NS ? most
									: 0;
}

int
run_set_limits(struct run *run)
{
	const struct run_opts *o = run->opts;
	struct nd_limits limits = ND_LIMITS_INIT;
	const int64_t interval = run->interval_ns;
	const double turn = probes_of_a_turn(run);
	const double wanted = turn * 1e9 / (double)interval;
	char text[PARSE_DURATION_TEXT], line[160];

	limits.rate_pps = (uint64_t)o->rate;
	if (run->max_in_flight > 0)
		limits.max_in_flight = run->max_in_flight;
	run->interval_effective_ns = interval;
	if (!run->at_own_pace)
		limits.expected_pps = limited((uint64_t)wanted + 1, o->rate);
	else
		limits.expected_pps = (uint64_t)o->rate;
	if (run->once)
		note_length(run);
	if (o->rate > 0 && wanted > (double)o->rate) {
		run->interval_effective_ns =
		    (int64_t)(turn * 1e9 / (double)o->rate);
		if (!run->once) {
			/* To a millisecond: nobody wants it finer. */
			(void)snprintf(line, sizeof(line),
			    "--rate %lld makes the interval of each target %s",
			    (long long)o->rate,
			    parse_duration_text(
				run->interval_effective_ns / 1000000 * 1000000,
				text, sizeof(text)));
			run_message(run, NULL, line, NULL);
		}
	}
	return nd_ctx_set_limits(run->ctx, &limits);
}

static void
make_run_id(struct run *run)
{
	uint64_t id = 0;

	if (run->opts->run_id != NULL) {
		memcpy(run->run_id, run->opts->run_id, PARSE_RUN_ID_LEN);
		return;
	}
	if (getrandom(&id, sizeof(id), 0) != sizeof(id))
		id = (uint64_t)clock_realtime_ns();
	(void)snprintf(run->run_id, sizeof(run->run_id), "%016llx",
	    (unsigned long long)id);
}

static void
make_labels(struct run *run)
{
	for (size_t i = 0; i < run->opts->labels.count; i++)
		run->labels[i] =
		    (struct report_label){.key = run->opts->labels.list[i].key,
			.value = run->opts->labels.list[i].value};
}

void
run_make_identity(struct run *run)
{
	make_run_id(run);
	make_labels(run);
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
warn(void *user, const char *subject, const char *cause, const char *hint)
{
	run_message(user, subject, cause, hint);
}

/* The environment is looked at here, after the drop. */
int
run_make_report(struct run *run)
{
	const struct run_opts *o = run->opts;
	const struct color_inputs color = {.when = (enum color_when)o->color,
	    .no_color = getenv("NO_COLOR"),
	    .clicolor_force = getenv("CLICOLOR_FORCE"),
	    .term = getenv("TERM"),
	    .is_terminal = isatty(STDOUT_FILENO) == 1};
	struct report_opts opts = {.out = run->out,
	    .warn = warn,
	    .warn_user = run,
	    .targets = run->targets,
	    .quiet = o->quiet,
	    .verbose = o->verbose,
	    .timestamps = o->timestamps,
	    .with_addr = o->all,
	    .max_loss = o->max_loss,
	    .max_rtt_ns = o->max_rtt_ns,
	    .color = color_enabled(&color),
	    .utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
	    .columns = terminal_columns(),
	    /* Scripts take ping(8)'s last line for that of the RTTs. */
	    .scraped = isatty(STDOUT_FILENO) != 1 && !o->verbose,
	    .name_width = run->name_width};

	return run->ops->report(run, &opts);
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
	const struct run *run = user;
	struct opt_value v;

	for (size_t i = 0; opt_param(run->cmd->table, run->all_opts, &i, &v);)
		write_param(json, &v);
}

void
run_tell_begin(struct run *run)
{
	static const char *const modes[] = {[ND_MODE_RAW] = "raw",
	    [ND_MODE_DGRAM] = "dgram",
	    [ND_MODE_CONNECT] = "connect"};
	const struct report_run begin = {.cmd = run->cmd->name,
	    .version = nd_version(),
	    .run_id = run->run_id,
	    .labels = run->labels,
	    .nlabels = run->opts->labels.count,
	    .mode = modes[nd_ctx_mode(run->ctx)],
	    .targets = run->rows.n,
	    .interval_effective_ns = run->interval_effective_ns,
	    .params = write_params,
	    .params_user = run};

	run->report->ops->begin(run->report, &begin, clock_realtime_ns());
}

int
run_open_names(struct run *run)
{
	const struct resolver_opts opts = {
	    .timeout_ns = run->opts->resolve_timeout_ns};
	int r;

	if (!run->has_names)
		return 0;
	r = resolver_new(&run->resolver, run->loop, &opts, run_resolved);
	return r != 0 ? r : run_open_reverse(run);
}
