/* SPDX-License-Identifier: MIT */
/*
 * test_opt_optional.c: an option whose argument may be left out: it only stands
 * behind "=", in parsing, in the help and in completions.
 */
#include "opt.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct opts {
	int shade;
	bool all;
};

static const char *const shades[] = {"dark", "light", NULL};

static const struct opt table[] = {{.group = "First",
				       .name = "shade",
				       .kind = OPT_ENUM,
				       .flags = OPT_F_OPTIONAL,
				       .offset = offsetof(struct opts, shade),
				       .arg = "SHADE",
				       .words = shades,
				       .help = "a shade"},
    {.group = "First",
	.name = "all",
	.letter = 'a',
	.kind = OPT_FLAG,
	.offset = offsetof(struct opts, all),
	.help = "everything"},
    {.name = NULL}};

/* Parses up to three words; their number that were no options is in WORDS. */
static int
parse(struct opts *opts, struct opt_error *err, size_t *words, const char *a,
    const char *b)
{
	char text[3][32] = {"x"};
	char *argv[4] = {text[0], NULL, NULL, NULL};
	int argc = 1;

	*opts = (struct opts){.shade = -1};
	(void)snprintf(text[argc], sizeof(text[0]), "%s", a);
	argv[argc] = text[argc];
	argc++;
	if (b != NULL) {
		(void)snprintf(text[argc], sizeof(text[0]), "%s", b);
		argv[argc] = text[argc];
		argc++;
	}
	return opt_parse(table, opts, argc, argv, words, err);
}

Test(opt_optional, alone_it_is_the_first_word)
{
	struct opt_error err;
	struct opts opts;
	size_t words;

	cr_assert_eq(parse(&opts, &err, &words, "--shade", NULL), 0);
	cr_expect_eq(opts.shade, 0);
	cr_assert_eq(parse(&opts, &err, &words, "--shade=light", NULL), 0);
	cr_expect_eq(opts.shade, 1);
	cr_assert_eq(parse(&opts, &err, &words, "--sha=dark", "-a"), 0);
	cr_expect(opts.shade == 0 && opts.all);
}

Test(opt_optional, the_next_word_is_none_of_it)
{
	struct opt_error err;
	struct opts opts;
	size_t words;

	cr_assert_eq(parse(&opts, &err, &words, "--shade", "light"), 0);
	cr_expect_eq(opts.shade, 0);
	cr_expect_eq(words, 1);
}

Test(opt_optional, other_words_are_refused)
{
	struct opt_error err;
	struct opts opts;
	size_t words;

	cr_assert_eq(
	    parse(&opts, &err, &words, "--shade=lihgt", NULL), -EINVAL);
	cr_expect_str_eq(err.option, "--shade");
	cr_expect_str_eq(err.message, "\"lihgt\" is not one of dark, light");
	cr_expect_str_eq(err.hint, "did you mean light?");
	cr_expect_eq(parse(&opts, &err, &words, "--shade=", NULL), -EINVAL);
}

/* What WRITE prints. */
static char *
printed(void (*write)(FILE *out))
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	cr_assert_not_null(out);
	write(out);
	(void)fclose(out);
	return text;
}

static void
write_help(FILE *out)
{
	opt_help(out, table);
}

static void
write_list(FILE *out)
{
	opt_list(out, table);
}

static void
complete(FILE *out, const char *shell)
{
	const struct opt_command command = {"x", "summary", table};

	cr_assert_eq(opt_complete(out, shell, &command, 1), 0);
}

static void
write_bash(FILE *out)
{
	complete(out, "bash");
}

static void
write_zsh(FILE *out)
{
	complete(out, "zsh");
}

static void
write_fish(FILE *out)
{
	complete(out, "fish");
}

Test(opt_optional, all_that_is_written_says_so)
{
	static const struct {
		void (*write)(FILE *out);
		const char *want;
	} cases[] = {
	    {write_help, "      --shade[=SHADE]       a shade (dark, light)\n"},
	    {write_list, "--shade - SHADE\n"},
	    {write_bash, "\tx:--shade)\n\t\tif [[ $joined ]]; then\n"},
	    {write_zsh, "--shade=-'[a shade]::SHADE:(dark light)'"},
	    {write_fish, " -l shade -a 'dark light' -d 'a shade'\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = printed(cases[i].write);

		cr_expect_not_null(
		    strstr(text, cases[i].want), "%zu: %s", i, text);
		free(text);
	}
}
