/* SPDX-License-Identifier: MIT */
/* What ECN comes to: of the server, and of the path only what is proven. */
#include "knock_rig.h"

#include <criterion/criterion.h>

#define ASKS (ND_TCP_ECE | ND_TCP_CWR)
#define ECT0 2
#define CE 3

/* The far end, and what is between. */
struct world {
	bool blind; /* the server agrees whatever the mark */
	bool declines, mirrors, no_timestamps;
	bool closed;  /* RSTs */
	bool refuses; /* an ICMP error instead */
	bool drops;   /* on the way: who asks */
	bool resets;  /* likewise, by an RST */
	bool drops_all_but_every_third;
	bool bleaches; /* marks, on the way out */
	bool strips;   /* flags, on the way out */
	bool marks;    /* CE, on the way out */
	int tos_back;  /* of answers */
	size_t quoted; /* bytes of the SYN behind an ICMP error */
};

static uint8_t
answer_flags(const struct world *w, bool asks, uint8_t field)
{
	if (!asks || w->declines || (field != 0 && !w->blind))
		return 0;
	return w->mirrors ? ASKS : ND_TCP_ECE;
}

static void
refuse(struct fake_net *net, const struct fake_sent *sent,
    const struct world *w, uint8_t flags, uint8_t field)
{
	const struct fake_error e = {3, 13, 0, w->quoted};
	struct fake_message m = fake_error_make(sent->reply, &e);

	m.data[FAKE_QUOTE + 1] =
	    (uint8_t)(sent->send->tos < 0 ? field
					  : (sent->send->tos & ~3) | field);
	if (w->quoted > 33)
		m.data[FAKE_QUOTE + 33] = flags;
	fake_message_seal(&m);
	fake_message_arrives(net, &m, 10 * MS);
}

static int
travel(struct fake_net *net, const struct fake_sent *sent, void *arg)
{
	struct knock_rig *r = arg;
	const struct world *w = r->hook_arg;
	struct nd_tcp tcp = fake_syn_ack_to(&sent->tcp);
	struct fake_message m;
	uint8_t flags = sent->tcp.flags;
	uint8_t field = sent->send->tos < 0 ? 0 : sent->send->tos & 3;
	const bool asks = (flags & ASKS) == ASKS;

	knock_note(r, sent);
	if ((w->drops && asks) ||
	    (w->drops_all_but_every_third && r->sent_count % 3 != 2))
		return 0;
	if (w->closed || (w->resets && asks))
		tcp = fake_answer_to(&sent->tcp, ND_TCP_RST | ND_TCP_ACK);
	if (w->bleaches)
		field = 0;
	if (w->marks && field != 0)
		field = CE;
	if (w->strips)
		flags &= (uint8_t)~ASKS;
	if (w->refuses) {
		refuse(net, sent, w, flags, field);
		return 0;
	}
	if ((tcp.flags & ND_TCP_RST) == 0)
		tcp.flags |= answer_flags(w, (flags & ASKS) == ASKS, field);
	if (w->no_timestamps)
		tcp.has_timestamps = false;
	m = fake_segment_make(sent->reply, &tcp, 0);
	m.tos = w->tos_back;
	fake_message_arrives(net, &m, 10 * MS);
	return 0;
}

struct result {
	enum nd_knock_ecn server;
	enum nd_knock_ecn_path path;
};

static struct result
ask_with_tos(const struct world *w, uint64_t count, int tos)
{
	struct knock_rig *r = knock_rig_new(1);
	struct nd_knock_opts o = knock_rig_opts(r, "192.0.2.7");
	struct world copy = *w;
	struct nd_knock_stats s;
	struct nd_knock *knock;

	o.flags = ND_KNOCK_F_ECN;
	o.count = count;
	o.tos = tos;
	r->hook_arg = &copy;
	r->net.on_send = travel;
	knock = knock_rig_start(r, &o);
	knock_rig_run(r, 3 * (int64_t)count * SEC);
	cr_assert_eq(r->count[ND_KNOCK_DONE], 1);
	s = knock_rig_stats(knock);
	nd_knock_free(knock);
	knock_rig_free(r);
	return (struct result){s.ecn, s.ecn_path};
}

static void
is(const struct world *w, uint64_t count, enum nd_knock_ecn server,
    enum nd_knock_ecn_path path)
{
	const struct result got = ask_with_tos(w, count, -1);

	cr_assert_eq(got.server, server, "server %d", (int)got.server);
	cr_assert_eq(got.path, path, "path %d", (int)got.path);
}

#define SERVER(word) ND_KNOCK_ECN_##word
#define PATH(word) ND_KNOCK_ECN_PATH_##word

Test(knock_ecn, kinds_take_turns)
{
	struct knock_rig *r = knock_rig_new(2);
	struct nd_knock_opts o = knock_rig_opts(r, "2001:db8::7");
	size_t asks[2] = {0}, marked[2] = {0}, plain[2] = {0}, in_order = 0;
	struct nd_knock *knock;

	o.flags = ND_KNOCK_F_ECN;
	o.flows = 2;
	o.count = 300;
	o.tos = 0xb8;
	knock = knock_rig_start(r, &o);
	knock_rig_run(r, 400 * SEC);
	cr_assert_eq(r->sent_count, 300);
	for (size_t i = 0; i < 300; i++) {
		const struct knock_syn *syn = &r->sent[i];

		if ((syn->tcp.flags & ASKS) == 0) {
			cr_assert_eq(syn->tos, 0xb8);
			plain[i % 2]++;
		} else if (syn->tos == (0xb8 | ECT0)) {
			marked[i % 2]++;
		} else {
			cr_assert_eq(syn->tos, 0xb8);
			cr_assert_eq(syn->tcp.flags, ND_TCP_SYN | ASKS);
			asks[i % 2]++;
			in_order += i / 2 % 3 == 0;
		}
	}
	for (int flow = 0; flow < 2; flow++) {
		cr_assert_eq(asks[flow], 50);
		cr_assert_eq(plain[flow], 50);
		cr_assert_eq(marked[flow], 50);
	}
	cr_assert_eq(r->sent[0].tcp.flags, ND_TCP_SYN | ASKS);
	/* Not every third one: a limit on SYNs would fool us. */
	cr_assert(in_order > 15 && in_order < 65);
	nd_knock_free(knock);
	knock_rig_free(r);
}

Test(knock_ecn, nothing_is_asked_without_it)
{
	struct knock_rig *r = knock_rig_new(1);
	struct nd_knock_opts o = knock_rig_opts(r, "192.0.2.7");
	struct nd_knock *knock;

	o.count = 6;
	knock = knock_rig_start(r, &o);
	knock_rig_run(r, 10 * SEC);
	for (size_t i = 0; i < 6; i++) {
		cr_assert_eq(r->sent[i].tcp.flags, ND_TCP_SYN);
		cr_assert_eq(r->sent[i].tos, -1);
	}
	cr_assert_eq(knock_rig_stats(knock).ecn, SERVER(UNKNOWN));
	nd_knock_free(knock);
	knock_rig_free(r);
}

Test(knock_ecn, of_the_server_by_those_that_ask)
{
	const struct world agrees = {.quoted = 0},
			   declines = {.declines = true},
			   mirrors = {.mirrors = true},
			   closed = {.closed = true};

	/* Whatever the last SYN-ACK says, which is to another kind. */
	for (uint64_t count = 1; count <= 4; count++) {
		is(&agrees, count, SERVER(ACCEPTED), PATH(UNKNOWN));
		is(&declines, count, SERVER(DECLINED), PATH(UNKNOWN));
		is(&mirrors, count, SERVER(MIRRORED), PATH(UNKNOWN));
		is(&closed, count, SERVER(UNKNOWN), PATH(UNKNOWN));
	}
}

Test(knock_ecn, clean_where_the_server_has_seen_the_mark)
{
	const struct world agrees = {.quoted = 0};

	is(&agrees, 12, SERVER(ACCEPTED), PATH(UNKNOWN));
	is(&agrees, 15, SERVER(ACCEPTED), PATH(CLEAN));
}

Test(knock_ecn, unknown_where_the_mark_makes_no_difference)
{
	const struct world blind = {.blind = true},
			   bleached = {.bleaches = true},
			   declines = {.declines = true},
			   stripped = {.strips = true};

	is(&blind, 60, SERVER(ACCEPTED), PATH(UNKNOWN));
	is(&bleached, 60, SERVER(ACCEPTED), PATH(UNKNOWN));
	is(&declines, 60, SERVER(DECLINED), PATH(UNKNOWN));
	is(&stripped, 60, SERVER(DECLINED), PATH(UNKNOWN));
}

Test(knock_ecn, blocked_where_only_those_that_ask_get_no_answer)
{
	const struct world drops = {.drops = true}, resets = {.resets = true},
			   dark = {.drops = true, .no_timestamps = true},
			   closed = {.drops = true, .closed = true};

	is(&drops, 12, SERVER(UNKNOWN), PATH(UNKNOWN));
	is(&drops, 15, SERVER(UNKNOWN), PATH(BLOCKED));
	is(&resets, 15, SERVER(UNKNOWN), PATH(BLOCKED));
	/* Which SYN of a series was answered nobody knows. */
	is(&dark, 60, SERVER(UNKNOWN), PATH(UNKNOWN));
	is(&closed, 60, SERVER(UNKNOWN), PATH(UNKNOWN));
}

/* A limit that lets every third SYN pass is none on ECN. */
Test(knock_ecn, loss_at_regular_times_is_no_block)
{
	const struct world limited = {.drops_all_but_every_third = true};
	const struct result got = ask_with_tos(&limited, 60, -1);

	cr_assert_eq(got.path, PATH(UNKNOWN));
}

Test(knock_ecn, bleached_where_a_quote_lacks_what_was_sent)
{
	const struct world
	    honest = {.refuses = true, .quoted = 40},
	    marks = {.refuses = true, .quoted = 28, .bleaches = true},
	    flags = {.refuses = true, .quoted = 40, .strips = true},
	    little = {.refuses = true, .quoted = 28, .strips = true};

	is(&honest, 6, SERVER(UNKNOWN), PATH(UNKNOWN));
	is(&marks, 3, SERVER(UNKNOWN), PATH(BLEACHED));
	is(&flags, 1, SERVER(UNKNOWN), PATH(BLEACHED));
	is(&little, 6, SERVER(UNKNOWN), PATH(UNKNOWN));
}

Test(knock_ecn, marked_where_ce_comes_or_is_quoted)
{
	const struct world back = {.tos_back = 0x28 | CE},
			   ect = {.tos_back = ECT0},
			   quoted = {
			       .refuses = true, .quoted = 28, .marks = true};

	is(&back, 1, SERVER(ACCEPTED), PATH(MARKED));
	is(&ect, 1, SERVER(ACCEPTED), PATH(UNKNOWN));
	is(&quoted, 3, SERVER(UNKNOWN), PATH(MARKED));
	/* What was asked for proves nothing. */
	cr_assert_eq(ask_with_tos(&back, 6, CE).path, PATH(UNKNOWN));
}

/* All SYNs have it, so that no two kinds can be compared. */
Test(knock_ecn, mark_that_was_asked_for_stays)
{
	const struct world agrees = {.quoted = 0},
			   bleached = {
			       .refuses = true, .quoted = 28, .bleaches = true};

	cr_assert_eq(ask_with_tos(&agrees, 60, 1).path, PATH(UNKNOWN));
	cr_assert_eq(ask_with_tos(&bleached, 1, 1).path, PATH(BLEACHED));
}
