/* SPDX-License-Identifier: MIT */
/*
 * From which port the next SYN leaves, and when. A server that has not been
 * reset remembers the last one from the same port: it answers one that repeats
 * the ISN at most every 500 ms, and repeats its SYN-ACK by itself 1, 3 and 7 s
 * after the first, which must not be taken for an answer to ours.
 */
#include "diag/knock.h"
#include "engine/random.h"

#include <stdlib.h>
#include <string.h>

#define MS INT64_C(1000000)
#define LEAST_REPEAT_NS (510 * MS)
/* Around each time when the server may repeat its SYN-ACK. */
#define AVOID_NS (120 * MS)
/* An interval that is not shorter waits for its port, or is ahead of time. */
#define STEADY_NS (620 * MS)
#define WAIT_AT_MOST_NS (300 * MS)
/* How late a timer may be. */
#define EARLIER_NS (5 * MS)
/* How far an ISN is from the last one: outside of the server's window. */
#define ISN_DISTANCE (UINT32_C(1) << 20)

static const int64_t server_repeats[] = {1000 * MS, 3000 * MS, 7000 * MS};
#define SERVER_REPEATS (sizeof(server_repeats) / sizeof(server_repeats[0]))

/* The earliest time from AT_NS on when PORT may repeat its SYN. */
static int64_t
may_repeat_at(const struct nd_knock_port *port, int64_t at_ns)
{
	const int64_t bases[] = {port->first_ns, port->last_ns};
	bool moved = true;

	if (at_ns < port->last_ns + LEAST_REPEAT_NS)
		at_ns = port->last_ns + LEAST_REPEAT_NS;
	while (moved) {
		moved = false;
		for (size_t i = 0; i < 2 * SERVER_REPEATS; i++) {
			const int64_t repeat =
			    bases[i % 2] + server_repeats[i / 2];

			if (at_ns > repeat - AVOID_NS &&
			    at_ns < repeat + AVOID_NS) {
				at_ns = repeat + AVOID_NS;
				moved = true;
			}
		}
	}
	return at_ns;
}

/* Makes sure that there is an entry for the I-th port. */
static bool
grow(struct nd_knock *knock, unsigned i)
{
	struct nd_knock_port *ports;

	if (i < knock->port_count)
		return true;
	ports = realloc(knock->ports, (i + 1) * sizeof(*ports));
	if (ports == NULL)
		return false;
	memset(&ports[knock->port_count], 0,
	    (i + 1 - knock->port_count) * sizeof(*ports));
	knock->ports = ports;
	knock->port_count = i + 1;
	return true;
}

struct choice {
	int index; /* -1: none yet */
	int64_t at_ns;
};

static void
consider(const struct nd_knock *knock, unsigned i, int64_t now_ns,
    struct choice *best)
{
	int64_t at = now_ns;

	if (i < knock->port_count && knock->ports[i].open)
		at = may_repeat_at(&knock->ports[i], now_ns);
	if (best->index < 0 || at < best->at_ns)
		*best = (struct choice){(int)i, at};
}

/* Which port's turn it is: of the flows; of all where no RST gets through. */
static unsigned
preferred(const struct nd_knock *knock)
{
	const unsigned n = knock->rst_lost
			       ? (unsigned)knock->task.ctx->tcp_ports.n
			       : knock->profile->flows;

	return (unsigned)(knock->task.numbers % n);
}

/*
 * A spare port whose last SYN is not answered, and which may repeat it: what
 * became of that one is only told by a further one from there. -1: none.
 */
static int
unfinished_spare(const struct nd_knock *knock, int64_t now_ns)
{
	const unsigned spares = knock->task.ctx->flows;

	for (unsigned i = spares; i < knock->port_count; i++)
		if (knock->ports[i].open &&
		    may_repeat_at(&knock->ports[i], now_ns) == now_ns)
			return (int)i;
	return -1;
}

struct nd_knock_port *
nd_knock_pick_port(struct nd_knock *knock, int64_t now_ns, int64_t *retry_ns)
{
	const struct nd_ctx *ctx = knock->task.ctx;
	struct choice best = {-1, 0};

	*retry_ns = -1;
	if (knock->profile->flows == 1)
		best = (struct choice){unfinished_spare(knock, now_ns), now_ns};
	if (best.index < 0)
		consider(knock, preferred(knock), now_ns, &best);
	/*
	 * Another port is another path, perhaps: rather wait a little, and with
	 * flows that are compared as long as it takes.
	 */
	if (best.at_ns > now_ns && knock->profile->flows == 1 &&
	    (knock->profile->interval_ns < STEADY_NS ||
		best.at_ns > now_ns + WAIT_AT_MOST_NS))
		for (unsigned i = ctx->flows;
		     i < ctx->tcp_ports.n && best.at_ns > now_ns; i++)
			consider(knock, i, now_ns, &best);
	if (best.at_ns > now_ns) {
		*retry_ns = best.at_ns;
		return NULL;
	}
	return grow(knock, (unsigned)best.index) ? &knock->ports[best.index]
						 : NULL;
}

uint32_t
nd_knock_pick_isn(struct nd_knock *knock, const struct nd_knock_port *port)
{
	const struct nd_task *task = &knock->task;
	const size_t index = (size_t)(port - knock->ports);
	struct {
		uint8_t ip[16];
		uint64_t number;
		uint32_t attempt;
		uint16_t sport, dport;
	} text;
	uint32_t isn = 0;

	memset(&text, 0, sizeof(text));
	memcpy(text.ip, task->addr.ip, sizeof(text.ip));
	text.number = task->numbers + 1;
	text.sport = task->ctx->tcp_ports.port[index];
	text.dport = knock->port;
	do {
		isn = (uint32_t)nd_siphash(task->ctx->key, &text, sizeof(text));
		text.attempt++;
	} while (
	    nd_task_tag_used(&knock->task, isn) ||
	    (port->newest != 0 && nd_seq_within(isn, port->isn - ISN_DISTANCE,
				      2 * ISN_DISTANCE + 1)));
	return isn;
}

/*
 * With an interval of about a second the next SYN would meet the server's own
 * repeat. A little earlier it proves which way the last one was lost: a server
 * that has answered it does so again, at once, and says whom.
 */
int64_t
nd_knock_head_start(
    const struct nd_knock *knock, const struct nd_knock_port *port)
{
	const int64_t interval = knock->profile->interval_ns;
	int64_t at;

	if (!port->open || knock->profile->flows > 1 || knock->largest_ns < 0 ||
	    knock->largest_ns > 250 * MS)
		return 0;
	for (size_t i = 0; i < SERVER_REPEATS; i++) {
		at = server_repeats[i] - AVOID_NS - EARLIER_NS;
		if (interval > at && interval < server_repeats[i] + AVOID_NS)
			return interval - at;
	}
	return 0;
}
