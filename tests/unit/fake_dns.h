/* SPDX-License-Identifier: MIT */
/*
 * fake_dns.h: a name server on the test's own loop. It answers the query whose
 * first label is N as script N says: well, hostilely or not at all.
 */
#ifndef UNIT_FAKE_DNS_H
#define UNIT_FAKE_DNS_H

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <ev.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum kind {
	ANSWER,
	TWICE,
	CNAME,
	LOOP,
	CUT,
	NXDOMAIN,
	SERVFAIL,
	FORGED,
	MUTE,
	TEXT
};

/* What the server says. */
struct fake_script {
	enum kind kind;
	const char *labels; /* of the name, split at '|'; TEXT: of records,
			     * split at '\n', their strings at '\t' */
	const char *name;   /* for the test: what should come of it, or NULL */
};

struct fake_dns {
	struct ev_io io;
	char address[32]; /* "127.0.0.1:PORT" */
	const struct fake_script *scripts;
	size_t n_scripts;
	bool mute;
	unsigned queries;
	char last_query[128];
};

static inline size_t
put16(unsigned char *p, unsigned value)
{
	p[0] = (unsigned char)(value >> 8);
	p[1] = (unsigned char)value;
	return 2;
}

/* Writes LABELS, split at '|', as a domain name. */
static inline size_t
put_name(unsigned char *p, const char *labels)
{
	unsigned char *start = p;
	size_t len;

	while (*labels != '\0') {
		len = strcspn(labels, "|");
		*p++ = (unsigned char)len;
		memcpy(p, labels, len);
		p += len;
		labels += len + (labels[len] == '|');
	}
	*p++ = 0;
	return (size_t)(p - start);
}

/* A record whose data is the name LABELS; its owner is at offset OWNER. */
static inline size_t
put_record(unsigned char *p, unsigned owner, unsigned type, const char *labels)
{
	size_t n = 0, len;

	n += put16(p + n, 0xc000u | owner);
	n += put16(p + n, type);
	n += put16(p + n, 1);
	n += put16(p + n, 0);
	n += put16(p + n, 60);
	len = put_name(p + n + 2, labels);
	n += put16(p + n, (unsigned)len);
	return n + len;
}

/* TXT records of the name that was asked for; returns how many in RET_N. */
static inline size_t
put_texts(unsigned char *p, const char *text, unsigned *ret_n)
{
	size_t n = 0, data, len;

	*ret_n = 0;
	while (*text != '\0') {
		n += put16(p + n, 0xc000u | 12);
		n += put16(p + n, 16);
		n += put16(p + n, 1);
		n += put16(p + n, 0);
		n += put16(p + n, 60);
		data = n;
		n += 2;
		do {
			text += *text == '\t';
			len = strcspn(text, "\t\n");
			p[n++] = (unsigned char)len;
			memcpy(p + n, text, len);
			n += len;
			text += len;
		} while (*text == '\t');
		put16(p + data, (unsigned)(n - data - 2));
		text += *text == '\n';
		++*ret_n;
	}
	return n;
}

static inline size_t
put_answers(unsigned char *reply, size_t n, const struct fake_script *script)
{
	unsigned count;
	size_t alias;

	switch (script->kind) {
	case TWICE:
		n += put_record(reply + n, 12, 12, script->labels);
		n += put_record(reply + n, 12, 12, script->labels);
		put16(reply + 6, 2);
		return n;
	case CNAME: /* RFC 2317: the address is delegated by an alias */
		alias = n + 12;
		n +=
		    put_record(reply + n, 12, 5, "1|0/25|2|0|192|in-addr|arpa");
		n += put_record(reply + n, (unsigned)alias, 12, script->labels);
		put16(reply + 6, 2);
		return n;
	case TEXT:
		n += put_texts(reply + n, script->labels, &count);
		put16(reply + 6, count);
		return n;
	case LOOP:
		n += put_record(reply + n, 12, 12, "a");
		reply[n - 3] = 0xc0;
		reply[n - 2] = (unsigned char)(n - 3);
		reply[n - 1] = 0;
		break;
	case CUT:
		n += put_record(reply + n, 12, 12, script->labels) - 3;
		break;
	default:
		n += put_record(reply + n, 12, 12, script->labels);
		break;
	}
	put16(reply + 6, 1);
	return n;
}

/* The question's name as text; returns the length of the question section. */
static inline size_t
read_question(const unsigned char *p, size_t n, char *text, size_t size)
{
	size_t i = 0, len = 0;

	while (i < n && p[i] != 0 && len + p[i] + 2 < size) {
		memcpy(text + len, p + i + 1, p[i]);
		len += p[i];
		text[len++] = '.';
		i += p[i] + 1u;
	}
	text[len > 0 ? len - 1 : 0] = '\0';
	return i + 5;
}

/* Answers one query; false where there is none. */
static inline bool
fake_dns_answer(struct fake_dns *dns, int fd)
{
	static const struct fake_script none = {.kind = NXDOMAIN};
	const struct fake_script *script = &none;
	unsigned char reply[1024];
	struct sockaddr_in peer;
	struct sockaddr *to = (struct sockaddr *)&peer;
	socklen_t size = sizeof(peer);
	ssize_t got = recvfrom(fd, reply, 512, 0, to, &size);
	unsigned long host;
	size_t n;

	if (got < 0)
		return false;
	cr_assert_gt(got, 12);
	dns->queries++;
	n = 12 + read_question(reply + 12, (size_t)got - 12, dns->last_query,
		     sizeof(dns->last_query));
	host = strtoul(dns->last_query, NULL, 10);
	if (host < dns->n_scripts)
		script = &dns->scripts[host];
	if (dns->mute || script->kind == MUTE)
		return true;
	memset(reply + 6, 0, 6);
	put16(reply + 2, 0x8180);
	if (script->kind == NXDOMAIN)
		reply[3] |= 3;
	else if (script->kind == SERVFAIL)
		reply[3] |= 2;
	else
		n = put_answers(reply, n, script);
	if (script->kind == FORGED) {
		/* Another answer comes first, with a wrong id. */
		reply[0] ^= 1;
		reply[n - 2] = 'X';
		(void)sendto(fd, reply, n, 0, to, size);
		reply[0] ^= 1;
		reply[n - 2] = 'e';
	}
	(void)sendto(fd, reply, n, 0, to, size);
	return true;
}

static inline void
fake_dns_serve(struct ev_loop *loop, struct ev_io *io, int revents)
{
	(void)loop;
	(void)revents;
	while (fake_dns_answer(io->data, io->fd))
		continue;
}

/* Starts it on LOOP, which it does not keep alive. */
static inline void
fake_dns_start(struct fake_dns *dns, struct ev_loop *loop)
{
	struct sockaddr_in addr = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(addr);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	cr_assert_geq(fd, 0);
	cr_assert_eq(bind(fd, (struct sockaddr *)&addr, size), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&addr, &size), 0);
	(void)snprintf(dns->address, sizeof(dns->address), "127.0.0.1:%u",
	    ntohs(addr.sin_port));
	ev_io_init(&dns->io, fake_dns_serve, fd, EV_READ);
	dns->io.data = dns;
	ev_io_start(loop, &dns->io);
	ev_unref(loop);
}

static inline void
fake_dns_stop(struct fake_dns *dns, struct ev_loop *loop)
{
	ev_ref(loop);
	ev_io_stop(loop, &dns->io);
	(void)close(dns->io.fd);
}

#endif
