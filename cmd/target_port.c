/* SPDX-License-Identifier: MIT */
/*
 * target_port.c: TARGET[:PORTS] taken apart. A ':' may stand in an IPv6 address
 * or before the ports: it is never guessed which, brackets say it.
 */
#include "target_port.h"

#include <errno.h>
#include <string.h>

#define SHOWN_MAX 128 /* of a word in a hint */
#define ADDR_MAX 64   /* no address with its scope is as long */

static int
fail(const struct target_port *port, struct opt_error *err, const char *cause,
    const char *hint)
{
	(void)opt_error_set(err, port->word, "%s", cause);
	opt_error_hint(err, "%s", hint);
	return -EINVAL;
}

/* The LEN bytes at TEXT are the target. */
static int
set_text(struct target_port *port, const char *text, size_t len,
    struct opt_error *err)
{
	if (len >= sizeof(port->text))
		return opt_error_set(
		    err, port->word, "a name has at most 253 bytes");
	memcpy(port->text, text, len);
	port->text[len] = '\0';
	return 0;
}

/*
 * Whether TEXT has the form of an IPv6 address, block or range: what has and is
 * none, target_parse() refuses with the reason.
 */
static bool
is_ipv6(const char *text)
{
	const char *slash = strchr(text, '/'), *dash = strchr(text, '-');
	struct parse_addr addr;

	if (strchr(text, ':') == NULL)
		return false;
	if (slash != NULL)
		return strchr(slash, ':') == NULL;
	if (parse_addr(text, strlen(text), &addr) == 0)
		return true;
	/* An interface name may have dashes too. */
	for (; dash != NULL && dash - text < ADDR_MAX;
	     dash = strchr(dash + 1, '-'))
		if (parse_addr(text, (size_t)(dash - text), &addr) == 0 &&
		    parse_addr(dash + 1, strlen(dash + 1), &addr) == 0)
			return true;
	return false;
}

static int
split_brackets(struct target_port *port, struct opt_error *err)
{
	static const char form[] = "write it as [2001:db8::1]:443";
	const char *start = port->word + 1, *end = strchr(start, ']');
	int r;

	if (end == NULL)
		return fail(port, err, "no ']' after the address", form);
	if (end[1] != '\0' && end[1] != ':')
		return fail(
		    port, err, "only :PORTS may stand behind the ']'", form);
	r = set_text(port, start, (size_t)(end - start), err);
	if (r < 0)
		return r;
	if (!is_ipv6(port->text))
		return fail(
		    port, err, "no IPv6 address between the brackets", form);
	if (end[1] == ':')
		port->ports = end + 2;
	return 0;
}

static int
split_plain(struct target_port *port, struct opt_error *err)
{
	const char *word = port->word, *colon = strchr(word, ':');

	if (colon == NULL)
		return 0;
	if (strchr(colon + 1, ':') != NULL) {
		if (is_ipv6(word))
			return 0;
		return fail(port, err, "neither a name nor an address",
		    "write HOST:PORT, or [ADDRESS]:PORT for IPv6");
	}
	if (colon == word)
		return fail(port, err, "no target before the ':'",
		    "write it as 192.0.2.1:443");
	if (colon == word + 1 && *word == '-')
		return fail(port, err, "standard input has no port of its own",
		    "give --port, or ports in its lines");
	port->ports = colon + 1;
	return set_text(port, word, (size_t)(colon - word), err);
}

static int
check_ports(const struct target_port *port, struct opt_error *err)
{
	struct portlist list;

	if (port->ports == NULL)
		return 0;
	if (*port->ports == '\0')
		return fail(port, err, "no port behind the ':'",
		    "a port is a number from 1 to 65535");
	return portlist_parse(port->ports, port->word, &list, err);
}

int
target_port_parse(
    const char *word, struct target_port *ret, struct opt_error *err)
{
	struct target_port port = {.word = word};
	int r = 0;

	if (strcmp(word, "-") != 0 && word[0] != '@') {
		if (strstr(word, "://") != NULL)
			r = fail(&port, err, "a URL is no target",
			    "give its host and port: example.com:443");
		else if (word[0] == '[')
			r = split_brackets(&port, err);
		else
			r = split_plain(&port, err);
	}
	if (r == 0)
		r = check_ports(&port, err);
	if (r == 0)
		*ret = port;
	return r;
}

const char *
target_port_text(const struct target_port *port)
{
	return port->text[0] != '\0' ? port->text : port->word;
}

int
target_port_spec(const struct target_port *port, unsigned flags,
    struct target_spec *ret, struct opt_error *err)
{
	const char *text = target_port_text(port);
	struct target_spec spec;
	struct opt_error other;
	int r = target_parse(text, flags, &spec, err);

	if (r == 0) {
		*ret = spec;
		return 0;
	}
	/* Nothing allows it here, as an option of other commands does. */
	if (target_parse(text, flags | TARGET_BROADCAST, &spec, &other) == 0)
		return opt_error_set(err, port->word,
		    "broadcast or multicast: TCP reaches one host");
	(void)opt_show(port->word, err->option, sizeof(err->option));
	return r;
}

int
target_port_list(const struct target_port *port, const struct portlist *deflt,
    struct portlist *ret, struct opt_error *err)
{
	bool bare = port->text[0] == '\0' && strchr(port->word, ':') != NULL;
	char shown[SHOWN_MAX];

	if (port->ports != NULL)
		return portlist_parse(port->ports, port->word, ret, err);
	if (deflt != NULL && portlist_next(deflt, 0) != 0) {
		*ret = *deflt;
		return 0;
	}
	(void)opt_show(port->word, shown, sizeof(shown));
	(void)opt_error_set(err, port->word, "no port: add :PORT or --port");
	opt_error_hint(err, "for example %s%s%s:443", bare ? "[" : "", shown,
	    bare ? "]" : "");
	return -EINVAL;
}
