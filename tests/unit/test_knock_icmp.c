/* SPDX-License-Identifier: MIT */
/* ICMP errors about a SYN: who refuses it, and that this is no reply. */
#include "knock_rig.h"

#include <criterion/criterion.h>
#include <string.h>

static void
assert_from(const struct knock_log *e, const char *want)
{
	struct nd_addr from, addr = fake_addr(want);

	cr_assert_not_null(e->e.from);
	cr_assert_eq(nd_addr_from(&from, e->e.from), 0);
	cr_assert(nd_addr_equal(&from, &addr));
}

struct refusal {
	struct fake_error error;
	int64_t delay_ns;
};

static int
refused(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	const struct refusal *f = ((struct knock_rig *)arg)->hook_arg;
	const struct fake_message m = fake_error_make(sent->reply, &f->error);

	knock_note(arg, sent);
	fake_message_arrives(net, &m, f->delay_ns);
	return 0;
}

static struct knock_log
refuse(const char *addr, struct refusal f, struct nd_knock_stats *s)
{
	struct knock_rig *r = knock_rig_new(1);
	struct nd_knock_opts o = knock_rig_opts(r, addr);
	struct nd_knock *knock;
	struct knock_log e;

	r->net.on_send = refused;
	r->hook_arg = &f;
	o.count = 1;
	knock = knock_rig_start(r, &o);
	knock_rig_run(r, 20 * SEC);
	*s = knock_rig_stats(knock);
	cr_assert_eq(r->count[ND_KNOCK_DONE], 1);
	e = r->log[0];
	if (e.e.from != NULL)
		assert_from(&r->log[0],
		    strchr(addr, ':') != NULL ? "2001:db8::fe" : "192.0.2.254");
	nd_knock_free(knock);
	knock_rig_free(r);
	return e;
}

static void
check_refusal(
    const char *addr, uint8_t type, uint8_t code, uint32_t word, int info)
{
	struct nd_knock_stats s;
	const struct refusal f = {
	    .error = {type, code, word, 8}, .delay_ns = 7 * MS};
	const struct knock_log e = refuse(addr, f, &s);

	cr_assert_eq(e.e.status, ND_KNOCK_UNREACHABLE, "%d/%d", type, code);
	cr_assert_eq(e.e.icmp_type, type);
	cr_assert_eq(e.e.icmp_code, code);
	cr_assert_eq(e.e.info, info, "%d/%d: %d", type, code, e.e.info);
	cr_assert_eq(e.e.rtt_ns, 7 * MS);
	cr_assert_not(e.e.rewritten);
	cr_assert_eq(s.errors, 1);
	cr_assert_eq(s.received, 0);
	cr_assert_eq(s.rtt.samples, 0);
	cr_assert_eq(s.ttl, -1);
	cr_assert_eq(s.state, ND_KNOCK_STATE_FILTERED);
}

Test(knock_icmp, icmp_errors_of_every_kind_are_no_replies)
{
	for (uint8_t code = 0; code <= 15; code++)
		check_refusal("192.0.2.7", 3, code, code == 4 ? 1280 : 0,
		    code == 4 ? 1280 : -1);
	check_refusal("192.0.2.7", 11, 0, 0, -1);
	check_refusal("192.0.2.7", 12, 0, 20u << 24, 20);
	for (uint8_t code = 0; code <= 6; code++)
		check_refusal("2001:db8::7", 1, code, 0, -1);
	check_refusal("2001:db8::7", 2, 0, 1280, 1280);
	check_refusal("2001:db8::7", 3, 0, 0, -1);
	check_refusal("2001:db8::7", 4, 1, 40, 40);
}

/* RFC 1122 section 3.2.2: redirect and source quench refuse nothing. */
Test(knock_icmp, icmp_advice_refuses_nothing)
{
	struct nd_knock_stats s;
	struct refusal f = {.error = {5, 1, 0, 8}, .delay_ns = MS};

	cr_assert_eq(refuse("192.0.2.7", f, &s).e.status, ND_KNOCK_TIMEOUT);
	cr_assert_eq(s.errors, 0);
	f.error.type = 4;
	f.error.code = 0;
	cr_assert_eq(refuse("192.0.2.7", f, &s).e.status, ND_KNOCK_TIMEOUT);
	cr_assert_eq(s.lost, 1);
}

/* Another program's SYN from the same host, or a guess. */
static int
refused_another(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	const struct fake_error error = {3, 3, 0, 8};
	struct fake_message syn = *sent->reply, m;

	knock_note(arg, sent);
	syn.data[0] ^= 1; /* source port */
	m = fake_error_make(&syn, &error);
	fake_message_arrives(net, &m, MS);
	syn = *sent->reply;
	syn.data[3] ^= 1; /* destination port */
	m = fake_error_make(&syn, &error);
	fake_message_arrives(net, &m, MS);
	syn = *sent->reply;
	syn.data[7] ^= 1; /* sequence number */
	m = fake_error_make(&syn, &error);
	fake_message_arrives(net, &m, MS);
	return 0;
}

Test(knock_icmp, icmp_errors_about_another_syn_are_not_ours)
{
	struct knock_rig *r = knock_rig_new(1);
	struct nd_knock_opts o = knock_rig_opts(r, "192.0.2.7");
	struct nd_knock *knock;

	o.count = 3;
	r->net.on_send = refused_another;
	knock = knock_rig_start(r, &o);
	knock_rig_run(r, 30 * SEC);
	cr_assert_eq(knock_rig_stats(knock).lost, 3);
	cr_assert_eq(r->count[ND_KNOCK_UNREACHABLE], 0);
	nd_knock_free(knock);
	knock_rig_free(r);
}

Test(knock_icmp, late_icmp_error)
{
	struct nd_knock_stats s;
	struct knock_rig *r = knock_rig_new(1);
	struct nd_knock_opts o = knock_rig_opts(r, "192.0.2.7");
	struct refusal f = {.error = {3, 13, 0, 8}, .delay_ns = 500 * MS};
	struct nd_knock *knock;

	o.timeout_ns = 300 * MS;
	o.interval_ns = 10 * SEC;
	r->net.on_send = refused;
	r->hook_arg = &f;
	knock = knock_rig_start(r, &o);
	knock_rig_run(r, 5 * SEC);
	s = knock_rig_stats(knock);
	cr_assert_eq(s.lost, 1);
	cr_assert_eq(s.late, 1);
	cr_assert_eq(s.late_errors, 1);
	cr_assert_eq(s.errors, 0);
	cr_assert_eq(s.state, ND_KNOCK_STATE_FILTERED);
	cr_assert_eq(knock_rig_event(r, ND_KNOCK_LATE, 1)->e.answer,
	    ND_KNOCK_ANSWER_ICMP);
	nd_knock_free(knock);
	knock_rig_free(r);
}
