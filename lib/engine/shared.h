/* SPDX-License-Identifier: MIT */
/*
 * Options that many tasks have in common are kept once: a million targets are
 * mostly started with the same ones.
 */
#ifndef ND_ENGINE_SHARED_H
#define ND_ENGINE_SHARED_H

#include <stddef.h>
#include <stdint.h>

struct nd_shared; /* one kept block */

/*
 * A copy of the LEN bytes at DATA, shared with all who asked for equal bytes
 * (padding included: clear it first); NULL: out of memory. *LIST is NULL to
 * begin with.
 */
const void *nd_shared_get(
    struct nd_shared **list, const void *data, size_t len);
/* Gives up what nd_shared_get() returned. */
void nd_shared_put(struct nd_shared **list, const void *data);

#endif
