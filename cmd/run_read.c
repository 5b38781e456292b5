/* SPDX-License-Identifier: MIT */
/*
 * run_read.c: targets from files and from standard input. Whoever writes there
 * may take his time: signals and the deadline are obeyed meanwhile.
 */
#include "run.h"

#include "cmd.h"
#include "message.h"
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

struct source {
	struct run *run;
	int fd;
};

/* False once the run has ended. */
static bool
wait_for(const struct source *source)
{
	struct run *run = source->run;
	const int64_t deadline_ns = run->opts->deadline_ns;
	struct pollfd pfd = {.fd = source->fd, .events = POLLIN};

	while (!run->stopping) {
		int64_t left_ns =
		    run->began_ns + deadline_ns - clock_monotonic_ns();
		struct timespec left = {.tv_sec = left_ns / 1000000000,
		    .tv_nsec = left_ns % 1000000000};

		if (deadline_ns > 0 && left_ns <= 0) {
			run_finish(run, REPORT_DEADLINE);
			break;
		}
		/* No signal comes unseen between a look and the wait. */
		if (signals_poll(&pfd, deadline_ns > 0 ? &left : NULL) > 0)
			break;
	}
	return !run->stopping;
}

static ssize_t
read_source(void *cookie, char *buf, size_t n)
{
	const struct source *source = cookie;
	ssize_t r;

	do {
		if (!wait_for(source))
			return 0;
		r = read(source->fd, buf, n);
	} while (r < 0 && (errno == EINTR || errno == EAGAIN));
	return r;
}

/* One line: the rows of what is in it. As run_add_spec(), or -EINVAL. */
static int
add_line(struct run *run, const struct target_reader *reader, const char *text,
    struct opt_error *err)
{
	const unsigned flags = run_target_flags(run) | TARGET_IN_FILE;
	struct target_port *word = malloc(sizeof(*word));
	struct portlist *ports = malloc(sizeof(*ports));
	char subject[sizeof(err->option)];
	struct target_spec spec;
	int r = EXIT_SYSTEM;

	if (word == NULL || ports == NULL) {
		run_message(run, NULL, "out of memory", NULL);
		goto out;
	}
	r = run_parse_word(run, text, flags, word, &spec, err);
	if (r == 0 && run->ops->ports != NULL)
		r = run->ops->ports(run, word, ports, err);
	if (r != 0) {
		r = target_read_refuse(reader, err);
		goto out;
	}
	(void)snprintf(subject, sizeof(subject), "%s:%" PRIu64, reader->name,
	    reader->line);
	r = run_check_family(run, &spec, subject, err);
	/* No further line can mend that. */
	if (r == 0 && run->ops->ports != NULL &&
	    run_count_rows(run, &spec, portlist_count(ports), subject, err) !=
		0) {
		message_error(run->cmd->name, err);
		r = EXIT_USAGE;
	}
	if (r == 0)
		r = run_add_spec(
		    run, &spec, run->ops->ports != NULL ? ports : NULL);
out:
	free(ports);
	free(word);
	return r;
}

/* All bad lines are told; then nothing is sent. */
static int
read_targets(struct run *run, FILE *in, const char *name)
{
	struct target_reader *reader = malloc(sizeof(*reader));
	struct opt_error err;
	const char *text;
	int r, status = 0;

	if (reader == NULL) {
		run_message(run, NULL, "out of memory", NULL);
		return EXIT_SYSTEM;
	}
	target_reader_init(reader, in, name);
	while ((r = target_read_word(reader, &text, &err)) != 0) {
		/* The run has ended meanwhile: what there is has to do. */
		if (run->stopping)
			break;
		if (r == 1)
			r = add_line(run, reader, text, &err);
		if (r == -EINVAL)
			message_error(run->cmd->name, &err);
		else if (r < 0)
			run_message(run, name, nd_strerror(r), NULL);
		if (r != 0)
			status = r > 0 ? r : EXIT_USAGE;
		if (r != 0 && r != -EINVAL)
			break;
	}
	free(reader);
	return status;
}

/* Closes FD. */
static int
read_fd(struct run *run, int fd, const char *name)
{
	struct source source = {.run = run, .fd = fd};
	const cookie_io_functions_t functions = {.read = read_source};
	FILE *in = fopencookie(&source, "r", functions);
	int status = EXIT_SYSTEM;

	if (in == NULL)
		run_message(run, name, nd_strerror(-errno), NULL);
	else
		status = read_targets(run, in, name);
	if (in != NULL)
		(void)fclose(in);
	(void)close(fd);
	return status;
}

int
run_read_stdin(struct run *run)
{
	return read_fd(run, STDIN_FILENO, "standard input");
}

int
run_read_file(struct run *run, size_t i)
{
	const char *path = run->specs[i].text + 1;
	int fd = run->files[i];

	run->files[i] = -1;
	if (fd < 0)
		fd = priv_open_file(run->priv, path, O_RDONLY, 0);
	if (fd >= 0)
		return read_fd(run, fd, path);
	run_message(run, path, nd_strerror(fd), NULL);
	return EXIT_USAGE;
}
