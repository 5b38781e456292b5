/* SPDX-License-Identifier: MIT */
/*
 * test_asn.c: origin AS numbers from a name server of its own, which lives on
 * the same loop and answers 8.8.8.N as case N of a table says; and from a file.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "asn.h"
#include "asn_file.h"
#include "fake_dns.h"

#define SECOND INT64_C(1000000000)
#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X250 X50 X50 X50 X50 X50

struct world {
	struct ev_loop *loop;
	struct asn *asn;
	struct fake_dns dns;
	bool free_inside;
	unsigned told;
	char texts[256][128]; /* by the last byte of the address; "-": NULL */
};

static void
tell(void *user, const struct sockaddr *addr, const char *text)
{
	struct world *world = user;
	struct sockaddr_in in;
	unsigned char index;

	memcpy(&in, addr, sizeof(in));
	index = (unsigned char)ntohl(in.sin_addr.s_addr);
	(void)snprintf(world->texts[index], sizeof(world->texts[index]), "%s",
	    text != NULL ? text : "-");
	world->told++;
	if (world->free_inside) {
		asn_free(world->asn);
		world->asn = NULL;
	}
}

static void
set_up(struct world *world, const struct asn_opts *opts)
{
	struct asn_opts own = *opts;

	world->loop = ev_loop_new(0);
	cr_assert_not_null(world->loop);
	fake_dns_start(&world->dns, world->loop);
	if (own.servers == NULL)
		own.servers = world->dns.address;
	cr_assert_eq(asn_new(&world->asn, world->loop, &own, tell, world), 0);
}

static void
tear_down(struct world *world)
{
	asn_free(world->asn);
	fake_dns_stop(&world->dns, world->loop);
	ev_loop_destroy(world->loop);
}

static const char *
look_up(struct asn *asn, const char *text, bool *pending)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = 7};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		return asn_lookup(asn, (struct sockaddr *)&in, pending);
	cr_assert_eq(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
	return asn_lookup(asn, (struct sockaddr *)&in6, pending);
}

/* Asks for 8.8.8.N. */
static const char *
look_up_n(struct world *world, unsigned n, bool *pending)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "8.8.8.%u", n);
	return look_up(world->asn, text, pending);
}

/* ---- Over DNS ------------------------------------------------------------ */

static const struct fake_script cases[] = {
    {NXDOMAIN, NULL, NULL},
    {TEXT, "64500 | 8.8.8.0/24 | US | arin | 2020-01-01", "AS64500"},
    {TEXT, "64500 64501 | 8.8.8.0/24 | US | arin | 2020-01-01",
	"AS64500/AS64501"},
    /* The longest prefix decides, whatever the order. */
    {TEXT, "64500 | 8.8.8.0/24 | US\n64501 | 8.0.0.0/8 | US", "AS64500"},
    {TEXT, "64501 | 8.0.0.0/8 | US\n64500 | 8.8.8.0/24 | US", "AS64500"},
    {TEXT, "64500 | 8.8.8.0/24 | US\n64501 | 8.8.8.0/24 | US",
	"AS64500/AS64501"},
    /* A record that is wrong does not spoil the others. */
    {TEXT, "\033[31m\n64500 | 8.8.8.0/24 | US\n64501 | 9.0.0.0/8 | US",
	"AS64500"},
    /* Several strings are one text. */
    {TEXT, "645\t00 | 8.8.\t8.0/24 | US", "AS64500"},
    {TEXT, "64500 | 8.8.8.0/24 | \t" X250 "\t" X50 X50, "AS64500"},
    {TEXT, X250 "\t" X50 X50 "\t64500 | 8.8.8.0/24 | ", NULL},
    {TEXT, "64500 | 9.9.9.0/24 | US", NULL},
    {TEXT, "64500\033]0;OWNED\007 | 8.8.8.0/24 | US", NULL},
    {TEXT, "%s%n | 8.8.8.0/24 | US", NULL},
    {TEXT, "NA | NA | NA", NULL},
    {TEXT, "\t\t", NULL},
    {TEXT, "", NULL},
    {ANSWER, "64500|example", NULL}, /* a PTR record */
    {CUT, "64500|example", NULL},
    {SERVFAIL, NULL, NULL},
    {NXDOMAIN, NULL, NULL},
    {MUTE, NULL, NULL},
};
#define N_CASES (sizeof(cases) / sizeof(cases[0]))
#define CASES_DNS                                                              \
	{                                                                      \
		.scripts = cases, .n_scripts = N_CASES                         \
	}

Test(asn, tells_numbers_and_nothing_else)
{
	struct world world = {.dns = CASES_DNS};
	bool pending;

	set_up(&world, &(struct asn_opts){.timeout_ns = SECOND / 10});
	for (unsigned n = 1; n < N_CASES; n++) {
		cr_assert_null(look_up_n(&world, n, &pending));
		cr_assert(pending);
	}
	cr_assert_eq(asn_pending(world.asn), N_CASES - 1);
	ev_run(world.loop, 0);
	cr_assert_eq(asn_pending(world.asn), 0);
	cr_assert_eq(world.told, N_CASES - 1);
	for (unsigned n = 1; n < N_CASES; n++) {
		const char *want = cases[n].name;
		const char *text = look_up_n(&world, n, &pending);

		cr_expect_str_eq(world.texts[n], want != NULL ? want : "-",
		    "case %u: \"%s\"", n, world.texts[n]);
		cr_expect_not(pending);
		cr_expect_eq(text == NULL, want == NULL);
		if (text != NULL && want != NULL)
			cr_expect_str_eq(text, want);
	}
	tear_down(&world);
}

Test(asn, asks_the_right_question_once)
{
	struct world world = {.dns = CASES_DNS};

	set_up(&world, &(struct asn_opts){.timeout_ns = SECOND});
	(void)look_up(world.asn, "8.8.4.1", NULL);
	(void)look_up(world.asn, "8.8.4.1", NULL);
	ev_run(world.loop, 0);
	(void)look_up(world.asn, "8.8.4.1", NULL);
	ev_run(world.loop, 0);
	cr_assert_eq(world.dns.queries, 1);
	cr_assert_str_eq(world.dns.last_query, "1.4.8.8.origin.asn.cymru.com");
	(void)look_up(world.asn, "2600::1234", NULL);
	ev_run(world.loop, 0);
	cr_assert_str_eq(world.dns.last_query,
	    "4.3.2.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.2."
	    "origin6.asn.cymru.com");
	tear_down(&world);
}

Test(asn, special_addresses_are_never_asked_for)
{
	static const char *const special[] = {"10.1.2.3", "192.168.0.1",
	    "127.0.0.1", "100.64.0.1", "192.0.2.1", "fe80::1", "fd00::1", "::1",
	    "2001:db8::1"};
	struct world world = {.dns = CASES_DNS};
	struct sockaddr sa = {.sa_family = AF_UNIX};
	bool pending;

	set_up(&world, &(struct asn_opts){.timeout_ns = SECOND});
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
		pending = true;
		cr_assert_null(look_up(world.asn, special[i], &pending));
		cr_assert_not(pending, "%s", special[i]);
	}
	pending = true;
	cr_assert_null(asn_lookup(world.asn, &sa, &pending));
	cr_assert_not(pending);
	cr_assert_eq(asn_pending(world.asn), 0);
	cr_assert_eq(ev_run(world.loop, EVRUN_NOWAIT), 0);
	cr_assert_eq(world.dns.queries, 0);
	tear_down(&world);
}

Test(asn, thousands_are_all_told_once)
{
	struct world world = {.dns = {.scripts = cases, .n_scripts = 2}};
	char text[16];

	set_up(&world, &(struct asn_opts){.timeout_ns = 10 * SECOND});
	for (unsigned n = 0; n < 5000; n++) {
		(void)snprintf(
		    text, sizeof(text), "8.%u.%u.1", n / 256, n % 256);
		(void)look_up(world.asn, text, NULL);
	}
	ev_run(world.loop, 0);
	cr_assert_eq(world.told, 5000);
	cr_assert_str_eq(look_up(world.asn, "8.8.8.1", NULL), "AS64500");
	tear_down(&world);
}

Test(asn, freed_inside_the_callback)
{
	struct world world = {.dns = CASES_DNS, .free_inside = true};

	set_up(&world, &(struct asn_opts){.timeout_ns = SECOND});
	for (unsigned n = 1; n < N_CASES; n++)
		(void)look_up_n(&world, n, NULL);
	ev_run(world.loop, 0);
	cr_assert_eq(world.told, 1);
	cr_assert_null(world.asn);
	tear_down(&world);
}

Test(asn, works_without_a_callback)
{
	struct world world = {.dns = CASES_DNS};
	struct asn_opts opts = {.servers = world.dns.address};
	struct asn *asn;
	bool pending;

	set_up(&world, &opts);
	cr_assert_eq(asn_new(&asn, world.loop, &opts, NULL, NULL), 0);
	cr_assert_null(look_up(asn, "8.8.8.1", &pending));
	cr_assert(pending);
	ev_run(world.loop, 0);
	cr_assert_str_eq(look_up(asn, "8.8.8.1", &pending), "AS64500");
	cr_assert_eq(world.told, 0);
	asn_free(asn);
	tear_down(&world);
}

Test(asn, bad_server_list_is_refused)
{
	struct asn_opts opts = {.servers = "not an address"};
	struct ev_loop *loop = ev_loop_new(0);
	struct asn *asn = NULL;

	cr_assert_not_null(loop);
	cr_assert_eq(asn_new(&asn, loop, &opts, NULL, NULL), -EINVAL);
	cr_assert_null(asn);
	asn_free(NULL);
	ev_loop_destroy(loop);
}

/* ---- From a file --------------------------------------------------------- */

Test(asn, a_file_takes_the_place_of_the_dns)
{
	static const char lines[] = "10.0.0.0/8 64500\n8.8.8.0/24 1/2\n";
	struct world world = {.dns = CASES_DNS};
	int fd = memfd_create("test", MFD_CLOEXEC);
	struct asn_file *file;
	struct opt_error err;
	bool pending = true;

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, lines, sizeof(lines) - 1), sizeof(lines) - 1);
	cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
	cr_assert_eq(asn_file_open(&file, fd, "test", &err), 0);
	cr_assert_eq(close(fd), 0);
	set_up(&world, &(struct asn_opts){.file = file});
	/* It may know the addresses inside. */
	cr_assert_str_eq(look_up(world.asn, "10.1.2.3", &pending), "AS64500");
	cr_assert_not(pending);
	cr_assert_str_eq(look_up(world.asn, "8.8.8.1", &pending), "AS1/AS2");
	cr_assert_null(look_up(world.asn, "9.9.9.9", &pending));
	cr_assert_not(pending);
	cr_assert_eq(asn_pending(world.asn), 0);
	cr_assert_eq(ev_run(world.loop, EVRUN_NOWAIT), 0);
	cr_assert_eq(world.dns.queries + world.told, 0);
	tear_down(&world);
	asn_file_free(file);
}
