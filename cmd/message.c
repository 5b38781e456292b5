/* SPDX-License-Identifier: MIT */
/* message.c: what is said on standard error. */
#include "message.h"
#include "safe.h"

#include <netdiag.h>

#include <stdio.h>
#include <string.h>

/* The system's texts begin with a capital, ours do not; "RPC" stays. */
static void
lower_first(char *text, size_t len)
{
	if (len >= 2 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'a' &&
	    text[1] <= 'z')
		text[0] = (char)(text[0] - 'A' + 'a');
}

const char *
message_strerror(int err, char ret[MESSAGE_STRERROR_MAX])
{
	(void)snprintf(ret, MESSAGE_STRERROR_MAX, "%s", nd_strerror(err));
	lower_first(ret, strlen(ret));
	return ret;
}

static void
part(struct buf *line, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return;
	buf_str(line, ": ");
	safe_str(line, text);
}

static void
hints(struct buf *line, const char *hint)
{
	char one[1024];

	while (hint != NULL && hint[0] != '\0') {
		size_t n = strcspn(hint, "\n");

		(void)snprintf(one, sizeof(one), "%.*s", (int)n, hint);
		buf_str(line, "hint: ");
		safe_str(line, one);
		buf_char(line, '\n');
		hint += n + (hint[n] == '\n');
	}
}

static void
cause_part(struct buf *line, const char *cause)
{
	size_t at = line->len + 2;

	part(line, cause);
	if (!line->failed && line->len > at)
		lower_first(line->data + at, line->len - at);
}

void
message(
    const char *cmd, const char *subject, const char *cause, const char *hint)
{
	struct buf line = BUF_INIT;

	buf_str(&line, "netdiag");
	part(&line, cmd);
	part(&line, subject);
	cause_part(&line, cause);
	buf_char(&line, '\n');
	hints(&line, hint);
	if (!line.failed)
		(void)fwrite(line.data, 1, line.len, stderr);
	buf_free(&line);
}

void
message_error(const char *cmd, const struct opt_error *err)
{
	message(cmd, err->option, err->message, err->hint);
}
