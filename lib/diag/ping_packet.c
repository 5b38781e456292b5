/* SPDX-License-Identifier: MIT */
/*
 * The bytes of an echo request, and what of them a reply must bring back (RFC
 * 792, RFC 4443 section 4): ident and sequence number, and from 8 bytes of
 * payload on a tag that only the holder of the key can make.
 */
#include "diag/ping.h"
#include "engine/random.h"
#include "wire/icmp.h"

#include <errno.h>
#include <string.h>

#define TAG_SIZE 8u

/* No reply to another probe passes, be it of another task to this address. */
static uint64_t
tag_of(const struct nd_ping *ping, uint64_t number)
{
	const struct nd_task *task = &ping->task;
	uint8_t in[16 + 4 + 8];
	struct nd_wbuf w = nd_wbuf_init(in, sizeof(in));

	nd_put_bytes(&w, task->addr.ip, sizeof(task->addr.ip));
	nd_put32(&w, ping->serial);
	nd_put64(&w, number);
	return nd_siphash(task->ctx->key, in, sizeof(in));
}

/* With too little payload for a tag the sequence number has to be one. */
static uint16_t
first_choice(const struct nd_ping *ping, uint64_t number)
{
	if (ping->profile->payload < TAG_SIZE)
		return (uint16_t)tag_of(ping, number);
	return (uint16_t)(ping->base + number);
}

int
nd_ping_pick_seq(struct nd_ping *ping, uint16_t ident, uint16_t *ret)
{
	const uint64_t number = ping->task.numbers + 1;
	uint16_t seq = first_choice(ping, number);

	for (int i = 0; i <= UINT16_MAX; i++, seq++) {
		if (nd_task_tag_used(
			&ping->task, (uint32_t)ident << 16 | seq)) {
			/* Another task is here: far away there is room. */
			if (i == 0 && number == 1)
				seq = (uint16_t)(tag_of(ping, number) ^
						 ping->task.ctx->stats.sent);
			continue;
		}
		ping->base = (uint16_t)(seq - number);
		*ret = seq;
		return 0;
	}
	return -EAGAIN;
}

/* Byte I of the payload, after the tag. */
static uint8_t
filler(const struct nd_ping_profile *profile, size_t i)
{
	return profile->pattern_len > 0
		   ? profile->pattern[i % profile->pattern_len]
		   : (uint8_t)i;
}

size_t
nd_ping_build(
    struct nd_ping *ping, uint64_t number, uint16_t ident, uint16_t seq)
{
	const struct nd_ping_profile *profile = ping->profile;
	const size_t len = profile->payload;
	uint8_t *out = ping->task.ctx->tx;
	struct nd_wbuf w = nd_wbuf_init(out, ND_CTX_TX_SIZE);
	/* The payload is made in place, behind where the header goes. */
	uint8_t *payload = out + ND_ICMP_HEADER;
	struct nd_wbuf tag = nd_wbuf_init(payload, TAG_SIZE);
	size_t i = 0;

	if (len >= TAG_SIZE) {
		nd_put64(&tag, tag_of(ping, number));
		i = TAG_SIZE;
	}
	for (; i < len; i++)
		payload[i] = filler(profile, i);
	return nd_icmp_echo_put(
	    &w, ping->task.addr.family, ident, seq, payload, len);
}

bool
nd_ping_quotes_tag(const struct nd_ping *ping, size_t len)
{
	return ping->profile->payload >= TAG_SIZE && len >= TAG_SIZE;
}

bool
nd_ping_check_quote(const struct nd_ping *ping, uint64_t number,
    const uint8_t *payload, size_t len)
{
	struct nd_rbuf b = nd_rbuf_init(payload, len);

	if (!nd_ping_quotes_tag(ping, len))
		return true;
	return nd_get64(&b) == tag_of(ping, number);
}

struct nd_ping_check
nd_ping_check_reply(const struct nd_ping *ping, uint64_t number,
    const uint8_t *payload, size_t len)
{
	const struct nd_ping_profile *profile = ping->profile;
	struct nd_ping_check c = {.fault = ND_INVALID_COUNT, .diff_offset = -1};
	size_t i = profile->payload < TAG_SIZE ? 0 : TAG_SIZE;

	if (len < profile->payload)
		c.fault = ND_INVALID_TRUNCATED;
	else if (!nd_ping_check_quote(ping, number, payload, len))
		c.fault = ND_INVALID_TAG;
	else if (len > profile->payload)
		c.fault = ND_INVALID_PAYLOAD;
	if (c.fault != ND_INVALID_COUNT)
		return c;
	for (; i < len; i++) {
		if (payload[i] == filler(profile, i))
			continue;
		return (struct nd_ping_check){.fault = ND_INVALID_PAYLOAD,
		    .diff_offset = (int)i,
		    .want = filler(profile, i),
		    .got = payload[i]};
	}
	return c;
}
