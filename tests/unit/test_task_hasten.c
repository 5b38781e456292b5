/* SPDX-License-Identifier: MIT */
/* lib/engine/task.h: probes that are to be decided earlier than planned. */
#include "syn_rig.h"

#include <criterion/criterion.h>

#define ISN 1000
#define DUE (100 * MS)

/* One probe under way, which would time out after 1 s, to be due after DUE. */
static struct syn_task *
hastened(struct syn_rig *r, int64_t due)
{
	struct syn_task *t = syn_rig_send(r, "192.0.2.7", ISN);

	nd_probe_hasten(t->task.newest, t->task.newest->sent_ns + due);
	return t;
}

static const struct syn_segment rst = {.from = "192.0.2.7",
    .tcp = {.ack = ISN + 1, .flags = ND_TCP_RST | ND_TCP_ACK}};

static void
finish(struct syn_rig *r, struct syn_task *t)
{
	syn_rig_end(t);
	syn_rig_free(r);
}

Test(task_hasten, it_times_out_then)
{
	struct syn_rig *r = syn_rig_new(ND_TCP, 0);
	struct syn_task *t = hastened(r, DUE);

	syn_rig_run(r, DUE - MS);
	cr_assert_eq(t->expired, 0);
	syn_rig_run(r, 2 * MS);
	cr_assert_eq(t->expired, 1);
	syn_segment_arrives(r, &rst);
	cr_assert_eq(t->late, 1);
	cr_assert_eq(t->replies, 0);
	finish(r, t);
}

Test(task_hasten, an_answer_before_it_is_in_time)
{
	struct syn_rig *r = syn_rig_new(ND_TCP, 0);
	struct syn_task *t = hastened(r, DUE);

	syn_rig_run(r, DUE - MS);
	syn_segment_arrives(r, &rst);
	cr_assert_eq(t->replies, 1);
	cr_assert_eq(t->timing.rtt_ns, DUE - MS);
	syn_rig_run(r, 2 * SEC);
	cr_assert_eq(t->expired, 0);
	finish(r, t);
}

/* The program was slow: what counts is when the answer arrived. */
Test(task_hasten, arrival_decides_and_not_when_it_is_read)
{
	for (int late = 0; late < 2; late++) {
		struct syn_rig *r = syn_rig_new(ND_TCP, 0);
		struct syn_task *t = hastened(r, DUE);

		r->clock.now_ns += DUE + (late == 1 ? MS : -MS);
		syn_segment_arrives(r, &rst);
		cr_assert_eq(t->replies, 1 - late);
		cr_assert_eq(t->late, late);
		cr_assert_eq(t->expired, late);
		finish(r, t);
	}
}

Test(task_hasten, never_puts_it_off)
{
	struct syn_rig *r = syn_rig_new(ND_TCP, 0);
	struct syn_task *t = hastened(r, 10 * SEC);

	syn_rig_run(r, SEC + MS);
	cr_assert_eq(t->expired, 1);
	finish(r, t);
}

/* What has arrived by now was in time when it did. */
Test(task_hasten, does_not_reach_back)
{
	struct syn_rig *r = syn_rig_new(ND_TCP, 0);
	struct syn_task *t = syn_rig_send(r, "192.0.2.7", ISN);
	struct nd_probe *p = t->task.newest;

	syn_rig_run(r, 50 * MS);
	nd_probe_hasten(p, p->sent_ns + MS);
	cr_assert_eq(p->timer.due_ns, r->clock.now_ns);
	syn_segment_arrives(r, &rst);
	cr_assert_eq(t->replies, 1);
	finish(r, t);
}

Test(task_hasten, in_the_past_is_at_once)
{
	struct syn_rig *r = syn_rig_new(ND_TCP, 0);
	struct syn_task *t = syn_rig_send(r, "192.0.2.7", ISN);

	syn_rig_run(r, 50 * MS);
	nd_probe_hasten(t->task.newest, 0);
	syn_rig_run(r, MS);
	cr_assert_eq(t->expired, 1);
	finish(r, t);
}

Test(task_hasten, what_is_decided_stays_as_it_is)
{
	struct syn_rig *r = syn_rig_new(ND_TCP, 0);
	struct syn_task *t = syn_rig_send(r, "192.0.2.7", ISN);
	struct nd_probe *p = t->task.newest;
	int64_t forget_ns;

	syn_segment_arrives(r, &rst);
	cr_assert_eq(t->replies, 1);
	forget_ns = p->timer.due_ns;
	nd_probe_hasten(p, r->clock.now_ns + MS);
	cr_assert_eq(p->timer.due_ns, forget_ns);
	syn_rig_run(r, SEC);
	cr_assert_eq(t->expired, 0);
	finish(r, t);
}
