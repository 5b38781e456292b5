/* SPDX-License-Identifier: MIT */
/* tests/lab/netsim: what each kind of server does with a half-open handshake.
 */
#include "netsim_rig.h"

#define LIMIT (20000 * MS)

static struct rig *
server(const char *kind)
{
	char text[160];

	(void)snprintf(text, sizeof(text),
	    "router R1 10.0.0.1\nhost 10.1.0.0/16 at R1 open=80 server=%s\n",
	    kind);
	return rig_new(text);
}

static struct rig_probe
syn(uint32_t seq, uint32_t tsval)
{
	return (struct rig_probe){.dst = "10.1.0.1",
	    .proto = IPPROTO_TCP,
	    .tcp_seq = seq,
	    .tsval = tsval};
}

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

/* TSecr of a SYN-ACK with SACK and timestamps after the MSS. */
static uint32_t
tsecr(const struct rig_answer *a)
{
	cr_assert_eq(get32(a->ip.payload + 24), 0x0402080a);
	return get32(a->ip.payload + 32);
}

Test(netsim_halfopen, linux_repeats_after_1_3_and_7_seconds)
{
	static const int64_t when[] = {1000, 3000, 7000};
	struct rig *rig = server("linux");
	struct rig_probe p = syn(100, 1);
	struct rig_answer a;
	uint32_t iss;

	rig_ask(rig, &p, NS_SYN_ACK, &a);
	iss = get32(a.ip.payload + 4);
	for (int i = 0; i < 3; i++) {
		cr_assert(rig_next(rig, &a, LIMIT));
		cr_expect_eq(rig->now, RIG_START + when[i] * MS);
		cr_expect_eq(a.kind, NS_SYN_ACK_AGAIN);
		cr_expect_eq(get32(a.ip.payload + 4), iss);
		cr_expect_eq(get32(a.ip.payload + 8), 101);
		cr_expect_eq(tsecr(&a), 1);
	}
	cr_expect_not(rig_next(rig, &a, LIMIT));
	ns_truth_flush(rig->truth);
	cr_expect_not_null(strstr(rig->log,
	    "{\"type\":\"repeat\",\"of\":1,\"n\":3,\"dst\":\"10.1.0.1\""));
	rig_ask(rig, &p, NS_SYN_ACK, &a); /* it has forgotten the first */
	cr_expect_neq(get32(a.ip.payload + 4), iss);
	rig_free(rig);
}

Test(netsim_halfopen, linux_answers_a_repeated_isn_every_500_ms)
{
	struct rig *rig = server("linux");
	struct rig_probe p = syn(100, 1);
	struct rig_answer a;

	rig_ask(rig, &p, NS_SYN_ACK, &a);
	rig->now += 100 * MS;
	p = syn(100, 2);
	rig_ask(rig, &p, NS_SYN_ACK, &a);
	cr_expect_eq(tsecr(&a), 1, "the TSval of the first SYN");
	rig->now += 300 * MS;
	rig_ask_silence(rig, &p, "syn-limit"); /* 100 ms pass */
	rig->now += 100 * MS;
	p = syn(100, 3);
	rig_ask(rig, &p, NS_SYN_ACK, &a);
	cr_expect_eq(tsecr(&a), 1);
	cr_assert(rig_next(rig, &a, LIMIT)); /* put off by the repetition */
	cr_expect_eq(rig->now, RIG_START + 1600 * MS);
	cr_expect_eq(a.kind, NS_SYN_ACK_AGAIN);
	rig_free(rig);
}

Test(netsim_halfopen, each_connection_has_a_clock_of_its_own)
{
	struct rig *rig = server("linux");
	struct rig_probe p = syn(100, 1), other = syn(100, 1);
	struct rig_answer a;
	int64_t since = rig->now;
	uint32_t first;

	rig_ask(rig, &p, NS_SYN_ACK, &a);
	first = get32(a.ip.payload + 28);
	other.sport = 40001;
	rig_ask(rig, &other, NS_SYN_ACK, &a);
	cr_expect_neq(get32(a.ip.payload + 28), first);
	rig->now += 600 * MS;
	since = rig->now - since;
	rig_ask(rig, &p, NS_SYN_ACK, &a);
	cr_expect_eq(get32(a.ip.payload + 28), first + (uint32_t)(since / MS));
	rig_free(rig);
}

Test(netsim_halfopen, another_isn_is_challenged_or_resets)
{
	struct rig *rig = server("linux");
	struct rig_probe p = syn(100, 1);
	struct rig_answer a;

	rig_ask(rig, &p, NS_SYN_ACK, &a);
	p = syn(100 + (1u << 20), 2);
	rig_ask(rig, &p, NS_CHALLENGE_ACK, &a);
	cr_expect_eq(a.ip.payload[13], NS_TCP_ACK);
	cr_expect_eq(get32(a.ip.payload + 8), 101);
	rig_ask_silence(rig, &p, "syn-limit");
	p = syn(100 + 5000, 3);
	rig_ask(rig, &p, NS_RST, &a);
	cr_expect_eq(a.ip.payload[13], NS_TCP_RST | NS_TCP_ACK);
	cr_expect_eq(get32(a.ip.payload + 8), 5101);
	cr_expect_not(rig_next(rig, &a, LIMIT), "the connection is gone");
	rig_free(rig);
}

Test(netsim_halfopen, the_clients_rst_ends_it)
{
	struct rig *rig = server("linux");
	struct rig_probe p = syn(100, 1);
	struct rig_answer a;

	rig_ask(rig, &p, NS_SYN_ACK, &a);
	p.flags = NS_TCP_RST;
	p.tcp_seq = 101;
	rig_ask_silence(rig, &p, "reset");
	cr_expect_not(rig_next(rig, &a, LIMIT));
	rig_ask_silence(rig, &p, "no-state");
	rig_free(rig);
}

Test(netsim_halfopen, an_ack_completes_it_and_a_wrong_one_is_reset)
{
	struct rig *rig = server("linux");
	struct rig_probe p = syn(100, 1);
	struct rig_answer a;
	uint32_t iss;

	rig_ask(rig, &p, NS_SYN_ACK, &a);
	iss = get32(a.ip.payload + 4);
	p.flags = NS_TCP_ACK;
	p.tcp_seq = 101;
	p.tcp_ack = iss + 2;
	rig_ask(rig, &p, NS_RST, &a);
	cr_expect_eq(a.ip.payload[13], NS_TCP_RST);
	cr_expect_eq(get32(a.ip.payload + 4), iss + 2);
	p.tcp_ack = iss + 1;
	rig_ask_silence(rig, &p, "acked");
	cr_expect_not(rig_next(rig, &a, LIMIT));
	p.flags = NS_TCP_FIN | NS_TCP_ACK;
	rig_ask(rig, &p, NS_FIN_ACK, &a);
	cr_expect_eq(get32(a.ip.payload + 8), 102);
	rig_free(rig);
}

Test(netsim_halfopen, syn_cookies_remember_nothing)
{
	struct rig *rig = server("syncookie");
	struct rig_answer a;
	uint32_t iss = 0;

	for (uint32_t i = 1; i <= 3; i++) {
		struct rig_probe p = syn(100, i);

		rig_ask(rig, &p, NS_SYN_ACK, &a);
		cr_expect_eq(tsecr(&a), i);
		if (i > 1)
			cr_expect_eq(get32(a.ip.payload + 4), iss);
		iss = get32(a.ip.payload + 4);
	}
	cr_expect_not(rig_next(rig, &a, LIMIT));
	rig_free(rig);
}

Test(netsim_halfopen, bsd_takes_the_newest)
{
	struct rig *rig = server("bsd");
	struct rig_probe p = syn(100, 1);
	struct rig_answer a;

	rig_ask(rig, &p, NS_SYN_ACK, &a);
	p = syn(100, 2);
	rig_ask(rig, &p, NS_SYN_ACK, &a);
	cr_expect_eq(tsecr(&a), 2);
	rig_ask(rig, &p, NS_SYN_ACK, &a);
	p = syn(100000000, 3);
	rig_ask(rig, &p, NS_SYN_ACK, &a);
	cr_expect_eq(get32(a.ip.payload + 8), 100000001);
	cr_assert(rig_next(rig, &a, LIMIT));
	cr_expect_eq(tsecr(&a), 3);
	rig_free(rig);
}

Test(netsim_halfopen, nots_is_linux_without_timestamps)
{
	struct rig *rig = server("nots");
	struct rig_probe p = syn(100, 1);
	struct rig_answer a;

	rig_ask(rig, &p, NS_SYN_ACK, &a);
	cr_expect_eq(a.ip.payload_len, 32); /* MSS, SACK, scale */
	p = syn(1u << 30, 2);
	rig_ask(rig, &p, NS_CHALLENGE_ACK, &a);
	rig_free(rig);
}

Test(netsim_halfopen, every_connection_has_its_own_state)
{
	struct rig *rig = server("linux");
	struct rig_answer a;
	unsigned again = 0;

	rig_mute(rig);
	for (uint16_t i = 0; i < 100; i++) {
		struct rig_probe p = syn(i, 1);

		p.sport = (uint16_t)(40000 + i);
		rig_ask(rig, &p, NS_SYN_ACK, &a);
	}
	while (rig_next(rig, &a, LIMIT))
		again++;
	cr_expect_eq(again, 300);
	cr_expect_eq(rig->sim->halves.n, 0);
	rig_free(rig);
}
