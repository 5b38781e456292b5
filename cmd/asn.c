/* SPDX-License-Identifier: MIT */
/* asn.c: the origin AS of addresses, from a file or over DNS. */
#include "asn.h"

#include <errno.h>
#include <stdlib.h>

#include "asn_cymru.h"
#include "asn_file.h"

struct asn {
	const struct asn_file *file;
	struct lookup *lookup;	 /* NULL: the file alone */
	char text[ASN_TEXT_MAX]; /* that was told last from the file */
};

int
asn_new(struct asn **ret, struct ev_loop *loop, const struct asn_opts *opts,
    asn_cb *cb, void *user)
{
	static const struct asn_opts none;
	struct asn *asn = calloc(1, sizeof(*asn));
	int rc = 0;

	if (asn == NULL)
		return -ENOMEM;
	if (opts == NULL)
		opts = &none;
	asn->file = opts->file;
	if (asn->file == NULL)
		rc = lookup_new(&asn->lookup, loop, &asn_cymru_kind,
		    &(const struct lookup_opts){.timeout_ns = opts->timeout_ns,
			.retry_ns = opts->retry_ns,
			.servers = opts->servers},
		    cb, user);
	if (rc < 0) {
		free(asn);
		return rc;
	}
	*ret = asn;
	return 0;
}

void
asn_free(struct asn *asn)
{
	if (asn == NULL)
		return;
	lookup_free(asn->lookup);
	free(asn);
}

const char *
asn_lookup(struct asn *asn, const struct sockaddr *addr, bool *pending)
{
	struct asn_origins origins;
	struct asn_prefix whole;

	if (pending != NULL)
		*pending = false;
	if (asn->file != NULL) {
		if (!asn_file_find(asn->file, addr, &origins))
			return NULL;
		asn_origins_text(&origins, asn->text);
		return asn->text;
	}
	if (!asn_prefix_of(addr, &whole) || !asn_cymru_is_public(&whole))
		return NULL;
	return lookup_get(asn->lookup, addr, pending);
}

size_t
asn_pending(const struct asn *asn)
{
	return asn->lookup != NULL ? lookup_pending(asn->lookup) : 0;
}
