/* SPDX-License-Identifier: MIT */
/*
 * test_trace_opts.c: the options of `netdiag trace`, one by one and against
 * each other, and bad arguments, each refused by name.
 */
#include "target.h"
#include "trace_opts.h"

#include "diag/trace.h"

#include <netdiag.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define WORDS_MAX 32

struct run {
	struct trace_opts opts;
	struct opt_error err;
	char text[WORDS_MAX][512];
	char *argv[WORDS_MAX + 1];
	int result;
};

/* Parses "trace" and the words up to NULL. */
static void
run(struct run *run, const char *const *words)
{
	int argc = 1;

	memset(run, 0, sizeof(*run));
	run->argv[0] = run->text[0];
	for (; words[argc - 1] != NULL; argc++) {
		cr_assert_lt(argc, WORDS_MAX);
		cr_assert_lt(strlen(words[argc - 1]), sizeof(run->text[0]));
		(void)snprintf(run->text[argc], sizeof(run->text[0]), "%s",
		    words[argc - 1]);
		run->argv[argc] = run->text[argc];
	}
	trace_opts_init(&run->opts);
	run->result = trace_opts_parse(&run->opts, argc, run->argv, &run->err);
}

#define RUN(r, ...) run((r), (const char *const[]){__VA_ARGS__, NULL})

Test(trace_opts, defaults)
{
	struct run r;

	RUN(&r, "192.0.2.1");
	cr_assert_eq(r.result, 0);
	cr_expect_eq(r.opts.run.count, 3);
	cr_expect_eq(r.opts.cycles, 1);
	cr_expect(r.opts.first == 1 && r.opts.max == 30 && r.opts.gap == 5);
	cr_expect(
	    r.opts.udp && !r.opts.icmp && !r.opts.tcp && !r.opts.method_given);
	cr_expect_eq(r.opts.port, 33434);
	cr_expect_eq(r.opts.size, 32);
	cr_expect(r.opts.mda < 0 && !r.opts.classic && !r.opts.mtu);
	cr_expect_eq(r.opts.pmtu, TRACE_PMTU_SYSTEM);
	cr_expect(!r.opts.asn && r.opts.asn_db == NULL && r.opts.dot == NULL);
	cr_expect_eq(r.opts.run.interval_ns, 1000000000);
	cr_expect_eq(r.opts.run.timeout_ns, -1);
	cr_expect_eq(r.opts.run.deadline_ns, -1);
	cr_expect_eq(r.opts.run.rate, 10000);
	cr_expect_eq(r.opts.run.tos, -1);
	cr_expect_eq(r.opts.run.mark, -1);
	cr_expect_eq(r.opts.run.source.af, AF_UNSPEC);
	cr_expect_eq(r.opts.run.resolve_timeout_ns, 5000000000);
	cr_expect_eq(r.opts.run.resolve_wait_ns, 1000000000);
	cr_expect_eq(r.opts.run.format, RUN_FORMAT_TEXT);
	cr_expect_eq(r.opts.run.n_targets, 1);
	cr_expect_str_eq(r.opts.run.targets[0], "192.0.2.1");
	cr_expect_eq(run_opts_limit_user(&r.opts.run, &r.err), 0);
}

/* What the help says is the default is the default. */
Test(trace_opts, default_texts_are_true)
{
	for (const struct opt *o = trace_opts_table; o->name != NULL; o++) {
		struct opt_value bare, given;
		struct run a, b;
		char word[80];
		size_t i, j;

		if (o->deflt == NULL)
			continue;
		(void)snprintf(
		    word, sizeof(word), "--%s=%s", o->name, o->deflt);
		RUN(&a, "x");
		RUN(&b, word, "x");
		cr_assert_eq(b.result, 0, "%s", word);
		i = j = (size_t)(o - trace_opts_table);
		cr_assert(opt_param(trace_opts_table, &a.opts, &i, &bare));
		cr_assert(opt_param(trace_opts_table, &b.opts, &j, &given));
		cr_expect_eq(bare.type, given.type, "%s", word);
		cr_expect_eq(bare.number, given.number, "%s", word);
		if (bare.type == OPT_VALUE_STRING)
			cr_expect_str_eq(bare.string, given.string);
	}
}

/* The letters of traceroute(8), some of which ping(8) has for other things. */
Test(trace_opts, every_letter)
{
	struct run r;

	RUN(&r, "-4nvjAT", "-c3", "-q5", "-w", "2", "-tef", "-f2", "-m9", "-g0",
	    "-Fprobe", "-p", "443", "-ieth0", "-s192.0.2.9", "host");
	cr_assert_eq(r.result, 0, "%s: %s", r.err.option, r.err.message);
	cr_expect(r.opts.run.ipv4 && r.opts.run.numeric && r.opts.run.verbose &&
		  r.opts.asn && r.opts.tcp && r.opts.method_given &&
		  !r.opts.udp);
	cr_expect_eq(r.opts.run.format, RUN_FORMAT_JSON);
	cr_expect(r.opts.cycles == 3 && r.opts.run.count == 5);
	cr_expect_eq(r.opts.run.timeout_ns, 2000000000, "-w is no deadline");
	cr_expect_eq(r.opts.run.deadline_ns, -1);
	cr_expect_eq(r.opts.run.tos, 184, "-t is no TTL");
	cr_expect(r.opts.first == 2 && r.opts.max == 9 && r.opts.gap == 0);
	cr_expect_eq(r.opts.pmtu, TRACE_PMTU_PROBE);
	cr_expect_eq(r.opts.port, 443);
	cr_expect_eq(r.opts.size, -1, "a SYN has no payload");
	cr_expect_str_eq(r.opts.run.device, "eth0");
	cr_expect_eq(r.opts.run.source.bytes[3], 9);
	RUN(&r, "-6I", "x");
	cr_expect(r.opts.icmp && !r.opts.udp && r.opts.port == -1);
	cr_expect_eq(run_opts_target_flags(&r.opts.run), TARGET_IPV6);
	RUN(&r, "-U", "x");
	cr_expect(r.opts.udp && r.opts.method_given);
	RUN(&r, "-T", "x");
	cr_expect_eq(r.opts.port, 80);
	RUN(&r, "-h");
	cr_expect(r.result == 0 && r.opts.run.help);
	RUN(&r, "-4", "-6", "-f9", "-m3", "-V");
	cr_expect_eq(r.result, 0, "-V ends it, whatever else there is");
	cr_expect(r.opts.run.version);
}

Test(trace_opts, every_long_name)
{
	struct run r;

	RUN(&r, "--all", "--include-all", "--flows=7", "--cycles=2",
	    "--interval=2ms", "--timeout=1s", "--deadline=1m", "--rate=50",
	    "--size=100", "--mark=7", "--classic", "--unprivileged",
	    "--asn-db=f.txt", "--resolve-timeout=1s", "--resolve-wait=0",
	    "--format=json", "--color=never", "--label=a=b", "--quiet",
	    "--run-id=0123456789abcdef", "--max-loss=5%", "--max-rtt=20ms",
	    "--every=10s", "x");
	cr_assert_eq(r.result, 0, "%s: %s", r.err.option, r.err.message);
	cr_expect(r.opts.run.all && r.opts.run.include_all &&
		  r.opts.run.unprivileged && r.opts.classic &&
		  r.opts.run.quiet);
	cr_expect_eq(r.opts.run.count, 7, "--flows is --count");
	cr_expect(r.opts.cycles == 2 && r.opts.run.rate == 50 &&
		  r.opts.run.rate_given && r.opts.size == 100 &&
		  r.opts.run.mark == 7);
	cr_expect(r.opts.asn, "a file of them asks for them");
	cr_expect_str_eq(r.opts.asn_db, "f.txt");
	cr_expect(r.opts.run.resolve_timeout_ns == 1000000000 &&
		  r.opts.run.resolve_wait_ns == 0 &&
		  r.opts.run.every_ns == 10000000000 &&
		  r.opts.run.deadline_ns == 60000000000);
	cr_expect(r.opts.run.labels.count == 1 &&
		  r.opts.run.max_loss == 5000000 &&
		  r.opts.run.max_rtt_ns == 20000000);
	RUN(&r, "--mtu", "--dont-fragment=probe", "--udp", "--dot=g.dot", "x");
	cr_assert_eq(r.result, 0, "%s: %s", r.err.option, r.err.message);
	cr_expect(r.opts.mtu && r.opts.pmtu == TRACE_PMTU_PROBE);
	cr_expect_str_eq(r.opts.dot, "g.dot");
}

/* The confidence stands behind "=" or nowhere. */
Test(trace_opts, confidence_is_optional)
{
	struct run r;

	RUN(&r, "--mda", "x");
	cr_assert_eq(r.result, 0, "%s: %s", r.err.option, r.err.message);
	cr_expect_eq(trace_mda_pct[r.opts.mda], 95);
	cr_expect_eq(r.opts.run.n_targets, 1, "x is the target");
	RUN(&r, "--mda=95", "x");
	cr_expect_eq(trace_mda_pct[r.opts.mda], 95);
	RUN(&r, "--mda=99", "x");
	cr_expect_eq(trace_mda_pct[r.opts.mda], 99);
	cr_expect_eq(r.opts.run.count, -1, "it finds its flows");
	RUN(&r, "--mda=50", "x");
	cr_expect_eq(r.result, -EINVAL);
	cr_expect_str_eq(r.err.option, "--mda");
	cr_expect_not_null(strstr(r.err.message, "one of 95, 99"));
	RUN(&r, "--mda=", "x");
	cr_expect_eq(r.result, -EINVAL);
}

Test(trace_opts, extremes_are_taken)
{
	struct run r;

	RUN(&r, "-c9223372036854775807", "-q240", "-f255", "-m255", "-g255",
	    "-p65535", "--size=65507", "--mark=0xffffffff", "--rate=1000000000",
	    "x");
	cr_assert_eq(r.result, 0, "%s: %s", r.err.option, r.err.message);
	cr_expect_eq(r.opts.run.count, ND_FLOWS_MAX);
	cr_expect_eq(r.opts.first, ND_TRACE_TTL_MAX);
	RUN(&r, "-c1", "-q1", "-f1", "-m1", "-g0", "-p1", "--size=10",
	    "--rate=0", "x");
	cr_assert_eq(r.result, 0, "%s: %s", r.err.option, r.err.message);
}

/* Less payload than that, the library has no room in. */
Test(trace_opts, least_size_is_what_the_tags_need)
{
	const struct opt *size = opt_find(trace_opts_table, "size");

	cr_assert_not_null(size);
	cr_expect_eq(size->min, nd_trace_least_payload(ND_TRACE_UDP));
	cr_expect_eq(size->min, nd_trace_least_payload(ND_TRACE_ICMP));
}

/* Up to three words, the subject, parts of the cause and the hint. */
Test(trace_opts, what_excludes_what)
{
	static const char *const cases[][6] = {
	    {"-4", "-6", "x", "--ipv6", "--ipv4", ""},
	    {"-4", "-s::1", "x", "--source", "--ipv4", ""},
	    {"-i192.0.2.1", "-n", "x", "--interface", "an address", "-s"},
	    {"-i::1", "-n", "x", "--interface", "an address", "-s"},
	    {"-i", "a/b", "x", "--interface", "neither", ""},
	    {"-s", "eth0", "x", "--source", "not an address", ""},
	    {"-I", "-T", "x", "--tcp", "--icmp", ""},
	    {"-T", "-U", "x", "--tcp", "--udp", ""},
	    {"-U", "-I", "x", "--icmp", "--udp", ""},
	    {"-I", "-p80", "x", "--port", "--icmp", "no ports"},
	    {"-T", "--size=100", "x", "--size", "--tcp", "payload"},
	    {"-f9", "-m3", "x", "--first", "beyond the last TTL, 3",
		"from 1 to"},
	    {"-f31", "-n", "x", "--first", "beyond the last TTL, 30", "--max"},
	    {"--classic", "--mda", "x", "--classic", "--mda", ""},
	    {"-q3", "--mda=99", "x", "--count", "--mda", ""},
	    {"--classic", "--dot=f", "x", "--dot", "--classic", ""},
	    {"--mtu", "-T", "x", "--mtu", "--tcp", "-U or -I"},
	    {"--mtu", "--size=100", "x", "--size", "--mtu", ""},
	    {"--mtu", "-Fdo", "x", "--dont-fragment", "--mtu", "probe"},
	    {"--dot", "-", "x", "--dot", "standard output", "file"},
	    {"-p", "443", "-4", "", "no target", "netdiag trace"}};
	struct run r;

	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *const *c = cases[i];

		RUN(&r, c[0], c[1], c[2]);
		cr_expect_eq(r.result, -EINVAL, "%s %s", c[0], c[1]);
		cr_expect_str_eq(r.err.option, c[3]);
		cr_expect_not_null(strstr(r.err.message, c[4]), "%s %s: %s",
		    c[0], c[1], r.err.message);
		cr_expect_not_null(strstr(r.err.hint, c[5]), "%s %s: %s", c[0],
		    c[1], r.err.hint);
	}
	RUN(&r, "--mda", "-T", "--dot=f", "-A", "-m9", "-f9", "x");
	cr_expect_eq(r.result, 0, "%s: %s", r.err.option, r.err.message);
}

Test(trace_opts, limits_of_users)
{
	static const char *const cases[][2] = {
	    {"--interval=1.999999ms", "--interval"}, {"--rate=0", "--rate"},
	    {"--rate=10001", "--rate"}};
	struct run r;

	for (size_t i = 0; i < COUNT(cases); i++) {
		RUN(&r, cases[i][0], "x");
		cr_assert_eq(r.result, 0, "root may");
		cr_expect_eq(run_opts_limit_user(&r.opts.run, &r.err), -EINVAL,
		    "%s", cases[i][0]);
		cr_expect_str_eq(r.err.option, cases[i][1]);
	}
}

/* The value of the parameter KEY, as text. */
static const char *
param(const struct run *r, const char *key, char *buf, size_t size)
{
	struct opt_value v;

	(void)snprintf(buf, size, "no %s", key);
	for (size_t i = 0; opt_param(trace_opts_table, &r->opts, &i, &v);) {
		if (strcmp(v.key, key) != 0)
			continue;
		if (v.type == OPT_VALUE_NULL)
			(void)snprintf(buf, size, "null");
		else if (v.type == OPT_VALUE_STRING)
			(void)snprintf(buf, size, "\"%s\"", v.string);
		else if (v.type == OPT_VALUE_BOOL)
			(void)snprintf(
			    buf, size, "%s", v.boolean ? "true" : "false");
		else
			(void)snprintf(buf, size, "%lld", (long long)v.number);
	}
	return buf;
}

Test(trace_opts, params_of_the_records)
{
	static const char *const bare[][2] = {{"port", "33434"}, {"count", "3"},
	    {"flows", "no flows"}, {"cycles", "1"}, {"first", "1"},
	    {"max", "30"}, {"gap", "5"}, {"mda", "null"}, {"udp", "true"},
	    {"icmp", "false"}, {"tcp", "false"}, {"interval_ms", "1000000000"},
	    {"timeout_ms", "null"}, {"rate", "10000"}, {"size", "32"},
	    {"classic", "false"}, {"asn", "false"}, {"asn_db", "null"},
	    {"dot", "null"}, {"dont_fragment", "null"}, {"format", "\"text\""},
	    {"timestamps", "no timestamps"}, {"json", "no json"},
	    {"label", "no label"}};
	static const char *const given[][2] = {{"port", "80"},
	    {"mda", "\"99\""}, {"count", "null"}, {"udp", "false"},
	    {"tcp", "true"}, {"size", "null"}, {"asn", "true"},
	    {"dont_fragment", "\"dont\""}, {"format", "\"json\""}};
	struct run r;
	char buf[64];

	RUN(&r, "x");
	for (size_t i = 0; i < COUNT(bare); i++)
		cr_expect_str_eq(param(&r, bare[i][0], buf, sizeof(buf)),
		    bare[i][1], "%s: %s", bare[i][0], buf);
	RUN(&r, "-T", "--mda=99", "--asn-db=f", "-Fdont", "-j", "x");
	for (size_t i = 0; i < COUNT(given); i++)
		cr_expect_str_eq(param(&r, given[i][0], buf, sizeof(buf)),
		    given[i][1], "%s: %s", given[i][0], buf);
}

Test(trace_opts, table_is_sound)
{
	for (const struct opt *o = trace_opts_table; o->name != NULL; o++) {
		cr_expect_not_null(o->group, "%s", o->name);
		cr_expect_not_null(o->help, "%s", o->name);
		cr_expect_eq(opt_takes_arg(o), o->arg != NULL, "%s", o->name);
		cr_expect_eq(
		    o->kind == OPT_ENUM, o->words != NULL, "%s", o->name);
		cr_expect_eq(opt_find(trace_opts_table, o->name), o,
		    "%s is there once", o->name);
		for (const struct opt *p = trace_opts_table; p < o; p++)
			cr_expect(o->letter == 0 || o->letter != p->letter,
			    "-%c is there once", o->letter);
	}
}

/* ---- Bad arguments ------------------------------------------------------ */

static size_t refused;

/* The words must be refused, by the name of the option. */
static void
must_fail(const char *subject, const char *a, const char *b)
{
	struct run r;

	if (b != NULL)
		RUN(&r, "192.0.2.1", a, b);
	else
		RUN(&r, "192.0.2.1", a);
	cr_expect_eq(
	    r.result, -EINVAL, "\"%s\" \"%s\" is taken", a, b != NULL ? b : "");
	cr_expect_str_eq(r.err.option, subject);
	cr_expect_gt(strlen(r.err.message), 0);
	refused++;
}

/* In each way in which an argument can be given. */
static void
must_fail_with(const struct opt *opt, const char *value)
{
	char subject[80], word[400], letter[3] = {'-', 0, 0};

	(void)snprintf(subject, sizeof(subject), "--%s", opt->name);
	must_fail(subject, subject, value);
	(void)snprintf(word, sizeof(word), "--%s=%s", opt->name, value);
	must_fail(subject, word, NULL);
	if (opt->letter == 0)
		return;
	letter[1] = (char)opt->letter;
	must_fail(subject, letter, value);
	(void)snprintf(word, sizeof(word), "-%c%s", opt->letter, value);
	if (*value != '\0')
		must_fail(subject, word, NULL);
}

/*
 * Wrong for every option that wants a number of any kind; more of them stand in
 * test_ping_opts.c.
 */
static const char *const never[] = {"", " ", "nan", "inf", "-0", "-1", "+1",
    "1e3", "0x", "0xg", " 5", "5 ", "5\n", "5k", "\xd9\xa3", "1,5", "1..2",
    "1.", ".", "1-2", "five", "\xff", "18446744073709551616"};

Test(trace_opts, bad_numbers_are_refused_by_name)
{
	refused = 0;
	for (const struct opt *o = trace_opts_table; o->name != NULL; o++) {
		if (o->kind != OPT_INT && o->kind != OPT_DURATION &&
		    o->kind != OPT_PERCENT && o->kind != OPT_TOS)
			continue;
		for (size_t i = 0; i < COUNT(never); i++)
			must_fail_with(o, never[i]);
		if (o->kind == OPT_INT)
			must_fail_with(o, "1.5");
		if (o->kind == OPT_DURATION)
			must_fail_with(o, "8761h");
	}
	cr_expect_gt(refused, 700, "only %zu", refused);
}

Test(trace_opts, bad_words_are_refused_by_name)
{
	static const char *const cases[][2] = {{"first", "0"}, {"first", "256"},
	    {"max", "0"}, {"max", "256"}, {"gap", "256"}, {"count", "0"},
	    {"count", "241"}, {"flows", "0"}, {"flows", "241"}, {"cycles", "0"},
	    {"port", "0"}, {"port", "65536"}, {"port", "80,443"},
	    {"port", "http"}, {"size", "9"}, {"size", "65508"},
	    {"interval", "0"}, {"timeout", "0"}, {"every", "0"},
	    {"max-loss", "101"}, {"rate", "1000000001"}, {"format", "xml"},
	    {"color", "yes"}, {"tos", "cs8"}, {"tos", "0x100"},
	    {"mark", "0x100000000"}, {"dont-fragment", "maybe"},
	    {"dont-fragment", "DO"}, {"label", "=a"}, {"run-id", "1"},
	    {"interface", "a/b"}, {"interface", "1.2.3.4"}, {"source", "lo"},
	    {"source", "127.1"}};

	refused = 0;
	for (size_t i = 0; i < COUNT(cases); i++)
		must_fail_with(
		    opt_find(trace_opts_table, cases[i][0]), cases[i][1]);
	for (const struct opt *o = trace_opts_table; o->name != NULL; o++)
		if (opt_takes_arg(o) && (o->flags & OPT_F_OPTIONAL) == 0)
			must_fail_with(o, "");
	cr_expect_gt(refused, 110, "only %zu", refused);
}

Test(trace_opts, missing_and_needless_arguments)
{
	for (const struct opt *o = trace_opts_table; o->name != NULL; o++) {
		char name[80], word[100], letter[3] = {'-', (char)o->letter, 0};

		(void)snprintf(name, sizeof(name), "--%s", o->name);
		(void)snprintf(word, sizeof(word), "--%s=1", o->name);
		if (!opt_takes_arg(o)) {
			must_fail(name, word, NULL);
			continue;
		}
		if ((o->flags & OPT_F_OPTIONAL) != 0)
			continue;
		must_fail(name, name, NULL);
		if (o->letter != 0)
			must_fail(name, letter, NULL);
	}
}
