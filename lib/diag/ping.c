/* SPDX-License-Identifier: MIT */
/* The ping diagnostic, as a program sees it: start, stop, statistics. */
#include "diag/ping.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PAYLOAD 65507u
#define LONGEST_NS ((int64_t)1 << 61) /* 73 years: sums do not overflow */

static bool
opts_valid(const struct nd_ping_opts *o)
{
	return o->size == sizeof(*o) && o->addr != NULL &&
	       o->interval_ns >= 1000 && o->least_interval_ns >= 0 &&
	       o->timeout_ns >= 0 && o->start_ns >= 0 &&
	       o->interval_ns <= LONGEST_NS &&
	       o->least_interval_ns <= LONGEST_NS &&
	       o->timeout_ns <= LONGEST_NS && o->first_timeout_ns >= 0 &&
	       o->first_timeout_ns <= LONGEST_NS && o->start_ns <= LONGEST_NS &&
	       o->payload <= MAX_PAYLOAD && o->pattern_len <= 16 &&
	       (o->pattern != NULL || o->pattern_len == 0) && o->ttl >= -1 &&
	       o->ttl != 0 && o->ttl <= 255 && o->tos >= -1 && o->tos <= 255;
}

static int
make_profile(
    struct nd_ping_profile *f, const struct nd_ping_opts *o, nd_ping_cb *cb)
{
	/* Compared by its bytes: the padding too. */
	memset(f, 0, sizeof(*f));
	f->cb = cb;
	f->count = o->count;
	f->interval_ns = o->interval_ns;
	f->least_interval_ns = o->least_interval_ns;
	f->timeout_ns = o->timeout_ns;
	f->first_timeout_ns = o->first_timeout_ns > 0
				  ? o->first_timeout_ns
				  : ND_PING_FIRST_TIMEOUT_NS;
	f->payload = o->payload;
	f->preload = o->preload;
	f->ttl = o->ttl;
	f->tos = o->tos;
	f->flags = o->flags;
	f->pattern_len = (uint32_t)o->pattern_len;
	if (o->pattern_len > 0)
		memcpy(f->pattern, o->pattern, o->pattern_len);
	return o->source != NULL ? nd_addr_from(&f->source, o->source) : 0;
}

/* The last part of nd_ping_start(), from where the memory is there. */
static int
start(struct nd_ping *ping, struct nd_ctx *ctx, const struct nd_ping_opts *o)
{
	struct nd_sock *s;
	int r = nd_task_start(&ping->task, ctx, &nd_ping_ops);

	if (r != 0)
		return r;
	ping->serial = (uint32_t)ctx->started;
	s = nd_ctx_sock(ctx, ping->task.addr.family, ping->task.proto);
	r = s->ops->reserve(s, o->payload + ND_ICMP_HEADER);
	if (r != 0) {
		nd_task_stop(&ping->task);
		return r;
	}
	nd_task_due(&ping->task, nd_monotonic(&ctx->time) + o->start_ns);
	return 0;
}

int
nd_ping_start(struct nd_ping **ret, struct nd_ctx *ctx,
    const struct nd_ping_opts *opts, nd_ping_cb *cb, void *user)
{
	struct nd_ping_profile profile;
	struct nd_ping *ping;
	int r;

	if (!opts_valid(opts) || cb == NULL)
		return ND_EOPTION;
	r = make_profile(&profile, opts, cb);
	if (r != 0)
		return r;
	ping = calloc(1, sizeof(*ping));
	if (ping == NULL)
		return -ENOMEM;
	r = nd_addr_from(&ping->task.addr, opts->addr);
	if (r == 0 && profile.source.family != 0 &&
	    profile.source.family != ping->task.addr.family)
		r = ND_EOPTION;
	if (r != 0)
		goto fail;
	ping->task.proto =
	    ping->task.addr.family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	ping->task.any_source = (opts->flags & ND_PING_F_ANY_SOURCE) != 0;
	ping->user = user;
	ping->largest_ns = ping->first_ns = -1;
	ping->clock = ND_CLOCK_NONE;
	r = -ENOMEM;
	ping->profile = nd_shared_get(&ctx->shared, &profile, sizeof(profile));
	if (ping->profile == NULL)
		goto fail;
	if (ping->task.any_source && (ping->senders = nd_senders_new()) == NULL)
		goto fail_shared;
	r = start(ping, ctx, opts);
	if (r != 0)
		goto fail_senders;
	*ret = ping;
	return 0;
fail_senders:
	nd_senders_free(ping->senders);
fail_shared:
	nd_shared_put(&ctx->shared, ping->profile);
fail:
	free(ping);
	return r;
}

void
nd_ping_stop(struct nd_ping *ping)
{
	if (ping != NULL)
		nd_task_stop(&ping->task);
}

void
nd_ping_free(struct nd_ping *ping)
{
	struct nd_ctx *ctx;

	if (ping == NULL)
		return;
	ctx = ping->task.ctx;
	nd_task_stop(&ping->task);
	nd_senders_free(ping->senders);
	ping->senders = NULL;
	nd_rtt_free(&ping->rtt, &ctx->rtt_budget);
	nd_shared_put(&ctx->shared, ping->profile);
	nd_task_free(&ping->task);
}

int
nd_ping_stats(const struct nd_ping *ping, struct nd_ping_stats *ret)
{
	const struct nd_task *task = &ping->task;
	struct nd_ping_stats s = {.size = sizeof(s)};

	if (ret->size != sizeof(*ret))
		return ND_EOPTION;
	s.sent = task->numbers - ping->send_errors;
	s.received = ping->rtt.n;
	s.errors = ping->errors;
	s.unfinished = task->in_flight;
	s.lost = s.sent - s.received - s.errors - s.unfinished;
	s.late = ping->late;
	s.late_errors = ping->late_errors;
	s.duplicates = ping->duplicates;
	s.invalid = ping->invalid;
	s.send_errors = ping->send_errors;
	s.loss_uncertain = ping->loss_uncertain;
	s.pipe = ping->pipe;
	s.clock = (enum nd_clock)ping->clock;
	if (ping->first_ns >= 0 && ping->last_ns > ping->first_ns)
		s.duration_ns = ping->last_ns - ping->first_ns;
	nd_rtt_report(&ping->rtt, &s.rtt);
	*ret = s;
	return 0;
}

int
nd_ping_sender(const struct nd_ping *ping, size_t i, struct nd_ping_sender *ret)
{
	return ping->senders != NULL ? nd_senders_get(ping->senders, i, ret)
				     : -ENOENT;
}
