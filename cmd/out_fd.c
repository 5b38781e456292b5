/* SPDX-License-Identifier: MIT */
/* out_fd.c: one write that does not block, to any kind of descriptor. */
#include "out_fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define READY_LIMIT ((size_t)64 * 1024)
#define READY_RETRY_MS 5

static enum out_fd_kind
kind_of(int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return OUT_FD_PIPE;
	if (S_ISSOCK(st.st_mode))
		return OUT_FD_SOCKET;
	if (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode))
		return OUT_FD_READY;
	if (S_ISCHR(st.st_mode))
		return isatty(fd) ? OUT_FD_TERMINAL : OUT_FD_READY;
	return OUT_FD_PIPE;
}

/*
 * poll() says that a terminal takes something, not how much: a write() of more
 * would sleep until its reader goes on. A description of our own, which may be
 * non-blocking, never sleeps. -1 where the terminal may not be opened.
 */
static int
reopen(int fd)
{
	char path[32];
	struct stat ours, theirs;
	int number;
	int ret;

	/* /dev/ptmx opened anew would be another terminal. */
	if (ioctl(fd, TIOCGPTN, &number) == 0)
		return -1;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ret = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (ret < 0)
		return -1;
	if (fstat(fd, &theirs) != 0 || fstat(ret, &ours) != 0 ||
	    ours.st_rdev != theirs.st_rdev) {
		(void)close(ret);
		return -1;
	}
	return ret;
}

void
out_fd_open(struct out_fd *ret, int fd)
{
	ret->kind = kind_of(fd);
	ret->reopened = ret->kind == OUT_FD_TERMINAL ? reopen(fd) : -1;
	ret->fd = ret->reopened >= 0 ? ret->reopened : fd;
	ret->limit = ret->kind == OUT_FD_READY ? READY_LIMIT : PIPE_BUF;
}

void
out_fd_close(struct out_fd *out)
{
	if (out->reopened >= 0)
		(void)close(out->reopened);
	out->reopened = -1;
}

ssize_t
out_fd_write(const struct out_fd *out, const char *bytes, size_t n)
{
	struct pollfd pfd = {.fd = out->fd, .events = POLLOUT};
	ssize_t ret;

	if (out->kind == OUT_FD_SOCKET) {
		ret = send(out->fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	} else {
		/* Errors of the descriptor are left to write(). */
		if (out->kind != OUT_FD_READY && poll(&pfd, 1, 0) == 0)
			return 0;
		ret = write(out->fd, bytes, n);
	}
	if (ret >= 0)
		return ret;
	if (errno == EAGAIN || errno == EINTR)
		return 0;
	return -errno;
}

void
out_fd_wait(const struct out_fd *out, int timeout_ms)
{
	struct pollfd pfd = {.fd = out->fd, .events = POLLOUT};

	if (out->kind == OUT_FD_READY)
		(void)poll(NULL, 0,
		    timeout_ms < READY_RETRY_MS ? timeout_ms : READY_RETRY_MS);
	else
		(void)poll(&pfd, 1, timeout_ms);
}
