/* SPDX-License-Identifier: MIT */
/* lib/engine/shared.h: equal blocks are kept once. */
#include "engine/shared.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

Test(shared, keeps_equal_blocks_once)
{
	struct nd_shared *list = NULL;
	const void *a = nd_shared_get(&list, "abc", 3);
	const void *b = nd_shared_get(&list, "abd", 3);
	const void *c = nd_shared_get(&list, "abc", 3);
	const void *d = nd_shared_get(&list, "ab", 2);

	cr_assert_eq(a, c);
	cr_assert_neq(a, b);
	cr_assert_neq(a, d);
	cr_assert_eq(memcmp(a, "abc", 3), 0);
	nd_shared_put(&list, a);
	/* One user is left. */
	cr_assert_eq(memcmp(c, "abc", 3), 0);
	cr_assert_eq(nd_shared_get(&list, "abc", 3), c);
	nd_shared_put(&list, c);
	nd_shared_put(&list, c);
	nd_shared_put(&list, b);
	nd_shared_put(&list, d);
	cr_assert_null(list);
}

Test(shared, copies_what_it_is_given)
{
	struct nd_shared *list = NULL;
	char data[] = "options";
	const char *kept = nd_shared_get(&list, data, sizeof(data));

	data[0] = 'O';
	cr_assert_str_eq(kept, "options");
	cr_assert_eq((uintptr_t)kept % _Alignof(max_align_t), 0);
	nd_shared_put(&list, kept);
	cr_assert_null(list);
}

Test(shared, bears_many_different_blocks)
{
	enum { N = 20000 };
	struct nd_shared *list = NULL;
	const void **kept = calloc(N, sizeof(void *));

	for (int i = 0; i < N; i++)
		kept[i] = nd_shared_get(&list, &i, sizeof(i));
	/* In another order than they came. */
	for (int i = 0; i < N; i++) {
		int j = (int)((unsigned)i * 7919u % N);

		cr_assert_eq(memcmp(kept[j], &j, sizeof(j)), 0);
		nd_shared_put(&list, kept[j]);
	}
	cr_assert_null(list);
	free(kept);
}
