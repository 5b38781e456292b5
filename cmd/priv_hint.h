/* SPDX-License-Identifier: MIT */
/*
 * priv_hint.h: what exactly is missing when the system refuses a socket or a
 * socket option, and the command or setting that gives it.
 */
#ifndef CMD_PRIV_HINT_H
#define CMD_PRIV_HINT_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

/* What was refused. */
enum priv_want {
	PRIV_WANT_ICMP,	  /* an ICMP socket, raw or else a ping socket */
	PRIV_WANT_DGRAM,  /* a ping socket, the only kind that was asked for */
	PRIV_WANT_MARK,	  /* SO_MARK */
	PRIV_WANT_DEVICE, /* SO_BINDTODEVICE */
	PRIV_WANT_TCP	  /* a raw TCP socket */
};

/* Why. The first that applies is the one to mend. */
enum priv_reason {
	PRIV_REASON_USERNS,   /* CAP_NET_RAW, but not over this network */
	PRIV_REASON_KERNEL,   /* SO_MARK wants CAP_NET_ADMIN before 5.17 */
	PRIV_REASON_POLICY,   /* CAP_NET_RAW, and refused all the same */
	PRIV_REASON_BOUNDING, /* a container or unit took CAP_NET_RAW away */
	PRIV_REASON_NNP,      /* no_new_privs: file capabilities are ignored */
	PRIV_REASON_NOSUID,   /* so they are on this mount */
	PRIV_REASON_TRACED,   /* so they are under strace or gdb */
	PRIV_REASON_IGNORED,  /* the file has it, the process does not */
	PRIV_REASON_NO_CAP,   /* the plain case: nothing was granted */
	PRIV_REASON_RANGE     /* ping sockets are closed to our groups */
};

struct priv_facts {
	bool raw_permitted; /* CAP_NET_RAW in the permitted set */
	bool raw_bounding;  /* ... in the bounding set */
	bool no_new_privs;
	bool traced;
	bool userns;	    /* not the first user namespace */
	bool nosuid;	    /* the program's file is on a nosuid mount */
	bool file_cap;	    /* it carries CAP_NET_RAW as permitted */
	bool ping_sockets;  /* a group of ours is in ping_group_range */
	char exe[PATH_MAX]; /* the program's file, "" where unknown */
};

#define PRIV_HINT_MAX (PATH_MAX + 1024)

struct priv_hint {
	enum priv_reason reason;
	char message[128];	  /* "cannot open ...: CAUSE" */
	char hint[PRIV_HINT_MAX]; /* lines separated by '\n', none at end */
};

/* The facts of this process; to be called before priv_drop(). */
void priv_facts_gather(struct priv_facts *facts);

/* Pure: why WANT was refused, given FACTS. */
enum priv_reason priv_hint_decide(
    const struct priv_facts *facts, enum priv_want want);

/* Pure: message and hint for WANT refused with ERR: -errno or ND_EPRIV. */
void priv_hint_make(struct priv_hint *hint, const struct priv_facts *facts,
    enum priv_want want, int err);

/*
 * Writes "netdiag: CMD: MESSAGE" and a "hint: " line for each line of the
 * hint. A JSON record takes message and hint as they are.
 */
void priv_hint_write(FILE *out, const char *cmd, const struct priv_hint *hint);

#endif
