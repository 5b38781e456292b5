/* SPDX-License-Identifier: MIT */
/*
 * parse_word.c: words of the command line that are not numbers: DSCP names,
 * labels, run ids, choices, numeric addresses, interface names.
 */
#include "parse.h"
#include "utf8.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

/* RFC 2474, 2597, 3246, 5865, 8622: code points. The first spelling counts. */
static const struct {
	const char *name;
	uint8_t dscp;
} dscp_names[] = {{"cs0", 0}, {"cs1", 8}, {"cs2", 16}, {"cs3", 24}, {"cs4", 32},
    {"cs5", 40}, {"cs6", 48}, {"cs7", 56}, {"af11", 10}, {"af12", 12},
    {"af13", 14}, {"af21", 18}, {"af22", 20}, {"af23", 22}, {"af31", 26},
    {"af32", 28}, {"af33", 30}, {"af41", 34}, {"af42", 36}, {"af43", 38},
    {"ef", 46}, {"va", 44}, {"voice-admit", 44}, {"le", 1}, {"lower-effort", 1},
    {"be", 0}, {"df", 0}, {"default", 0}};
#define DSCP_COUNT (sizeof(dscp_names) / sizeof(dscp_names[0]))

const char *
parse_tos_name(size_t i)
{
	return i < DSCP_COUNT ? dscp_names[i].name : NULL;
}

/* strcasecmp() depends on the locale. */
static bool
same_word(const char *a, const char *lower)
{
	for (; *a != '\0'; a++, lower++) {
		char c = *a;

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (c != *lower)
			return false;
	}
	return *lower == '\0';
}

int
parse_tos(const char *text, int *ret)
{
	uint64_t value;
	int r;

	for (size_t i = 0; i < DSCP_COUNT; i++) {
		if (same_word(text, dscp_names[i].name)) {
			*ret = dscp_names[i].dscp << 2;
			return 0;
		}
	}
	r = parse_u64_hex(text, 0, 255, &value);
	if (r == 0)
		*ret = (int)value;
	return r;
}

bool
parse_is_text(const char *s, size_t len)
{
	while (len > 0) {
		uint32_t code;
		size_t n = utf8_decode(s, len, &code);

		if (n == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0))
			return false;
		s += n;
		len -= n;
	}
	return true;
}

static bool
is_alpha(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

int
parse_label(const char *text, size_t *ret_key_len)
{
	const char *value = strchr(text, '=');
	size_t key_len, value_len;

	if (value == NULL || !is_alpha(text[0]))
		return -EINVAL;
	key_len = (size_t)(value - text);
	for (size_t i = 0; i < key_len; i++) {
		char c = text[i];

		if (!is_alpha(c) && !(c >= '0' && c <= '9') && c != '.' &&
		    c != '-')
			return -EINVAL;
	}
	value_len = strlen(++value);
	if (!parse_is_text(value, value_len))
		return -EINVAL;
	if (key_len > PARSE_LABEL_KEY_MAX || value_len > PARSE_LABEL_VALUE_MAX)
		return -ERANGE;
	*ret_key_len = key_len;
	return 0;
}

int
parse_run_id(const char *text)
{
	size_t n = strspn(text, "0123456789abcdef");

	return n == PARSE_RUN_ID_LEN && text[n] == '\0' ? 0 : -EINVAL;
}

int
parse_word(const char *text, const char *const *words, int *ret)
{
	for (int i = 0; words[i] != NULL; i++) {
		if (strcmp(text, words[i]) == 0) {
			*ret = i;
			return 0;
		}
	}
	return -EINVAL;
}

/* inet_aton(3) takes octal, hex and missing parts; this does not. */
static bool
parse_ipv4(const char *text, size_t len, uint8_t ret[4])
{
	size_t at = 0;

	for (int part = 0; part < 4; part++) {
		size_t start = at;
		unsigned value = 0;

		if (part > 0) {
			if (at == len || text[at] != '.')
				return false;
			start = ++at;
		}
		for (; at < len && text[at] >= '0' && text[at] <= '9'; at++) {
			if (at - start == 3)
				return false;
			value = value * 10 + (unsigned)(text[at] - '0');
		}
		if (at == start || value > 255 ||
		    (at - start > 1 && text[start] == '0'))
			return false;
		ret[part] = (uint8_t)value;
	}
	return at == len;
}

/* What the kernel allows in a name, less what an address could not carry. */
static bool
is_ifname(const char *text, size_t len)
{
	if (len == 0 || len >= PARSE_SCOPE_MAX || !parse_is_text(text, len))
		return false;
	for (size_t i = 0; i < len; i++)
		if (strchr("/:% ", text[i]) != NULL)
			return false;
	return strncmp(text, ".", len) != 0 && strncmp(text, "..", len) != 0;
}

int
parse_ifname(const char *text)
{
	return is_ifname(text, strlen(text)) ? 0 : -EINVAL;
}

int
parse_addr(const char *text, size_t len, struct parse_addr *ret)
{
	const char *percent = memchr(text, '%', len);
	size_t addr_len = percent == NULL ? len : (size_t)(percent - text);
	struct parse_addr addr = {.af = AF_INET6};
	char buf[INET6_ADDRSTRLEN];

	if (percent == NULL && parse_ipv4(text, len, addr.bytes)) {
		addr.af = AF_INET;
		*ret = addr;
		return 0;
	}
	if (addr_len >= sizeof(buf))
		return -EINVAL;
	memcpy(buf, text, addr_len);
	buf[addr_len] = '\0';
	if (inet_pton(AF_INET6, buf, addr.bytes) != 1)
		return -EINVAL;
	if (percent != NULL) {
		size_t scope_len = len - addr_len - 1;

		if (!is_ifname(percent + 1, scope_len))
			return -EINVAL;
		memcpy(addr.scope, percent + 1, scope_len);
	}
	*ret = addr;
	return 0;
}
