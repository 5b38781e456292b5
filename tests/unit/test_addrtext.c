/* SPDX-License-Identifier: MIT */
/* cmd/addrtext.h: against inet_ntop(), and scopes. */
#include "addrtext.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <string.h>

Test(addrtext, every_octet_in_every_place)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	char got[ADDRTEXT_MAX];
	char want[INET_ADDRSTRLEN];

	for (unsigned place = 0; place < 4; place++) {
		for (uint32_t octet = 0; octet < 256; octet++) {
			in.sin_addr.s_addr = htonl(octet << place * 8);
			cr_assert_not_null(inet_ntop(
			    AF_INET, &in.sin_addr, want, sizeof(want)));
			cr_assert_str_eq(
			    addrtext((const struct sockaddr *)&in, got), want);
		}
	}
}

static const char *
text6(const char *addr, uint32_t scope, char ret[ADDRTEXT_MAX])
{
	struct sockaddr_in6 in6 = {
	    .sin6_family = AF_INET6, .sin6_port = 80, .sin6_scope_id = scope};

	cr_assert_eq(inet_pton(AF_INET6, addr, &in6.sin6_addr), 1);
	return addrtext((const struct sockaddr *)&in6, ret);
}

Test(addrtext, scope_only_where_it_means_something)
{
	char got[ADDRTEXT_MAX];

	cr_assert_str_eq(text6("2001:db8::1", 0, got), "2001:db8::1");
	cr_assert_str_eq(text6("2001:db8::1", 1, got), "2001:db8::1");
	cr_assert_str_eq(text6("fe80::1", 0, got), "fe80::1");
	cr_assert_str_eq(text6("fe80::1", 1, got), "fe80::1%lo");
	cr_assert_str_eq(text6("ff02::1", 1, got), "ff02::1%lo");
	cr_assert_str_eq(
	    text6("fe80::1", 2147483647, got), "fe80::1%2147483647");
}

Test(addrtext, another_family_is_empty)
{
	struct sockaddr sa = {.sa_family = AF_UNIX};
	char got[ADDRTEXT_MAX] = "x";

	cr_assert_str_eq(addrtext(&sa, got), "");
}
