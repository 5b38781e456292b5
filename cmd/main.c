/* SPDX-License-Identifier: MIT */
/* main.c: the table of commands, dispatch, help. */
#include "cmd.h"
#include "message.h"
#include "target_port.h"

#include <netdiag.h>

#include <stdio.h>
#include <string.h>

static const struct cmd *const commands[] = {
    &cmd_ping_entry, &cmd_trace_entry, &cmd_knock_entry};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct cmd *
find(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static void
usage(FILE *out)
{
	(void)fputs("usage: netdiag COMMAND [options] TARGET...\n"
		    "       netdiag help [COMMAND] | --help | --version\n\n",
	    out);
	for (size_t i = 0; i < COMMANDS; i++)
		(void)fprintf(out, "  %-6s %s\n", commands[i]->name,
		    commands[i]->summary);
	(void)fputs("\nexamples:\n"
		    "  netdiag ping -c 3 192.0.2.1\n"
		    "  netdiag ping -c 1 --alive 192.0.2.0/24\n"
		    "  netdiag ping --json -c 10 @hosts.txt\n"
		    "  netdiag trace example.org\n"
		    "  netdiag trace --mda -A 192.0.2.1\n"
		    "  netdiag knock example.org:443\n"
		    "  netdiag knock -c 1 192.0.2.0/24:22,80,443\n",
	    out);
}

static int
help(int argc, char **argv)
{
	const struct cmd *cmd;

	if (argc < 2) {
		usage(stdout);
		return cmd_flushed("help");
	}
	cmd = find(argv[1]);
	if (cmd != NULL)
		return cmd_help(cmd);
	message("help", argv[1], "no such command", NULL);
	return EXIT_USAGE;
}

/* For packagers and tests: what is made from the option tables. */
static int
complete(const char *shell)
{
	struct opt_command list[COMMANDS];

	for (size_t i = 0; i < COMMANDS; i++)
		list[i] = (struct opt_command){.name = commands[i]->name,
		    .summary = commands[i]->summary,
		    .table = commands[i]->table};
	if (shell == NULL || opt_complete(stdout, shell, list, COMMANDS) != 0) {
		message(NULL, "--completion", "wants bash, zsh or fish", NULL);
		return EXIT_USAGE;
	}
	return cmd_flushed(NULL);
}

static int
list_options(const char *name)
{
	const struct cmd *cmd = name != NULL ? find(name) : NULL;

	if (cmd == NULL) {
		message(NULL, "--options", "wants a command", NULL);
		return EXIT_USAGE;
	}
	opt_list(stdout, cmd->table);
	return cmd_flushed(NULL);
}

/* `netdiag 192.0.2.1`: the habit of other tools. */
static bool
is_target(const char *word)
{
	struct target_spec spec;
	struct opt_error err;

	return target_parse(word, TARGET_BROADCAST, &spec, &err) == 0 &&
	       (spec.kind != TARGET_NAME || strchr(word, '.') != NULL);
}

static bool
has_ports(const char *word)
{
	struct target_port port;
	struct opt_error err;

	return target_port_parse(word, &port, &err) == 0 && port.ports != NULL;
}

static int
unknown(const char *word)
{
	static const char *const names[] = {
	    "ping", "trace", "knock", "help", "--help", "--version", NULL};
	const char *near = opt_nearest(word, names);
	char hint[320] = "";

	if (near == NULL && word[0] != '-' && has_ports(word))
		(void)snprintf(hint, sizeof(hint),
		    "did you mean: netdiag knock %.253s", word);
	else if (near == NULL && word[0] != '-' && is_target(word))
		(void)snprintf(hint, sizeof(hint),
		    "did you mean: netdiag ping %.253s", word);
	else if (near != NULL)
		(void)snprintf(
		    hint, sizeof(hint), "did you mean: netdiag %s", near);
	else
		(void)snprintf(
		    hint, sizeof(hint), "netdiag --help lists the commands");
	message(NULL, word,
	    word[0] == '-' ? "no such option" : "no such command", hint);
	return EXIT_USAGE;
}

static int
dispatch(struct priv *priv, int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;
	const struct cmd *cmd;

	if (word == NULL) {
		usage(stderr);
		return EXIT_USAGE;
	}
	cmd = find(word);
	if (cmd != NULL)
		return cmd->run(priv, argc - 1, argv + 1);
	if (strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 ||
	    strcmp(word, "-h") == 0)
		return help(argc - 1, argv + 1);
	if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
		(void)printf("netdiag %s\n", nd_version());
		return cmd_flushed(NULL);
	}
	if (strcmp(word, "--completion") == 0)
		return complete(argv[2]);
	if (strcmp(word, "--options") == 0)
		return list_options(argv[2]);
	return unknown(word);
}

int
main(int argc, char **argv)
{
	struct priv priv;
	int r = priv_init(&priv);

	if (r != 0) {
		message(NULL, priv.failed, nd_strerror(r), NULL);
		return EXIT_SYSTEM;
	}
	return dispatch(&priv, argc, argv);
}
