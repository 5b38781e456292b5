/* SPDX-License-Identifier: MIT */
/*
 * What became of a connect(): TCP_INFO for what the SYN-ACK said, the error
 * queue to tell an ICMP error from an RST, since both may be ECONNREFUSED.
 */
#include "net/connect_outcome.h"
#include "net/recv.h"

#include <errno.h>
/* Not netinet/tcp.h: its struct tcp_info ends before the window. */
#include <linux/tcp.h>
#include <netinet/in.h>

/* Values of tcpi_state, from the kernel's tcp_states.h. */
enum { STATE_SYN_SENT = 2, STATE_CLOSE = 7 };

#define TCP_HEADER 20
#define STAMPS_OPTION 12 /* padded (RFC 7323, appendix A) */
/* What Linux takes where no MSS is said, also for IPv6. */
#define DEFAULT_MSS 536

/*
 * The kernel keeps what it will send at most: no more than the server said,
 * than the route takes, and than half of the window. It is the server's word
 * only where it is below the other two; and it may be said by nobody if it is
 * the default.
 */
static int
mss_of(const struct tcp_info *info, int family)
{
	const uint32_t ip = family == AF_INET ? 20 : 40;
	const uint32_t stamps =
	    (info->tcpi_options & TCPI_OPT_TIMESTAMPS) != 0 ? STAMPS_OPTION : 0;
	const uint32_t mss = info->tcpi_snd_mss + stamps;

	if (mss + TCP_HEADER + ip >= info->tcpi_pmtu ||
	    info->tcpi_snd_mss >= info->tcpi_snd_wnd / 2 || mss == DEFAULT_MSS)
		return -1;
	return (int)mss;
}

static void
take_syn_ack(struct nd_outcome *o, const struct tcp_info *info, int family)
{
	const unsigned options = info->tcpi_options;

	o->open = true;
	/* One sample, in microseconds; of a repeated SYN it is no RTT. */
	if (o->repeats == 0 && info->tcpi_rtt > 0)
		o->rtt_ns = (int64_t)info->tcpi_rtt * 1000;
	o->mss = mss_of(info, family);
	if ((options & TCPI_OPT_WSCALE) != 0)
		o->wscale = info->tcpi_snd_wscale;
	o->sack = (options & TCPI_OPT_SACK) != 0;
	o->timestamps = (options & TCPI_OPT_TIMESTAMPS) != 0;
	o->ecn = (options & TCPI_OPT_ECN) != 0;
}

/* The first ICMP error in the queue of FD. False: there is none. */
static bool
take_icmp(const struct nd_sock *s, int fd, struct nd_packet *ret)
{
	struct nd_sock one = *s;
	struct nd_packet p;

	one.fd = fd;
	while (nd_rx_errors(&one, &p, 1) > 0) {
		if (p.kind != ND_PACKET_ERROR)
			continue;
		ret->from = p.from;
		ret->icmp_type = p.icmp_type;
		ret->icmp_code = p.icmp_code;
		ret->info = p.info;
		ret->err = p.err;
		return true;
	}
	return false;
}

/*
 * What has closed the connection. Reading it clears it, so that it must not be
 * read before: the answer may come meanwhile.
 */
static int
error_of(const struct nd_connect *c)
{
	int err = 0;
	socklen_t len = sizeof(err);

	if (c->err != 0)
		return c->err;
	return getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len) != 0 ? errno
									: err;
}

enum nd_connect_state
nd_connect_outcome(struct nd_sock *s, const struct nd_connect *c,
    struct nd_packet *ret, struct nd_outcome *outcome)
{
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);
	struct nd_outcome o = {
	    .tag = c->tag, .rtt_ns = -1, .mss = -1, .wscale = -1};
	struct nd_packet p = {.kind = ND_PACKET_OUTCOME,
	    .proto = IPPROTO_TCP,
	    .from = c->to,
	    .to = c->to,
	    .ttl = -1,
	    .tos = -1,
	    .outcome = outcome};
	bool waits, closed;
	int err;

	if (getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
		return ND_CONNECT_GIVEN_UP;
	o.repeats = info.tcpi_total_retrans;
	waits = info.tcpi_state == STATE_SYN_SENT;
	closed = info.tcpi_state == STATE_CLOSE;
	err = closed ? error_of(c) : 0;
	/* An RST may have followed the SYN-ACK (RFC 9293, section 3.10.7.4). */
	if ((!waits && !closed) || err == ECONNRESET || err == EPIPE)
		take_syn_ack(&o, &info, s->family);
	else if (take_icmp(s, c->fd, &p))
		o.icmp = true;
	else if (waits)
		return ND_CONNECT_PENDING;
	/* By an RST; all else is the kernel's own, as a timeout is. */
	else if (err != ECONNREFUSED)
		return ND_CONNECT_GIVEN_UP;
	*outcome = o;
	*ret = p;
	return ND_CONNECT_ANSWERED;
}
