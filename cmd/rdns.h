/* SPDX-License-Identifier: MIT */
/*
 * rdns.h: names of addresses (PTR records), thousands at once on the loop.
 *
 * A name is decoration: nothing waits for it, and a dead name server costs no
 * more than the name. Answers come from the hosts file first, then from the
 * DNS. To be created only after the privileges are gone, since the resolver
 * reads files and environment.
 */
#ifndef CMD_RDNS_H
#define CMD_RDNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct ev_loop;
struct rdns;

/*
 * ADDR is decided: NAME, or NULL where it has none or nobody said so in time.
 * Called from the loop only, once for each address that was pending. Both
 * pointers are valid during the call; rdns_lookup() is legal inside it, and
 * rdns_free() too, which ends them.
 */
typedef void rdns_cb(void *user, const struct sockaddr *addr, const char *name);

struct rdns_opts {
	int64_t timeout_ns;  /* for one name and name server; 0: 2 s */
	int64_t retry_ns;    /* until a name that no server would tell is asked
			      * for again; 0: 60 s */
	const char *hosts;   /* hosts file; NULL: /etc/hosts */
	const char *servers; /* "ADDR[:PORT],..."; NULL: as resolv.conf says */
};

/*
 * LOOP is the caller's. While nothing is pending no watcher is active, so that
 * neither the loop is kept alive nor the machine woken. OPTS may be NULL.
 * -EINVAL, -ENOMEM, -EIO (the resolver did not start).
 */
int rdns_new(struct rdns **ret, struct ev_loop *loop,
    const struct rdns_opts *opts, rdns_cb *cb, void *user);

/* At any moment, also inside the callback; no callback follows. NULL is fine.*/
void rdns_free(struct rdns *rdns);

/*
 * The name of ADDR (sockaddr_in or sockaddr_in6; the port is ignored) as far
 * as it is known, valid until the next rdns_lookup() or return to the loop.
 * Else NULL, and *PENDING (which may be NULL) tells whether the callback will
 * follow; it will not where it is known that there is no name, or where too
 * many are being asked for.
 */
const char *rdns_lookup(
    struct rdns *rdns, const struct sockaddr *addr, bool *pending);

/* How many addresses still await their callback. */
size_t rdns_pending(const struct rdns *rdns);

/*
 * Whether NAME may be shown: 1 to 253 bytes, of which the ASCII ones are
 * letters, digits or one of "-._/", the others valid UTF-8 without control,
 * direction or invisible characters.
 */
bool rdns_name_plain(const char *name);

#endif
