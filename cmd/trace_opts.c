/* SPDX-License-Identifier: MIT */
/*
 * trace_opts.c: the options of `netdiag trace`: the table, and what excludes
 * what. Its letters have the meaning that they have in traceroute(8), which is
 * not always that of ping(8): -i is a device, -s an address, -w one reply.
 */
#include "trace_opts.h"

#include <netdiag.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define MICROSECOND INT64_C(1000)
#define MILLISECOND INT64_C(1000000)
#define RATE_DEFAULT 10000
#define RATE_MAX INT64_C(1000000000)
#define FLOWS_DEFAULT 3
#define MAX_DEFAULT 30
#define GAP_DEFAULT 5
#define SIZE_MIN 10 /* what tells probes apart and proves them ours */
#define SIZE_DEFAULT 32
#define UDP_PORT 33434
#define TCP_PORT 80
#define NOT_GIVEN (-1)

#define STRINGIFY(x) #x
#define STRING(x) STRINGIFY(x)
#define FIELD(member) .offset = offsetof(struct trace_opts, member)
#define COMMON(member) FIELD(run.member)

/* In the order of the enums in run_opts.h and trace_opts.h. */
static const char *const format_words[] = {"text", "json", NULL};
static const char *const color_words[] = {"auto", "always", "never", NULL};
static const char *const pmtu_words[] = {"do", "dont", "want", "probe", NULL};
static const char *const mda_words[] = {"95", "99", NULL};

const unsigned trace_mda_pct[] = {95, 99};

#define TARGETS .group = "Targets"
#define PROBING .group = "Probing"
#define PACKETS .group = "Packets"
#define NAMES .group = "Names"
#define OUTPUT .group = "Output"
#define GOALS .group = "Goals"
#define OTHER .group = "Other"

const struct opt trace_opts_table[] = {
    {TARGETS, .name = "ipv4", .letter = '4', .kind = OPT_FLAG, COMMON(ipv4),
	.help = "use IPv4 only"},
    {TARGETS, .name = "ipv6", .letter = '6', .kind = OPT_FLAG, COMMON(ipv6),
	.help = "use IPv6 only"},
    {TARGETS, .name = "all", .kind = OPT_FLAG, COMMON(all),
	.help = "trace to every address of a name, each as its own target"},
    {TARGETS, .name = "include-all", .kind = OPT_FLAG, COMMON(include_all),
	.help = "keep network and broadcast address of an IPv4 block"},

    {PROBING, .name = "udp", .letter = 'U', .kind = OPT_FLAG, FIELD(udp),
	.help = "probe by UDP (what is done without -I and -T)"},
    {PROBING, .name = "icmp", .letter = 'I', .kind = OPT_FLAG, FIELD(icmp),
	.help = "probe by ICMP echo"},
    {PROBING, .name = "tcp", .letter = 'T', .kind = OPT_FLAG, FIELD(tcp),
	.help = "probe by TCP SYN"},
    {PROBING, .name = "port", .letter = 'p', .kind = OPT_INT, FIELD(port),
	.arg = "N", .min = 1, .max = 65535,
	.help = "destination port; else " STRING(UDP_PORT) " of UDP, " STRING(
	    TCP_PORT) " of TCP"},
    {PROBING, .name = "count", .letter = 'q', .kind = OPT_INT, COMMON(count),
	.arg = "N", .min = 1, .max = ND_FLOWS_MAX,
	.deflt = STRING(FLOWS_DEFAULT),
	.help = "probes a hop, each of another flow and so maybe another "
		"path"},
    {PROBING, .name = "flows", .kind = OPT_INT, .flags = OPT_F_NOPARAM,
	COMMON(count), .arg = "N", .min = 1, .max = ND_FLOWS_MAX,
	.deflt = STRING(FLOWS_DEFAULT), .help = "the same as --count"},
    {PROBING, .name = "first", .letter = 'f', .kind = OPT_INT, FIELD(first),
	.arg = "N", .min = 1, .max = ND_TRACE_TTL_MAX, .deflt = "1",
	.help = "TTL or hop limit to begin with"},
    {PROBING, .name = "max", .letter = 'm', .kind = OPT_INT, FIELD(max),
	.arg = "N", .min = 1, .max = ND_TRACE_TTL_MAX,
	.deflt = STRING(MAX_DEFAULT), .help = "largest TTL or hop limit"},
    {PROBING, .name = "gap", .letter = 'g', .kind = OPT_INT, FIELD(gap),
	.arg = "N", .min = 0, .max = ND_TRACE_TTL_MAX,
	.deflt = STRING(GAP_DEFAULT),
	.help = "silent hops in a row before giving up; 0 is never"},
    {PROBING, .name = "mda", .kind = OPT_ENUM, .flags = OPT_F_OPTIONAL,
	FIELD(mda), .arg = "PCT", .words = mda_words,
	.help = "find every path; so sure that no link of a node is missed, "
		"95 where nothing is given"},
    {PROBING, .name = "classic", .kind = OPT_FLAG, FIELD(classic),
	.help = "vary the header of each probe, as the first traceroutes did"},
    {PROBING, .name = "mtu", .kind = OPT_FLAG, FIELD(mtu),
	.help = "find the largest packet that gets to each hop"},
    {PROBING, .name = "cycles", .letter = 'c', .kind = OPT_INT, FIELD(cycles),
	.arg = "N", .min = 1, .max = INT64_MAX, .deflt = "1",
	.help = "trace N times, with statistics over all"},
    {PROBING, .name = "interval", .kind = OPT_DURATION, COMMON(interval_ns),
	.arg = "T", .min = MICROSECOND, .max = PARSE_DURATION_MAX,
	.deflt = "1s", .help = "time from one cycle to the next"},
    {PROBING, .name = "timeout", .letter = 'w', .kind = OPT_DURATION,
	COMMON(timeout_ns), .arg = "T", .min = MICROSECOND,
	.max = PARSE_DURATION_MAX,
	.help = "wait for one reply; else as long as the RTTs seen suggest"},
    {PROBING, .name = "deadline", .kind = OPT_DURATION, COMMON(deadline_ns),
	.arg = "T", .min = MICROSECOND, .max = PARSE_DURATION_MAX,
	.help = "end the run then, counted from its start"},
    {PROBING, .name = "rate", .kind = OPT_INT, COMMON(rate), .arg = "PPS",
	.min = 0, .max = RATE_MAX, .deflt = STRING(RATE_DEFAULT),
	.help = "cap of all packets a second; 0 is none"},
    {PROBING, .name = "unprivileged", .kind = OPT_FLAG, COMMON(unprivileged),
	.help = "use no raw socket even where one is allowed"},

    {PACKETS, .name = "size", .kind = OPT_INT, FIELD(size), .arg = "N",
	.min = SIZE_MIN, .max = 65507,
	.help = "bytes of payload; else " STRING(SIZE_DEFAULT) ", of TCP none"},
    {PACKETS, .name = "tos", .letter = 't', .kind = OPT_TOS, COMMON(tos),
	.arg = "V",
	.help = "TOS or traffic class: 0 to 255, 0x hex or a DSCP name"},
    {PACKETS, .name = "dont-fragment", .letter = 'F', .kind = OPT_ENUM,
	FIELD(pmtu), .arg = "MODE", .words = pmtu_words,
	.help = "path MTU discovery"},
    {PACKETS, .name = "interface", .letter = 'i', .kind = OPT_STRING,
	.flags = OPT_F_IFACE, COMMON(interface_arg), .arg = "I",
	.help = "send from this device"},
    {PACKETS, .name = "source", .letter = 's', .kind = OPT_STRING,
	COMMON(source_arg), .arg = "A", .help = "send from this address"},
    {PACKETS, .name = "mark", .kind = OPT_INT, .flags = OPT_F_HEX, COMMON(mark),
	.arg = "N", .min = 0, .max = UINT32_MAX,
	.help = "firewall mark, decimal or 0x hex"},

    {NAMES, .name = "numeric", .letter = 'n', .kind = OPT_FLAG, COMMON(numeric),
	.help = "do not look up the names of addresses"},
    {NAMES, .name = "asn", .letter = 'A', .kind = OPT_FLAG, FIELD(asn),
	.help = "tell the AS of each address, asked for over DNS"},
    {NAMES, .name = "asn-db", .kind = OPT_STRING, .flags = OPT_F_FILE,
	FIELD(asn_db), .arg = "FILE",
	.help = "the same from a file, without DNS"},
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
    {OUTPUT, .name = "dot", .kind = OPT_STRING, .flags = OPT_F_FILE, FIELD(dot),
	.arg = "FILE", .help = "write the graph there, for Graphviz"},
    {OUTPUT, .name = "quiet", .kind = OPT_FLAG, COMMON(quiet),
	.help = "print summaries only"},
    {OUTPUT, .name = "verbose", .letter = 'v', .kind = OPT_FLAG,
	COMMON(verbose),
	.help = "tell of invalid and unmatched packets and of set-up too"},
    {OUTPUT, .name = "every", .kind = OPT_DURATION, COMMON(every_ns),
	.arg = "T", .min = MILLISECOND, .max = PARSE_DURATION_MAX,
	.help = "print interim summaries"},
    {OUTPUT, .name = "color", .kind = OPT_ENUM, COMMON(color), .arg = "WHEN",
	.words = color_words, .deflt = "auto", .help = "colour on a terminal"},
    {OUTPUT, .name = "label", .kind = OPT_LABEL,
	.flags = OPT_F_REPEAT | OPT_F_NOPARAM, COMMON(labels), .arg = "K=V",
	.help = "constant label in each record; up to 32"},
    {OUTPUT, .name = "run-id", .kind = OPT_RUN_ID, .flags = OPT_F_NOPARAM,
	COMMON(run_id), .arg = "ID",
	.help = "16 hex digits for each record; else at random"},

    {GOALS, .name = "max-loss", .kind = OPT_PERCENT, COMMON(max_loss),
	.arg = "PCT", .help = "a target that answers less than that fails"},
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
trace_opts_init(struct trace_opts *opts)
{
	*opts = (struct trace_opts){.cycles = 1,
	    .first = 1,
	    .max = MAX_DEFAULT,
	    .gap = GAP_DEFAULT,
	    .port = NOT_GIVEN,
	    .mda = NOT_GIVEN,
	    .size = NOT_GIVEN,
	    .pmtu = TRACE_PMTU_SYSTEM};
	run_opts_init(&opts->run);
}

/* OPTION and OTHER exclude each other; WHY is a hint, or NULL. */
static int
exclude(struct opt_error *err, const char *option, const char *other,
    const char *why)
{
	(void)opt_error_set(err, option, "cannot be used with %s", other);
	if (why != NULL)
		opt_error_hint(err, "%s", why);
	return -EINVAL;
}

static int
check_method(struct trace_opts *opts, struct opt_error *err)
{
	const char *const other = opts->icmp ? "--icmp" : "--udp";

	if (opts->tcp && (opts->icmp || opts->udp))
		return exclude(err, "--tcp", other, NULL);
	if (opts->icmp && opts->udp)
		return exclude(err, "--icmp", "--udp", NULL);
	opts->method_given = opts->tcp || opts->icmp || opts->udp;
	opts->udp = !opts->tcp && !opts->icmp;
	if (opts->icmp && opts->port != NOT_GIVEN)
		return exclude(
		    err, "--port", "--icmp", "ICMP has no ports: use -U or -T");
	if (!opts->icmp && opts->port == NOT_GIVEN)
		opts->port = opts->tcp ? TCP_PORT : UDP_PORT;
	return 0;
}

static int
check_ttls(const struct trace_opts *opts, struct opt_error *err)
{
	if (opts->first <= opts->max)
		return 0;
	(void)opt_error_set(err, "--first",
	    "%" PRId64 " is beyond the last TTL, %" PRId64, opts->first,
	    opts->max);
	opt_error_hint(err,
	    "--first is from 1 to what --max says, which is from 1 to 255 "
	    "(" STRING(MAX_DEFAULT) " where it is not given)");
	return -EINVAL;
}

static int
check_paths(struct trace_opts *opts, struct opt_error *err)
{
	const bool mda = opts->mda != NOT_GIVEN;

	if (mda && opts->classic)
		return exclude(err, "--classic", "--mda",
		    "paths are found by flows that keep to theirs");
	if (mda && opts->run.count != NOT_GIVEN)
		return exclude(err, "--count", "--mda",
		    "--mda finds out how many flows it takes");
	if (opts->classic && opts->dot != NULL)
		return exclude(err, "--dot", "--classic",
		    "there are no links where no flow keeps to a path");
	if (!mda && opts->run.count == NOT_GIVEN)
		opts->run.count = FLOWS_DEFAULT;
	return 0;
}

static int
check_size(struct trace_opts *opts, struct opt_error *err)
{
	if (opts->tcp && opts->size != NOT_GIVEN)
		return exclude(
		    err, "--size", "--tcp", "a SYN carries no payload");
	if (opts->mtu && opts->size != NOT_GIVEN)
		return exclude(
		    err, "--size", "--mtu", "--mtu tries the sizes out");
	if (!opts->tcp && opts->size == NOT_GIVEN)
		opts->size = SIZE_DEFAULT;
	return 0;
}

static int
check_mtu(const struct trace_opts *opts, struct opt_error *err)
{
	if (!opts->mtu)
		return 0;
	if (opts->tcp)
		return exclude(
		    err, "--mtu", "--tcp", "a SYN has one size: use -U or -I");
	if (opts->pmtu != TRACE_PMTU_SYSTEM && opts->pmtu != TRACE_PMTU_PROBE)
		return exclude(err, "--dont-fragment", "--mtu",
		    "--mtu is --dont-fragment probe");
	return 0;
}

/* Here -i is no source address, which it may be elsewhere. */
static int
check_device(const struct trace_opts *opts, struct opt_error *err)
{
	const char *arg = opts->run.interface_arg;
	struct parse_addr addr;
	char shown[80];

	if (arg == NULL || parse_addr(arg, strlen(arg), &addr) != 0)
		return 0;
	(void)opt_error_set(err, "--interface",
	    "\"%s\" is an address, not an interface name",
	    opt_show(arg, shown, sizeof(shown)));
	opt_error_hint(err, "-s sends from an address");
	return -EINVAL;
}

static int
check_output(struct trace_opts *opts, struct opt_error *err)
{
	opts->asn = opts->asn || opts->asn_db != NULL;
	if (opts->dot == NULL || strcmp(opts->dot, "-") != 0)
		return 0;
	(void)opt_error_set(
	    err, "--dot", "standard output is taken by the report");
	opt_error_hint(err, "name a file, or a pipe: --dot >(dot -Tsvg)");
	return -EINVAL;
}

int
trace_opts_parse(
    struct trace_opts *opts, int argc, char **argv, struct opt_error *err)
{
	struct run_opts *run = &opts->run;
	size_t words = 0;
	int r;

	r = opt_parse(trace_opts_table, opts, argc, argv, &words, err);
	if (r < 0)
		return r;
	run_opts_words(run, argc, argv, words);
	if (run->help || run->version)
		return 0;
	if ((r = check_device(opts, err)) < 0 ||
	    (r = run_opts_check(run, err)) < 0 ||
	    (r = check_method(opts, err)) < 0 ||
	    (r = check_ttls(opts, err)) < 0 ||
	    (r = check_paths(opts, err)) < 0 ||
	    (r = check_mtu(opts, err)) < 0 || (r = check_size(opts, err)) < 0 ||
	    (r = check_output(opts, err)) < 0)
		return r;
	if (words == 0) {
		(void)opt_error_set(err, "", "no target given");
		opt_error_hint(err, "for example: netdiag trace 192.0.2.1");
		return -EINVAL;
	}
	return 0;
}
