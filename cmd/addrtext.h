/* SPDX-License-Identifier: MIT */
/* addrtext.h: numeric text of socket addresses, quick enough for each probe. */
#ifndef CMD_ADDRTEXT_H
#define CMD_ADDRTEXT_H

#include <stddef.h>
#include <sys/socket.h>

#define ADDRTEXT_MAX 64 /* "...%interface" and the terminator */

/*
 * Writes ADDR as numeric text: no port, a link-local one with its %scope.
 * Returns RET; an empty string for an address family that is not known.
 */
const char *addrtext(const struct sockaddr *addr, char ret[ADDRTEXT_MAX]);

#endif
