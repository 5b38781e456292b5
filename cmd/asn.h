/* SPDX-License-Identifier: MIT */
/*
 * asn.h: the autonomous system (AS) that an address belongs to: over DNS,
 * thousands at once on the loop (Team Cymru's service), or from a file.
 *
 * As with names (rdns.h) nothing waits for it. To be created only after the
 * privileges are gone, since the resolver reads files and environment.
 */
#ifndef CMD_ASN_H
#define CMD_ASN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct asn;
struct asn_file; /* asn_file.h */
struct ev_loop;

/*
 * ADDR is decided: TEXT as of asn_lookup(), or NULL where it has none or nobody
 * said so in time. Called from the loop only, once for each address that was
 * pending. Both pointers are valid during the call; asn_lookup() is legal
 * inside it, and asn_free() too, which ends them.
 */
typedef void asn_cb(void *user, const struct sockaddr *addr, const char *text);

struct asn_opts {
	int64_t timeout_ns;  /* for one address and server; 0: 2 s */
	int64_t retry_ns;    /* until what no server would tell is asked
			      * for again; 0: 60 s */
	const char *servers; /* "ADDR[:PORT],..."; NULL: resolv.conf's */
	const struct asn_file *file; /* only this, and no DNS; the caller's,
				      * which keeps it; NULL: DNS */
};

/*
 * LOOP is the caller's. While nothing is pending no watcher is active. OPTS and
 * CB may be NULL. -EINVAL, -ENOMEM, -EIO (the resolver did not start).
 */
int asn_new(struct asn **ret, struct ev_loop *loop, const struct asn_opts *opts,
    asn_cb *cb, void *user);

/* At any moment, also inside the callback; no callback follows. NULL is fine.*/
void asn_free(struct asn *asn);

/*
 * The origin AS of ADDR (sockaddr_in or sockaddr_in6), "AS64500", or where
 * several announce its prefix "AS64500/AS64501": only "AS", digits and '/',
 * valid until the next asn_lookup() or return to the loop. Else NULL, and
 * *PENDING (which may be NULL) tells whether the callback will follow. Private
 * and other special addresses (RFC 6890) are never asked for over DNS; a file
 * may know them. From a file nothing is ever pending.
 */
const char *asn_lookup(
    struct asn *asn, const struct sockaddr *addr, bool *pending);

/* How many addresses still await their callback. */
size_t asn_pending(const struct asn *asn);

#endif
