/* SPDX-License-Identifier: MIT */
/* What the error codes mean, and what can be done about them. */
#include "netdiag.h"

#include <errno.h>
#include <string.h>

const char *
nd_version(void)
{
	return PACKAGE_VERSION;
}

const char *
nd_strerror(int err)
{
	const char *s;

	switch (err) {
	case 0:
		return "no error";
	case ND_EPRIV:
		return "no permission to open the sockets";
	case ND_EFAMILY:
		return "no socket of that address family or method";
	case ND_ELIMIT:
		return "a limit of the context is reached";
	case ND_EOPTION:
		return "an option is out of its range";
	default:
		s = strerrordesc_np(err < 0 ? -err : err);
		return s != NULL ? s : "unknown error";
	}
}

const char *
nd_hint(int err)
{
	switch (err) {
	case ND_EPRIV:
	case -EPERM:
	case -EACCES:
		return "open the context with CAP_NET_RAW, or let "
		       "net.ipv4.ping_group_range include the process's group";
	case ND_EFAMILY:
	case -EAFNOSUPPORT:
		return "the family is switched off here, or was not asked for";
	case -EMFILE:
		return "raise the limit of open files (ulimit -n)";
	case -ENFILE:
		return "the system has no open files left (fs.file-max)";
	default:
		return NULL;
	}
}

const char *
nd_invalid_name(enum nd_invalid reason)
{
	static const char *const names[ND_INVALID_COUNT] = {
	    [ND_INVALID_CHECKSUM] = "checksum",
	    [ND_INVALID_TRUNCATED] = "truncated",
	    [ND_INVALID_SOURCE] = "source",
	    [ND_INVALID_UNKNOWN] = "unknown",
	    [ND_INVALID_TAG] = "tag",
	    [ND_INVALID_PAYLOAD] = "payload",
	};

	return (unsigned)reason < ND_INVALID_COUNT ? names[reason] : NULL;
}
