/* SPDX-License-Identifier: MIT */
/* cmd.h: what main.c knows of each command. */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include "opt.h"
#include "priv.h"

/* The exit status: see netdiag(1). The highest that applies wins. */
#define EXIT_MET 0    /* every target met its goal */
#define EXIT_UNMET 1  /* measured, and at least one did not */
#define EXIT_USAGE 2  /* usage, or a name that does not resolve */
#define EXIT_SYSTEM 3 /* privilege, system error, output */

struct cmd {
	const char *name, *summary, *usage;
	const struct opt *table;
	/* ARGV[0] is the command's name. Returns the exit status. */
	int (*run)(struct priv *priv, int argc, char **argv);
};

int cmd_ping(struct priv *priv, int argc, char **argv);
int cmd_trace(struct priv *priv, int argc, char **argv);
int cmd_knock(struct priv *priv, int argc, char **argv);
/* What was printed has to have arrived: the exit status. */
int cmd_flushed(const char *cmd);
/* Prints the whole --help of CMD on standard output: the exit status. */
int cmd_help(const struct cmd *cmd);
extern const struct cmd cmd_ping_entry;
extern const struct cmd cmd_trace_entry;
extern const struct cmd cmd_knock_entry;

#endif
