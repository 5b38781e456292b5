/* SPDX-License-Identifier: MIT */
/* utf8.h: strict decoding of UTF-8 (RFC 3629). */
#ifndef CMD_UTF8_H
#define CMD_UTF8_H

#include <stddef.h>
#include <stdint.h>

/*
 * Decodes the code point at S, of which N bytes (at least 1) may be read:
 * returns its length and stores it in *CP, or returns 0 where no valid
 * sequence begins (no surrogates, nothing overlong, nothing past U+10FFFF).
 */
size_t utf8_decode(const char *s, size_t n, uint32_t *cp);

#endif
