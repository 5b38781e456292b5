/* SPDX-License-Identifier: MIT */
/*
 * target.c: what a TARGET means, told from its text alone: an address, a
 * block, a range, a file or else a name. What other programs would guess at
 * ("127.1") is refused with the reason.
 */
#include "target.h"
#include "utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define LABEL_MAX 63 /* RFC 1035 section 2.3.4 */
#define ADDR_MAX 64  /* no address with its scope is as long */

struct parser {
	const char *text;
	unsigned flags;
	struct target_spec *spec;
	struct opt_error *err;
};

static int
fail(const struct parser *p, const char *cause)
{
	return opt_error_set(p->err, p->text, "%s", cause);
}

/* ---- Addresses ---------------------------------------------------------- */

bool
target_is_group(int af, const uint8_t *addr)
{
	static const uint8_t everybody[4] = {255, 255, 255, 255};

	if (af == AF_INET6)
		return addr[0] == 0xff;
	return (addr[0] & 0xf0) == 224 || memcmp(addr, everybody, 4) == 0;
}

/* Whether any address of the spec is one: only the ends of 224/4 matter. */
static bool
has_group(const struct target_spec *spec)
{
	static const uint8_t lowest[2][16] = {{224, 0, 0, 0}, {0xff}};
	const uint8_t *group = lowest[spec->af == AF_INET6];

	if (target_is_group(spec->af, spec->first) ||
	    target_is_group(spec->af, spec->last))
		return true;
	return memcmp(spec->first, group, 16) < 0 &&
	       memcmp(group, spec->last, 16) < 0;
}

static bool
is_mapped(const struct parse_addr *addr)
{
	static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

	return addr->af == AF_INET6 && memcmp(addr->bytes, prefix, 12) == 0;
}

/* Sent to, it would be this host: hardly what was meant. */
static int
fail_unspecified(const struct parser *p)
{
	(void)fail(p, "the unspecified address is no target");
	opt_error_hint(p->err, "this host itself is %s",
	    p->spec->af == AF_INET ? "127.0.0.1" : "::1");
	return -EINVAL;
}

/* What holds for every kind of address. */
static int
check_addresses(const struct parser *p, const struct parse_addr *first)
{
	static const uint8_t unspecified[16] = {0};
	const struct target_spec *spec = p->spec;

	if (is_mapped(first)) {
		(void)fail(p, "an IPv4 address written as IPv6");
		opt_error_hint(p->err, "write %u.%u.%u.%u", first->bytes[12],
		    first->bytes[13], first->bytes[14], first->bytes[15]);
		return -EINVAL;
	}
	if (spec->af == AF_INET6 && (p->flags & TARGET_IPV4) != 0)
		return fail(p, "an IPv6 address, but only IPv4 is wanted");
	if (spec->af == AF_INET && (p->flags & TARGET_IPV6) != 0)
		return fail(p, "an IPv4 address, but only IPv6 is wanted");
	if (memcmp(spec->first, unspecified, sizeof(unspecified)) == 0)
		return fail_unspecified(p);
	if ((p->flags & TARGET_BROADCAST) == 0 && has_group(spec)) {
		(void)fail(p, "broadcast or multicast");
		if ((p->flags & TARGET_NO_GROUPS) == 0)
			opt_error_hint(p->err, "-b allows it");
		return -EINVAL;
	}
	return 0;
}

/* The spec has FIRST and LAST: bound their number, then the rest. */
static int
finish(const struct parser *p, const struct parse_addr *first)
{
	uint64_t count = target_count(p->spec);

	if (count > TARGET_MAX_COUNT) {
		if (count == UINT64_MAX)
			(void)fail(p, "2^64 addresses or more");
		else
			(void)opt_error_set(
			    p->err, p->text, "%" PRIu64 " addresses", count);
		opt_error_hint(p->err,
		    "one target may stand for %" PRIu64 " addresses at most",
		    TARGET_MAX_COUNT);
		return -EINVAL;
	}
	return check_addresses(p, first);
}

static void
set_first(struct target_spec *spec, const struct parse_addr *addr)
{
	spec->af = addr->af;
	memcpy(spec->first, addr->bytes, sizeof(spec->first));
	memcpy(spec->last, addr->bytes, sizeof(spec->last));
	memcpy(spec->scope, addr->scope, sizeof(spec->scope));
}

/* ---- Blocks and ranges -------------------------------------------------- */

/* Sets the host bits of FIRST to 0 and those of LAST to 1. */
static void
spread(struct target_spec *spec, unsigned prefix)
{
	size_t size = spec->af == AF_INET ? 4 : 16;

	for (size_t i = 0; i < size; i++) {
		unsigned left = prefix > 8 * i ? prefix - 8 * (unsigned)i : 0;
		unsigned host = left >= 8 ? 0 : 0xffu >> left;

		spec->first[i] &= (uint8_t)~host;
		spec->last[i] |= (uint8_t)host;
	}
}

static int
parse_block(const struct parser *p, const char *slash)
{
	struct target_spec *spec = p->spec;
	struct parse_addr addr;
	uint64_t prefix, bits;

	if (parse_addr(p->text, (size_t)(slash - p->text), &addr) < 0) {
		(void)fail(p, "no address before the '/'");
		opt_error_hint(p->err, "a block is written as 192.0.2.0/24");
		return -EINVAL;
	}
	bits = addr.af == AF_INET ? 32 : 128;
	if (parse_u64(slash + 1, 0, bits, &prefix) < 0)
		return opt_error_set(p->err, p->text,
		    "the prefix length is not a number from 0 to %" PRIu64,
		    bits);
	spec->kind = TARGET_BLOCK;
	set_first(spec, &addr);
	spread(spec, (unsigned)prefix);
	if (addr.af == AF_INET && prefix < 31 &&
	    (p->flags & TARGET_INCLUDE_ALL) == 0) {
		spec->first[3] |= 1;
		spec->last[3] &= 0xfe;
	}
	return finish(p, &addr);
}

static int
parse_range(const struct parser *p, const struct parse_addr *first,
    const struct parse_addr *last)
{
	struct target_spec *spec = p->spec;

	if (first->af != last->af)
		return fail(p, "the two ends are of different families");
	if (first->scope[0] != '\0' && last->scope[0] != '\0' &&
	    strcmp(first->scope, last->scope) != 0)
		return fail(p, "the two ends are on different interfaces");
	if (memcmp(last->bytes, first->bytes, sizeof(last->bytes)) < 0)
		return fail(p, "the last address is below the first");
	spec->kind = TARGET_RANGE;
	set_first(spec, first->scope[0] != '\0' ? first : last);
	memcpy(spec->first, first->bytes, sizeof(spec->first));
	memcpy(spec->last, last->bytes, sizeof(spec->last));
	return finish(p, is_mapped(last) ? last : first);
}

/* ---- Names -------------------------------------------------------------- */

/*
 * Digits and dots as well as those that IDN would make of other characters:
 * full-width digits (U+FF10) and four more dots (RFC 3490 section 3.1).
 */
static uint32_t
plain(uint32_t code)
{
	if (code >= 0xff10 && code <= 0xff19)
		return code - 0xff10 + '0';
	if (code == 0x3002 || code == 0xff0e || code == 0xff61)
		return '.';
	return code;
}

static bool
is_hex(uint32_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	       (c >= 'A' && c <= 'F');
}

/*
 * Whether each part between dots is a number, decimal or 0x hex: what
 * inet_aton(3) and with it getaddrinfo(3) would take for an IPv4 address. TEXT
 * is valid UTF-8.
 */
static bool
is_numeric(const char *text)
{
	size_t len = strlen(text), at = 0, digits = 0;
	bool hex = false, zero = false;

	while (at < len) {
		uint32_t c;

		at += utf8_decode(text + at, len - at, &c);
		c = plain(c);
		if (c == '.') {
			digits = 0;
			hex = false;
		} else if ((c == 'x' || c == 'X') && digits == 1 && zero) {
			hex = true;
		} else if (hex ? is_hex(c) : (c >= '0' && c <= '9')) {
			zero = digits++ == 0 && c == '0';
		} else {
			return false;
		}
	}
	return true;
}

static int
fail_numeric(const struct parser *p)
{
	const char *text = p->text;
	size_t dots = 0, zeros = 0;
	bool odd = text[strspn(text, "0123456789.")] != '\0';

	for (const char *c = text; *c != '\0'; c++) {
		bool starts = c == text || c[-1] == '.';

		dots += *c == '.';
		zeros += starts && *c == '0' && c[1] != '.' && c[1] != '\0';
	}
	if (odd)
		(void)fail(p, "an IPv4 address is written in decimal numbers");
	else if (dots != 3)
		(void)fail(p, "an IPv4 address has four numbers");
	else if (zeros > 0)
		(void)fail(p, "a leading zero may be read as octal");
	else
		(void)fail(p, "not an IPv4 address: a number is missing or "
			      "above 255");
	opt_error_hint(p->err, "write it as 192.0.2.1");
	return -EINVAL;
}

static bool
is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

/*
 * Lengths of the whole and of its labels; a final dot is allowed. How long a
 * label of other characters is, only its encoding tells.
 */
static int
check_labels(const struct parser *p, size_t len)
{
	const char *text = p->text;
	size_t label = 0, max = is_ascii(text) ? LABEL_MAX : TARGET_NAME_MAX;

	if (len > 0 && text[len - 1] == '.')
		len--;
	if (len > TARGET_NAME_MAX)
		return fail(p, "a name has at most 253 bytes");
	for (size_t i = 0; i <= len; i++) {
		if (i < len && text[i] != '.') {
			label++;
			continue;
		}
		if (label == 0)
			return fail(p, "an empty part in a name");
		if (label > max)
			return fail(p, "a part of a name has at most 63 bytes");
		label = 0;
	}
	return 0;
}

static int
parse_name(const struct parser *p)
{
	const char *text = p->text;
	size_t len = strlen(text);

	if (!parse_is_text(text, len))
		return fail(p, "control characters or invalid UTF-8");
	if (strpbrk(text, " \"'\\/,:;<>()[]{}|&$*?!`^=+#%@") != NULL) {
		(void)fail(p, "neither a name nor an address");
		if (strchr(text, ':') != NULL)
			opt_error_hint(p->err, "no port and no brackets here");
		return -EINVAL;
	}
	if (is_numeric(text))
		return fail_numeric(p);
	p->spec->kind = TARGET_NAME;
	return check_labels(p, len);
}

/* ---- All of them -------------------------------------------------------- */

/* @FILE and -: whether TEXT is one, and then the result. */
static bool
parse_source(const struct parser *p, int *ret)
{
	bool in_file = (p->flags & TARGET_IN_FILE) != 0;

	*ret = 0;
	if (strcmp(p->text, "-") == 0) {
		p->spec->kind = TARGET_STDIN;
		if (in_file)
			*ret = fail(p, "a file cannot name standard input");
		return true;
	}
	if (p->text[0] != '@')
		return false;
	p->spec->kind = TARGET_FILE;
	if (in_file)
		*ret = fail(p, "a file cannot include another");
	else if (p->text[1] == '\0')
		*ret = fail(p, "no file name after the '@'");
	return true;
}

static int
parse(const struct parser *p)
{
	const char *text = p->text, *slash, *dash = strchr(text, '-');
	struct parse_addr first, last;
	int r;

	if (*text == '\0')
		return fail(p, "an empty target");
	if (parse_source(p, &r))
		return r;
	if (parse_addr(text, strlen(text), &first) == 0) {
		p->spec->kind = TARGET_ADDR;
		set_first(p->spec, &first);
		return check_addresses(p, &first);
	}
	slash = strchr(text, '/');
	if (slash != NULL)
		return parse_block(p, slash);
	/* An interface name may have dashes too, an address has none. */
	for (; dash != NULL && dash - text < ADDR_MAX;
	     dash = strchr(dash + 1, '-')) {
		if (parse_addr(text, (size_t)(dash - text), &first) < 0)
			continue;
		if (parse_addr(dash + 1, strlen(dash + 1), &last) == 0)
			return parse_range(p, &first, &last);
	}
	dash = strchr(text, '-');
	if (dash != NULL && dash[strspn(dash, "-.0123456789")] == '\0' &&
	    parse_addr(text, (size_t)(dash - text), &first) == 0) {
		(void)fail(p, "no address after the '-' of a range");
		opt_error_hint(
		    p->err, "a range is written as 192.0.2.1-192.0.2.20");
		return -EINVAL;
	}
	return parse_name(p);
}

int
target_parse(const char *text, unsigned flags, struct target_spec *ret,
    struct opt_error *err)
{
	struct target_spec spec = {.text = text, .af = AF_UNSPEC};
	struct parser p = {text, flags, &spec, err};
	int r = parse(&p);

	if (r == 0)
		*ret = spec;
	return r;
}
