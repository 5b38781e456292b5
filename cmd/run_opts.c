/* SPDX-License-Identifier: MIT */
/*
 * run_opts.c: the options that all commands have in common: their defaults,
 * what excludes what, and the limits of ordinary users.
 */
#include "run_opts.h"
#include "target.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#define SECOND INT64_C(1000000000)
#define RATE_DEFAULT 10000

#define STRINGIFY(x) #x
#define STRING(x) STRINGIFY(x)

void
run_opts_init(struct run_opts *opts)
{
	*opts = (struct run_opts){.count = -1,
	    .interval_ns = SECOND,
	    .timeout_ns = -1,
	    .deadline_ns = -1,
	    .rate = -1,
	    .ttl = -1,
	    .tos = -1,
	    .mark = -1,
	    .source = {.af = AF_UNSPEC},
	    .resolve_timeout_ns = 5 * SECOND,
	    .resolve_wait_ns = SECOND,
	    .format = RUN_FORMAT_TEXT,
	    .color = RUN_COLOR_AUTO,
	    .every_ns = -1,
	    .max_loss = -1,
	    .max_rtt_ns = -1};
}

/* -I: a source address if it is one, else a device. */
static int
check_interface(struct run_opts *opts, struct opt_error *err)
{
	const char *arg = opts->interface_arg;
	char shown[80];

	if (arg == NULL)
		return 0;
	if (parse_addr(arg, strlen(arg), &opts->source) == 0)
		return 0;
	if (parse_ifname(arg) == 0) {
		opts->device = arg;
		return 0;
	}
	return opt_error_set(err, "--interface",
	    "\"%s\" is neither an interface name nor an address",
	    opt_show(arg, shown, sizeof(shown)));
}

static int
check_source(struct run_opts *opts, struct opt_error *err)
{
	const char *arg = opts->source_arg;
	char shown[80];

	if (arg == NULL)
		return 0;
	if (opts->source.af != AF_UNSPEC)
		return opt_error_set(err, "--source",
		    "--interface already gives a source address");
	if (parse_addr(arg, strlen(arg), &opts->source) == 0)
		return 0;
	return opt_error_set(err, "--source", "\"%s\" is not an address",
	    opt_show(arg, shown, sizeof(shown)));
}

static int
check_family(const struct run_opts *opts, struct opt_error *err)
{
	const char *option =
	    opts->source_arg != NULL ? "--source" : "--interface";

	if (opts->ipv4 && opts->ipv6) {
		(void)opt_error_set(
		    err, "--ipv6", "cannot be used with --ipv4");
		opt_error_hint(err, "without both, either family is used");
		return -EINVAL;
	}
	if (opts->source.af == AF_INET6 && opts->ipv4)
		return opt_error_set(
		    err, option, "an IPv6 address cannot be used with --ipv4");
	if (opts->source.af == AF_INET && opts->ipv6)
		return opt_error_set(
		    err, option, "an IPv4 address cannot be used with --ipv6");
	return 0;
}

int
run_opts_check(struct run_opts *opts, struct opt_error *err)
{
	int r = check_interface(opts, err);

	if (r == 0)
		r = check_source(opts, err);
	return r == 0 ? check_family(opts, err) : r;
}

void
run_opts_words(struct run_opts *opts, int argc, char **argv, size_t words)
{
	opts->targets = argc > 0 ? argv + 1 : argv;
	opts->n_targets = words;
	opts->rate_given = opts->rate >= 0;
	if (!opts->rate_given)
		opts->rate = RATE_DEFAULT;
}

int
run_opts_limit_user(struct run_opts *opts, struct opt_error *err)
{
	char text[PARSE_DURATION_TEXT];

	if (opts->interval_ns < RUN_USER_INTERVAL_NS)
		return opt_error_set(err, "--interval",
		    "%s is too short: a user who is not root waits at least "
		    "2ms",
		    parse_duration_text(opts->interval_ns, text, sizeof(text)));
	if (!opts->rate_given && opts->rate > ND_USER_RATE)
		opts->rate = ND_USER_RATE;
	if (opts->rate == 0)
		return opt_error_set(
		    err, "--rate", "only root may send without a limit");
	if (opts->rate > ND_USER_RATE)
		return opt_error_set(err, "--rate",
		    "%" PRId64 " is too much: a user who is not root sends "
		    "at most " STRING(ND_USER_RATE) " packets a second",
		    opts->rate);
	return 0;
}

int
run_opts_family(const struct run_opts *opts)
{
	if (opts->ipv4)
		return AF_INET;
	if (opts->ipv6)
		return AF_INET6;
	return opts->source.af;
}

unsigned
run_opts_target_flags(const struct run_opts *opts)
{
	int af = run_opts_family(opts);

	return (af == AF_INET ? TARGET_IPV4 : 0) |
	       (af == AF_INET6 ? TARGET_IPV6 : 0) |
	       (opts->include_all ? TARGET_INCLUDE_ALL : 0) |
	       (opts->broadcast ? TARGET_BROADCAST : 0);
}
