/* SPDX-License-Identifier: MIT */
/* test_hold.c: lines that wait for names: in order, whole, and not too many. */
#include "hold.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <string.h>

struct event {
	const struct sockaddr *from;
	unsigned number;
};

static struct hold
fresh(void)
{
	struct hold hold;

	cr_assert_eq(hold_init(&hold, sizeof(struct event)), 0);
	return hold;
}

/* Holds event NUMBER, about 192.0.2.NUMBER. */
static struct held *
push(struct hold *hold, unsigned number)
{
	struct sockaddr_in from = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(0xc0000200u + number)};
	struct held *held =
	    hold_push(hold, (const struct sockaddr *)&from, false, number);
	struct event *event;

	if (held == NULL)
		return NULL;
	event = held->event;
	event->from = held_from(held);
	event->number = number;
	return held;
}

static void
expect_first(const struct hold *hold, unsigned number)
{
	const struct held *held = hold_first(hold);
	const struct event *event;
	struct sockaddr_in from;

	cr_assert_not_null(held);
	event = held->event;
	cr_expect_eq(event->number, number);
	cr_expect_eq(held->until_ns, number);
	memcpy(&from, event->from, sizeof(from));
	cr_expect_eq(from.sin_addr.s_addr, htonl(0xc0000200u + number));
}

Test(hold, gives_back_in_order)
{
	struct hold hold = fresh();

	cr_expect_null(hold_first(&hold));
	for (unsigned i = 0; i < 3; i++)
		cr_assert_not_null(push(&hold, i));
	for (unsigned i = 0; i < 3; i++) {
		expect_first(&hold, i);
		hold_pop(&hold);
	}
	cr_expect_null(hold_first(&hold));
	hold_free(&hold);
}

Test(hold, is_full_after_so_many_and_goes_round)
{
	struct hold hold = fresh();

	for (unsigned i = 0; i < HOLD_MAX; i++)
		cr_assert_not_null(push(&hold, i));
	cr_expect_null(push(&hold, HOLD_MAX));
	expect_first(&hold, 0);
	hold_pop(&hold);
	cr_assert_not_null(push(&hold, HOLD_MAX));
	for (unsigned i = 1; i <= HOLD_MAX; i++) {
		expect_first(&hold, i);
		hold_pop(&hold);
	}
	hold_free(&hold);
}

Test(hold, a_line_may_name_no_address)
{
	struct hold hold = fresh();
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_scope_id = 3};
	struct sockaddr_in6 got;

	cr_assert_not_null(
	    hold_push(&hold, (const struct sockaddr *)&v6, true, 1));
	cr_expect(hold_first(&hold)->is_start);
	memcpy(&got, held_from(hold_first(&hold)), sizeof(got));
	cr_expect_eq(got.sin6_scope_id, 3);
	hold_pop(&hold);
	cr_assert_not_null(hold_push(&hold, NULL, false, 1));
	cr_expect_null(held_from(hold_first(&hold)));
	hold_free(&hold);
}
