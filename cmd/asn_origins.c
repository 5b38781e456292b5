/* SPDX-License-Identifier: MIT */
/* asn_origins.c: AS numbers and prefixes, from text and back. */
#include "asn_origins.h"

#include <stdio.h>
#include <string.h>

#include "parse.h"

/* ---- Numbers ------------------------------------------------------------- */

void
asn_origins_add(struct asn_origins *origins, uint32_t asn)
{
	for (unsigned i = 0; i < origins->n; i++) {
		if (origins->asn[i] == asn)
			return;
	}
	if (origins->n < ASN_ORIGINS_MAX)
		origins->asn[origins->n++] = asn;
}

/* A number that begins at TEXT: its length, or 0. AS 0 is nobody (RFC 7607). */
static size_t
read_number(const char *text, size_t len, uint32_t *ret)
{
	uint64_t value = 0;
	size_t n = 0;

	while (n < len && text[n] >= '0' && text[n] <= '9') {
		value = value * 10 + (uint64_t)(text[n++] - '0');
		if (value == 0 || value > UINT32_MAX)
			return 0;
	}
	*ret = (uint32_t)value;
	return n;
}

static size_t
skip_blanks(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && text[n] == ' ')
		n++;
	return n;
}

bool
asn_origins_parse(const char *text, size_t len, char separator, bool prefix_ok,
    struct asn_origins *ret)
{
	struct asn_origins origins = {.n = 0};
	size_t at = 0, n;
	uint32_t asn;

	for (;;) {
		if (prefix_ok && len - at > 2 &&
		    memcmp(text + at, "AS", 2) == 0)
			at += 2;
		n = read_number(text + at, len - at, &asn);
		if (n == 0)
			return false;
		asn_origins_add(&origins, asn);
		at += n;
		if (at == len)
			break;
		if (text[at] != separator)
			return false;
		at += separator == ' ' ? skip_blanks(text + at, len - at) : 1;
	}
	*ret = origins;
	return true;
}

void
asn_origins_text(const struct asn_origins *origins, char ret[ASN_TEXT_MAX])
{
	size_t len = 0;

	ret[0] = '\0';
	for (unsigned i = 0; i < origins->n; i++)
		len += (size_t)snprintf(ret + len, ASN_TEXT_MAX - len, "%sAS%u",
		    i > 0 ? "/" : "", origins->asn[i]);
}

/* ---- Prefixes ------------------------------------------------------------ */

/* Whether the first BITS of both are the same. */
static bool
same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned bytes = bits / 8, rest = bits % 8;

	return memcmp(a, b, bytes) == 0 &&
	       (rest == 0 || ((a[bytes] ^ b[bytes]) >> (8 - rest)) == 0);
}

bool
asn_prefix_parse(const char *text, size_t len, struct asn_prefix *ret)
{
	const char *slash = memchr(text, '/', len);
	struct asn_prefix prefix = {.family = AF_UNSPEC}, cut;
	struct parse_addr addr;
	char bits[sizeof("128")];
	uint64_t value;
	size_t n;

	if (slash == NULL)
		return false;
	n = len - (size_t)(slash - text) - 1;
	if (n >= sizeof(bits) || (n > 1 && slash[1] == '0'))
		return false;
	memcpy(bits, slash + 1, n);
	bits[n] = '\0';
	if (parse_addr(text, (size_t)(slash - text), &addr) != 0 ||
	    addr.scope[0] != '\0' ||
	    parse_u64(bits, 0, addr.af == AF_INET ? 32 : 128, &value) != 0)
		return false;
	prefix.family = (sa_family_t)addr.af;
	prefix.len = (uint8_t)value;
	memcpy(prefix.bytes, addr.bytes, addr.af == AF_INET ? 4 : 16);
	cut = prefix;
	for (unsigned bit = prefix.len; bit < 128; bit++)
		cut.bytes[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
	if (memcmp(cut.bytes, prefix.bytes, sizeof(cut.bytes)) != 0)
		return false;
	*ret = prefix;
	return true;
}

bool
asn_prefix_of(const struct sockaddr *addr, struct asn_prefix *ret)
{
	struct asn_prefix prefix = {.family = addr->sa_family};
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	if (addr->sa_family == AF_INET) {
		memcpy(&in, addr, sizeof(in));
		memcpy(prefix.bytes, &in.sin_addr, 4);
		prefix.len = 32;
	} else if (addr->sa_family == AF_INET6) {
		memcpy(&in6, addr, sizeof(in6));
		memcpy(prefix.bytes, &in6.sin6_addr, 16);
		prefix.len = 128;
	} else {
		return false;
	}
	*ret = prefix;
	return true;
}

bool
asn_prefix_holds(const struct asn_prefix *outer, const struct asn_prefix *inner)
{
	return outer->family == inner->family && outer->len <= inner->len &&
	       same_bits(outer->bytes, inner->bytes, outer->len);
}
