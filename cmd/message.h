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

#define MESSAGE_STRERROR_MAX 128
/*
 * What ERR (a negative errno or ND_E*) means, in lower case as all our
 * messages: "no route to host". Returns RET.
 */
const char *message_strerror(int err, char ret[MESSAGE_STRERROR_MAX]);

#endif
