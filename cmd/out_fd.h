/* SPDX-License-Identifier: MIT */
/*
 * out_fd.h: writing to a descriptor of any kind without blocking and without
 * changing its flags, which it shares with other processes.
 */
#ifndef CMD_OUT_FD_H
#define CMD_OUT_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum out_fd_kind {
	OUT_FD_READY, /* files, /dev/null: never says "not now" */
	OUT_FD_PIPE,
	OUT_FD_SOCKET,
	OUT_FD_TERMINAL
};

struct out_fd {
	int fd;	      /* to write to */
	int reopened; /* our own descriptor of the terminal, or -1 */
	enum out_fd_kind kind;
	size_t limit; /* bytes to hand over at a time */
};

/* FD stays the caller's. A bad one shows at the first write. */
void out_fd_open(struct out_fd *ret, int fd);
void out_fd_close(struct out_fd *out);
/* How many were written; 0: not now; or a negative errno. */
ssize_t out_fd_write(const struct out_fd *out, const char *bytes, size_t n);
/* Waits up to TIMEOUT_MS until it may take something, or a signal comes. */
void out_fd_wait(const struct out_fd *out, int timeout_ms);

#endif
