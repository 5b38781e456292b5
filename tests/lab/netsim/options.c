/* SPDX-License-Identifier: MIT */
/*
 * Options by tables: most are a value of one form that goes into one member;
 * the others have a function in options_special.c.
 */
#include "options.h"

#include "options_special.h"
#include "values.h"

#include <errno.h>
#include <string.h>

enum form {
	FORM_FLAG,
	FORM_CLEAR, /* sets a flag to false */
	FORM_NUMBER,
	FORM_DURATION,
	FORM_RANGE,
	FORM_SHARE,
	FORM_RATE,
	FORM_PORTS,
	FORM_ERROR,
	FORM_SPECIAL,
};

struct option {
	const char *name;
	enum form form;
	size_t offset;
	int64_t lo, hi; /* of a number */
	int (*special)(void *member, char *value);
};

#define R(member) offsetof(struct ns_router, member)
#define H(member) offsetof(struct ns_host, member)

/* Both have these, in members of the same names. */
#define COMMON(M)                                                              \
	{"delay-back", FORM_SPECIAL, M(impair), 0, 0, ns_special_delay_back},  \
	    {"delay", FORM_RANGE, M(impair.delay[NS_OUT]), 0, 0, NULL},        \
	    {"jitter", FORM_DURATION, M(impair.jitter), 0, 0, NULL},           \
	    {"loss", FORM_SHARE, M(impair.loss[NS_OUT]), 0, 0, NULL},          \
	    {"loss-back", FORM_SHARE, M(impair.loss[NS_BACK]), 0, 0, NULL},    \
	    {"dup", FORM_SHARE, M(impair.dup[NS_OUT]), 0, 0, NULL},            \
	    {"dup-back", FORM_SHARE, M(impair.dup[NS_BACK]), 0, 0, NULL},      \
	    {"reorder", FORM_SHARE, M(impair.reorder[NS_OUT]), 0, 0, NULL},    \
	    {"reorder-back", FORM_SHARE, M(impair.reorder[NS_BACK]), 0, 0,     \
		NULL},                                                         \
	    {"reorder-by", FORM_DURATION, M(impair.reorder_by), 0, 0, NULL},   \
	    {"corrupt", FORM_SHARE, M(impair.corrupt[NS_OUT]), 0, 0, NULL},    \
	    {"corrupt-back", FORM_SHARE, M(impair.corrupt[NS_BACK]), 0, 0,     \
		NULL},                                                         \
	    {"rate", FORM_RATE, M(icmp.errors), 0, 0, NULL},                   \
	    {"burst", FORM_NUMBER, M(icmp.errors.burst), 1, 1000000, NULL},    \
	    {"echo-rate", FORM_RATE, M(icmp.echoes), 0, 0, NULL},              \
	    {"echo-burst", FORM_NUMBER, M(icmp.echoes.burst), 1, 1000000,      \
		NULL},                                                         \
	    {"ttl", FORM_NUMBER, M(icmp.ttl), 1, 255, NULL},                   \
	    {"icmp-delay", FORM_RANGE, M(icmp.delay), 0, 0, NULL},             \
	    {"echo", FORM_SPECIAL, M(icmp.no_echo), 0, 0, ns_special_echo},    \
	    {"quote", FORM_SPECIAL, M(icmp.quote), 0, 0, ns_special_quote},    \
	    {"quote-ttl", FORM_NUMBER, M(icmp.quote_ttl), 0, 255, NULL},       \
	    {"quote-swap-id", FORM_FLAG, M(icmp.quote_swap_id), 0, 0, NULL},   \
	    {"quote-options", FORM_FLAG, M(icmp.quote_options), 0, 0, NULL},   \
	    {"quote-zero-checksum", FORM_FLAG, M(icmp.quote_zero_checksum), 0, \
		0, NULL},                                                      \
	    {"mpls", FORM_SPECIAL, M(icmp), 0, 0, ns_special_mpls},            \
	    {"interface", FORM_FLAG, M(icmp.interface), 0, 0, NULL},           \
	{                                                                      \
		"ext", FORM_SPECIAL, M(icmp.legacy), 0, 0, ns_special_ext      \
	}

static const struct option router_options[] = {
    COMMON(R),
    {"silent", FORM_FLAG, R(silent), 0, 0, NULL},
    {"down", FORM_FLAG, R(down), 0, 0, NULL},
    {"up", FORM_CLEAR, R(down), 0, 0, NULL},
    {"hidden", FORM_FLAG, R(hidden), 0, 0, NULL},
    {"zero-ttl", FORM_FLAG, R(zero_ttl), 0, 0, NULL},
    {"mtu", FORM_SPECIAL, R(mtu), 0, 0, ns_special_mtu},
    {"mtu-told", FORM_NUMBER, R(mtu_told), 0, 65535, NULL},
    {"blackhole", FORM_FLAG, R(blackhole), 0, 0, NULL},
    {"prohibit", FORM_SPECIAL, 0, 0, 0, ns_special_prohibit},
    {"prohibit-error", FORM_ERROR, R(forbid), 0, 0, NULL},
    {"drop", FORM_SPECIAL, 0, 0, 0, ns_special_drop},
    {"unreachable", FORM_ERROR, R(refuse), 0, 0, NULL},
    {"tos", FORM_NUMBER, R(tos), 0, 255, NULL},
    {"dscp", FORM_NUMBER, R(dscp), 0, 63, NULL},
    {"ecn", FORM_NUMBER, R(ecn), 0, 3, NULL},
    {"strip-ecn", FORM_FLAG, R(strip_ecn), 0, 0, NULL},
    {"snat", FORM_SPECIAL, 0, 0, 0, ns_special_snat},
    {"dnat", FORM_SPECIAL, 0, 0, 0, ns_special_dnat},
    {"nat-fix", FORM_FLAG, R(nat_fix), 0, 0, NULL},
    {NULL, FORM_FLAG, 0, 0, 0, NULL},
};

static const struct option host_options[] = {
    COMMON(H),
    {"absent", FORM_SHARE, H(absent), 0, 0, NULL},
    {"unreachable", FORM_ERROR, H(unreachable), 0, 0, NULL},
    {"error", FORM_ERROR, H(error), 0, 0, NULL},
    {"open", FORM_PORTS, H(tcp_ports[NS_TCP_OPEN]), 0, 0, NULL},
    {"closed", FORM_PORTS, H(tcp_ports[NS_TCP_CLOSED]), 0, 0, NULL},
    {"silent", FORM_PORTS, H(tcp_ports[NS_TCP_SILENT]), 0, 0, NULL},
    {"refused", FORM_PORTS, H(tcp_ports[NS_TCP_REFUSED]), 0, 0, NULL},
    {"tcp", FORM_SPECIAL, H(tcp), 0, 0, ns_special_tcp},
    {"refuse-error", FORM_ERROR, H(refuse), 0, 0, NULL},
    {"server", FORM_SPECIAL, H(server), 0, 0, ns_special_server},
    {"synack", FORM_SPECIAL, H(synack), 0, 0, ns_special_synack},
    {"udp", FORM_SPECIAL, H(udp), 0, 0, ns_special_udp},
    {"udp-answer", FORM_PORTS, H(udp_answer), 0, 0, NULL},
    {"udp-silent", FORM_PORTS, H(udp_silent), 0, 0, NULL},
    {"hostile", FORM_SPECIAL, 0, 0, 0, ns_special_hostile},
    {"hostile-share", FORM_SHARE, H(hostile_share), 0, 0, NULL},
    {NULL, FORM_FLAG, 0, 0, 0, NULL},
};

/* The size of a member that is set by FORM; 0: its function knows. */
static size_t
size_of(enum form form)
{
	switch (form) {
	case FORM_NUMBER:
	case FORM_DURATION:
	case FORM_RATE: /* the interval, the bucket's first member */
		return sizeof(int64_t);
	case FORM_RANGE:
		return sizeof(struct ns_range);
	case FORM_SHARE:
		return sizeof(uint32_t);
	case FORM_PORTS:
		return sizeof(struct ns_ports);
	case FORM_ERROR:
		return sizeof(struct ns_error);
	default:
		return 0;
	}
}

static bool
is_off(const char *value)
{
	return strcmp(value, "none") == 0 || strcmp(value, "off") == 0;
}

/* NAME, NAME=on; or NAME=off, none, 0. */
static int
set_flag(bool *member, const char *value, bool to)
{
	if (value == NULL || strcmp(value, "on") == 0) {
		*member = to;
		return 0;
	}
	if (!is_off(value) && strcmp(value, "0") != 0)
		return -EINVAL;
	*member = !to;
	return 0;
}

/* BEFORE is the same member before any option was given. */
static int
set(const struct option *opt, void *member, const void *before, char *value)
{
	size_t size = size_of(opt->form);

	if (opt->form == FORM_FLAG || opt->form == FORM_CLEAR)
		return set_flag(member, value, opt->form == FORM_FLAG);
	if (value == NULL)
		return -EINVAL;
	if (size > 0 && is_off(value)) {
		memcpy(member, before, size);
		return 0;
	}
	switch (opt->form) {
	case FORM_NUMBER:
		return ns_parse_number(member, value, opt->lo, opt->hi);
	case FORM_DURATION:
		return ns_parse_duration(member, value);
	case FORM_RANGE:
		return ns_parse_range(member, value);
	case FORM_SHARE:
		return ns_parse_share(member, value);
	case FORM_RATE:
		return ns_parse_rate(member, value);
	case FORM_PORTS:
		return ns_parse_ports(member, value);
	case FORM_ERROR:
		return ns_parse_error(member, value);
	default:
		return opt->special(member, value);
	}
}

/* OF is a router or a host, by TABLE; BEFORE one without any options. */
static int
parse_option(void *of, const void *before, const struct option *table,
    char *word, struct ns_fault *fault)
{
	char *value = strchr(word, '=');

	if (value != NULL)
		*value++ = '\0';
	for (const struct option *opt = table; opt->name != NULL; opt++) {
		char given[64];

		if (strcmp(opt->name, word) != 0)
			continue;
		(void)snprintf(given, sizeof(given), "%.63s",
		    value != NULL ? value : "none");
		if (set(opt, (char *)of + opt->offset,
			(const char *)before + opt->offset, value) == 0)
			return 0;
		(void)snprintf(fault->message, sizeof(fault->message),
		    "%.31s: bad value: %s", word, given);
		return -EINVAL;
	}
	(void)snprintf(fault->message, sizeof(fault->message),
	    "unknown option: %.63s", word);
	return -EINVAL;
}

int
ns_router_option(struct ns_router *router, char *word, struct ns_fault *fault)
{
	struct ns_router before;

	ns_router_defaults(&before);
	return parse_option(router, &before, router_options, word, fault);
}

int
ns_host_option(struct ns_host *host, char *word, struct ns_fault *fault)
{
	struct ns_host before;

	ns_host_defaults(&before);
	return parse_option(host, &before, host_options, word, fault);
}

static const struct ns_icmp_opts icmp_defaults = {
    .errors.burst = 1,
    .echoes.burst = 1,
    .quote_ttl = -1,
    .quote = NS_QUOTE_DEFAULT,
};

void
ns_router_defaults(struct ns_router *router)
{
	*router = (struct ns_router){
	    .icmp = icmp_defaults,
	    .tos = -1,
	    .dscp = -1,
	    .ecn = -1,
	    .mtu_told = -1,
	    .forbid = {true, 3, 13, 1, 1},
	    .first_return = NS_NONE,
	    .first_iface = NS_NONE,
	};
	router->icmp.ttl = 255;
	router->impair.reorder_by = 20000000;
}

void
ns_host_defaults(struct ns_host *host)
{
	*host = (struct ns_host){
	    .icmp = icmp_defaults,
	    .refuse = {true, 3, 3, 1, 4},
	    .synack = {.mss = 1460,
		.window = 65160,
		.wscale = 7,
		.sack = true,
		.ts = true},
	    .hostile_share = NS_WHOLE,
	};
	host->icmp.ttl = 64;
	host->impair.reorder_by = 20000000;
}
