/* SPDX-License-Identifier: MIT */
/* message.h: what is said on standard error. */
#ifndef CMD_MESSAGE_H
#define CMD_MESSAGE_H

#include "opt.h"

/*
 * "netdiag: CMD: SUBJECT: CAUSE", then "hint: HINT" for each line of HINT.
 * CMD, SUBJECT and HINT may be NULL or empty. What is not plain text is shown
 * as \xNN.
 */
void message(
    const char *cmd, const char *subject, const char *cause, const char *hint);
void message_error(const char *cmd, const struct opt_error *err);

#endif
