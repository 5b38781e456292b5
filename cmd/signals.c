/* SPDX-License-Identifier: MIT */
/*
 * signals.c: SIGINT, SIGTERM and SIGQUIT. A handler has no argument, so what
 * it touches has to be static.
 */
#include "signals.h"
#include "clock.h"

#include <errno.h>
#include <ev.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct {
	struct ev_loop *loop;
	ev_async wake;
	struct signals_events events;
	void *user;
	volatile sig_atomic_t first; /* SIGINT or SIGTERM */
	int64_t first_ns;	     /* when it came; handlers only */
	volatile sig_atomic_t quits; /* SIGQUITs to be answered */
	bool told;
} state;

/*
 * Who sends one to a process and to its group, as timeout(1) does, means one:
 * what follows it so closely is no second signal.
 */
#define TWICE_NS INT64_C(20000000)

static void
first(int sig)
{
	state.first_ns = clock_monotonic_ns();
	state.first = sig;
}

static void
on_signal(int sig)
{
	const int saved = errno;

	if (sig == SIGQUIT)
		state.quits = 1;
	else if (state.first == 0)
		first(sig);
	else if (clock_monotonic_ns() - state.first_ns >= TWICE_NS)
		_exit(128 + sig);
	ev_async_send(state.loop, &state.wake);
	errno = saved;
}

static void
tell(void)
{
	if (state.quits != 0) {
		state.quits = 0;
		state.events.status(state.user);
	}
	if (state.first != 0 && !state.told) {
		state.told = true;
		state.events.stop(state.user);
	}
}

static void
on_wake(struct ev_loop *loop, ev_async *w, int events)
{
	(void)loop;
	(void)w;
	(void)events;
	tell();
}

void
signals_start(
    struct ev_loop *loop, const struct signals_events *events, void *user)
{
	struct sigaction act = {.sa_handler = on_signal};

	state.loop = loop;
	state.events = *events;
	state.user = user;
	ev_async_init(&state.wake, on_wake);
	ev_async_start(loop, &state.wake);
	ev_unref(loop);
	(void)sigemptyset(&act.sa_mask);
	(void)sigaddset(&act.sa_mask, SIGINT);
	(void)sigaddset(&act.sa_mask, SIGTERM);
	/* Not SA_RESTART: a write that waits is to be interrupted. */
	(void)sigaction(SIGINT, &act, NULL);
	(void)sigaction(SIGTERM, &act, NULL);
	(void)sigaction(SIGQUIT, &act, NULL);
	act.sa_handler = SIG_IGN;
	(void)sigaction(SIGPIPE, &act, NULL);
}

void
signals_stop(struct ev_loop *loop)
{
	struct sigaction act = {.sa_handler = SIG_DFL};

	(void)sigemptyset(&act.sa_mask);
	(void)sigaction(SIGINT, &act, NULL);
	(void)sigaction(SIGTERM, &act, NULL);
	(void)sigaction(SIGQUIT, &act, NULL);
	ev_ref(loop);
	ev_async_stop(loop, &state.wake);
}

int
signals_poll(struct pollfd *pfd, const struct timespec *timeout)
{
	sigset_t ours, before;
	int r = -1;

	/* None comes unseen between the look and the wait. */
	(void)sigemptyset(&ours);
	(void)sigaddset(&ours, SIGINT);
	(void)sigaddset(&ours, SIGTERM);
	(void)sigaddset(&ours, SIGQUIT);
	(void)sigprocmask(SIG_BLOCK, &ours, &before);
	if (state.first == 0 && state.quits == 0)
		r = ppoll(pfd, 1, timeout, &before);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	tell();
	return r;
}

int
signals_caught(void)
{
	return state.first;
}

void
signals_die_of_pipe(void)
{
	struct sigaction act = {.sa_handler = SIG_DFL};

	(void)sigemptyset(&act.sa_mask);
	(void)sigaction(SIGPIPE, &act, NULL);
	(void)raise(SIGPIPE);
}
