/* SPDX-License-Identifier: MIT */
/* Broadcast and multicast: a probe that any number of hosts answer. */
#include "ping_rig.h"

#include <criterion/criterion.h>
#include <errno.h>

static const char *const host[] = {"192.0.2.11", "192.0.2.12", "192.0.2.13"};
#define HOSTS (sizeof(host) / sizeof(host[0]))

/* All answer, host I after I + 1 ms; the last one answers twice. */
static int
all_hosts(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	struct fake_message m = *sent->reply;

	(void)arg;
	for (size_t i = 0; i < HOSTS; i++) {
		m.from = fake_addr(host[i]);
		fake_message_arrives(net, &m, (int64_t)(i + 1) * MS);
	}
	fake_message_arrives(net, &m, 9 * MS);
	return 0;
}

static struct nd_ping *
broadcast(struct ping_rig *r, uint64_t count, unsigned flags)
{
	struct nd_ping_opts o = rig_opts(r, "192.0.2.255");

	o.count = count;
	o.flags = ND_PING_F_ANY_SOURCE | flags;
	return rig_start(r, &o);
}

static struct nd_ping_sender
sender(const struct nd_ping *ping, size_t i)
{
	struct nd_ping_sender s = {.received = 0};

	cr_assert_eq(nd_ping_sender(ping, i, &s), 0);
	return s;
}

Test(ping_senders, each_host_is_counted)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping;
	struct nd_ping_stats s;
	struct nd_ping_sender x;
	struct nd_addr a, b;

	r->net.on_send = all_hosts;
	ping = broadcast(r, 4, 0);
	/* Short of the first answer to the last probe: then it is done. */
	rig_run(r, 3 * SEC);
	s = rig_stats(ping);
	cr_assert_eq(s.received, 3);
	cr_assert_eq(s.duplicates, 3);
	cr_assert_eq(s.invalid, 0);
	for (size_t i = 0; i < HOSTS; i++) {
		x = sender(ping, i);
		cr_assert_eq(x.received, 3);
		cr_assert_eq(x.duplicates, i == HOSTS - 1 ? 3 : 0);
		cr_assert_eq(x.min_ns, (int64_t)(i + 1) * MS);
		cr_assert_eq(x.avg_ns, (int64_t)(i + 1) * MS);
		cr_assert_eq(x.max_ns, (int64_t)(i + 1) * MS);
		a = fake_addr(host[i]);
		cr_assert_eq(
		    nd_addr_from(&b, (const struct sockaddr *)&x.addr), 0);
		cr_assert(nd_addr_equal(&a, &b));
	}
	cr_assert_eq(nd_ping_sender(ping, HOSTS, &x), -ENOENT);
	nd_ping_free(ping);
	rig_free(r);
}

Test(ping_senders, only_one_answer_is_in_the_statistics)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping;
	struct nd_ping_stats s;

	r->net.on_send = all_hosts;
	ping = broadcast(r, 0, 0);
	rig_run(r, SEC / 2);
	s = rig_stats(ping);
	cr_assert_eq(s.sent, 1);
	cr_assert_eq(s.received, 1);
	cr_assert_eq(s.rtt.max_ns, MS);
	cr_assert_eq(r->count[ND_PING_REPLY], HOSTS);
	cr_assert_eq(r->count[ND_PING_DUPLICATE], 1);
	nd_ping_free(ping);
	rig_free(r);
}

/* A host whose answers of two probes come in the wrong order. */
static int
crossed(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	struct fake_message m = *sent->reply;

	(void)arg;
	m.from = fake_addr(host[0]);
	fake_message_arrives(net, &m, sent->nth == 1 ? 1500 * MS : 10 * MS);
	return 0;
}

Test(ping_senders, reordered_answers_are_no_duplicates)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping;

	r->net.on_send = crossed;
	ping = broadcast(r, 0, 0);
	rig_run(r, 1800 * MS);
	cr_assert_eq(rig_stats(ping).received, 2);
	cr_assert_eq(rig_stats(ping).duplicates, 0);
	cr_assert_eq(sender(ping, 0).received, 2);
	cr_assert_eq(sender(ping, 0).max_ns, 1500 * MS);
	nd_ping_free(ping);
	rig_free(r);
}

Test(ping_senders, forged_answer_makes_no_sender)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping;
	struct nd_ping_sender x;
	struct fake_message m;

	r->net.on_send = rig_silence;
	ping = broadcast(r, 0, 0);
	rig_run(r, MS);
	m = *fake_net_recent(&r->net, 1);
	m.from = fake_addr(host[0]);
	m.data[8] ^= 0x01;
	fake_message_seal(&m);
	fake_message_arrives(&r->net, &m, 0);
	rig_run(r, MS);
	cr_assert_eq(rig_stats(ping).invalid, 1);
	cr_assert_eq(nd_ping_sender(ping, 0, &x), -ENOENT);
	nd_ping_free(ping);
	rig_free(r);
}

Test(ping_senders, unicast_ping_has_none)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping = rig_ping(r, "192.0.2.7", 1);
	struct nd_ping_sender x;

	rig_run(r, SEC);
	cr_assert_eq(rig_stats(ping).received, 1);
	cr_assert_eq(nd_ping_sender(ping, 0, &x), -ENOENT);
	nd_ping_free(ping);
	rig_free(r);
}

Test(ping_senders, two_broadcast_pings_do_not_mix)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *a, *b;

	r->net.on_send = all_hosts;
	a = broadcast(r, 0, 0);
	b = broadcast(r, 0, 0);
	rig_run(r, 2500 * MS);
	for (size_t i = 0; i < HOSTS; i++) {
		cr_assert_eq(sender(a, i).received, 3);
		cr_assert_eq(sender(b, i).received, 3);
	}
	cr_assert_eq(rig_stats(a).invalid + rig_stats(b).invalid, 0);
	nd_ping_free(a);
	nd_ping_free(b);
	rig_free(r);
}

/* As many hosts as a block of addresses has; the table holds 1,024. */
static int
crowd(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	struct fake_message m = *sent->reply;

	(void)arg;
	for (unsigned i = 0; i < 1100; i++) {
		m.from.ip[2] = (uint8_t)(i >> 8);
		m.from.ip[3] = (uint8_t)i;
		fake_message_arrives(net, &m, MS);
	}
	return 0;
}

Test(ping_senders, more_hosts_than_the_table_holds)
{
	struct ping_rig *r = rig_new(NULL);
	struct nd_ping *ping;
	struct nd_ping_sender x;

	r->net.on_send = crowd;
	ping = broadcast(r, 0, 0);
	rig_run(r, SEC / 2);
	cr_assert_eq(r->count[ND_PING_REPLY], 1100);
	cr_assert_eq(rig_stats(ping).received, 1);
	cr_assert_eq(sender(ping, 1023).received, 1);
	cr_assert_eq(nd_ping_sender(ping, 1024, &x), -ENOENT);
	nd_ping_free(ping);
	rig_free(r);
}
