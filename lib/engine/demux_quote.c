/* SPDX-License-Identifier: MIT */
/*
 * Which UDP probe an ICMP error quotes. Some systems quote the IP ID in host
 * order, or one higher than it was; some reset the checksum, and a translator
 * that changes addresses and ports changes it along. What two signals agree
 * upon is likelier than what one says.
 */
#include "engine/demux_quote.h"
#include "engine/demux.h"

#include <netinet/in.h>

static size_t
add_number(uint16_t *ret, size_t n, uint16_t number)
{
	if (number == 0)
		return n;
	for (size_t i = 0; i < n; i++)
		if (ret[i] == number)
			return n;
	ret[n] = number;
	return n + 1;
}

size_t
nd_quote_numbers(const struct nd_quote *q, uint16_t ret[ND_QUOTE_NUMBERS])
{
	const uint16_t id = q->ip_id;
	const uint16_t ids[] = {
	    id, (uint16_t)(id << 8 | id >> 8), (uint16_t)(id - 1)};
	const bool has_id = q->af == AF_INET && id != 0;
	size_t n = 0;

	for (size_t i = 0; i < 3 && has_id; i++)
		if (ids[i] == q->checksum)
			n = add_number(ret, n, ids[i]);
	for (size_t i = 0; i < 3 && has_id; i++)
		n = add_number(ret, n, ids[i]);
	return add_number(ret, n, q->checksum);
}

static struct nd_key
key_of(const struct nd_addr *dst, uint16_t port, uint16_t number)
{
	return (struct nd_key){.addr = dst,
	    .family = dst->family,
	    .proto = IPPROTO_UDP,
	    .tag = (uint32_t)port << 16 | number};
}

static bool
is_proven(const struct nd_probe *p, const struct nd_answer *a)
{
	const struct nd_task_ops *ops = p->task->ops;

	return ops->proves != NULL && ops->proves(p->task, p, a);
}

/* What was found of one number. */
struct found {
	struct nd_probe *probe; /* NULL: nothing */
	bool proven;
	bool ambiguous; /* there is another one */
};

/* PORT is not in doubt. */
static struct found
find_at(struct nd_ctx *ctx, const struct nd_answer *a,
    const struct nd_addr *dst, uint16_t port, uint16_t number)
{
	const struct nd_key key = key_of(dst, port, number);
	struct nd_probe *p = nd_table_find(&ctx->table, &key);

	return (struct found){
	    .probe = p, .proven = p != NULL && is_proven(p, a)};
}

/* Whichever of our ports it was: one only, unless the payload proves it. */
static struct found
find_anywhere(struct nd_ctx *ctx, const struct nd_answer *a,
    const struct nd_addr *dst, uint16_t number)
{
	const struct nd_ports *ports = &ctx->udp_ports;
	struct found ret = {.probe = NULL};

	for (size_t i = 0; i < ports->n && ctx->scan_budget > 0; i++) {
		const struct found f =
		    find_at(ctx, a, dst, ports->port[i], number);

		ctx->scan_budget--;
		if (f.proven)
			return f;
		if (f.probe == NULL)
			continue;
		ret.ambiguous = ret.probe != NULL;
		ret.probe = f.probe;
		if (ret.ambiguous)
			break;
	}
	return ret;
}

/*
 * Behind a translator of destinations: what else is quoted has to prove which
 * one it was.
 */
static struct nd_probe *
find_proven(struct nd_ctx *ctx, const struct nd_answer *a,
    const struct nd_addr *dst, const uint16_t *numbers, size_t n)
{
	struct nd_probe *p = NULL;

	for (size_t i = 0; i < n && p == NULL; i++) {
		const struct nd_key key =
		    key_of(dst, a->quote.sport, numbers[i]);

		p = nd_demux_find_proven(ctx, a, &key);
	}
	return p;
}

/*
 * No number is right: IPv6 has no other than the checksum, which changes with
 * the addresses. TO a destination, or, if that is NULL, to any.
 */
static struct nd_probe *
find_by_payload(
    struct nd_ctx *ctx, const struct nd_answer *a, const struct nd_addr *to)
{
	const struct nd_key key = {
	    .addr = to, .family = (uint16_t)a->quote.af, .proto = IPPROTO_UDP};
	struct nd_probe *p;
	uint32_t at = 0;

	while ((p = nd_table_scan(
		    &ctx->table, &key, true, &at, &ctx->scan_budget)) != NULL)
		if (p->tag >> 16 == a->quote.sport && is_proven(p, a))
			return p;
	return NULL;
}

/*
 * The first number that is of a probe is right, unless the payload says that
 * another one is. Where it is of several probes none gets the error.
 */
static struct nd_probe *
find(struct nd_ctx *ctx, const struct nd_answer *a, const struct nd_addr *dst)
{
	const uint16_t port = a->quote.sport;
	const bool ours = nd_ports_find(&ctx->udp_ports, port) >= 0;
	struct found first = {.probe = NULL};
	struct nd_probe *p;
	uint16_t numbers[ND_QUOTE_NUMBERS];
	const size_t n = nd_quote_numbers(&a->quote, numbers);

	for (size_t i = 0; i < n; i++) {
		const struct found f =
		    ours ? find_at(ctx, a, dst, port, numbers[i])
			 : find_anywhere(ctx, a, dst, numbers[i]);

		if (f.proven)
			return f.probe;
		if (first.probe == NULL)
			first = f;
	}
	if (first.probe != NULL)
		return first.ambiguous ? NULL : first.probe;
	if (!ours)
		return NULL;
	p = find_proven(ctx, a, dst, numbers, n);
	if (p == NULL && a->payload_len > 0)
		p = find_by_payload(ctx, a, dst);
	if (p == NULL && a->payload_len > 0)
		p = find_by_payload(ctx, a, NULL);
	return p;
}

static bool
is_rewritten(const struct nd_answer *a, const struct nd_probe *p,
    const struct nd_addr *dst)
{
	const struct nd_quote *q = &a->quote;
	const struct nd_addr *us = &a->packet->to;
	const struct nd_addr src = nd_addr_of(q->af, q->src);

	return (us->family != 0 && !nd_addr_equal(&src, us)) ||
	       !nd_addr_equal(dst, &p->task->addr) ||
	       q->sport != p->tag >> 16 ||
	       (q->checksum != 0 && q->checksum != (p->tag & 0xffff));
}

struct nd_probe *
nd_demux_quoted_udp(
    struct nd_ctx *ctx, struct nd_answer *a, const struct nd_addr *dst)
{
	struct nd_probe *p = find(ctx, a, dst);

	a->rewritten = p != NULL && is_rewritten(a, p, dst);
	return p;
}
