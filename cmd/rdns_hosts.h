/* SPDX-License-Identifier: MIT */
/* rdns_hosts.h: the names that the hosts file gives to addresses. */
#ifndef CMD_RDNS_HOSTS_H
#define CMD_RDNS_HOSTS_H

#include "lookup_table.h"

/*
 * Enters the file PATH, as in hosts(5), into TABLE for good, names that are not
 * plain left out. A file that is not there is no matter.
 */
void rdns_read_hosts(struct lookup_table *table, const char *path);

#endif
