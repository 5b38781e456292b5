/* SPDX-License-Identifier: MIT */
/*
 * target_read.c: target files and standard input, line by line. Any number of
 * lines in constant memory; a wrong one is told with its number.
 */
#include "target.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

void
target_reader_init(struct target_reader *reader, FILE *in, const char *name)
{
	reader->in = in;
	reader->name = name;
	reader->line = 0;
	reader->buf[0] = '\0';
}

static int
fail(const struct target_reader *reader, struct opt_error *err,
    const char *cause)
{
	char name[96], subject[128];

	(void)snprintf(subject, sizeof(subject), "%s:%" PRIu64,
	    opt_show(reader->name, name, sizeof(name)), reader->line);
	return opt_error_set(err, subject, "%s", cause);
}

/*
 * Reads a whole line into the reader, without its end. 1, or 0 at the end of
 * the file, -EINVAL where the line is none (all of it is read then too), or
 * another negative errno.
 */
static int
read_line(struct target_reader *reader, struct opt_error *err)
{
	size_t len = 0;
	bool nul = false;
	int c;

	errno = 0;
	while ((c = getc_unlocked(reader->in)) != EOF && c != '\n') {
		nul = nul || c == '\0';
		if (len < TARGET_LINE_MAX)
			reader->buf[len] = (char)c;
		/* One more than the limit: it is enough to know. */
		len += len <= TARGET_LINE_MAX;
	}
	if (c == EOF && ferror(reader->in))
		return errno > 0 ? -errno : -EIO;
	if (c == EOF && len == 0)
		return 0;
	reader->line++;
	if (nul)
		return fail(reader, err, "a NUL byte");
	if (len > TARGET_LINE_MAX)
		return fail(reader, err, "longer than 1024 bytes");
	reader->buf[len] = '\0';
	return 1;
}

/* The target in a line: without comment and the blanks around it; or "". */
static char *
trim(struct target_reader *reader)
{
	static const char blanks[] = " \t\r\f\v";
	static const char mark[] = "\xef\xbb\xbf"; /* UTF-8 byte order mark */
	char *text = reader->buf;
	size_t len;

	if (reader->line == 1 && strncmp(text, mark, sizeof(mark) - 1) == 0)
		text += sizeof(mark) - 1;
	text[strcspn(text, "#")] = '\0';
	text += strspn(text, blanks);
	len = strlen(text);
	while (len > 0 && strchr(blanks, text[len - 1]) != NULL)
		len--;
	text[len] = '\0';
	return text;
}

int
target_read_word(
    struct target_reader *reader, const char **ret, struct opt_error *err)
{
	const char *text;
	int r;

	do {
		r = read_line(reader, err);
		if (r != 1)
			return r;
		text = trim(reader);
	} while (*text == '\0');
	*ret = text;
	return 1;
}

int
target_read_refuse(const struct target_reader *reader, struct opt_error *err)
{
	const struct opt_error inner = *err;
	char cause[sizeof(inner.option) + sizeof(inner.message) + 8];

	(void)snprintf(
	    cause, sizeof(cause), "\"%s\": %s", inner.option, inner.message);
	(void)fail(reader, err, cause);
	opt_error_hint(err, "%s", inner.hint);
	return -EINVAL;
}

int
target_read(struct target_reader *reader, unsigned flags,
    struct target_spec *ret, struct opt_error *err)
{
	const char *text;
	int r = target_read_word(reader, &text, err);

	if (r != 1)
		return r;
	if (target_parse(text, flags | TARGET_IN_FILE, ret, err) == 0)
		return 1;
	return target_read_refuse(reader, err);
}
