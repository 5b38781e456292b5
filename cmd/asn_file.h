/* SPDX-License-Identifier: MIT */
/*
 * asn_file.h: origin AS numbers from a file of the user's (--asn-db): lines of
 * text, or an MMDB (MaxMind database) where the program was built with
 * libmaxminddb. Its content tells which it is.
 */
#ifndef CMD_ASN_FILE_H
#define CMD_ASN_FILE_H

#include "asn_origins.h"
#include "opt.h"

#include <sys/socket.h>

struct asn_file;

/*
 * Reads all of FD, which stays the caller's and may be closed at once. It may
 * have been opened while there were privileges; this is to be called without
 * them. NAME is for messages. Text: a line is
 *
 *	PREFIX ASN[/ASN...]	# comment
 *
 * in any order, with or without "AS" before a number; the longest prefix that
 * holds an address decides, and of two lines for one prefix the last. -EINVAL
 * with ERR where it cannot be used ("NAME:LINE" is the subject where a line is
 * wrong), -ENOMEM, or what read(2) says.
 */
int asn_file_open(
    struct asn_file **ret, int fd, const char *name, struct opt_error *err);
void asn_file_free(struct asn_file *file); /* NULL is fine */

/* The origins of ADDR; false where the file has none. */
bool asn_file_find(const struct asn_file *file, const struct sockaddr *addr,
    struct asn_origins *ret);

#endif
