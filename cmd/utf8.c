/* SPDX-License-Identifier: MIT */
/* utf8.c: strict decoding of UTF-8 (RFC 3629, section 4). */
#include "utf8.h"

size_t
utf8_decode(const char *s, size_t n, uint32_t *cp)
{
	/* The smallest code point that needs as many bytes. */
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first = (unsigned char)s[0];
	uint32_t value;
	size_t len, i;

	if (first < 0x80) {
		*cp = first;
		return 1;
	} else if (first >= 0xc2 && first <= 0xdf) {
		len = 2;
		value = first & 0x1fu;
	} else if ((first & 0xf0) == 0xe0) {
		len = 3;
		value = first & 0x0fu;
	} else if (first >= 0xf0 && first <= 0xf4) {
		len = 4;
		value = first & 0x07u;
	} else {
		return 0;
	}
	if (n < len)
		return 0;
	for (i = 1; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if ((c & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (c & 0x3fu);
	}
	if (value < least[len] || value > 0x10ffff ||
	    (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*cp = value;
	return len;
}
