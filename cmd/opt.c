/* SPDX-License-Identifier: MIT */
/*
 * opt.c: parses a command line after a table of options. getopt_long(3) finds
 * the words, this gives them their values and says what is wrong with them.
 */
#include "opt.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#define TABLE_MAX 96
#define LONG_VALUE 256 /* getopt's value of the first long option */
#define SHOWN_MAX 80   /* of a word in a message */

struct parser {
	const struct opt *table;
	size_t count;
	void *opts;
	int argc;
	char **argv;
	struct opt_error *err;
	struct option longs[TABLE_MAX + 1];
	char shorts[2 * TABLE_MAX + 3];
};

bool
opt_takes_arg(const struct opt *opt)
{
	return opt->kind != OPT_FLAG && opt->kind != OPT_CONST;
}

const struct opt *
opt_find(const struct opt *table, const char *name)
{
	for (; table->name != NULL; table++)
		if (strcmp(table->name, name) == 0)
			return table;
	return NULL;
}

static int
has_arg(const struct opt *opt)
{
	if (!opt_takes_arg(opt))
		return no_argument;
	return (opt->flags & OPT_F_OPTIONAL) != 0 ? optional_argument
						  : required_argument;
}

/*
 * "-" first hands out the other words in place: nothing is permuted, and
 * POSIXLY_CORRECT is not looked up. ":" keeps getopt from printing.
 */
static void
prepare(struct parser *p)
{
	char *letter = p->shorts;

	*letter++ = '-';
	*letter++ = ':';
	for (p->count = 0; p->table[p->count].name != NULL; p->count++) {
		const struct opt *opt = &p->table[p->count];

		assert(p->count < TABLE_MAX);
		p->longs[p->count] = (struct option){.name = opt->name,
		    .has_arg = has_arg(opt),
		    .val = LONG_VALUE + (int)p->count};
		if (opt->letter != 0)
			*letter++ = (char)opt->letter;
		if (opt->letter != 0 && opt_takes_arg(opt))
			*letter++ = ':';
	}
	p->longs[p->count] = (struct option){.name = NULL};
	*letter = '\0';
}

/* The entry for what getopt_long() returned or left in optopt, or NULL. */
static const struct opt *
entry(const struct parser *p, int value)
{
	if (value >= LONG_VALUE)
		return &p->table[value - LONG_VALUE];
	for (size_t i = 0; i < p->count; i++)
		if (value != 0 && p->table[i].letter == value)
			return &p->table[i];
	return NULL;
}

/* ---- Errors ------------------------------------------------------------- */

/* "--count" for the entry called count. */
static int
fail(struct parser *p, const struct opt *opt, const char *cause)
{
	char subject[64];

	(void)snprintf(subject, sizeof(subject), "--%s", opt->name);
	return opt_error_set(p->err, subject, "%s", cause);
}

static int
fail_letter(struct parser *p, int letter)
{
	char subject[3] = {'-', (char)letter, '\0'};

	(void)opt_error_set(p->err, subject, "unknown option");
	opt_error_hint(p->err, "--help lists the options");
	return -EINVAL;
}

/* WORD is "--NAME" or "--NAME=VALUE", of no entry or of several. */
static int
fail_long(struct parser *p, const char *word)
{
	const char *names[TABLE_MAX + 1];
	char subject[128], list[256] = "";
	const char *near;
	size_t n = 0, used = 0, len = strcspn(word + 2, "=");
	unsigned matches = 0;

	(void)snprintf(
	    subject, sizeof(subject), "--%.*s", (int)(len % 1024), word + 2);
	for (size_t i = 0; i < p->count; i++) {
		const char *name = p->table[i].name;

		if ((p->table[i].flags & OPT_F_HIDDEN) != 0)
			continue;
		names[n++] = name;
		if (strncmp(name, word + 2, len) != 0 || used >= sizeof(list))
			continue;
		used += (size_t)snprintf(list + used, sizeof(list) - used,
		    "%s--%s", matches++ == 0 ? "" : ", ", name);
	}
	names[n] = NULL;
	if (len == 0 || matches > 6)
		return opt_error_set(
		    p->err, subject, "may be short for any of many options");
	if (matches > 1)
		return opt_error_set(
		    p->err, subject, "may be short for any of %s", list);
	(void)opt_error_set(p->err, subject, "unknown option");
	near = opt_nearest(subject + 2, names);
	if (near != NULL)
		opt_error_hint(p->err, "did you mean --%s?", near);
	else
		opt_error_hint(p->err, "--help lists the options");
	return -EINVAL;
}

/* getopt_long() returned '?' or ':'. */
static int
fail_getopt(struct parser *p, int result)
{
	const struct opt *opt = entry(p, optopt);
	char cause[64];

	if (opt == NULL && optopt != 0)
		return fail_letter(p, optopt);
	if (opt == NULL)
		return fail_long(p, p->argv[optind - 1]);
	if (result != ':')
		return fail(p, opt, "takes no argument");
	(void)snprintf(cause, sizeof(cause), "needs an argument: %s", opt->arg);
	return fail(p, opt, cause);
}

/* VALUE is not FORM, for instance "a percentage from 0 to 100". */
static int
fail_value(struct parser *p, const struct opt *opt, const char *value,
    const char *form)
{
	char shown[SHOWN_MAX], cause[sizeof(p->err->message)];

	(void)snprintf(cause, sizeof(cause), "\"%s\" is not %s",
	    opt_show(value, shown, sizeof(shown)), form);
	return fail(p, opt, cause);
}

static int
fail_int(struct parser *p, const struct opt *opt, const char *value)
{
	bool hex = (opt->flags & OPT_F_HEX) != 0;
	char form[128];

	(void)snprintf(form, sizeof(form),
	    "a whole number from %" PRId64 " to %" PRId64 "%s", opt->min,
	    opt->max, hex ? ", decimal or 0x hex" : "");
	return fail_value(p, opt, value, form);
}

static int
fail_duration(
    struct parser *p, const struct opt *opt, const char *value, int cause)
{
	char min[PARSE_DURATION_TEXT], max[PARSE_DURATION_TEXT], form[96];

	(void)snprintf(form, sizeof(form), "a duration from %s to %s",
	    parse_duration_text(opt->min, min, sizeof(min)),
	    parse_duration_text(opt->max, max, sizeof(max)));
	(void)fail_value(p, opt, value, form);
	if (cause == -EINVAL)
		opt_error_hint(p->err,
		    "write 500us, 20ms, 1.5s, 2m or 1h; a bare number is "
		    "seconds");
	return -EINVAL;
}

static int
fail_word(struct parser *p, const struct opt *opt, const char *value)
{
	const char *near = opt_nearest(value, opt->words);
	char form[128];
	size_t used;

	used = (size_t)snprintf(form, sizeof(form), "one of");
	for (size_t i = 0; opt->words[i] != NULL && used < sizeof(form); i++)
		used += (size_t)snprintf(form + used, sizeof(form) - used,
		    "%s %s", i == 0 ? "" : ",", opt->words[i]);
	(void)fail_value(p, opt, value, form);
	if (near != NULL)
		opt_error_hint(p->err, "did you mean %s?", near);
	return -EINVAL;
}

/* ---- Values ------------------------------------------------------------- */

static int
store_label(struct parser *p, const struct opt *opt, const char *value,
    struct opt_labels *labels)
{
	size_t len, i;
	int r = parse_label(value, &len);

	if (r == -ERANGE)
		return fail(
		    p, opt, "the key (63 bytes) or value (255) is too long");
	if (r < 0) {
		(void)fail_value(p, opt, value, "KEY=VALUE");
		opt_error_hint(p->err,
		    "a key has letters, digits, '_', '.' and '-' and starts "
		    "with a letter or '_'; a value has no control characters");
		return r;
	}
	for (i = 0; i < labels->count; i++)
		if (strlen(labels->list[i].key) == len &&
		    memcmp(labels->list[i].key, value, len) == 0)
			return fail(p, opt, "one key is given twice");
	if (i == OPT_LABELS_MAX)
		return fail(p, opt, "more than 32 labels");
	memcpy(labels->list[i].key, value, len);
	labels->list[i].key[len] = '\0';
	labels->list[i].value = value + len + 1;
	labels->count++;
	return 0;
}

static int
store_int(
    struct parser *p, const struct opt *opt, const char *value, int64_t *field)
{
	uint64_t number = 0;
	int r;

	if ((opt->flags & OPT_F_HEX) != 0)
		r = parse_u64_hex(
		    value, (uint64_t)opt->min, (uint64_t)opt->max, &number);
	else
		r = parse_u64(
		    value, (uint64_t)opt->min, (uint64_t)opt->max, &number);
	if (r < 0)
		return fail_int(p, opt, value);
	*field = (int64_t)number;
	return 0;
}

static int
store_tos(
    struct parser *p, const struct opt *opt, const char *value, int *field)
{
	if (parse_tos(value, field) == 0)
		return 0;
	(void)fail_value(
	    p, opt, value, "a number from 0 to 255 or a DSCP name");
	opt_error_hint(p->err,
	    "the names are cs0 to cs7, af11 to af43, ef, va, le and be");
	return -EINVAL;
}

static int
store_text(struct parser *p, const struct opt *opt, const char *value,
    const char **field)
{
	if (opt->kind == OPT_RUN_ID && parse_run_id(value) < 0)
		return fail_value(p, opt, value, "16 hex digits in lower case");
	if (*value == '\0')
		return fail(p, opt, "the argument is empty");
	*field = value;
	return 0;
}

static int
store_pattern(struct parser *p, const struct opt *opt, const char *value,
    struct opt_pattern *field)
{
	if (parse_pattern(value, field->bytes, &field->len) == 0)
		return 0;
	return fail_value(p, opt, value, "1 to 16 bytes in hex digits");
}

static int
store(struct parser *p, const struct opt *opt, const char *value)
{
	void *field = (char *)p->opts + opt->offset;
	int r;

	/* VALUE is NULL where none was given, and none has to be. */
	switch (opt->kind) {
	case OPT_FLAG:
		*(bool *)field = (opt->flags & OPT_F_NEGATE) == 0;
		return 0;
	case OPT_CONST:
		*(int *)field = (int)opt->min;
		return 0;
	case OPT_INT:
		return store_int(p, opt, value, field);
	case OPT_DURATION:
		r = parse_duration(value, opt->min, opt->max, field);
		return r == 0 ? 0 : fail_duration(p, opt, value, r);
	case OPT_PERCENT:
		if (parse_percent(value, field) == 0)
			return 0;
		return fail_value(p, opt, value, "a percentage from 0 to 100");
	case OPT_ENUM:
		if (value == NULL)
			value = opt->words[0];
		r = parse_word(value, opt->words, field);
		return r == 0 ? 0 : fail_word(p, opt, value);
	case OPT_TOS:
		return store_tos(p, opt, value, field);
	case OPT_STRING:
	case OPT_RUN_ID:
		return store_text(p, opt, value, field);
	case OPT_PATTERN:
		return store_pattern(p, opt, value, field);
	case OPT_LABEL:
		return store_label(p, opt, value, field);
	}
	return fail(p, opt, "has no kind");
}

/* "-count" is -c with "ount": a hint where a long name was meant. */
static void
hint_single_dash(struct parser *p, const char *value)
{
	const char *word = p->argv[optind - 1];

	if (word[0] == '-' && word[1] != '\0' && value == word + 2 &&
	    opt_find(p->table, word + 1) != NULL)
		opt_error_hint(p->err, "did you mean -%s?", word);
}

int
opt_parse(const struct opt *table, void *opts, int argc, char **argv,
    size_t *ret_words, struct opt_error *err)
{
	struct parser p = {.table = table,
	    .opts = opts,
	    .argc = argc,
	    .argv = argv,
	    .err = err};
	size_t words = 0;
	int result, r;

	prepare(&p);
	optind = 0; /* start anew: GNU and musl */
	opterr = 0;
	while (argc > 0 && (result = getopt_long(
				argc, argv, p.shorts, p.longs, NULL)) != -1) {
		const struct opt *opt = entry(&p, result);

		if (result == 1) {
			argv[++words] = optarg;
			continue;
		}
		if (result == '?' || result == ':' || opt == NULL)
			return fail_getopt(&p, result);
		r = store(&p, opt, optarg);
		if (r < 0) {
			if (result < LONG_VALUE && optarg != NULL)
				hint_single_dash(&p, optarg);
			return r;
		}
		if ((opt->flags & OPT_F_STOP) != 0) {
			*ret_words = words;
			return 0;
		}
	}
	for (int i = optind; argc > 0 && i < argc; i++)
		argv[++words] = argv[i];
	*ret_words = words;
	return 0;
}
