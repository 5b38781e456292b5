/* SPDX-License-Identifier: MIT */
/* color.h: whether to use colour, and the few sequences that are used. */
#ifndef CMD_COLOR_H
#define CMD_COLOR_H

#include <stdbool.h>

enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* What decides; strings are values of the environment or NULL. */
struct color_inputs {
	enum color_when when; /* --color */
	const char *no_color; /* NO_COLOR: not empty = off */
	const char
	    *clicolor_force; /* CLICOLOR_FORCE: not empty, not "0" = on */
	const char *term;    /* TERM: "dumb" = off */
	bool is_terminal;    /* isatty() of the stream */
};

/* The option, NO_COLOR, CLICOLOR_FORCE, TERM, the terminal: in this order. */
bool color_enabled(const struct color_inputs *inputs);

#define COLOR_RED "\033[31m"
#define COLOR_GREEN "\033[32m"
#define COLOR_YELLOW "\033[33m"
#define COLOR_RESET "\033[0m"

#endif
