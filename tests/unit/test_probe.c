/* SPDX-License-Identifier: MIT */
/* lib/engine/probe.h: the table of probes beside a plain reference. */
#include "engine/probe.h"

#include "engine/task.h"
#include "fake_net.h"
#include "prng.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdlib.h>

#define SECRET 0x0123456789abcdef

static struct nd_task
task_to(uint32_t host, bool any_source)
{
	struct nd_task t = {.proto = IPPROTO_ICMP, .any_source = any_source};

	t.addr.family = AF_INET;
	t.addr.ip[0] = 10;
	t.addr.ip[1] = (uint8_t)(host >> 16);
	t.addr.ip[2] = (uint8_t)(host >> 8);
	t.addr.ip[3] = (uint8_t)host;
	return t;
}

static struct nd_key
key_to(const struct nd_task *t, uint32_t tag)
{
	return (struct nd_key){.addr = t->any_source ? NULL : &t->addr,
	    .family = t->addr.family,
	    .proto = t->proto,
	    .tag = tag};
}

static struct nd_probe *
find(struct nd_table *t, const struct nd_task *task, uint32_t tag)
{
	struct nd_key key = key_to(task, tag);

	return nd_table_find(t, &key);
}

static void
drop(struct nd_table *t, struct nd_probe *p)
{
	nd_table_forget(t, p);
	cr_assert_eq(p->state, ND_PROBE_FORGOTTEN);
	nd_table_release(t, p);
}

Test(probe, table_agrees_with_a_reference_over_200k_changes)
{
	enum { TASKS = 50, TAGS = 100 };
	struct nd_task tasks[TASKS];
	struct nd_probe *(*reference)[TAGS] = calloc(TASKS, sizeof(*reference));
	struct nd_table t;
	uint64_t seed = 4;
	uint32_t used = 0;

	cr_assert_eq(nd_table_init(&t, SECRET), 0);
	for (uint32_t i = 0; i < TASKS; i++)
		tasks[i] = task_to(i, false);
	for (int step = 0; step < 200000; step++) {
		uint32_t i = (uint32_t)(prng(&seed) % TASKS);
		uint32_t tag = (uint32_t)(prng(&seed) % TAGS);
		struct nd_probe **want = &reference[i][tag];

		cr_assert_eq(find(&t, &tasks[i], tag), *want);
		if (*want == NULL) {
			*want = nd_table_insert(&t, &tasks[i], tag);
			cr_assert_not_null(*want);
			cr_assert_eq((*want)->task, &tasks[i]);
			cr_assert_eq((*want)->tag, tag);
			cr_assert_eq((*want)->state, ND_PROBE_IN_FLIGHT);
			cr_assert_eq(nd_probe_rtt(*want), -1);
			used++;
		} else {
			drop(&t, *want);
			*want = NULL;
			used--;
		}
		cr_assert_eq(t.used, used);
	}
	for (uint32_t i = 0; i < TASKS; i++)
		for (uint32_t tag = 0; tag < TAGS; tag++)
			cr_assert_eq(
			    find(&t, &tasks[i], tag), reference[i][tag]);
	free(reference);
	nd_table_free(&t);
}

Test(probe, is_found_by_all_of_its_key_only)
{
	struct nd_task task = task_to(1, false), other = task_to(2, false);
	struct nd_table t;
	struct nd_probe *p;
	struct nd_key key = key_to(&task, 7);

	cr_assert_eq(nd_table_init(&t, SECRET), 0);
	p = nd_table_insert(&t, &task, 7);
	cr_assert_eq(nd_table_find(&t, &key), p);
	key.tag = 8;
	cr_assert_null(nd_table_find(&t, &key));
	key = key_to(&other, 7);
	cr_assert_null(nd_table_find(&t, &key));
	key = key_to(&task, 7);
	key.proto = IPPROTO_UDP;
	cr_assert_null(nd_table_find(&t, &key));
	key = key_to(&task, 7);
	key.family = AF_INET6;
	cr_assert_null(nd_table_find(&t, &key));
	key = key_to(&task, 7);
	key.addr = NULL;
	cr_assert_null(nd_table_find(&t, &key));
	nd_table_free(&t);
}

Test(probe, of_any_source_is_found_without_an_address_only)
{
	struct nd_task any = task_to(255, true);
	struct nd_table t;
	struct nd_probe *p;
	struct nd_key key = key_to(&any, 7);

	cr_assert_eq(nd_table_init(&t, SECRET), 0);
	p = nd_table_insert(&t, &any, 7);
	cr_assert_eq(nd_table_find(&t, &key), p);
	key.addr = &any.addr;
	cr_assert_null(nd_table_find(&t, &key));
	key.addr = NULL;
	key.family = AF_INET6;
	cr_assert_null(nd_table_find(&t, &key));
	nd_table_free(&t);
}

Test(probe, a_million_are_found_in_few_steps)
{
	enum { N = 1000000 };
	struct nd_task *tasks = malloc(N * sizeof(*tasks));
	struct nd_table t;

	cr_assert_eq(nd_table_init(&t, SECRET), 0);
	/* The worst case in practice: neighbours, all with the same tag. */
	for (uint32_t i = 0; i < N; i++) {
		tasks[i] = task_to(i, false);
		cr_assert_not_null(nd_table_insert(&t, &tasks[i], 0x12340001));
	}
	for (uint32_t i = 0; i < N; i++)
		cr_assert_eq(find(&t, &tasks[i], 0x12340001)->task, &tasks[i]);
	cr_assert_lt(t.longest, 200);
	nd_table_free(&t);
	free(tasks);
}

Test(probe, a_million_to_one_address_are_found_in_few_steps)
{
	enum { N = 1000000 };
	struct nd_task task = task_to(1, false);
	struct nd_table t;

	cr_assert_eq(nd_table_init(&t, SECRET), 0);
	for (uint32_t i = 0; i < N; i++)
		cr_assert_not_null(nd_table_insert(&t, &task, i));
	for (uint32_t i = 0; i < N; i++)
		cr_assert_eq(find(&t, &task, i)->tag, i);
	cr_assert_lt(t.longest, 200);
	nd_table_free(&t);
}

Test(probe, pool_does_not_grow_when_probes_come_and_go)
{
	struct nd_task task = task_to(1, false);
	struct nd_probe *alive[100] = {NULL};
	struct nd_table t;
	uint32_t size, pool;

	cr_assert_eq(nd_table_init(&t, SECRET), 0);
	for (uint32_t i = 0; i < 100; i++)
		alive[i] = nd_table_insert(&t, &task, i);
	size = t.size;
	pool = t.pool_used;
	for (uint32_t i = 100; i < 100000; i++) {
		drop(&t, alive[i % 100]);
		alive[i % 100] = nd_table_insert(&t, &task, i);
	}
	cr_assert_eq(t.size, size);
	cr_assert_eq(t.pool_used, pool);
	nd_table_free(&t);
}

/* The tags of what a scan finds, added up. */
static uint64_t
scan_all(struct nd_table *t, const struct nd_key *key, bool by_addr,
    uint32_t budget, uint32_t *left)
{
	struct nd_probe *p;
	uint32_t at = 0;
	uint64_t n = 0;

	*left = budget;
	while ((p = nd_table_scan(t, key, by_addr, &at, left)) != NULL) {
		cr_assert(by_addr ? nd_addr_equal(&p->task->addr, key->addr)
				  : p->tag == key->tag);
		n++;
	}
	return n;
}

Test(probe, scan_finds_by_tag_and_by_address_within_its_budget)
{
	enum { TASKS = 100, TAGS = 30 };
	struct nd_task tasks[TASKS], stranger = task_to(9999, false);
	struct nd_probe *gone = NULL;
	struct nd_table t;
	struct nd_key key;
	uint32_t left;

	cr_assert_eq(nd_table_init(&t, SECRET), 0);
	for (uint32_t i = 0; i < TASKS; i++) {
		tasks[i] = task_to(i, i == 50);
		for (uint32_t tag = 0; tag < TAGS; tag++) {
			struct nd_probe *p =
			    nd_table_insert(&t, &tasks[i], tag);

			if (i == 3 && tag == 5)
				gone = p;
		}
	}
	key = key_to(&stranger, 5);
	cr_assert_eq(scan_all(&t, &key, false, 100000, &left), TASKS);
	cr_assert_eq(left, 100000 - TASKS * TAGS);
	key = key_to(&tasks[3], 777);
	cr_assert_eq(scan_all(&t, &key, true, 100000, &left), TAGS);
	/* One that is not remembered is not meant. */
	drop(&t, gone);
	cr_assert_eq(scan_all(&t, &key, true, 100000, &left), TAGS - 1);
	key = key_to(&stranger, 5);
	cr_assert_eq(scan_all(&t, &key, false, 100000, &left), TASKS - 1);
	/* Of another protocol. */
	key.proto = IPPROTO_ICMPV6;
	cr_assert_eq(scan_all(&t, &key, false, 100000, &left), 0);
	key.proto = IPPROTO_ICMP;
	/* Ten tasks lie in the first 300 entries; one has lost its probe. */
	cr_assert_eq(scan_all(&t, &key, false, 300, &left), 9);
	cr_assert_eq(left, 0);
	nd_table_free(&t);
}
