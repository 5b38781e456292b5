/* SPDX-License-Identifier: MIT */
/* What knock refuses to do, and the SYN that it sends. */
#include "knock_rig.h"

#include <criterion/criterion.h>

static void
never(struct nd_knock *knock, const struct nd_knock_event *e, void *user)
{
	(void)knock;
	(void)e;
	(void)user;
	cr_assert_fail("an event of what was refused");
}

static void
refuse(struct knock_rig *r, const struct nd_knock_opts *o, int want)
{
	struct nd_knock *knock = (struct nd_knock *)(void *)r;
	const int got = nd_knock_start(&knock, r->ctx, o, never, NULL);

	cr_assert_eq(got, want, "%d, wanted %d", got, want);
	cr_assert_eq((void *)knock, (void *)r, "the result was touched");
}

Test(knock_syn, options_out_of_range)
{
	struct knock_rig *r = knock_rig_new(3);
	const struct nd_knock_opts good = knock_rig_opts(r, "192.0.2.7");
	struct sockaddr_storage v6 = fake_sockaddr("2001:db8::1");
	struct nd_knock_opts o;

#define REFUSED(member, value)                                                 \
	do {                                                                   \
		o = good;                                                      \
		o.member = (value);                                            \
		refuse(r, &o, ND_EOPTION);                                     \
	} while (0)
	REFUSED(size, sizeof(o) - 1);
	REFUSED(addr, NULL);
	REFUSED(interval_ns, 999);
	REFUSED(interval_ns, -1);
	REFUSED(timeout_ns, -1);
	REFUSED(first_timeout_ns, -1);
	REFUSED(start_ns, -1);
	REFUSED(flows, 4);
	REFUSED(flows, ND_FLOWS_MAX + 1);
	REFUSED(ttl, 0);
	REFUSED(ttl, 256);
	REFUSED(ttl, -2);
	REFUSED(tos, 256);
	REFUSED(tos, -2);
	REFUSED(options, (enum nd_syn_options)(ND_SYN_NONE + 1));
	REFUSED(flags, ND_KNOCK_F_FULL);
	REFUSED(flags, 4);
	REFUSED(source, (const struct sockaddr *)&v6);
#undef REFUSED
	knock_rig_free(r);
}

Test(knock_syn, port_0_is_no_port)
{
	struct knock_rig *r = knock_rig_new(1);
	struct nd_knock_opts o = knock_rig_opts(r, "2001:db8::7");

	r->addr = fake_sockaddr("2001:db8::7");
	refuse(r, &o, ND_EOPTION);
	r->addr = fake_sockaddr("192.0.2.7");
	refuse(r, &o, ND_EOPTION);
	knock_rig_free(r);
}

Test(knock_syn, a_context_for_icmp_has_no_tcp)
{
	struct knock_rig *r = knock_rig_new(1);
	const struct nd_knock_opts o = knock_rig_opts(r, "192.0.2.7");
	struct nd_ctx *with_tcp = r->ctx;

	r->net.methods = ND_ICMP;
	r->ctx = fake_net_ctx(&r->net, NULL);
	refuse(r, &o, ND_EFAMILY);
	nd_ctx_free(r->ctx);
	r->ctx = with_tcp;
	knock_rig_free(r);
}

/* ---- The SYN --------------------------------------------------------------
 */

static struct knock_syn
syn_of(const struct nd_knock_opts *o, struct knock_rig *r)
{
	struct nd_knock *knock;
	struct knock_syn syn;

	r->multiple = true;
	knock = knock_rig_start(r, o);
	knock_rig_run(r, 100 * MS);
	nd_knock_free(knock);
	cr_assert_geq(r->sent_count, 1);
	syn = r->sent[r->sent_count - 1];
	cr_assert_eq(syn.tcp.dport, KNOCK_PORT);
	cr_assert_eq(syn.tcp.sport, FAKE_FIRST_PORT);
	cr_assert_eq(syn.tcp.ack, 0);
	cr_assert_eq(syn.tcp.payload_len, 0);
	cr_assert_not(syn.tcp.bad_options);
	return syn;
}

/* The checksum of each has been verified by the fake backend. */
Test(knock_syn, like_that_of_linux)
{
	static const char *const addr[] = {"192.0.2.7", "2001:db8::7"};

	for (size_t i = 0; i < 2; i++) {
		struct knock_rig *r = knock_rig_new(1);
		const struct nd_knock_opts o = knock_rig_opts(r, addr[i]);
		const struct knock_syn syn = syn_of(&o, r);

		cr_assert_eq(syn.tcp.flags, ND_TCP_SYN);
		cr_assert_geq(syn.tcp.mss, 536);
		cr_assert_eq(syn.tcp.window, 64240);
		cr_assert(syn.tcp.sack);
		cr_assert(syn.tcp.has_wscale);
		cr_assert_eq(syn.tcp.wscale, 7);
		cr_assert(syn.tcp.has_timestamps);
		cr_assert_eq(syn.tcp.tsecr, 0);
		cr_assert_eq(syn.ttl, -1);
		cr_assert_eq(syn.tos, -1);
		knock_rig_free(r);
	}
}

Test(knock_syn, fewer_options)
{
	struct knock_rig *r = knock_rig_new(1);
	struct nd_knock_opts o = knock_rig_opts(r, "192.0.2.7");
	struct knock_syn syn;

	o.options = ND_SYN_MSS;
	o.ttl = 3;
	o.tos = 0x28;
	syn = syn_of(&o, r);
	cr_assert_eq(syn.tcp.mss, 1460);
	cr_assert_not(
	    syn.tcp.sack || syn.tcp.has_wscale || syn.tcp.has_timestamps);
	cr_assert_eq(syn.ttl, 3);
	cr_assert_eq(syn.tos, 0x28);
	o.options = ND_SYN_NONE;
	syn = syn_of(&o, r);
	cr_assert_eq(syn.tcp.mss, 0);
	cr_assert_not(
	    syn.tcp.sack || syn.tcp.has_wscale || syn.tcp.has_timestamps);
	knock_rig_free(r);
}

/* RFC 3168 section 6.1.1; what the SYN-ACK says comes in `hook_arg`. */
static int
ecn_answer(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	struct knock_rig *r = arg;
	struct nd_tcp tcp = fake_syn_ack_to(&sent->tcp);

	(void)net;
	knock_note(r, sent);
	tcp.flags |= *(const uint8_t *)r->hook_arg;
	knock_segment_arrives(r, sent->reply, &tcp, 0, 10 * MS);
	return 0;
}

static struct nd_knock_tcp
ecn_of(uint8_t flags)
{
	struct knock_rig *r = knock_rig_new(1);
	struct nd_knock_opts o = knock_rig_opts(r, "192.0.2.7");
	struct nd_knock_tcp tcp;

	o.flags = ND_KNOCK_F_ECN;
	r->net.on_send = ecn_answer;
	r->hook_arg = &flags;
	cr_assert_eq(
	    syn_of(&o, r).tcp.flags, ND_TCP_SYN | ND_TCP_ECE | ND_TCP_CWR);
	tcp = knock_rig_event(r, ND_KNOCK_OPEN, 1)->tcp;
	knock_rig_free(r);
	return tcp;
}

Test(knock_syn, ecn)
{
	struct nd_knock_tcp tcp = ecn_of(0);

	cr_assert_not(tcp.ecn || tcp.ecn_mirror);
	tcp = ecn_of(ND_TCP_ECE);
	cr_assert(tcp.ecn);
	cr_assert_not(tcp.ecn_mirror);
	tcp = ecn_of(ND_TCP_ECE | ND_TCP_CWR);
	cr_assert(tcp.ecn_mirror);
	cr_assert_not(tcp.ecn);
}

Test(knock_syn, leaves_by_the_schedule)
{
	struct knock_rig *r = knock_rig_new(1);
	struct nd_knock_opts o = knock_rig_opts(r, "192.0.2.7");
	struct nd_knock *knock;

	o.start_ns = 400 * MS;
	o.interval_ns = 250 * MS;
	knock = knock_rig_start(r, &o);
	cr_assert_eq(r->net.attempts, 0);
	knock_rig_run(r, 2 * SEC);
	nd_knock_free(knock);
	cr_assert_eq(r->sent_count, 7);
	for (int64_t i = 0; i < 7; i++) {
		const int64_t due = r->begin_ns + (400 + i * 250) * MS;

		cr_assert_geq(r->sent[i].at_ns, due);
		cr_assert_leq(r->sent[i].at_ns, due + 2 * ND_WHEEL_TICK_NS);
	}
	knock_rig_free(r);
}
