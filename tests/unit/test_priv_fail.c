/* SPDX-License-Identifier: MIT */
/*
 * test_priv_fail.c: a drop that cannot be done, or that only seems to be done,
 * ends in an error and never in a program that runs on.
 */
#include <errno.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "in_child.h"
#include "priv.h"

static int
lacking_cap(const void *arg)
{
	const cap_value_t cap = *(const cap_value_t *)arg;
	cap_t caps = cap_get_proc();
	struct priv priv;

	CHECK(cap_set_flag(caps, CAP_PERMITTED, 1, &cap, CAP_CLEAR) == 0);
	CHECK(cap_set_flag(caps, CAP_EFFECTIVE, 1, &cap, CAP_CLEAR) == 0);
	CHECK(cap_set_proc(caps) == 0);
	CHECK(cap_free(caps) == 0);
	CHECK(priv_init(&priv) == 0);
	CHECK(priv_drop(&priv) == -EPERM);
	CHECK(!priv.dropped && priv.failed != NULL);
	CHECK(strncmp(priv.failed, "leave root", 10) == 0);
	return 0;
}

Test(priv_fail, root_that_cannot_leave_fails_closed)
{
	static const cap_value_t caps[] = {CAP_SETUID, CAP_SETGID};

	need_root();
	cr_assert_eq(in_child(lacking_cap, &caps[0]), 0);
	cr_assert_eq(in_child(lacking_cap, &caps[1]), 0);
}

/* Makes system call NR do nothing and return 0, as if it had worked. */
static int
fake_success(int nr)
{
	struct sock_filter code[] = {
	    BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)nr, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = {
	    .len = sizeof(code) / sizeof(code[0]), .filter = code};

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0L, 0L);
}

static int
lying_call(const void *arg)
{
	static const gid_t groups[] = {4, 27};
	struct priv priv;

	CHECK(setgroups(2, groups) == 0);
	CHECK(unsetenv("SUDO_UID") == 0);
	CHECK(fake_success(*(const int *)arg) == 0);
	CHECK(priv_init(&priv) == 0);
	CHECK(priv_drop(&priv) == -EPERM);
	CHECK(!priv.dropped && priv.failed != NULL);
	CHECK(strcmp(priv.failed, "verify that root is left") == 0);
	return 0;
}

Test(priv_fail, success_is_not_believed_but_verified)
{
	static const int calls[] = {
	    SYS_setresuid, SYS_setresgid, SYS_setgroups};

	need_root();
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		int line = in_child(lying_call, &calls[i]);

		cr_expect_eq(line, 0, "call %d: line %d", calls[i], line);
	}
}

static int
second_root(const void *arg)
{
	struct priv priv;

	(void)arg;
	CHECK(unsetenv("SUDO_UID") == 0);
	CHECK(priv_init(&priv) == 0);
	CHECK(priv_drop(&priv) == 0);
	/* All is given up: a second drop has nothing to leave root with. */
	CHECK(priv_drop(&priv) < 0);
	CHECK(getuid() != 0 && geteuid() != 0);
	return 0;
}

Test(priv_fail, dropping_twice_gives_nothing_back)
{
	need_root();
	cr_assert_eq(in_child(second_root, NULL), 0);
}
