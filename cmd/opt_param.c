/* SPDX-License-Identifier: MIT */
/* opt_param.c: the effective options, typed, for the records' `params`. */
#include "opt.h"

#include <string.h>

static void
set_key(struct opt_value *value, const char *name, const char *unit)
{
	(void)snprintf(value->key, sizeof(value->key), "%s%s", name, unit);
	for (char *c = value->key; *c != '\0'; c++)
		if (*c == '-')
			*c = '_';
}

/* NUMBER, or null where it is -1. */
static void
set_number(struct opt_value *value, enum opt_value_type type, int64_t number)
{
	value->type = number < 0 ? OPT_VALUE_NULL : type;
	value->number = number < 0 ? 0 : number;
}

static void
set_string(struct opt_value *value, const char *string)
{
	value->type = string == NULL ? OPT_VALUE_NULL : OPT_VALUE_STRING;
	value->string = string;
}

static void
set_pattern(struct opt_value *value, const struct opt_pattern *pattern)
{
	for (size_t i = 0; i < pattern->len; i++)
		(void)snprintf(
		    value->buf + 2 * i, 3, "%02x", pattern->bytes[i]);
	set_string(value, pattern->len == 0 ? NULL : value->buf);
}

static void
set_value(struct opt_value *value, const struct opt *opt, const void *field)
{
	int number;

	switch (opt->kind) {
	case OPT_FLAG:
		value->type = OPT_VALUE_BOOL;
		value->boolean = *(const bool *)field;
		break;
	case OPT_INT:
		set_number(value, OPT_VALUE_INT, *(const int64_t *)field);
		break;
	case OPT_DURATION:
		set_number(value, OPT_VALUE_MS, *(const int64_t *)field);
		break;
	case OPT_PERCENT:
		set_number(value, OPT_VALUE_PCT, *(const int64_t *)field);
		break;
	case OPT_ENUM:
		number = *(const int *)field;
		set_string(value, number < 0 ? NULL : opt->words[number]);
		break;
	case OPT_TOS:
		set_number(value, OPT_VALUE_INT, *(const int *)field);
		break;
	case OPT_STRING:
		set_string(value, *(const char *const *)field);
		break;
	case OPT_PATTERN:
		set_pattern(value, field);
		break;
	case OPT_CONST:
	case OPT_LABEL:
	case OPT_RUN_ID:
		break;
	}
}

/* Whether the option is a parameter: some only stand for another one. */
static bool
is_param(const struct opt *opt)
{
	return (opt->flags & (OPT_F_NOPARAM | OPT_F_NEGATE)) == 0 &&
	       opt->kind != OPT_CONST && opt->kind != OPT_LABEL &&
	       opt->kind != OPT_RUN_ID;
}

bool
opt_param(const struct opt *table, const void *opts, size_t *state,
    struct opt_value *ret)
{
	const struct opt *opt;
	const char *unit = "";

	while (table[*state].name != NULL && !is_param(&table[*state]))
		++*state;
	opt = &table[*state];
	if (opt->name == NULL)
		return false;
	++*state;
	if (opt->kind == OPT_DURATION)
		unit = "_ms";
	else if (opt->kind == OPT_PERCENT)
		unit = "_pct";
	*ret = (struct opt_value){.type = OPT_VALUE_NULL};
	set_key(ret, opt->name, unit);
	set_value(ret, opt, (const char *)opts + opt->offset);
	return true;
}
