/* SPDX-License-Identifier: MIT */
/*
 * lookup.h: one thing that the DNS knows of addresses, such as their names:
 * thousands are asked for at once on the loop, and remembered. What is asked
 * and how an answer is read is the caller's (rdns.c, asn.c).
 */
#ifndef CMD_LOOKUP_H
#define CMD_LOOKUP_H

#include "lookup_table.h"

struct ev_loop;
struct lookup;

#define LOOKUP_QUESTION_MAX 96

struct lookup_kind {
	int type; /* of the record, ns_t_* */
	/* Writes the name to ask for. */
	void (*question)(
	    const union lookup_key *key, char ret[LOOKUP_QUESTION_MAX]);
	/* What an answer of LEN bytes says, to be freed; NULL: nothing that may
	 * be shown. */
	char *(*answer)(
	    const union lookup_key *key, const unsigned char *buf, int len);
};

struct lookup_opts {
	int64_t timeout_ns;  /* for one address and name server; 0: 2 s */
	int64_t retry_ns;    /* until what no server would tell is asked for
			      * again; 0: 60 s */
	const char *servers; /* "ADDR[:PORT],..."; NULL: as resolv.conf says */
};

/*
 * ADDR is decided: TEXT, or NULL where there is none or nobody said so in time.
 * Called from the loop only, once for each address that was pending. Both
 * pointers are valid during the call; lookup_get() is legal inside it, and
 * lookup_free() too, which ends them.
 */
typedef void lookup_cb(
    void *user, const struct sockaddr *addr, const char *text);

/*
 * LOOP is the caller's. While nothing is pending no watcher is active, so that
 * neither the loop is kept alive nor the machine woken. KIND stays the
 * caller's; CB may be NULL. -EINVAL, -ENOMEM, -EIO (the resolver did not
 * start).
 */
int lookup_new(struct lookup **ret, struct ev_loop *loop,
    const struct lookup_kind *kind, const struct lookup_opts *opts,
    lookup_cb *cb, void *user);

/* At any moment, also inside the callback; no callback follows. NULL is fine.*/
void lookup_free(struct lookup *lookup);

/*
 * The text of ADDR (sockaddr_in or sockaddr_in6; the port is ignored) as far as
 * it is known, valid until the next lookup_get() or return to the loop. Else
 * NULL, and *PENDING (which may be NULL) tells whether the callback will
 * follow; it will not where it is known that there is none, or where too many
 * are being asked for.
 */
const char *lookup_get(
    struct lookup *lookup, const struct sockaddr *addr, bool *pending);

/* How many addresses still await their callback. */
size_t lookup_pending(const struct lookup *lookup);

/* What is known: to enter what needs not be asked for. */
struct lookup_table *lookup_table_of(struct lookup *lookup);

/*
 * Writes the name of KEY in a tree of reversed addresses, such as
 * "1.2.0.192.in-addr.arpa": bytes below V4_ZONE (RFC 1035 section 3.5), nibbles
 * below V6_ZONE (RFC 3596 section 2.5). Each has at most 31 bytes.
 */
void lookup_reversed(const union lookup_key *key, const char *v4_zone,
    const char *v6_zone, char ret[LOOKUP_QUESTION_MAX]);

#endif
