/* SPDX-License-Identifier: MIT */
/* run_targets.c: from targets as they are typed to rows. */
#include "run.h"

#include "cmd.h"
#include "message.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

unsigned
run_target_flags(const struct run *run)
{
	const struct run_opts *o = run->opts;
	unsigned flags = run_opts_target_flags(o);

	if (opt_find(run->cmd->table, "broadcast") == NULL)
		flags |= TARGET_NO_GROUPS;
	if (o->ipv4 || o->ipv6)
		return flags;
	return flags & ~(TARGET_IPV4 | TARGET_IPV6);
}

int
run_check_family(const struct run *run, const struct target_spec *spec,
    const char *subject, struct opt_error *err)
{
	const int source = run->opts->source.af;

	if (source == AF_UNSPEC || spec->af == AF_UNSPEC || spec->af == source)
		return 0;
	(void)opt_error_set(err, subject,
	    "the target is IPv%d, the source address IPv%d",
	    spec->af == AF_INET ? 4 : 6, source == AF_INET ? 4 : 6);
	opt_error_hint(err, "give a source address of the target's family");
	return -EINVAL;
}

int
run_parse_word(const struct run *run, const char *text, unsigned flags,
    struct target_port *word, struct target_spec *ret, struct opt_error *err)
{
	int r;

	*word = (struct target_port){.word = text};
	if (run->ops->ports == NULL)
		return target_parse(text, flags, ret, err);
	r = target_port_parse(text, word, err);
	return r == 0 ? target_port_spec(word, flags, ret, err) : r;
}

static bool
is_file(const struct target_spec *spec)
{
	return spec->kind == TARGET_FILE || spec->kind == TARGET_STDIN;
}

static int
check_limit(const struct run *run, struct opt_error *err)
{
	return run->ops->limit != NULL ? run->ops->limit(run, run->wanted, err)
				       : 0;
}

int
run_count_rows(struct run *run, const struct target_spec *spec, unsigned ports,
    const char *subject, struct opt_error *err)
{
	int r;

	run->wanted += target_count(spec) * ports;
	r = check_limit(run, err);
	if (r != 0)
		(void)opt_show(subject, err->option, sizeof(err->option));
	return r;
}

/* Those of files are not known yet. */
static int
check_word(
    struct run *run, size_t i, struct portlist *ports, struct opt_error *err)
{
	const struct target_spec *spec = &run->specs[i];
	int r = run_check_family(run, spec, run->words[i].word, err);

	if (r != 0 || is_file(spec) || run->ops->ports == NULL)
		return r;
	r = run->ops->ports(run, &run->words[i], ports, err);
	if (r == 0)
		run->wanted += target_count(spec) * portlist_count(ports);
	return r;
}

int
run_parse_targets(struct run *run, struct opt_error *err)
{
	const unsigned flags = run_target_flags(run);
	const size_t n = run->opts->n_targets;
	struct portlist *ports = malloc(sizeof(*ports));
	int r = 0;

	run->words = calloc(n, sizeof(*run->words));
	run->specs = calloc(n, sizeof(*run->specs));
	if (run->specs == NULL || run->words == NULL || ports == NULL) {
		free(ports);
		return opt_error_set(err, "", "out of memory");
	}
	for (size_t i = 0; i < n && r == 0; i++) {
		r = run_parse_word(run, run->opts->targets[i], flags,
		    &run->words[i], &run->specs[i], err);
		if (r == 0)
			r = check_word(run, i, ports, err);
	}
	free(ports);
	/* The message has the number of all of them. */
	return r == 0 ? check_limit(run, err) : r;
}

unsigned
run_families(const struct run *run)
{
	const int family = run_opts_family(run->opts);
	unsigned families = 0;

	if (family != AF_UNSPEC)
		return family == AF_INET ? ND_INET : ND_INET6;
	for (size_t i = 0; i < run->opts->n_targets; i++)
		families |=
		    run->specs[i].af == AF_INET
			? ND_INET
			: (run->specs[i].af == AF_INET6 ? ND_INET6
							: ND_INET | ND_INET6);
	return families;
}

static int
no_memory(const struct run *run)
{
	run_message(run, NULL, "out of memory for the targets", NULL);
	return EXIT_SYSTEM;
}

static struct row *
add_row(struct run *run, const char *name, uint16_t port)
{
	struct row *row = rows_add(&run->rows);

	if (row == NULL)
		return NULL;
	row->run = run;
	row->dns_ns = -1;
	row->port = port;
	row->index = row->at;
	if (name != NULL && (row->name = strdup(name)) == NULL)
		return NULL;
	run->undecided++;
	return row;
}

/* Without a scope, -I says which link is meant. */
static void
default_scope(const struct run *run, struct sockaddr_storage *addr)
{
	struct sockaddr_in6 v6;

	if (addr->ss_family != AF_INET6 || run->opts->device == NULL)
		return;
	memcpy(&v6, addr, sizeof(v6));
	if (v6.sin6_scope_id != 0 ||
	    (!IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr) &&
		!IN6_IS_ADDR_MC_LINKLOCAL(&v6.sin6_addr)))
		return;
	v6.sin6_scope_id = if_nametoindex(run->opts->device);
	memcpy(addr, &v6, sizeof(v6));
}

/* The system refuses to connect to a broadcast address of its own links. */
static bool
is_broadcast(const struct sockaddr_storage *addr)
{
	struct sockaddr_in v4;
	bool refused;
	int fd;

	if (addr->ss_family != AF_INET)
		return false;
	memcpy(&v4, addr, sizeof(v4));
	v4.sin_port = htons(9);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	refused = connect(fd, (const struct sockaddr *)&v4, sizeof(v4)) != 0 &&
		  errno == EACCES;
	(void)close(fd);
	return refused;
}

static bool
any_source(const struct run *run, const struct row *row,
    const struct sockaddr_storage *addr)
{
	return run->opts->broadcast &&
	       (target_is_group(row->family, row->ip) || is_broadcast(addr));
}

/* What was typed, where that is more than the address itself. */
static const char *
typed_name(const struct target_spec *spec, const struct sockaddr_storage *addr)
{
	char text[ADDRTEXT_MAX];

	if (spec->kind != TARGET_ADDR ||
	    strcmp(spec->text, addrtext((const struct sockaddr *)addr, text)) ==
		0)
		return NULL;
	return spec->text;
}

static bool
lacks_scope(const struct run *run, const struct target_spec *spec)
{
	struct in6_addr addr;

	memcpy(&addr, spec->first, sizeof(addr));
	return spec->af == AF_INET6 && spec->scope[0] == '\0' &&
	       run->opts->device == NULL &&
	       (IN6_IS_ADDR_LINKLOCAL(&addr) ||
		   IN6_IS_ADDR_MC_LINKLOCAL(&addr));
}

/* 0 after the last one, and where there are none. */
static uint16_t
next_port(const struct portlist *ports, uint16_t port)
{
	return ports != NULL ? portlist_next(ports, port) : 0;
}

static int
add_addresses(struct run *run, const struct target_spec *spec,
    const struct portlist *ports)
{
	struct row *row;
	struct target_iter it;
	struct sockaddr_storage addr;
	uint32_t scope = 0;

	if (lacks_scope(run, spec)) {
		run_message(run, spec->text,
		    "a link-local address needs its interface",
		    "add it as ADDRESS%INTERFACE, or give --interface");
		return EXIT_USAGE;
	}
	if (target_scope_id(spec->scope, &scope) != 0) {
		run_message(run, spec->text, "no such interface",
		    "ip link show lists them");
		return EXIT_USAGE;
	}
	target_iter_init(&it, spec, scope);
	while (target_next(&it, &addr)) {
		uint16_t port = next_port(ports, 0);
		size_t n = 0;

		default_scope(run, &addr);
		do {
			row = add_row(run, typed_name(spec, &addr), port);
			if (row == NULL)
				return no_memory(run);
			row_set_addr(row, (const struct sockaddr *)&addr);
			row->any_source = any_source(run, row, &addr);
			row->state = (uint8_t)run_first_state(run, n++);
		} while ((port = next_port(ports, port)) != 0);
	}
	return 0;
}

/* A name is resolved once; the rows of its further ports hang on the first. */
static int
add_name(struct run *run, const struct target_spec *spec,
    const struct portlist *ports)
{
	uint16_t port = next_port(ports, 0);
	struct row *row = NULL;

	run->has_names = true;
	do {
		struct row *next = add_row(run, spec->text, port);

		if (next == NULL)
			return no_memory(run);
		if (row != NULL) {
			row->sibling = next;
			next->secondary = true;
			next->state = ROW_WAITING;
		}
		row = next;
	} while ((port = next_port(ports, port)) != 0);
	return 0;
}

int
run_add_spec(struct run *run, const struct target_spec *spec,
    const struct portlist *ports)
{
	return spec->kind == TARGET_NAME ? add_name(run, spec, ports)
					 : add_addresses(run, spec, ports);
}

static void
measure_names(struct run *run)
{
	char text[ADDRTEXT_MAX];

	for (size_t i = 0; i < run->rows.n; i++) {
		struct report_target t =
		    row_target(rows_at(&run->rows, i), text);
		size_t width = report_name_width(&t, run->opts->all);

		if (width > run->name_width)
			run->name_width = width;
	}
}

/* Of the I-th word; PORTS is room for its ports. */
static int
make_rows_of(struct run *run, size_t i, struct portlist *ports)
{
	const struct target_spec *spec = &run->specs[i];
	struct opt_error err;

	if (spec->kind == TARGET_FILE)
		return run_read_file(run, i);
	if (spec->kind == TARGET_STDIN)
		return run_read_stdin(run);
	if (run->ops->ports == NULL)
		return run_add_spec(run, spec, NULL);
	/* It was parsed before, without an error. */
	if (run->ops->ports(run, &run->words[i], ports, &err) != 0)
		return EXIT_USAGE;
	return run_add_spec(run, spec, ports);
}

int
run_make_rows(struct run *run)
{
	struct portlist *ports = malloc(sizeof(*ports));
	int status = ports != NULL ? 0 : no_memory(run);

	for (size_t i = 0; i < run->opts->n_targets && !run->stopping; i++) {
		int r = make_rows_of(run, i, ports);

		if (r > status)
			status = r;
	}
	free(ports);
	if (status != 0)
		return status;
	if (run->rows.n == 0 && run->reason != REPORT_INTERRUPTED) {
		run_message(run, NULL, "no targets in what was read", NULL);
		return EXIT_USAGE;
	}
	run->targets = run->rows.n;
	/* A name may stand for several. */
	if (run->opts->all && run->has_names && run->targets == 1)
		run->targets = 2;
	if (run->targets > 1 && run->opts->format == RUN_FORMAT_TEXT)
		measure_names(run);
	return 0;
}
