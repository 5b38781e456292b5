/* SPDX-License-Identifier: MIT */
/* cmd/color.h: which input wins. */
#include "color.h"

#include <criterion/criterion.h>
#include <stddef.h>

static bool
enabled(enum color_when when, const char *no_color, const char *force,
    const char *term, bool is_terminal)
{
	const struct color_inputs inputs = {
	    when, no_color, force, term, is_terminal};

	return color_enabled(&inputs);
}

Test(color, option_wins_over_all)
{
	cr_assert(enabled(COLOR_ALWAYS, "1", NULL, "dumb", false));
	cr_assert(!enabled(COLOR_NEVER, NULL, "1", "xterm", true));
}

Test(color, environment_wins_over_the_terminal)
{
	cr_assert(enabled(COLOR_AUTO, NULL, NULL, "xterm", true));
	cr_assert(!enabled(COLOR_AUTO, NULL, NULL, "xterm", false));
	cr_assert(!enabled(COLOR_AUTO, "1", NULL, "xterm", true));
	cr_assert(!enabled(COLOR_AUTO, "0", "1", "xterm", true));
	cr_assert(enabled(COLOR_AUTO, "", NULL, "xterm", true));
	cr_assert(enabled(COLOR_AUTO, NULL, "1", "dumb", false));
	cr_assert(!enabled(COLOR_AUTO, NULL, "0", "xterm", false));
	cr_assert(!enabled(COLOR_AUTO, NULL, "", "xterm", false));
	cr_assert(!enabled(COLOR_AUTO, NULL, NULL, "dumb", true));
	cr_assert(enabled(COLOR_AUTO, NULL, NULL, NULL, true));
}
