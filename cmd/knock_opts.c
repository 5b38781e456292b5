/* SPDX-License-Identifier: MIT */
/*
 * knock_opts.c: the options of `netdiag knock`: the table, what excludes what,
 * and the limits of ordinary users.
 */
#include "knock_opts.h"

#include <netdiag.h>

#include <errno.h>
#include <inttypes.h>

#define MICROSECOND INT64_C(1000)
#define MILLISECOND INT64_C(1000000)
#define RATE_DEFAULT 10000
#define RATE_MAX INT64_C(1000000000)
#define COUNT_DEFAULT 4
#define NOT_GIVEN (-1)

#define STRINGIFY(x) #x
#define STRING(x) STRINGIFY(x)
#define FIELD(member) .offset = offsetof(struct knock_opts, member)

/* In the order of the enums in run_opts.h. */
static const char *const format_words[] = {"text", "json", NULL};
static const char *const color_words[] = {"auto", "always", "never", NULL};
static const char *const syn_words[] = {[ND_SYN_LINUX] = "linux",
    [ND_SYN_MSS] = "mss",
    [ND_SYN_NONE] = "none",
    NULL};
static const char *const state_words[] = {[ND_KNOCK_STATE_OPEN] = "open",
    [ND_KNOCK_STATE_CLOSED] = "closed",
    [ND_KNOCK_STATE_FILTERED] = "filtered",
    NULL};

#define TARGETS .group = "Targets"
#define PROBING .group = "Probing"
#define PACKETS .group = "Packets"
#define NAMES .group = "Names"
#define OUTPUT .group = "Output"
#define GOALS .group = "Goals"
#define OTHER .group = "Other"

const struct opt knock_opts_table[] = {
    {TARGETS, .name = "ipv4", .letter = '4', .kind = OPT_FLAG, FIELD(run.ipv4),
	.help = "use IPv4 only"},
    {TARGETS, .name = "ipv6", .letter = '6', .kind = OPT_FLAG, FIELD(run.ipv6),
	.help = "use IPv6 only"},
    {TARGETS, .name = "all", .kind = OPT_FLAG, FIELD(run.all),
	.help = "knock at every address of a name, each as its own target"},
    {TARGETS, .name = "include-all", .kind = OPT_FLAG, FIELD(run.include_all),
	.help = "keep network and broadcast address of an IPv4 block"},
    {TARGETS, .name = "port", .letter = 'p', .kind = OPT_STRING,
	FIELD(port_arg), .arg = "LIST",
	.help = "ports of the targets that name none, as 443 or "
		"22,80,8000-8010"},
    {TARGETS, .name = "yes", .kind = OPT_FLAG, FIELD(yes),
	.help = "with --rate: however many probes that makes"},

    {PROBING, .name = "count", .letter = 'c', .kind = OPT_INT, FIELD(run.count),
	.arg = "N", .min = 1, .max = INT64_MAX, .deflt = STRING(COUNT_DEFAULT),
	.help = "stop after N probes to a port"},
    {PROBING, .name = "interval", .letter = 'i', .kind = OPT_DURATION,
	FIELD(run.interval_ns), .arg = "T", .min = MICROSECOND,
	.max = PARSE_DURATION_MAX, .deflt = "1s",
	.help = "time between two probes to one port; 128 at most are in "
		"flight to one address"},
    {PROBING, .name = "timeout", .letter = 'W', .kind = OPT_DURATION,
	FIELD(run.timeout_ns), .arg = "T", .min = MICROSECOND,
	.max = PARSE_DURATION_MAX,
	.help = "wait for one reply; else 3 x the largest RTT seen, at "
		"least 1s, and 3.5s before the first reply"},
    {PROBING, .name = "deadline", .letter = 'w', .kind = OPT_DURATION,
	FIELD(run.deadline_ns), .arg = "T", .min = MICROSECOND,
	.max = PARSE_DURATION_MAX,
	.help = "end the run then, counted from its start"},
    {PROBING, .name = "rate", .kind = OPT_INT, FIELD(run.rate), .arg = "PPS",
	.min = 0, .max = RATE_MAX, .deflt = STRING(RATE_DEFAULT),
	.help = "cap of all packets a second; 0 is none"},
    {PROBING, .name = "flows", .kind = OPT_INT, FIELD(flows), .arg = "N",
	.min = 1, .max = ND_FLOWS_MAX, .deflt = "1",
	.help = "take turns with N source ports, each with its own loss "
		"and RTT"},
    {PROBING, .name = "full", .kind = OPT_FLAG, FIELD(full),
	.help = "complete the handshake: the server accepts a connection"},
    {PROBING, .name = "unprivileged", .kind = OPT_FLAG, FIELD(run.unprivileged),
	.help = "use no raw socket even where one is allowed"},

    {PACKETS, .name = "syn-options", .kind = OPT_ENUM, FIELD(syn_options),
	.arg = "SET", .words = syn_words, .deflt = "linux",
	.help = "TCP options of the SYN"},
    {PACKETS, .name = "ecn", .kind = OPT_FLAG, FIELD(ecn),
	.help = "ask for ECN, tell whether server and path honour it"},
    {PACKETS, .name = "ttl", .letter = 't', .kind = OPT_INT, FIELD(run.ttl),
	.arg = "N", .min = 1, .max = 255, .help = "TTL or hop limit"},
    {PACKETS, .name = "tos", .letter = 'Q', .kind = OPT_TOS, FIELD(run.tos),
	.arg = "V",
	.help = "TOS or traffic class: 0 to 255, 0x hex or a DSCP name"},
    {PACKETS, .name = "interface", .letter = 'I', .kind = OPT_STRING,
	.flags = OPT_F_IFACE, FIELD(run.interface_arg), .arg = "I",
	.help = "send from this device, or from this address"},
    {PACKETS, .name = "source", .letter = 'S', .kind = OPT_STRING,
	FIELD(run.source_arg), .arg = "A", .help = "send from this address"},
    {PACKETS, .name = "mark", .letter = 'm', .kind = OPT_INT,
	.flags = OPT_F_HEX, FIELD(run.mark), .arg = "N", .min = 0,
	.max = UINT32_MAX, .help = "firewall mark, decimal or 0x hex"},

    {NAMES, .name = "numeric", .letter = 'n', .kind = OPT_FLAG,
	FIELD(run.numeric), .help = "do not look up the names of addresses"},
    {NAMES, .name = "resolve-timeout", .kind = OPT_DURATION,
	FIELD(run.resolve_timeout_ns), .arg = "T", .min = MILLISECOND,
	.max = PARSE_DURATION_MAX, .deflt = "5s",
	.help = "limit for looking up a target"},
    {NAMES, .name = "resolve-wait", .kind = OPT_DURATION,
	FIELD(run.resolve_wait_ns), .arg = "T", .min = 0,
	.max = PARSE_DURATION_MAX, .deflt = "1s",
	.help = "wait for names of addresses after the last probe"},

    {OUTPUT, .name = "json", .letter = 'j', .kind = OPT_CONST,
	FIELD(run.format), .min = RUN_FORMAT_JSON,
	.help = "one JSON record a line, as --format json"},
    {OUTPUT, .name = "format", .kind = OPT_ENUM, FIELD(run.format),
	.arg = "FORMAT", .words = format_words, .deflt = "text",
	.help = "form of the output"},
    {OUTPUT, .name = "quiet", .letter = 'q', .kind = OPT_FLAG, FIELD(run.quiet),
	.help = "print summaries only"},
    {OUTPUT, .name = "verbose", .letter = 'v', .kind = OPT_FLAG,
	FIELD(run.verbose),
	.help = "tell of invalid and unmatched packets and of set-up too"},
    {OUTPUT, .name = "timestamps", .letter = 'D', .kind = OPT_FLAG,
	FIELD(run.timestamps), .help = "print the time before each line"},
    {OUTPUT, .name = "every", .kind = OPT_DURATION, FIELD(run.every_ns),
	.arg = "T", .min = MILLISECOND, .max = PARSE_DURATION_MAX,
	.help = "print interim summaries"},
    {OUTPUT, .name = "color", .kind = OPT_ENUM, FIELD(run.color), .arg = "WHEN",
	.words = color_words, .deflt = "auto", .help = "colour on a terminal"},
    {OUTPUT, .name = "label", .kind = OPT_LABEL,
	.flags = OPT_F_REPEAT | OPT_F_NOPARAM, FIELD(run.labels), .arg = "K=V",
	.help = "constant label in each record; up to 32"},
    {OUTPUT, .name = "run-id", .kind = OPT_RUN_ID, .flags = OPT_F_NOPARAM,
	FIELD(run.run_id), .arg = "ID",
	.help = "16 hex digits for each record; else at random"},

    {GOALS, .name = "expect", .kind = OPT_ENUM, FIELD(expect), .arg = "STATE",
	.words = state_words, .deflt = "open",
	.help = "a port in another state fails"},
    {GOALS, .name = "max-loss", .kind = OPT_PERCENT, FIELD(run.max_loss),
	.arg = "PCT", .help = "a port with more loss fails"},
    {GOALS, .name = "max-rtt", .kind = OPT_DURATION, FIELD(run.max_rtt_ns),
	.arg = "T", .min = MICROSECOND, .max = PARSE_DURATION_MAX,
	.help = "a port whose 95th percentile is above it fails"},

    {OTHER, .name = "help", .letter = 'h', .kind = OPT_FLAG,
	.flags = OPT_F_STOP | OPT_F_NOPARAM, FIELD(run.help),
	.help = "show this and exit"},
    {OTHER, .name = "version", .letter = 'V', .kind = OPT_FLAG,
	.flags = OPT_F_STOP | OPT_F_NOPARAM, FIELD(run.version),
	.help = "show the version and exit"},
    {.name = NULL},
};

void
knock_opts_init(struct knock_opts *opts)
{
	*opts = (struct knock_opts){.flows = 1,
	    .syn_options = NOT_GIVEN,
	    .expect = ND_KNOCK_STATE_OPEN};
	run_opts_init(&opts->run);
	opts->run.count = COUNT_DEFAULT;
}

/* --full leaves the handshake, and with it the SYN, to the system. */
static int
check_full(const struct knock_opts *opts, struct opt_error *err)
{
	const char *other = NULL;

	if (!opts->full)
		return 0;
	if (opts->flows > 1)
		other = "--flows";
	else if (opts->ecn)
		other = "--ecn";
	else if (opts->syn_options != NOT_GIVEN)
		other = "--syn-options";
	if (other == NULL)
		return 0;
	(void)opt_error_set(err, "--full", "cannot be used with %s", other);
	opt_error_hint(err, "the system makes the whole handshake, with a SYN "
			    "and a source port of its own");
	return -EINVAL;
}

static int
check_ports(struct knock_opts *opts, struct opt_error *err)
{
	if (opts->port_arg == NULL)
		return 0;
	return portlist_parse(opts->port_arg, "--port", &opts->ports, err);
}

int
knock_opts_parse(
    struct knock_opts *opts, int argc, char **argv, struct opt_error *err)
{
	struct run_opts *run = &opts->run;
	size_t words = 0;
	int r;

	r = opt_parse(knock_opts_table, opts, argc, argv, &words, err);
	if (r < 0)
		return r;
	run_opts_words(run, argc, argv, words);
	if (run->help || run->version)
		return 0;
	if ((r = run_opts_check(run, err)) < 0 ||
	    (r = check_ports(opts, err)) < 0 || (r = check_full(opts, err)) < 0)
		return r;
	opts->syn_given = opts->syn_options != NOT_GIVEN;
	if (!opts->syn_given)
		opts->syn_options = ND_SYN_LINUX;
	if (words == 0) {
		(void)opt_error_set(err, "", "no target given");
		opt_error_hint(err, "for example: netdiag knock 192.0.2.1:443");
		return -EINVAL;
	}
	return 0;
}
