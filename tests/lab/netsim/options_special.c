/* SPDX-License-Identifier: MIT */
/* Options whose values have a form of their own. */
#include "options_special.h"

#include "values.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#define MTU_MIN 68 /* RFC 791 */

const char *const ns_hostile_names[NS_HOSTILE_KINDS] = {
    [NS_HOSTILE_NONE] = "none",
    [NS_HOSTILE_PAYLOAD] = "payload",
    [NS_HOSTILE_CUT] = "cut",
    [NS_HOSTILE_ZEROED] = "zeroed",
    [NS_HOSTILE_SOURCE] = "source",
    [NS_HOSTILE_CHECKSUM] = "checksum",
    [NS_HOSTILE_SEQ] = "seq",
    [NS_HOSTILE_IDENT] = "ident",
    [NS_HOSTILE_SHORT] = "short",
    [NS_HOSTILE_OPTIONS] = "options",
    [NS_HOSTILE_ACK] = "ack",
    [NS_HOSTILE_STALE] = "stale",
    [NS_HOSTILE_RST] = "rst",
    [NS_HOSTILE_STORM] = "storm",
    [NS_HOSTILE_FLOOD] = "flood",
    [NS_HOSTILE_ERRORS] = "errors",
};

/* The place of VALUE in the N NAMES, or -EINVAL. */
static int
one_of(const char *value, const char *const *names, int n)
{
	for (int i = 0; i < n; i++)
		if (strcmp(value, names[i]) == 0)
			return i;
	return -EINVAL;
}

/* `none`, `off`: as if the option had not been given. */
static bool
is_off(const char *value)
{
	return strcmp(value, "none") == 0 || strcmp(value, "off") == 0;
}

/*
 * The place of VALUE in the N NAMES, the first of which is the default; or
 * -EINVAL.
 */
static int
one_of_or_off(const char *value, const char *const *names, int n)
{
	return is_off(value) ? 0 : one_of(value, names, n);
}

int
ns_special_delay_back(void *impair, char *value)
{
	struct ns_impair *to = impair;

	if (is_off(value)) {
		to->has_back = false;
		return 0;
	}
	if (ns_parse_range(&to->delay[NS_BACK], value) != 0)
		return -EINVAL;
	to->has_back = true;
	return 0;
}

int
ns_special_echo(void *no_echo, char *value)
{
	static const char *const names[] = {"on", "off"};
	bool *to = no_echo;
	int i = one_of(value, names, 2);

	if (i < 0)
		return i;
	*to = i == 1;
	return 0;
}

int
ns_special_quote(void *quote, char *value)
{
	uint32_t *to = quote;
	int64_t n;

	if (is_off(value)) {
		*to = NS_QUOTE_DEFAULT;
		return 0;
	}
	if (strcmp(value, "all") == 0) {
		*to = NS_QUOTE_ALL;
		return 0;
	}
	if (ns_parse_number(&n, value, 0, UINT16_MAX) != 0)
		return -EINVAL;
	*to = (uint32_t)n;
	return 0;
}

/* LABEL[:TC[:TTL]] */
static int
parse_label(struct ns_label *ret, char *item)
{
	int64_t number[3] = {0, 0, 1};
	static const int64_t max[3] = {0xfffff, 7, 255};

	for (int i = 0; item != NULL; i++) {
		char *colon = strchr(item, ':');

		if (i == 3)
			return -EINVAL;
		if (colon != NULL)
			*colon++ = '\0';
		if (ns_parse_number(&number[i], item, 0, max[i]) != 0)
			return -EINVAL;
		item = colon;
	}
	*ret = (struct ns_label){.label = (uint32_t)number[0],
	    .tc = (uint8_t)number[1],
	    .ttl = (uint8_t)number[2]};
	return 0;
}

int
ns_special_mpls(void *icmp, char *value)
{
	struct ns_icmp_opts *to = icmp;
	char *item;

	to->n_labels = 0;
	if (is_off(value))
		return 0;
	while ((item = ns_next_item(&value)) != NULL) {
		if (to->n_labels == NS_MAX_LABELS ||
		    parse_label(&to->label[to->n_labels], item) != 0)
			return -EINVAL;
		to->n_labels++;
	}
	return 0;
}

int
ns_special_ext(void *legacy, char *value)
{
	static const char *const names[] = {"length", "legacy"};
	bool *to = legacy;
	int i = one_of_or_off(value, names, 2);

	if (i < 0)
		return i;
	*to = i == 1;
	return 0;
}

static int
parse_rule(struct ns_rule *rule, char *item)
{
	static const char *const names[] = {"icmp", "udp", "tcp", "rst", "ecn"};
	char *colon = strchr(item, ':');
	struct ns_ports ports;
	int i;

	if (colon != NULL)
		*colon++ = '\0';
	i = one_of(item, names, 5);
	if (i < 0 || (i == 0 && colon != NULL))
		return -EINVAL;
	rule->icmp = i == 0;
	rule->rst = i == 3;
	rule->ecn = i == 4;
	rule->proto = i == 1 ? IPPROTO_UDP : IPPROTO_TCP;
	if (ns_parse_ports(&ports, colon != NULL ? colon : "all") != 0 ||
	    ports.n != 1)
		return -EINVAL;
	rule->lo = ports.range[0].lo;
	rule->hi = ports.range[0].hi;
	return 0;
}

/* Replaces the rules of its kind; `none` only takes them away. */
static int
parse_rules(struct ns_router *router, char *value, bool drop)
{
	unsigned kept = 0;
	char *item;

	for (unsigned i = 0; i < router->n_rules; i++)
		if (router->rule[i].drop != drop)
			router->rule[kept++] = router->rule[i];
	router->n_rules = kept;
	if (is_off(value))
		return 0;
	while ((item = ns_next_item(&value)) != NULL) {
		struct ns_rule rule = {.drop = drop};

		if (router->n_rules == NS_MAX_RULES ||
		    parse_rule(&rule, item) != 0)
			return -EINVAL;
		router->rule[router->n_rules++] = rule;
	}
	return 0;
}

int
ns_special_prohibit(void *router, char *value)
{
	return parse_rules(router, value, false);
}

int
ns_special_drop(void *router, char *value)
{
	return parse_rules(router, value, true);
}

int
ns_special_mtu(void *mtu, char *value)
{
	int64_t *to = mtu;

	if (is_off(value) || strcmp(value, "0") == 0) {
		*to = 0;
		return 0;
	}
	return ns_parse_number(to, value, MTU_MIN, UINT16_MAX);
}

int
ns_special_snat(void *router, char *value)
{
	struct ns_router *to = router;
	struct ns_addr addr;

	if (is_off(value)) {
		to->snat4.af = to->snat6.af = 0;
		return 0;
	}
	if (ns_addr_parse(&addr, value) != 0)
		return -EINVAL;
	if (addr.af == AF_INET)
		to->snat4 = addr;
	else
		to->snat6 = addr;
	return 0;
}

int
ns_special_dnat(void *router, char *value)
{
	struct ns_router *to = router;
	char *arrow = strchr(value, '>');
	struct ns_addr from, dst;

	if (is_off(value)) {
		to->dnat_from.af = 0;
		return 0;
	}
	if (arrow == NULL)
		return -EINVAL;
	*arrow = '\0';
	if (ns_addr_parse(&from, value) != 0 ||
	    ns_addr_parse(&dst, arrow + 1) != 0 || from.af != dst.af)
		return -EINVAL;
	to->dnat_from = from;
	to->dnat_to = dst;
	return 0;
}

int
ns_special_tcp(void *tcp, char *value)
{
	static const char *const names[] = {
	    [NS_TCP_CLOSED] = "closed",
	    [NS_TCP_OPEN] = "open",
	    [NS_TCP_SILENT] = "silent",
	    [NS_TCP_REFUSED] = "refused",
	};
	enum ns_tcp *to = tcp;
	int i = one_of_or_off(value, names, 4);

	if (i < 0)
		return i;
	*to = (enum ns_tcp)i;
	return 0;
}

int
ns_special_udp(void *udp, char *value)
{
	static const char *const names[] = {
	    [NS_UDP_UNREACHABLE] = "unreachable",
	    [NS_UDP_ANSWER] = "answer",
	    [NS_UDP_SILENT] = "silent",
	};
	enum ns_udp *to = udp;
	int i = one_of_or_off(value, names, 3);

	if (i < 0)
		return i;
	*to = (enum ns_udp)i;
	return 0;
}

int
ns_special_server(void *server, char *value)
{
	static const char *const names[] = {
	    [NS_LINUX] = "linux",
	    [NS_SYNCOOKIE] = "syncookie",
	    [NS_BSD] = "bsd",
	    [NS_NOTS] = "nots",
	};
	enum ns_server *to = server;
	int i = one_of_or_off(value, names, 4);

	if (i < 0)
		return i;
	*to = (enum ns_server)i;
	return 0;
}

static int
parse_synack_item(struct ns_synack *to, char *item)
{
	static const char *const names[] = {
	    "sack", "ts", "ecn", "none", "mss", "ws", "win"};
	static const int64_t max[] = {0, 0, 0, 0, UINT16_MAX, 14, UINT16_MAX};
	char *colon = strchr(item, ':');
	int64_t n = 0;
	int i;

	if (colon != NULL)
		*colon++ = '\0';
	i = one_of(item, names, 7);
	if (i < 0 || (i < 4) != (colon == NULL))
		return -EINVAL;
	if (colon != NULL && ns_parse_number(&n, colon, 0, max[i]) != 0)
		return -EINVAL;
	switch (i) {
	case 0:
		to->sack = true;
		break;
	case 1:
		to->ts = true;
		break;
	case 2:
		to->ecn = true;
		break;
	case 4:
		to->mss = (uint16_t)n;
		break;
	case 5:
		to->wscale = (int)n;
		break;
	case 6:
		to->window = (uint16_t)n;
		break;
	default:
		break;
	}
	return 0;
}

int
ns_special_synack(void *synack, char *value)
{
	struct ns_synack to = {.window = 65160, .wscale = -1};
	struct ns_synack *ret = synack;
	char *item;

	while ((item = ns_next_item(&value)) != NULL)
		if (parse_synack_item(&to, item) != 0)
			return -EINVAL;
	*ret = to;
	return 0;
}

int
ns_special_hostile(void *host, char *value)
{
	static const uint32_t defaults[NS_HOSTILE_KINDS] = {
	    [NS_HOSTILE_SEQ] = 1000,
	    [NS_HOSTILE_IDENT] = 1,
	    [NS_HOSTILE_ACK] = 1,
	    [NS_HOSTILE_STORM] = 10,
	    [NS_HOSTILE_FLOOD] = 100,
	    [NS_HOSTILE_ERRORS] = 100,
	};
	struct ns_host *to = host;
	char *item;

	to->n_hostile = 0;
	if (is_off(value))
		return 0;
	while ((item = ns_next_item(&value)) != NULL) {
		char *colon = strchr(item, ':');
		int64_t n;
		int i;

		if (colon != NULL)
			*colon++ = '\0';
		i = one_of(item, ns_hostile_names, NS_HOSTILE_KINDS);
		if (i < 0 || to->n_hostile == NS_MAX_HOSTILE)
			return -EINVAL;
		n = defaults[i];
		if (colon != NULL && ns_parse_number(&n, colon, 0, 65535) != 0)
			return -EINVAL;
		if (i == NS_HOSTILE_NONE)
			continue;
		to->hostile[to->n_hostile].kind = (enum ns_hostile_kind)i;
		to->hostile[to->n_hostile++].n = (uint32_t)n;
	}
	return 0;
}
