/* SPDX-License-Identifier: MIT */
/*
 * The command line of `netdiag knock`: the input is its words, each ended by a
 * NUL, and then its TARGET[:PORTS] one by one.
 */
#include "fuzz.h"

#include "knock_opts.h"
#include "target_port.h"

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

/* The walk goes up, and meets as many as there are. */
static void
check_list(const struct portlist *list)
{
	unsigned n = 0;

	for (uint16_t p = 0, last = 0; (p = portlist_next(list, p)) != 0;
	     last = p, n++)
		fuzz_check(p > last);
	fuzz_check(n == portlist_count(list));
}

static void
check_target(const char *word, const struct knock_opts *opts)
{
	const unsigned flags = run_opts_target_flags(&opts->run);
	struct opt_error err = {.message = ""};
	struct target_port port;
	struct target_spec spec;
	struct portlist list;

	if (target_port_parse(word, &port, &err) < 0) {
		check_error(&err);
		return;
	}
	fuzz_check(port.word == word);
	fuzz_check(port.ports == NULL ||
		   (port.ports > word && port.ports < word + strlen(word)));
	if (target_port_spec(&port, flags, &spec, &err) < 0) {
		check_error(&err);
		return;
	}
	fuzz_check(target_count(&spec) <= TARGET_MAX_COUNT);
	if (spec.kind == TARGET_FILE || spec.kind == TARGET_STDIN)
		fuzz_check(port.ports == NULL);
	if (target_port_list(&port, &opts->ports, &list, &err) < 0) {
		check_error(&err);
		fuzz_check(port.ports == NULL && opts->port_arg == NULL);
		return;
	}
	fuzz_check(portlist_count(&list) > 0);
	check_list(&list);
}

static void
check_params(const struct knock_opts *opts)
{
	struct opt_value value;

	for (size_t i = 0; opt_param(knock_opts_table, opts, &i, &value);) {
		fuzz_check(value.key[0] != '\0' && value.number >= 0);
		fuzz_check(value.type != OPT_VALUE_STRING || value.string);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *argv[WORDS_MAX + 2];
	char name[] = "knock";
	struct opt_error err = {.message = ""};
	struct knock_opts opts;
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

	knock_opts_init(&opts);
	if (knock_opts_parse(&opts, argc, argv, &err) < 0) {
		check_error(&err);
	} else if (!opts.run.help && !opts.run.version) {
		check_params(&opts);
		for (size_t i = 0; i < opts.run.n_targets; i++)
			check_target(opts.run.targets[i], &opts);
		if (run_opts_limit_user(&opts.run, &err) < 0)
			check_error(&err);
	}
	free(text);
	return 0;
}
