/* SPDX-License-Identifier: MIT */
/* cmd/out_fd.h: what is full says "not now", whatever it is. */
#include "out_fd.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

/*
 * Writes 'x' until FD takes no more, which it says without blocking; reads it
 * all from READER; then there is room again.
 */
static void
fill_and_read(struct out_fd *out, int reader)
{
	static char bytes[PIPE_BUF];
	size_t written = 0, seen = 0;
	ssize_t n;

	memset(bytes, 'x', sizeof(bytes));
	while ((n = out_fd_write(out, bytes, sizeof(bytes))) > 0)
		written += (size_t)n;
	cr_assert_eq(n, 0);
	cr_assert_geq(written, sizeof(bytes));
	while (seen < written) {
		n = read(reader, bytes, sizeof(bytes));
		cr_assert_gt(n, 0);
		for (ssize_t i = 0; i < n; i++)
			cr_assert_eq(bytes[i], 'x');
		seen += (size_t)n;
	}
	cr_assert_eq(seen, written);
	cr_assert_eq(out_fd_write(out, "y", 1), 1);
}

Test(out_fd, full_pipe)
{
	struct out_fd out;
	int fds[2];
	int flags;

	cr_assert_eq(pipe(fds), 0);
	flags = fcntl(fds[1], F_GETFL);
	out_fd_open(&out, fds[1]);
	cr_assert_eq(out.kind, OUT_FD_PIPE);
	cr_assert_eq(out.limit, PIPE_BUF);
	fill_and_read(&out, fds[0]);
	cr_assert_eq(fcntl(fds[1], F_GETFL), flags);
	out_fd_close(&out);
	cr_assert_eq(fcntl(fds[1], F_GETFL), flags, "it is the caller's");
}

Test(out_fd, full_socket_and_one_without_a_reader)
{
	struct out_fd out;
	int fds[2];
	int flags;

	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	flags = fcntl(fds[1], F_GETFL);
	out_fd_open(&out, fds[1]);
	cr_assert_eq(out.kind, OUT_FD_SOCKET);
	fill_and_read(&out, fds[0]);
	cr_assert_eq(fcntl(fds[1], F_GETFL), flags);
	/* SIGPIPE, here at its default, would end the test. */
	cr_assert_eq(close(fds[0]), 0);
	cr_assert_eq(out_fd_write(&out, "x", 1), -EPIPE);
	out_fd_close(&out);
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

Test(out_fd, frozen_terminal)
{
	struct out_fd out;
	int master;
	int slave = make_terminal(&master);
	int flags = fcntl(slave, F_GETFL);

	out_fd_open(&out, slave);
	cr_assert_eq(out.kind, OUT_FD_TERMINAL);
	fill_and_read(&out, master);
	cr_assert_eq(fcntl(slave, F_GETFL), flags);
	out_fd_close(&out);
	cr_assert_eq(out.reopened, -1);
}

/* Opened by its name, the master would be the master of another terminal. */
Test(out_fd, master_of_a_terminal_is_not_reopened)
{
	struct out_fd out;
	char byte;
	int master;
	int slave = make_terminal(&master);

	out_fd_open(&out, master);
	cr_assert_eq(out.reopened, -1);
	cr_assert_eq(out_fd_write(&out, "x", 1), 1);
	cr_assert_eq(read(slave, &byte, 1), 1);
	cr_assert_eq(byte, 'x');
	out_fd_close(&out);
}

Test(out_fd, files_are_always_ready)
{
	static const char *const paths[] = {"/dev/null", "/dev/full"};
	struct out_fd out;

	for (size_t i = 0; i < 2; i++) {
		int fd = open(paths[i], O_WRONLY);

		cr_assert_geq(fd, 0);
		out_fd_open(&out, fd);
		cr_assert_eq(out.kind, OUT_FD_READY);
		cr_assert_gt(out.limit, PIPE_BUF);
		cr_assert_eq(out_fd_write(&out, "x", 1), i == 0 ? 1 : -ENOSPC);
		out_fd_wait(&out, 1);
		out_fd_close(&out);
	}
}

Test(out_fd, closed_descriptor_shows_at_the_write)
{
	struct out_fd out;

	out_fd_open(&out, 1000);
	cr_assert_eq(out_fd_write(&out, "x", 1), -EBADF);
	out_fd_close(&out);
}
