/* SPDX-License-Identifier: MIT */
/*
 * ping_opts.c: the options of `netdiag ping`: the table, what excludes what,
 * and the limits of ordinary users.
 */
#include "ping_opts.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#define MICROSECOND INT64_C(1000)
#define MILLISECOND INT64_C(1000000)
#define SECOND INT64_C(1000000000)
#define RATE_DEFAULT 10000
#define RATE_MAX INT64_C(1000000000)

#define STRINGIFY(x) #x
#define STRING(x) STRINGIFY(x)
#define FIELD(member) .offset = offsetof(struct ping_opts, member)
#define COMMON(member) FIELD(run.member)

/* In the order of the enums in ping_opts.h. */
static const char *const format_words[] = {"text", "json", NULL};
static const char *const color_words[] = {"auto", "always", "never", NULL};
static const char *const pmtu_words[] = {"do", "dont", "want", "probe", NULL};

#define TARGETS .group = "Targets"
#define PROBING .group = "Probing"
#define PACKETS .group = "Packets"
#define NAMES .group = "Names"
#define OUTPUT .group = "Output"
#define GOALS .group = "Goals"
#define OTHER .group = "Other"

const struct opt ping_opts_table[] = {
    {TARGETS, .name = "ipv4", .letter = '4', .kind = OPT_FLAG, COMMON(ipv4),
	.help = "use IPv4 only"},
    {TARGETS, .name = "ipv6", .letter = '6', .kind = OPT_FLAG, COMMON(ipv6),
	.help = "use IPv6 only"},
    {TARGETS, .name = "all", .kind = OPT_FLAG, COMMON(all),
	.help = "ping every address of a name, each as its own target"},
    {TARGETS, .name = "include-all", .kind = OPT_FLAG, COMMON(include_all),
	.help = "keep network and broadcast address of an IPv4 block"},
    {TARGETS, .name = "broadcast", .letter = 'b', .kind = OPT_FLAG,
	COMMON(broadcast), .help = "allow broadcast and multicast targets"},

    {PROBING, .name = "count", .letter = 'c', .kind = OPT_INT, COMMON(count),
	.arg = "N", .min = 1, .max = INT64_MAX,
	.help = "stop after N probes to a target (else ^C stops)"},
    {PROBING, .name = "interval", .letter = 'i', .kind = OPT_DURATION,
	COMMON(interval_ns), .arg = "T", .min = MICROSECOND,
	.max = PARSE_DURATION_MAX, .deflt = "1s",
	.help = "time between two probes to one target"},
    {PROBING, .name = "timeout", .letter = 'W', .kind = OPT_DURATION,
	COMMON(timeout_ns), .arg = "T", .min = MICROSECOND,
	.max = PARSE_DURATION_MAX,
	.help = "wait for one reply; else 3 x the largest RTT seen, at "
		"least 1s, and 3.5s before the first reply"},
    {PROBING, .name = "deadline", .letter = 'w', .kind = OPT_DURATION,
	COMMON(deadline_ns), .arg = "T", .min = MICROSECOND,
	.max = PARSE_DURATION_MAX,
	.help = "end the run then, counted from its start"},
    {PROBING, .name = "rate", .kind = OPT_INT, COMMON(rate), .arg = "PPS",
	.min = 0, .max = RATE_MAX, .deflt = STRING(RATE_DEFAULT),
	.help = "cap of all packets a second; 0 is none"},
    {PROBING, .name = "adaptive", .letter = 'A', .kind = OPT_FLAG,
	FIELD(adaptive), .help = "send the next probe once one is answered"},
    {PROBING, .name = "flood", .letter = 'f', .kind = OPT_FLAG,
	.flags = OPT_F_ROOT, FIELD(flood),
	.help = "as --adaptive, and at least 100 a second"},
    {PROBING, .name = "preload", .letter = 'l', .kind = OPT_INT, FIELD(preload),
	.arg = "N", .min = 1, .max = 65536,
	.help = "send N probes at once at the start"},
    {PROBING, .name = "first-reply", .letter = 'o', .kind = OPT_FLAG,
	FIELD(first_reply), .help = "stop at a target's first reply"},
    {PROBING, .name = "unprivileged", .kind = OPT_FLAG, COMMON(unprivileged),
	.help = "use no raw socket even where one is allowed"},

    {PACKETS, .name = "size", .letter = 's', .kind = OPT_INT, FIELD(size),
	.arg = "N", .min = 0, .max = 65507, .deflt = "56",
	.help = "bytes of payload"},
    {PACKETS, .name = "pattern", .letter = 'p', .kind = OPT_PATTERN,
	FIELD(pattern), .arg = "HEX",
	.help = "fill the payload with these 1 to 16 bytes"},
    {PACKETS, .name = "ttl", .letter = 't', .kind = OPT_INT, COMMON(ttl),
	.arg = "N", .min = 1, .max = 255, .help = "TTL or hop limit"},
    {PACKETS, .name = "tos", .letter = 'Q', .kind = OPT_TOS, COMMON(tos),
	.arg = "V",
	.help = "TOS or traffic class: 0 to 255, 0x hex or a DSCP name"},
    {PACKETS, .name = "dont-fragment", .letter = 'M', .kind = OPT_ENUM,
	FIELD(pmtu), .arg = "MODE", .words = pmtu_words,
	.help = "path MTU discovery"},
    {PACKETS, .name = "interface", .letter = 'I', .kind = OPT_STRING,
	.flags = OPT_F_IFACE, COMMON(interface_arg), .arg = "I",
	.help = "send from this device, or from this address"},
    {PACKETS, .name = "source", .letter = 'S', .kind = OPT_STRING,
	COMMON(source_arg), .arg = "A", .help = "send from this address"},
    {PACKETS, .name = "mark", .letter = 'm', .kind = OPT_INT,
	.flags = OPT_F_HEX, COMMON(mark), .arg = "N", .min = 0,
	.max = UINT32_MAX, .help = "firewall mark, decimal or 0x hex"},
    {PACKETS, .name = "ident", .letter = 'e', .kind = OPT_INT, FIELD(ident),
	.arg = "N", .min = 0, .max = 65535,
	.help = "ICMP identifier; else at random"},

    {NAMES, .name = "numeric", .letter = 'n', .kind = OPT_FLAG, COMMON(numeric),
	.help = "do not look up the names of addresses"},
    {NAMES, .name = "resolve-timeout", .kind = OPT_DURATION,
	COMMON(resolve_timeout_ns), .arg = "T", .min = MILLISECOND,
	.max = PARSE_DURATION_MAX, .deflt = "5s",
	.help = "limit for looking up a target"},
    {NAMES, .name = "resolve-wait", .kind = OPT_DURATION,
	COMMON(resolve_wait_ns), .arg = "T", .min = 0,
	.max = PARSE_DURATION_MAX, .deflt = "1s",
	.help = "wait for names of addresses after the last probe"},

    {OUTPUT, .name = "json", .letter = 'j', .kind = OPT_CONST, COMMON(format),
	.min = RUN_FORMAT_JSON,
	.help = "one JSON record a line, as --format json"},
    {OUTPUT, .name = "format", .kind = OPT_ENUM, COMMON(format),
	.arg = "FORMAT", .words = format_words, .deflt = "text",
	.help = "form of the output"},
    {OUTPUT, .name = "quiet", .letter = 'q', .kind = OPT_FLAG, COMMON(quiet),
	.help = "print summaries only"},
    {OUTPUT, .name = "verbose", .letter = 'v', .kind = OPT_FLAG,
	COMMON(verbose),
	.help = "tell of invalid and unmatched packets and of set-up too"},
    {OUTPUT, .name = "timestamps", .letter = 'D', .kind = OPT_FLAG,
	COMMON(timestamps), .help = "print the time before each line"},
    {OUTPUT, .name = "outstanding", .letter = 'O', .kind = OPT_FLAG,
	FIELD(outstanding),
	.help = "tell of a missing reply before sending the next probe"},
    {OUTPUT, .name = "audible", .letter = 'a', .kind = OPT_FLAG, FIELD(audible),
	.help = "ring the bell at each reply"},
    {OUTPUT, .name = "every", .kind = OPT_DURATION, COMMON(every_ns),
	.arg = "T", .min = MILLISECOND, .max = PARSE_DURATION_MAX,
	.help = "print interim summaries"},
    {OUTPUT, .name = "alive", .kind = OPT_FLAG, FIELD(alive),
	.help = "print only the targets that answered"},
    {OUTPUT, .name = "down", .kind = OPT_FLAG, FIELD(down),
	.help = "print only the targets that did not answer"},
    {OUTPUT, .name = "color", .kind = OPT_ENUM, COMMON(color), .arg = "WHEN",
	.words = color_words, .deflt = "auto", .help = "colour on a terminal"},
    {OUTPUT, .name = "label", .kind = OPT_LABEL,
	.flags = OPT_F_REPEAT | OPT_F_NOPARAM, COMMON(labels), .arg = "K=V",
	.help = "constant label in each record; up to 32"},
    {OUTPUT, .name = "run-id", .kind = OPT_RUN_ID, .flags = OPT_F_NOPARAM,
	COMMON(run_id), .arg = "ID",
	.help = "16 hex digits for each record; else at random"},

    {GOALS, .name = "max-loss", .kind = OPT_PERCENT, COMMON(max_loss),
	.arg = "PCT", .help = "a target with more loss fails"},
    {GOALS, .name = "max-rtt", .kind = OPT_DURATION, COMMON(max_rtt_ns),
	.arg = "T", .min = MICROSECOND, .max = PARSE_DURATION_MAX,
	.help = "a target whose 95th percentile is above it fails"},

    {OTHER, .name = "help", .letter = 'h', .kind = OPT_FLAG,
	.flags = OPT_F_STOP | OPT_F_NOPARAM, COMMON(help),
	.help = "show this and exit"},
    {OTHER, .name = "version", .letter = 'V', .kind = OPT_FLAG,
	.flags = OPT_F_STOP | OPT_F_NOPARAM, COMMON(version),
	.help = "show the version and exit"},
    {.name = NULL},
};

void
ping_opts_init(struct ping_opts *opts)
{
	*opts = (struct ping_opts){
	    .preload = -1, .size = 56, .pmtu = PING_PMTU_SYSTEM, .ident = -1};
	run_opts_init(&opts->run);
}

static int
check_output(const struct ping_opts *opts, struct opt_error *err)
{
	const char *list = opts->alive ? "--alive" : "--down";

	if (opts->alive && opts->down)
		return opt_error_set(
		    err, "--down", "cannot be used with --alive");
	if ((opts->alive || opts->down) &&
	    opts->run.format == RUN_FORMAT_JSON) {
		(void)opt_error_set(
		    err, list, "cannot be used with --format json");
		opt_error_hint(
		    err, "the summary records have \"received\" and \"ok\"");
		return -EINVAL;
	}
	return 0;
}

int
ping_opts_parse(
    struct ping_opts *opts, int argc, char **argv, struct opt_error *err)
{
	size_t words = 0;
	int r;

	r = opt_parse(ping_opts_table, opts, argc, argv, &words, err);
	if (r < 0)
		return r;
	run_opts_words(&opts->run, argc, argv, words);
	if (opts->run.help || opts->run.version)
		return 0;
	r = run_opts_check(&opts->run, err);
	if (r == 0)
		r = check_output(opts, err);
	if (r != 0)
		return r;
	if (words == 0) {
		(void)opt_error_set(err, "", "no target given");
		opt_error_hint(err, "for example: netdiag ping 192.0.2.1");
		return -EINVAL;
	}
	return 0;
}

int
ping_opts_limit_user(struct ping_opts *opts, struct opt_error *err)
{
	int r;

	if (opts->flood)
		return opt_error_set(err, "--flood", "only root may flood");
	r = run_opts_limit_user(&opts->run, err);
	if (r == 0 && opts->preload > PING_USER_PRELOAD)
		return opt_error_set(err, "--preload",
		    "%" PRId64 " is too much: a user who is not root preloads "
		    "at most " STRING(PING_USER_PRELOAD),
		    opts->preload);
	return r;
}
