/* SPDX-License-Identifier: MIT */
/* help.c: what a command prints instead of running. */
#include "cmd.h"
#include "message.h"

#include <stdio.h>

int
cmd_flushed(const char *cmd)
{
	if (fflush(stdout) == 0 && ferror(stdout) == 0)
		return EXIT_MET;
	message(cmd, "standard output", "cannot write", NULL);
	return EXIT_SYSTEM;
}

int
cmd_help(const struct cmd *cmd)
{
	(void)printf("usage: netdiag %s\n%s.\n\n", cmd->usage, cmd->summary);
	opt_help(stdout, cmd->table);
	(void)printf("\nSee netdiag-%s(1).\n", cmd->name);
	return cmd_flushed(cmd->name);
}
