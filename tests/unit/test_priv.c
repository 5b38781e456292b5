/* SPDX-License-Identifier: MIT */
/*
 * test_priv.c: privileges taken and left.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/securebits.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "in_child.h"
#include "priv.h"

#define NOBODY 65534u

static bool
has_cap(cap_value_t cap, cap_flag_t flag)
{
	cap_flag_value_t value = CAP_CLEAR;
	cap_t caps = cap_get_proc();

	(void)cap_get_flag(caps, cap, flag, &value);
	(void)cap_free(caps);
	return value == CAP_SET;
}

static bool
has_any_cap(cap_flag_t flag)
{
	for (cap_value_t cap = 0; cap_get_bound(cap) >= 0; cap++) {
		if (has_cap(cap, flag))
			return true;
	}
	return false;
}

/* What must hold after every drop. */
static int
check_dropped(uid_t uid, gid_t gid)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;

	CHECK(getresuid(&r, &e, &s) == 0 && getresgid(&rg, &eg, &sg) == 0);
	CHECK(r == uid && e == uid && s == uid);
	CHECK(rg == gid && eg == gid && sg == gid);
	CHECK(!has_any_cap(CAP_PERMITTED) && !has_any_cap(CAP_EFFECTIVE));
	CHECK(!has_any_cap(CAP_INHERITABLE));
	for (cap_value_t cap = 0; cap_get_bound(cap) >= 0; cap++)
		CHECK(cap_get_ambient(cap) == 0);
	CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L) == 1);
	CHECK(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) < 0 && errno == EPERM);
	CHECK(uid == 0 || setuid(0) < 0);
	return 0;
}

static bool
is_bounding_empty(void)
{
	for (cap_value_t cap = 0; cap_get_bound(cap) >= 0; cap++) {
		if (cap_get_bound(cap) != 0)
			return false;
	}
	return true;
}

/* Becomes an ordinary user with one extra group, but no capability. */
static int
become_ordinary(void)
{
	static const gid_t group = 4242;

	CHECK(setgroups(1, &group) == 0);
	CHECK(setresgid(2345, 2345, 2345) == 0);
	CHECK(setresuid(1234, 1234, 1234) == 0);
	return 0;
}

/* ---- The start ----------------------------------------------------------- */

static int
closed_fds(const void *arg)
{
	struct priv priv;
	char byte = 0;

	(void)arg;
	for (int fd = 0; fd <= 2; fd++)
		(void)close(fd);
	CHECK(priv_init(&priv) == 0);
	CHECK(read(0, &byte, 1) == 0);
	CHECK(write(1, "x", 1) < 0 && errno == EBADF);
	CHECK(write(2, "x", 1) < 0 && errno == EBADF);
	CHECK(open("/dev/null", O_RDONLY | O_CLOEXEC) > 2);
	return 0;
}

Test(priv, closed_output_fails_and_is_never_a_socket)
{
	cr_assert_eq(in_child(closed_fds, NULL), 0);
}

static int
open_fds(const void *arg)
{
	struct stat before[3], after[3];
	struct priv priv;

	(void)arg;
	(void)umask(0);
	for (int fd = 0; fd <= 2; fd++)
		CHECK(fstat(fd, &before[fd]) == 0);
	CHECK(priv_init(&priv) == 0);
	for (int fd = 0; fd <= 2; fd++) {
		CHECK(fstat(fd, &after[fd]) == 0);
		CHECK(before[fd].st_ino == after[fd].st_ino);
	}
	CHECK(umask(0) == 022);
	(void)umask(077);
	CHECK(priv_init(&priv) == 0);
	CHECK(umask(0) == 077);
	return 0;
}

Test(priv, open_descriptors_stay_and_umask_is_only_tightened)
{
	cr_assert_eq(in_child(open_fds, NULL), 0);
}

static int
raise_and_lower(const void *arg)
{
	struct priv priv;

	(void)arg;
	CHECK(has_cap(CAP_NET_RAW, CAP_PERMITTED));
	CHECK(priv_init(&priv) == 0);
	CHECK(priv_is_root_user(&priv));
	CHECK(!has_any_cap(CAP_EFFECTIVE));
	CHECK(has_cap(CAP_NET_RAW, CAP_PERMITTED));
	CHECK(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) < 0 && errno == EPERM);
	CHECK(priv_raise(&priv) == 0);
	CHECK(has_cap(CAP_NET_RAW, CAP_EFFECTIVE));
	CHECK(!has_cap(CAP_SYS_ADMIN, CAP_EFFECTIVE));
	CHECK(!has_cap(CAP_DAC_OVERRIDE, CAP_EFFECTIVE));
	CHECK(!has_cap(CAP_SETUID, CAP_EFFECTIVE));
	CHECK(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) >= 0);
	CHECK(priv_lower(&priv) == 0);
	CHECK(!has_any_cap(CAP_EFFECTIVE));
	CHECK(priv_raise(&priv) == 0 && priv_lower(&priv) == 0);
	return 0;
}

Test(priv, capabilities_are_effective_only_between_raise_and_lower)
{
	need_root();
	if (!has_cap(CAP_NET_RAW, CAP_PERMITTED))
		cr_skip_test("CAP_NET_RAW is needed");
	cr_assert_eq(in_child(raise_and_lower, NULL), 0);
}

static int
nothing_permitted(const void *arg)
{
	struct priv priv;
	int rc = getuid() == 0 ? become_ordinary() : 0;

	(void)arg;
	CHECK(rc == 0);
	CHECK(priv_init(&priv) == 0);
	CHECK(!priv_is_root_user(&priv));
	CHECK(!priv.privileged);
	CHECK(priv_raise(&priv) == 0);
	CHECK(!has_any_cap(CAP_EFFECTIVE));
	CHECK(priv_lower(&priv) == 0);
	rc = check_dropped(getuid(), getgid());
	/* Not dropped yet: the only thing that is missing. */
	CHECK(rc != 0 && prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L) == 0);
	CHECK(priv_drop(&priv) == 0);
	CHECK(check_dropped(getuid(), getgid()) == 0);
	/* Who had nothing to lose may still be debugged. */
	CHECK(prctl(PR_GET_DUMPABLE, 0L, 0L, 0L, 0L) == 1 || arg != NULL);
	return 0;
}

/* As nothing_permitted(), but setresuid() has made root undumpable. */
Test(priv, ordinary_user_passes_through)
{
	cr_assert_eq(in_child(nothing_permitted, getuid() == 0 ? "" : NULL), 0);
}

/* ---- The drop ------------------------------------------------------------ */

struct sudo {
	const char *uid, *gid;
	uid_t want_uid;
	gid_t want_gid;
};

static int
drop_root(const void *arg)
{
	static const gid_t groups[] = {0, 4, 27};
	const struct sudo *sudo = arg;
	struct priv priv;

	CHECK(setgroups(3, groups) == 0);
	CHECK(unsetenv("SUDO_UID") == 0 && unsetenv("SUDO_GID") == 0);
	CHECK(sudo->uid == NULL || setenv("SUDO_UID", sudo->uid, 1) == 0);
	CHECK(sudo->gid == NULL || setenv("SUDO_GID", sudo->gid, 1) == 0);
	CHECK(priv_init(&priv) == 0);
	CHECK(priv_drop(&priv) == 0);
	CHECK(priv.dropped && !priv.kept_uid);
	CHECK(priv_is_root_user(&priv));
	CHECK(check_dropped(sudo->want_uid, sudo->want_gid) == 0);
	CHECK(getgroups(0, NULL) == 0);
	CHECK(is_bounding_empty());
	CHECK(prctl(PR_GET_DUMPABLE, 0L, 0L, 0L, 0L) == 0);
	CHECK((cap_get_secbits() & (SECBIT_NOROOT | SECBIT_NOROOT_LOCKED)) ==
	      (SECBIT_NOROOT | SECBIT_NOROOT_LOCKED));
	CHECK(priv_raise(&priv) == 0);
	CHECK(!has_any_cap(CAP_EFFECTIVE));
	return 0;
}

Test(priv, root_becomes_nobody_or_who_called_sudo)
{
	static const struct sudo cases[] = {
	    {NULL, NULL, NOBODY, NOBODY},
	    {"1234", "2345", 1234, 2345},
	    {"4294967294", "1", 4294967294u, 1},
	    /* Anything odd: nobody. */
	    {"1234", NULL, NOBODY, NOBODY},
	    {NULL, "2345", NOBODY, NOBODY},
	    {"0", "2345", NOBODY, NOBODY},
	    {"1234", "0", NOBODY, NOBODY},
	    {"000", "2345", NOBODY, NOBODY},
	    {"", "2345", NOBODY, NOBODY},
	    {"-1", "2345", NOBODY, NOBODY},
	    {"+1234", "2345", NOBODY, NOBODY},
	    {" 1234", "2345", NOBODY, NOBODY},
	    {"1234 ", "2345", NOBODY, NOBODY},
	    {"0x4d2", "2345", NOBODY, NOBODY},
	    {"1234\n", "2345", NOBODY, NOBODY},
	    {"4294967295", "2345", NOBODY, NOBODY},
	    {"4294968530", "2345", NOBODY, NOBODY},
	    {"18446744073709552850", "2345", NOBODY, NOBODY},
	    {"99999999999999999999999999", "2345", NOBODY, NOBODY},
	};

	need_root();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_expect_eq(in_child(drop_root, &cases[i]), 0, "case %zu, %d",
		    i, in_child(drop_root, &cases[i]));
}

static int
setuid_root_file(const void *arg)
{
	struct priv priv;

	(void)arg;
	/* As execve() of a set-user-id file of root by user 1234 leaves it. */
	CHECK(setenv("SUDO_UID", "777", 1) == 0);
	CHECK(setenv("SUDO_GID", "777", 1) == 0);
	CHECK(setresgid(2345, 2345, 2345) == 0);
	CHECK(setresuid(1234, 0, 0) == 0);
	CHECK(has_cap(CAP_NET_RAW, CAP_PERMITTED));
	CHECK(priv_init(&priv) == 0);
	CHECK(!priv_is_root_user(&priv));
	CHECK(priv.privileged);
	CHECK(geteuid() == 1234);
	CHECK(open("/proc/1/mem", O_RDWR | O_CLOEXEC) < 0);
	CHECK(priv_raise(&priv) == 0);
	CHECK(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) >= 0);
	CHECK(priv_lower(&priv) == 0);
	CHECK(priv_drop(&priv) == 0);
	CHECK(check_dropped(1234, 2345) == 0);
	CHECK(is_bounding_empty());
	CHECK(prctl(PR_GET_DUMPABLE, 0L, 0L, 0L, 0L) == 0);
	return 0;
}

Test(priv, set_user_id_file_ends_as_the_real_user)
{
	need_root();
	cr_assert_eq(in_child(setuid_root_file, NULL), 0);
}

static int
write_map(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0);
	CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	CHECK(close(fd) == 0);
	return 0;
}

static int
user_namespace(const void *arg)
{
	uid_t uid = getuid();
	gid_t gid = getgid();
	struct priv priv;
	char map[64];

	(void)arg;
	CHECK(unshare(CLONE_NEWUSER) == 0);
	CHECK(write_map("/proc/self/setgroups", "deny") == 0);
	(void)snprintf(map, sizeof(map), "0 %u 1", (unsigned)gid);
	CHECK(write_map("/proc/self/gid_map", map) == 0);
	(void)snprintf(map, sizeof(map), "0 %u 1", (unsigned)uid);
	CHECK(write_map("/proc/self/uid_map", map) == 0);
	CHECK(priv_init(&priv) == 0);
	CHECK(priv_is_root_user(&priv));
	CHECK(priv_drop(&priv) == 0);
	CHECK(priv.kept_uid);
	CHECK(check_dropped(0, 0) == 0);
	CHECK(is_bounding_empty());
	CHECK((cap_get_secbits() & (SECBIT_NOROOT | SECBIT_NOROOT_LOCKED)) ==
	      (SECBIT_NOROOT | SECBIT_NOROOT_LOCKED));
	return 0;
}

static int
can_unshare(const void *arg)
{
	(void)arg;
	CHECK(unshare(CLONE_NEWUSER) == 0);
	return 0;
}

Test(priv, unmapped_nobody_keeps_the_id_and_nothing_else)
{
	if (in_child(can_unshare, NULL) != 0)
		cr_skip_test("user namespaces are closed here");
	cr_assert_eq(in_child(user_namespace, NULL), 0);
}

static int
lacking_setpcap(const void *arg)
{
	static const cap_value_t cap = CAP_SETPCAP;
	cap_t caps = cap_get_proc();
	struct priv priv;

	(void)arg;
	CHECK(unsetenv("SUDO_UID") == 0);
	CHECK(cap_set_flag(caps, CAP_PERMITTED, 1, &cap, CAP_CLEAR) == 0);
	CHECK(cap_set_flag(caps, CAP_EFFECTIVE, 1, &cap, CAP_CLEAR) == 0);
	CHECK(cap_set_proc(caps) == 0);
	CHECK(cap_free(caps) == 0);
	CHECK(priv_init(&priv) == 0);
	CHECK(priv_drop(&priv) == 0);
	CHECK(check_dropped(NOBODY, NOBODY) == 0);
	return 0;
}

Test(priv, container_root_without_setpcap_still_drops)
{
	need_root();
	cr_assert_eq(in_child(lacking_setpcap, NULL), 0);
}

/* ---- Files --------------------------------------------------------------- */

static int
files_of_root(const void *arg)
{
	const char *path = arg;
	struct priv priv;
	int fd;

	CHECK(unsetenv("SUDO_UID") == 0);
	CHECK(priv_init(&priv) == 0);
	/* Another user's, closed to all others: root still reads it. */
	fd = priv_open_file(&priv, path, O_RDONLY, 0);
	CHECK(fd >= 0);
	CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	CHECK(!has_any_cap(CAP_EFFECTIVE));
	CHECK(priv_open_file(&priv, "/nonexistent/x", O_RDONLY, 0) == -ENOENT);
	CHECK(!has_any_cap(CAP_EFFECTIVE));
	CHECK(priv_drop(&priv) == 0);
	CHECK(priv_open_file(&priv, path, O_RDONLY, 0) == -EAGAIN);
	CHECK(open(path, O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES);
	return 0;
}

static int
files_of_others(const void *arg)
{
	const char *path = arg;
	struct priv priv;

	CHECK(setresgid(2345, 2345, 2345) == 0);
	CHECK(setresuid(1111, 0, 0) == 0);
	CHECK(priv_init(&priv) == 0);
	CHECK(priv_open_file(&priv, "/dev/null", O_RDONLY, 0) == -EAGAIN);
	CHECK(priv_drop(&priv) == 0);
	CHECK(priv_open_file(&priv, "/dev/null", O_RDONLY, 0) >= 0);
	CHECK(priv_open_file(&priv, path, O_RDONLY, 0) == -EACCES);
	return 0;
}

Test(priv, files_open_with_the_real_users_rights_only)
{
	char path[] = "/tmp/test_priv.XXXXXX";
	int fd, root, others;

	need_root();
	fd = mkstemp(path);
	cr_assert_geq(fd, 0);
	cr_assert_eq(fchown(fd, 1234, 2345), 0);
	cr_assert_eq(fchmod(fd, 0600), 0);
	(void)close(fd);
	root = in_child(files_of_root, path);
	others = in_child(files_of_others, path);
	(void)unlink(path);
	cr_assert_eq(root, 0, "line %d", root);
	cr_assert_eq(others, 0, "line %d", others);
}
