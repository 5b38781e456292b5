/* SPDX-License-Identifier: MIT */
/* Parses the values of the topology file. Integers only, no locale. */
#include "values.h"

#include <errno.h>
#include <string.h>

#define MAX_DURATION INT64_C(86400000000000) /* a day */

int
ns_parse_number(int64_t *ret, const char *text, int64_t lo, int64_t hi)
{
	int64_t n = 0;

	if (*text == '\0')
		return -EINVAL;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		if (n > (hi - (*text - '0')) / 10)
			return -EINVAL;
		n = n * 10 + (*text - '0');
	}
	if (n < lo)
		return -EINVAL;
	*ret = n;
	return 0;
}

/*
 * Digits with a fraction, times SCALE; what goes below 1 is cut off. *END is
 * set to what follows.
 */
static int
parse_decimal(int64_t *ret, const char *text, int64_t scale, const char **end)
{
	int64_t n = 0;
	const char *p = text;

	for (; *p >= '0' && *p <= '9'; p++) {
		n = n * 10 + (*p - '0');
		if (n > MAX_DURATION / scale)
			return -EINVAL;
	}
	if (p == text)
		return -EINVAL;
	n *= scale;
	if (*p == '.') {
		p++;
		if (*p < '0' || *p > '9')
			return -EINVAL;
		for (; *p >= '0' && *p <= '9'; p++) {
			scale /= 10;
			n += (*p - '0') * scale;
		}
	}
	*ret = n;
	*end = p;
	return 0;
}

int
ns_parse_duration(int64_t *ret, const char *text)
{
	static const struct {
		const char *name;
		int64_t ns;
	} units[] = {
	    {"ns", 1},
	    {"us", 1000},
	    {"ms", 1000000},
	    {"s", 1000000000},
	    {"m", INT64_C(60000000000)},
	};
	const char *unit = text + strspn(text, "0123456789.");
	const char *end;
	int64_t ns;

	if (strcmp(text, "0") == 0) {
		*ret = 0;
		return 0;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(unit, units[i].name) != 0)
			continue;
		if (parse_decimal(&ns, text, units[i].ns, &end) != 0 ||
		    end != unit)
			return -EINVAL;
		*ret = ns;
		return 0;
	}
	return -EINVAL;
}

int
ns_parse_range(struct ns_range *ret, const char *text)
{
	const char *dots = strstr(text, "..");
	struct ns_range range;
	char low[32];
	size_t n;

	if (dots == NULL) {
		if (ns_parse_duration(&range.lo, text) != 0)
			return -EINVAL;
		range.hi = range.lo;
	} else {
		n = (size_t)(dots - text);
		if (n >= sizeof(low))
			return -EINVAL;
		memcpy(low, text, n);
		low[n] = '\0';
		if (ns_parse_duration(&range.lo, low) != 0 ||
		    ns_parse_duration(&range.hi, dots + 2) != 0 ||
		    range.hi < range.lo)
			return -EINVAL;
	}
	*ret = range;
	return 0;
}

int
ns_parse_share(uint32_t *ret, const char *text)
{
	const char *end;
	int64_t n;

	if (strcmp(text, "0") == 0) {
		*ret = 0;
		return 0;
	}
	if (parse_decimal(&n, text, NS_WHOLE / 100, &end) != 0 ||
	    strcmp(end, "%") != 0 || n > NS_WHOLE)
		return -EINVAL;
	*ret = (uint32_t)n;
	return 0;
}

int
ns_parse_rate(struct ns_bucket *ret, const char *text)
{
	const char *slash = strchr(text, '/');
	int64_t count, span;
	char digits[16];
	size_t n;

	if (strcmp(text, "0") == 0) {
		ret->interval = 0;
		return 0;
	}
	if (slash == NULL)
		return -EINVAL;
	n = (size_t)(slash - text);
	if (n >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, text, n);
	digits[n] = '\0';
	if (ns_parse_number(&count, digits, 1, 1000000000) != 0)
		return -EINVAL;
	if (strcmp(slash + 1, "s") == 0)
		span = 1000000000;
	else if (ns_parse_duration(&span, slash + 1) != 0)
		return -EINVAL;
	if (span < count)
		return -EINVAL;
	ret->interval = span / count;
	return 0;
}

char *
ns_next_item(char **list)
{
	char *item = *list, *comma;

	if (item == NULL)
		return NULL;
	comma = strchr(item, ',');
	if (comma != NULL)
		*comma++ = '\0';
	*list = comma;
	return item;
}

static int
parse_port_range(struct ns_ports *ports, char *item)
{
	char *dash = strchr(item, '-');
	int64_t lo, hi;

	if (ports->n == NS_MAX_RANGES)
		return -EINVAL;
	if (dash != NULL)
		*dash = '\0';
	if (ns_parse_number(&lo, item, 0, UINT16_MAX) != 0)
		return -EINVAL;
	hi = lo;
	if (dash != NULL && ns_parse_number(&hi, dash + 1, lo, UINT16_MAX) != 0)
		return -EINVAL;
	ports->range[ports->n].lo = (uint16_t)lo;
	ports->range[ports->n].hi = (uint16_t)hi;
	ports->n++;
	return 0;
}

int
ns_parse_ports(struct ns_ports *ret, const char *text)
{
	struct ns_ports ports = {.n = 0};
	char copy[512], *list = copy, *item;

	if (strcmp(text, "none") == 0) {
		*ret = ports;
		return 0;
	}
	if (strcmp(text, "all") == 0)
		text = "0-65535";
	if (strlen(text) >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, text, strlen(text) + 1);
	while ((item = ns_next_item(&list)) != NULL)
		if (parse_port_range(&ports, item) != 0)
			return -EINVAL;
	*ret = ports;
	return 0;
}

bool
ns_ports_have(const struct ns_ports *ports, uint16_t port)
{
	for (unsigned i = 0; i < ports->n; i++)
		if (port >= ports->range[i].lo && port <= ports->range[i].hi)
			return true;
	return false;
}

/* RFC 792 and 1812 section 5.2.7.1; RFC 4443 section 3.1 and 3.4. */
static const struct {
	const char *name;
	struct ns_error error;
} error_names[] = {
    {"net", {true, 3, 0, 1, 0}},
    {"host", {true, 3, 1, 1, 3}},
    {"proto", {true, 3, 2, 4, 1}},
    {"port", {true, 3, 3, 1, 4}},
    {"frag-needed", {true, 3, 4, 2, 0}},
    {"source-route", {true, 3, 5, 1, 7}},
    {"net-prohibited", {true, 3, 9, 1, 1}},
    {"host-prohibited", {true, 3, 10, 1, 1}},
    {"admin", {true, 3, 13, 1, 1}},
    {"policy", {true, 3, 13, 1, 5}},
    {"reject", {true, 3, 13, 1, 6}},
};

int
ns_parse_error(struct ns_error *ret, const char *text)
{
	const char *slash = strchr(text, '/');
	int64_t type4 = 3, type6 = 1, code;
	char digits[4];
	size_t n;

	for (size_t i = 0; i < sizeof(error_names) / sizeof(error_names[0]);
	     i++) {
		if (strcmp(text, error_names[i].name) == 0) {
			*ret = error_names[i].error;
			return 0;
		}
	}
	if (slash != NULL) {
		n = (size_t)(slash - text);
		if (n >= sizeof(digits))
			return -EINVAL;
		memcpy(digits, text, n);
		digits[n] = '\0';
		if (ns_parse_number(&type4, digits, 0, 255) != 0)
			return -EINVAL;
		type6 = type4;
		text = slash + 1;
	}
	if (ns_parse_number(&code, text, 0, 255) != 0)
		return -EINVAL;
	*ret = (struct ns_error){.set = true,
	    .type4 = (uint8_t)type4,
	    .code4 = (uint8_t)code,
	    .type6 = (uint8_t)type6,
	    .code6 = (uint8_t)code};
	return 0;
}

bool
ns_is_name(const char *text, size_t len)
{
	static const char fine[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789._-";

	return len > 0 && len < NS_NAME_MAX && strspn(text, fine) >= len;
}
