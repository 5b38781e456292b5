/* SPDX-License-Identifier: MIT */
/*
 * The values of the topology file, FORMAT.md: durations, shares, ports and so
 * on. Each takes a whole word. 0 or -EINVAL.
 */
#ifndef NETSIM_VALUES_H
#define NETSIM_VALUES_H

#include "topo.h"

/* Digits only, from LO to HI. */
int ns_parse_number(int64_t *ret, const char *text, int64_t lo, int64_t hi);
int ns_parse_duration(int64_t *ret, const char *text);
int ns_parse_range(struct ns_range *ret, const char *text);
/* In millionths. */
int ns_parse_share(uint32_t *ret, const char *text);
/* Sets the interval of RET, no more. */
int ns_parse_rate(struct ns_bucket *ret, const char *text);
int ns_parse_ports(struct ns_ports *ret, const char *text);
int ns_parse_error(struct ns_error *ret, const char *text);
/* ROUTER names: letters, digits, dot, underscore, dash. */
bool ns_is_name(const char *text, size_t len);

bool ns_ports_have(const struct ns_ports *ports, uint16_t port);

/* Takes the next item of a comma list, or returns NULL. Changes the list. */
char *ns_next_item(char **list);

#endif
