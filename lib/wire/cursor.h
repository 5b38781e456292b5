/* SPDX-License-Identifier: MIT */
/*
 * Cursors over packet bytes, the only way to read or write them. An access
 * past the end touches nothing, yields 0 or NULL and sets `bad` for good, so a
 * codec is straight-line calls and one check at the end. Integers are in
 * network byte order on the wire and in host order here.
 */
#ifndef ND_WIRE_CURSOR_H
#define ND_WIRE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct nd_rbuf {
	const uint8_t *p, *end;
	bool bad;
};

/* `start` is where the first byte went, for nd_patch16() and nd_wbuf_len(). */
struct nd_wbuf {
	uint8_t *p, *end, *start;
	bool bad;
};

/* ---- Reading ----------------------------------------------------------- */

/* DATA is borrowed; it may be NULL where LEN is 0. */
static inline struct nd_rbuf
nd_rbuf_init(const void *data, size_t len)
{
	const uint8_t *p = data;

	return (struct nd_rbuf){.p = p, .end = len > 0 ? p + len : p};
}

/* How many bytes are left to read; 0 once the cursor is bad. */
static inline size_t
nd_left(const struct nd_rbuf *b)
{
	return (size_t)(b->end - b->p);
}

/* The next byte to read, of nd_left(), without reading it. */
static inline const uint8_t *
nd_rest(const struct nd_rbuf *b)
{
	return b->p;
}

/* The next N bytes, in place, or NULL where fewer are left. */
static inline const uint8_t *
nd_get_bytes(struct nd_rbuf *b, size_t n)
{
	const uint8_t *p = b->p;

	if (b->bad || n > nd_left(b)) {
		b->bad = true;
		b->p = b->end;
		return NULL;
	}
	if (n > 0)
		b->p += n;
	return p;
}

/* The next N bytes into DST, which is untouched where fewer are left. */
static inline void
nd_get_copy(struct nd_rbuf *b, void *dst, size_t n)
{
	const uint8_t *p = nd_get_bytes(b, n);

	if (p != NULL && n > 0)
		memcpy(dst, p, n);
}

static inline void
nd_skip(struct nd_rbuf *b, size_t n)
{
	(void)nd_get_bytes(b, n);
}

/* Takes the next N bytes out as a cursor of their own; bad if too few. */
static inline struct nd_rbuf
nd_sub(struct nd_rbuf *b, size_t n)
{
	const uint8_t *p = nd_get_bytes(b, n);
	struct nd_rbuf sub = nd_rbuf_init(p, b->bad ? 0 : n);

	sub.bad = b->bad;
	return sub;
}

static inline uint8_t
nd_get8(struct nd_rbuf *b)
{
	const uint8_t *p = nd_get_bytes(b, 1);

	return p != NULL ? p[0] : 0;
}

static inline uint16_t
nd_get16(struct nd_rbuf *b)
{
	const uint8_t *p = nd_get_bytes(b, 2);

	return p != NULL ? (uint16_t)((unsigned)p[0] << 8 | p[1]) : 0;
}

static inline uint32_t
nd_get32(struct nd_rbuf *b)
{
	const uint8_t *p = nd_get_bytes(b, 4);

	if (p == NULL)
		return 0;
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t
nd_get64(struct nd_rbuf *b)
{
	struct nd_rbuf word = nd_sub(b, 8);
	uint64_t high = nd_get32(&word);

	return high << 32 | nd_get32(&word);
}

/* ---- Writing ----------------------------------------------------------- */

/* DATA has room for SIZE bytes and is borrowed. */
static inline struct nd_wbuf
nd_wbuf_init(void *data, size_t size)
{
	uint8_t *p = data;

	return (struct nd_wbuf){
	    .p = p, .end = size > 0 ? p + size : p, .start = p};
}

/* How many bytes were written; 0 where one of them found no room. */
static inline size_t
nd_wbuf_len(const struct nd_wbuf *b)
{
	return b->bad ? 0 : (size_t)(b->p - b->start);
}

/* Room for N bytes, to be filled by the caller, or NULL. */
static inline uint8_t *
nd_put_room(struct nd_wbuf *b, size_t n)
{
	uint8_t *p = b->p;

	if (b->bad || n > (size_t)(b->end - b->p)) {
		b->bad = true;
		return NULL;
	}
	if (n > 0)
		b->p += n;
	return p;
}

/* DATA may be NULL where N is 0. */
static inline void
nd_put_bytes(struct nd_wbuf *b, const void *data, size_t n)
{
	uint8_t *p = nd_put_room(b, n);

	if (p != NULL && n > 0)
		memcpy(p, data, n);
}

static inline void
nd_put_zero(struct nd_wbuf *b, size_t n)
{
	uint8_t *p = nd_put_room(b, n);

	if (p != NULL && n > 0)
		memset(p, 0, n);
}

static inline void
nd_put8(struct nd_wbuf *b, uint8_t v)
{
	uint8_t *p = nd_put_room(b, 1);

	if (p != NULL)
		p[0] = v;
}

static inline void
nd_store16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void
nd_put16(struct nd_wbuf *b, uint16_t v)
{
	uint8_t *p = nd_put_room(b, 2);

	if (p != NULL)
		nd_store16(p, v);
}

static inline void
nd_put32(struct nd_wbuf *b, uint32_t v)
{
	uint8_t *p = nd_put_room(b, 4);

	if (p == NULL)
		return;
	nd_store16(p, (uint16_t)(v >> 16));
	nd_store16(p + 2, (uint16_t)v);
}

static inline void
nd_put64(struct nd_wbuf *b, uint64_t v)
{
	uint8_t *p = nd_put_room(b, 8);
	struct nd_wbuf word = nd_wbuf_init(p, p != NULL ? 8 : 0);

	nd_put32(&word, (uint32_t)(v >> 32));
	nd_put32(&word, (uint32_t)v);
}

/* Overwrites 2 bytes already written, OFFSET from the start; else bad. */
static inline void
nd_patch16(struct nd_wbuf *b, size_t offset, uint16_t v)
{
	size_t len = nd_wbuf_len(b);

	if (len < 2 || offset > len - 2) {
		b->bad = true;
		return;
	}
	nd_store16(b->start + offset, v);
}

#endif
