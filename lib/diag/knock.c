/* SPDX-License-Identifier: MIT */
/* The knock diagnostic, as a program sees it: start, stop, statistics. */
#include "diag/knock.h"
#include "engine/random.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* A server may have a half-open connection in mind for a minute. */
#define REMEMBER_S 64
#define LONGEST_NS ((int64_t)1 << 61) /* 73 years: sums do not overflow */

static bool
is_duration(int64_t ns)
{
	return ns >= 0 && ns <= LONGEST_NS;
}

static bool
opts_valid(const struct nd_knock_opts *o)
{
	return o->size == sizeof(*o) && o->addr != NULL &&
	       o->interval_ns >= 1000 && o->interval_ns <= LONGEST_NS &&
	       is_duration(o->timeout_ns) && is_duration(o->first_timeout_ns) &&
	       is_duration(o->start_ns) && o->flows <= ND_FLOWS_MAX &&
	       o->ttl >= -1 && o->ttl != 0 && o->ttl <= 255 && o->tos >= -1 &&
	       o->tos <= 255 && o->options <= ND_SYN_NONE &&
	       (o->flags & ~(ND_KNOCK_F_ECN | ND_KNOCK_F_FULL)) == 0;
}

/* 0: none, or of another family. */
static uint16_t
port_of(const struct sockaddr *sa)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	switch (sa->sa_family) {
	case AF_INET:
		memcpy(&v4, sa, sizeof(v4));
		return ntohs(v4.sin_port);
	case AF_INET6:
		memcpy(&v6, sa, sizeof(v6));
		return ntohs(v6.sin6_port);
	default:
		return 0;
	}
}

static int
make_profile(
    struct nd_knock_profile *f, const struct nd_knock_opts *o, nd_knock_cb *cb)
{
	/* Compared by its bytes: the padding too. */
	memset(f, 0, sizeof(*f));
	f->cb = cb;
	f->count = o->count;
	f->interval_ns = o->interval_ns;
	f->timeout_ns = o->timeout_ns;
	f->first_timeout_ns = o->first_timeout_ns > 0
				  ? o->first_timeout_ns
				  : ND_PING_FIRST_TIMEOUT_NS;
	f->flows = o->flows > 0 ? o->flows : 1;
	f->flags = o->flags;
	f->options = (uint32_t)o->options;
	f->ttl = o->ttl;
	f->tos = o->tos;
	return o->source != NULL ? nd_addr_from(&f->source, o->source) : 0;
}

/* What can be asked of the context's sockets. */
static int
check_socket(struct nd_ctx *ctx, const struct nd_knock *knock)
{
	const struct nd_knock_profile *f = knock->profile;
	const struct nd_sock *s =
	    nd_ctx_sock(ctx, knock->task.addr.family, IPPROTO_TCP);

	if (s == NULL)
		return ND_EFAMILY;
	if ((s->caps & ND_NET_CONNECTS) != 0)
		return f->flows == 1 && (f->flags & ND_KNOCK_F_ECN) == 0
			   ? 0
			   : ND_EOPTION;
	if ((f->flags & ND_KNOCK_F_FULL) != 0 || f->flows > ctx->flows)
		return ND_EOPTION;
	return 0;
}

/* TSvals that nobody can guess who does not see them. */
static uint32_t
first_tsval(const struct nd_ctx *ctx, const struct nd_knock *knock)
{
	struct {
		uint8_t ip[16];
		uint64_t serial;
		uint32_t port;
		char use[4];
	} text;

	memset(&text, 0, sizeof(text));
	memcpy(text.ip, knock->task.addr.ip, sizeof(text.ip));
	text.serial = ctx->started;
	text.port = knock->port;
	memcpy(text.use, "tsv", sizeof(text.use));
	return (uint32_t)nd_siphash(ctx->key, &text, sizeof(text));
}

/* The last part of nd_knock_start(), from where the memory is there. */
static int
start(struct nd_knock *knock, struct nd_ctx *ctx, int64_t start_ns)
{
	int r = check_socket(ctx, knock);

	if (r != 0)
		return r;
	knock->ports = calloc(1, sizeof(*knock->ports));
	if (knock->ports == NULL)
		return -ENOMEM;
	knock->port_count = 1;
	r = nd_task_start(&knock->task, ctx, &nd_knock_ops);
	if (r != 0) {
		free(knock->ports);
		return r;
	}
	knock->tsval = first_tsval(ctx, knock);
	knock->due_ns = nd_monotonic(&ctx->time) + start_ns;
	nd_task_due(&knock->task, knock->due_ns);
	return 0;
}

int
nd_knock_start(struct nd_knock **ret, struct nd_ctx *ctx,
    const struct nd_knock_opts *opts, nd_knock_cb *cb, void *user)
{
	struct nd_knock_profile profile;
	struct nd_knock *knock;
	int r;

	if (!opts_valid(opts) || cb == NULL || port_of(opts->addr) == 0)
		return ND_EOPTION;
	r = make_profile(&profile, opts, cb);
	if (r != 0)
		return r;
	knock = calloc(1, sizeof(*knock));
	if (knock == NULL)
		return -ENOMEM;
	r = nd_addr_from(&knock->task.addr, opts->addr);
	if (r == 0 && profile.source.family != 0 &&
	    profile.source.family != knock->task.addr.family)
		r = ND_EOPTION;
	if (r != 0)
		goto fail;
	knock->task.proto = IPPROTO_TCP;
	knock->task.peer_limit = ND_KNOCK_IN_FLIGHT;
	knock->task.remember_s = REMEMBER_S;
	knock->port = port_of(opts->addr);
	knock->user = user;
	knock->routed_ns = knock->least_ns = knock->largest_ns = -1;
	knock->suspect_ns = knock->first_ns = -1;
	knock->ttl = knock->syn_ack_ttl = knock->rst_ttl = -1;
	knock->exactness = ND_CLOCK_NONE;
	knock->profile = nd_shared_get(&ctx->shared, &profile, sizeof(profile));
	r = -ENOMEM;
	if (knock->profile == NULL)
		goto fail;
	r = start(knock, ctx, opts->start_ns);
	if (r != 0)
		goto fail_shared;
	*ret = knock;
	return 0;
fail_shared:
	nd_shared_put(&ctx->shared, knock->profile);
fail:
	free(knock);
	return r;
}

void
nd_knock_stop(struct nd_knock *knock)
{
	struct nd_ctx *ctx;

	if (knock == NULL || !knock->task.active)
		return;
	ctx = knock->task.ctx;
	/* A callback may free it. */
	ctx->depth++;
	if (nd_knock_tell_losses(knock, NULL, 0))
		nd_task_stop(&knock->task);
	ctx->depth--;
	nd_ctx_reclaim(ctx);
}

void
nd_knock_free(struct nd_knock *knock)
{
	struct nd_ctx *ctx;

	if (knock == NULL)
		return;
	ctx = knock->task.ctx;
	nd_task_stop(&knock->task);
	free(knock->ports);
	knock->ports = NULL;
	nd_rtt_free(&knock->rtt, &ctx->rtt_budget);
	nd_shared_put(&ctx->shared, knock->profile);
	nd_task_free(&knock->task);
}

static enum nd_knock_state
state_of(const struct nd_knock *knock)
{
	if (knock->syn_acks + knock->rsts + knock->challenges == 0)
		return ND_KNOCK_STATE_FILTERED;
	return knock->rsts > knock->syn_acks ? ND_KNOCK_STATE_CLOSED
					     : ND_KNOCK_STATE_OPEN;
}

int
nd_knock_stats(const struct nd_knock *knock, struct nd_knock_stats *ret)
{
	const struct nd_task *task = &knock->task;
	struct nd_knock_stats s = {.size = sizeof(s)};

	if (ret->size != sizeof(*ret))
		return ND_EOPTION;
	s.sent = task->numbers - knock->send_errors;
	s.received = knock->received;
	s.errors = knock->errors;
	s.unfinished = task->in_flight;
	s.lost = s.sent - s.received - s.errors - s.unfinished;
	s.lost_out = knock->lost_out;
	s.lost_back = knock->lost_back;
	s.lost_unknown = s.lost - s.lost_out - s.lost_back;
	s.late = knock->late;
	s.late_errors = knock->late_errors;
	s.duplicates = knock->duplicates;
	s.invalid = knock->invalid;
	s.send_errors = knock->send_errors;
	s.syn_acks = knock->syn_acks;
	s.rsts = knock->rsts;
	s.challenges = knock->challenges;
	s.ambiguous = knock->ambiguous;
	s.state = state_of(knock);
	s.mixed = knock->mixed;
	s.rst_ttl_differs = knock->rst_ttl_differs;
	s.rst_lost = knock->rst_lost;
	s.loss_uncertain = knock->loss_uncertain;
	s.ttl = knock->ttl;
	s.has_tcp = knock->has_tcp;
	s.tcp = knock->tcp;
	s.ecn = (enum nd_knock_ecn)knock->ecn.server;
	s.ecn_path = nd_knock_ecn_path(knock);
	s.clock = (enum nd_clock)knock->exactness;
	if (knock->first_ns >= 0 && knock->last_ns > knock->first_ns)
		s.duration_ns = knock->last_ns - knock->first_ns;
	nd_rtt_report(&knock->rtt, &s.rtt);
	*ret = s;
	return 0;
}

int
nd_knock_flow(
    const struct nd_knock *knock, unsigned i, struct nd_knock_flow *ret)
{
	const struct nd_ports *ports = &knock->task.ctx->tcp_ports;
	const struct nd_knock_port *port;

	if (knock->ports == NULL || i >= knock->port_count)
		return -ENOENT;
	port = &knock->ports[i];
	*ret = (struct nd_knock_flow){.port = i < ports->n ? ports->port[i] : 0,
	    .sent = port->sent,
	    .received = port->received,
	    .lost = port->lost,
	    .errors = port->errors,
	    .min_ns = port->samples > 0 ? port->min_ns : -1,
	    .avg_ns =
		port->samples > 0 ? port->sum_ns / (int64_t)port->samples : -1,
	    .max_ns = port->samples > 0 ? port->max_ns : -1};
	return 0;
}
