/* SPDX-License-Identifier: MIT */
/*
 * The options of routers and hosts: what each is called, which values it
 * takes, and what it is before.
 */
#ifndef NETSIM_OPTIONS_H
#define NETSIM_OPTIONS_H

#include "topo.h"

void ns_router_defaults(struct ns_router *router);
void ns_host_defaults(struct ns_host *host);

/*
 * One word, `name=value` or `name`, which may be changed. 0 or -EINVAL with
 * the cause in FAULT->message.
 */
int ns_router_option(
    struct ns_router *router, char *word, struct ns_fault *fault);
int ns_host_option(struct ns_host *host, char *word, struct ns_fault *fault);

#endif
