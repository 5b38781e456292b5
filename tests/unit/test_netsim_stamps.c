/* SPDX-License-Identifier: MIT */
/* tests/lab/netsim: whose stamp it is, and from one clock to the other. */
#include "netsim/stamps.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct ns_stamps *
stamps_new(void)
{
	struct ns_stamps *stamps = calloc(1, sizeof(*stamps));

	cr_assert_not_null(stamps);
	return stamps;
}

Test(netsim_stamps, each_packet_gets_its_own)
{
	struct ns_stamps *stamps = stamps_new();

	for (uint64_t key = 1; key <= 1000; key++)
		ns_stamps_put(stamps, key, (int64_t)(10 * key));
	for (uint64_t key = 1; key <= 1000; key++)
		cr_assert_eq(ns_stamps_take(stamps, key), (int64_t)(10 * key));
	cr_assert_eq(stamps->n, 0u);
	cr_assert_eq(ns_stamps_take(stamps, 1), -1, "a stamp is taken once");
	free(stamps);
}

Test(netsim_stamps, equal_packets_get_theirs_in_order)
{
	struct ns_stamps *stamps = stamps_new();

	ns_stamps_put(stamps, 7, 100);
	ns_stamps_put(stamps, 7, 200);
	cr_assert_eq(ns_stamps_take(stamps, 7), 100);
	cr_assert_eq(ns_stamps_take(stamps, 7), 200);
	cr_assert_eq(ns_stamps_take(stamps, 7), -1);
	free(stamps);
}

Test(netsim_stamps, a_packet_without_one_costs_nobody_else_his)
{
	struct ns_stamps *stamps = stamps_new();

	ns_stamps_put(stamps, 1, 100);
	ns_stamps_put(stamps, 2, 200);
	cr_assert_eq(ns_stamps_take(stamps, 9), -1);
	cr_assert_eq(ns_stamps_take(stamps, 1), 100);
	cr_assert_eq(ns_stamps_take(stamps, 2), 200);
	free(stamps);
}

Test(netsim_stamps, two_that_overtook_each_other_get_theirs)
{
	struct ns_stamps *stamps = stamps_new();

	ns_stamps_put(stamps, 1, 100);
	ns_stamps_put(stamps, 2, 200);
	ns_stamps_put(stamps, 3, 300);
	cr_assert_eq(ns_stamps_take(stamps, 2), 200);
	cr_assert_eq(ns_stamps_take(stamps, 1), 100);
	cr_assert_eq(stamps->n, 1u, "those taken make room");
	cr_assert_eq(ns_stamps_take(stamps, 3), 300);
	free(stamps);
}

/* Else an equal packet would get the stamp of one that never came. */
Test(netsim_stamps, those_of_dropped_packets_go)
{
	struct ns_stamps *stamps = stamps_new();

	for (uint64_t key = 1; key <= 100; key++)
		ns_stamps_put(stamps, key, (int64_t)key);
	cr_assert_eq(ns_stamps_take(stamps, 100), 100);
	cr_assert_eq(ns_stamps_take(stamps, 1), -1);
	cr_assert_lt(stamps->n, 20u);
	ns_stamps_put(stamps, 1, 1000);
	cr_assert_eq(ns_stamps_take(stamps, 1), 1000);
	free(stamps);
}

Test(netsim_stamps, where_there_is_no_room_the_oldest_goes)
{
	struct ns_stamps *stamps = stamps_new();

	for (uint64_t key = 0; key <= NS_STAMPS; key++)
		ns_stamps_put(stamps, key, (int64_t)key);
	cr_assert_eq(stamps->n, NS_STAMPS);
	cr_assert_eq(ns_stamps_take(stamps, 0), -1);
	for (uint64_t key = 1; key <= NS_STAMPS; key++)
		cr_assert_eq(ns_stamps_take(stamps, key), (int64_t)key);
	cr_assert_eq(stamps->n, 0u);
	free(stamps);
}

Test(netsim_stamps, any_byte_and_the_length_make_another_packet)
{
	uint8_t data[100] = {0x45};
	uint64_t key = ns_stamp_key(data, sizeof(data));

	cr_assert_eq(ns_stamp_key(data, sizeof(data)), key);
	cr_assert_neq(ns_stamp_key(data, sizeof(data) - 1), key);
	for (size_t i = 0; i < sizeof(data); i++) {
		data[i] ^= 1;
		cr_assert_neq(ns_stamp_key(data, sizeof(data)), key);
		data[i] ^= 1;
	}
}

Test(netsim_stamps, the_quickest_reading_tells_the_offset)
{
	const struct ns_reading reading[] = {
	    {.before = 1000, .real = 1900500, .after = 901000},
	    {.before = 2000, .real = 1002050, .after = 2100},
	    {.before = 3000, .real = 1003400, .after = 3400},
	};

	cr_assert_eq(ns_clock_offset(reading, 3), 1000000);
	cr_assert_eq(ns_clock_offset(reading, 1), 1900500 - 451000);
}
