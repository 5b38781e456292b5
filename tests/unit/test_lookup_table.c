/* SPDX-License-Identifier: MIT */
/* test_lookup_table.c: the bounded table of what is known of addresses. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lookup_table.h"

Test(lookup_table, is_bounded_and_forgets_the_oldest)
{
	struct lookup_table *table = calloc(1, sizeof(*table));
	struct lookup_entry *entry, *first = NULL;
	union lookup_key key;

	cr_assert_not_null(table);
	cr_assert_eq(lookup_table_init(table), 0);
	for (uint32_t n = 0; n <= LOOKUP_ENTRIES_MAX; n++) {
		memset(&key, 0, sizeof(key));
		key.in.sin_family = AF_INET;
		key.in.sin_addr.s_addr = htonl(n);
		entry = lookup_table_add(table, &key, NULL);
		cr_assert_not_null(entry);
		entry->state = LOOKUP_KNOWN;
		TAILQ_INSERT_TAIL(&table->known, entry, order);
	}
	cr_assert_eq(table->entries, LOOKUP_ENTRIES_MAX);
	key.in.sin_addr.s_addr = htonl(0);
	cr_assert_null(lookup_table_find(table, &key));
	key.in.sin_addr.s_addr = htonl(1);
	first = lookup_table_find(table, &key);
	cr_assert_not_null(first);
	/* No room where the oldest is in use, nor where all are pending. */
	key.in.sin_addr.s_addr = htonl(UINT32_MAX);
	cr_assert_null(lookup_table_add(table, &key, first));
	TAILQ_INIT(&table->known);
	cr_assert_null(lookup_table_add(table, &key, NULL));
	lookup_table_clear(table);
	free(table);
}

Test(lookup_table, what_was_entered_for_good_stays)
{
	struct lookup_table *table = calloc(1, sizeof(*table));
	union lookup_key key = {.in.sin_family = AF_INET};
	const struct lookup_entry *entry;

	cr_assert_not_null(table);
	cr_assert_eq(lookup_table_init(table), 0);
	lookup_table_fix(table, &key, "first");
	lookup_table_fix(table, &key, "second");
	entry = lookup_table_find(table, &key);
	cr_assert_not_null(entry);
	cr_assert_str_eq(entry->text, "first");
	cr_assert_eq(entry->state, LOOKUP_FIXED);
	cr_assert_eq(table->entries, 0, "it takes no room from others");
	lookup_table_clear(table);
	free(table);
}
