/* SPDX-License-Identifier: MIT */
/* cmd/out.h: readers that are slow, stuck or gone, and every kind of file. */
#include "out.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

struct fixture {
	struct ev_loop *loop;
	struct out *out;
	unsigned stalls, resumes, errors;
	enum out_state state;
	int err;
};

static void
on_stall(void *user, bool stalled)
{
	struct fixture *f = user;

	if (stalled)
		f->stalls++;
	else
		f->resumes++;
}

static void
on_error(void *user, enum out_state state, int err)
{
	struct fixture *f = user;

	f->errors++;
	f->state = state;
	f->err = err;
}

static void
setup(struct fixture *f, int fd)
{
	const struct out_events events = {on_stall, on_error};

	memset(f, 0, sizeof(*f));
	cr_assert_neq(signal(SIGPIPE, SIG_IGN), SIG_ERR);
	f->loop = ev_loop_new(EVBACKEND_EPOLL);
	cr_assert_not_null(f->loop);
	cr_assert_eq(out_new(&f->out, f->loop, fd, &events, f), 0);
}

static void
teardown(struct fixture *f)
{
	out_free(f->out);
	ev_loop_destroy(f->loop);
}

static void
make_pipe(int ret[2], int flags)
{
	cr_assert_eq(pipe2(ret, flags), 0);
}

/* Line I: its number and dots, 20 to 219 bytes; returns the length. */
static size_t
line(unsigned i, char ret[256])
{
	int n = snprintf(ret, 256, "%08u %.*s\n", i, (int)(10 + i * 7 % 200),
	    "......................................................."
	    "......................................................."
	    "......................................................."
	    "......................................................."
	    "...............");

	return (size_t)n;
}

static void
write_lines(struct fixture *f, unsigned from, unsigned to)
{
	char text[256];

	for (unsigned i = from; i < to; i++)
		out_write(f->out, text, line(i, text));
}

/* Compares what comes with the lines 0, 1, 2, ... */
struct reader {
	unsigned next;
	char want[256];
	size_t at, len;
};

static void
reader_check(struct reader *r, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (r->at == r->len) {
			r->len = line(r->next++, r->want);
			r->at = 0;
		}
		cr_assert_eq(
		    bytes[i], r->want[r->at++], "line %u", r->next - 1);
	}
}

/* Reads and lets the loop write, until N lines were there. */
static void
read_lines(struct fixture *f, int fd, struct reader *r, unsigned n, size_t step)
{
	char bytes[65536];

	while (r->next < n || r->at < r->len) {
		ssize_t got;

		ev_run(f->loop, EVRUN_NOWAIT);
		got = read(fd, bytes, step);
		cr_assert_gt(got, 0);
		reader_check(r, bytes, (size_t)got);
	}
}

Test(out, slow_reader_stalls_and_loses_nothing)
{
	struct reader reader = {0};
	struct fixture f;
	int flags;
	int fds[2];

	make_pipe(fds, 0);
	flags = fcntl(fds[1], F_GETFL);
	setup(&f, fds[1]);
	write_lines(&f, 0, 3000);
	cr_assert_eq(f.stalls, 0);
	write_lines(&f, 3000, 20000);
	cr_assert_eq(f.stalls, 1, "told once");
	cr_assert_eq(f.resumes, 0);
	cr_assert_gt(out_pending(f.out), OUT_SOFT_LIMIT,
	    "what was in flight is kept past the limit");
	read_lines(&f, fds[0], &reader, 10000, 1000);
	cr_assert_eq(f.resumes, 0);
	read_lines(&f, fds[0], &reader, 20000, 1000);
	cr_assert_eq(f.stalls, 1);
	cr_assert_eq(f.resumes, 1);
	cr_assert_eq(out_pending(f.out), 0);
	cr_assert_gt(out_stalled_ns(f.out), 0);
	cr_assert_eq(out_drain(f.out, -1, NULL, NULL), 0);
	cr_assert_eq(fcntl(fds[1], F_GETFL), flags);
	cr_assert_eq(f.errors, 0);
	teardown(&f);
}

Test(out, stalls_above_half_and_resumes_below_a_quarter)
{
	static char block[1024];
	struct fixture f;
	char bytes[4096];
	size_t kept;
	int fds[2];

	memset(block, '\n', sizeof(block));
	make_pipe(fds, 0);
	setup(&f, fds[1]);
	while (f.stalls == 0)
		out_write(f.out, block, sizeof(block));
	kept = out_pending(f.out);
	cr_assert_eq(kept, OUT_SOFT_LIMIT / 2 + sizeof(block));
	while (f.resumes == 0) {
		cr_assert_geq(out_pending(f.out), OUT_SOFT_LIMIT / 4);
		cr_assert_gt(read(fds[0], bytes, sizeof(bytes)), 0);
		ev_run(f.loop, EVRUN_NOWAIT);
	}
	cr_assert_lt(out_pending(f.out), OUT_SOFT_LIMIT / 4);
	teardown(&f);
}

/* A pipe in packet mode keeps the borders of each write(). */
Test(out, lines_are_never_torn)
{
	struct reader reader = {0};
	struct fixture f;
	char bytes[65536];
	int fds[2];

	make_pipe(fds, O_DIRECT);
	setup(&f, fds[1]);
	write_lines(&f, 0, 5000);
	while (out_pending(f.out) > 0) {
		ssize_t got = read(fds[0], bytes, sizeof(bytes));

		cr_assert_gt(got, 0);
		cr_assert_leq(got, PIPE_BUF);
		cr_assert_eq(bytes[got - 1], '\n');
		reader_check(&reader, bytes, (size_t)got);
		ev_run(f.loop, EVRUN_NOWAIT);
	}
	teardown(&f);
}

Test(out, line_longer_than_any_chunk_stays_whole)
{
	static char big[300000];
	struct fixture f;
	char bytes[65536];
	size_t seen = 0;
	int fds[2];

	memset(big, 'x', sizeof(big));
	make_pipe(fds, 0);
	setup(&f, fds[1]);
	out_write(f.out, "a\n", 2);
	out_write(f.out, big, sizeof(big));
	while (seen < 2 + sizeof(big)) {
		ssize_t got = read(fds[0], bytes, sizeof(bytes));

		cr_assert_gt(got, 0);
		seen += (size_t)got;
		ev_run(f.loop, EVRUN_NOWAIT);
	}
	cr_assert_eq(out_pending(f.out), 0);
	teardown(&f);
}

Test(out, little_waits_for_the_flush)
{
	struct fixture f;
	char bytes[64];
	int fds[2];

	make_pipe(fds, O_NONBLOCK);
	setup(&f, fds[1]);
	out_write(f.out, "one\n", 4);
	cr_assert_eq(read(fds[0], bytes, sizeof(bytes)), -1);
	out_flush_try(f.out);
	cr_assert_eq(read(fds[0], bytes, sizeof(bytes)), 4);
	cr_assert_eq(out_pending(f.out), 0);
	teardown(&f);
}

Test(out, closed_pipe_is_told_once_and_quietly)
{
	struct fixture f;
	int fds[2];

	make_pipe(fds, 0);
	setup(&f, fds[1]);
	cr_assert_eq(close(fds[0]), 0);
	out_write(f.out, "one\n", 4);
	out_flush_try(f.out);
	out_write(f.out, "two\n", 4);
	out_flush_try(f.out);
	cr_assert_eq(f.errors, 1);
	cr_assert_eq(f.state, OUT_CLOSED);
	cr_assert_eq(out_state(f.out), OUT_CLOSED);
	cr_assert_eq(out_pending(f.out), 0);
	cr_assert_eq(out_drain(f.out, -1, NULL, NULL), -EPIPE);
	teardown(&f);
}

Test(out, reader_that_goes_away_ends_the_stall)
{
	struct fixture f;
	int fds[2];

	make_pipe(fds, 0);
	setup(&f, fds[1]);
	write_lines(&f, 0, 20000);
	cr_assert_eq(f.stalls, 1);
	cr_assert_eq(close(fds[0]), 0);
	ev_run(f.loop, EVRUN_ONCE);
	cr_assert_eq(f.resumes, 1);
	cr_assert_eq(f.state, OUT_CLOSED);
	teardown(&f);
}

static void
expect_failure(int fd, int err)
{
	struct fixture f;

	setup(&f, fd);
	out_write(f.out, "one\n", 4);
	cr_assert_eq(out_drain(f.out, -1, NULL, NULL), -err);
	out_write(f.out, "two\n", 4);
	out_flush_try(f.out);
	cr_assert_eq(f.errors, 1);
	cr_assert_eq(f.state, OUT_FAILED);
	cr_assert_eq(f.err, err);
	cr_assert_eq(out_error(f.out), err);
	teardown(&f);
}

Test(out, errors_are_told_with_their_number)
{
	int full = open("/dev/full", O_WRONLY);
	int input = open("/dev/null", O_RDONLY);

	cr_assert_geq(full, 0);
	cr_assert_geq(input, 0);
	expect_failure(full, ENOSPC);
	expect_failure(input, EBADF);
	expect_failure(1000, EBADF);
}

Test(out, file_gets_all_without_a_loop)
{
	struct reader reader = {0};
	FILE *file = tmpfile();
	struct fixture f;
	char bytes[4096];
	size_t got;

	cr_assert_not_null(file);
	setup(&f, fileno(file));
	write_lines(&f, 0, 20000);
	cr_assert_eq(f.stalls, 0);
	cr_assert_lt(out_pending(f.out), (size_t)64 * 1024);
	out_flush_try(f.out);
	cr_assert_eq(out_pending(f.out), 0);
	rewind(file);
	while ((got = fread(bytes, 1, sizeof(bytes), file)) > 0)
		reader_check(&reader, bytes, got);
	cr_assert_eq(reader.next, 20000);
	cr_assert_eq(reader.at, reader.len);
	teardown(&f);
	(void)fclose(file);
}

/* The slave of a new terminal pair, raw; *MASTER is its reader. */
static int
make_terminal(int *master)
{
	struct termios raw;
	int slave;

	*master = posix_openpt(O_RDWR | O_NOCTTY);
	cr_assert_geq(*master, 0);
	cr_assert_eq(grantpt(*master), 0);
	cr_assert_eq(unlockpt(*master), 0);
	slave = open(ptsname(*master), O_RDWR | O_NOCTTY);
	cr_assert_geq(slave, 0);
	cr_assert_eq(tcgetattr(slave, &raw), 0);
	cfmakeraw(&raw);
	cr_assert_eq(tcsetattr(slave, TCSANOW, &raw), 0);
	return slave;
}

Test(out, terminal_gets_each_line_at_once)
{
	struct fixture f;
	char bytes[64];
	int master;
	int slave = make_terminal(&master);

	setup(&f, slave);
	out_write(f.out, "one\n", 4);
	cr_assert_eq(out_pending(f.out), 0);
	cr_assert_eq(read(master, bytes, sizeof(bytes)), 4);
	teardown(&f);
}

static bool
stop_third_time(void *user)
{
	unsigned *asked = user;

	return ++*asked == 3;
}

Test(out, drain_gives_up_when_told)
{
	unsigned asked = 0;
	struct fixture f;
	int fds[2];

	make_pipe(fds, 0);
	setup(&f, fds[1]);
	write_lines(&f, 0, 5000);
	cr_assert_eq(out_drain(f.out, -1, stop_third_time, &asked), -EINTR);
	cr_assert_eq(asked, 3);
	cr_assert_eq(out_drain(f.out, 0, NULL, NULL), -ETIMEDOUT);
	cr_assert_eq(f.errors, 0);
	teardown(&f);
}

struct late_reader {
	struct reader reader;
	int fd;
};

/* The reader works while out_drain() waits: it is asked each time. */
static bool
read_some(void *user)
{
	struct late_reader *late = user;
	char bytes[8192];
	ssize_t got = read(late->fd, bytes, sizeof(bytes));

	cr_assert_gt(got, 0);
	reader_check(&late->reader, bytes, (size_t)got);
	return false;
}

Test(out, drain_waits_for_the_reader)
{
	struct late_reader late = {0};
	struct fixture f;
	int fds[2];

	make_pipe(fds, 0);
	late.fd = fds[0];
	setup(&f, fds[1]);
	write_lines(&f, 0, 5000);
	cr_assert_eq(out_drain(f.out, -1, read_some, &late), 0);
	cr_assert_eq(out_pending(f.out), 0);
	read_lines(&f, fds[0], &late.reader, 5000, 4096);
	teardown(&f);
}

Test(out, out_of_memory_ends_it_as_an_error)
{
	struct fixture f;
	int fds[2];

	make_pipe(fds, 0);
	setup(&f, fds[1]);
	out_write(f.out, "one\n", 4);
	out_fail(f.out, ENOMEM);
	out_fail(f.out, EIO);
	cr_assert_eq(f.errors, 1);
	cr_assert_eq(f.err, ENOMEM);
	cr_assert_eq(out_pending(f.out), 0);
	teardown(&f);
}
