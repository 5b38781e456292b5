/* SPDX-License-Identifier: MIT */
/* Messages of the fake backend: checksums and ICMP errors. */
#include "fake_net.h"
#include "wire/checksum.h"
#include "wire/cursor.h"
#include "wire/ip.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <string.h>

/* Where the checksum is in a TCP header. */
#define TCP_CHECKSUM 16

static void
seal_segment(struct fake_message *m)
{
	uint32_t acc = nd_ip_pseudo(
	    m->from.family, m->from.ip, m->to.ip, IPPROTO_TCP, m->len);

	if (m->len < TCP_CHECKSUM + 2)
		return;
	nd_store16(m->data + TCP_CHECKSUM, 0);
	nd_store16(
	    m->data + TCP_CHECKSUM, nd_sum_fold(nd_sum(acc, m->data, m->len)));
}

void
fake_message_seal(struct fake_message *m)
{
	if (m->proto == IPPROTO_TCP) {
		seal_segment(m);
		return;
	}
	/* The kernel verifies those of ICMPv6, so nobody here does. */
	if (m->from.family != AF_INET || m->len < 4)
		return;
	m->data[2] = m->data[3] = 0;
	nd_store16(m->data + 2, nd_sum_fold(nd_sum(0, m->data, m->len)));
}

/* The request's IP header, as a router quotes it. */
static void
put_quoted_header(struct nd_wbuf *w, const struct fake_message *answered)
{
	bool v4 = answered->from.family == AF_INET;
	size_t addr_len = nd_addr_len(&answered->from);
	uint8_t proto = answered->proto;

	if (proto == 0)
		proto = v4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	if (v4) {
		nd_put16(w, 0x4500);
		nd_put16(w, (uint16_t)(20 + answered->len));
		nd_put32(w, 0x00004000);
		nd_put8(w, 1); /* TTL, as it expires */
		nd_put8(w, proto);
		nd_put16(w, 0);
	} else {
		nd_put32(w, 0x60000000);
		nd_put16(w, (uint16_t)answered->len);
		nd_put8(w, proto);
		nd_put8(w, 1);
	}
	nd_put_bytes(w, answered->to.ip, addr_len);
	nd_put_bytes(w, answered->from.ip, addr_len);
}

struct fake_message
fake_error_make(const struct fake_message *answered, const struct fake_error *e)
{
	bool v4 = answered->from.family == AF_INET;
	struct fake_message m = {
	    .from = fake_addr(v4 ? "192.0.2.254" : "2001:db8::fe"),
	    .to = answered->to,
	    .ttl = 63};
	struct nd_wbuf w = nd_wbuf_init(m.data, sizeof(m.data));
	uint8_t *request;

	cr_assert_leq(e->quoted, answered->len);
	nd_put8(&w, e->type);
	nd_put8(&w, e->code);
	nd_put16(&w, 0);
	nd_put32(&w, e->word);
	put_quoted_header(&w, answered);
	request = w.p;
	nd_put_bytes(&w, answered->data, e->quoted);
	cr_assert(!w.bad);
	if (e->quoted > 0 && answered->proto == 0)
		request[0] = v4 ? 8 : 128;
	m.len = nd_wbuf_len(&w);
	fake_message_seal(&m);
	return m;
}
