/* SPDX-License-Identifier: MIT */
/*
 * The command line of `netdiag ping`: the input is its words, each ended by a
 * NUL, and then its targets one by one.
 */
#include "fuzz.h"

#include "ping_opts.h"
#include "target.h"

#include <string.h>

#define WORDS_MAX 64

static void
check_error(const struct opt_error *err)
{
	fuzz_check(err->message[0] != '\0');
	fuzz_check(parse_is_text(err->option, strlen(err->option)));
	fuzz_check(parse_is_text(err->message, strlen(err->message)));
	fuzz_check(parse_is_text(err->hint, strlen(err->hint)));
}

static void
check_target(const char *text, unsigned flags)
{
	struct opt_error err = {.message = ""};
	struct target_spec spec;
	struct target_iter it;
	struct sockaddr_storage ss;

	if (target_parse(text, flags, &spec, &err) < 0) {
		check_error(&err);
		return;
	}
	fuzz_check(target_count(&spec) <= TARGET_MAX_COUNT);
	if (spec.af == AF_UNSPEC)
		return;
	fuzz_check(target_count(&spec) > 0);
	target_iter_init(&it, &spec, 0);
	for (int i = 0; i < 4 && target_next(&it, &ss); i++)
		fuzz_check(ss.ss_family == spec.af);
}

static void
check_params(const struct ping_opts *opts)
{
	struct opt_value value;

	for (size_t i = 0; opt_param(ping_opts_table, opts, &i, &value);) {
		fuzz_check(value.key[0] != '\0' && value.number >= 0);
		fuzz_check(value.type != OPT_VALUE_STRING || value.string);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *argv[WORDS_MAX + 2];
	char name[] = "ping";
	struct opt_error err = {.message = ""};
	struct ping_opts opts;
	int argc = 1;

	if (text == NULL)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	argv[0] = name;
	for (size_t at = 0; at < size && argc <= WORDS_MAX;
	     at += strlen(text + at) + 1)
		argv[argc++] = text + at;
	argv[argc] = NULL;

	ping_opts_init(&opts);
	if (ping_opts_parse(&opts, argc, argv, &err) < 0) {
		check_error(&err);
	} else {
		check_params(&opts);
		for (size_t i = 0; i < opts.run.n_targets; i++)
			check_target(opts.run.targets[i],
			    run_opts_target_flags(&opts.run));
		if (ping_opts_limit_user(&opts, &err) < 0)
			check_error(&err);
	}
	free(text);
	return 0;
}
