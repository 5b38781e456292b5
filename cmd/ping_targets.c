/* SPDX-License-Identifier: MIT */
/* ping_targets.c: from targets as they are typed to rows. */
#include "ping_run.h"

#include "cmd.h"
#include "message.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

unsigned
ping_target_flags(const struct ping_run *run)
{
	const struct ping_opts *o = &run->opts;
	const unsigned flags = ping_opts_target_flags(o);

	if (o->ipv4 || o->ipv6)
		return flags;
	return flags & ~(TARGET_IPV4 | TARGET_IPV6);
}

int
ping_check_family(const struct ping_run *run, const struct target_spec *spec,
    const char *subject, struct opt_error *err)
{
	const int source = run->opts.source.af;

	if (source == AF_UNSPEC || spec->af == AF_UNSPEC || spec->af == source)
		return 0;
	(void)opt_error_set(err, subject,
	    "the target is IPv%d, the source address IPv%d",
	    spec->af == AF_INET ? 4 : 6, source == AF_INET ? 4 : 6);
	opt_error_hint(err, "give a source address of the target's family");
	return -EINVAL;
}

int
ping_parse_targets(struct ping_run *run, struct opt_error *err)
{
	const unsigned flags = ping_target_flags(run);
	size_t n = run->opts.n_targets;

	run->specs = calloc(n, sizeof(*run->specs));
	if (run->specs == NULL)
		return opt_error_set(err, "", "out of memory");
	for (size_t i = 0; i < n; i++) {
		int r = target_parse(
		    run->opts.targets[i], flags, &run->specs[i], err);

		if (r == 0)
			r = ping_check_family(
			    run, &run->specs[i], run->specs[i].text, err);
		if (r != 0)
			return r;
	}
	return 0;
}

unsigned
ping_families(const struct ping_run *run)
{
	const int family = ping_opts_family(&run->opts);
	unsigned families = 0;

	if (family != AF_UNSPEC)
		return family == AF_INET ? ND_INET : ND_INET6;
	for (size_t i = 0; i < run->opts.n_targets; i++)
		families |=
		    run->specs[i].af == AF_INET
			? ND_INET
			: (run->specs[i].af == AF_INET6 ? ND_INET6
							: ND_INET | ND_INET6);
	return families;
}

static int
no_memory(void)
{
	message("ping", NULL, "out of memory for the targets", NULL);
	return EXIT_SYSTEM;
}

static struct row *
add_row(struct ping_run *run, const char *name)
{
	struct row *row = rows_add(&run->rows);

	if (row == NULL)
		return NULL;
	row->run = run;
	row->dns_ns = -1;
	row->index = (uint32_t)(run->rows.n - 1);
	if (name != NULL && (row->name = strdup(name)) == NULL)
		return NULL;
	run->undecided++;
	return row;
}

/* Without a scope, -I says which link is meant. */
static void
default_scope(const struct ping_run *run, struct sockaddr_storage *addr)
{
	struct sockaddr_in6 v6;

	if (addr->ss_family != AF_INET6 || run->opts.device == NULL)
		return;
	memcpy(&v6, addr, sizeof(v6));
	if (v6.sin6_scope_id != 0 ||
	    (!IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr) &&
		!IN6_IS_ADDR_MC_LINKLOCAL(&v6.sin6_addr)))
		return;
	v6.sin6_scope_id = if_nametoindex(run->opts.device);
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
any_source(const struct ping_run *run, const struct row *row,
    const struct sockaddr_storage *addr)
{
	return run->opts.broadcast &&
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
lacks_scope(const struct ping_run *run, const struct target_spec *spec)
{
	struct in6_addr addr;

	memcpy(&addr, spec->first, sizeof(addr));
	return spec->af == AF_INET6 && spec->scope[0] == '\0' &&
	       run->opts.device == NULL &&
	       (IN6_IS_ADDR_LINKLOCAL(&addr) ||
		   IN6_IS_ADDR_MC_LINKLOCAL(&addr));
}

static int
add_addresses(struct ping_run *run, const struct target_spec *spec)
{
	struct target_iter it;
	struct sockaddr_storage addr;
	uint32_t scope = 0;

	if (lacks_scope(run, spec)) {
		message("ping", spec->text,
		    "a link-local address needs its interface",
		    "add it as ADDRESS%INTERFACE, or give --interface");
		return EXIT_USAGE;
	}
	if (target_scope_id(spec->scope, &scope) != 0) {
		message("ping", spec->text, "no such interface",
		    "ip link show lists them");
		return EXIT_USAGE;
	}
	target_iter_init(&it, spec, scope);
	while (target_next(&it, &addr)) {
		struct row *row;

		default_scope(run, &addr);
		row = add_row(run, typed_name(spec, &addr));
		if (row == NULL)
			return no_memory();
		row_set_addr(row, (const struct sockaddr *)&addr);
		row->any_source = any_source(run, row, &addr);
	}
	return 0;
}

int
ping_add_spec(struct ping_run *run, const struct target_spec *spec)
{
	if (spec->kind != TARGET_NAME)
		return add_addresses(run, spec);
	run->has_names = true;
	return add_row(run, spec->text) != NULL ? 0 : no_memory();
}

static void
measure_names(struct ping_run *run)
{
	char text[ADDRTEXT_MAX];

	for (size_t i = 0; i < run->rows.n; i++) {
		struct report_target t =
		    row_target(rows_at(&run->rows, i), text);
		size_t width = report_name_width(&t, run->opts.all);

		if (width > run->name_width)
			run->name_width = width;
	}
}

int
ping_make_rows(struct ping_run *run)
{
	int status = 0;

	for (size_t i = 0; i < run->opts.n_targets && !run->stopping; i++) {
		const struct target_spec *spec = &run->specs[i];
		int r;

		if (spec->kind == TARGET_FILE)
			r = ping_read_file(run, i);
		else if (spec->kind == TARGET_STDIN)
			r = ping_read_stdin(run);
		else
			r = ping_add_spec(run, spec);
		if (r > status)
			status = r;
	}
	if (status != 0)
		return status;
	if (run->rows.n == 0 && run->reason != REPORT_INTERRUPTED) {
		message("ping", NULL, "no targets in what was read", NULL);
		return EXIT_USAGE;
	}
	run->targets = run->rows.n;
	/* A name may stand for several. */
	if (run->opts.all && run->has_names && run->targets == 1)
		run->targets = 2;
	if (run->targets > 1 && run->opts.format == PING_FORMAT_TEXT)
		measure_names(run);
	return 0;
}
