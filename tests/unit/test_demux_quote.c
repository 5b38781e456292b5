/* SPDX-License-Identifier: MIT */
/*
 * lib/engine/demux_quote.h: which UDP probe an ICMP error is about, whatever
 * routers and translators have done to what they quote.
 */
#include "engine/demux_quote.h"
#include "prng.h"
#include "udp_rig.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <string.h>

#define N 0x1234
#define SWAPPED 0x3412
#define OTHER 0x7777 /* no probe's */
#define ALL (ND_UDP | ND_TRACE)
#define FOREIGN 1024 /* none of our ports */

static const char *const target[] = {"192.0.2.7", "2001:db8::7"};
static const char *const stranger[] = {"198.51.100.1", "2001:db8:1::1"};

static void
finish(struct udp_rig *r, struct udp_task *t)
{
	udp_task_end(t);
	udp_rig_free(r);
}

/* Probes from the first port with NUMBERS, as far as they are not 0. */
static struct udp_task *
probes(struct udp_rig *r, int i, const uint16_t *numbers, size_t n)
{
	struct udp_task *t = udp_task_new(r, target[i]);

	for (size_t j = 0; j < n; j++)
		if (numbers[j] != 0)
			udp_task_shoot(t, UDP_PORT, numbers[j]);
	return t;
}

Test(demux_quote, numbers_are_the_likeliest_first)
{
	static const struct {
		int af;
		uint16_t id, sum;
		size_t n;
		uint16_t want[ND_QUOTE_NUMBERS];
	} cases[] = {
	    /* They agree as they are, swapped, one higher. */
	    {AF_INET, N, N, 3, {N, SWAPPED, N - 1}},
	    {AF_INET, SWAPPED, N, 3, {N, SWAPPED, SWAPPED - 1}},
	    {AF_INET, N + 1, N, 3, {N, N + 1, 0x3512}},
	    /* No checksum, or another one. */
	    {AF_INET, N, 0, 3, {N, SWAPPED, N - 1}},
	    {AF_INET, N, OTHER, 4, {N, SWAPPED, N - 1, OTHER}},
	    /* No IP ID. */
	    {AF_INET, 0, N, 1, {N}},
	    {AF_INET, 0, 0, 0, {0}},
	    {AF_INET, 1, 0, 2, {1, 0x100}},
	    {AF_INET, 0x1111, 0, 2, {0x1111, 0x1110}},
	    {AF_INET6, 0, N, 1, {N}},
	    {AF_INET6, N, OTHER, 1, {OTHER}},
	    {AF_INET6, 0, 0, 0, {0}},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct nd_quote q = {.af = cases[i].af,
		    .ip_id = cases[i].id,
		    .checksum = cases[i].sum};
		uint16_t got[ND_QUOTE_NUMBERS] = {0};

		cr_assert_eq(nd_quote_numbers(&q, got), cases[i].n, "%zu", i);
		cr_assert_arr_eq(got, cases[i].want, sizeof(got), "%zu", i);
	}
}

Test(demux_quote, finds_the_probe_by_whichever_signal_is_left)
{
	static const struct {
		int i;
		uint16_t id, sum;
		bool rewritten;
	} cases[] = {{0, N, N, false}, {0, N, 0, false}, {0, SWAPPED, N, false},
	    {0, SWAPPED, 0, false}, {0, N + 1, N, false}, {0, N + 1, 0, false},
	    {0, 0, N, false}, {0, OTHER, N, false}, {0, N, OTHER, true},
	    {0, SWAPPED, OTHER, true}, {0, N + 1, OTHER, true},
	    {1, 0, N, false}};

	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		const uint16_t number = N;
		struct udp_rig *r = udp_rig_new(ALL);
		struct udp_task *t = probes(r, cases[c].i, &number, 1);
		const struct udp_quote q = {.to = target[cases[c].i],
		    .sport = UDP_PORT,
		    .ip_id = cases[c].id,
		    .checksum = cases[c].sum};

		udp_quote_arrives(r, &q);
		cr_assert_eq(t->errors, 1, "%zu", c);
		cr_assert_eq(t->last.rewritten, cases[c].rewritten, "%zu", c);
		cr_assert(t->last.is_message);
		cr_assert(!t->last.has_udp);
		cr_assert_eq(t->last.icmp.kind, ND_ICMP_TTL_EXCEEDED);
		cr_assert_eq(r->ctx->stats.in_flight, 0);
		finish(r, t);
	}
}

/* Several probes of one port are under way: the better candidate gets it. */
Test(demux_quote, credits_the_better_of_two_probes)
{
	static const struct {
		uint16_t probes[3], id, sum, proven, want;
	} cases[] = {
	    /* The checksum says which of the readings is right. */
	    {{N, N + 1, 0}, N + 1, N, 0, N},
	    {{N + 1, N, 0}, N + 1, N, 0, N},
	    {{N, N + 1, 0}, N + 1, N + 1, 0, N + 1},
	    {{SWAPPED, N, 0}, SWAPPED, N, 0, N},
	    {{SWAPPED, N, 0}, SWAPPED, SWAPPED, 0, SWAPPED},
	    /* It was reset, or changed: as it is quoted, most likely. */
	    {{N, N - 1, SWAPPED}, N, 0, 0, N},
	    {{N - 1, SWAPPED, N}, N, OTHER, 0, N},
	    {{N - 1, SWAPPED, 0}, N, 0, 0, SWAPPED},
	    /* They contradict each other. */
	    {{OTHER, N, 0}, N, OTHER, 0, N},
	    {{N - 1, OTHER, 0}, N, OTHER, 0, N - 1},
	    /* The payload decides, against all the rest. */
	    {{N, N - 1, SWAPPED}, N, 0, N - 1, N - 1},
	    {{N, N - 1, SWAPPED}, N, N, SWAPPED, SWAPPED},
	    {{OTHER, N, 0}, N, OTHER, OTHER, OTHER},
	    {{N, N + 1, 0}, N + 1, N, N + 1, N + 1},
	};

	for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
		struct udp_rig *r = udp_rig_new(ALL);
		struct udp_task *t = probes(r, 0, cases[c].probes, 3);
		const struct udp_quote q = {.to = target[0],
		    .sport = UDP_PORT,
		    .ip_id = cases[c].id,
		    .checksum = cases[c].sum};

		if (cases[c].proven != 0)
			t->proven = udp_tag(UDP_PORT, cases[c].proven);
		udp_quote_arrives(r, &q);
		cr_assert_eq(t->errors, 1, "%zu", c);
		cr_assert_eq(
		    t->told, udp_tag(UDP_PORT, cases[c].want), "%zu", c);
		finish(r, t);
	}
}

Test(demux_quote, knows_the_port_and_the_address)
{
	struct udp_rig *r = udp_rig_new(ALL);
	struct udp_task *t[4];
	struct udp_quote q = {.ip_id = N, .checksum = N};

	for (int i = 0; i < 4; i++) {
		t[i] = udp_task_new(r, target[i % 2]);
		udp_task_shoot(t[i], (uint16_t)(UDP_PORT + i / 2), N);
	}
	for (int i = 3; i >= 0; i--) {
		q.to = target[i % 2];
		q.sport = (uint16_t)(UDP_PORT + i / 2);
		udp_quote_arrives(r, &q);
		cr_assert_eq(t[i]->errors, 1);
		cr_assert_eq(r->ctx->stats.in_flight, (uint64_t)i);
		udp_task_end(t[i]);
	}
	udp_rig_free(r);
}

Test(demux_quote, a_translator_of_the_source_is_noticed)
{
	for (int i = 0; i < 2; i++) {
		const uint16_t number = N;
		struct udp_rig *r = udp_rig_new(ALL);
		struct udp_task *t = probes(r, i, &number, 1);
		const struct udp_quote q = {.to = target[i],
		    .from = stranger[i],
		    .sport = UDP_PORT,
		    .ip_id = i == 0 ? N : 0,
		    .checksum = N};

		udp_quote_arrives(r, &q);
		cr_assert_eq(t->errors, 1);
		cr_assert(t->last.rewritten);
		finish(r, t);
	}
}

/* By each of the numbers, where it proves to be about it. */
Test(demux_quote, behind_a_translator_of_the_destination_it_needs_proof)
{
	static const uint16_t ids[] = {N, SWAPPED, N + 1, 0};

	for (size_t c = 0; c < 8; c++) {
		const uint16_t number = N;
		struct udp_rig *r = udp_rig_new(ALL);
		struct udp_task *t = probes(r, 0, &number, 1);
		const struct udp_quote q = {.to = stranger[0],
		    .sport = UDP_PORT,
		    .ip_id = ids[c / 2],
		    .checksum = N};

		t->proven = c % 2 == 1 ? udp_tag(UDP_PORT, N) : 0;
		udp_quote_arrives(r, &q);
		cr_assert_eq(t->errors, (int)(c % 2), "%zu", c);
		cr_assert_eq(t->last.rewritten, c % 2 == 1);
		cr_assert_eq(
		    r->ctx->stats.invalid[ND_INVALID_UNKNOWN], 1 - c % 2);
		finish(r, t);
	}
}

Test(demux_quote, a_port_of_none_may_have_been_each_of_ours)
{
	for (int i = 0; i < 2; i++) {
		for (uint16_t port = 0; port < UDP_PORTS; port++) {
			struct udp_rig *r = udp_rig_new(ALL);
			struct udp_task *t = udp_task_new(r, target[i]);
			const struct udp_quote q = {.to = target[i],
			    .sport = FOREIGN,
			    .ip_id = i == 0 ? N : 0,
			    .checksum = i == 0 ? OTHER : N};

			udp_task_shoot(t, (uint16_t)(UDP_PORT + port), N);
			udp_quote_arrives(r, &q);
			cr_assert_eq(t->errors, 1);
			cr_assert(t->last.rewritten);
			cr_assert_eq(r->ctx->stats.ignored, 0);
			finish(r, t);
		}
	}
}

/* Two flows have that number: neither gets what may be the other's. */
Test(demux_quote, nobody_gets_what_may_be_of_two_flows)
{
	for (int proven = 0; proven < 2; proven++) {
		struct udp_rig *r = udp_rig_new(ALL);
		struct udp_task *t = udp_task_new(r, target[0]);
		const struct udp_quote q = {
		    .to = target[0], .sport = FOREIGN, .ip_id = N};

		/* A weaker candidate does not get it instead. */
		udp_task_shoot(t, UDP_PORT, SWAPPED);
		udp_task_shoot(t, UDP_PORT, N);
		udp_task_shoot(t, UDP_PORT + 2, N);
		if (proven == 1)
			t->proven = udp_tag(UDP_PORT + 2, N);
		udp_quote_arrives(r, &q);
		cr_assert_eq(t->errors, proven);
		cr_assert_eq(r->ctx->stats.ignored, 1 - (uint64_t)proven);
		if (proven == 1)
			cr_assert_eq(t->told, t->proven);
		finish(r, t);
	}
}

Test(demux_quote, other_programs_errors_are_ignored)
{
	static const unsigned methods[] = {ND_UDP, ND_ICMP, ALL};

	for (size_t m = 0; m < 3; m++) {
		struct udp_rig *r = udp_rig_new(methods[m] | ND_TRACE);
		struct udp_quote q = {.to = target[0],
		    .sport = FOREIGN,
		    .ip_id = N,
		    .checksum = N};
		struct nd_ctx *ctx = r->ctx;

		udp_quote_arrives(r, &q);
		cr_assert_eq(ctx->stats.ignored, 1);
		q.to = target[1];
		udp_quote_arrives(r, &q);
		cr_assert_eq(ctx->stats.ignored, 2);
		/* One that says it is ours, and is not. */
		q.sport = UDP_PORT;
		udp_quote_arrives(r, &q);
		cr_assert_eq(ctx->stats.invalid[ND_INVALID_UNKNOWN],
		    methods[m] != ND_ICMP);
		udp_rig_free(r);
	}
}

/* The same answer; what it may cost is bounded. */
Test(demux_quote, the_search_among_our_ports_is_bounded)
{
	struct udp_rig *r = udp_rig_new(ALL);
	struct udp_task *t = udp_task_new(r, target[0]);
	const struct nd_packet packet = {.kind = ND_PACKET_MESSAGE};
	struct nd_answer a = {.packet = &packet,
	    .quote = {.af = AF_INET, .sport = FOREIGN, .ip_id = N}};
	const struct nd_addr dst = fake_addr(target[0]);

	udp_task_shoot(t, UDP_PORT + 2, N);
	r->ctx->scan_budget = UDP_PORTS - 1;
	cr_assert_null(nd_demux_quoted_udp(r->ctx, &a, &dst));
	cr_assert_eq(r->ctx->scan_budget, 0);
	r->ctx->scan_budget = UDP_PORTS;
	cr_assert_eq(nd_demux_quoted_udp(r->ctx, &a, &dst), t->task.newest);
	finish(r, t);
}

Test(demux_quote, without_the_method_another_port_is_another_programs)
{
	struct udp_rig *r = udp_rig_new(ND_UDP | ND_ICMP);
	const struct udp_quote q = {
	    .to = target[0], .sport = FOREIGN, .ip_id = N, .checksum = N};

	udp_quote_arrives(r, &q);
	cr_assert_eq(r->ctx->stats.ignored, 1);
	cr_assert_null(nd_ctx_sock(r->ctx, AF_INET, IPPROTO_RAW));
	udp_rig_free(r);
}

/* However it is quoted, an error is credited to one probe or to none. */
Test(demux_quote, goes_on_after_anything)
{
	struct udp_rig *r = udp_rig_new(ALL);
	struct udp_task *t = udp_task_new(r, target[0]);
	uint64_t seed = 9, sum = 0;

	for (uint16_t i = 1; i <= 50; i++)
		udp_task_shoot(t, (uint16_t)(UDP_PORT + i % UDP_PORTS), i);
	for (int i = 0; i < 20000; i++) {
		const struct udp_quote q = {
		    .to = prng(&seed) % 8 == 0 ? stranger[0] : target[0],
		    .sport = (uint16_t)(UDP_PORT - 1 +
					(int)(prng(&seed) % (UDP_PORTS + 2))),
		    .ip_id = (uint16_t)(prng(&seed) % 60),
		    .checksum = (uint16_t)(prng(&seed) % 60)};

		udp_quote_arrives(r, &q);
	}
	for (int i = 0; i < ND_INVALID_COUNT; i++)
		sum += r->ctx->stats.invalid[i];
	cr_assert_eq(t->errors, 50);
	cr_assert_eq(r->ctx->stats.in_flight, 0);
	cr_assert_gt(r->ctx->stats.ignored, 0);
	cr_assert_gt(sum, 0);
	finish(r, t);
}
