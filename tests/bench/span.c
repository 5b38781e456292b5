/* SPDX-License-Identifier: MIT */
/*
 * span: preloaded into a program (LD_PRELOAD), notes the time from its first
 * sendto() or sendmsg() until its last recvmmsg() that brought something, and
 * at exit writes it in ns to the file that BENCH_SPAN names. So programs are
 * compared by the same clock at the same places, whatever else they do.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

/* A preloaded library has nowhere else to keep them. */
static __typeof__(sendto) *real_sendto;
static __typeof__(sendmsg) *real_sendmsg;
static __typeof__(recvmmsg) *real_recvmmsg;
static int64_t first_ns, last_ns;
static FILE *file;

static int64_t
now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* The file is opened here, before the program gives up its rights. */
static __attribute__((constructor)) void
begin(void)
{
	const char *path = getenv("BENCH_SPAN");

	if (path != NULL)
		file = fopen(path, "we");
	/* POSIX's way to get a function out of dlsym(). */
	*(void **)&real_sendto = dlsym(RTLD_NEXT, "sendto");
	*(void **)&real_sendmsg = dlsym(RTLD_NEXT, "sendmsg");
	*(void **)&real_recvmmsg = dlsym(RTLD_NEXT, "recvmmsg");
}

static __attribute__((destructor)) void
tell(void)
{
	if (file == NULL)
		return;
	(void)fprintf(file, "%lld\n", (long long)(last_ns - first_ns));
	(void)fclose(file);
}

ssize_t
sendto(int fd, const void *data, size_t len, int flags, __CONST_SOCKADDR_ARG to,
    socklen_t to_len)
{
	if (first_ns == 0)
		first_ns = now_ns();
	return real_sendto(fd, data, len, flags, to, to_len);
}

ssize_t
sendmsg(int fd, const struct msghdr *msg, int flags)
{
	if (first_ns == 0)
		first_ns = now_ns();
	return real_sendmsg(fd, msg, flags);
}

int
recvmmsg(int fd, struct mmsghdr *msg, unsigned int n, int flags,
    struct timespec *timeout)
{
	int r = real_recvmmsg(fd, msg, n, flags, timeout);

	if (r > 0)
		last_ns = now_ns();
	return r;
}
