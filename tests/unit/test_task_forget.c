/* SPDX-License-Identifier: MIT */
/*
 * lib/engine/task.h: who is told that a probe is not awaited any more, and that
 * it is not remembered any more; which sockets tasks speak over.
 */
#include "syn_rig.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#define ISN 0x89abcdefu

static const char *const target[] = {"192.0.2.7", "2001:db8::7"};

static void
answer(struct syn_rig *r, int i)
{
	const struct syn_segment s = {.from = target[i],
	    .tcp = {.ack = ISN + 1, .flags = ND_TCP_SYN | ND_TCP_ACK}};

	syn_segment_arrives(r, &s);
}

static void
forgot(const struct syn_rig *r, int i)
{
	const struct nd_addr to = fake_addr(target[i]);

	cr_assert_eq(r->forgets, 1);
	cr_assert_eq(r->forgot_tag, ISN);
	cr_assert(nd_addr_equal(&r->forgot, &to));
}

Test(task_forget, the_socket_hears_of_a_timeout)
{
	for (int i = 0; i < 2; i++) {
		struct syn_rig *r = syn_rig_new(ND_TCP, 0);
		struct syn_task *t = syn_rig_send(r, target[i], ISN);

		syn_rig_run(r, SEC - MS);
		cr_assert_eq(r->forgets, 0);
		syn_rig_run(r, 2 * MS);
		cr_assert_eq(t->expired, 1);
		forgot(r, i);
		syn_rig_end(t);
		cr_assert_eq(r->forgets, 1);
		syn_rig_free(r);
	}
}

Test(task_forget, the_socket_hears_of_the_end_of_a_task)
{
	struct syn_rig *r = syn_rig_new(ND_TCP, 0);
	struct syn_task *t = syn_rig_send(r, target[1], ISN);

	nd_task_stop(&t->task);
	forgot(r, 1);
	cr_assert_eq(t->forgotten, 0);
	syn_rig_end(t);
	cr_assert_eq(r->forgets, 1);
	syn_rig_free(r);
}

Test(task_forget, the_socket_hears_nothing_of_what_it_has_told_itself)
{
	struct syn_rig *r = syn_rig_new(ND_TCP, 0);
	struct syn_task *t = syn_rig_send(r, target[0], ISN);

	answer(r, 0);
	cr_assert_eq(t->replies, 1);
	syn_rig_run(r, 20 * SEC);
	syn_rig_end(t);
	/* Late as well: it lay there when the time was over. */
	t = syn_rig_send(r, target[0], ISN);
	r->clock.now_ns += 2 * SEC;
	answer(r, 0);
	cr_assert_eq(t->expired, 1);
	cr_assert_eq(t->late, 1);
	cr_assert_eq(r->forgets, 0);
	syn_rig_end(t);
	syn_rig_free(r);
}

Test(task_forget, a_refused_send_leaves_nothing)
{
	static const int errors[] = {-EHOSTUNREACH, -EAGAIN};

	for (size_t i = 0; i < 2; i++) {
		struct syn_rig *r = syn_rig_new(ND_TCP, 0);
		struct syn_task *t;

		r->send_error = errors[i];
		t = syn_rig_send(r, target[0], ISN);
		cr_assert_eq(t->task.in_flight, 0);
		cr_assert_eq(t->task.numbers, i == 0 ? 1 : 0);
		syn_rig_end(t);
		cr_assert_eq(r->forgets, 0);
		syn_rig_free(r);
	}
}

Test(task_forget, the_task_hears_when_a_probe_is_not_remembered)
{
	struct syn_rig *r = syn_rig_new(ND_TCP, 0);
	struct syn_task *t[2] = {
	    syn_rig_send(r, target[0], ISN), syn_rig_send(r, target[1], ISN)};

	answer(r, 0);
	syn_rig_run(r, 9 * SEC);
	cr_assert_eq(t[0]->forgotten, 0);
	syn_rig_run(r, 3 * SEC);
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(t[i]->forgotten, 1);
		cr_assert_null(t[i]->task.oldest);
		syn_rig_end(t[i]);
	}
	syn_rig_free(r);
}

Test(task_forget, a_task_may_end_itself_then)
{
	struct syn_rig *r = syn_rig_new(ND_TCP, 0);
	struct syn_task *t = syn_rig_send(r, target[0], ISN);
	int ended = 0;

	answer(r, 0);
	t->ends = true;
	t->ended = &ended;
	syn_rig_run(r, 12 * SEC);
	cr_assert_eq(ended, 1);
	syn_rig_free(r);
}

/* It makes room for newer ones at its turn to send. */
Test(task_forget, a_task_may_end_itself_before_it_sends)
{
	enum { N = 300 };
	struct syn_rig *r = syn_rig_new(ND_TCP, 0);
	struct syn_task *t = syn_rig_send(r, target[0], ISN);
	int ended = 0, sends = 1;

	answer(r, 0);
	for (uint32_t i = 1; i < N && ended == 0; i++) {
		t->tag = ISN + 2 * i;
		t->ends = i > 256;
		t->ended = &ended;
		nd_task_due(&t->task, r->clock.now_ns);
		syn_rig_run(r, 0);
		sends += ended == 0;
	}
	cr_assert_eq(ended, 1);
	cr_assert_eq(r->sends, sends);
	syn_rig_free(r);
}

Test(task_forget, tasks_speak_over_the_methods_of_the_context_only)
{
	static const struct nd_task_ops none = {0};

	for (unsigned methods = 1; methods <= 3; methods++) {
		struct syn_rig *r = syn_rig_new(methods, 0);
		struct nd_task icmp = {
		    .addr = fake_addr(target[0]), .proto = IPPROTO_ICMP};
		struct nd_task tcp = icmp;

		tcp.proto = IPPROTO_TCP;
		if ((methods & ND_ICMP) == 0)
			cr_assert_eq(
			    nd_task_start(&icmp, r->ctx, &none), ND_EFAMILY);
		if ((methods & ND_TCP) == 0)
			cr_assert_eq(
			    nd_task_start(&tcp, r->ctx, &none), ND_EFAMILY);
		cr_assert_eq(nd_ctx_sock(r->ctx, AF_INET, IPPROTO_ICMP) != NULL,
		    (methods & ND_ICMP) != 0);
		cr_assert_eq(nd_ctx_sock(r->ctx, AF_INET6, IPPROTO_TCP) != NULL,
		    (methods & ND_TCP) != 0);
		syn_rig_free(r);
	}
}
