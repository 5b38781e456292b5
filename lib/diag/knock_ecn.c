/* SPDX-License-Identifier: MIT */
/*
 * What becomes of ECN. Three kinds of SYNs take turns: one that asks for it
 * (RFC 3168 section 6.1.1), a plain one, and one that asks and is marked ECT(0)
 * in its IP header. The last is what RFC 3168 forbids and RFC 8311 section 4.3
 * allows for experiments; Linux agrees to none that comes with such a mark,
 * so that a server that tells the two apart has seen it.
 */
#include "diag/knock.h"
#include "engine/random.h"

#define ASKS (ND_TCP_ECE | ND_TCP_CWR)
#define FIELD 3 /* of TOS or traffic class */
#define ECT0 2
#define CE 3
/* So many of two kinds each, and no two alike: that is no chance. */
#define ENOUGH 5

static bool
is_on(const struct nd_knock *knock)
{
	return (knock->profile->flags & ND_KNOCK_F_ECN) != 0;
}

/*
 * Each flow has each kind once in three. After the first three the order is
 * anyone's, so that nothing that lets every third SYN pass looks like an
 * answer.
 */
static enum nd_knock_kind
kind_of(const struct nd_knock *knock, uint64_t number)
{
	static const enum nd_knock_kind order[6][3] = {
	    {ND_KNOCK_ASKS, ND_KNOCK_PLAIN, ND_KNOCK_MARKED},
	    {ND_KNOCK_ASKS, ND_KNOCK_MARKED, ND_KNOCK_PLAIN},
	    {ND_KNOCK_PLAIN, ND_KNOCK_ASKS, ND_KNOCK_MARKED},
	    {ND_KNOCK_PLAIN, ND_KNOCK_MARKED, ND_KNOCK_ASKS},
	    {ND_KNOCK_MARKED, ND_KNOCK_ASKS, ND_KNOCK_PLAIN},
	    {ND_KNOCK_MARKED, ND_KNOCK_PLAIN, ND_KNOCK_ASKS}};
	const uint64_t nth = (number - 1) / knock->profile->flows;
	struct {
		uint64_t turn;
		uint32_t tsval;
		char use[4];
	} text = {.turn = nth / 3, .tsval = knock->tsval, .use = "ecn"};
	uint64_t which = 0;

	if (text.turn > 0)
		which =
		    nd_siphash(knock->task.ctx->key, &text, sizeof(text)) % 6;
	return order[which][nth % 3];
}

static uint8_t
field_of(const struct nd_knock *knock, enum nd_knock_kind kind)
{
	const int tos = knock->profile->tos;
	const uint8_t own = tos >= 0 ? (uint8_t)(tos & FIELD) : 0;

	/* One that was asked for stays. */
	return kind == ND_KNOCK_MARKED && own == 0 ? ECT0 : own;
}

uint8_t
nd_knock_ecn_flags(const struct nd_knock *knock, uint64_t number)
{
	return is_on(knock) && kind_of(knock, number) != ND_KNOCK_PLAIN ? ASKS
									: 0;
}

int
nd_knock_ecn_tos(const struct nd_knock *knock, uint64_t number)
{
	const int tos = knock->profile->tos;

	if (!is_on(knock) || kind_of(knock, number) != ND_KNOCK_MARKED)
		return tos;
	return (tos >= 0 ? tos / (FIELD + 1) * (FIELD + 1) : 0) +
	       field_of(knock, ND_KNOCK_MARKED);
}

/* ---- What came ------------------------------------------------------------
 */

void
nd_knock_ecn_lost(struct nd_knock *knock, const struct nd_probe *p)
{
	if (is_on(knock))
		knock->ecn.failed[kind_of(knock, nd_probe_number(p))]++;
}

static void
note_syn_ack(struct nd_knock *knock, enum nd_knock_kind kind,
    const struct nd_knock_credit *c)
{
	struct nd_knock_ecn_seen *seen = &knock->ecn;

	/* Perhaps it is one of another kind that was answered. */
	if (c->ambiguous) {
		seen->unsure[kind] = true;
		return;
	}
	seen->open[kind]++;
	if (c->tcp->ecn)
		seen->agreed[kind]++;
	if (kind != ND_KNOCK_ASKS)
		return;
	if (c->tcp->ecn_mirror)
		seen->server = ND_KNOCK_ECN_MIRRORED;
	else
		seen->server =
		    c->tcp->ecn ? ND_KNOCK_ECN_ACCEPTED : ND_KNOCK_ECN_DECLINED;
}

void
nd_knock_ecn_answered(struct nd_knock *knock, const struct nd_knock_credit *c,
    const struct nd_answer *a)
{
	enum nd_knock_kind kind;

	if (!is_on(knock))
		return;
	kind = kind_of(knock, nd_probe_number(c->p));
	/* No host sends that by itself, unless it was sent it. */
	if (a->packet->tos >= 0 && (a->packet->tos & FIELD) == CE &&
	    field_of(knock, kind) != CE)
		knock->ecn.marked = true;
	if (c->answer == ND_KNOCK_ANSWER_SYN_ACK)
		note_syn_ack(knock, kind, c);
	else if (c->answer == ND_KNOCK_ANSWER_RST &&
		 c->p->state != ND_PROBE_LATE)
		knock->ecn.failed[kind]++;
}

void
nd_knock_ecn_quoted(
    struct nd_knock *knock, const struct nd_probe *p, const struct nd_answer *a)
{
	const struct nd_quote *quote = &a->quote;
	enum nd_knock_kind kind;
	uint8_t sent, came;

	if (!is_on(knock))
		return;
	kind = kind_of(knock, nd_probe_number(p));
	sent = field_of(knock, kind);
	came = quote->tos & FIELD;
	if (came == 0 && sent != 0)
		knock->ecn.cleared = true;
	if (came == CE && sent != CE)
		knock->ecn.marked = true;
	if (kind != ND_KNOCK_PLAIN && quote->tcp_flags >= 0 &&
	    ((unsigned)quote->tcp_flags & ASKS) != ASKS)
		knock->ecn.cleared = true;
}

/* ---- What it proves -------------------------------------------------------
 */

/* Those that ask are never answered, others are. */
static bool
is_blocked(const struct nd_knock *knock)
{
	const struct nd_knock_ecn_seen *s = &knock->ecn;

	return !knock->loss_uncertain && s->open[ND_KNOCK_ASKS] == 0 &&
	       !s->unsure[ND_KNOCK_ASKS] &&
	       s->failed[ND_KNOCK_ASKS] >= ENOUGH &&
	       s->open[ND_KNOCK_PLAIN] >= ENOUGH &&
	       s->failed[ND_KNOCK_PLAIN] <= s->open[ND_KNOCK_PLAIN] / 4;
}

/* The server agrees but to those with a mark: it has seen the mark. */
static bool
is_clean(const struct nd_knock *knock)
{
	const struct nd_knock_ecn_seen *s = &knock->ecn;

	return s->agreed[ND_KNOCK_ASKS] >= ENOUGH &&
	       s->agreed[ND_KNOCK_ASKS] == s->open[ND_KNOCK_ASKS] &&
	       s->open[ND_KNOCK_MARKED] >= ENOUGH &&
	       s->agreed[ND_KNOCK_MARKED] == 0 &&
	       field_of(knock, ND_KNOCK_ASKS) == 0;
}

enum nd_knock_ecn_path
nd_knock_ecn_path(const struct nd_knock *knock)
{
	if (!is_on(knock))
		return ND_KNOCK_ECN_PATH_UNKNOWN;
	if (is_blocked(knock))
		return ND_KNOCK_ECN_PATH_BLOCKED;
	if (knock->ecn.cleared)
		return ND_KNOCK_ECN_PATH_BLEACHED;
	if (knock->ecn.marked)
		return ND_KNOCK_ECN_PATH_MARKED;
	return is_clean(knock) ? ND_KNOCK_ECN_PATH_CLEAN
			       : ND_KNOCK_ECN_PATH_UNKNOWN;
}
