/* SPDX-License-Identifier: MIT */
/*
 * priv_hint.c: why a socket was refused, and the one thing that mends it. The
 * verdict is a pure function of a few facts; reading those is apart from it.
 */
#include "priv_hint.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "message.h"
#include "netdiag.h"

#define PING_RANGE "net.ipv4.ping_group_range='0 2147483647'"

/* ---- The verdict --------------------------------------------------------- */

enum priv_reason
priv_hint_decide(const struct priv_facts *facts, enum priv_want want)
{
	if (want == PRIV_WANT_DGRAM)
		return facts->ping_sockets ? PRIV_REASON_POLICY
					   : PRIV_REASON_RANGE;
	if (facts->raw_permitted && facts->userns)
		return PRIV_REASON_USERNS;
	if (facts->raw_permitted)
		return want == PRIV_WANT_MARK ? PRIV_REASON_KERNEL
					      : PRIV_REASON_POLICY;
	/* What surrounds the program comes first: no file can mend that. */
	if (!facts->raw_bounding)
		return PRIV_REASON_BOUNDING;
	if (facts->no_new_privs)
		return PRIV_REASON_NNP;
	if (facts->nosuid)
		return PRIV_REASON_NOSUID;
	if (facts->file_cap)
		return facts->traced ? PRIV_REASON_TRACED : PRIV_REASON_IGNORED;
	return PRIV_REASON_NO_CAP;
}

static void __attribute__((format(printf, 2, 3)))
append(struct priv_hint *hint, const char *fmt, ...)
{
	size_t len = strlen(hint->hint);
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(hint->hint + len, sizeof(hint->hint) - len, fmt, args);
	va_end(args);
}

/* Appends PATH as a word of a shell command, with no byte that a terminal or a
 * shell would act on. */
static void
append_path(struct priv_hint *hint, const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789/._+,:=@-";
	bool odd = *path == '\0';

	for (const char *s = path; *s != '\0'; s++)
		odd |= (unsigned char)*s < ' ' || (unsigned char)*s > '~' ||
		       *s == '\'';
	if (odd)
		append(hint, "\"$(command -v netdiag)\"");
	else if (path[strspn(path, plain)] == '\0')
		append(hint, "%s", path);
	else
		append(hint, "'%s'", path);
}

static void
append_reason(struct priv_hint *hint, const struct priv_facts *facts)
{
	switch (hint->reason) {
	case PRIV_REASON_USERNS:
		append(hint,
		    "this user namespace does not own its network: "
		    "start netdiag outside of it, or give it a network "
		    "of its own (unshare --map-root-user --net)");
		break;
	case PRIV_REASON_KERNEL:
		append(hint, "before Linux 5.17 a mark takes CAP_NET_ADMIN: "
			     "run it as root");
		break;
	case PRIV_REASON_POLICY:
		append(hint, "a seccomp filter or a security module (SELinux, "
			     "AppArmor) forbids it: see the audit log "
			     "(journalctl -k)");
		break;
	case PRIV_REASON_BOUNDING:
		append(hint, "this container or service lacks CAP_NET_RAW: "
			     "--cap-add=NET_RAW (Kubernetes: "
			     "securityContext.capabilities.add: [\"NET_RAW\"]; "
			     "systemd: CapabilityBoundingSet=CAP_NET_RAW "
			     "AmbientCapabilities=CAP_NET_RAW)");
		break;
	case PRIV_REASON_NNP:
		append(hint, "no_new_privs is set, so that file capabilities "
			     "are ignored: AmbientCapabilities=CAP_NET_RAW in "
			     "the systemd unit, or NoNewPrivileges=no; "
			     "Kubernetes: allowPrivilegeEscalation: true");
		break;
	case PRIV_REASON_NOSUID:
		append_path(hint, facts->exe);
		append(hint, " is on a nosuid mount, where file capabilities "
			     "are ignored: move it to another, or mount that "
			     "with -o remount,suid; then setcap cap_net_raw=p");
		break;
	case PRIV_REASON_TRACED:
		append(hint, "file capabilities are ignored under strace and "
			     "gdb: run the tracer as root");
		break;
	case PRIV_REASON_IGNORED:
	case PRIV_REASON_NO_CAP:
		if (hint->reason == PRIV_REASON_IGNORED)
			append(hint, "the file's capability was not granted: "
				     "renew it, and start the file itself, not "
				     "ld.so: ");
		append(hint, "sudo setcap cap_net_raw=p ");
		append_path(hint, facts->exe);
		append(hint, " (once), or run it as root");
		break;
	case PRIV_REASON_RANGE:
		append(hint, "sudo sysctl -w " PING_RANGE);
		break;
	}
}

void
priv_hint_make(struct priv_hint *hint, const struct priv_facts *facts,
    enum priv_want want, int err)
{
	static const char *const what[] = {
	    [PRIV_WANT_ICMP] = "cannot open a raw ICMP socket",
	    [PRIV_WANT_DGRAM] = "cannot open a ping socket",
	    [PRIV_WANT_MARK] = "cannot set the mark",
	    [PRIV_WANT_DEVICE] = "cannot bind to the device",
	    [PRIV_WANT_TCP] = "cannot open a raw TCP socket",
	};

	char cause[MESSAGE_STRERROR_MAX];

	if (err == ND_EPRIV)
		err = want == PRIV_WANT_DGRAM ? -EACCES : -EPERM;
	hint->reason = priv_hint_decide(facts, want);
	(void)snprintf(hint->message, sizeof(hint->message), "%s: %s",
	    what[want], message_strerror(err, cause));
	hint->hint[0] = '\0';
	append_reason(hint, facts);
	if (want != PRIV_WANT_ICMP || facts->ping_sockets)
		return;
	if (hint->reason == PRIV_REASON_BOUNDING)
		append(
		    hint, "\nor let it use ping sockets: --sysctl " PING_RANGE);
	else
		append(hint,
		    "\nor let it use ping sockets: sudo sysctl -w " PING_RANGE);
}

void
priv_hint_write(FILE *out, const char *cmd, const struct priv_hint *hint)
{
	const char *line = hint->hint;
	size_t len;

	(void)fprintf(out, "netdiag: %s: %s\n", cmd, hint->message);
	while (*line != '\0') {
		len = strcspn(line, "\n");
		(void)fprintf(out, "hint: %.*s\n", (int)len, line);
		line += len + (line[len] == '\n');
	}
}

/* ---- The facts ----------------------------------------------------------- */

/* The number behind KEY where LINE begins with it. */
static bool
read_field(const char *line, const char *key, int base, uint64_t *ret)
{
	size_t len = strlen(key);

	if (strncmp(line, key, len) != 0)
		return false;
	*ret = strtoull(line + len, NULL, base);
	return true;
}

static void
read_status(struct priv_facts *facts)
{
	const uint64_t raw = UINT64_C(1) << CAP_NET_RAW;
	FILE *file = fopen("/proc/self/status", "re");
	char line[256];
	uint64_t value;

	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL) {
		if (read_field(line, "CapPrm:", 16, &value))
			facts->raw_permitted = (value & raw) != 0;
		else if (read_field(line, "CapBnd:", 16, &value))
			facts->raw_bounding = (value & raw) != 0;
		else if (read_field(line, "NoNewPrivs:", 10, &value))
			facts->no_new_privs = value != 0;
		else if (read_field(line, "TracerPid:", 10, &value))
			facts->traced = value != 0;
	}
	(void)fclose(file);
}

/* Whether the file's permitted set, a little-endian word behind the magic of
 * struct vfs_cap_data (all revisions), has CAP_NET_RAW. */
static bool
has_file_cap(const char *path)
{
	unsigned char attr[64];
	ssize_t n = getxattr(path, "security.capability", attr, sizeof(attr));

	return n >= 8 &&
	       (attr[4 + CAP_NET_RAW / 8] >> CAP_NET_RAW % 8 & 1) != 0;
}

/* The kernel asks the effective group, then the others. */
static bool
may_use_ping_sockets(void)
{
	FILE *file = fopen("/proc/sys/net/ipv4/ping_group_range", "re");
	gid_t groups[1024];
	char line[64], *rest;
	unsigned long low, high;
	bool found;
	int n;

	if (file == NULL)
		return false;
	if (fgets(line, sizeof(line), file) == NULL)
		line[0] = '\0';
	(void)fclose(file);
	low = strtoul(line, &rest, 10);
	high = strtoul(rest, NULL, 10);
	found = getegid() >= low && getegid() <= high;
	n = getgroups((int)(sizeof(groups) / sizeof(groups[0])), groups);
	for (int i = 0; !found && i < n; i++)
		found = groups[i] >= low && groups[i] <= high;
	return found;
}

void
priv_facts_gather(struct priv_facts *facts)
{
	static const char self[] = "/proc/self/exe";
	const ino_t first_userns = 0xEFFFFFFDu; /* PROC_USER_INIT_INO */
	struct statvfs fs;
	struct stat ns;
	ssize_t n;

	/* Without /proc the plain case is assumed. */
	*facts = (struct priv_facts){.raw_bounding = true};
	read_status(facts);
	facts->userns =
	    stat("/proc/self/ns/user", &ns) == 0 && ns.st_ino != first_userns;
	facts->nosuid = statvfs(self, &fs) == 0 && (fs.f_flag & ST_NOSUID) != 0;
	facts->file_cap = has_file_cap(self);
	facts->ping_sockets = may_use_ping_sockets();
	n = readlink(self, facts->exe, sizeof(facts->exe));
	if (n < 0 || (size_t)n >= sizeof(facts->exe))
		n = 0;
	facts->exe[n] = '\0';
	/* "... (deleted)" can be given nothing. */
	if (access(facts->exe, F_OK) < 0)
		facts->exe[0] = '\0';
}
