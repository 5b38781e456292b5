/* SPDX-License-Identifier: MIT */
/* test_opt.c: the option parser and what is written from a table. */
#include "opt.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 80

struct opts {
	bool all, plain;
	int mode, form, tos;
	int64_t number, mark, wait, loss;
	const char *text, *id;
	struct opt_pattern pattern;
	struct opt_labels labels;
	bool help;
};

static const char *const modes[] = {"red", "green", NULL};

#define FIELD(member) .offset = offsetof(struct opts, member)
#define FIRST .group = "First"
#define SECOND .group = "Second"

static const struct opt table[] = {
    {FIRST, .name = "all", .letter = 'a', .kind = OPT_FLAG, FIELD(all),
	.help = "everything"},
    {FIRST, .name = "no-plain", .kind = OPT_FLAG, .flags = OPT_F_NEGATE,
	FIELD(plain), .help = "not plain"},
    {FIRST, .name = "number", .letter = 'n', .kind = OPT_INT, FIELD(number),
	.arg = "N", .min = 1, .max = 99, .help = "a number", .deflt = "5"},
    {FIRST, .name = "numeral", .kind = OPT_INT, .flags = OPT_F_HEX, FIELD(mark),
	.arg = "N", .max = UINT32_MAX, .help = "a mark"},
    {FIRST, .name = "wait", .letter = 'w', .kind = OPT_DURATION, FIELD(wait),
	.arg = "T", .min = 1000, .max = 5000000000, .help = "a time"},
    {SECOND, .name = "max-loss", .kind = OPT_PERCENT, FIELD(loss), .arg = "PCT",
	.help = "a share"},
    {SECOND, .name = "mode", .letter = 'm', .kind = OPT_ENUM, FIELD(mode),
	.arg = "MODE", .words = modes,
	.help = "a mode with a text that is long enough to be wrapped once"},
    {SECOND, .name = "form", .letter = 'j', .kind = OPT_CONST, FIELD(form),
	.min = 3, .help = "a constant"},
    {SECOND, .name = "tos", .kind = OPT_TOS, FIELD(tos), .arg = "V",
	.help = "a class"},
    {SECOND, .name = "text", .letter = 't', .kind = OPT_STRING,
	.flags = OPT_F_FILE, FIELD(text), .arg = "FILE", .help = "it's [a:b]"},
    {SECOND, .name = "pattern", .letter = 'p', .kind = OPT_PATTERN,
	FIELD(pattern), .arg = "HEX", .help = "bytes"},
    {SECOND, .name = "label", .kind = OPT_LABEL,
	.flags = OPT_F_REPEAT | OPT_F_NOPARAM, FIELD(labels), .arg = "K=V",
	.help = "labels"},
    {SECOND, .name = "run-id", .kind = OPT_RUN_ID, .flags = OPT_F_NOPARAM,
	FIELD(id), .arg = "ID", .help = "an id"},
    {SECOND, .name = "secret", .kind = OPT_FLAG, .flags = OPT_F_HIDDEN,
	FIELD(all), .help = "hidden"},
    {SECOND, .name = "help", .letter = 'h', .kind = OPT_FLAG,
	.flags = OPT_F_STOP | OPT_F_NOPARAM, FIELD(help), .help = "this"},
    {.name = NULL}};

struct run {
	struct opts opts;
	struct opt_error err;
	char text[WORDS_MAX + 1][40];
	char *argv[WORDS_MAX + 2];
	size_t words;
	int result;
};

/* Parses the words up to NULL. */
static void
run(struct run *run, const char *const *words)
{
	int argc = 1;

	*run = (struct run){.opts = {.plain = true,
				.mode = -1,
				.tos = -1,
				.number = 5,
				.mark = -1,
				.wait = -1,
				.loss = -1}};
	run->argv[0] = run->text[0];
	for (; words[argc - 1] != NULL; argc++) {
		const char *word = words[argc - 1];

		cr_assert_lt(strlen(word), sizeof(run->text[0]));
		(void)snprintf(
		    run->text[argc], sizeof(run->text[0]), "%s", word);
		run->argv[argc] = run->text[argc];
	}
	run->result = opt_parse(
	    table, &run->opts, argc, run->argv, &run->words, &run->err);
}

#define RUN(r, ...) run((r), (const char *const[]){__VA_ARGS__, NULL})

Test(opt, every_kind_gets_its_value)
{
	struct run r;

	RUN(&r, "-a", "--no-plain", "-n", "7", "--numeral=0xff", "-w1.5ms",
	    "--max-loss", "5%", "--mode", "green", "-j", "--tos", "ef", "-t",
	    "-x", "-pabc", "--label", "a=1", "--label=b=", "--run-id",
	    "0123456789abcdef");
	cr_assert_eq(r.result, 0, "%s: %s", r.err.option, r.err.message);
	cr_expect(r.opts.all && !r.opts.plain && r.opts.form == 3);
	cr_expect(r.opts.number == 7 && r.opts.mark == 255);
	cr_expect(r.opts.wait == 1500000 && r.opts.loss == 5000000);
	cr_expect(r.opts.mode == 1 && r.opts.tos == 184);
	cr_expect_str_eq(r.opts.text, "-x", "an argument may look like one");
	cr_expect(r.opts.pattern.len == 2 && r.opts.pattern.bytes[1] == 0xc);
	cr_assert_eq(r.opts.labels.count, 2);
	cr_expect_str_eq(r.opts.labels.list[0].key, "a");
	cr_expect_str_eq(r.opts.labels.list[0].value, "1");
	cr_expect_str_eq(r.opts.labels.list[1].value, "");
	cr_expect_str_eq(r.opts.id, "0123456789abcdef");
	cr_expect_eq(r.words, 0);
}

Test(opt, words_and_options_mix_until_two_dashes)
{
	struct run r;

	RUN(&r, "one", "-n", "7", "-", "-a", "two", "--", "-n", "--", "x");
	cr_assert_eq(r.result, 0);
	cr_assert_eq(r.words, 6);
	cr_expect_str_eq(r.argv[1], "one");
	cr_expect_str_eq(r.argv[2], "-");
	cr_expect_str_eq(r.argv[3], "two");
	cr_expect_str_eq(r.argv[4], "-n");
	cr_expect_str_eq(r.argv[5], "--");
	cr_expect_str_eq(r.argv[6], "x");
	cr_expect(r.opts.all && r.opts.number == 7);
}

Test(opt, the_environment_changes_nothing)
{
	struct run r;

	cr_assert_eq(setenv("POSIXLY_CORRECT", "1", 1), 0);
	RUN(&r, "word", "-a");
	cr_expect(r.result == 0 && r.words == 1 && r.opts.all);
}

Test(opt, clusters_prefixes_and_repeats)
{
	struct run r;

	RUN(&r, "-ajn9", "--wa", "1", "-n8");
	cr_assert_eq(r.result, 0, "%s: %s", r.err.option, r.err.message);
	cr_expect(r.opts.all && r.opts.form == 3);
	cr_expect(r.opts.number == 8, "the last one counts");
	cr_expect_eq(r.opts.wait, 1000000000);
}

Test(opt, help_stops_before_what_is_wrong)
{
	struct run r;

	RUN(&r, "word", "-h", "--nonsense");
	cr_expect(r.result == 0 && r.opts.help && r.words == 1);
}

Test(opt, no_arguments_at_all)
{
	struct opts opts = {.number = 5};
	struct opt_error err;
	char *argv[] = {NULL};
	size_t words = 7;

	cr_expect_eq(opt_parse(table, &opts, 0, argv, &words, &err), 0);
	cr_expect_eq(words, 0);
}

/* Each line: what is typed, the subject, a part of the cause, of the hint. */
Test(opt, errors_name_the_option_and_help)
{
	static const char *const cases[][6] = {
	    {"-n", "abc", "--number",
		"\"abc\" is not a whole number from 1 to "
		"99",
		""},
	    {"-n", "100", "--number", "from 1 to 99", ""},
	    {"--number=", "x", "--number", "\"\" is not", ""},
	    {"--numeral", "zz", "--numeral", "0x hex", ""},
	    {"-w", "6s", "--wait", "a duration from 1us to 5s", ""},
	    {"-w", "5x", "--wait", "\"5x\" is not a duration", "20ms"},
	    {"--max-loss", "101", "--max-loss", "percentage", ""},
	    {"-m", "gren", "--mode", "one of red, green", "green"},
	    {"--tos", "efg", "--tos", "DSCP", "af11"},
	    {"-t", "", "--text", "empty", ""},
	    {"-p", "xy", "--pattern", "hex", ""},
	    {"--label", "1=2", "--label", "KEY=VALUE", "key"},
	    {"--run-id", "12", "--run-id", "16 hex digits", ""},
	    {"word", "-n", "--number", "needs an argument: N", ""},
	    {"word", "--wait", "--wait", "needs an argument: T", ""},
	    {"word", "--all=3", "--all", "takes no argument", ""},
	    {"word", "-Z", "-Z", "unknown option", "--help"},
	    {"word", "-aZ", "-Z", "unknown option", "--help"},
	    {"word", "-:", "-:", "unknown option", ""},
	    {"word", "-\xc3\xa9", "-\\xc3", "unknown option", ""},
	    {"word", "--nubmer=5", "--nubmer", "unknown", "--number?"},
	    {"word", "--wiat", "--wiat", "unknown", "--wait?"},
	    {"word", "--nonsense", "--nonsense", "unknown", "--help"},
	    {"word", "--secre", "x", "", ""},
	    {"word", "--n", "--n", "--no-plain, --number, --numeral", ""},
	    {"word", "--num=5", "--num", "--number, --numeral", ""},
	    {"word", "--=5", "--", "many", ""},
	    {"word", "-text", "--text", NULL, ""},
	    {"word", "-wait", "--wait", "\"ait\"", "-wait"},
	    {"word", "---all", "---all", "unknown", "--all"},
	    {"word", "--\x1b[31m", "--\\x1b[31m", "unknown", ""}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *const *c = cases[i];
		struct run r;

		RUN(&r, c[0], c[1]);
		if (c[3] == NULL || c[3][0] == '\0') {
			cr_expect_eq(r.result, 0, "%s %s", c[0], c[1]);
			continue;
		}
		cr_expect_eq(r.result, -EINVAL, "%s %s", c[0], c[1]);
		cr_expect_str_eq(r.err.option, c[2]);
		cr_expect_not_null(strstr(r.err.message, c[3]), "%s %s: %s",
		    c[0], c[1], r.err.message);
		cr_expect_not_null(strstr(r.err.hint, c[4]), "%s %s: %s", c[0],
		    c[1], r.err.hint);
	}
}

Test(opt, labels_up_to_the_limit_and_no_key_twice)
{
	const char *words[WORDS_MAX] = {NULL};
	char texts[OPT_LABELS_MAX + 1][16];
	struct run r;

	for (int i = 0; i <= OPT_LABELS_MAX; i++) {
		(void)snprintf(texts[i], sizeof(texts[i]), "k%d=v", i);
		words[2 * i] = "--label";
		words[2 * i + 1] = texts[i];
	}
	run(&r, words);
	cr_expect_eq(r.result, -EINVAL);
	cr_expect_not_null(strstr(r.err.message, "32"));
	words[2 * (size_t)OPT_LABELS_MAX] = NULL;
	run(&r, words);
	cr_expect_eq(r.result, 0);
	cr_expect_eq(r.opts.labels.count, OPT_LABELS_MAX);
	cr_expect_str_eq(r.opts.labels.list[31].key, "k31");
	RUN(&r, "--label", "a=1", "--label", "ab=1", "--label", "a=2");
	cr_expect_eq(r.result, -EINVAL);
	cr_expect_not_null(strstr(r.err.message, "twice"));
}

Test(opt, distances)
{
	cr_expect_eq(opt_distance("count", "count", 2), 0);
	cr_expect_eq(opt_distance("cuont", "count", 2), 1, "a swap is one");
	cr_expect_eq(opt_distance("cont", "count", 2), 1);
	cr_expect_eq(opt_distance("ccount", "count", 2), 1);
	cr_expect_eq(opt_distance("c0unt", "count", 2), 1);
	cr_expect_eq(opt_distance("cnout", "count", 2), 2);
	cr_expect_eq(opt_distance("", "ab", 2), 2);
	cr_expect_eq(opt_distance("abcdef", "uvwxyz", 2), 3, "capped");
	cr_expect_eq(opt_distance("kitten", "sitting", 9), 3);
}

Test(opt, nearest_word)
{
	static const char *const words[] = {"count", "color", "all", NULL};

	cr_expect_str_eq(opt_nearest("coutn", words), "count");
	cr_expect_str_eq(opt_nearest("colour", words), "color");
	cr_expect_null(opt_nearest("xyz", words));
	cr_expect_null(opt_nearest("xy", words), "nothing in common");
	cr_expect_null(opt_nearest("", words));
}

Test(opt, shown_text_is_safe_and_cut)
{
	char buf[12];

	cr_expect_str_eq(opt_show("short", buf, sizeof(buf)), "short");
	cr_expect_str_eq(
	    opt_show("12345678901", buf, sizeof(buf)), "12345678901");
	cr_expect_str_eq(
	    opt_show("123456789012", buf, sizeof(buf)), "12345678...");
	cr_expect_str_eq(opt_show("a\x1b[0m", buf, sizeof(buf)), "a\\x1b[0m");
	cr_expect_str_eq(opt_show("1234567\xc3\xa9xyzab", buf, sizeof(buf)),
	    "1234567...", "no half characters");
	cr_expect_str_eq(opt_show("", buf, sizeof(buf)), "");
}

/* What WRITE writes about the table is TEXT. */
static void
expect_text(
    void (*write)(FILE *out, const struct opt *options), const char *text)
{
	char *got = NULL;
	size_t size;
	FILE *out = open_memstream(&got, &size);

	cr_assert_not_null(out);
	write(out, table);
	(void)fclose(out);
	cr_expect_str_eq(got, text);
	free(got);
}

Test(opt, help_is_grouped_aligned_and_wrapped)
{
	expect_text(opt_help,
	    "First:\n"
	    "  -a, --all                 everything\n"
	    "      --no-plain            not plain\n"
	    "  -n, --number N            a number (default 5)\n"
	    "      --numeral N           a mark\n"
	    "  -w, --wait T              a time\n"
	    "\n"
	    "Second:\n"
	    "      --max-loss PCT        a share\n"
	    "  -m, --mode MODE           a mode with a text that is long "
	    "enough to be\n"
	    "                            wrapped once (red, green)\n"
	    "  -j, --form                a constant\n"
	    "      --tos V               a class\n"
	    "  -t, --text FILE           it's [a:b]\n"
	    "  -p, --pattern HEX         bytes\n"
	    "      --label K=V           labels\n"
	    "      --run-id ID           an id\n"
	    "  -h, --help                this\n");
}

Test(opt, list_for_the_man_page_test)
{
	expect_text(opt_list,
	    "--all a -\n--no-plain - -\n--number n N\n--numeral - N\n"
	    "--wait w T\n--max-loss - PCT\n--mode m MODE\n--form j -\n"
	    "--tos - V\n--text t FILE\n--pattern p HEX\n--label - K=V\n"
	    "--run-id - ID\n--help h -\n");
}

Test(opt, params_are_typed_and_null_where_not_given)
{
	static const char *const keys[] = {"all", "number", "numeral",
	    "wait_ms", "max_loss_pct", "mode", "tos", "text", "pattern",
	    "secret"};
	static const enum opt_value_type types[] = {OPT_VALUE_BOOL,
	    OPT_VALUE_INT, OPT_VALUE_INT, OPT_VALUE_MS, OPT_VALUE_PCT,
	    OPT_VALUE_STRING, OPT_VALUE_INT, OPT_VALUE_STRING, OPT_VALUE_STRING,
	    OPT_VALUE_BOOL};
	struct opt_value value;
	struct run bare, full;
	size_t n = 0;

	RUN(&bare, "word");
	RUN(&full, "-a", "--numeral=7", "-w2ms", "--max-loss=1", "--mode=red",
	    "--tos=1", "-tx", "-pAB0");
	cr_assert_eq(full.result, 0);
	for (size_t i = 0; opt_param(table, &full.opts, &i, &value); n++) {
		cr_assert_lt(n, 10);
		cr_expect_str_eq(value.key, keys[n]);
		cr_expect_eq(value.type, types[n], "%s", value.key);
		if (n == 3)
			cr_expect_eq(value.number, 2000000);
		if (n == 5)
			cr_expect_str_eq(value.string, "red");
		if (n == 8)
			cr_expect_str_eq(value.string, "ab00");
	}
	cr_expect_eq(n, 10);
	n = 0;
	for (size_t i = 0; opt_param(table, &bare.opts, &i, &value); n++)
		if (n >= 2 && n <= 8)
			cr_expect_eq(
			    value.type, OPT_VALUE_NULL, "%s", value.key);
}

Test(opt, completions_hold_every_option_and_no_hidden_one)
{
	static const struct opt_command commands[] = {
	    {"probe", "what it's for", table}};

	for (size_t s = 0; opt_shells[s] != NULL; s++) {
		char *text = NULL, name[40];
		size_t size;
		FILE *out = open_memstream(&text, &size);

		cr_assert_not_null(out);
		cr_assert_eq(opt_complete(out, opt_shells[s], commands, 1), 0);
		(void)fclose(out);
		for (const struct opt *o = table; o->name != NULL; o++) {
			bool fish = strcmp(opt_shells[s], "fish") == 0;

			(void)snprintf(name, sizeof(name), "%s%s",
			    fish ? "-l " : "--", o->name);
			cr_expect_eq(strstr(text, name) == NULL,
			    (o->flags & OPT_F_HIDDEN) != 0, "%s: %s",
			    opt_shells[s], name);
		}
		cr_expect_not_null(strstr(text, "red green"));
		free(text);
	}
	cr_expect_eq(opt_complete(stdout, "tcsh", commands, 1), -EINVAL);
}

/* Sourced by the shell itself, with the words that it would set. */
Test(opt, bash_completes)
{
	static const struct opt_command commands[] = {
	    {"probe", "what it's for", table}};
	static const char ask[] =
	    "t() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _netdiag; "
	    "echo ${COMPREPLY[*]}; }\n"
	    "t netdiag p; t netdiag probe --nu; t netdiag probe --mode ''; "
	    "t netdiag probe --mode = g; t netdiag probe -m r; "
	    "t netdiag probe -n ''; t netdiag help p\n";
	char path[] = "/tmp/netdiag-test-XXXXXX", line[100];
	char got[500] = "", command[100];
	size_t used = 0;
	int fd = mkstemp(path);
	FILE *script = fdopen(fd, "w"), *answer;

	cr_assert_not_null(script);
	cr_assert_eq(opt_complete(script, "bash", commands, 1), 0);
	(void)fputs(ask, script);
	(void)fclose(script);
	(void)snprintf(command, sizeof(command), "bash %s 2>&1", path);
	answer = popen(command, "r");
	cr_assert_not_null(answer);
	while (fgets(line, sizeof(line), answer) != NULL && used < sizeof(got))
		used += (size_t)snprintf(
		    got + used, sizeof(got) - used, "%s", line);
	cr_expect_eq(pclose(answer), 0);
	(void)remove(path);
	cr_expect_str_eq(
	    got, "probe\n--number --numeral\nred green\ngreen\nred\n\nprobe\n");
}
