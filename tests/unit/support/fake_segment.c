/* SPDX-License-Identifier: MIT */
/* TCP segments of the fake backend, with whatever flags and options. */
#include "fake_net.h"

#include <criterion/criterion.h>
#include <netinet/in.h>

static void
put_options(struct nd_wbuf *w, const struct nd_tcp *tcp)
{
	if (tcp->mss > 0) {
		nd_put16(w, 0x0204);
		nd_put16(w, tcp->mss);
	}
	if (tcp->sack)
		nd_put16(w, 0x0402);
	if (tcp->has_timestamps) {
		nd_put16(w, 0x080a);
		nd_put32(w, tcp->tsval);
		nd_put32(w, tcp->tsecr);
	}
	if (tcp->has_wscale) {
		nd_put16(w, 0x0303);
		nd_put8(w, tcp->wscale);
	}
	while (nd_wbuf_len(w) % 4 != 0)
		nd_put8(w, 1);
}

struct fake_message
fake_segment_make(
    const struct fake_message *syn, const struct nd_tcp *tcp, size_t len)
{
	struct fake_message m = {.from = syn->from,
	    .to = syn->to,
	    .proto = IPPROTO_TCP,
	    .ttl = syn->ttl};
	struct nd_wbuf w = nd_wbuf_init(m.data, sizeof(m.data));

	nd_put16(&w, tcp->sport);
	nd_put16(&w, tcp->dport);
	nd_put32(&w, tcp->seq);
	nd_put32(&w, tcp->ack);
	nd_put8(&w, 0);
	nd_put8(&w, tcp->flags);
	nd_put16(&w, tcp->window);
	nd_put32(&w, 0);
	put_options(&w, tcp);
	m.data[12] = (uint8_t)(nd_wbuf_len(&w) / 4 << 4);
	nd_put_zero(&w, len);
	cr_assert(!w.bad);
	m.len = nd_wbuf_len(&w);
	fake_message_seal(&m);
	return m;
}

struct nd_tcp
fake_answer_to(const struct nd_tcp *syn, uint8_t flags)
{
	return (struct nd_tcp){.sport = syn->dport,
	    .dport = syn->sport,
	    .ack = syn->seq + 1,
	    .flags = flags};
}

struct nd_tcp
fake_syn_ack_to(const struct nd_tcp *syn)
{
	struct nd_tcp tcp = fake_answer_to(syn, ND_TCP_SYN | ND_TCP_ACK);

	tcp.seq = 0x5eed5eed;
	tcp.window = 65160;
	tcp.mss = 1460;
	tcp.sack = true;
	tcp.has_wscale = true;
	tcp.wscale = 7;
	tcp.has_timestamps = syn->has_timestamps;
	tcp.tsval = 1000;
	tcp.tsecr = syn->tsval;
	return tcp;
}
