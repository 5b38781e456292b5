/* SPDX-License-Identifier: MIT */
/*
 * test_ping_opts.c: the options of `netdiag ping`, one by one and against each
 * other, and thousands of bad arguments, each of which must be refused by name.
 */
#include "ping_opts.h"
#include "target.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define WORDS_MAX 16

struct run {
	struct ping_opts opts;
	struct opt_error err;
	char text[WORDS_MAX][512];
	char *argv[WORDS_MAX + 1];
	int result;
};

/* Parses "ping" and the words up to NULL. */
static void
run(struct run *run, const char *const *words)
{
	int argc = 1;

	memset(run, 0, sizeof(*run));
	run->argv[0] = run->text[0];
	for (; words[argc - 1] != NULL; argc++) {
		cr_assert_lt(strlen(words[argc - 1]), sizeof(run->text[0]));
		(void)snprintf(run->text[argc], sizeof(run->text[0]), "%s",
		    words[argc - 1]);
		run->argv[argc] = run->text[argc];
	}
	ping_opts_init(&run->opts);
	run->result = ping_opts_parse(&run->opts, argc, run->argv, &run->err);
}

#define RUN(r, ...) run((r), (const char *const[]){__VA_ARGS__, NULL})

Test(ping_opts, defaults)
{
	struct run r;

	RUN(&r, "192.0.2.1");
	cr_assert_eq(r.result, 0);
	cr_expect_eq(r.opts.run.count, -1);
	cr_expect_eq(r.opts.run.interval_ns, 1000000000);
	cr_expect_eq(r.opts.run.timeout_ns, -1);
	cr_expect_eq(r.opts.run.rate, 10000);
	cr_expect_eq(r.opts.size, 56);
	cr_expect_eq(r.opts.run.ttl, -1);
	cr_expect_eq(r.opts.pmtu, PING_PMTU_SYSTEM);
	cr_expect_eq(r.opts.run.source.af, AF_UNSPEC);
	cr_expect_eq(r.opts.run.resolve_timeout_ns, 5000000000);
	cr_expect_eq(r.opts.run.resolve_wait_ns, 1000000000);
	cr_expect_eq(r.opts.run.n_targets, 1);
	cr_expect_str_eq(r.opts.run.targets[0], "192.0.2.1");
	cr_expect_eq(run_opts_family(&r.opts.run), AF_UNSPEC);
	cr_expect_eq(run_opts_target_flags(&r.opts.run), 0);
	cr_expect_eq(ping_opts_limit_user(&r.opts, &r.err), 0);
}

/* What the help says is the default is the default. */
Test(ping_opts, default_texts_are_true)
{
	for (const struct opt *o = ping_opts_table; o->name != NULL; o++) {
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
		i = j = (size_t)(o - ping_opts_table);
		cr_assert(opt_param(ping_opts_table, &a.opts, &i, &bare));
		cr_assert(opt_param(ping_opts_table, &b.opts, &j, &given));
		cr_expect_eq(bare.type, given.type, "%s", word);
		cr_expect_eq(bare.number, given.number, "%s", word);
		if (bare.type == OPT_VALUE_STRING)
			cr_expect_str_eq(bare.string, given.string);
	}
}

Test(ping_opts, the_habits_of_ping_8)
{
	struct run r;

	RUN(&r, "-4nqDAOobav", "-c3", "-i.2", "-W", "2", "-w10", "-s", "1400",
	    "-t64", "-Qef", "-Mdo", "-l3", "-pff", "-e", "7", "host");
	cr_assert_eq(r.result, 0, "%s: %s", r.err.option, r.err.message);
	cr_expect(r.opts.run.ipv4 && r.opts.run.numeric && r.opts.run.quiet &&
		  r.opts.run.timestamps && r.opts.adaptive &&
		  r.opts.outstanding && r.opts.first_reply &&
		  r.opts.run.broadcast && r.opts.audible && r.opts.run.verbose);
	cr_expect(r.opts.run.count == 3 &&
		  r.opts.run.interval_ns == 200000000 &&
		  r.opts.run.timeout_ns == 2000000000 &&
		  r.opts.run.deadline_ns == 10000000000);
	cr_expect(r.opts.size == 1400 && r.opts.run.ttl == 64 &&
		  r.opts.run.tos == 184 && r.opts.pmtu == PING_PMTU_DO &&
		  r.opts.preload == 3 && r.opts.ident == 7);
	cr_expect_eq(run_opts_family(&r.opts.run), AF_INET);
	cr_expect_eq(
	    run_opts_target_flags(&r.opts.run), TARGET_IPV4 | TARGET_BROADCAST);
}

Test(ping_opts, extremes_are_taken)
{
	struct run r;

	RUN(&r, "-c9223372036854775807", "-s65507", "-t255", "-l65536",
	    "-e65535", "-m0xffffffff", "-i1us", "--rate=1000000000",
	    "--interval=8760h", "--resolve-wait=0", "--max-loss=100%", "x");
	cr_assert_eq(r.result, 0, "%s: %s", r.err.option, r.err.message);
	cr_expect_eq(r.opts.run.count, INT64_MAX);
	cr_expect_eq(r.opts.run.mark, UINT32_MAX);
	cr_expect_eq(r.opts.run.interval_ns, PARSE_DURATION_MAX);
	RUN(&r, "-s0", "-t1", "-e0", "-m0", "--max-loss=0", "--rate=0", "x");
	cr_assert_eq(r.result, 0);
	cr_expect(r.opts.size == 0 && r.opts.ident == 0 &&
		  r.opts.run.mark == 0 && r.opts.run.max_loss == 0 &&
		  r.opts.run.rate == 0);
}

Test(ping_opts, interface_is_a_device_or_an_address)
{
	struct run r;

	RUN(&r, "-I", "eth0.7", "x");
	cr_assert_eq(r.result, 0);
	cr_expect_str_eq(r.opts.run.device, "eth0.7");
	cr_expect_eq(r.opts.run.source.af, AF_UNSPEC);
	RUN(&r, "-I", "192.0.2.9", "x");
	cr_assert_eq(r.result, 0);
	cr_expect_null(r.opts.run.device);
	cr_expect_eq(r.opts.run.source.bytes[3], 9);
	cr_expect_eq(run_opts_family(&r.opts.run), AF_INET);
	RUN(&r, "-I", "eth0", "-S", "fe80::1%eth0", "x");
	cr_assert_eq(r.result, 0);
	cr_expect_str_eq(r.opts.run.device, "eth0");
	cr_expect_str_eq(r.opts.run.source.scope, "eth0");
	cr_expect_eq(run_opts_target_flags(&r.opts.run), TARGET_IPV6);
}

Test(ping_opts, json_and_format_are_one)
{
	struct run r;

	RUN(&r, "-j", "x");
	cr_expect_eq(r.opts.run.format, RUN_FORMAT_JSON);
	RUN(&r, "--format", "json", "x");
	cr_expect_eq(r.opts.run.format, RUN_FORMAT_JSON);
	RUN(&r, "-j", "--format=text", "x");
	cr_expect_eq(r.opts.run.format, RUN_FORMAT_TEXT, "the last one counts");
}

Test(ping_opts, help_and_version_come_first)
{
	struct run r;

	RUN(&r, "-h");
	cr_expect(r.result == 0 && r.opts.run.help);
	RUN(&r, "-4", "-6", "--version");
	cr_expect(r.result == 0 && r.opts.run.version);
}

/* Up to four words, the subject, a part of the cause. */
Test(ping_opts, what_excludes_what)
{
	static const char *const cases[][6] = {
	    {"-4", "-6", "x", "x", "--ipv6", "--ipv4"},
	    {"-4", "-S::1", "x", "x", "--source", "--ipv4"},
	    {"-6", "-I1.2.3.4", "x", "x", "--interface", "--ipv6"},
	    {"-I1.2.3.4", "-S1.2.3.4", "x", "x", "--source", "--interface"},
	    {"--alive", "--down", "x", "x", "--down", "--alive"},
	    {"--alive", "-j", "x", "x", "--alive", "json"},
	    {"--down", "--format=json", "x", "x", "--down", "json"},
	    {"-I", "a/b", "x", "x", "--interface", "neither"},
	    {"-S", "eth0", "x", "x", "--source", "not an address"},
	    {"-S", "127.1", "x", "x", "--source", "not an address"},
	    {"-c", "1", "-4", "-n", "", "no target"}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *const *c = cases[i];
		struct run r;

		RUN(&r, c[0], c[1], c[2], c[3]);
		cr_expect_eq(r.result, -EINVAL, "%s %s", c[0], c[1]);
		cr_expect_str_eq(r.err.option, c[4]);
		cr_expect_not_null(strstr(r.err.message, c[5]), "%s %s: %s",
		    c[0], c[1], r.err.message);
	}
}

Test(ping_opts, limits_of_users)
{
	static const char *const cases[][2] = {{"-f", "--flood"},
	    {"-i1.999999ms", "--interval"}, {"-i1us", "--interval"},
	    {"--rate=0", "--rate"}, {"--rate=10001", "--rate"},
	    {"-l4", "--preload"}};
	static const char *const good[] = {
	    "-i2ms", "--rate=10000", "--rate=1", "-l3", "-A"};
	struct run r;

	for (size_t i = 0; i < COUNT(cases); i++) {
		RUN(&r, cases[i][0], "x");
		cr_assert_eq(r.result, 0, "root may");
		cr_expect_eq(ping_opts_limit_user(&r.opts, &r.err), -EINVAL,
		    "%s", cases[i][0]);
		cr_expect_str_eq(r.err.option, cases[i][1]);
		cr_expect_not_null(strstr(r.err.message, "root"));
	}
	for (size_t i = 0; i < COUNT(good); i++) {
		RUN(&r, good[i], "x");
		cr_expect_eq(
		    ping_opts_limit_user(&r.opts, &r.err), 0, "%s", good[i]);
	}
}

Test(ping_opts, table_is_sound)
{
	for (const struct opt *o = ping_opts_table; o->name != NULL; o++) {
		cr_expect_not_null(o->group, "%s", o->name);
		cr_expect_not_null(o->help, "%s", o->name);
		cr_expect_eq(opt_takes_arg(o), o->arg != NULL, "%s", o->name);
		cr_expect_eq(
		    o->kind == OPT_ENUM, o->words != NULL, "%s", o->name);
		cr_expect_eq(opt_find(ping_opts_table, o->name), o,
		    "%s is there once", o->name);
		for (const struct opt *p = ping_opts_table; p < o; p++)
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

/* Wrong for every option that wants a number of any kind. */
static const char *const never[] = {"", " ", "nan", "NAN", "inf", "-inf",
    "infinity", "-0", "-1", "+1", "+0", "1e", "1e3", "1e308", "1e-308", "1E5",
    "0x", "0xg", "-0x1", " 5", "5 ", "\t5", "5\n", "5k", "5K", "5M", "5G",
    "\xd9\xa3", "\xef\xbc\x91", "\xc2\xb2", "1,5", "1..2", "1.2.3", ".", "1.",
    "..", "1_000", "1 000", "1'000", "0b1", "0o7", "1d", "5S", "5MS", "5sec",
    "five", "\xff", "1-2", "1/2", "(1)", "1;", "$1", "%", "1%%", "NULL",
    "18446744073709551616", "99999999999999999999999999",
    "340282366920938463463374607431768211456"};

/* Whole numbers, right for some of the options. */
static const char *const whole[] = {"0", "2147483648", "4294967296",
    "9223372036854775808", "18446744073709551615", "256", "65536", "65537",
    "65508", "1000000001", "31536001", "101"};

static bool
is_whole_bad(const struct opt *opt, const char *text)
{
	uint64_t n = strtoull(text, NULL, 10);
	uint64_t unit = opt->kind == OPT_DURATION ? 1000000000 : 1;

	if (opt->kind == OPT_PERCENT)
		return n > 100;
	if (opt->kind == OPT_TOS)
		return n > 255;
	return n < (uint64_t)opt->min / unit +
		       (opt->min % (int64_t)unit != 0) ||
	       n > (uint64_t)opt->max / unit;
}

Test(ping_opts, thousands_of_bad_numbers_are_refused_by_name)
{
	static const char *const only_int[] = {
	    "1.5", "1s", "1ms", "0.0", ".5", "1h", "50%"};
	static const char *const only_duration[] = {"0x10", "1ns", "0.0001us",
	    "1.0000000001", "8761h", "525601m", "1m30s", "1:30", "50%"};
	static const char *const only_percent[] = {
	    "0x10", "100.000001", "0.0000001", "100.1%", "5ms", "0.5 %"};

	refused = 0;
	for (const struct opt *o = ping_opts_table; o->name != NULL; o++) {
		if (o->kind != OPT_INT && o->kind != OPT_DURATION &&
		    o->kind != OPT_PERCENT && o->kind != OPT_TOS)
			continue;
		for (size_t i = 0; i < COUNT(never); i++)
			must_fail_with(o, never[i]);
		for (size_t i = 0; i < COUNT(whole); i++)
			if (is_whole_bad(o, whole[i]))
				must_fail_with(o, whole[i]);
		if (o->kind == OPT_INT || o->kind == OPT_TOS)
			for (size_t i = 0; i < COUNT(only_int); i++)
				must_fail_with(o, only_int[i]);
		if (o->kind == OPT_INT && (o->flags & OPT_F_HEX) == 0)
			must_fail_with(o, "0x10");
		if (o->kind == OPT_DURATION)
			for (size_t i = 0; i < COUNT(only_duration); i++)
				must_fail_with(o, only_duration[i]);
		if (o->kind == OPT_PERCENT)
			for (size_t i = 0; i < COUNT(only_percent); i++)
				must_fail_with(o, only_percent[i]);
	}
	cr_expect_gt(refused, 3000, "only %zu", refused);
}

Test(ping_opts, bad_words_are_refused_by_name)
{
	static const char *const cases[][2] = {{"dont-fragment", "yes"},
	    {"dont-fragment", "DO"}, {"dont-fragment", ""},
	    {"dont-fragment", "do "}, {"dont-fragment", "0"}, {"format", "xml"},
	    {"format", "JSON"}, {"format", ""}, {"format", "js"},
	    {"color", "yes"}, {"color", "alway"}, {"color", ""}, {"tos", "cs8"},
	    {"tos", "af14"}, {"tos", "0x100"}, {"tos", "ef "},
	    {"pattern", "xyz"}, {"pattern", "0xff"}, {"pattern", "ff ff"},
	    {"pattern", "-ff"},
	    {"pattern", "00112233445566778899aabbccddeeff0"},
	    {"mark", "0x100000000"}, {"mark", "0x"}, {"label", "a"},
	    {"label", "=a"}, {"label", "1=a"}, {"label", "a b=c"},
	    {"label", "a=\x01"}, {"label", "a=\xff"}, {"run-id", "1"},
	    {"run-id", "0123456789ABCDEF"}, {"run-id", "0123456789abcdefg"},
	    {"run-id", "0x23456789abcdef"}, {"interface", "a/b"},
	    {"interface", "a b"}, {"interface", "sixteen-bytes-xx"},
	    {"interface", ".."}, {"interface", "1.2.3.4%lo%"}, {"source", "lo"},
	    {"source", "127.1"}, {"source", "010.0.0.1"}, {"source", "::1%"},
	    {"source", "[::1]"}, {"source", "1.2.3.4/24"}};

	refused = 0;
	for (size_t i = 0; i < COUNT(cases); i++)
		must_fail_with(
		    opt_find(ping_opts_table, cases[i][0]), cases[i][1]);
	for (const struct opt *o = ping_opts_table; o->name != NULL; o++)
		if (opt_takes_arg(o))
			must_fail_with(o, "");
	cr_expect_gt(refused, 150);
}

Test(ping_opts, missing_and_needless_arguments)
{
	for (const struct opt *o = ping_opts_table; o->name != NULL; o++) {
		char name[80], word[100], letter[3] = {'-', (char)o->letter, 0};

		(void)snprintf(name, sizeof(name), "--%s", o->name);
		(void)snprintf(word, sizeof(word), "--%s=1", o->name);
		if (!opt_takes_arg(o)) {
			must_fail(name, word, NULL);
			continue;
		}
		must_fail(name, name, NULL);
		if (o->letter != 0)
			must_fail(name, letter, NULL);
	}
}

/* Every prefix of a long name is it, or is refused as several. */
Test(ping_opts, unknown_and_ambiguous_names)
{
	static const char *const names[] = {"--frob", "--coun-t", "--Count",
	    "--count-", "---count", "--counts=1", "--\xc3\xa9", "--no-all"};

	for (size_t i = 0; i < COUNT(names); i++) {
		char subject[80];

		(void)snprintf(subject, sizeof(subject), "%.*s",
		    (int)strcspn(names[i], "="), names[i]);
		must_fail(subject, names[i], NULL);
	}
	for (int c = '!'; c <= '~'; c++) {
		char word[3] = {'-', (char)c, '\0'};
		bool known = c == '-';

		for (const struct opt *o = ping_opts_table; o->name; o++)
			known = known || o->letter == c;
		if (!known)
			must_fail(word, word, NULL);
	}
	for (const struct opt *o = ping_opts_table; o->name != NULL; o++) {
		for (size_t len = 1; len < strlen(o->name); len++) {
			char word[80];
			int matches = 0;

			(void)snprintf(
			    word, sizeof(word), "--%.*s", (int)len, o->name);
			for (const struct opt *p = ping_opts_table;
			     p->name != NULL; p++) {
				matches += !strncmp(p->name, o->name, len);
				if (strcmp(p->name, word + 2) == 0)
					matches = -100;
			}
			if (matches > 1)
				must_fail(word, word, NULL);
		}
	}
}
