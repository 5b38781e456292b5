/* SPDX-License-Identifier: MIT */
/* test_priv_hint.c: the right fix for each way to lack a privilege. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "netdiag.h"
#include "priv_hint.h"

/* An ordinary host with an ordinary user and nothing granted. */
static struct priv_facts
plain(void)
{
	struct priv_facts facts = {.raw_bounding = true};

	(void)snprintf(
	    facts.exe, sizeof(facts.exe), "%s", "/usr/local/bin/netdiag");
	return facts;
}

static struct priv_hint
make(const struct priv_facts *facts, enum priv_want want, int err)
{
	struct priv_hint hint;

	memset(&hint, 0x55, sizeof(hint));
	priv_hint_make(&hint, facts, want, err);
	return hint;
}

static void
expect_in(const char *hint, const char *word)
{
	cr_assert_not_null(
	    strstr(hint, word), "\"%s\" is not in \"%s\"", word, hint);
}

Test(priv_hint, plain_host_gets_the_exact_command)
{
	struct priv_facts facts = plain();
	struct priv_hint hint = make(&facts, PRIV_WANT_ICMP, -EPERM);

	cr_assert_eq(hint.reason, PRIV_REASON_NO_CAP);
	cr_assert_str_eq(hint.message,
	    "cannot open a raw ICMP socket: operation not permitted");
	cr_assert_str_eq(hint.hint,
	    "sudo setcap cap_net_raw=p /usr/local/bin/netdiag (once), or run "
	    "it as root\n"
	    "or let it use ping sockets: sudo sysctl -w "
	    "net.ipv4.ping_group_range='0 2147483647'");
}

Test(priv_hint, library_code_reads_as_its_cause)
{
	struct priv_facts facts = plain();

	cr_assert_str_eq(make(&facts, PRIV_WANT_ICMP, ND_EPRIV).message,
	    "cannot open a raw ICMP socket: operation not permitted");
	cr_assert_str_eq(make(&facts, PRIV_WANT_DGRAM, ND_EPRIV).message,
	    "cannot open a ping socket: permission denied");
}

Test(priv_hint, open_ping_sockets_are_not_advised_again)
{
	struct priv_facts facts = plain();
	struct priv_hint hint;

	facts.ping_sockets = true;
	hint = make(&facts, PRIV_WANT_ICMP, -EPERM);
	cr_assert_null(strstr(hint.hint, "ping_group_range"));
	cr_assert_null(strchr(hint.hint, '\n'));
}

Test(priv_hint, container_without_the_bounding_capability)
{
	struct priv_facts facts = plain();
	struct priv_hint hint;

	facts.raw_bounding = false;
	hint = make(&facts, PRIV_WANT_ICMP, -EPERM);
	cr_assert_eq(hint.reason, PRIV_REASON_BOUNDING);
	expect_in(hint.hint, "--cap-add=NET_RAW");
	expect_in(hint.hint, "securityContext.capabilities.add");
	expect_in(hint.hint, "--sysctl net.ipv4.ping_group_range=");
	cr_assert_null(strstr(hint.hint, "setcap"));
}

Test(priv_hint, no_new_privs)
{
	struct priv_facts facts = plain();
	struct priv_hint hint;

	facts.no_new_privs = true;
	hint = make(&facts, PRIV_WANT_ICMP, -EPERM);
	cr_assert_eq(hint.reason, PRIV_REASON_NNP);
	expect_in(hint.hint, "AmbientCapabilities=CAP_NET_RAW");
	expect_in(hint.hint, "allowPrivilegeEscalation");
	cr_assert_null(strstr(hint.hint, "setcap"));
}

Test(priv_hint, nosuid_mount_names_the_file)
{
	struct priv_facts facts = plain();
	struct priv_hint hint;

	facts.nosuid = true;
	hint = make(&facts, PRIV_WANT_ICMP, -EPERM);
	cr_assert_eq(hint.reason, PRIV_REASON_NOSUID);
	expect_in(hint.hint, "/usr/local/bin/netdiag is on a nosuid mount");
}

Test(priv_hint, ignored_file_capability)
{
	struct priv_facts facts = plain();
	struct priv_hint hint;

	facts.file_cap = true;
	hint = make(&facts, PRIV_WANT_ICMP, -EPERM);
	cr_assert_eq(hint.reason, PRIV_REASON_IGNORED);
	expect_in(
	    hint.hint, "sudo setcap cap_net_raw=p /usr/local/bin/netdiag");
	facts.traced = true;
	hint = make(&facts, PRIV_WANT_ICMP, -EPERM);
	cr_assert_eq(hint.reason, PRIV_REASON_TRACED);
	expect_in(hint.hint, "strace");
}

Test(priv_hint, user_namespace_that_does_not_own_the_network)
{
	struct priv_facts facts = plain();
	struct priv_hint hint;

	facts.userns = true;
	facts.raw_permitted = true;
	hint = make(&facts, PRIV_WANT_ICMP, -EPERM);
	cr_assert_eq(hint.reason, PRIV_REASON_USERNS);
	expect_in(hint.hint, "unshare");
	facts.raw_permitted = false;
	cr_assert_eq(
	    priv_hint_decide(&facts, PRIV_WANT_ICMP), PRIV_REASON_NO_CAP);
}

Test(priv_hint, refused_in_spite_of_the_capability)
{
	struct priv_facts facts = plain();

	facts.raw_permitted = true;
	cr_assert_eq(
	    priv_hint_decide(&facts, PRIV_WANT_ICMP), PRIV_REASON_POLICY);
	cr_assert_eq(
	    priv_hint_decide(&facts, PRIV_WANT_DEVICE), PRIV_REASON_POLICY);
	cr_assert_eq(
	    priv_hint_decide(&facts, PRIV_WANT_MARK), PRIV_REASON_KERNEL);
}

Test(priv_hint, mark_and_device_have_their_own_message)
{
	struct priv_facts facts = plain();
	struct priv_hint hint = make(&facts, PRIV_WANT_MARK, -EPERM);

	cr_assert_str_eq(
	    hint.message, "cannot set the mark: operation not permitted");
	cr_assert_str_eq(hint.hint,
	    "sudo setcap cap_net_raw=p /usr/local/bin/netdiag (once), or run "
	    "it as root");
	hint = make(&facts, PRIV_WANT_DEVICE, -EPERM);
	cr_assert_str_eq(
	    hint.message, "cannot bind to the device: operation not permitted");
	cr_assert_null(strstr(hint.hint, "ping_group_range"));
	facts.raw_permitted = true;
	hint = make(&facts, PRIV_WANT_MARK, -EPERM);
	expect_in(hint.hint, "CAP_NET_ADMIN");
}

Test(priv_hint, ping_sockets_alone)
{
	struct priv_facts facts = plain();
	struct priv_hint hint = make(&facts, PRIV_WANT_DGRAM, -EACCES);

	cr_assert_eq(hint.reason, PRIV_REASON_RANGE);
	cr_assert_str_eq(hint.hint,
	    "sudo sysctl -w net.ipv4.ping_group_range='0 2147483647'");
	facts.ping_sockets = true;
	cr_assert_eq(
	    priv_hint_decide(&facts, PRIV_WANT_DGRAM), PRIV_REASON_POLICY);
}

/*
 * Where several things are missing, the hint is about the outermost: mending
 * an inner one alone would change nothing.
 */
Test(priv_hint, outermost_cause_wins_in_every_combination)
{
	for (unsigned bits = 0; bits < 32; bits++) {
		struct priv_facts facts = plain();
		enum priv_reason want;

		facts.raw_bounding = (bits & 1) == 0;
		facts.no_new_privs = (bits & 2) != 0;
		facts.nosuid = (bits & 4) != 0;
		facts.file_cap = (bits & 8) != 0;
		facts.traced = (bits & 16) != 0;
		if ((bits & 1) != 0)
			want = PRIV_REASON_BOUNDING;
		else if ((bits & 2) != 0)
			want = PRIV_REASON_NNP;
		else if ((bits & 4) != 0)
			want = PRIV_REASON_NOSUID;
		else if ((bits & 24) == 24)
			want = PRIV_REASON_TRACED;
		else if ((bits & 8) != 0)
			want = PRIV_REASON_IGNORED;
		else
			want = PRIV_REASON_NO_CAP;
		cr_expect_eq(priv_hint_decide(&facts, PRIV_WANT_ICMP), want,
		    "facts %u", bits);
	}
}

Test(priv_hint, odd_paths_stay_one_harmless_word)
{
	static const struct {
		const char *path, *word;
	} cases[] = {
	    {"/opt/my tools/netdiag", " '/opt/my tools/netdiag' "},
	    {"/opt/$(reboot)/netdiag", " '/opt/$(reboot)/netdiag' "},
	    {"/opt/it's/netdiag", " \"$(command -v netdiag)\" "},
	    {"/opt/\033[31m/netdiag", " \"$(command -v netdiag)\" "},
	    {"/opt/\n/netdiag", " \"$(command -v netdiag)\" "},
	    {"/opt/\xc3\xa9/netdiag", " \"$(command -v netdiag)\" "},
	    {"", " \"$(command -v netdiag)\" "},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct priv_facts facts = plain();
		struct priv_hint hint;

		(void)snprintf(
		    facts.exe, sizeof(facts.exe), "%s", cases[i].path);
		hint = make(&facts, PRIV_WANT_ICMP, -EPERM);
		expect_in(hint.hint, cases[i].word);
	}
}

Test(priv_hint, longest_path_fits)
{
	struct priv_facts facts = plain();
	struct priv_hint hint;
	size_t len;

	memset(facts.exe, ' ', sizeof(facts.exe) - 1);
	facts.exe[sizeof(facts.exe) - 1] = '\0';
	facts.file_cap = true;
	hint = make(&facts, PRIV_WANT_ICMP, -EPERM);
	len = strlen(hint.hint);
	cr_assert_lt(len, sizeof(hint.hint) - 1);
	cr_assert_eq(hint.hint[len - 1], '\'');
	facts.nosuid = true;
	hint = make(&facts, PRIV_WANT_ICMP, -EPERM);
	cr_assert_eq(hint.hint[strlen(hint.hint) - 1], '\'');
}

Test(priv_hint, written_line_by_line)
{
	struct priv_facts facts = plain();
	struct priv_hint hint = make(&facts, PRIV_WANT_ICMP, -EPERM);
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	cr_assert_not_null(out);
	priv_hint_write(out, "ping", &hint);
	cr_assert_eq(fclose(out), 0);
	cr_assert_str_eq(text,
	    "netdiag: ping: cannot open a raw ICMP socket: operation not "
	    "permitted\n"
	    "hint: sudo setcap cap_net_raw=p /usr/local/bin/netdiag (once), or "
	    "run it as root\n"
	    "hint: or let it use ping sockets: sudo sysctl -w "
	    "net.ipv4.ping_group_range='0 2147483647'\n");
	free(text);
}

Test(priv_hint, facts_follow_this_process)
{
	struct priv_facts facts;
	cap_t none = cap_init();

	cr_assert_not_null(none);
	cr_assert_eq(cap_set_proc(none), 0);
	cr_assert_eq(prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L), 0);
	(void)cap_free(none);
	memset(&facts, 0x55, sizeof(facts));
	priv_facts_gather(&facts);
	cr_assert_eq(facts.exe[0], '/');
	cr_assert_eq(access(facts.exe, X_OK), 0);
	cr_assert_not(facts.raw_permitted);
	cr_assert(facts.no_new_privs);
	cr_assert_not(facts.file_cap);
}
