/* SPDX-License-Identifier: MIT */
/* What goes wrong under ping: ICMP errors, refused sends, random mixtures. */
#include "ping_rig.h"
#include "prng.h"

#include <criterion/criterion.h>
#include <errno.h>

static const char *const target[] = {"192.0.2.7", "2001:db8::7"};

/* One probe, on its way without an answer. */
static struct nd_ping *
one(struct ping_rig *r, const char *addr)
{
	struct nd_ping_opts o = rig_opts(r, addr);
	struct nd_ping *ping;

	o.count = 1;
	o.timeout_ns = SEC;
	r->net.on_send = rig_silence;
	ping = rig_start(r, &o);
	rig_run(r, 0);
	cr_assert_eq(r->net.sends, 1);
	return ping;
}

static void
come(struct ping_rig *r, const struct fake_message *m)
{
	fake_message_arrives(&r->net, m, 0);
	rig_run(r, 0);
}

static const struct kind {
	int family; /* index of target */
	struct fake_error e;
	enum nd_ping_status status;
	int info;
} kinds[] = {
    {0, {.type = 3, .code = 0}, ND_PING_UNREACHABLE, -1},
    {0, {.type = 3, .code = 1}, ND_PING_UNREACHABLE, -1},
    {0, {.type = 3, .code = 2}, ND_PING_UNREACHABLE, -1},
    {0, {.type = 3, .code = 3}, ND_PING_UNREACHABLE, -1},
    {0, {.type = 3, .code = 4, .word = 1400}, ND_PING_UNREACHABLE, 1400},
    {0, {.type = 3, .code = 13}, ND_PING_UNREACHABLE, -1},
    {0, {.type = 11, .code = 0}, ND_PING_TTL_EXCEEDED, -1},
    {0, {.type = 11, .code = 1}, ND_PING_TTL_EXCEEDED, -1},
    {0, {.type = 12, .code = 0, .word = 20u << 24}, ND_PING_UNREACHABLE, 20},
    {1, {.type = 1, .code = 0}, ND_PING_UNREACHABLE, -1},
    {1, {.type = 1, .code = 3}, ND_PING_UNREACHABLE, -1},
    {1, {.type = 1, .code = 4}, ND_PING_UNREACHABLE, -1},
    {1, {.type = 2, .code = 0, .word = 1280}, ND_PING_UNREACHABLE, 1280},
    {1, {.type = 3, .code = 0}, ND_PING_TTL_EXCEEDED, -1},
    {1, {.type = 3, .code = 1}, ND_PING_TTL_EXCEEDED, -1},
    {1, {.type = 4, .code = 1, .word = 40}, ND_PING_UNREACHABLE, 40},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* The probe ends as soon as the error comes. QUOTED: bytes of the request. */
static void
error_ends(const struct kind *k, size_t quoted)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping = one(r, target[k->family]);
	struct fake_error e = k->e;
	struct fake_message m;
	const struct rig_event *got;

	e.quoted = quoted;
	m = fake_error_make(fake_net_recent(&r->net, 1), &e);
	rig_run(r, 5 * MS);
	come(r, &m);
	cr_assert_eq(r->logged, 2);
	got = &r->log[0];
	cr_assert_eq(got->e.status, k->status);
	cr_assert_eq(got->e.seq, 1);
	cr_assert_eq(got->e.icmp_type, k->e.type);
	cr_assert_eq(got->e.icmp_code, k->e.code);
	cr_assert_eq(got->e.info, k->info, "type %d code %d: %d", k->e.type,
	    k->e.code, got->e.info);
	cr_assert_eq(got->e.rtt_ns, 5 * MS);
	cr_assert(nd_addr_equal(&got->from, &m.from));
	cr_assert_eq(r->log[1].e.status, ND_PING_DONE);
	cr_assert_eq(rig_stats(ping).errors, 1);
	cr_assert_eq(rig_stats(ping).lost, 0);
	nd_ping_free(ping);
	rig_free(r);
}

Test(ping_faults, icmp_error_of_each_kind_ends_the_probe)
{
	for (size_t i = 0; i < KINDS; i++)
		error_ends(&kinds[i], 64);
}

/* RFC 792: 64 bits of the datagram, no more. */
Test(ping_faults, icmp_error_with_a_quote_of_8_bytes)
{
	for (size_t i = 0; i < KINDS; i++)
		error_ends(&kinds[i], 8);
}

/* As the error queue of an unprivileged socket tells it. */
Test(ping_faults, error_report_of_the_kernel)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping = one(r, target[0]);
	struct fake_message own = *fake_net_recent(&r->net, 1);
	struct nd_packet p = {.kind = ND_PACKET_ERROR,
	    .icmp_type = 3,
	    .icmp_code = 4,
	    .from = fake_addr("192.0.2.254"),
	    .to = own.from,
	    .ttl = -1,
	    .tos = -1,
	    .info = 1400,
	    .data = own.data,
	    .len = own.len};

	own.data[0] = 8;
	fake_net_deliver(&r->net, &p, r->clock.now_ns);
	rig_run(r, 0);
	cr_assert_eq(rig_stats(ping).errors, 1);
	cr_assert_eq(rig_event(r, ND_PING_UNREACHABLE, 1)->e.info, 1400);
	cr_assert_eq(rig_event(r, ND_PING_UNREACHABLE, 1)->e.icmp_code, 4);
	nd_ping_free(ping);
	rig_free(r);
}

/* The kernel reports them, and they say that something else happened. */
Test(ping_faults, reported_redirects_and_source_quenches_end_nothing)
{
	static const uint8_t types[] = {4, 5};

	for (size_t i = 0; i < sizeof(types); i++) {
		struct ping_rig *r = rig_new(NULL);
		struct nd_ping *ping = one(r, target[0]);
		struct fake_message own = *fake_net_recent(&r->net, 1);
		struct nd_packet p = {.kind = ND_PACKET_ERROR,
		    .icmp_type = types[i],
		    .icmp_code = 1,
		    .from = fake_addr("192.0.2.254"),
		    .to = own.from,
		    .info = 0xc0000203,
		    .data = own.data,
		    .len = own.len};

		fake_net_deliver(&r->net, &p, r->clock.now_ns);
		rig_answer(r, 1, 0);
		rig_run(r, 0);
		cr_assert_eq(rig_stats(ping).errors, 0);
		cr_assert_eq(rig_stats(ping).received, 1);
		nd_ping_free(ping);
		rig_free(r);
	}
}

/* An IPv4 host unreachable about the one probe, whole. */
static struct fake_message
unreachable(struct ping_rig *r)
{
	return fake_error_make(fake_net_recent(&r->net, 1),
	    &(const struct fake_error){.type = 3, .code = 1, .quoted = 64});
}

/* Byte AT of the quote differs: it is about a packet of someone else. */
static void
quote_ignored(size_t at)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping = one(r, target[0]);
	struct fake_message m = unreachable(r);

	m.data[FAKE_QUOTE + at] ^= 0x01;
	fake_message_seal(&m);
	come(r, &m);
	cr_assert_eq(r->logged, 0);
	cr_assert_eq(rig_ctx_stats(r).ignored, 1);
	cr_assert_eq(rig_stats(ping).unfinished, 1);
	nd_ping_free(ping);
	rig_free(r);
}

Test(ping_faults, wrong_ident_in_the_quote_is_ignored)
{
	quote_ignored(20 + 4);
	quote_ignored(20 + 5);
}

Test(ping_faults, wrong_tag_in_the_quote_is_invalid)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping = one(r, target[0]);
	struct fake_message m = unreachable(r);

	m.data[FAKE_QUOTE + 20 + 8] ^= 0x01;
	fake_message_seal(&m);
	come(r, &m);
	cr_assert_eq(rig_stats(ping).errors, 0);
	cr_assert_eq(rig_stats(ping).unfinished, 1);
	cr_assert_eq(
	    rig_event(r, ND_PING_INVALID, 1)->e.invalid, ND_INVALID_TAG);
	nd_ping_free(ping);
	rig_free(r);
}

Test(ping_faults, redirect_and_source_quench_are_ignored)
{
	static const struct fake_error told[] = {
	    {.type = 5, .code = 1, .quoted = 64}, {.type = 4, .quoted = 64}};

	for (size_t i = 0; i < 2; i++) {
		struct ping_rig *r = rig_new(NULL);
		struct nd_ping *ping = one(r, target[0]);
		struct fake_message m =
		    fake_error_make(fake_net_recent(&r->net, 1), &told[i]);

		come(r, &m);
		cr_assert_eq(r->logged, 0);
		rig_answer(r, 1, 10 * MS);
		rig_run(r, 20 * MS);
		cr_assert_eq(rig_stats(ping).received, 1);
		cr_assert_eq(rig_stats(ping).errors, 0);
		nd_ping_free(ping);
		rig_free(r);
	}
}

Test(ping_faults, late_icmp_error)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping_opts o = rig_opts(r, target[0]);
	struct nd_ping *ping;
	struct nd_ping_stats s;
	struct fake_message m;

	o.timeout_ns = SEC;
	o.interval_ns = 10 * SEC;
	r->net.on_send = rig_silence;
	ping = rig_start(r, &o);
	rig_run(r, 3 * SEC);
	m = unreachable(r);
	come(r, &m);
	/* Only the first one has something to tell. */
	come(r, &m);
	s = rig_stats(ping);
	cr_assert_eq(s.lost, 1);
	cr_assert_eq(s.errors, 0);
	cr_assert_eq(s.late, 1);
	cr_assert_eq(s.late_errors, 1);
	cr_assert_eq(r->logged, 2);
	cr_assert_eq(r->log[1].e.status, ND_PING_LATE);
	cr_assert_eq(r->log[1].e.icmp_type, 3);
	cr_assert_eq(r->log[1].e.rtt_ns, 3 * SEC);
	nd_ping_free(ping);
	rig_free(r);
}

/* ---- Sends that the host refuses ---------------------------------------- */

static int
refuse(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	const struct ping_rig *r = arg;

	/* Of three attempts the second. */
	if (sent->nth % 3 == 2)
		return *(const int *)r->hook_arg;
	return rig_echo(net, sent, arg);
}

static void
send_error_counted(int err)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping;
	struct nd_ping_stats s;
	const struct rig_event *e;

	r->hook_arg = &err;
	r->net.on_send = refuse;
	ping = rig_ping(r, target[0], 6);
	rig_run(r, 10 * SEC);
	s = rig_stats(ping);
	cr_assert_eq(s.sent, 4);
	cr_assert_eq(s.received, 4);
	cr_assert_eq(s.send_errors, 2);
	cr_assert_eq(s.lost + s.errors, 0);
	cr_assert_eq(rig_ctx_stats(r).sent, 4);
	e = rig_event(r, ND_PING_SEND_ERROR, 2);
	cr_assert_eq(e->e.err, err);
	cr_assert_eq(e->e.seq, 5);
	cr_assert_eq(e->e.rtt_ns, -1);
	cr_assert_eq(r->count[ND_PING_DONE], 1);
	nd_ping_free(ping);
	rig_free(r);
}

Test(ping_faults, eperm_is_no_packet_sent)
{
	send_error_counted(-EPERM);
}

Test(ping_faults, enetunreach_is_no_packet_sent)
{
	send_error_counted(-ENETUNREACH);
}

Test(ping_faults, emsgsize_is_no_packet_sent)
{
	send_error_counted(-EMSGSIZE);
}

/* The queue is full for the first 700 ms of each second. */
static int
congested(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	if (net->clock->now_ns % SEC < 700 * MS)
		return -EAGAIN;
	return rig_echo(net, sent, arg);
}

Test(ping_faults, eagain_waits_and_is_never_loss)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping;
	struct nd_ping_stats s;

	r->net.on_send = congested;
	ping = rig_ping(r, target[0], 5);
	rig_run(r, 10 * SEC);
	s = rig_stats(ping);
	cr_assert_eq(s.sent, 5);
	cr_assert_eq(s.received, 5);
	cr_assert_eq(s.send_errors, 0);
	cr_assert_eq(s.rtt.max_ns, 10 * MS);
	cr_assert_gt(rig_ctx_stats(r).send_retries, 0);
	/* Waiting is not spinning. */
	cr_assert_lt(r->net.attempts, 100000);
	nd_ping_free(ping);
	rig_free(r);
}

/* ---- All at once -------------------------------------------------------- */

struct chaos {
	uint64_t seed;
};

static int
at_random(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	struct chaos *c = ((struct ping_rig *)arg)->hook_arg;
	int64_t what = prng_in(&c->seed, 0, 99);
	struct fake_message m;

	if (what < 5)
		return -EPERM;
	if (what < 10)
		return -EAGAIN;
	if (what < 30)
		return 0;
	if (what < 45) {
		m = fake_error_make(sent->reply,
		    &(const struct fake_error){.type = 3,
			.code = 1,
			.quoted = (size_t)prng_in(&c->seed, 8, 64)});
		fake_message_arrives(net, &m, prng_in(&c->seed, 1, 400) * MS);
	}
	if (what < 40)
		return 0;
	/* In time, late, far too late; one to three of them. */
	do
		fake_message_arrives(
		    net, sent->reply, prng_in(&c->seed, 1, 400) * MS);
	while (prng_in(&c->seed, 0, 2) == 0);
	return 0;
}

static void
check_partition(
    struct ping_rig *r, struct nd_ping *ping, const struct nd_ping_event *e)
{
	(void)r;
	(void)e;
	(void)rig_stats(ping);
}

Test(ping_faults, counters_partition_over_1000_seeds)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping_opts o = rig_opts(r, target[0]);
	uint64_t lost = 0, late = 0, errors = 0, duplicates = 0;

	o.count = 20;
	o.interval_ns = 30 * MS;
	o.timeout_ns = 200 * MS;
	r->net.on_send = at_random;
	r->hook = check_partition;
	for (uint64_t seed = 1; seed <= 1000; seed++) {
		struct chaos c = {.seed = seed};
		struct nd_ping *ping;
		struct nd_ping_stats s;

		r->hook_arg = &c;
		for (size_t i = 0; i <= ND_PING_DONE; i++)
			r->count[i] = 0;
		ping = rig_start(r, &o);
		rig_run(r, 2 * SEC);
		s = rig_stats(ping);
		cr_assert_eq(s.unfinished, 0);
		cr_assert_eq(s.sent + s.send_errors, 20);
		/* Each probe was told of once, and each count is of events. */
		cr_assert_eq(r->count[ND_PING_REPLY], s.received);
		cr_assert_eq(r->count[ND_PING_TIMEOUT], s.lost);
		cr_assert_eq(r->count[ND_PING_UNREACHABLE], s.errors);
		cr_assert_eq(r->count[ND_PING_LATE], s.late);
		cr_assert_eq(r->count[ND_PING_DUPLICATE], s.duplicates);
		cr_assert_eq(r->count[ND_PING_SEND_ERROR], s.send_errors);
		cr_assert_eq(r->count[ND_PING_DONE], 1);
		lost += s.lost;
		late += s.late;
		errors += s.errors;
		duplicates += s.duplicates;
		nd_ping_free(ping);
	}
	/* The mixture has all of it. */
	cr_assert(lost > 1000 && late > 1000 && errors > 1000);
	cr_assert_gt(duplicates, 1000);
	rig_free(r);
}
