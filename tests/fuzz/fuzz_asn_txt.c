/* SPDX-License-Identifier: MIT */
/*
 * What a name server says of the origin of an address: the text of a TXT
 * record, and a whole DNS message.
 */
#include "fuzz.h"

#include "asn_cymru.h"

#include <arpa/inet.h>
#include <string.h>

static void
check_text(const char *text)
{
	fuzz_check(strncmp(text, "AS", 2) == 0);
	fuzz_check(strlen(text) < ASN_TEXT_MAX);
	fuzz_check(strspn(text, "AS0123456789/") == strlen(text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	union lookup_key key = {.in.sin_family = AF_INET};
	struct asn_origins origins;
	struct asn_prefix addr, prefix;
	char text[ASN_TEXT_MAX], *said;

	key.in.sin_addr.s_addr = htonl(0x08080808);
	fuzz_check(asn_prefix_of(&key.sa, &addr));
	if (asn_cymru_parse(
		(const char *)data, size, &addr, &prefix, &origins)) {
		fuzz_check(asn_prefix_holds(&prefix, &addr));
		fuzz_check(origins.n >= 1 && origins.n <= ASN_ORIGINS_MAX);
		asn_origins_text(&origins, text);
		check_text(text);
	}
	if (size > 65535) /* a DNS message has no more */
		return 0;
	said = asn_cymru_kind.answer(&key, data, (int)size);
	if (said != NULL)
		check_text(said);
	free(said);
	return 0;
}
