/* SPDX-License-Identifier: MIT */
/* Which sockets a context has: opening and closing them. */
#ifndef ND_ENGINE_OPEN_H
#define ND_ENGINE_OPEN_H

#include "net/net.h"
#include "netdiag.h"

struct nd_ctx;
struct nd_ctx_parts;

/* What OPTS say of each socket, with IDENT. */
struct nd_sock_opts nd_open_opts(
    const struct nd_ctx_opts *opts, uint16_t ident);
/*
 * Opens the sockets of CTX->methods over the first of the backends in PARTS
 * that the system allows, and reserves the source ports that they want. 0, or
 * a negative error with nothing left open.
 */
int nd_open_socks(struct nd_ctx *ctx, const struct nd_ctx_opts *opts,
    const struct nd_ctx_parts *parts);
void nd_close_socks(struct nd_ctx *ctx);

#endif
