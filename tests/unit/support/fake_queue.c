/* SPDX-License-Identifier: MIT */
/* A binary heap of packets by time of arrival; equal times in order of put. */
#include "fake_queue.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

struct item {
	int64_t at_ns;
	uint64_t order;
	struct nd_packet packet;
	void *data;
};

struct fake_queue {
	struct item *item; /* from 1 */
	size_t n, room;
	uint64_t puts;
	void *lent[ND_NET_BATCH];
	int lent_count;
};

struct fake_queue *
fake_queue_new(void)
{
	struct fake_queue *q = calloc(1, sizeof(*q));

	cr_assert_not_null(q);
	return q;
}

static void
free_lent(struct fake_queue *q)
{
	while (q->lent_count > 0)
		free(q->lent[--q->lent_count]);
}

void
fake_queue_free(struct fake_queue *q)
{
	free_lent(q);
	for (size_t i = 1; i <= q->n; i++)
		free(q->item[i].data);
	free(q->item);
	free(q);
}

static bool
before(const struct item *a, const struct item *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

/* The data, or an outcome, which has none. */
static void
copy_content(struct item *item)
{
	struct nd_packet *p = &item->packet;
	const void *from = p->outcome != NULL ? (const void *)p->outcome
					      : (const void *)p->data;
	const size_t len = p->outcome != NULL ? sizeof(*p->outcome) : p->len;

	item->data = malloc(len > 0 ? len : 1);
	cr_assert_not_null(item->data);
	if (len > 0)
		memcpy(item->data, from, len);
	if (p->outcome != NULL)
		p->outcome = (const struct nd_outcome *)item->data;
	else
		p->data = item->data;
}

void
fake_queue_put(struct fake_queue *q, const struct nd_packet *p, int64_t at_ns)
{
	struct item new = {.at_ns = at_ns, .order = q->puts++, .packet = *p};
	size_t i;

	if (q->n + 2 > q->room) {
		q->room = q->room > 0 ? q->room * 2 : 64;
		q->item = realloc(q->item, q->room * sizeof(*q->item));
		cr_assert_not_null(q->item);
	}
	copy_content(&new);
	for (i = ++q->n; i > 1 && before(&new, &q->item[i / 2]); i /= 2)
		q->item[i] = q->item[i / 2];
	q->item[i] = new;
}

int64_t
fake_queue_next(const struct fake_queue *q)
{
	return q->n > 0 ? q->item[1].at_ns : INT64_MAX;
}

static struct item
pop(struct fake_queue *q)
{
	struct item first = q->item[1], last = q->item[q->n--];
	size_t i = 1, child;

	while ((child = 2 * i) <= q->n) {
		if (child < q->n &&
		    before(&q->item[child + 1], &q->item[child]))
			child++;
		if (!before(&q->item[child], &last))
			break;
		q->item[i] = q->item[child];
		i = child;
	}
	q->item[i] = last;
	return first;
}

int
fake_queue_read(
    struct fake_queue *q, int64_t now_ns, struct nd_packet *ret, int max)
{
	int n = 0;

	free_lent(q);
	while (n < max && n < ND_NET_BATCH && fake_queue_next(q) <= now_ns) {
		struct item item = pop(q);

		q->lent[q->lent_count++] = item.data;
		ret[n++] = item.packet;
	}
	return n;
}
