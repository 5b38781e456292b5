/* SPDX-License-Identifier: MIT */
/*
 * netsim: the simulated internet behind one network device. The command line,
 * and the loop between device and simulation. FORMAT.md has the file.
 */
#include "graph.h"
#include "io.h"
#include "json.h"
#include "sim.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

/*
 * So many packets are read, or answers written, before the other turn: reading
 * comes first, for when a packet came is what nobody else can tell.
 */
#define READS 16
#define WRITES 16
#define SIGNAL_TURNS 64 /* turns without sleep before signals are asked for */
#define SPIN_NS INT64_C(20000)
#define EARLY_NS INT64_C(30000) /* waking up takes about so long */
#define FLUSH_NS INT64_C(200000000)
/* The log is written where so much of it waits and nothing is due for so long.
 */
#define FLUSH_BYTES ((size_t)16 * 1024)
#define FLUSH_ROOM_NS INT64_C(100000)

enum exit { EXIT_FAULT = 2, EXIT_SYSTEM = 3 };

struct options {
	const char *truth, *tun, *veth, *file;
	bool check, dot, stamps;
};

/* Room for all of it once, since it is large. */
struct run {
	struct ns_sim sim;
	struct ns_truth truth;
	struct ns_io io;
	int truth_fd;
	int64_t flushed; /* when the log last was */
	uint8_t packet[NS_MAX_PACKET];
};

static int
usage(void)
{
	(void)fputs(
	    "usage: netsim [--truth FILE] [--stamps] [--tun NAME | --veth NAME] "
	    "FILE\n"
	    "       netsim --check FILE\n"
	    "       netsim --dot FILE\n",
	    stderr);
	return EXIT_FAULT;
}

static int
parse_options(struct options *opts, int argc, char **argv)
{
	static const struct option longs[] = {
	    {"truth", required_argument, NULL, 't'},
	    {"stamps", no_argument, NULL, 's'},
	    {"tun", required_argument, NULL, 'u'},
	    {"veth", required_argument, NULL, 'v'},
	    {"check", no_argument, NULL, 'c'},
	    {"dot", no_argument, NULL, 'd'},
	    {NULL, 0, NULL, 0},
	};
	int c;

	*opts = (struct options){.tun = NULL};
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (c) {
		case 't':
			opts->truth = optarg;
			break;
		case 's':
			opts->stamps = true;
			break;
		case 'u':
			opts->tun = optarg;
			break;
		case 'v':
			opts->veth = optarg;
			break;
		case 'c':
			opts->check = true;
			break;
		case 'd':
			opts->dot = true;
			break;
		default:
			return usage();
		}
	}
	if (argc - optind != 1 || (opts->tun != NULL && opts->veth != NULL))
		return usage();
	opts->file = argv[optind];
	if (opts->tun == NULL && opts->veth == NULL)
		opts->tun = "sim0";
	return 0;
}

static int
read_topo(struct ns_topo *topo, const char *file)
{
	struct ns_fault fault;
	FILE *in = fopen(file, "re");
	int r;

	if (in == NULL) {
		(void)fprintf(
		    stderr, "netsim: %s: %s\n", file, strerror(errno));
		return EXIT_SYSTEM;
	}
	r = ns_topo_read(topo, in, &fault);
	(void)fclose(in);
	if (r == -EINVAL) {
		if (fault.line > 0)
			(void)fprintf(stderr, "%s:%u: %s\n", file, fault.line,
			    fault.message);
		else
			(void)fprintf(stderr, "%s: %s\n", file, fault.message);
		return EXIT_FAULT;
	}
	if (r != 0)
		(void)fprintf(stderr, "netsim: %s: %s\n", file, strerror(-r));
	return r != 0 ? EXIT_SYSTEM : 0;
}

static int
write_truth(void *arg, const char *data, size_t len)
{
	const struct run *run = arg;

	while (len > 0) {
		ssize_t n = write(run->truth_fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* ---- The loop ---------------------------------------------------------- */

/* False: the device has no more packets now. */
static bool
read_some(struct run *run, int *error)
{
	for (int i = 0; i < READS; i++) {
		int64_t at;
		ssize_t n =
		    ns_io_read(&run->io, run->packet, sizeof(run->packet), &at);

		if (n == 0)
			return false;
		if (n == -EAGAIN)
			continue;
		if (n < 0) {
			/* The device may be down for a while. */
			if (n != -ENETDOWN && n != -EIO)
				*error = (int)n;
			return false;
		}
		ns_sim_receive(&run->sim, run->packet, (size_t)n, at);
	}
	return true;
}

/* False: nothing more is due at NOW. */
static bool
write_some(struct run *run, int64_t now)
{
	for (int i = 0; i < WRITES; i++) {
		struct ns_answer *a = ns_sim_due(&run->sim, now);
		int64_t out;

		if (a == NULL)
			return false;
		if (ns_io_write(&run->io, a->bytes, a->len, &out) != 0)
			out = -1;
		ns_sim_written(&run->sim, a, out);
	}
	return true;
}

static int64_t
wait_time(int64_t now, int64_t next)
{
	int64_t ns = next > now ? next - now : 0;

	return ns < FLUSH_NS ? ns : FLUSH_NS;
}

/* Waits until there is something to do, NS at most. 1: it is to end. */
static int
wait_for(const struct run *run, int signals, int64_t ns)
{
	const struct timespec ts = {
	    .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
	struct pollfd fds[2] = {
	    {.fd = run->io.fd, .events = POLLIN},
	    {.fd = signals, .events = POLLIN},
	};

	if (ppoll(fds, 2, &ts, NULL) < 0)
		return errno == EINTR ? 0 : -errno;
	return fds[1].revents != 0;
}

/* Writes the log where that makes nothing late, or where it is old. */
static void
flush_in_time(struct run *run, int64_t now, int64_t next)
{
	struct ns_truth *truth = &run->truth;
	bool room = next - now >= FLUSH_ROOM_NS;

	if (truth->n == 0)
		run->flushed = now;
	else if ((room && truth->n >= FLUSH_BYTES) ||
		 now - run->flushed >= FLUSH_NS) {
		ns_truth_flush(truth);
		run->flushed = now;
	}
}

static uint64_t
packets(const struct run *run)
{
	return run->sim.counts.in + run->sim.counts.out;
}

/*
 * One time read a turn decides what is due; the times in the log are read
 * apart, when each packet came or went. While packets come in quick succession
 * it asks for the next one without going to sleep: waking up takes longer than
 * a packet, from the sender too. Not for long, for the sender may wait for this
 * very processor. It wakes up early, and does not sleep for less than that.
 */
static int
loop(struct run *run, int signals)
{
	int64_t busy = 0;
	int error = 0;

	for (unsigned turn = 0; error == 0; turn++) {
		int64_t now = ns_io_now(CLOCK_MONOTONIC), next;
		uint64_t done = packets(run);
		bool more = write_some(run, now);

		more = read_some(run, &error) || more;
		if (more || packets(run) != done)
			busy = now;
		if (run->truth.error != 0)
			error = run->truth.error;
		if (error != 0)
			break;
		if (now - busy < SPIN_NS) {
			if (turn % SIGNAL_TURNS == 0)
				error = wait_for(run, signals, 0);
			continue;
		}
		next = ns_sim_next(&run->sim);
		flush_in_time(run, now, next);
		if (next - now >= EARLY_NS)
			error = wait_for(
			    run, signals, wait_time(now, next - EARLY_NS));
	}
	return error < 0 ? error : 0;
}

static int
open_all(struct run *run, const struct options *opts)
{
	const char *what = opts->veth != NULL ? opts->veth : opts->tun;
	int r;

	run->truth_fd = -1;
	run->truth.write = write_truth;
	run->truth.arg = run;
	if (opts->truth != NULL) {
		run->truth_fd = open(opts->truth,
		    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		if (run->truth_fd < 0) {
			(void)fprintf(stderr, "netsim: %s: %s\n", opts->truth,
			    strerror(errno));
			return EXIT_SYSTEM;
		}
	}
	r = opts->veth != NULL ? ns_io_open_veth(&run->io, what)
			       : ns_io_open_tun(&run->io, what);
	if (r == 0 && opts->stamps) {
		r = ns_tap_open(&run->io);
		if (r != 0)
			ns_io_close(&run->io);
	}
	if (r != 0) {
		(void)fprintf(stderr, "netsim: %s: %s\n", what, strerror(-r));
		return EXIT_SYSTEM;
	}
	return 0;
}

/* A descriptor that becomes readable by SIGTERM and SIGINT; or -1. */
static int
catch_signals(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/*
 * By default the kernel lets a sleep take 50 us longer, and on a busy machine
 * others run first. Where real time is not permitted, lateness only grows.
 */
static void
be_punctual(void)
{
	const struct sched_param first = {.sched_priority = 1};

	(void)prctl(PR_SET_TIMERSLACK, 1);
	(void)sched_setscheduler(0, SCHED_FIFO, &first);
}

/* How many times in the log are the kernel's, and how many are not. */
static void
log_stamps(struct run *run)
{
	uint64_t found, missed;

	if (run->truth_fd < 0 || run->io.tap == NULL)
		return;
	ns_tap_count(run->io.tap, &found, &missed);
	ns_json_number(&run->truth, "{\"type\":\"stamps\",\"found\":", found);
	ns_json_number(&run->truth, ",\"missed\":", missed);
	ns_json(&run->truth, "}\n");
}

static int
simulate(struct run *run, struct ns_topo *topo, const struct options *opts)
{
	int signals = catch_signals();
	int r = signals < 0 ? EXIT_SYSTEM : open_all(run, opts);

	if (r != 0)
		return r;
	be_punctual();
	ns_sim_init(&run->sim, topo, run->truth_fd >= 0 ? &run->truth : NULL);
	if (run->truth_fd >= 0)
		ns_truth_begin(&run->truth, ns_io_now(CLOCK_MONOTONIC),
		    ns_io_now(CLOCK_REALTIME), run->sim.topo.seed, opts->file,
		    run->io.name);
	(void)puts("READY");
	(void)fflush(stdout);
	r = loop(run, signals);
	log_stamps(run);
	ns_sim_end(&run->sim, ns_io_dropped(&run->io));
	if (r == 0)
		r = run->truth.error;
	(void)close(signals);
	ns_io_close(&run->io);
	ns_sim_free(&run->sim);
	if (run->truth_fd >= 0 && close(run->truth_fd) != 0 && r == 0)
		r = -errno;
	if (r != 0)
		(void)fprintf(stderr, "netsim: %s\n", strerror(-r));
	return r != 0 ? EXIT_SYSTEM : 0;
}

int
main(int argc, char **argv)
{
	struct options opts;
	struct ns_topo topo;
	struct run *run;
	int r = parse_options(&opts, argc, argv);

	if (r == 0)
		r = read_topo(&topo, opts.file);
	if (r != 0)
		return r;
	if (opts.check || opts.dot) {
		if (opts.dot &&
		    (ns_graph_dot(&topo, stdout) != 0 || fflush(stdout) != 0))
			r = EXIT_SYSTEM;
		ns_topo_free(&topo);
		return r;
	}
	run = calloc(1, sizeof(*run));
	if (run == NULL) {
		ns_topo_free(&topo);
		return EXIT_SYSTEM;
	}
	r = simulate(run, &topo, &opts);
	ns_topo_free(&topo);
	free(run);
	return r;
}
