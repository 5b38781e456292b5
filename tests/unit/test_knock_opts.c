/* SPDX-License-Identifier: MIT */
/*
 * test_knock_opts.c: the options of `netdiag knock`, one by one and against
 * each other, and bad arguments, each refused by name.
 */
#include "knock_opts.h"
#include "target.h"

#include <netdiag.h>

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define WORDS_MAX 32

struct run {
	struct knock_opts opts;
	struct opt_error err;
	char text[WORDS_MAX][512];
	char *argv[WORDS_MAX + 1];
	int result;
};

/* Parses "knock" and the words up to NULL. */
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
	knock_opts_init(&run->opts);
	run->result = knock_opts_parse(&run->opts, argc, run->argv, &run->err);
}

#define RUN(r, ...) run((r), (const char *const[]){__VA_ARGS__, NULL})

Test(knock_opts, defaults)
{
	struct run r;

	RUN(&r, "192.0.2.1:443");
	cr_assert_eq(r.result, 0);
	cr_expect_eq(r.opts.run.count, 4);
	cr_expect_eq(r.opts.run.interval_ns, 1000000000);
	cr_expect_eq(r.opts.run.timeout_ns, -1);
	cr_expect_eq(r.opts.run.deadline_ns, -1);
	cr_expect_eq(r.opts.run.rate, 10000);
	cr_expect_eq(r.opts.run.rate_given, false);
	cr_expect_eq(r.opts.run.ttl, -1);
	cr_expect_eq(r.opts.run.tos, -1);
	cr_expect_eq(r.opts.run.mark, -1);
	cr_expect_eq(r.opts.run.source.af, AF_UNSPEC);
	cr_expect_eq(r.opts.run.resolve_timeout_ns, 5000000000);
	cr_expect_eq(r.opts.run.resolve_wait_ns, 1000000000);
	cr_expect_eq(r.opts.run.format, RUN_FORMAT_TEXT);
	cr_expect_eq(r.opts.run.every_ns, -1);
	cr_expect_eq(r.opts.run.max_loss, -1);
	cr_expect_null(r.opts.port_arg);
	cr_expect_eq(portlist_count(&r.opts.ports), 0);
	cr_expect_eq(r.opts.flows, 1);
	cr_expect_eq(r.opts.syn_options, ND_SYN_LINUX);
	cr_expect_eq(r.opts.expect, ND_KNOCK_STATE_OPEN);
	cr_expect(!r.opts.ecn && !r.opts.full && !r.opts.yes);
	cr_expect_eq(r.opts.run.n_targets, 1);
	cr_expect_str_eq(r.opts.run.targets[0], "192.0.2.1:443");
	cr_expect_eq(run_opts_target_flags(&r.opts.run), 0);
	cr_expect_eq(run_opts_limit_user(&r.opts.run, &r.err), 0);
}

/* What the help says is the default is the default. */
Test(knock_opts, default_texts_are_true)
{
	for (const struct opt *o = knock_opts_table; o->name != NULL; o++) {
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
		i = j = (size_t)(o - knock_opts_table);
		cr_assert(opt_param(knock_opts_table, &a.opts, &i, &bare));
		cr_assert(opt_param(knock_opts_table, &b.opts, &j, &given));
		cr_expect_eq(bare.type, given.type, "%s", word);
		cr_expect_eq(bare.number, given.number, "%s", word);
		if (bare.type == OPT_VALUE_STRING)
			cr_expect_str_eq(bare.string, given.string);
	}
}

Test(knock_opts, every_letter)
{
	struct run r;

	RUN(&r, "-4nqvDj", "-c3", "-i.2", "-W", "2", "-w10", "-t64", "-Qef",
	    "-p", "22,80-82", "-Ieth0", "-S192.0.2.9", "-m7", "host");
	cr_assert_eq(r.result, 0, "%s: %s", r.err.option, r.err.message);
	cr_expect(r.opts.run.ipv4 && r.opts.run.numeric && r.opts.run.quiet &&
		  r.opts.run.verbose && r.opts.run.timestamps);
	cr_expect_eq(r.opts.run.format, RUN_FORMAT_JSON);
	cr_expect(r.opts.run.count == 3 &&
		  r.opts.run.interval_ns == 200000000 &&
		  r.opts.run.timeout_ns == 2000000000 &&
		  r.opts.run.deadline_ns == 10000000000);
	cr_expect(r.opts.run.ttl == 64 && r.opts.run.tos == 184 &&
		  r.opts.run.mark == 7);
	cr_expect_str_eq(r.opts.run.device, "eth0");
	cr_expect_eq(r.opts.run.source.bytes[3], 9);
	cr_expect_str_eq(r.opts.port_arg, "22,80-82");
	cr_expect_eq(portlist_count(&r.opts.ports), 4);
	cr_expect_eq(portlist_next(&r.opts.ports, 22), 80);
	cr_expect_eq(run_opts_target_flags(&r.opts.run), TARGET_IPV4);
	RUN(&r, "-6", "x");
	cr_expect_eq(run_opts_target_flags(&r.opts.run), TARGET_IPV6);
	RUN(&r, "-h");
	cr_expect(r.result == 0 && r.opts.run.help);
	RUN(&r, "-4", "-6", "-p0", "-V");
	cr_expect_eq(r.result, 0, "-V ends it, whatever else there is");
	cr_expect(r.opts.run.version);
}

Test(knock_opts, every_long_name)
{
	struct run r;

	RUN(&r, "--all", "--include-all", "--port=443", "--count=1",
	    "--interval=2ms", "--timeout=1s", "--deadline=1m", "--rate=50",
	    "--flows=8", "--syn-options=mss", "--ecn", "--expect=filtered",
	    "--yes", "--unprivileged", "--resolve-timeout=1s",
	    "--resolve-wait=0", "--format=json", "--color=never", "--label=a=b",
	    "--run-id=0123456789abcdef", "--max-loss=5%", "--max-rtt=20ms",
	    "--every=10s", "x");
	cr_assert_eq(r.result, 0, "%s: %s", r.err.option, r.err.message);
	cr_expect(r.opts.run.all && r.opts.run.include_all &&
		  r.opts.run.unprivileged && r.opts.ecn && r.opts.yes);
	cr_expect(r.opts.run.count == 1 && r.opts.run.rate == 50 &&
		  r.opts.run.rate_given && r.opts.flows == 8);
	cr_expect_eq(r.opts.syn_options, ND_SYN_MSS);
	cr_expect_eq(r.opts.expect, ND_KNOCK_STATE_FILTERED);
	cr_expect(r.opts.run.resolve_timeout_ns == 1000000000 &&
		  r.opts.run.resolve_wait_ns == 0 &&
		  r.opts.run.every_ns == 10000000000);
	cr_expect(r.opts.run.format == RUN_FORMAT_JSON &&
		  r.opts.run.color == RUN_COLOR_NEVER);
	cr_expect(r.opts.run.labels.count == 1 &&
		  r.opts.run.max_loss == 5000000 &&
		  r.opts.run.max_rtt_ns == 20000000);
	cr_expect_str_eq(r.opts.run.run_id, "0123456789abcdef");
	cr_expect_eq(run_opts_target_flags(&r.opts.run), TARGET_INCLUDE_ALL);
	RUN(&r, "--syn-options=none", "--expect=closed", "x");
	cr_expect(r.opts.syn_options == ND_SYN_NONE &&
		  r.opts.expect == ND_KNOCK_STATE_CLOSED);
	RUN(&r, "--syn-options=linux", "--expect=open", "x");
	cr_expect(r.opts.syn_options == ND_SYN_LINUX &&
		  r.opts.expect == ND_KNOCK_STATE_OPEN);
}

Test(knock_opts, extremes_are_taken)
{
	struct run r;

	RUN(&r, "-c9223372036854775807", "-t255", "-m0xffffffff", "-i1us",
	    "--rate=1000000000", "--flows=240", "-p1-65535", "--max-loss=100%",
	    "x");
	cr_assert_eq(r.result, 0, "%s: %s", r.err.option, r.err.message);
	cr_expect_eq(r.opts.run.count, INT64_MAX);
	cr_expect_eq(r.opts.run.mark, UINT32_MAX);
	cr_expect_eq(r.opts.flows, ND_FLOWS_MAX);
	cr_expect_eq(portlist_count(&r.opts.ports), 65535);
	RUN(&r, "-c1", "-t1", "-m0", "--max-loss=0", "--rate=0", "x");
	cr_assert_eq(r.result, 0);
	cr_expect(r.opts.run.rate == 0 && r.opts.run.rate_given);
}

Test(knock_opts, the_last_port_list_counts)
{
	struct run r;

	RUN(&r, "-p80", "--port", "443", "x");
	cr_assert_eq(r.result, 0);
	cr_expect_eq(portlist_count(&r.opts.ports), 1);
	cr_expect_eq(portlist_next(&r.opts.ports, 0), 443);
}

/* Up to four words, the subject, a part of the cause. */
Test(knock_opts, what_excludes_what)
{
	static const char *const cases[][6] = {
	    {"-4", "-6", "x", "x", "--ipv6", "--ipv4"},
	    {"-4", "-S::1", "x", "x", "--source", "--ipv4"},
	    {"-6", "-I1.2.3.4", "x", "x", "--interface", "--ipv6"},
	    {"-I1.2.3.4", "-S1.2.3.4", "x", "x", "--source", "--interface"},
	    {"--full", "--flows=2", "x", "x", "--full", "--flows"},
	    {"--ecn", "--full", "x", "x", "--full", "--ecn"},
	    {"--full", "--syn-options=mss", "x", "x", "--full",
		"--syn-options"},
	    {"--syn-options=linux", "--full", "x", "x", "--full",
		"--syn-options"},
	    {"-I", "a/b", "x", "x", "--interface", "neither"},
	    {"-S", "eth0", "x", "x", "--source", "not an address"},
	    {"-p", "443", "-4", "-n", "", "no target"}};
	struct run r;

	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *const *c = cases[i];

		RUN(&r, c[0], c[1], c[2], c[3]);
		cr_expect_eq(r.result, -EINVAL, "%s %s", c[0], c[1]);
		cr_expect_str_eq(r.err.option, c[4]);
		cr_expect_not_null(strstr(r.err.message, c[5]), "%s %s: %s",
		    c[0], c[1], r.err.message);
	}
	RUN(&r, "--full", "--flows=1", "-t3", "-Qef", "--unprivileged", "x");
	cr_expect_eq(r.result, 0, "%s: %s", r.err.option, r.err.message);
	cr_expect(r.opts.full);
	cr_expect_eq(r.opts.syn_options, ND_SYN_LINUX);
}

Test(knock_opts, limits_of_users)
{
	static const char *const cases[][2] = {{"-i1.999999ms", "--interval"},
	    {"-i1us", "--interval"}, {"--rate=0", "--rate"},
	    {"--rate=10001", "--rate"}};
	static const char *const good[] = {
	    "-i2ms", "--rate=10000", "--rate=1", "--flows=240"};
	struct run r;

	for (size_t i = 0; i < COUNT(cases); i++) {
		RUN(&r, cases[i][0], "x");
		cr_assert_eq(r.result, 0, "root may");
		cr_expect_eq(run_opts_limit_user(&r.opts.run, &r.err), -EINVAL,
		    "%s", cases[i][0]);
		cr_expect_str_eq(r.err.option, cases[i][1]);
		cr_expect_not_null(strstr(r.err.message, "root"));
	}
	for (size_t i = 0; i < COUNT(good); i++) {
		RUN(&r, good[i], "x");
		cr_expect_eq(
		    run_opts_limit_user(&r.opts.run, &r.err), 0, "%s", good[i]);
	}
}

Test(knock_opts, a_default_above_the_limit_is_lowered)
{
	struct run r;

	RUN(&r, "x");
	r.opts.run.rate = ND_USER_RATE + 1;
	cr_expect_eq(run_opts_limit_user(&r.opts.run, &r.err), 0);
	cr_expect_eq(r.opts.run.rate, ND_USER_RATE);
}

/* The value of the parameter KEY, as text. */
static const char *
param(const struct run *r, const char *key, char *buf, size_t size)
{
	struct opt_value v;

	(void)snprintf(buf, size, "no %s", key);
	for (size_t i = 0; opt_param(knock_opts_table, &r->opts, &i, &v);) {
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

Test(knock_opts, params_of_the_records)
{
	static const char *const bare[][2] = {{"port", "null"}, {"count", "4"},
	    {"interval_ms", "1000000000"}, {"timeout_ms", "null"},
	    {"rate", "10000"}, {"flows", "1"}, {"syn_options", "\"linux\""},
	    {"ecn", "false"}, {"full", "false"}, {"expect", "\"open\""},
	    {"yes", "false"}, {"format", "\"text\""}, {"ttl", "null"},
	    {"max_loss_pct", "null"}, {"json", "no json"},
	    {"label", "no label"}, {"run_id", "no run_id"}};
	static const char *const given[][2] = {{"port", "\"443,22,022\""},
	    {"syn_options", "\"none\""}, {"ecn", "true"},
	    {"expect", "\"filtered\""}, {"flows", "9"}, {"format", "\"json\""}};
	struct run r;
	char buf[64];

	RUN(&r, "x");
	for (size_t i = 0; i < COUNT(bare); i++)
		cr_expect_str_eq(param(&r, bare[i][0], buf, sizeof(buf)),
		    bare[i][1], "%s: %s", bare[i][0], buf);
	RUN(&r, "-p443,22,022", "--syn-options=none", "--ecn",
	    "--expect=filtered", "--flows=9", "-j", "x");
	for (size_t i = 0; i < COUNT(given); i++)
		cr_expect_str_eq(param(&r, given[i][0], buf, sizeof(buf)),
		    given[i][1], "%s: %s", given[i][0], buf);
}

Test(knock_opts, table_is_sound)
{
	for (const struct opt *o = knock_opts_table; o->name != NULL; o++) {
		cr_expect_not_null(o->group, "%s", o->name);
		cr_expect_not_null(o->help, "%s", o->name);
		cr_expect_eq(opt_takes_arg(o), o->arg != NULL, "%s", o->name);
		cr_expect_eq(
		    o->kind == OPT_ENUM, o->words != NULL, "%s", o->name);
		cr_expect_eq(opt_find(knock_opts_table, o->name), o,
		    "%s is there once", o->name);
		for (const struct opt *p = knock_opts_table; p < o; p++)
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

Test(knock_opts, bad_numbers_are_refused_by_name)
{
	refused = 0;
	for (const struct opt *o = knock_opts_table; o->name != NULL; o++) {
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
	cr_expect_gt(refused, 800, "only %zu", refused);
}

Test(knock_opts, bad_words_are_refused_by_name)
{
	static const char *const cases[][2] = {{"expect", "opened"},
	    {"expect", "OPEN"}, {"expect", "open "}, {"expect", "0"},
	    {"expect", "open,closed"}, {"syn-options", "bsd"},
	    {"syn-options", "linux,mss"}, {"syn-options", "Linux"},
	    {"port", "0"}, {"port", "65536"}, {"port", "70000"},
	    {"port", "http"}, {"port", "80,"}, {"port", ",80"},
	    {"port", "80-70"}, {"port", "80--90"}, {"port", "80 90"},
	    {"port", " 80"}, {"port", "80/tcp"}, {"port", "0x50"},
	    {"flows", "0"}, {"flows", "241"}, {"count", "0"}, {"ttl", "0"},
	    {"ttl", "256"}, {"interval", "0"}, {"every", "0"},
	    {"max-loss", "101"}, {"rate", "1000000001"}, {"format", "xml"},
	    {"format", "JSON"}, {"format", ""}, {"format", "js"},
	    {"color", "yes"}, {"color", "alway"}, {"color", ""}, {"tos", "cs8"},
	    {"tos", "af14"}, {"tos", "0x100"}, {"tos", "ef "},
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
		    opt_find(knock_opts_table, cases[i][0]), cases[i][1]);
	for (const struct opt *o = knock_opts_table; o->name != NULL; o++)
		if (opt_takes_arg(o))
			must_fail_with(o, "");
	cr_expect_gt(refused, 150);
}

Test(knock_opts, missing_and_needless_arguments)
{
	for (const struct opt *o = knock_opts_table; o->name != NULL; o++) {
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
