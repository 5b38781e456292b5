/* SPDX-License-Identifier: MIT */
/*
 * Addresses and prefixes of both families in one form.
 */
#ifndef NETSIM_ADDR_H
#define NETSIM_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NS_ADDR_TEXT 46u /* bytes of an address as text, with its NUL */

/* `af` is AF_INET, AF_INET6, or 0: none. IPv4: 4 bytes, then zeros. */
struct ns_addr {
	int af;
	uint8_t b[16];
};

struct ns_prefix {
	struct ns_addr addr; /* host bits are zero */
	unsigned len;
};

struct ns_addr ns_addr_make(int af, const uint8_t *bytes);
bool ns_addr_eq(const struct ns_addr *a, const struct ns_addr *b);
/* Bytes of an address of family AF. */
size_t ns_addr_size(int af);
/* Zeroes all bits after the first LEN. */
void ns_addr_mask(struct ns_addr *addr, unsigned len);
bool ns_prefix_has(const struct ns_prefix *prefix, const struct ns_addr *addr);

/* Whole TEXT is an address, or ADDR[/LEN]. 0 or -EINVAL. */
int ns_addr_parse(struct ns_addr *ret, const char *text);
int ns_prefix_parse(struct ns_prefix *ret, const char *text);

/* Writes TEXT with its NUL; returns its length without it. */
size_t ns_addr_text(char text[NS_ADDR_TEXT], const struct ns_addr *addr);
/* The same for ADDR/LEN. */
size_t ns_prefix_text(
    char text[NS_ADDR_TEXT + 4], const struct ns_prefix *prefix);

#endif
