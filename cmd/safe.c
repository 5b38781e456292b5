/* SPDX-License-Identifier: MIT */
/* safe.c: the one filter for text from afar. */
#include "safe.h"

#include <stdint.h>
#include <string.h>

#include "utf8.h"

#define ESCAPE_WIDTH 4 /* \xNN */

struct range {
	uint32_t first, last;
};

static bool
in_ranges(const struct range *ranges, size_t n, uint32_t cp)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (cp >= ranges[i].first && cp <= ranges[i].last)
			return true;
	}
	return false;
}

/* What steers a terminal, reorders text or breaks lines. */
static bool
is_unsafe(uint32_t cp)
{
	static const struct range unsafe[] = {
	    {0x00, 0x1f},	/* C0, ESC among them */
	    {0x7f, 0x9f},	/* DEL, C1 */
	    {0x061c, 0x061c},	/* bidi: Arabic letter mark */
	    {0x200b, 0x200f},	/* zero width, bidi marks */
	    {0x2028, 0x202e},	/* line ends, bidi embeddings */
	    {0x2060, 0x206f},	/* invisible, bidi isolates */
	    {0xfeff, 0xfeff},	/* byte order mark */
	    {0xfff9, 0xfffb},	/* annotations */
	    {0xe0000, 0xe0fff}, /* tags */
	};

	return in_ranges(unsafe, sizeof(unsafe) / sizeof(unsafe[0]), cp);
}

/* Columns of a code point, as far as names of hosts need it. */
static size_t
cp_width(uint32_t cp)
{
	static const struct range zero[] = {
	    {0x0300, 0x036f},
	    {0x20d0, 0x20ff},
	    {0xfe00, 0xfe0f},
	};
	static const struct range wide[] = {
	    {0x1100, 0x115f},
	    {0x2e80, 0x303e},
	    {0x3041, 0xa4cf},
	    {0xac00, 0xd7a3},
	    {0xf900, 0xfaff},
	    {0xfe30, 0xfe6f},
	    {0xff00, 0xff60},
	    {0xffe0, 0xffe6},
	    {0x1f300, 0x1f64f},
	    {0x1f900, 0x1f9ff},
	    {0x20000, 0x3fffd},
	};

	if (cp < 0x300)
		return 1;
	if (in_ranges(zero, sizeof(zero) / sizeof(zero[0]), cp))
		return 0;
	return in_ranges(wide, sizeof(wide) / sizeof(wide[0]), cp) ? 2 : 1;
}

/* One piece of output: LEN bytes of the input as they are, or escaped. */
struct piece {
	size_t len, width;
	bool escaped;
};

static struct piece
piece_at(const char *s, size_t n)
{
	uint32_t cp;
	size_t len = utf8_decode(s, n, &cp);

	if (len > 0 && !is_unsafe(cp))
		return (struct piece){len, cp_width(cp), false};
	if (len == 0)
		len = 1;
	return (struct piece){len, ESCAPE_WIDTH * len, true};
}

static void
piece_add(struct buf *buf, const char *s, const struct piece *piece)
{
	size_t i;

	if (!piece->escaped) {
		buf_add(buf, s, piece->len);
		return;
	}
	for (i = 0; i < piece->len; i++) {
		buf_add(buf, "\\x", 2);
		buf_hex(buf, (unsigned char)s[i], 2);
	}
}

/* Appends as much of STR as fits in WIDTH columns; returns what it took. */
static size_t
add_fitting(struct buf *buf, const char *str, size_t width)
{
	size_t n = strlen(str);
	size_t used = 0;
	size_t i = 0;

	while (i < n) {
		struct piece piece = piece_at(str + i, n - i);

		if (piece.width > width - used)
			break;
		piece_add(buf, str + i, &piece);
		used += piece.width;
		i += piece.len;
	}
	return used;
}

void
safe_str(struct buf *buf, const char *str)
{
	size_t plain = 0;

	/* Nearly every name is plain ASCII as a whole. */
	while (str[plain] >= 0x20 && str[plain] < 0x7f)
		plain++;
	buf_add(buf, str, plain);
	if (str[plain] != '\0')
		(void)add_fitting(buf, str + plain, SIZE_MAX);
}

size_t
safe_width(const char *str)
{
	size_t n = strlen(str);
	size_t width = 0;
	size_t i = 0;

	while (i < n) {
		struct piece piece = piece_at(str + i, n - i);

		width += piece.width;
		i += piece.len;
	}
	return width;
}

void
safe_column(struct buf *buf, const char *str, size_t width, bool cut, bool utf8)
{
	size_t used = safe_width(str);

	if (cut && used > width && width > 0) {
		used = add_fitting(buf, str, width - 1) + 1;
		buf_str(buf, utf8 ? "\xe2\x80\xa6" : "~"); /* U+2026 */
	} else {
		safe_str(buf, str);
	}
	if (used < width)
		buf_fill(buf, ' ', width - used);
}
