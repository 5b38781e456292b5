/* SPDX-License-Identifier: MIT */
/*
 * test_rdns.c: reverse names against a name server of its own, which lives on
 * the same loop and answers 192.0.2.N as case N of a table says.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <ev.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_dns.h"
#include "rdns.h"

#define SECOND INT64_C(1000000000)
#define LABEL52 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"
#define LABEL61 LABEL52 "012345678"
#define LABEL63 LABEL61 "90"

struct world {
	struct ev_loop *loop;
	struct rdns *rdns;
	struct fake_dns dns;
	bool free_inside;
	bool in_lookup;
	unsigned told;	      /* callbacks */
	char names[256][256]; /* by the last byte of the address; "-": NULL */
	uint32_t scopes[2];
};

static void
tell(void *user, const struct sockaddr *addr, const char *name)
{
	struct world *world = user;
	unsigned char index;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	cr_assert_not(world->in_lookup, "called back inside rdns_lookup()");
	if (addr->sa_family == AF_INET) {
		memcpy(&in, addr, sizeof(in));
		index = (unsigned char)ntohl(in.sin_addr.s_addr);
	} else {
		memcpy(&in6, addr, sizeof(in6));
		index = in6.sin6_addr.s6_addr[15];
		world->scopes[world->told % 2] = in6.sin6_scope_id;
	}
	(void)snprintf(world->names[index], sizeof(world->names[index]), "%s",
	    name != NULL ? name : "-");
	world->told++;
	if (world->free_inside) {
		rdns_free(world->rdns);
		world->rdns = NULL;
	}
}

static const struct rdns_opts defaults = {.timeout_ns = SECOND};

static void
set_up(struct world *world, const struct rdns_opts *opts)
{
	struct rdns_opts own = *opts;

	world->loop = ev_loop_new(0);
	cr_assert_not_null(world->loop);
	fake_dns_start(&world->dns, world->loop);
	if (own.hosts == NULL)
		own.hosts = "/dev/null";
	if (own.servers == NULL)
		own.servers = world->dns.address;
	cr_assert_eq(rdns_new(&world->rdns, world->loop, &own, tell, world), 0);
}

static void
tear_down(struct world *world)
{
	rdns_free(world->rdns);
	fake_dns_stop(&world->dns, world->loop);
	ev_loop_destroy(world->loop);
}

static const char *
look_up(struct world *world, const char *text, uint32_t scope, bool *pending)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = 7};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
	    .sin6_port = 7,
	    .sin6_flowinfo = 9,
	    .sin6_scope_id = scope};
	const char *name;

	world->in_lookup = true;
	if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
		name =
		    rdns_lookup(world->rdns, (struct sockaddr *)&in, pending);
	} else {
		cr_assert_eq(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
		name =
		    rdns_lookup(world->rdns, (struct sockaddr *)&in6, pending);
	}
	world->in_lookup = false;
	return name;
}

/* Asks for 192.0.2.N. */
static const char *
look_up_n(struct world *world, unsigned n, bool *pending)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "192.0.2.%u", n);
	return look_up(world, text, 0, pending);
}

/* ---- Answers ------------------------------------------------------------- */

static const struct fake_script hostile[] = {
    {NXDOMAIN, NULL, NULL},
    {ANSWER, "host-1|example", "host-1.example"},
    {ANSWER, "a\033]0;OWNED\007\033[31mx|example", NULL},
    {ANSWER, "a\nb|example", NULL},
    {ANSWER, "a\"b\\|example", NULL},
    {ANSWER, "a b|example", NULL},
    {ANSWER,
	"\xc2\x9b"
	"31m|example",
	NULL},
    {ANSWER, "\xff\xfe|example", NULL},
    {ANSWER, LABEL63 "|" LABEL63 "|" LABEL63 "|" LABEL63 "|a", NULL},
    {ANSWER, LABEL63 "|" LABEL63 "|" LABEL63 "|" LABEL61,
	LABEL63 "." LABEL63 "." LABEL63 "." LABEL61},
    {ANSWER, "", NULL},
    {LOOP, NULL, NULL},
    {CUT, "host|example", NULL},
    {NXDOMAIN, NULL, NULL},
    {SERVFAIL, NULL, NULL},
    {TWICE, "two|example", "two.example"},
    {CNAME, "alias|example", "alias.example"},
    {FORGED, "true|example", "true.example"},
    {MUTE, NULL, NULL},
    {ANSWER, "a%s%n|example", NULL},
    {ANSWER, "_srv|under_score|example", "_srv.under_score.example"},
};
#define N_HOSTILE (sizeof(hostile) / sizeof(hostile[0]))
#define HOSTILE_DNS                                                            \
	{                                                                      \
		.scripts = hostile, .n_scripts = N_HOSTILE                     \
	}

Test(rdns, tells_plain_names_and_no_others)
{
	struct world world = {.dns = HOSTILE_DNS};
	bool pending;

	set_up(&world, &(struct rdns_opts){.timeout_ns = SECOND / 10});
	for (unsigned n = 1; n < N_HOSTILE; n++) {
		cr_assert_null(look_up_n(&world, n, &pending));
		cr_assert(pending);
	}
	cr_assert_eq(rdns_pending(world.rdns), N_HOSTILE - 1);
	ev_run(world.loop, 0);
	cr_assert_eq(rdns_pending(world.rdns), 0);
	cr_assert_eq(world.told, N_HOSTILE - 1);
	for (unsigned n = 1; n < N_HOSTILE; n++) {
		const char *want = hostile[n].name;
		const char *name = look_up_n(&world, n, &pending);

		cr_expect_str_eq(world.names[n], want != NULL ? want : "-",
		    "case %u: \"%s\"", n, world.names[n]);
		cr_expect_not(pending);
		cr_expect_eq(name == NULL, want == NULL);
		if (name != NULL && want != NULL)
			cr_expect_str_eq(name, want);
	}
	tear_down(&world);
}

Test(rdns, asks_the_right_question)
{
	struct world world = {.told = 0};

	set_up(&world, &defaults);
	(void)look_up(&world, "192.0.2.200", 0, NULL);
	ev_run(world.loop, 0);
	cr_assert_str_eq(world.dns.last_query, "200.2.0.192.in-addr.arpa");
	(void)look_up(&world, "2001:db8::567:89ab", 0, NULL);
	ev_run(world.loop, 0);
	cr_assert_str_eq(world.dns.last_query,
	    "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2."
	    "ip6.arpa");
	tear_down(&world);
}

Test(rdns, asks_once_for_each_address)
{
	struct world world = {.dns = HOSTILE_DNS};
	bool pending = false;

	set_up(&world, &defaults);
	for (int i = 0; i < 3; i++) {
		cr_assert_null(look_up_n(&world, 1, &pending));
		cr_assert(pending);
	}
	(void)look_up_n(&world, 13, NULL);
	cr_assert_eq(rdns_pending(world.rdns), 2);
	ev_run(world.loop, 0);
	cr_assert_eq(world.told, 2);
	cr_assert_eq(world.dns.queries, 2);
	cr_assert_str_eq(look_up_n(&world, 1, &pending), "host-1.example");
	cr_assert_null(look_up_n(&world, 13, &pending));
	cr_assert_not(pending);
	ev_run(world.loop, 0);
	cr_assert_eq(world.dns.queries, 2);
	cr_assert_eq(world.told, 2);
	tear_down(&world);
}

Test(rdns, scope_tells_link_local_addresses_apart)
{
	struct world world = {.told = 0};

	set_up(&world, &defaults);
	(void)look_up(&world, "fe80::1", 1, NULL);
	(void)look_up(&world, "fe80::1", 2, NULL);
	cr_assert_eq(rdns_pending(world.rdns), 2);
	ev_run(world.loop, 0);
	cr_assert_eq(world.scopes[0] + world.scopes[1], 3);
	/* Elsewhere a scope means nothing. */
	(void)look_up(&world, "2001:db8::1", 1, NULL);
	(void)look_up(&world, "2001:db8::1", 2, NULL);
	cr_assert_eq(rdns_pending(world.rdns), 1);
	tear_down(&world);
}

Test(rdns, other_families_have_no_name)
{
	struct world world = {.told = 0};
	struct sockaddr sa = {.sa_family = AF_UNIX};
	bool pending = true;

	set_up(&world, &defaults);
	cr_assert_null(rdns_lookup(world.rdns, &sa, &pending));
	cr_assert_not(pending);
	tear_down(&world);
}

Test(rdns, hosts_file_comes_first)
{
	struct world world = {.dns = HOSTILE_DNS};
	char path[] = "/tmp/test_rdns.XXXXXX";
	bool pending = true;
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, "192.0.2.1 one.lan\n", 18), 18);
	cr_assert_eq(close(fd), 0);
	set_up(&world, &(struct rdns_opts){.hosts = path});
	(void)unlink(path);
	cr_assert_str_eq(look_up_n(&world, 1, &pending), "one.lan");
	cr_assert_not(pending);
	cr_assert_eq(rdns_pending(world.rdns), 0);
	tear_down(&world);
}

Test(rdns, missing_hosts_file_is_no_matter)
{
	struct world world = {.dns = HOSTILE_DNS};

	set_up(&world, &(struct rdns_opts){.hosts = "/nonexistent/hosts"});
	(void)look_up_n(&world, 1, NULL);
	ev_run(world.loop, 0);
	cr_assert_str_eq(world.names[1], "host-1.example");
	tear_down(&world);
}

/* ---- The server's moods -------------------------------------------------- */

Test(rdns, refusing_server_fails_outside_of_the_call)
{
	struct world world = {.told = 0};
	bool pending;

	set_up(&world, &(struct rdns_opts){.servers = "127.0.0.1:1"});
	for (unsigned n = 0; n < 100; n++)
		(void)look_up_n(&world, n, NULL);
	cr_assert_eq(world.told, 0);
	ev_run(world.loop, 0);
	cr_assert_eq(world.told, 100);
	cr_assert_str_eq(world.names[7], "-");
	/* Not asked again right away: a dead server costs nothing. */
	cr_assert_null(look_up_n(&world, 7, &pending));
	cr_assert_not(pending);
	tear_down(&world);
}

Test(rdns, only_what_no_server_told_is_asked_again)
{
	struct world world = {.dns = HOSTILE_DNS};
	bool pending;

	set_up(&world, &(struct rdns_opts){.retry_ns = 1});
	(void)look_up_n(&world, 1, NULL);  /* a name */
	(void)look_up_n(&world, 2, NULL);  /* no plain one */
	(void)look_up_n(&world, 13, NULL); /* NXDOMAIN */
	(void)look_up_n(&world, 14, NULL); /* SERVFAIL */
	ev_run(world.loop, 0);
	cr_assert_eq(world.told, 4);
	(void)ev_run(world.loop, EVRUN_NOWAIT);
	ev_now_update(world.loop);
	(void)look_up_n(&world, 1, &pending);
	cr_assert_not(pending);
	(void)look_up_n(&world, 2, &pending);
	cr_assert_not(pending);
	(void)look_up_n(&world, 13, &pending);
	cr_assert_not(pending);
	(void)look_up_n(&world, 14, &pending);
	cr_assert(pending);
	ev_run(world.loop, 0);
	cr_assert_eq(world.told, 5);
	tear_down(&world);
}

Test(rdns, queries_in_flight_are_bounded)
{
	struct world world = {.dns.mute = true};
	char text[16];

	set_up(&world, &(struct rdns_opts){.timeout_ns = 100 * SECOND});
	for (unsigned n = 0; n < 2000; n++) {
		(void)snprintf(
		    text, sizeof(text), "10.1.%u.%u", n / 256, n % 256);
		(void)look_up(&world, text, 0, NULL);
	}
	/* Each turn of the loop starts some. */
	for (unsigned n = 0; n < 2000; n++)
		(void)ev_run(world.loop, EVRUN_NOWAIT);
	cr_assert_eq(world.dns.queries, 256, "%u queries", world.dns.queries);
	cr_assert_eq(rdns_pending(world.rdns), 2000);
	tear_down(&world);
	cr_assert_eq(world.told, 0);
}

Test(rdns, thousands_are_all_told_once)
{
	struct world world = {.dns.scripts = hostile, .dns.n_scripts = 2};
	char text[16];

	set_up(&world, &(struct rdns_opts){.timeout_ns = 10 * SECOND});
	for (unsigned n = 0; n < 5000; n++) {
		(void)snprintf(
		    text, sizeof(text), "10.%u.%u.1", n / 256, n % 256);
		(void)look_up(&world, text, 0, NULL);
	}
	ev_run(world.loop, 0);
	cr_assert_eq(world.told, 5000);
	cr_assert_eq(rdns_pending(world.rdns), 0);
	cr_assert_str_eq(
	    look_up(&world, "10.19.135.1", 0, NULL), "host-1.example");
	tear_down(&world);
}

Test(rdns, idle_keeps_no_watcher)
{
	struct world world = {.dns = HOSTILE_DNS};

	set_up(&world, &defaults);
	cr_assert_eq(ev_run(world.loop, EVRUN_ONCE), 0);
	(void)look_up_n(&world, 1, NULL);
	cr_assert_neq(ev_run(world.loop, EVRUN_NOWAIT), 0);
	ev_run(world.loop, 0);
	/* ev_run() came back by itself; nothing is active any more. */
	cr_assert_eq(ev_run(world.loop, EVRUN_NOWAIT), 0);
	cr_assert_eq(ev_pending_count(world.loop), 0);
	tear_down(&world);
}

/* ---- The end ------------------------------------------------------------- */

Test(rdns, freed_inside_the_callback)
{
	struct world world = {.dns = HOSTILE_DNS, .free_inside = true};

	set_up(&world, &defaults);
	for (unsigned n = 1; n < N_HOSTILE; n++)
		(void)look_up_n(&world, n, NULL);
	ev_run(world.loop, 0);
	cr_assert_eq(world.told, 1);
	cr_assert_null(world.rdns);
	tear_down(&world);
}

Test(rdns, freed_with_queries_out_and_queued)
{
	struct world world = {.dns.mute = true};

	set_up(&world, &defaults);
	for (unsigned n = 0; n < 200; n++)
		(void)look_up_n(&world, n, NULL);
	(void)ev_run(world.loop, EVRUN_NOWAIT);
	cr_assert_eq(rdns_pending(world.rdns), 200);
	tear_down(&world);
	cr_assert_eq(world.told, 0);
}

Test(rdns, bad_server_list_is_refused)
{
	struct rdns_opts opts = {.servers = "not an address"};
	struct ev_loop *loop = ev_loop_new(0);
	struct rdns *rdns = NULL;

	cr_assert_not_null(loop);
	cr_assert_eq(rdns_new(&rdns, loop, &opts, tell, NULL), -EINVAL);
	cr_assert_null(rdns);
	rdns_free(NULL);
	ev_loop_destroy(loop);
}
