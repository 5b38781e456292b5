/* SPDX-License-Identifier: MIT */
/*
 * clockstep.c: preloaded, it lets a program see the wall clock stepped by
 * CLOCKSTEP_S seconds from its CLOCKSTEP_AT-th received batch of packets on:
 * in clock_gettime() and in the time stamps of the kernel, those on the error
 * queue (departures) of that batch excepted, which were made before the step.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int batches;

static long
number(const char *name)
{
	const char *text = getenv(name);

	return text != NULL ? strtol(text, NULL, 10) : 0;
}

static long
step(void)
{
	return batches >= number("CLOCKSTEP_AT") ? number("CLOCKSTEP_S") : 0;
}

int
clock_gettime(clockid_t id, struct timespec *ts)
{
	long r = syscall(SYS_clock_gettime, id, ts);

	if (r == 0 && id == CLOCK_REALTIME)
		ts->tv_sec += step();
	return (int)r;
}

/* The first of the three time stamps is the one of software. */
static void
shift(struct msghdr *msg, long seconds)
{
	struct cmsghdr *c;
	struct timespec ts;

	for (c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET ||
		    c->cmsg_type != SO_TIMESTAMPING)
			continue;
		memcpy(&ts, CMSG_DATA(c), sizeof(ts));
		if (ts.tv_sec != 0)
			ts.tv_sec += seconds;
		memcpy(CMSG_DATA(c), &ts, sizeof(ts));
	}
}

int
recvmmsg(int fd, struct mmsghdr *list, unsigned int n, int flags,
    struct timespec *timeout)
{
	long got = syscall(SYS_recvmmsg, fd, list, n, flags, timeout);

	if (got > 0 && (flags & MSG_ERRQUEUE) == 0)
		batches++;
	for (long i = 0; i < got; i++)
		shift(&list[i].msg_hdr, step());
	return (int)got;
}
