/* SPDX-License-Identifier: MIT */
/*
 * ping_setup.c: what a run needs before it begins, after the privileges are
 * gone: the probes, the limits, the report, the resolvers.
 */
#include "ping_run.h"

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
#define FLOOD_INTERVAL_NS 10000000 /* at least 100 a second */
#define SWEEP_COUNT 3		   /* --alive, --down without -c and -w */

/* What all targets have in common. */
void
ping_make_probe(struct ping_run *run)
{
	const struct ping_opts *o = &run->opts;
	struct nd_ping_opts *p = &run->probe;

	*p = (struct nd_ping_opts)ND_PING_OPTS_INIT;
	p->count = o->count > 0 ? (uint64_t)o->count : 0;
	p->interval_ns = o->interval_ns;
	p->timeout_ns = o->timeout_ns > 0 ? o->timeout_ns : 0;
	/* So that a target that says nothing until the end shows as lost. */
	if (o->deadline_ns > 0 &&
	    o->deadline_ns / 10 * 9 < ND_PING_FIRST_TIMEOUT_NS)
		p->first_timeout_ns = o->deadline_ns / 10 * 9;
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
int
ping_check_source(struct ping_run *run)
{
	const struct ping_opts *o = &run->opts;
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
	return r == 0 ? 0 : ping_refuse_source(run, r);
}

static uint64_t
limited(uint64_t wanted, int64_t rate)
{
	return rate > 0 && (uint64_t)rate < wanted ? (uint64_t)rate : wanted;
}

/* Of a sweep that nobody would wait for without knowing. */
static void
note_length(const struct ping_run *run)
{
	const int64_t rate = run->opts.rate;
	const uint64_t s = rate > 0 ? run->targets / (uint64_t)rate : 0;
	char text[PARSE_DURATION_TEXT], line[160];

	if (s < LONG_SWEEP_S)
		return;
	(void)snprintf(line, sizeof(line),
	    "%llu targets at --rate %lld take %s",
	    (unsigned long long)run->targets, (long long)rate,
	    parse_duration_text((int64_t)s * 1000000000, text, sizeof(text)));
	message("ping", NULL, line, NULL);
}

int
ping_set_limits(struct ping_run *run)
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
	if (run->probe.count == 1)
		note_length(run);
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
		id = (uint64_t)clock_realtime_ns();
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

void
ping_make_identity(struct ping_run *run)
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
	(void)user;
	message("ping", subject, cause, hint);
}

/* The environment is looked at here, after the drop. */
int
ping_make_report(struct ping_run *run)
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
	    .broadcast = o->broadcast,
	    .max_loss = o->max_loss,
	    .max_rtt_ns = o->max_rtt_ns,
	    .color = color_enabled(&color),
	    .utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
	    .columns = terminal_columns(),
	    /* Scripts take ping(8)'s last line for that of the RTTs. */
	    .scraped = isatty(STDOUT_FILENO) != 1 && !o->verbose,
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

void
ping_tell_begin(struct ping_run *run)
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

	run->report->ops->begin(run->report, &begin, clock_realtime_ns());
}

/*
 * Only ping(8)'s lines, those of one target, show reverse names, and only where
 * the target was a name.
 */
int
ping_open_names(struct ping_run *run)
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
