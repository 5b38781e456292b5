/* SPDX-License-Identifier: MIT */
/*
 * icmp_names.c: what an ICMP error says, in the words of ping(8): RFC 792,
 * RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1, RFC 4443 section 3.
 */
#include "icmp_names.h"

#include <stddef.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

enum icmp4_type {
	ICMP4_UNREACHABLE = 3,
	ICMP4_SOURCE_QUENCH = 4,
	ICMP4_REDIRECT = 5,
	ICMP4_TIME_EXCEEDED = 11,
	ICMP4_PARAMETER = 12
};

enum icmp6_type {
	ICMP6_UNREACHABLE = 1,
	ICMP6_TOO_BIG = 2,
	ICMP6_TIME_EXCEEDED = 3,
	ICMP6_PARAMETER = 4
};

#define ICMP4_FRAG_NEEDED 4 /* code of unreachable */

/* NAMES[CODE], or FALLBACK and the code. */
static void
coded(struct buf *buf, const char *const *names, int n, int code,
    const char *fallback)
{
	if (code >= 0 && code < n) {
		buf_str(buf, names[code]);
		return;
	}
	buf_str(buf, fallback);
	buf_i64(buf, code);
}

static void
unreachable4(struct buf *buf, int code, int info)
{
	static const char *const names[] = {
	    "Destination Net Unreachable",
	    "Destination Host Unreachable",
	    "Destination Protocol Unreachable",
	    "Destination Port Unreachable",
	    "Frag needed and DF set",
	    "Source Route Failed",
	    "Destination Net Unknown",
	    "Destination Host Unknown",
	    "Source Host Isolated",
	    "Destination Net Prohibited",
	    "Destination Host Prohibited",
	    "Destination Net Unreachable for Type of Service",
	    "Destination Host Unreachable for Type of Service",
	    "Packet filtered",
	    "Precedence Violation",
	    "Precedence Cutoff",
	};

	coded(buf, names, COUNT(names), code, "Dest Unreachable, Bad Code: ");
	if (code == ICMP4_FRAG_NEEDED) {
		/* Routers before RFC 1191 leave the field zero. */
		buf_str(buf, " (mtu = ");
		buf_i64(buf, info < 0 ? 0 : info);
		buf_char(buf, ')');
	}
}

static void
error4(struct buf *buf, int type, int code, int info)
{
	static const char *const exceeded[] = {
	    "Time to live exceeded",
	    "Frag reassembly time exceeded",
	};
	static const char *const redirects[] = {
	    "Redirect Network",
	    "Redirect Host",
	    "Redirect Type of Service and Network",
	    "Redirect Type of Service and Host",
	};

	switch (type) {
	case ICMP4_UNREACHABLE:
		unreachable4(buf, code, info);
		break;
	case ICMP4_SOURCE_QUENCH:
		buf_str(buf, "Source Quench");
		break;
	case ICMP4_REDIRECT:
		coded(buf, redirects, COUNT(redirects), code,
		    "Redirect, Bad Code: ");
		break;
	case ICMP4_TIME_EXCEEDED:
		coded(buf, exceeded, COUNT(exceeded), code,
		    "Time exceeded, Bad Code: ");
		break;
	case ICMP4_PARAMETER:
		buf_str(buf, "Parameter problem: pointer = ");
		buf_i64(buf, info < 0 ? 0 : info);
		break;
	default:
		buf_str(buf, "Bad ICMP type: ");
		buf_i64(buf, type);
		break;
	}
}

static void
error6(struct buf *buf, int type, int code, int info)
{
	static const char *const unreachable[] = {
	    "No route",
	    "Administratively prohibited",
	    "Beyond scope of source address",
	    "Address unreachable",
	    "Port unreachable",
	};
	static const char *const exceeded[] = {
	    "Hop limit",
	    "Defragmentation failure",
	};
	static const char *const parameter[] = {
	    "Wrong header field",
	    "Unknown header",
	    "Unknown option",
	};

	switch (type) {
	case ICMP6_UNREACHABLE:
		buf_str(buf, "Destination unreachable: ");
		coded(buf, unreachable, COUNT(unreachable), code,
		    "Unknown code ");
		break;
	case ICMP6_TOO_BIG:
		buf_str(buf, "Packet too big: mtu=");
		buf_i64(buf, info < 0 ? 0 : info);
		if (code != 0) {
			buf_str(buf, ", code=");
			buf_i64(buf, code);
		}
		break;
	case ICMP6_TIME_EXCEEDED:
		buf_str(buf, "Time exceeded: ");
		coded(buf, exceeded, COUNT(exceeded), code, "code ");
		break;
	case ICMP6_PARAMETER:
		buf_str(buf, "Parameter problem: ");
		coded(buf, parameter, COUNT(parameter), code, "code ");
		buf_str(buf, " at ");
		buf_i64(buf, info < 0 ? 0 : info);
		break;
	default:
		buf_str(buf, "unknown icmp type: ");
		buf_i64(buf, type);
		break;
	}
}

void
icmp_error_text(struct buf *buf, int af, int type, int code, int info)
{
	if (af == 6)
		error6(buf, type, code, info);
	else
		error4(buf, type, code, info);
}
