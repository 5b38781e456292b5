/* SPDX-License-Identifier: MIT */
/* lib/engine/random.h: SipHash-2-4 as its authors publish it. */
#include "engine/random.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* Key 00 01 .. 0f, message 00 01 .. of each length from 0. */
static const uint64_t vectors[] = {0x726fdb47dd0e0e31, 0x74f839c593dc67fd,
    0x0d6c8009d9a94f5a, 0x85676696d7fb7e2d, 0xcf2794e0277187b7,
    0x18765564cd99a68d, 0xcbc9466e58fee3ce, 0xab0200f58b01d137,
    0x93f5f5799a932462, 0x9e0082df0ba9e4b0, 0x7a5dbbc594ddb9f3,
    0xf4b32f46226bada7, 0x751e8fbc860ee5fb, 0x14ea5627c0843d90,
    0xf723ca908e7af2ee, 0xa129ca6149be45e5};

Test(random, siphash_has_the_published_values)
{
	uint8_t key[16];

	for (uint8_t i = 0; i < 16; i++)
		key[i] = i;
	for (size_t len = 0; len < 16; len++) {
		/* Exactly so long: a read past the end is seen. */
		uint8_t *message = malloc(len > 0 ? len : 1);

		for (size_t i = 0; i < len; i++)
			message[i] = (uint8_t)i;
		cr_assert_eq(nd_siphash(key, message, len), vectors[len]);
		free(message);
	}
}

Test(random, siphash_depends_on_every_bit)
{
	uint8_t key[16] = {0}, message[24] = {0};
	const uint64_t plain = nd_siphash(key, message, sizeof(message));

	for (size_t bit = 0; bit < 8 * sizeof(key); bit++) {
		key[bit / 8] ^= (uint8_t)(1 << bit % 8);
		cr_assert_neq(nd_siphash(key, message, sizeof(message)), plain);
		key[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t bit = 0; bit < 8 * sizeof(message); bit++) {
		message[bit / 8] ^= (uint8_t)(1 << bit % 8);
		cr_assert_neq(nd_siphash(key, message, sizeof(message)), plain);
		message[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

Test(random, fills_any_length)
{
	/* getrandom(2) gives at most 256 bytes in one piece for sure. */
	uint8_t a[1000] = {0}, b[1000] = {0};

	cr_assert_eq(nd_random(a, sizeof(a)), 0);
	cr_assert_eq(nd_random(b, sizeof(b)), 0);
	cr_assert_neq(memcmp(a, b, sizeof(a)), 0);
	cr_assert_neq(memcmp(a + 984, b + 984, 16), 0);
	cr_assert_eq(nd_random(a, 0), 0);
}
