/* SPDX-License-Identifier: MIT */
/*
 * scale: what COUNT pings cost the library alone, without a kernel: a backend
 * of its own answers each request at the next read. Prints a line
 * "START_NS RUN_NS FREE_NS BYTES_STARTED BYTES_RUN ANSWERED"; the bytes are
 * those of all pings on the heap, after they were started and after they ran.
 */
#include "engine/ctx.h"

#include <arpa/inet.h>
#include <errno.h>
#include <malloc.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RING 256 /* answers that wait to be read */
#define MESSAGE_MAX 128
#define FIRST_ADDRESS 0x0a000000u

/* One answer on its way back. */
struct answer {
	struct nd_addr from;
	uint8_t data[MESSAGE_MAX];
	size_t len;
};

struct mirror {
	struct answer ring[RING], reading[ND_NET_BATCH];
	unsigned first, count;
};

static int
mirror_open(struct nd_sock *s, const struct nd_sock_opts *opts)
{
	if (s->family != AF_INET)
		return -EAFNOSUPPORT;
	s->ident = opts->ident;
	s->caps = ND_NET_RAW_ERRORS;
	return 0;
}

static int
mirror_enable_stamps(struct nd_sock *s)
{
	(void)s;
	return -EOPNOTSUPP;
}

/* Echo request (8) to reply (0): the checksum grows by what the type lost. */
static void
turn_round(uint8_t *data)
{
	uint32_t sum = ((uint32_t)data[2] << 8 | data[3]) + 0x0800;

	sum = (sum & 0xffff) + (sum >> 16);
	data[0] = 0;
	data[2] = (uint8_t)(sum >> 8);
	data[3] = (uint8_t)sum;
}

static int
mirror_send(struct nd_sock *s, const struct nd_send *send)
{
	struct mirror *m = s->arg;
	struct answer *a;

	if (m->count == RING || send->len > MESSAGE_MAX)
		return -EAGAIN;
	a = &m->ring[(m->first + m->count++) % RING];
	a->from = *send->to;
	a->len = send->len;
	memcpy(a->data, send->data, send->len);
	turn_round(a->data);
	s->sends++;
	return 0;
}

static int
mirror_recv(struct nd_sock *s, struct nd_packet *ret, int max)
{
	struct mirror *m = s->arg;
	int n = 0;

	for (; n < max && n < ND_NET_BATCH && m->count > 0; n++, m->count--) {
		struct answer *a = &m->reading[n];

		*a = m->ring[m->first];
		m->first = (m->first + 1) % RING;
		ret[n] = (struct nd_packet){.kind = ND_PACKET_MESSAGE,
		    .proto = s->proto,
		    .from = a->from,
		    .ttl = 64,
		    .tos = 0,
		    .data = a->data,
		    .len = a->len};
	}
	return n;
}

static int
mirror_recv_errors(struct nd_sock *s, struct nd_packet *ret, int max)
{
	(void)s;
	(void)ret;
	(void)max;
	return 0;
}

static int
mirror_reserve(struct nd_sock *s, size_t len)
{
	(void)s;
	(void)len;
	return 0;
}

static uint64_t
mirror_drops(struct nd_sock *s)
{
	(void)s;
	return 0;
}

static void
mirror_close(struct nd_sock *s)
{
	(void)s;
}

static const struct nd_net_ops mirror_ops = {.name = "mirror",
    .open = mirror_open,
    .enable_stamps = mirror_enable_stamps,
    .send = mirror_send,
    .recv = mirror_recv,
    .recv_errors = mirror_recv_errors,
    .reserve = mirror_reserve,
    .drops = mirror_drops,
    .close = mirror_close};

struct scale {
	struct mirror mirror;
	struct nd_ctx *ctx;
	struct nd_ping **pings;
	size_t count, answered, done;
};

static void
on_event(struct nd_ping *ping, const struct nd_ping_event *event, void *user)
{
	struct scale *s = user;

	(void)ping;
	if (event->status == ND_PING_REPLY)
		s->answered++;
	else if (event->status == ND_PING_DONE)
		s->done++;
}

static int
open_all(struct scale *s)
{
	static const struct nd_net_ops *const backends[] = {&mirror_ops, NULL};
	const struct nd_ctx_parts parts = {.backends = backends,
	    .clock = &nd_clock_system,
	    .net_arg = &s->mirror};
	struct nd_limits limits = ND_LIMITS_INIT;
	int r = nd_ctx_make(&s->ctx, NULL, &parts);

	if (r != 0)
		return r;
	limits.rate_pps = 0;
	r = nd_ctx_set_limits(s->ctx, &limits);
	if (r != 0)
		return r;
	s->pings = calloc(s->count, sizeof(struct nd_ping *));
	return s->pings == NULL ? -ENOMEM : 0;
}

static int
start_all(struct scale *s)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	struct nd_ping_opts opts = ND_PING_OPTS_INIT;
	int r = 0;

	opts.addr = (const struct sockaddr *)&to;
	opts.count = 1;
	for (size_t i = 0; i < s->count && r == 0; i++) {
		to.sin_addr.s_addr = htonl(FIRST_ADDRESS + (uint32_t)i);
		r = nd_ping_start(&s->pings[i], s->ctx, &opts, on_event, s);
	}
	return r;
}

static void
free_all(struct scale *s)
{
	for (size_t i = 0; s->pings != NULL && i < s->count; i++)
		nd_ping_free(s->pings[i]);
}

static int64_t
now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static size_t
heap(void)
{
	const struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static int
measure(struct scale *s)
{
	size_t empty = heap(), started, ran;
	int64_t t0 = now_ns(), t1, t2, t3;
	int r = start_all(s);

	if (r != 0)
		return r;
	t1 = now_ns();
	started = heap() - empty;
	while (s->done < s->count)
		(void)nd_ctx_turn(s->ctx);
	t2 = now_ns();
	ran = heap() - empty;
	free_all(s);
	t3 = now_ns();
	(void)printf("%lld %lld %lld %zu %zu %zu\n", (long long)(t1 - t0),
	    (long long)(t2 - t1), (long long)(t3 - t2), started, ran,
	    s->answered);
	return 0;
}

int
main(int argc, char **argv)
{
	struct scale *s = calloc(1, sizeof(*s));
	int r = -ENOMEM;

	if (s != NULL && argc == 2) {
		s->count = strtoul(argv[1], NULL, 10);
		r = open_all(s);
		if (r == 0)
			r = measure(s);
		free(s->pings);
		nd_ctx_free(s->ctx);
	}
	free(s);
	if (r == 0)
		return 0;
	(void)fprintf(stderr, "scale: %s\n",
	    argc == 2 ? nd_strerror(r) : "usage: scale COUNT");
	return argc == 2 ? 3 : 2;
}
