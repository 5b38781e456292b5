/* SPDX-License-Identifier: MIT */
/* The text of a trace that never was: events and a view to feed the report. */
#ifndef TEST_CAPTURE_TRACE_H
#define TEST_CAPTURE_TRACE_H

#include "capture.h"
#include "report_trace_text.h"
#include "trace_canned.h"

#define US INT64_C(1000)

static const struct report_target canned_www = {
    "www.example.org", "203.0.113.8", 4, 0};

struct scene {
	struct capture c;
	struct trace_canned t;
	struct report_trace_names names;
	struct report_trace_summary summary;
	const struct report_target *target;
};

/* "r1.example.net" of 198.51.100.1; no name for others. */
static inline const char *
scene_name(void *user, const struct sockaddr *addr)
{
	static char name[32];
	const unsigned char *bytes;
	struct sockaddr_in in;

	(void)user;
	if (addr->sa_family != AF_INET)
		return NULL;
	memcpy(&in, addr, sizeof(in));
	bytes = (const unsigned char *)&in.sin_addr;
	if (bytes[0] == 203)
		return bytes[3] == 8 ? "www.example.org" : NULL;
	if (bytes[0] != 198)
		return NULL;
	(void)snprintf(name, sizeof(name), "r%u.example.net", bytes[3]);
	return name;
}

static inline const char *
scene_asn(void *user, const struct sockaddr *addr)
{
	(void)user;
	return addr->sa_family == AF_INET ? "AS64500" : NULL;
}

static inline void
scene_open(struct scene *s, struct report_opts opts)
{
	const struct report_start start = {
	    .src = "192.0.2.9", .proto = "udp", .dns_ns = -1};

	memset(s, 0, sizeof(*s));
	opts.method = opts.method != NULL ? opts.method : "udp";
	opts.port = opts.port > 0 ? opts.port : 33434;
	opts.payload = 32;
	opts.max_hops = opts.max_hops > 0 ? opts.max_hops : 30;
	opts.flows = opts.flows > 0 ? opts.flows : 3;
	opts.cycles = opts.cycles > 0 ? opts.cycles : 1;
	opts.targets = opts.targets > 0 ? opts.targets : 1;
	capture_open(&s->c, opts, report_trace_text);
	trace_canned_init(&s->t);
	s->target = &canned_www;
	s->names.name = scene_name;
	s->names.asn = opts.asn ? scene_asn : NULL;
	s->summary = (struct report_trace_summary){.stats = &s->t.stats,
	    .names = &s->names,
	    .links = true,
	    .mda = opts.mda,
	    .judged_rtt_ns = -1};
	s->c.report->ops->start(s->c.report, s->target, &start, NOW);
}

/* The answer of FROM (NULL: none) to a probe. */
static inline void
scene_event(struct scene *s, enum nd_trace_status status, unsigned ttl,
    unsigned flow, const char *from, int64_t rtt_ns)
{
	struct sockaddr_storage addr;
	const struct nd_trace_event event = trace_canned_event(status, ttl,
	    flow, from != NULL ? trace_canned_addr(from, &addr) : NULL, rtt_ns);

	report_trace_ops(s->c.report)
	    ->probe(s->c.report, s->target, &event, NOW);
}

/*
 * A hop with one node that answers the flows of the mask FLOWS: the first after
 * AVG_NS, each further one 10 us later; three were asked.
 */
static inline struct nd_trace_node *
scene_hop(struct scene *s, unsigned ttl, const char *addr, uint64_t flows,
    int64_t avg_ns)
{
	const bool last = strcmp(addr, s->target->addr) == 0;

	(void)trace_canned_hop(&s->t, ttl, 3);
	for (unsigned flow = 1; flow <= 3; flow++) {
		if ((flows >> (flow - 1) & 1) != 0)
			scene_event(s,
			    last ? ND_TRACE_DESTINATION : ND_TRACE_HOP, ttl,
			    flow, addr, avg_ns + 10 * US * (flow - 1));
		else
			scene_event(s, ND_TRACE_TIMEOUT, ttl, flow, NULL, -1);
	}
	return last ? trace_canned_destination(&s->t, addr, flows, avg_ns)
		    : trace_canned_node(&s->t, addr, flows, avg_ns);
}

/* A further node of the last hop. */
static inline struct nd_trace_node *
scene_node(struct scene *s, const char *addr, uint64_t flows, int64_t avg_ns)
{
	struct nd_trace_node *node =
	    trace_canned_node(&s->t, addr, flows, avg_ns);

	for (unsigned flow = 1; flow <= 3; flow++) {
		if ((flows >> (flow - 1) & 1) != 0)
			scene_event(s, ND_TRACE_HOP, node->ttl, flow, addr,
			    avg_ns + 10 * US * (flow - 1));
	}
	return node;
}

static inline void
scene_silent(struct scene *s, unsigned first, unsigned last)
{
	for (unsigned ttl = first; ttl <= last; ttl++) {
		(void)trace_canned_hop(&s->t, ttl, 3);
		for (unsigned flow = 1; flow <= 3; flow++)
			scene_event(s, ND_TRACE_TIMEOUT, ttl, flow, NULL, -1);
	}
}

static inline struct trace_draw
scene_draw(struct scene *s, const struct report_trace_view *view)
{
	struct trace_text *self = trace_text_self(s->c.report);

	return (struct trace_draw){.self = self,
	    .target = s->target,
	    .summary = &s->summary,
	    .view = view,
	    .rtts = trace_rtts_of(&self->rtts, s->target)};
}

/* The hop that was added last is final. */
static inline const char *
scene_tell_hop(struct scene *s)
{
	const struct report_trace_view view = {
	    .hops = &s->t.hops[s->t.view.nhops - 1], .nhops = 1};
	const struct trace_draw draw = scene_draw(s, &view);

	trace_text_hop(&draw, NOW);
	return capture_text(&s->c);
}

static inline const char *
scene_tell(struct scene *s)
{
	const struct trace_draw draw = scene_draw(s, &s->t.view);

	trace_text_summary(&draw, NOW);
	return capture_text(&s->c);
}

static inline void
scene_close(struct scene *s)
{
	capture_close(&s->c);
}

/* No line of TEXT is wider than COLUMNS; it is ASCII. */
static inline void
scene_fits(const char *text, unsigned columns)
{
	while (*text != '\0') {
		const size_t len = strcspn(text, "\n");

		cr_assert_leq(
		    len, columns, "%u: %.*s", columns, (int)len, text);
		text += len + 1;
	}
}

#define HEADER                                                                 \
	"TRACE www.example.org (203.0.113.8): udp/33434, 3 flows, max 30 "     \
	"hops, 60 bytes\n"

#endif
