/* SPDX-License-Identifier: MIT */
/* Which size to send to which TTL: bounds that close in on each other. */
#include "diag/mtu.h"

#include <string.h>

#define ATTEMPTS 3 /* before silence is believed */
#define MOST (UINT16_MAX - 1u)

void
nd_mtu_init(struct nd_mtu *m, unsigned first, unsigned last, unsigned least,
    unsigned most)
{
	memset(m, 0, sizeof(*m));
	m->first = first;
	m->last = last;
	m->least = least;
	if (most > MOST)
		most = MOST;
	if (most < least)
		most = least;
	for (unsigned t = 0; t < ND_MTU_TTLS; t++) {
		m->ttl[t].got = (uint16_t)least;
		m->ttl[t].not = (uint16_t)(most + 1);
	}
}

void
nd_mtu_add(struct nd_mtu *m, unsigned ttl)
{
	if (ttl < ND_MTU_TTLS)
		m->ttl[ttl].asked = true;
}

static bool
is_open(const struct nd_mtu_ttl *t)
{
	return t->asked && t->not -t->got > 1;
}

/*
 * First the most there is room for; then what a router said; then one byte more
 * than what is known to get further; then the middle.
 */
static unsigned
size_for(const struct nd_mtu *m, unsigned ttl)
{
	const struct nd_mtu_ttl *t = &m->ttl[ttl];

	if (t->hint > t->got && t->hint < t->not )
		return t->hint;
	if (!t->silently)
		return t->not -1u;
	for (unsigned further = ttl + 1; further <= m->last; further++)
		if (m->ttl[further].asked) {
			if (m->ttl[further].got == t->got)
				return t->got + 1u;
			break;
		}
	return (t->got + t->not ) / 2u;
}

bool
nd_mtu_next(struct nd_mtu *m, struct nd_mtu_ask *ask)
{
	if (m->attempts > 0) {
		*ask = m->ask;
		return true;
	}
	for (unsigned ttl = m->last; ttl >= m->first && ttl > 0; ttl--)
		if (is_open(&m->ttl[ttl])) {
			m->ask = (struct nd_mtu_ask){ttl, size_for(m, ttl)};
			*ask = m->ask;
			return true;
		}
	return false;
}

/* SIZE gets to TTL, and so it passes all before it. */
static void
gets(struct nd_mtu *m, unsigned ttl, unsigned size)
{
	for (unsigned t = m->first; t <= ttl; t++) {
		struct nd_mtu_ttl *it = &m->ttl[t];

		if (size > it->got)
			it->got = (uint16_t)size;
		if (it->not <= it->got)
			it->not = (uint16_t)(it->got + 1u);
	}
}

/* SIZE does not get to TTL, nor to what is beyond. */
static void
gets_not(struct nd_mtu *m, unsigned ttl, unsigned size, bool silently)
{
	for (unsigned t = ttl; t <= m->last; t++) {
		struct nd_mtu_ttl *it = &m->ttl[t];

		if (size < it->not ) {
			it->not = (uint16_t)size;
			it->silently = silently;
		}
		if (it->got >= it->not )
			it->got = (uint16_t)(it->not -1u);
	}
}

/* A router at AT would forward MTU bytes, and no more. */
static void
told(struct nd_mtu *m, unsigned mtu, unsigned at)
{
	const unsigned size = m->ask.size;
	const unsigned from = at > 0 && at < m->ask.ttl ? at + 1 : m->ask.ttl;

	if (at > 0 && at < m->ask.ttl)
		gets(m, at, size);
	gets_not(m, from, size, mtu == 0);
	/* What it says is only believed as far as it makes sense. */
	if (mtu < m->least || mtu >= size)
		return;
	gets_not(m, from, mtu + 1, false);
	for (unsigned t = from; t <= m->last; t++)
		m->ttl[t].hint = (uint16_t)mtu;
}

void
nd_mtu_heard(
    struct nd_mtu *m, enum nd_mtu_answer answer, unsigned mtu, unsigned at)
{
	const struct nd_mtu_ask ask = m->ask;

	switch (answer) {
	case ND_MTU_SILENT:
		if (++m->attempts < ATTEMPTS)
			return;
		gets_not(m, ask.ttl, ask.size, true);
		break;
	case ND_MTU_GOT:
		gets(m, ask.ttl, ask.size);
		break;
	case ND_MTU_BIG:
		told(m, mtu, at);
		break;
	case ND_MTU_REFUSED:
		/* The first link: it holds for all of them. */
		gets_not(m, m->first,
		    mtu >= m->least && mtu < ask.size ? mtu + 1 : ask.size,
		    mtu == 0);
		break;
	}
	m->attempts = 0;
}

unsigned
nd_mtu_of(const struct nd_mtu *m, unsigned ttl)
{
	return ttl < ND_MTU_TTLS && m->ttl[ttl].asked ? m->ttl[ttl].got : 0;
}

unsigned
nd_mtu_black_hole(const struct nd_mtu *m)
{
	unsigned before = 0;

	for (unsigned t = m->first; t <= m->last; t++) {
		if (!m->ttl[t].asked)
			continue;
		if (m->ttl[t].silently && before > 0 &&
		    m->ttl[t].got < m->ttl[before].got)
			return t;
		before = t;
	}
	return 0;
}
