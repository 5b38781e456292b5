/* SPDX-License-Identifier: MIT */
/* Addresses and prefixes: text to bytes and back, masks. */
#include "addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

struct ns_addr
ns_addr_make(int af, const uint8_t *bytes)
{
	struct ns_addr addr = {.af = af};

	memcpy(addr.b, bytes, ns_addr_size(af));
	return addr;
}

bool
ns_addr_eq(const struct ns_addr *a, const struct ns_addr *b)
{
	return a->af == b->af && memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

size_t
ns_addr_size(int af)
{
	return af == AF_INET ? 4 : 16;
}

void
ns_addr_mask(struct ns_addr *addr, unsigned len)
{
	size_t whole = len / 8;

	if (whole >= sizeof(addr->b))
		return;
	addr->b[whole] &= (uint8_t)(0xff00 >> len % 8);
	memset(addr->b + whole + 1, 0, sizeof(addr->b) - whole - 1);
}

bool
ns_prefix_has(const struct ns_prefix *prefix, const struct ns_addr *addr)
{
	struct ns_addr base = *addr;

	ns_addr_mask(&base, prefix->len);
	return ns_addr_eq(&base, &prefix->addr);
}

int
ns_addr_parse(struct ns_addr *ret, const char *text)
{
	struct ns_addr addr = {.af = AF_INET};

	if (strchr(text, ':') != NULL)
		addr.af = AF_INET6;
	if (inet_pton(addr.af, text, addr.b) != 1)
		return -EINVAL;
	*ret = addr;
	return 0;
}

/* Whole TEXT is a number of at most MAX. */
static int
parse_length(unsigned *ret, const char *text, unsigned max)
{
	unsigned n = 0;

	if (*text == '\0')
		return -EINVAL;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		n = n * 10 + (unsigned)(*text - '0');
		if (n > max)
			return -EINVAL;
	}
	*ret = n;
	return 0;
}

int
ns_prefix_parse(struct ns_prefix *ret, const char *text)
{
	const char *slash = strchr(text, '/');
	size_t n = slash != NULL ? (size_t)(slash - text) : strlen(text);
	char addr_text[NS_ADDR_TEXT];
	struct ns_prefix prefix;
	struct ns_addr base;
	unsigned bits;

	if (n >= sizeof(addr_text))
		return -EINVAL;
	memcpy(addr_text, text, n);
	addr_text[n] = '\0';
	if (ns_addr_parse(&prefix.addr, addr_text) != 0)
		return -EINVAL;
	bits = (unsigned)ns_addr_size(prefix.addr.af) * 8;
	prefix.len = bits;
	if (slash != NULL && parse_length(&prefix.len, slash + 1, bits) != 0)
		return -EINVAL;
	base = prefix.addr;
	ns_addr_mask(&base, prefix.len);
	if (!ns_addr_eq(&base, &prefix.addr))
		return -EINVAL; /* bits of the host are set */
	*ret = prefix;
	return 0;
}

/* Decimal V at P; returns the byte after it. */
static char *
put_octet(char *p, unsigned v)
{
	if (v >= 100)
		*p++ = (char)('0' + v / 100);
	if (v >= 10)
		*p++ = (char)('0' + v / 10 % 10);
	*p++ = (char)('0' + v % 10);
	return p;
}

size_t
ns_addr_text(char text[NS_ADDR_TEXT], const struct ns_addr *addr)
{
	char *p = text;

	if (addr->af == AF_INET6) {
		(void)inet_ntop(AF_INET6, addr->b, text, NS_ADDR_TEXT);
		return strlen(text);
	}
	for (int i = 0; i < 4; i++) {
		p = put_octet(p, addr->b[i]);
		*p++ = '.';
	}
	*--p = '\0';
	return (size_t)(p - text);
}

size_t
ns_prefix_text(char text[NS_ADDR_TEXT + 4], const struct ns_prefix *prefix)
{
	char *p = text + ns_addr_text(text, &prefix->addr);

	*p++ = '/';
	p = put_octet(p, prefix->len);
	*p = '\0';
	return (size_t)(p - text);
}
