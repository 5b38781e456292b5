/* SPDX-License-Identifier: MIT */
/*
 * The state of half-open connections and its transitions, RFC 9293 section
 * 3.10.7.4 as Linux and BSD systems carry it out before the third segment.
 */
#include "halfopen.h"

#include "hash.h"

#include <stdlib.h>

#define BUCKETS 65536u
#define LIMIT INT64_C(500000000)
#define FIRST_TIMER INT64_C(1000000000)

static uint32_t
bucket_of(const struct ns_packet *pkt)
{
	size_t n = ns_addr_size(pkt->af);
	uint64_t h = ns_hash_bytes(
	    (uint64_t)pkt->sport << 16 | pkt->dport, pkt->src.b, n);

	return (uint32_t)ns_hash_bytes(h, pkt->dst.b, n) & (BUCKETS - 1);
}

struct ns_half *
ns_half_find(const struct ns_halves *halves, const struct ns_packet *pkt)
{
	struct ns_half *half;

	if (halves->n == 0)
		return NULL;
	for (half = halves->bucket[bucket_of(pkt)]; half != NULL;
	     half = half->next)
		if (half->client_port == pkt->sport &&
		    half->server_port == pkt->dport &&
		    ns_addr_eq(&half->client, &pkt->src) &&
		    ns_addr_eq(&half->server, &pkt->dst))
			return half;
	return NULL;
}

struct ns_half *
ns_half_new(struct ns_halves *halves, const struct ns_packet *pkt)
{
	struct ns_half *half = halves->free, **bucket;
	uint32_t generation = 0;

	if (halves->bucket == NULL) {
		halves->bucket = calloc(BUCKETS, sizeof(struct ns_half *));
		if (halves->bucket == NULL)
			return NULL;
	}
	if (half != NULL) {
		halves->free = half->next;
		generation = half->generation;
	} else {
		half = malloc(sizeof(*half));
		if (half == NULL)
			return NULL;
	}
	bucket = &halves->bucket[bucket_of(pkt)];
	*half = (struct ns_half){
	    .next = *bucket,
	    .client = pkt->src,
	    .server = pkt->dst,
	    .client_port = pkt->sport,
	    .server_port = pkt->dport,
	    .generation = generation,
	    .last_repeat = -1,
	    .last_challenge = -1,
	};
	*bucket = half;
	halves->n++;
	return half;
}

void
ns_half_drop(struct ns_halves *halves, struct ns_half *half)
{
	const struct ns_packet key = {
	    .af = half->client.af,
	    .src = half->client,
	    .dst = half->server,
	    .sport = half->client_port,
	    .dport = half->server_port,
	};
	struct ns_half **at = &halves->bucket[bucket_of(&key)];

	while (*at != half)
		at = &(*at)->next;
	*at = half->next;
	free(half->origin);
	half->origin = NULL;
	half->generation++;
	half->next = halves->free;
	halves->free = half;
	halves->n--;
}

void
ns_halves_free(struct ns_halves *halves)
{
	struct ns_half *half, *next;

	for (uint32_t i = 0; halves->bucket != NULL && i < BUCKETS; i++)
		while (halves->bucket[i] != NULL)
			ns_half_drop(halves, halves->bucket[i]);
	for (half = halves->free; half != NULL; half = next) {
		next = half->next;
		free(half);
	}
	free(halves->bucket);
	*halves = (struct ns_halves){.bucket = NULL};
}

/* Whether a limited kind of answer may go out now; if so, it does. */
static bool
may(int64_t *last, int64_t now)
{
	if (*last >= 0 && now - *last < LIMIT)
		return false;
	*last = now;
	return true;
}

/* A SYN with the ISN that the server has already. */
static enum ns_act
same_isn(struct ns_half *half, enum ns_server kind, const struct ns_packet *pkt,
    int64_t now)
{
	uint32_t tsval, tsecr;

	if (kind == NS_BSD) {
		if (half->ts && ns_packet_timestamps(pkt, &tsval, &tsecr))
			half->ts_recent = tsval;
	} else if (!may(&half->last_repeat, now)) {
		return NS_ACT_LIMITED;
	}
	half->timer = now + (FIRST_TIMER << half->repeats);
	return NS_ACT_SYN_ACK_REPEAT;
}

static enum ns_act
other_isn(struct ns_half *half, uint16_t window, uint32_t seq, int64_t now)
{
	bool inside = seq - (half->irs + 1) < window;

	if (inside && !half->established)
		return NS_ACT_RESET_DROP;
	return may(&half->last_challenge, now) ? NS_ACT_CHALLENGE
					       : NS_ACT_LIMITED;
}

enum ns_act
ns_half_step(struct ns_half *half, enum ns_server kind, uint16_t window,
    const struct ns_packet *pkt, int64_t now)
{
	uint8_t flags = pkt->tcp_flags;

	if ((flags & NS_TCP_RST) != 0)
		return half != NULL && pkt->tcp_seq - (half->irs + 1) < window
			   ? NS_ACT_RST_TAKEN
			   : NS_ACT_NOTHING;
	if ((flags & NS_TCP_SYN) != 0 && (flags & NS_TCP_ACK) == 0) {
		if (half == NULL)
			return NS_ACT_SYN_ACK;
		if (pkt->tcp_seq == half->irs && !half->established)
			return same_isn(half, kind, pkt, now);
		if (kind == NS_BSD && !half->established)
			return NS_ACT_SYN_ACK; /* takes the new one instead */
		return other_isn(half, window, pkt->tcp_seq, now);
	}
	if ((flags & NS_TCP_ACK) == 0)
		return NS_ACT_NOTHING;
	if (half == NULL || pkt->tcp_ack != half->iss + 1) {
		if (half != NULL && half->established)
			return NS_ACT_NOTHING;
		return NS_ACT_RESET;
	}
	half->established = true;
	return (flags & NS_TCP_FIN) != 0 ? NS_ACT_FIN_ACK : NS_ACT_ACK_TAKEN;
}
