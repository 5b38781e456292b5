/* SPDX-License-Identifier: MIT */
/*
 * opt.h: one typed table a command describes its options; parsing, --help,
 * the completions, the man page's list and the `params` of the records all
 * come from it. Parsing is pure: argv only, no file, environment or name.
 */
#ifndef CMD_OPT_H
#define CMD_OPT_H

#include "parse.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define OPT_LABELS_MAX 32

/* ---- Errors: `netdiag: ping: SUBJECT: CAUSE`, then `hint: HINT` --------- */

struct opt_error {
	char option[128];  /* SUBJECT: "--count", or the target; may be "" */
	char message[320]; /* CAUSE: lower case, no full stop */
	char hint[256];	   /* or "" */
};

/* Sets SUBJECT and CAUSE and clears the hint. Returns -EINVAL. */
int opt_error_set(struct opt_error *err, const char *subject,
    const char *format, ...) __attribute__((format(printf, 3, 4)));
void opt_error_hint(struct opt_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/*
 * TEXT as it may be shown: control bytes and invalid UTF-8 as \xNN, cut with
 * "..." where it does not fit. Returns BUF.
 */
char *opt_show(const char *text, char *buf, size_t size);
/*
 * The word of CANDIDATES (ends with NULL) nearest to TEXT, or NULL where none
 * is within two edits (insert, delete, replace, swap of two neighbours).
 */
const char *opt_nearest(const char *text, const char *const *candidates);
/* The edits between A and B, at most LIMIT + 1. */
unsigned opt_distance(const char *a, const char *b, unsigned limit);

/* ---- The table ---------------------------------------------------------- */

/* What an option's value is, and the type of its field. */
enum opt_kind {
	OPT_FLAG,     /* no argument; bool, becomes true */
	OPT_CONST,    /* no argument; int, becomes MIN */
	OPT_INT,      /* int64_t, MIN..MAX */
	OPT_DURATION, /* int64_t in ns, MIN..MAX */
	OPT_PERCENT,  /* int64_t in millionths of a percent */
	OPT_ENUM,     /* int, index in WORDS */
	OPT_TOS,      /* int, 0..255 */
	OPT_STRING,   /* const char *, into argv; not empty */
	OPT_PATTERN,  /* struct opt_pattern */
	OPT_LABEL,    /* struct opt_labels; repeatable */
	OPT_RUN_ID    /* const char *, into argv */
};

#define OPT_F_REPEAT 1u	 /* may be given more than once, each counts */
#define OPT_F_ROOT 2u	 /* for root only: the help says so */
#define OPT_F_HIDDEN 4u	 /* not in help and completions */
#define OPT_F_NOPARAM 8u /* not in the records' params */
#define OPT_F_NEGATE 16u /* OPT_FLAG: becomes false */
#define OPT_F_HEX 32u	 /* OPT_INT: 0x hex is allowed too */
#define OPT_F_STOP 64u	 /* ends parsing: --help, --version */
#define OPT_F_FILE 128u	 /* OPT_STRING: complete file names */
#define OPT_F_IFACE 256u /* OPT_STRING: complete interface names */
#define OPT_F_OPTIONAL                                                         \
	512u /* OPT_ENUM without a letter: --NAME alone is its first word */

/*
 * A numeric field that is not set (its default is "none") holds -1, a string
 * NULL. A table ends with an entry whose name is NULL. Entries of one group
 * stand together.
 */
struct opt {
	const char *name; /* long name, without dashes */
	int letter;	  /* or 0 */
	enum opt_kind kind;
	unsigned flags;	 /* OPT_F_* */
	size_t offset;	 /* of the field in the options struct */
	const char *arg; /* metavar, or NULL */
	int64_t min, max;
	const char *const *words; /* OPT_ENUM: ends with NULL */
	const char *group;	  /* heading in the help */
	const char *help;	  /* one line, lower case, no full stop */
	const char *deflt;	  /* default as typed, or NULL */
};

struct opt_pattern {
	size_t len; /* 0: none given */
	uint8_t bytes[PARSE_PATTERN_MAX];
};

struct opt_labels {
	size_t count;
	struct {
		char key[PARSE_LABEL_KEY_MAX + 1];
		const char *value; /* into argv */
	} list[OPT_LABELS_MAX];
};

/*
 * Parses ARGV[1..] after TABLE into OPTS, which holds the defaults. Options
 * and other words may mix, "--" ends the options, a long name may be cut as
 * long as it is clear. The other words are moved to ARGV[1..] and counted in
 * RET_WORDS. An option with OPT_F_STOP ends parsing with 0. -EINVAL with ERR
 * filled on a usage error. Not reentrant (getopt_long(3)).
 */
int opt_parse(const struct opt *table, void *opts, int argc, char **argv,
    size_t *ret_words, struct opt_error *err);
/* The entry of that long name, or NULL. */
const struct opt *opt_find(const struct opt *table, const char *name);
bool opt_takes_arg(const struct opt *opt);

/* ---- What is made from the table ---------------------------------------- */

/* The options part of --help: grouped, aligned, at most 80 columns. */
void opt_help(FILE *out, const struct opt *table);
/* One "--name LETTER ARG" a line, "-" where there is none; for tests. */
void opt_list(FILE *out, const struct opt *table);

struct opt_command {
	const char *name;    /* "ping" */
	const char *summary; /* one line */
	const struct opt *table;
};
/*
 * The completion script for SHELL ("bash", "zsh", "fish") and the N COMMANDS.
 * -EINVAL if SHELL is unknown.
 */
int opt_complete(
    FILE *out, const char *shell, const struct opt_command *commands, size_t n);
extern const char *const opt_shells[]; /* ends with NULL */

enum opt_value_type {
	OPT_VALUE_NULL,
	OPT_VALUE_BOOL,
	OPT_VALUE_INT,
	OPT_VALUE_MS,  /* number is ns: write it as milliseconds */
	OPT_VALUE_PCT, /* number is millionths of a percent */
	OPT_VALUE_STRING
};

struct opt_value {
	char key[40]; /* snake_case, with its unit: "interval_ms" */
	enum opt_value_type type;
	bool boolean;
	int64_t number;
	const char *string; /* into argv, the table or BUF */
	char buf[2 * PARSE_PATTERN_MAX + 1];
};
/*
 * The records' `params`: the effective value of each option that is one.
 * Start with *STATE = 0; true as long as there was one.
 *
 *	for (size_t i = 0; opt_param(table, opts, &i, &v);)
 */
bool opt_param(const struct opt *table, const void *opts, size_t *state,
    struct opt_value *ret);

#endif
