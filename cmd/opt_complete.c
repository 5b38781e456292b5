/* SPDX-License-Identifier: MIT */
/*
 * opt_complete.c: completion scripts for bash, zsh and fish, written from the
 * tables of all commands. They look at files and interfaces only: completing
 * a word never causes traffic.
 */
#include "opt.h"

#include <errno.h>
#include <string.h>

const char *const opt_shells[] = {"bash", "zsh", "fish", NULL};

#define INTERFACES "$(command ls /sys/class/net 2>/dev/null)"

static bool
shown(const struct opt *opt)
{
	return (opt->flags & OPT_F_HIDDEN) == 0;
}

/* TEXT with a backslash before each of SPECIAL, and ' as a quoted word. */
static void
escape(FILE *out, const char *text, const char *special)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'') {
			(void)fputs("'\\''", out);
			continue;
		}
		if (strchr(special, *text) != NULL)
			(void)fputc('\\', out);
		(void)fputc(*text, out);
	}
}

/* The words an argument can be, with blanks between; none: nothing. */
static void
words(FILE *out, const struct opt *opt)
{
	const char *name;

	for (size_t i = 0; opt->kind == OPT_ENUM && opt->words[i] != NULL; i++)
		(void)fprintf(out, "%s%s", i == 0 ? "" : " ", opt->words[i]);
	for (size_t i = 0; opt->kind == OPT_TOS; i++) {
		name = parse_tos_name(i);
		if (name == NULL)
			break;
		(void)fprintf(out, "%s%s", i == 0 ? "" : " ", name);
	}
}

static bool
has_words(const struct opt *opt)
{
	return opt->kind == OPT_ENUM || opt->kind == OPT_TOS;
}

static bool
is_optional(const struct opt *opt)
{
	return (opt->flags & OPT_F_OPTIONAL) != 0;
}

/* ---- bash --------------------------------------------------------------- */

/* An argument that only stands behind "=": else it is the next word. */
static void
bash_optional(FILE *out, const struct opt *opt)
{
	(void)fputs("\t\tif [[ $joined ]]; then\n"
		    "\t\t\tCOMPREPLY=($(compgen -W \"",
	    out);
	words(out, opt);
	(void)fputs("\" -- \"$cur\"))\n"
		    "\t\t\treturn\n\t\tfi\n\t\t;;\n",
	    out);
}

/* The reply to the argument of one option, as a case branch. */
static void
bash_value(FILE *out, const char *command, const struct opt *opt)
{
	if (!opt_takes_arg(opt))
		return;
	(void)fprintf(out, "\t%s:--%s", command, opt->name);
	if (opt->letter != 0)
		(void)fprintf(out, " | %s:-%c", command, opt->letter);
	(void)fputs(")\n", out);
	if (is_optional(opt)) {
		bash_optional(out, opt);
		return;
	}
	if (has_words(opt)) {
		(void)fputs("\t\tCOMPREPLY=($(compgen -W \"", out);
		words(out, opt);
		(void)fputs("\" -- \"$cur\"))\n", out);
	} else if ((opt->flags & OPT_F_IFACE) != 0) {
		(void)fputs("\t\tCOMPREPLY=($(compgen -W \"" INTERFACES
			    "\" -- \"$cur\"))\n",
		    out);
	} else if ((opt->flags & OPT_F_FILE) != 0) {
		(void)fputs("\t\tcompopt -o filenames\n"
			    "\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n",
		    out);
	}
	(void)fputs("\t\treturn\n\t\t;;\n", out);
}

static void
bash_names(FILE *out, const struct opt_command *command)
{
	(void)fprintf(out, "\t%s)\n\t\toptions=\"", command->name);
	for (const struct opt *opt = command->table; opt->name != NULL; opt++) {
		if (shown(opt))
			(void)fprintf(out, "%s--%s",
			    opt == command->table ? "" : " ", opt->name);
	}
	(void)fputs("\"\n\t\t;;\n", out);
}

static void
bash(FILE *out, const struct opt_command *commands, size_t n)
{
	(void)fputs("# bash completion for netdiag\n"
		    "_netdiag()\n{\n"
		    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev= joined=\n"
		    "\tlocal command=${COMP_WORDS[1]} options=\n"
		    "\tlocal names=\"",
	    out);
	for (size_t i = 0; i < n; i++)
		(void)fprintf(out, "%s ", commands[i].name);
	(void)fputs(
	    "help\"\n"
	    "\tCOMPREPLY=()\n"
	    "\tif ((COMP_CWORD == 1)); then\n"
	    "\t\tCOMPREPLY=($(compgen -W \"$names --help --version\" \\\n"
	    "\t\t    -- \"$cur\"))\n"
	    "\t\treturn\n\tfi\n"
	    "\tprev=${COMP_WORDS[COMP_CWORD - 1]}\n"
	    "\t# \"=\" and \"@\" are words of their own to bash.\n"
	    "\t[[ $prev == = || $cur == = ]] && joined=1\n"
	    "\tif [[ $prev == = ]]; then\n"
	    "\t\tprev=${COMP_WORDS[COMP_CWORD - 2]}\n"
	    "\telif [[ $cur == = || $cur == @ ]]; then\n"
	    "\t\t[[ $cur == @ ]] && prev=@\n"
	    "\t\tcur=\n\tfi\n"
	    "\tif [[ $prev == @ ]]; then\n"
	    "\t\tcompopt -o filenames\n"
	    "\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n"
	    "\t\treturn\n\tfi\n"
	    "\tcase $command:$prev in\n",
	    out);
	for (size_t i = 0; i < n; i++)
		for (const struct opt *opt = commands[i].table;
		     opt->name != NULL; opt++)
			if (shown(opt))
				bash_value(out, commands[i].name, opt);
	(void)fputs("\thelp:help)\n"
		    "\t\tCOMPREPLY=($(compgen -W \"$names\" -- \"$cur\"))\n"
		    "\t\treturn\n\t\t;;\n"
		    "\tesac\n"
		    "\tcase $command in\n",
	    out);
	for (size_t i = 0; i < n; i++)
		bash_names(out, &commands[i]);
	(void)fputs("\t*)\n\t\treturn\n\t\t;;\n\tesac\n"
		    "\tif [[ $cur == -* ]]; then\n"
		    "\t\tCOMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
		    "\telse\n"
		    "\t\tCOMPREPLY=($(compgen -A hostname -- \"$cur\"))\n"
		    "\tfi\n}\n"
		    "complete -F _netdiag netdiag\n",
	    out);
}

/* ---- zsh ---------------------------------------------------------------- */

static void
zsh_one(FILE *out, const struct opt *opt)
{
	bool arg = opt_takes_arg(opt);

	(void)fputs(" \\\n\t\t    ", out);
	if ((opt->flags & OPT_F_REPEAT) != 0)
		(void)fputs("'*'", out);
	else if (opt->letter != 0)
		(void)fprintf(out, "'(-%c --%s)'", opt->letter, opt->name);
	if (opt->letter != 0)
		(void)fprintf(out, "{-%c%s,--%s%s}", opt->letter,
		    arg ? "+" : "", opt->name, arg ? "=" : "");
	else
		(void)fprintf(out, "--%s%s%s", opt->name, arg ? "=" : "",
		    is_optional(opt) ? "-" : "");
	(void)fputs("'[", out);
	escape(out, opt->help, "[]:\\");
	(void)fputc(']', out);
	if (arg) {
		(void)fputs(is_optional(opt) ? "::" : ":", out);
		escape(out, opt->arg, "[]:\\");
		(void)fputc(':', out);
	}
	if (has_words(opt)) {
		(void)fputc('(', out);
		words(out, opt);
		(void)fputc(')', out);
	} else if ((opt->flags & OPT_F_IFACE) != 0) {
		(void)fputs("_net_interfaces", out);
	} else if ((opt->flags & OPT_F_FILE) != 0) {
		(void)fputs("_files", out);
	}
	(void)fputc('\'', out);
}

static void
zsh(FILE *out, const struct opt_command *commands, size_t n)
{
	(void)fputs("#compdef netdiag\n"
		    "_netdiag_targets()\n{\n"
		    "\tif compset -P '@'; then\n\t\t_files\n"
		    "\telse\n\t\t_hosts\n\tfi\n}\n"
		    "_netdiag()\n{\n"
		    "\tlocal -a commands\n"
		    "\tcommands=(\n",
	    out);
	for (size_t i = 0; i < n; i++) {
		(void)fprintf(out, "\t\t'%s:", commands[i].name);
		escape(out, commands[i].summary, ":\\");
		(void)fputs("'\n", out);
	}
	(void)fputs("\t\t'help:show how a command is used'\n"
		    "\t)\n"
		    "\tif ((CURRENT == 2)); then\n"
		    "\t\t_describe command commands\n"
		    "\t\tcompadd -- --help --version\n"
		    "\t\treturn\n\tfi\n"
		    "\tshift words\n"
		    "\t((CURRENT--))\n"
		    "\tcase $words[1] in\n",
	    out);
	for (size_t i = 0; i < n; i++) {
		(void)fprintf(
		    out, "\t%s)\n\t\t_arguments -s -S", commands[i].name);
		for (const struct opt *opt = commands[i].table;
		     opt->name != NULL; opt++)
			if (shown(opt))
				zsh_one(out, opt);
		(void)fputs(" \\\n\t\t    '*:target:_netdiag_targets'\n"
			    "\t\t;;\n",
		    out);
	}
	(void)fputs("\thelp)\n\t\t_describe command commands\n\t\t;;\n"
		    "\tesac\n}\n"
		    "if [[ $funcstack[1] == _netdiag ]]; then\n"
		    "\t_netdiag \"$@\"\n"
		    "else\n\tcompdef _netdiag netdiag\nfi\n",
	    out);
}

/* ---- fish --------------------------------------------------------------- */

static void
fish_one(FILE *out, const char *command, const struct opt *opt)
{
	(void)fprintf(out, "complete -c netdiag -n '__netdiag_uses %s' -l %s",
	    command, opt->name);
	if (opt->letter != 0)
		(void)fprintf(out, " -s %c", opt->letter);
	if (has_words(opt)) {
		(void)fputs(is_optional(opt) ? " -a '" : " -x -a '", out);
		words(out, opt);
		(void)fputc('\'', out);
	} else if ((opt->flags & OPT_F_IFACE) != 0) {
		(void)fputs(
		    " -x -a '(command ls /sys/class/net 2>/dev/null)'", out);
	} else if ((opt->flags & OPT_F_FILE) != 0) {
		(void)fputs(" -r -F", out);
	} else if (opt_takes_arg(opt)) {
		(void)fputs(" -x", out);
	}
	(void)fputs(" -d '", out);
	escape(out, opt->help, "\\");
	(void)fputs("'\n", out);
}

static void
fish(FILE *out, const struct opt_command *commands, size_t n)
{
	(void)fputs(
	    "# fish completion for netdiag\n"
	    "function __netdiag_first\n"
	    "\ttest (count (commandline -opc)) -eq 1\nend\n"
	    "function __netdiag_uses\n"
	    "\tset -l words (commandline -opc)\n"
	    "\ttest (count $words) -ge 2; and test $words[2] = $argv[1]\nend\n"
	    "function __netdiag_at\n"
	    "\tstring match -q '@*' -- (commandline -ct)\nend\n"
	    "function __netdiag_files\n"
	    "\tset -l start (string sub -s 2 -- (commandline -ct))\n"
	    "\t__fish_complete_path $start | string replace -r '^' '@'\nend\n"
	    "complete -c netdiag -f\n"
	    "complete -c netdiag -n '__netdiag_at' -a '(__netdiag_files)'\n"
	    "complete -c netdiag -n '__netdiag_first' -l help\n"
	    "complete -c netdiag -n '__netdiag_first' -l version\n",
	    out);
	for (size_t i = 0; i < n; i++) {
		(void)fprintf(out,
		    "complete -c netdiag -n '__netdiag_first' -a %s -d '",
		    commands[i].name);
		escape(out, commands[i].summary, "\\");
		(void)fputs("'\n", out);
	}
	(void)fputs("complete -c netdiag -n '__netdiag_first' -a help\n"
		    "complete -c netdiag -n '__netdiag_uses help' -a '",
	    out);
	for (size_t i = 0; i < n; i++)
		(void)fprintf(out, "%s%s", i == 0 ? "" : " ", commands[i].name);
	(void)fputs("'\n", out);
	for (size_t i = 0; i < n; i++)
		for (const struct opt *opt = commands[i].table;
		     opt->name != NULL; opt++)
			if (shown(opt))
				fish_one(out, commands[i].name, opt);
}

int
opt_complete(
    FILE *out, const char *shell, const struct opt_command *commands, size_t n)
{
	if (strcmp(shell, "bash") == 0)
		bash(out, commands, n);
	else if (strcmp(shell, "zsh") == 0)
		zsh(out, commands, n);
	else if (strcmp(shell, "fish") == 0)
		fish(out, commands, n);
	else
		return -EINVAL;
	return 0;
}
