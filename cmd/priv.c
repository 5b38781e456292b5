/* SPDX-License-Identifier: MIT */
/*
 * priv.c: every privilege that the program has, and how it loses them. No other
 * file calls set*id() or prctl() or touches capabilities.
 */
#include "priv.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/securebits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOBODY 65534u /* user and group; root does not ask NSS for it */

/* What one priv_drop() works with. */
struct drop {
	struct priv *priv;
	bool setpcap;	  /* bounding set and secure bits may be changed */
	bool keep_groups; /* the namespace forbids setgroups() for good */
	uid_t uid;	  /* who we are at the end */
	gid_t gid;
};

static int
note(struct priv *priv, const char *step, int rc)
{
	if (rc < 0)
		priv->failed = step;
	return rc;
}

/* Sets the effective capabilities to those of WANT that are permitted. */
static int
set_effective(const cap_value_t *want, size_t n)
{
	cap_flag_value_t on;
	cap_t caps = cap_get_proc();
	bool ok = caps != NULL && cap_clear_flag(caps, CAP_EFFECTIVE) == 0;
	int rc;

	for (size_t i = 0; ok && i < n; i++)
		ok = cap_get_flag(caps, want[i], CAP_PERMITTED, &on) == 0 &&
		     cap_set_flag(caps, CAP_EFFECTIVE, 1, &want[i], on) == 0;
	rc = ok && cap_set_proc(caps) == 0 ? 0 : -errno;
	(void)cap_free(caps);
	return rc;
}

/* Whether permitted, effective and inheritable sets are empty. */
static bool
no_caps(void)
{
	cap_t have = cap_get_proc(), none = cap_init();
	bool ok = have != NULL && none != NULL && cap_compare(have, none) == 0;

	(void)cap_free(have);
	(void)cap_free(none);
	return ok;
}

/*
 * The next socket would become a closed descriptor 0 to 2, and be written to
 * as standard output. open() takes the lowest free one.
 */
static int
fill_std_fds(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", O_RDONLY | O_NOCTTY) < 0)
			return -errno;
	}
	return 0;
}

int
priv_init(struct priv *priv)
{
	int rc;

	*priv = (struct priv){.ruid = getuid(), .rgid = getgid()};
	rc = note(priv, "open the standard descriptors", fill_std_fds());
	if (rc < 0)
		return rc;
	(void)umask(umask(022) | 022);
	priv->privileged = priv->ruid == 0 || geteuid() != priv->ruid ||
			   getegid() != priv->rgid || !no_caps();
	/* The saved ids still hold what a set-user-id file gave. */
	if (setegid(priv->rgid) < 0 || seteuid(priv->ruid) < 0)
		return note(priv, "take the real user's rights", -errno);
	return priv_lower(priv);
}

bool
priv_is_root_user(const struct priv *priv)
{
	return priv->ruid == 0;
}

int
priv_raise(struct priv *priv)
{
	static const cap_value_t want[] = {CAP_NET_RAW, CAP_NET_ADMIN};

	return note(priv, "raise capabilities", set_effective(want, 2));
}

int
priv_lower(struct priv *priv)
{
	return note(priv, "lower capabilities", set_effective(NULL, 0));
}

int
priv_open_file(
    const struct priv *priv, const char *path, int flags, mode_t mode)
{
	/* Root expects to reach the files of the user it works for. */
	static const cap_value_t want[] = {CAP_DAC_OVERRIDE};
	int fd, rc = 0;

	if (priv_is_root_user(priv) == priv->dropped)
		return -EAGAIN;
	if (!priv->dropped && (rc = set_effective(want, 1)) < 0)
		return rc;
	fd = open(path, flags | O_CLOEXEC | O_NOCTTY, mode);
	if (fd < 0)
		fd = -errno;
	if (!priv->dropped)
		rc = set_effective(NULL, 0);
	if (rc < 0 && fd >= 0)
		(void)close(fd);
	return rc < 0 ? rc : fd;
}

/* ---- The drop: one function a step --------------------------------------- */

/* The environment variable NAME as an id: digits only, in range, not root. */
static bool
env_id(const char *name, uint32_t *ret)
{
	const char *s = getenv(name);
	bool digits = s != NULL && s[strspn(s, "0123456789")] == '\0';
	unsigned long long id = digits ? strtoull(s, NULL, 10) : 0;

	if (id == 0 || id >= UINT32_MAX)
		return false;
	*ret = (uint32_t)id;
	return true;
}

/* Root becomes who called sudo, else nobody; anyone else stays. */
static int
prepare(struct drop *drop)
{
	static const cap_value_t want[] = {CAP_SETPCAP, CAP_SETGID, CAP_SETUID};

	if (drop->uid == 0 && !(env_id("SUDO_UID", &drop->uid) &&
				  env_id("SUDO_GID", &drop->gid))) {
		drop->uid = NOBODY;
		drop->gid = NOBODY;
	}
	return set_effective(want, 3);
}

/*
 * EPERM: without CAP_SETPCAP neither these nor the secure bits can be changed.
 * No new privileges and an empty permitted set are final without them.
 */
static int
clear_ambient_bounding(struct drop *drop)
{
	if (cap_reset_ambient() < 0)
		return -errno;
	for (cap_value_t cap = 0; cap_get_bound(cap) >= 0; cap++) {
		if (cap_drop_bound(cap) < 0)
			return errno == EPERM && cap == 0 ? 0 : -errno;
		drop->setpcap = true;
	}
	return 0;
}

static int
lock_secure_bits(struct drop *drop)
{
	unsigned bits = cap_get_secbits();

	if (!drop->setpcap)
		return 0;
	/* What somebody locked before us can only be left as it is. */
	if ((bits & SECBIT_NOROOT_LOCKED) == 0)
		bits |= SECBIT_NOROOT;
	if ((bits & SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED) == 0)
		bits |= SECBIT_NO_CAP_AMBIENT_RAISE;
	bits |= SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP_LOCKED |
		SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
	return cap_set_secbits(bits) < 0 ? -errno : 0;
}

/* Whether MAP, a {u,g}id_map, lacks ID; unreadable, it counts as complete. */
static bool
is_unmapped(const char *map, uint32_t id)
{
	FILE *file = fopen(map, "re");
	char line[64], *rest;
	unsigned long first;
	bool found = false;

	if (file == NULL)
		return false;
	/* First id inside, first id outside, how many. */
	while (!found && fgets(line, sizeof(line), file) != NULL) {
		first = strtoul(line, &rest, 10);
		(void)strtoul(rest, &rest, 10);
		found = id >= first && id - first < strtoul(rest, NULL, 10);
	}
	(void)fclose(file);
	return !found;
}

static bool
setgroups_denied(void)
{
	FILE *file = fopen("/proc/self/setgroups", "re");
	bool denied = file != NULL && fgetc(file) == 'd'; /* not "allow" */

	if (file != NULL)
		(void)fclose(file);
	return denied;
}

static int
leave_groups(struct drop *drop)
{
	if (drop->priv->ruid == 0 && setgroups(0, NULL) < 0) {
		drop->keep_groups = setgroups_denied();
		if (!drop->keep_groups)
			return -EPERM;
	}
	if (setresgid(drop->gid, drop->gid, drop->gid) == 0)
		return 0;
	if (errno != EINVAL || !is_unmapped("/proc/self/gid_map", drop->gid))
		return -EPERM;
	drop->gid = drop->priv->rgid;
	return setresgid(drop->gid, drop->gid, drop->gid) < 0 ? -errno : 0;
}

static int
leave_user(struct drop *drop)
{
	if (setresuid(drop->uid, drop->uid, drop->uid) == 0)
		return 0;
	if (errno != EINVAL || !is_unmapped("/proc/self/uid_map", drop->uid))
		return -EPERM;
	drop->uid = drop->priv->ruid;
	drop->priv->kept_uid = true;
	return setresuid(drop->uid, drop->uid, drop->uid) < 0 ? -errno : 0;
}

/*
 * Our sockets are more than the user who started us may have: he must neither
 * trace us nor take them by pidfd_getfd(2), hence not dumpable.
 */
static int
clear_caps(struct drop *drop)
{
	cap_t none = cap_init();
	bool ok = none != NULL && cap_set_proc(none) == 0 &&
		  prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) == 0;
	int rc;

	if (ok && drop->priv->privileged)
		ok = prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L) == 0;
	rc = ok ? 0 : -errno;
	(void)cap_free(none);
	return rc;
}

/* That ids are what they should be, and root is out of reach. */
static int
check_ids(struct drop *drop)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;

	if (getresuid(&r, &e, &s) < 0 || getresgid(&rg, &eg, &sg) < 0)
		return -errno;
	if (r != drop->uid || e != drop->uid || s != drop->uid ||
	    rg != drop->gid || eg != drop->gid || sg != drop->gid)
		return -EPERM;
	if (drop->priv->ruid == 0 && !drop->keep_groups &&
	    getgroups(0, NULL) != 0)
		return -EPERM;
	if (!drop->priv->kept_uid &&
	    (e == 0 || setresuid((uid_t)-1, 0, (uid_t)-1) == 0))
		return -EPERM;
	return 0;
}

/* That no set holds a capability, and none can come back. */
static int
check_caps(struct drop *drop)
{
	bool ok = no_caps() &&
		  prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L) == 1 &&
		  (!drop->priv->privileged ||
		      prctl(PR_GET_DUMPABLE, 0L, 0L, 0L, 0L) == 0);
	int on;

	for (cap_value_t cap = 0; ok && (on = cap_get_bound(cap)) >= 0; cap++)
		ok = cap_get_ambient(cap) <= 0 && (on == 0 || !drop->setpcap);
	return ok ? 0 : -EPERM;
}

int
priv_drop(struct priv *priv)
{
	static const struct {
		int (*run)(struct drop *drop);
		const char *name;
	} steps[] = {
	    {prepare, "raise capabilities"},
	    {clear_ambient_bounding, "clear ambient and bounding sets"},
	    {lock_secure_bits, "lock the secure bits"},
	    {leave_groups, "leave root's groups (it takes CAP_SETGID)"},
	    {leave_user, "leave root (it takes CAP_SETUID)"},
	    {clear_caps, "clear capabilities"},
	    {check_ids, "verify that root is left"},
	    {check_caps, "verify that no capability is left"},
	};
	struct drop drop = {priv, .uid = priv->ruid, .gid = priv->rgid};
	int rc;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		rc = note(priv, steps[i].name, steps[i].run(&drop));
		if (rc < 0)
			return rc;
	}
	priv->dropped = true;
	return 0;
}
