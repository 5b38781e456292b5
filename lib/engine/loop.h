/* SPDX-License-Identifier: MIT */
/* A context on the caller's libev loop: watchers, and when they are active. */
#ifndef ND_ENGINE_LOOP_H
#define ND_ENGINE_LOOP_H

struct ev_loop;
struct nd_ctx;
struct nd_loop;

/* 0 or -ENOMEM. */
int nd_loop_new(struct nd_loop **ret, struct ev_loop *loop, struct nd_ctx *ctx);
void nd_loop_free(struct nd_loop *l);
/*
 * Arms the watchers for what CTX wants next. While it has no task none is
 * active, so that ev_run() returns.
 */
void nd_loop_update(struct nd_loop *l);

#endif
