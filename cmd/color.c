/* SPDX-License-Identifier: MIT */
/* color.c: whether to use colour. */
#include "color.h"

#include <stddef.h>
#include <string.h>

static bool
set(const char *value)
{
	return value != NULL && value[0] != '\0';
}

bool
color_enabled(const struct color_inputs *inputs)
{
	if (inputs->when != COLOR_AUTO)
		return inputs->when == COLOR_ALWAYS;
	if (set(inputs->no_color))
		return false;
	if (set(inputs->clicolor_force) &&
	    strcmp(inputs->clicolor_force, "0") != 0)
		return true;
	if (inputs->term != NULL && strcmp(inputs->term, "dumb") == 0)
		return false;
	return inputs->is_terminal;
}
