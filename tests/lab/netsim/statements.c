/* SPDX-License-Identifier: MIT */
/* Statements about routers, events, and whichever statement it is. */
#include "statements.h"

#include "options.h"
#include "statement_parts.h"
#include "values.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int
ns_fault(const struct ns_statement *st, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(
	    st->fault->message, sizeof(st->fault->message), format, args);
	va_end(args);
	return -EINVAL;
}

int
ns_find_router(const struct ns_statement *st, uint32_t *ret, const char *name)
{
	uint32_t i = ns_topo_find(st->topo, name, strlen(name));

	if (i == NS_NONE)
		return ns_fault(st, "no router of that name: %.63s", name);
	*ret = i;
	return 0;
}

/* Registers an address of router I, which must be nobody else's. */
static int
own(const struct ns_statement *st, uint32_t i, const struct ns_addr *addr)
{
	struct ns_prefix prefix = {
	    .addr = *addr, .len = (unsigned)ns_addr_size(addr->af) * 8};
	uint32_t other = ns_topo_owner(st->topo, addr);
	char text[NS_ADDR_TEXT];

	if (other != NS_NONE && other != i) {
		(void)ns_addr_text(text, addr);
		return ns_fault(st, "%s is an address of %s already", text,
		    st->topo->router[other].name);
	}
	return ns_lpm_set(&st->topo->own, 0, &prefix, i);
}

/* Takes WORD as an address of router I, into A4 or A6, if it is one: 1. */
static int
take_addr(const struct ns_statement *st, uint32_t i, const char *word,
    struct ns_addr *a4, struct ns_addr *a6)
{
	struct ns_addr addr, *to;
	int r;

	if (ns_addr_parse(&addr, word) != 0)
		return 0;
	to = addr.af == AF_INET ? a4 : a6;
	if (to->af != 0)
		return ns_fault(
		    st, "a second address of a family: %.63s", word);
	*to = addr;
	r = own(st, i, &addr);
	return r != 0 ? r : 1;
}

static int
run_seed(const struct ns_statement *st, struct ns_words *w)
{
	int64_t seed;

	if (w->n != 2 || ns_parse_number(&seed, w->word[1], 0, INT64_MAX) != 0)
		return ns_fault(st, "expected: seed NUMBER");
	st->topo->seed = (uint64_t)seed;
	return 0;
}

static int
run_entry(const struct ns_statement *st, struct ns_words *w)
{
	if (w->n != 2)
		return ns_fault(st, "expected: entry ROUTER");
	return ns_find_router(st, &st->topo->entry, w->word[1]);
}

static int
change_router(const struct ns_statement *st, struct ns_words *w)
{
	struct ns_router changed;
	uint32_t i = NS_NONE;

	if (w->n < 3)
		return ns_fault(st, "expected: router NAME OPTION...");
	if (ns_find_router(st, &i, w->word[1]) != 0)
		return -EINVAL;
	changed = st->topo->router[i];
	for (unsigned k = 2; k < w->n; k++)
		if (ns_router_option(&changed, w->word[k], st->fault) != 0)
			return -EINVAL;
	if (!st->dry)
		st->topo->router[i] = changed;
	return 0;
}

static int
run_router(const struct ns_statement *st, struct ns_words *w)
{
	struct ns_topo *topo = st->topo;
	struct ns_router router;
	const char *name = w->n > 1 ? w->word[1] : "";
	void *items;
	int r;

	if (st->event)
		return change_router(st, w);
	if (!ns_is_name(name, strlen(name)) || strcmp(name, "client") == 0 ||
	    strcmp(name, "none") == 0)
		return ns_fault(st, "not a name for a router: %.63s", name);
	if (ns_topo_find(topo, name, strlen(name)) != NS_NONE)
		return ns_fault(st, "a second router %.31s", name);
	if (topo->n_routers == NS_MAX_ROUTERS)
		return ns_fault(st, "more than %u routers", NS_MAX_ROUTERS);
	ns_router_defaults(&router);
	memcpy(router.name, name, strlen(name) + 1);
	for (unsigned k = 2; k < w->n; k++) {
		r = take_addr(st, topo->n_routers, w->word[k], &router.addr4,
		    &router.addr6);
		if (r == 0)
			r = ns_router_option(&router, w->word[k], st->fault);
		if (r < 0)
			return r;
	}
	items = ns_grow(topo->router, topo->n_routers, &topo->cap_routers,
	    sizeof(*topo->router));
	if (items == NULL)
		return -ENOMEM;
	topo->router = items;
	topo->router[topo->n_routers++] = router;
	return 0;
}

static int
iface_option(
    const struct ns_statement *st, struct ns_iface *iface, const char *word)
{
	int64_t n;

	if (strncmp(word, "ifindex=", 8) == 0 &&
	    ns_parse_number(&n, word + 8, 1, UINT32_MAX) == 0) {
		iface->ifindex = (uint32_t)n;
		return 0;
	}
	if (strncmp(word, "ifmtu=", 6) == 0 &&
	    ns_parse_number(&n, word + 6, 1, UINT32_MAX) == 0) {
		iface->ifmtu = (uint32_t)n;
		return 0;
	}
	if (strncmp(word, "ifname=", 7) == 0 && word[7] != '\0' &&
	    strlen(word + 7) < sizeof(iface->ifname)) {
		memcpy(iface->ifname, word + 7, strlen(word + 7) + 1);
		return 0;
	}
	return ns_fault(st, "not an option of iface: %.63s", word);
}

static int
run_iface(const struct ns_statement *st, struct ns_words *w)
{
	struct ns_topo *topo = st->topo;
	struct ns_iface iface = {.from = NS_NONE};
	void *items;
	int r;

	if (w->n < 4 || strcmp(w->word[2], "from") != 0)
		return ns_fault(st, "expected: iface ROUTER from PREVIOUS ...");
	if (ns_find_router(st, &iface.router, w->word[1]) != 0)
		return -EINVAL;
	if (strcmp(w->word[3], "client") != 0 &&
	    ns_find_router(st, &iface.from, w->word[3]) != 0)
		return -EINVAL;
	if (ns_topo_iface(topo, iface.router, iface.from) != NULL)
		return ns_fault(st, "a second iface from there");
	for (unsigned k = 4; k < w->n; k++) {
		r = take_addr(
		    st, iface.router, w->word[k], &iface.addr4, &iface.addr6);
		if (r == 0)
			r = iface_option(st, &iface, w->word[k]);
		if (r < 0)
			return r;
	}
	items = ns_grow(topo->iface, topo->n_ifaces, &topo->cap_ifaces,
	    sizeof(*topo->iface));
	if (items == NULL)
		return -ENOMEM;
	topo->iface = items;
	iface.next = topo->router[iface.router].first_iface;
	topo->router[iface.router].first_iface = topo->n_ifaces;
	topo->iface[topo->n_ifaces++] = iface;
	return 0;
}

/* ---- Whichever it is --------------------------------------------------- */

static const struct {
	const char *name;
	enum ns_pass pass;
	bool event; /* may follow `at` */
	int (*run)(const struct ns_statement *st, struct ns_words *w);
} statements[] = {
    {"seed", NS_PASS_ROUTERS, false, run_seed},
    {"router", NS_PASS_ROUTERS, true, run_router},
    {"entry", NS_PASS_REST, false, run_entry},
    {"iface", NS_PASS_REST, false, run_iface},
    {"route", NS_PASS_REST, true, ns_run_route},
    {"path", NS_PASS_REST, true, ns_run_path},
    {"host", NS_PASS_REST, true, ns_run_host},
    {"return", NS_PASS_REST, false, ns_run_return},
};

static int
run_words(const struct ns_statement *st, struct ns_words *w)
{
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]);
	     i++) {
		if (strcmp(statements[i].name, w->word[0]) != 0)
			continue;
		if (st->event && !statements[i].event)
			break;
		if (!st->event && statements[i].pass != st->pass)
			return 0;
		return statements[i].run(st, w);
	}
	return ns_fault(st, "unknown statement: %.63s", w->word[0]);
}

/* Splits TEXT in place. */
static int
split(const struct ns_statement *st, struct ns_words *w, char *text)
{
	w->n = 0;
	for (;;) {
		text += strspn(text, " \t");
		if (*text == '\0')
			return 0;
		if (w->n == NS_MAX_WORDS)
			return ns_fault(st, "more than %u words", NS_MAX_WORDS);
		w->word[w->n++] = text;
		text += strcspn(text, " \t");
		if (*text != '\0')
			*text++ = '\0';
	}
}

/* All but `at`. */
static int
run_plain(const struct ns_statement *st, const char *text)
{
	struct ns_words w;
	char *copy = strdup(text);
	int r;

	if (copy == NULL)
		return -ENOMEM;
	r = split(st, &w, copy);
	if (r == 0 && w.n > 0)
		r = run_words(st, &w);
	free(copy);
	return r;
}

static int
run_at(const struct ns_statement *st, const char *text)
{
	struct ns_topo *topo = st->topo;
	struct ns_statement inner = *st;
	struct ns_event event = {.line = st->line};
	char time[32];
	void *items;
	int used = 0, r;

	if (sscanf(text, " at %31s %n", time, &used) != 1 || used == 0 ||
	    text[used] == '\0' || ns_parse_duration(&event.at, time) != 0)
		return ns_fault(st, "expected: at TIME STATEMENT");
	inner.event = inner.dry = true;
	r = run_plain(&inner, text + used);
	if (r != 0)
		return r;
	items = ns_grow(
	    topo->event, topo->n_events, &topo->cap_events, sizeof(event));
	if (items == NULL)
		return -ENOMEM;
	topo->event = items;
	event.text = strdup(text + used);
	if (event.text == NULL)
		return -ENOMEM;
	topo->event[topo->n_events++] = event;
	return 0;
}

int
ns_statement_run(const struct ns_statement *st, const char *text)
{
	const char *word = text + strspn(text, " \t");
	size_t n = strcspn(word, " \t");

	if (st->event || n != 2 || strncmp(word, "at", 2) != 0)
		return run_plain(st, text);
	return st->pass == NS_PASS_EVENTS ? run_at(st, text) : 0;
}
