/* SPDX-License-Identifier: MIT */
/* Messages of the fake backend: checksums and ICMP errors. */
#include "fake_net.h"
#include "wire/checksum.h"
#include "wire/cursor.h"
#include "wire/ip.h"

#include <criterion/criterion.h>
#include <netinet/in.h>
#include <string.h>

/* Where the checksum is in the header. */
#define TCP_CHECKSUM 16
#define UDP_CHECKSUM 6

static void
seal_transport(struct fake_message *m)
{
	const size_t at = m->proto == IPPROTO_TCP ? TCP_CHECKSUM : UDP_CHECKSUM;
	uint32_t acc = nd_ip_pseudo(
	    m->from.family, m->from.ip, m->to.ip, m->proto, m->len);

	if (m->len < at + 2)
		return;
	nd_store16(m->data + at, 0);
	nd_store16(m->data + at, nd_sum_fold(nd_sum(acc, m->data, m->len)));
}

void
fake_message_seal(struct fake_message *m)
{
	if (m->proto == IPPROTO_TCP || m->proto == IPPROTO_UDP) {
		seal_transport(m);
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
		nd_put16(w, answered->ip_id);
		nd_put16(w, 0x4000);
		nd_put8(w, 1); /* TTL, as it expires */
		nd_put8(w, proto);
		nd_put16(w, 0);
	} else {
		nd_put32(w, 0x60000000 | answered->flow_label);
		nd_put16(w, (uint16_t)answered->len);
		nd_put8(w, proto);
		nd_put8(w, 1);
	}
	nd_put_bytes(w, answered->to.ip, addr_len);
	nd_put_bytes(w, answered->from.ip, addr_len);
}

struct fake_message
fake_datagram_make(const struct fake_message *request, size_t len)
{
	struct fake_message m = {.from = request->from,
	    .to = request->to,
	    .proto = IPPROTO_UDP,
	    .ttl = request->ttl};
	struct nd_wbuf w = nd_wbuf_init(m.data, sizeof(m.data));

	/* The ports change places. */
	nd_put_bytes(&w, request->data + 2, 2);
	nd_put_bytes(&w, request->data, 2);
	nd_put16(&w, (uint16_t)(8 + len));
	nd_put16(&w, 0);
	nd_put_zero(&w, len);
	cr_assert(!w.bad);
	m.len = nd_wbuf_len(&w);
	fake_message_seal(&m);
	return m;
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
