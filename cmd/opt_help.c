/* SPDX-License-Identifier: MIT */
/* opt_help.c: the options part of --help, written from the table. */
#include "opt.h"

#include <string.h>

#define COLUMN 28 /* where the help texts begin */
#define WIDTH 79  /* the last column that is used */

/* Appends to TEXT of SIZE, cut where it is full. */
static void
append(char *text, size_t size, const char *a, const char *b)
{
	size_t len = strlen(text);

	(void)snprintf(text + len, size - len, "%s%s", a, b);
}

/* The help, and in brackets the words, the default, who may use it. */
static void
describe(const struct opt *opt, char *text, size_t size)
{
	const char *lead = " (";

	text[0] = '\0';
	append(text, size, opt->help, "");
	if (opt->kind == OPT_ENUM) {
		for (size_t i = 0; opt->words[i] != NULL; i++) {
			append(text, size, lead, opt->words[i]);
			lead = ", ";
		}
		lead = "; ";
	}
	if (opt->deflt != NULL) {
		append(text, size, lead, "default ");
		append(text, size, opt->deflt, "");
		lead = "; ";
	}
	if ((opt->flags & OPT_F_ROOT) != 0) {
		append(text, size, lead, "root only");
		lead = "; ";
	}
	if (lead[1] != '(')
		append(text, size, ")", "");
}

/* Writes TEXT from column AT on, broken at blanks. */
static void
wrap(FILE *out, const char *text, int at)
{
	bool first = true;

	while (*text != '\0') {
		size_t len = strcspn(text, " ");

		if (!first && at + 1 + (int)len > WIDTH) {
			(void)fprintf(out, "\n%*s", COLUMN, "");
			at = COLUMN;
			first = true;
		}
		at += (int)len + !first;
		(void)fprintf(out, "%s%.*s", first ? "" : " ", (int)len, text);
		first = false;
		text += len;
		text += strspn(text, " ");
	}
	(void)fputc('\n', out);
}

static void
help_one(FILE *out, const struct opt *opt)
{
	const bool optional = (opt->flags & OPT_F_OPTIONAL) != 0;
	char letter[] = "    ", arg[40] = "", text[400];
	int at;

	if (opt->letter != 0)
		(void)snprintf(letter, sizeof(letter), "-%c, ", opt->letter);
	if (opt_takes_arg(opt))
		(void)snprintf(
		    arg, sizeof(arg), optional ? "[=%s]" : " %s", opt->arg);
	at = fprintf(out, "  %s--%s%s", letter, opt->name, arg);
	if (at > COLUMN - 2) {
		(void)fputc('\n', out);
		at = 0;
	}
	(void)fprintf(out, "%*s", COLUMN - at, "");
	describe(opt, text, sizeof(text));
	wrap(out, text, COLUMN);
}

void
opt_help(FILE *out, const struct opt *table)
{
	const char *group = NULL;

	for (; table->name != NULL; table++) {
		if ((table->flags & OPT_F_HIDDEN) != 0)
			continue;
		if (group == NULL || strcmp(group, table->group) != 0) {
			(void)fprintf(out, "%s%s:\n", group == NULL ? "" : "\n",
			    table->group);
			group = table->group;
		}
		help_one(out, table);
	}
}

void
opt_list(FILE *out, const struct opt *table)
{
	for (; table->name != NULL; table++) {
		if ((table->flags & OPT_F_HIDDEN) != 0)
			continue;
		(void)fprintf(out, "--%s %c %s\n", table->name,
		    table->letter != 0 ? table->letter : '-',
		    opt_takes_arg(table) ? table->arg : "-");
	}
}
