/* SPDX-License-Identifier: MIT */
/* What a report writes, caught in a file, and events and numbers to feed it. */
#ifndef TEST_CAPTURE_H
#define TEST_CAPTURE_H

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <ev.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "out.h"
#include "report.h"

#define MS INT64_C(1000000)
#define NOW INT64_C(1700000000123456789)

struct capture {
	FILE *file;
	struct ev_loop *loop;
	struct out *out;
	struct report *report;
	char text[8192];
	char warned[2048]; /* "SUBJECT: CAUSE" and "hint: HINT" lines */
};

static inline void
capture_warn(
    void *user, const char *subject, const char *cause, const char *hint)
{
	struct capture *c = user;
	size_t len = strlen(c->warned);

	(void)snprintf(c->warned + len, sizeof(c->warned) - len, "%s: %s\n",
	    subject, cause);
	len = strlen(c->warned);
	if (hint != NULL && hint[0] != '\0')
		(void)snprintf(c->warned + len, sizeof(c->warned) - len,
		    "hint: %s\n", hint);
}

/* Creates a report by NEW with OPTS that writes to C. */
static inline void
capture_open(struct capture *c, struct report_opts opts,
    int (*new)(struct report **, const struct report_opts *))
{
	static const struct out_events events = {NULL, NULL};

	memset(c, 0, sizeof(*c));
	c->file = tmpfile();
	c->loop = ev_loop_new(EVBACKEND_EPOLL);
	cr_assert_not_null(c->file);
	cr_assert_not_null(c->loop);
	cr_assert_eq(
	    out_new(&c->out, c->loop, fileno(c->file), &events, NULL), 0);
	opts.out = c->out;
	opts.warn = capture_warn;
	opts.warn_user = c;
	cr_assert_eq(new (&c->report, &opts), 0);
}

/* What was written since the last time. */
static inline const char *
capture_text(struct capture *c)
{
	long from = ftell(c->file);
	size_t n;

	cr_assert_eq(out_drain(c->out, -1, NULL, NULL), 0);
	cr_assert_eq(fseek(c->file, from, SEEK_SET), 0);
	n = fread(c->text, 1, sizeof(c->text) - 1, c->file);
	c->text[n] = '\0';
	return c->text;
}

static inline void
capture_close(struct capture *c)
{
	c->report->ops->free(c->report);
	out_free(c->out);
	ev_loop_destroy(c->loop);
	(void)fclose(c->file);
}

static inline const struct sockaddr *
address(const char *text, struct sockaddr_storage *ret)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	memset(ret, 0, sizeof(*ret));
	if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
		memcpy(ret, &in, sizeof(in));
	} else {
		cr_assert_eq(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
		memcpy(ret, &in6, sizeof(in6));
	}
	return (const struct sockaddr *)ret;
}

/* An event without an answer. */
static inline struct nd_ping_event
event_of(enum nd_ping_status status, uint64_t seq)
{
	return (struct nd_ping_event){.status = status,
	    .seq = seq,
	    .sent_real_ns = NOW,
	    .rtt_ns = -1,
	    .clock = ND_CLOCK_NONE,
	    .ttl = -1,
	    .tos = -1,
	    .bytes = -1,
	    .icmp_type = -1,
	    .icmp_code = -1,
	    .info = -1,
	    .invalid = ND_INVALID_COUNT,
	    .diff_offset = -1};
}

static inline struct nd_ping_event
reply_of(uint64_t seq, const struct sockaddr *from, int64_t rtt_ns)
{
	struct nd_ping_event event = event_of(ND_PING_REPLY, seq);

	event.from = from;
	event.rtt_ns = rtt_ns;
	event.clock = ND_CLOCK_KERNEL;
	event.ttl = 64;
	event.tos = 0;
	event.bytes = 64;
	return event;
}

/* Statistics of RECEIVED in time out of SENT, the others lost. */
static inline struct nd_ping_stats
stats_of(uint64_t sent, uint64_t received)
{
	struct nd_ping_stats stats = {.size = sizeof(stats),
	    .sent = sent,
	    .received = received,
	    .lost = sent - received,
	    .clock = ND_CLOCK_NONE,
	    .duration_ns = 2003 * MS};

	stats.rtt = (struct nd_rtt){0, -1, -1, -1, -1, -1, -1, -1, -1};
	if (received > 0) {
		stats.clock = ND_CLOCK_KERNEL;
		stats.pipe = 1;
		stats.rtt = (struct nd_rtt){.samples = received,
		    .min_ns = 44600,
		    .avg_ns = 49000,
		    .max_ns = 1234567,
		    .stddev_ns = 4400,
		    .p50_ns = 48000,
		    .p95_ns = 53400,
		    .p99_ns = 53400,
		    .jitter_ns = 1100};
	}
	return stats;
}

#endif
