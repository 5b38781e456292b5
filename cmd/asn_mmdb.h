/* SPDX-License-Identifier: MIT */
/*
 * asn_mmdb.h: origin AS numbers from an MMDB (MaxMind database), by
 * libmaxminddb where the program was built with it.
 */
#ifndef CMD_ASN_MMDB_H
#define CMD_ASN_MMDB_H

#include "asn_origins.h"
#include "opt.h"

struct asn_mmdb;

/* Whether FD, a regular file, ends as an MMDB does. */
bool asn_mmdb_is(int fd);
/* As asn_file_open(). */
int asn_mmdb_open(
    struct asn_mmdb **ret, int fd, const char *name, struct opt_error *err);
void asn_mmdb_free(struct asn_mmdb *db); /* NULL is fine */
/* As asn_file_find(). */
bool asn_mmdb_find(const struct asn_mmdb *db, const struct sockaddr *addr,
    struct asn_origins *ret);

#endif
