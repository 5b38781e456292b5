/* SPDX-License-Identifier: MIT */
/* asn_cymru.c: questions to the IP to ASN service of Team Cymru, and answers.*/
#include "asn_cymru.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <stdlib.h>
#include <string.h>

#define TXT_MAX 512 /* of the strings of one record */

/* ---- Questions ----------------------------------------------------------- */

/* Of IPv6, all that is not in 2000::/3 is special. */
static const struct asn_prefix global6 = {AF_INET6, 3, {0x20}};

static const struct asn_prefix special[] = {
    {AF_INET, 8, {0}},		   /* this host, RFC 791 */
    {AF_INET, 8, {10}},		   /* private, RFC 1918 */
    {AF_INET, 10, {100, 64}},	   /* shared by providers, RFC 6598 */
    {AF_INET, 8, {127}},	   /* loopback */
    {AF_INET, 16, {169, 254}},	   /* link-local, RFC 3927 */
    {AF_INET, 12, {172, 16}},	   /* private */
    {AF_INET, 24, {192, 0, 0}},	   /* of protocols, RFC 6890 */
    {AF_INET, 24, {192, 0, 2}},	   /* documentation, RFC 5737 */
    {AF_INET, 16, {192, 168}},	   /* private */
    {AF_INET, 15, {198, 18}},	   /* benchmarks, RFC 2544 */
    {AF_INET, 24, {198, 51, 100}}, /* documentation */
    {AF_INET, 24, {203, 0, 113}},  /* documentation */
    {AF_INET, 3, {224}},	   /* multicast, reserved */
    {AF_INET6, 23, {0x20, 0x01}},  /* of protocols, RFC 2928 */
    {AF_INET6, 32, {0x20, 0x01, 0x0d, 0xb8}}, /* documentation, RFC 3849 */
    {AF_INET6, 16, {0x20, 0x02}},	      /* 6to4, RFC 3056 */
    {AF_INET6, 20, {0x3f, 0xff}},	      /* documentation, RFC 9637 */
};

bool
asn_cymru_is_public(const struct asn_prefix *addr)
{
	if (addr->family == AF_INET6 && !asn_prefix_holds(&global6, addr))
		return false;
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
		if (asn_prefix_holds(&special[i], addr))
			return false;
	}
	return true;
}

static void
question(const union lookup_key *key, char ret[LOOKUP_QUESTION_MAX])
{
	lookup_reversed(
	    key, "origin.asn.cymru.com", "origin6.asn.cymru.com", ret);
}

/* ---- Answers ------------------------------------------------------------- */

/* The field of TEXT that begins at *AT, without the blanks around it. */
static const char *
next_field(const char *text, size_t len, size_t *at, size_t *ret_len)
{
	const char *bar = memchr(text + *at, '|', len - *at);
	size_t from = *at, to = bar != NULL ? (size_t)(bar - text) : len;

	*at = bar != NULL ? to + 1 : len;
	while (from < to && text[from] == ' ')
		from++;
	while (to > from && text[to - 1] == ' ')
		to--;
	*ret_len = to - from;
	return text + from;
}

bool
asn_cymru_parse(const char *text, size_t len, const struct asn_prefix *addr,
    struct asn_prefix *ret_prefix, struct asn_origins *ret)
{
	const char *numbers, *block;
	size_t at = 0, numbers_len, block_len;
	struct asn_origins origins;
	struct asn_prefix prefix;

	numbers = next_field(text, len, &at, &numbers_len);
	block = next_field(text, len, &at, &block_len);
	if (!asn_origins_parse(numbers, numbers_len, ' ', false, &origins) ||
	    !asn_prefix_parse(block, block_len, &prefix) ||
	    !asn_prefix_holds(&prefix, addr))
		return false;
	*ret_prefix = prefix;
	*ret = origins;
	return true;
}

/* The strings of one record as one text; returns the record behind it. */
static const struct ares_txt_ext *
join(const struct ares_txt_ext *txt, char text[TXT_MAX], size_t *ret_len)
{
	size_t len = 0;

	do {
		/* What does not fit is behind all that is read. */
		size_t n =
		    txt->length < TXT_MAX - len ? txt->length : TXT_MAX - len;

		memcpy(text + len, txt->txt, n);
		len += n;
		txt = txt->next;
	} while (txt != NULL && !txt->record_start);
	*ret_len = len;
	return txt;
}

/* Several records: prefixes in one another, of which the longest decides. */
static char *
answer(const union lookup_key *key, const unsigned char *buf, int len)
{
	struct asn_prefix addr, prefix, best = {.family = AF_UNSPEC};
	struct asn_origins origins, all = {.n = 0};
	struct ares_txt_ext *txts = NULL;
	const struct ares_txt_ext *txt;
	char text[TXT_MAX], said[ASN_TEXT_MAX];
	size_t n;

	if (!asn_prefix_of(&key->sa, &addr) ||
	    ares_parse_txt_reply_ext(buf, len, &txts) != ARES_SUCCESS)
		return NULL;
	for (txt = txts; txt != NULL;) {
		txt = join(txt, text, &n);
		if (!asn_cymru_parse(text, n, &addr, &prefix, &origins) ||
		    (all.n > 0 && prefix.len < best.len))
			continue;
		if (all.n == 0 || prefix.len > best.len)
			all.n = 0;
		best = prefix;
		for (unsigned i = 0; i < origins.n; i++)
			asn_origins_add(&all, origins.asn[i]);
	}
	ares_free_data(txts);
	asn_origins_text(&all, said);
	return all.n > 0 ? strdup(said) : NULL;
}

const struct lookup_kind asn_cymru_kind = {
    .type = ns_t_txt, .question = question, .answer = answer};
