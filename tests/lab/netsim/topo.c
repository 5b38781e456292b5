/* SPDX-License-Identifier: MIT */
/* The topology: looking things up in it, reading its file, freeing it. */
#include "topo.h"

#include "statements.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

void *
ns_grow(void *items, uint32_t n, uint32_t *cap, size_t size)
{
	uint32_t more = *cap > 0 ? *cap * 2 : 16;
	void *bigger;

	if (n < *cap)
		return items;
	bigger = realloc(items, more * size);
	if (bigger != NULL)
		*cap = more;
	return bigger;
}

uint32_t
ns_topo_find(const struct ns_topo *topo, const char *name, size_t len)
{
	for (uint32_t i = 0; i < topo->n_routers; i++) {
		const char *have = topo->router[i].name;

		if (strncmp(have, name, len) == 0 && have[len] == '\0')
			return i;
	}
	return NS_NONE;
}

uint32_t
ns_topo_owner(const struct ns_topo *topo, const struct ns_addr *addr)
{
	return ns_lpm_find(&topo->own, 0, addr);
}

const struct ns_iface *
ns_topo_iface(const struct ns_topo *topo, uint32_t router, uint32_t from)
{
	uint32_t i = topo->router[router].first_iface;

	for (; i != NS_NONE; i = topo->iface[i].next)
		if (topo->iface[i].from == from)
			return &topo->iface[i];
	return NULL;
}

struct ns_addr
ns_topo_addr(const struct ns_topo *topo, uint32_t router, uint32_t from, int af)
{
	const struct ns_router *r = &topo->router[router];
	const struct ns_iface *iface = ns_topo_iface(topo, router, from);

	if (af == AF_INET)
		return iface != NULL && iface->addr4.af != 0 ? iface->addr4
							     : r->addr4;
	return iface != NULL && iface->addr6.af != 0 ? iface->addr6 : r->addr6;
}

/* The longer of both wins, a host on a tie. */
struct ns_decision
ns_topo_decide(
    const struct ns_topo *topo, uint32_t router, const struct ns_addr *addr)
{
	struct ns_decision d = {
	    .host = ns_lpm_find(&topo->hosts, router, addr),
	    .route = ns_lpm_find(&topo->routes, router, addr),
	};

	if (d.host != NS_NONE && d.route != NS_NONE) {
		if (topo->route[d.route].prefix.len >
		    topo->host[d.host].prefix.len)
			d.host = NS_NONE;
		else
			d.route = NS_NONE;
	}
	return d;
}

int
ns_topo_add_route(struct ns_topo *topo, const struct ns_route *route)
{
	uint32_t older =
	    ns_lpm_get(&topo->routes, route->router, &route->prefix);
	void *items = ns_grow(topo->route, topo->n_routes, &topo->cap_routes,
	    sizeof(*topo->route));

	if (items == NULL)
		return -ENOMEM;
	topo->route = items;
	topo->route[topo->n_routes] = *route;
	topo->route[topo->n_routes].older = older;
	if (ns_lpm_set(&topo->routes, route->router, &route->prefix,
		topo->n_routes) != 0)
		return -ENOMEM;
	topo->n_routes++;
	return 0;
}

int
ns_topo_apply(struct ns_topo *topo, uint32_t i)
{
	struct ns_fault fault;
	const struct ns_statement st = {
	    .topo = topo,
	    .fault = &fault,
	    .event = true,
	    .line = topo->event[i].line,
	};

	return ns_statement_run(&st, topo->event[i].text);
}

/* ---- Reading ----------------------------------------------------------- */

/* The lines of a file, continued ones joined, without their comments. */
struct lines {
	struct {
		unsigned no;
		char *text;
	} * line;
	uint32_t n, cap;
};

static void
lines_free(struct lines *lines)
{
	for (uint32_t i = 0; i < lines->n; i++)
		free(lines->line[i].text);
	free(lines->line);
}

/* Cuts off the comment, the newline and the blanks before it. */
static void
trim(char *text)
{
	size_t len;

	for (char *p = text; *p != '\0'; p++) {
		if (*p == '#' && (p == text || p[-1] == ' ' || p[-1] == '\t')) {
			*p = '\0';
			break;
		}
	}
	len = strlen(text);
	while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL)
		text[--len] = '\0';
}

/* TEXT continues the last line, whose backslash is its last byte. */
static int
append(struct lines *lines, const char *text)
{
	char **last = &lines->line[lines->n - 1].text;
	size_t len = strlen(*last), more = strlen(text);
	char *joined = realloc(*last, len + more + 1);

	if (joined == NULL)
		return -ENOMEM;
	joined[len - 1] = ' ';
	memcpy(joined + len, text, more + 1);
	*last = joined;
	return 0;
}

static int
add_line(struct lines *lines, unsigned no, const char *text)
{
	void *items =
	    ns_grow(lines->line, lines->n, &lines->cap, sizeof(*lines->line));

	if (items == NULL)
		return -ENOMEM;
	lines->line = items;
	lines->line[lines->n].no = no;
	lines->line[lines->n].text = strdup(text);
	return lines->line[lines->n].text != NULL ? (lines->n++, 0) : -ENOMEM;
}

static int
read_lines(struct lines *lines, FILE *in, struct ns_fault *fault)
{
	char *text = NULL;
	size_t size = 0;
	bool more = false;
	ssize_t len;
	int r = 0;

	for (unsigned no = 1; r == 0; no++) {
		errno = 0;
		len = getline(&text, &size, in);
		if (len < 0) {
			if (ferror(in))
				r = errno != 0 ? -errno : -EIO;
			break;
		}
		if (strlen(text) != (size_t)len) {
			fault->line = no;
			(void)snprintf(fault->message, sizeof(fault->message),
			    "a zero byte");
			r = -EINVAL;
			break;
		}
		trim(text);
		if (more)
			r = append(lines, text);
		else if (*text != '\0')
			r = add_line(lines, no, text);
		else
			continue;
		len = (ssize_t)strlen(text);
		more = len > 0 && text[len - 1] == '\\';
	}
	free(text);
	return r;
}

static int
run_all(struct ns_topo *topo, const struct lines *lines, enum ns_pass pass,
    struct ns_fault *fault)
{
	int r = 0;

	for (uint32_t i = 0; i < lines->n && r == 0; i++) {
		const struct ns_statement st = {
		    .topo = topo,
		    .fault = fault,
		    .pass = pass,
		    .line = lines->line[i].no,
		};

		fault->line = lines->line[i].no;
		r = ns_statement_run(&st, lines->line[i].text);
	}
	return r;
}

/* By time, those of the same time in the order of the file. */
static int
compare_events(const void *a, const void *b)
{
	const struct ns_event *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

int
ns_topo_read(struct ns_topo *topo, FILE *in, struct ns_fault *fault)
{
	struct lines lines = {.n = 0};
	int r;

	*topo = (struct ns_topo){.seed = 1, .entry = 0};
	*fault = (struct ns_fault){.line = 0};
	r = read_lines(&lines, in, fault);
	for (int pass = 0; pass < NS_PASSES && r == 0; pass++)
		r = run_all(topo, &lines, (enum ns_pass)pass, fault);
	lines_free(&lines);
	if (r == 0 && topo->n_routers == 0) {
		fault->line = 0;
		(void)snprintf(
		    fault->message, sizeof(fault->message), "no router");
		r = -EINVAL;
	}
	if (r == 0 && topo->n_events > 1)
		qsort(topo->event, topo->n_events, sizeof(*topo->event),
		    compare_events);
	if (r != 0)
		ns_topo_free(topo);
	return r;
}

void
ns_topo_free(struct ns_topo *topo)
{
	for (uint32_t i = 0; i < topo->n_events; i++)
		free(topo->event[i].text);
	free(topo->event);
	free(topo->router);
	free(topo->iface);
	free(topo->route);
	free(topo->ret);
	free(topo->host);
	ns_lpm_free(&topo->routes);
	ns_lpm_free(&topo->hosts);
	ns_lpm_free(&topo->own);
	ns_lpm_free(&topo->blocks);
	*topo = (struct ns_topo){.seed = 0};
}
