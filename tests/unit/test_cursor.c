/* SPDX-License-Identifier: MIT */
/* lib/wire/cursor.h: bounds, the sticky error, byte order. */
#include "wire/cursor.h"

#include "packets.h"

static uint64_t
read_int(struct nd_rbuf *b, size_t width)
{
	switch (width) {
	case 1:
		return nd_get8(b);
	case 2:
		return nd_get16(b);
	case 4:
		return nd_get32(b);
	default:
		return nd_get64(b);
	}
}

static void
write_int(struct nd_wbuf *b, size_t width, uint64_t v)
{
	switch (width) {
	case 1:
		nd_put8(b, (uint8_t)v);
		break;
	case 2:
		nd_put16(b, (uint16_t)v);
		break;
	case 4:
		nd_put32(b, (uint32_t)v);
		break;
	default:
		nd_put64(b, v);
		break;
	}
}

Test(cursor, reads_in_network_order)
{
	size_t len;
	uint8_t *data = packet_hex("01 fe02 83848586 f8f7f6f5f4f3f2f1", &len);
	struct nd_rbuf b = nd_rbuf_init(data, len);

	cr_assert_eq(nd_get8(&b), 0x01);
	cr_assert_eq(nd_get16(&b), 0xfe02);
	cr_assert_eq(nd_get32(&b), 0x83848586);
	cr_assert_eq(nd_left(&b), 8);
	cr_assert_eq(nd_rest(&b), data + 7);
	cr_assert_eq(nd_get64(&b), UINT64_C(0xf8f7f6f5f4f3f2f1));
	cr_assert_eq(nd_left(&b), 0);
	cr_assert_not(b.bad);
	free(data);
}

Test(cursor, writes_in_network_order)
{
	uint8_t data[18];
	struct nd_wbuf b = nd_wbuf_init(data, sizeof(data));

	nd_put8(&b, 0x01);
	nd_put16(&b, 0xfe02);
	nd_put32(&b, 0x83848586);
	nd_put64(&b, UINT64_C(0xf8f7f6f5f4f3f2f1));
	nd_put_bytes(&b, "\xaa\xbb", 2);
	nd_put_zero(&b, 1);
	cr_assert_not(b.bad);
	cr_assert_eq(nd_wbuf_len(&b), 18);
	cr_assert(packet_is(
	    data, sizeof(data), "01 fe02 83848586 f8f7f6f5f4f3f2f1 aabb 00"));
}

Test(cursor, no_integer_is_read_past_the_end)
{
	static const size_t widths[] = {1, 2, 4, 8};

	for (size_t i = 0; i < 4; i++) {
		for (size_t len = 0; len <= 9; len++) {
			uint8_t *data = malloc(len);
			struct nd_rbuf b = nd_rbuf_init(data, len);
			bool fits = len >= widths[i];
			uint64_t got;

			for (size_t j = 0; j < len; j++)
				data[j] = 0xff;
			got = read_int(&b, widths[i]);
			cr_assert_eq(b.bad, !fits);
			cr_assert_eq(got != 0, fits);
			cr_assert_eq(nd_left(&b), fits ? len - widths[i] : 0);
			free(data);
		}
	}
}

Test(cursor, no_integer_is_written_past_the_end)
{
	static const size_t widths[] = {1, 2, 4, 8};

	for (size_t i = 0; i < 4; i++) {
		for (size_t len = 0; len <= 9; len++) {
			uint8_t *data = calloc(len, 1);
			struct nd_wbuf b = nd_wbuf_init(data, len);
			bool fits = len >= widths[i];
			size_t changed = 0;

			write_int(&b, widths[i], UINT64_MAX);
			for (size_t j = 0; j < len; j++)
				changed += data[j] != 0;
			cr_assert_eq(b.bad, !fits);
			cr_assert_eq(changed, fits ? widths[i] : 0);
			cr_assert_eq(nd_wbuf_len(&b), fits ? widths[i] : 0);
			free(data);
		}
	}
}

Test(cursor, a_read_error_stays)
{
	uint8_t data[4] = {1, 2, 3, 4}, copy[3] = {9, 9, 9};
	struct nd_rbuf b = nd_rbuf_init(data, sizeof(data));

	cr_assert_eq(nd_get8(&b), 1);
	cr_assert_eq(nd_get32(&b), 0);
	cr_assert(b.bad);
	cr_assert_eq(nd_get8(&b), 0);
	cr_assert_null(nd_get_bytes(&b, 0));
	nd_get_copy(&b, copy, sizeof(copy));
	cr_assert_eq(copy[0], 9);
	cr_assert_eq(nd_left(&b), 0);
	cr_assert(nd_sub(&b, 0).bad);
	cr_assert(b.bad);
}

Test(cursor, a_write_error_stays)
{
	uint8_t data[4] = {0};
	struct nd_wbuf b = nd_wbuf_init(data, sizeof(data));

	nd_put16(&b, 0xffff);
	nd_put32(&b, 0xffffffff);
	cr_assert(b.bad);
	nd_put8(&b, 0xff);
	nd_put_zero(&b, 0);
	nd_patch16(&b, 0, 0);
	cr_assert(b.bad);
	cr_assert_eq(nd_wbuf_len(&b), 0);
	cr_assert(packet_is(data, sizeof(data), "ffff 0000"));
}

Test(cursor, huge_lengths_do_not_wrap)
{
	uint8_t data[4] = {0};
	struct nd_rbuf r = nd_rbuf_init(data, sizeof(data));
	struct nd_wbuf w = nd_wbuf_init(data, sizeof(data));
	volatile size_t huge = SIZE_MAX; /* not known to the compiler */

	nd_skip(&r, huge);
	cr_assert(r.bad);
	nd_put_zero(&w, huge);
	cr_assert(w.bad);
	w = nd_wbuf_init(data, sizeof(data));
	nd_put_zero(&w, 4);
	nd_patch16(&w, huge, 1);
	cr_assert(w.bad);
}

Test(cursor, bytes_are_given_in_place_or_copied)
{
	uint8_t data[5] = {1, 2, 3, 4, 5}, copy[2];
	struct nd_rbuf b = nd_rbuf_init(data, sizeof(data));

	cr_assert_eq(nd_get_bytes(&b, 2), data);
	nd_get_copy(&b, copy, 2);
	cr_assert_eq(copy[0], 3);
	cr_assert_eq(copy[1], 4);
	nd_skip(&b, 1);
	cr_assert_eq(nd_get_bytes(&b, 0), data + 5);
	cr_assert_not(b.bad);
	cr_assert_null(nd_get_bytes(&b, 1));
	cr_assert(b.bad);
}

Test(cursor, a_sub_cursor_ends_where_its_part_ends)
{
	uint8_t data[5] = {1, 2, 3, 4, 5};
	struct nd_rbuf b = nd_rbuf_init(data, sizeof(data));
	struct nd_rbuf sub = nd_sub(&b, 3);

	cr_assert_eq(nd_left(&sub), 3);
	cr_assert_eq(nd_get16(&sub), 0x0102);
	cr_assert_eq(nd_get16(&sub), 0);
	cr_assert(sub.bad);
	cr_assert_not(b.bad);
	cr_assert_eq(nd_get8(&b), 4);

	sub = nd_sub(&b, 2);
	cr_assert(sub.bad);
	cr_assert_eq(nd_left(&sub), 0);
	cr_assert(b.bad);
}

Test(cursor, an_empty_buffer_may_be_null)
{
	struct nd_rbuf r = nd_rbuf_init(NULL, 0);
	struct nd_wbuf w = nd_wbuf_init(NULL, 0);

	nd_skip(&r, 0);
	cr_assert_eq(nd_left(&r), 0);
	cr_assert_not(r.bad);
	cr_assert_eq(nd_get8(&r), 0);
	cr_assert(r.bad);

	nd_put_bytes(&w, NULL, 0);
	nd_put_zero(&w, 0);
	cr_assert_not(w.bad);
	cr_assert_eq(nd_wbuf_len(&w), 0);
	nd_put8(&w, 1);
	cr_assert(w.bad);
}

Test(cursor, only_what_was_written_can_be_patched)
{
	for (size_t written = 0; written <= 5; written++) {
		for (size_t offset = 0; offset <= 6; offset++) {
			uint8_t data[8] = {0};
			struct nd_wbuf b = nd_wbuf_init(data, sizeof(data));
			bool fits = offset + 2 <= written;

			nd_put_zero(&b, written);
			nd_patch16(&b, offset, 0xabcd);
			cr_assert_eq(b.bad, !fits);
			cr_assert_eq(data[offset], fits ? 0xab : 0);
			cr_assert_eq(data[offset + 1], fits ? 0xcd : 0);
			cr_assert_eq(nd_wbuf_len(&b), fits ? written : 0);
		}
	}
}
