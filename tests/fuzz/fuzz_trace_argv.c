/* SPDX-License-Identifier: MIT */
/*
 * The command line of `netdiag trace`: the input is its words, each ended by a
 * NUL, and then its targets one by one.
 */
#include "fuzz.h"

#include "target.h"
#include "trace_opts.h"

#include <netdiag.h>

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
check_params(const struct trace_opts *opts)
{
	struct opt_value value;

	for (size_t i = 0; opt_param(trace_opts_table, opts, &i, &value);) {
		fuzz_check(value.key[0] != '\0' && value.number >= 0);
		fuzz_check(value.type != OPT_VALUE_STRING || value.string);
	}
}

/* What the rest of the program relies on. */
static void
check_opts(const struct trace_opts *opts)
{
	fuzz_check(opts->udp + opts->icmp + opts->tcp == 1);
	fuzz_check(opts->icmp == (opts->port < 0));
	fuzz_check(opts->port <= 65535);
	fuzz_check(opts->first >= 1 && opts->first <= opts->max &&
		   opts->max <= ND_TRACE_TTL_MAX);
	fuzz_check((opts->mda >= 0) == (opts->run.count < 0));
	fuzz_check(opts->run.count <= (int64_t)ND_FLOWS_MAX);
	fuzz_check(opts->mda < 0 || !opts->classic);
	fuzz_check(opts->asn || opts->asn_db == NULL);
	fuzz_check(opts->tcp == (opts->size < 0));
	fuzz_check(opts->run.n_targets > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *argv[WORDS_MAX + 2];
	char name[] = "trace";
	struct opt_error err = {.message = ""};
	struct target_spec spec;
	struct trace_opts opts;
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

	trace_opts_init(&opts);
	if (trace_opts_parse(&opts, argc, argv, &err) < 0) {
		check_error(&err);
	} else if (!opts.run.help && !opts.run.version) {
		check_params(&opts);
		check_opts(&opts);
		for (size_t i = 0; i < opts.run.n_targets; i++)
			if (target_parse(opts.run.targets[i],
				run_opts_target_flags(&opts.run), &spec,
				&err) < 0)
				check_error(&err);
		if (run_opts_limit_user(&opts.run, &err) < 0)
			check_error(&err);
	}
	free(text);
	return 0;
}
