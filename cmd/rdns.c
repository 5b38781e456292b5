/* SPDX-License-Identifier: MIT */
/*
 * rdns.c: names of addresses: PTR records, behind what the hosts file says.
 */
#include "rdns.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "lookup.h"
#include "rdns_hosts.h"

struct rdns {
	struct lookup *lookup;
};

static void
question(const union lookup_key *key, char ret[LOOKUP_QUESTION_MAX])
{
	lookup_reversed(key, "in-addr.arpa", "ip6.arpa", ret);
}

static char *
answer(const union lookup_key *key, const unsigned char *buf, int len)
{
	bool v4 = key->sa.sa_family == AF_INET;
	const void *addr = v4 ? (const void *)&key->in.sin_addr
			      : (const void *)&key->in6.sin6_addr;
	struct hostent *host = NULL;
	char *name = NULL;

	if (ares_parse_ptr_reply(buf, len, addr, v4 ? 4 : 16, key->sa.sa_family,
		&host) != ARES_SUCCESS)
		return NULL;
	if (host->h_name != NULL && rdns_name_plain(host->h_name))
		name = strdup(host->h_name);
	ares_free_hostent(host);
	return name;
}

int
rdns_new(struct rdns **ret, struct ev_loop *loop, const struct rdns_opts *opts,
    rdns_cb *cb, void *user)
{
	static const struct lookup_kind kind = {
	    .type = ns_t_ptr, .question = question, .answer = answer};
	static const struct rdns_opts none;
	struct rdns *rdns = calloc(1, sizeof(*rdns));
	int rc;

	if (rdns == NULL)
		return -ENOMEM;
	if (opts == NULL)
		opts = &none;
	rc = lookup_new(&rdns->lookup, loop, &kind,
	    &(const struct lookup_opts){.timeout_ns = opts->timeout_ns,
		.retry_ns = opts->retry_ns,
		.servers = opts->servers},
	    cb, user);
	if (rc < 0) {
		free(rdns);
		return rc;
	}
	rdns_read_hosts(lookup_table_of(rdns->lookup),
	    opts->hosts != NULL ? opts->hosts : "/etc/hosts");
	*ret = rdns;
	return 0;
}

void
rdns_free(struct rdns *rdns)
{
	if (rdns == NULL)
		return;
	lookup_free(rdns->lookup);
	free(rdns);
}

const char *
rdns_lookup(struct rdns *rdns, const struct sockaddr *addr, bool *pending)
{
	return lookup_get(rdns->lookup, addr, pending);
}

size_t
rdns_pending(const struct rdns *rdns)
{
	return lookup_pending(rdns->lookup);
}
